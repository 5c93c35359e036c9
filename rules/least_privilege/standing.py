"""What a principal stands for already: which finding tells of it, so that one wildcard is not told many times.

The order is: an administrator has the finding of administrators; who surely can become one that of escalation; who may
change a whole service by a wildcard that of wildcards, unless another finding weighs more. Rules on single powers tell
of the others. What the owner declares to be an administrator is meant to have all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

import msgspec

from rules.identity.asking import granted_on
from rules.least_privilege.administrators import GRAVE, wildcards_of
from scanner.findings import SEVERITIES, Severity
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.paths import paths_of
from scanner.iam.escalation.population import Population, places
from scanner.iam.escalation.reach import Reach
from scanner.iam.grants import interest
from scanner.iam.powers import Power
from scanner.iam.remembered import Remembered
from scanner.iam.service_wildcards import Service
from scanner.inventory import Account, Gap, NotCollected, Role, User

_NAME = "guardrift-probe-4c1f"
_NO_REGION = "xx-probe-1"
_OF_THE_REQUEST = (
    "aws:principal", "aws:source", "aws:multifactorauth", "aws:currenttime", "aws:epochtime", "aws:securetransport",
    "aws:requestedregion", "aws:userid", "aws:username", "aws:useragent", "aws:tokenissuetime", "aws:resourceaccount",
    "aws:resourceorg", "aws:vpc", "aws:tagkeys", "sts:externalid", "sts:rolesessionname", "sts:sourceidentity",
    "sts:transitivetagkeys", "secretsmanager:versionstage", "secretsmanager:versionid", "s3:x-amz-", "s3:authtype",
    "s3:signature", "s3:tlsversion",
)  # fmt: skip
"""Condition keys that say nothing of which resource of the account is meant."""


def surely_escalates(principal: User | Role, account: Account) -> bool:
    """Whether it can make itself an administrator on a path that hangs on nothing: that finding is critical.

    A path that needs something unseen, or hangs on conditions, does not make smaller powers that are sure less so.
    """
    graph = graph_of(account)
    at = graph.place(principal.arn)
    if at is None or not graph.escalating >> at & 1:
        return False
    found = paths_of(account).escalation(principal.arn)
    return found is not None and any(path.confidence == "high" for path in found.paths)


def _prefixes_of(services: tuple[Service, ...]) -> frozenset[str]:
    return frozenset(service.prefix for service in services)


# Principals with the same wildcards share one tuple of services.
_prefixes = Remembered(_prefixes_of)


def is_told_by_wildcard(power: Power, account: Account, services: Iterable[str], severity: Severity) -> bool:
    """Whether the finding on wildcards tells of all these services, and weighs as much."""
    found = wildcards_of(account.account_id, account.partition).of(power)
    if found is None:
        return False
    prefixes = _prefixes.of(found.services)
    weight: Severity = "high" if prefixes & GRAVE else "medium"
    return prefixes.issuperset(services) and SEVERITIES.index(weight) <= SEVERITIES.index(severity)


class Exposure(msgspec.Struct, frozen=True):
    """How the credentials of a principal lie where thieves look first.

    Attributes:
        keys: its active access keys.
        profiles: the instance profiles that carry it.
        gap: why its access keys are not known.
    """

    keys: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    gap: Gap | None = None

    @property
    def known_keys(self) -> tuple[str, ...] | None:
        """The active access keys as evidence; None where they are not known."""
        return self.keys if self.gap is None else None

    @property
    def words(self) -> str:
        """The exposure as a sentence that begins with a space; empty where there is none."""
        if self.keys:
            return f" It has the active access key{'s' if len(self.keys) > 1 else ''} {', '.join(self.keys)}."
        return f" Instances carry it, by {', '.join(self.profiles)}." if self.profiles else ""

    def graded(self, exposed: Severity, hidden: Severity) -> Severity:
        """The severity with and without an exposure; what is not known counts as exposed."""
        return exposed if self.keys or self.profiles or self.gap is not None else hidden

    def settle_pass(self) -> None:
        """Refuse to pass over a principal whose keys are not known."""
        if self.gap is not None:
            raise NotCollected(self.gap)


def exposure_of(principal: User | Role, account: Account) -> Exposure:
    """How the credentials of a principal are exposed: active access keys, or instances that carry it."""
    if isinstance(principal, Role):
        return Exposure(profiles=tuple(sorted(principal.instance_profiles)))
    held = _keys(graph_of(account))
    found = held if isinstance(held, Gap) else held.get(principal.name, ())
    return Exposure(gap=found) if isinstance(found, Gap) else Exposure(keys=found)


@lru_cache(maxsize=2)
def _keys(graph: Graph) -> Mapping[str, tuple[str, ...] | Gap] | Gap:
    """The active access keys by user, indexed once for an account."""
    holders = graph.landscape.account.access_keys
    if isinstance(holders, Gap):
        return holders
    return {
        each.user: each.keys if isinstance(each.keys, Gap) else tuple(key.id for key in each.keys if key.is_active)
        for each in holders
    }


class Held(msgspec.Struct, frozen=True):
    """An action that is allowed on everything of its kind.

    Attributes:
        region: where, if it is not allowed in every region; empty for every region.
        certain: whether no condition leaves it open.
    """

    action: str
    region: str
    certain: bool


@dataclass(eq=False)
class _Probes:
    """Invented resources of the kinds that are asked about: one of no region, and one in each region of the account."""

    account: Account
    _reaches: dict[tuple[str, tuple[str, ...]], Reach] = field(default_factory=dict)

    def of(self, form: str, named: tuple[str, ...]) -> Reach:
        found = self._reaches.get((form, named))
        if found is None:
            found = self._reaches[form, named] = Reach(Population(sorted(self._arns(form, named))))
        return found

    def _arns(self, form: str, named: tuple[str, ...]) -> set[str]:
        regions = [*(region.name for region in self.account.regions), *named] if "{region}" in form else []
        owner, partition = self.account.account_id, self.account.partition
        return {
            f"arn:{partition}:{form.format(region=region, account=owner, name=_NAME)}"
            for region in (_NO_REGION, *regions)
        }


_probes = Remembered(_Probes, most=2)


def _named(power: Power, account: Account, action: str) -> tuple[str, ...]:
    """Where it is not known which regions the account has, those that the grants of an action name, as they have it."""
    if account.regions and account.other_regions is None:
        return ()
    return tuple(sorted({region for region, _, _ in granted_on(power, action) if region not in ("", "*")}))


@cache
def _bit(action: str) -> int:
    return interest().mask([action])


def held_on_everything(power: Power, account: Account, action: str, form: str) -> Held | None:
    """Whether an action is allowed on everything of a kind, told by something of that kind that does not exist.

    Args:
        power: what the principal holds.
        account: whose resources.
        action: one of the interest of the engine.
        form: the ARN of the kind without partition, with ``{region}``, ``{account}`` and ``{name}``.
    """
    bit = _bit(action)
    if not power.potential & bit:
        return None
    if power.unlimited & bit:
        return Held(action, "", True)
    reach = _probes.of(account).of(form, _named(power, account, action))
    found = reach.of(power, action)
    if not found.possible:
        return None
    certain = bool(found.certain)
    if not certain and any(not key.startswith(_OF_THE_REQUEST) for key in power.facet(bit).keys):
        return None
    chosen = [reach.population.arns[place].split(":")[3] for place in places(found.certain or found.possible)]
    everywhere = "" in chosen or _NO_REGION in chosen
    return Held(action, "" if everywhere else chosen[0], certain)
