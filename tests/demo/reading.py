"""The demo account read as a collector reads it, everything in one value; as a program, printed as JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from guardrift.demo.account import open_account
from guardrift.demo.setting import REGIONS

AT = datetime(2026, 11, 2, 3, 14, 15, tzinfo=UTC)

# What the emulator says about the request, and the moment at which an instance was terminated in the emulator.
_CHATTER = {"ResponseMetadata", "StateTransitionReason"}


def read_account(session: Any) -> dict[str, Any]:
    iam = session.client("iam")
    details = iam.get_account_authorization_details(
        Filter=["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]
    )
    users = [user["UserName"] for user in details["UserDetailList"]]
    report = iam.get_credential_report()
    keys = {user: iam.list_access_keys(UserName=user)["AccessKeyMetadata"] for user in users}
    key_ids = [key["AccessKeyId"] for listed in keys.values() for key in listed]
    return {
        "identity": plain(session.client("sts").get_caller_identity()),
        "details": plain(details),
        "report": report["Content"].decode(),
        "report_time": plain(report["GeneratedTime"]),
        "summary": plain(iam.get_account_summary()["SummaryMap"]),
        "keys": plain(keys),
        "last_used": {
            key: plain(iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]) for key in key_ids
        },
        "regions": {region: plain(read_region(session, region)) for region in REGIONS},
    }


def read_region(session: Any, region: str) -> dict[str, Any]:
    ec2 = session.client("ec2", region_name=region)
    guardduty = session.client("guardduty", region_name=region)
    events = session.client("events", region_name=region)
    rules = events.list_rules()["Rules"]
    reservations = ec2.describe_instances()["Reservations"]
    return {
        "instances": [instance for reservation in reservations for instance in reservation["Instances"]],
        "templates": ec2.describe_launch_template_versions(Versions=["$Default", "$Latest"])["LaunchTemplateVersions"],
        "images": ec2.describe_images(Owners=["self"])["Images"],
        "imds_defaults": ec2.get_instance_metadata_defaults()["AccountLevel"],
        "trails": read_trails(session, region),
        "detectors": [
            guardduty.get_detector(DetectorId=detector) for detector in guardduty.list_detectors()["DetectorIds"]
        ],
        "rules": rules,
        "targets": {rule["Name"]: events.list_targets_by_rule(Rule=rule["Name"])["Targets"] for rule in rules},
        "subscriptions": session.client("sns", region_name=region).list_subscriptions()["Subscriptions"],
    }


def read_trails(session: Any, region: str) -> list[dict[str, Any]]:
    cloudtrail = session.client("cloudtrail", region_name=region)
    trails = cloudtrail.describe_trails(includeShadowTrails=False)["trailList"]
    return [
        {
            "trail": trail,
            "status": cloudtrail.get_trail_status(Name=trail["TrailARN"]),
            "selectors": cloudtrail.get_event_selectors(TrailName=trail["TrailARN"]),
        }
        for trail in trails
    ]


def plain(value: Any) -> Any:
    """The value with times as text in UTC, and without the emulator's chatter."""
    match value:
        case dict():
            return {key: plain(part) for key, part in value.items() if key not in _CHATTER}
        case list():
            return [plain(part) for part in value]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return value


if __name__ == "__main__":
    with open_account(AT) as opened:
        json.dump(read_account(opened), sys.stdout)
