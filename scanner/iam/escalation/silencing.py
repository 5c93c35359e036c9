"""What of logging and detection a principal can stop: asked about what the account has, else about what it may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import msgspec

from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.population import Population
from scanner.iam.escalation.reach import Reach
from scanner.iam.escalation.witness import Witnesses
from scanner.iam.grants import interest
from scanner.iam.powers import Power
from scanner.inventory import Account, Detector, EventRule, Gap, Region, Trail


class Silenced(msgspec.Struct, frozen=True, order=True):
    """An action that stops or blinds a part of logging or detection.

    Attributes:
        what: the part, such as ``CloudTrail``.
        action: it is allowed on ``on``.
        on: something of the account, or where that is not known an example; ``*`` for anything.
        exists: whether ``on`` is of the account.
        certain: whether no condition leaves it open.
    """

    what: str
    action: str
    on: str
    exists: bool
    certain: bool


_STOPPING = {
    "CloudTrail": (
        "cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
    ),
    "GuardDuty": ("guardduty:DeleteDetector", "guardduty:UpdateDetector"),
    "Config": (
        "config:StopConfigurationRecorder", "config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel",
    ),
    "Security Hub": ("securityhub:DisableSecurityHub", "securityhub:DisableSecurityHubV2"),
    "alert rules": ("events:DeleteRule", "events:DisableRule", "events:PutRule", "events:RemoveTargets"),
    "alert topics": ("sns:DeleteTopic", "sns:SetTopicAttributes"),
}  # fmt: skip
"""The actions after which nothing more is recorded, found or told; those that only narrow it are left out."""

_ON_ALERTS = (*_STOPPING["alert rules"], *_STOPPING["alert topics"])

_ALERTING = (
    "aws.guardduty", "aws.securityhub", "aws.access-analyzer", "aws.health", "aws.macie", "aws.inspector2",
    "aws.cloudtrail", "aws.config", "via CloudTrail",
)  # fmt: skip
"""Words in the pattern of a rule that hands on findings or records of calls."""


@dataclass(eq=False)
class Silencing:
    """Answers for the principals of one account."""

    graph: Graph
    _unlimited: dict[int, tuple[Silenced, ...]] = field(default_factory=dict)

    def by(self, power: Power) -> tuple[Silenced, ...]:
        """What a principal can stop, sorted."""
        if not power.potential & self._mask:
            return ()
        able = power.potential & self._mask
        if able & ~power.unlimited:
            return self._by(power, able)
        # What is allowed on everything is the same for all who have it.
        if able not in self._unlimited:
            self._unlimited[able] = self._by(power, able)
        return self._unlimited[able]

    def _by(self, power: Power, able: int) -> tuple[Silenced, ...]:
        asked = [(what, action) for what, action, bit in self._asked if able & bit]
        return tuple(sorted(found for what, action in asked if (found := self._ask(power, what, action))))

    def unknown(self, power: Power) -> Gap | None:
        """Why it is not known whether a principal can stop alerts, where it may stop some rules or topics."""
        gap = self._missing
        if gap is None or not power.potential & self._of_alerts:
            return None
        return gap if any(self._witnesses.somewhere(power, action) for action in _ON_ALERTS) else None

    @cached_property
    def _missing(self) -> Gap | None:
        """The first answer that is missing of those that tell the rules for alerts and their topics."""
        regions = self._account.regions
        if self._account.other_regions is not None:
            return self._account.other_regions
        if not regions:
            return Gap("ec2:DescribeRegions", "skipped")
        # Nobody asks for the targets of rules that only take events of applications.
        targets = (
            rule.targets
            for region in regions
            for rule in _alert_rules(region)
            if not isinstance(rule.targets, Gap) or rule.targets.status != "skipped"
        )
        answers = (*(region.event_rules for region in regions), *targets)
        return next((answer for answer in answers if isinstance(answer, Gap)), None)

    @cached_property
    def _asked(self) -> tuple[tuple[str, str, int], ...]:
        return tuple(
            (what, action, interest().mask([action]))
            for what, actions in _STOPPING.items()
            if self._can_be_there(what)
            for action in actions
        )

    @cached_property
    def _mask(self) -> int:
        return interest().mask(action for _, action, _ in self._asked)

    @cached_property
    def _of_alerts(self) -> int:
        return interest().mask(_ON_ALERTS)

    @cached_property
    def _witnesses(self) -> Witnesses:
        return Witnesses(self._account.account_id, self._account.partition)

    @property
    def _account(self) -> Account:
        return self.graph.landscape.account

    @cached_property
    def _there(self) -> dict[str, Reach]:
        """What the account has, where every region told it, and its alert rules as far as they are known."""
        alerting = [rule for region in self._account.regions for rule in _alert_rules(region)]
        found: dict[str, Iterable[str] | None] = {
            "CloudTrail": self._listed(lambda region: _arns(region.trails)),
            "GuardDuty": self._listed(lambda region: _arns(region.detectors)),
            "alert rules": [rule.arn for rule in alerting],
            "alert topics": [arn for rule in alerting for arn in _topics(rule)],
        }
        own = f":{self._account.account_id}:"
        # Nobody here can stop an organization's trail: it belongs to another account.
        return {
            what: Reach(Population(sorted({arn for arn in arns if own in arn})))
            for what, arns in found.items()
            if arns is not None
        }

    def _listed(self, part: Callable[[Region], list[str] | None]) -> list[str] | None:
        """The ARNs of all regions, or None where one of them, or their list, is not known."""
        found = [part(region) for region in self._account.regions]
        if not found or self._account.other_regions is not None or None in found:
            return None
        return [arn for arns in found if arns is not None for arn in arns]

    def _can_be_there(self, what: str) -> bool:
        return what not in self._there or bool(self._there[what].population.arns)

    def _ask(self, power: Power, what: str, action: str) -> Silenced | None:
        there = self._there.get(what)
        if there is None:
            witness = self._witnesses.somewhere(power, action)
            return Silenced(what, action, witness[0], False, witness[1]) if witness else None
        reached = there.of(power, action)
        chosen = reached.certain or reached.possible
        if not chosen:
            return None
        return Silenced(what, action, next(there.population.members(chosen)), True, bool(reached.certain))


def _arns(found: tuple[Trail, ...] | tuple[Detector, ...] | Gap) -> list[str] | None:
    return None if isinstance(found, Gap) else [each.arn for each in found]


def _alert_rules(region: Region) -> Iterator[EventRule]:
    for rule in () if isinstance(region.event_rules, Gap) else region.event_rules:
        if rule.state.startswith("ENABLED") and any(word in (rule.pattern or "") for word in _ALERTING):
            yield rule


def _topics(rule: EventRule) -> Iterator[str]:
    for target in () if isinstance(rule.targets, Gap) else rule.targets:
        if target.arn.split(":")[2:3] == ["sns"]:
            yield target.arn


@lru_cache(maxsize=2)
def _silencing_of(graph: Graph) -> Silencing:
    return Silencing(graph)


def silencing_of(account: Account) -> Silencing:
    """The answers for an account, kept for all that ask."""
    return _silencing_of(graph_of(account))
