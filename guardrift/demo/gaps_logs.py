"""Where the logs of the demo account lie and what can ask questions of them, answered in the emulator's place."""

from __future__ import annotations

from typing import Any

from guardrift.demo.answers import Answers, Asked
from guardrift.demo.seed_storage import LOG_BUCKET, RESULTS_BUCKET
from guardrift.demo.setting import ACCOUNT_ID, HOME

INVESTIGATION = "investigation"
"""The work group of the home region that says where the results of queries go; those made by AWS do not."""

_DATABASE, _TABLE = "security_logs", "account_trail"
_AGE = 600


def _work_groups(asked: Asked) -> dict[str, Any]:
    names = ("primary", INVESTIGATION) if asked.region == HOME else ("primary",)
    engine = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
    return {
        "WorkGroups": [
            {"Name": name, "State": "ENABLED", "CreationTime": asked.ago(days=_AGE), "EngineVersion": engine}
            for name in names
        ]
    }


def _work_group(asked: Asked) -> dict[str, Any]:
    name = asked.parameters["WorkGroup"]
    is_for_investigations = name == INVESTIGATION
    results = {"OutputLocation": f"s3://{RESULTS_BUCKET}/"} if is_for_investigations else {}
    return {
        "WorkGroup": {
            "Name": name,
            "State": "ENABLED",
            "CreationTime": asked.ago(days=_AGE),
            "Configuration": {
                "ResultConfiguration": results,
                "EnforceWorkGroupConfiguration": is_for_investigations,
                "PublishCloudWatchMetricsEnabled": True,
                "RequesterPaysEnabled": False,
            },
        }
    }


def _databases(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME:
        return {"DatabaseList": []}
    made = asked.ago(days=_AGE)
    return {"DatabaseList": [{"Name": _DATABASE, "CreateTime": made, "CatalogId": ACCOUNT_ID}]}


def _tables(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME or asked.parameters["DatabaseName"] != _DATABASE:
        return {"TableList": []}
    location = f"s3://{LOG_BUCKET}/AWSLogs/{ACCOUNT_ID}/CloudTrail/"
    made = asked.ago(days=_AGE)
    return {
        "TableList": [
            {
                "Name": _TABLE,
                "DatabaseName": _DATABASE,
                "CreateTime": made,
                "UpdateTime": made,
                "Retention": 0,
                "StorageDescriptor": {
                    "Columns": [{"Name": "eventtime", "Type": "string"}, {"Name": "eventname", "Type": "string"}],
                    "Location": location,
                    "InputFormat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe"},
                },
                "PartitionKeys": [{"Name": "region", "Type": "string"}, {"Name": "day", "Type": "string"}],
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {
                    "projection.enabled": "true",
                    "projection.region.type": "injected",
                    "projection.day.type": "date",
                    "projection.day.format": "yyyy/MM/dd",
                    "projection.day.range": "2024/01/01,NOW",
                    "storage.location.template": f"{location}${{region}}/${{day}}",
                },
                "CatalogId": ACCOUNT_ID,
            }
        ]
    }


def _account_block(_asked: Asked) -> dict[str, Any]:
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {"PublicAccessBlockConfiguration": dict.fromkeys(switches, True)}


ANSWERS: Answers = {
    "cloudtrail:ListEventDataStores": lambda _: {"EventDataStores": []},
    "athena:ListWorkGroups": _work_groups,
    "athena:GetWorkGroup": _work_group,
    "glue:GetDatabases": _databases,
    "glue:GetTables": _tables,
    "s3control:GetPublicAccessBlock": _account_block,
}
