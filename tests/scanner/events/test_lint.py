"""The linter of event patterns, beyond what the rule that uses it shows."""

from __future__ import annotations

import json

import pytest

from scanner.events.lint import excludes_archived, is_about_findings, lint
from scanner.events.pattern import read_pattern
from scanner.events.samples import PERSISTENCE, api_call, as_event, credential_findings

FINDINGS: dict[str, object] = {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}
CALLS: dict[str, object] = {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"]}


def tokens(pattern: object, region: str = "", partition: str = "aws") -> list[str]:
    return [fault.token for fault in lint(json.dumps(pattern), partition, region)]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', "3", "{" * 100_000, '{"a":' * 5_000])
def test_what_is_no_pattern_has_no_faults(text: str) -> None:
    assert lint(text) == ()
    assert not excludes_archived(text)
    assert not is_about_findings(text)


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": "aws.guardduty"},
        {"detail": []},
        {"detail": {"type": "x", "severity": 7, "service": []}},
        {"detail": {"type": [["x"], None, 3], "severity": [True, None, {}]}, "source": [None]},
        {"$or": [{"source": ["aws.guardduty"]}]},
    ],
)
def test_strange_patterns_are_endured(pattern: object) -> None:
    lint(json.dumps(pattern))


@pytest.mark.parametrize(
    ("partition", "region", "expected"),
    [
        ("aws", "us-east-1", []),
        ("aws", "eu-west-1", ["place:global"]),
        ("aws", "", []),
        ("aws-cn", "cn-north-1", []),
        ("aws-us-gov", "us-gov-east-1", ["place:global"]),
        ("aws-iso", "us-iso-east-1", []),
    ],
)
def test_global_calls_have_one_region(partition: str, region: str, expected: list[str]) -> None:
    assert tokens(CALLS, region, partition) == expected


def test_calls_on_a_regional_service_too_may_be_anywhere() -> None:
    assert tokens({**CALLS, "source": ["aws.iam", "aws.cloudtrail"]}, "eu-west-1") == []


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"accountID": ["1"]}, ["key:detail.accountID"]),
        ({"schema-version": ["2.0"]}, ["key:detail.schema-version"]),
        ({"Type": ["x"]}, ["key:detail.Type"]),
        ({"type": [{"anything-but": "x"}]}, []),
        ({"resource": {"accessKeyDetails": {"userName": ["x"]}}}, []),
    ],
)
def test_keys_of_findings(detail: object, expected: list[str]) -> None:
    assert tokens({**FINDINGS, "detail": detail}) == expected


def test_calls_write_small_letters() -> None:
    assert tokens({**CALLS, "detail": {"EventName": ["CreateUser"]}}) == ["key:detail.EventName"]


@pytest.mark.parametrize(
    ("archived", "expected"),
    [([False], True), (["false"], True), ([True], False), ([True, False], False), (None, False)],
)
def test_archived_findings(archived: object, expected: bool) -> None:
    detail = {"service": {"archived": archived}} if archived is not None else {}

    assert excludes_archived(json.dumps({**FINDINGS, "detail": detail})) is expected


def test_calls_on_guardduty_are_no_findings() -> None:
    assert is_about_findings(json.dumps(FINDINGS))
    assert not is_about_findings(json.dumps({**CALLS, "source": ["aws.guardduty"]}))
    assert tokens({**CALLS, "source": ["aws.guardduty"]}) == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"Source": ["GuardDuty"]}, True),
        ({"detailType": ["GuardDuty Finding"]}, True),
        ({"source": [{"prefix": "aws.guardduty"}]}, True),
        ({"$or": [{"source": ["aws.macie"]}, {"source": ["aws.guardduty"]}]}, True),
        ({**FINDINGS, "detail": {"title": [{"anything-but": "cloudtrail"}]}}, True),
        ({"source": ["aws.securityhub"], "detail": {"findings": {"ProductName": ["GuardDuty"]}}}, False),
        ({"source": ["aws.iam"], "detail": {"requestParameters": {"roleName": ["guardduty"]}}}, False),
        (["aws.guardduty"], False),
    ],
)
def test_findings_are_told_by_source_and_type_alone(pattern: object, expected: bool) -> None:
    assert is_about_findings(json.dumps(pattern)) is expected


def test_what_the_linter_lets_pass_matches() -> None:
    samples = credential_findings("aws", "111122223333", "eu-west-1")
    for sample in samples:
        pattern = {**FINDINGS, "detail": {"type": [sample.name]}}
        assert tokens(pattern) == []
        assert [each.name for each in samples if read_pattern(json.dumps(pattern)).matches(each.event)] == [sample.name]


def test_what_the_linter_finds_in_calls_does_not_match() -> None:
    for source, name in PERSISTENCE:
        event = as_event(api_call("aws", "111122223333", "us-east-1", source, name))
        for text in (name.lower(), f"{name}*"):
            pattern = {**CALLS, "detail": {"eventName": [text]}}
            assert len(tokens(pattern)) == 1
            assert not read_pattern(json.dumps(pattern)).matches(event)


@pytest.mark.parametrize("severity", [[7], [8, 9], [4.5], [7, 7.5, 8]])
def test_single_severities_leave_something_out(severity: list[float]) -> None:
    assert tokens({**FINDINGS, "detail": {"severity": severity}}) == ["severity:exact"]
