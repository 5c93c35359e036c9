"""The trail, its locked bucket, its key and the table of Athena, in Terraform's JSON syntax (``.tf.json``)."""

from __future__ import annotations

from policies.preparation.language import LABEL, TERRAFORM_DATA, printed, required, variable
from policies.preparation.language import TERRAFORM as HERE
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

_MODE, _LOCK, _KEEP = f"{LABEL}_lock_mode", f"{LABEL}_lock_days", f"{LABEL}_keep_days"
_OBJECTS, _REGIONS, _FIRST = f"{LABEL}_s3_data_events", f"{LABEL}_regions", f"{LABEL}_first_day"
_BUCKET = f"${{aws_s3_bucket.{LABEL}.id}}"
_MANAGER = f"{LABEL}_manager"
_NUMBER = "[1-9][0-9]{0,4}"


def terraform() -> str:
    """A configuration for one region, that of the provider, which becomes the home of the trail."""
    return printed(
        {
            "terraform": required(),
            "variable": _variables(),
            "data": TERRAFORM_DATA,
            "locals": {
                f"{LABEL}_bucket_policy": bucket_policy(HERE, f"${{var.{_MANAGER}}}"),
                f"{LABEL}_key_policy": key_policy(HERE),
            },
            "resource": {**_bucket(), **_trail(), **_table()},
            "output": {f"{LABEL}_log_bucket": {"value": _BUCKET}},
        }
    )


def _variables() -> dict[str, object]:
    mode = (
        "COMPLIANCE: nobody deletes a log file, and the bucket is paid for until the time is over. GOVERNANCE: the "
        "manager and the root user can."
    )
    return {
        _MANAGER: variable("string", MANAGED_BY, MANAGERS, _MANAGER),
        _MODE: variable("string", mode, "GOVERNANCE|COMPLIANCE", _MODE, "GOVERNANCE"),
        _LOCK: variable("number", "How long log files are locked, in days.", _NUMBER, _LOCK, LOCK_DAYS),
        _KEEP: variable("number", "After how many days log files expire.", _NUMBER, _KEEP, KEEP_DAYS),
        _OBJECTS: {"type": "bool", "description": "Whether use of objects is recorded; paid by the event.",
                   "default": False},
        _REGIONS: {"type": "list(string)", "description": "The regions of the table: all that are enabled."},
        _FIRST: variable("string", "The first day of the table, such as 2026/01/01.", "[0-9]{4}/[0-9]{2}/[0-9]{2}",
                         _FIRST),
    }  # fmt: skip


def _bucket() -> dict[str, object]:
    retention = {"mode": f"${{var.{_MODE}}}", "days": f"${{var.{_LOCK}}}"}
    closed = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    kept = {"lifecycle": {"prevent_destroy": True}}
    rule = {
        "id": "expire",
        "status": "Enabled",
        "filter": {},
        "expiration": {"days": f"${{var.{_KEEP}}}"},
        "noncurrent_version_expiration": {"noncurrent_days": f"${{var.{_KEEP}}}"},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    of_bucket = {"bucket": _BUCKET}
    return {
        "aws_s3_bucket": {LABEL: {"bucket": bucket_name(HERE), "object_lock_enabled": True, **kept}},
        "aws_s3_bucket_versioning": {LABEL: {**of_bucket, "versioning_configuration": {"status": "Enabled"}}},
        "aws_s3_bucket_object_lock_configuration": {LABEL: {
            **of_bucket, "rule": {"default_retention": retention},
            "depends_on": [f"aws_s3_bucket_versioning.{LABEL}"],
        }},
        "aws_s3_bucket_public_access_block": {LABEL: {**of_bucket, **dict.fromkeys(closed, True)}},
        "aws_s3_bucket_lifecycle_configuration": {LABEL: {**of_bucket, "rule": [rule]}},
        # Last, since it forbids some of the others.
        "aws_s3_bucket_policy": {LABEL: {
            **of_bucket, "policy": f"${{jsonencode(local.{LABEL}_bucket_policy)}}",
            "depends_on": [
                f"aws_s3_bucket_{each}.{LABEL}"
                for each in (
                    "versioning", "object_lock_configuration", "public_access_block", "lifecycle_configuration",
                )
            ],
        }},
    }  # fmt: skip


def _trail() -> dict[str, object]:
    key = {
        "description": "Log files of CloudTrail.",
        "enable_key_rotation": True,
        "policy": f"${{jsonencode(local.{LABEL}_key_policy)}}",
        "lifecycle": {"prevent_destroy": True},
    }
    management = {
        "name": "Management",
        "field_selector": [{"field": "eventCategory", "equals": ["Management"]}],
    }
    objects = [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
    ]
    trail = {
        "name": TRAIL,
        "s3_bucket_name": _BUCKET,
        "is_multi_region_trail": True,
        "include_global_service_events": True,
        "enable_log_file_validation": True,
        "kms_key_id": f"${{aws_kms_key.{LABEL}.arn}}",
        "advanced_event_selector": [management],
        "dynamic": {
            "advanced_event_selector": {
                "for_each": f'${{var.{_OBJECTS} ? ["Objects"] : []}}',
                "content": {"name": "${advanced_event_selector.value}", "field_selector": objects},
            }
        },
        "depends_on": [f"aws_s3_bucket_policy.{LABEL}"],
    }
    return {"aws_kms_key": {LABEL: key}, "aws_cloudtrail": {LABEL: trail}}


def _table() -> dict[str, object]:
    folder = f"s3://{_BUCKET}/AWSLogs/{HERE.account}/CloudTrail/"
    # Athena's own variables, which are not to be filled in here.
    location = folder + "$${region}/$${day}"
    table = {
        "name": TABLE,
        "database_name": f"${{aws_glue_catalog_database.{LABEL}.name}}",
        "table_type": "EXTERNAL_TABLE",
        "partition_keys": named(((name, "string") for name in PARTITIONS), "name", "type"),
        "parameters": properties(location, f'${{join(",", var.{_REGIONS})}}', f"${{var.{_FIRST}}},NOW"),
        "storage_descriptor": {
            "columns": named(COLUMNS, "name", "type"),
            "location": folder,
            "input_format": INPUT,
            "output_format": OUTPUT,
            "ser_de_info": {"serialization_library": SERDE},
        },
    }
    return {"aws_glue_catalog_database": {LABEL: {"name": DATABASE}}, "aws_glue_catalog_table": {LABEL: table}}
