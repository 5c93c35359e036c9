"""Which services a principal may change at will: by wildcards, on everything, and without a condition.

A service counts where one statement allows, by patterns with a wildcard, every action of it that changes something and
that a policy could confine to single resources. Services that have no such action (the channels of the SSM agent, say)
leave the author of a policy no choice, and are passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

import msgspec

from scanner.iam.catalogue import Level, catalogue
from scanner.iam.documents import Policy, Statement
from scanner.iam.matching import covers_resource, matches
from scanner.iam.powers import Power
from scanner.iam.remembered import Remembered

_CHANGING = frozenset({Level.WRITE, Level.TAGGING, Level.PERMISSIONS_MANAGEMENT})
_REGION, _NAME = "xx-probe-1", "guardrift-probe"
_MOST_POLICIES = 65_536
_MANY = 150
_COLONS = 5


class Service(msgspec.Struct, frozen=True, order=True):
    """A service that a principal may change at will.

    Attributes:
        prefix: of its actions, such as ``s3``.
        actions: how many changing actions a policy could confine to single resources.
        allowed: how many of them no Deny takes away.
    """

    prefix: str
    actions: int
    allowed: int


class Reached(msgspec.Struct, frozen=True):
    """The services that a principal may change at will, by prefix, and the policies that say so."""

    services: tuple[Service, ...]
    policies: tuple[str, ...]

    @property
    def is_nearly_all(self) -> bool:
        """Whether it is rather told by what is left out, as with a NotAction."""
        return len(self.services) > _MANY

    @property
    def left_out(self) -> tuple[str, ...]:
        """The other services that have something to change."""
        return _others.of(self.services)


def _other_services(services: tuple[Service, ...]) -> tuple[str, ...]:
    found = {service.prefix for service in services}
    return tuple(each for each in catalogue().services() if each not in found and _numbers().mask(each))


def _prefixes_of(services: tuple[Service, ...]) -> frozenset[str]:
    return frozenset(service.prefix for service in services)


# Principals with the same wildcards share one tuple of services.
_others = Remembered(_other_services)
_prefixes = Remembered(_prefixes_of)


class _Said(msgspec.Struct, frozen=True):
    """What one policy says without conditions about everything that a service holds."""

    services: frozenset[str]
    denied: int


_NO_SERVICES = frozenset[str]()
_SILENT = _Said(_NO_SERVICES, 0)


class _Numbers:
    """Bits for the changing actions that can be confined to resources; a service is read when it is first met."""

    def __init__(self) -> None:
        self._masks: dict[str, int] = {}
        self._bits: dict[str, int] = {}

    def mask(self, service: str) -> int:
        """The changing actions of a service."""
        found = self._masks.get(service)
        if found is None:
            found = self._masks[service] = self._number(service)
        return found

    def bits(self, names: Iterable[str]) -> tuple[int, frozenset[str]]:
        """Those of some actions that count, and the services of all."""
        services = frozenset([name.partition(":")[0] for name in names])
        for service in services:
            self.mask(service)
        found = 0
        for bit in filter(None, map(self._bits.get, names)):
            found |= bit
        return found, services

    def bit(self, service: str, name: str) -> int:
        """The bit of an action that is given as the table has it; 0 where it does not count."""
        return self._bits.get(name, 0) if self.mask(service) else 0

    def _number(self, service: str) -> int:
        start = len(self._bits)
        for name in catalogue().confinable(service):
            self._bits[name] = 1 << len(self._bits)
        return (1 << len(self._bits)) - (1 << start)


@cache
def _numbers() -> _Numbers:
    return _Numbers()


@lru_cache(maxsize=65536)
def _covered(patterns: tuple[str, ...]) -> tuple[int, frozenset[str]]:
    """The changing actions that some patterns cover, and the services that they touch."""
    found, touched = 0, frozenset[str]()
    for pattern in patterns:
        bits, services = _of_pattern(pattern)
        found, touched = found | bits, touched | services
    return found, touched


@lru_cache(maxsize=65536)
def _of_pattern(pattern: str) -> tuple[int, frozenset[str]]:
    names = catalogue().expand(pattern)
    if len(names) != 1:
        return _numbers().bits(names)
    service = names[0].partition(":")[0]
    return _numbers().bit(service, names[0]), frozenset((service,))


@lru_cache(maxsize=65536)
def _whole_services(actions: tuple[str, ...], *, complement: bool) -> frozenset[str]:
    """The services of which an Action element, or all but a NotAction element, covers every changing action."""
    numbers = _numbers()
    if complement:
        covered, _ = _covered(actions)
        return frozenset(
            service for service in catalogue().services() if (mask := numbers.mask(service)) and not mask & covered
        )
    wild = tuple([pattern for pattern in actions if "*" in pattern or "?" in pattern])
    if not wild:
        return frozenset()
    covered, touched = _covered(wild)
    return frozenset(service for service in touched if (mask := numbers.mask(service)) and not mask & ~covered)


@lru_cache(maxsize=4096)
def _denied(actions: tuple[str, ...], *, complement: bool) -> int:
    covered, _ = _covered(actions)
    if not complement:
        return covered
    everything = 0
    for service in catalogue().services():
        everything |= _numbers().mask(service)
    return everything & ~covered


@dataclass(eq=False)
class ServiceWildcards:
    """Answers for the principals of one account; each policy is read once."""

    account_id: str
    partition: str
    _read: dict[int, tuple[Policy, _Said]] = field(default_factory=dict)
    _probes: dict[str, str] = field(default_factory=dict)
    _reached: dict[int, tuple[Power, Reached | None]] = field(default_factory=dict)

    def of(self, power: Power) -> Reached | None:
        """What a principal may change at will, its boundary and Deny statements considered; None if nothing."""
        # Several rules ask about the same principals.
        known = self._reached.get(id(power))
        if known is None or known[0] is not power:
            if len(self._reached) >= _MOST_POLICIES:
                self._reached.clear()
            known = self._reached[id(power)] = power, self._find(power)
        return known[1]

    def _find(self, power: Power) -> Reached | None:
        # Most policies say nothing of the kind.
        said = [(source, each) for source in power.sources if (each := self._said(source.policy)) is not _SILENT]
        allowed, denied = _NO_SERVICES, 0
        for _, each in said:
            # What one policy says alone is not copied, so that it is hashed once for all who hold it.
            allowed = allowed | each.services if allowed else each.services
            denied |= each.denied
        if not allowed:
            return None
        if power.boundary is not None:
            cap = self._said(power.boundary.policy)
            allowed, denied = allowed & cap.services, denied | cap.denied
        services = _left(allowed, denied)
        if not services:
            return None
        kept = _prefixes.of(services)
        naming = {source.name for source, each in said if not kept.isdisjoint(each.services)}
        return Reached(services, tuple(sorted(naming)))

    def _said(self, policy: Policy) -> _Said:
        found = self._read.get(id(policy))
        if found is None or found[0] is not policy:
            if len(self._read) >= _MOST_POLICIES:
                self._read.clear()
            found = self._read[id(policy)] = policy, self._read_policy(policy)
        return found[1]

    def _read_policy(self, policy: Policy) -> _Said:
        services, denied = frozenset[str](), 0
        for statement in policy.statements:
            if statement.conditions or not (_may_be_whole(statement) and _may_be_about_all(statement)):
                continue
            if statement.allows:
                found = _whole_services(statement.actions, complement=statement.not_actions)
                if statement.resources != ("*",) or statement.not_resources:
                    found = frozenset(service for service in found if self._is_about_all(statement, service))
                services |= found
            else:
                denied |= self._denied_by(statement)
        return _Said(services, denied) if services or denied else _SILENT

    def _denied_by(self, statement: Statement) -> int:
        covered = _denied(statement.actions, complement=statement.not_actions)
        if statement.resources == ("*",):
            return 0 if statement.not_resources else covered
        found = 0
        for service in catalogue().services() if statement.not_actions else _covered(statement.actions)[1]:
            if (mask := _numbers().mask(service)) and self._is_about_all(statement, service):
                found |= mask & covered
        return found

    def _is_about_all(self, statement: Statement, service: str) -> bool:
        """Whether the statement speaks of everything that the service holds, in every region."""
        if statement.resources == ("*",):
            return not statement.not_resources
        return covers_resource(statement, self._probe(service))

    def _probe(self, service: str) -> str:
        """The ARN of something that does not exist, of the form that the service's ARNs mostly have."""
        found = self._probes.get(service)
        if found is None:
            found = self._probes[service] = self._make_probe(service)
        return found

    def _make_probe(self, service: str) -> str:
        forms = Counter(_forms(service))
        owner, has_region, has_account = forms.most_common(1)[0][0]
        region, account = _REGION if has_region else "", self.account_id if has_account else ""
        return f"arn:{self.partition}:{owner}:{region}:{account}:{_NAME}"


def _may_be_whole(statement: Statement) -> bool:
    """Whether a statement may cover every action of a service; an Allow counts by its wildcards alone."""
    if statement.not_actions or not statement.allows:
        return True
    actions = "".join(statement.actions)
    return "*" in actions or "?" in actions


def _may_be_about_all(statement: Statement) -> bool:
    """Whether a statement may cover the probe of some service, told by the last part of its patterns alone."""
    if statement.not_resources:
        return True
    for pattern in statement.resources:
        colons = pattern.count(":")
        if colons < _COLONS or (colons == _COLONS and matches(pattern.rpartition(":")[2], _NAME)):
            return True
    return False


@lru_cache(maxsize=4096)
def _left(services: frozenset[str], denied: int) -> tuple[Service, ...]:
    found = ((prefix, _numbers().mask(prefix)) for prefix in sorted(services))
    return tuple(
        Service(prefix, mask.bit_count(), (mask & ~denied).bit_count()) for prefix, mask in found if mask & ~denied
    )


def _forms(service: str) -> Iterator[tuple[str, bool, bool]]:
    """Of each resource type of a changing action: the service in its ARN, and whether it names region and account."""
    for name in catalogue().actions_of(service):
        facts = catalogue().action(name)
        for use in facts.resources if facts is not None and facts.level in _CHANGING else ():
            for text in use.formats:
                parts = [*text.split(":", 5), "", "", "", "", ""]
                yield parts[2], bool(parts[3]), bool(parts[4])
