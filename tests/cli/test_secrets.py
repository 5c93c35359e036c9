"""Secrets that answers of AWS may hold leave no trace: not in files, not on the screen, not in logs, not in traces."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardrift.cli.run import run as run_command
from tests.cli.conftest import SECRET, Run
from tests.collect.faulty import DETAILS, HOME, MAIN, report_of
from tests.collect.stand_in import Asked, Refusal, StandIn
from tests.collect.whole import ANSWERS

PLANTED = "hunter2-do-not-keep"
ENCODED = base64.b64encode(PLANTED.encode()).decode()
TOKEN = "FwoGZXIvYXdzEXAMPLETOKEN"
MAPS = {"FindingCriteria", "SummaryMap"}
"""Members whose keys are data."""


def planted(value: Any) -> Any:
    """An answer with a field that nobody has heard of in each of its structures."""
    if isinstance(value, dict):
        more = {"Environment": {"DB_PASSWORD": PLANTED}, "UserData": {"Value": ENCODED}, "Description": PLANTED}
        return {**{key: part if key in MAPS else planted(part) for key, part in value.items()}, **more}
    return [planted(part) for part in value] if isinstance(value, list) else value


def always(answer: Any) -> Callable[[Asked], Any]:
    return lambda asked: planted(answer(asked) if callable(answer) else answer)


@pytest.fixture
def leaky(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The faulty account with secrets wherever AWS or its users may put some."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    for api, answer in ANSWERS.items():
        aws.answer(api, always(answer))
    topic = f"arn:aws:sns:{HOME}:111122223333:alarms"
    aws.answer(
        "sns:ListSubscriptions",
        planted({
            "Subscriptions": [
                {"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": f"{topic}:1"}
                for protocol, endpoint in (
                    ("https", f"https://ann:{PLANTED}@hooks.example.com/{PLANTED}?token={PLANTED}#{PLANTED}"),
                    ("https", f"https://ann:{PLANTED}\u2100@hooks.example.com/"),
                    ("http", f"http://[{PLANTED}"),
                    ("https", PLANTED),
                    ("email", f"{PLANTED}@example.com"),
                    ("email-json", PLANTED),
                    ("sms", PLANTED),
                    ("new", PLANTED),
                    ("", PLANTED),
                )
            ]
        }),
    )  # fmt: skip
    aws.answer(
        "events:ListTargetsByRule",
        planted({
            "Targets": [
                {
                    "Id": "hook",
                    "Arn": f"arn:aws:events:{HOME}:111122223333:api-destination/hook/0a",
                    "Input": f'{{"token": "{PLANTED}"}}',
                    "InputTransformer": {"InputTemplate": PLANTED, "InputPathsMap": {"a": PLANTED}},
                    "HttpParameters": {"HeaderParameters": {"X": PLANTED}, "QueryStringParameters": {"t": PLANTED}},
                }
            ]
        }),
    )  # fmt: skip
    aws.answer("cloudtrail:DescribeTrails", planted({"trailList": [{**MAIN, "SnsTopicName": PLANTED}]}))
    aws.answer("iam:GetAccountAuthorizationDetails", planted(DETAILS))
    return aws


def everything_written(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def assert_no_trace(*texts: str | bytes) -> None:
    for text in texts:
        found = text.encode() if isinstance(text, str) else text
        for secret in (PLANTED, ENCODED, SECRET, TOKEN, "AKIAIOSFODNN7EXAMPLE"):
            assert secret.encode() not in found


def test_a_scan_leaves_no_trace(
    run: Run, leaky: StandIn, work: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUARDRIFT_DEBUG", "1")
    with caplog.at_level(logging.INFO):
        ended = run(
            "scan",
            "-vv",
            "-o",
            "report.json",
            "-o",
            "report.html",
            "--save-snapshot",
            "snapshot.json",
            "--plans",
            "plans",
        )

    assert ended.code == 1
    written = everything_written(work)
    assert b"hooks.example.com" in written
    assert b"api-destination/hook" in written
    assert_no_trace(written, ended.out, ended.err, caplog.text)


def test_a_scan_on_stdout_leaves_no_trace(run: Run, leaky: StandIn) -> None:
    ended = run("scan", "-vv", "-o", "-")

    assert_no_trace(ended.out, ended.err)


def test_an_endpoint_that_cannot_be_parsed_costs_nobody_else(run: Run, leaky: StandIn, work: Path) -> None:
    ended = run("snapshot", "-o", "snapshot.json")

    assert ended.code == 0, ended.err
    assert (work / "snapshot.json").read_text().count('"endpoint_sha256"') == 18


# What answers may look like when something is wrong with them, with a secret at the place of the fault.
@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("iam:GetCredentialReport", {"Content": report_of(f"ann,arn:aws:iam::1:user/ann,{PLANTED}")}),
        ("iam:GetCredentialReport", {"Content": PLANTED.encode()}),
        ("iam:GetAccountSummary", {"SummaryMap": {"Users": PLANTED}}),
        ("iam:GetAccountAuthorizationDetails", {"UserDetailList": [{"UserName": PLANTED, "Arn": 5}]}),
        ("iam:GetAccountAuthorizationDetails", {"UserDetailList": [PLANTED], "RoleDetailList": PLANTED}),
        ("ec2:DescribeInstances", {"Reservations": [PLANTED]}),
        ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": {PLANTED: PLANTED}}]}]}),
        ("guardduty:GetDetector", {"Status": {PLANTED: PLANTED}}),
        ("cloudtrail:DescribeTrails", {"trailList": [{"TrailARN": PLANTED}]}),
        ("events:ListRules", {"Rules": PLANTED}),
        ("sns:ListSubscriptions", {"Subscriptions": [{PLANTED: PLANTED}]}),
        ("ec2:DescribeImages", ValueError(PLANTED)),
        ("iam:ListInstanceProfiles", Refusal("SignatureDoesNotMatch", 403, f"x-amz-security-token:{PLANTED}")),
        ("iam:ListInstanceProfiles", Refusal("ExpiredToken", 403, f"token {PLANTED}")),
        (
            "ec2:DescribeInstances",
            Refusal("UnauthorizedOperation", 403, f"No. Encoded authorization failure message: {PLANTED}"),
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_strange_answer_leaves_no_trace(
    run: Run, leaky: StandIn, work: Path, caplog: pytest.LogCaptureFixture, api: str, answer: Any
) -> None:
    leaky.answer(api, answer)
    with caplog.at_level(logging.INFO):
        ended = run("scan", "-vv", "-o", "report.json", "-o", "report.html", "--save-snapshot", "snapshot.json")

    assert ended.code == 1
    assert_no_trace(everything_written(work), ended.out, ended.err, caplog.text)


def test_the_trace_of_a_failure_holds_no_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://ann:{PLANTED}@127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "GUARDRIFT_DEBUG": "1",
    }.items():
        monkeypatch.setenv(name, value)

    with caplog.at_level(logging.INFO):
        assert run_command(["scan", "-vv"]) == 4

    out, err = capsys.readouterr()
    assert "Traceback" in err
    assert "127.0.0.1:1" in err
    assert_no_trace(out, err, caplog.text)


def test_the_trace_of_a_refusal_holds_no_token(
    aws: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUARDRIFT_DEBUG", "1")
    aws.answer("sts:GetCallerIdentity", Refusal("SignatureDoesNotMatch", 403, f"x-amz-security-token:{PLANTED}"))

    assert run_command(["scan", "-vv"]) == 4

    out, err = capsys.readouterr()
    assert "Traceback" in err
    assert_no_trace(out, err)


def test_a_defect_shows_its_place_only_when_asked(
    run: Run, aws: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.answer("sts:GetCallerIdentity", ZeroDivisionError())
    assert "Traceback" not in run("scan").err

    monkeypatch.setenv("GUARDRIFT_DEBUG", "1")
    assert run_command(["scan"]) == 4
    assert "Traceback" in capsys.readouterr().err
