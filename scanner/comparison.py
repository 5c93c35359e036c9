"""What became of findings since an earlier run, as a part of the report."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.findings import Finding
from scanner.inventory import Instant

WhyNotNow = Literal[
    "rule_not_asked", "region_not_scanned", "region_not_watched", "not_read", "unknown_now", "set_otherwise"
]
"""Why it is not known what became of a finding: the rule was not asked; the region was not scanned, or the owner runs
no detection services there; what the rule is asked about could not be listed; the verdict is unknown now; the rule
has other parameters than then."""

WhyNotThen = Literal["new_rule", "region_not_scanned", "not_read", "set_otherwise"]
"""Why the earlier run could not have found it: it did not ask the rule, it did not scan the region, it could not list
what the rule is asked about, or the rule had other parameters."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """The run that is compared with, as its report tells of itself."""

    tool_version: str
    started_at: Instant
    judged_at: Instant
    snapshot_sha256: str


class NotLookedAt(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that was open, and of which it is not known what became of it.

    Attributes:
        reason: the same as ``why``, for people.
        finding: as it was seen last.
    """

    why: WhyNotNow
    reason: str
    finding: Finding


class FirstLook(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of now that the earlier run could not have found, so that the account need not have changed."""

    fingerprint: str
    why: WhyNotThen


class ComparisonCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many findings became what; the first six add up to the failed findings that nobody accepted.

    Attributes:
        new: they failed only now, although the earlier run looked.
        new_rule: they are of rules that the earlier run did not ask.
        first_look: the earlier run could not have found them otherwise.
        worse: they are worse than then.
        open_again: somebody had accepted them, and that counts no longer.
        still_open: they are as they were then.
        resolved: they failed then; it was looked, and they are gone.
        not_looked_at: they failed then, and it is not known whether they still do.
        newly_unknown: verdicts that are unknown now, and were not then.
        no_longer_unknown: verdicts that were unknown then and are no findings now: they pass, or there is no subject.
    """

    new: int = 0
    new_rule: int = 0
    first_look: int = 0
    worse: int = 0
    open_again: int = 0
    still_open: int = 0
    resolved: int = 0
    not_looked_at: int = 0
    newly_unknown: int = 0
    no_longer_unknown: int = 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the findings of an earlier run over the same account.

    What is open has its state among the findings of the report; here is what is not among them.

    Attributes:
        previous: the earlier run.
        resolved: findings of then that are gone, as they were seen last.
        not_looked_at: findings of then that are kept in mind until a run looks.
        first_looks: findings of now that the earlier run could not have found.
        open_again: fingerprints of findings that were accepted then, and no longer are.
        declared_otherwise: whether the owner declares something else of the account than then.
    """

    previous: Earlier
    counts: ComparisonCounts
    resolved: tuple[Finding, ...] = ()
    not_looked_at: tuple[NotLookedAt, ...] = ()
    first_looks: tuple[FirstLook, ...] = ()
    open_again: tuple[str, ...] = ()
    declared_otherwise: bool = False
