"""Where the instance profiles of an account are used: by instances, launch templates and launch configurations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from rules.imds.carried import profile_name
from rules.imds.machines import Machine, live
from scanner.engine import Subject, Unread
from scanner.findings import Resource
from scanner.inventory import Account, Gap, InstanceProfile, Region, known

_MOST_ACCOUNTS = 4


def instance_profiles(account: Account) -> Iterator[Subject[InstanceProfile] | Unread]:
    """Every instance profile."""
    for profile in known(account.instance_profiles):
        yield Subject(Resource(profile.arn, "AWS::IAM::InstanceProfile", profile.name, account.account_id), profile)


class Uses(msgspec.Struct):
    """What uses the instance profiles of one account, by their names, as far as it was read.

    Attributes:
        machines: the instances that are there still.
        launches: the launch templates and launch configurations, in words.
        unread: what was not read and may use any of them.
        unread_instances: the same, where only instances matter.
    """

    account: Account
    machines: defaultdict[str, list[Machine]]
    launches: defaultdict[str, list[str]]
    unread: Gap | None = None
    unread_instances: Gap | None = None


_known: dict[int, Uses] = {}


def uses_of(account: Account) -> Uses:
    """What uses the instance profiles of an account, found once for all that ask."""
    found = _known.get(id(account))
    if found is None or found.account is not account:
        if len(_known) >= _MOST_ACCOUNTS:
            _known.clear()
        found = _known[id(account)] = _found(account)
    return found


def _found(account: Account) -> Uses:
    uses = Uses(account, defaultdict(list), defaultdict(list))
    for region in account.regions:
        for instance in live(region):
            if instance.instance_profile is not None:
                uses.machines[profile_name(instance.instance_profile)].append(Machine(instance, region))
        for profile, words in _launches(region):
            uses.launches[profile_name(profile)].append(words)
    unlisted = account.other_regions
    if unlisted is None and not account.regions:
        unlisted = Gap("ec2:DescribeRegions", "skipped")
    for machines in uses.machines.values():
        machines.sort(key=lambda machine: machine.instance.arn)
    gaps = [gap for region in account.regions for gap in _gaps(region)]
    uses.unread = _first(gaps, unlisted)
    uses.unread_instances = _first((gap for gap in gaps if gap.api == "ec2:DescribeInstances"), unlisted)
    return uses


def _first(gaps: Iterable[Gap], unlisted: Gap | None) -> Gap | None:
    """The same one of several gaps, in whatever order they come."""
    return min(gaps, key=lambda gap: (gap.api, gap.region, gap.status, gap.reason), default=unlisted)


def _launches(region: Region) -> Iterator[tuple[str, str]]:
    if not isinstance(region.launch_templates, Gap):
        for version in region.launch_templates:
            if version.instance_profile is not None:
                yield version.instance_profile, f"version {version.version} of launch template {version.name}"
    if not isinstance(region.launch_configurations, Gap):
        for each in region.launch_configurations:
            if each.instance_profile is not None:
                yield each.instance_profile, f"launch configuration {each.name}"


def _gaps(region: Region) -> Iterator[Gap]:
    # Without the groups it is not known which further versions of launch templates are launched from.
    parts = (region.instances, region.launch_templates, region.launch_configurations, region.scaling_groups)
    yield from (part for part in parts if isinstance(part, Gap) and _may_hide(part))


def _may_hide(gap: Gap) -> bool:
    """Whether something may be there that was not read; a service that a region does not have uses nothing."""
    return gap.status != "not_applicable"
