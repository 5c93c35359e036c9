"""The principals and credentials of a neglected account: what can be wrong with them, as IAM answers about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.collect import answers_identity, faulty
from tests.collect.faulty import ADMINISTRATOR, COLUMNS, MADE, QUARANTINE, document, iam_arn, trusts
from tests.collect.stand_in import Asked

_CERTIFICATES = ("cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated")
_NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)


def allowing(*actions: str, resources: object = "*") -> str:
    """A policy that allows actions."""
    return document(Action=list(actions), Resource=resources)


def _principal(kind: str, name: str, path: str = "/", **more: object) -> dict[str, Any]:
    return {
        f"{kind}Name": name,
        "Arn": iam_arn(f"{kind.lower()}{path}{name}"),
        f"{kind}Id": f"AID{name.upper()}",
        "Path": path,
        "CreateDate": MADE,
        **more,
    }


def _user(name: str, policy: str | None = None, **more: Any) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": policy}] if policy else []
    return _principal("User", name, UserPolicyList=inline, **more)


def role(name: str, trust: str, policy: str | None = None, **more: Any) -> dict[str, Any]:
    """A role as IAM describes it, with one inline policy if it has any."""
    inline = [{"PolicyName": "own", "PolicyDocument": policy}] if policy else []
    return _principal(
        "Role", name, AssumeRolePolicyDocument=trust, RolePolicyList=inline, **{"RoleLastUsed": {}, **more}
    )


def _attached(name: str) -> dict[str, Any]:
    return {"AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"}]}


def _managed(arn: str, policy: str, attachments: int = 1) -> dict[str, Any]:
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy, "CreateDate": MADE}
    return {"Arn": arn, "DefaultVersionId": "v1", "AttachmentCount": attachments, "PolicyVersionList": [version]}


CLOUDSHELL, BEDROCK = "AWSCloudShellFullAccess", "AmazonBedrockLimitedAccess"
_EC2 = trusts({"Service": "ec2.amazonaws.com"})
_OWN = trusts({"AWS": iam_arn("root")})
_BUCKETS = [f"arn:aws:s3:::example-{team}-{stage}-{number}/*" for team in ("shop", "pay", "ship", "mail", "data")
            for stage in ("live", "test") for number in range(51)][:51]  # fmt: skip

USERS = [
    _user("eve"),
    _user(
        "twin",
        allowing("sts:AssumeRole", "sts:GetFederationToken"),
        **_attached(CLOUDSHELL),
    ),
    _user(
        "sweeper",
        allowing(
            "secretsmanager:GetSecretValue",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "iam:CreateSAMLProvider",
            "aws-marketplace:Subscribe",
            "kms:ScheduleKeyDeletion",
        ),
    ),
    _user("pusher", allowing("iam:PutUserPolicy")),
    _user("signer"),
    _user("BedrockAPIKey-ab12", **_attached(BEDROCK)),
    # So long that no Deny fits beside it.
    _user("crowded", allowing("s3:GetObject", resources=_BUCKETS)),
]
ROLES = [
    role("admins", _OWN, ADMINISTRATOR),
    role(
        "AWSReservedSSO_Admin_0123456789abcdef",
        trusts({"Federated": iam_arn("saml-provider/people")}),
        ADMINISTRATOR,
        path="/aws-reserved/sso.amazonaws.com/",
    ),
    role(
        "partner",
        document(
            Principal="*",
            Action="sts:AssumeRole",
            Condition={"StringEquals": {"aws:PrincipalOrgID": "o-foreign0000"}},
        ),
    ),
    role("build", trusts({"Service": "codebuild.amazonaws.com"})),
    role("both", _EC2, allowing("s3:GetObject"), InstanceProfileList=[]),
    role("idle", _EC2),
    role("anchored", trusts({"Service": "rolesanywhere.amazonaws.com"})),
    role("reader", _OWN, allowing("kms:Decrypt", "s3:GetObject")),
]
_EVERY_ROLE = [*faulty.DETAILS["RoleDetailList"], *ROLES]

DETAILS: dict[str, Any] = {
    **faulty.DETAILS,
    "UserDetailList": [*faulty.DETAILS["UserDetailList"], *USERS],
    "GroupDetailList": [
        *faulty.DETAILS["GroupDetailList"],
        _principal("Group", "ops", GroupPolicyList=[{"PolicyName": "all", "PolicyDocument": ADMINISTRATOR}]),
    ],
    "RoleDetailList": _EVERY_ROLE,
    "Policies": [
        *faulty.DETAILS["Policies"],
        _managed(iam_arn("policy/tmp"), ADMINISTRATOR, attachments=0),
        _managed(QUARANTINE, document(Effect="Deny", Action="iam:*", Resource="*")),
        _managed(f"arn:aws:iam::aws:policy/{CLOUDSHELL}", allowing("cloudshell:*")),
        _managed(f"arn:aws:iam::aws:policy/{BEDROCK}", allowing("bedrock:InvokeModel")),
    ],
}

_MADE, _LONG_AGO = "2025-01-02T03:04:05+00:00", "2026-02-01T00:00:00+00:00"
_KEYS = f"{_MADE},{_LONG_AGO},eu-west-1,s3"


def _report() -> bytes:
    rows = [line.split(",") for line in faulty.REPORT.decode().splitlines()[1:]]
    rows[0][COLUMNS.index("password_last_used")] = "2026-11-10T00:00:00+00:00"
    rows[1][COLUMNS.index("password_last_used")] = _LONG_AGO
    rows += [
        f"eve,{iam_arn('user/eve')},{_MADE},true,no_information,{_MADE},false,true,{_MADE},N/A".split(","),
        f"twin,{iam_arn('user/twin')},{_MADE},false,N/A,N/A,false,true,{_KEYS},true,{_KEYS}".split(","),
        f"sweeper,{iam_arn('user/sweeper')},{_MADE},false,N/A,N/A,false,true,{_KEYS}".split(","),
        f"pusher,{iam_arn('user/pusher')},{_MADE},false,N/A,N/A,false,true,{_KEYS}".split(","),
        f"signer,{iam_arn('user/signer')},{_MADE},false,N/A,N/A,false,false".split(","),
        f"BedrockAPIKey-ab12,{iam_arn('user/BedrockAPIKey-ab12')},{_MADE},false,N/A,N/A,false,true,{_KEYS}".split(","),
        f"crowded,{iam_arn('user/crowded')},{_MADE},false,N/A,N/A,false,false".split(","),
    ]
    lines = [[*COLUMNS, *_CERTIFICATES]]
    for row in rows:
        whole = row + ["N/A"] * (len(COLUMNS) - len(row))
        lines.append([*whole, "true" if row[0] == "signer" else "false", _MADE, "false", "N/A"])
    return "\n".join(",".join(line) for line in lines).encode()


def _key(user: str, number: int, created: datetime = MADE) -> dict[str, Any]:
    return {
        "UserName": user,
        "AccessKeyId": f"AKIA{user.upper():0<15}{number}",
        "Status": "Active",
        "CreateDate": created,
    }


KEYS = {
    **faulty.KEYS,
    "eve": [_key("eve", 1, MADE + timedelta(seconds=20))],
    "twin": [_key("twin", 1), _key("twin", 2)],
    "sweeper": [_key("sweeper", 1)],
    "pusher": [_key("pusher", 1)],
    "BedrockAPIKey-ab12": [{**_key("bedrock", 1), "UserName": "BedrockAPIKey-ab12"}],
}


def _last_used(asked: Asked) -> dict[str, Any]:
    if "EVE" in asked.parameters["AccessKeyId"]:
        return {"AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    return {"AccessKeyLastUsed": {"LastUsedDate": _NOW, "ServiceName": "sts", "Region": "us-east-1"}}


def _profile(name: str, *roles: str) -> dict[str, Any]:
    return {
        "InstanceProfileName": name,
        "Arn": iam_arn(f"instance-profile/{name}"),
        "Roles": [{"RoleName": role} for role in roles],
    }


def settings(roles: list[dict[str, Any]]) -> dict[str, Any]:
    """What ``iam:ListRoles`` answers: every role may be assumed for twelve hours."""
    return {
        "Roles": [{"RoleName": role["RoleName"], "Arn": role["Arn"], "MaxSessionDuration": 43200} for role in roles],
        "IsTruncated": False,
    }


ANSWERS: dict[str, Any] = {
    "iam:GetAccountAuthorizationDetails": DETAILS,
    "iam:GetCredentialReport": {"Content": _report(), "ReportFormat": "text/csv", "GeneratedTime": faulty.NOW},
    "iam:ListAccessKeys": lambda asked: {
        "IsTruncated": False,
        "AccessKeyMetadata": KEYS.get(asked.parameters["UserName"], []),
    },
    "iam:GetAccessKeyLastUsed": _last_used,
    "iam:GetAccountSummary": {
        "SummaryMap": {"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 0, "AccountPasswordPresent": 1}
    },
    "iam:ListRoles": settings(_EVERY_ROLE),
    "iam:ListInstanceProfiles": {
        "IsTruncated": False,
        "InstanceProfiles": [
            _profile("app", "app"),
            _profile("both", "both"),
            _profile("chief", "chief"),
            _profile("empty"),
            _profile("idle", "idle"),
        ],
    },
    "iam:GetAccountPasswordPolicy": {"PasswordPolicy": {"MinimumPasswordLength": 8}},
    "iam:ListServerCertificates": {
        "ServerCertificateMetadataList": [
            *answers_identity.CERTIFICATES[:1],
            {**answers_identity.CERTIFICATES[0], "ServerCertificateName": "old", "Arn": iam_arn("server-certificate/x"),
             "Expiration": MADE},
        ],
        "IsTruncated": False,
    },
    "iam:ListOrganizationsFeatures": {"OrganizationId": "o-exampleorg1", "EnabledFeatures": []},
    "account:GetContactInformation": {"ContactInformation": {"FullName": "Somebody", "CountryCode": "DE"}},
    "organizations:ListDelegatedServicesForAccount": {
        "DelegatedServices": [
            {"ServicePrincipal": "config.amazonaws.com"},
            {"ServicePrincipal": "sso.amazonaws.com"},
        ]
    },
}  # fmt: skip
"""By API action; the account is the management account, of which an answer of ``answers_identity`` tells the rest."""
