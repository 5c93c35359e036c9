"""Who can go unseen, undo a containment, or renew a session for ever: each beside a near twin that cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, findings, gap, only_finding, region, verdict
from tests.rules.holding import (
    CUTOFF,
    DENY_ALL,
    DETAILS,
    REVOKED,
    administrator,
    arn_of,
    iam,
    managed,
    named,
    renamed,
    role,
    user,
)
from tests.rules.trusting import OWN_ROOT, admit

STOP, UNDO, CYCLE = "iam-can-stop-detection", "iam-can-undo-own-quarantine", "iam-role-cycle"
DEV, APP = arn_of("user", "u-dev"), arn_of("role", "r-app")
LINKED, SSO = "/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"
NAMES = {"u-dev": "security-audit", "r-app": "CloudTrailAdmin", "r-b": "AWSServiceRoleForX", "r-c": "admin"}

TRAIL = f"arn:aws:cloudtrail:eu-west-1:{OWN}:trail/main"
RULE = f"arn:aws:events:eu-west-1:{OWN}:rule/findings"
TOPIC = f"arn:aws:sns:eu-west-1:{OWN}:on-call"


def trail(arn: str = TRAIL) -> Json:
    unread = {
        name: gap(f"cloudtrail:{api}")
        for name, api in (("status", "GetTrailStatus"), ("selectors", "GetEventSelectors"))
    }
    return {"arn": arn, "name": arn.rpartition("/")[2], "home_region": "eu-west-1", **unread}


def alert(pattern: str = '{"source":["aws.guardduty"]}', state: str = "ENABLED") -> Json:
    return {"name": "findings", "arn": RULE, "state": state, "pattern": pattern, "targets": [{"id": "1", "arn": TOPIC}]}


def with_region(principal: Json, **parts: Any) -> Json:
    return iam(principal, regions=[region(**parts)])


STOPPING = allow(["cloudtrail:StopLogging"])
ON_RULES, ON_TOPICS = allow("events:DeleteRule"), allow("sns:DeleteTopic")

STOPS: list[Case] = [
    ("stopping a trail", iam(user("u-dev", STOPPING)), "fail"),
    ("starting a trail", iam(user("u-dev", allow("cloudtrail:StartLogging"))), "pass"),
    ("stopping, denied", iam(user("u-dev", STOPPING, deny("cloudtrail:Stop*"))), "pass"),
    ("stopping, denied for one trail", iam(user("u-dev", STOPPING, deny("cloudtrail:Stop*", TRAIL))), "fail"),
    (
        "the only trail, which is denied",
        with_region(user("u-dev", STOPPING, deny("*", TRAIL)), trails=[trail()]),
        "pass",
    ),
    ("the only trail", with_region(user("u-dev", allow("cloudtrail:*", TRAIL)), trails=[trail()]), "fail"),
    (
        "another than the only trail",
        with_region(user("u-dev", allow("cloudtrail:*", f"{TRAIL}-2")), trails=[trail()]),
        "pass",
    ),
    (
        "another than the trails that are known",
        with_region(user("u-dev", allow("cloudtrail:*", f"{TRAIL}-2")), trails=gap("cloudtrail:DescribeTrails")),
        "fail",
    ),
    ("there is no trail", with_region(user("u-dev", STOPPING), trails=[]), "pass"),
    (
        "a trail of the organization",
        with_region(user("u-dev", STOPPING), trails=[trail(TRAIL.replace(OWN, FOREIGN))]),
        "pass",
    ),
    (
        "under a boundary",
        bounded := iam(
            user("u-dev", STOPPING, boundary=arn_of("policy", "cap")), policies=[managed("cap", allow("s3:*"))]
        ),
        "pass",
    ),
    ("under a wide boundary", bounded | {"policies": [managed("cap", allow("cloudtrail:*"))]}, "fail"),
    ("suspending a detector", iam(role("r-app", "ec2", allow("guardduty:Update*"))), "fail"),
    ("reading detectors", iam(role("r-app", "ec2", allow("guardduty:Get*"))), "pass"),
    ("stopping the recorder", iam(role("r-app", "ec2", allow("config:Stop*"))), "fail"),
    ("what the recorder itself does", iam(role("r-app", "config", allow(["config:Put*", "config:Get*"]))), "pass"),
    ("deleting any rule, of which none is known", iam(user("u-dev", ON_RULES)), "unknown"),
    ("deleting any topic, of which none is known", iam(user("u-dev", ON_TOPICS)), "unknown"),
    ("deleting rules, denied", iam(user("u-dev", ON_RULES, deny("events:*"))), "pass"),
    ("reading rules, of which none is known", iam(user("u-dev", allow(["events:List*", "sns:Publish"]))), "pass"),
    (
        "deleting a rule where rules were not listed",
        with_region(user("u-dev", ON_RULES), event_rules=gap("events:ListRules")),
        "unknown",
    ),
    (
        "deleting a topic where targets were not listed",
        with_region(user("u-dev", ON_TOPICS), event_rules=[alert() | {"targets": gap("events:ListTargetsByRule")}]),
        "unknown",
    ),
    (
        "stopping a trail where rules were not listed",
        with_region(user("u-dev", STOPPING), trails=[trail()], event_rules=gap("events:ListRules")),
        "fail",
    ),
    ("deleting an alert rule", with_region(user("u-dev", ON_RULES), event_rules=[alert()]), "fail"),
    (
        "deleting a rule of something else",
        with_region(user("u-dev", ON_RULES), event_rules=[alert('{"source":["aws.s3"]}')]),
        "pass",
    ),
    (
        "deleting a rule that is off",
        with_region(user("u-dev", ON_RULES), event_rules=[alert(state="DISABLED")]),
        "pass",
    ),
    ("deleting the topic of alerts", with_region(user("u-dev", ON_TOPICS), event_rules=[alert()]), "fail"),
    ("deleting another topic", with_region(user("u-dev", allow("sns:*", f"{TOPIC}-2")), event_rules=[alert()]), "pass"),
    ("an administrator", iam(user("u-dev", allow())), "pass"),
    ("a power user", iam(user("u-dev", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})), "fail"),
    ("a role of a service", iam(role("r-app", "x", STOPPING, path=LINKED)), "pass"),
    ("a permission set", iam(role("r-app", "x", STOPPING, path=SSO)), "fail"),
    ("contained", iam(user("u-dev", STOPPING, attached=(DENY_ALL,))), "fail"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("a document missing, it can without", iam(user("u-dev", STOPPING, attached=(arn_of("policy", "x"),))), "fail"),
    ("a boundary missing", iam(user("u-dev", STOPPING, boundary=arn_of("policy", "x"))), "unknown"),
    ("roles denied", iam(user("u-dev", STOPPING), roles=gap(DETAILS)), "fail unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

SELF = f"arn:aws:iam::{OWN}:user/${{aws:username}}"


def detaching(arn: str) -> Json:
    return allow("iam:DetachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": arn}})


UNDOES: list[Case] = [
    ("deleting its inline policies", iam(user("u-dev", allow("iam:DeleteUserPolicy", SELF))), "fail"),
    ("deleting those of another", iam(user("u-dev", allow("iam:DeleteUserPolicy", f"{DEV}-2"))), "pass"),
    ("deleting those of roles", iam(user("u-dev", allow("iam:DeleteRolePolicy"))), "pass"),
    ("deleting its inline policies, denied", iam(user("u-dev", allow("iam:Delete*"), deny("iam:*", SELF))), "pass"),
    ("writing its inline policies", iam(user("u-dev", allow("iam:PutUserPolicy", DEV))), "fail"),
    ("reading its inline policies", iam(user("u-dev", allow("iam:GetUserPolicy", DEV))), "pass"),
    ("attaching policies to itself", iam(user("u-dev", allow("iam:AttachUserPolicy", DEV))), "pass"),
    ("detaching any policy", iam(user("u-dev", allow("iam:DetachUserPolicy", DEV))), "fail"),
    ("detaching AWSDenyAll", iam(user("u-dev", detaching(DENY_ALL))), "fail"),
    ("detaching another policy", iam(user("u-dev", detaching("arn:aws:iam::aws:policy/ReadOnlyAccess"))), "pass"),
    ("making keys", iam(user("u-dev", allow(["iam:*AccessKey", "iam:*LoginProfile"], SELF))), "pass"),
    ("deleting its boundary", iam(user("u-dev", allow("iam:DeleteUserPermissionsBoundary", DEV))), "fail"),
    (
        "putting its own boundary back",
        capped := iam(
            user(
                "u-dev",
                allow(
                    "iam:PutUserPermissionsBoundary",
                    DEV,
                    Condition={"StringEquals": {"iam:PermissionsBoundary": arn_of("policy", "cap")}},
                ),
                boundary=arn_of("policy", "cap"),
            ),
            policies=[managed("cap", allow())],
        ),
        "fail",
    ),
    (
        "putting a boundary that it has not",
        renamed(capped, {'"boundary": "' + arn_of("policy", "cap"): '"boundary": "' + arn_of("policy", "wide")})
        | {"policies": [managed("wide", allow())]},
        "pass",
    ),
    ("a role, itself", iam(role("r-app", "ec2", allow("iam:DeleteRolePolicy", APP))), "fail"),
    ("a role, another", iam(role("r-app", "ec2", allow("iam:DeleteRolePolicy", f"{APP}-2"))), "pass"),
    (
        "a role by its tag",
        tagged := iam(
            role(
                "r-app",
                "ec2",
                allow("iam:DeleteRolePolicy", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
                tags=[{"key": "team", "value": "a"}],
            )
        ),
        "fail",
    ),
    ("a role by another tag", renamed(tagged, {'"value": "a"': '"value": "b"'}), "pass"),
    ("a permission set", iam(role("r-app", "ec2", allow("iam:DeleteRolePolicy", APP), path=SSO)), "pass"),
    (
        "under a boundary",
        iam(user("u-dev", allow("iam:*"), boundary=arn_of("policy", "cap")), policies=[managed("cap", allow("s3:*"))]),
        "pass",
    ),
    ("while it is contained", iam(user("u-dev", allow("iam:DeleteUserPolicy", DEV), deny())), "fail"),
    ("an administrator", iam(user("u-dev", allow())), "pass"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("a boundary missing", iam(user("u-dev", allow("iam:PutUserPolicy"), boundary=arn_of("policy", "x"))), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

ASSUME = allow("sts:AssumeRole")
B, C = arn_of("role", "r-b"), arn_of("role", "r-c")

UNREADABLE: Json = {"trust": "%7B"}

CYCLES: list[Case] = [
    ("each the other", iam(role("r-app", B), role("r-b", APP)), "fail fail"),
    ("one way", iam(role("r-app", B), role("r-b", "ec2")), "pass pass"),
    ("three in a circle", iam(role("r-app", B), role("r-b", C), role("r-c", APP)), "fail fail fail"),
    ("three in a row", iam(role("r-app", B), role("r-b", C), role("r-c", "ec2")), "pass pass pass"),
    (
        "two, and one that leads there",
        iam(role("r-app", B), role("r-b", APP), role("r-c", "ec2", ASSUME)),
        "fail fail pass",
    ),
    ("itself", iam(role("r-app", APP)), "fail"),
    ("itself, denied", iam(role("r-app", APP, deny("sts:AssumeRole"))), "pass"),
    ("the account, with permission", iam(role("r-app", OWN_ROOT, ASSUME)), "fail"),
    ("the account, without permission", iam(role("r-app", OWN_ROOT)), "pass"),
    (
        "frozen",
        iam(
            role("r-app", APP)
            | {
                "trust": {
                    "Version": "2012-10-17",
                    "Statement": [admit({"AWS": APP}), admit({"AWS": "*"}) | {"Effect": "Deny"}],
                }
            }
        ),
        "pass",
    ),
    ("by a user", iam(user("u-dev", ASSUME), role("r-app", DEV)), "pass"),
    ("an administrator alone", iam(administrator("r-app")), "pass"),
    ("an administrator and another", iam(administrator("r-app", B), role("r-b", APP)), "fail fail"),
    ("with MFA", iam(role("r-app", admit({"AWS": APP}, Bool={"aws:MultiFactorAuthPresent": "true"}))), "fail"),
    ("while it is revoked", iam(role("r-app", APP, deny(Condition=REVOKED))), "fail"),
    ("a document missing", iam(role("r-app", OWN_ROOT, attached=(arn_of("policy", "x"),))), "unknown"),
    (
        "a document of the other missing",
        iam(
            role("r-app", OWN_ROOT, ASSUME, deny("sts:*", APP)),
            role("r-b", OWN_ROOT, attached=(arn_of("policy", "x"),)),
        ),
        "unknown unknown",
    ),
    ("a trust policy that cannot be read", iam(role("r-app", "ec2") | UNREADABLE), "unknown"),
    (
        "one of two trust policies cannot be read",
        iam(role("r-app", "ec2"), role("r-b", "ec2") | UNREADABLE),
        "pass unknown",
    ),
    ("the other trust policy cannot be read", iam(role("r-app", B) | UNREADABLE, role("r-b", APP)), "unknown unknown"),
    (
        "one that cannot be read leads here by another",
        iam(role("r-app", B), role("r-b", C), role("r-c", "ec2") | UNREADABLE),
        "unknown unknown unknown",
    ),
    (
        "one that cannot be read is followed by one whose document is missing",
        iam(
            role("r-app", OWN_ROOT),
            role("r-b", "ec2", attached=(arn_of("policy", "x"),)) | UNREADABLE,
        ),
        "unknown unknown",
    ),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]

EVERY = [(STOP, STOPS), (UNDO, UNDOES), (CYCLE, CYCLES)]
ALL = [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in EVERY for case in cases]


@pytest.mark.parametrize(("rule", "facts", "expected"), ALL)
def test_evasion(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


@pytest.mark.parametrize(("rule", "facts", "expected"), ALL)
def test_names_do_not_matter(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, renamed(facts, NAMES)) == expected


def test_what_can_be_stopped_is_named_by_part() -> None:
    found = only_finding(
        STOP, with_region(user("u-dev", allow(["cloudtrail:*", "events:*"])), trails=[trail()], event_rules=[alert()])
    )

    assert "CloudTrail (DeleteTrail, PutEventSelectors, StopLogging, UpdateTrail)" in found.message
    assert "alert rules (DeleteRule, " in found.message
    assert found.evidence["stops"][0] == {
        "what": "CloudTrail", "action": "cloudtrail:DeleteTrail", "on": TRAIL, "exists": True, "certain": True,
    }  # fmt: skip
    assert "stops:cloudtrail:StopLogging" in found.evidence["material"]
    assert (found.severity, found.confidence) == ("high", "high")


def test_what_hangs_on_conditions_is_less_sure() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}

    assert only_finding(STOP, iam(user("u-dev", STOPPING | {"Condition": condition}))).confidence == "medium"
    assert (
        only_finding(UNDO, iam(user("u-dev", allow("iam:PutUserPolicy", Condition=condition)))).confidence == "medium"
    )
    assert only_finding(CYCLE, named(CYCLES, "with MFA")).confidence == "medium"
    assert only_finding(CYCLE, named(CYCLES, "itself")).confidence == "high"


def test_what_was_not_read_may_deny_it_or_not_be_there() -> None:
    dev = user("u-dev", STOPPING, allow("iam:PutUserPolicy", DEV))
    alone: Json = {"organization": {"membership": None}}
    elsewhere: Json = {"organization": {"membership": gap("organizations:DescribeOrganization")}}

    undo = [only_finding(UNDO, iam(dev) | each) for each in (alone, elsewhere)]
    assert [each.confidence for each in undo] == ["high", "medium"]
    assert ["assumed" in each.evidence for each in undo] == [False, True]
    denied = gap("cloudtrail:DescribeTrails")
    stop = [only_finding(STOP, with_region(dev, trails=each)) for each in ([trail()], denied)]
    assert [each.confidence for each in stop] == ["high", "medium"]
    assert stop[1].evidence["assumed"] == "the account has CloudTrail"


def test_what_undoes_which_containment_is_told() -> None:
    found = only_finding(UNDO, iam(user("u-dev", allow(["iam:PutUserPolicy", "iam:DetachUserPolicy"], DEV))))

    assert found.evidence["undoing"] == [
        {"action": "iam:PutUserPolicy", "undoes": "inline Deny", "conditions": ()},
        {"action": "iam:DetachUserPolicy", "undoes": "attached Deny", "conditions": ()},
    ]
    assert "inline Deny, attached Deny" in found.message
    assert found.severity == "medium"
    assert "service control policy" in found.remediation.text


def test_the_others_of_a_circle_are_named_and_at_most_ten_of_them() -> None:
    pair = findings(CYCLE, iam(role("r-app", B), role("r-b", APP)))
    many = [role(f"r-{number:02}", OWN_ROOT, ASSUME) for number in range(14)]
    (first, *_) = findings(CYCLE, iam(*many))

    assert [found.evidence["by_way_of"] for found in pair] == [[B], [APP]]
    assert "role/r-b" in pair[0].message
    assert first.resource.name not in first.evidence["by_way_of"]
    assert (len(first.evidence["by_way_of"]), first.evidence["other_roles"]) == (10, 13)
    assert len(first.evidence["material"]) == 10
    assert "and 3 more" in first.message


def test_an_incident_is_told() -> None:
    assert f"active since {CUTOFF}" in only_finding(CYCLE, named(CYCLES, "while it is revoked")).message
    assert "held back by inline policy own-1" in only_finding(UNDO, named(UNDOES, "while it is contained")).message
    assert (
        f"held back by policy {DENY_ALL}"
        in only_finding(STOP, iam(user("u-dev", STOPPING, attached=(DENY_ALL,)))).message
    )


TABLES = {STOP: STOPS, UNDO: UNDOES, CYCLE: CYCLES}

ALSO_LOOKED_AT = {STOP: {"cloudtrail:DescribeTrails", "guardduty:ListDetectors"}}
