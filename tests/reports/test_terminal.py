from __future__ import annotations

import re

import msgspec
import pytest

from reports.terminal import render
from scanner.findings import Remediation
from scanner.inventory import CoverageRow, Outcome
from scanner.report import Report
from tests.reports import sample


def lines_of(section: str, text: str) -> list[str]:
    """The lines below a heading, to the next empty line."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(section)) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return lines[start:end]


def row(status: Outcome) -> CoverageRow:
    """A row of the ledger that ended like this."""
    return CoverageRow(account_id=sample.ACCOUNT, region="eu-west-1", api="ec2:DescribeImages", status=status)


def distinct(number: int) -> Report:
    """A report with so many high findings that have nothing in common."""
    findings = sample.large_report(number).findings
    return sample.assemble(
        tuple(
            msgspec.structs.replace(finding, title=f"{finding.title} ({index})")
            for index, finding in enumerate(findings)
        ),
        (),
    )


@pytest.mark.parametrize("report", [sample.report(), distinct(40), sample.large_report(4_000)])
def test_lines_fit_into_a_hundred_columns(report: Report) -> None:
    lines = render(report).splitlines()
    assert max(len(line) for line in lines if not line.startswith("    aws ")) <= 100


def test_only_the_first_fifteen_lines_are_shown() -> None:
    lines = lines_of("High and above", render(distinct(40)))
    assert len(lines) == 16
    assert lines[-1] == "  and 25 more"


def test_the_same_fault_in_many_places_is_one_line() -> None:
    spread = tuple(
        sample.finding("guardduty-not-enabled", sample.region(f"eu-west-{number}"), "") for number in range(1, 6)
    )
    findings = (*spread, *sample.large_report(4).findings, sample.report().findings[1])
    lines = lines_of("High and above", render(sample.assemble(findings, ())))
    assert [re.split(r" {2,}", line.strip())[2:] for line in lines] == [
        ["root", "global"],
        ["eu-west-1 and 4 more", "5 regions"],
        ["i-00000000000000000 and 3 more", "eu-west-1"],
    ]


def test_unknown_verdicts_are_grouped_by_what_was_not_read() -> None:
    assert lines_of("Unknown", render(sample.report())) == [
        "  guardduty:ListDetectors denied in eu-central-1, eu-west-1: 2 verdicts unknown",
        "  ec2:DescribeFlowLogs throttled to the end in eu-west-1: 1 verdict unknown",
    ]


def test_an_unknown_verdict_without_an_api_action_gives_its_reason() -> None:
    broken = sample.finding(
        "imds-v1-allowed",
        sample.instance(1),
        "Not decided: the rule itself failed",
        status="unknown",
        evidence={"reason": "the rule itself failed with KeyError"},
    )
    text = render(sample.assemble((broken,), ()))
    assert lines_of("Unknown", text) == ["  the rule itself failed with KeyError: 1 verdict unknown"]
    assert lines_of("Next:", text) == ["  See above what the unknown verdicts wait for."]


def test_many_regions_are_counted() -> None:
    regions = [f"eu-west-{number}" for number in range(1, 8)]
    findings = tuple(
        sample.unknown("guardduty-not-enabled", sample.region(name), "guardduty:ListDetectors", "denied")
        for name in regions
    )
    assert lines_of("Unknown", render(sample.assemble(findings, ()))) == [
        "  guardduty:ListDetectors denied in eu-west-1, eu-west-2 and 5 more regions: 7 verdicts unknown",
    ]


def test_next_is_the_command_of_the_worst_finding_and_what_to_allow() -> None:
    assert lines_of("Next:", render(sample.report())) == [
        "  Mend the worst finding: A principal can make itself administrator (deployer-of-the-productio…)",
        "    aws iam put-role-policy --role-name deployer-of-the-production-environment \\",
        "        --policy-name pass --policy-document file://pass.json",
        "  Allow the scanning role what was denied, in its policy and in the organization's, and scan again:",
        "    guardduty:ListDetectors",
        "  Scan again: some calls were throttled to the end or failed, which may pass.",
    ]


def test_advice_without_a_command_is_wrapped() -> None:
    advice = Remediation("Sign in as root and delete the key. " * 6 + "\n\nA second paragraph.")
    finding = sample.finding("iam-root-access-key", sample.instance(1), "", remediation=advice)
    lines = lines_of("Next:", render(sample.assemble((finding,), ())))
    assert len(lines) == 4
    assert " ".join(line.strip() for line in lines[1:]) == ("Sign in as root and delete the key. " * 6).strip()


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("denied", "  Allow the scanning role what was denied"),
        ("error", "  Scan again: some calls were throttled to the end or failed"),
        ("skipped", "  Scan all regions and services: some were not asked for."),
        ("elsewhere", "  Nothing to do: every verdict is a pass."),
        ("not_applicable", "  Nothing to do: every verdict is a pass."),
    ],
)
def test_what_to_do_about_what_was_not_read(status: Outcome, step: str) -> None:
    text = render(sample.assemble((), (row(status),)))
    assert lines_of("Next:", text)[0].startswith(step)
    assert "1 of 1 answer missing" in text


@pytest.mark.parametrize("start", ["::error::x", "\u00a0::stop-commands::y", "##[add-mask]*", "##vso[task.complete]"])
def test_no_line_is_a_command_to_a_ci_runner(start: str) -> None:
    finding = msgspec.structs.replace(
        sample.report().findings[0],
        title=start,
        remediation=Remediation("", commands=(f"cat <<END\n{start}\nEND",)),
    )
    text = render(sample.assemble((finding,), ()))
    assert start.strip()[2:] in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in text
    assert "##vso[" not in text
