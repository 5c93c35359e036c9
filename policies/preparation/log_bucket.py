"""Where the logs of CloudTrail lie: who may write, who may not delete, and who may use the key.

Sources: "Amazon S3 bucket policy for CloudTrail" and "Configure AWS KMS key policies for CloudTrail" in the CloudTrail
User Guide; "Locking objects with Object Lock" in the Amazon S3 User Guide.
"""

from __future__ import annotations

from policies.documents.writing import PolicyDocument, document
from policies.preparation.language import Language

TRAIL = "guardrift"
"""How the trail is called."""

MANAGERS = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+"
"""The ARN of the one role that may change the policy of the bucket."""

MANAGED_BY = (
    "The ARN of the one role that may change the policy of the bucket: the one by which this is deployed, or it "
    "locks itself out."
)

LOCK_DAYS = 365
"""How long no version of a log file can be deleted, unless somebody asks for another time."""

KEEP_DAYS = 730
"""After how many days log files expire, unless somebody asks for another time."""

_SERVICE = {"Service": "cloudtrail.amazonaws.com"}
_DELETING = [
    "s3:BypassGovernanceRetention", "s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion",
    "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration",
]  # fmt: skip


def bucket_name(language: Language) -> str:
    """The name of the bucket, which no other account has."""
    return f"{TRAIL}-cloudtrail-{language.account}-{language.region}"


def trail_arn(language: Language) -> object:
    """The ARN of the trail, which is known before there is one."""
    return language.arn(f"cloudtrail:{language.region}:{language.account}:trail/{TRAIL}")


def bucket_policy(language: Language, manager: object) -> PolicyDocument:
    """CloudTrail writes for this trail, nobody deletes, and nobody but the manager changes this policy.

    Args:
        language: in which it is written.
        manager: the ARN of the role that may change it; the root user of the account always can.
    """
    bucket = language.arn(f"s3:::{bucket_name(language)}")
    files = language.arn(f"s3:::{bucket_name(language)}/*")
    of_trail = {"aws:SourceArn": trail_arn(language)}
    return document(
        {
            "Sid": "CloudTrailChecksAcl",
            "Effect": "Allow",
            "Principal": _SERVICE,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket,
            "Condition": {"StringEquals": of_trail},
        },
        {
            "Sid": "CloudTrailWrites",
            "Effect": "Allow",
            "Principal": _SERVICE,
            "Action": "s3:PutObject",
            "Resource": language.arn(f"s3:::{bucket_name(language)}/AWSLogs/{language.account}/*"),
            "Condition": {"StringEquals": {**of_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
        },
        {
            "Sid": "NobodyDeletes",
            "Effect": "Deny",
            "Principal": "*",
            "Action": _DELETING,
            "Resource": [bucket, files],
        },
        {
            "Sid": "NobodyElseChangesThis",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"],
            "Resource": bucket,
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": manager}},
        },
        {
            "Sid": "OnlyByTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, files],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def key_policy(language: Language) -> PolicyDocument:
    """The account manages the key by IAM; CloudTrail encrypts with it for this trail."""
    of_trail = {"aws:SourceArn": trail_arn(language)}
    trails = language.arn(f"cloudtrail:*:{language.account}:trail/*")
    return document(
        {
            "Sid": "ManagedByIam",
            "Effect": "Allow",
            "Principal": {"AWS": language.iam("root")},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "CloudTrailEncrypts",
            "Effect": "Allow",
            "Principal": _SERVICE,
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {
                "StringEquals": of_trail,
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails},
            },
        },
        {
            "Sid": "CloudTrailDescribes",
            "Effect": "Allow",
            "Principal": _SERVICE,
            "Action": "kms:DescribeKey",
            "Resource": "*",
            "Condition": {"StringEquals": of_trail},
        },
    )
