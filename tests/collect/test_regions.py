"""Which regions are asked, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.actions import ACTIONS
from scanner.errors import UsageError
from scanner.inventory import Gap
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.reading import not_ok, read, row, verdicts
from tests.collect.stand_in import DENIED, Asked, StandIn

REGIONAL = {action.api for action in ACTIONS if action.is_regional}


def test_regions_that_are_not_opted_in_are_left_out(session: Any, aws: StandIn) -> None:
    account = read(session)

    assert [region.name for region in account.regions] == [HOME, OTHER]
    assert "me-south-1" not in {region for _, region in aws.requests}
    assert account.other_regions is None


def test_the_second_source_of_regions(session: Any, aws: StandIn) -> None:
    before = verdicts(read(session))
    aws.answer("ec2:DescribeRegions", DENIED)

    account = read(session)

    assert [region.name for region in account.regions] == [HOME, OTHER]
    assert account.other_regions is None
    assert not_ok(account) == {("ec2:DescribeRegions", "global"): "denied"}
    assert row(account, "account:ListRegions").calls == 1
    assert verdicts(account) == before


def test_the_second_source_is_asked_for_enabled_regions_only(session: Any, aws: StandIn) -> None:
    aws.answer("ec2:DescribeRegions", DENIED)

    read(session)

    (asked,) = (asked for asked in aws.asked if asked.api == "account:ListRegions")
    assert set(asked.parameters["RegionOptStatusContains"]) == {"ENABLED", "ENABLED_BY_DEFAULT"}


def test_neither_source_answers(session: Any, aws: StandIn) -> None:
    aws.answer("ec2:DescribeRegions", DENIED)
    aws.answer("account:ListRegions", DENIED)

    account = read(session)

    assert [region.name for region in account.regions] == [HOME]
    assert isinstance(account.other_regions, Gap)
    assert set(not_ok(account)) == {("ec2:DescribeRegions", "global"), ("account:ListRegions", "global")}
    unread = {
        rule
        for (rule, resource), verdict in verdicts(account).items()
        if verdict == "unknown" and resource.type == "AWS::Account"
    }
    assert {"guardduty-off", "imds-v1-instance", "imds-account-default", "trail-stopped"} <= unread


def test_neither_source_answers_and_regions_are_named(session: Any, aws: StandIn) -> None:
    aws.answer("ec2:DescribeRegions", DENIED)
    aws.answer("account:ListRegions", DENIED)

    account = read(session, regions=(OTHER, HOME, OTHER))

    assert [region.name for region in account.regions] == [HOME, OTHER]
    assert isinstance(account.other_regions, Gap)


def test_regions_that_were_not_asked_for_are_unknown(session: Any, aws: StandIn) -> None:
    before = verdicts(read(session))
    asked = len(aws.asked)

    account = read(session, regions=(HOME,))

    # A trail that shows in the region is asked about its selectors at home, where alone they can be read; and what a
    # trail or a rule leads to is read where it lies.
    there = {request.api for request in aws.asked[asked:] if request.region == OTHER}
    assert "cloudtrail:GetEventSelectors" in there
    assert {api.partition(":")[0] for api in there} <= {"cloudtrail", "s3", "s3control", "kms", "athena", "glue"}
    assert not_ok(account) == {(api, OTHER): "skipped" for api in REGIONAL - there}
    left_out = account.regions[1]
    parts = (
        left_out.instances, left_out.launch_templates, left_out.images, left_out.imds_defaults, left_out.trails,
        left_out.detectors, left_out.event_rules, left_out.subscriptions,
    )  # fmt: skip
    assert all(isinstance(part, Gap) and part.status == "skipped" and part.region == OTHER for part in parts)
    after = verdicts(account)
    of_there = {rule for (rule, resource) in before if resource.region == OTHER}
    unknown = {rule for (rule, resource), verdict in after.items() if verdict == "unknown" and resource.region == OTHER}
    assert of_there <= unknown


@pytest.mark.parametrize("name", ["eu-west-7", "me-south-1", "EU-WEST-1", "", "nowhere at all"])
def test_a_region_that_is_not_enabled(session: Any, aws: StandIn, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(session, regions=(HOME, name))

    assert repr(name) in caught.value.message
    assert HOME in caught.value.hint
    assert not [asked for asked in aws.asked if asked.api in REGIONAL]


def test_the_account_must_be_the_one_that_was_named(session: Any, aws: StandIn) -> None:
    assert read(session, account_id=ACCOUNT_ID).account_id == ACCOUNT_ID
    asked = len(aws.asked)

    with pytest.raises(UsageError) as caught:
        read(session, account_id="999988887777")

    assert ACCOUNT_ID in caught.value.message
    assert "999988887777" in caught.value.message
    assert [request.api for request in aws.asked[asked:]] == ["sts:GetCallerIdentity"]


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1"), ("aws-new", HOME)]
)
def test_other_partitions(session: Any, aws: StandIn, partition: str, region: str) -> None:
    arn = f"arn:{partition}:iam::{ACCOUNT_ID}:user/scanner"
    aws.answer("sts:GetCallerIdentity", {"Account": ACCOUNT_ID, "Arn": arn})

    account = read(session)

    assert account.partition == partition
    (instance, *_) = (instance for part in account.regions for instance in _instances(part.instances))
    assert instance.arn.startswith(f"arn:{partition}:ec2:")
    asked = {endpoint for api, endpoint in aws.requests if api.startswith("iam:")}
    assert asked <= {region, "aws-global", "aws-us-gov-global", "aws-cn-global"}
    assert len(asked) == 1


def _instances(answer: Any) -> Any:
    assert not isinstance(answer, Gap)
    return answer


def test_the_answer_of_one_region_is_not_that_of_another(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        return {"Reservations": [{"OwnerId": ACCOUNT_ID, "Instances": [{"InstanceId": f"i-{asked.region}"}]}]}

    aws.answer("ec2:DescribeInstances", answer)

    account = read(session)

    assert [[instance.id for instance in _instances(region.instances)] for region in account.regions] == [
        [f"i-{HOME}"],
        [f"i-{OTHER}"],
    ]
