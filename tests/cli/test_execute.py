"""`guardrift contain --execute` and what is done with its journal, on an account of moto."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import msgspec
import pytest

from guardrift.documents import schema
from scanner.snapshot import encode
from tests.accounts import OWN as ANOTHER
from tests.cli.conftest import Ended, Run
from tests.cli.incident_account import SECRET, in_moto
from tests.policies.execution.incident import OWN, REGION, collected
from tests.policies.planning.stored import seen
from tests.policies.planning_cases import everything, role, service

NAME = "AWSRevokeOlderSessions"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Account:
    """An account with one role, its snapshot, and the command on both."""

    def __init__(self, run: Run, work: Path) -> None:
        self._run = run
        self.iam = boto3.client("iam", region_name=REGION)
        self.iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(TRUST, indent=2))
        self.snapshot = work / "snapshot.json"
        self.collect()
        self.before = seen()

    def collect(self) -> None:
        self.snapshot.write_bytes(encode(collected()))

    def contain(self, *arguments: object) -> Ended:
        return self._run("contain", *arguments)

    def execute(self, *arguments: object) -> Ended:
        facts = ("--snapshot", self.snapshot, "--max-age", 10**5)
        return self.contain("--role", "web", *facts, "--execute", "--format", "json", *arguments)

    def revocation(self) -> Any:
        return self.iam.get_role_policy(RoleName="web", PolicyName=NAME)["PolicyDocument"]


@pytest.fixture
def account(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with in_moto(monkeypatch):
        yield Account(run, work)


class Terminal:
    """A terminal on which somebody types."""

    def __init__(self, *typed: str) -> None:
        self.typed = list(typed)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.typed.pop(0) + "\n" if self.typed else ""


def journals(work: Path) -> list[Path]:
    return sorted((work / "guardrift-journal").glob("*.jsonl"))


def test_it_is_carried_out_and_undone(account: Account, work: Path) -> None:
    ended = account.execute("--yes")

    told = json.loads(ended.out)
    assert ended.code == 0, ended.err
    jsonschema.validate(told, schema("run"))
    assert (told["state"], told["verification"]) == ("applied", "unverified")
    (path,) = journals(work)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SECRET not in path.read_text() + ended.out + ended.err
    for line in path.read_text().splitlines():
        jsonschema.validate(json.loads(line), schema("journal"))
    assert account.revocation()["Statement"][0]["Effect"] == "Deny"

    early = account.contain("--rollback", path, "--yes")
    assert (early.code, "needed until" in early.out) == (1, True)
    assert account.revocation()

    undone = account.contain("--rollback", path, "--yes", "--force")
    assert (undone.code, undone.out.splitlines()[0]) == (0, f"rolled back: arn:aws:iam::{OWN}:role/web")
    assert seen() == account.before


def test_nobody_confirms_it(account: Account) -> None:
    ended = account.execute()

    assert (ended.code, "--yes" in ended.err) == (2, True)
    assert seen() == account.before


@pytest.mark.parametrize(("typed", "code"), [("web", 0), ("we", 2), ("", 2), ("yes", 2)])
def test_the_name_is_typed(account: Account, monkeypatch: pytest.MonkeyPatch, typed: str, code: int) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    ended = account.execute()

    assert ended.code == code
    assert (seen() == account.before) is (code == 2)
    assert "Type web to contain it:" in ended.err


def test_a_run_that_was_interrupted_is_resumed(account: Account, work: Path) -> None:
    account.execute("--yes")
    (path,) = journals(work)
    lines = path.read_bytes().splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if b'"intent"' in line)
    account.iam.untag_role(RoleName="web", TagKeys=["guardrift-quarantine"])
    path.write_bytes(b"".join(lines[: first + 1]) + lines[first + 1][:20])

    ended = account.contain("--resume", path, "--yes")

    assert (ended.code, ended.out.split(":")[0]) == (0, "applied"), ended.err
    assert account.iam.list_role_tags(RoleName="web")["Tags"]
    assert account.contain("--rollback", path, "--yes", "--force").code == 0
    assert seen() == account.before


def test_who_interrupts_it_is_told_how_it_goes_on(
    account: Account, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("time.sleep", interrupted)
        ended = account.execute("--yes")

    (path,) = journals(work)
    assert (ended.code, f"--resume {path.relative_to(work)}" in ended.err) == (130, True), ended.err
    assert f"--rollback {path.relative_to(work)} --force" in ended.err
    assert account.contain("--rollback", path, "--yes", "--force").code == 0
    assert seen() == account.before


def test_it_is_looked_whether_it_holds(account: Account, work: Path) -> None:
    account.execute("--yes")
    (path,) = journals(work)

    assert account.contain("--verify", path).code == 3

    account.iam.delete_role_policy(RoleName="web", PolicyName=NAME)
    ended = account.contain("--verify", path)
    assert (ended.code, "FAILS" in ended.out) == (1, True)


def test_the_same_name_elsewhere_proves_nothing(account: Account, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account.execute("--yes")
    (path,) = journals(work)
    elsewhere = boto3.client("sts", region_name=REGION).assume_role(
        RoleArn="arn:aws:iam::210987654321:role/responder", RoleSessionName="responder"
    )["Credentials"]
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", elsewhere["AccessKeyId"])
        patched.setenv("AWS_SECRET_ACCESS_KEY", elsewhere["SecretAccessKey"])
        patched.setenv("AWS_SESSION_TOKEN", elsewhere["SessionToken"])
        ended = account.contain("--verify", path, "--format", "json")

    told = json.loads(ended.out)
    assert (ended.code, told["verification"]) == (3, "unverified")
    assert [each["name"] for each in told["checks"]] == ["account"]
    assert "210987654321" in told["checks"][0]["said"]


def test_a_role_that_was_made_anew_is_not_verified(account: Account, work: Path) -> None:
    account.execute("--yes")
    (path,) = journals(work)
    document = json.dumps(account.revocation())
    tags = account.iam.list_role_tags(RoleName="web")["Tags"]
    account.iam.delete_role_policy(RoleName="web", PolicyName=NAME)
    account.iam.delete_role(RoleName="web")
    account.iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)
    account.iam.put_role_policy(RoleName="web", PolicyName=NAME, PolicyDocument=document)

    told = json.loads(account.contain("--verify", path, "--format", "json").out)

    assert {each["verdict"] for each in told["checks"] if each["name"] == "stored"} == {"holds"}
    (doubt,) = (each for each in told["checks"] if each["name"] == "identity")
    assert (doubt["verdict"], "is another one now" in doubt["said"]) == ("unknown", True)
    assert told["verification"] == "unverified"


def test_a_second_run_never_lowers_the_cutoff_and_restores_no_containment(account: Account, work: Path) -> None:
    account.execute("--yes")
    first = cutoff(account.revocation())
    account.collect()
    account.execute("--yes")
    one, other = journals(work)

    assert cutoff(account.revocation()) >= first
    account.contain("--rollback", one, "--yes", "--force")
    account.contain("--rollback", other, "--yes", "--force")
    account.contain("--rollback", one, "--yes", "--force")
    assert seen() == account.before


def cutoff(document: Any) -> str:
    found: str = document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
    return found


def test_whom_the_never_list_has(account: Account) -> None:
    ended = account.execute("--yes", "--protect", "role/web")

    assert (ended.code, "never-list" in ended.err or "never contained" in ended.err) == (1, True)
    assert seen() == account.before


def test_a_journal_is_not_resumed_on_whom_the_never_list_has_by_now(account: Account, work: Path) -> None:
    account.execute("--yes")
    (path,) = journals(work)
    before = seen()

    ended = account.contain("--resume", path, "--yes", "--protect", "role/web")

    assert (ended.code, "never-list" in ended.out) == (1, True)
    assert seen() == before


def test_so_many_in_an_hour(account: Account) -> None:
    account.execute("--yes")
    account.collect()
    snapshot = json.loads(account.snapshot.read_text())
    before = seen()

    ended = account.execute("--yes", "--max-per-hour", 1)

    assert snapshot["roles"][0]["tags"]
    assert (ended.code, "--max-per-hour" in ended.err) == (1, True)
    assert seen() == before


def test_a_snapshot_from_before_hides_nobody_who_was_contained_since(account: Account) -> None:
    account.execute("--yes")
    before = seen()

    ended = account.execute("--yes", "--max-per-hour", 1)

    assert json.loads(account.snapshot.read_text())["roles"][0].get("tags", []) == []
    assert (ended.code, "1 principals were contained within the last hour" in ended.err) == (1, True)
    assert seen() == before


def test_the_folder_of_the_journals_is_looked_at_before_anybody_is_asked(account: Account, work: Path) -> None:
    (work / "taken").write_text("")

    ended = account.execute("--journal", work / "taken")

    assert (ended.code, "cannot be written" in ended.err, "To be contained" in ended.err) == (2, True, False)


def test_a_role_that_was_made_anew_is_not_touched(account: Account) -> None:
    account.iam.delete_role(RoleName="web")
    account.iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(TRUST))
    before = seen()

    ended = account.execute("--yes")

    assert (ended.code, json.loads(ended.out)["state"]) == (1, "stopped")
    assert seen() == before


def test_what_the_organization_puts_in_place_needs_its_credentials(account: Account, run: Run, work: Path) -> None:
    own = f"arn:aws:iam::{ANOTHER}:role/fixer"
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": own}]}
    fixer = role("fixer", service("ec2"), inline=[{"name": "own", "document": document}])
    (work / "member.json").write_bytes(encode(everything(roles=[fixer])))
    asked = ("--role", "fixer", "--snapshot", "member.json", "--max-age", 10**5, "--execute", "--yes")

    ended = account.contain(*asked)
    assert (ended.code, "--organization-profile" in ended.err) == (2, True)

    # The credentials are of another account than the facts.
    stopped = account.contain(*asked, "--without-organization")
    assert (stopped.code, f"of account {OWN}" in stopped.out) == (1, True)
    assert "is left out, so that the rest may be taken off again" in stopped.out
    assert seen() == account.before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--role", "web", "--execute", "--rollback", "j"], "do not go together"),
        (["--rollback", "j", "--verify", "j"], "do not go together"),
        (["--role", "web", "--force"], "--force goes with --rollback"),
        (["--role", "web", "--since", "clean.json"], "--since goes with --status"),
        (["--rollback", "j", "--role", "web"], "takes no suspect"),
        (["--status", "--role", "web"], "takes no suspect"),
        (["--rollback", "j", "--snapshot", "s"], "--snapshot has no meaning"),
        (["--role", "web", "--execute", "--cutoff", "now"], "--cutoff and --at"),
        (["--rollback", "nowhere.jsonl"], "cannot be read"),
        (["--verify", "empty.jsonl"], "no journal"),
        (["--resume", "other.jsonl", "--yes"], "other.jsonl"),
        (["--rollback", "/dev/zero", "--yes"], "is no file"),
        (["--resume", "/dev/zero", "--yes"], "is no file"),
        (["--verify", "pipe"], "is no file"),
        (["--role", "web", "--role", "other", "--execute", "--yes"], "more than once"),
        (["--rollback", "empty.jsonl", "--rollback", "other.jsonl", "--yes"], "more than once"),
        (["--role", "web", "--yes"], "--yes goes with --execute"),
        (["--role", "web", "--close-path"], "--close-path goes with --execute"),
        (["--role", "web", "--snapshot", "snapshot.json", "--organization-profile", "p"], "goes with --execute"),
        (["--verify", "empty.jsonl", "--without-organization"], "goes with --execute"),
        (["--status", "-o", "folder"], "--output goes with a plan"),
        (["--rollback", "empty.jsonl", "--protect", "role/web"], "--protect goes with"),
    ],
)
def test_requests_that_mean_nothing(account: Account, work: Path, arguments: list[str], said: str) -> None:
    (work / "empty.jsonl").write_text("")
    os.mkfifo(work / "pipe")
    (work / "other.jsonl").write_text('{"line":"begun","schema":"guardrift/journal/2"}\n')

    ended = account.contain(*arguments)

    assert (ended.code, said in ended.err) == (2, True), ended.err
    assert seen() == account.before


def test_the_journal_of_another_account(account: Account, work: Path) -> None:
    account.execute("--yes")
    (path,) = journals(work)

    assert account.contain("--rollback", path, "--yes", "--account", "210987654321").code == 2

    head, *rest = path.read_bytes().splitlines(keepends=True)
    found = msgspec.json.decode(head)
    path.write_bytes(msgspec.json.encode({**found, "account_id": "210987654321"}) + b"\n" + b"".join(rest))
    before = seen()
    ended = account.contain("--rollback", path, "--yes", "--force")
    assert (ended.code, ended.out.split(":")[0]) == (1, "stopped")
    assert seen() == before
