"""Whether CloudTrail knows of a call that should have been denied, and of new keys of the instances."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from policies.execution.changes import Change
from policies.execution.records import Begun, Checked, Line, Settled
from policies.execution.verifying import verify
from policies.subjects import Subject
from tests.policies.execution.recorded import ACCOUNT, Recorded, listed, record, refusing

CUTOFF = "2026-11-20T22:30:00Z"
INSTANCE = "i-0123456789abcdef0"
ROLE, ROLE_ID = f"arn:aws:iam::{ACCOUNT}:role/server", "AROAEXAMPLEROLE000001"
USER, USER_ID = f"arn:aws:iam::{ACCOUNT}:user/anna", "AIDAEXAMPLEUSER000001"
STOLEN, LONG_TERM = "ASIASTOLENSTOLEN0001", "AKIALONGTERM00000001"

OF_SESSION = Subject(
    kind="role", name="server", unique_id=ROLE_ID, session=INSTANCE, access_key=STOLEN, region="eu-west-1"
)
OF_USER = Subject(kind="user", name="anna", unique_id=USER_ID, access_key=LONG_TERM)


def document(condition: dict[str, Any] | None) -> str:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", **({"Condition": condition} if condition else {})}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


TIMED = document({"DateLessThan": {"aws:TokenIssueTime": CUTOFF}})
WHOLE = document(None)


def lines(
    subject: Subject, text: str, *, is_user: bool = False, more: tuple[Change, ...] = (), **begun: Any
) -> list[Line]:
    arn, unique_id = (USER, USER_ID) if is_user else (ROLE, ROLE_ID)
    changes = (Change(kind="inline policy", principal=arn, name="ir-x"), *more)
    at = datetime.fromisoformat(CUTOFF)
    return [
        Begun(
            run="1",
            at=at,
            version="0",
            account_id=ACCOUNT,
            partition="aws",
            principal=arn,
            unique_id=unique_id,
            subject=subject,
            changes=changes,
            **begun,
        ),
        Settled(at=at, change=0, direction="contain", result="set", stored=text),
        *(
            Settled(at=at, change=place, direction="contain", result="set", stored="Inactive")
            for place in range(1, len(changes))
        ),
    ]


def checked(
    found: list[Line], api: Recorded, name: str = "logs", regions: tuple[str, ...] = ("eu-west-1",)
) -> list[Checked]:
    return [each for each in verify(found, api, lambda _: None, regions=regions) if each.name == name]


def session(
    issued: str | None, name: str = INSTANCE, role: str = ROLE_ID, key: str = "ASIASOMEOTHERKEY0001"
) -> dict[str, Any]:
    attributes = {"mfaAuthenticated": "false", **({"creationDate": issued} if issued else {})}
    context = {"attributes": attributes, "sessionIssuer": {"type": "Role", "principalId": role, "userName": "server"}}
    return {"type": "AssumedRole", "principalId": f"{role}:{name}", "accessKeyId": key, "sessionContext": context}


def answering(*records: object, region: str = "eu-west-1") -> Recorded:
    return Recorded({"LookupEvents": lambda asked: listed(*(records if asked["region"] == region else ()))})


OLD, NEW = "2026-11-20T21:00:00Z", "2026-11-20T22:30:00Z"
DENIED = {"errorCode": "AccessDenied", "errorMessage": "... with an explicit deny in an identity-based policy"}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (record("ListBuckets", session(OLD)), "fails"),
        (record("ListBuckets", session(OLD), **DENIED), "holds"),
        (record("ListBuckets", session(OLD), errorMessage="failed"), "holds"),
        (record("ListBuckets", session(NEW)), "holds"),
        (record("ListBuckets", session(NEW, key=STOLEN)), "fails"),
        (record("ListBuckets", session(None)), "unknown"),
        (record("ListBuckets", session("yesterday")), "unknown"),
        (record("ListBuckets", session(OLD, role="AROASOMEBODYELSE00001")), "holds"),
        (record("ListBuckets", session(OLD, name="i-0fedcba9876543210")), "holds"),
        (record("GetCallerIdentity", session(OLD)), "holds"),
        (record("ListBuckets", session(OLD), at="2026-11-20T22:30:59Z"), "holds"),
        (record("ListBuckets", session(OLD), at="2026-11-20T22:31:00Z"), "fails"),
        (record("ListBuckets", {}), "unknown"),
        ("{not json", "unknown"),
        ("[" * 100_000, "unknown"),
        ('"a text"', "unknown"),
        ('{"eventName": 7}', "unknown"),
        ('{"eventName": "X", "userIdentity": [], "requestParameters": 1, "responseElements": "no"}', "unknown"),
    ],
)
def test_a_session_from_before_the_cutoff_must_not_get_through(found: object, verdict: str) -> None:
    (check,) = checked(lines(OF_SESSION, TIMED), answering(found))
    assert check.verdict == verdict, check.said
    assert bool(check.todo) == (verdict != "holds")
    if verdict == "fails":
        assert "s3:ListBuckets" in check.said


def test_what_failed_is_told_whatever_else_could_not_be_read() -> None:
    (check,) = checked(lines(OF_SESSION, TIMED), answering("{", record("ListBuckets", session(OLD))))
    assert check.verdict == "fails"


def test_an_isolated_session_must_not_get_through_whenever_it_was_issued() -> None:
    text = document({"StringEquals": {"aws:userid": f"{ROLE_ID}:{INSTANCE}"}})
    (check,) = checked(lines(OF_SESSION, text), answering(record("ListBuckets", session(NEW))))
    assert check.verdict == "fails"


def of_user(key: str, **context: str) -> dict[str, Any]:
    found = {"type": "IAMUser", "principalId": USER_ID, "userName": "anna", "accessKeyId": key}
    return {**found, **({"sessionContext": {"attributes": context}} if context else {})}


SIGN_IN = {"type": "IAMUser", "principalId": USER_ID, "userName": "anna"}


@pytest.mark.parametrize(
    ("text", "inactive", "found", "verdict"),
    [
        (WHOLE, (), record("ListBuckets", of_user(LONG_TERM)), "fails"),
        (WHOLE, (), record("ListBuckets", of_user("ASIA1", creationDate=NEW)), "fails"),
        (WHOLE, (), record("ListBuckets", of_user(LONG_TERM), **DENIED), "holds"),
        (WHOLE, (), record("ConsoleLogin", SIGN_IN, responseElements={"ConsoleLogin": "Failure"}), "holds"),
        (WHOLE, (), record("ConsoleLogin", SIGN_IN, responseElements={"ConsoleLogin": "Success"}), "fails"),
        (TIMED, (), record("ListBuckets", of_user("AKIAANOTHERONE000001")), "holds"),
        (TIMED, ("AKIAANOTHERONE000001",), record("ListBuckets", of_user("AKIAANOTHERONE000001")), "fails"),
        (TIMED, (), record("ListBuckets", of_user(LONG_TERM)), "fails"),
        (TIMED, (), record("ListBuckets", of_user("ASIA1", creationDate=OLD)), "fails"),
        (TIMED, (), record("ListBuckets", of_user("ASIA1", creationDate=NEW)), "holds"),
        (
            WHOLE,
            (),
            record("ListBuckets", {**of_user(LONG_TERM), "principalId": "AIDAANOTHER", "accessKeyId": "AKIA2"}),
            "holds",
        ),
    ],
)
def test_of_a_user_keys_and_sessions_are_told_apart(
    text: str, inactive: tuple[str, ...], found: object, verdict: str
) -> None:
    more = tuple(Change(kind="access key", principal=USER, name=each) for each in inactive)
    (check,) = checked(lines(OF_USER, text, is_user=True, more=more), answering(found))
    assert check.verdict == verdict, check.said


def test_silence_counts_only_once_the_logs_are_complete() -> None:
    cutoff = datetime.fromisoformat(CUTOFF)
    for minutes, verdict in (
        (0, "unknown"),
        (1, "unknown"),
        (2, "unknown"),
        (15, "unknown"),
        (16, "holds"),
        (60, "holds"),
    ):
        api = Recorded({"LookupEvents": lambda _: listed()}, now=cutoff + timedelta(minutes=minutes))
        (check,) = checked(lines(OF_SESSION, TIMED), api)
        assert check.verdict == verdict
        assert ("2026-11-20T22:46:00Z" in check.said) == (verdict == "unknown")
        # CloudTrail refuses a time that is still to come.
        assert bool(api.of("LookupEvents")) == (minutes > 1)


def test_every_region_is_asked_from_a_minute_after_the_cutoff_and_not_too_fast() -> None:
    api = Recorded({"LookupEvents": lambda _: listed()})
    checked(lines(OF_SESSION, TIMED), api, regions=("ap-south-1",))
    asked = api.of("LookupEvents")
    assert {region for region, _ in asked} == {"ap-south-1", "eu-west-1", "us-east-1"}
    attributes = {each["LookupAttributes"][0]["AttributeKey"] for _, each in asked}
    assert attributes == {"AccessKeyId", "Username"}
    assert {each["StartTime"].isoformat() for _, each in asked} == {"2026-11-20T22:31:00+00:00"}
    for region in {region for region, _ in asked}:
        times = api.times[region]
        assert len(times) == 2
        assert all(later - earlier >= timedelta(seconds=0.5) for earlier, later in itertools.pairwise(times))


def test_all_pages_are_read_and_a_thief_on_the_last_one_is_seen() -> None:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        page = int(asked.get("NextToken", "0"))
        if page < 3:
            return {**listed(record("ListBuckets", session(OLD), **DENIED)), "NextToken": str(page + 1)}
        return listed(record("DeleteBucket", session(OLD)))

    (check,) = checked(lines(OF_SESSION, TIMED), Recorded({"LookupEvents": answer}))
    assert check.verdict == "fails"


@pytest.mark.parametrize("token", ["the same", None])
def test_an_answer_without_end_is_unknown(token: str | None) -> None:
    count = iter(range(100_000))
    api = Recorded({"LookupEvents": lambda _: {**listed(), "NextToken": token or str(next(count))}})
    assert checked(lines(OF_SESSION, TIMED), api)[0].verdict == "unknown"


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "UnsupportedOperationException"])
def test_a_region_that_does_not_answer_is_unknown_with_the_command(code: str) -> None:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        return refusing(code)(asked) if asked["region"] == "us-east-1" else listed()

    (check,) = checked(lines(OF_SESSION, TIMED), Recorded({"LookupEvents": answer}))
    assert check.verdict == "unknown"
    assert f"us-east-1: {code}" in check.said
    assert any("--region=us-east-1" in each for each in check.todo)


def test_of_a_role_without_key_or_session_the_logs_say_nothing() -> None:
    (check,) = checked(lines(Subject(kind="role", name="server"), TIMED), answering())
    assert check.verdict == "unknown"


def issued(key: str = "ASIANEWKEY0000000001", at: str = "2026-11-20T22:45:00Z", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "requestParameters": {"roleArn": ROLE, "roleSessionName": INSTANCE},
        "responseElements": {"credentials": {"accessKeyId": key, "sessionToken": "SECRET", "expiration": "later"}},
        "eventSource": "sts.amazonaws.com",
    }
    return {**record("AssumeRole", {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, at), **found, **more}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (issued(), "holds"),
        (issued(STOLEN), "unknown"),
        (issued(at="2026-11-20T22:29:59Z"), "unknown"),
        (issued(userIdentity={"type": "AssumedRole", "principalId": "AROAX:thief"}), "unknown"),
        (issued(requestParameters={"roleSessionName": "i-0fedcba9876543210"}), "unknown"),
        (issued(errorCode="AccessDenied"), "unknown"),
        (issued(responseElements=None), "unknown"),
        ("{", "unknown"),
    ],
)
def test_an_instance_is_renewed_once_ec2_issued_it_another_key(found: object, verdict: str) -> None:
    begun = lines(OF_SESSION, TIMED, instances=((INSTANCE, "eu-west-1"),))
    (check,) = checked(begun, answering(found), "rotation")
    assert check.verdict == verdict
    assert "SECRET" not in check.said
    if verdict == "unknown":
        assert "aws ec2 stop-instances --region=eu-west-1 --instance-ids i-0123456789abcdef0" in check.todo[0]


def test_hostile_names_stay_one_word_of_a_command() -> None:
    subject = Subject(kind="role", name="server", unique_id=ROLE_ID, session="x'; touch /tmp/owned; '\x1b[2J")
    (check,) = checked(lines(subject, TIMED), Recorded({"LookupEvents": refusing("AccessDenied")}))
    assert all("\x1b" not in each for each in check.todo)
    assert all("'\"'\"'" in each or "$'" in each for each in check.todo)
