"""Markdown: what it tells, that it is bounded, and that text of the account is nothing but text."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.markdown_report import LARGEST, render
from reports.markdown_text import code, plain
from scanner.findings import Finding, Resource, fingerprint
from scanner.report import Report, SuppressionNotice
from tests.reports import mixed_sample, sample
from tests.reports.markdown_page import MarkdownPage

HOSTILE = [
    "| a | b |", "`x` ``y``", "<img src=x onerror=alert(1)>", "<!-- x", "![x](https://evil.example/?q)", "[x](y)",
    "https://evil.example", "www.evil.example", "@octocat and @org/team", "#1 and org/repo#2 and GH-3", "a@b.example",
    "**x** __y__ ~~z~~ *a*", "$\\sqrt{x}$", "\\| \\` \\\\", "&lt;b&gt; &#64;octocat", "<https://evil.example>",
    "[^1] [x]: y", "\n# x\n- [ ] y\n", "```\nx\n```", "<details><summary>", "\u202e\u200b", "",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_nothing_but_text(text: str) -> None:
    for written in (plain(text, 500), code(text, 500)):
        page = MarkdownPage(f"| h | i |\n|---|---|\n| {written} | end |\n\nSay {written} here.\n")
        assert page.shape == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "p"]
        assert page.references == []
        assert "end" in page.texts


@given(st.text(st.sampled_from("`|\\*_[]()<>!@#:/&~$ \nawG.H-1"), max_size=12))
def test_any_mixture_of_marks_is_nothing_but_text(text: str) -> None:
    test_text_is_nothing_but_text(text)


def test_code_shows_what_was_said() -> None:
    assert MarkdownPage(f"{code('a <b> [c](d) *e* @f', 50)}\n").codes == ["a <b> [c](d) *e* @f"]
    assert "".join(MarkdownPage(f"{plain('a <b> [c] *e* _g_ ~h~', 50)}\n").texts).strip() == "a <b> [c] *e* _g_ ~h~"


def test_what_is_told_of_an_account_in_trouble() -> None:
    text = render(sample.report())

    assert "**2 critical and 3 high findings; 3 verdicts unknown: the scan is incomplete.**" in text
    assert "| 2 | 3 | 1 | 1 | 0 | 3 | 0 |" in text
    assert "| `guardduty:ListDetectors denied in eu-central-1, eu-west-1` | 2 |" in text
    for finding in sample.report().findings:
        assert (f"`{finding.fingerprint}`" in text) == (finding.status == "fail")


def test_what_is_accepted_has_its_reason_and_is_not_among_the_findings() -> None:
    text = render(mixed_sample.report())
    findings, rest = text.split("## Unknown")

    assert "`accepted in the baseline until 2027-05-20, by platform: Reviewed in TICKET-9.`" in rest
    assert "TICKET-9" not in findings
    assert "(was accepted in the configuration until 2026-11-01, which is over, by web: For the migration.)" in findings
    assert "| worse |" in findings
    assert "resolved" not in text


def test_what_is_to_be_said_of_suppressions() -> None:
    report = mixed_sample.report()
    notice = SuppressionNotice(
        kind="unused", number=3, rule_id="iam-x", resource="arn:*", account_id=sample.ACCOUNT, owner="@ops",
        expires=report.run.finished_at.date(),
    )  # fmt: skip
    summary = msgspec.structs.replace(report.summary, suppression_notices=(notice,))

    page = MarkdownPage(render(msgspec.structs.replace(report, summary=summary)))

    assert "li" in page.shape
    assert page.references == []


def test_the_same_fault_everywhere_has_one_row() -> None:
    text = render(sample.large_report(700))

    assert text.count("`imds-v1-allowed`") == 1
    assert "and 699 more" in text
    assert "more, which the report in another format lists" not in text


def findings_apart(number: int, text: str = "") -> tuple[Finding, ...]:
    """Findings that share nothing."""
    pattern = sample.report().findings[0]
    resources = [
        Resource(f"arn:{index}{text}", "AWS::IAM::Role", f"r{index}{text}", sample.ACCOUNT) for index in range(number)
    ]
    return tuple(
        msgspec.structs.replace(
            pattern,
            title=f"t{index}{text}",
            message=f"m{index}{text}",
            resource=resource,
            fingerprint=fingerprint("r", "aws", resource),
        )
        for index, resource in enumerate(resources)
    )


def test_what_is_left_out_is_counted() -> None:
    text = render(sample.assemble(findings_apart(250), ()))

    shown = text.count("| critical | t")
    assert 0 < shown < 250
    assert f"And {250 - shown:,} more, which the report in another format lists: {250 - shown:,} critical." in text


@pytest.mark.parametrize("text", ["", "x" * 5_000, "`|" * 2_000, "\u202e" * 3_000, "ü€😀" * 2_000, "@" * 3_000])
def test_it_fits_a_comment(text: str) -> None:
    report = mixed_sample.report()
    accepted = report.findings[0].accepted
    many = findings_apart(400, text)
    findings = (
        *many,
        *(msgspec.structs.replace(finding, accepted=accepted) for finding in many),
        *(msgspec.structs.replace(finding, status="unknown", evidence={"reason": finding.message}) for finding in many),
    )
    large = sample.assemble(findings, report.coverage)
    run = msgspec.structs.replace(large.run, accounts=(text,), expiries_at=report.run.expiries_at)

    written = render(msgspec.structs.replace(large, run=run))

    assert len(written.encode()) <= LARGEST
    assert len(written) < 65_536


@pytest.mark.parametrize("report", [sample.clean_report(), sample.empty_report()])
def test_nothing_to_tell(report: Report) -> None:
    text = render(report)

    assert "## Findings" not in text
    assert "## Unknown" not in text
    assert "\n\n\n" not in text
