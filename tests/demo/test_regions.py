"""The regions of the demo account, in the shapes that AWS answers with."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from guardrift.demo.setting import ARCHIVE, ENFORCING, HOME, REGIONS, SUSPENDED
from tests.demo.reading import AT, plain, read_region


def test_the_regions_are_those_of_every_account(session: Any) -> None:
    answer = session.client("ec2").describe_regions()["Regions"]
    assert [region["RegionName"] for region in answer] == list(REGIONS)
    assert len(set(REGIONS)) == 17


def test_reading_all_regions_at_once_gives_the_same(session: Any, account: dict[str, Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        regions = list(pool.map(lambda region: plain(read_region(session, region)), REGIONS))
    assert dict(zip(REGIONS, regions, strict=True)) == account["regions"]


def test_instances_answer_with_their_metadata_options(account: dict[str, Any]) -> None:
    seen = {
        instance["Tags"][0]["Value"]: (instance["State"]["Name"], instance["MetadataOptions"]["HttpTokens"])
        for instance in account["regions"][HOME]["instances"]
    }
    assert seen == {
        "web-legacy": ("running", "optional"),
        "web-modern": ("running", "required"),
        "web-retired": ("terminated", "optional"),
    }
    (legacy,) = (i for i in account["regions"][HOME]["instances"] if i["Tags"][0]["Value"] == "web-legacy")
    assert legacy["IamInstanceProfile"]["Arn"].endswith(":instance-profile/web-legacy-app")
    assert AT - datetime.fromisoformat(legacy["LaunchTime"]) == timedelta(days=620)


def test_default_versions_of_templates_differ_from_the_older_ones(session: Any) -> None:
    ec2 = session.client("ec2", region_name=HOME)
    tokens = {
        name: {
            version["VersionNumber"]: (
                version["DefaultVersion"],
                version["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"],
            )
            for version in ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"]
        }
        for name in ("web-fleet", "batch-fleet")
    }
    assert tokens == {
        "web-fleet": {1: (False, "required"), 2: (True, "optional")},
        "batch-fleet": {1: (False, "optional"), 2: (True, "required")},
    }


def test_silent_templates_depend_on_their_image_or_their_region(account: dict[str, Any]) -> None:
    for name, region, support in (("cache-fleet", HOME, "v2.0"), ("edge-fleet", ENFORCING, None)):
        versions = account["regions"][region]["templates"]
        data = next(version["LaunchTemplateData"] for version in versions if version["LaunchTemplateName"] == name)
        assert "MetadataOptions" not in data
        (image,) = (i for i in account["regions"][region]["images"] if i["ImageId"] == data["ImageId"])
        assert image.get("ImdsSupport") == support


def test_account_defaults_of_the_metadata_service(account: dict[str, Any]) -> None:
    defaults = {region: facts["imds_defaults"] for region, facts in account["regions"].items()}
    assert defaults[ENFORCING]["HttpTokens"] == "required"
    assert defaults[ENFORCING]["HttpTokensEnforced"] == "enabled"
    assert defaults[ARCHIVE]["HttpTokens"] == "optional"
    assert [region for region in REGIONS if defaults[region]] == [ARCHIVE, ENFORCING]


def test_the_account_trail_records_everything_and_delivers(account: dict[str, Any]) -> None:
    (found,) = account["regions"][HOME]["trails"]
    trail, status = found["trail"], found["status"]
    assert (trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (True, True)
    assert trail["HomeRegion"] == HOME
    assert status["IsLogging"]
    assert "LatestDeliveryError" not in status
    assert AT - datetime.fromisoformat(status["LatestDeliveryTime"]) == timedelta(minutes=4)
    assert found["selectors"]["EventSelectors"] == [
        {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []},
        {
            "ReadWriteType": "WriteOnly",
            "IncludeManagementEvents": False,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::demo-exports/"]}],
        },
    ]


def test_the_account_trail_is_a_shadow_elsewhere(session: Any) -> None:
    cloudtrail = session.client("cloudtrail", region_name="sa-east-1")
    (trail,) = cloudtrail.describe_trails()["trailList"]
    assert trail["Name"] == "account-trail"
    assert cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]


def test_the_other_trails_are_stopped_or_fail(account: dict[str, Any]) -> None:
    (stopped,) = account["regions"][SUSPENDED]["trails"]
    assert not stopped["status"]["IsLogging"]
    assert AT - datetime.fromisoformat(stopped["status"]["StopLoggingTime"]) == timedelta(days=75)
    (failing,) = account["regions"][ARCHIVE]["trails"]
    assert failing["status"]["IsLogging"]
    assert failing["status"]["LatestDeliveryError"] == "NoSuchBucket"


def test_two_detectors_are_enabled_and_one_suspended(account: dict[str, Any]) -> None:
    found = {
        region: [detector["Status"] for detector in facts["detectors"]]
        for region, facts in account["regions"].items()
        if facts["detectors"]
    }
    assert found == {HOME: ["ENABLED"], ENFORCING: ["ENABLED"], SUSPENDED: ["DISABLED"]}
    (detector,) = account["regions"][HOME]["detectors"]
    assert {feature["Name"] for feature in detector["Features"]} >= {"CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"}


def test_the_alert_rules_keep_the_mistakes_of_their_stories(account: dict[str, Any]) -> None:
    home = account["regions"][HOME]
    patterns = {rule["Name"]: json.loads(rule["EventPattern"]) for rule in home["rules"]}
    assert "detail-type" not in patterns["credential-exfiltration"]
    assert patterns["threat-list-caller"]["detail-type"] == ["GuardDuty Finding"]
    services = {name: [target["Arn"].split(":")[2] for target in targets] for name, targets in home["targets"].items()}
    assert services.pop("credential-exfiltration") == ["lambda", "sns"]
    assert set(services) == {"threat-list-caller", "detection-tampered", "account-health"}
    assert all(targets == ["sns"] for targets in services.values())


def test_one_subscription_waits_for_its_confirmation(account: dict[str, Any]) -> None:
    arns = {found["Endpoint"]: found["SubscriptionArn"] for found in account["regions"][HOME]["subscriptions"]}
    assert arns.pop("on-call@example.net") == "PendingConfirmation"
    assert arns["security@example.com"].startswith(f"arn:aws:sns:{HOME}:")
