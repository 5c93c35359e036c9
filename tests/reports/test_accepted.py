"""Accepted findings in the summary and on the page: shown with their reason, apart from what counts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from reports import html_report, json_report, suppressed, terminal, verdict
from scanner.engine.assemble import suppressed as with_suppressions
from scanner.engine.assemble import with_accepted
from scanner.findings import Accepted
from scanner.report import Report
from scanner.suppression import Suppression
from tests.reports import sample
from tests.reports.markup import Page
from tests.reports.test_injection import PAYLOADS, check_terminal
from tests.reports.test_snapshots import whole_file

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SOON, LATER, OVER = date(2026, 11, 29), date(2027, 6, 30), date(2026, 11, 18)


def entry(rule: str, resource: str = "*", **changes: object) -> Suppression:
    found = Suppression(
        rule=rule, resource=resource, account=sample.ACCOUNT, reason="SEC-12", owner="platform", expires=LATER
    )
    return msgspec.structs.replace(found, **changes)


def of(*entries: Suppression) -> Report:
    return with_suppressions(sample.report(), entries, NOW)


ROOT, IMDS, GUARDDUTY = (
    next(found.rule_id for found in sample.report().findings if re.search(pattern, found.rule_id))
    for pattern in ("root", "imds", "guardduty")
)
MIXED = of(
    entry(ROOT, expires=SOON, reason="The vendor's; SEC-12"),
    entry(IMDS, expires=OVER, owner="web"),
    entry(GUARDDUTY, f"arn:aws:iam::{sample.ACCOUNT}:root"),
    entry(IMDS, "arn:aws:ec2:eu-west-1:*:instance/i-gone"),
)
ALL = of(*[entry(rule.rule_id) for rule in sample.report().rules])


def page_of(report: Report) -> str:
    return html_report.render(report, "0" * 64)


def test_the_summary_in_a_terminal(snapshot: SnapshotAssertion) -> None:
    assert terminal.render(MIXED) == snapshot(extension_class=whole_file("txt"))


def test_the_summary_where_all_is_accepted(snapshot: SnapshotAssertion) -> None:
    assert terminal.render(ALL) == snapshot(extension_class=whole_file("txt"))


def test_the_section_of_the_page(snapshot: SnapshotAssertion) -> None:
    found = re.search(r'<section id="accepted".*?\n</section>\n</div>', page_of(MIXED), re.DOTALL)
    assert found is not None
    assert found.group() == snapshot(extension_class=whole_file("html"))


def test_what_is_accepted_stands_apart_on_the_page() -> None:
    page = page_of(MIXED)
    counting, _, accepted = page.partition('<section id="accepted"')
    for finding in MIXED.findings:
        anchor = f'id="f-{finding.fingerprint}"'
        assert page.count(anchor) == 1
        assert anchor in (accepted if finding.is_accepted else counting)
    assert page.count('data-status="accepted"') == len(verdict.accepted(MIXED.findings))
    assert "No longer accepted" in counting
    assert "(expired 2 days ago), by <b>web</b>" in counting
    assert "The vendor&#39;s; SEC-12" in accepted
    assert "until 2026-11-29 (9 days left), by <b>platform</b>" in accepted


def test_nothing_is_said_where_nothing_is_accepted() -> None:
    report = of()

    assert "Accepted" not in terminal.render(report)
    assert 'id="accepted"' not in page_of(report)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (sample.report(), ""),
        (of(entry(ROOT)), "1 suppressed"),
        (of(entry(IMDS)), "2 suppressed"),
        (of(entry(ROOT, expires=SOON)), "1 suppressed, 1 expires in 9 days"),
        (of(entry(ROOT, expires=NOW.date())), "1 suppressed, 1 expires today"),
        (of(entry(ROOT, expires=date(2026, 12, 4))), "1 suppressed, 1 expires in 14 days"),
        (of(entry(ROOT, expires=date(2026, 12, 5))), "1 suppressed"),
        (of(entry(IMDS, expires=date(2026, 11, 21))), "2 suppressed, 2 expire in 1 day"),
        (
            of(entry(IMDS, expires=SOON), entry(ROOT, expires=date(2026, 11, 23))),
            "3 suppressed, 3 expire soon, the first in 3 days",
        ),
        (of(entry(ROOT, expires=OVER)), "1 expired, and counts again"),
        (of(entry(IMDS, expires=OVER)), "2 expired, and count again"),
        (of(entry(ROOT, "arn:aws:iam::1:role/x")), "1 suppression unused"),
    ],
)
def test_one_line_for_all(report: Report, said: str) -> None:
    assert suppressed.in_short(report) == said


def test_the_baseline_is_told_apart() -> None:
    by_baseline = Accepted(by="baseline", reason="r", owner="o", expires=SOON)
    first, *others = of(entry(IMDS)).findings
    report = with_accepted(sample.report(), [msgspec.structs.replace(first, accepted=by_baseline), *others], NOW)

    assert suppressed.in_short(report) == "2 suppressed; 1 in the baseline, 1 expires in 9 days"
    assert "<b>Accepted</b> in the baseline, until 2026-11-29" in page_of(report)


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (ALL, "No findings; 10 accepted."),
        (of(entry(ROOT)), None),
    ],
)
def test_the_verdict_never_says_that_all_passed(report: Report, sentence: str | None) -> None:
    assert "passed" not in verdict.sentence(report)
    assert verdict.sentence(report) == sentence or "; 1 accepted; 3 verdicts unknown" in verdict.sentence(report)


def test_a_page_without_a_finding_that_counts() -> None:
    text = " ".join(Page(page_of(ALL)).text.split())

    assert f"No findings but {len(ALL.findings)} that are accepted, and shown below." in text
    assert "and so does what is accepted" in text


def test_the_page_shows_what_counts_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "reports.html_report.MOST_FINDINGS", len(MIXED.findings) - len(verdict.accepted(MIXED.findings))
    )
    page = page_of(MIXED)

    assert 'data-status="accepted"' not in page
    assert page.count("data-status=") == len(verdict.counting(MIXED.findings))
    assert "None on this page; the JSON report has them." in page


def test_a_report_without_the_new_keys_is_read() -> None:
    content = msgspec.to_builtins(sample.report())
    for key in ("accepted", "suppression_notices"):
        del content["summary"][key]
    del content["run"]["expiries_at"]

    assert json_report.parse(msgspec.json.encode(content)) == sample.report()
    assert json_report.parse(json_report.render(MIXED).encode()) == MIXED


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_reasons_and_owners(payload: str) -> None:
    def report(text: str) -> Report:
        found = of(entry(ROOT, reason=text, owner=text), entry(IMDS, reason=text, owner=text, expires=OVER))
        notices = [
            msgspec.structs.replace(notice, resource=text, owner=text, rule_id=text, region=text)
            for notice in found.summary.suppression_notices
        ]
        summary = msgspec.structs.replace(found.summary, suppression_notices=tuple(notices))
        return msgspec.structs.replace(found, summary=summary)

    hostile = report(payload)
    page, benign = Page(page_of(hostile)), Page(page_of(report("benign")))
    assert (page.shape, page.code) == (benign.shape, benign.code)
    check_terminal(hostile)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\u2066\u200b]", page_of(hostile))
