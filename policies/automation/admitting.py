"""Who may hand what to the topic, the queue, the key and the bucket, and to the bus of the home region.

Everything is let in by the ARN of a rule or alarm of this stack, but the key: EventBridge does not tell it for which
rule it publishes to an encrypted topic, so that a key policy which asks lets nothing in. It is the policy of the topic
that keeps other rules out. SNS and Lambda use the key with the rights of who calls them.

Sources: "Cross-service confused deputy prevention" and "Using dead-letter queues" in the EventBridge User Guide; "Key
management" in the SNS Developer Guide; "Encrypt log data in CloudWatch Logs using AWS KMS" in the CloudWatch Logs User
Guide; "Securing Lambda environment variables" in the Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.automation.names import ALERTING, FORWARD, LOG_GROUP, queue_arn, rule_arn, topic_arn
from policies.documents.protecting import RESPONDER
from policies.documents.writing import PolicyDocument, document
from policies.preparation.language import Language

_EVENTS = {"Service": "events.amazonaws.com"}
_NOT_BY_TLS = {"Bool": {"aws:SecureTransport": "false"}}
_OVER_THE_JOURNAL = [
    "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy",
    "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration",
]  # fmt: skip


def topic_policy(language: Language, rules: Iterable[str]) -> PolicyDocument:
    """The rules and the alarms of this stack publish; who else may, IAM says."""
    alarms = language.arn(f"cloudwatch:{language.region}:{language.account}:alarm:{ALERTING}-*")
    return document(
        {
            "Sid": "RulesPublish",
            "Effect": "Allow",
            "Principal": _EVENTS,
            "Action": "sns:Publish",
            "Resource": topic_arn(language),
            "Condition": _by(language, rules),
        },
        {
            "Sid": "AlarmsPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn(language),
            "Condition": {
                "ArnLike": {"aws:SourceArn": alarms},
                "StringEquals": {"aws:SourceAccount": language.text(language.account)},
            },
        },
    )


def queue_policy(language: Language, rules: Iterable[str]) -> PolicyDocument:
    """What the rules of this stack could not hand over comes into the queue of their region."""
    return document(
        {
            "Sid": "RulesLeaveWhatFailed",
            "Effect": "Allow",
            "Principal": _EVENTS,
            "Action": "sqs:SendMessage",
            "Resource": queue_arn(language),
            "Condition": _by(language, rules),
        },
        {
            "Sid": "OnlyByTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": queue_arn(language),
            "Condition": _NOT_BY_TLS,
        },
    )


def _by(language: Language, rules: Iterable[str]) -> dict[str, object]:
    return {"ArnEquals": {"aws:SourceArn": [rule_arn(language, each) for each in rules]}}


def key_policy(language: Language, dns_suffix: str | None) -> PolicyDocument:
    """The account manages the key by IAM; rules and alarms use it, and the log of the function where there is one.

    Args:
        language: in which it is written.
        dns_suffix: stands for the end of the names of services; None where there is no function.
    """
    managed: dict[str, object] = {
        "Sid": "ManagedByIam",
        "Effect": "Allow",
        "Principal": {"AWS": language.iam("root")},
        "Action": "kms:*",
        "Resource": "*",
    }
    published: dict[str, object] = {
        "Sid": "RulesAndAlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    logs = () if dns_suffix is None else (_logs(language, dns_suffix),)
    return document(managed, published, *logs)


def _logs(language: Language, dns_suffix: str) -> dict[str, object]:
    group = language.arn(f"logs:{language.region}:{language.account}:log-group:{LOG_GROUP}")
    return {
        "Sid": "LogsAreEncrypted",
        "Effect": "Allow",
        "Principal": {"Service": language.text(f"logs.{language.region}.{dns_suffix}")},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}},
    }


def bucket_policy(language: Language, bucket: str) -> PolicyDocument:
    """By TLS alone, and whatever the function is made to do, it takes nothing out of its journal.

    Args:
        language: in which it is written.
        bucket: the name of the bucket, or what stands for it in a text.
    """
    both = [language.arn(f"s3:::{bucket}"), language.arn(f"s3:::{bucket}/*")]
    return document(
        {
            "Sid": "OnlyByTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": both,
            "Condition": _NOT_BY_TLS,
        },
        {
            "Sid": "TheFunctionOnlyAdds",
            "Effect": "Deny",
            "Principal": "*",
            "Action": _OVER_THE_JOURNAL,
            "Resource": both,
            "Condition": {"ArnEquals": {"aws:PrincipalArn": language.iam(f"role/{RESPONDER}")}},
        },
    )


def forward_trust(language: Language, rules: Iterable[str]) -> PolicyDocument:
    """EventBridge assumes the role for the rules that forward, and for no others."""
    return document(
        {
            "Effect": "Allow",
            "Principal": _EVENTS,
            "Action": "sts:AssumeRole",
            "Condition": {
                # In Terraform one role is for the rules of all regions.
                "ArnLike": {"aws:SourceArn": [rule_arn(language, each) for each in rules]},
                "StringEquals": {"aws:SourceAccount": language.text(language.account)},
            },
        }
    )


def forward_policy(language: Language, home: str) -> PolicyDocument:
    """The role sends to the default bus of the home region, and does nothing else.

    Args:
        language: in which it is written.
        home: stands for the home region.
    """
    bus = language.arn(f"events:{home}:{language.account}:event-bus/default")
    return document({"Sid": FORWARD.title().replace("-", ""), "Effect": "Allow", "Action": "events:PutEvents",
                     "Resource": bus})  # fmt: skip
