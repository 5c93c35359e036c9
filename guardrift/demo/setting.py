"""Where the demo's stories happen: the account, its regions, and how its resources are called."""

from __future__ import annotations

PARTITION = "aws"
ACCOUNT_ID = "111122223333"
VENDOR_ACCOUNT_ID = "444455556666"
ORGANIZATION_ID = "o-demo012345"
MANAGEMENT_ACCOUNT_ID = "777788889999"
SECURITY_ACCOUNT_ID = "222233334444"
"""The account of the organization from which the people come who contain stolen credentials."""

REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "eu-north-1", "sa-east-1",
)  # fmt: skip
"""The regions that every account has without opting in."""

HOME = "eu-west-1"
"""The region of the workloads and of the account's trail."""

ENFORCING = "eu-central-1"
"""The region that is in order: it requires IMDS session tokens, and what GuardDuty finds there reaches people."""

SUSPENDED = "us-east-1"
"""The region in which someone suspended GuardDuty, and stopped a trail and the recorder of AWS Config."""

ARCHIVE = "us-west-2"
"""The region of a trail whose bucket no longer accepts its files."""

LOGS_KEY_ID = "4e0b5a8e-52c7-4d1f-9d55-0c7a3f1b2d01"
"""The key, in the home region, with which the account's trail encrypts."""

ALERTS_KEY_ID = "9f6d1c3a-7b24-4f0e-8a61-3d2e5c4b1a02"
"""The key, in the home region, with which the topic of the security team encrypts."""

ENFORCING_ALERTS_KEY_ID = "b81c4f27-0d6e-4a93-b5f8-6a1e7d2c9f03"
"""The key of the topic of the security team in the enforcing region."""


def iam_arn(kind: str, name: str, path: str = "/") -> str:
    """The ARN of a ``user``, ``role``, ``group``, ``policy`` or ``instance-profile`` of the demo account."""
    return f"arn:{PARTITION}:iam::{ACCOUNT_ID}:{kind}{path}{name}"


def aws_policy_arn(name: str, path: str = "/") -> str:
    """The ARN of a policy that AWS manages."""
    return f"arn:{PARTITION}:iam::aws:policy{path}{name}"


def key_arn(key_id: str, region: str = HOME) -> str:
    """The ARN of a key of the demo account."""
    return regional_arn("kms", region, f"key/{key_id}")


def regional_arn(service: str, region: str, resource: str) -> str:
    """The ARN of a resource of the demo account in one region."""
    return f"arn:{PARTITION}:{service}:{region}:{ACCOUNT_ID}:{resource}"
