"""What becomes of an event: each link whole, broken and not known."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from scanner.engine.declared import Declared
from scanner.events.delivery import Routes, alarm_routes, dead_letter, handing_over, routes
from scanner.events.samples import api_call, as_event, finding_event
from scanner.inventory import Alarm, EventRule, known
from tests.rules.alert_path.building import (
    AWAY,
    DEFAULT_OF_TOPICS,
    FOREIGN,
    FUNCTION,
    HOME,
    KEY,
    OWN,
    QUEUE,
    ROLE,
    RULE,
    TOPIC,
    Json,
    arn,
    asking,
    document,
    event_rule,
    facts,
    filtered,
    function,
    heard,
    key,
    lets_in,
    may,
    pending,
    queue,
    read,
    region,
    role,
    subscription,
    target,
    topic,
)

EVENT = finding_event("aws", OWN, HOME, "Recon:IAMUser/TorIPCaller", 5)


def gap(api: str) -> Json:
    return {"kind": "gap", "api": api, "status": "denied", "region": HOME}


def judged(found: Json, event: Json = EVENT, **declared: Any) -> Routes:
    return routes(read(found), HOME, event, Declared(**declared))


def told(found: Routes) -> str:
    """``reached`` with the kinds of receivers, ``open``, or the broken links."""
    if found.is_reached:
        return "reached " + " ".join(sorted({way.kind for way in found.reached}))
    return "open" if found.open else " ".join(sorted({way.token for way in found.broken}))


def to(of: str, **parts: Any) -> Json:
    return region(event_rule(target(of)), **parts)


def of_topic(*topics: Json, subscriptions: object = None, keys: object = ()) -> Json:
    listed = [subscription()] if subscriptions is None else subscriptions
    return facts(region(event_rule(), subscriptions=listed), topics=list(topics) or [topic()], keys=keys)


def of_key(*statements: Json, **parts: Any) -> Json:
    return of_topic(topic(kms_key=KEY), keys=[key(*statements, **parts)])


USE = ["kms:GenerateDataKey*", "kms:Decrypt"]
BUS = arn("events", "event-bus/security", AWAY)
MACHINE = arn("states", "stateMachine:respond")

RULES: list[tuple[str, Json, str]] = [
    ("a rule, a topic, a mailbox", heard(), "reached person"),
    ("no rule at all", facts(region()), "rule:none"),
    ("a rule that takes something else", heard(event_rule(pattern={"source": ["aws.ec2"]})), "rule:none"),
    ("a rule that is switched off", heard(event_rule(state="DISABLED")), "rule:disabled"),
    ("one is switched off, one is on", heard(event_rule(state="DISABLED", name="old"), event_rule()), "reached person"),
    ("a pattern that EventBridge refuses", heard(event_rule(pattern=[])), "rule:none"),
    ("a rule by schedule", heard(event_rule(pattern=None) | {"pattern": None}), "rule:none"),
    ("no targets", heard(event_rule() | {"targets": []}), "rule:no-target"),
    ("the targets were not read", heard(event_rule() | {"targets": gap("events:ListTargetsByRule")}), "open"),
    ("the rules were not read", facts(region() | {"event_rules": gap("events:ListRules")}), "open"),
    ("no EventBridge there", facts(region() | {"event_rules": gap("events:ListRules") | {"status": "not_applicable"}}),
     "rule:none"),
    ("another region only", facts(region(event_rule(), name=AWAY), topics=[topic()]), "bus:region-missing"),
    ("regions that could not be listed", {"other_regions": gap("ec2:DescribeRegions")}, "open"),
    ("a rule of a service that responds",
     heard(event_rule(managed_by="triage.security-ir.amazonaws.com")), "reached service"),
    ("a rule of another service", heard(event_rule(managed_by="x.amazonaws.com")), "open"),
    ("a target in another region", facts(to(arn("sns", "security", AWAY))), "target:other-region"),
    ("something unheard of", facts(to(arn("redshift", "cluster:c"))), "open"),
]  # fmt: skip

TOPICS: list[tuple[str, Json, str]] = [
    ("the topic was deleted", of_topic({"arn": TOPIC, "detail": None}), "target:topic-missing"),
    ("the topic was not read", of_topic({"arn": TOPIC, "detail": gap("sns:GetTopicAttributes")}), "open"),
    ("the topics were not read", of_topic() | {"topics": gap("sns:GetTopicAttributes")}, "open"),
    ("the policy that SNS makes lets no rule in", of_topic(topic(DEFAULT_OF_TOPICS)), "target:topic-closed"),
    ("no policy", of_topic({"arn": TOPIC, "detail": {"kind": "topic"}}), "target:topic-closed"),
    ("for this rule", of_topic(topic(lets_in("sns:Publish", Condition=asking()))), "reached person"),
    ("for rules of the account",
     of_topic(topic(lets_in("sns:Publish", Condition=asking("ArnLike", value=arn("events", "rule/*"))))),
     "reached person"),
    ("for another rule", of_topic(topic(lets_in("sns:Publish", Condition=asking(value=f"{RULE}-2")))),
     "target:topic-closed"),
    ("for the account",
     of_topic(topic(lets_in("sns:Publish", Condition=asking("StringEquals", "aws:SourceAccount", OWN)))),
     "reached person"),
    ("for another account",
     of_topic(topic(lets_in("sns:Publish", Condition=asking("StringEquals", "aws:SourceAccount", FOREIGN)))),
     "target:topic-closed"),
    ("for an organization, and the account is in none",
     of_topic(topic(lets_in("sns:Publish", Condition=asking("StringEquals", "aws:SourceOrgID", "o-abcde12345")))),
     "target:topic-closed"),
    ("under a condition of which nothing is known",
     of_topic(topic(lets_in("sns:Publish", Condition=asking("StringEquals", "aws:RequestedRegion", "x")))), "open"),
    ("for another service", of_topic(topic(lets_in("sns:Publish", service="s3.amazonaws.com"))), "target:topic-closed"),
    ("a Deny of everything unencrypted spares it",
     of_topic(topic(lets_in("sns:Publish"), lets_in("sns:Publish", Effect="Deny", Principal="*",
                                                    Condition=asking("Bool", "aws:SecureTransport", "false")))),
     "reached person"),
    ("a Deny of everybody", of_topic(topic(lets_in("sns:Publish"), lets_in("sns:*", Effect="Deny", Principal="*"))),
     "target:topic-closed"),
    ("another topic in the policy", of_topic(topic(lets_in("sns:Publish", f"{TOPIC}-2"))), "target:topic-closed"),
    ("of another account", facts(to(arn("sns", "t", account=FOREIGN))), "open"),
]  # fmt: skip

KEYS: list[tuple[str, Json, str]] = [
    ("the key of AWS for topics", of_topic(topic(kms_key="alias/aws/sns")), "topic:aws-managed-key"),
    ("the same by its ARN", of_topic(topic(kms_key=arn("kms", "alias/aws/sns"))), "topic:aws-managed-key"),
    ("the same by its id", of_key(manager="AWS"), "topic:aws-managed-key"),
    ("a key that lets rules use it", of_key(), "reached person"),
    ("for one topic",
     of_key(lets_in(USE, Condition=asking("StringEquals", "kms:EncryptionContext:aws:sns:topicArn", TOPIC))),
     "reached person"),
    ("a key policy that asks for the source, which SNS does not pass on",
     of_key(lets_in(USE, Condition=asking("ArnLike", value=arn("events", "rule/*")))), "topic:key-closed"),
    ("the same with IfExists", of_key(lets_in(USE, Condition=asking("ArnLikeIfExists"))), "reached person"),
    ("a key for encryption only", of_key(lets_in("kms:GenerateDataKey*")), "topic:key-closed"),
    ("a key for CloudWatch only", of_key(lets_in(USE, service="cloudwatch.amazonaws.com")), "topic:key-closed"),
    ("a key that waits for its deletion", of_key(state="PendingDeletion"), "topic:key-disabled"),
    ("a key that does not exist", of_topic(topic(kms_key=KEY), keys=[key() | {"detail": None, "policy": None}]),
     "topic:key-missing"),
    ("a key whose policy was not read",
     of_topic(topic(kms_key=KEY), keys=[key() | {"policy": gap("kms:GetKeyPolicy")}]), "open"),
    ("a key that was not read", of_topic(topic(kms_key=KEY), keys=gap("kms:DescribeKey")), "open"),
    ("a closed topic with the key of AWS: both are told", of_topic(topic(DEFAULT_OF_TOPICS, kms_key="alias/aws/sns")),
     "target:topic-closed topic:aws-managed-key"),
]  # fmt: skip

MESSAGES = "MessageBody"
LISTENERS: list[tuple[str, Json, str]] = [
    ("nobody", of_topic(subscriptions=[]), "topic:no-subscriber"),
    ("one who did not confirm", of_topic(subscriptions=[pending()]), "topic:no-subscriber"),
    ("one who did, one who did not", of_topic(subscriptions=[pending(), subscription()]), "reached person"),
    ("subscriptions of other accounts", of_topic(topic(confirmed=1), subscriptions=[]), "open"),
    ("the list was not read", of_topic(subscriptions=gap("sns:ListSubscriptions")), "open"),
    ("the list was not read, but nobody confirmed",
     of_topic(topic(confirmed=0), subscriptions=gap("sns:ListSubscriptions")), "topic:no-subscriber"),
    ("a webhook", of_topic(subscriptions=[subscription("https", "pager.example.com")]), "reached service"),
    ("a telephone", of_topic(subscriptions=[subscription("sms", None)]), "reached person"),
    ("a filter on attributes, of which rules send none",
     of_topic(subscriptions=[subscription(settings=filtered(severity=["high"]))]), "subscription:filtered"),
    ("a filter that takes it",
     of_topic(subscriptions=[subscription(settings=filtered(MESSAGES, source=["aws.guardduty"]))]), "reached person"),
    ("a filter that does not",
     of_topic(subscriptions=[subscription(settings=filtered(MESSAGES, source=["aws.health"]))]),
     "subscription:filtered"),
    ("a filter that was not read",
     of_topic(subscriptions=[subscription(settings=gap("sns:GetSubscriptionAttributes"))]), "open"),
    ("a filter behind a text of the rule's own",
     facts(region(event_rule(target(transforms_input=True)),
                  subscriptions=[subscription(settings=filtered(MESSAGES, source=["aws.guardduty"]))]),
           topics=[topic()]), "open"),
    ("no filter behind such a text",
     facts(region(event_rule(target(transforms_input=True)), subscriptions=[subscription()]), topics=[topic()]),
     "reached person"),
    ("a function that the topic may run",
     facts(region(event_rule(), subscriptions=[subscription("lambda", FUNCTION)]), topics=[topic()],
           functions=[function(lets_in("lambda:InvokeFunction", service="sns.amazonaws.com",
                                       Condition=asking(value=TOPIC)))]), "reached responder"),
    ("a function that only rules may run",
     facts(region(event_rule(), subscriptions=[subscription("lambda", FUNCTION)]), topics=[topic()],
           functions=[function()]), "target:function-closed"),
    ("something that nobody looked at",
     of_topic(subscriptions=[subscription("firehose", arn("firehose", "x"))]), "open"),
]  # fmt: skip


def of_function(*functions: Json) -> Json:
    return facts(to(FUNCTION), functions=list(functions))


def of_queue(*queues: Json) -> Json:
    return facts(to(QUEUE), queues=list(queues))


RECEIVERS: list[tuple[str, Json, str]] = [
    ("a function", of_function(function()), "reached responder"),
    ("for this rule", of_function(function(lets_in("lambda:InvokeFunction", Condition=asking()))), "reached responder"),
    ("for another rule", of_function(function(lets_in("lambda:InvokeFunction", Condition=asking(value=f"{RULE}x")))),
     "target:function-closed"),
    ("no policy", of_function(function() | {"policy": None}), "target:function-closed"),
    ("its policy was not read", of_function(function() | {"policy": gap("lambda:GetPolicy")}), "open"),
    ("deleted", of_function(function() | {"detail": None}), "target:function-missing"),
    ("not read", of_function(function() | {"detail": gap("lambda:GetFunctionConfiguration")}), "open"),
    ("failed", of_function(function(state="Failed")), "function:not-running"),
    ("asleep", of_function(function(state="Inactive")), "reached responder"),
    ("a runtime without support still runs", of_function(function(runtime="python3.8")), "reached responder"),
    ("throttled to nothing", of_function(function(reserved=0)), "function:throttled"),
    ("reserved", of_function(function(reserved=1)), "reached responder"),
    ("its concurrency was not read", of_function(function() | {"concurrency": gap("lambda:GetFunctionConcurrency")}),
     "open"),
    ("a queue that nobody declared", of_queue(queue()), "open"),
    ("a queue that lets no rule in", of_queue(queue(lets_in("sqs:SendMessage", service="sns.amazonaws.com"))),
     "target:queue-closed"),
    ("a queue that was deleted", of_queue({"arn": QUEUE, "detail": None}), "target:queue-missing"),
    ("a queue with a key of one's own", of_queue(queue(kms_key=KEY)) | {"keys": [key()]}, "open"),
    ("a queue with a key that lets no rule in",
     of_queue(queue(kms_key=KEY)) | {"keys": [key(lets_in(USE, service="sns.amazonaws.com"))]}, "queue:key-closed"),
    ("a queue with a key that waits for its deletion",
     of_queue(queue(kms_key=KEY)) | {"keys": [key(state="PendingDeletion")]}, "queue:key-disabled"),
    ("a queue with a key that is gone",
     of_queue(queue(kms_key=KEY)) | {"keys": [key() | {"detail": None, "policy": None}]}, "queue:key-missing"),
    ("a queue with the key of AWS by its id",
     of_queue(queue(kms_key=KEY)) | {"keys": [key(manager="AWS")]}, "queue:aws-managed-key"),
    ("a queue with the key of AWS", of_queue(queue(kms_key="alias/aws/sqs")), "queue:aws-managed-key"),
    ("a log group", facts(to(arn("logs", "log-group:/aws/events/findings"))), "target:log-group-only"),
]  # fmt: skip


def by_role(of: str, *roles: Json, **parts: Any) -> Json:
    return facts(region(event_rule(target(of, role=ROLE)), **parts), roles=list(roles))


AWAY_TOPIC = arn("sns", "security", AWAY)


def over_bus(*roles: Json, rule: Json | None = None, **parts: Any) -> Json:
    """The findings of the home region go to a bus away, where a rule takes them to a topic."""
    there = rule or event_rule(target(AWAY_TOPIC), region=AWAY, bus="security")
    away: Json = {"event_buses": [{"name": "security", "arn": BUS}], "subscriptions": [subscription(of=AWAY_TOPIC)]}
    return facts(
        region(event_rule(target(BUS, role=ROLE))),
        region(there, name=AWAY, **(away | parts)),
        roles=list(roles),
        topics=[topic(of=AWAY_TOPIC)],
    )


SENDS = may("events:PutEvents", BUS)
BUSES: list[tuple[str, Json, str]] = [
    ("a state machine", by_role(MACHINE, role(may("states:StartExecution", MACHINE))), "reached service"),
    ("its role may not", by_role(MACHINE, role(may("states:ListExecutions"))), "role:not-allowed"),
    ("its role does not exist", by_role(MACHINE), "role:not-allowed"),
    ("its role is for another service", by_role(MACHINE, role(may("*"), service="ec2.amazonaws.com")),
     "role:not-allowed"),
    ("the roles were not read", by_role(MACHINE) | {"roles": gap("iam:GetAccountAuthorizationDetails")}, "open"),
    ("no role", facts(to(MACHINE)), "role:none"),
    ("a plan of Incident Manager",
     by_role(arn("ssm-incidents", "response-plan/on-call"), role(may("ssm-incidents:*"))), "reached person"),
    ("a stream that nobody declared", by_role(arn("kinesis", "stream/s"), role(may("kinesis:*"))), "open"),
    ("over a bus away", over_bus(role(SENDS)), "reached person"),
    ("its role may not send", over_bus(role(may("events:PutRule"))), "bus:role-not-allowed"),
    ("no rule there", over_bus(role(SENDS), rule=event_rule(region=AWAY, bus="other")), "rule:none"),
    ("the bus does not exist", over_bus(role(SENDS), event_buses=[]), "target:bus-missing"),
    ("a rule for one region away does not take it",
     over_bus(role(SENDS), rule=event_rule(target(AWAY_TOPIC), region=AWAY, bus="security",
                                           pattern={"region": [AWAY]})), "rule:none"),
    ("round in a circle",
     over_bus(role(may("*")), rule=event_rule(target(arn("events", "event-bus/default"), role=ROLE), region=AWAY,
                                              bus="security")), "bus:circle"),
    ("to an account that was not scanned", by_role(arn("events", "event-bus/default", account=FOREIGN), role(may("*"))),
     "open"),
    ("to such an account, without the right",
     by_role(arn("events", "event-bus/default", account=FOREIGN), role(may("s3:*"))), "bus:role-not-allowed"),
]  # fmt: skip


def chained(*places: tuple[str, str]) -> Json:
    """A finding goes from bus to bus by their regions and names; the last one tells a mailbox."""
    names = sorted({name for name, _ in places})
    rules: dict[str, list[Json]] = {name: [] for name in names}
    for (name, bus), (there, after) in pairwise(places):
        on = target(arn("events", f"event-bus/{after}", there), role=ROLE)
        rules[name].append(event_rule(on, region=name, bus=bus, name=f"to-{after}"))
    name, bus = places[-1]
    last = arn("sns", "security", name)
    rules[name].append(event_rule(target(last), region=name, bus=bus, name="tell"))
    return facts(
        *(
            region(
                *rules[each],
                name=each,
                event_buses=[{"name": bus, "arn": arn("events", f"event-bus/{bus}", each)} for _, bus in places],
                subscriptions=[subscription(of=last)] if each == name else [],
            )
            for each in names
        ),
        roles=[role(may("events:PutEvents"))],
        topics=[topic(of=last)],
    )


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(HOME, "default"), (HOME, "b")], "reached person"),
        ([(HOME, "default"), (HOME, "b"), (HOME, "c")], "bus:too-far"),
        ([(HOME, "default"), (AWAY, "b")], "reached person"),
        ([(HOME, "default"), (AWAY, "b"), (AWAY, "c")], "open"),
        ([(HOME, "default"), (HOME, "b"), (AWAY, "c")], "open"),
    ],
)
def test_no_event_goes_over_three_buses_of_a_region(places: list[tuple[str, str]], expected: str) -> None:
    assert told(judged(chained(*places))) == expected


@pytest.mark.parametrize("of", [arn(*parts, account=FOREIGN) for parts in (
    ("sns", "t"), ("sqs", "q"), ("lambda", "function:f"),
)])  # fmt: skip
def test_what_is_of_another_account_was_not_scanned(of: str) -> None:
    (why,) = judged(facts(to(of))).open

    assert why.endswith(f"is of account {FOREIGN}, which was not scanned")


def test_a_queue_that_is_read_is_reached_past_its_key() -> None:
    found = of_queue(queue(kms_key=KEY))

    assert told(judged(found | {"keys": [key()]}, siem=(QUEUE,))) == "reached siem"
    unread = found | {"keys": [key() | {"policy": gap("kms:GetKeyPolicy")}]}
    assert told(judged(unread, siem=(QUEUE,))) == "open"
    assert told(judged(found | {"keys": gap("kms:DescribeKey")}, siem=(QUEUE,))) == "open"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (asking("StringEquals", "kms:EncryptionContext:aws:sqs:arn", QUEUE), "reached siem"),
        (asking("StringEquals", "kms:EncryptionContext:aws:sqs:arn", f"{QUEUE}-2"), "queue:key-closed"),
        (asking(), "open"),
    ],
    ids=["for this queue", "for another queue", "for the rule, of which SQS may say nothing"],
)
def test_conditions_of_the_key_of_a_queue(condition: Json, expected: str) -> None:
    found = of_queue(queue(kms_key=KEY)) | {"keys": [key(lets_in(USE, Condition=condition))]}

    assert told(judged(found, siem=(QUEUE,))) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [(found, expected) for _, found, expected in (*RULES, *TOPICS, *KEYS, *LISTENERS, *RECEIVERS, *BUSES)],
    ids=[what for what, _, _ in (*RULES, *TOPICS, *KEYS, *LISTENERS, *RECEIVERS, *BUSES)],
)
def test_every_link(found: Json, expected: str) -> None:
    assert told(judged(found)) == expected


def test_one_whole_way_suffices() -> None:
    found = heard(
        event_rule(), event_rule(target(QUEUE), name="copy"), event_rule(name="more") | {"targets": gap("x:Y")}
    )

    seen = judged(found)

    assert seen.is_reached
    assert not seen.is_lost
    assert len(seen.open) == 2


def test_a_way_is_told_link_by_link() -> None:
    (way,) = judged(over_bus(role(SENDS))).reached

    assert (way.rule, way.target, way.receiver) == (RULE, BUS, "email at example.com")
    assert way.by == (BUS, arn("events", "rule/security/findings", AWAY), AWAY_TOPIC)
    assert way.proof[0] == "The rule findings takes it."
    assert len(way.proof) == 5


def test_a_break_names_its_link() -> None:
    (link,) = judged(of_topic(topic(DEFAULT_OF_TOPICS))).broken

    assert (link.rule, link.target) == (RULE, TOPIC)
    assert link.text == (
        "events.amazonaws.com may not publish to the topic security: its policy lets events.amazonaws.com in only "
        "under conditions that do not fit (AWS:SourceOwner)."
    )


@pytest.mark.parametrize(
    ("found", "siem"),
    [
        (of_queue(queue()), QUEUE),
        (of_topic(subscriptions=[]), TOPIC),
        (by_role(arn("kinesis", "stream/s"), role(may("kinesis:*"))), "stream/*"),
        (facts(to(arn("logs", "log-group:/findings:*"))), arn("logs", "log-group:/findings")),
        (by_role(arn("events", "event-bus/default", account=FOREIGN), role(may("*"))), f"arn:aws:events:*:{FOREIGN}:*"),
    ],
)
def test_what_another_system_reads_is_seen(found: Json, siem: str) -> None:
    assert told(judged(found, siem=(siem,))) == "reached siem"
    assert told(judged(found, siem=("other",))) != "reached siem"


def test_a_declared_destination_that_lets_nobody_in_sees_nothing() -> None:
    closed = of_queue(queue(lets_in("sqs:SendMessage", service="sns.amazonaws.com")))

    assert told(judged(closed, siem=(QUEUE,))) == "target:queue-closed"


def test_the_bus_of_a_known_account_is_seen() -> None:
    found = by_role(arn("events", "event-bus/default", account=FOREIGN), role(may("*")))

    assert told(judged(found, accounts=(FOREIGN,))) == "reached siem"


def test_a_known_bus_is_not_seen_where_the_role_was_not_read() -> None:
    found = by_role(arn("events", "event-bus/default", account=FOREIGN))
    unread = found | {"roles": gap("iam:GetAccountAuthorizationDetails")}

    assert told(judged(unread, accounts=(FOREIGN,))) == "open"


def test_a_known_bus_is_seen_without_a_role_as_of_old() -> None:
    found = facts(to(arn("events", "event-bus/default", account=FOREIGN)))

    assert told(judged(found)) == "open"
    assert told(judged(found, accounts=(FOREIGN,))) == "reached siem"


def test_calls_that_only_read_need_a_rule_that_asks_for_them() -> None:
    reading = as_event(api_call("aws", OWN, HOME, "iam.amazonaws.com", "ListUsers", read_only=True))
    writing = as_event(api_call("aws", OWN, HOME, "iam.amazonaws.com", "CreateUser"))
    plain = heard(event_rule(pattern={"source": ["aws.iam"]}))
    asked = heard(event_rule(pattern={"source": ["aws.iam"]}, state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"))

    assert [told(judged(plain, event)) for event in (reading, writing)] == ["rule:no-reads", "reached person"]
    assert [told(judged(asked, event)) for event in (reading, writing)] == ["reached person", "reached person"]


@pytest.mark.parametrize(
    ("permitted", "allowed", "expected"),
    [
        (True, True, "reached person"),
        (True, False, "open"),
        (False, True, "open"),
        (False, False, "target:topic-closed"),
    ],
)
def test_a_role_on_a_topic_settles_nothing_alone(permitted: bool, allowed: bool, expected: str) -> None:
    found = facts(
        region(event_rule(target(role=ROLE)), subscriptions=[subscription()]),
        topics=[topic() if permitted else topic(DEFAULT_OF_TOPICS)],
        roles=[role(may("sns:Publish")) if allowed else role()],
    )

    assert told(judged(found)) == expected


def test_an_organization_is_known_by_its_id() -> None:
    condition = asking("StringEquals", "aws:SourceOrgID", "o-abcde12345")
    found = of_topic(topic(lets_in("sns:Publish", Condition=condition)))
    member = {"kind": "organization", "id": "o-abcde12345", "management_account": FOREIGN}

    assert told(judged(found | {"organization": {"membership": member}})) == "reached person"
    assert told(judged(found | {"organization": {}})) == "open"


def of_alarm(*actions: str, enabled: bool = True) -> Alarm:
    return Alarm(name="root", arn=arn("cloudwatch", "alarm:root"), actions_enabled=enabled, actions=actions)


def test_alarms_may_use_a_topic_as_sns_makes_it() -> None:
    account = read(of_topic(topic(DEFAULT_OF_TOPICS)))

    assert told(alarm_routes(account, of_alarm(TOPIC))) == "reached person"
    assert told(routes(account, HOME, EVENT)) == "target:topic-closed"


def test_alarms_tell_a_key_for_whom_they_publish() -> None:
    statement = lets_in(
        USE, service="cloudwatch.amazonaws.com", Condition=asking(value=arn("cloudwatch", "alarm:root"))
    )
    account = read(of_topic(topic(DEFAULT_OF_TOPICS, kms_key=KEY), keys=[key(statement)]))

    assert told(alarm_routes(account, of_alarm(TOPIC))) == "reached person"


def test_alarms_without_a_voice() -> None:
    account = read(of_topic(topic(DEFAULT_OF_TOPICS)))

    assert told(alarm_routes(account, of_alarm(TOPIC, enabled=False))) == "alarm:actions-off"
    assert told(alarm_routes(account, of_alarm())) == "alarm:no-action"
    assert told(alarm_routes(account, of_alarm("arn:aws:automate:eu-west-1:ec2:stop"))) == "alarm:acts-only"


def rule_of(found: Json) -> tuple[Any, EventRule]:
    account = read(found)
    return account, known(account.regions[0].event_rules)[0]


def test_handing_over_ends_at_the_first_link() -> None:
    account, rule = rule_of(of_topic(subscriptions=[pending()]))
    assert told(handing_over(account, rule, known(rule.targets)[0])) == "reached service"

    account, rule = rule_of(of_topic(topic(DEFAULT_OF_TOPICS)))
    assert told(handing_over(account, rule, known(rule.targets)[0])) == "target:topic-closed"

    account, rule = rule_of(of_queue(queue()))
    assert told(handing_over(account, rule, known(rule.targets)[0])) == "reached service"


@pytest.mark.parametrize(
    ("queues", "expected"),
    [
        ([queue()], "reached service"),
        ([queue(lets_in("sqs:SendMessage", service="sns.amazonaws.com"))], "target:queue-closed"),
        ([{"arn": QUEUE, "detail": None}], "target:queue-missing"),
    ],
)
def test_dead_letters(queues: list[Json], expected: str) -> None:
    account, rule = rule_of(facts(region(event_rule(target(dead_letter_queue=QUEUE))), queues=queues))
    found = dead_letter(account, rule, known(rule.targets)[0])

    assert found is not None
    assert told(found) == expected


def test_no_dead_letter_queue() -> None:
    account, rule = rule_of(heard())

    assert dead_letter(account, rule, known(rule.targets)[0]) is None


def test_a_malformed_policy_settles_nothing() -> None:
    broken: Json = {
        "arn": TOPIC,
        "detail": {"kind": "topic", "policy": {"kind": "policy", "document": document({"Effect": "?"})}},
    }

    assert told(judged(of_topic(broken))) == "open"
