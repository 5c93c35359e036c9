from __future__ import annotations

import msgspec
import pytest

from reports.verdict import counted, nothing_failed, sentence
from scanner.findings import Finding, Severity
from scanner.report import Report
from tests.reports import sample

DENIED = sample.unknown("guardduty-not-enabled", sample.region("eu-west-1"), "guardduty:ListDetectors", "denied")


def fails(*severities: Severity) -> tuple[Finding, ...]:
    """Failed findings of these severities."""
    return tuple(
        sample.finding("imds-v1-allowed", sample.instance(number), "", severity=severity)
        for number, severity in enumerate(severities)
    )


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (
            sample.assemble((*fails("critical", "critical", "high"), DENIED), ()),
            "2 critical and 1 high finding; 1 verdict unknown: the scan is incomplete.",
        ),
        (sample.assemble(fails("critical", "high", "high"), ()), "1 critical and 2 high findings."),
        (sample.assemble(fails("critical"), ()), "1 critical finding."),
        (sample.assemble(fails("low", "medium"), ()), "No critical or high findings, 2 of lower severity."),
        (sample.clean_report(), "No findings: all 14 subjects passed."),
        (sample.assemble((DENIED,), ()), "No findings; 1 verdict unknown: the scan is incomplete."),
        (
            sample.assemble((DENIED,), (), passed=0),
            "Nothing could be judged; 1 verdict unknown: the scan is incomplete.",
        ),
        (sample.empty_report(), "Nothing was judged."),
    ],
)
def test_the_verdict_in_a_sentence(report: Report, expected: str) -> None:
    assert sentence(report) == expected


def test_an_incomplete_scan_says_so_even_if_no_verdict_suffers() -> None:
    clean = sample.clean_report()
    incomplete = msgspec.structs.replace(clean, summary=msgspec.structs.replace(clean.summary, complete=False))
    assert sentence(incomplete) == "No findings: all 14 subjects passed; the scan is incomplete."


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (sample.clean_report(), "No findings. All 14 subjects passed."),
        (sample.assemble((DENIED,), ()), "No findings among the 14 subjects that could be judged; 1 could not be."),
        (sample.empty_report(), "No findings, because nothing was judged."),
    ],
)
def test_an_empty_list_says_why_it_is_empty(report: Report, expected: str) -> None:
    assert nothing_failed(report) == expected


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(number, "finding") for number in (0, 1, 1200)] == ["0 findings", "1 finding", "1,200 findings"]
