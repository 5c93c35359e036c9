"""Console sessions that become credentials for the command line."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, only_finding, policy, verdict
from tests.rules.identity.people import (
    DETAILS_DENIED,
    REPORT_DENIED,
    iam,
    report,
    row,
    user,
)
from tests.rules.organization.guarded import POLICY_ACTIONS, guarded

RULE = "iam-local-sign-in"
TOKEN, AUTHORIZE = "signin:CreateOAuth2Token", "signin:AuthorizeOAuth2Access"
CLIENTS = "arn:aws:signin:*:*:oauth2/public-client/*"
SELF_MADE = allow("iam:PutUserPolicy")
PASSWORD = report(row("ann", password=True))


def ann(*statements: Json, **facts: object) -> Json:
    return iam(user("ann", *statements, **facts)) | PASSWORD


def trusting(principal: Json, *statements: Json, path: str = "/", action: str = "sts:AssumeRole") -> Json:
    trust = policy({"Effect": "Allow", "Action": action, "Principal": principal})
    arn = f"arn:aws:iam::{OWN}:role{path}admin"
    inline = [{"name": "own", "document": policy(*(statements or (allow(),)))}]
    return iam(roles=[{"name": "admin", "arn": arn, "path": path, "trust": trust, "inline": inline}]) | report()


SAML: Json = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/AWSSSO_x"}
GITHUB: Json = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"}

LINKED = "arn:aws:iam::444455556666:role/aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForX"

CASES: list[Case] = [
    ("an administrator with a password", ann(allow()), "fail"),
    ("an administrator without a password", iam(user("ann", allow())) | report(row("ann", password=False)), "pass"),
    ("whether there is a password is not known", iam(user("ann", allow())) | report(row("ann")), "unknown"),
    ("the report was denied", ann(allow()) | {"credential_report": REPORT_DENIED}, "unknown"),
    ("one who can become an administrator, allowed", ann(SELF_MADE, allow([TOKEN, AUTHORIZE], CLIENTS)), "fail"),
    ("one who can become an administrator, not allowed", ann(SELF_MADE), "pass"),
    ("the token alone is of no use", ann(SELF_MADE, allow(TOKEN)), "pass"),
    (
        "in one region",
        ann(SELF_MADE, allow("signin:*", f"arn:aws:signin:eu-west-1:{OWN}:oauth2/public-client/remote")),
        "fail",
    ),
    ("in another account", ann(SELF_MADE, allow("signin:*", f"arn:aws:signin:eu-west-1:{FOREIGN}:oauth2/*")), "pass"),
    ("on other resources", ann(SELF_MADE, allow("signin:*", f"arn:aws:signin:eu-west-1:{OWN}:app/*")), "pass"),
    ("allowed, and not privileged", ann(allow(["s3:*", "signin:*"])), ""),
    ("denied", ann(allow(), deny(TOKEN)), "pass"),
    ("only the way by the browser is denied", ann(allow(), deny(AUTHORIZE)), "pass"),
    ("denied by a service control policy", ann(allow()) | guarded(deny(TOKEN)), "pass"),
    ("a service control policy denies something else", ann(allow()) | guarded(deny("s3:*")), "fail"),
    ("a role that the account can assume", trusting({"AWS": f"arn:aws:iam::{OWN}:root"}), "fail"),
    ("a role for people of a SAML provider", trusting(SAML, action="sts:AssumeRoleWithSAML"), "fail"),
    ("a role of a service", trusting({"Service": "ec2.amazonaws.com"}), ""),
    ("a role for a service of another account", trusting({"AWS": LINKED}), ""),
    ("a role for a service of another account and people", trusting({"AWS": [LINKED, OWN]}), "fail"),
    ("a role for tokens of workloads", trusting(GITHUB, action="sts:AssumeRoleWithWebIdentity"), ""),
    ("a role that denies it", trusting({"AWS": OWN}, allow(), deny("signin:*")), "pass"),
    (
        "a policy was not read",
        ann(allow("s3:*"), attached=[{"name": "x", "arn": f"arn:aws:iam::{OWN}:policy/x"}]),
        "unknown",
    ),
    (
        "it may sign in, and whether it is privileged was not read",
        ann(allow("signin:*"), attached=[{"name": "x", "arn": f"arn:aws:iam::{OWN}:policy/x"}]),
        "unknown",
    ),
    ("the users and roles were denied", {"users": DETAILS_DENIED, "roles": DETAILS_DENIED}, "unknown"),
    ("the roles were denied", ann(allow()) | {"roles": DETAILS_DENIED}, "fail unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_local_sign_in(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_a_permission_set_weighs_less_since_its_portal_hands_out_credentials() -> None:
    plain = only_finding(RULE, trusting(SAML, action="sts:AssumeRoleWithSAML"))
    permission_set = only_finding(
        RULE, trusting(SAML, path="/aws-reserved/sso.amazonaws.com/", action="sts:AssumeRoleWithSAML")
    )

    assert (plain.severity, permission_set.severity) == ("medium", "low")


def test_conditions_are_told() -> None:
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    found = only_finding(RULE, ann(allow(), deny("signin:*", Condition=condition)))

    assert found.confidence == "medium"
    assert ", only if aws:MultiFactorAuthPresent" in found.message


TABLES = {RULE: CASES}

ALSO_LOOKED_AT = {RULE: POLICY_ACTIONS}
