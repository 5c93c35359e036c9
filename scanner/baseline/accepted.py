"""Findings that were accepted, and what became of a finding since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated

import msgspec

from scanner.errors import UsageError
from scanner.findings import SEVERITIES, Finding, Severity, State, Status
from scanner.report import Report

WARNING_DAYS = 14
"""How many days before its end it is said that an acceptance will expire."""

MOST_DAYS = 365
"""How many days ahead an acceptance may last, unless something else is asked for."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"\S")]


class AcceptedFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A finding that somebody lets stand as it was.

    Attributes:
        title: what the rule says is wrong; for whoever reviews, and compared with nothing.
        resource: the ARN.
        material: the facts that made it bad, in their order; of an ``unknown`` what was not read.
        reason: why it may stand.
        owner: who answers for that.
        accepted: the day on which that was decided.
        expires: the last day, in UTC, on which it counts.
    """

    fingerprint: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
    rule: Annotated[str, msgspec.Meta(min_length=1)]
    title: str
    resource: Annotated[str, msgspec.Meta(min_length=1)]
    region: str | None = None
    severity: Severity
    status: Status
    material: tuple[str, ...]
    reason: Text
    owner: Text
    accepted: date
    expires: date

    def days_left(self, today: date) -> int:
        """How many days it still counts after today: 0 on its last one, less where that is over."""
        return (self.expires - today).days

    def is_expired(self, today: date) -> bool:
        """Whether its last day is over, so that the finding counts as if nobody had accepted it."""
        return self.days_left(today) < 0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms findings are accepted."""

    reason: str
    owner: str
    expires: date
    today: date


def terms(reason: str, owner: str, expires: date, *, today: date, most_days: int = MOST_DAYS) -> Terms:
    """The terms of an acceptance.

    Raises:
        UsageError: they name no reason or owner, or a last day that is over or too far ahead.
    """
    for name, text in (("--reason", reason), ("--owner", owner)):
        if not text.strip() or len(text) > 1000:
            raise UsageError(f"{name} needs a text of up to 1000 characters", "Say it for whoever reviews this.")
    if expires < today:
        raise UsageError(f"--expires {expires} is in the past", f"Give a day from {today} on.")
    last = today + timedelta(days=most_days)
    if expires > last:
        raise UsageError(
            f"--expires {expires} is more than {most_days} days ahead", f"Give a day up to {last}, and review it then."
        )
    return Terms(reason=reason.strip(), owner=owner.strip(), expires=expires, today=today)


def material_of(finding: Finding) -> frozenset[str]:
    """The facts that make a finding bad; of an ``unknown`` the answer that is missing, so that another one is more."""
    said = finding.evidence.get("material")
    found = {str(each) for each in said} if isinstance(said, list | tuple) else set()
    missing = finding.evidence.get("not_collected")
    if finding.status == "unknown" and isinstance(missing, dict):
        found.add(f"not read: {missing.get('api')} in {missing.get('region')}")
    return frozenset(found)


def compare(finding: Finding, accepted: AcceptedFinding | None) -> State:
    """What became of a finding since it was accepted; whether that has expired is another question.

    It is ``worse`` by a fact outside the accepted ones, by a higher severity, or because it fails where it only was
    unknown. Where it failed and is unknown now, nobody has accepted that it is: it is ``new``, for what was accepted
    may have grown unseen.
    """
    if accepted is None or accepted.fingerprint != finding.fingerprint:
        return "new"
    if accepted.status == "fail" and finding.status == "unknown":
        return "new"
    if accepted.status != finding.status or _is_graver(finding.severity, accepted.severity):
        return "worse"
    return "unchanged" if material_of(finding) <= set(accepted.material) else "worse"


def accept(findings: Iterable[Finding], on: Terms) -> tuple[AcceptedFinding, ...]:
    """Findings as accepted ones, in the order of the file.

    Facts that name one resource twice give two findings of one fingerprint, which are accepted together.
    """
    found: dict[str, AcceptedFinding] = {}
    for finding in findings:
        resource, before = finding.resource, found.get(finding.fingerprint)
        entry = AcceptedFinding(
            fingerprint=finding.fingerprint,
            rule=finding.rule_id,
            title=finding.title,
            resource=resource.arn or resource.name or resource.type,
            region=resource.region,
            severity=finding.severity,
            status=finding.status,
            material=tuple(sorted(material_of(finding))),
            reason=on.reason,
            owner=on.owner,
            accepted=on.today,
            expires=on.expires,
        )
        found[finding.fingerprint] = entry if before is None else _together(before, entry)
    return in_order(found.values())


def in_order(accepted: Iterable[AcceptedFinding]) -> tuple[AcceptedFinding, ...]:
    """Accepted findings in the order of the file."""
    return tuple(sorted(accepted, key=lambda each: (each.rule, each.resource, each.region or "", each.fingerprint)))


def added(before: Iterable[AcceptedFinding], more: Iterable[AcceptedFinding]) -> tuple[AcceptedFinding, ...]:
    """Accepted findings with further ones, which take the place of those with the same fingerprint."""
    return in_order({each.fingerprint: each for each in (*before, *more)}.values())


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """Accepted findings without what is fixed.

    Attributes:
        kept: what is still accepted.
        fixed: what was taken away, since nothing of it is left.
        narrowed: those of which a part is fixed, as they were before.
        not_seen: those that were not looked at, and are kept.
    """

    kept: tuple[AcceptedFinding, ...]
    fixed: tuple[AcceptedFinding, ...]
    narrowed: tuple[AcceptedFinding, ...]
    not_seen: tuple[AcceptedFinding, ...]


def prune(accepted: Sequence[AcceptedFinding], report: Report, regions: Iterable[str] = ()) -> Pruned:
    """Take away what is fixed: whole findings, and of others the facts that are gone; nothing is ever added.

    Of a finding that is still there no fact goes where the report did not see everything: the fact may be one that it
    could not see.

    Args:
        accepted: what was accepted.
        report: what is found now.
        regions: those that the baseline knows, which the report has to have seen.
    """
    present: dict[str, list[Finding]] = {}
    for finding in report.findings:
        present.setdefault(finding.fingerprint, []).append(finding)
    seen, saw_all = Seen(report), _saw_all(report, regions)
    kept, fixed, narrowed, not_seen = [], [], [], []
    for each in accepted:
        now = present.get(each.fingerprint)
        if now is None and seen.looked_at(each):
            fixed.append(each)
            continue
        if now is None:
            not_seen.append(each)
            kept.append(each)
            continue
        less = _narrowed(each, now) if saw_all else each
        kept.append(less)
        if less != each:
            narrowed.append(each)
    return Pruned(kept=tuple(kept), fixed=tuple(fixed), narrowed=tuple(narrowed), not_seen=tuple(not_seen))


class Seen:
    """What a report looked at, so that what is not in it is known not to be there."""

    def __init__(self, report: Report) -> None:
        self._regions = set(report.run.regions)
        self._asked = {result.rule_id for result in report.rules}
        # Where a rule could not list what it is asked about: None is everywhere.
        self._blind = {
            (finding.rule_id, finding.resource.region)
            for finding in report.findings
            if finding.evidence.get("uncounted")
        }

    def looked_at(self, accepted: AcceptedFinding) -> bool:
        """Whether the finding would be in the report if it were still there."""
        if accepted.rule not in self._asked or (accepted.rule, None) in self._blind:
            return False
        if accepted.region is None:
            return not any(rule == accepted.rule for rule, _ in self._blind)
        return accepted.region in self._regions and (accepted.rule, accepted.region) not in self._blind


def by_fingerprint(accepted: Iterable[AcceptedFinding]) -> Mapping[str, AcceptedFinding]:
    """Accepted findings by what identifies them."""
    return {each.fingerprint: each for each in accepted}


def _saw_all(report: Report, regions: Iterable[str]) -> bool:
    """Whether no answer was refused and no region left out.

    That others accepted the gap makes the scan complete, and the answer no less missing.
    """
    return (
        report.summary.complete
        and not any(row.is_refused for row in report.coverage)
        and set(regions) <= set(report.run.regions)
    )


def _narrowed(accepted: AcceptedFinding, now: Sequence[Finding]) -> AcceptedFinding:
    """An accepted finding without the facts that are gone, and no graver than it is now.

    What nobody knows does not become less: an ``unknown`` stays as it is, and so does a failure that is unknown now.
    """
    alike = [finding for finding in now if finding.status == "fail"]
    if accepted.status != "fail" or len(alike) != len(now):
        return accepted
    present = frozenset().union(*map(material_of, alike))
    gravest = min((finding.severity for finding in alike), key=SEVERITIES.index)
    return msgspec.structs.replace(
        accepted,
        material=tuple(each for each in accepted.material if each in present),
        severity=accepted.severity if _is_graver(gravest, accepted.severity) else gravest,
    )


def _together(one: AcceptedFinding, other: AcceptedFinding) -> AcceptedFinding:
    if one.status != other.status:
        return one if one.status == "fail" else other
    return msgspec.structs.replace(
        one,
        material=tuple(sorted({*one.material, *other.material})),
        severity=min(one.severity, other.severity, key=SEVERITIES.index),
    )


def _is_graver(severity: Severity, than: Severity) -> bool:
    return SEVERITIES.index(severity) < SEVERITIES.index(than)
