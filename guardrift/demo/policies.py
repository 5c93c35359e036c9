"""The managed policies of the demo account: AWS's few that are attached, and the customer's own.

AWS's are created in the emulator with shortened documents, because loading all of moto's costs seconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from guardrift.demo.documents import allow, deny, document
from guardrift.demo.emulator import backend, model
from guardrift.demo.seed_storage import EXPORTS_BUCKET
from guardrift.demo.setting import ACCOUNT_ID, PARTITION, aws_policy_arn, iam_arn


class Managed(NamedTuple):
    """A managed policy and its only version."""

    name: str
    document: str
    path: str = "/"


ADMINISTRATOR = aws_policy_arn("AdministratorAccess")
READ_ONLY = aws_policy_arn("ReadOnlyAccess")
SECURITY_AUDIT = aws_policy_arn("SecurityAudit")
SUPPORT_CASES = aws_policy_arn("AWSSupportAccess")
MANAGED_INSTANCE = aws_policy_arn("AmazonSSMManagedInstanceCore")
LAMBDA_LOGS = aws_policy_arn("AWSLambdaBasicExecutionRole", "/service-role/")
GUARDDUTY_SERVICE = aws_policy_arn("AmazonGuardDutyServiceRolePolicy", "/aws-service-role/")
CONFIG_SERVICE = aws_policy_arn("AWSConfigServiceRolePolicy", "/aws-service-role/")

NAMESAKE = iam_arn("policy", "AdministratorAccess")
BOUNDARY = iam_arn("policy", "object-readers-only")
EXPORTS = iam_arn("policy", "write-exports")
OWN_MANAGED_INSTANCE = iam_arn("policy", "managed-instance-without-parameters")
BROWSER_ONLY = iam_arn("policy", "no-sign-in-from-the-command-line")

_AGENT = ["ssm:GetDocument", "ssm:ListAssociations", "ssm:PutInventory", "ssm:UpdateInstanceInformation"]
_CHANNELS = [
    "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel", "ec2messages:AcknowledgeMessage", "ec2messages:GetMessages",
]  # fmt: skip
"""What the agent of Systems Manager calls."""

OF_AWS = (
    Managed("AdministratorAccess", document(allow("*", "*"))),
    Managed("ReadOnlyAccess", document(allow(["ec2:Describe*", "iam:Get*", "iam:List*", "s3:Get*", "s3:List*"], "*"))),
    Managed(
        "SecurityAudit",
        document(
            allow(
                [
                    "cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*", "ec2:Describe*", "events:List*",
                    "guardduty:Get*", "guardduty:List*", "iam:GenerateCredentialReport", "iam:Get*", "iam:List*",
                    "sns:List*",
                ],
                "*",
            )
        ),
    ),
    Managed("AWSSupportAccess", document(allow("support:*", "*"))),
    Managed(
        "AmazonSSMManagedInstanceCore",
        document(
            allow([*_AGENT, "ssm:GetParameter", "ssm:GetParameters"], "*"),
            allow(_CHANNELS, "*"),
        ),
    ),
    Managed(
        "AWSLambdaBasicExecutionRole",
        document(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*")),
        "/service-role/",
    ),
    Managed(
        "AmazonGuardDutyServiceRolePolicy",
        document(allow(["ec2:DescribeInstances", "ec2:DescribeImages", "organizations:ListAccounts"], "*")),
        "/aws-service-role/",
    ),
)  # fmt: skip

FOR_CONFIG = Managed(
    "AWSConfigServiceRolePolicy",
    document(allow(["cloudtrail:DescribeTrails", "ec2:Describe*", "iam:ListRoles", "s3:GetBucketPolicy"], "*")),
    "/aws-service-role/",
)
"""AWS's policy for the role of AWS Config, which is created after everything else."""

OF_THE_CUSTOMER = (
    Managed("AdministratorAccess", document(allow(["s3:ListAllMyBuckets", "s3:ListBucket"], "*"))),
    Managed("object-readers-only", document(allow("s3:Get*", "*"))),
    Managed("write-exports", document(allow("s3:PutObject", f"arn:{PARTITION}:s3:::{EXPORTS_BUCKET}/*"))),
    Managed("managed-instance-without-parameters", document(allow([*_AGENT, *_CHANNELS], "*"))),
    Managed(
        "no-sign-in-from-the-command-line",
        document(deny(["signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"], "*")),
    ),
)


def seed_policies(iam: Any, at: datetime) -> None:
    """Create the managed policies, so that principals can have them attached."""
    for managed in OF_AWS:
        seed_policy_of_aws(managed, at)
    for managed in OF_THE_CUSTOMER:
        iam.create_policy(PolicyName=managed.name, Path=managed.path, PolicyDocument=managed.document)


def seed_policy_of_aws(managed: Managed, at: datetime) -> None:
    """Create a policy that AWS manages."""
    policy = model("iam", "AWSManagedPolicy")(
        managed.name, account_id=ACCOUNT_ID, region=PARTITION, path=managed.path, document=managed.document,
        create_date=at, update_date=at,
    )  # fmt: skip
    state = backend("iam")
    state.managed_policies[policy.arn] = policy
    state.aws_managed_policies.append(policy)
