"""Two runs over one account compared: what is new, worse, resolved, and still open since when.

What a run did not look at is never resolved, and what an earlier run could not have found is not called a change of the
account. A finding that could not be looked at is kept in mind, from report to report, until a run looks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from scanner.baseline.accepted import AcceptedFinding, compare
from scanner.comparison import (
    Comparison,
    ComparisonCounts,
    Earlier,
    FirstLook,
    NotLookedAt,
    WhyNotNow,
    WhyNotThen,
)
from scanner.errors import UsageError
from scanner.findings import SEVERITIES, Finding, State, Status, sort_key
from scanner.looked_at import Sight, Watched, everywhere, facts_of
from scanner.report import Report

_TOLD_ONCE: frozenset[WhyNotNow] = frozenset({"set_otherwise", "region_not_watched"})
"""The owner decided that these are no findings: they are told of, and not kept in mind."""

_Key = tuple[str, Status]


class _Past(NamedTuple):
    """What was known of a verdict: its facts, how it was seen last, since when it was open, and whether it was."""

    facts: AcceptedFinding
    finding: Finding
    since: datetime
    is_open: bool


class _Now(NamedTuple):
    """A finding of now with what became of it, and under what it is counted; None where it is not counted."""

    finding: Finding
    counted: str | None
    not_then: WhyNotThen | None = None


def check_same_account(earlier: Report, account_id: str, name: str) -> None:
    """Raise ``UsageError`` where an earlier report is of another account."""
    if earlier.run.accounts != (account_id,):
        of = ", ".join(earlier.run.accounts) or "no account"
        raise UsageError(
            f"{name} is the report on account {of}, not on {account_id}",
            "Compare with an earlier report on the same account.",
        )


def compared(report: Report, earlier: Report, *, is_watched: Watched = everywhere) -> Report:
    """The report with what became of each finding since an earlier run over the same account.

    Nothing else of it is changed: neither what counts, nor what is accepted, nor whether it is complete.
    """
    past, then, now = _past(earlier), Sight(earlier), Sight(report, is_watched)
    same_settings = _settings_agree(report, earlier)
    told = [_told(finding, past, then, same_settings, report.run.judged_at) for finding in report.findings]
    present: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        present[finding.fingerprint].append(finding)
    resolved, unseen, decided = _gone(past, present, now, same_settings)
    counts = Counter(each.counted for each in told if each.counted)
    return msgspec.structs.replace(
        report,
        findings=tuple(each.finding for each in told),
        comparison=Comparison(
            previous=_run_of(earlier),
            counts=ComparisonCounts(
                **counts, resolved=len(resolved), not_looked_at=len(unseen), no_longer_unknown=decided
            ),
            resolved=tuple(sorted(resolved, key=sort_key)),
            not_looked_at=tuple(sorted(unseen, key=lambda each: sort_key(each.finding))),
            first_looks=tuple(
                FirstLook(fingerprint=each.finding.fingerprint, why=each.not_then) for each in told if each.not_then
            ),
            open_again=tuple(dict.fromkeys(each.finding.fingerprint for each in told if each.counted == "open_again")),
            declared_otherwise=_declared_otherwise(report, earlier),
        ),
    )


def _run_of(earlier: Report) -> Earlier:
    run = earlier.run
    return Earlier(
        tool_version=run.tool_version,
        started_at=run.started_at,
        judged_at=run.judged_at,
        snapshot_sha256=run.snapshot_sha256,
    )


def _past(earlier: Report) -> dict[_Key, _Past]:
    """What the earlier report knew; of what it could not decide also what was known before."""
    groups: dict[_Key, list[Finding]] = defaultdict(list)
    for finding in earlier.findings:
        groups[finding.fingerprint, finding.status].append(finding)
    if isinstance(earlier.comparison, Comparison):
        for each in earlier.comparison.not_looked_at:
            key: _Key = (each.finding.fingerprint, each.finding.status)
            if each.why not in _TOLD_ONCE and key not in groups:
                groups[key] = [each.finding]
    return {key: _known(group, earlier.run.judged_at) for key, group in groups.items()}


def _known(group: Sequence[Finding], judged_at: datetime) -> _Past:
    """The findings of one fingerprint and status: facts that name a resource twice give two of them."""
    gravest = min(group, key=lambda each: (each.is_accepted, SEVERITIES.index(each.severity)))
    since = min(each.since if isinstance(each.since, datetime) else judged_at for each in group)
    return _Past(facts_of(group), gravest, since, is_open=not gravest.is_accepted)


def _told(
    finding: Finding, past: Mapping[_Key, _Past], then: Sight, same_settings: Callable[[str], bool], at: datetime
) -> _Now:
    """A finding of now: its state, since when it is open, and under what it is counted."""
    failed, undecided = past.get((finding.fingerprint, "fail")), past.get((finding.fingerprint, "unknown"))
    if finding.status == "unknown":
        return _told_unknown(finding, failed, undecided, at)
    before = failed or undecided
    state = compare(finding, before.facts if before else None)
    since = failed.since if failed and failed.is_open else at
    marked = _marked(finding, state, since)
    if finding.is_accepted:
        return _Now(marked, None)
    if before is None:
        why = then.blind_to(finding)
        not_then: WhyNotThen | None = "new_rule" if why == "rule_not_asked" else _then(why)
        if not_then is None and not same_settings(finding.rule_id):
            not_then = "set_otherwise"
        return _Now(marked, "new_rule" if not_then == "new_rule" else "first_look" if not_then else "new", not_then)
    if not before.is_open:
        return _Now(marked, "open_again")
    return _Now(marked, "worse" if state == "worse" else "still_open")


def _told_unknown(finding: Finding, failed: _Past | None, undecided: _Past | None, at: datetime) -> _Now:
    """A verdict that is unknown now.

    Where it failed before it is still open as far as anybody knows: unchanged, neither resolved nor new, and open since
    then. That it may have grown meanwhile is said where it is told that nobody could look.
    """
    before = failed or undecided
    state: State = "unchanged" if failed else compare(finding, undecided.facts if undecided else None)
    marked = _marked(finding, state, before.since if before and before.is_open else at)
    was_open = any(each is not None and each.is_open for each in (failed, undecided))
    is_news = not was_open and undecided is None
    return _Now(marked, "newly_unknown" if is_news and not finding.is_accepted else None)


def _marked(finding: Finding, state: State, since: datetime) -> Finding:
    """What is accepted is not open, so that it has no time since when it is."""
    return msgspec.structs.replace(finding, state=state, since=msgspec.UNSET if finding.is_accepted else since)


def _then(why: WhyNotNow | None) -> WhyNotThen | None:
    return why if why in ("region_not_scanned", "not_read") else None


class _Gone(NamedTuple):
    resolved: list[Finding]
    unseen: list[NotLookedAt]
    decided: int


def _gone(
    past: Mapping[_Key, _Past],
    present: Mapping[str, Sequence[Finding]],
    now: Sight,
    same_settings: Callable[[str], bool],
) -> _Gone:
    """What is not among the findings of now: resolved where it was looked, and how many verdicts were reached."""
    resolved, unseen, decided = [], [], 0
    for (fingerprint, status), before in past.items():
        here = present.get(fingerprint, ())
        if status == "unknown":
            decided += not here and before.is_open and now.blind_to(before.finding) is None
            continue
        if any(each.status == "fail" for each in here):
            continue
        why = _why_not_now(before.finding, here, now, same_settings)
        if why is None:
            resolved.append(_as_seen(before, "resolved"))
        elif before.is_open and not any(each.is_accepted for each in here):
            reason = now.reason(why, before.finding, here)
            unseen.append(NotLookedAt(why=why, reason=reason, finding=_as_seen(before, msgspec.UNSET)))
    return _Gone(resolved, unseen, decided)


def _why_not_now(
    before: Finding, here: Sequence[Finding], now: Sight, same_settings: Callable[[str], bool]
) -> WhyNotNow | None:
    """Why it is not known that a finding is gone; None where it is known."""
    if here:
        return "unknown_now"
    why = now.blind_to(before)
    if why is None and not same_settings(before.rule_id):
        return "set_otherwise"
    return why


def _as_seen(before: _Past, state: State | msgspec.UnsetType) -> Finding:
    since = before.since if before.is_open else msgspec.UNSET
    return msgspec.structs.replace(before.finding, state=state, since=since)


def _settings_agree(report: Report, earlier: Report) -> Callable[[str], bool]:
    """Whether a rule has the same parameters in both; so it is assumed where a report does not tell them."""
    if isinstance(report.run.declared_sha256, str) and isinstance(earlier.run.declared_sha256, str):
        before = {rule.rule_id: rule.parameters for rule in earlier.rules}
        differ = {rule.rule_id for rule in report.rules if before.get(rule.rule_id, rule.parameters) != rule.parameters}
        return lambda rule_id: rule_id not in differ
    return lambda _rule_id: True


def _declared_otherwise(report: Report, earlier: Report) -> bool:
    declared = (report.run.declared_sha256, earlier.run.declared_sha256)
    return all(isinstance(each, str) for each in declared) and declared[0] != declared[1]
