"""Collect what Systems Manager knows of instances: whether commands reach them, and who manages them by default."""

from __future__ import annotations

from typing import Any

from scanner.collect.desk import Desk
from scanner.collect.ec2 import any_live
from scanner.collect.reader import Reader
from scanner.inventory import Gap, Instance, ManagedInstance, ServiceSetting

_HOST_MANAGEMENT = "/ssm/managed-instance/default-ec2-instance-management-role"


def read_managed_instances(
    desk: Desk, region: str, instances: tuple[Instance, ...] | Gap
) -> tuple[ManagedInstance, ...] | Gap:
    """The EC2 instances that Systems Manager manages, if the region has any; machines elsewhere are left out."""
    if isinstance(instances, Gap):
        return instances
    if not any_live(instances):
        return ()

    def read(reader: Reader) -> tuple[ManagedInstance, ...]:
        pages = reader.pages(
            "DescribeInstanceInformation",
            Filters=[{"Key": "ResourceType", "Values": ["EC2Instance"]}],
            PaginationConfig={"PageSize": 50},
        )
        found = [_managed(each) for page in pages for each in page["InstanceInformationList"]]
        return tuple(sorted(found, key=lambda instance: instance.id))

    return desk.ask("ssm", region, "DescribeInstanceInformation", read, tuple[ManagedInstance, ...])


def _managed(answer: dict[str, Any]) -> ManagedInstance:
    return ManagedInstance(
        id=answer["InstanceId"],
        ping=answer.get("PingStatus", ""),
        agent_version=answer.get("AgentVersion"),
        platform=answer.get("PlatformType"),
        resource_type=answer.get("ResourceType"),
    )


def read_host_management(desk: Desk, region: str) -> ServiceSetting | Gap | None:
    """The role for instances without one of their own, as Default Host Management Configuration sets it."""

    def read(reader: Reader) -> ServiceSetting | None:
        answer = reader.find("GetServiceSetting", SettingId=_HOST_MANAGEMENT)
        if answer is None:
            return None
        setting = answer["ServiceSetting"]
        return ServiceSetting(setting["SettingValue"], setting.get("Status", ""))

    return desk.ask("ssm", region, "GetServiceSetting", read, ServiceSetting | None)
