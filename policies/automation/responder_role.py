"""The role of the function: what it reads, the little that it changes, and whom it can never touch.

Of what people may do with the response role it has what puts a containment in place, and nothing that takes one off,
opens a trust policy, deletes, or stops an instance: undoing is for people. Whoever can change the code of the function
has all of this, so only the pipeline should.

Sources: "Actions, resources, and condition keys" of IAM, Lambda, S3 and SNS in the Service Authorization Reference;
"Defining Lambda function permissions with an execution role" in the Lambda Developer Guide: nowhere does AWS document
that Lambda says for which account it assumes such a role, so a trust policy that asked might let nobody in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.automation.names import FORWARD, JOURNAL, LOG_GROUP, function_arn, queue_arn, topic_arn
from policies.documents.protecting import QUARANTINE_TAG, RESPONDER
from policies.documents.writing import PolicyDocument, document
from policies.preparation.language import Language
from policies.preparation.response_role import permission_policy as of_people
from policies.preparation.wish import ISOLATION_ROLE
from policies.scanner_role import permissions

POLICY_NAME = "guardrift-respond"
"""The one policy of the role."""

_OF_SERVICES = ("role/aws-reserved/*", "role/aws-service-role/*")
"""Roles that IAM lets nobody change, so that trying is a mistake."""


def trust_policy() -> PolicyDocument:
    """Lambda alone assumes the role; who may give it to a function, iam:PassRole says."""
    return document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})


def permission_policy(language: Language, key: object, bucket: str, protected: object, role: str) -> PolicyDocument:
    """What the function may do.

    Args:
        language: in which it is written.
        key: the ARN of the key, or what stands for it.
        bucket: the name of the bucket, or what stands for it in a text.
        protected: the ARNs of the never-list, or what stands for the list.
        role: the name of the response role, which people have.
    """
    people = {each["Sid"]: each for each in _statements(of_people(language, role, ISOLATION_ROLE))}
    return document(
        *_reading(people),
        *_containing(people),
        *_telling(language, key, bucket),
        {"Sid": "NeverThese", "Effect": "Deny", "Action": people["NeverItself"]["Action"], "Resource": protected},
        {
            "Sid": "NeverThoseOfResponse",
            "Effect": "Deny",
            "Action": people["NeverItself"]["Action"],
            "Resource": [
                language.iam(each) for each in (f"role/{RESPONDER}", f"role/{FORWARD}*", f"role/{role}", *_OF_SERVICES)
            ],
        },
    )


def _statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def _reading(people: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, object]]:
    """What a plan is made of: the facts of an account, and what verifies it."""
    others = [each for each in permissions() if not each.startswith("iam:")]
    yield {
        "Sid": "ReadConfiguration",
        "Effect": "Allow",
        "Action": sorted([*others, "cloudtrail:LookupEvents", *people["ReadIam"]["Action"]]),
        "Resource": "*",
    }


def _containing(people: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, object]]:
    principals = people["Contain"]["Resource"]
    attached = people["AttachWhatContains"]["Condition"]["ArnLike"]["iam:PolicyARN"]
    yield {
        "Sid": "Deny",
        "Effect": "Allow",
        "Action": [
            "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey", "iam:UpdateServiceSpecificCredential",
        ],
        "Resource": principals,
    }  # fmt: skip
    yield {
        "Sid": "AttachWhatContains",
        "Effect": "Allow",
        "Action": ["iam:AttachRolePolicy", "iam:AttachUserPolicy"],
        "Resource": principals,
        "Condition": {"ArnLike": {"iam:PolicyARN": attached}},
    }
    yield {
        "Sid": "BindByWhatContains",
        "Effect": "Allow",
        "Action": ["iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"],
        "Resource": principals,
        "Condition": {"ArnLike": {"iam:PermissionsBoundary": attached}},
    }
    yield {
        "Sid": "Mark",
        "Effect": "Allow",
        "Action": ["iam:TagRole", "iam:TagUser"],
        "Resource": principals,
        "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": [QUARANTINE_TAG]}, "Null": {"aws:TagKeys": "false"}},
    }
    own = people["OwnPolicies"]
    yield {**own, "Action": ["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]}


def _telling(language: Language, key: object, bucket: str) -> Iterator[dict[str, object]]:
    group = language.arn(f"logs:{language.region}:{language.account}:log-group:{LOG_GROUP}:*")
    objects = language.arn(f"s3:::{bucket}/{JOURNAL}*")
    yield _allow("Journal", ["s3:GetObject", "s3:PutObject"], objects)
    listed = {"StringLike": {"s3:prefix": f"{JOURNAL}*"}}
    yield {**_allow("FindJournals", ["s3:ListBucket"], language.arn(f"s3:::{bucket}")), "Condition": listed}
    yield _allow("Tell", ["sns:Publish"], topic_arn(language))
    yield _allow("LeaveWhatFailed", ["sqs:SendMessage"], queue_arn(language))
    yield _allow("UseTheKey", ["kms:Decrypt", "kms:GenerateDataKey"], key)
    yield _allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], group)


def approver_policy(language: Language, key: object, bucket: str) -> PolicyDocument:
    """What a person needs to read what the function planned, and to run it."""
    return document(
        _allow("Run", ["lambda:InvokeFunction"], function_arn(language)),
        _allow("ReadJournals", ["s3:GetObject"], language.arn(f"s3:::{bucket}/{JOURNAL}*")),
        _allow("FindJournals", ["s3:ListBucket"], language.arn(f"s3:::{bucket}")),
        _allow("DecryptJournals", ["kms:Decrypt"], key),
    )


def _allow(sid: str, actions: list[str], resource: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


APPROVER_SAYS = f"For those who approve what {RESPONDER} planned: reading its journal, and running it."
"""The description of their policy."""
