"""Collect what decides how instances hand out credentials: metadata options, launch templates, account defaults."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC
from typing import Any

from scanner.collect.reader import Reader, answered
from scanner.effective_imds import needs_image
from scanner.inventory import Gap, Image, Instance, LaunchTemplateVersion, MetadataDefaults, MetadataOptions

_IMAGES_PER_CALL = 200
"""EC2 takes at most 200 values in one filter."""


def read_instances(reader: Reader, partition: str, account_id: str) -> tuple[Instance, ...] | Gap:
    """Every instance of the region, whatever its state."""

    def read() -> tuple[Instance, ...]:
        found = [
            _instance(
                instance, f"arn:{partition}:ec2:{reader.region}:{reservation.get('OwnerId', account_id)}:instance/"
            )
            for page in reader.pages("DescribeInstances", PaginationConfig={"PageSize": 1000})
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
        ]
        return tuple(sorted(found, key=lambda instance: instance.id))

    return answered(reader, "DescribeInstances", read)


def _instance(answer: dict[str, Any], prefix: str) -> Instance:
    launched = answer.get("LaunchTime")
    return Instance(
        id=answer["InstanceId"],
        arn=prefix + answer["InstanceId"],
        state=(answer.get("State") or {}).get("Name", ""),
        metadata=_options(answer.get("MetadataOptions")),
        instance_profile=(answer.get("IamInstanceProfile") or {}).get("Arn"),
        image=answer.get("ImageId"),
        launched=launched.astimezone(UTC) if launched else None,
    )


def _options(answer: dict[str, Any] | None) -> MetadataOptions | None:
    if answer is None:
        return None
    return MetadataOptions(
        tokens=answer.get("HttpTokens"),
        endpoint=answer.get("HttpEndpoint"),
        hop_limit=answer.get("HttpPutResponseHopLimit"),
        ipv6=answer.get("HttpProtocolIpv6"),
        tags=answer.get("InstanceMetadataTags"),
    )


def read_launch_templates(reader: Reader, partition: str, account_id: str) -> tuple[LaunchTemplateVersion, ...] | Gap:
    """The default and the latest version of every launch template, in one sweep."""

    def read() -> tuple[LaunchTemplateVersion, ...]:
        versions = [
            version
            for page in reader.pages(
                "DescribeLaunchTemplateVersions",
                Versions=["$Default", "$Latest"],
                PaginationConfig={"PageSize": 200},
            )
            for version in page["LaunchTemplateVersions"]
        ]
        latest: defaultdict[str, int] = defaultdict(int)
        for version in versions:
            latest[version["LaunchTemplateId"]] = max(latest[version["LaunchTemplateId"]], version["VersionNumber"])
        prefix = f"arn:{partition}:ec2:{reader.region}:{account_id}:launch-template/"
        # Where default and latest are one version, some endpoints send it twice.
        found = {(v["LaunchTemplateId"], v["VersionNumber"]): _version(v, prefix, latest) for v in versions}
        return tuple(found[key] for key in sorted(found))

    return answered(reader, "DescribeLaunchTemplateVersions", read)


def _version(answer: dict[str, Any], prefix: str, latest: dict[str, int]) -> LaunchTemplateVersion:
    data = answer.get("LaunchTemplateData") or {}
    profile = data.get("IamInstanceProfile") or {}
    return LaunchTemplateVersion(
        template_id=answer["LaunchTemplateId"],
        arn=prefix + answer["LaunchTemplateId"],
        name=answer.get("LaunchTemplateName", ""),
        version=answer["VersionNumber"],
        is_default=bool(answer.get("DefaultVersion")),
        is_latest=answer["VersionNumber"] == latest[answer["LaunchTemplateId"]],
        metadata=_options(data.get("MetadataOptions")),
        instance_profile=profile.get("Arn") or profile.get("Name"),
        image=data.get("ImageId"),
    )


def read_defaults(reader: Reader) -> MetadataDefaults | Gap:
    """The account's metadata defaults in the region; an answer without values means that nothing is set."""

    def read() -> MetadataDefaults:
        level = reader.call("GetInstanceMetadataDefaults").get("AccountLevel") or {}
        return MetadataDefaults(
            options=_options(level) or MetadataOptions(),
            tokens_enforced=level.get("HttpTokensEnforced"),
            managed_by=level.get("ManagedBy"),
        )

    return answered(reader, "GetInstanceMetadataDefaults", read)


def read_images(
    reader: Reader, templates: tuple[LaunchTemplateVersion, ...] | Gap, defaults: MetadataDefaults | Gap
) -> tuple[Image, ...] | Gap:
    """The images whose own metadata setting decides for a launch template; no call is made where none does."""
    if isinstance(templates, Gap) or isinstance(defaults, Gap):
        return ()
    wanted = sorted({image for version in templates if (image := needs_image(version, defaults)) is not None})

    def read() -> tuple[Image, ...]:
        found = [
            Image(image["ImageId"], image.get("ImdsSupport"))
            for start in range(0, len(wanted), _IMAGES_PER_CALL)
            for page in reader.pages(
                "DescribeImages",
                Filters=[{"Name": "image-id", "Values": wanted[start : start + _IMAGES_PER_CALL]}],
                IncludeDeprecated=True,
            )
            for image in page["Images"]
        ]
        return tuple(sorted(found, key=lambda image: image.id))

    return answered(reader, "DescribeImages", read)
