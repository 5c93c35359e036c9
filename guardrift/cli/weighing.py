"""Weigh an account by a configuration, rules and a baseline, wherever these come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from guardrift.cli.scanning import Given, Request, judged_by
from reports.places import PlaceOf
from scanner.baseline import Baseline, marked, mislabelled
from scanner.drift.comparing import compare
from scanner.drift.sides import sides
from scanner.drift.told import Diff
from scanner.engine.assemble import with_accepted
from scanner.errors import UsageError
from scanner.findings import Finding
from scanner.gate import Gate, gate
from scanner.inventory import Account
from scanner.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """The arguments of the gate.

    Attributes:
        scan: how the account is read and judged, and where reports go.
        folder: where the baselines of all accounts are.
        trusted_ref: the commit from which baseline and configuration are read; None for the working tree.
        strict: whether findings of rules that the baseline does not know block.
        summary_file: where the verdict is written as Markdown.
        drift_file: where the drift is written as JSON.
        consequences: whether it is asked what follows from changed permissions.
        as_json: whether the verdict is printed as JSON.
        every: whether the text leaves nothing out.
        facts_from: what the account is read from, for people; None where the request tells.
        max_age: how old the facts may be; None where that does not matter.
    """

    scan: Request
    folder: Path
    trusted_ref: str | None = None
    strict: bool = False
    summary_file: Path | None = None
    drift_file: Path | None = None
    consequences: bool = True
    as_json: bool = False
    every: bool = False
    facts_from: str | None = None
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What came of weighing an account: its findings, its drift, and the verdict."""

    report: Report
    diff: Diff
    verdict: Gate


@dataclass(frozen=True, slots=True)
class Weigher:
    """What stays the same, by whatever the account is weighed.

    Attributes:
        place_of: finds the line of a finding in the committed files.
    """

    request: GateRequest
    account: Account
    now: datetime
    place_of: PlaceOf

    def weigh(self, given: Given, baseline: Baseline, place: str, *, quiet: bool = False) -> Weighed:
        """Weigh the account.

        Args:
            given: the configuration and the rules.
            baseline: what was reviewed.
            place: where that is, for people.
            quiet: say nothing of the configuration.
        """
        scan = self.request.scan
        at = scan.at or self.now
        judged = judged_by(self.account, scan, given, self.now, quiet=quiet)
        wrong = mislabelled(judged.report.findings, baseline.accepted)
        if wrong is not None:
            raise UsageError(
                f"{place}/findings.json: {wrong.fingerprint} says that it is of {wrong.rule} on {wrong.resource}, and "
                "the finding of that fingerprint is another one",
                "Take the file from Git again, and accept the finding anew.",
            )
        findings = marked(judged.report.findings, baseline.accepted, at.date())
        report = with_accepted(judged.report, findings, at, judged.report.summary.suppression_notices)
        source = self.request.facts_from or str(scan.source.snapshot or "live")
        both = sides((place, baseline), (source, self.account), at)
        diff = compare(*both, consequences=self.request.consequences)
        verdict = gate(
            report,
            diff,
            baseline,
            place=place,
            fail_on=judged.threshold.severity,
            strict=self.request.strict,
            today=at.date(),
            where=self._where,
            doubts=tuple(self._doubts(at)),
        )
        return Weighed(report, diff, verdict)

    def _doubts(self, at: datetime) -> Iterator[str]:
        age, most = at - self.account.taken_at, self.request.max_age
        if most is not None and age > most:
            hours = timedelta(hours=1)
            yield f"the facts are {age // hours:,} hours old, and at most {most // hours:,} count"

    def _where(self, finding: Finding) -> str:
        place = self.place_of(finding)
        return "" if place is None else f"{place.file}:{place.line}"
