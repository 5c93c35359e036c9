"""The scorecard: what it says, and that nothing unread makes it better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from guardrift.documents import schema
from tests.cli.conftest import Run
from tests.collect.stand_in import DENIED, StandIn


def card(run: Run, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("readiness", "--format", "json", *arguments).out)
    Draft202012Validator(schema("readiness")).validate(found)
    return found


def test_the_scorecard_of_a_snapshot(run: Run, faulty: Path) -> None:
    found = card(run, "--snapshot", faulty)

    assert [phase["phase"] for phase in found["phases"]] == ["detect", "contain", "investigate", "eradicate"]
    assert all(phase["score"] <= phase["at_best"] for phase in found["phases"])
    gains = [step["gain"] for step in found["next_steps"]]
    assert len(gains) == 3
    assert gains == sorted(gains, reverse=True)
    assert all(step["fix"] and step["places"] for step in found["next_steps"])


def test_the_same_as_a_text(run: Run, faulty: Path) -> None:
    ended = run("readiness", "--snapshot", faulty)

    assert ended.code == 1
    for words in ("detect", "Would you notice a leaked credential?", "What would help most", "1. ", "2. ", "3. "):
        assert words in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100


def test_a_clean_account_is_ready(run: Run, clean: Path) -> None:
    ended = run("readiness", "--snapshot", clean)

    assert ended.code == 0, ended.out
    assert "Nothing is unknown." in ended.out
    assert "Nothing that was read would raise a score." in ended.out


def test_what_could_not_be_read_raises_no_score_and_is_told(run: Run, aws: StandIn) -> None:
    before = {phase["phase"]: phase["score"] or 0 for phase in card(run)["phases"]}
    aws.answer("guardduty:ListDetectors", DENIED)

    denied = card(run)

    assert all((phase["score"] or 0) <= before[phase["phase"]] for phase in denied["phases"])
    assert any(part["reason"] == "guardduty:ListDetectors denied" for part in denied["unknown"])
    assert not denied["complete"]


def test_the_exit_code_is_that_of_a_scan(run: Run, faulty: Path, clean: Path, work: Path) -> None:
    assert run("readiness", "--snapshot", faulty, "--fail-on", "none").code in {0, 3}
    assert run("readiness", "--snapshot", work / "gone.json").code == 2
    assert run("readiness", "--snapshot", clean, "--rules", work / "gone").code == 2


def test_the_snapshot_is_kept(run: Run, aws: StandIn, work: Path) -> None:
    run("readiness", "--save-snapshot", "kept.json")

    assert json.loads((work / "kept.json").read_bytes())["schema"] == "guardrift/snapshot/1"
    assert [path.name for path in work.iterdir() if path.suffix == ".partial"] == []
