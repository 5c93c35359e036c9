"""What AWS says about topics, functions and queues that alerts are sent to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.receivers import Addressed, read_functions, read_queues, read_topics
from scanner.collect.session import Caller
from scanner.inventory import (
    Concurrency,
    Function,
    FunctionDetail,
    Gap,
    Queue,
    QueueDetail,
    ResourcePolicy,
    Topic,
    TopicDetail,
    known,
)
from tests.collect.answers_alerts import (
    ANSWERS,
    CHANGES,
    DEAD,
    FUNCTION,
    INBOX,
    NOT_FOUND,
    RESPONDER,
    ROLE,
    TOPIC,
    policy,
)
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

T = TypeVar("T")

CALLER = Caller("123456789012", "aws", "arn:aws:iam::123456789012:user/moto")
OWNER = "999988887777"
FOREIGN_TOPIC = f"arn:aws:sns:{OTHER}:{OWNER}:central"
FOREIGN_FUNCTION = f"arn:aws:lambda:{OTHER}:{OWNER}:function:central"
FOREIGN_QUEUE = f"arn:aws:sqs:{OTHER}:{OWNER}:central"
NO_RIGHT = Refusal("AccessDeniedException", 403)
NO_TOPIC = Refusal("NotFound", 404, "Topic does not exist")
NO_QUEUE = Refusal("AWS.SimpleQueueService.NonExistentQueue", 400, "The specified queue does not exist.")
DETAIL = FunctionDetail("Active", "python3.13", "Zip", ROLE, "Successful", DEAD)


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def topics(session: Any, *arns: str) -> tuple[Topic, ...]:
    with asking(session) as desk:
        return known(read_topics(desk, Addressed(topics=arns)))


def functions(session: Any, *arns: str, unwanted: Iterable[str] = ()) -> tuple[Function, ...]:
    with asking(session, unwanted=unwanted) as desk:
        return known(read_functions(desk, Addressed(functions=arns)))


def queues(session: Any, *arns: str) -> tuple[Queue, ...]:
    with asking(session) as desk:
        return known(read_queues(desk, Addressed(queues=arns)))


def of(detail: T | Gap | None) -> T:
    """The detail of what exists."""
    assert detail is not None
    return known(detail)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def allows(found: object) -> str:
    """The action that a policy of the answers allows."""
    assert isinstance(found, ResourcePolicy)
    return str(json.loads(bytes(found.document))["Statement"][0]["Action"])


def test_nothing_addressed_is_nothing_asked(session: Any, aws: StandIn) -> None:
    assert (topics(session), functions(session), queues(session)) == ((), (), ())
    assert not aws.asked


def test_topics(session: Any, aws: StandIn) -> None:
    plain = {"Attributes": {"Owner": ACCOUNT_ID, "KmsMasterKeyId": ""}}
    usual = ANSWERS["sns:GetTopicAttributes"]
    aws.answer("sns:GetTopicAttributes", lambda asked: usual if asked.parameters["TopicArn"] == TOPIC else plain)

    first, second = topics(session, TOPIC, CHANGES)

    assert (first.arn, of(first.detail).kms_key, of(first.detail).confirmed) == (TOPIC, "alias/aws/sns", 2)
    assert allows(of(first.detail).policy) == "sns:Publish"
    assert second == Topic(CHANGES, TopicDetail())
    assert aws.requests == {("sns:GetTopicAttributes", HOME): 2}


def test_functions(session: Any, aws: StandIn) -> None:
    (found,) = functions(session, RESPONDER)

    assert (found.arn, found.detail, found.concurrency) == (RESPONDER, DETAIL, Concurrency(0))
    assert allows(found.policy) == "lambda:InvokeFunction"
    assert b"a secret" not in msgspec.json.encode(found)
    assert aws.requests == {
        ("lambda:GetFunctionConfiguration", HOME): 1,
        ("lambda:GetPolicy", HOME): 1,
        ("lambda:GetFunctionConcurrency", HOME): 1,
    }


def test_a_function_that_says_little(session: Any, aws: StandIn) -> None:
    aws.answer(
        "lambda:GetFunctionConfiguration",
        {"FunctionArn": RESPONDER, "PackageType": "Image", "DeadLetterConfig": {"TargetArn": ""}},
    )
    aws.answer("lambda:GetPolicy", NOT_FOUND)
    aws.answer("lambda:GetFunctionConcurrency", {})

    assert functions(session, RESPONDER) == (
        Function(RESPONDER, FunctionDetail(package_type="Image"), None, Concurrency()),
    )


def test_aliases_share_the_concurrency_of_their_function(session: Any, aws: StandIn) -> None:
    arns = (RESPONDER, f"{RESPONDER}:7", f"{RESPONDER}:live")

    found = functions(session, *arns)

    assert [function.arn for function in found] == list(arns)
    assert {function.concurrency for function in found} == {Concurrency(0)}
    asked = {
        api: sorted(request.parameters["FunctionName"] for request in aws.asked if request.api == f"lambda:{api}")
        for api in ("GetFunctionConfiguration", "GetPolicy", "GetFunctionConcurrency")
    }
    assert asked == {
        "GetFunctionConfiguration": list(arns), "GetPolicy": list(arns), "GetFunctionConcurrency": [RESPONDER],
    }  # fmt: skip


def test_queues(session: Any, aws: StandIn) -> None:
    dead, inbox = queues(session, DEAD, INBOX)

    assert (dead.arn, inbox) == (DEAD, Queue(INBOX, QueueDetail(uses_sqs_encryption=True)))
    detail = of(dead.detail)
    assert (detail.kms_key, detail.uses_sqs_encryption) == (f"arn:aws:kms:{HOME}:{ACCOUNT_ID}:key/1", False)
    assert allows(detail.policy) == "sqs:SendMessage"
    assert aws.requests == {("sqs:GetQueueAttributes", HOME): 2}
    assert {request.parameters["QueueUrl"] for request in aws.asked} == {
        f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT_ID}/{name}" for name in ("dead", "inbox")
    }


def test_a_queue_that_says_little(session: Any, aws: StandIn) -> None:
    aws.answer("sqs:GetQueueAttributes", {"Attributes": {"QueueArn": INBOX}})

    assert queues(session, INBOX) == (Queue(INBOX, QueueDetail()),)


def test_what_does_not_exist(session: Any, aws: StandIn) -> None:
    aws.answer("sns:GetTopicAttributes", NO_TOPIC)
    aws.answer("lambda:GetFunctionConfiguration", NOT_FOUND)
    aws.answer("sqs:GetQueueAttributes", NO_QUEUE)

    assert topics(session, TOPIC) == (Topic(TOPIC, None),)
    assert functions(session, RESPONDER) == (Function(RESPONDER, None, None, None),)
    assert queues(session, INBOX) == (Queue(INBOX, None),)
    assert len(aws.asked) == 3


def test_one_alias_that_does_not_exist(session: Any, aws: StandIn) -> None:
    aws.answer(
        "lambda:GetFunctionConfiguration",
        lambda asked: NOT_FOUND if asked.parameters["FunctionName"].endswith(":live") else FUNCTION,
    )

    whole, alias = functions(session, RESPONDER, f"{RESPONDER}:live")

    assert (whole.detail, alias.detail, alias.policy) == (DETAIL, None, None)


def test_denied(session: Any, aws: StandIn) -> None:
    for api in ("sns:GetTopicAttributes", "sqs:GetQueueAttributes", "lambda:GetFunctionConfiguration"):
        aws.answer(api, DENIED)

    assert gap_of(topics(session, TOPIC)[0].detail) == ("sns:GetTopicAttributes", "denied", HOME)
    assert gap_of(queues(session, INBOX)[0].detail) == ("sqs:GetQueueAttributes", "denied", HOME)
    (function,) = functions(session, RESPONDER)
    assert gap_of(function.detail) == ("lambda:GetFunctionConfiguration", "denied", HOME)
    assert (allows(function.policy), function.concurrency) == ("lambda:InvokeFunction", Concurrency(0))


@pytest.mark.parametrize(("api", "part"), [("GetPolicy", "policy"), ("GetFunctionConcurrency", "concurrency")])
def test_one_part_of_a_function_that_is_denied(session: Any, aws: StandIn, api: str, part: str) -> None:
    aws.answer(f"lambda:{api}", DENIED)

    (function,) = functions(session, RESPONDER)

    assert gap_of(getattr(function, part)) == (f"lambda:{api}", "denied", HOME)
    assert function.detail == DETAIL


def test_parts_of_a_function_that_nothing_needs(session: Any, aws: StandIn) -> None:
    (function,) = functions(session, RESPONDER, unwanted=["lambda:GetFunctionConfiguration", "lambda:GetPolicy"])

    assert gap_of(function.detail) == ("lambda:GetFunctionConfiguration", "skipped", HOME)
    assert gap_of(function.policy) == ("lambda:GetPolicy", "skipped", HOME)
    assert aws.requests == {("lambda:GetFunctionConcurrency", HOME): 1}


@pytest.mark.parametrize("refusal", [DENIED, NO_RIGHT, Refusal("AuthorizationError", 403)])
def test_what_other_accounts_keep_to_themselves(session: Any, aws: StandIn, refusal: Refusal) -> None:
    for api in ("sns:GetTopicAttributes", "sqs:GetQueueAttributes", "lambda:GetFunctionConfiguration"):
        aws.answer(api, refusal)

    assert gap_of(topics(session, FOREIGN_TOPIC)[0].detail) == ("sns:GetTopicAttributes", "elsewhere", OTHER)
    assert gap_of(queues(session, FOREIGN_QUEUE)[0].detail) == ("sqs:GetQueueAttributes", "elsewhere", OTHER)
    (function,) = functions(session, FOREIGN_FUNCTION)
    for part in (function.detail, function.policy, function.concurrency):
        assert gap_of(part) == ("lambda:GetFunctionConfiguration", "elsewhere", OTHER)
        assert isinstance(part, Gap)
        assert OWNER in part.reason
    assert {region for _, region in aws.requests} == {OTHER}
    assert len(aws.asked) == 3


def test_what_is_said_not_to_exist_elsewhere_may_exist(session: Any, aws: StandIn) -> None:
    """SQS says of a queue that one may not see that it does not exist."""
    aws.answer("sns:GetTopicAttributes", NO_TOPIC)
    aws.answer("lambda:GetFunctionConfiguration", NOT_FOUND)
    aws.answer("sqs:GetQueueAttributes", NO_QUEUE)

    assert gap_of(topics(session, FOREIGN_TOPIC)[0].detail)[1] == "elsewhere"
    assert gap_of(functions(session, FOREIGN_FUNCTION)[0].detail)[1] == "elsewhere"
    assert gap_of(queues(session, FOREIGN_QUEUE)[0].detail)[1] == "elsewhere"


def test_what_other_accounts_show(session: Any, aws: StandIn) -> None:
    assert of(topics(session, FOREIGN_TOPIC)[0].detail).kms_key == "alias/aws/sns"
    assert functions(session, FOREIGN_FUNCTION)[0].detail == DETAIL
    assert of(queues(session, FOREIGN_QUEUE)[0].detail).uses_sqs_encryption
    assert {request.region for request in aws.asked} == {OTHER}


def test_another_account_that_cannot_be_reached_is_an_error(session: Any, aws: StandIn) -> None:
    aws.answer("sns:GetTopicAttributes", Refusal("InternalError", 500))

    assert gap_of(topics(session, FOREIGN_TOPIC)[0].detail)[1] == "error"


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("sns:GetTopicAttributes", {}),
        ("sqs:GetQueueAttributes", {}),
        ("lambda:GetFunctionConfiguration", {}),
        ("lambda:GetPolicy", {}),
        ("sns:GetTopicAttributes", {"Attributes": {"Policy": "everybody"}}),
        ("sns:GetTopicAttributes", {"Attributes": "all"}),
        ("sqs:GetQueueAttributes", {"Attributes": {"Policy": "{"}}),
        ("sqs:GetQueueAttributes", {"Attributes": {"KmsMasterKeyId": 5}}),
        ("lambda:GetFunctionConfiguration", {**FUNCTION, "State": ["Active"]}),
        ("lambda:GetPolicy", {"Policy": "everybody"}),
        ("lambda:GetFunctionConcurrency", {"ReservedConcurrentExecutions": "none"}),
    ],
)
def test_an_answer_of_a_strange_shape(session: Any, aws: StandIn, api: str, answer: dict[str, Any]) -> None:
    aws.answer(api, answer)

    (topic,), (function,), (queue,) = topics(session, TOPIC), functions(session, RESPONDER), queues(session, DEAD)

    found = {
        "sns:GetTopicAttributes": topic.detail,
        "sqs:GetQueueAttributes": queue.detail,
        "lambda:GetFunctionConfiguration": function.detail,
        "lambda:GetPolicy": function.policy,
        "lambda:GetFunctionConcurrency": function.concurrency,
    }
    assert gap_of(found.pop(api)) == (api, "error", HOME)
    assert not [part for part in found.values() if isinstance(part, Gap)]


def test_a_region_that_was_not_scanned(session: Any, aws: StandIn) -> None:
    topics(session, f"arn:aws:sns:ap-south-1:{ACCOUNT_ID}:alarms")

    assert aws.requests == {("sns:GetTopicAttributes", "ap-south-1"): 1}


def test_functions_are_asked_about_by_arn_where_they_are(session: Any, aws: StandIn) -> None:
    asked: list[Asked] = aws.asked
    functions(session, FOREIGN_FUNCTION)

    assert {(request.region, request.parameters["FunctionName"]) for request in asked} == {(OTHER, FOREIGN_FUNCTION)}


def test_through_the_real_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.collect.asking.CALLER", CALLER)
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        sns, sqs = session.client("sns"), session.client("sqs")
        topic = sns.create_topic(Name="alarms", Attributes={"KmsMasterKeyId": "alias/aws/sns"})["TopicArn"]
        sqs.create_queue(QueueName="inbox.fifo", Attributes={"FifoQueue": "true", "Policy": policy("sqs:SendMessage")})
        queue = f"arn:aws:sqs:{HOME}:{CALLER.account_id}:inbox.fifo"
        gone = f"arn:aws:lambda:{HOME}:{CALLER.account_id}:function:gone"

        (found_topic, lost_topic), (found_queue, lost_queue), functions_found = (
            topics(session, topic, f"{topic}-gone"),
            queues(session, queue, f"arn:aws:sqs:{HOME}:{CALLER.account_id}:gone"),
            functions(session, gone),
        )

    assert of(found_topic.detail).kms_key == "alias/aws/sns"
    assert allows(of(found_queue.detail).policy) == "sqs:SendMessage"
    assert (lost_topic.detail, lost_queue.detail) == (None, None)
    assert functions_found == (Function(gone, None, None, None),)
