"""Lines of files: those of entries, and of whatever is wrong."""

from __future__ import annotations

import json

import pytest

from scanner.baseline import Places, entry_line, entry_lines, normal_form, written
from scanner.baseline.lines import conflict_line, first_difference, line_of
from tests.accounts import OWN
from tests.scanner.baseline.samples import baseline, faulty
from tests.scanner.baseline.test_accepted import accepted, finding

TEXT = """{
  "a": [
    {"b": "x:,{"},
    {
      "c" : [1, 2,
        3]
    }
  ],
  "d": {"e": null}
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [("$", 1), ("$.a", 2), ("$.a[0].b", 3), ("$.a[1]", 4), ("$.a[1].c", 5), ("$.a[1].c[2]", 6), ("$.d.e", 9),
     ("$.a[1].gone", 4), ("$.gone", 1), ("$.a[...].b", 2)],
)  # fmt: skip
def test_the_line_of_a_path(path: str, line: int) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize("text", ["", "{", "]]", '{"a"', "[1,,2}", '{"a": [}'])
def test_a_broken_text_has_lines_too(text: str) -> None:
    assert line_of(text, "$.a[3].b") == 1


def test_every_entry_has_its_line() -> None:
    for name, content in written(baseline(faulty())).items():
        lines = content.decode().split("\n")
        names = [each.get("entry") or each.get("digest") for each in [
            *json.loads(content).get("entries", ()), *json.loads(content).get("documents", ())]]  # fmt: skip
        found = entry_lines(content.decode())
        assert list(found) == names, name
        assert all(json.dumps(entry) in lines[line - 1] for entry, line in found.items())


def test_an_entry_that_is_not_there() -> None:
    assert entry_line('{\n  "entry": "a\\u0020b"\n}', "a b") == 2
    assert entry_line("{}", "a") == 1


def test_a_value_that_looks_like_an_entry() -> None:
    text = json.dumps({"entries": [{"name": '"entry": "x"', "entry": "y"}]}, indent=2)

    assert entry_lines(text) == {"y": 5}


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\n<<<<<<< ours\nb", 2), ("=======\n", 1), ("a\nb\n>>>>>>> theirs", 3), ('"<<<<<<< x"', None), ("====", None)],
)
def test_the_line_of_a_conflict(text: str, line: int | None) -> None:
    assert conflict_line(text) == line


def test_the_first_line_that_differs() -> None:
    assert first_difference("a\nb\n", "a\nc\n") == 2
    assert first_difference("a\n", "a\nb\n") == 2


def test_the_place_of_a_finding() -> None:
    state = normal_form(faulty())
    user = f"arn:aws:iam::{OWN}:user/ci"
    places = Places(state, accepted(finding()))

    def of(arn: str, region: str | None = None, kind: str = "T") -> tuple[str, str]:
        return places.of(finding(fingerprint="1" * 32, region=region, resource={
            "arn": arn, "type": kind, "name": "n", "account_id": OWN, "region": region}))  # fmt: skip

    assert places.of(finding()) == ("findings.json", "0" * 32)
    assert of(user) == ("identity-users.json", f"user {user}")
    assert of(f"{user}#AKIA1") == of(user)
    assert of(f"arn:aws:iam::{OWN}:root", kind="AWS::Account") == ("account.json", "")
    assert of("arn:gone") == ("account.json", "")
    trail = next(entry for entry in state.entries["trails"] if entry.entry.startswith("trail "))
    assert of(trail.arn, trail.region) == ("trails.json", trail.entry)
