"""The principals of an account in which everything is in order, and the organization that it belongs to."""

from __future__ import annotations

from tests.accounts import OWN, Json, allow, policy

SECURITY, ARCHIVE, MANAGEMENT = "444455556666", "777788889999", "123412341234"
HOME, SECOND = "eu-west-1", "us-east-1"
REGIONS = (HOME, SECOND)
MADE, LATELY = "2025-01-01T00:00:00Z", "2026-11-19T00:00:00Z"
GITHUB = "token.actions.githubusercontent.com"
_CONFIG_ROLE = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"

_CONTAINING = ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey", "iam:Get*", "iam:List*"]
_PRESERVING = ["ec2:CreateSnapshot", "ec2:ModifySnapshotAttribute", "ec2:ModifyInstanceAttribute", "kms:Decrypt"]
_LOOKING = [
    "access-analyzer:Get*", "access-analyzer:List*", "cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*",
    "cloudtrail:LookupEvents", "config:Describe*", "config:Get*", "ec2:Describe*", "events:Describe*", "events:List*",
    "guardduty:Get*", "guardduty:List*", "iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "kms:Describe*",
    "kms:Get*", "kms:List*", "lambda:GetPolicy", "lambda:List*", "logs:Describe*", "organizations:Describe*",
    "organizations:List*", "s3:GetBucket*", "s3:List*", "securityhub:Describe*", "securityhub:Get*",
    "securityhub:List*", "sns:Get*", "sns:List*",
]  # fmt: skip


def iam(rest: str, account: str = OWN) -> str:
    """The ARN of something of IAM."""
    return f"arn:aws:iam::{account}:{rest}"


RESPONDER, INVESTIGATOR = iam("role/incident-response"), iam("role/auditor")


def _trust(principal: Json, action: str = "sts:AssumeRole", **condition: object) -> Json:
    more = {"Condition": condition} if condition else {}
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def _by_service(name: str) -> Json:
    return _trust({"Service": f"{name}.amazonaws.com"})


def _by_people() -> Json:
    return _trust({"AWS": iam("root")}, Bool={"aws:MultiFactorAuthPresent": "true"})


def _by_github() -> Json:
    return _trust(
        {"Federated": iam(f"oidc-provider/{GITHUB}")},
        "sts:AssumeRoleWithWebIdentity",
        StringEquals={f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": "repo:example/shop:ref:refs/heads/main"},
    )


def _by_sign_in() -> Json:
    return _trust(
        {"Federated": iam("saml-provider/people")},
        "sts:AssumeRoleWithSAML",
        StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"},
    )


def _role(number: int, name: str, trust: Json, *statements: Json, **more: object) -> Json:
    return {
        "name": name,
        "arn": iam(f"role{more.get('path', '/')}{name}"),
        "id": f"AROA{number}",
        "created": MADE,
        "last_used": LATELY,
        "last_used_region": HOME,
        "trust": trust,
        "inline": [{"name": "own", "document": policy(*statements)}] if statements else [],
        **more,
    }


def _attached(name: str) -> Json:
    return {"attached": [{"name": name, "arn": f"arn:aws:iam::aws:policy/{name}"}]}


ROLES: list[Json] = [
    # It may contain everybody but itself, so that who steals it can neither widen nor free it.
    _role(
        1,
        "incident-response",
        _by_people(),
        allow([*_CONTAINING, *_PRESERVING]),
        {"Effect": "Deny", "Action": ["iam:Put*", "iam:Update*"], "Resource": RESPONDER},
    ),
    _role(
        2,
        "web-server",
        _by_service("ec2"),
        allow(["s3:GetObject"], "arn:aws:s3:::app-data/*"),
        instance_profiles=["web"],
    ),
    _role(3, "support", _by_people(), **_attached("AWSSupportAccess")),
    _role(4, "auditor", _by_people(), allow(["kms:Decrypt"]), **_attached("SecurityAudit")),
    _role(
        5,
        "canary",
        _trust({"AWS": iam("root")}),
        created="2026-11-01T00:00:00Z",
        last_used=None,
        tags=[{"key": "honey", "value": "yes"}],
    ),
    _role(
        6,
        "AWSServiceRoleForConfig",
        _by_service("config"),
        path="/aws-service-role/config.amazonaws.com/",
    ),
    _role(7, "deployment", _by_github(), allow(["s3:PutObject"], "arn:aws:s3:::app-data/*")),
    _role(8, "people", _by_sign_in(), allow(["s3:ListBucket"], "arn:aws:s3:::app-data")),
    _role(9, "responder", _by_service("lambda"), allow(["ec2:CreateTags"], f"arn:aws:ec2:*:{OWN}:instance/*")),
]

_ADMINISTRATION: list[Json] = [allow(), {"Effect": "Deny", "Action": "signin:CreateOAuth2Token", "Resource": "*"}]
ADMINISTRATORS: list[Json] = [
    _role(10, "operations", _by_people(), *_ADMINISTRATION),
    _role(
        11,
        "AWSReservedSSO_Administrators_0123456789abcdef",
        _by_sign_in(),
        *_ADMINISTRATION,
        path="/aws-reserved/sso.amazonaws.com/",
    ),
]
"""Roles that are meant to be administrators, one of them made by IAM Identity Center."""

CONFIG_ROLE = iam(f"role/{_CONFIG_ROLE}")


def _managed(arn: str, *statements: Json) -> Json:
    version = {"id": "v1", "is_default": True, "document": policy(*statements)}
    return {"arn": arn, "name": arn.rpartition("/")[2], "attachments": 1, "versions": [version]}


_BEDROCK = "AmazonBedrockLimitedAccess"
_GROUPS: list[Json] = [
    {
        "name": "deployers",
        "arn": iam("group/deployers"),
        "id": "AGPA1",
        "created": MADE,
        "attached": [{"name": "upload", "arn": iam("policy/upload")}],
    },
    {
        "name": "models",
        "arn": iam("group/models"),
        "id": "AGPA2",
        "created": MADE,
        "attached": [{"name": _BEDROCK, "arn": f"arn:aws:iam::aws:policy/{_BEDROCK}"}],
    },
]
_USERS: list[Json] = [
    {"name": "ann", "arn": iam("user/ann"), "id": "AIDA1", "created": MADE},
    {"name": "ci", "arn": iam("user/ci"), "id": "AIDA2", "created": "2026-10-20T00:00:00Z", "groups": ["deployers"]},
    {
        "name": "BedrockAPIKey-ab12",
        "arn": iam("user/BedrockAPIKey-ab12"),
        "id": "AIDA3",
        "created": "2026-11-01T00:00:00Z",
        "groups": ["models"],
    },
]
_KEY: Json = {
    "id": "AKIAEXAMPLE000000001",
    "user": "ci",
    "status": "Active",
    "created": "2026-11-01T00:00:00Z",
    "last_used": LATELY,
    "last_used_service": "s3",
    "last_used_region": HOME,
}
_REPORT: list[Json] = [
    {"user": "<root_account>", "arn": iam("root"), "created": MADE, "password_enabled": False, "mfa_active": True},
    {
        "user": "ann",
        "arn": iam("user/ann"),
        "created": MADE,
        "password_enabled": True,
        "password_last_used": LATELY,
        "password_last_changed": "2026-10-01T00:00:00Z",
        "mfa_active": True,
    },
    {
        "user": "ci",
        "arn": iam("user/ci"),
        "created": "2026-10-20T00:00:00Z",
        "password_enabled": False,
        "mfa_active": False,
        "key_1_active": True,
        "key_1_rotated": "2026-11-01T00:00:00Z",
        "key_1_last_used": LATELY,
        "key_1_last_used_service": "s3",
        "key_1_last_used_region": HOME,
    },
    {
        "user": "BedrockAPIKey-ab12",
        "arn": iam("user/BedrockAPIKey-ab12"),
        "created": "2026-11-01T00:00:00Z",
        "password_enabled": False,
        "mfa_active": False,
    },
]

IDENTITY: Json = {
    "users": _USERS,
    "groups": _GROUPS,
    "roles": ROLES,
    "policies": [
        _managed("arn:aws:iam::aws:policy/AWSSupportAccess", allow("support:*")),
        _managed("arn:aws:iam::aws:policy/SecurityAudit", allow(_LOOKING)),
        _managed(f"arn:aws:iam::aws:policy/{_BEDROCK}", allow(["bedrock:InvokeModel", "bedrock:CallWithBearerToken"])),
        _managed(iam("policy/upload"), allow(["s3:PutObject"], "arn:aws:s3:::uploads/*")),
    ],
    "instance_profiles": [{"name": "web", "arn": iam("instance-profile/web"), "roles": ["web-server"]}],
    "credential_report": {"kind": "credential-report", "generated": "2026-11-20T12:00:00Z", "rows": _REPORT},
    "summary": {
        "kind": "account-summary",
        "counters": {
            "AccountAccessKeysPresent": 0,
            "AccountMFAEnabled": 1,
            "AttachedPoliciesPerRoleQuota": 10,
            "AttachedPoliciesPerUserQuota": 10,
            "Users": 3,
        },
    },
    "access_keys": [
        {"user": "ann", "keys": []},
        {"user": "ci", "keys": [_KEY]},
        {"user": "BedrockAPIKey-ab12", "keys": []},
    ],
    "role_settings": [{"arn": role["arn"], "max_session": 3600} for role in (*ROLES, *ADMINISTRATORS)],
    "password_policy": {"kind": "password-policy", "minimum_length": 14, "reuse_prevention": 24},
    "virtual_mfa_devices": [],
    "server_certificates": [{"name": "shop", "arn": iam("server-certificate/shop"), "expires": "2027-06-01T00:00:00Z"}],
    "service_credentials": [
        {
            "id": "ACCAEXAMPLE000000001",
            "user": "BedrockAPIKey-ab12",
            "service": "bedrock.amazonaws.com",
            "status": "Active",
            "created": "2026-11-01T00:00:00Z",
            "expires": "2026-12-01T00:00:00Z",
        }
    ],
    "saml_providers": [{"arn": iam("saml-provider/people"), "valid_until": "2027-06-01T00:00:00Z", "created": MADE}],
    "oidc_providers": [
        {
            "arn": iam(f"oidc-provider/{GITHUB}"),
            "detail": {"kind": "oidc-detail", "url": GITHUB, "client_ids": ["sts.amazonaws.com"], "created": MADE},
        }
    ],
}
"""What IAM tells of the account."""
