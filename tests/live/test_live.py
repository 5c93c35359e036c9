"""Whole processes against a server: frugal, at most sixteen calls in flight, and true whatever is done to them."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live.stand import ACCOUNT_ID, Stand

pytestmark = pytest.mark.server


def report_of(stand: Stand, folder: Path, *arguments: str) -> dict[str, Any]:
    done = stand.guardrift("scan", "-q", "-o", str(folder / "report.json"), *arguments)
    assert done.returncode in {0, 1, 3}, done.stderr
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {finding["fingerprint"]: finding["status"] for finding in report["findings"]}


def without_times(snapshot: bytes) -> dict[str, Any]:
    """A snapshot without what differs between two scans of an account that nobody touched.

    The report of credentials is made anew by every scan, which takes one more question the first time, and the key that
    the scan uses is used by it.
    """
    found: dict[str, Any] = json.loads(snapshot)
    found["coverage"] = [row for row in found["coverage"] if row["api"] != "iam:GenerateCredentialReport"]
    del found["taken_at"]
    del found["credential_report"]["generated"]
    for holder in found["access_keys"]:
        for key in holder["keys"]:
            key.pop("last_used", None)
    return found


def test_nothing_is_missing_and_every_call_is_counted(stand: Stand, undisturbed: Path, tmp_path: Path) -> None:
    # Without latency the proxy answers from its memory before it takes the next call, and one at a time is in flight.
    stand.configure(latency_ms=20)
    done = stand.guardrift("snapshot", "-o", str(tmp_path / "snapshot.json"), "--stats", "-q")
    counted = stand.reset()

    coverage = json.loads((tmp_path / "snapshot.json").read_text())["coverage"]
    assert {row["status"] for row in coverage} <= {"ok", "elsewhere"}
    assert not counted["not_implemented"]
    assert sum(row["calls"] for row in coverage) == counted["total"]
    assert 1 < counted["max_in_flight"] <= 16
    total, least = map(int, re.findall(r"^total +(\d+) +(\d+)", done.stderr, re.MULTILINE)[0])
    assert total == counted["total"]
    assert total <= 1.1 * least


def test_one_rule_asks_for_its_facts_alone(stand: Stand, tmp_path: Path) -> None:
    report_of(stand, tmp_path, "--rule", "iam-root-access-key")

    assert stand.reset()["calls"] == {"sts:GetCallerIdentity": 1, "iam:GetAccountSummary": 1}


def test_throttling_changes_no_verdict(stand: Stand, undisturbed: Path, tmp_path: Path) -> None:
    before = verdicts(json.loads((undisturbed / "report.json").read_text()))
    stand.configure(throttle_rate=0.2)

    assert verdicts(report_of(stand, tmp_path)) == before


def test_denials_change_verdicts_to_unknown_alone(stand: Stand, undisturbed: Path, tmp_path: Path) -> None:
    report = json.loads((undisturbed / "report.json").read_text())
    before = verdicts(report)
    asked = sorted({row["api"] for row in report["coverage"] if row["calls"]} - {"sts:GetCallerIdentity"})
    denied = random.sample(asked, 3)
    stand.configure(deny=denied)

    after = verdicts(report_of(stand, tmp_path))

    assert {after[key] for key in after if key not in before} <= {"unknown"}, denied
    assert all(after[key] in {before[key], "unknown"} for key in before if key in after), denied
    if any(key not in after for key in before):
        assert "unknown" in after.values(), denied


def test_a_rate_is_kept(stand: Stand, tmp_path: Path) -> None:
    stand.configure(throttle_rate=0.2)
    began = time.monotonic()
    report_of(stand, tmp_path, "--rule", "imds-account-default", "--max-rate", "10")
    seconds = time.monotonic() - began

    assert stand.reset()["total"] - 1 <= 10 * seconds


@pytest.mark.parametrize("number", range(10))
def test_a_scan_that_was_killed_goes_on_where_it_stopped(
    stand: Stand, undisturbed: Path, tmp_path: Path, number: int
) -> None:
    file = tmp_path / "snapshot.json"
    stand.configure(latency_ms=20)
    process = stand.begin("snapshot", "-o", str(file), "-q")
    wanted = random.randint(1, 300)
    until = time.monotonic() + 60
    while process.poll() is None and _total(stand) < wanted and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = stand.reset()["total"]
    stand.configure(latency_ms=0)

    done = stand.guardrift("snapshot", "-o", str(file), "--resume")

    assert done.returncode == 0, done.stderr
    assert without_times(file.read_bytes()) == without_times((undisturbed / "snapshot.json").read_bytes())
    assert list(tmp_path.iterdir()) == [file]
    whole = sum(row["calls"] for row in json.loads(file.read_bytes())["coverage"])
    assert stand.reset()["total"] <= whole + 1
    if before > 100:
        assert "answers of" in done.stderr


def _total(stand: Stand) -> int:
    import urllib.request

    with urllib.request.urlopen(stand.endpoint + "/__count__", timeout=10) as answer:
        return int(json.load(answer)["total"])


def test_what_is_left_of_a_killed_scan_holds_no_secret(stand: Stand, tmp_path: Path) -> None:
    stand.configure(latency_ms=50)
    process = stand.begin("snapshot", "-o", str(tmp_path / "snapshot.json"), "-q")
    while process.poll() is None and _total(stand) < 100:
        time.sleep(0.01)
    process.kill()
    process.wait()

    kept = (tmp_path / "snapshot.json.partial").read_text()
    assert ACCOUNT_ID in kept
    assert "not-a-secret-of-anybody" not in kept
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot.json.partial"]


def test_what_was_denied_is_read_by_resuming_alone(stand: Stand, undisturbed: Path, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    stand.configure(deny=["sns:ListSubscriptions@eu-west-1"])
    denied = stand.guardrift("snapshot", "-o", str(file))
    assert denied.returncode == 3
    assert "--resume" in denied.stderr
    stand.calm()
    stand.reset()

    done = stand.guardrift("snapshot", "-o", str(file), "--resume")

    assert done.returncode == 0, done.stderr
    assert without_times(file.read_bytes()) == without_times((undisturbed / "snapshot.json").read_bytes())
    again = {"sts:GetCallerIdentity": 1, "sns:ListSubscriptions": 1, "iam:GenerateCredentialReport": 1}
    assert stand.reset()["calls"] == again
    assert list(tmp_path.iterdir()) == [file]
