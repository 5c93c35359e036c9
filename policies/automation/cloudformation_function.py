"""The function of the modes ``approve`` and ``auto`` in CloudFormation: its role, its journal, who may run it.

Source: "AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig", "AWS::S3::Bucket" and
"AWS::IAM::ManagedPolicy" in the CloudFormation Template Reference.
"""

from __future__ import annotations

from policies.automation.admitting import bucket_policy
from policies.automation.function import (
    CONCURRENCY,
    DAYS_OF_LOG,
    LONGEST_WAIT,
    MEMORY,
    MOST_PER_HOUR,
    PER_HOUR,
    PROTECTED,
    SAYS,
    SECONDS,
    TRIES,
    never,
)
from policies.automation.names import APPROVE, BUNDLE, HANDLER, LOG_GROUP, rule_arn
from policies.automation.responder_role import (
    APPROVER_SAYS,
    POLICY_NAME,
    approver_policy,
    permission_policy,
    trust_policy,
)
from policies.automation.rules import rules_of
from policies.documents.protecting import RESPONDER
from policies.preparation.language import CLOUDFORMATION as HERE
from policies.preparation.wish import Wish

_HOME = {"Condition": "IsHome"}
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_KEY = {"Fn::GetAtt": ["Key", "Arn"]}
_BUCKET = "${Journal}"


def function_parameters(wish: Wish) -> dict[str, object]:
    """What is asked when it is deployed."""
    return {
        "CodeBucket": {
            "Type": "String",
            "AllowedPattern": "^[a-z0-9.-]{3,63}$",
            "Description": f"The bucket in the home region that holds {BUNDLE}; looked at in the home region alone.",
        },
        "CodeKey": {"Type": "String", "Default": BUNDLE, "Description": "The name of the object."},
        "CodeVersion": {
            "Type": "String",
            "Default": "",
            "Description": "The version of the object: without it, a new one of that name is not noticed.",
        },
        "Protect": {
            "Type": "CommaDelimitedList",
            "Default": ",".join(never(wish)),
            "AllowedPattern": f"^({PROTECTED})$",
            "Description": (
                "Whom the function never touches, such as role/break-glass,role/deploy*,user/ann. IAM keeps it from "
                "them, too; the role of the function, the response role and those of services are always among them."
            ),
        },
        "MaxPerHour": {
            "Type": "Number",
            "Default": PER_HOUR,
            "MinValue": 1,
            "MaxValue": MOST_PER_HOUR,
            "Description": "How many principals the function contains in an hour.",
        },
    }


def function_conditions() -> dict[str, object]:
    """Whether a version of the code is told."""
    return {"HasCodeVersion": {"Fn::Not": [{"Fn::Equals": [{"Ref": "CodeVersion"}, ""]}]}}


def function_resources(wish: Wish) -> dict[str, object]:
    """Everything in the home region."""
    return {**_journal(), **_role(wish), **_function(wish), **_permissions(wish)}


def function_outputs() -> dict[str, object]:
    """What people need to know of it."""
    return {
        "FunctionArn": {**_HOME, "Value": {"Fn::GetAtt": ["Function", "Arn"]}},
        "JournalBucket": {**_HOME, "Value": {"Ref": "Journal"}},
        "ApproverPolicyArn": {**_HOME, "Value": {"Ref": "ApproverPolicy"}},
    }


def _journal() -> dict[str, object]:
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": _KEY}
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    bucket = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": dict.fromkeys(closed, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
            ]
        },
    }
    policy = {"Bucket": {"Ref": "Journal"}, "PolicyDocument": bucket_policy(HERE, _BUCKET)}
    return {
        "Journal": {"Type": "AWS::S3::Bucket", **_HOME, **_KEPT, "Properties": bucket},
        "JournalPolicy": {"Type": "AWS::S3::BucketPolicy", **_HOME, **_KEPT, "Properties": policy},
    }


def _role(wish: Wish) -> dict[str, object]:
    # A wildcard stands for partition and account, since the text between the names cannot be computed.
    start = "arn:*:iam::*:"
    listed = {"Fn::Join": [f",{start}", {"Ref": "Protect"}]}
    protected = {"Fn::Split": [",", {"Fn::Join": ["", [start, listed]]}]}
    permissions = permission_policy(HERE, _KEY, _BUCKET, protected, wish.response_role)
    role = {
        "RoleName": RESPONDER,
        "Description": SAYS,
        "AssumeRolePolicyDocument": trust_policy(),
        "Policies": [{"PolicyName": POLICY_NAME, "PolicyDocument": permissions}],
    }
    approver = {
        "ManagedPolicyName": APPROVE,
        "Description": APPROVER_SAYS,
        "PolicyDocument": approver_policy(HERE, _KEY, _BUCKET),
    }
    return {
        "FunctionRole": {"Type": "AWS::IAM::Role", **_HOME, "Properties": role},
        "ApproverPolicy": {"Type": "AWS::IAM::ManagedPolicy", **_HOME, "Properties": approver},
    }


def _function(wish: Wish) -> dict[str, object]:
    version = {"Fn::If": ["HasCodeVersion", {"Ref": "CodeVersion"}, {"Ref": "AWS::NoValue"}]}
    environment = {
        "GUARDRIFT_MODE": wish.mode,
        "GUARDRIFT_TOPIC": {"Ref": "Topic"},
        "GUARDRIFT_JOURNAL_BUCKET": {"Ref": "Journal"},
        "GUARDRIFT_PROTECT": {"Fn::Join": [",", {"Ref": "Protect"}]},
        "GUARDRIFT_MAX_PER_HOUR": {"Ref": "MaxPerHour"},
    }
    function = {
        "FunctionName": RESPONDER,
        "Description": SAYS,
        "Handler": HANDLER,
        "Runtime": wish.runtime,
        "Architectures": [wish.architecture],
        "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}, "S3ObjectVersion": version},
        "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
        "Timeout": SECONDS,
        "MemorySize": MEMORY,
        "ReservedConcurrentExecutions": CONCURRENCY,
        "KmsKeyArn": _KEY,
        "Environment": {"Variables": environment},
        "LoggingConfig": {"LogGroup": {"Ref": "FunctionLog"}},
    }
    log = {"LogGroupName": LOG_GROUP, "RetentionInDays": DAYS_OF_LOG, "KmsKeyId": _KEY}
    invoked = {
        "FunctionName": {"Ref": "Function"},
        "Qualifier": "$LATEST",
        "MaximumEventAgeInSeconds": LONGEST_WAIT,
        "MaximumRetryAttempts": TRIES,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Queue", "Arn"]}}},
    }
    return {
        "FunctionLog": {"Type": "AWS::Logs::LogGroup", **_HOME, "Properties": log},
        "Function": {"Type": "AWS::Lambda::Function", **_HOME, "Properties": function},
        "FunctionInvoked": {"Type": "AWS::Lambda::EventInvokeConfig", **_HOME, "Properties": invoked},
    }


def _permissions(wish: Wish) -> dict[str, object]:
    return {
        f"Run{''.join(word.capitalize() for word in each.short.split('-'))}": {
            "Type": "AWS::Lambda::Permission",
            **_HOME,
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": rule_arn(HERE, each.name),
            },
        }
        for each in rules_of(wish.mode, HERE)
        if each.to == "function"
    }
