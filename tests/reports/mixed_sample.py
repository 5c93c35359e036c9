"""A report in which findings are accepted, no longer accepted, compared with an earlier run, and resolved."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from scanner.findings import Accepted, Finding, State
from scanner.report import Report
from tests.reports import sample

_BY_BASELINE = Accepted(by="baseline", reason="Reviewed in TICKET-9.", owner="platform", expires=date(2027, 5, 20))
_BY_CONFIG = Accepted(by="config", reason="Sealed key | see @ops", owner="security", expires=date(2027, 2, 28))
_EXPIRED = Accepted(by="config", reason="For the migration.", owner="web", expires=date(2026, 11, 1), expired=True)


def report() -> Report:
    """Of the sample's findings some are accepted, one no longer is, all are compared, and one is resolved."""
    findings = list(sample.report().findings)
    changed: dict[int, tuple[Accepted | None, State]] = {
        0: (_BY_BASELINE, "unchanged"),
        1: (None, "new"),
        2: (_BY_CONFIG, "unchanged"),
        5: (_EXPIRED, "unchanged"),
        6: (None, "worse"),
        7: (None, "resolved"),
    }
    for index, (accepted, state) in changed.items():
        findings[index] = _changed(findings[index], accepted, state)
    whole = sample.assemble(tuple(findings), sample.report().coverage)
    run = msgspec.structs.replace(whole.run, expiries_at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    return msgspec.structs.replace(whole, run=run)


def _changed(finding: Finding, accepted: Accepted | None, state: State) -> Finding:
    changed = msgspec.structs.replace(finding, state=state)
    return msgspec.structs.replace(changed, accepted=accepted) if accepted else changed
