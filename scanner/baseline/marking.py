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


def mislabelled(findings: Iterable[Finding], accepted: Iterable[AcceptedFinding]) -> AcceptedFinding | None:
    """An acceptance that names another rule or resource than the finding of its fingerprint; None where there is none.

    Whoever reviews reads the names, and the fingerprint is what counts.
    """
    known = by_fingerprint(accepted)
    for finding in findings:
        found = known.get(finding.fingerprint)
        resource = finding.resource
        said = (finding.rule_id, resource.arn or resource.name or resource.type, resource.region)
        if found is not None and (found.rule, found.resource, found.region) != said:
            return found
    return None


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
