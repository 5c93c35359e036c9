"""Who uses a role rightfully, and so breaks when its sessions are revoked; and how its credentials are handed out.

Sources: "Retrieve security credentials from instance metadata" and "Configure instance metadata options" in the Amazon
EC2 User Guide; "Default Host Management Configuration" in the AWS Systems Manager User Guide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec

from scanner.effective_imds import answers_v1, versions_in_use
from scanner.iam.remembered import Remembered
from scanner.inventory import (
    Account,
    AutoScalingGroup,
    Gap,
    Instance,
    LaunchConfiguration,
    LaunchTemplateVersion,
    Region,
    Role,
    Undetermined,
    describe,
)

Metadata = Literal["v1 allowed", "v2 required", "off", "unknown"]
"""What the metadata service of a machine answers: without a token, with one alone, not at all."""

_GONE = frozenset({"terminated", "shutting-down"})
_OTHER_SERVICES = "tasks of ECS, pods of EKS, builds and jobs that run with the role are not collected"
_OTHER_FUNCTIONS = "Lambda functions are collected only where alerts are sent to them"


class InstanceUse(msgspec.Struct, frozen=True, kw_only=True):
    """An instance that gets credentials of the role.

    Attributes:
        state: such as ``running``; a stopped one gets them again once it is started.
        metadata: whether who can make the instance send a request can read its credentials.
        hop_limit: more than 1 lets containers and forwarded requests reach the metadata service; None if not told.
        ssm: whether Systems Manager reaches it (``Online``); None where it does not know the instance.
    """

    id: str
    arn: str
    region: str
    state: str
    metadata: Metadata
    hop_limit: int | None = None
    ssm: str | None = None


class LaunchUse(msgspec.Struct, frozen=True, kw_only=True):
    """A launch template or launch configuration whose instances will get credentials of the role.

    Attributes:
        what: in words, such as ``version 3 of launch template web``.
        groups: the Auto Scaling groups that launch from it.
        metadata: what the instances will answer.
    """

    what: str
    region: str
    groups: tuple[str, ...] = ()
    metadata: Metadata = "unknown"


class Workloads(msgspec.Struct, frozen=True, kw_only=True):
    """What uses a role, as far as it was read.

    Attributes:
        profiles: names of the instance profiles that carry it.
        instances: those that are there still.
        launches: what starts further ones.
        functions: ARNs of Lambda functions that run with it.
        last_used: when any session of it last called a service of AWS; None where it did not in 400 days.
        last_used_region: where.
        unread: what was not read and may use it, as sentences; never empty, since not all services are collected.
    """

    profiles: tuple[str, ...]
    instances: tuple[InstanceUse, ...]
    launches: tuple[LaunchUse, ...]
    functions: tuple[str, ...]
    last_used: datetime | None
    last_used_region: str | None
    unread: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The Auto Scaling groups whose instances get the role."""
        return tuple(sorted({group for launch in self.launches for group in launch.groups}))

    @property
    def open_instances(self) -> tuple[InstanceUse, ...]:
        """The instances that do not surely require IMDSv2, by which the credentials may have been stolen."""
        return tuple(each for each in self.instances if each.metadata in ("v1 allowed", "unknown"))


def workloads_of(role: Role, account: Account) -> Workloads:
    """What uses a role; everything is indexed once for an account."""
    index = _index.of(account)
    profiles = sorted({*role.instance_profiles, *index.profiles.get(role.name, ())})
    return Workloads(
        profiles=tuple(profiles),
        instances=tuple(each for name in profiles for each in index.instances.get(name, ())),
        launches=tuple(each for name in profiles for each in index.launches.get(name, ())),
        functions=tuple(sorted(index.functions.get(role.arn, ()))),
        last_used=role.last_used,
        last_used_region=role.last_used_region,
        unread=(*index.unread, *(() if role.tells_use else ("when the role was last used was not told",))),
    )


class _Index(msgspec.Struct, frozen=True):
    profiles: dict[str, list[str]]
    instances: dict[str, list[InstanceUse]]
    launches: dict[str, list[LaunchUse]]
    functions: dict[str, list[str]]
    unread: tuple[str, ...]


def _build(account: Account) -> _Index:
    profiles: defaultdict[str, list[str]] = defaultdict(list)
    for profile in () if isinstance(account.instance_profiles, Gap) else account.instance_profiles:
        for name in profile.roles:
            profiles[name].append(profile.name)
    instances: defaultdict[str, list[InstanceUse]] = defaultdict(list)
    launches: defaultdict[str, list[LaunchUse]] = defaultdict(list)
    for region in account.regions:
        for named, instance in _instances(region):
            instances[named].append(instance)
        for named, launch in _launches(region):
            launches[named].append(launch)
    functions: defaultdict[str, list[str]] = defaultdict(list)
    for each in () if isinstance(account.functions, Gap) else account.functions:
        if each.detail is not None and not isinstance(each.detail, Gap) and each.detail.role:
            functions[each.detail.role].append(each.arn)
    return _Index(profiles, instances, launches, functions, tuple(dict.fromkeys(_unread(account))))


_index = Remembered(_build, most=4)


def _unread(account: Account) -> Iterator[str]:
    if isinstance(account.instance_profiles, Gap):
        yield describe(account.instance_profiles)
    if account.other_regions is not None:
        yield f"further regions: {describe(account.other_regions)}"
    elif not account.regions:
        yield "no region was asked"
    for region in account.regions:
        parts = (region.instances, region.launch_templates, region.launch_configurations, region.scaling_groups)
        # A service that a region does not have uses nothing.
        yield from (describe(part) for part in parts if isinstance(part, Gap) and part.status != "not_applicable")
    yield describe(account.functions) if isinstance(account.functions, Gap) else _OTHER_FUNCTIONS
    yield _OTHER_SERVICES


def profile_name(profile: str) -> str:
    """The name of an instance profile that is given by name or by ARN."""
    return profile.rpartition("/")[2]


def _instances(region: Region) -> Iterator[tuple[str, InstanceUse]]:
    managed = () if isinstance(region.managed_instances, Gap) else region.managed_instances
    pings = {each.id: each.ping for each in managed}
    unknown_ping = "unknown" if isinstance(region.managed_instances, Gap) else None
    for instance in () if isinstance(region.instances, Gap) else region.instances:
        if instance.instance_profile is not None and instance.state not in _GONE:
            yield (
                profile_name(instance.instance_profile),
                InstanceUse(
                    id=instance.id,
                    arn=instance.arn,
                    region=region.name,
                    state=instance.state,
                    metadata=instance_metadata(instance),
                    hop_limit=instance.metadata.hop_limit if instance.metadata else None,
                    ssm=pings.get(instance.id, unknown_ping),
                ),
            )


def instance_metadata(instance: Instance) -> Metadata:
    """What the metadata service of an instance answers; of an instance that is there EC2 tells all options."""
    options = instance.metadata
    if options is not None and options.endpoint == "disabled":
        return "off"
    if options is None or options.tokens is None:
        return "unknown"
    return "v2 required" if options.tokens == "required" else "v1 allowed"


def _launches(region: Region) -> Iterator[tuple[str, LaunchUse]]:
    groups = () if isinstance(region.scaling_groups, Gap) else region.scaling_groups
    yield from _templates(region, groups)
    by_configuration: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        if group.launch_configuration is not None:
            by_configuration[group.launch_configuration].append(group.name)
    for each in () if isinstance(region.launch_configurations, Gap) else region.launch_configurations:
        if each.instance_profile is not None:
            names = {*by_configuration.get(each.name, ()), *by_configuration.get(each.arn, ())}
            yield (
                profile_name(each.instance_profile),
                LaunchUse(
                    what=f"launch configuration {each.name}",
                    region=region.name,
                    groups=tuple(sorted(names)),
                    metadata=_of_launch(each, region),
                ),
            )


def _templates(region: Region, groups: Iterable[AutoScalingGroup]) -> Iterator[tuple[str, LaunchUse]]:
    templates = () if isinstance(region.launch_templates, Gap) else region.launch_templates
    used = versions_in_use(templates, groups)
    for versions in used.values():
        for each in versions:
            if each.version.instance_profile is not None:
                launched = each.version
                yield (
                    profile_name(each.version.instance_profile),
                    LaunchUse(
                        what=f"version {launched.version} of launch template {launched.name}",
                        region=region.name,
                        groups=each.groups,
                        metadata=_of_launch(launched, region),
                    ),
                )


def _of_launch(launch: LaunchConfiguration | LaunchTemplateVersion, region: Region) -> Metadata:
    try:
        return "v2 required" if answers_v1(launch, region.imds_defaults, region.images) is None else "v1 allowed"
    except Undetermined:
        return "unknown"
