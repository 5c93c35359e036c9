"""guardrift gate: the story of a baseline in Git, every verdict, and every exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from guardrift.documents import schema
from scanner.inventory import Gap
from tests.cli.accounts import CLEAN, HOSTILE, renamed
from tests.cli.conftest import Run
from tests.cli.gating import (
    ATTACH,
    FOLDER,
    MINT,
    accept,
    allowing,
    commit,
    edited,
    gate,
    git,
    init,
    repository,
    save,
    verdict,
    whys,
)
from tests.collect.faulty import ACCOUNT_ID, iam_arn

ESCALATION = "iam-privilege-escalation"
DEPLOY = iam_arn("role/deploy")


@pytest.fixture(autouse=True)
def _in_a_repository(work: Path) -> None:
    (work / ".git").rmdir()
    repository()


def result_of(name: str, rule_id: str) -> dict[str, Any]:
    """The only result of a rule in a SARIF file."""
    (run,) = json.loads(Path(name).read_text())["runs"]
    found: list[dict[str, Any]] = [each for each in run["results"] if each["ruleId"] == rule_id]
    assert len(found) == 1
    return found[0]


def line_of(result: dict[str, Any]) -> tuple[str, str]:
    """The file that a result points to, and the text of its line."""
    where = result["locations"][0]["physicalLocation"]
    path = where["artifactLocation"]["uri"]
    return path, Path(path).read_text().splitlines()[where["region"]["startLine"] - 1].strip()


def test_the_story_of_a_grant(run: Run) -> None:
    """Init, commit, a policy is attached, accepted for a time, it grows, the time is over."""
    init(run, allowing())
    commit("the first baseline")
    assert gate(run, allowing()).code == 0

    attached = allowing(MINT)
    ended = gate(run, attached, "-o", "gate.sarif", "--summary-file", "summary.md")
    assert ended.code == 1
    assert "1 new finding and 1 change that widens" in ended.out
    path, text = line_of(result_of("gate.sarif", ESCALATION))
    assert path == f"{FOLDER.as_posix()}/identity-roles.json"
    assert text == f'"entry": "role {DEPLOY}",'
    fingerprint = result_of("gate.sarif", ESCALATION)["partialFingerprints"]["guardrift/v1"]
    assert f"guardrift baseline accept {fingerprint[:16]}" in Path("summary.md").read_text()

    ended = accept(run, attached, fingerprint, expires="2026-11-25")
    assert f"~ role {DEPLOY}" in ended.out
    commit("accepted for a few days")
    assert gate(run, attached).code == 0

    grown = allowing(MINT, ATTACH)
    found = verdict(run, grown, "-o", "gate.sarif")
    assert found["exit_code"] == 1
    assert (ESCALATION, "worse", True) in whys(found)
    (worse,) = [each for each in found["findings"] if each["rule_id"] == ESCALATION]
    assert worse["grew"]
    path, text = line_of(result_of("gate.sarif", ESCALATION))
    assert (path, text) == (f"{FOLDER.as_posix()}/findings.json", f'"fingerprint": "{fingerprint}",')
    assert worse["place"].startswith(f"{path}:")

    assert gate(run, attached, at="2026-11-25").code == 0
    found = verdict(run, attached, at="2026-11-26")
    assert found["exit_code"] == 1
    assert (ESCALATION, "expired", True) in whys(found)


def test_an_account_that_is_as_it_was_reviewed(run: Run) -> None:
    init(run, CLEAN)

    ended = gate(run, CLEAN)

    assert ended.code == 0
    assert "PASSED: nothing new, worse or expired" in ended.out


@pytest.mark.parametrize(
    ("fail_on", "code"), [("critical", 1), ("high", 1), ("medium", 1), ("none", 0)], ids=lambda each: str(each)
)
def test_the_threshold(run: Run, fail_on: str, code: int) -> None:
    init(run, allowing())

    assert gate(run, allowing(MINT), "--fail-on", fail_on).code == code


def test_the_threshold_of_the_configuration(run: Run) -> None:
    init(run, allowing())
    Path("guardrift.toml").write_text('[scan]\nfail_on = "none"\n')

    ended = gate(run, allowing(MINT))

    assert ended.code == 0
    assert "because --fail-on is none" in ended.out
    assert gate(run, allowing(MINT), "--fail-on", "high").code == 1


def test_drift_alone_fails(run: Run) -> None:
    """What no rule finds is still told, and is in the state that was reviewed."""
    init(run, allowing())
    widened = allowing("sqs:DeleteQueue", "sns:DeleteTopic", "ecr:PutImage")

    found = verdict(run, widened, "--fail-on", "info", "--drift-file", "drift.json")

    assert [each["change"]["resource"]["arn"] for each in found["drift"]] == [DEPLOY]
    assert found["exit_code"] == 1
    assert json.loads(Path("drift.json").read_text())["schema"] == "guardrift/diff/1"
    told = gate(run, widened, "--fail-on", "info", "-o", "r.sarif", "-o", "r.xml", "-o", "r.md", "-o", "-.github")
    path, text = line_of(result_of("r.sarif", "guardrift-drift"))
    assert (path, text) == (f"{FOLDER.as_posix()}/identity-roles.json", f'"entry": "role {DEPLOY}",')
    assert f"::error file={path}," in told.out
    assert '<failure type="' in Path("r.xml").read_text()
    assert "FAILED: " in Path("r.md").read_text()
    run("baseline", "update", "--snapshot", save(widened), "--at", "2026-11-20")
    assert verdict(run, widened, "--fail-on", "info")["drift"] == []


def test_drift_that_narrows_passes_and_what_is_fixed_is_told(run: Run) -> None:
    init(run, allowing(MINT))

    found = verdict(run, allowing())

    assert (found["exit_code"], found["counts"]["narrows"]) == (0, 1)
    assert ESCALATION in {each["rule"] for each in found["fixed"]}
    assert "guardrift baseline update" in gate(run, allowing()).out


def test_an_incomplete_scan_fails_as_incomplete(run: Run) -> None:
    init(run, CLEAN)
    gap = Gap(api="iam:ListAccessKeys", status="denied", region="global")
    denied = msgspec.structs.replace(CLEAN, access_keys=gap)

    found = verdict(run, denied)

    assert (found["exit_code"], found["verdict"]) == (3, "incomplete")
    assert any("verdicts unknown and not accepted" in each for each in found["missing"])
    assert found["not_comparable"]
    assert gate(run, denied, "--fail-on", "none").code == 3
    assert gate(run, msgspec.structs.replace(renamed(denied, "more"))).code == 1


def test_what_the_baseline_did_not_know_either_does_not_block(run: Run) -> None:
    gap = Gap(api="iam:ListAccessKeys", status="denied", region="global")
    denied = msgspec.structs.replace(CLEAN, access_keys=gap)
    init(run, denied)

    found = verdict(run, denied)

    assert (found["exit_code"], found["missing"], found["not_comparable"]) == (0, [], [])
    # What the baseline does not know may have been there or not.
    assert verdict(run, CLEAN)["exit_code"] == 3


def test_rules_that_the_baseline_does_not_know(run: Run) -> None:
    init(run, allowing())
    edited(FOLDER / "account.json", without_rule(ESCALATION))
    found = allowing(MINT)

    loose = [each for each in verdict(run, found)["findings"] if each["rule_id"] == ESCALATION]
    strict = [each for each in verdict(run, found, "--strict")["findings"] if each["rule_id"] == ESCALATION]

    assert [(each["why"], each["blocks"]) for each in loose] == [("new_rule", False)]
    assert [(each["why"], each["blocks"]) for each in strict] == [("new_rule", True)]


def without_rule(rule_id: str) -> Any:
    def change(content: Any) -> Any:
        versions = content["versions"]
        return {**content, "versions": {**versions, "rules": [each for each in versions["rules"] if each != rule_id]}}

    return change


def test_a_finding_that_is_worse_by_its_severity_alone_says_so(run: Run) -> None:
    init(run, allowing(MINT))
    edited(
        FOLDER / "findings.json",
        lambda each: {**each, "findings": [{**found, "severity": "medium"} for found in each["findings"]]},
    )

    found = verdict(run, allowing(MINT), "--summary-file", "summary.md")

    (worse,) = [
        each for each in found["findings"] if each["rule_id"] == ESCALATION and each["resource"]["arn"] == DEPLOY
    ]
    assert (worse["why"], worse["grew"]) == ("worse", ["severity medium -> critical"])
    assert "severity medium -> critical" in gate(run, allowing(MINT)).out
    assert "`severity medium -> critical`" in Path("summary.md").read_text()


def test_a_suppression_that_has_expired_counts_again(run: Run) -> None:
    init(run, allowing())
    Path("guardrift.toml").write_text(
        f'[[suppress]]\nrule = "{ESCALATION}"\nresource = "{DEPLOY}"\naccount = "{ACCOUNT_ID}"\n'
        'reason = "r"\nowner = "o"\nexpires = 2026-12-01\n'
    )
    kept = {each["rule_id"]: each["why"] for each in verdict(run, allowing(MINT), at="2026-12-01")["findings"]}
    over = {each["rule_id"]: each["why"] for each in verdict(run, allowing(MINT), at="2026-12-02")["findings"]}

    assert (kept.get(ESCALATION), over.get(ESCALATION)) == (None, "expired")


def test_all_takes_in_the_state_too(run: Run) -> None:
    init(run, allowing())
    both = allowing(MINT, account=allowing("sqs:*", name="other"))
    assert gate(run, both, "--fail-on", "info").code == 1

    ended = accept(run, both, "--all")
    assert ended.code == 0
    assert "Widens access, or takes away from what protects" in ended.out
    assert iam_arn("role/other") in ended.out

    found = verdict(run, both, "--fail-on", "info")
    assert (found["drift"], [each for each in found["findings"] if each["blocks"]]) == ([], [])


def test_the_document_fits_its_schema(run: Run) -> None:
    init(run, allowing())
    found = verdict(run, allowing(MINT))

    assert Draft202012Validator(schema("gate")).is_valid(found)
    assert not Draft202012Validator(schema("gate")).is_valid({**found, "verdict": "fine"})


def test_every_format_and_what_stdout_holds(run: Run) -> None:
    init(run, allowing())
    names = ["r.json", "r.html", "r.sarif", "r.xml", "r.csv", "r.md"]

    ended = gate(run, allowing(MINT), *(word for name in names for word in ("-o", name)), "-o", "-.github")

    assert ended.code == 1
    assert ended.out.startswith("::error")
    assert f"file={FOLDER.as_posix()}/identity-roles.json" in ended.out
    assert "FAILED: " in ended.err
    assert all(Path(name).stat().st_size for name in names)
    findings = json.loads(Path("r.json").read_text())["findings"]
    assert {each["state"] for each in findings} == {"new", "unchanged"}
    assert {each["state"] for each in findings if each["resource"]["arn"] == DEPLOY} == {"new"}
    assert json.loads(Path("r.sarif").read_text())["runs"][0]["invocations"][0]["exitCode"] == 1
    assert gate(run, CLEAN, "-o", "-", "--format", "json").code == 2


def test_a_hostile_account_in_a_summary(run: Run) -> None:
    init(run, CLEAN)

    ended = gate(run, renamed(CLEAN, HOSTILE), "--summary-file", "summary.md", "--all")

    assert ended.code == 1
    for text in (ended.out, Path("summary.md").read_text()):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not any(row.startswith(("::", "##vso", "##[")) for row in text.splitlines())


def test_a_summary_is_bounded(run: Run) -> None:
    init(run, CLEAN)
    many = CLEAN
    for number in range(400):
        many = renamed(many, f"{number}-{'x' * 40}")

    ended = gate(run, many, "--summary-file", "summary.md", "--no-consequences")

    assert ended.code == 1
    text = Path("summary.md").read_bytes()
    assert len(text) <= 60_000
    assert b"more, which the log and the report list" in text
    assert "more; --all shows them" in ended.out
    assert len(gate(run, many, "--no-consequences", "--all").out) > 2 * len(ended.out)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--baseline", "nowhere"), "holds no baseline"),
        (("-o", "x.doc"), "no report format"),
        (("--summary-file", "."), "cannot be written"),
        (("--trusted-ref", "nowhere"), "no such commit"),
        (("--trusted-ref", "--help"), "no such commit"),
        (("--config", "nowhere.toml"), "cannot be read"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], fault: str) -> None:
    init(run, CLEAN)
    commit("first")

    ended = gate(run, CLEAN, *arguments)

    assert ended.code == 2
    assert fault in ended.err
    assert "help:" in ended.err


def test_the_baseline_of_another_account(run: Run) -> None:
    init(run, CLEAN)
    FOLDER.rename(FOLDER.parent / "999999999999")

    ended = gate(run, CLEAN)

    assert ended.code == 2
    assert f"{FOLDER} holds no baseline" in ended.err


def test_without_a_repository_the_paths_are_those_that_were_named(run: Run, tmp_path: Path) -> None:
    init(run, allowing())
    git("rev-parse", "--git-dir")
    Path(".git").rename(tmp_path / "elsewhere")

    found = verdict(run, allowing(MINT))

    assert found["findings"][0]["place"].startswith(f"{FOLDER.as_posix()}/")
    ended = gate(run, CLEAN, "--trusted-ref", "main")
    assert ended.code == 2
    assert "--trusted-ref reads a Git repository" in ended.err


def test_an_acceptance_that_lasts_too_long_was_written_by_hand(run: Run) -> None:
    init(run, allowing(MINT))
    edited(
        FOLDER / "findings.json",
        lambda each: {**each, "findings": [{**found, "expires": "2036-01-01"} for found in each["findings"]]},
    )

    ended = gate(run, allowing(MINT))

    assert ended.code == 2
    assert "findings.json: " in ended.err
    assert "at most 365 are allowed" in ended.err


def test_an_acceptance_under_another_label(run: Run) -> None:
    """Whoever reviews reads the rule and the resource, and the fingerprint is what counts."""
    init(run, allowing(MINT))

    def relabelled(content: Any) -> Any:
        found = [
            {**each, "rule": "iam-password-length"} if each["rule"] == ESCALATION else each
            for each in content["findings"]
        ]
        return {**content, "findings": sorted(found, key=lambda each: (each["rule"], each["resource"]))}

    edited(FOLDER / "findings.json", relabelled)

    ended = gate(run, allowing(MINT))

    assert ended.code == 2
    assert "says that it is of iam-password-length" in ended.err


def test_the_folder_of_one_account(run: Run) -> None:
    init(run, allowing())

    assert gate(run, allowing(), "--baseline", FOLDER).code == 0
    assert gate(run, allowing(MINT), "--baseline", FOLDER).code == 1
    assert gate(run, allowing(), "--baseline", FOLDER, "--account", "999999999999").code == 2


def test_facts_that_are_too_old_are_incomplete(run: Run) -> None:
    init(run, allowing())

    assert gate(run, allowing(), "--max-age", "24").code == 0
    ended = gate(run, allowing(), "--max-age", "24", at="2026-11-22")
    assert ended.code == 3
    assert "hours old, and at most 24 count" in ended.out
