"""The findings of a run, each with what became of it since the baseline, and with its acceptance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from scanner.baseline.accepted import AcceptedFinding, by_fingerprint, compare
from scanner.findings import Accepted, Finding


def marked(findings: Iterable[Finding], accepted: Iterable[AcceptedFinding], today: date) -> tuple[Finding, ...]:
    """The findings in their order, each with its state; those that are as they were accepted are marked so.

    What got worse counts as if nobody had accepted it. What the configuration lets stand stays accepted by it.
    """
    known = by_fingerprint(accepted)
    return tuple([_marked(finding, known.get(finding.fingerprint), today) for finding in findings])


def _marked(finding: Finding, accepted: AcceptedFinding | None, today: date) -> Finding:
    state = compare(finding, accepted)
    if accepted is None or state != "unchanged" or finding.is_accepted:
        return msgspec.structs.replace(finding, state=state)
    said = Accepted(
        by="baseline",
        reason=accepted.reason,
        owner=accepted.owner,
        expires=accepted.expires,
        expired=accepted.is_expired(today),
    )
    return msgspec.structs.replace(finding, state=state, accepted=said)
