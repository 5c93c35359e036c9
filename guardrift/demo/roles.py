"""The roles of the demo account: of its workloads, of its vendors, and of AWS itself."""

from __future__ import annotations

from typing import NamedTuple

from guardrift.demo import policies
from guardrift.demo.documents import allow, document, trust, trust_service
from guardrift.demo.seed_storage import EXPORTS_BUCKET
from guardrift.demo.setting import (
    ACCOUNT_ID,
    HOME,
    ORGANIZATION_ID,
    PARTITION,
    SECURITY_ACCOUNT_ID,
    VENDOR_ACCOUNT_ID,
    aws_policy_arn,
    iam_arn,
    regional_arn,
)


class Part(NamedTuple):
    """A role as seeded; ``used`` is how many days ago it was last assumed, None for never."""

    name: str
    trust: str
    inline: str | None = None
    attached: tuple[str, ...] = ()
    path: str = "/"
    used: float | None = None
    has_profile: bool = False


AUDIT_ROLE = "guardrift-audit"
RESPONSE_ROLE = "incident-responder"
SUPPORT_ROLE = "support-cases"
TRAIL_ROLE = "trail-to-logs"
CONFIG_ROLE = "AWSServiceRoleForConfig"
CONFIG_PATH = "/aws-service-role/config.amazonaws.com/"
SSO_ROLE = "AWSReservedSSO_ReadOnlyAccess_0d3f5a7b9c1e2f40"
SINGLE_SIGN_ON = "AWSSSO_0d3f5a7b9c1e2f40_DO_NOT_DELETE"
SSO_PATH = f"/aws-reserved/sso.amazonaws.com/{HOME}/"
SERVICE_LINKED_ROLE = "AWSServiceRoleForAmazonGuardDuty"
SERVICE_LINKED_PATH = "/aws-service-role/guardduty.amazonaws.com/"

_EC2 = trust_service("ec2")
_LAMBDA = trust_service("lambda")
_VENDOR = {"AWS": f"arn:{PARTITION}:iam::{VENDOR_ACCOUNT_ID}:root"}
_SINGLE_SIGN_ON = {"Federated": iam_arn("saml-provider", SINGLE_SIGN_ON)}

_RESPONDERS = {"AWS": f"arn:{PARTITION}:iam::{SECURITY_ACCOUNT_ID}:root"}
_DENY_ALL = {"ArnEquals": {"iam:PolicyARN": aws_policy_arn("AWSDenyAll")}}
_WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

_METRICS = document(allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], "*"))
_EXPORTS = document(allow("s3:PutObject", f"arn:{PARTITION}:s3:::{EXPORTS_BUCKET}/*"))
_SHARED_FILES = document(allow("s3:GetObject", "arn:aws:s3:::demo-shared/*"))

ROLES = (
    Part(
        "web-legacy-app", _EC2, document(allow(["dynamodb:*", "s3:*", "ssm:*"], "*")),
        (policies.MANAGED_INSTANCE,), used=0.1, has_profile=True,
    ),
    Part(
        "web-modern-app", _EC2, document(allow("dynamodb:GetItem", regional_arn("dynamodb", HOME, "table/orders"))),
        (policies.OWN_MANAGED_INSTANCE,), used=0.1, has_profile=True,
    ),
    Part("bastion-retired", _EC2, attached=(policies.MANAGED_INSTANCE,), used=380, has_profile=True),
    Part(
        "session-revoker", _LAMBDA, document(allow(["iam:CreatePolicy", "iam:AttachRolePolicy"], "*")),
        (policies.LAMBDA_LOGS,), used=40,
    ),
    Part(
        "quarantine-responder", _LAMBDA,
        document(
            allow("iam:AttachRolePolicy", iam_arn("role", "web-*"), _DENY_ALL)
        ),
        (policies.LAMBDA_LOGS,),
    ),
    Part(
        "release-runner", trust({"AWS": iam_arn("user", "build-agent")}),
        document(allow("iam:AttachRolePolicy", iam_arn("role", "release-runner"))), used=0.2,
    ),
    Part(
        "report-runner",
        trust({"Service": "states.amazonaws.com"}, conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}),
        document(allow("iam:AttachRolePolicy", iam_arn("role", "report-runner"))), used=0.2,
    ),
    Part("export-workflow", trust_service("states"), _EXPORTS, used=0.3),
    Part("vendor-monitoring", trust(_VENDOR), _METRICS, used=0.3),
    Part(
        "vendor-backup", trust(_VENDOR, conditions={"StringEquals": {"sts:ExternalId": "demo-7f3a1c90"}}), _METRICS,
        used=1,
    ),
    Part("partner-share", trust("*"), _SHARED_FILES, used=60),
    Part(
        "organization-share", trust("*", conditions={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID}}),
        _SHARED_FILES, used=3,
    ),
    Part(
        RESPONSE_ROLE, trust(_RESPONDERS, conditions=_WITH_MFA),
        document(
            # Whoever may attach any policy can make himself an administrator; with this one he only stops others.
            allow(["iam:AttachRolePolicy", "iam:AttachUserPolicy"], "*", _DENY_ALL),
            allow(
                [
                    "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:ModifyInstanceAttribute",
                    "ec2:ModifySnapshotAttribute", "iam:UpdateAccessKey", "kms:Decrypt",
                ],
                "*",
            ),
        ),
        (policies.SECURITY_AUDIT,), used=75,
    ),
    Part(
        SUPPORT_ROLE, trust({"AWS": iam_arn("user", "support-lead")}, conditions=_WITH_MFA),
        attached=(policies.SUPPORT_CASES,), used=9,
    ),
    Part(AUDIT_ROLE, trust({"AWS": iam_arn("user", "platform-lead")}), attached=(policies.SECURITY_AUDIT,), used=1),
    Part(
        SSO_ROLE,
        trust(
            _SINGLE_SIGN_ON, "sts:AssumeRoleWithSAML",
            {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        ),
        attached=(policies.READ_ONLY,), path=SSO_PATH, used=1,
    ),
    Part(
        SERVICE_LINKED_ROLE, trust_service("guardduty"), attached=(policies.GUARDDUTY_SERVICE,),
        path=SERVICE_LINKED_PATH, used=0.1,
    ),
)  # fmt: skip

ROLES_OF_SERVICES = (
    Part(
        TRAIL_ROLE, trust_service("cloudtrail"),
        document(
            allow(
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                regional_arn("logs", HOME, "log-group:account-trail:log-stream:*"),
            )
        ),
        used=0.1,
    ),
    Part(CONFIG_ROLE, trust_service("config"), attached=(policies.CONFIG_SERVICE,), path=CONFIG_PATH, used=0.1),
)  # fmt: skip
"""The roles with which services of AWS write down what happens."""
