"""Auto Scaling groups with what they launch from, and launch configurations."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collect.scaling import read_groups, read_launch_configurations
from scanner.effective_imds import template_tokens
from scanner.inventory import (
    AutoScalingGroup,
    Image,
    LaunchConfiguration,
    MetadataDefaults,
    MetadataOptions,
    TemplateUse,
    known,
)
from tests.collect.answers_compute import ANSWERS, SECRET
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER, iam_arn
from tests.collect.stand_in import StandIn

GROUPS = "autoscaling:DescribeAutoScalingGroups"
ARN = f"arn:aws:autoscaling:{HOME}:{ACCOUNT_ID}"


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def templates(session: Any, aws: StandIn, **group: object) -> tuple[TemplateUse, ...]:
    aws.answer(GROUPS, {"AutoScalingGroups": [{"AutoScalingGroupName": "g", **group}]})
    with asking(session) as desk:
        (found,) = known(read_groups(desk, HOME))
    return found.templates


def test_groups(session: Any) -> None:
    with asking(session) as desk:
        found, others = known(read_groups(desk, HOME)), known(read_groups(desk, OTHER))

    assert found == (
        AutoScalingGroup("aged", "", launch_configuration="open", max_size=1),
        AutoScalingGroup(
            "mixed",
            f"{ARN}:autoScalingGroup:1:autoScalingGroupName/mixed",
            (TemplateUse("lt-bad", "bad", "2"), TemplateUse(None, "by-image", "$Default")),
            min_size=1,
            max_size=4,
            desired=2,
        ),
        AutoScalingGroup("plain", "", (TemplateUse("lt-bad", "bad", "$Latest"),)),
    )
    assert others == ()


@pytest.mark.parametrize("version", [{}, {"Version": None}, {"Version": ""}])
def test_without_a_version_the_default_is_launched(session: Any, aws: StandIn, version: dict[str, object]) -> None:
    assert templates(session, aws, LaunchTemplate={"LaunchTemplateId": "lt-1", **version}) == (
        TemplateUse("lt-1", None, "$Default"),
    )


@pytest.mark.parametrize(
    "policy",
    [{}, {"LaunchTemplate": {}}, {"LaunchTemplate": {"Overrides": [{"InstanceType": "m7g.large"}]}}],
)
def test_a_mixed_policy_without_templates(session: Any, aws: StandIn, policy: dict[str, object]) -> None:
    assert templates(session, aws, MixedInstancesPolicy=policy) == ()


def test_groups_are_asked_for_without_their_instances(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        read_groups(desk, HOME)

    assert [asked.parameters for asked in aws.asked] == [{"IncludeInstances": False, "MaxRecords": 100}]


def test_launch_configurations(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_launch_configurations(desk, HOME))

    assert found == (
        LaunchConfiguration("open", "", instance_profile="app", image="ami-3"),
        LaunchConfiguration(
            "strict",
            f"{ARN}:launchConfiguration:2:launchConfigurationName/strict",
            MetadataOptions("required", "enabled", 1),
            iam_arn("instance-profile/app"),
            "ami-5",
            gives_public_address=True,
        ),
    )
    assert SECRET in repr(ANSWERS["autoscaling:DescribeLaunchConfigurations"](aws.asked[0]))
    assert SECRET not in repr(found)
    assert [asked.parameters for asked in aws.asked] == [{"MaxRecords": 100}]


@pytest.mark.parametrize(
    ("own", "default", "expected"),
    [
        ("optional", "required", ("optional", "launch configuration")),
        (None, "required", ("required", "account default")),
        (None, None, ("required", "image")),
    ],
)
def test_what_a_launch_configuration_gets(own: str | None, default: str | None, expected: tuple[str, str]) -> None:
    configuration = LaunchConfiguration("c", "arn", MetadataOptions(own), image="ami-1")
    defaults = MetadataDefaults(MetadataOptions(default))

    assert template_tokens(configuration, defaults, (Image("ami-1", "v2.0"),)) == expected


def test_a_group_may_launch_another_image_than_its_template_names(session: Any, aws: StandIn) -> None:
    usual = {"LaunchTemplateId": "lt-1", "Version": "2"}
    other = {"LaunchTemplateId": "lt-2"}
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": usual,
            "Overrides": [
                {"InstanceType": "m7g.large", "ImageId": "ami-arm"},
                {"LaunchTemplateSpecification": other, "ImageId": "ami-other"},
            ],
        }
    }

    assert templates(session, aws, MixedInstancesPolicy=policy) == (
        TemplateUse("lt-1", None, "2"),
        TemplateUse("lt-1", None, "2", "ami-arm"),
        TemplateUse("lt-2", None, "$Default", "ami-other"),
    )
