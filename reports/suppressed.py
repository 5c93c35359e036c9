"""Accepted findings, and the suppressions behind them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from reports.verdict import counted
from scanner.findings import Accepted
from scanner.report import NoticeKind, Report, SuppressionNotice
from scanner.suppression import WARNING_DAYS, days_left

_LONGEST = 120
_KINDS: tuple[NoticeKind, ...] = ("expired", "expiring", "too-wide", "unused")


def in_short(report: Report) -> str:
    """One line, such as "3 suppressed, 1 expires in 9 days; 1 unused"; empty where there is nothing to say."""
    said = [each.accepted for each in report.findings if isinstance(each.accepted, Accepted)]
    valid = [each for each in said if not each.expired]
    suppressed = [each for each in valid if each.by == "config"]
    parts = []
    if suppressed:
        parts.append(f"{len(suppressed):,} suppressed{_ending(suppressed, report)}")
    if len(valid) > len(suppressed):
        reviewed = [each for each in valid if each.by == "baseline"]
        parts.append(f"{len(reviewed):,} in the baseline{_ending(reviewed, report)}")
    if len(said) > len(valid):
        expired = len(said) - len(valid)
        parts.append(f"{expired:,} expired, and {'counts' if expired == 1 else 'count'} again")
    unused = sum(each.kind == "unused" for each in report.summary.suppression_notices)
    if unused:
        parts.append(f"{counted(unused, 'suppression')} unused")
    return "; ".join(parts)


def sentences(notices: Iterable[SuppressionNotice], at: datetime) -> list[str]:
    """Each notice as a sentence that names its place in the file, the rule, the resource and the owner.

    What has expired comes first, then what will, what is too wide and what is unused.
    """
    return [f"suppress[{each.number}] {_said(each, at)}" for each in sorted(notices, key=_gravest_first)]


def _gravest_first(notice: SuppressionNotice) -> tuple[int, int]:
    return _KINDS.index(notice.kind), notice.number


def left(expires: date, at: datetime | None) -> str:
    """How long an acceptance still counts, such as "9 days left"; empty where it is not known when it is read."""
    if at is None:
        return ""
    days = days_left(expires, at)
    if days < 0:
        return f"expired {counted(-days, 'day')} ago"
    return f"{counted(days, 'day')} left" if days else "its last day"


def _ending(said: Sequence[Accepted], report: Report) -> str:
    """How many of them end within two weeks, and when the first does."""
    at = report.run.expiries_at
    if at is None:
        return ""
    days = sorted(each for found in said if (each := days_left(found.expires, at)) <= WARNING_DAYS)
    if not days:
        return ""
    verb = "expires" if len(days) == 1 else "expire"
    when = "today" if days[0] <= 0 else f"in {counted(days[0], 'day')}"
    return f", {len(days):,} {verb} {when}" if len(set(days)) == 1 else f", {len(days):,} {verb} soon, the first {when}"


def _said(notice: SuppressionNotice, at: datetime) -> str:
    days = days_left(notice.expires, at)
    where = f"{notice.account_id} {notice.region}" if notice.region else notice.account_id
    what = f"({_clip(notice.rule_id)} on {_clip(notice.resource)} in {where}, owner {_clip(notice.owner)})"
    if notice.kind == "expired":
        again = f"; {counted(notice.findings, 'finding counts', 'findings count')} again" if notice.findings else ""
        return f"expired on {notice.expires}{again} {what}"
    if notice.kind == "expiring":
        when = "today" if days <= 0 else f"in {counted(days, 'day')}"
        return f"expires {when}, on {notice.expires} {what}"
    if notice.kind == "unused":
        return f"is unused: no finding fits it {what}"
    return f"names no resource: whatever its rule finds in the account is accepted {what}"


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
