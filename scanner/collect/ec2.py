"""Collect what decides how instances hand out credentials: metadata options, launch templates, account defaults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC
from functools import partial
from hashlib import sha256
from typing import Any

from msgspec import structs

from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.collect.values import flag
from scanner.effective_imds import needs_image
from scanner.inventory import (
    AutoScalingGroup,
    Gap,
    Image,
    Instance,
    LaunchConfiguration,
    LaunchTemplateVersion,
    MetadataDefaults,
    MetadataOptions,
)

_IMAGES_PER_CALL = 200
"""EC2 takes at most 200 values in one filter."""

_VERSIONS = "DescribeLaunchTemplateVersions"


def read_instances(desk: Desk, region: str) -> tuple[Instance, ...] | Gap:
    """Every instance of the region, whatever its state, those that an AWS service manages included."""

    def read(reader: Reader) -> tuple[Instance, ...]:
        # An account can hide the instances of managing services from everybody who does not ask for them.
        pages = reader.pages("DescribeInstances", IncludeManagedResources=True, PaginationConfig={"PageSize": 1000})
        found = [
            _instance(instance, f"arn:{desk.caller.partition}:ec2:{region}:{owner}:instance/")
            for page in pages
            for reservation in page["Reservations"]
            for owner in [reservation.get("OwnerId", desk.account_id)]
            for instance in reservation["Instances"]
        ]
        return tuple(sorted(found, key=lambda instance: instance.id))

    return desk.ask("ec2", region, "DescribeInstances", read, tuple[Instance, ...])


def any_live(instances: Iterable[Instance]) -> bool:
    """Whether any instance is there still; what surrounds instances is asked for only then."""
    return any(instance.state != "terminated" for instance in instances)


def _instance(answer: dict[str, Any], prefix: str) -> Instance:
    launched = answer.get("LaunchTime")
    interfaces = answer.get("NetworkInterfaces") or ()
    groups = [answer.get("SecurityGroups"), *(interface.get("Groups") for interface in interfaces)]
    return Instance(
        id=answer["InstanceId"],
        arn=prefix + answer["InstanceId"],
        state=(answer.get("State") or {}).get("Name", ""),
        metadata=metadata_options(answer.get("MetadataOptions")),
        instance_profile=(answer.get("IamInstanceProfile") or {}).get("Arn"),
        image=answer.get("ImageId"),
        launched=launched.astimezone(UTC) if launched else None,
        vpc=answer.get("VpcId"),
        placements=_distinct([answer.get("SubnetId"), *(interface.get("SubnetId") for interface in interfaces)]),
        security_groups=_distinct(group.get("GroupId") for some in groups for group in some or ()),
        addresses=_distinct(_addresses(answer, interfaces)),
        private_addresses=_distinct(_private_addresses(answer, interfaces)),
        key_name=answer.get("KeyName"),
    )


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


def _addresses(answer: dict[str, Any], interfaces: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Public IPv4 addresses, and IPv6 ones but for unique local ones (fc00::/7), which nothing outside can reach."""
    yield answer.get("PublicIpAddress") or ""
    ipv6 = [answer.get("Ipv6Address")]
    for interface in interfaces:
        for holder in (interface, *(interface.get("PrivateIpAddresses") or ())):
            yield (holder.get("Association") or {}).get("PublicIp") or ""
        ipv6 += [held.get("Ipv6Address") for held in interface.get("Ipv6Addresses") or ()]
    yield from (address for address in ipv6 if address and not address.lower().startswith(("fc", "fd")))


def _private_addresses(answer: dict[str, Any], interfaces: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield answer.get("PrivateIpAddress") or ""
    for interface in interfaces:
        for holder in (interface, *(interface.get("PrivateIpAddresses") or ())):
            yield holder.get("PrivateIpAddress") or ""


def metadata_options(answer: dict[str, Any] | None) -> MetadataOptions | None:
    """Metadata options as instances, launch templates, launch configurations and account defaults have them."""
    if answer is None:
        return None
    return MetadataOptions(
        tokens=answer.get("HttpTokens"),
        endpoint=answer.get("HttpEndpoint"),
        hop_limit=answer.get("HttpPutResponseHopLimit"),
        ipv6=answer.get("HttpProtocolIpv6"),
        tags=answer.get("InstanceMetadataTags"),
    )


def read_launch_templates(
    desk: Desk, region: str, scaling_groups: tuple[AutoScalingGroup, ...] | Gap
) -> tuple[LaunchTemplateVersion, ...] | Gap:
    """The default and the latest version of every launch template, and the others that Auto Scaling groups pin.

    One sweep brings the former. A version that a group names by number and that is not here after this does not exist
    any more, so that nothing is launched from it; if the groups are a gap, nothing is said about what they pin.
    """
    swept = desk.ask("ec2", region, _VERSIONS, partial(_sweep, desk), tuple[LaunchTemplateVersion, ...])
    if isinstance(swept, Gap) or isinstance(scaling_groups, Gap):
        return swept
    found = {(version.template_id, version.version): version for version in swept}
    for pinned in desk.each(partial(_ask_for_pinned, desk, region), _pinned(scaling_groups, swept)):
        if isinstance(pinned, Gap):
            return pinned
        found |= {(version.template_id, version.version): version for version in pinned}
    return tuple(found[key] for key in sorted(found))


def _sweep(desk: Desk, reader: Reader) -> tuple[LaunchTemplateVersion, ...]:
    wanted: dict[str, Any] = {"Versions": ["$Default", "$Latest"], "IncludeManagedResources": True}
    pages = reader.pages(_VERSIONS, **wanted, PaginationConfig={"PageSize": 200})
    versions = [version for page in pages for version in page["LaunchTemplateVersions"]]
    latest: defaultdict[str, int] = defaultdict(int)
    for version in versions:
        latest[version["LaunchTemplateId"]] = max(latest[version["LaunchTemplateId"]], version["VersionNumber"])
    # Where default and latest are one version, some endpoints send it twice.
    found = {
        (v["LaunchTemplateId"], v["VersionNumber"]): _version(
            desk, reader.region, v, is_latest=v["VersionNumber"] == latest[v["LaunchTemplateId"]]
        )
        for v in versions
    }
    if latest.keys() - {template for (template, _), version in found.items() if version.is_default}:
        raise ValueError("a launch template has no default version")
    return tuple(found[key] for key in sorted(found))


def _version(desk: Desk, region: str, answer: dict[str, Any], *, is_latest: bool) -> LaunchTemplateVersion:
    data = answer.get("LaunchTemplateData") or {}
    profile = data.get("IamInstanceProfile") or {}
    return LaunchTemplateVersion(
        template_id=answer["LaunchTemplateId"],
        arn=desk.arn("ec2", region, f"launch-template/{answer['LaunchTemplateId']}"),
        name=answer.get("LaunchTemplateName", ""),
        version=answer["VersionNumber"],
        is_default=flag(answer["DefaultVersion"]),
        is_latest=is_latest,
        metadata=metadata_options(data.get("MetadataOptions")),
        instance_profile=profile.get("Arn") or profile.get("Name"),
        image=data.get("ImageId"),
    )


def _pinned(
    groups: Iterable[AutoScalingGroup], swept: tuple[LaunchTemplateVersion, ...]
) -> list[tuple[str, str, tuple[int, ...]]]:
    """The versions that groups name by number and the sweep did not bring: parameter, id or name, and the numbers."""
    ids: dict[str | None, str] = {version.name: version.template_id for version in swept}
    here = {(version.template_id, version.version) for version in swept}
    missing: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for use in (use for group in groups for use in group.templates if use.version.isdecimal()):
        template = use.template_id or ids.get(use.template_name)
        if template and (template, int(use.version)) not in here:
            missing["LaunchTemplateId", template].add(int(use.version))
        elif not template and use.template_name:
            missing["LaunchTemplateName", use.template_name].add(int(use.version))
    return [
        (parameter, template, tuple(sorted(missing[parameter, template]))) for parameter, template in sorted(missing)
    ]


def _ask_for_pinned(
    desk: Desk, region: str, pinned: tuple[str, str, tuple[int, ...]]
) -> tuple[LaunchTemplateVersion, ...] | Gap:
    parameter, template, numbers = pinned
    subject = f"{template}:{','.join(map(str, numbers))}"

    def read(reader: Reader) -> tuple[LaunchTemplateVersion, ...]:
        found = _described(reader, {parameter: template}, numbers)
        if found is None and len(numbers) > 1:
            # One version that does not exist fails the call for all of them.
            found = [v for number in numbers for v in _described(reader, {parameter: template}, [number]) or ()]
        return tuple(_version(desk, region, version, is_latest=False) for version in found or ())

    return desk.ask("ec2", region, _VERSIONS, read, tuple[LaunchTemplateVersion, ...], subject=subject)


def _described(reader: Reader, template: dict[str, str], numbers: Iterable[int]) -> list[dict[str, Any]] | None:
    """These versions of one template; None if one of them does not exist, or the template does not."""
    named = [str(number) for number in numbers]
    wanted: dict[str, Any] = {**template, "Versions": named, "IncludeManagedResources": True}
    page = reader.find(_VERSIONS, **wanted)
    if page is None:
        return None
    pages = [page]
    if page.get("NextToken"):
        pages += reader.linked(_VERSIONS, **wanted, NextToken=page["NextToken"])
    return [version for page in pages for version in page["LaunchTemplateVersions"]]


def read_defaults(desk: Desk, region: str) -> MetadataDefaults | Gap:
    """The account's metadata defaults in the region; an answer without values means that nothing is set."""

    def read(reader: Reader) -> MetadataDefaults:
        level = reader.call("GetInstanceMetadataDefaults").get("AccountLevel") or {}
        return MetadataDefaults(
            options=metadata_options(level) or MetadataOptions(),
            tokens_enforced=level.get("HttpTokensEnforced"),
            managed_by=level.get("ManagedBy"),
        )

    return desk.ask("ec2", region, "GetInstanceMetadataDefaults", read, MetadataDefaults)


def _with_other_images(
    templates: tuple[LaunchTemplateVersion, ...], groups: Iterable[AutoScalingGroup]
) -> list[LaunchTemplateVersion]:
    """Launch templates as groups use them that put another image in place of the template's."""
    return [
        structs.replace(version, image=use.image)
        for group in groups
        for use in group.templates
        if use.image is not None
        for version in templates
        if use.template_id == version.template_id or use.template_name == version.name
    ]


def read_images(
    desk: Desk,
    region: str,
    templates: tuple[LaunchTemplateVersion, ...] | Gap,
    configurations: tuple[LaunchConfiguration, ...] | Gap,
    scaling_groups: tuple[AutoScalingGroup, ...] | Gap,
    defaults: MetadataDefaults | Gap,
) -> tuple[Image, ...] | Gap:
    """The images whose own metadata setting decides for a launch; no call is made where none does.

    Of templates or configurations that are a gap nothing is asked, and nothing at all if the account's defaults are
    one, since without these no image decides.
    """
    if isinstance(defaults, Gap):
        return ()
    launches = [launch for some in (templates, configurations) if not isinstance(some, Gap) for launch in some]
    if not (isinstance(templates, Gap) or isinstance(scaling_groups, Gap)):
        launches += _with_other_images(templates, scaling_groups)
    wanted = sorted({image for launch in launches if (image := needs_image(launch, defaults)) is not None})
    if not wanted:
        return ()

    def read(reader: Reader) -> tuple[Image, ...]:
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

    subject = sha256(" ".join(wanted).encode()).hexdigest()
    return desk.ask("ec2", region, "DescribeImages", read, tuple[Image, ...], subject=subject)
