"""The role by which people contain: what it may do, what not even to itself, and who may assume it.

Whoever can put a policy on every principal can become any of them. So the role lies unused, asks for MFA and a name,
lasts an hour, cannot change itself, and every use of it raises an alarm.

Sources: "Actions, resources, and condition keys" of IAM, EC2 and STS in the Service Authorization Reference; "Monitor
and control actions taken with assumed roles" for source identities, and "Configuring MFA-protected API access", in the
IAM User Guide; "Granting permissions to use a KMS key to decrypt CloudTrail logs" in the CloudTrail User Guide.
"""

from __future__ import annotations

import re

from policies.documents.writing import PolicyDocument, document
from policies.preparation.language import Language

POLICY_NAME = "guardrift-contain"
"""The one policy of the response role."""

SESSION_SECONDS = 3_600
"""How long a session of the role may last, and how long ago MFA may be."""

_OF_BOTH = (
    "Delete{}PermissionsBoundary", "Delete{}Policy", "Put{}PermissionsBoundary", "Put{}Policy", "Tag{}", "Untag{}",
)  # fmt: skip
_OF_USERS = (
    "DeactivateMFADevice", "DeleteLoginProfile", "UpdateAccessKey", "UpdateSSHPublicKey",
    "UpdateServiceSpecificCredential", "UpdateSigningCertificate",
)  # fmt: skip
_READING_IAM = (
    "iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails", "iam:Get*", "iam:List*", "iam:Simulate*",
)  # fmt: skip
_INSTANCES = (
    "autoscaling:DetachInstances", "autoscaling:EnterStandby", "autoscaling:SuspendProcesses",
    "ec2:AssociateIamInstanceProfile", "ec2:CreateSnapshot", "ec2:CreateSnapshots",
    "ec2:DisassociateIamInstanceProfile", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions",
    "ec2:ModifyNetworkInterfaceAttribute", "ec2:ModifySnapshotAttribute", "ec2:ReplaceIamInstanceProfileAssociation",
    "ec2:StartInstances", "ec2:StopInstances", "ssm:TerminateSession",
)  # fmt: skip
_LOOKING = (
    "access-analyzer:Get*", "access-analyzer:List*", "account:ListRegions", "athena:GetQueryExecution",
    "athena:GetQueryResults", "athena:GetWorkGroup", "athena:ListWorkGroups", "athena:StartQueryExecution",
    "athena:StopQueryExecution", "autoscaling:Describe*", "cloudtrail:Describe*", "cloudtrail:Get*", "cloudtrail:List*",
    "cloudtrail:LookupEvents", "cloudwatch:DescribeAlarms", "config:Describe*", "config:Get*", "config:List*",
    "ec2:Describe*", "ec2:GetInstanceMetadataDefaults", "events:List*", "glue:GetDatabase", "glue:GetPartitions",
    "glue:GetTable", "guardduty:Get*", "guardduty:List*", "lambda:GetFunctionConfiguration",
    "organizations:Describe*", "organizations:List*", "securityhub:Describe*", "securityhub:Get*",
    "sns:ListSubscriptions", "ssm:DescribeInstanceInformation", "ssm:DescribeSessions",
)  # fmt: skip
_CHANGES = ("Attach*", "Delete*", "Detach*", "Put*", "Tag*", "Untag*", "Update*")


def permission_policy(language: Language, role: str, isolation_role: str) -> PolicyDocument:
    """What the response role may do, and what it may not do to itself.

    Args:
        language: in which it is written.
        role: the name of the role, or what stands for it.
        isolation_role: the name of the role that it may give to instances.
    """
    both = [f"iam:{action.format(kind)}" for action in _OF_BOTH for kind in ("Role", "User")]
    on_principals = sorted([*both, "iam:UpdateAssumeRolePolicy", *(f"iam:{action}" for action in _OF_USERS)])
    return document(
        _allow("ReadIam", _READING_IAM),
        _allow("Contain", on_principals, [language.iam("role/*"), language.iam("user/*")]),
        _attach(language),
        _allow(
            "OwnPolicies",
            ("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
            language.iam("policy/ir-*"),
        ),
        _allow("Instances", _INSTANCES),
        _allow(
            "NameSnapshots",
            ("ec2:CreateTags",),
            language.arn("ec2:*::snapshot/*"),
            {"StringEquals": {"ec2:CreateAction": ["CreateSnapshot", "CreateSnapshots"]}},
        ),
        _allow(
            "Isolate",
            ("iam:PassRole",),
            language.iam(f"role/{isolation_role}"),
            {"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}},
        ),
        _allow("Look", _LOOKING),
        *_logs(language),
        {
            "Sid": "NeverItself",
            "Effect": "Deny",
            "Action": [f"iam:{action}" for action in _CHANGES],
            "Resource": language.iam(f"role/{role}"),
        },
    )


def _attach(language: Language) -> dict[str, object]:
    """Attaching and detaching, of nothing but what contains."""
    return _allow(
        "AttachWhatContains",
        ("iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy"),
        [language.iam("role/*"), language.iam("user/*")],
        {"ArnLike": {"iam:PolicyARN": [language.arn("iam::aws:policy/AWSDenyAll"), language.iam("policy/ir-*")]}},
    )


def _logs(language: Language) -> tuple[dict[str, object], ...]:
    """Reading log files of CloudTrail and nothing else, where the bucket and the key let the account."""
    return (
        _allow("ReadLogs", ("s3:GetObject",), language.arn("s3:::*/AWSLogs/*")),
        _allow("ListLogs", ("s3:GetBucketLocation", "s3:ListBucket"), language.arn("s3:::*-cloudtrail-*")),
        _allow("DecryptLogs", ("kms:Decrypt",), "*", {"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"}}),
    )


def _allow(
    sid: str, actions: tuple[str, ...] | list[str], resource: object = "*", condition: object = None
) -> dict[str, object]:
    statement: dict[str, object] = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement if condition is None else {**statement, "Condition": condition}


def trust_policy(principal: object, *, mfa: bool) -> PolicyDocument:
    """Who may assume the response role: the responders, who say who they are.

    Args:
        principal: an account id or ARN, or what stands for one in a template.
        mfa: whether MFA is demanded. The session of a role carries no sign of MFA, so that nobody could come from one.
    """
    condition: dict[str, object] = {"Null": {"sts:SourceIdentity": "false"}}
    if mfa:
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
        condition["NumericLessThanEquals"] = {"aws:MultiFactorAuthAge": str(SESSION_SECONDS)}
    return document(
        {
            "Sid": "Responders",
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "Condition": condition,
        }
    )


def can_carry_mfa(principal: str) -> bool:
    """Whether who is trusted can show MFA: a user, or somebody of an account who signs in as one; not a role."""
    return not re.fullmatch(
        r"arn:[^:]+:(iam::[0-9]{12}:role|sts::[0-9]{12}:(assumed-role|federated-user))/.*", principal
    )
