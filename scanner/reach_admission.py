"""What security groups let in: anybody of the internet, some addresses of it, other groups, private networks."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Literal

import msgspec

from scanner.addresses import Network, is_private, is_wide
from scanner.inventory import SecurityGroup

Family = Literal["IPv4", "IPv6"]
"""Of internet addresses; each has routes and rules of its own."""

_SILENT_PROTOCOLS = frozenset({"icmp", "icmpv6", "1", "58"})
"""No program on the instance answers them, so that nothing can be asked for credentials by way of them."""


class Admission(msgspec.Struct, frozen=True):
    """What security groups let in together.

    Attributes:
        anyone: the families of which anybody comes in, each with a rule in words.
        some: the families of which only some public addresses come in, with the ranges.
        groups: the ids of the security groups whose members come in.
        prefix_lists: the ids of prefix lists; which addresses they hold is not collected.
        has_private: whether some private network comes in.
        unread: a sentence on a group that was not read, or empty.
    """

    anyone: dict[str, str]
    some: dict[str, tuple[str, ...]]
    groups: frozenset[str]
    prefix_lists: tuple[str, ...]
    has_private: bool
    unread: str = ""

    @property
    def is_shut(self) -> bool:
        """Whether nothing is let in, from wherever it comes."""
        some = self.anyone or self.some or self.groups or self.prefix_lists or self.has_private or self.unread
        return not some


def not_read(reason: str) -> Admission:
    """What groups let in of which nothing is known, with the reason as a sentence."""
    return Admission({}, {}, frozenset(), (), has_private=False, unread=reason)


def network_of(text: str) -> Network | None:
    """The address range that a text writes; None where it is something else, such as the id of a prefix list."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def family_of(network: Network) -> Family:
    """The family of a range."""
    return "IPv4" if network.version == 4 else "IPv6"


class _Gathered(msgspec.Struct):
    anyone: dict[str, str] = {}
    some: dict[str, list[str]] = {}
    groups: set[str] = set()
    prefix_lists: set[str] = set()
    has_private: bool = False


def admission_of(group: SecurityGroup) -> Admission:
    """What one security group lets in."""
    found = _Gathered()
    for rule in group.ingress:
        if rule.protocol.lower() in _SILENT_PROTOCOLS:
            continue
        ports = _ports(rule.protocol, rule.from_port, rule.to_port)
        for source in rule.sources:
            _gather(found, source, f"{group.id} lets in {source} on {ports}")
    return Admission(
        anyone=found.anyone,
        some={family: tuple(sorted(set(ranges))) for family, ranges in found.some.items()},
        groups=frozenset(found.groups),
        prefix_lists=tuple(sorted(found.prefix_lists)),
        has_private=found.has_private,
    )


def _gather(found: _Gathered, source: str, words: str) -> None:
    if source.startswith("sg-"):
        found.groups.add(source)
        return
    network = network_of(source)
    if network is None:
        found.prefix_lists.add(source)
    elif is_private(network):
        found.has_private = True
    elif is_wide(network):
        found.anyone.setdefault(family_of(network), words)
    else:
        found.some.setdefault(family_of(network), []).append(source)


def united(admissions: Iterable[Admission], unread: str = "") -> Admission:
    """What several groups let in together, since the rules of all groups of an instance count."""
    parts = list(admissions)
    some: dict[str, tuple[str, ...]] = {}
    for each in parts:
        for family, ranges in each.some.items():
            some[family] = tuple(sorted({*some.get(family, ()), *ranges}))
    return Admission(
        anyone={family: words for each in reversed(parts) for family, words in each.anyone.items()},
        some=some,
        groups=frozenset(group for each in parts for group in each.groups),
        prefix_lists=tuple(sorted({name for each in parts for name in each.prefix_lists})),
        has_private=any(each.has_private for each in parts),
        unread=unread or next((each.unread for each in parts if each.unread), ""),
    )


def _ports(protocol: str, first: int | None, last: int | None) -> str:
    if protocol == "-1":
        return "every protocol"
    name = {"6": "tcp", "17": "udp"}.get(protocol, protocol)
    if first is None or (first, last) == (0, 65535):
        return f"every {name} port"
    return f"{name} {first}" if last in (first, None) else f"{name} {first}-{last}"
