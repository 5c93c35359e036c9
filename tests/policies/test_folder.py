"""The folder of containment files: its names, its scripts as they run, and its pages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from policies import Rendered, folder_files, render_role, render_user
from scanner.inventory import AccessKey, Gap, Role, User

CUTOFF = "2026-11-20T23:00:00Z"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


class Ran(Protocol):
    status: int
    calls: list[list[str]]
    errors: str
    strays: list[str]


class Terminal(Protocol):
    def run(self, script: str, shell: str = ..., date: str = ..., *flags: str, **environment: str) -> Ran: ...


def role(name: str, path: str = "/", account: str = "111122223333") -> Rendered:
    arn = f"arn:aws:iam::{account}:role{path}{name}"
    return render_role(Role(name=name, path=path, arn=arn, trust=msgspec.Raw(b"{}")), CUTOFF)


def user(name: str, *keys: str) -> Rendered:
    arn = f"arn:aws:iam::111122223333:user/{name}"
    active = tuple(AccessKey(id=each, user=name, status="Active", created=CREATED) for each in keys)
    return render_user(User(name=name, arn=arn), active)


SERVICE_LINKED = role("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/")


def test_files_of_ordinary_principals() -> None:
    assert list(folder_files([user("app", "AKIAONE"), SERVICE_LINKED, role("app")])) == [
        "index.json",
        "role/AWSServiceRoleForSupport/README.md",
        "role/app/README.md",
        "role/app/apply.sh",
        "role/app/revoke.json",
        "role/app/undo.sh",
        "user/app/README.md",
        "user/app/apply.sh",
        "user/app/quarantine.json",
        "user/app/undo.sh",
    ]


def test_texts_of_ordinary_principals(snapshot: SnapshotAssertion) -> None:
    open_cutoff = render_role(Role(name="app", arn="arn:aws:iam::111122223333:role/app", trust=msgspec.Raw(b"{}")))

    assert folder_files([user("bob", "AKIAONE"), SERVICE_LINKED, open_cutoff]) == snapshot


def test_given_cutoff_leaves_no_placeholder() -> None:
    assert not any("CUTOFF" in text for text in folder_files([role("app"), user("bob", "AKIAONE")]).values())


def test_principal_that_cannot_be_contained_has_a_page_only() -> None:
    files = folder_files([SERVICE_LINKED])

    assert list(files) == ["index.json", "role/AWSServiceRoleForSupport/README.md"]
    page = files["role/AWSServiceRoleForSupport/README.md"]
    assert page.startswith("# Not possible: revoke the sessions of a role\n")
    assert SERVICE_LINKED.reason
    assert SERVICE_LINKED.alternative
    assert page.index(SERVICE_LINKED.reason) < page.index(SERVICE_LINKED.alternative)


def test_index_leads_from_principals_to_files() -> None:
    files = folder_files([user("bob"), SERVICE_LINKED])

    assert json.loads(files["index.json"]) == {
        "principals": [
            {
                "principal": SERVICE_LINKED.principal,
                "kind": "role",
                "template": "revoke-sessions",
                "status": "not_containable",
                "files": ["role/AWSServiceRoleForSupport/README.md"],
                "reason": SERVICE_LINKED.reason,
            },
            {
                "principal": "arn:aws:iam::111122223333:user/bob",
                "kind": "user",
                "template": "quarantine-user",
                "status": "ready",
                "files": [
                    "user/bob/README.md",
                    "user/bob/apply.sh",
                    "user/bob/quarantine.json",
                    "user/bob/undo.sh",
                ],
            },
        ]
    }


def test_full_user_has_no_document() -> None:
    full = Rendered(
        principal="arn:aws:iam::111122223333:user/bob",
        kind="user",
        name="bob",
        template="quarantine-user",
        apply=("true",),
    )

    assert list(folder_files([full])) == ["index.json", "user/bob/README.md", "user/bob/apply.sh", "user/bob/undo.sh"]


def test_empty_folder_has_an_empty_index() -> None:
    assert folder_files([]) == {"index.json": '{\n  "principals": []\n}\n'}


@pytest.mark.parametrize("script", ["apply.sh", "undo.sh"])
def test_scripts_run_their_commands_and_nothing_else(
    terminal: Terminal, script: str, hostile_names: tuple[str, ...]
) -> None:
    principals = [each for name in hostile_names for each in (role(name), user(name, "AKIAONE"))]
    files = folder_files(principals)
    scripts = [text for path, text in files.items() if path.endswith(script)]
    assert len(scripts) == len(principals)

    # Each in a subshell of its own, since a script ends with exit.
    ran = terminal.run("".join(f"(\n{each})\n" for each in scripts))

    assert (ran.status, ran.errors, ran.strays) == (0, "", [])
    expected = {
        "apply.sh": ["put-role-policy", "put-user-policy", "update-access-key"],
        "undo.sh": ["delete-role-policy", "delete-user-policy", "update-access-key"],
    }[script]
    assert sorted(call[2] for call in ran.calls) == sorted(expected * len(hostile_names))
    seen = {
        word.partition("=")[2] for call in ran.calls for word in call if word.startswith(("--role-name", "--user-name"))
    }
    assert seen == set(hostile_names)


def test_script_goes_on_after_a_failure_and_reports_it(terminal: Terminal) -> None:
    script = folder_files([user("bob", "AKIAONE")])["user/bob/apply.sh"]

    ran = terminal.run(script, REFUSED="put-user-policy")

    assert ran.status == 1
    assert [call[2] for call in ran.calls] == ["put-user-policy", "update-access-key"]


@pytest.mark.parametrize("date", ["broken", "silent"])
def test_script_sends_nothing_without_a_cutoff(terminal: Terminal, date: str) -> None:
    rendered = render_role(Role(name="app", arn="arn:aws:iam::111122223333:role/app", trust=msgspec.Raw(b"{}")))

    ran = terminal.run(folder_files([rendered])["role/app/apply.sh"], date=date)

    assert (ran.status, ran.calls) == (1, [])


def test_no_hostile_text_stands_in_a_script_unquoted(hostile_name: str) -> None:
    files = folder_files([role(hostile_name)])
    (script,) = (text for path, text in files.items() if path.endswith("apply.sh"))
    (plain,) = (text for path, text in folder_files([role("x")]).items() if path.endswith("apply.sh"))

    ours, theirs = plain.splitlines(), script.splitlines()
    assert len(theirs) == len(ours)
    assert sum(a != b for a, b in zip(ours, theirs, strict=True)) == 1


SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+=,.@~-]*")


def assert_safe(files: dict[str, str]) -> None:
    for path in files:
        for segment in path.split("/"):
            assert SEGMENT.fullmatch(segment)
            assert len(segment.encode()) <= 120
            assert not segment.endswith(".")
            assert segment.partition(".")[0].casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert len({path.casefold() for path in files}) == len(files)


def test_hostile_names_stay_in_the_folder(hostile_names: tuple[str, ...], tmp_path: Path) -> None:
    principals = [each for name in hostile_names for each in (role(name), user(name))]
    files = folder_files(principals)

    assert_safe(files)
    assert len(files) == 1 + 8 * len(hostile_names)
    for path, text in files.items():
        file = tmp_path / path
        assert file.resolve().is_relative_to(tmp_path.resolve())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    ["con", "COM1", "nul.txt", "lpt9.a.b", ".", "..", ".git", "-rf", "a.", "+x", "=x", "a" * 101, "a/b", "a~b", ""],
)
def test_names_that_file_systems_or_tools_misread_are_escaped(name: str) -> None:
    principal = Rendered(
        principal="arn", kind="role", name=name, template="revoke-sessions", reason="r", alternative="a"
    )
    (_, page) = folder_files([principal])

    assert_safe({page: ""})
    assert re.fullmatch(r"role/_?[A-Za-z0-9_+=,@-]{0,60}~[0-9a-f]{16}/README\.md", page)


@pytest.mark.parametrize("name", ["app", "App_1", "a.b", "x+=,@-y", "a" * 64, "_a", "console", "com10"])
def test_ordinary_names_are_kept(name: str) -> None:
    assert f"role/{name}/apply.sh" in folder_files([role(name)])


def test_names_that_differ_in_case_or_account_only_are_told_apart() -> None:
    files = folder_files([role("app"), role("APP"), role("app", account="444455556666"), role("other")])

    assert_safe(files)
    assert len(files) == 1 + 4 * 4
    assert "role/app/apply.sh" not in files
    assert "role/other/apply.sh" in files


def test_the_same_principal_twice_has_two_folders() -> None:
    assert len(folder_files([role("app"), role("app")])) == 1 + 2 * 4


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=[])) | st.sampled_from(["app", "App", "aPP"])))
def test_any_names_give_safe_different_and_stable_paths(names: list[str]) -> None:
    principals = [
        Rendered(
            principal=f"arn:{name}", kind="role", name=name, template="revoke-sessions", reason=name, alternative="a"
        )
        for name in names
    ]
    files = folder_files(principals)

    assert_safe(files)
    assert len(files) == 1 + len(names)
    assert list(folder_files(principals[::-1]).items()) == list(files.items())
    assert all(text.encode() for text in files.values())


def test_index_holds_no_character_that_acts_on_a_terminal(hostile_names: tuple[str, ...]) -> None:
    index = folder_files([role(name) for name in hostile_names])["index.json"]

    assert index.isascii()
    assert index.replace("\n", "").isprintable()
    assert {entry["principal"] for entry in json.loads(index)["principals"]} == {
        f"arn:aws:iam::111122223333:role/{name}" for name in hostile_names
    }


def test_message_of_a_gap_cannot_become_markup() -> None:
    gap = Gap("iam:ListAccessKeys", "denied", reason="<script>x</script> [y](javascript:z)\n# heading")
    rendered = render_user(User(name="bob", arn="arn:aws:iam::111122223333:user/bob"), gap)

    page = folder_files([rendered])["user/bob/README.md"]

    assert "\\<script\\>" in page
    assert "\\[y\\](javascript:z)\\\\u{a}\\# heading" in page
