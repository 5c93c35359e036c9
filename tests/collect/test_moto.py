"""An account in moto, read through the SDK's real serializers and parsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scanner.inventory import Account, known
from scanner.snapshot import encode
from tests.collect.reading import not_ok, read
from tests.collect.stand_in import Refusal, StandIn

HOME, OTHER = "eu-west-1", "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}

NOT_IN_MOTO: dict[str, Any] = {
    "account:GetContactInformation": Refusal("ResourceNotFoundException", 404),
    "accessanalyzer:ListAnalyzers": {"analyzers": []},
    "cloudtrail:ListEventDataStores": {"EventDataStores": []},
    "guardduty:ListFilters": {"FilterNames": []},
    "guardduty:ListFindings": {"FindingIds": []},
    "guardduty:ListIPSets": {"IpSetIds": []},
    "guardduty:ListMembers": {"Members": []},
    "guardduty:ListPublishingDestinations": {"Destinations": []},
    "guardduty:ListThreatEntitySets": {"ThreatEntitySetIds": []},
    "guardduty:ListThreatIntelSets": {"ThreatIntelSetIds": []},
    "guardduty:ListTrustedEntitySets": {"TrustedEntitySetIds": []},
    "iam:ListServiceSpecificCredentials": {"ServiceSpecificCredentials": []},
    "securityhub:DescribeSecurityHubV2": Refusal("ResourceNotFoundException", 404),
    "ssm:DescribeInstanceInformation": {"InstanceInformationList": []},
    "ssm:GetServiceSetting": {"ServiceSetting": {"SettingValue": "$None", "Status": "Default"}},
    "ec2:DescribeRegions": {"Regions": [{"RegionName": name, "OptInStatus": "opted-in"} for name in (HOME, OTHER)]},
    "ec2:GetInstanceMetadataDefaults": {"AccountLevel": {}},
}
"""What moto does not implement, and its 38 regions."""


@pytest.fixture
def moto() -> Iterator[Any]:
    gaps = StandIn(NOT_IN_MOTO)
    remember, respond = (handler for _, handler in gaps.handlers)
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        for api in NOT_IN_MOTO:
            session.events.register(f"provide-client-params.{api.replace(':', '.')}", remember)
            session.events.register(f"before-call.{api.replace(':', '.')}", respond)
        yield session


def seed(session: Any) -> dict[str, str]:
    """Make one thing of each kind; returns the ids that moto made up."""
    iam = session.client("iam")
    iam.create_user(UserName="ci", Path="/bots/", Tags=[{"Key": "team", "Value": "ops"}])
    key = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(UserName="ci", PolicyName="read", PolicyDocument=json.dumps(READER))
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="ci")
    policy = iam.create_policy(PolicyName="reader", PolicyDocument=json.dumps(READER))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="staff", PolicyArn=policy)
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=policy)
    iam.attach_role_policy(RoleName="app", PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    return {"key": key, **_seed_compute(session), **_seed_records(session)}


def _seed_compute(session: Any) -> dict[str, str]:
    ec2 = session.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        UserData="not-to-be-kept",
        IamInstanceProfile={"Name": "app"},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
    )["Instances"][0]["InstanceId"]
    template = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image, "UserData": "bm90LXRvLWJlLWtlcHQ="}
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"MetadataOptions": {"HttpTokens": "required"}}
    )
    return {"image": image, "instance": instance, "template": template}


def _seed_records(session: Any) -> dict[str, str]:
    session.client("s3", region_name=OTHER).create_bucket(Bucket="trail-files")
    cloudtrail = session.client("cloudtrail", region_name=OTHER)
    trail = cloudtrail.create_trail(Name="main", S3BucketName="trail-files", IsMultiRegionTrail=True)["TrailARN"]
    cloudtrail.start_logging(Name=trail)
    selectors = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    cloudtrail.put_event_selectors(TrailName=trail, EventSelectors=selectors)
    detector = session.client("guardduty").create_detector(Enable=True, FindingPublishingFrequency="ONE_HOUR")
    sns = session.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(
        TopicArn=topic, Protocol="https", Endpoint="https://ann:not-to-be-kept@hooks.example.com/not-to-be-kept"
    )
    events = session.client("events")
    rule = events.put_rule(Name="alarm", EventPattern='{"source":["aws.guardduty"]}')["RuleArn"]
    events.put_targets(Rule="alarm", Targets=[{"Id": "sns", "Arn": topic, "Input": '"not-to-be-kept"'}])
    return {"trail": trail, "detector": detector["DetectorId"], "topic": topic, "rule": rule}


def test_an_account_in_moto(moto: Any) -> None:
    made = seed(moto)

    account = read(moto)

    assert not_ok(account) == {}
    assert (account.account_id, account.partition) == ("123456789012", "aws")
    _check_identity(account, made)
    _check_home(account, made)
    _check_other(account, made)
    assert b"not-to-be-kept" not in encode(account)
    assert b"bm90LXRv" not in encode(account)


def _check_identity(account: Account, made: dict[str, str]) -> None:
    (user,), (group,), (role,) = known(account.users), known(account.groups), known(account.roles)
    (policy,), (profile,) = known(account.policies), known(account.instance_profiles)
    assert (user.arn, user.groups) == ("arn:aws:iam::123456789012:user/bots/ci", ("staff",))
    assert json.loads(bytes(user.inline[0].document)) == READER
    assert [tag.value for tag in user.tags] == ["ops"]
    assert [attached.arn for attached in group.attached] == [policy.arn]
    assert (role.boundary, role.instance_profiles) == (policy.arn, ("app",))
    assert json.loads(bytes(role.trust)) == TRUST
    assert (policy.name, policy.attachments, len(policy.versions)) == ("reader", 2, 1)
    assert json.loads(bytes(policy.versions[0].document)) == READER
    assert profile.roles == ("app",)
    ((key,),) = (known(holder.keys) for holder in known(account.access_keys))
    assert (key.id, key.is_active, key.last_used) == (made["key"], True, None)
    assert known(account.summary).counters["Users"] == 1
    assert [row.user for row in known(account.credential_report).rows] == ["ci"]


def _check_home(account: Account, made: dict[str, str]) -> None:
    home = account.regions[0]
    (instance,), (image,), (detector,) = known(home.instances), known(home.images), known(home.detectors)
    assert (instance.id, instance.image) == (made["instance"], made["image"])
    assert instance.metadata is not None
    assert (instance.metadata.tokens, instance.metadata.hop_limit) == ("required", 1)
    assert instance.instance_profile is not None
    assert instance.instance_profile.endswith(":instance-profile/app")
    first, latest = known(home.launch_templates)
    assert (first.template_id, first.is_default, first.is_latest, first.metadata) == (
        made["template"],
        True,
        False,
        None,
    )
    assert (latest.version, latest.is_default, latest.is_latest) == (2, False, True)
    assert image.id == made["image"]
    detail = known(detector.detail)
    assert (detector.id, detail.status, detail.publishing_frequency) == (made["detector"], "ENABLED", "ONE_HOUR")
    (rule,), (subscription,) = known(home.event_rules), known(home.subscriptions)
    assert (rule.arn, rule.state, rule.pattern) == (made["rule"], "ENABLED", '{"source":["aws.guardduty"]}')
    assert [target.arn for target in known(rule.targets)] == [made["topic"]]
    assert (subscription.endpoint, subscription.is_confirmed) == ("hooks.example.com", True)
    assert known(home.trails) == ()


def _check_other(account: Account, made: dict[str, str]) -> None:
    (trail,) = known(account.regions[1].trails)
    assert (trail.arn, trail.home_region, trail.bucket) == (made["trail"], OTHER, "trail-files")
    assert trail.is_multi_region
    assert known(trail.status).is_logging
    assert [selector.read_write for selector in known(trail.selectors).basic] == ["WriteOnly"]
    assert known(account.regions[1].detectors) == ()
