"""By which load balancers the internet gets to the instances of a region.

A load balancer is a door: its own security groups say who comes to it, and those of the instance whether it comes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import msgspec
from msgspec.structs import replace

from scanner.inventory import Gap, Instance, LoadBalancer, Region, TargetGroup
from scanner.inventory.gap import describe
from scanner.reach_admission import Admission
from scanner.reach_openings import CLOSED, Opening, from_internet, passing

Groups = Callable[[tuple[str, ...]], Admission]
"""What the security groups with these ids let in together."""

_BOTH = ("IPv4", "IPv6")


class Door(msgspec.Struct, frozen=True):
    """A load balancer that the internet may get to.

    Attributes:
        groups: its security groups, which those of an instance may name.
        keeps_client: whether instances may see the address of the client instead of its own.
    """

    opening: Opening
    groups: frozenset[str]
    keeps_client: bool

    def to(self, inner: Admission) -> Opening:
        """How far the internet gets through it to what these groups guard.

        Addresses of load balancers are not collected. Where the groups let in private networks, or a list whose
        addresses are not known, the load balancer is taken to be among them: somebody made it to be.
        """
        if self.groups & inner.groups or inner.anyone:
            return self.opening
        if inner.has_private or inner.prefix_lists:
            return replace(self.opening, is_sure=False)
        if self.keeps_client and inner.some:
            return passing(self.opening, from_internet(inner, _BOTH))
        if inner.unread:
            return passing(self.opening, from_internet(inner, _BOTH))
        return CLOSED


class Doors(msgspec.Struct, frozen=True):
    """The doors of a region, by the ids of the instances behind them; ``unread`` says what was not read."""

    by_instance: dict[str, list[Door]]
    unread: tuple[str, ...]


def doors_of(region: Region, instances: tuple[Instance, ...], groups: Groups) -> Doors:
    """Every way through a load balancer that faces the internet."""
    found: defaultdict[str, list[Door]] = defaultdict(list)
    unread: list[str] = []
    if isinstance(region.classic_balancers, Gap):
        unread.append(describe(region.classic_balancers))
    else:
        for balancer in filter(_faces_internet, region.classic_balancers):
            door = _door(balancer, groups)
            for instance in balancer.instances:
                found[instance].append(door)
    if isinstance(region.load_balancers, Gap):
        unread.append(describe(region.load_balancers))
    else:
        entrances = {each.arn: _door(each, groups) for each in region.load_balancers if _faces_internet(each)}
        if entrances:
            unread += _behind(region, entrances, instances, groups, found)
    return Doors(dict(found), tuple(unread))


def _faces_internet(balancer: LoadBalancer) -> bool:
    """Whether it takes requests from the internet; a gateway load balancer has no address of its own."""
    return balancer.scheme != "internal" and balancer.type != "gateway"


def _door(balancer: LoadBalancer, groups: Groups) -> Door:
    """A load balancer as a door; one without security groups, as network ones may be, keeps nobody out."""
    ids = balancer.security_groups
    opening = from_internet(groups(ids), _BOTH) if ids else Opening("internet")
    named = f"the internet-facing {balancer.type} load balancer {balancer.name} leads to it"
    words = f"{named}, {opening.words}" if opening.words else named
    return Door(replace(opening, words=words), frozenset(ids), balancer.type == "network")


def _behind(
    region: Region,
    entrances: dict[str, Door],
    instances: tuple[Instance, ...],
    groups: Groups,
    found: defaultdict[str, list[Door]],
) -> Iterator[str]:
    """Add the doors to instances that target groups tell; yields what was not read."""
    targets = region.target_groups
    if isinstance(targets, Gap):
        yield describe(targets)
        return
    balancers = region.load_balancers if not isinstance(region.load_balancers, Gap) else ()
    doors: defaultdict[str, list[Door]] = defaultdict(list)
    for arn, door in entrances.items():
        doors[arn].append(door)
    applications = {each.arn: each for each in balancers if each.type == "application"}
    for arn, door in _to_applications(targets, applications, entrances, groups):
        doors[arn].append(door)
    places = _Places(balancers, instances)
    for group in targets:
        reaching = [(arn, door) for arn in group.load_balancers for door in doors.get(arn, ())]
        # Where the targets of a group before an application load balancer are not known, so is who reaches that one.
        if isinstance(group.targets, Gap):
            yield describe(group.targets)
        elif group.target_type in {"instance", "ip"}:
            for arn, door in reaching:
                for target in group.targets:
                    for instance, is_sure in places.of(target, arn):
                        opening = replace(door.opening, is_sure=door.opening.is_sure and is_sure)
                        found[instance].append(replace(door, opening=opening))


def _to_applications(
    targets: tuple[TargetGroup, ...],
    applications: dict[str, LoadBalancer],
    entrances: dict[str, Door],
    groups: Groups,
) -> Iterator[tuple[str, Door]]:
    """Application load balancers that stand behind a network load balancer, as doors."""
    for group in targets:
        if group.target_type != "alb" or isinstance(group.targets, Gap):
            continue
        for target in group.targets:
            inner = applications.get(target)
            for arn in group.load_balancers if inner is not None else ():
                outer = entrances.get(arn)
                if inner is None or outer is None:
                    continue
                ids = inner.security_groups
                opening = outer.to(groups(ids)) if ids else outer.opening
                words = f"{opening.words}, by way of {inner.name}"
                yield inner.arn, Door(replace(opening, words=words), frozenset(ids), keeps_client=False)


class _Places:
    """Which instances a target means: an id one, an address the one that has it, in the load balancer's VPC first."""

    def __init__(self, balancers: tuple[LoadBalancer, ...], instances: tuple[Instance, ...]) -> None:
        self._vpcs = {balancer.arn: balancer.vpc for balancer in balancers}
        self._by_address: defaultdict[str, list[Instance]] = defaultdict(list)
        for instance in instances:
            for address in (*instance.private_addresses, *instance.addresses):
                self._by_address[address].append(instance)

    def of(self, target: str, balancer: str) -> Iterator[tuple[str, bool]]:
        if target.startswith("i-"):
            yield target, True
            return
        holders = self._by_address.get(target, ())
        vpc = self._vpcs.get(balancer)
        near = [each for each in holders if vpc is None or each.vpc is None or each.vpc == vpc]
        # An address in another VPC is meant only if none in the load balancer's own has it: VPCs may share addresses.
        for each in near or holders:
            yield each.id, bool(near)
