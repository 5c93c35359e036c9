"""Opening and closing the demo account: always the same account, whoever opens it, and nothing left behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.httpsession import URLLib3Session

from guardrift.demo.account import DemoUnavailableError, open_account
from guardrift.demo.setting import ACCOUNT_ID
from tests.demo.reading import AT, read_account

ROOT = Path(__file__).parents[2]

HOSTILE = {
    "AWS_PROFILE": "nope",
    "AWS_DEFAULT_PROFILE": "nope",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "not-a-key",
    "AWS_SESSION_TOKEN": "not-a-token",
    "AWS_REGION": "mars-north-1",
    "AWS_DEFAULT_REGION": "mars-north-1",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_CA_BUNDLE": "/nonexistent",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "MOTO_ACCOUNT_ID": "999999999999",
    "PYTHONHASHSEED": "1",
    "TZ": "Asia/Tokyo",
}


def test_the_environment_changes_nothing(account: dict[str, Any], tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("[this is no configuration")
    environment = {**os.environ, **HOSTILE, "AWS_CONFIG_FILE": str(broken), "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "tests.demo.reading"], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    assert json.loads(run.stdout) == account
    assert run.stderr == b""


def test_two_accounts_of_the_same_time_are_the_same(account: dict[str, Any]) -> None:
    the_same = AT.astimezone(timezone(timedelta(hours=9))).replace(microsecond=7)
    with open_account(the_same) as opened:
        assert read_account(opened) == account


def test_dates_move_with_the_time_and_ids_stay(account: dict[str, Any]) -> None:
    with open_account(AT + timedelta(days=1)) as opened:
        (key,) = opened.client("iam").list_access_keys(UserName="nightly-export")["AccessKeyMetadata"]
    (before,) = account["keys"]["nightly-export"]
    assert key["AccessKeyId"] == before["AccessKeyId"]
    assert key["CreateDate"] - datetime.fromisoformat(before["CreateDate"]) == timedelta(days=1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), open_account(datetime(2026, 11, 2)):  # noqa: DTZ001
        pass


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    environment, default_session = dict(os.environ), boto3.DEFAULT_SESSION
    sends, connects, lookups = URLLib3Session.send, socket.socket.connect, socket.getaddrinfo
    with pytest.raises(KeyError, match="thrown"), open_account(AT) as opened:  # noqa: PT012
        assert opened.client("sts").get_caller_identity()["Account"] == ACCOUNT_ID
        assert "AWS_PROFILE" not in os.environ
        raise KeyError("thrown by whoever uses the account")
    assert dict(os.environ) == environment
    assert boto3.DEFAULT_SESSION is default_session
    assert (URLLib3Session.send, socket.socket.connect, socket.getaddrinfo) == (sends, connects, lookups)
    assert "connect" not in vars(socket.socket)


def test_without_moto_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    with pytest.raises(DemoUnavailableError, match="needs moto") as caught, open_account(datetime.now(UTC)):
        pass
    assert caught.value.hint == "pip install 'guardrift[demo]'"
