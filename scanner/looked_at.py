"""What a run looked at, so that it is known whether a finding is gone or was only not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from scanner.baseline.accepted import AcceptedFinding, Seen, Terms, accept
from scanner.comparison import WhyNotNow
from scanner.findings import Finding
from scanner.report import Report

Watched = Callable[[str, str], bool]
"""Whether a rule is asked in a region, as the owner declares it."""

_NO_TERMS = Terms(reason="", owner="", expires=date.max, today=date.min)


def facts_of(findings: Sequence[Finding]) -> AcceptedFinding:
    """The facts of findings that share their fingerprint, in the form in which a baseline compares them.

    So a run and a baseline never mean something different by "worse"; on what terms they stand is not compared.
    """
    (facts,) = accept(findings, _NO_TERMS)
    return facts


def everywhere(_rule_id: str, _region: str) -> bool:
    """No region is left out."""
    return True


class Sight:
    """What a run looked at, by its report."""

    def __init__(self, report: Report, is_watched: Watched = everywhere) -> None:
        self._seen = Seen(report)
        self._is_watched = is_watched
        self._asked = {rule.rule_id for rule in report.rules}
        self._regions = set(report.run.regions)
        self._uncounted = [finding for finding in report.findings if finding.evidence.get("uncounted")]

    def blind_to(self, finding: Finding) -> WhyNotNow | None:
        """Why the finding would not be in the report although it is there; None where it would be."""
        region = finding.resource.region
        if finding.rule_id not in self._asked:
            return "rule_not_asked"
        if region is not None and not self._is_watched(finding.rule_id, region):
            return "region_not_watched"
        if region is not None and region not in self._regions:
            return "region_not_scanned"
        return None if self._seen.looked_at(facts_of((finding,))) else "not_read"

    def reason(self, why: WhyNotNow, finding: Finding, here: Sequence[Finding] = ()) -> str:
        """The same in words; what stands in the finding's place now says what is missing."""
        region = finding.resource.region or "global"
        if why == "not_read":
            here = [
                each
                for each in self._uncounted
                if each.rule_id == finding.rule_id and (each.resource.region in (None, region) or region == "global")
            ]
        said = sorted({str(each.evidence.get("reason") or each.message) for each in here if each.status == "unknown"})
        return {
            "rule_not_asked": f"{finding.rule_id} was not asked",
            "region_not_scanned": f"{region} was not scanned",
            "region_not_watched": f"{region} is not among the regions that the configuration declares",
            "set_otherwise": f"{finding.rule_id} has other parameters than then",
        }.get(why) or (said[0] if said else "it could not be read")
