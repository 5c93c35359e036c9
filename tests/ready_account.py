"""An account in which everything is in order: a member of an organization, with whose policies it is guarded."""

from __future__ import annotations

from scanner.engine import Declared
from tests.accounts import OWN, Json, account, allow, deny, policy
from tests.ready_identity import ADMINISTRATORS, ARCHIVE, HOME, IDENTITY, MANAGEMENT, ROLES, SECURITY, iam
from tests.ready_services import SERVICES

_ROOT = "r-1"
_RESPONSE = ["arn:aws:iam::*:role/incident-response", "arn:aws:iam::*:role/deployment"]
_BLINDING = [
    "access-analyzer:DeleteAnalyzer", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "config:DeleteConfigurationRecorder",
    "config:StopConfigurationRecorder", "events:DeleteRule", "events:DisableRule", "events:RemoveTargets",
    "guardduty:DeleteDetector", "guardduty:DisassociateFromAdministratorAccount",
    "guardduty:DisassociateFromMasterAccount", "guardduty:UpdateDetector", "organizations:LeaveOrganization",
    "securityhub:DisableSecurityHub", "sns:DeleteTopic", "sns:SetTopicAttributes",
]  # fmt: skip
_FREEING = [
    "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
    "iam:DeleteUserPermissionsBoundary", "iam:DeleteUserPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy",
    "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
]  # fmt: skip
_WITHOUT_REGION = ["iam:*", "organizations:*", "sts:*", "support:*", "cloudfront:*", "route53:*"]
_GUARDED = ["s3:*", "sts:AssumeRole", "kms:*", "sqs:*", "secretsmanager:*"]


def _binding() -> list[Json]:
    """Credentials of an instance work in its own VPC, or from the addresses of the company."""
    of_instances = {"ec2:SourceInstanceARN": "false"}
    not_for_us = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
    elsewhere = {
        "Null": {**of_instances, "aws:SourceVpc": "false"},
        "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"},
    }
    outside = {
        "Null": {**of_instances, "aws:SourceVpc": "true"},
        "NotIpAddressIfExists": {"aws:SourceIp": ["198.51.100.0/24"]},
    }
    return [
        {"Effect": "Deny", "NotAction": ["dax:*"], "Resource": "*", "Condition": {**elsewhere, **not_for_us}},
        deny(Condition={**outside, **not_for_us}),
    ]


def _guardrails() -> Json:
    return policy(
        deny(_BLINDING),
        deny(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}),
        deny(_FREEING, Condition={"ArnNotLike": {"aws:PrincipalArn": _RESPONSE}}),
        {
            "Effect": "Deny",
            "NotAction": _WITHOUT_REGION,
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": [HOME]}},
        },
        *_binding(),
    )


def _perimeter() -> Json:
    strangers = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    return policy(deny(_GUARDED, Principal="*", Condition=strangers))


def _policy(name: str, kind: str, document: Json, *, of_aws: bool = False) -> Json:
    return {
        "id": f"p-{name}",
        "name": name,
        "type": kind,
        "is_aws_managed": of_aws,
        "content": {"kind": "policy-content", "document": document},
        "targets": [_ROOT, OWN] if of_aws else [_ROOT],
    }


def _organization(management: str = MANAGEMENT, delegate: str = OWN) -> Json:
    services, resources = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
    delegated = ["access-analyzer", "cloudtrail", "config", "config-multiaccountsetup", "guardduty", "securityhub"]
    names = {OWN: "shop", SECURITY: "security", ARCHIVE: "archive", MANAGEMENT: "management"}
    return {
        "membership": {
            "kind": "organization",
            "id": "o-1",
            "management_account": management,
            "feature_set": "ALL",
        },
        "tree": {
            "kind": "organization-tree",
            "roots": [
                {"id": _ROOT, "name": "Root", "enabled_policy_types": [services, resources, "DECLARATIVE_POLICY_EC2"]}
            ],
            "units": [],
        },
        "accounts": [{"id": id_, "name": name, "state": "ACTIVE", "parent": _ROOT} for id_, name in names.items()],
        "policies": [
            _policy("FullAWSAccess", services, policy(allow()), of_aws=True),
            _policy("guardrails", services, _guardrails()),
            _policy("RCPFullAWSAccess", resources, policy(allow(Principal="*")), of_aws=True),
            _policy("perimeter", resources, _perimeter()),
        ],
        "delegates": [{"account_id": delegate, "services": [f"{name}.amazonaws.com" for name in delegated]}],
        "trusted_services": ["cloudtrail.amazonaws.com", "guardduty.amazonaws.com"],
        "delegation_policy": {
            "kind": "policy-content",
            "document": policy(allow("organizations:*", Principal={"AWS": iam("root", SECURITY)})),
        },
        "declarative_ec2": None,
        "features": ["RootCredentialsManagement", "RootSessions"],
        "read_in": None if management == OWN else management,
    }


def _contact(name: str) -> Json:
    return {"kind": "alternate-contact", "email_domain": "example.com", "email_sha256": name * 4, "has_phone": True}


FACTS: Json = {
    **IDENTITY,
    **SERVICES,
    "organization": _organization(),
    "contacts": {name: _contact(name) for name in ("security", "billing", "operations")},
    "contact_information": {
        "kind": "contact-information",
        "has_name": True,
        "has_phone": True,
        "has_address": True,
    },
}
"""The account as a snapshot holds it."""

READY = account(FACTS)
"""It needs no declaration of the owner to be in order."""

ADMINISTERED = account({**FACTS, "roles": [*ROLES, *ADMINISTRATORS]})
"""The account with administrators; they are in order only because the owner declares them."""

DECLARED = Declared(administrators=("role/operations", "role/aws-reserved/sso.amazonaws.com/*"))


def _managing() -> Json:
    regions = SERVICES["regions"]
    assert isinstance(regions, list)
    admins = [{"account_id": SECURITY, "status": "ENABLED"}]
    return {
        **FACTS,
        "organization": _organization(management=OWN, delegate=SECURITY),
        "regions": [{**region, "instances": [], "detection_admins": admins} for region in regions],
        "access_keys": [],
    }


MANAGING = account(_managing())
"""A management account without workloads, which has delegated what it can."""
