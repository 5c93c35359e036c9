"""Who hears what is published to the topics of alerts, and who else can use them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import Case, gap, only_finding, verdict
from tests.rules.alert_path.building import (
    DEFAULT_OF_TOPICS,
    FOREIGN,
    TOPIC,
    Json,
    arn,
    event_rule,
    facts,
    lets_in,
    pending,
    region,
    subscription,
    target,
    topic,
)

UNCONFIRMED, WEAK, PUBLIC, HTTP, PLAIN = (
    "alert-topic-unconfirmed", "alert-topic-weak-listeners", "alert-topic-public", "alert-topic-plain-http",
    "alert-topic-unencrypted",
)  # fmt: skip
OPERATIONS = {"source": ["aws.ec2"]}
ALARMS = arn("sns", "alarms")


def of(*listeners: Json, of_topic: Json | None = None, rules: tuple[Json, ...] = (), **parts: Any) -> Json:
    """A topic for findings with its subscriptions."""
    listed = {"subscriptions": list(listeners), **parts}
    return facts(region(*(rules or (event_rule(),)), **listed), topics=[of_topic or topic()])


def mailbox(name: str, domain: str = "example.com") -> Json:
    return subscription("email", domain, endpoint_sha256=name, arn=f"{TOPIC}:{name}")


def for_all(action: object = "sns:Publish", **elements: object) -> Json:
    return {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action, "Resource": TOPIC, **elements}


def limited(operator: str, key: str, value: str) -> Json:
    return topic(for_all(Condition={operator: {key: value}}))


def subscribing(operator: str, key: str, value: str) -> Json:
    return topic(for_all("sns:Subscribe", Condition={operator: {key: value}}))


def watching(metric: str = "RootUse", pattern: str = "{ $.userIdentity.type = Root }") -> dict[str, Any]:
    """An alarm on what is searched for in the logs, and the filter that searches."""
    return {
        "metric_filters": [{"name": "f", "log_group": "g", "pattern": pattern, "metrics": [["Security", "RootUse"]]}],
        "alarms": [{"name": "root", "arn": arn("cloudwatch", "alarm:root"), "actions_enabled": True,
                    "actions": [ALARMS], "metrics": [["Security", metric]]}],
    }  # fmt: skip


UNREAD = topic() | {"detail": gap("sns:GetTopicAttributes")}
NO_LIST: dict[str, Any] = {"subscriptions": gap("sns:ListSubscriptions")}

TABLES: dict[str, list[Case]] = {
    UNCONFIRMED: [
        ("somebody confirmed", of(subscription()), "pass"),
        ("nobody confirmed", of(pending()), "fail"),
        ("no subscriptions", of(), "fail"),
        ("one did, one did not", of(pending(), subscription()), "pass"),
        ("a subscription that was deleted", of(subscription(arn="Deleted", settings=None)), "fail"),
        ("subscriptions of other accounts only", of(of_topic=topic(confirmed=2)), "pass"),
        ("the subscriptions were not read", of(**NO_LIST), "unknown"),
        ("they were not read, but nobody confirmed", of(of_topic=topic(confirmed=0), **NO_LIST), "fail"),
        ("they were not read, but somebody confirmed", of(of_topic=topic(confirmed=1), **NO_LIST), "pass"),
        ("the topic was not read, but somebody confirmed", of(subscription(), of_topic=UNREAD), "pass"),
        ("the topic was not read, and here nobody confirmed", of(of_topic=UNREAD), "unknown"),
        ("a topic of an application", of(rules=(event_rule(pattern=OPERATIONS),)), ""),
        ("a topic that does not exist, which is told elsewhere", of(of_topic={"arn": TOPIC, "detail": None}), ""),
        ("a topic of another account", of(rules=(event_rule(target(arn("sns", "t", account=FOREIGN))),)), ""),
        ("a topic of alarms on the logs of CloudTrail",
         facts(region(**watching()), topics=[topic(of=ALARMS)]), "fail"),
        ("a topic of other alarms", facts(region(**watching("Latency")), topics=[topic(of=ALARMS)]), ""),
        ("a topic of alarms on the log of an application",
         facts(region(**watching(pattern="ERROR")), topics=[topic(of=ALARMS)]), ""),
        ("the alarms were not read", of(subscription(), alarms=gap("cloudwatch:DescribeAlarms")), "pass unknown"),
        ("the rules were not read", facts(region() | {"event_rules": gap("events:ListRules")}), "unknown"),
        ("the topics were not read", of(subscription()) | {"topics": gap("sns:GetTopicAttributes")}, "unknown"),
    ],
    WEAK: [
        ("one mailbox", of(mailbox("a")), "fail"),
        ("one telephone", of(subscription("sms", None)), "fail"),
        ("two mailboxes", of(mailbox("a"), mailbox("b")), "pass"),
        ("the same mailbox twice", of(mailbox("a"), mailbox("a") | {"protocol": "email-json"}), "fail"),
        ("one mailbox, another not confirmed", of(mailbox("a"), pending()), "fail"),
        ("a pager", of(subscription("https", "pager.example.com")), "pass"),
        ("a mailbox and a function", of(mailbox("a"), subscription("lambda", arn("lambda", "function:f"))), "pass"),
        ("a mailbox here, one of another account", of(mailbox("a"), of_topic=topic(confirmed=2)), "pass"),
        ("nobody, which is told elsewhere", of(), "pass"),
        ("the subscriptions were not read", of(**NO_LIST), "unknown"),
        ("the topic was not read", of(mailbox("a"), of_topic=UNREAD), "unknown"),
    ],
    PUBLIC: [
        ("rules only", of(), "pass"),
        ("as SNS makes it", of(of_topic=topic(DEFAULT_OF_TOPICS)), "pass"),
        ("everybody may publish", of(of_topic=topic(for_all())), "fail"),
        ("everybody may subscribe", of(of_topic=topic(for_all("sns:Subscribe"))), "fail"),
        ("everybody may do everything", of(of_topic=topic(for_all("sns:*"))), "fail"),
        ("everybody may read its settings", of(of_topic=topic(for_all("sns:GetTopicAttributes"))), "pass"),
        ("everybody of an organization",
         of(of_topic=limited("StringEquals", "aws:PrincipalOrgID", "o-abcde12345")), "pass"),
        ("everybody but an account", of(of_topic=limited("StringNotEquals", "aws:PrincipalAccount", FOREIGN)), "fail"),
        ("everybody from one's own addresses", of(of_topic=limited("IpAddress", "aws:SourceIp", "203.0.113.0/24")),
         "pass"),
        ("everybody from everywhere", of(of_topic=limited("IpAddress", "aws:SourceIp", "0.0.0.0/0")), "fail"),
        ("everybody from everywhere but one's own", of(of_topic=topic(for_all(), for_all(
            Effect="Deny", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))), "pass"),
        ("everybody by one protocol", of(of_topic=subscribing("StringEquals", "sns:Protocol", "https")), "fail"),
        ("everybody for mailboxes of one domain",
         of(of_topic=subscribing("StringLike", "sns:Endpoint", "*@example.com")), "unknown"),
        ("the own account by one protocol",
         of(of_topic=topic(for_all("sns:Subscribe", Condition={"StringEquals": {
             "sns:Protocol": "https", "aws:PrincipalAccount": "111122223333"}}))), "pass"),
        ("whatever S3 sends for a bucket", of(of_topic=limited("ArnLike", "aws:SourceArn", "arn:aws:s3:::alerts")),
         "pass"),
        ("everybody with encryption", of(of_topic=limited("Bool", "aws:SecureTransport", "true")), "fail"),
        ("everybody, and a Deny for everybody",
         of(of_topic=topic(for_all(), for_all(Effect="Deny", Action="sns:*"))), "pass"),
        ("NotPrincipal lets everybody else in",
         of(of_topic=topic({"Effect": "Allow", "NotPrincipal": {"AWS": FOREIGN}, "Action": "sns:Publish",
                            "Resource": TOPIC})), "fail"),
        ("no policy", of(of_topic={"arn": TOPIC, "detail": {"kind": "topic"}}), "pass"),
        ("the topic was not read", of(of_topic=UNREAD), "unknown"),
        ("a topic of an application", of(of_topic=topic(for_all()), rules=(event_rule(pattern=OPERATIONS),)), ""),
    ],
    HTTP: [
        ("mail", of(subscription()), "pass"),
        ("a webhook", of(subscription("https", "pager.example.com")), "pass"),
        ("plain HTTP", of(subscription("http", "pager.example.com")), "fail"),
        ("plain HTTP, not confirmed", of(subscription("http", "h.example.com", arn="PendingConfirmation")), "pass"),
        ("plain HTTP of another topic", of(subscription("http", "h.example.com", of=ALARMS)), "pass"),
        ("the subscriptions were not read", of(**NO_LIST), "unknown"),
    ],
    PLAIN: [
        ("no key", of(), "fail"),
        ("a key", of(of_topic=topic(kms_key="alias/alerts")), "pass"),
        ("the topic was not read", of(of_topic=UNREAD), "unknown"),
    ],
}  # fmt: skip

CASES = [(rule_id, *case) for rule_id, cases in TABLES.items() for case in cases]


@pytest.mark.parametrize(("rule_id", "_what", "found", "expected"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_verdicts(rule_id: str, _what: str, found: Json, expected: str) -> None:
    assert verdict(rule_id, found) == expected


def test_who_waits_is_told_by_domain_only() -> None:
    found = only_finding(UNCONFIRMED, of(pending()))

    assert (found.resource.arn, found.severity) == (TOPIC, "critical")
    assert found.message == (
        "findings publishes here, and no subscription is confirmed; 1 wait to be confirmed (example.com)."
    )


def test_a_topic_that_another_system_reads_needs_no_subscription() -> None:
    assert verdict(UNCONFIRMED, of(), declared={"siem": [TOPIC]}) == "pass"


@pytest.mark.parametrize(("least", "expected"), [(1, "pass"), (2, "fail"), (3, "fail")])
def test_how_many_have_to_hear_is_set(least: int, expected: str) -> None:
    assert verdict(WEAK, of(mailbox("a")), least=least) == expected
    assert verdict(WEAK, of(mailbox("a"), mailbox("b")), least=3) == "fail"


def test_foreign_mailboxes_weigh_more() -> None:
    found = of(mailbox("a"), mailbox("b", "gmail.example"), subscription("https", "pager.example.net"))
    told = only_finding(WEAK, found, declared={"mail_domains": ["Example.com"]})

    assert told.severity == "high"
    assert told.evidence["material"] == ["mail-domain:gmail.example"]
    assert told.remediation.commands == (f"aws sns unsubscribe --subscription-arn={TOPIC}:b --region=eu-west-1",)
    assert verdict(WEAK, found) == "pass"


def test_what_everybody_may_is_told() -> None:
    found = only_finding(PUBLIC, of(of_topic=topic(for_all(["sns:Publish", "sns:Subscribe"]))))

    assert found.evidence["material"] == ["public:sns:Publish", "public:sns:Subscribe"]
    assert found.message == "Anybody may sns:Publish, sns:Subscribe here, where findings publishes."


def test_senders_are_rules_and_alarms() -> None:
    rules = (event_rule(target(ALARMS), name="findings"),)
    found = facts(region(*rules, **watching()), topics=[topic(lets_in("sns:Publish", ALARMS), of=ALARMS)])

    assert only_finding(PLAIN, found).message == "findings, root publish to a topic that is not encrypted with a key."
