"""One account with a credential of every kind, and how each is named."""

from __future__ import annotations

from typing import Any

from policies.subjects import Subject
from scanner.inventory import Account
from tests.accounts import FOREIGN, OWN, account, allow, policy, region, regions

MANAGEMENT = "777788889999"
INSTANCE = "i-0123456789abcdef0"
PERSON = "90677b8a2c-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
_SERVICE = "/aws-service-role/config.amazonaws.com/"
_RESERVED = "/aws-reserved/sso.amazonaws.com/eu-west-1/"


def trusting(principal: object, action: str = "sts:AssumeRole", **conditions: object) -> dict[str, Any]:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": conditions} if conditions else {})}]}


def service(name: str) -> dict[str, Any]:
    """A trust policy for a service."""
    return trusting({"Service": f"{name}.amazonaws.com"})


def provider(name: str, audience: str = "sts.amazonaws.com") -> dict[str, Any]:
    """A trust policy for an identity provider of the web."""
    federated = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{name}"}
    return trusting(federated, "sts:AssumeRoleWithWebIdentity", StringEquals={f"{name}:aud": audience})


def role(name: str, trust: dict[str, Any], path: str = "/", **more: object) -> dict[str, Any]:
    """A role that may read a bucket."""
    return {
        "name": name,
        "path": path,
        "arn": f"arn:aws:iam::{OWN}:role{path}{name}",
        "id": f"AROA{name.upper().replace('-', '').replace('_', ''):X<17}"[:21],
        "trust": trust,
        "inline": [{"name": "own", "document": policy(allow("s3:GetObject", "arn:aws:s3:::data/*"))}],
        **more,
    }


def user(name: str, **more: object) -> dict[str, Any]:
    """A user that may read a bucket."""
    return {
        "name": name,
        "path": "/",
        "arn": f"arn:aws:iam::{OWN}:user/{name}",
        "id": f"AIDA{name.upper().replace('-', ''):X<17}"[:21],
        "inline": [{"name": "own", "document": policy(allow("s3:GetObject", "arn:aws:s3:::data/*"))}],
        **more,
    }


SAML = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/people"}
ROLES = [
    role("web", service("ec2"), instance_profiles=["web"]),
    role("partner", trusting({"AWS": f"arn:aws:iam::{FOREIGN}:root"})),
    role("staff", trusting(SAML, "sts:AssumeRoleWithSAML")),
    role("deploy", provider("token.actions.githubusercontent.com")),
    role("pods", provider("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789")),
    role("resize", service("lambda")),
    role("tasks", service("ecs-tasks")),
    role("second-hop", trusting({"AWS": f"arn:aws:iam::{OWN}:role/web"})),
    role("servers", service("rolesanywhere")),
    role("visitors", provider("cognito-identity.amazonaws.com", "eu-west-1:0a1b2c3d")),
    role("AWSServiceRoleForConfig", service("config"), _SERVICE),
    role("AWSReservedSSO_Admins_0a1b2c3d4e5f6071", trusting(SAML, "sts:AssumeRoleWithSAML"), _RESERVED),
]
USERS = [user("ann"), user("BedrockAPIKey-ab12"), user("console")]
KEY = {"id": "AKIAIOSFODNN7EXAMPLE", "user": "ann", "status": "Active", "created": "2026-01-01T00:00:00Z"}
KEYS = [
    {"user": "ann", "keys": [KEY]},
    {"user": "BedrockAPIKey-ab12", "keys": []},
    {"user": "console", "keys": []},
]
REPORT = {
    "kind": "credential-report",
    "rows": [{"user": "console", "arn": f"arn:aws:iam::{OWN}:user/console", "password_enabled": True}],
}


def organization(*, management: str = MANAGEMENT) -> dict[str, Any]:
    """An organization in which service control policies are switched on."""
    return {
        "membership": {"kind": "organization", "id": "o-0a1b2c3d4e", "management_account": management},
        "tree": {
            "kind": "organization-tree",
            "units": [],
            "roots": [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]}],
        },
        "accounts": [{"id": OWN, "name": "own", "state": "ACTIVE", "parent": "r-1"}],
        "policies": [_full("SERVICE_CONTROL_POLICY"), _full("RESOURCE_CONTROL_POLICY")],
    }


def _full(kind: str) -> dict[str, Any]:
    """The policy of AWS that lets everything pass, without which nothing does."""
    principal = {"Principal": "*"} if kind.startswith("RESOURCE") else {}
    document = policy({**allow(), **principal})
    return {
        "id": f"p-{kind}",
        "name": "full",
        "type": kind,
        "is_aws_managed": True,
        "content": {"kind": "policy-content", "document": document},
        "targets": ["r-1", OWN],
    }


def everything(**more: object) -> Account:
    """The account; it is a member of an organization."""
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:instance/{INSTANCE}"
    instance = {
        "id": INSTANCE,
        "arn": arn,
        "state": "running",
        "instance_profile": f"arn:aws:iam::{OWN}:instance-profile/web",
    }
    facts = {
        "roles": ROLES,
        "users": USERS,
        "groups": [],
        "policies": [],
        "access_keys": KEYS,
        "credential_report": REPORT,
        "service_credentials": [
            {"user": "BedrockAPIKey-ab12", "service": "bedrock.amazonaws.com", "id": "ACCA1", "status": "Active"}
        ],
        "instance_profiles": [{"name": "web", "arn": f"arn:aws:iam::{OWN}:instance-profile/web", "roles": ["web"]}],
        "organization": organization(),
        **regions(region("eu-west-1", instances=[instance])),
        **more,
    }
    return account(facts)


def _role(name: str, **more: str) -> Subject:
    return Subject(kind="role", account_id=OWN, name=name, told_by="finding", **more)


SUBJECTS: dict[str, Subject] = {
    "role of an instance": _role("web", session=INSTANCE, instance=INSTANCE, region="eu-west-1"),
    "role of another account": _role("partner"),
    "role for SAML": _role("staff"),
    "role for OIDC": _role("deploy"),
    "person of Identity Center": _role("AWSReservedSSO_Admins_0a1b2c3d4e5f6071", user_id=PERSON),
    "role of Identity Center": _role("AWSReservedSSO_Admins_0a1b2c3d4e5f6071"),
    "long-term key of a user": Subject(kind="user", account_id=OWN, name="ann", access_key="AKIAIOSFODNN7EXAMPLE"),
    "session of a user": Subject(kind="user", account_id=OWN, name="ann", access_key="ASIAIOSFODNN7EXAMPLE"),
    "federated user": Subject(
        kind="federated-user", account_id=OWN, name="bob", arn=f"arn:aws:sts::{OWN}:federated-user/bob"
    ),
    "console session": Subject(kind="user", account_id=OWN, name="console"),
    "root user": Subject(kind="root", account_id=OWN, arn=f"arn:aws:iam::{OWN}:root"),
    "service-linked role": _role("AWSServiceRoleForConfig"),
    "role of a function": _role("resize", session="resize"),
    "role of a task": _role("tasks"),
    "role of pods": _role("pods"),
    "role at the second hop": _role("second-hop"),
    "role of Roles Anywhere": _role("servers"),
    "role of Cognito": _role("visitors"),
    "Bedrock API key": Subject(kind="user", account_id=OWN, name="BedrockAPIKey-ab12"),
    "foreign account": Subject(kind="foreign-account", account_id=FOREIGN),
}
