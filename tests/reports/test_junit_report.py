"""JUnit XML: what is a failure, an error, skipped or passed, and that the counts agree with the report."""

from __future__ import annotations

from xml.etree import ElementTree

import msgspec
import pytest

from reports.junit_report import render
from scanner.findings import Resource
from scanner.report import Report
from tests.reports import mixed_sample, sample

COUNTS = ("tests", "failures", "errors", "skipped")


def read(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(render(report).encode())


def suite(report: Report, name: str) -> ElementTree.Element:
    (found,) = [each for each in read(report) if each.attrib["name"] == name]
    return found


def counts(element: ElementTree.Element) -> tuple[int, ...]:
    return tuple(int(element.attrib[name]) for name in COUNTS)


@pytest.mark.parametrize("report", [sample.report(), mixed_sample.report(), sample.clean_report()])
def test_the_counts_are_those_of_the_report_and_add_up(report: Report) -> None:
    root = read(report)

    assert counts(root) == tuple(map(sum, zip(*map(counts, root), strict=True)))
    for rule in report.rules:
        found = suite(report, rule.rule_id)
        resolved = sum(each.state == "resolved" for each in report.findings if each.rule_id == rule.rule_id)
        tests, failures, errors, skipped = counts(found)
        assert tests == rule.evaluated - resolved
        assert tests - failures - errors - skipped == rule.passed
        for kind, number in (("failure", failures), ("error", errors), ("skipped", skipped)):
            assert len(found.findall(f"testcase/{kind}")) == number


def test_what_becomes_of_each_status() -> None:
    found = suite(sample.report(), "guardduty-not-enabled")

    assert counts(found) == (5, 1, 2, 0)
    passed, failed, *unknown = found.findall("testcase")
    assert passed.attrib == {"classname": "guardduty-not-enabled", "name": "2 subjects passed", "time": "0"}
    assert len(passed) == 0
    assert failed.attrib["name"] == f"arn:aws:guardduty:us-east-1:{sample.ACCOUNT}:region (us-east-1)"
    assert failed[0].attrib == {"type": "high", "message": "There is no detector in us-east-1."}
    assert [case[0].tag for case in unknown] == ["error", "error"]


def test_what_is_accepted_is_skipped_with_its_reason() -> None:
    report = mixed_sample.report()
    skipped = [case for case in read(report).iter("testcase") if case.find("skipped") is not None]

    assert len(skipped) == 2
    assert skipped[0].find("skipped").attrib["message"].endswith("by security: Sealed key | see @ops")  # type: ignore[union-attr]
    assert all(case.find("failure") is None for case in skipped)


def test_what_was_accepted_for_a_time_fails_again() -> None:
    texts = [failure.text or "" for failure in read(mixed_sample.report()).iter("failure")]

    assert sum("was accepted in the configuration until 2026-11-01, which is over" in text for text in texts) == 1


def test_an_incomplete_scan_is_an_error_also_where_no_verdict_is_unknown() -> None:
    silent = msgspec.structs.replace(
        sample.clean_report(), summary=msgspec.structs.replace(sample.clean_report().summary, complete=False)
    )

    assert counts(read(sample.clean_report()))[2] == 0
    assert counts(read(silent))[2] == 1
    assert counts(read(sample.empty_report()))[2] == 1


def test_the_account_is_named_and_every_rule_has_a_suite() -> None:
    root = read(sample.clean_report())

    assert root.attrib["name"] == f"guardrift: AWS account {sample.ACCOUNT}"
    names = [each.attrib["name"] for each in root]
    assert names == ["guardrift", *(rule.rule_id for rule in sample.clean_report().rules)]


def test_commands_keep_their_indentation() -> None:
    (failure,) = suite(sample.report(), "iam-privilege-escalation").iter("failure")

    assert "production-environment \\\n        --policy-name pass" in (failure.text or "")


def test_a_resource_without_an_arn_has_a_name() -> None:
    finding = msgspec.structs.replace(sample.report().findings[0], resource=Resource("", "", "", ""))

    names = [case.attrib["name"] for case in read(sample.assemble((finding,), ())).iter("testcase")]
    assert "unnamed" in names
