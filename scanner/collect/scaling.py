"""Collect what launches instances by itself: Auto Scaling groups and launch configurations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.collect.desk import Desk
from scanner.collect.ec2 import metadata_options
from scanner.collect.reader import Reader
from scanner.inventory import AutoScalingGroup, Gap, LaunchConfiguration, TemplateUse

_PAGE = {"PageSize": 100}


def read_groups(desk: Desk, region: str) -> tuple[AutoScalingGroup, ...] | Gap:
    """Every Auto Scaling group with the launch template versions that it uses; its instances are left out."""

    def read(reader: Reader) -> tuple[AutoScalingGroup, ...]:
        pages = reader.pages("DescribeAutoScalingGroups", IncludeInstances=False, PaginationConfig=_PAGE)
        found = [_group(group) for page in pages for group in page["AutoScalingGroups"]]
        return tuple(sorted(found, key=lambda group: group.name))

    return desk.ask("autoscaling", region, "DescribeAutoScalingGroups", read, tuple[AutoScalingGroup, ...])


def _group(answer: dict[str, Any]) -> AutoScalingGroup:
    return AutoScalingGroup(
        name=answer["AutoScalingGroupName"],
        arn=answer.get("AutoScalingGroupARN", ""),
        templates=tuple(dict.fromkeys(_uses(answer))),
        launch_configuration=answer.get("LaunchConfigurationName"),
        min_size=answer.get("MinSize", 0),
        max_size=answer.get("MaxSize", 0),
        desired=answer.get("DesiredCapacity", 0),
    )


def _uses(answer: dict[str, Any]) -> Iterator[TemplateUse]:
    """What a group launches from, in the order in which it is set; overrides often repeat what they override."""
    mixed = (answer.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    usual = mixed.get("LaunchTemplateSpecification") or {}
    if answer.get("LaunchTemplate"):
        yield _use(answer["LaunchTemplate"], None)
    if usual:
        yield _use(usual, None)
    for override in mixed.get("Overrides") or ():
        specification = override.get("LaunchTemplateSpecification")
        if specification or override.get("ImageId"):
            yield _use(specification or usual, override.get("ImageId"))


def _use(answer: dict[str, Any], image: str | None) -> TemplateUse:
    return TemplateUse(
        template_id=answer.get("LaunchTemplateId"),
        template_name=answer.get("LaunchTemplateName"),
        version=answer.get("Version") or "$Default",
        image=image,
    )


def read_launch_configurations(desk: Desk, region: str) -> tuple[LaunchConfiguration, ...] | Gap:
    """Every launch configuration, those that no group uses included."""

    def read(reader: Reader) -> tuple[LaunchConfiguration, ...]:
        pages = reader.pages("DescribeLaunchConfigurations", PaginationConfig=_PAGE)
        found = [_configuration(each) for page in pages for each in page["LaunchConfigurations"]]
        return tuple(sorted(found, key=lambda configuration: configuration.name))

    return desk.ask("autoscaling", region, "DescribeLaunchConfigurations", read, tuple[LaunchConfiguration, ...])


def _configuration(answer: dict[str, Any]) -> LaunchConfiguration:
    return LaunchConfiguration(
        name=answer["LaunchConfigurationName"],
        arn=answer.get("LaunchConfigurationARN", ""),
        metadata=metadata_options(answer.get("MetadataOptions")),
        instance_profile=answer.get("IamInstanceProfile"),
        image=answer.get("ImageId"),
        gives_public_address=answer.get("AssociatePublicIpAddress"),
    )
