"""Targets that take nothing, alerts that are lost without a trace, and functions that answer nothing."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.events import reaching
from scanner.inventory import Alarm
from tests.accounts import OWN, Case, findings, gap, only_finding, verdict
from tests.rules.alert_path.building import (
    AWAY,
    DEFAULT_OF_TOPICS,
    FOREIGN,
    FUNCTION,
    KEY,
    QUEUE,
    ROLE,
    RULE,
    TOPIC,
    Json,
    arn,
    asking,
    event_rule,
    facts,
    function,
    heard,
    key,
    lets_in,
    may,
    queue,
    region,
    role,
    subscription,
    target,
    topic,
)

BROKEN, LOST, RESPONDER = "alert-target-broken", "alert-without-dead-letter-queue", "alert-responder-cannot-run"
USE = ["kms:GenerateDataKey*", "kms:Decrypt"]
BUS = arn("events", "event-bus/default", AWAY)
MACHINE = arn("states", "stateMachine:respond")
REVOKER = f"arn:aws:iam::{OWN}:role/revoker"
OPERATIONS = {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}


def of_topic(found: Json, *rules: Json, keys: object = ()) -> Json:
    return facts(region(*(rules or (event_rule(),)), subscriptions=[subscription()]), topics=[found], keys=keys)


def failing(action: str = TOPIC, enabled: bool = True, dimensions: object = (), **parts: object) -> Json:
    """An alarm on events that rules could not hand on."""
    return {
        "name": "failed",
        "arn": arn("cloudwatch", "alarm:failed"),
        "actions_enabled": enabled,
        "actions": [action],
        "metrics": [["AWS/Events", "FailedInvocations"]],
        "dimensions": dimensions,
        **parts,
    }


OTHERS = arn("sns", "operators")
QUEUED = event_rule(target(dead_letter_queue=QUEUE))


def with_alarm(found: Json, *rules: Json) -> Json:
    """Rules without queues, and an alarm that publishes to another topic, which somebody hears."""
    return facts(
        region(*(rules or (event_rule(),)), alarms=[found], subscriptions=[subscription(of=OTHERS)]),
        topics=[topic(), topic(lets_in("sns:Publish", OTHERS, "cloudwatch.amazonaws.com"), of=OTHERS)],
    )


def administrator(name: str = "admin") -> Json:
    return role(may("*"), name=name, service="ec2.amazonaws.com")


def responding(*roles: Json, rule: Json | None = None, users: object = (), **parts: Any) -> Json:
    """A function that answers findings with a role of its own."""
    found = function(role=REVOKER, **parts) if "detail" not in parts else function() | parts
    return facts(region(rule or event_rule(target(FUNCTION))), functions=[found], roles=list(roles), users=users)


def revoker(*statements: Json) -> Json:
    return role(*(statements or (may("iam:PutRolePolicy"),)), name="revoker", service="lambda.amazonaws.com")


def behind_topic(subscriptions: object = None, **parts: Any) -> Json:
    """A function that hears a topic of findings."""
    listed = [subscription("lambda", FUNCTION)] if subscriptions is None else subscriptions
    return facts(
        region(event_rule(), subscriptions=listed), topics=[topic()], functions=[function(role=REVOKER, **parts)],
        roles=[revoker()],
    )  # fmt: skip


USER = {"name": "boss", "arn": f"arn:aws:iam::{OWN}:user/boss",
        "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [may("*")]}}]}  # fmt: skip
BUT_ADMIN: Json = {"Effect": "Deny", "Action": "iam:*", "Resource": f"arn:aws:iam::{OWN}:role/admin"}

RUNBOOK, RUNBOOK_OF_AWS = (arn("ssm", f"automation-definition/{name}:1") for name in ("Contain", "AWS-Stop"))
DEFINITION, DOCUMENT = arn("ssm", "automation-definition/Contain:*"), arn("ssm", "document/Contain")
RUNBOOKS = [
    ("its definition and document", [DEFINITION, DOCUMENT], "pass"),
    ("its definition alone", [DEFINITION], "unknown"),
    ("its document alone", [DOCUMENT], "unknown"),
    ("another document", [f"{DOCUMENT}-2"], "fail"),
]
TABLES: dict[str, list[Case]] = {
    BROKEN: [
        ("a topic that takes it", of_topic(topic()), "pass"),
        ("nobody listens there, which is told elsewhere", heard() | {"topics": [topic(confirmed=0)]}, "pass"),
        ("the policy that SNS makes", of_topic(topic(DEFAULT_OF_TOPICS)), "fail"),
        ("deleted", of_topic({"arn": TOPIC, "detail": None}), "fail"),
        ("the key of AWS", of_topic(topic(kms_key="alias/aws/sns")), "fail"),
        ("a key of one's own", of_topic(topic(kms_key=KEY), keys=[key()]), "pass"),
        ("a key that asks for the rule, which SNS does not pass on",
         of_topic(topic(kms_key=KEY), keys=[key(lets_in(USE, Condition=asking()))]), "fail"),
        ("its key was not read", of_topic(topic(kms_key=KEY), keys=gap("kms:DescribeKey")), "unknown"),
        ("its policy was not read", of_topic({"arn": TOPIC, "detail": gap("sns:GetTopicAttributes")}), "unknown"),
        ("for one of two rules", of_topic(topic(lets_in("sns:Publish", Condition=asking())), event_rule(),
                                          event_rule(name="other")), "fail"),
        ("a topic of an application", of_topic(topic(DEFAULT_OF_TOPICS), event_rule(pattern=OPERATIONS)), ""),
        ("a rule that is switched off", of_topic(topic(DEFAULT_OF_TOPICS), event_rule(state="DISABLED")), ""),
        ("a rule for calls by which intruders stay",
         of_topic(topic(DEFAULT_OF_TOPICS), event_rule(pattern={"detail": {"eventName": ["CreateAccessKey"]}})),
         "fail"),
        ("a rule of a service of AWS",
         of_topic(topic(DEFAULT_OF_TOPICS), event_rule(managed_by="x.amazonaws.com")), ""),
        ("a function", facts(region(event_rule(target(FUNCTION))), functions=[function()]), "pass"),
        ("a function that lets no rule in",
         facts(region(event_rule(target(FUNCTION))), functions=[function() | {"policy": None}]), "fail"),
        ("its policy was not read",
         facts(region(event_rule(target(FUNCTION))), functions=[function() | {"policy": gap("lambda:GetPolicy")}]),
         "unknown"),
        ("a queue", facts(region(event_rule(target(QUEUE))), queues=[queue()]), "pass"),
        ("a queue that was deleted", facts(region(event_rule(target(QUEUE))), queues=[{"arn": QUEUE, "detail": None}]),
         "fail"),
        ("the bus of another region", facts(region(event_rule(target(BUS, role=ROLE))), region(name=AWAY),
                                            roles=[role(may("events:PutEvents"))]), "pass"),
        ("its role may not", facts(region(event_rule(target(BUS, role=ROLE))), region(name=AWAY), roles=[role()]),
         "fail"),
        ("its role was not read",
         facts(region(event_rule(target(BUS, role=ROLE))), region(name=AWAY))
         | {"roles": gap("iam:GetAccountAuthorizationDetails")}, "unknown"),
        ("a state machine", facts(region(event_rule(target(MACHINE, role=ROLE))),
                                  roles=[role(may("states:StartExecution"))]), "pass"),
        ("a state machine without a role", facts(region(event_rule(target(MACHINE)))), "fail"),
        *((f"a runbook, with the right to {what}", facts(region(event_rule(target(RUNBOOK, role=ROLE))), roles=[
            role(may("ssm:StartAutomationExecution", on))]), expected) for what, on, expected in RUNBOOKS),
        ("a runbook of AWS", facts(region(event_rule(target(RUNBOOK_OF_AWS, role=ROLE))), roles=[
            role(may("ssm:StartAutomationExecution", [RUNBOOK_OF_AWS, "arn:aws:ssm:eu-west-1::document/AWS-Stop"]))]),
         "pass"),
        ("a copy in a log group", facts(region(event_rule(target(arn("logs", "log-group:/aws/events/x"))))), ""),
        ("the rules were not read", facts(region() | {"event_rules": gap("events:ListRules")}), "unknown"),
        ("the targets were not read", facts(region(event_rule() | {"targets": gap("events:ListTargetsByRule")})),
         "unknown"),
    ],
    LOST: [
        ("neither queue nor alarm", heard(), "fail"),
        ("a queue", heard(QUEUED) | {"queues": [queue()]}, "pass"),
        ("a queue that lets no rule in", heard(QUEUED) | {"queues": [queue(lets_in("sqs:SendMessage", service="x"))]},
         "fail"),
        ("a queue that was deleted", heard(QUEUED) | {"queues": [{"arn": QUEUE, "detail": None}]}, "fail"),
        ("a queue that was not read",
         heard(QUEUED) | {"queues": [{"arn": QUEUE, "detail": gap("sqs:GetQueueAttributes")}]}, "unknown"),
        ("a queue with a key that rules may use",
         heard(QUEUED) | {"queues": [queue(kms_key=KEY)], "keys": [key()]}, "pass"),
        ("a queue with a key that they may not",
         heard(QUEUED) | {"queues": [queue(kms_key=KEY)], "keys": [key(lets_in(USE, service="x"))]}, "fail"),
        ("a queue for one of two targets",
         heard(event_rule(target(dead_letter_queue=QUEUE), target(FUNCTION))) | {"queues": [queue()]}, "fail"),
        ("an alarm that somebody hears", with_alarm(failing(OTHERS)), "fail"),
        ("the alarms were not read", heard(alarms=gap("cloudwatch:DescribeAlarms")), "unknown"),
        ("a rule of an application", heard(event_rule(pattern=OPERATIONS)), ""),
        ("the targets were not read", heard(event_rule() | {"targets": gap("events:ListTargetsByRule")}),
         "unknown"),
    ],
    RESPONDER: [
        ("it may contain every role", responding(revoker()), "pass"),
        ("it is throttled to nothing", responding(revoker(), reserved=0), "fail"),
        ("it failed", responding(revoker(), state="Failed"), "fail"),
        ("it sleeps", responding(revoker(), state="Inactive"), "pass"),
        ("its runtime has no support", responding(revoker(), runtime="python3.9"), "fail"),
        ("an image has no runtime", responding(revoker(), runtime=None, package_type="Image"), "pass"),
        ("a runtime of which nothing is known", responding(revoker(), runtime="python9.9"), "pass"),
        ("its role was deleted", responding(), "fail"),
        ("Lambda cannot assume its role",
         responding(role(may("iam:PutRolePolicy"), name="revoker", service="ec2.amazonaws.com")), "fail"),
        ("it only tells people", responding(revoker(may("sns:Publish")), administrator()), "pass"),
        ("it may contain every role, an administrator too", responding(revoker(), administrator()), "pass"),
        ("it may not contain one administrator",
         responding(revoker(may("iam:PutRolePolicy"), BUT_ADMIN), administrator()), "fail"),
        ("it may not contain a role that is no administrator",
         responding(revoker(may("iam:PutRolePolicy"), BUT_ADMIN), role(may("s3:*"), name="admin")), "pass"),
        ("a boundary that was not read may keep it from all",
         responding(revoker() | {"boundary": f"arn:aws:iam::{OWN}:policy/gone"}, administrator()), "unknown"),
        ("it is for roles, and contains no users", responding(revoker(), users=[USER]), "pass"),
        ("it is for users, by their keys", responding(revoker(may("iam:UpdateAccessKey")), users=[USER]), "pass"),
        ("the roles were not read", responding() | {"roles": gap("iam:GetAccountAuthorizationDetails")}, "unknown"),
        ("the roles were not read, but it cannot run",
         responding(reserved=0) | {"roles": gap("iam:GetAccountAuthorizationDetails")}, "fail"),
        ("its settings were not read", responding(revoker(), detail=gap("lambda:GetFunctionConfiguration")), "unknown"),
        ("its concurrency was not read",
         responding(revoker()) | {"functions": [function(role=REVOKER)
                                                | {"concurrency": gap("lambda:GetFunctionConcurrency")}]}, "unknown"),
        ("a function of an application",
         responding(rule=event_rule(target(FUNCTION), pattern=OPERATIONS), reserved=0), ""),
        ("of another account", facts(region(event_rule(target(arn("lambda", "function:f", account=FOREIGN))))), ""),
        ("by way of a topic", behind_topic(reserved=0), "fail"),
        ("by way of a topic whose subscriptions were not read",
         behind_topic(subscriptions=gap("sns:ListSubscriptions")), "unknown"),
        ("the functions were not read",
         responding() | {"functions": gap("lambda:GetFunctionConfiguration")}, "unknown"),
    ],
}  # fmt: skip

CASES = [(rule_id, *case) for rule_id, cases in TABLES.items() for case in cases]


@pytest.mark.parametrize(("rule_id", "_what", "found", "expected"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_verdicts(rule_id: str, _what: str, found: Json, expected: str) -> None:
    assert verdict(rule_id, found) == expected


def test_a_broken_target_is_told_by_its_link() -> None:
    found = only_finding(BROKEN, of_topic(topic(DEFAULT_OF_TOPICS, kms_key="alias/aws/sns")))

    assert found.resource.arn == TOPIC
    assert found.severity == "critical"
    assert found.evidence["material"] == ["target:topic-closed", "topic:aws-managed-key"]
    assert found.message.startswith("What the rule findings sends is lost here. events.amazonaws.com may not publish")


def test_it_weighs_less_where_another_target_takes_it() -> None:
    two = facts(
        region(event_rule(target(), target(FUNCTION))), topics=[topic(DEFAULT_OF_TOPICS)], functions=[function()]
    )

    assert only_finding(BROKEN, two).severity == "high"


def test_one_finding_for_a_target_of_many_rules() -> None:
    found = only_finding(BROKEN, of_topic({"arn": TOPIC, "detail": None}, event_rule(), event_rule(name="other")))

    assert "What the rules findings, other send is lost here." in found.message
    assert [link["rule"] for link in found.evidence["links"]] == [RULE, arn("events", "rule/other")]


def test_an_alarm_makes_it_weigh_less() -> None:
    assert only_finding(LOST, heard()).severity == "medium"
    assert only_finding(LOST, heard()).evidence["material"] == ["no-alarm", f"no-queue:{TOPIC}"]
    found = only_finding(LOST, with_alarm(failing(OTHERS)))
    assert (found.severity, found.evidence["material"]) == ("low", [f"no-queue:{TOPIC}"])
    assert found.message.endswith("The alarm failed tells that something failed.")


@pytest.mark.parametrize(
    "alarm",
    [
        failing(OTHERS, enabled=False),
        failing(TOPIC),
        failing(OTHERS, dimensions=[["RuleName", "other"]]),
        failing(OTHERS, metrics=[["AWS/Events", "Invocations"]]),
    ],
    ids=["switched off", "to a topic that nobody hears", "on another rule", "on another metric"],
)
def test_alarms_that_tell_nobody_do_not_count(alarm: Json) -> None:
    assert only_finding(LOST, with_alarm(alarm)).severity == "medium"


def test_a_rule_whose_arn_is_of_another_region_is_judged_where_it_was_found() -> None:
    strange = event_rule() | {"arn": arn("events", "rule/findings", "us-west-2")}

    assert only_finding(LOST, with_alarm(failing(OTHERS), strange)).severity == "low"


def test_alarms_on_failures_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    on_failures = reaching._on_failures

    def counted(alarms: tuple[Alarm, ...]) -> dict[str, list[Alarm]]:
        looked.append(len(alarms))
        return on_failures(alarms)

    monkeypatch.setattr(reaching, "_on_failures", counted)
    others = [failing(OTHERS, dimensions=[["RuleName", f"r{number}"]], name=f"a{number}") for number in range(9)]
    rules = [event_rule(name=f"r{number}") for number in range(9)]
    found = facts(
        region(*rules, alarms=others, subscriptions=[subscription(of=OTHERS)]),
        topics=[topic(), topic(lets_in("sns:Publish", OTHERS, "cloudwatch.amazonaws.com"), of=OTHERS)],
    )

    assert [each.severity for each in findings(LOST, found)] == ["low"] * 9
    assert looked == [9]


def test_an_alarm_on_this_rule_counts() -> None:
    assert only_finding(LOST, with_alarm(failing(OTHERS, dimensions=[["RuleName", "findings"]]))).severity == "low"


def test_what_a_responder_may_not_contain_is_named() -> None:
    found = only_finding(RESPONDER, responding(revoker(may("iam:PutRolePolicy"), BUT_ADMIN), administrator()))

    assert found.severity == "medium"
    assert found.evidence["material"] == [f"cannot-contain:arn:aws:iam::{OWN}:role/admin"]
    assert "may not contain these administrators: role/admin." in found.message


def test_people_for_emergencies_need_not_be_contained() -> None:
    found = responding(revoker(may("iam:PutRolePolicy"), BUT_ADMIN), administrator())

    assert verdict(RESPONDER, found, declared={"break_glass": ["role/admin"]}) == "pass"


def test_a_runtime_weighs_less_than_what_stops_it() -> None:
    assert only_finding(RESPONDER, responding(revoker(), runtime="python3.9")).severity == "medium"
    assert only_finding(RESPONDER, responding(revoker(), runtime="python3.9", reserved=0)).severity == "high"


def test_each_version_that_is_named_is_asked() -> None:
    alias = f"{FUNCTION}:live"
    found = facts(
        region(event_rule(target(alias))), functions=[function(of=alias, reserved=0), function(reserved=0)], roles=[]
    )

    (only,) = findings(RESPONDER, found)
    assert only.resource.arn == alias
