"""The services of an account in which everything is in order: what records, watches, alerts, and keeps the logs."""

from __future__ import annotations

from tests.accounts import OWN, Json
from tests.ready_alerts import ALERT_KEYS, RECEIVERS, alerting, arn, kms_key, lets_in, resource_policy
from tests.ready_identity import ARCHIVE, CONFIG_ROLE, HOME, INVESTIGATOR, MANAGEMENT, REGIONS, RESPONDER, SECURITY, iam

MINUTES_AGO = "2026-11-20T11:55:00Z"
BUCKET = "organization-logs"
_FEATURES = (
    "CLOUD_TRAIL", "DNS_LOGS", "EBS_MALWARE_PROTECTION", "EKS_AUDIT_LOGS", "FLOW_LOGS", "LAMBDA_NETWORK_LOGS",
    "RDS_LOGIN_EVENTS", "RUNTIME_MONITORING", "S3_DATA_EVENTS",
)  # fmt: skip
TRAIL = arn("cloudtrail", "trail/organization", HOME, MANAGEMENT)
_TRAIL_KEY = arn("kms", "key/logs")


def _detector(region: str) -> Json:
    return {
        "id": "d1",
        "arn": arn("guardduty", "detector/d1", region),
        "detail": {
            "kind": "detector",
            "status": "ENABLED",
            "publishing_frequency": "FIFTEEN_MINUTES",
            "features": [{"name": name, "status": "ENABLED"} for name in _FEATURES],
        },
        "filters": [],
        "trusted_ips": [],
        "trusted_entities": [],
        "threat_ips": [],
        "threat_entities": [],
        "destinations": [],
        "administrator": None,
        "members": [{"account_id": each, "status": "Enabled"} for each in (SECURITY, ARCHIVE, MANAGEMENT)],
        "organization": {
            "kind": "organization-detection",
            "auto_enable": "ALL",
            "features": [{"name": name, "auto_enable": "ALL"} for name in _FEATURES],
        },
        "open_findings": [],
    }


def _detection(region: str) -> Json:
    def analyzer(name: str, kind: str) -> Json:
        return {
            "arn": arn("access-analyzer", f"analyzer/{name}", region),
            "name": name,
            "type": kind,
            "status": "ACTIVE",
        }

    recorder = {
        "name": "default",
        "role": CONFIG_ROLE,
        "all_supported": True,
        "global_types": region == HOME,
        "strategy": "ALL_SUPPORTED_RESOURCE_TYPES",
    }
    hub = {"kind": "security-hub", "arn": arn("securityhub", "hub/default", region), "auto_enables_controls": True}
    return {
        "detectors": [_detector(region)],
        "detection_admins": [{"account_id": OWN, "status": "ENABLED"}],
        "analyzers": [analyzer("external", "ACCOUNT"), analyzer("unused", "ACCOUNT_UNUSED_ACCESS")],
        "recorders": [recorder],
        "recorder_statuses": [{"name": "default", "is_recording": True, "last_status": "SUCCESS"}],
        "delivery_channels": [{"name": "default", "bucket": BUCKET}],
        "aggregators": [{"name": "all", "is_organization": True, "all_regions": True}] if region == HOME else [],
        "security_hub": {**hub, "standards": []},
        "security_hub_v2": None,
    }


def _trail() -> Json:
    def selector(category: str, *others: Json) -> list[Json]:
        return [{"field": "eventCategory", "operators": {"Equals": [category]}}, *others]

    def equals(field: str, value: str) -> Json:
        return {"field": field, "operators": {"Equals": [value]}}

    return {
        "arn": TRAIL,
        "name": "organization",
        "home_region": HOME,
        "bucket": BUCKET,
        "is_multi_region": True,
        "is_organization": True,
        "validates_files": True,
        "kms_key": _TRAIL_KEY,
        "log_group": arn("logs", "log-group:trail:*", HOME, MANAGEMENT),
        "status": {
            "kind": "trail-status",
            "is_logging": True,
            "started_logging": "2024-01-01T00:00:00Z",
            "latest_delivery": MINUTES_AGO,
            "latest_digest_delivery": MINUTES_AGO,
            "latest_logs_delivery": MINUTES_AGO,
        },
        "selectors": {
            "kind": "event-selectors",
            "advanced": [
                selector("Management"),
                selector("Data", equals("resources.type", "AWS::S3::Object")),
                selector("NetworkActivity", equals("eventSource", "s3.amazonaws.com")),
            ],
        },
        "insights": [{"type": "ApiCallRateInsight"}, {"type": "ApiErrorRateInsight"}],
    }


_METADATA: Json = {"tokens": "required", "endpoint": "enabled", "hop_limit": 1}


def _launches(region: str) -> Json:
    instance = {
        "id": "i-1",
        "arn": arn("ec2", "instance/i-1", region),
        "state": "running",
        "metadata": _METADATA,
        "instance_profile": iam("instance-profile/web"),
        "image": "ami-1",
        "launched": "2026-10-01T00:00:00Z",
        "vpc": "vpc-1",
        "placements": ["subnet-1"],
        "security_groups": ["sg-1"],
    }
    template = {
        "template_id": "lt-1",
        "arn": arn("ec2", "launch-template/lt-1", region),
        "name": "web",
        "version": 1,
        "is_default": True,
        "is_latest": True,
        "metadata": _METADATA,
        "image": "ami-1",
    }
    configuration = {
        "name": "web",
        "arn": arn("autoscaling", "launchConfiguration:1:launchConfigurationName/web", region),
        "metadata": _METADATA,
        "image": "ami-1",
    }
    return {"instances": [instance], "launch_templates": [template], "launch_configurations": [configuration]}


def _computing(region: str) -> Json:
    from_within = {"protocol": "tcp", "from_port": 443, "to_port": 443, "sources": ["10.0.0.0/8"]}
    launches = _launches(region)
    return {
        **(launches if region == HOME else {part: [] for part in launches}),
        "images": [],
        "imds_defaults": {
            "kind": "imds-defaults",
            "options": {"tokens": "required", "hop_limit": 1, "endpoint": "enabled"},
            "tokens_enforced": "enabled",
        },
        "scaling_groups": [],
        "security_groups": [
            {"id": "sg-1", "name": "web", "vpc": "vpc-1", "ingress": [from_within], "allows_egress": True},
            {"id": "sg-2", "name": "isolation", "vpc": "vpc-1"},
        ],
        "route_tables": [{"id": "rtb-1", "vpc": "vpc-1", "is_main": True}],
        "load_balancers": [],
        "classic_balancers": [],
        "target_groups": [],
        "vpc_endpoints": [
            {
                "id": "vpce-1",
                "service": f"com.amazonaws.{region}.s3",
                "type": "Interface",
                "state": "available",
                "vpc": "vpc-1",
            }
        ],
        "flow_logs": [{"id": "fl-1", "resource": "vpc-1", "status": "ACTIVE", "traffic": "ALL", "delivery": "SUCCESS"}],
        "managed_instances": [{"id": "i-1", "ping": "Online"}],
        "host_management": None,
    }


def _region(name: str) -> Json:
    return {
        "name": name,
        "trails": [_trail()] if name == HOME else [],
        "event_data_stores": [],
        **_computing(name),
        **_detection(name),
        **alerting(name),
    }


def _keys() -> list[Json]:
    readers: Json = {
        "Effect": "Allow",
        "Principal": {"AWS": [RESPONDER, INVESTIGATOR]},
        "Action": ["kms:Decrypt", "kms:DescribeKey"],
        "Resource": "*",
    }
    writer = lets_in("cloudtrail", "kms:GenerateDataKey*", "*", StringEquals={"aws:SourceArn": TRAIL})
    return [*ALERT_KEYS, kms_key(_TRAIL_KEY, readers, writer)]


def _log_bucket() -> Json:
    written = {"aws:SourceArn": TRAIL, "s3:x-amz-acl": "bucket-owner-full-control"}
    blocked = {"block_acls": True, "ignore_acls": True, "block_policy": True, "restrict_buckets": True}
    return {
        "kind": "bucket",
        "name": BUCKET,
        "region": HOME,
        "policy": resource_policy(
            lets_in("cloudtrail", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/*", StringEquals=written),
            lets_in("cloudtrail", "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}", StringEquals={"aws:SourceArn": TRAIL}),
        ),
        "policy_status": {"kind": "policy-status", "is_public": False},
        "versioning": {"kind": "versioning", "status": "Enabled", "mfa_delete": "Enabled"},
        "object_lock": {"kind": "object-lock", "enabled": True, "mode": "COMPLIANCE", "days": 365},
        "public_access_block": {"kind": "public-access-block", **blocked},
        "logging": {"kind": "access-logging", "target_bucket": "access-logs"},
        "encryption": {"kind": "encryption", "algorithm": "aws:kms", "kms_key": _TRAIL_KEY},
        "lifecycle": None,
        "ownership": {"kind": "ownership", "object_ownership": "BucketOwnerEnforced"},
        "grants": None,
    }


def _query_tools() -> Json:
    detail = {"kind": "work-group", "output": "s3://results/", "is_enforced": True}
    table = {
        "database": "logs",
        "name": "cloudtrail",
        "location": f"s3://{BUCKET}/AWSLogs/o-1/",
        "partition_keys": ["account", "region", "day"],
        "projects_partitions": True,
    }
    work_group = {"name": "primary", "state": "ENABLED", "detail": detail}
    return {"region": HOME, "work_groups": [work_group], "tables": [table]}


SERVICES: Json = {
    "regions": [_region(name) for name in REGIONS],
    **RECEIVERS,
    "keys": _keys(),
    "log_buckets": [{"name": BUCKET, "account_id": ARCHIVE, "bucket": _log_bucket()}],
    "query_tools": [_query_tools()],
    "public_access_block": {
        "kind": "public-access-block",
        "block_acls": True,
        "ignore_acls": True,
        "block_policy": True,
        "restrict_buckets": True,
    },
}
"""What services tell of the account, in each of its regions."""
