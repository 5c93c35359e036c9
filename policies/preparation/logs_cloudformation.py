"""The trail, its locked bucket, its key and the table of Athena, as a CloudFormation template for one region."""

from __future__ import annotations

from policies.preparation.language import CLOUDFORMATION as HERE
from policies.preparation.language import printed
from policies.preparation.log_bucket import (
    KEEP_DAYS,
    LOCK_DAYS,
    MANAGED_BY,
    MANAGERS,
    TRAIL,
    bucket_name,
    bucket_policy,
    key_policy,
)
from policies.preparation.table import COLUMNS, DATABASE, INPUT, OUTPUT, PARTITIONS, SERDE, TABLE, named, properties

_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_YES_NO = ["yes", "no"]


def cloudformation() -> str:
    """A template for ``aws cloudformation deploy``; in the region that shall be the home of the trail."""
    return printed(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "A trail of all regions, in a bucket from which nobody deletes, with a table to ask it.",
            "Parameters": _parameters(),
            "Conditions": {
                "HasKey": {"Fn::Equals": [{"Ref": "Encrypt"}, "yes"]},
                "RecordsObjects": {"Fn::Equals": [{"Ref": "S3DataEvents"}, "yes"]},
            },
            "Resources": {
                "Bucket": _bucket(),
                "BucketPolicy": {
                    "Type": "AWS::S3::BucketPolicy",
                    **_KEPT,
                    "Properties": {
                        "Bucket": {"Ref": "Bucket"},
                        "PolicyDocument": bucket_policy(HERE, {"Ref": "Manager"}),
                    },
                },
                "Key": {
                    "Type": "AWS::KMS::Key",
                    "Condition": "HasKey",
                    **_KEPT,
                    "Properties": {
                        "Description": "Log files of CloudTrail.",
                        "EnableKeyRotation": True,
                        "KeyPolicy": key_policy(HERE),
                    },
                },
                "Trail": _trail(),
                "Database": {
                    "Type": "AWS::Glue::Database",
                    "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": DATABASE}},
                },
                "Table": _table(),
            },
            "Outputs": {
                "BucketName": {"Value": {"Ref": "Bucket"}},
                "TrailArn": {"Value": {"Fn::GetAtt": ["Trail", "Arn"]}},
            },
        }
    )


def _parameters() -> dict[str, object]:
    return {
        "Manager": {"Type": "String", "AllowedPattern": f"^{MANAGERS}$", "Description": MANAGED_BY},
        "LockMode": {
            "Type": "String",
            "Default": "GOVERNANCE",
            "AllowedValues": ["GOVERNANCE", "COMPLIANCE"],
            "Description": (
                "COMPLIANCE: nobody, not even the root user or AWS, deletes a log file or shortens the time, so the "
                "bucket is paid for until then. GOVERNANCE: the manager and the root user can."
            ),
        },
        "LockDays": {
            "Type": "Number",
            "Default": LOCK_DAYS,
            "MinValue": 1,
            "Description": "How long files are locked.",
        },
        "KeepDays": {"Type": "Number", "Default": KEEP_DAYS, "MinValue": 1, "Description": "When files expire."},
        "Encrypt": {
            "Type": "String",
            "Default": "yes",
            "AllowedValues": _YES_NO,
            "Description": "Whether log files are encrypted with a key of KMS.",
        },
        "S3DataEvents": {
            "Type": "String",
            "Default": "no",
            "AllowedValues": _YES_NO,
            "Description": "Whether reading and writing of objects is recorded, too; paid by the event.",
        },
        "Regions": {
            "Type": "String",
            "AllowedPattern": "^[a-z0-9-]+(,[a-z0-9-]+)*$",
            "Description": "The regions of the table, separated by commas: aws ec2 describe-regions names them.",
        },
        "FirstDay": {
            "Type": "String",
            "AllowedPattern": "^[0-9]{4}/[0-9]{2}/[0-9]{2}$",
            "Description": "The first day of the table, such as 2026/01/01.",
        },
    }


def _bucket() -> dict[str, object]:
    rule = {
        "Id": "Expire",
        "Status": "Enabled",
        "ExpirationInDays": {"Ref": "KeepDays"},
        "NoncurrentVersionExpiration": {"NoncurrentDays": {"Ref": "KeepDays"}},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return {
        "Type": "AWS::S3::Bucket",
        **_KEPT,
        "Properties": {
            "BucketName": HERE.text(bucket_name(HERE)),
            "ObjectLockEnabled": True,
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": {"Ref": "LockMode"}, "Days": {"Ref": "LockDays"}}},
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": dict.fromkeys(closed, True),
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
            "LifecycleConfiguration": {"Rules": [rule]},
        },
    }


def _trail() -> dict[str, object]:
    def equals(field: str, value: str) -> dict[str, object]:
        return {"Field": field, "Equals": [value]}

    objects = {
        "Name": "Objects",
        "FieldSelectors": [equals("eventCategory", "Data"), equals("resources.type", "AWS::S3::Object")],
    }
    return {
        "Type": "AWS::CloudTrail::Trail",
        "DependsOn": "BucketPolicy",
        "Properties": {
            "TrailName": TRAIL,
            "S3BucketName": {"Ref": "Bucket"},
            "IsLogging": True,
            "IsMultiRegionTrail": True,
            "IncludeGlobalServiceEvents": True,
            "EnableLogFileValidation": True,
            "KMSKeyId": {"Fn::If": ["HasKey", {"Fn::GetAtt": ["Key", "Arn"]}, {"Ref": "AWS::NoValue"}]},
            "AdvancedEventSelectors": [
                {"Name": "Management", "FieldSelectors": [equals("eventCategory", "Management")]},
                {"Fn::If": ["RecordsObjects", objects, {"Ref": "AWS::NoValue"}]},
            ],
        },
    }


def _table() -> dict[str, object]:
    folder = "s3://${Bucket}/AWSLogs/${AWS::AccountId}/CloudTrail/"
    # Athena's own variables, which are not to be filled in here.
    location = {"Fn::Sub": folder + "${!region}/${!day}"}
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Database"},
            "TableInput": {
                "Name": TABLE,
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": named((name, "string") for name in PARTITIONS),
                "Parameters": properties(location, {"Ref": "Regions"}, {"Fn::Sub": "${FirstDay},NOW"}),
                "StorageDescriptor": {
                    "Columns": named(COLUMNS),
                    "Location": {"Fn::Sub": folder},
                    "InputFormat": INPUT,
                    "OutputFormat": OUTPUT,
                    "SerdeInfo": {"SerializationLibrary": SERDE},
                },
            },
        },
    }
