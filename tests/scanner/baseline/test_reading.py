"""A baseline is read strictly: every fault with its file, its line and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import msgspec
import pytest

from scanner.baseline import Baseline, read_baseline, written
from scanner.baseline.accepted import in_order
from scanner.errors import UsageError
from tests.accounts import FOREIGN, OWN, account, allow, policy, region
from tests.scanner.baseline.samples import baseline
from tests.scanner.baseline.test_accepted import accepted, finding

TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
ACCOUNT = account({
    "roles": [
        {"name": name, "arn": f"arn:aws:iam::{OWN}:role/{name}", "id": f"AROA{name}", "trust": TRUST,
         "inline": [{"name": "p", "document": policy(allow(["s3:Get*", "s3:Put*"]))}]}
        for name in ("app", "deploy")
    ],
    "users": [{"name": "ann", "arn": f"arn:aws:iam::{OWN}:user/ann", "groups": ["a", "b"]}],
    "regions": [region()],
})  # fmt: skip
BASELINE: Baseline = msgspec.structs.replace(
    baseline(ACCOUNT), accepted=in_order([*accepted(finding()), *accepted(finding(fingerprint="1" * 32))])
)
FILES = written(BASELINE)


def read(files: dict[str, bytes]) -> Baseline:
    return read_baseline(files, "base/x", account_id=OWN)


def replaced(name: str, old: str, new: str, count: int = 1) -> dict[str, bytes]:
    text = FILES[name].decode()
    assert old in text
    return {**FILES, name: text.replace(old, new, count).encode()}


def line_of(name: str, part: str, occurrence: int = 1) -> int:
    lines = [number for number, line in enumerate(FILES[name].decode().split("\n"), 1) if part in line]
    return lines[occurrence - 1]


def test_it_is_read() -> None:
    assert read(FILES) == BASELINE


def test_other_line_ends_are_no_fault() -> None:
    assert read({name: content.replace(b"\n", b"\r\n") for name, content in FILES.items()}) == BASELINE


def turned(name: str, key: str, change: Callable[[list[object]], None]) -> dict[str, bytes]:
    content = json.loads(FILES[name])
    change(content[key])
    return {**FILES, name: (json.dumps(content, indent=2) + "\n").encode()}


ROLES, FINDINGS, USERS, HEAD, DOCUMENTS = (
    "identity-roles.json", "findings.json", "identity-users.json", "account.json", "documents.json",
)  # fmt: skip
END = f'"expires": "{accepted(finding())[0].expires}"'
BROKEN: list[tuple[str, dict[str, bytes], str, int, str]] = [
    ("truncated", {**FILES, ROLES: FILES[ROLES][:900]}, ROLES, FILES[ROLES][:900].rstrip().count(b"\n") + 1,
     "not JSON: Input data was truncated"),
    ("empty", {**FILES, FINDINGS: b""}, FINDINGS, 1, "not JSON"),
    ("a comma too many", replaced(FINDINGS, '"holds": "findings",', '"holds": "findings",,'), FINDINGS, 2, "not JSON"),
    ("not UTF-8", {**FILES, USERS: FILES[USERS].replace(b"ann", b"\xff\xfe")}, USERS, line_of(USERS, "ann"), "UTF-8"),
    ("a merge conflict", replaced(FINDINGS, "    {\n", "<<<<<<< ours\n    {\n"), FINDINGS, 7, "conflict"),
    ("a newer schema", replaced(ROLES, "baseline/1", "baseline/2"), ROLES, 3, "newer guardrift"),
    ("another document", replaced(ROLES, "baseline/1", "report/1"), ROLES, 3, "no document of schema"),
    ("the file of something else", {**FILES, ROLES: FILES[USERS]}, ROLES, 2, "Invalid value 'identity-users'"),
    ("another account", replaced(ROLES, f'"account_id": "{OWN}"', f'"account_id": "{FOREIGN}"'), ROLES, 4,
     f"of account {FOREIGN}, not of {OWN}"),
    ("an account id as a number", replaced(HEAD, f'"account_id": "{OWN}"', f'"account_id": {OWN}'), HEAD, 4,
     "the account id is a number"),
    ("an unknown key", replaced(FINDINGS, '"owner"', '"ovner"'), FINDINGS, line_of(FINDINGS, '"owner"'), "ovner"),
    ("an unknown key of a thing", replaced(ROLES, '      "id":', '      "x": 1,\n      "id":'), ROLES,
     line_of(ROLES, '      "id":'), "unknown field"),
    ("a day that there is not", replaced(FINDINGS, END, '"expires": "2027-02-30"'), FINDINGS, line_of(FINDINGS, END),
     "expires"),
    ("no last day", replaced(FINDINGS, f",\n      {END}", ""), FINDINGS, 7, "missing required field `expires`"),
    ("an empty reason", replaced(FINDINGS, '"TICKET-9"', '" "', 2), FINDINGS, line_of(FINDINGS, "TICKET-9"), "reason"),
    ("a severity that there is not", replaced(FINDINGS, '"medium"', '"mild"'), FINDINGS, line_of(FINDINGS, '"medium"'),
     "mild"),
    ("a finding twice", replaced(FINDINGS, "1" * 32, "0" * 32), FINDINGS, line_of(FINDINGS, "1" * 32),
     "two entries 0000"),
    ("a thing twice", replaced(ROLES, "role/deploy", "role/app", 2), ROLES, line_of(ROLES, '"entry"', 2),
     "two entries role"),
    ("a key twice", replaced(FINDINGS, END, f'"expires": "2099-01-01",\n      {END}'), FINDINGS,
     line_of(FINDINGS, END), "not as guardrift writes it"),
    ("not sorted", turned(ROLES, "entries", list.reverse), ROLES, line_of(ROLES, '"entry"'),
     "not as guardrift writes it"),
    ("not sorted within", replaced(USERS, '"a",\n        "b"', '"b",\n        "a"'), USERS, line_of(USERS, '"a"'),
     "not as guardrift writes it"),
    ("another layout", {**FILES, USERS: json.dumps(json.loads(FILES[USERS])).encode()}, USERS, 1,
     "not as guardrift writes it"),
    ("a policy changed by hand", replaced(DOCUMENTS, "s3:put*", "s3:*"), DOCUMENTS, 0, "not that of its digest"),
    ("a policy that is gone", turned(DOCUMENTS, "documents", list.clear), ROLES, line_of(ROLES, '"entry"'),
     "names a document"),
    ("a policy that nothing names", turned(ROLES, "entries", list.clear), DOCUMENTS,
     line_of(DOCUMENTS, '"digest"'), "nothing names the document"),
    ("too deep", {**FILES, ROLES: b"[" * 100_000}, ROLES, 1, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "name", "line", "fault"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_fault_is_told_with_its_line(files: dict[str, bytes], name: str, line: int, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(files)

    place = re.match(rf"base/x/{name}:(\d+): ", caught.value.message)
    assert place is not None, caught.value.message
    assert fault in caught.value.message
    if line:
        assert int(place[1]) == line
    assert caught.value.hint


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_missing(name: str) -> None:
    with pytest.raises(UsageError, match=f"base/x/{name} is missing"):
        read({other: content for other, content in FILES.items() if other != name})


def test_a_file_too_many() -> None:
    with pytest.raises(UsageError, match=r"more\.json is no file of a baseline"):
        read({**FILES, "more.json": b"{}"})


def test_an_expired_acceptance_is_no_fault() -> None:
    assert read(replaced(FINDINGS, END, '"expires": "2020-01-01"')).accepted[0].expires.year == 2020


def test_another_order_is_taken_where_it_is_written_anew() -> None:
    for files in (
        turned(ROLES, "entries", list.reverse),
        replaced(USERS, '"a",\n        "b"', '"b",\n        "a"'),
        {name: json.dumps(json.loads(content)).encode() for name, content in FILES.items()},
    ):
        assert read_baseline(files, "x", in_any_order=True) == BASELINE


def test_what_a_later_version_reads_is_not_read_in_an_older_baseline() -> None:
    trail = {"arn": "arn:t", "name": "t", "home_region": "eu-west-1", "insights": [],
             "selectors": {"kind": "event-selectors"},
             "status": {"kind": "trail-status", "is_logging": True}}  # fmt: skip
    files = written(baseline(account({"regions": [region(trails=[trail])]})))
    older = files["trails.json"].replace(b'      "insights": [],\n', b"")
    assert older != files["trails.json"]

    found = read_baseline({**files, "trails.json": older}, "x")

    assert found.state.entries["trails"][0].insights is msgspec.UNSET
    assert written(found)["trails.json"] == older
