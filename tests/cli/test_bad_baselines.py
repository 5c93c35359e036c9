"""Baselines that are broken, as people and machines break them: told with place and remedy, never passed over."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, renamed
from tests.cli.conftest import Ended, Run
from tests.collect.faulty import ACCOUNT_ID

AT = ("--at", "2026-11-20")
ROOT = Path("guardrift-baseline")
FOLDER = ROOT / ACCOUNT_ID
OTHER = "999988887777"
FINDINGS, ROLES, USERS, DOCUMENTS, TRAILS, HEAD = (
    "findings.json", "identity-roles.json", "identity-users.json", "documents.json", "trails.json", "account.json",
)  # fmt: skip
COMMANDS = {
    "list": ("baseline", "list", "--check", *AT),
    "update": ("baseline", "update", "--snapshot", "one.json", "--allow-incomplete", *AT),
    "gate": ("gate", "--snapshot", "one.json", *AT),
}
REASON = '      "reason": "TICKET-9",\n'
MARKERS = {
    "a merge conflict": (f"<<<<<<< HEAD\n{REASON}=======\n", ">>>>>>> theirs\n"),
    "a conflict in diff3 style": (f"<<<<<<< HEAD\n{REASON}||||||| 1a2b3c4\n{REASON}=======\n", ">>>>>>> theirs\n"),
    "only the middle of a conflict": ("=======\n", ""),
    "only the end of a conflict": ("", ">>>>>>> theirs\n"),
    "only the base of a conflict": ("||||||| 1a2b3c4\n", ""),
}

GRAVE = {("fail", "critical"), ("fail", "high")}

Break = Callable[[Path], object]


@pytest.fixture(scope="module")
def _whole() -> dict[str, bytes]:
    return {}


@pytest.fixture(autouse=True)
def baseline(_whole: dict[str, bytes], run: Run, work: Path) -> None:
    """A baseline with findings in it, made once and copied for each test, and the snapshot that it was made of."""
    Path("one.json").write_bytes(encode(renamed(CLEAN, "a")))
    if not _whole:
        terms = ("--reason", "TICKET-9", "--owner", "platform", "--expires", "2027-05-20")
        assert run("baseline", "init", "--snapshot", "one.json", "--allow-incomplete", *AT, *terms).code == 0
        _whole.update({path.name: path.read_bytes() for path in FOLDER.iterdir()})
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in _whole.items():
        (FOLDER / name).write_bytes(content)


def put(old: str, new: str, name: str = FINDINGS) -> Break:
    """Replace the first occurrence of a text."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def content(new: bytes | Callable[[bytes], bytes], name: str = FINDINGS) -> Break:
    """Give a file another content."""
    return lambda folder: (folder / name).write_bytes(
        new if isinstance(new, bytes) else new((folder / name).read_bytes())
    )


def value(change: Callable[[Any], object], name: str = FINDINGS, *, indent: int | None = 2) -> Break:
    """Change what a file says, and write it in the layout that it had."""

    def write(folder: Path) -> None:
        found = json.loads((folder / name).read_text())
        change(found)
        (folder / name).write_text(json.dumps(found, indent=indent) + "\n")

    return write


def marked(begin: str, end: str, line_end: str = "\n") -> Break:
    def change(folder: Path) -> None:
        text = (folder / FINDINGS).read_text().replace(REASON, begin + REASON + end, 1)
        (folder / FINDINGS).write_bytes(text.replace("\n", line_end).encode())

    return change


def twice(key: str) -> Callable[[Any], None]:
    return lambda found: found[key].insert(1, found[key][0])


def account(new: str) -> Break:
    return put(f'"account_id": "{ACCOUNT_ID}"', f'"account_id": {new}')


def link(to: str | Path) -> Break:
    def change(folder: Path) -> None:
        (folder / FINDINGS).rename(folder.parent.parent / "elsewhere.json")
        (folder / FINDINGS).symlink_to(to)

    return change


def folder_as_link(folder: Path) -> None:
    folder.rename("elsewhere")
    folder.symlink_to(Path("elsewhere").resolve())


def in_place_of(make: Callable[[Path], object], name: str = FINDINGS) -> Break:
    """Put something else in the place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return change


def file_in_place_of_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


# What is wrong, how it comes about, the file and the line (0: some line, None: none), and words of the message.
BROKEN: list[tuple[str, Break, str, int | None, str]] = [
    ("cut off in the middle", content(lambda it: it[:700]), FINDINGS, 0, "not JSON: Input data was truncated"),
    ("cut off in a text", content(lambda it: it[: it.index(b"TICKET") + 3]), FINDINGS, 0, "truncated"),
    ("without its last brace", content(lambda it: it[:-2]), FINDINGS, 0, "truncated"),
    ("twice in one file", content(lambda it: it * 2), FINDINGS, 0, "trailing characters"),
    ("empty", content(b""), FINDINGS, 1, "it is empty"),
    ("only blank lines", content(b"\n \r\n\n"), FINDINGS, 1, "it is empty"),
    ("a list", content(b"[]\n"), FINDINGS, 1, "Expected `object`, got `array`"),
    ("null", content(b"null\n"), FINDINGS, 1, "Expected `object`, got `null`"),
    ("a text", content(b'"x"\n'), FINDINGS, 1, "Expected `object`, got `str`"),
    ("no keys", content(b"{}\n"), FINDINGS, 1, "no document of schema"),
    ("a NUL byte", put("TICKET", "TIC\0KET"), FINDINGS, 0, "NUL byte"),
    ("nothing but NUL bytes", content(b"\0" * 4096), FINDINGS, 1, "NUL byte"),
    ("a control character", put("TICKET", "TIC\x1bKET"), FINDINGS, 0, "not JSON"),
    ("UTF-16", content(lambda it: it.decode().encode("utf-16")), FINDINGS, 1, "UTF-16"),
    ("UTF-16 without a mark", content(lambda it: it.decode().encode("utf-16-le")), FINDINGS, 1, "NUL byte"),
    ("UTF-8 with a mark", content(lambda it: b"\xef\xbb\xbf" + it), FINDINGS, 1, "byte order mark"),
    ("Latin-1", content(lambda it: it.replace(b"TICKET", b"\xe9", 1)), FINDINGS, 0, "not UTF-8"),
    ("half of a pair", put("TICKET", "\\ud800"), FINDINGS, 0, "not JSON"),
    ("a comment", put('  "holds"', '  // reviewed\n  "holds"'), FINDINGS, 2, "not JSON"),
    ("a comma at the end", content(lambda it: it.replace(b"    }\n  ]", b"    },\n  ]")), FINDINGS, 0, "comma"),
    ("lists of 50 MB", content(b"[" * 50_000_000), FINDINGS, 1, "Expected `object`"),
    ("objects of 50 MB", content(b'{"a":' * 10_000_000), FINDINGS, 1, "nested too deeply"),
    ("a document too deep", put('"document": {', '"document": ' + "[" * 100_000 + ', "x": {', DOCUMENTS), DOCUMENTS, 0,
     "nested too deeply"),
    ("a newer schema", put("baseline/1", "baseline/2"), FINDINGS, 3, "newer guardrift (guardrift/baseline/2"),
    ("a schema of too many digits", put("baseline/1", "baseline/" + "9" * 5000), FINDINGS, 3, "no document of schema"),
    ("another schema", put("baseline/1", "report/1"), FINDINGS, 3, "no document of schema guardrift/baseline/1"),
    ("no schema", value(lambda it: it.pop("schema")), FINDINGS, 1, "no document of schema"),
    ("a schema that is a number", put('"guardrift/baseline/1"', "1"), FINDINGS, 3, "no document of schema"),
    ("the file of something else", put('"holds": "findings"', '"holds": "documents"'), FINDINGS, 2, "documents"),
    ("a newer fingerprint", put('_version": 1', '_version": 2'), FINDINGS, 5, "fingerprint_version"),
    ("a number beyond all", put('_version": 1', '_version": 1' + "0" * 9999), FINDINGS, 5, "out of range"),
    ("the account id as a number", account(ACCOUNT_ID), FINDINGS, 4, "the account id is a number"),
    ("a short account id as a number", account("12345"), FINDINGS, 4, "the account id is a number"),
    ("the account id as a float", account(f"{ACCOUNT_ID}.0"), FINDINGS, 4, "the account id is a number"),
    ("the account id as a spreadsheet has it", account("1.11122E+11"), FINDINGS, 4, "the account id is a number"),
    ("a number with a leading zero", account("011122223333"), FINDINGS, 4, "the account id is a number"),
    ("leading zeros that are lost", account('"22223333"'), FINDINGS, 4, "'22223333' is not twelve digits"),
    ("a hostile account id", account('"1\\n::error::x"'), FINDINGS, 4, "is not twelve digits"),
    ("an account id too long", account('"' + "1" * 9999 + '"'), FINDINGS, 4, "is not twelve digits"),
    ("no account id", value(lambda it: it.pop("account_id")), FINDINGS, 1, "missing required field `account_id`"),
    ("one file of another account", account(f'"{OTHER}"'), FINDINGS, 4, f"of account {OTHER}, not of {ACCOUNT_ID}"),
    ("a finding twice", value(twice("findings")), FINDINGS, 0, "there are two entries"),
    ("a thing twice", value(twice("entries"), ROLES), ROLES, 0, "there are two entries"),
    ("a document twice", value(twice("documents"), DOCUMENTS), DOCUMENTS, 0, "there are two entries"),
    ("two last days", put('      "expires"', '      "expires": "2026-12-01",\n      "expires"'), FINDINGS, 0,
     "the key 'expires' is said here and in line"),
    ("two lists of findings", put('  "findings"', '  "findings": [],\n  "findings"'), FINDINGS, 6, "key 'findings'"),
    ("a key twice in a document", put('"Version"', '"Version": "2008-10-17", "Version"', DOCUMENTS), DOCUMENTS, 0,
     "the key 'Version'"),
    ("an expiry in words", put('"2027-05-20"', '"soon"'), FINDINGS, 0, "no day such as 2027-05-20"),
    ("an expiry that is no day", put('"2027-05-20"', '"2027-02-30"'), FINDINGS, 0, "no day"),
    ("an expiry with a time", put('"2027-05-20"', '"2027-05-20T00:00:00Z"'), FINDINGS, 0, "no day"),
    ("an expiry as a number", put('"2027-05-20"', "20270520"), FINDINGS, 0, "no day"),
    ("no expiry", value(lambda it: it["findings"][0].pop("expires")), FINDINGS, 0, "missing required field `expires`"),
    ("an expiry that is null", put('"2027-05-20"', "null"), FINDINGS, 0, "no day"),
    ("a blank reason", put('"TICKET-9"', '"  "'), FINDINGS, 0, "this is blank (at findings[0].reason)"),
    ("an empty reason", put('"TICKET-9"', '""'), FINDINGS, 0, "this is blank (at findings[0].reason)"),
    ("a blank owner", put('"platform"', '"\\u00a0\\t"'), FINDINGS, 0, "this is blank (at findings[0].owner)"),
    ("no owner", value(lambda it: it["findings"][0].pop("owner")), FINDINGS, 0, "missing required field `owner`"),
    ("a reason too long", put("TICKET-9", "x" * 1001), FINDINGS, 0, "longer than 1000 characters"),
    ("a short fingerprint", value(lambda it: it["findings"][0].update(fingerprint="9bb0")), FINDINGS, 0,
     "not 32 hexadecimal digits (at findings[0].fingerprint)"),
    ("a fingerprint in capitals", value(lambda it: it["findings"][0].update(fingerprint="A" * 32)), FINDINGS, 0,
     "not 32 hexadecimal digits"),
    ("a short digest", value(lambda it: it["documents"][0].update(digest="029e"), DOCUMENTS), DOCUMENTS, 0,
     "not 32 hexadecimal digits"),
    ("a severity that there is not", put('"severity": "', '"severity": "very '), FINDINGS, 0, "findings[0].severity"),
    ("an unknown key of the file", put('  "findings"', '  "notes": [],\n  "findings"'), FINDINGS, 6, "field `notes`"),
    ("an unknown key of a finding", put('      "owner"', '      "ovner"'), FINDINGS, 0, "field `ovner`"),
    ("an unknown key of a thing", put('      "arn"', '      "x": 1,\n      "arn"', ROLES), ROLES, 0, "field `x`"),
    ("a hostile key", put('      "owner"', '      "\\n::error::\\u202e": 1,\n      "owner"'), FINDINGS, 0, "unknown"),
    ("findings that are no list", value(lambda it: it.update(findings={})), FINDINGS, 6, "`array`, got `object`"),
    ("findings that are null", value(lambda it: it.update(findings=None)), FINDINGS, 6, "`array`, got `null`"),
    ("no findings at all", value(lambda it: it.pop("findings")), FINDINGS, 1, "missing required field `findings`"),
    ("a finding that is a text", value(lambda it: it.update(findings=["x"])), FINDINGS, 7, "`object`, got `str`"),
    ("entries that are no list", value(lambda it: it.update(entries={}), TRAILS), TRAILS, 5, "`array`, got `object`"),
    ("no entries", value(lambda it: it.pop("entries"), TRAILS), TRAILS, 1, "missing required field `entries`"),
    ("a region that is a number", value(lambda it: it["regions"].insert(0, 5), HEAD), HEAD, 7, "`str`, got `int`"),
    ("a policy changed by hand", put("sts:assumerole", "sts:*", DOCUMENTS), DOCUMENTS, 0, "not that of its digest"),
    ("a policy that is gone", value(lambda it: it["documents"].clear(), DOCUMENTS), USERS, 0, "names a document"),
    ("a file that is missing", lambda folder: (folder / FINDINGS).unlink(), FINDINGS, None, "is missing"),
    ("the first file missing", lambda folder: (folder / HEAD).unlink(), HEAD, None, "is missing"),
    ("another case", lambda folder: (folder / FINDINGS).rename(folder / "Findings.json"), FINDINGS, None, "is missing"),
    ("a file too many", content(b"{}", "more.json"), "more.json", None, "no file of a baseline"),
    ("a hostile file", content(b"{}", "\n::error::\x1b.json"), "", None, "no file of a baseline"),
    ("a folder for a file", in_place_of(Path.mkdir), FINDINGS, None, "is no file"),
    ("a pipe for a file", in_place_of(os.mkfifo), FINDINGS, None, "is no file"),
    ("a link for a file", link(Path("../../elsewhere.json")), FINDINGS, None, "is a symbolic link"),
    ("a link to a secret", link("/etc/passwd"), FINDINGS, None, "is a symbolic link"),
    ("a link that leads nowhere", link("nowhere"), FINDINGS, None, "is a symbolic link"),
    ("a link to itself", link(FINDINGS), FINDINGS, None, "is a symbolic link"),
    ("a link for the folder", folder_as_link, "", None, "is a symbolic link"),
    ("a file for the folder", file_in_place_of_folder, "", None, "is no folder"),
    *((name, marked(*text), FINDINGS, 0, "a merge left its conflict here") for name, text in MARKERS.items()),
    *((f"{name}, CRLF", marked(*text, line_end="\r\n"), FINDINGS, 0, "a merge left its conflict here")
      for name, text in MARKERS.items()),
]  # fmt: skip


def refused(ended: Ended) -> str:
    """The message of an error that nothing gets past; it has a remedy, and is nothing that a runner obeys."""
    assert ended.code == 2, ended
    assert ended.out == ""
    message, remedy, *more = ended.err.splitlines()
    assert not more, "one error, one remedy"
    assert message.startswith("error: ")
    assert len(remedy) > len("help: ")
    assert remedy.startswith("help: ")
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", ended.err)
    assert len(ended.err) < 1000
    assert "accepted finding" not in ended.err
    return message.removeprefix("error: ")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("change", "name", "line", "said"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_what_is_broken_is_told(run: Run, command: str, change: Break, name: str, line: int | None, said: str) -> None:
    before = {path.name for path in FOLDER.iterdir()}
    change(FOLDER)

    message = refused(run(*COMMANDS[command]))

    assert said in message
    if line is None:
        assert message.startswith(f"{FOLDER / name}")
    else:
        place = re.match(rf"{FOLDER}/{name}:(\d+): ", message)
        assert place is not None, message
        assert line in {0, int(place[1])}
    if FOLDER.is_dir() and not FOLDER.is_symlink():
        assert len(before - {path.name for path in FOLDER.iterdir()}) <= 1, "nothing was written anew"


LINES = [
    ("an expiry in words", put('"2027-05-20"', '"soon"'), '"soon"'),
    ("a blank reason", put('"TICKET-9"', '" "'), '"reason": " "'),
    ("an unknown key", put('      "owner"', '      "ovner"'), '"ovner"'),
    ("two last days", put('      "expires"', '      "expires": "2026-12-01",\n      "expires"'), '"2026-12-01"'),
    ("a conflict", marked(*MARKERS["a merge conflict"]), "<<<<<<< HEAD"),
    ("a conflict, CRLF", marked(*MARKERS["a merge conflict"], line_end="\r\n"), "<<<<<<< HEAD"),
    ("the base of a conflict", marked(*MARKERS["only the base of a conflict"]), "|||||||"),
    ("Latin-1", content(lambda it: it.replace(b"TICKET", b"\xe9", 1)), "\ufffd-9"),
    ("a comma at the end", content(lambda it: it.replace(b"    }\n  ]", b"    },\n  ]")), "  ]"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "there"), [case[1:] for case in LINES], ids=[case[0] for case in LINES])
def test_the_line_is_that_of_the_fault(run: Run, change: Break, there: str) -> None:
    change(FOLDER)
    lines = (FOLDER / FINDINGS).read_text(errors="replace").split("\n")

    message = refused(run(*COMMANDS["list"]))

    number = int(re.search(r"\.json:(\d+): ", message)[1])  # type: ignore[index]
    assert there in lines[number - 1]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("change", [lambda folder: folder.rename(ROOT / OTHER), shutil.rmtree], ids=["renamed", "gone"])
def test_the_folder_of_another_account(run: Run, command: str, change: Break) -> None:
    change(FOLDER)

    ended = run(*COMMANDS[command])

    message = refused(ended)
    if (ROOT / OTHER).exists() and command == "list":
        assert f"{ROOT / OTHER}/account.json:4: it is of account {ACCOUNT_ID}, not of {OTHER}" in message
    else:
        assert "holds no baseline" in message


def test_an_update_names_the_accounts_that_there_are(run: Run) -> None:
    FOLDER.rename(ROOT / OTHER)

    assert f"There is one of account {OTHER}. " in run(*COMMANDS["update"]).err


@pytest.mark.parametrize("name", ["prod", ACCOUNT_ID[1:], f"{ACCOUNT_ID}0", f"{ACCOUNT_ID}.old"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_would_count_for_no_account(run: Run, command: str, name: str) -> None:
    shutil.copytree(FOLDER, ROOT / name)

    assert f"{ROOT / name} holds files of a baseline" in refused(run(*COMMANDS[command]))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_for_all_folders(run: Run, command: str) -> None:
    shutil.rmtree(ROOT)
    ROOT.write_text("x")

    refused(run(*COMMANDS[command]))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("what", [FOLDER / FINDINGS, FOLDER, ROOT], ids=["file", "account", "root"])
def test_what_must_not_be_read(run: Run, command: str, what: Path) -> None:
    what.chmod(0)
    try:
        assert "Permission denied" in refused(run(*COMMANDS[command])) or command == "update"
    finally:
        what.chmod(0o700)


def test_an_expiry_in_the_past_is_refused_where_it_is_given(run: Run) -> None:
    terms = ("--reason", "r", "--owner", "o", "--expires", "2026-11-19")

    message = refused(run("baseline", "accept", "--all", "--snapshot", "one.json", *AT, *terms))

    assert message == "--expires 2026-11-19 is in the past"


def test_an_expiry_in_the_past_counts_again_where_it_stands(run: Run) -> None:
    grave = next(number for number, each in enumerate(findings()) if (each["status"], each["severity"]) in GRAVE)
    value(lambda it: it["findings"][grave].update(expires="2026-11-19"))(FOLDER)

    listed, gate = run(*COMMANDS["list"]), run(*COMMANDS["gate"])

    assert listed.code == 1
    assert "1 acceptance expired: these findings count again." in listed.err
    assert gate.code == 1
    assert "expired" in gate.out


def test_a_finding_that_was_taken_out_counts(run: Run) -> None:
    """Whoever takes an acceptance out by hand is stricter, not wrong."""
    grave = next(number for number, each in enumerate(findings()) if (each["status"], each["severity"]) in GRAVE)
    assert run(*COMMANDS["gate"]).code == 0
    value(lambda it: it["findings"].pop(grave))(FOLDER)

    assert run(*COMMANDS["list"]).code == 0
    assert run(*COMMANDS["gate"]).code == 1
    assert "not accepted" in run(*COMMANDS["update"]).err


@pytest.mark.parametrize("change", [lambda it: it.replace(b"\n", b"\r\n"), lambda it: it], ids=["CRLF", "as it was"])
def test_what_is_no_fault(run: Run, change: Callable[[bytes], bytes]) -> None:
    for path in FOLDER.iterdir():
        path.write_bytes(change(path.read_bytes()))
    (FOLDER / "README.md").write_text("Reviewed by the platform team.\n")

    assert run(*COMMANDS["list"]).code == 0
    assert run(*COMMANDS["gate"]).code == 0


def test_a_policy_that_is_not_there_has_a_place_in_any_layout(run: Run) -> None:
    value(lambda it: it["documents"].clear(), DOCUMENTS)(FOLDER)
    value(lambda it: None, USERS, indent=None)(FOLDER)

    for command in COMMANDS.values():
        assert f"{FOLDER}/{USERS}:1: " in refused(run(*command))


def findings() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode((FOLDER / FINDINGS).read_bytes())["findings"]
    return found
