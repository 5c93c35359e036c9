"""guardrift gate --trusted-ref: a change is weighed by what it changes nothing of, and what it brings is told first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.custom_rules import GOOD, python
from tests.cli.gating import (
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
)
from tests.collect.faulty import ACCOUNT_ID

ESCALATION = "iam-privilege-escalation"
NOW = allowing(MINT)
TRUSTED = ("--trusted-ref", "main")
SUPPRESSED = (
    f'[[suppress]]\nrule = "{ESCALATION}"\nresource = "arn:aws:iam::{ACCOUNT_ID}:*"\naccount = "{ACCOUNT_ID}"\n'
    'reason = "let me in"\nowner = "eve"\nexpires = 2027-01-01\n'
)
RULE = python(GOOD.replace("low", "high").replace("acme-one", "own-always-fails")).replace(
    "return None", "return Hit('it always does', material=('always',))"
)


@pytest.fixture
def change(work: Path, run: Run) -> Path:
    """A repository in which a change is begun on top of ``main``, which has the baseline."""
    (work / ".git").rmdir()
    repository()
    init(run, allowing())
    commit("the first baseline")
    git("checkout", "--quiet", "-b", "change")
    return work


def kinds(found: dict[str, Any]) -> set[str]:
    return {each["kind"] for each in found["proposed"]}


def test_a_change_that_brings_nothing(change: Path, run: Run) -> None:
    found = verdict(run, allowing(), *TRUSTED)

    assert (found["exit_code"], found["proposed"], found["after_change"]) == (0, [], None)
    assert found["baseline"] == f"main:{FOLDER.as_posix()}"
    assert verdict(run, NOW, *TRUSTED)["exit_code"] == 1


def test_an_acceptance_of_the_change_itself_does_not_count(change: Path, run: Run) -> None:
    accept(run, NOW, "--all")
    commit("let me in")
    assert gate(run, NOW).code == 0

    found = verdict(run, NOW, *TRUSTED)
    ended = gate(run, NOW, *TRUSTED, "--summary-file", "summary.md")

    assert (found["exit_code"], found["after_change"]) == (1, 0)
    assert kinds(found) == {"acceptance", "state"}
    (row,) = [each for each in found["findings"] if each["rule_id"] == ESCALATION]
    assert "by platform: TICKET-9" in row["accepted_by_change"]
    for text in (ended.out, Path("summary.md").read_text()):
        assert text.index("change under review brings along") < text.index("Blocking findings")
        assert "With all of it merged, the gate would pass." in text


def suppress(_: Run) -> None:
    Path("guardrift.toml").write_text(SUPPRESSED)


def lower(_: Run) -> None:
    Path("guardrift.toml").write_text('[scan]\nfail_on = "none"\n')


def switch_off(_: Run) -> None:
    Path("guardrift.toml").write_text(f"[rules.{ESCALATION}]\nenabled = false\n")


def hidden(_: Run) -> None:
    Path(".github").mkdir()
    Path(".github/guardrift.toml").write_text(SUPPRESSED)


def in_project(_: Run) -> None:
    Path("pyproject.toml").write_text('[tool.guardrift.scan]\nfail_on = "none"\n')


def move_state(run: Run) -> None:
    run("baseline", "update", "--snapshot", save(NOW), "--at", "2026-11-20")


def forget_rules(_: Run) -> None:
    edited(FOLDER / "account.json", lambda each: {**each, "versions": {**each["versions"], "rules": []}})


@pytest.mark.parametrize(
    ("bring", "kind", "said"),
    [
        (suppress, "suppression", "let me in"),
        (hidden, "suppression", "until 2027-01-01 (eve"),
        (lower, "threshold", "scan.fail_on: high -> none"),
        (in_project, "threshold", "scan.fail_on: high -> none"),
        (switch_off, "threshold", f"rules.{ESCALATION}.enabled: not set -> false"),
        (move_state, "state", "role/deploy: permissions"),
        (forget_rules, "rules", ESCALATION),
    ],
)
@pytest.mark.parametrize("is_committed", [True, False])
def test_what_a_change_brings_is_told_and_does_not_count(
    change: Path, run: Run, bring: Callable[[Run], None], kind: str, said: str, is_committed: bool
) -> None:
    bring(run)
    if is_committed:
        commit("let me in")

    found = verdict(run, NOW, *TRUSTED)

    assert found["exit_code"] == 1
    assert ESCALATION in {each["rule_id"] for each in found["findings"] if each["blocks"]}
    assert any(each["kind"] == kind and said in each["text"] for each in found["proposed"]), found["proposed"]


def test_a_suppression_that_lasts_longer_is_told(change: Path, run: Run) -> None:
    Path("guardrift.toml").write_text(SUPPRESSED)
    trusted = commit("suppressed for a time")
    Path("guardrift.toml").write_text(SUPPRESSED.replace("2027-01-01", "2027-06-01"))

    found = verdict(run, NOW, "--trusted-ref", trusted, at="2027-02-01")

    assert ESCALATION in {each["rule_id"] for each in found["findings"] if each["why"] == "expired"}
    assert [each["kind"] for each in found["proposed"]] == ["suppression"]
    assert "before until 2027-01-01" in found["proposed"][0]["text"]
    assert "in the configuration until 2027-06-01" in next(
        each["accepted_by_change"] for each in found["findings"] if each["rule_id"] == ESCALATION
    )


def test_what_is_taken_away_is_no_proposal(change: Path, run: Run) -> None:
    Path("guardrift.toml").write_text(SUPPRESSED)
    trusted = commit("suppressed")
    Path("guardrift.toml").unlink()

    assert verdict(run, allowing(), "--trusted-ref", trusted)["proposed"] == []


def test_rules_of_ones_own_are_those_of_the_commit(change: Path, run: Run) -> None:
    Path("own").mkdir()
    Path("own/always.py").write_text(RULE)
    trusted = commit("a rule of our own")
    ran = "import pathlib; pathlib.Path('ran').write_text('it ran')\n"
    Path("own/always.py").write_text(ran + RULE.replace("return Hit", "return None and Hit"))
    Path("own/more.py").write_text(ran)

    found = verdict(run, allowing(), "--trusted-ref", trusted, "--rules", "own", "--strict")

    assert "own-always-fails" in {each["rule_id"] for each in found["findings"] if each["blocks"]}
    assert not Path("ran").exists()
    assert sorted(each["text"].split(";")[0] for each in found["proposed"]) == [
        "own/always.py: changed",
        "own/more.py: added",
    ]


def test_settings_of_a_rule_that_only_the_change_has(change: Path, run: Run) -> None:
    Path("guardrift.toml").write_text('[rules.own-always-fails]\nseverity = "low"\n')

    ended = gate(run, NOW, *TRUSTED)

    assert ended.code == 1
    assert "what the change brings cannot be weighed" in ended.err
    assert "rules.own-always-fails.severity" in ended.out


def remove(_: Run) -> None:
    shutil.rmtree("guardrift-baseline")


def break_it(_: Run) -> None:
    (FOLDER / "findings.json").write_text("<<<<<<< HEAD\n")


def break_configuration(_: Run) -> None:
    Path("guardrift.toml").write_text("[[suppress]]\n")


@pytest.mark.parametrize("bring", [remove, break_it, break_configuration])
def test_a_change_that_leaves_something_broken(change: Path, run: Run, bring: Callable[[Run], None]) -> None:
    bring(run)

    assert gate(run, NOW, *TRUSTED).code == 2


def test_a_link_is_not_followed(change: Path, run: Run) -> None:
    """A change could turn a folder into a link to one with another, older baseline or configuration."""
    Path("ci").mkdir()
    Path("ci/guardrift.toml").write_text("version = 1\n")
    shutil.copytree("guardrift-baseline", "lax/guardrift-baseline")
    trusted = commit("two of each")
    shutil.rmtree("guardrift-baseline")
    Path("guardrift-baseline").symlink_to("lax/guardrift-baseline")

    ended = gate(run, NOW, "--trusted-ref", trusted)

    assert ended.code == 2
    assert "is a symbolic link" in ended.err
    git("checkout", "--quiet", "--force", trusted)
    shutil.rmtree("ci")
    Path("ci").symlink_to(".")
    ended = gate(run, NOW, "--trusted-ref", trusted, "--config", "ci/guardrift.toml")
    assert ended.code == 2
    assert "ci is a symbolic link" in ended.err


def test_a_working_directory_that_is_a_link(change: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree("guardrift-baseline", "lax/guardrift-baseline")
    trusted = commit("a lax one")
    snapshot = Path(save(NOW)).resolve()
    Path("prod").symlink_to("lax")
    monkeypatch.chdir(change / "prod")
    monkeypatch.setenv("PWD", str(change / "prod"))

    ended = run("gate", "--snapshot", snapshot, "--at", "2026-11-20", "--trusted-ref", trusted)

    assert ended.code == 2
    assert "prod is a symbolic link" in ended.err


@pytest.mark.parametrize("kind", ["tag", "branch"])
def test_a_ref_that_takes_the_name_of_another(change: Path, run: Run, kind: str) -> None:
    """Whoever can push a tag, or a branch, must not choose what is trusted."""
    git("update-ref", "refs/remotes/origin/main", "main")
    git("remote", "add", "origin", "https://example.com/nowhere")
    accept(run, NOW, "--all")
    evil = commit("let me in")
    git(kind, "origin/main", evil)
    git(kind, "release", evil)
    git("tag" if kind == "branch" else "branch", "release", "main")

    assert verdict(run, NOW, "--trusted-ref", "origin/main")["exit_code"] == 1
    assert verdict(run, NOW, "--trusted-ref", "refs/remotes/origin/main")["exit_code"] == 1
    for name in ("release", "release~0"):
        ended = gate(run, NOW, "--trusted-ref", name)
        assert ended.code == 2
        assert "may mean refs/heads/release or refs/tags/release" in ended.err
    git("update-ref", "-d", "refs/remotes/origin/main")
    assert gate(run, NOW, "--trusted-ref", "origin/main").code == 2


def test_the_whole_commit_is_told(change: Path, run: Run) -> None:
    sha = git("rev-parse", "main").strip()

    assert verdict(run, allowing(), *TRUSTED)["commit"] == sha
    assert f"trusted commit {sha[:12]}" in gate(run, allowing(), *TRUSTED).out
    assert verdict(run, allowing())["commit"] == ""


def test_a_snapshot_that_the_change_brings_is_not_read(change: Path, run: Run) -> None:
    git("checkout", "--quiet", "main")
    Path("facts.json").write_bytes(Path(save(NOW)).read_bytes())
    trusted = commit("the facts of last night")
    Path("facts.json").write_bytes(Path(save(allowing())).read_bytes())
    ended = run("gate", "--snapshot", "facts.json", "--at", "2026-11-20", "--trusted-ref", trusted)

    assert ended.code == 1
    assert "brings another snapshot than" in ended.out
    assert f"from {trusted}:facts.json" in ended.out
    assert run("gate", "--snapshot", "facts.json", "--at", "2026-11-20").code == 0

    Path("mine.json").write_bytes(Path(save(allowing())).read_bytes())
    commit("my own facts")
    ended = run("gate", "--snapshot", "mine.json", "--at", "2026-11-20", "--trusted-ref", trusted)
    assert ended.code == 2
    assert "brought along by the change itself" in ended.err


def test_a_submodule_is_no_repository_of_its_own(
    change: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(change, tmp_path / "other")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "other"), "accounts")
    commit("a submodule")
    monkeypatch.chdir(change / "accounts")

    ended = gate(run, NOW, "--trusted-ref", "HEAD")

    assert ended.code == 2
    assert "is in a submodule" in ended.err


def test_acceptances_of_the_same_text_are_told_each(change: Path, run: Run) -> None:
    accept(run, NOW, "--all")
    own = [each["fingerprint"] for each in json.loads((FOLDER / "findings.json").read_text())["findings"]]
    before = json.loads(git("show", f"main:{FOLDER.as_posix()}/findings.json"))["findings"]
    added = set(own) - {each["fingerprint"] for each in before}

    found = verdict(run, NOW, *TRUSTED)

    assert {each.get("fingerprint") for each in found["proposed"]} - {None} == added
    # What lets something stand that is there comes before everything else.
    first = found["proposed"][: len({each["fingerprint"] for each in found["findings"]} & added)]
    assert all(each.get("fingerprint") for each in first)


def test_from_a_folder_below(change: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (change / "below").mkdir()
    snapshot = Path(save(NOW)).resolve()
    (change / "guardrift.toml").write_text(SUPPRESSED)
    monkeypatch.chdir(change / "below")

    ended = run("gate", "--snapshot", snapshot, "--at", "2026-11-20", "--baseline", "../guardrift-baseline", *TRUSTED)

    assert ended.code == 1
    assert "suppresses iam-privilege-escalation" in ended.out
    assert f"at {FOLDER.as_posix()}/identity-roles.json:" in ended.out
    alone = run("gate", "--snapshot", snapshot, "--at", "2026-11-20", "--baseline", "../guardrift-baseline")
    assert "Blocking findings" in ended.out
    assert "Blocking findings" not in alone.out


def test_a_configuration_outside_of_the_repository_counts(change: Path, run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "central.toml"
    outside.write_text(SUPPRESSED)

    found = verdict(run, NOW, *TRUSTED, "--config", str(outside))

    assert ESCALATION not in {each["rule_id"] for each in found["findings"]}
    assert found["proposed"] == []


def test_a_baseline_outside_of_the_repository_is_refused(change: Path, run: Run, tmp_path: Path) -> None:
    shutil.copytree("guardrift-baseline", tmp_path / "b")

    ended = gate(run, NOW, *TRUSTED, "--baseline", str(tmp_path / "b"))

    assert ended.code == 2
    assert "outside of the repository" in ended.err


def test_a_commit_without_a_baseline(change: Path, run: Run) -> None:
    git("checkout", "--quiet", "--orphan", "empty")
    git("rm", "-r", "--quiet", "--cached", ".")
    Path("README").write_text("x")
    git("add", "README")
    git("commit", "--quiet", "--message", "empty")

    ended = gate(run, NOW, "--trusted-ref", "empty")

    assert ended.code == 2
    assert "empty:guardrift-baseline holds no baseline" in ended.err
    assert "without --trusted-ref" in ended.err
