"""Whether the internet reaches an instance: by an address of its own, or by a load balancer.

What was not read never makes an instance look hidden, and never hides that it is reached. Network ACLs, VPC Block
Public Access and firewalls are not looked at: they can only restrict. Nor are proxies that lie outside of the VPC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from scanner.addresses import is_private, is_wide
from scanner.inventory import Gap, Instance, Region, RouteTable
from scanner.inventory.gap import describe
from scanner.reach_admission import (
    Admission,
    admission_of,
    family_of,
    network_of,
    not_read,
    united,
)
from scanner.reach_balancers import Doors, doors_of
from scanner.reach_openings import Opening, best, from_internet, passing

_MOST_REGIONS = 64


class Reach(msgspec.Struct, frozen=True):
    """Whether the internet reaches an instance.

    Attributes:
        kind: ``reached`` by anybody, ``limited`` to some public addresses, ``hidden``, or ``open``: it is not known.
        words: by which way, why not, or what is not known; a clause without its full stop.
        confidence: ``medium`` where a part of the way is likely and not certain.
    """

    kind: Literal["reached", "limited", "hidden", "open"]
    words: str
    confidence: Literal["high", "medium"] = "high"


_HIDDEN = Reach("hidden", "no public address or internet-facing load balancer leads to it")
_SHUT = Reach("hidden", "its security groups let nothing in")
_GUARDED = Reach("hidden", "routes and security groups let nobody in from the internet by its public address")


def public_reach(instance: Instance, region: Region) -> Reach:
    """Whether the internet reaches an instance of a region; what is common to its instances is worked out once."""
    found = _surroundings(region)
    admission = found.admission(instance.security_groups)
    if isinstance(admission, Admission) and admission.is_shut:
        return _SHUT
    way = best([*_by_address(instance, found, admission), *_by_balancer(instance, found, admission)])
    if way.kind == "none":
        return _GUARDED if instance.addresses else _HIDDEN
    confidence: Literal["high", "medium"] = "high" if way.is_sure else "medium"
    kinds: dict[str, Literal["reached", "limited", "open"]] = {"internet": "reached", "some": "limited"}
    return Reach(kinds.get(way.kind, "open"), way.words, confidence)


class _Surroundings(msgspec.Struct):
    """What surrounds the instances of a region, in the order in which it is asked for.

    Attributes:
        tables: the route table that a subnet is associated with.
        mains: the main route table of a VPC.
    """

    region: Region
    groups: dict[str, Admission] | Gap
    tables: dict[str, RouteTable] | Gap
    mains: dict[str, RouteTable]
    doors: Doors
    together: dict[tuple[str, ...], Admission] = {}

    def admission(self, ids: tuple[str, ...]) -> Admission | Gap:
        """What security groups let in together."""
        if isinstance(self.groups, Gap):
            return self.groups
        if not ids:
            return not_read("its security groups are not told")
        return _united(self.groups, self.together, ids)


_known: dict[int, _Surroundings] = {}


def _surroundings(region: Region) -> _Surroundings:
    found = _known.get(id(region))
    if found is None or found.region is not region:
        if len(_known) >= _MOST_REGIONS:
            _known.clear()
        found = _known[id(region)] = _survey(region)
    return found


def _survey(region: Region) -> _Surroundings:
    groups: dict[str, Admission] | Gap
    if isinstance(region.security_groups, Gap):
        groups = region.security_groups
    else:
        groups = {group.id: admission_of(group) for group in region.security_groups}
    tables: dict[str, RouteTable] | Gap
    mains: dict[str, RouteTable] = {}
    if isinstance(region.route_tables, Gap):
        tables = region.route_tables
    else:
        tables = {subnet: table for table in region.route_tables for subnet in table.subnets}
        mains = {table.vpc: table for table in region.route_tables if table.is_main}
    together: dict[tuple[str, ...], Admission] = {}

    def admission(ids: tuple[str, ...]) -> Admission:
        if isinstance(groups, Gap):
            return not_read(describe(groups))
        return _united(groups, together, ids)

    instances = () if isinstance(region.instances, Gap) else region.instances
    return _Surroundings(region, groups, tables, mains, doors_of(region, instances, admission), together)


def _united(
    groups: dict[str, Admission], together: dict[tuple[str, ...], Admission], ids: tuple[str, ...]
) -> Admission:
    found = together.get(ids)
    if found is None:
        unread = next((each for each in ids if each not in groups), "")
        reason = f"the security group {unread} was not among those that were read" if unread else ""
        found = together[ids] = united((groups[each] for each in ids if each in groups), reason)
    return found


def _by_address(instance: Instance, found: _Surroundings, admission: Admission | Gap) -> Iterator[Opening]:
    """The ways by the public addresses that it has, one for each family."""
    for family, address in {("IPv6" if ":" in each else "IPv4"): each for each in instance.addresses}.items():
        routed = _routed(instance, found, family)
        if isinstance(admission, Gap):
            let_in = Opening("unknown", describe(admission))
        else:
            let_in = from_internet(admission, (family,))
        yield passing(Opening("internet", f"{address} is public"), routed, let_in)


def _routed(instance: Instance, found: _Surroundings, family: str) -> Opening:
    """Whether some subnet of the instance has a route to the internet for a family of addresses."""
    tables = found.tables
    if isinstance(tables, Gap):
        return Opening("unknown", describe(tables))
    if not instance.placements:
        return Opening("unknown", "its subnet is not told")
    ways = []
    for subnet in instance.placements:
        table = tables.get(subnet) or found.mains.get(instance.vpc or "")
        if table is None:
            ways.append(Opening("unknown", f"no route table of {subnet} was among those that were read"))
        else:
            ways.append(best(_routes(table, family)))
    way = best(ways)
    # The interfaces are not told apart, so that the address may be that of an interface in the other subnet.
    return way if len({each.kind for each in ways}) == 1 else msgspec.structs.replace(way, is_sure=False)


def _routes(table: RouteTable, family: str) -> Iterator[Opening]:
    for gateway, destination in table.internet_gateways:
        network = network_of(destination)
        if network is None:
            yield Opening("unknown", f"the addresses in {destination} are not collected")
        elif family_of(network) == family and not is_private(network):
            words = f"{table.id} routes {destination} to {gateway}"
            yield Opening("internet" if is_wide(network) else "some", words)


def _by_balancer(instance: Instance, found: _Surroundings, admission: Admission | Gap) -> Iterator[Opening]:
    doors = found.doors.by_instance.get(instance.id, ())
    for door in doors:
        if isinstance(admission, Gap):
            yield passing(door.opening, Opening("unknown", describe(admission)))
        else:
            yield door.to(admission)
    yield from (Opening("unknown", reason) for reason in found.doors.unread)
