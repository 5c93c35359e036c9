"""Whether privileged principals can be contained: by whom, with which policy, and where IAM lets nobody."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, findings, gap, only_finding, verdict
from tests.rules.holding import DENY_ALL, DETAILS, administrator, arn_of, iam, managed, named, role, user
from tests.rules.response.responding import (
    ALONE,
    CALLS,
    DECLARED,
    MANAGEMENT,
    MFA,
    alone,
    in_organization,
    keys_of,
    responder,
)
from tests.rules.trusting import OWN_ROOT

CONTAIN, ROOM, NOT_IN_IAM = "response-role-cannot-contain", "containment-no-room", "containment-not-in-iam"
IR, ADMIN = arn_of("role", "r-ir"), arn_of("role", "r-adm")
RESERVED = "/aws-reserved/sso.amazonaws.com/"
ADMINISTRATOR = administrator("r-adm", "ec2")
BUT_RESPONDERS = {"ArnNotLike": {"aws:PrincipalArn": IR}}
LINKED = "/aws-service-role/x.amazonaws.com/"


def elsewhere(api: str) -> Json:
    return gap(api, "elsewhere")


CONTAINS: list[Case] = [
    ("everybody", alone(responder(), ADMINISTRATOR), "pass pass"),
    ("all but this one", alone(responder(allow(CALLS), deny("iam:*", ADMIN)), ADMINISTRATOR), "fail pass"),
    ("only roles of a path", alone(
        responder(allow(CALLS), deny("iam:*", "*", Condition={"StringEquals": {"iam:ResourceTag/team": "core"}})),
        administrator("r-adm", "ec2", tags=[{"key": "team", "value": "core"}])), "fail pass"),
    ("those of another tag", alone(
        responder(allow(CALLS), deny("iam:*", "*", Condition={"StringEquals": {"iam:ResourceTag/team": "core"}})),
        administrator("r-adm", "ec2", tags=[{"key": "team", "value": "web"}])), "pass pass"),
    ("nobody else is an administrator", alone(ADMINISTRATOR), "fail"),
    ("another administrator", alone(ADMINISTRATOR, administrator("r-two", "ec2")), "pass pass"),
    ("another administrator with a boundary", alone(
        ADMINISTRATOR, administrator("r-two", "ec2", boundary=arn_of("policy", "cap")),
        policies=[managed("cap", allow("*"), deny("iam:*", ADMIN))]), "fail pass"),
    ("nobody is privileged", alone(role("r-app", "ec2", allow("s3:*"))), ""),
    ("one that escalates", alone(responder(allow(CALLS), deny("iam:*", arn_of("user", "u-dev"))),
        user("u-dev", allow("iam:PutUserPolicy"))), "fail pass"),
    ("a role of a service", alone(responder(), administrator("r-adm", "x", path=LINKED)), "pass"),
    ("a permission set", alone(responder(), administrator("r-adm", path=RESERVED)), "pass"),
    ("a user with a key", alone(responder(), user("u-adm", allow()), access_keys=[keys_of("u-adm", "AKIA1")]),
        "pass pass"),
    ("refused by the organization", iam(
        responder(), ADMINISTRATOR, **in_organization(deny("iam:*", ADMIN))), "fail pass"),
    ("refused by it to all but the responders", iam(
        responder(), ADMINISTRATOR, **in_organization(deny("iam:*", ADMIN, Condition=BUT_RESPONDERS))), "pass pass"),
    ("refused by it, in the management account", iam(
        responder(), ADMINISTRATOR, **in_organization(deny("iam:*", ADMIN), management=OWN)), "pass pass"),
    ("by an organization that was not read", iam(
        responder(), ADMINISTRATOR, **in_organization(policies=elsewhere("organizations:ListPolicies"))),
        "unknown unknown"),
    ("refused, whatever an organization says", iam(
        responder(allow(CALLS), deny("iam:*", ADMIN)), ADMINISTRATOR,
        **in_organization(policies=elsewhere("organizations:ListPolicies"))), "fail unknown"),
    ("while the responder is held back", alone(responder(attached=(DENY_ALL,)), ADMINISTRATOR), "fail pass"),
    ("a document of the principal missing", alone(
        responder(), role("r-app", "ec2", attached=(arn_of("policy", "x"),))), "pass unknown"),
    ("users and roles denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip


def filled(characters: int, **facts: object) -> Json:
    """A user whose inline policies have so many characters."""
    document = {"Version": "2012-10-17", "Statement": [], "Id": ""}
    pad = characters - len('{"Version":"2012-10-17","Statement":[],"Id":""}')
    return iam(
        {"name": "u-dev", "arn": arn_of("user", "u-dev"), "inline": [_inline({**document, "Id": "x" * pad})], **facts}
    )


def _inline(document: Json, name: str = "own") -> Json:
    return {"name": name, "document": document}


def attached(count: int) -> list[Json]:
    return [{"name": f"p{each}", "arn": arn_of("policy", f"p{each}")} for each in range(count)]


QUOTA: Json = {"kind": "account-summary", "counters": {"AttachedPoliciesPerUserQuota": 20}}

ROOMS: list[Case] = [
    ("nothing in it", iam(user("u-dev")), "pass"),
    ("just enough room", filled(2048 - 109), "pass"),
    ("one character less", filled(2048 - 108), "fail"),
    ("used up by the quarantine itself", iam(
        {"name": "u-dev", "arn": arn_of("user", "u-dev"),
         "inline": [_inline({"Version": "2012-10-17", "Id": "x" * 1990}, "ir-quarantine-user")]}), "pass"),
    ("a role of that size", iam(role("r-app", "ec2") | {"inline": [_inline({"Id": "x" * 2000})]}), "pass"),
    ("a full role", iam(role("r-app", "ec2") | {"inline": [_inline({"Id": "x" * 10_100})]}), "fail"),
    ("a full role of a service", iam(
        role("r-app", "ec2", path=LINKED) | {"inline": [_inline({"Id": "x" * 10_100})]}), ""),
    ("a full permission set", iam(
        role("r-app", "ec2", path=RESERVED) | {"inline": [_inline({"Id": "x" * 10_100})]}), ""),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip

SSO = administrator("AWSReservedSSO_x", OWN_ROOT, path=RESERVED)

RESERVES: list[Case] = [
    ("in a member account", iam(SSO, **in_organization()), "pass"),
    ("in the management account", iam(SSO, **in_organization(management=OWN)), "fail"),
    ("policies are switched off", iam(SSO, **in_organization(tree={
        "kind": "organization-tree", "units": [], "roots": [{"id": "r-1", "enabled_policy_types": []}]})), "fail"),
    ("bills only", iam(SSO, **in_organization(membership={
        "kind": "organization", "id": "o-1", "management_account": MANAGEMENT,
        "feature_set": "CONSOLIDATED_BILLING"})), "fail"),
    ("in no organization", iam(SSO, **ALONE), "fail"),
    ("of no great rights", iam(
        role("AWSReservedSSO_x", OWN_ROOT, allow("s3:*"), path=RESERVED), **in_organization(management=OWN)), ""),
    ("called so", iam(administrator("AWSReservedSSO_x"), **in_organization(management=OWN)), ""),
    ("the roots were not read", iam(SSO, **in_organization(tree=elsewhere("organizations:ListRoots"))), "unknown"),
    ("of the management account, roots denied", iam(
        SSO, **in_organization(management=OWN, tree=gap("organizations:ListRoots"))), "fail"),
    ("the membership denied", iam(SSO, organization={"membership": gap("organizations:DescribeOrganization")}),
        "unknown"),
    ("roles denied", iam(roles=gap(DETAILS)), "unknown"),
]  # fmt: skip

EVERY = [(CONTAIN, CONTAINS), (ROOM, ROOMS), (NOT_IN_IAM, RESERVES)]


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in EVERY for case in cases],
)
def test_containing(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_what_refuses_is_told() -> None:
    found = only_finding(CONTAIN, named(CONTAINS, "all but this one"))

    assert (found.severity, found.resource.arn) == ("critical", ADMIN)
    assert "None of role/r-ir can contain it. iam:PutRolePolicy: Explicitly denied by" in found.message
    assert found.evidence["responders"][0]["stopping"]["verdict"] == "no"


def test_a_condition_is_medium_and_told_that_on_mfa_too() -> None:
    facts = alone(responder(allow(CALLS, Condition=MFA)), ADMINISTRATOR)
    found = findings(CONTAIN, facts, declared=DECLARED)

    assert {each.severity for each in found} == {"medium"}
    assert "may call iam:PutRolePolicy on it only if aws:MultiFactorAuthPresent is true." in found[0].message


def test_a_responder_that_is_held_back_contains_nobody() -> None:
    assert verdict(CONTAIN, named(CONTAINS, "while the responder is held back"), declared=DECLARED) == "fail fail"


def test_a_revocation_of_the_responders_old_sessions_leaves_new_ones() -> None:
    old = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T11:00:00Z"}})
    new = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T13:00:00Z"}})

    assert verdict(CONTAIN, alone(responder(allow(CALLS), old), ADMINISTRATOR), declared=DECLARED) == "pass pass"
    assert verdict(CONTAIN, alone(responder(allow(CALLS), new), ADMINISTRATOR), declared=DECLARED) == "fail fail"


def test_another_form_of_containment_is_enough() -> None:
    deny_all = {"ArnEquals": {"iam:PolicyARN": DENY_ALL}}
    only_attach = allow("iam:AttachRolePolicy", Condition=deny_all)
    only_bound = allow(
        "iam:PutRolePermissionsBoundary", Condition={"StringEquals": {"iam:PermissionsBoundary": DENY_ALL}}
    )
    other = allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": arn_of("policy", "x")}})

    for statement, expected in ((only_attach, "pass"), (only_bound, "pass"), (other, "fail")):
        assert verdict(CONTAIN, alone(responder(statement), ADMINISTRATOR), declared=DECLARED).split()[0] == expected


def test_a_policy_that_does_not_fit_contains_nobody() -> None:
    full = ADMINISTRATOR | {"inline": [_inline({"Id": "x" * 10_100})]}

    (found, *_) = findings(CONTAIN, alone(responder(allow(CALLS)), full), declared=DECLARED)
    assert "An inline policy does not fit into it. iam:AttachRolePolicy: " in found.message
    assert verdict(CONTAIN, alone(responder(allow([*CALLS, "iam:AttachRolePolicy"])), full), declared=DECLARED) == (
        "pass pass"
    )


def test_a_key_that_stays_active_is_medium() -> None:
    facts = alone(
        responder(allow(CALLS[:2])), user("u-adm", allow()), access_keys=[keys_of("u-adm", "AKIA1")]
    )  # fmt: skip
    found = only_finding(CONTAIN, facts, declared=DECLARED)

    assert (found.severity, found.evidence["material"]) == ("medium", ["containment:key:no"])
    assert "a leaked key stays active behind the Deny" in found.message
    inactive = {**facts, "access_keys": [keys_of("u-adm", "AKIA1", status="Inactive")]}
    assert verdict(CONTAIN, inactive, declared=DECLARED) == "pass pass"
    assert verdict(CONTAIN, {**facts, "access_keys": gap("iam:ListAccessKeys")}, declared=DECLARED) == "pass unknown"


def test_of_several_responders_one_is_enough() -> None:
    weak = responder(allow("s3:*"), name="r-weak")
    declared = {"response_roles": ["role/r-weak", "role/r-ir"]}

    assert verdict(CONTAIN, alone(weak, responder(), ADMINISTRATOR), declared=declared) == "pass pass"
    assert verdict(CONTAIN, alone(weak, ADMINISTRATOR), declared=declared) == "fail"


def test_the_most_able_responders_are_asked_first_and_not_all_of_very_many() -> None:
    weak = [responder(allow("s3:*"), name=f"r-weak-{each:02}") for each in range(25)]
    declared = {"response_roles": ["role/r-ir", "role/r-weak-*"]}

    assert verdict(CONTAIN, alone(*weak, responder(), ADMINISTRATOR), declared=declared) == "pass pass"
    assert verdict(CONTAIN, alone(*weak, ADMINISTRATOR), declared=declared) == "unknown"
    assert verdict(CONTAIN, alone(*weak[:20], ADMINISTRATOR), declared=declared) == "fail"


def test_a_document_of_the_responder_missing_is_unknown() -> None:
    facts = alone(responder(allow("s3:*"), attached=(arn_of("policy", "x"),)), ADMINISTRATOR)

    assert verdict(CONTAIN, facts, declared=DECLARED).split()[-1] == "unknown"
    assert "fail" not in verdict(CONTAIN, facts, declared=DECLARED)


def test_a_boundary_of_the_responder_missing_makes_nothing_better_or_worse() -> None:
    cap = arn_of("policy", "x")
    able = alone(responder(boundary=cap), ADMINISTRATOR)
    unable = alone(responder(allow(CALLS), deny("iam:*", ADMIN), boundary=cap), ADMINISTRATOR)

    assert verdict(CONTAIN, able, declared=DECLARED).split()[0] == "unknown"
    assert verdict(CONTAIN, unable, declared=DECLARED).split()[0] == "fail"
    second = alone(responder(boundary=cap), responder(name="r-two"), ADMINISTRATOR)
    assert verdict(CONTAIN, second, declared={"response_roles": ["role/r-ir", "role/r-two"]}).startswith("pass")


@pytest.mark.parametrize(
    ("count", "parts", "severity", "left"),
    [
        (0, {}, "medium", ["managed policy", "boundary"]),
        (9, {}, "medium", ["managed policy", "boundary"]),
        (10, {}, "high", ["boundary"]),
        (10, {"summary": QUOTA}, "medium", ["managed policy", "boundary"]),
        (20, {"summary": QUOTA}, "high", ["boundary"]),
    ],
)
def test_what_still_works_is_named(count: int, parts: Json, severity: str, left: list[str]) -> None:
    found = only_finding(ROOM, {**filled(2048, attached=attached(count)), **parts})

    assert (found.severity, found.evidence["ways_left"]) == (severity, left)
    assert ("a managed policy" in found.message) is ("managed policy" in left)
    assert found.evidence["inline"] == {"limit": 2048, "used": 2048, "needed": 109}


def test_the_alternative_for_a_permission_set_is_told() -> None:
    found = only_finding(NOT_IN_IAM, named(RESERVES, "in the management account"))

    assert "it is the management account" in found.message
    assert "the inline policy of the permission set" in found.message
    assert found.severity == "high"


TABLES = {CONTAIN: CONTAINS, ROOM: ROOMS, NOT_IN_IAM: RESERVES}


@pytest.mark.parametrize("names", [("r-adm", "r-two"), ("r-two", "r-adm")])
def test_the_same_responder_is_asked_anew_about_whom_the_usual_policy_does_not_fit(names: tuple[str, str]) -> None:
    full, empty = names
    padding = _inline({"Version": "2012-10-17", "Statement": [], "Id": "x" * 10_100}, "long")
    crowded = administrator(full, "ec2")
    inline = crowded["inline"]
    assert isinstance(inline, list)
    facts = alone(responder(), {**crowded, "inline": [*inline, padding]}, administrator(empty, "ec2"))

    found = only_finding(CONTAIN, facts, declared=DECLARED)

    assert (found.resource.name, found.status, found.severity) == (full, "fail", "critical")


def test_whoever_may_contain_every_role_may_not_contain_users_for_that() -> None:
    facts = alone(responder(allow(["iam:PutRolePolicy"])), ADMINISTRATOR, user("u-adm", allow()))

    assert {each.resource.name for each in findings(CONTAIN, facts, declared=DECLARED)} == {"u-adm"}
