"""Finding a planted resource in the open demo account, where AWS made up its id."""

from __future__ import annotations

from typing import Any

from guardrift.demo.gaps_guardduty import FINDINGS
from guardrift.demo.place import Place
from guardrift.demo.setting import regional_arn


def locate(session: Any, place: Place) -> str | None:
    """The ARN of a place; None for a region or the account, and for what AWS gives none.

    Args:
        session: the session of the open demo account.
        place: where the resource stands.

    Raises:
        LookupError: there is no such resource.
    """
    if place.kind == "instance":
        return _instance(session, place)
    if place.kind == "launch-template":
        return _launch_template(session, place)
    if place.kind == "finding":
        return _finding(session, place)
    return place.arn


def _instance(session: Any, place: Place) -> str:
    ec2 = session.client("ec2", region_name=place.region)
    for reservation in ec2.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            if {"Key": "Name", "Value": place.name} in instance.get("Tags", ()):
                return regional_arn("ec2", str(place.region), f"instance/{instance['InstanceId']}")
    raise LookupError(place.name)


def _launch_template(session: Any, place: Place) -> str:
    ec2 = session.client("ec2", region_name=place.region)
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        if template["LaunchTemplateName"] == place.name:
            return regional_arn("ec2", str(place.region), f"launch-template/{template['LaunchTemplateId']}")
    raise LookupError(place.name)


def _finding(session: Any, place: Place) -> str:
    region = str(place.region)
    (detector,) = session.client("guardduty", region_name=region).list_detectors()["DetectorIds"]
    for finding in FINDINGS:
        if finding.type == place.name:
            return regional_arn("guardduty", region, f"detector/{detector}/finding/{finding.id}")
    raise LookupError(place.name)
