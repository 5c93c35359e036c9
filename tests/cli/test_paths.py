"""Paths from the command line: every question, format and exit code, and text that nobody obeys."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from guardrift.cli.run import run as run_command
from scanner.iam.escalation.told import Survey
from scanner.inventory import Gap, User
from scanner.snapshot import encode
from tests.accounts import OWN
from tests.cli.accounts import CLEAN, HOSTILE, renamed
from tests.cli.conftest import Ended, Run
from tests.cli.test_hostile import check
from tests.collect.stand_in import DENIED, StandIn
from tests.reports.paths_sample import sample
from tests.scanner.iam.escalation.building import arn

ANN, RELEASE = arn("user", "ann"), arn("role", "release")


@pytest.fixture(autouse=True)
def snapshot(work: Path) -> Path:
    """An account in which ann becomes the role build, and then the administrator release."""
    found = sample()
    assert isinstance(found.users, tuple)
    users = tuple(user for user in found.users if user.name != "eve")
    (work / "doubtful.json").write_bytes(encode(found))
    path = work / "snapshot.json"
    path.write_bytes(encode(msgspec.structs.replace(found, users=users)))
    return path


@pytest.fixture
def paths(run: Run) -> Run:
    """Run ``guardrift paths`` on that account."""

    def call(*arguments: object) -> Ended:
        return run("paths", *arguments, "--snapshot", "snapshot.json")

    return call


def told(ended: Ended) -> Survey:
    """The document of a command that was asked for JSON."""
    assert (ended.code, ended.err) == (0, "")
    return msgspec.json.decode(ended.out, type=Survey)


def test_everyone(paths: Run) -> None:
    ended = paths()

    assert (ended.code, ended.err) == (0, "")
    assert "6 of 10 principals are no administrators but can become one; 2 are administrators.\n" in ended.out
    assert "  user/ann, user/bob\n    can become role/build (iam:PassRole, lambda:CreateFunction" in ended.out
    assert "Blast radius" not in ended.out


@pytest.mark.parametrize("name", ["ann", "user/ann", "user/ANN", ANN])
def test_one_by_any_of_its_names(paths: Run, name: str) -> None:
    ended = paths(name)

    assert (ended.code, ended.err) == (0, "")
    assert "user/ann is no administrator, but can become one, in 1 way.\n" in ended.out
    assert "Blast radius\n  becomes  2 principals: role/release (administrator), role/build;" in ended.out


def test_a_session_is_its_role(paths: Run) -> None:
    ended = paths(f"arn:aws:sts::{OWN}:assumed-role/build/me")

    assert "role/build is no administrator, but can become one" in ended.out


def test_an_administrator_is_said_to_be_one(paths: Run) -> None:
    assert "role/release is an administrator already, by policy arn:aws:iam::aws:policy/" in paths("release").out


def test_between_two(paths: Run) -> None:
    ended = paths("ann", "--to", "release")

    assert (ended.code, ended.err) == (0, "")
    assert "user/ann can become role/release.\n" in ended.out
    assert "Blast radius" not in ended.out
    assert paths("fay", "--to", "release").out.count("No way was found by which user/fay becomes role/release.") == 1


def test_who_can_become_one(paths: Run) -> None:
    ended = paths("--to", "build")

    assert (ended.code, ended.err) == (0, "")
    assert "2 of 10 principals can become role/build. So can 2 administrators" in ended.out


class TestFormats:
    def test_json(self, paths: Run, run: Run) -> None:
        everyone, one = paths("--format", "json"), paths("ann", "--format", "json")
        validator = Draft202012Validator(json.loads(run("schema", "paths").out))

        for ended in (everyone, one, paths("ann", "--to", "fay", "--format", "json")):
            document: Any = json.loads(ended.out)
            validator.validate(document)
            assert not validator.is_valid({**document, "principals": [{"name": "ann"}]})
        assert told(one).principals[0].blast_radius is not None
        assert all(each.blast_counts and not each.blast_radius for each in told(everyone).principals)

    def test_json_holds_everything(self, paths: Run) -> None:
        assert len(told(paths("--format", "json", "--limit", "1")).principals) == 8

    @pytest.mark.parametrize(
        ("form", "start"), [("tree", "guardrift: "), ("dot", "digraph paths {\n"), ("mermaid", "%% Paths to ")]
    )
    def test_others(self, paths: Run, form: str, start: str) -> None:
        ended = paths("--format", form)

        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith(start)
        assert "role/release" in ended.out

    def test_files_by_suffix(self, paths: Run, work: Path) -> None:
        names = ["out/p.txt", "out/p.dot", "out/p.mmd", "out/p.JSON"]

        ended = paths(*(part for name in names for part in ("-o", name)))

        assert (ended.code, ended.out, ended.err) == (0, "", f"Written: {', '.join(names)}\n")
        for name, form in zip(names, ("text", "dot", "mermaid", "json"), strict=True):
            assert (work / name).read_text() == paths("--format", form).out

    def test_a_file_and_stdout(self, paths: Run, work: Path) -> None:
        ended = paths("-o", "p.json", "-o", "-", "--format", "tree", "-q")

        assert ended.err == ""
        assert ended.out == paths("--format", "tree").out
        assert json.loads((work / "p.json").read_text())["schema"] == "guardrift/paths/1"

    def test_two_runs_are_alike(self, paths: Run) -> None:
        for form in ("text", "tree", "dot", "mermaid", "json"):
            assert paths("--format", form, "--all").out == paths("--format", form, "--all").out


class _Terminal(io.TextIOWrapper):
    """A terminal of an old encoding."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("encoding", "stroke"), [("ascii", "`- role/release"), ("utf-8", "└─ role/release")])
def test_a_tree_in_what_the_terminal_can_show(monkeypatch: pytest.MonkeyPatch, encoding: str, stroke: str) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", _Terminal(buffer, encoding))

    assert run_command(["paths", "--format", "tree", "--snapshot", "snapshot.json"]) == 0

    assert stroke in buffer.getvalue().decode("utf-8")


class TestHowMuch:
    def test_a_limit(self, paths: Run) -> None:
        ended = paths("--limit", "2")

        assert "Not shown: 3 more groups, 4 principals. --limit 5 shows all." in ended.out

    def test_all(self, paths: Run) -> None:
        ended = paths("--all")

        assert "  user/ann\n    can become" in ended.out
        assert "  user/bob\n    can become" in ended.out

    def test_many(self, run: Run, work: Path) -> None:
        found = sample()
        assert isinstance(found.users, tuple)
        gus = next(user for user in found.users if user.name == "gus")
        many = [
            msgspec.structs.replace(gus, name=f"u{place}", arn=arn("user", f"u{place}"), tags=gus.tags)
            for place in range(300)
        ]
        (work / "many.json").write_bytes(encode(msgspec.structs.replace(found, users=tuple(many))))

        ended = run("paths", "--snapshot", "many.json")

        assert (
            "Low confidence: 300 principals\n  user/u0, user/u1, user/u10, user/u100, user/u101 and 295 more\n"
            in ended.out
        )
        assert len(ended.out.splitlines()) < 25
        assert ended.out != run("paths", "--snapshot", "many.json", "--all").out


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["anna"], "Did you mean user/ann?"),
            (["role/ann"], "has no user or role 'role/ann'"),
            (["ann", "--to", "nobody"], "has no user or role 'nobody'"),
            (["ann", "--to", ANN], "both are the same principal"),
            (["root"], "the root user has every right"),
            (["arn:aws:iam::999988887777:role/x"], f"no user or role of account {OWN}"),
            (["arn:aws:iam::999988887777:root"], f"no user or role of account {OWN}"),
            (["ann", "--format", "svg"], "svg"),
            (["--limit", "0"], "limit"),
            (["-o", "paths.svg"], "There are: .txt, .dot, .mmd, .json; - is stdout."),
            (["-o", "-", "-o", "-"], "stdout can hold one answer"),
            (["-o", "snapshot.json/p.json"], "cannot be written"),
            (["--region", "eu-west-1"], "--snapshot reads a file"),
        ],
    )
    def test_what_cannot_be_asked(self, paths: Run, arguments: list[str], words: str) -> None:
        ended = paths(*arguments)

        assert (ended.code, ended.out) == (2, "")
        assert words in ended.err

    def test_what_is_wrong_is_said_before_aws_is_asked(self, run: Run, aws: StandIn) -> None:
        assert run("paths", "-o", "paths.svg").code == 2
        assert aws.asked == []

    def test_no_snapshot(self, run: Run) -> None:
        assert run("paths", "--snapshot", "missing.json").code == 2


class TestIncomplete:
    def test_a_policy_that_was_not_read(self, run: Run) -> None:
        everyone, eve, ann = (run("paths", *name, "--snapshot", "doubtful.json") for name in ([], ["eve"], ["ann"]))

        assert (everyone.code, eve.code, ann.code) == (3, 3, 0)
        assert "of 1 it is not\n  known, since policies were not read." in everyone.out
        assert "This may be wrong. What was not read:\n  policy arn:aws:iam::" in eve.out

    def test_it_is_said_on_stderr_where_the_format_has_no_words(self, run: Run) -> None:
        for form in ("json", "dot", "mermaid"):
            ended = run("paths", "--format", form, "--snapshot", "doubtful.json")
            assert ended.code == 3
            assert ended.err == (
                f"Not everything was read, so that paths may be missing: policy {arn('policy', 'lost')} is in use, "
                "but its document was not collected\n"
            )
        assert run("paths", "--format", "dot", "--snapshot", "doubtful.json", "-q").err == ""

    @pytest.mark.parametrize("name", ["users", "roles", "groups", "policies"])
    def test_what_was_not_collected(self, run: Run, work: Path, name: str) -> None:
        gap = Gap("iam:GetAccountAuthorizationDetails", "denied")
        (work / "gap.json").write_bytes(encode(msgspec.structs.replace(CLEAN, **{name: gap})))

        ended = run("paths", "--snapshot", "gap.json")

        assert ended.code == 3
        assert "This may be wrong. What was not read:\n  iam:GetAccountAuthorizationDetails was denied" in ended.out

    def test_a_clean_account_is_complete(self, run: Run, clean: Path) -> None:
        ended = run("paths", "--snapshot", clean)

        assert ended.code == 0
        assert "No way was found by which one of 12 principals becomes an administrator; 0 are" in ended.out


def test_a_live_account_is_asked_for_principals_and_policies_alone(run: Run, aws: StandIn) -> None:
    ended = run("paths", "--account", OWN)

    assert ended.code in {0, 3}
    assert "user/root-like" in ended.out
    assert {asked.api for asked in aws.asked} == {"sts:GetCallerIdentity", "iam:GetAccountAuthorizationDetails"}


def test_a_live_account_that_may_not_be_read(run: Run, aws: StandIn) -> None:
    aws.answer("iam:GetAccountAuthorizationDetails", DENIED)

    ended = run("paths")

    assert ended.code == 3
    assert "This may be wrong. What was not read:\n  iam:GetAccountAuthorizationDetails was denied" in ended.out
    assert run("paths", "ann").code == 2


@pytest.mark.parametrize("form", ["text", "tree", "dot", "mermaid"])
@pytest.mark.parametrize("asked", [[], [HOSTILE], ["--to", f"role/{HOSTILE}"], [f"user/{HOSTILE}", "--all"]])
def test_hostile_names(run: Run, work: Path, form: str, asked: list[str]) -> None:
    found = renamed(CLEAN, HOSTILE)
    assert isinstance(found.users, tuple)
    assert isinstance(found.users[0], User)
    (work / "hostile.json").write_bytes(encode(found))

    ended = run("paths", *asked, "--format", form, "--snapshot", "hostile.json")

    check(ended)
    assert ended.code in {0, 2}
