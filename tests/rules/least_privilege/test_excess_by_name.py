"""Groups, policies and single actions that give more than anybody needs, and administrators that are declared."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, findings, gap, only_finding, policy, verdict
from tests.rules.holding import ADMINISTRATOR, DETAILS, administrator, arn_of, iam, managed, named, role, user
from tests.rules.trusting import OWN_ROOT

GROUP, POLICY, SHELL = "iam-group-admin", "iam-policy-unattached-admin", "iam-cloudshell-full-access"
BUY, ANY_ROLE = "iam-marketplace-subscribe", "iam-can-assume-any-role"
SHELL_ACCESS = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"
LINKED = "/aws-service-role/x.amazonaws.com/"
POWER_USER: Json = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}


def group(name: str, *statements: Json, attached: tuple[str, ...] = ()) -> Json:
    return {
        "name": name,
        "arn": arn_of("group", name),
        "inline": [{"name": f"own-{place}", "document": policy(each)} for place, each in enumerate(statements)],
        "attached": [{"name": arn.rpartition("/")[2], "arn": arn} for arn in attached],
    }


def versions(name: str, *documents: Json, **facts: object) -> Json:
    """A managed policy with several versions, the last of which is in force."""
    made: list[Json] = [{"id": f"v{place}", "document": policy(each)} for place, each in enumerate(documents, 1)]
    made[-1]["is_default"] = True
    return {"arn": arn_of("policy", name), "name": name, "versions": made, **facts}


GROUPS: list[Case] = [
    ("everything", iam(groups=[group("g", allow())]), "fail"),
    ("everything, attached", iam(groups=[group("g", attached=(ADMINISTRATOR,))]), "fail"),
    ("everything in IAM and the rest", iam(groups=[group("g", POWER_USER, allow("iam:*"))]), "fail"),
    ("a power user", iam(groups=[group("g", POWER_USER)]), "pass"),
    ("denied", iam(groups=[group("g", allow(), deny("iam:*"))]), "pass"),
    ("with a member", iam(user("u-dev", groups=["g"]), groups=[group("g", allow())]), "pass"),
    (
        "with a member of another",
        iam(user("u-dev", groups=["h"]), groups=[group("g", allow()), group("h")]),
        "fail pass",
    ),
    ("users denied", iam(groups=[group("g", allow())], users=gap(DETAILS)), "unknown"),
    ("a document missing", iam(groups=[group("g", attached=(arn_of("policy", "x"),))]), "unknown"),
    ("groups denied", iam(groups=gap(DETAILS)), "unknown"),
]

POLICIES: list[Case] = [
    ("everything", iam(policies=[managed("p", allow())]), "fail"),
    (
        "everything but a little",
        iam(policies=[managed("p", {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, allow("s3:*"))]),
        "fail",
    ),
    ("a service", iam(policies=[managed("p", allow("s3:*"))]), "pass"),
    ("attached", iam(policies=[managed("p", allow()) | {"attachments": 1}]), "pass"),
    ("a boundary", iam(policies=[managed("p", allow()) | {"boundary_uses": 1}]), "pass"),
    (
        "attached, by what a user says",
        iam(user("u-dev", attached=(arn_of("policy", "p"),)), policies=[managed("p", allow())]),
        "pass",
    ),
    ("of AWS", iam(policies=[managed("p", allow()) | {"arn": ADMINISTRATOR}]), ""),
    ("an old version", iam(policies=[versions("p", allow(), allow("s3:*"))]), "fail"),
    ("every version is small", iam(policies=[versions("p", allow("sqs:*"), allow("s3:*"))]), "pass"),
    ("denied by itself", iam(policies=[managed("p", allow(), deny("iam:*"))]), "pass"),
    ("malformed", iam(policies=[managed("p", {"Effect": "Perhaps"})]), "unknown"),
    ("users denied", iam(policies=[managed("p", allow())], users=gap(DETAILS)), "unknown"),
    ("policies denied", iam(policies=gap(DETAILS)), "unknown"),
]

SHELLS: list[Case] = [
    ("attached to a user", iam(user("u-dev", attached=(SHELL_ACCESS,))), "fail"),
    ("attached to a role", iam(role("r-app", OWN_ROOT, attached=(SHELL_ACCESS,))), "fail"),
    (
        "attached to a group",
        iam(user("u-dev", groups=["g"]), groups=[group("g", attached=(SHELL_ACCESS,))]),
        "fail pass",
    ),
    ("the same by name", iam(user("u-dev", allow("cloudshell:*"))), "fail"),
    ("the same in a group", iam(user("u-dev", groups=["g"]), groups=[group("g", allow("cloudshell:*"))]), "fail pass"),
    ("in a group, denied", iam(groups=[group("g", allow("cloudshell:*"), deny("cloudshell:GetFile*"))]), "pass"),
    (
        "without transfers",
        iam(user("u-dev", allow(["cloudshell:CreateSession", "cloudshell:CreateEnvironment"]))),
        "pass",
    ),
    ("transfers denied", iam(user("u-dev", allow("cloudshell:*"), deny("cloudshell:GetFile*Urls"))), "pass"),
    (
        "a policy of another name",
        iam(
            user("u-dev", attached=(arn_of("policy", "AWSCloudShellFullAccess"),)),
            policies=[managed("AWSCloudShellFullAccess", allow("s3:Get*"))],
        ),
        "pass",
    ),
    ("an administrator, by everything", iam(user("u-dev", allow())), "pass"),
    ("a power user", iam(user("u-dev", POWER_USER)), "pass"),
    (
        "under a boundary",
        iam(
            user("u-dev", allow("cloudshell:*"), boundary=arn_of("policy", "cap")),
            policies=[managed("cap", allow("s3:*"))],
        ),
        "pass",
    ),
    ("a boundary missing", iam(user("u-dev", allow("cloudshell:*"), boundary=arn_of("policy", "x"))), "unknown"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("groups denied", iam(user("u-dev"), groups=gap(DETAILS)), "pass unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS), "groups": gap(DETAILS)}, "unknown"),
]

BUYS: list[Case] = [
    ("by name", iam(user("u-dev", allow("aws-marketplace:Subscribe"))), "fail"),
    ("by the service", iam(role("r-app", "ec2", allow("aws-marketplace:*"))), "fail"),
    ("by a group", iam(user("u-dev", groups=["g"]), groups=[group("g", allow("aws-marketplace:Sub*"))]), "fail"),
    ("looking", iam(user("u-dev", allow("aws-marketplace:View*"))), "pass"),
    ("denied", iam(user("u-dev", allow("aws-marketplace:*"), deny("aws-marketplace:Subscribe"))), "pass"),
    ("a power user", iam(user("u-dev", POWER_USER)), "pass"),
    ("an administrator", iam(user("u-dev", allow())), "pass"),
    ("who can become one", iam(user("u-dev", allow(["iam:*", "aws-marketplace:*"]))), "pass"),
    (
        "under a boundary",
        iam(
            user("u-dev", allow("aws-marketplace:*"), boundary=arn_of("policy", "cap")),
            policies=[managed("cap", allow("s3:*"))],
        ),
        "pass",
    ),
    ("a role of a service", iam(role("r-app", "x", allow("aws-marketplace:*"), path=LINKED)), "pass"),
    ("a boundary missing", iam(user("u-dev", allow("aws-marketplace:*"), boundary=arn_of("policy", "x"))), "unknown"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

ASSUME = allow("sts:AssumeRole")
OPEN = role("r-open", OWN_ROOT)

ROLES: list[Case] = [
    ("any", iam(user("u-dev", ASSUME), OPEN), "fail pass"),
    (
        "any, by an external id that it sends itself",
        iam(user("u-dev", allow("sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "x"}})), OPEN),
        "fail pass",
    ),
    ("any, and none lets it in", iam(user("u-dev", ASSUME), role("r-open", "ec2")), "fail pass"),
    (
        "any role by pattern",
        iam(user("u-dev", allow("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/*")), OPEN),
        "fail pass",
    ),
    ("any role of any account", iam(user("u-dev", allow("sts:Assume*", "arn:aws:iam::*:role/*")), OPEN), "fail pass"),
    ("some roles", iam(user("u-dev", allow("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/r-*")), OPEN), "pass pass"),
    (
        "roles of one account",
        iam(user("u-dev", allow("sts:AssumeRole", f"arn:aws:iam::{FOREIGN}:role/*")), OPEN),
        "pass pass",
    ),
    (
        "one name in any account",
        iam(user("u-dev", allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy")), OPEN),
        "pass pass",
    ),
    (
        "any, denied but for some",
        iam(
            user(
                "u-dev",
                ASSUME,
                {"Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": f"arn:aws:iam::{OWN}:role/r-*"},
            ),
            OPEN,
        ),
        "pass pass",
    ),
    (
        "by tag",
        iam(user("u-dev", allow("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})), OPEN),
        "pass pass",
    ),
    ("an administrator lets it in", iam(user("u-dev", ASSUME), administrator("r-adm")), "fail pass"),
    ("everything in sts", iam(user("u-dev", allow("sts:*")), OPEN), "pass pass"),
    ("a power user", iam(user("u-dev", POWER_USER), OPEN), "pass pass"),
    ("an administrator", iam(user("u-dev", allow()), OPEN), "pass pass"),
    ("other actions of sts", iam(user("u-dev", allow(["sts:GetCallerIdentity", "sts:TagSession"])), OPEN), "pass pass"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

TABLES = {GROUP: GROUPS, POLICY: POLICIES, SHELL: SHELLS, BUY: BUYS, ANY_ROLE: ROLES}

# They decide whether an escalation is sure, whose finding then tells of the principal.
ALSO_LOOKED_AT = {BUY: {"iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"}}


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_excess(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


@pytest.mark.parametrize(
    ("rule", "facts", "declared"),
    [
        (GROUP, named(GROUPS, "everything"), "group/g"),
        (SHELL, named(SHELLS, "attached to a user"), "user/u-dev"),
        (BUY, named(BUYS, "by name"), "user/u-*"),
        ("iam-user-admin", iam(user("u-dev", allow())), "user/u-dev"),
        ("iam-role-admin", iam(administrator("r-app")), "role/r-app"),
        ("iam-wildcard-write", iam(user("u-dev", allow("sqs:*"))), "user/u-dev"),
        ("iam-can-stop-detection", iam(user("u-dev", allow("cloudtrail:StopLogging"))), "user/u-dev"),
    ],
)
def test_who_is_declared_to_be_an_administrator_passes(rule: str, facts: Json, declared: str) -> None:
    assert verdict(rule, facts) == "fail"
    assert verdict(rule, facts, declared={"administrators": (declared,)}) == "pass"
    assert verdict(rule, facts, declared={"break_glass": (declared,)}) == "pass"
    assert verdict(rule, facts, declared={"administrators": ("role/other", "user/other")}) == "fail"


def test_a_declared_administrator_that_anyone_can_become_is_still_told() -> None:
    facts = iam(administrator("r-app", "*"))

    found = only_finding("iam-role-admin", facts, declared={"administrators": ("role/r-app",)})
    assert found.severity == "critical"
    assert verdict("iam-role-trust-anyone", facts, declared={"administrators": ("role/r-app",)}) == "fail"


def test_who_can_undo_a_quarantine_is_told_though_declared() -> None:
    facts = iam(user("u-dev", allow("iam:DeleteUserPolicy")))

    assert verdict("iam-can-undo-own-quarantine", facts, declared={"administrators": ("user/u-dev",)}) == "fail"


@pytest.mark.parametrize("rule", [BUY, ANY_ROLE])
def test_a_declared_administrator_is_meant_to(rule: str) -> None:
    facts = iam(user("u-dev", allow("aws-marketplace:Subscribe"), ASSUME))

    assert verdict(rule, facts) == "fail"
    assert verdict(rule, facts, declared={"administrators": ("user/u-dev",)}) == "pass"


def test_an_old_version_weighs_less_and_is_deleted_alone() -> None:
    whole = only_finding(POLICY, named(POLICIES, "everything"))
    old = only_finding(POLICY, named(POLICIES, "an old version"))

    arn = arn_of("policy", "p")
    assert (whole.severity, old.severity) == ("medium", "low")
    assert whole.remediation.commands == (f"aws iam delete-policy --policy-arn {arn}",)
    assert old.remediation.commands == (f"aws iam delete-policy-version --policy-arn {arn} --version-id v1",)
    assert "old version v1" in old.message


def test_the_old_versions_go_before_the_policy() -> None:
    found = only_finding(POLICY, iam(policies=[versions("p", allow("s3:*"), allow())]))

    assert [each.split()[2] for each in found.remediation.commands] == ["delete-policy-version", "delete-policy"]


def test_what_is_deleted_can_be_made_anew() -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    arn = arn_of("policy", "p")

    def undo(facts: Json) -> list[list[str]]:
        return [shlex.split(each)[2:] for each in only_finding(POLICY, facts).remediation.undo]

    (made,) = undo(named(POLICIES, "everything"))
    assert made[:2] == ["create-policy", "--policy-name=p"]
    assert json.loads(made[2].removeprefix("--policy-document=")) == json.loads(document)
    (version,) = undo(named(POLICIES, "an old version"))
    assert version[:3] == ["create-policy-version", "--policy-arn", arn]
    inner = managed("p", allow()) | {"arn": arn_of("policy", "p", "/team/a/")}
    assert undo(iam(policies=[inner]))[0][2] == "--path=/team/a/"
    both = undo(iam(policies=[versions("p", allow("s3:*"), allow())]))
    assert [each[0] for each in both] == ["create-policy", "create-policy-version"]
    assert "s3:*" in both[1][3]


def test_what_iam_refuses_to_edit_has_no_command() -> None:
    path = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    reserved = role("AWSReservedSSO_x", OWN_ROOT, attached=(SHELL_ACCESS,), path=path)
    plain = role("r-app", OWN_ROOT, attached=(SHELL_ACCESS,))

    assert only_finding(SHELL, iam(reserved)).remediation.commands == ()
    assert only_finding(SHELL, iam(reserved)).remediation.undo == ()
    assert len(only_finding(SHELL, iam(plain)).remediation.commands) == 1


def test_detaching_can_be_undone() -> None:
    (found,) = findings(SHELL, named(SHELLS, "attached to a group"))

    (undo,) = found.remediation.undo
    assert found.remediation.commands == (f"aws iam detach-group-policy --group-name g --policy-arn {SHELL_ACCESS}",)
    assert undo == f"aws iam attach-group-policy --group-name g --policy-arn {SHELL_ACCESS}"


def test_the_gravest_of_the_roles_is_named_first() -> None:
    plain = [role(f"r-{number:02}", OWN_ROOT) for number in range(12)]
    (found,) = findings(ANY_ROLE, iam(user("u-dev", ASSUME), *plain, administrator("r-zzz"), role("r-ec2", "ec2")))

    assert "these let it in: role/r-zzz (an administrator), role/r-00," in found.message
    assert "and 3 more" in found.message
    assert "r-ec2" not in found.message
    assert found.evidence["roles"][0] == {"arn": arn_of("role", "r-zzz"), "worth": "administrator"}
    assert (found.severity, found.confidence) == ("high", "high")


def test_any_role_weighs_less_where_none_lets_it_in() -> None:
    (found,) = findings(ANY_ROLE, named(ROLES, "any, and none lets it in"))

    assert found.severity == "medium"
    assert "No role of this account" in found.message


def test_a_role_for_emergencies_may_lie_unused() -> None:
    facts = iam(role("r-app", OWN_ROOT, created="2024-01-01T00:00:00Z"))

    assert verdict("iam-role-unused", facts) == "fail"
    assert verdict("iam-role-unused", facts, declared={"break_glass": ("role/r-app",)}) == "pass"
    assert verdict("iam-role-unused", facts, declared={"administrators": ("role/r-app",)}) == "fail"


SCP = {
    "id": "p-1",
    "name": "no purchases",
    "type": "SERVICE_CONTROL_POLICY",
    "is_aws_managed": False,
    "targets": ["r-1"],
}


@pytest.mark.parametrize(("statement", "expected"), [(deny("aws-marketplace:*"), "pass"), (deny("s3:*"), "fail")])
def test_a_policy_of_the_organization_counts_where_all_were_collected(statement: Json, expected: str) -> None:
    content = {"kind": "policy-content", "document": policy(allow(), statement)}
    organization: Json = {
        "membership": {"kind": "organization", "id": "o-abcde12345", "management_account": FOREIGN},
        "tree": {
            "kind": "organization-tree",
            "roots": [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}],
            "units": [],
        },
        "accounts": [{"id": OWN, "name": "a", "state": "ACTIVE", "parent": "r-1"}],
    }
    full = SCP | {
        "id": "p-2",
        "name": "full",
        "targets": [OWN],
        "content": {"kind": "policy-content", "document": policy(allow())},
    }
    organization["policies"] = [SCP | {"content": content}, full]

    assert verdict(BUY, named(BUYS, "by name") | {"organization": organization}) == expected
