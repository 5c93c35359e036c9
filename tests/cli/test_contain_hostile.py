"""`guardrift contain` on text that a thief chose: it is refused or quoted, never executed, and names no file."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.accounts import FOREIGN, OWN, allow, policy
from tests.cli.conftest import Ended, Run
from tests.cli.fake_aws import Shell, run_in_shell
from tests.cli.test_hostile import OBEYED
from tests.policies.findings.samples import finding, sequence_finding
from tests.policies.planning_cases import role, service, user
from tests.policies.seed_cases import (
    AT,
    INSTANCE,
    ROLE,
    ROLE_ARN,
    ROLE_ID,
    SIMULATED,
    SIMULATED_ID,
    SIMULATED_KEY,
    compromised_role,
    exfiltrated,
    held,
    of_role,
    of_user,
    scenario,
    write,
    write_snapshot,
)

Contain = Callable[..., Ended]
EVIL_ROLE_ID, EVIL_USER_ID, EVIL_KEY = "AROAEVILROLE000000001", "AIDAEVILUSER000000001", "AKIAEXAMPLEEVILKEY01"
NAMES = [
    "$(touch pwned)", "`touch pwned`", "a;touch pwned", "a&&touch pwned", "a|touch pwned", "a\ntouch pwned\n",
    "a\r\ntouch pwned", "'; touch pwned; '", '"; touch pwned; "', "$'\\x41'; touch pwned", "a\\", "!!", "!touch",
    "a>pwned", "a<pwned", "*", "?", "${aws:username}", "${CUTOFF}", "$CUTOFF", "${PATH}", "~", "~root", "-rf", "--help",
    "../../escape", "/etc/passwd", "..", ".", "a/../../b", "con", "NUL", "com1.txt", " ", "a b", "#a",
    "```\ntouch pwned", "a\x1b[31m", "\u202eevil", "\U0001f600", "=ls", "{a,b}", "[a]", "a\tb", "%s%n", "x" * 2000,
    "EOF\ntouch pwned",
]  # fmt: skip


def _short(name: str) -> str:
    return ascii(name[:20])


@pytest.fixture
def contain(run: Run, work: Path) -> Contain:
    """The command on what is in ``snapshot.json``, at the time at which that was made."""
    write_snapshot(work / "snapshot.json", scenario())

    def call(*arguments: object) -> Ended:
        ended = run("contain", *arguments, "--snapshot", "snapshot.json", "--at", AT.isoformat())
        assert not OBEYED.search(ended.err), OBEYED.findall(ended.err)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", ended.out)
        return ended

    return call


def files_of(work: Path) -> set[str]:
    """What lies in the working directory; nothing lies beside it."""
    assert {path.name for path in work.parent.iterdir()} <= {"work", "home", "shell"}
    return {path.relative_to(work).parts[0] for path in work.rglob("*")}


def hostile_account(work: Path, name: str) -> None:
    """A role and a user of the name, and the findings that tell them by their unique ids."""
    evil_role = role(name, service("lambda"), id=EVIL_ROLE_ID)
    evil_user = user(name, id=EVIL_USER_ID)
    account = scenario(
        roles=[compromised_role(), evil_role],
        users=[evil_user, user(SIMULATED, id=SIMULATED_ID)],
        access_keys=[held(name, EVIL_KEY), held(SIMULATED, SIMULATED_KEY)],
    )
    write_snapshot(work / "snapshot.json", account)
    told = of_role("f1", "ASIAEXAMPLEEVILKEY01", "session")
    told["resource"]["accessKeyDetails"].update(principalId=f"{EVIL_ROLE_ID}:session", userName=name)
    write(work / "finding.json", [told, of_user(name, EVIL_USER_ID, EVIL_KEY, id="f2")])


def commands_in(page: str) -> Iterator[str]:
    """What a reader of the page would paste: its fenced blocks, but for those that take everything away again."""
    yield from re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def check(shell: Shell) -> None:
    assert "not found" not in shell.err, shell.err
    assert "syntax error" not in shell.err, shell.err
    assert "pwned" not in shell.files
    assert all(re.fullmatch(r"evidence-[A-Za-z0-9-]+\.json", name) for name in shell.files), shell.files
    assert {call[0] for call in shell.calls} <= {"iam", "cloudtrail", "ec2", "lambda", "organizations", "athena"}


def names_told(shell: Shell) -> set[str]:
    return {
        argument.partition("=")[2]
        for call in shell.calls
        for argument in call
        if argument.startswith(("--role-name=", "--user-name="))
    }


@pytest.mark.parametrize("name", NAMES, ids=_short)
def test_scripts_and_runbooks_of_a_hostile_name(contain: Contain, work: Path, name: str) -> None:
    hostile_account(work, name)

    ended = contain("--finding", "finding.json", "-o", "out")

    assert ended.code in {0, 1}
    assert files_of(work) == {".git", "snapshot.json", "finding.json", "out"}
    for path in (work / "out").rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9._~/+=,@-]+", path.relative_to(work / "out").as_posix())
        assert not path.is_symlink()
    scripts = sorted((work / "out").rglob("*.sh"))
    assert len(scripts) == 4, ended.out + ended.err
    for script in scripts:
        shell = run_in_shell(script.read_text(), work.parent / "shell")
        check(shell)
        assert shell.code == 0, shell.err
        # No name in AWS has a slash; of one that does, what follows the last is the name in its ARN.
        assert names_told(shell)
        assert names_told(shell) <= {name, name.rpartition("/")[2]}
        assert shell.files == frozenset()
    for page in sorted((work / "out").rglob("runbook.md")):
        blocks = list(commands_in(page.read_text()))
        assert len(blocks) > 3
        for block in blocks:
            shell = run_in_shell(block, work.parent / "shell")
            check(shell)
            assert names_told(shell) <= {name, name.rpartition("/")[2]}
    files_of(work)


@pytest.mark.parametrize("name", NAMES, ids=_short)
def test_the_page_of_a_hostile_name_holds_no_markup_of_it(contain: Contain, work: Path, name: str) -> None:
    hostile_account(work, name)

    out = contain("--finding", "finding.json").out

    assert not re.search(r"^\s*(?:::|touch|##vso)", out, re.MULTILINE)
    assert out.count("```sh\n") == len(list(commands_in(out)))


@pytest.mark.parametrize("name", ["../../pwned", "/tmp/pwned", "$(touch pwned)", "a b", "", "*"])
def test_a_hostile_unique_id_names_no_file(contain: Contain, work: Path, name: str) -> None:
    write_snapshot(work / "snapshot.json", scenario(roles=[role("app", service("lambda"), id=name)]))

    contain("--role", "app", "-o", "out")

    assert files_of(work) == {".git", "snapshot.json", "out"}
    for page in (work / "out").rglob("runbook.md"):
        for block in commands_in(page.read_text()):
            shell = run_in_shell(block, work.parent / "shell")
            check(shell)
            assert {path.name for path in shell_folder(work)} == {"programs", "here", "calls"}


def shell_folder(work: Path) -> list[Path]:
    return list((work.parent / "shell").iterdir())


def test_documents_arrive_whole(contain: Contain, work: Path) -> None:
    hostile_account(work, "$(touch pwned)'\"")
    contain("--finding", "finding.json", "-o", "out")

    documents = [
        json.loads(argument)
        for script in (work / "out").rglob("apply.sh")
        for call in run_in_shell(script.read_text(), work.parent / "shell").calls
        for flag, argument in pairwise(call)
        if flag == "--policy-document"
    ]

    assert len(documents) == 2
    for document in documents:
        (statement,) = document["Statement"]
        assert statement["Effect"] == "Deny"
        issued = (
            statement.get("Condition", {}).get("DateLessThan", {}).get("aws:TokenIssueTime", "2026-11-20T12:00:00Z")
        )
        assert re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z", issued)


@pytest.mark.parametrize("name", NAMES, ids=_short)
def test_a_hostile_name_on_the_command_line(contain: Contain, work: Path, name: str) -> None:
    for by in ("role", "user", "access-key", "session", "instance", "person", "finding"):
        ended = contain(f"--{by}={name}", "-o", "out")
        assert ended.code in {1, 2, 3}
    assert files_of(work) <= {".git", "snapshot.json", "out"}
    assert not list(work.rglob("*.sh"))


@pytest.mark.parametrize("session", [*NAMES, "i-0a1b2c3d4e5f60718/x", "a:b", "x" * 65])
def test_a_hostile_session_widens_no_document(contain: Contain, work: Path, session: str) -> None:
    told = of_role("f1", session=session)

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out", "--format", "json")

    for plan in _plans(ended):
        for document in plan.get("documents", ()):
            text = document["placed"]["document"]
            assert session not in text or re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", session)
            assert json.loads(text)["Statement"]
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", session):
        assert ended.code in {1, 3}


@pytest.mark.parametrize("name", ["*", "?", "${aws:username}", "b*", "bo?", "..", "a/b", "x" * 33])
def test_a_hostile_federated_name_widens_no_document(contain: Contain, work: Path, name: str) -> None:
    told = of_user(name, f"{OWN}:{name}", "ASIAEXAMPLEFEDERATED")
    told["resource"]["accessKeyDetails"]["userType"] = "FederatedUser"

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out")

    assert ended.code in {1, 3}
    assert not list(work.rglob("*.sh"))


@pytest.mark.parametrize("path", ["/*/", "/${aws:username}/", "/a?/", "/../", "/$(touch pwned)/", "/'/"])
def test_a_hostile_path_widens_no_document(contain: Contain, work: Path, path: str) -> None:
    """IAM allows these in a path; in a policy of the organization they would stand for others."""
    arn = f"arn:aws:iam::{OWN}:role{path}fixer"
    own = [{"name": "own", "document": policy(allow("iam:*"))}]
    fixer = role("fixer", service("lambda"), path, id=EVIL_ROLE_ID, inline=own)
    write_snapshot(work / "snapshot.json", scenario(roles=[compromised_role(), fixer]))

    ended = contain("--role", "fixer", "-o", "out", "--format", "json")

    (plan,) = _plans(ended)
    assert (ended.code, plan["verdict"], plan["principal"]) == (0, "ready", arn)
    for document in plan["documents"]:
        for statement in json.loads(document["placed"]["document"])["Statement"]:
            named = json.dumps([value for held in statement.get("Condition", {}).values() for value in held.values()])
            bare = re.sub(r"\$\{[*?$]\}", "", named).replace("${CUTOFF}", "")
            assert not re.search(r"[*?$]", bare), named
    for script in work.rglob("*.sh"):
        check(run_in_shell(script.read_text(), work.parent / "shell"))


def _plans(ended: Ended) -> list[dict[str, Any]]:
    if not ended.out:
        return []
    told = json.loads(ended.out)
    return told if isinstance(told, list) else [told]


STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    [],
    {},
    [[]],
    "",
    " ",
    "\0",
    "x" * 5000,
    {"a": {"b": []}},
    ["a"],
    "\ud800",
]


def _places(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if path:
        yield path
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _places(value, (*path, name))


@pytest.mark.parametrize("path", list(_places(exfiltrated())), ids=".".join)
def test_wrong_types_contain_nobody_else(contain: Contain, work: Path, path: tuple[str, ...]) -> None:
    for strange in STRANGE:
        told = copy.deepcopy(exfiltrated())
        node = told
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = strange
        (work / "finding.json").write_text(json.dumps(told))

        ended = contain("--finding", "finding.json", "--format", "json")

        assert ended.code in {0, 1, 2, 3}
        for plan in _plans(ended):
            assert plan["principal"] in {ROLE_ARN, ""} if plan["verdict"] == "ready" else True
            assert plan["verdict"] != "ready" or plan["principal"] == ROLE_ARN


@pytest.mark.parametrize("path", list(_places(exfiltrated())), ids=".".join)
def test_missing_fields_contain_nobody_else(contain: Contain, work: Path, path: tuple[str, ...]) -> None:
    told = copy.deepcopy(exfiltrated())
    node = told
    for name in path[:-1]:
        node = node[name]
    del node[path[-1]]

    ended = contain("--finding", write(work / "finding.json", told), "--format", "json")

    assert ended.code in {0, 1, 2, 3}
    assert {plan["principal"] for plan in _plans(ended) if plan["verdict"] == "ready"} <= {ROLE_ARN}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"detail":' * 900 + b"1" + b"}" * 900,
        b"\x1f\x8b\x08\x00broken",
        b"\xff\xfe\x00",
        b'{"findings": [{"findings": [{"findings": [{"findings": [{"findings": []}]}]}]}]}',
        b"x" * (17 << 20),
        b"NaN",
        b"null",
        b"[]",
    ],
    ids=lambda content: ascii(content[:12]),
)
def test_files_that_are_no_finding(contain: Contain, work: Path, content: bytes) -> None:
    (work / "finding.json").write_bytes(content)

    ended = contain("--finding", "finding.json", "-o", "out")

    assert (ended.code, ended.out) == (2, "")
    assert files_of(work) == {".git", "snapshot.json", "finding.json"}
    assert len(ended.err) < 2_000


def test_ten_megabytes(contain: Contain, work: Path) -> None:
    told = exfiltrated()
    told["detail"]["service"]["additionalInfo"]["value"] = "x" * (10 << 20)

    ended = contain("--finding", write(work / "finding.json", told), "--format", "json")

    assert ended.code == 0
    assert len(ended.out) < 100_000


def test_many_credentials_are_too_many(contain: Contain, work: Path) -> None:
    told = sequence_finding()
    user = {"user": {"name": "a", "uid": f"{ROLE_ID}:s", "type": "AssumedRole"}}
    actors = [{**copy.deepcopy(user), "id": str(at)} for at in range(2_000)]
    for at, actor in enumerate(actors):
        actor["user"] = {**user["user"], "uid": f"{ROLE_ID}:session-{at}"}
    told["service"]["detection"]["sequence"]["actors"] = actors

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out")

    assert ended.code == 2
    assert "more than 1000 credentials" in ended.err


def test_another_account(contain: Contain, work: Path) -> None:
    told = exfiltrated()
    told["detail"]["accountId"] = FOREIGN

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out")

    assert ended.code == 1
    assert not list(work.rglob("*.sh"))


@pytest.mark.parametrize("said", [{"archived": True}, {"additionalInfo": {"sample": True}},
                                  {"additionalInfo": {"type": "default", "value": '{"sample":true}'}}])  # fmt: skip
def test_samples_and_archived_findings(contain: Contain, work: Path, said: dict[str, Any]) -> None:
    told = of_role("f1")
    told["service"].update(said)

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out")
    beside = contain("--finding", write(work / "both.json", [told, of_role("f2")]), "-o", "both")

    assert ended.code == 1
    assert not list((work / "out").rglob("*.sh"))
    # An open finding of the same credential counts.
    assert beside.code == 0


def test_a_name_of_a_finding_never_outvotes_its_unique_id(contain: Contain, work: Path) -> None:
    told = of_role("f1")
    told["resource"]["accessKeyDetails"]["userName"] = SIMULATED

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out")

    assert ended.code == 1
    assert not list(work.rglob("*.sh"))


def test_an_instance_that_the_finding_describes_and_the_session_is_not_of(contain: Contain, work: Path) -> None:
    told = finding()
    told["resource"]["accessKeyDetails"].update(principalId=f"{ROLE_ID}:{INSTANCE}", userName=ROLE)
    told["resource"]["instanceDetails"]["instanceId"] = "i-0fedcba9876543210"

    ended = contain("--finding", write(work / "finding.json", told), "--format", "json")

    assert "i-0fedcba9876543210" in ended.err
    assert {plan["principal"] for plan in _plans(ended)} == {ROLE_ARN}
