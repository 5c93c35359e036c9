"""What a stolen credential can keep, read and destroy, and which finding tells of it."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, findings, gap, only_finding, verdict
from tests.rules.holding import DETAILS, administrator, arn_of, iam, managed, named, role, user
from tests.rules.trusting import OWN_ROOT

PERSIST, READ, DESTROY = "iam-can-persist", "iam-can-read-all-secrets", "iam-can-destroy-data"
LINKED = "/aws-service-role/x.amazonaws.com/"
ANN = user("u-ann")
OWN_NAME = f"arn:aws:iam::{OWN}:user/${{aws:username}}"
POWER_USER: Json = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
MAKING = allow("iam:CreateAccessKey")


def keys(name: str = "u-dev", status: str = "Active") -> list[Json]:
    return [
        {
            "user": name,
            "keys": [{"id": "AKIAEXAMPLE1", "user": name, "status": status, "created": "2026-01-01T00:00:00Z"}],
        }
    ]


def of_user(*statements: Json, active: bool = True, **parts: object) -> Json:
    """An account with one user, who has a key."""
    return iam(user("u-dev", *statements), access_keys=keys(status="Active" if active else "Inactive"), **parts)


def of_instance(*statements: Json) -> Json:
    return iam(role("r-app", "ec2", *statements, instance_profiles=["app"]), access_keys=[])


PERSISTS: list[Case] = [
    ("keys of others", iam(user("u-dev", MAKING), ANN), "fail pass"),
    ("keys of itself", iam(user("u-dev", allow("iam:CreateAccessKey", OWN_NAME)), ANN), "pass pass"),
    ("keys, and there is nobody else", iam(user("u-dev", MAKING)), "pass"),
    (
        "keys of nobody who exists",
        iam(user("u-dev", allow("iam:CreateAccessKey", arn_of("user", "x"))), ANN),
        "pass pass",
    ),
    ("keys, denied", iam(user("u-dev", MAKING, deny("iam:*AccessKey")), ANN), "pass pass"),
    (
        "keys, denied for one of two",
        iam(user("u-dev", MAKING, deny("iam:*", arn_of("user", "u-ann"))), ANN, user("u-bob")),
        "fail pass pass",
    ),
    (
        "keys of administrators alone",
        iam(user("u-dev", MAKING), user("u-ann", allow()), access_keys=[{"user": "u-ann", "keys": []}]),
        "pass pass",
    ),
    (
        "who may become one, if there is a function",
        iam(
            role("r-app", "ec2", allow(["lambda:UpdateFunctionCode", "iam:UpdateSAMLProvider"])),
            administrator("r-adm", "lambda"),
        ),
        "fail pass",
    ),
    ("a power user", iam(user("u-dev", POWER_USER)), "pass"),
    ("a trust anchor, by name", iam(role("r-app", "ec2", allow("rolesanywhere:CreateTrustAnchor"))), "fail"),
    ("a password", iam(user("u-dev", allow("iam:UpdateLoginProfile")), ANN), "fail pass"),
    (
        "the trust of roles",
        iam(role("r-app", "ec2", allow("iam:UpdateAssumeRolePolicy")), role("r-b", "ec2")),
        "fail pass",
    ),
    (
        "the trust of a role of AWS",
        iam(
            role("r-app", "ec2", allow("iam:UpdateAssumeRolePolicy", arn_of("role", "*", LINKED))),
            role("r-b", "x", path=LINKED),
        ),
        "pass pass",
    ),
    ("a provider", iam(role("r-app", "ec2", allow("iam:CreateOpenIDConnectProvider"))), "fail"),
    ("the metadata of a provider", iam(role("r-app", "ec2", allow("iam:UpdateSAMLProvider"))), "fail"),
    ("trust anchors, by a wildcard", iam(role("r-app", "ec2", allow("rolesanywhere:*"))), "fail"),
    ("a new user with a key", iam(user("u-dev", allow(["iam:CreateUser", "iam:CreateAccessKey"]))), "fail"),
    (
        "a new user with a key, by name",
        iam(user("u-dev", allow(["iam:CreateUser", "iam:CreateAccessKey"], arn_of("user", "tmp-*")))),
        "fail",
    ),
    ("a new user without a key", iam(user("u-dev", allow("iam:CreateUser"))), "pass"),
    (
        "a new user, keys of another name",
        iam(
            user(
                "u-dev",
                allow("iam:CreateUser", arn_of("user", "a-*")),
                allow("iam:CreateAccessKey", arn_of("user", "b-*")),
            )
        ),
        "pass",
    ),
    ("reading", iam(user("u-dev", allow(["iam:Get*", "iam:List*"])), ANN), "pass pass"),
    ("an administrator", iam(user("u-dev", allow()), ANN), "pass pass"),
    ("who can become one", iam(user("u-dev", allow("iam:*")), ANN), "pass pass"),
    ("a role of a service", iam(role("r-app", "x", allow("iam:UpdateSAMLProvider"), path=LINKED)), "pass"),
    (
        "under a boundary",
        iam(user("u-dev", MAKING, boundary=arn_of("policy", "cap")), ANN, policies=[managed("cap", allow("s3:*"))]),
        "pass pass",
    ),
    ("a boundary missing", iam(user("u-dev", MAKING, boundary=arn_of("policy", "x")), ANN), "pass unknown"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("users denied", iam(role("r-app", "ec2", MAKING), users=gap(DETAILS)), "unknown unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

SECRETS = allow("secretsmanager:GetSecretValue")
PARAMETERS = allow(["ssm:GetParameter", "ssm:GetParameters"])
DECRYPT = allow("kms:Decrypt")
BY_TAG: Json = {"StringEquals": {"secretsmanager:ResourceTag/team": "a"}}

READS: list[Case] = [
    ("every secret, with a key", of_user(SECRETS), "fail"),
    ("every secret, without a key", of_user(SECRETS, active=False), "fail"),
    ("every secret, keys not read", of_user(SECRETS) | {"access_keys": gap("iam:ListAccessKeys")}, "fail"),
    ("one secret", of_user(allow("secretsmanager:*", f"arn:aws:secretsmanager:*:{OWN}:secret:app-*")), "pass"),
    ("every secret by ARN", of_user(allow("secretsmanager:Get*", f"arn:aws:secretsmanager:*:{OWN}:secret:*")), "fail"),
    (
        "every secret of a region",
        of_user(
            allow("secretsmanager:Get*", f"arn:aws:secretsmanager:eu-west-1:{OWN}:secret:*"),
            regions=[{"name": "eu-west-1"}],
        ),
        "fail",
    ),
    (
        "every secret of another account",
        of_user(allow("secretsmanager:Get*", f"arn:aws:secretsmanager:*:{FOREIGN}:secret:*")),
        "pass",
    ),
    ("secrets by tag", of_user(SECRETS | {"Condition": BY_TAG}), "pass"),
    (
        "secrets, denied unless by tag",
        of_user(SECRETS, deny("secretsmanager:*", Condition={"StringNotEquals": BY_TAG["StringEquals"]})),
        "pass",
    ),
    (
        "secrets, denied but for one",
        of_user(
            SECRETS, {"Effect": "Deny", "Action": "*", "NotResource": f"arn:aws:secretsmanager:*:{OWN}:secret:app-*"}
        ),
        "pass",
    ),
    ("secrets, one denied", of_user(SECRETS, deny("*", f"arn:aws:secretsmanager:*:{OWN}:secret:root-*")), "fail"),
    (
        "secrets from an address",
        of_user(SECRETS | {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}),
        "fail",
    ),
    ("listing secrets", of_user(allow(["secretsmanager:List*", "secretsmanager:Describe*"])), "pass"),
    ("parameters, with a key", of_user(PARAMETERS), "fail"),
    ("parameters by path", of_user(allow("ssm:GetParametersByPath", f"arn:aws:ssm:*:{OWN}:parameter/app/*")), "pass"),
    ("keys", of_user(DECRYPT), "fail"),
    (
        "keys by way of a service",
        of_user(DECRYPT | {"Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}),
        "pass",
    ),
    ("keys of another account", of_user(allow("kms:Decrypt", f"arn:aws:kms:*:{FOREIGN}:key/*")), "pass"),
    ("an instance", of_instance(SECRETS), "fail"),
    ("an instance, parameters", of_instance(PARAMETERS), "fail"),
    ("a role that no instance carries", iam(role("r-app", "lambda", SECRETS), access_keys=[]), "pass"),
    ("by a wildcard on the service", of_user(allow("secretsmanager:*")), "pass"),
    ("by a lighter wildcard on the service", of_user(allow("ssm:*")), "pass"),
    ("by a wildcard and by name", of_user(allow("ssm:*"), SECRETS), "fail"),
    ("a power user", of_user(POWER_USER), "pass"),
    ("an administrator", of_user(allow()), "pass"),
    ("who can become one", of_user(SECRETS, allow("iam:*")), "pass"),
    (
        "under a boundary",
        of_user(SECRETS)
        | {
            "users": [user("u-dev", SECRETS, boundary=arn_of("policy", "cap"))],
            "policies": [managed("cap", allow("s3:*"))],
        },
        "pass",
    ),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),)), access_keys=[]), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

VERSIONS = allow("s3:DeleteObject*")

DESTROYS: list[Case] = [
    ("objects and versions, with a key", of_user(VERSIONS), "fail"),
    ("objects and versions, an instance", of_instance(VERSIONS), "fail"),
    ("objects and versions, a role", iam(role("r-app", "lambda", VERSIONS), access_keys=[]), "fail"),
    ("objects alone", of_user(allow("s3:DeleteObject")), "fail"),
    ("of every bucket by ARN", of_user(allow("s3:DeleteObject", "arn:aws:s3:::*")), "fail"),
    ("of some buckets", of_user(allow("s3:DeleteObject*", "arn:aws:s3:::app-*")), "pass"),
    ("expiry", of_user(allow("s3:PutLifecycleConfiguration")), "fail"),
    ("keys", of_user(allow(["kms:ScheduleKeyDeletion", "kms:DisableKey"])), "fail"),
    (
        "keys by tag",
        of_user(allow("kms:ScheduleKeyDeletion", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})),
        "pass",
    ),
    ("one key", of_user(allow("kms:ScheduleKeyDeletion", f"arn:aws:kms:eu-west-1:{OWN}:key/1")), "pass"),
    ("versions, denied", of_user(VERSIONS, deny("s3:Delete*")), "pass"),
    ("versions, denied for the logs", of_user(VERSIONS, deny("s3:*", "arn:aws:s3:::logs/*")), "fail"),
    ("reading and writing", of_user(allow(["s3:Get*", "s3:PutObject"])), "pass"),
    ("everything in S3, with a key", of_user(allow("s3:*")), "fail"),
    ("everything in S3, without a key", of_user(allow("s3:*"), active=False), "pass"),
    ("everything in S3, keys not read", of_user(allow("s3:*")) | {"access_keys": gap("iam:ListAccessKeys")}, "unknown"),
    ("everything in KMS, with a key", of_user(allow("kms:*")), "pass"),
    ("a power user with a key", of_user(POWER_USER), "pass"),
    ("an administrator", of_user(allow()), "pass"),
    ("who can become one", of_user(VERSIONS, allow("iam:*")), "pass"),
    ("a role of a service", iam(role("r-app", "x", VERSIONS, path=LINKED), access_keys=[]), "pass"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),)), access_keys=[]), "unknown"),
    ("everything denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
]

TABLES = {PERSIST: PERSISTS, READ: READS, DESTROY: DESTROYS}

CREDENTIALS = {"iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"}

# They decide whether an escalation is sure, whose finding then tells of the principal.
ALSO_LOOKED_AT = dict.fromkeys(TABLES, CREDENTIALS)


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_powers(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


@pytest.mark.parametrize(
    ("rule", "case", "severity"),
    [
        (PERSIST, "the metadata of a provider", "high"),
        (PERSIST, "a provider", "medium"),
        (PERSIST, "a new user with a key", "medium"),
        (READ, "every secret, with a key", "high"),
        (READ, "every secret, without a key", "medium"),
        (READ, "every secret, keys not read", "high"),
        (READ, "an instance", "high"),
        (READ, "keys", "high"),
        (READ, "parameters, with a key", "medium"),
        (DESTROY, "objects and versions, with a key", "high"),
        (DESTROY, "objects and versions, an instance", "high"),
        (DESTROY, "objects and versions, a role", "medium"),
        (DESTROY, "objects alone", "medium"),
        (DESTROY, "everything in S3, with a key", "high"),
    ],
)
def test_severity_follows_reach(rule: str, case: str, severity: str) -> None:
    assert only_finding(rule, named(TABLES[rule], case)).severity == severity


@pytest.mark.parametrize("rule", TABLES)
def test_who_is_declared_to_be_an_administrator_is_meant_to(rule: str) -> None:
    facts = of_user(MAKING, SECRETS, VERSIONS) | {"users": [user("u-dev", MAKING, SECRETS, VERSIONS), ANN]}

    assert verdict(rule, facts) == "fail pass"
    assert verdict(rule, facts, declared={"break_glass": ("user/u-dev",)}) == "pass pass"
    assert verdict(rule, facts, declared={"administrators": ("user/u-ann",)}) == "fail pass"


def test_whom_one_can_leave_a_way_to_is_named() -> None:
    people = [user(f"u-{number}") for number in range(8)]
    (found,) = findings(PERSIST, iam(user("u-dev", allow(["iam:CreateAccessKey", "iam:CreateLoginProfile"])), *people))

    assert "make access keys of others (iam:CreateAccessKey on user/u-0, " in found.message
    assert "and 3 more" in found.message
    assert "user/u-dev" not in found.message
    assert found.evidence["material"] == ["persists:iam:CreateAccessKey", "persists:iam:CreateLoginProfile"]
    assert found.confidence == "high"


def test_what_is_read_and_by_which_credential_is_told() -> None:
    found = only_finding(READ, of_user(SECRETS, PARAMETERS))
    instance = only_finding(READ, of_instance(DECRYPT))

    assert "every secret of Secrets Manager, and every parameter of Systems Manager." in found.message
    assert "AKIAEXAMPLE1" in found.message
    assert found.evidence["material"] == ["reads:secretsmanager", "reads:ssm"]
    assert "Instances carry it, by app." in instance.message


def test_a_region_is_told_where_it_is_not_all() -> None:
    found = only_finding(READ, named(READS, "every secret of a region"))

    assert "Secrets Manager in eu-west-1." in found.message


def test_what_hangs_on_conditions_is_less_sure() -> None:
    assert only_finding(READ, named(READS, "secrets from an address")).confidence == "medium"
    assert only_finding(READ, named(READS, "every secret, with a key")).confidence == "high"


def test_how_data_is_destroyed_is_told() -> None:
    found = only_finding(DESTROY, named(DESTROYS, "objects and versions, with a key"))

    assert "delete objects (s3:DeleteObject), delete older versions (s3:DeleteObjectVersion)" in found.message
    assert found.evidence["active_access_keys"] == ("AKIAEXAMPLE1",)


def test_a_principal_has_one_finding_for_one_wildcard() -> None:
    facts = iam(
        user("u-dev", POWER_USER),
        administrator("r-admin"),
        role("r-app", OWN_ROOT, POWER_USER, instance_profiles=["app"]),
        access_keys=keys(),
    )

    assert [verdict(rule, facts) for rule in TABLES] == ["pass pass pass"] * len(TABLES)


def test_who_contains_credentials_may_change_trust_policies_but_make_none() -> None:
    change, make = allow("iam:UpdateAssumeRolePolicy"), MAKING
    declared = {"response_roles": ("role/r-app",)}

    assert verdict(PERSIST, iam(role("r-app", OWN_ROOT, change), role("r-b", "ec2"))) == "fail pass"
    assert verdict(PERSIST, iam(role("r-app", OWN_ROOT, change), role("r-b", "ec2")), declared=declared) == "pass pass"
    assert verdict(PERSIST, iam(role("r-app", OWN_ROOT, change, make), ANN), declared=declared) == "fail pass"
