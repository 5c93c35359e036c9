"""Which containment lies in an account, and until when it has to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.containment.artefacts import ContainmentArtefact, containment_artefacts
from tests.accounts import NOW, OWN, Json, account, allow, deny, gap, policy

ROLE, USER = f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OWN}:user/anna"
DENY_ALL = {"name": "AWSDenyAll", "arn": "arn:aws:iam::aws:policy/AWSDenyAll"}
TRUST: dict[str, Any] = policy(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
CUTOFF = "2026-11-20T06:00:00Z"
REPORT: dict[str, Any] = {
    "kind": "credential-report",
    "rows": [{"user": "anna", "arn": USER, "password_enabled": False}],
}


def before(cutoff: object = CUTOFF, operator: str = "DateLessThan", **conditions: object) -> dict[str, Any]:
    return policy(deny(Condition={operator: {"aws:TokenIssueTime": cutoff}, **conditions}))


def inline(document: Json, name: str = "AWSRevokeOlderSessions") -> Json:
    return {"inline": [{"name": name, "document": document}]}


def of_role(facts: dict[str, Any], **more: object) -> list[ContainmentArtefact]:
    role = {"name": "app", "arn": ROLE, "trust": TRUST, **facts}
    settings = [{"arn": ROLE, "max_session": 3600}]
    whole: Json = {"users": [], "groups": [], "policies": [], "roles": [role], "role_settings": settings, **more}
    return list(containment_artefacts(account(whole), NOW).found)


def of_user(facts: dict[str, Any], **more: object) -> list[ContainmentArtefact]:
    user = {"name": "anna", "arn": USER, **facts}
    whole: Json = {
        "users": [user],
        "groups": [],
        "policies": [],
        "roles": [],
        "service_credentials": [],
        "access_keys": [{"user": "anna", "keys": []}],
        "credential_report": REPORT,
        **more,
    }
    return list(containment_artefacts(account(whole), NOW).found)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("document", "cutoff", "by"),
    [
        (before(), "2026-11-20T06:00:00Z", "guardrift"),
        (before("2026-11-20T06:00:00.123Z"), "2026-11-20T06:00:00.123Z", "AWS console"),
        (before("1795154400"), "2026-11-20T06:00:00Z", "guardrift"),
        (before(["2026-11-20T05:00:00Z", CUTOFF]), CUTOFF, "guardrift"),
        (policy(*before("2026-11-20T05:00:00Z")["Statement"], *before()["Statement"]), CUTOFF, "guardrift"),
        (before(StringEquals={"aws:userid": "AROAX:i-1"}), CUTOFF, "guardrift"),
    ],
)
def test_a_revocation_has_its_latest_cutoff_whoever_wrote_it(document: Json, cutoff: str, by: str) -> None:
    (found,) = of_role(inline(document))
    assert (found.kind, found.cutoff, found.by) == ("inline policy", at(cutoff), by)
    # A function has a session of six hours, whatever the settings of its role say.
    assert found.safe_to_remove == at(cutoff) + timedelta(hours=6)


def test_it_is_needed_until_the_last_session_has_ended() -> None:
    people = {"trust": policy({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})}
    (short,) = of_role({**inline(before()), **people})
    assert (short.state, short.safe_to_remove) == ("removable", at(CUTOFF) + timedelta(hours=1))
    (long,) = of_role({**inline(before()), **people}, role_settings=gap("iam:ListRoles"))
    assert (long.state, long.safe_to_remove) == ("needed", at(CUTOFF) + timedelta(hours=12))
    assert "iam:ListRoles was denied" in long.why
    (user,) = of_user(inline(before(), "ir-revoke-user-sessions"))
    assert (user.state, user.safe_to_remove) == ("needed", at(CUTOFF) + timedelta(hours=36))


@pytest.mark.parametrize(
    ("document", "name", "state"),
    [
        (before("yesterday"), "AWSRevokeOlderSessions", "by hand"),
        (before([CUTOFF, "yesterday"]), "AWSRevokeOlderSessions", "by hand"),
        (policy(deny(Condition={"StringEquals": {"aws:userid": "AROAX:i-1"}})), "ir-revoke-session", "by hand"),
        (policy(deny()), "anything", "by hand"),
        (policy(allow()), "AWSRevokeOlderSessions", "by hand"),
        (policy(allow()), "ir-revoke-session", "by hand"),
        ({"Statement": "no"}, "ir-revoke-session", "unknown"),
    ],
)
def test_where_no_time_tells_a_person_decides(document: Json, name: str, state: str) -> None:
    (found,) = of_role(inline(document, name))
    assert (found.state, found.safe_to_remove) == (state, None)


@pytest.mark.parametrize(
    "document",
    [
        policy(allow()),
        policy(deny("s3:*")),
        policy(deny(resources="arn:aws:s3:::x/*")),
        policy(deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
        policy(deny(Condition={"StringNotEquals": {"aws:PrincipalArn": ROLE}})),
        policy(deny(Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        policy(deny("iam:*", Condition={"DateLessThan": {"aws:TokenIssueTime": CUTOFF}})),
    ],
)
def test_a_guardrail_is_no_containment(document: Json) -> None:
    assert of_role(inline(document, "own")) == []


def test_a_frozen_trust_policy_a_boundary_and_an_attachment_are_found() -> None:
    freeze: Json = {
        "Sid": "IrFreezeTrust",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    facts = {"trust": policy(*TRUST["Statement"], freeze), "boundary": DENY_ALL["arn"], "attached": [DENY_ALL]}
    assert [(each.kind, each.state) for each in of_role(facts)] == [
        ("attached policy", "by hand"),
        ("boundary", "by hand"),
        ("frozen trust policy", "by hand"),
    ]
    for_one: Json = {**freeze, "Principal": {"AWS": ROLE}}
    assert of_role({"trust": policy(*TRUST["Statement"], for_one)}) == []


def test_the_role_that_is_prepared_without_rights_is_no_incident() -> None:
    assert of_role({"name": "guardrift-isolation", "attached": [DENY_ALL]}) == []
    assert len(of_role({"name": "guardrift-isolation2", "attached": [DENY_ALL]})) == 1


KEY = {"id": "AKIA1", "user": "anna", "status": "Active", "created": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        ({}, "by hand", "36 hours"),
        ({"access_keys": [{"user": "anna", "keys": [KEY]}]}, "needed", "AKIA1"),
        ({"access_keys": [{"user": "anna", "keys": gap("iam:ListAccessKeys")}]}, "unknown", "iam:ListAccessKeys"),
        ({"access_keys": gap("iam:ListAccessKeys")}, "unknown", "iam:ListAccessKeys"),
        ({"access_keys": []}, "unknown", "access keys"),
        ({"credential_report": gap("iam:GetCredentialReport")}, "unknown", "iam:GetCredentialReport"),
        ({"credential_report": {**REPORT, "rows": []}}, "unknown", "credential report"),
        (
            {"credential_report": {**REPORT, "rows": [{"user": "anna", "arn": USER, "password_enabled": True}]}},
            "needed",
            "password",
        ),
        ({"service_credentials": gap("iam:ListServiceSpecificCredentials")}, "unknown", "ServiceSpecific"),
        (
            {
                "service_credentials": [
                    {"id": "ACCA1", "user": "anna", "service": "bedrock.amazonaws.com", "status": "Active"}
                ]
            },
            "needed",
            "ACCA1",
        ),
    ],
)
def test_a_quarantine_is_needed_while_a_credential_works(facts: Json, state: str, said: str) -> None:
    for held in (inline(policy(deny()), "ir-quarantine-user"), {"attached": [DENY_ALL]}, {"boundary": DENY_ALL["arn"]}):
        found = of_user(held, **facts)[0]
        assert (found.state, found.safe_to_remove) == (state, None)
        assert said in found.why


def test_inactive_keys_of_a_quarantined_user_are_evidence() -> None:
    inactive = {**KEY, "status": "Inactive"}
    held = inline(policy(deny()), "ir-quarantine-user")
    found = of_user(held, access_keys=[{"user": "anna", "keys": [inactive]}])
    assert [(each.kind, each.name) for each in found] == [
        ("inactive key", "AKIA1"),
        ("inline policy", "ir-quarantine-user"),
    ]
    assert of_user({}, access_keys=[{"user": "anna", "keys": [inactive]}]) == []


def test_the_tag_goes_last() -> None:
    tag = {"tags": [{"key": "Guardrift-Quarantine", "value": "case 7"}]}
    assert [each.state for each in of_user(tag)] == ["removable"]
    assert [each.state for each in of_user({**tag, **inline(policy(deny()))})] == ["by hand", "needed"]


def test_the_quarantine_of_aws_is_told_apart() -> None:
    name = "AWSCompromisedKeyQuarantineV3"
    (found,) = of_user({"attached": [{"name": name, "arn": f"arn:aws:iam::aws:policy/{name}"}]})
    assert (found.kind, found.by, found.state) == ("key quarantine of AWS", "AWS", "by hand")
    imitated = f"arn:aws:iam::{OWN}:policy/{name}"
    own = {"arn": imitated, "name": name, "versions": [{"id": "v1", "document": policy(allow()), "is_default": True}]}
    assert of_user({"attached": [{"name": name, "arn": imitated}]}, policies=[own]) == []


def test_own_managed_policies_are_found_where_they_are_and_where_they_were_left() -> None:
    arn = f"arn:aws:iam::{OWN}:policy/ir-revoke-sessions-app"
    version = {"id": "v2", "document": before(), "is_default": True}
    own = {"arn": arn, "name": "ir-revoke-sessions-app", "versions": [version], "attachments": 1}
    (found,) = of_role({"attached": [{"name": "ir-revoke-sessions-app", "arn": arn}]}, policies=[own])
    assert (found.kind, found.whose, found.cutoff, found.by) == ("attached policy", ROLE, at(CUTOFF), "guardrift")
    (left,) = of_role({}, policies=[{**own, "attachments": 0}])
    assert (left.kind, left.state) == ("managed policy", "removable")
    unknown = containment_artefacts(
        account(
            {
                "users": [],
                "groups": [],
                "roles": [{"name": "app", "arn": ROLE, "trust": TRUST, "attached": [{"name": "x", "arn": arn}]}],
            }
        ),
        NOW,
    )
    assert not unknown.found
    assert any("GetAccountAuthorizationDetails" in each for each in unknown.unread)


def organization(content: object, targets: object, name: str = "ir-contain") -> Json:
    found = {
        "id": "p-1",
        "name": name,
        "type": "SERVICE_CONTROL_POLICY",
        "is_aws_managed": False,
        "content": content,
        "targets": targets,
    }
    member = {"kind": "organization", "id": "o-1", "management_account": "777788889999"}
    return {"organization": {"membership": member, "policies": [found]}}


def content(**condition: object) -> Json:
    return {"kind": "policy-content", "document": policy(deny(Condition=condition))}


@pytest.mark.parametrize(
    ("facts", "state", "hours"),
    [
        (organization(content(ArnEquals={"aws:PrincipalArn": ROLE}), [OWN]), "by hand", None),
        (
            organization(
                content(ArnEquals={"aws:PrincipalArn": ROLE}, DateLessThan={"aws:TokenIssueTime": CUTOFF}), [OWN]
            ),
            "needed",
            12,
        ),
        (
            organization(
                content(ArnEquals={"aws:PrincipalArn": [ROLE, USER]}, DateLessThan={"aws:TokenIssueTime": CUTOFF}),
                [OWN],
            ),
            "needed",
            36,
        ),
        (organization(content(), []), "removable", None),
        (organization(gap("organizations:DescribePolicy"), [OWN]), "unknown", None),
        (organization(content(), gap("organizations:ListTargetsForPolicy")), "unknown", None),
    ],
)
def test_policies_of_the_organization(facts: Json, state: str, hours: int | None) -> None:
    (found,) = of_role({}, **facts)
    assert (found.kind, found.state) == ("organization policy", state)
    assert found.safe_to_remove == (None if hours is None else at(CUTOFF) + timedelta(hours=hours))


def test_a_guardrail_of_the_organization_is_no_containment() -> None:
    assert of_role({}, **organization(content(StringNotEquals={"aws:PrincipalArn": ROLE}), [OWN], "baseline")) == []


def test_what_was_not_read_is_told_and_never_taken_for_absent() -> None:
    whole: Json = {"users": [], "groups": [], "policies": [], "roles": [], "organization": {"membership": None}}
    assert containment_artefacts(account(whole), NOW).unread == ()
    for part in ("users", "groups", "policies", "roles"):
        found = containment_artefacts(account({**whole, part: gap("iam:GetAccountAuthorizationDetails")}), NOW)
        assert found.unread == ("iam:GetAccountAuthorizationDetails was denied",)
    member = {"kind": "organization", "id": "o-1", "management_account": "777788889999"}
    for status in ("elsewhere", "denied"):
        hidden = {"membership": member, "policies": gap("organizations:ListPolicies", status)}
        told = containment_artefacts(account({**whole, "organization": hidden}), NOW)
        (said,) = told.elsewhere if status == "elsewhere" else told.unread
        assert "organizations:ListPolicies" in said
    held = inline({"Statement": [{"Effect": "Deny"}]}, "own")
    malformed: dict[str, Any] = {"name": "app", "arn": ROLE, "trust": TRUST, **held}
    (said,) = containment_artefacts(account({**whole, "roles": [malformed]}), NOW).unread
    assert "malformed" in said
