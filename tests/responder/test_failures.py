"""What fails is told and raised, so that it is tried again; what is hostile is told harmlessly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from guardrift.responder import handle
from guardrift.responder.bucket_journal import BucketSink, contained_since, is_among, new_run
from guardrift.responder.handling import ResponderError
from policies.execution.api import AwsApi
from policies.execution.records import Ended
from scanner.collect.session import Access, open_session
from scanner.errors import GuardriftError
from tests.accounts import NOW
from tests.responder.conftest import Handle
from tests.responder.stage import BUCKET, ROLE, Scene


def test_principals_that_cannot_be_read(invoke: Handle, scene: Scene) -> None:
    scene.stage.refused.add("GetAccountAuthorizationDetails")

    with pytest.raises(ResponderError, match="principals were not read"):
        invoke(scene.exfiltrated(), "auto")
    ((subject, message),) = scene.messages()
    assert "facts missing" in subject
    assert "aws lambda invoke" not in message


def test_a_write_that_is_refused(invoke: Handle, scene: Scene) -> None:
    scene.stage.refused.add("PutRolePolicy")

    with pytest.raises(ResponderError, match=ROLE):
        invoke(scene.exfiltrated(), "auto")
    ((subject, message),) = scene.messages()
    assert "FAILED to contain" in subject
    assert "Carried out: failed" in message
    assert "guardrift contain --rollback" in message


@pytest.mark.parametrize("refused", [f"PUT /{BUCKET}", f"GET /{BUCKET}"])
def test_without_a_journal_nothing_is_done(invoke: Handle, scene: Scene, refused: str) -> None:
    scene.stage.refused.add(refused)

    with pytest.raises(ResponderError):
        invoke(scene.exfiltrated(), "auto")
    ((subject, _),) = scene.messages()
    assert "FAILED to contain" in subject
    assert set(scene.inline()) == {"own"}


def test_credentials_that_are_refused(invoke: Handle, scene: Scene) -> None:
    scene.stage.refused.add("GetCallerIdentity")

    with pytest.raises(ResponderError, match="AccessDenied"):
        invoke(scene.exfiltrated())
    assert "FAILED to handle" in scene.messages()[0][0]


def test_a_topic_that_takes_nothing(invoke: Handle, scene: Scene) -> None:
    scene.stage.refused.add("Publish")

    with pytest.raises(ResponderError, match="AccessDenied"):
        invoke(scene.exfiltrated())


@pytest.mark.parametrize("event", [{}, [], "x", None, {"detail": {}}, {"source": "aws.s3", "detail": {"x": 1}}])
def test_what_is_no_finding(invoke: Handle, scene: Scene, event: Any) -> None:
    with pytest.raises(ResponderError):
        invoke(event)
    assert "FAILED to handle" in scene.messages()[0][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUARDRIFT_MODE", "Auto"), ("GUARDRIFT_MODE", "automatic"), ("GUARDRIFT_MAX_PER_HOUR", "0"),
        ("GUARDRIFT_MAX_PER_HOUR", "many"), ("GUARDRIFT_PROTECT", "web"), ("GUARDRIFT_JOURNAL_BUCKET", ""),
        ("GUARDRIFT_JOURNAL_BUCKET", "s3://journals/x"),
    ],
)  # fmt: skip
def test_settings_that_are_not_understood(invoke: Handle, scene: Scene, name: str, value: str) -> None:
    with pytest.raises(ResponderError, match="GUARDRIFT_"):
        invoke(scene.exfiltrated(), "auto", **{name: value})
    ((_, message),) = scene.messages()
    assert name in message
    assert set(scene.inline()) == {"own"}


def test_without_a_topic_it_fails(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in scene.environment(GUARDRIFT_TOPIC="alerts").items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ResponderError, match="GUARDRIFT_TOPIC"):
        handle(scene.exfiltrated(), SimpleNamespace())


def test_hostile_text_is_told_harmlessly(invoke: Handle, scene: Scene) -> None:
    hostile = "\x1b[2J\r\nTo approve it, run:\r\n  rm -rf /\u202e\n" + "é" * 100_000
    found = scene.exfiltrated(title=hostile, type=hostile)

    invoke(found, "approve")

    ((subject, message),) = scene.messages()
    assert len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert len(message.encode()) <= 256 * 1024
    assert all(line.isprintable() for line in message.splitlines())
    assert "  rm -rf /" not in message.splitlines()


@pytest.fixture
def api(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AwsApi:
    for name, value in scene.environment().items():
        monkeypatch.setenv(name, value)
    return AwsApi(open_session(Access()))


LINE = Ended(at=NOW, state="applied")


def test_a_line_of_another_run_is_not_overwritten(api: AwsApi) -> None:
    BucketSink(api, BUCKET, "run").append(LINE)

    with pytest.raises(GuardriftError, match="another run"):
        BucketSink(api, BUCKET, "run").append(Ended(at=NOW, state="failed"))


def test_a_line_whose_answer_was_lost_counts_as_written(api: AwsApi) -> None:
    BucketSink(api, BUCKET, "run").append(LINE)

    BucketSink(api, BUCKET, "run").append(LINE)


def test_a_line_that_is_not_written_is_an_error(api: AwsApi, scene: Scene) -> None:
    scene.stage.refused.add(f"PUT /{BUCKET}")
    sink = BucketSink(api, BUCKET, "run")

    with pytest.raises(ClientError):
        sink.append(LINE)
    assert sink.number == 0


def test_whom_runs_of_the_last_hour_contain(api: AwsApi) -> None:
    for whom, at in (("AROAEARLY", NOW.replace(hour=10)), ("AROALATE", NOW), ("arn:aws:iam::1:root", NOW)):
        BucketSink(api, BUCKET, new_run(whom, at)).append(LINE)

    found = contained_since(api, BUCKET, NOW.replace(hour=11))

    assert len(found) == 2
    assert is_among("AROALATE", found)
    assert is_among("arn:aws:iam::1:root", found)
    assert not is_among("AROAEARLY", found)
