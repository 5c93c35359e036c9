"""A repository with a baseline, and the account that changes under it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from scanner.inventory import Account, Role
from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, renamed
from tests.cli.conftest import Ended, Run
from tests.collect.faulty import ACCOUNT_ID, iam_arn

AT = ("--at", "2026-11-20")
TERMS = ("--reason", "TICKET-9", "--owner", "platform")
FOLDER = Path("guardrift-baseline") / ACCOUNT_ID
MINT, ATTACH = "iam:CreateAccessKey", "iam:AttachRolePolicy"


def _loosely_governed() -> Account:
    """An account without guardrails of its organization, in which one user is an administrator."""
    found = renamed(CLEAN, "boss")
    held = found.organization.policies
    assert isinstance(held, tuple)
    organization = msgspec.structs.replace(
        found.organization, policies=tuple(each for each in held if each.name != "guardrails")
    )
    return msgspec.structs.replace(found, organization=organization)


BASE = _loosely_governed()


def git(*arguments: str) -> str:
    """What git prints."""
    names = ("-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *names, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def commit(message: str) -> str:
    """Commit everything; returns the name of the commit."""
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
    return git("rev-parse", "HEAD").strip()


def repository() -> None:
    """A repository in the working directory, in which no snapshots are committed."""
    git("init", "--quiet")
    Path(".gitignore").write_text("*.snapshot.json\n")


def allowing(*actions: str, name: str = "deploy", account: Account = BASE) -> Account:
    """The account in which a role, made anew, may do these things to everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    facts = {
        "name": name,
        "arn": iam_arn(f"role/{name}"),
        "id": f"AROA{name.upper()}",
        "created": "2026-10-01T00:00:00Z",
        "last_used": "2026-11-01T00:00:00Z",
        "trust": _policy(trust),
        "inline": [{"name": "extra", "document": _policy(statement)}] if actions else [],
    }
    assert isinstance(account.roles, tuple)
    role = msgspec.json.decode(json.dumps(facts), type=Role)
    others = tuple(each for each in account.roles if each.name != name)
    return msgspec.structs.replace(account, roles=(*others, role))


def save(account: Account, name: str = "now") -> str:
    """The account as a snapshot."""
    path = f"{name}.snapshot.json"
    Path(path).write_bytes(encode(account))
    return path


def init(run: Run, account: Account, *more: object) -> Ended:
    """Write the first baseline."""
    terms = (*AT, *TERMS, "--expires", "2027-05-20", "--allow-incomplete")
    ended = run("baseline", "init", "--snapshot", save(account), *terms, *more)
    assert ended.code == 0, ended.err
    return ended


def gate(run: Run, account: Account, *more: object, at: str = "2026-11-20") -> Ended:
    """Weigh an account."""
    return run("gate", "--snapshot", save(account), "--at", at, *more)


def verdict(run: Run, account: Account, *more: object, at: str = "2026-11-20") -> dict[str, Any]:
    """The verdict on an account, as JSON."""
    ended = gate(run, account, "--format", "json", *more, at=at)
    found: dict[str, Any] = json.loads(ended.out)
    assert found["exit_code"] == ended.code
    return found


def accept(run: Run, account: Account, *what: str, expires: str = "2027-01-10") -> Ended:
    """Accept findings of an account."""
    return run("baseline", "accept", *what, "--snapshot", save(account), *AT, *TERMS, "--expires", expires)


def whys(found: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Rule, reason and whether it blocks, of each finding."""
    return [(each["rule_id"], each["why"], each["blocks"]) for each in found["findings"]]


def edited(path: Path, change: Callable[[Any], Any]) -> None:
    """Change a file of the baseline by hand, in the layout in which guardrift writes."""
    content = json.loads(path.read_text())
    path.write_bytes(msgspec.json.format(msgspec.json.encode(change(content)), indent=2) + b"\n")


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}
