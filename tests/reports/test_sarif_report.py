"""SARIF: its form, what is a result and what a notice."""

from __future__ import annotations

import re

import msgspec
import pytest

from scanner.findings import Finding, Severity
from scanner.report import Report
from tests.reports import mixed_sample, sample
from tests.reports.sarif_form import check_sarif, log, notices, rule_of

REPORTS = {
    "trouble": sample.report(),
    "clean": sample.clean_report(),
    "empty": sample.empty_report(),
    "mixed": mixed_sample.report(),
}


def severe(finding: Finding, severity: Severity, status: str = "fail") -> Finding:
    return msgspec.structs.replace(finding, severity=severity, status=status)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("include_accepted", [False, True])
def test_the_form(report: Report, include_accepted: bool) -> None:
    log(report, include_accepted=include_accepted)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"version": "2.1.0"}, "'runs' is a required property"),
        ({"version": "2.1.0", "runs": [], "run": 1}, "'run' was unexpected"),
        ({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "title": "x"}}, "results": []}]}, "'title'"),
    ],
)
def test_the_form_is_really_asked_for(document: object, fault: str) -> None:
    with pytest.raises(Exception, match=fault):
        check_sarif(document)


def test_every_rule_that_ran_is_listed() -> None:
    run = log(sample.clean_report())

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        rule.rule_id for rule in sample.clean_report().rules
    ]
    assert run["results"] == []


def test_levels_and_scores_follow_severity() -> None:
    run = log(sample.report())

    levels = {result["ruleId"]: result["level"] for result in run["results"] if result["kind"] == "fail"}
    assert levels == {
        "iam-privilege-escalation": "error",
        "iam-root-access-key": "error",
        "guardduty-not-enabled": "error",
        "imds-v1-allowed": "error",
        "iam-user-key-old": "warning",
        "trail-no-validation": "note",
    }
    scores = {rule["id"]: rule["properties"].get("security-severity") for rule in run["tool"]["driver"]["rules"]}
    assert scores["iam-root-access-key"] == "9.5"
    assert scores["imds-v1-allowed"] == "8.0"
    assert scores["iam-user-key-old"] == "5.5"
    assert scores["trail-no-validation"] == "2.0"
    assert scores["vpc-flow-logs-off"] is None


def test_a_rule_is_as_severe_as_its_worst_finding() -> None:
    first, second = (each for each in sample.report().findings if each.rule_id == "imds-v1-allowed")
    milder = sample.assemble((severe(first, "low"), severe(second, "medium")), ())
    worse = sample.assemble((severe(first, "critical"), second), ())
    unknown = sample.assemble((severe(first, "critical", "unknown"), severe(second, "low")), ())

    scores = [
        rule_of(log(report), "imds-v1-allowed")["properties"]["security-severity"]
        for report in (milder, worse, unknown)
    ]

    assert scores == ["5.5", "9.5", "2.0"]


def test_an_unknown_verdict_is_an_open_result_with_the_fingerprint_of_the_failure() -> None:
    failed = sample.report().findings[4]
    unknown = msgspec.structs.replace(failed, status="unknown", message="Not decided: it was denied")

    before, after = (log(sample.assemble((finding,), ()))["results"][0] for finding in (failed, unknown))

    assert (before["kind"], before["level"]) == ("fail", "error")
    assert (after["kind"], after["level"]) == ("open", "none")
    for same in ("partialFingerprints", "ruleId", "locations"):
        assert before[same] == after[same]


def test_what_is_missing_is_told_once() -> None:
    run = log(sample.report())

    assert notices(run, "verdict-unknown") == [
        "2 verdicts unknown: guardduty:ListDetectors denied in eu-central-1, eu-west-1",
        "1 verdict unknown: ec2:DescribeFlowLogs throttled to the end in eu-west-1",
    ]
    assert notices(run, "answer-missing") == []

    silent = msgspec.structs.replace(sample.report(), findings=())
    assert len(notices(log(silent), "answer-missing")) == 2


@pytest.mark.parametrize(
    ("report", "successful"),
    [
        (sample.report(), True),
        (sample.clean_report(), True),
        (sample.empty_report(), False),
        (sample.assemble(sample.report().findings[-1:], (), passed=0), False),
        (sample.assemble((), (), passed=0), True),
    ],
    ids=["incomplete", "clean", "nothing asked", "nothing known", "nothing there"],
)
def test_a_run_that_could_judge_nothing_is_not_successful(report: Report, successful: bool) -> None:
    """GitHub drops a file that says so, and closes no alert for it."""
    assert log(report)["invocations"][0]["executionSuccessful"] is successful


@pytest.mark.parametrize(("code", "words"), [(0, "^complete"), (1, "^findings"), (3, "^incomplete"), (4, "^failed")])
def test_the_exit_code(code: int, words: str) -> None:
    (invocation,) = log(sample.report(), exit_code=code)["invocations"]

    assert invocation["exitCode"] == code
    assert re.match(words, invocation["exitCodeDescription"])
    assert "exitCode" not in log(sample.report())["invocations"][0]


def test_what_is_accepted_is_told_and_is_no_result() -> None:
    report = mixed_sample.report()
    accepted = {finding.fingerprint for finding in report.findings if finding.is_accepted}
    resolved = {finding.fingerprint for finding in report.findings if finding.state == "resolved"}

    run = log(report)

    told = {result["partialFingerprints"]["guardrift/v1"] for result in run["results"]}
    assert told == {finding.fingerprint for finding in report.findings} - accepted - resolved
    said = notices(run, "accepted")
    assert len(said) == len(accepted) == 2
    assert any("accepted in the baseline until 2027-05-20, by platform: Reviewed in TICKET-9." in text for text in said)


def test_what_is_accepted_can_be_a_suppressed_result() -> None:
    run = log(mixed_sample.report(), include_accepted=True)

    suppressed = [result for result in run["results"] if "suppressions" in result]
    assert len(suppressed) == 2
    assert suppressed[0]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "accepted in the baseline until 2027-05-20, by platform: Reviewed in TICKET-9.",
        }
    ]
    assert notices(run, "accepted") == []


def test_what_was_accepted_for_a_time_is_a_result_that_says_so() -> None:
    (again,) = [each for each in log(mixed_sample.report())["results"] if "which is over" in each["message"]["text"]]

    assert "suppressions" not in again
    assert "until 2026-11-01, which is over, by web: For the migration." in again["message"]["text"]


def test_states() -> None:
    states = {result.get("baselineState") for result in log(mixed_sample.report())["results"]}

    assert states == {"new", "unchanged", "updated", None}
