"""What present credentials can read, and what that means for rules: the result of a preflight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from scanner.actions import with_what_they_need
from scanner.engine.rule import Rule
from scanner.findings import Severity
from scanner.inventory import Instant

Status = Literal["readable", "denied", "throttled", "error", "untold", "elsewhere", "not_applicable"]
"""Whether an action may be called; ``untold`` where AWS does not say before the scan asks about something real."""

UNREADABLE: frozenset[Status] = frozenset({"denied", "throttled", "error"})
"""What leaves verdicts unknown."""

OF_REGIONS = frozenset({"ec2:DescribeRegions", "account:ListRegions"})
"""Either of them says which regions there are."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether one API action may be called in one region.

    Attributes:
        api: the action, such as ``ec2:DescribeInstances``.
        permission: the IAM action that allows it; empty where none is needed.
        region: the region asked, ``global`` for global services.
        status: whether it may be called.
        message: what was said, unless it was a plain answer.
        is_made_up: whether what was asked about does not exist.
    """

    api: str
    permission: str
    region: str
    status: Status
    message: str = ""
    is_made_up: bool = False


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan with these credentials will make of a rule.

    Attributes:
        rule_id: the rule.
        title: what it finds.
        severity: of its findings.
        status: ``unknown`` where an answer that it needs is not readable, ``untold`` where that cannot be told.
        missing: the actions whose answers it will lack, or may lack; first those that it asks for itself.
        regions: where it will lack them; ``*`` for everywhere.
    """

    rule_id: str
    title: str
    severity: Severity
    status: Literal["decidable", "unknown", "untold"]
    missing: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The result in numbers.

    Attributes:
        complete: whether nothing is known to be unreadable.
        answers: how many answers have each status.
        rules: how many rules have each status.
    """

    complete: bool
    answers: dict[str, int]
    rules: dict[str, int]


class Preflight(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/preflight/1"):
    """What a scan could read, told before it is made.

    Attributes:
        tool_version: of guardrift.
        started_at: when the first question was asked.
        finished_at: when the last answer was there.
        account_id: the account that the credentials belong to.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov`` or another that AWS adds.
        caller: the ARN of who asked.
        regions: the regions that were asked.
        summary: the numbers.
        rules: each rule that a scan would ask.
        answers: each action that a scan would call, in each region.
    """

    tool_version: str
    started_at: Instant
    finished_at: Instant
    account_id: str
    partition: str
    caller: str
    regions: tuple[str, ...]
    summary: Summary
    rules: tuple[Outlook, ...]
    answers: tuple[Answer, ...]


def summarised(rules: Sequence[Outlook], answers: Sequence[Answer]) -> Summary:
    """The numbers."""
    return Summary(
        complete=not any(answer.status in UNREADABLE for answer in answers),
        answers=dict(sorted(Counter(answer.status for answer in answers).items())),
        rules=dict(sorted(Counter(rule.status for rule in rules).items())),
    )


def outlooks(rules: Iterable[Rule], answers: Sequence[Answer], regions: Sequence[str]) -> tuple[Outlook, ...]:
    """What each rule can expect of a scan in these regions, in the order of the rules."""
    of_regions = [answer.status for answer in answers if answer.api in OF_REGIONS]
    knows_regions = "readable" in of_regions
    bad = [answer for answer in answers if answer.status in UNREADABLE | {"untold"}]
    found = []
    for rule in rules:
        needed = with_what_they_need(rule.apis) - (OF_REGIONS if knows_regions else set())
        found.append(_outlook(rule, [answer for answer in bad if answer.api in needed], regions))
    return tuple(found)


def _outlook(rule: Rule, bad: Sequence[Answer], regions: Sequence[str]) -> Outlook:
    unreadable = [answer for answer in bad if answer.status in UNREADABLE]
    missing = unreadable or bad
    names = sorted({answer.api for answer in missing}, key=lambda api: (api not in rule.apis, api))
    places = {answer.region for answer in missing}
    is_everywhere = "global" in places or (bool(places) and places.issuperset(regions))
    return Outlook(
        rule_id=rule.id,
        title=rule.title,
        severity=rule.severity,
        status="unknown" if unreadable else "untold" if bad else "decidable",
        missing=tuple(names),
        regions=("*",) if is_everywhere else tuple(sorted(places)),
    )
