"""Services that act for many customers, and identity providers that nobody uses."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, gap, only_finding, policy, verdict
from tests.rules.holding import DETAILS, administrator, iam, named, role
from tests.rules.trusting import OWN_ROOT, admit, refuse

DEPUTY, UNUSED = "iam-role-trust-confused-deputy", "iam-identity-provider-unused"
LINKED = "/aws-service-role/x.amazonaws.com/"
CODEBUILD = {"Service": "codebuild.amazonaws.com"}
OIDC = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{OWN}:saml-provider/idp"
OF_IDENTITY_CENTER = f"arn:aws:iam::{OWN}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"


def trusting(*statements: Json, path: str = "/") -> Json:
    return iam(role("r-app", None, path=path) | {"trust": policy(*statements)})


DEPUTIES: list[Case] = [
    ("nothing is asked", trusting(admit(CODEBUILD)), "fail"),
    ("a service of a region", trusting(admit({"Service": "states.eu-west-1.amazonaws.com"})), "fail"),
    ("in China", trusting(admit({"Service": "states.cn-north-1.amazonaws.com.cn"})), "fail"),
    ("the account", trusting(admit(CODEBUILD, StringEquals={"aws:SourceAccount": OWN})), "pass"),
    ("the account of somebody else", trusting(admit(CODEBUILD, StringEquals={"aws:SourceAccount": FOREIGN})), "pass"),
    (
        "the resource",
        trusting(admit(CODEBUILD, ArnLike={"aws:SourceArn": f"arn:aws:codebuild:*:{OWN}:project/*"})),
        "pass",
    ),
    (
        "any project",
        trusting(admit(CODEBUILD, ArnLike={"aws:SourceArn": "arn:aws:codebuild:*:*:project/*"})),
        "fail",
    ),
    (
        "any account's in one region",
        trusting(admit(CODEBUILD, ArnLike={"aws:SourceArn": "arn:aws:codebuild:us-east-1:*:*"})),
        "fail",
    ),
    (
        "any account's of one name",
        trusting(
            admit(CODEBUILD, StringLike={"aws:SourceArn": "arn:aws:codebuild:eu-west-1:????????????:project/app"})
        ),
        "fail",
    ),
    ("any resource", trusting(admit(CODEBUILD, ArnLike={"aws:SourceArn": "arn:aws:codebuild:*:*:*"})), "fail"),
    ("the organization", trusting(admit(CODEBUILD, StringEquals={"aws:SourceOrgID": "o-a1b2c3d4e5"})), "pass"),
    ("an external id", trusting(admit(CODEBUILD, StringEquals={"sts:ExternalId": "b7c1"})), "pass"),
    (
        "the account, if there is a word on it",
        trusting(admit(CODEBUILD, StringEqualsIfExists={"aws:SourceAccount": OWN})),
        "pass",
    ),
    ("another than the account", trusting(admit(CODEBUILD, StringNotEquals={"aws:SourceAccount": OWN})), "fail"),
    (
        "Deny for other accounts",
        trusting(admit(CODEBUILD), refuse(CODEBUILD, StringNotEquals={"aws:SourceAccount": OWN})),
        "pass",
    ),
    ("frozen", trusting(admit(CODEBUILD), refuse()), "pass"),
    (
        "one of two statements asks",
        trusting(admit(CODEBUILD, StringEquals={"aws:SourceAccount": OWN}), admit(CODEBUILD)),
        "fail",
    ),
    *(
        (f"{name}, a plain service role", iam(role("r-app", name)), "pass")
        for name in ("ec2", "lambda", "ecs-tasks", "edgelambda", "cloudtrail", "elastictranscoder", "backup", "glue")
    ),
    ("people", iam(role("r-app", OWN_ROOT)), "pass"),
    ("a role of a service", trusting(admit(CODEBUILD), path=LINKED), "pass"),
    ("malformed", trusting({"Effect": "Perhaps"}), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]


def with_providers(*roles: Json, oidc: tuple[str, ...] = (OIDC,), saml: tuple[str, ...] = (), **parts: object) -> Json:
    found = [{"arn": arn, "detail": {"kind": "oidc-detail", "url": arn.partition("/")[2]}} for arn in oidc]
    return iam(*roles, oidc_providers=found, saml_providers=[{"arn": arn} for arn in saml]) | parts


def federated(arn: str, action: str = "sts:AssumeRoleWithWebIdentity") -> Json:
    return role("r-app", admit({"Federated": arn}, action))


PROVIDERS: list[Case] = [
    ("of tokens", with_providers(), "fail"),
    ("of assertions", with_providers(oidc=(), saml=(SAML,)), "fail"),
    ("of tokens, in use", with_providers(federated(OIDC)), "pass"),
    ("of assertions, in use", with_providers(federated(SAML, "sts:AssumeRoleWithSAML"), oidc=(), saml=(SAML,)), "pass"),
    ("one of two", with_providers(federated(OIDC), saml=(SAML,)), "fail pass"),
    ("another one in use", with_providers(federated(f"{OIDC}/other")), "fail"),
    ("refused", with_providers(role("r-app", refuse({"Federated": OIDC}, "sts:*"))), "fail"),
    ("of IAM Identity Center", with_providers(oidc=(), saml=(OF_IDENTITY_CENTER,)), ""),
    ("a trust policy is malformed", with_providers(role("r-app", {"Effect": "Perhaps"})), "unknown"),
    ("roles denied", with_providers(roles=gap(DETAILS)), "unknown"),
    ("one list denied", with_providers(saml_providers=gap("iam:ListSAMLProviders")), "fail unknown"),
    (
        "lists denied",
        iam(oidc_providers=gap("iam:ListOpenIDConnectProviders"), saml_providers=gap("iam:ListSAMLProviders")),
        "unknown",
    ),
]

TABLES = {DEPUTY: DEPUTIES, UNUSED: PROVIDERS}


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_trust(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_what_the_role_may_do_decides_the_severity() -> None:
    plain = only_finding(DEPUTY, named(DEPUTIES, "nothing is asked"))
    grave = only_finding(DEPUTY, iam(administrator("r-app", "scheduler")))

    assert (plain.severity, grave.severity) == ("medium", "high")
    assert "The role is an administrator." in grave.message
    assert "codebuild.amazonaws.com acts" in plain.message
    assert plain.evidence["material"] == ["deputy:codebuild.amazonaws.com"]


def test_services_that_send_nothing_are_not_named_beside_one_that_does() -> None:
    found = only_finding(DEPUTY, trusting(admit({"Service": ["ec2.amazonaws.com", "iot.amazonaws.com"]})))

    assert found.evidence["services"] == ["iot.amazonaws.com"]


def test_a_provider_of_tokens_is_made_anew_where_its_settings_were_read() -> None:
    detail = {"kind": "oidc-detail", "url": "id.example/a", "client_ids": ["sts.amazonaws.com"], "thumbprints": ["ab"]}

    def undo(found: object) -> tuple[str, ...]:
        facts = iam(saml_providers=[], oidc_providers=[{"arn": OIDC, "detail": found}])
        return only_finding(UNUSED, facts).remediation.undo

    words = "--url https://id.example/a --client-id-list sts.amazonaws.com --thumbprint-list ab"
    assert undo(detail) == (f"aws iam create-open-id-connect-provider {words}",)
    assert undo(gap("iam:GetOpenIDConnectProvider")) == ()


def test_each_kind_of_provider_has_its_command() -> None:
    tokens = only_finding(UNUSED, named(PROVIDERS, "of tokens"))
    assertions = only_finding(UNUSED, named(PROVIDERS, "of assertions"))

    assert tokens.remediation.commands == (
        f"aws iam delete-open-id-connect-provider --open-id-connect-provider-arn {OIDC}",
    )
    keep = f"aws iam get-saml-provider --saml-provider-arn {SAML} --query SAMLMetadataDocument --output text"
    assert assertions.remediation.commands == (
        f"{keep} > idp-saml-metadata.xml",
        f"aws iam delete-saml-provider --saml-provider-arn {SAML}",
    )
    assert assertions.remediation.undo == (
        "aws iam create-saml-provider --name idp --saml-metadata-document file://idp-saml-metadata.xml",
    )
    assert (tokens.severity, tokens.confidence) == ("low", "medium")
