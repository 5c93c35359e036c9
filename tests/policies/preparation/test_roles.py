"""The roles that one has before: they may what a containment takes, not themselves, and our rules know them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.documents import NotWritable
from policies.documents.protecting import QUARANTINE_TAG, RESPONSE_ROLE
from policies.preparation import ISOLATION_ROLE, STACKS, Wish, forms_of, isolation, render_stack
from policies.preparation.language import PLAIN
from policies.preparation.response_role import SESSION_SECONDS, can_carry_mfa, permission_policy, trust_policy
from scanner.iam.catalogue import catalogue
from scanner.iam.questions import Questions, WhatIf, source
from scanner.inventory import Account, Document, InlinePolicy, Role
from tests.accounts import FOREIGN, NOW, OWN, Json, allow, deny, policy, verdict
from tests.policies.conftest import HOSTILE_NAMES

_ROLE, _USER = f"arn:aws:iam::{OWN}:role/", f"arn:aws:iam::{OWN}:user/"
RESPONDER = _ROLE + RESPONSE_ROLE
PERMISSIONS = permission_policy(PLAIN, RESPONSE_ROLE, ISOLATION_ROLE)
DENY_ALL = {"iam:policyarn": ("arn:aws:iam::aws:policy/AWSDenyAll",)}


def _questions() -> Questions:
    trust = Document(json.dumps(trust_policy(FOREIGN, mfa=True)).encode())
    inline = (InlinePolicy("guardrift-contain", Document(json.dumps(PERMISSIONS).encode())),)
    role = Role(RESPONSE_ROLE, RESPONDER, trust, inline=inline)
    return Questions(
        Account(account_id=OWN, partition="aws", taken_at=NOW, users=(), groups=(), roles=(role,), policies=())
    )


def may(action: str, resource: str, **said: Any) -> str:
    context = {name.replace("_", ":", 1): value for name, value in said.items()}
    return _questions().ask(
        RESPONDER, action, resource, context={**DENY_ALL, **context}, what_if=WhatIf(has_no_resource_policy=True)
    ).decision  # fmt: skip


CONTAINING = [
    ("iam:PutRolePolicy", _ROLE + "web"), ("iam:DeleteRolePolicy", _ROLE + "web"), ("iam:PutUserPolicy", _USER + "ann"),
    ("iam:DeleteUserPolicy", _USER + "ann"), ("iam:AttachRolePolicy", _ROLE + "web"),
    ("iam:DetachUserPolicy", _USER + "ann"), ("iam:PutRolePermissionsBoundary", _ROLE + "web"),
    ("iam:DeleteUserPermissionsBoundary", _USER + "ann"), ("iam:UpdateAssumeRolePolicy", _ROLE + "web"),
    ("iam:UpdateAccessKey", _USER + "ann"), ("iam:UpdateServiceSpecificCredential", _USER + "ann"),
    ("iam:UpdateSSHPublicKey", _USER + "ann"), ("iam:UpdateSigningCertificate", _USER + "ann"),
    ("iam:DeleteLoginProfile", _USER + "ann"), ("iam:DeactivateMFADevice", _USER + "ann"),
    ("iam:TagRole", _ROLE + "web"), ("iam:UntagUser", _USER + "ann"),
    ("iam:CreatePolicy", f"arn:aws:iam::{OWN}:policy/ir-revoke-sessions-web"),
    ("ec2:StopInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"),
    ("ec2:ModifyInstanceMetadataOptions", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"),
    ("ec2:ReplaceIamInstanceProfileAssociation", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"),
    ("ec2:CreateSnapshot", f"arn:aws:ec2:eu-west-1:{OWN}:volume/vol-1"),
    ("guardduty:GetFindings", "*"), ("cloudtrail:LookupEvents", "*"), ("athena:StartQueryExecution", "*"),
    ("iam:SimulatePrincipalPolicy", _ROLE + "web"), ("iam:GetAccountAuthorizationDetails", "*"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "resource"), CONTAINING)
def test_it_may_contain(action: str, resource: str) -> None:
    assert may(action, resource) == "yes"


@pytest.mark.parametrize(
    "action", [a for a, resource in CONTAINING if resource.startswith(_ROLE) and "Simulate" not in a]
)
def test_it_may_not_change_itself(action: str) -> None:
    assert may(action, RESPONDER) == "no"


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("iam:AttachRolePolicy", _ROLE + "web", {"iam_policyarn": ("arn:aws:iam::aws:policy/AdministratorAccess",)}),
        ("iam:DetachRolePolicy", _ROLE + "web", {"iam_policyarn": (f"arn:aws:iam::{OWN}:policy/app",)}),
        ("iam:CreatePolicyVersion", f"arn:aws:iam::{OWN}:policy/app", {}),
        ("iam:CreateAccessKey", _USER + "ann", {}),
        ("iam:CreateUser", _USER + "new", {}),
        ("iam:DeleteRole", _ROLE + "web", {}),
        ("iam:DeleteUser", _USER + "ann", {}),
        ("iam:DeleteAccessKey", _USER + "ann", {}),
        ("iam:PassRole", _ROLE + "web", {"iam_passedtoservice": ("ec2.amazonaws.com",)}),
        ("iam:PassRole", _ROLE + ISOLATION_ROLE, {"iam_passedtoservice": ("lambda.amazonaws.com",)}),
        ("ec2:TerminateInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1", {}),
        ("s3:GetObject", "arn:aws:s3:::data/secret", {}),
        ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/k", {"kms_encryptioncontext:aws:cloudtrail:arn": ()}),
        ("cloudtrail:StopLogging", "*", {}),
        ("sts:AssumeRole", _ROLE + "web", {}),
        ("secretsmanager:GetSecretValue", "*", {}),
    ],
    ids=str,
)
def test_it_may_not_more(action: str, resource: str, said: dict[str, Any]) -> None:
    assert may(action, resource, **said) == "no"


def test_it_may_isolate() -> None:
    assert may("iam:PassRole", _ROLE + ISOLATION_ROLE, iam_passedtoservice=("ec2.amazonaws.com",)) == "yes"


def test_every_action_exists_and_the_policy_fits_a_role() -> None:
    for statement in json.loads(json.dumps(PERMISSIONS))["Statement"]:
        for action in statement["Action"]:
            assert catalogue().expand(action), action
    assert len(json.dumps(PERMISSIONS, separators=(",", ":"))) < 6_144


_MFA = {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("60",)}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({**_MFA, "sts:sourceidentity": ("ann",)}, True),
        ({**_MFA, "sts:sourceidentity": ()}, False),
        ({"aws:multifactorauthpresent": (), "aws:multifactorauthage": (), "sts:sourceidentity": ("ann",)}, False),
        (
            {
                "aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": (str(SESSION_SECONDS + 1),),
                "sts:sourceidentity": ("ann",),
            },
            False,
        ),
    ],
    ids=str,
)  # fmt: skip
def test_who_may_assume_it(said: dict[str, tuple[str, ...]], expected: bool) -> None:
    ann = f"arn:aws:iam::{FOREIGN}:user/ann"
    trust = source("resource_policy", "trust", Document(json.dumps(trust_policy(FOREIGN, mfa=True)).encode()))
    for action in ("sts:AssumeRole", "sts:SetSourceIdentity"):
        decision = _questions().ask(ann, action, RESPONDER, context=said, what_if=WhatIf(resource=trust)).decision
        assert (decision != "no") is expected


@pytest.mark.parametrize(
    ("principal", "mfa"),
    [
        (FOREIGN, True), (f"arn:aws:iam::{FOREIGN}:root", True), (f"arn:aws:iam::{FOREIGN}:user/ann", True),
        (f"arn:aws:iam::{FOREIGN}:role/responders", False), (f"arn:aws:sts::{FOREIGN}:assumed-role/r/s", False),
        (f"arn:aws-us-gov:iam::{FOREIGN}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_X_1", False),
    ],
)  # fmt: skip
def test_mfa_is_asked_of_whoever_can_show_it(principal: str, mfa: bool) -> None:
    """A trust policy that asks it of a role would let nobody in."""
    assert can_carry_mfa(principal) is mfa
    for form in forms_of("response-role"):
        text = render_stack("response-role", form, Wish(principal=principal))
        assert ("MultiFactorAuthPresent" in text) is mfa
        assert "sts:SourceIdentity" in text


@pytest.mark.parametrize(
    "text", [*HOSTILE_NAMES, "*", "", "999988887777 ", "arn:aws:iam::999988887777:role/*"], ids=ascii
)
def test_hostile_wishes(text: str) -> None:
    for form in forms_of("response-role"):
        with pytest.raises(NotWritable):
            render_stack("response-role", form, Wish(principal=text))


def _account(trusted: str) -> Json:
    made = {"created": "2026-11-01T00:00:00Z"}
    response = {
        "name": RESPONSE_ROLE, "arn": RESPONDER, "id": "AROA1", **made, "trust": trust_policy(trusted, mfa=True),
        "inline": [{"name": "guardrift-contain", "document": PERMISSIONS}],
    }  # fmt: skip
    isolated = {
        "name": ISOLATION_ROLE, "arn": _ROLE + ISOLATION_ROLE, "id": "AROA2", **made,
        "trust": isolation.trust_policy(), "instance_profiles": [ISOLATION_ROLE],
        "attached": [{"name": "AWSDenyAll", "arn": "arn:aws:iam::aws:policy/AWSDenyAll"}],
    }  # fmt: skip
    admin = {
        "name": "admin", "arn": _ROLE + "admin", "id": "AROA3", **made, "trust": policy(),
        "inline": [{"name": "all", "document": policy(allow())}],
    }  # fmt: skip
    deny_all = {
        "arn": "arn:aws:iam::aws:policy/AWSDenyAll", "name": "AWSDenyAll",
        "versions": [{"id": "v2", "is_default": True, "document": policy(deny())}],
    }  # fmt: skip
    return {
        "users": [], "groups": [], "policies": [deny_all], "roles": [response, isolated, admin],
        "organization": {"membership": None},
    }  # fmt: skip


DECLARED = {"response_roles": [f"role/{RESPONSE_ROLE}"], "response_accounts": [FOREIGN]}


@pytest.mark.parametrize("rule", ["response-role-missing", "response-role-trust", "response-role-editable"])
def test_our_rules_take_it_for_a_response_role(rule: str) -> None:
    assert verdict(rule, _account(FOREIGN), declared=DECLARED) == "pass"
    assert verdict(rule, _account(OWN)) == "pass"


def test_it_can_contain_the_administrator() -> None:
    """Itself it cannot, which the rule tells."""
    assert sorted(verdict("response-role-cannot-contain", _account(OWN)).split()) == ["fail", "pass"]


def test_stacks_are_described() -> None:
    assert {each.when for each in STACKS} == {"to have before"}
    assert all(each.description and each.breaks and each.place and each.sources for each in STACKS)
    assert QUARANTINE_TAG in STACKS[0].description
