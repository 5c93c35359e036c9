"""Things that came: whom their policies let in, and what they open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.drift import Change
from tests.accounts import FOREIGN, OWN, Json, account, allow, deny, gap, policy, region, regions
from tests.scanner.drift.samples import diff, only_change

Holder = Callable[[object], Json]
Statement = Json

ORGANIZATION: Json = {
    "organization": {
        "membership": {"kind": "organization", "id": "o-own0000000", "management_account": "444455556666"},
        "accounts": [{"id": "777788889999", "name": "member", "state": "ACTIVE", "parent": "r-1"}],
    }
}


def _arn(service: str, name: str, owner: str = OWN) -> str:
    return f"arn:aws:{service}:eu-west-1:{owner}:{name}"


def bucket(held: object) -> Json:
    return {"log_buckets": [{"name": "logs", "bucket": {"kind": "bucket", "name": "logs", "policy": held}}]}


def key(held: object) -> Json:
    arn = _arn("kms", "key/k")
    detail = {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}
    return {"keys": [{"named": arn, "region": "eu-west-1", "arn": arn, "detail": detail, "policy": held,
                      "rotation": None}]}  # fmt: skip


def topic(held: object) -> Json:
    return {"topics": [{"arn": _arn("sns", "t"), "detail": {"kind": "topic", "policy": held}}]}


def queue(held: object) -> Json:
    return {"queues": [{"arn": _arn("sqs", "q"), "detail": {"kind": "queue", "policy": held}}]}


def function(held: object) -> Json:
    arn = _arn("lambda", "function:f")
    return {"functions": [{"arn": arn, "detail": {"kind": "function"}, "policy": held, "concurrency": None}]}


def bus(held: object) -> Json:
    return regions(region(event_buses=[{"name": "b", "arn": _arn("events", "event-bus/b"), "policy": held}]))


def endpoint(held: object) -> Json:
    facts = {"id": "vpce-1", "service": "s3", "type": "Gateway", "state": "available", "vpc": "vpc-1", "policy": held}
    return regions(region(vpc_endpoints=[facts]))


def delegation(*statements: Statement) -> Json:
    return {"organization": {"delegation_policy": {"kind": "policy-content", "document": policy(*statements)}}}


NONE: Json = {"log_buckets": [], "keys": [], "topics": [], "queues": [], "functions": []}
HOLDERS: dict[str, Holder] = {
    "bucket": bucket, "key": key, "topic": topic, "queue": queue, "function": function, "bus": bus,
}  # fmt: skip
EACH = pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)


def come(found: Json, among: Json | None = None) -> Change:
    """What is told of things that came to an account without any."""
    old = {name: value for name, value in NONE.items() if name in found}
    if "regions" in found:
        held: Json = found["regions"][0]  # type: ignore[index]
        old["regions"] = [{name: value if name == "name" else [] for name, value in held.items()}]
    return only_change(account(old | (among or {})), account(found | (among or {})))


def saying(*statements: Statement, **more: object) -> Json:
    return {"kind": "policy", "document": policy(*statements)}


def to(principal: object, actions: object = "*", **more: object) -> Statement:
    return allow(actions, Principal=principal, **more)


def when(operator: str, name: str, value: object) -> Json:
    return {operator: {name: value}}


OPEN = [
    ("everyone", to("*"), "everyone"),
    ("everyone in a map", to({"AWS": "*"}), "everyone"),
    ("another account", to({"AWS": FOREIGN}), FOREIGN),
    ("a role of another account", to({"AWS": f"arn:aws:iam::{FOREIGN}:role/thief"}), FOREIGN),
    ("among others", to({"AWS": [OWN, FOREIGN], "Service": "sns.amazonaws.com"}), FOREIGN),
    ("under conditions", to({"AWS": FOREIGN}, Condition=when("StringEquals", "kms:ViaService", "s3")), FOREIGN),
    ("by account", to("*", Condition=when("StringEquals", "aws:PrincipalAccount", [OWN, FOREIGN])), FOREIGN),
    ("by KMS's name", to("*", Condition=when("StringEquals", "kms:CallerAccount", FOREIGN)), FOREIGN),
    ("by another organization", to("*", Condition=when("StringEquals", "aws:PrincipalOrgID", "o-theirs000")), "o-"),
    ("by what he chooses", to("*", Condition=when("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x")), "every"),
    ("all but one", {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "*", "Resource": "*"}, "everyone"),
    ("a name with a star", to({"AWS": "arn:aws:iam::*:root"}), "everyone"),
    (
        "a canonical user",
        to({"CanonicalUser": "79a59df900b949e55d96a1e6"}),
        "79",
    ),
    ("a federation", to({"Federated": "accounts.google.com"}), "accounts.google.com"),
]


@pytest.mark.parametrize(("statement", "who"), [case[1:] for case in OPEN], ids=[case[0] for case in OPEN])
@EACH
def test_a_policy_that_came_with_its_thing_and_admits_others(holder: Holder, statement: Statement, who: str) -> None:
    found = come(holder(saying(statement)))

    assert (found.kind, found.direction, found.severity) == ("added", "widens", "high")
    assert found.what.endswith(" added, which admits others")
    (sentence,) = found.consequence
    assert f" admits {who}" in sentence


_FROM_HERE = when("StringEquals", "aws:SourceAccount", OWN)
_VIA_SERVICE: Json = {"StringEquals": {"kms:CallerAccount": OWN, "kms:ViaService": "sns.eu-west-1.amazonaws.com"}}
ORDINARY = [
    ("the account", to({"AWS": OWN})),
    ("its root", to({"AWS": f"arn:aws:iam::{OWN}:root"})),
    ("its role", to({"AWS": f"arn:aws:iam::{OWN}:role/app"})),
    ("a service", to({"Service": "cloudtrail.amazonaws.com"})),
    ("a service for the account", to({"Service": "s3.amazonaws.com"}, Condition=_FROM_HERE)),
    ("the owner", to({"AWS": "*"}, Condition=when("StringEquals", "AWS:SourceOwner", OWN))),
    ("a source", to("*", Condition=when("ArnLike", "aws:SourceArn", f"arn:aws:sns:eu-west-1:{OWN}:alerts"))),
    ("callers of the account", to("*", Condition=_VIA_SERVICE)),
    ("its principals", to("*", Condition=when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"))),
    ("an endpoint", to("*", Condition=when("StringEquals", "aws:SourceVpce", "vpce-1"))),
    ("an office", to("*", Condition=when("IpAddress", "aws:SourceIp", "192.0.2.0/24"))),
    ("its own federation", to({"Federated": f"arn:aws:iam::{OWN}:saml-provider/p"})),
    ("somebody who is gone", to({"AWS": "AIDAIOSFODNN7EXAMPLE"})),
    ("nobody", deny("*", Principal="*")),
]  # fmt: skip


@pytest.mark.parametrize("statement", [case[1] for case in ORDINARY], ids=[case[0] for case in ORDINARY])
@EACH
def test_a_policy_for_the_own_account_is_no_news(holder: Holder, statement: Statement) -> None:
    found = come(holder(saying(statement)))

    assert found.direction in ("narrows", "neutral")
    assert (found.severity, found.consequence) == ("info", ())


_INSIDE: Json = {"StringNotEquals": {"aws:PrincipalAccount": OWN}}
_WALL: Json = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": _INSIDE}


@pytest.mark.parametrize(
    ("actions", "wall", "direction"),
    [
        ("sqs:SendMessage", {}, "narrows"),
        ("sqs:*", {}, "narrows"),
        (["sqs:SendMessage", "sqs:ReceiveMessage"], {"Action": "sqs:Send*"}, "widens"),
        ("sqs:*", {"Action": "sqs:???????????*"}, "widens"),
        ("sqs:*", {"Resource": "arn:aws:sqs:eu-west-1:111122223333:other"}, "widens"),
        ("sqs:*", {"Condition": when("StringEquals", "aws:PrincipalAccount", OWN)}, "widens"),
        ("sqs:*", {"Condition": when("Bool", "aws:SecureTransport", "false")}, "widens"),
    ],
)
def test_a_deny_keeps_strangers_out_of_what_it_speaks_of(actions: object, wall: Json, direction: str) -> None:
    assert come(queue(saying(to("*", actions), {**_WALL, **wall}))).direction == direction


def test_a_variable_is_no_variable_in_a_document_of_the_older_version() -> None:
    wall: Json = {**_WALL, "Condition": when("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}")}
    held: Json = {"kind": "policy", "document": {"Version": "2008-10-17", "Statement": [to("*", "sqs:*"), wall]}}

    assert come(queue(held)).severity == "high"


def test_what_nobody_decides_about_everyone_weighs_less() -> None:
    found = come(queue(saying(to("*", Condition=when("StringLike", "aws:userid", "AROAEXAMPLE:*")))))

    assert (found.direction, found.severity) == ("widens", "medium")
    assert found.consequence == ("its queue policy admits everyone under conditions",)


@pytest.mark.parametrize(
    "statement",
    [
        to("*", Condition=when("StringEquals", "aws:PrincipalOrgID", "o-own0000000")),
        to({"AWS": "777788889999"}),
        to({"AWS": "444455556666"}),
    ],
)
def test_the_own_organization_is_less_than_strangers(statement: Statement) -> None:
    found = come(queue(saying(statement)), ORGANIZATION)

    assert (found.direction, found.severity) == ("widens", "medium")


def test_a_thing_that_is_gone_is_gone_whomever_it_let_in() -> None:
    assert only_change(account(queue(saying(to("*")))), account({"queues": []})).what == "queue gone"
    found = only_change(account(bus(saying(to("*")))), account(regions(region(event_buses=[]))))
    assert (found.direction, found.severity) == ("narrows", "info")


def test_a_policy_of_another_account_admits_its_own() -> None:
    theirs: Json = {"topics": [{"arn": _arn("sns", "t", FOREIGN),
                          "detail": {"kind": "topic", "policy": saying(to({"AWS": FOREIGN}))}}]}  # fmt: skip
    assert come(theirs).direction != "widens"


@pytest.mark.parametrize("holder", [bucket, key, function])
def test_a_policy_that_was_not_read_may_admit_anybody(holder: Holder) -> None:
    unread = holder(gap("x:GetPolicy", "denied"))
    old, new = account({name: NONE[name] for name in unread}), account(unread)
    for found in (diff(old, new), diff(new, old)):
        assert "not_comparable" in {each.kind for each in found.changes}
        assert not found.complete


def test_a_policy_that_nobody_asked_for_leaves_it_complete() -> None:
    assert diff(account({"keys": []}), account(key(gap("kms:GetKeyPolicy", "skipped")))).complete


def test_an_endpoint_lets_through_what_comes_out_of_its_network() -> None:
    whole, limited = come(endpoint(saying(to("*")))), come(endpoint(None))
    assert [(each.direction, each.severity) for each in (whole, limited)] == [("widens", "low")] * 2
    own = endpoint(saying(to("*", Condition=when("StringEquals", "aws:PrincipalOrgID", "o-own0000000"))))
    assert come(own, {"organization": ORGANIZATION["organization"]}).direction == "neutral"
    assert come(endpoint(saying(to({"AWS": OWN})))).direction == "neutral"
    theirs = come(endpoint(saying(to({"AWS": FOREIGN}))))
    assert (theirs.direction, theirs.severity) == ("widens", "high")


def test_a_delegation_policy() -> None:
    old = account({"organization": {"delegation_policy": None}})
    theirs = account(delegation(to({"AWS": FOREIGN}, "organizations:*")))
    found = only_change(old, theirs)
    assert (found.what, found.severity) == ("delegation policy added, which admits others", "high")
    assert only_change(theirs, old).direction == "narrows"

    own = only_change(old, account(delegation(to({"AWS": OWN}, "organizations:*"))))
    assert (own.what, own.direction, own.severity) == ("delegation policy added", "widens", "medium")


def test_a_bucket_that_came_open() -> None:
    public: Json = {"kind": "bucket", "name": "logs", "policy_status": {"kind": "policy-status", "is_public": True}}
    found = come({"log_buckets": [{"name": "logs", "bucket": public}]})
    assert (found.direction, found.severity) == ("widens", "critical")

    grantee = "http://acs.amazonaws.com/groups/global/AllUsers"
    listed: Json = {"kind": "bucket", "name": "logs", "grants": [{"grantee": grantee, "permission": "READ"}]}
    found = come({"log_buckets": [{"name": "logs", "bucket": listed}]})
    assert (found.direction, found.severity) == ("widens", "high")


def group(name: str, *sources: str, port: int | None = 22) -> Json:
    ingress = [{"protocol": "tcp", "from_port": port, "to_port": port, "sources": list(sources)}] if sources else []
    return {"id": name, "name": name, "vpc": "vpc-1", "ingress": ingress}


def groups(*found: Json) -> Json:
    return regions(region(security_groups=list(found)))


@pytest.mark.parametrize(
    ("source", "direction", "severity"),
    [
        ("0.0.0.0/0", "widens", "medium"),
        ("::/0", "widens", "medium"),
        ("128.0.0.0/1", "widens", "medium"),
        ("pl-1", "widens", "low"),
        ("10.0.0.0/8", "neutral", "info"),
        ("192.0.2.0/24", "neutral", "info"),
        ("sg-2", "neutral", "info"),
    ],
)
def test_a_security_group_that_came_open(source: str, direction: str, severity: str) -> None:
    closed, opened = account(groups()), account(groups(group("sg-1", source)))
    found = only_change(closed, opened)
    assert (found.direction, found.severity) == (direction, severity)
    assert only_change(opened, closed).direction == ("narrows" if direction == "widens" else "neutral")


SHUT, WIDE, AS_WIDE, WIDER = (
    group("sg-shut", "10.0.0.0/8"),
    group("sg-wide", "0.0.0.0/0"),
    group("sg-alike", "0.0.0.0/0"),
    group("sg-wider", "0.0.0.0/0", port=None),
)


def carrying(*names: str, read: bool = True) -> Json:
    facts = {"id": "i-1", "arn": _arn("ec2", "instance/i-1"), "security_groups": list(names)}
    held: object = [SHUT, WIDE, AS_WIDE, WIDER] if read else gap("ec2:DescribeSecurityGroups", "skipped")
    return regions(region(instances=[facts], security_groups=held))


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        (["sg-shut"], ["sg-shut", "sg-wide"], "widens"),
        (["sg-shut"], ["sg-wide"], "widens"),
        (["sg-wide"], ["sg-wider"], "widens"),
        (["sg-wide"], ["sg-alike"], "neutral"),
        (["sg-wide", "sg-shut"], ["sg-shut"], "narrows"),
        ([], ["sg-shut"], "neutral"),
        (["sg-shut"], ["sg-shut", "sg-gone"], "widens"),
    ],
)
def test_an_instance_has_another_security_group(old: list[str], new: list[str], direction: str) -> None:
    found = only_change(account(carrying(*old)), account(carrying(*new)))

    assert (found.direction, found.severity) == (direction, "medium" if direction == "widens" else "info")


def test_a_group_that_nobody_read_may_be_open() -> None:
    old, new = carrying("sg-shut", read=False), carrying("sg-shut", "sg-wide", read=False)

    assert only_change(account(old), account(new)).severity == "medium"
    assert only_change(account(new), account(old)).direction == "narrows"
