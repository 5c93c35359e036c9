"""The findings as CSV (RFC 4180), one row each, of which no spreadsheet takes a cell for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from reports.compared import comparison_of, day
from reports.drift_findings import not_compared, widening
from reports.lines import line, prose
from scanner.findings import Accepted, Finding, sort_key
from scanner.gate import Gate
from scanner.report import Report

SCHEMA = "guardrift/csv/1"
COLUMNS = (
    "schema", "fingerprint", "status", "severity", "confidence", "rule_id", "title", "message", "account_id", "region",
    "resource_type", "resource_name", "resource_arn", "state", "accepted_by", "accepted_reason", "accepted_owner",
    "accepted_expires", "accepted_expired", "remediation", "breaks", "references", "compliance",
)  # fmt: skip
"""The columns, in an order that stays; new ones come at the end."""

COMPARED = "since"
"""One more, where the report is compared with an earlier run."""

DRIFT = "drift"
"""What stands in the place of a rule where the row is a change, or something that could not be compared."""

_LONGEST = 8_000
"""A cell of a spreadsheet holds 32,767 characters."""

# Also the full-width signs, which some spreadsheets read like the others, and what they trim before they look.
_FORMULA = re.compile(r"""^[\s"']*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]""")

# Where the list separator is a semicolon a new cell begins after it, whatever is quoted.
_NEXT_CELL = re.compile(r""";(?=[\s"']*[=+\-@\uff1d\uff0b\uff0d\uff20])""")


def render(report: Report, gate: Gate | None = None) -> str:
    """All findings, also those that were accepted or are resolved, with a header; of a gate the drift, too.

    Commands are not among the columns: a cell that is safe to open is none to paste from.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    compared = comparison_of(report)
    drift = (*widening(gate, DRIFT), *not_compared(gate, DRIFT)) if gate else ()
    findings = sorted((*report.findings, *(compared.resolved if compared else ()), *drift), key=sort_key)
    writer.writerow((*COLUMNS, COMPARED) if compared else COLUMNS)
    for finding in findings:
        since = (day(finding.since),) if compared else ()
        writer.writerow([_safe(cell) for cell in (*_row(finding), *since)])
    return out.getvalue()


def _row(finding: Finding) -> Iterator[str]:
    resource, accepted, remediation = finding.resource, finding.accepted, finding.remediation
    yield from (SCHEMA, finding.fingerprint, finding.status, finding.severity, finding.confidence)
    yield from (finding.rule_id, finding.title, finding.message, resource.account_id, resource.region or "global")
    yield from (resource.type, resource.name, resource.arn)
    yield finding.state if isinstance(finding.state, str) else ""
    if isinstance(accepted, Accepted):
        yield from (accepted.by, accepted.reason, accepted.owner, accepted.expires.isoformat())
        yield "yes" if accepted.expired else "no"
    else:
        yield from ("", "", "", "", "")
    yield from (prose(remediation.text, _LONGEST), prose(remediation.breaks, _LONGEST), _joined(finding.references))
    yield _joined(f"{each.framework} {each.version} {each.control}" for each in finding.compliance)


def _joined(texts: Iterable[str]) -> str:
    return "|".join(text.replace("|", "\\u007c") for text in texts)


def _safe(cell: str) -> str:
    shown = _NEXT_CELL.sub(";'", line(cell, _LONGEST))
    return f"'{shown}" if _FORMULA.match(shown) else shown
