"""What became of findings since an earlier run, as every format tells it."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from reports import WRITERS, compared, csv_report, html_report, markdown_report, terminal
from reports.json_report import parse, render
from reports.visible import HIDDEN
from scanner.comparison import Comparison
from scanner.report import Report
from scanner.runs_compared import compared as compare
from tests.reports import compared_sample, sample
from tests.reports.markup import Page
from tests.reports.sarif_form import log
from tests.reports.test_ci_formats import check_annotations, check_markdown, check_sarif_of, check_xml
from tests.reports.test_injection import EVERYTHING, PAYLOADS, Path, check_json, check_terminal, replaced, walk
from tests.reports.test_snapshots import whole_file

REPORT = compared_sample.report()


def told(report: Report) -> Comparison:
    assert isinstance(report.comparison, Comparison)
    return report.comparison


def page_of(report: Report) -> str:
    return html_report.render(report, "0" * 64)


def test_the_summary(snapshot: SnapshotAssertion) -> None:
    assert terminal.render(REPORT) == snapshot(extension_class=whole_file("txt"))


def test_the_markdown(snapshot: SnapshotAssertion) -> None:
    assert markdown_report.render(REPORT) == snapshot(extension_class=whole_file("md"))


def test_the_section_of_the_page(snapshot: SnapshotAssertion) -> None:
    found = re.search(r'<section id="changes".*?\n</section>', page_of(REPORT), re.DOTALL)
    assert found is not None
    assert found.group() == snapshot(extension_class=whole_file("html"))


def test_the_first_lines() -> None:
    assert compared.since_line(REPORT) == (
        "Since 2026-11-19 06:00 UTC: 2 new (2 high), 1 worse (1 critical), 1 open again (1 high), 1 of rules that were "
        "not asked then, 1 resolved, 2 still open (the oldest since 2026-08-02), 3 not looked at, "
        "1 verdict newly unknown. Not every change need be one of the account: guardrift 0.9.0 judged then."
    )
    assert terminal.render(REPORT).splitlines()[2].startswith("Since 2026-11-19 06:00 UTC: 2 new (2 high), 1 worse")


def test_nothing_new_is_said_of_a_report_compared_with_itself() -> None:
    found = compare(sample.report(), sample.report())

    assert compared.since_line(found) == (
        "Since 2026-11-20 09:00 UTC: nothing new or worse found, 7 still open (the oldest since 2026-11-20)."
    )
    assert "Changed since then" not in terminal.render(found)
    assert "Nothing is new or worse among what was looked at." in page_of(found)


def test_nothing_is_said_where_nothing_is_compared() -> None:
    report = sample.report()

    assert compared.since_line(report) == ""
    assert "Since" not in terminal.render(report)
    assert 'id="changes"' not in page_of(report)
    assert csv_report.render(report).splitlines()[0] == ",".join(csv_report.COLUMNS)


def test_a_later_run_is_called_so() -> None:
    later = msgspec.structs.replace(sample.RUN, judged_at=sample.RUN.judged_at + timedelta(days=1))

    found = compare(sample.report(), msgspec.structs.replace(sample.report(), run=later))

    assert compared.since_line(found).startswith("Compared with the later run of 2026-11-21 09:00 UTC: ")


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_same_is_written_again_from_json(suffix: str) -> None:
    assert WRITERS[suffix](parse(render(REPORT).encode())) == WRITERS[suffix](REPORT)


def test_the_page_links_to_what_changed() -> None:
    page = page_of(REPORT)
    table = page.partition('<section id="changes"')[2].partition("</table>")[0]
    links = re.findall(r'href="#(f-[0-9a-f]+)"', table)

    assert len(links) == sum(len(each.findings) for each in compared.changed(REPORT)) == 5
    assert all(page.count(f'id="{link}"') == 1 for link in links)
    assert "<b>Worse</b>, open since 2026-08-02 06:00:00 UTC" in page
    assert "<b>Open again</b>, open since 2026-11-20 09:00:00 UTC" in page


def test_what_changed_stands_first_in_markdown() -> None:
    rows = [
        line.split(" | ")
        for line in markdown_report.render(REPORT).partition("## Findings")[2].partition("##")[0].splitlines()[4:]
        if line
    ]
    states = [row[1] for row in rows]

    assert states[:5] == ["worse, open since 2026-08-02", "open again", "new", "new", "new rule"]
    assert states[5:] == ["unchanged, open since 2026-08-02", "unchanged, open since 2026-11-19"]


def test_csv_tells_what_is_resolved_and_since_when() -> None:
    rows = list(csv.DictReader(csv_report.render(REPORT).splitlines()))

    assert list(rows[0]) == [*csv_report.COLUMNS, "since"]
    assert len(rows) == len(REPORT.findings) + len(told(REPORT).resolved)
    (resolved,) = [row for row in rows if row["state"] == "resolved"]
    assert (resolved["resource_name"], resolved["since"]) == (sample.instance(77).name, "2026-08-02")


def results(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log(report)["results"]
    return found


def test_sarif_has_a_state_on_every_result_and_no_resolved_ones() -> None:
    found = results(REPORT)
    by_fingerprint = {each["partialFingerprints"]["guardrift/v1"]: each for each in found}

    assert {each["baselineState"] for each in found} == {"new", "unchanged", "updated"}
    assert told(REPORT).resolved[0].fingerprint not in by_fingerprint
    worse = next(each for each in REPORT.findings if each.state == "worse")
    assert by_fingerprint[worse.fingerprint]["baselineState"] == "updated"
    assert by_fingerprint[worse.fingerprint]["properties"]["openSince"] == "2026-08-02T06:00:00Z"


def test_an_alert_stays_open_where_nobody_looked() -> None:
    """Code scanning takes whatever is not among the results for mended."""
    found = results(REPORT)
    fingerprints = [each["partialFingerprints"]["guardrift/v1"] for each in found]

    for each in told(REPORT).not_looked_at:
        assert fingerprints.count(each.finding.fingerprint) == 1
        (kept,) = [one for one in found if one["partialFingerprints"]["guardrift/v1"] == each.finding.fingerprint]
        assert (kept["kind"], kept["level"]) == ("open", "none")
    assert sum("Not looked at: sa-east-1 was not scanned." in each["message"]["text"] for each in found) == 2


def test_junit_says_since_when() -> None:
    root = ElementTree.fromstring(WRITERS[".xml"](REPORT))

    assert "state worse, open since 2026-08-02" in {
        line for case in root.iter("failure") for line in (case.text or "").splitlines()
    }


def test_much_is_bounded() -> None:
    found = compared_sample.many(700)

    text, page, markdown = terminal.render(found), page_of(found), markdown_report.render(found)

    assert len(text.splitlines()) < 80
    assert "  and 685 more\n" in text
    assert "  and 692 more\n" in text
    assert "  and 694 more reasons\n" in text
    assert page.count("200 more are in the JSON report.") == 2
    assert len(markdown.encode()) < markdown_report.LARGEST
    assert re.search(r"^And 6[0-9]{2} more\.$", markdown, re.MULTILINE)
    assert json.loads(render(found))["comparison"]["counts"]["resolved"] == 700


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_of_then_and_now_are_text(payload: str) -> None:
    report = compared_sample.report(payload)

    check_terminal(report)
    assert len(told(report).resolved) == 2
    markdown, table = markdown_report.render(report), csv_report.render(report)
    for text in (markdown, table, page_of(report)):
        assert not HIDDEN.search(re.sub("\r?\n", "", text))
    assert not re.search(r"^\s*::|##\[|##vso\[", f"{markdown}{table}", re.MULTILINE)
    results(report)


def hostile(text: str) -> Report:
    """The report with a text in every string of the comparison, and of what is told of findings beside it."""
    document = msgspec.to_builtins(REPORT)
    places = frozenset(path for path in walk(document["comparison"], ("comparison",)) if takes(document, path))
    assert len(places) > 40
    return msgspec.convert(replaced(document, places, text), Report)


def takes(document: object, path: Path) -> bool:
    """Whether a string is free text, not a date or one of a few words."""
    try:
        msgspec.convert(replaced(document, frozenset({path}), "benign"), Report)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("payload", [*PAYLOADS.values(), EVERYTHING], ids=[*PAYLOADS, "everything"])
def test_hostile_text_in_every_string_of_the_comparison(payload: str) -> None:
    report, harmless = hostile(payload), Page(page_of(hostile("benign")))

    check_terminal(report)
    check_json(report)
    check_markdown(report)
    check_sarif_of(report)
    check_xml(report)
    check_annotations(report)
    page = Page(page_of(report))
    assert (page.shape, page.code) == (harmless.shape, harmless.code)
    assert not HIDDEN.search(page_of(report).replace("\n", ""))
    cells = [cell for row in csv.reader(csv_report.render(report).splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_days_are_in_utc() -> None:
    east = datetime.fromisoformat("2026-11-20T01:00:00+03:00")

    assert compared.day(east) == "2026-11-19"
    assert compared.day(msgspec.UNSET) == ""
    assert compared.minute(datetime(2026, 11, 20, 6, 0, 59, tzinfo=UTC)) == "2026-11-20 06:00 UTC"
