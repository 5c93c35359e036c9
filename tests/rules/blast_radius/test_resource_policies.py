"""What the policies of queues, functions, keys and other resources give away."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, policy, region, verdict
from tests.rules.holding import named

OPEN, NAMES = "resource-policy-open", "resource-policy-names-session"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:alerts"
FUNCTION = f"arn:aws:lambda:eu-west-1:{OWN}:function:respond"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = f"arn:aws:sns:eu-west-1:{OWN}:security"
BUS = f"arn:aws:events:eu-west-1:{OWN}:event-bus/default"
SESSION, USER = f"arn:aws:sts::{OWN}:assumed-role/ops/ann", f"arn:aws:iam::{OWN}:user/ann"
IN_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def to(principal: object, actions: object = "*", **elements: object) -> Json:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", **elements}


def held(*statements: Json) -> Json:
    return {"kind": "policy", "document": policy(*statements)}


def queue(*statements: Json, arn: str = QUEUE) -> Json:
    return {"arn": arn, "detail": {"kind": "queue", "policy": held(*statements) if statements else None}}


def function(*statements: Json) -> Json:
    return {"arn": FUNCTION, "detail": {"kind": "function"}, "policy": held(*statements), "concurrency": None}


def key(*statements: Json, arn: str | None = KEY, named: str = KEY) -> Json:
    detail = {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}
    return {
        "named": named,
        "region": "eu-west-1",
        "arn": arn,
        "detail": detail,
        "policy": held(*statements),
        "rotation": None,
    }


def leading(**parts: object) -> Json:
    """A region of which it is known what leads to the resources."""
    return region("eu-west-1", **{"trails": [], "event_data_stores": [], "event_buses": [], "event_rules": [], **parts})


def having(**parts: object) -> Json:
    """An account of which every policy is known, unless ``parts`` say otherwise."""
    empty: Json = {"queues": [], "functions": [], "keys": [], "topics": [], "log_buckets": []}
    return {**empty, "regions": [leading()], **parts}


BY_URL = to(
    "*", "lambda:InvokeFunctionUrl", Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
)  # fmt: skip
VIA_URL: Json = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}

OPENED: list[Case] = [
    ("a queue", having(queues=[queue(to("*", "sqs:*"))]), "fail"),
    ("a queue, for sending", having(queues=[queue(to({"AWS": "*"}, "sqs:SendMessage"))]), "fail"),
    ("a queue, for reading its settings", having(queues=[queue(to("*", "sqs:GetQueueAttributes"))]), "pass"),
    (
        "a queue, for a topic",
        having(queues=[queue(to("*", "sqs:SendMessage", Condition={"ArnEquals": {"aws:SourceArn": TOPIC}}))]),
        "pass",
    ),
    ("a queue, for the account", having(queues=[queue(to({"AWS": f"arn:aws:iam::{OWN}:root"}))]), "pass"),
    ("a queue, for the organization", having(queues=[queue(to("*", Condition=IN_ORGANIZATION))]), "pass"),
    (
        "a queue, if there is an organization",
        having(queues=[queue(to("*", Condition={"StringEqualsIfExists": {"aws:SourceAccount": OWN}}))]),
        "fail",
    ),
    (
        "a queue, strangers denied",
        having(
            queues=[
                queue(
                    to("*"), to("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": OWN}}) | {"Effect": "Deny"}
                )
            ]
        ),
        "pass",
    ),
    ("a queue without a policy", having(queues=[queue()]), "pass"),
    ("a queue that is gone", having(queues=[{"arn": QUEUE, "detail": None}]), "pass"),
    ("a queue of somebody else", having(queues=[queue(to("*"), arn=QUEUE.replace(OWN, FOREIGN))]), ""),
    ("a function", having(functions=[function(to("*", "lambda:InvokeFunction"))]), "fail"),
    (
        "a function, for a service",
        having(functions=[function(to({"Service": "events.amazonaws.com"}, "lambda:InvokeFunction"))]),
        "pass",
    ),
    ("a function, by its public URL", having(functions=[function(BY_URL)]), "fail"),
    (
        "a function, for those who come by its URL alone",
        having(functions=[function(to("*", "lambda:InvokeFunction", Condition=VIA_URL))]),
        "pass",
    ),
    (
        "a function, by its URL for one account",
        having(functions=[function(BY_URL | {"Principal": {"AWS": FOREIGN}})]),
        "pass",
    ),
    ("a queue, for what only its account can do", having(queues=[queue(to("*", "sqs:SetQueueAttributes"))]), "pass"),
    ("a key, for what only its account can do", having(keys=[key(to("*", "kms:PutKeyPolicy"))]), "pass"),
    ("a key", having(keys=[key(to({"AWS": "*"}, "kms:*"))]), "fail"),
    ("a key, named twice", having(keys=[key(to({"AWS": "*"}, "kms:*")), key(to("*"), named="alias/logs")]), "fail"),
    (
        "a key, for the account by its caller",
        having(keys=[key(to("*", "kms:*", Condition={"StringEquals": {"kms:CallerAccount": OWN}}))]),
        "pass",
    ),
    ("a key as AWS makes it", having(keys=[key(to({"AWS": f"arn:aws:iam::{OWN}:root"}, "kms:*"))]), "pass"),
    ("malformed", having(queues=[queue({"Effect": "Perhaps"})]), "unknown"),
    (
        "a key of which only the alias is known",
        having(keys=[key(arn=None, named="alias/logs") | {"policy": gap("kms:GetKeyPolicy")}]),
        "unknown",
    ),
    ("a key of somebody else", having(keys=[key(to("*"), arn=KEY.replace(OWN, FOREIGN))]), ""),
    ("policy denied", having(functions=[function() | {"policy": gap("lambda:GetPolicy")}]), "unknown"),
    ("settings denied", having(queues=[{"arn": QUEUE, "detail": gap("sqs:GetQueueAttributes")}]), "unknown unknown"),
    ("queues not known", having(queues=gap("sqs:GetQueueAttributes"), functions=[function(to("*"))]), "fail unknown"),
    ("nothing", having(), ""),
]

BY_SESSION = to({"AWS": SESSION}, "sqs:*")
LOGS: Json = {"name": "logs", "account_id": OWN}

NAMED: list[Case] = [
    ("a session in a queue", having(queues=[queue(BY_SESSION)]), "fail"),
    ("a federated user", having(queues=[queue(to({"AWS": f"arn:aws:sts::{OWN}:federated-user/ann"}))]), "fail"),
    (
        "a user in a topic",
        having(topics=[{"arn": TOPIC, "detail": {"kind": "topic", "policy": held(to({"AWS": USER}))}}]),
        "fail",
    ),
    ("a session in a function", having(functions=[function(to({"AWS": SESSION}))]), "fail"),
    ("a user in a key", having(keys=[key(to({"AWS": [f"arn:aws:iam::{OWN}:root", USER]}))]), "fail"),
    (
        "a session in a bucket of logs",
        having(
            log_buckets=[
                LOGS
                | {
                    "bucket": {
                        "kind": "bucket",
                        "name": "logs",
                        "encryption": None,
                        "policy": held(to({"AWS": SESSION})),
                    }
                }
            ]
        ),
        "fail",
    ),
    (
        "a session in a bus",
        having(regions=[leading(event_buses=[{"name": "default", "arn": BUS, "policy": held(to({"AWS": SESSION}))}])]),
        "fail",
    ),
    ("a session, denied", having(queues=[queue(BY_SESSION | {"Effect": "Deny"})]), "pass"),
    ("a role", having(queues=[queue(to({"AWS": f"arn:aws:iam::{OWN}:role/ops"}))]), "pass"),
    ("a user called root", having(queues=[queue(to({"AWS": f"arn:aws:iam::{OWN}:root"}))]), "pass"),
    ("a session of another account", having(queues=[queue(to({"AWS": SESSION.replace(OWN, FOREIGN)}))]), "pass"),
    ("a service", having(queues=[queue(to({"Service": "events.amazonaws.com"}))]), "pass"),
    (
        "a bucket of the log archive",
        having(
            log_buckets=[{"name": "logs", "account_id": FOREIGN, "bucket": gap("s3:GetBucketLocation", "elsewhere")}]
        ),
        "",
    ),
    (
        "a bucket that could not be read",
        having(log_buckets=[LOGS | {"bucket": gap("s3:GetBucketLocation")}]),
        "unknown unknown",
    ),
    (
        "policy of a bucket denied",
        having(
            log_buckets=[
                LOGS
                | {
                    "bucket": {
                        "kind": "bucket",
                        "name": "logs",
                        "encryption": None,
                        "policy": gap("s3:GetBucketPolicy"),
                    }
                }
            ]
        ),
        "unknown",
    ),
    (
        "buses denied",
        having(queues=[queue(BY_SESSION)], regions=[leading(event_buses=gap("events:ListEventBuses"))]),
        "fail unknown",
    ),
    (
        "some regions not known",
        having(queues=[queue(BY_SESSION)], other_regions=gap("ec2:DescribeRegions")),
        "fail unknown",
    ),
    ("regions not listed", having(queues=[queue(BY_SESSION)], regions=[]), "fail unknown"),
    ("malformed", having(queues=[queue({"Effect": "Perhaps"})]), "unknown"),
]

TABLES = {OPEN: OPENED, NAMES: NAMED}


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_resource_policies(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_what_strangers_may_do_is_told() -> None:
    found = only_finding(OPEN, named(OPENED, "a queue, for sending"))

    assert found.message == "Anybody may sqs:SendMessage here."
    assert found.evidence["material"] == ["public:sqs:SendMessage"]
    assert (found.resource.type, found.resource.name, found.resource.region) == (
        "AWS::SQS::Queue",
        "alerts",
        "eu-west-1",
    )


def test_the_name_of_a_function_has_no_prefix() -> None:
    assert only_finding(OPEN, named(OPENED, "a function")).resource.name == "respond"


def test_a_session_weighs_more_than_a_user() -> None:
    session = only_finding(NAMES, named(NAMED, "a session in a queue"))
    user = only_finding(NAMES, named(NAMED, "a user in a key"))

    assert (session.severity, user.severity) == ("medium", "low")
    assert "assumed-role/ops/ann" in session.message
    assert user.evidence["users"] == [USER]


def test_a_url_is_said_to_be_needed() -> None:
    by_url = only_finding(OPEN, having(functions=[function(BY_URL)]))
    also = only_finding(OPEN, having(functions=[function(BY_URL, to("*", "lambda:InvokeFunction"))]))

    assert (by_url.message, by_url.confidence) == (
        "Anybody may lambda:InvokeFunctionUrl here, if it has a URL.",
        "medium",
    )
    assert also.confidence == "high"
