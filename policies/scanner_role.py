"""The role by which guardrift reads an account: what it may ask, what it never may, and who may assume it."""

from __future__ import annotations

import re
from typing import NamedTuple

from policies.templates import PolicyDocument
from scanner.actions import LAST_ACCESSED, all_but_options, permission_of

ROLE_NAME = "guardrift-scanner"
"""How the role is called unless somebody names it; its policy is always called so."""

POLICY_LIMIT = 6144
"""How many characters a managed policy may have; IAM does not count white space."""


class DataRead(NamedTuple):
    """Actions that hand out what an account holds, rather than how it is set up.

    Attributes:
        sid: names the statement.
        why: what they would give away.
        actions: the patterns that are denied.
    """

    sid: str
    why: str
    actions: tuple[str, ...]


DATA_READS: tuple[DataRead, ...] = (
    DataRead(
        "NeverReadSecrets",
        "secrets, what keys encrypt, and whatever else opens the next door: passwords, user data, fresh credentials",
        (
            "cognito-identity:GetCredentialsForIdentity", "ec2:DescribeInstanceAttribute", "ec2:GetLaunchTemplateData",
            "ec2:GetPasswordData", "glue:GetConnection*", "kms:Decrypt*", "redshift-serverless:GetCredentials",
            "redshift:GetClusterCredentials*", "s3:GetDataAccess", "secretsmanager:BatchGetSecretValue",
            "secretsmanager:GetSecretValue", "ssm:GetParameter*",
        ),
    ),
    DataRead(
        "NeverReadObjects",
        "objects, files and the blocks of disks",
        (
            "ebs:GetSnapshotBlock", "elasticfilesystem:ClientMount", "glacier:GetJobOutput",
            "s3-object-lambda:GetObject*", "s3:GetObject*", "s3express:CreateSession", "s3tables:GetTableData",
        ),
    ),
    DataRead(
        "NeverReadRecords",
        "rows, records, messages and people, and the answers of queries over them",
        (
            "aoss:APIAccessAll", "athena:GetQueryResults*", "athena:StartQueryExecution", "cassandra:Select*",
            "cloudtrail:GetQueryResults", "cognito-idp:AdminGetUser", "cognito-idp:ListUsers*", "dynamodb:*GetItem",
            "dynamodb:GetRecords", "dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan", "es:ESHttp*",
            "kafka-cluster:ReadData", "kinesis:GetRecords", "kinesis:SubscribeToShard", "neptune-db:ReadDataViaQuery",
            "rds-data:*", "redshift-data:*", "sqs:ReceiveMessage", "timestream:Select*",
        ),
    ),
    DataRead(
        "NeverReadLogs",
        "what programs wrote: lines of logs, consoles, and the output of commands",
        (
            "ec2:GetConsole*", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:GetQueryResults",
            "logs:StartLiveTail", "logs:StartQuery", "logs:Unmask", "rds:Download*", "ssm:GetCommandInvocation",
            "ssm:ListCommandInvocations",
        ),
    ),
    DataRead(
        "NeverReadCode",
        "source code, packages and images; lambda:GetFunction says where the code of a function can be fetched",
        (
            "codeartifact:GetPackageVersionAsset", "codeartifact:ReadFromRepository", "codecommit:GetBlob",
            "codecommit:GetFile", "codecommit:GetFolder", "codecommit:GitPull", "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer", "lambda:GetFunction", "lambda:GetLayerVersion",
        ),
    ),
)  # fmt: skip
"""What no policy that is attached beside this one shall let the scanner read."""

ACCOUNT_OR_ARN = (
    r"[0-9]{12}"
    r"|arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9_+=,.@/-]+)"
    r"|arn:aws[a-z-]*:sts::[0-9]{12}:(assumed-role|federated-user)/[A-Za-z0-9_+=,.@/-]+"
)
"""Whom the role may trust: an account, or one principal by its ARN; never everybody."""
ROLE_NAMES = r"[A-Za-z0-9_+=,.@-]{1,64}"
"""What IAM takes as the name of a role."""
EXTERNAL_IDS = r"[A-Za-z0-9_+=,.@:/-]{2,}"
"""What STS takes as an external id, which may have ``LONGEST_EXTERNAL_ID`` characters."""
LONGEST_EXTERNAL_ID = 1224


_CHOOSING_ACCOUNTS = ("organizations:ListTagsForResource",)
"""What a scan of the organization asks for where accounts are chosen by their tags."""


def permissions(*, last_accessed: bool = False) -> tuple[str, ...]:
    """The IAM actions that a scan needs, sorted; those for the last use of services only where it is read."""
    apis = all_but_options(LAST_ACCESSED) if last_accessed else all_but_options()
    return tuple(sorted({permission_of(api) for api in apis} - {""}))


def permission_policy(*, last_accessed: bool = False, member_roles: object = None) -> PolicyDocument:
    """What the role may do, and what it may not whatever else is attached to it.

    Args:
        last_accessed: whether it reads which services each principal used last.
        member_roles: the ARN, with wildcards, of the roles that it may assume in other accounts of its organization;
            None where it reads its own account only.
    """
    allowed = list(permissions(last_accessed=last_accessed))
    if member_roles is not None:
        allowed = sorted([*allowed, *_CHOOSING_ACCOUNTS])
    statements: list[object] = [{"Sid": "ReadConfiguration", "Effect": "Allow", "Action": allowed, "Resource": "*"}]
    if member_roles is not None:
        statements.append(_assume(member_roles))
    statements += (
        {"Sid": reads.sid, "Effect": "Deny", "Action": list(reads.actions), "Resource": "*"} for reads in DATA_READS
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _assume(member_roles: object) -> dict[str, object]:
    """The right to assume roles, in no account outside of the organization that the role itself is in."""
    return {
        "Sid": "AssumeScannersOfMembers",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": member_roles,
        "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
    }


def trust_policy(principal: object, condition: object = None) -> PolicyDocument:
    """Who may assume the role.

    Args:
        principal: an account id or an ARN, checked by ``trusted``, or what stands for one in a template.
        condition: the condition block, if there is one.
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    }
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def sends(external_id: object) -> dict[str, object]:
    """The condition that the caller sends this external id."""
    return {"StringEquals": {"sts:ExternalId": external_id}}


def trusted(text: str) -> str:
    """The account id or ARN; raises ``ValueError`` for anything else."""
    return _checked(text, ACCOUNT_OR_ARN, "is neither an account id nor the ARN of a role, user or session")


def role_name(text: str) -> str:
    """The name of a role; raises ``ValueError`` for what IAM does not take."""
    return _checked(text, ROLE_NAMES, "is no name of a role: 1 to 64 letters, digits and _+=,.@-")


def external_id(text: str) -> str:
    """The external id; raises ``ValueError`` for what STS does not take."""
    pattern = EXTERNAL_IDS if len(text) <= LONGEST_EXTERNAL_ID else "never"
    return _checked(text, pattern, "is no external id: 2 to 1224 letters, digits and _+=,.@:/-")


def _checked(text: str, pattern: str, fault: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ValueError(f"{text!r} {fault}")
    return text
