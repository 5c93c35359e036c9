"""The rendered commands, really run: each program gets exactly its arguments, and nothing else runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import parse_cutoff, render_role, render_user
from policies.templates import quarantine_user, revoke_sessions, serialise
from scanner.inventory import AccessKey, AttachedPolicy, Gap, InlinePolicy, Role, User

CUTOFF = "2026-11-20T23:00:00Z"
REVOCATION = serialise(revoke_sessions(CUTOFF))
QUARANTINE = serialise(quarantine_user())
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
# Text that was collected is UTF-8, so it holds no surrogates.
ANY_CHARACTER = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
ANY_NAME = st.text(ANY_CHARACTER, min_size=1).filter(lambda name: "://" not in name)


class Ran(Protocol):
    status: int
    calls: list[list[str]]
    errors: str
    strays: list[str]


class Terminal(Protocol):
    def run(self, script: str, shell: str = ..., date: str = ..., *flags: str, **environment: str) -> Ran: ...


def role(name: str, *, inline: int = 0, partition: str = "aws") -> Role:
    return Role(
        name=name,
        arn=f"arn:{partition}:iam::111122223333:role/{name}",
        trust=msgspec.Raw(b"{}"),
        inline=(InlinePolicy(name="big", document=msgspec.Raw(b"x" * inline)),),
    )


def user(name: str, *, inline: int = 0, attached: tuple[AttachedPolicy, ...] = ()) -> User:
    return User(
        name=name,
        arn=f"arn:aws:iam::111122223333:user/{name}",
        inline=(InlinePolicy(name="big", document=msgspec.Raw(b"x" * inline)),),
        attached=attached,
    )


def keys(name: str, **status: str) -> tuple[AccessKey, ...]:
    return tuple(AccessKey(id=each, user=name, status=state, created=CREATED) for each, state in status.items())


def put_role_policy(name: str, document: str = REVOCATION) -> list[str]:
    return [
        "aws", "iam", "put-role-policy", f"--role-name={name}", "--policy-name=AWSRevokeOlderSessions",
        "--policy-document", document,
    ]  # fmt: skip


def delete_role_policy(name: str) -> list[str]:
    return ["aws", "iam", "delete-role-policy", f"--role-name={name}", "--policy-name=AWSRevokeOlderSessions"]


def put_user_policy(name: str) -> list[str]:
    return [
        "aws", "iam", "put-user-policy", f"--user-name={name}", "--policy-name=ir-quarantine-user",
        "--policy-document", QUARANTINE,
    ]  # fmt: skip


def delete_user_policy(name: str) -> list[str]:
    return ["aws", "iam", "delete-user-policy", f"--user-name={name}", "--policy-name=ir-quarantine-user"]


def update_key(name: str, key: str, status: str) -> list[str]:
    return ["aws", "iam", "update-access-key", f"--user-name={name}", f"--access-key-id={key}", f"--status={status}"]


def assert_only(ran: Ran, *calls: list[str]) -> None:
    assert (ran.status, ran.calls, ran.errors, ran.strays) == (0, list(calls), "", [])


def test_role_with_a_hostile_name(terminal: Terminal, hostile_name: str) -> None:
    rendered = render_role(role(hostile_name), CUTOFF)

    ran = terminal.run("\n".join((*rendered.apply, *rendered.undo, "")))

    assert_only(ran, put_role_policy(hostile_name), delete_role_policy(hostile_name))


def test_role_with_a_hostile_name_and_an_open_cutoff(terminal: Terminal, hostile_names: tuple[str, ...]) -> None:
    script = "\n".join(command for name in hostile_names for command in render_role(role(name)).apply)

    ran = terminal.run(script + "\n", date="bsd")

    assert (ran.status, ran.errors, ran.strays) == (0, "", [])
    times = [
        json.loads(call[-1])["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"] for call in ran.calls
    ]
    expected = zip(hostile_names, times, strict=True)
    assert ran.calls == [put_role_policy(name, serialise(revoke_sessions(time))) for name, time in expected]


def test_user_with_a_hostile_name(terminal: Terminal, hostile_name: str) -> None:
    rendered = render_user(user(hostile_name), keys(hostile_name, AKIAONE="Active"))

    ran = terminal.run("\n".join((*rendered.apply, *rendered.undo, "")))

    assert_only(
        ran,
        put_user_policy(hostile_name),
        update_key(hostile_name, "AKIAONE", "Inactive"),
        update_key(hostile_name, "AKIAONE", "Active"),
        delete_user_policy(hostile_name),
    )


def test_key_with_a_hostile_id(terminal: Terminal, hostile_name: str) -> None:
    rendered = render_user(user("bob"), (AccessKey(id=hostile_name, user="bob", status="Active", created=CREATED),))

    assert_only(
        terminal.run("\n".join(rendered.apply) + "\n"),
        put_user_policy("bob"),
        update_key("bob", hostile_name, "Inactive"),
    )


@settings(max_examples=150, deadline=None)
@given(names=st.lists(ANY_NAME, min_size=1, max_size=3))
def test_any_name_at_all(terminal: Terminal, names: list[str]) -> None:
    script = "\n".join(command for name in names for command in render_role(role(name), CUTOFF).apply)

    assert_only(terminal.run(script + "\n"), *map(put_role_policy, names))


@pytest.mark.parametrize("shell", ["bash", "zsh", "ksh", "mksh"])
def test_other_shells_that_people_paste_into(terminal: Terminal, shell: str, hostile_names: tuple[str, ...]) -> None:
    rendered = [render_role(role(name), CUTOFF) for name in hostile_names]
    script = "\n".join(command for each in rendered for command in each.apply)

    assert_only(terminal.run(script + "\n", shell), *map(put_role_policy, hostile_names))


def test_history_expansion_of_an_interactive_shell(terminal: Terminal, hostile_names: tuple[str, ...]) -> None:
    rendered = [render_role(role(name), CUTOFF) for name in hostile_names]
    script = "\n".join(("set -o history -o histexpand", *(command for each in rendered for command in each.apply), ""))

    assert_only(terminal.run(script), *map(put_role_policy, hostile_names))


@pytest.mark.parametrize("posix", ["sh", "dash", "bash"])
@pytest.mark.parametrize("date", ["gnu", "bsd"])
@pytest.mark.parametrize("inline", [0, 10_240])
def test_ordinary_names_in_a_posix_shell(terminal: Terminal, posix: str, date: str, inline: int) -> None:
    rendered = render_role(role("team.app-1_x@y,z+=", inline=inline))

    ran = terminal.run("\n".join((*rendered.apply, *rendered.undo, "")), posix, date)

    assert (ran.status, ran.errors, ran.strays) == (0, "", [])
    assert len(ran.calls) == 2 + (inline > 0) * 2


def sent_time(ran: Ran) -> datetime:
    (call,) = ran.calls
    document = json.loads(call[-1])
    return parse_cutoff(document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"])


@pytest.mark.parametrize("date", ["gnu", "bsd"])
def test_cutoff_is_computed_when_the_command_is_run(terminal: Terminal, date: str) -> None:
    before = datetime.now(UTC)

    ran = terminal.run(render_role(role("app")).apply[0] + "\n", date=date, CUTOFF="2001-01-01T00:00:00Z")

    assert (ran.status, ran.errors, ran.strays) == (0, "", [])
    assert before + timedelta(seconds=30) <= sent_time(ran) <= datetime.now(UTC) + timedelta(seconds=31)


@pytest.mark.parametrize("shell_with_date", ["bash", "sh"])
@pytest.mark.parametrize("date", ["broken", "silent"])
@pytest.mark.parametrize("inline", [0, 10_240])
def test_nothing_is_sent_without_a_cutoff(terminal: Terminal, shell_with_date: str, date: str, inline: int) -> None:
    command = render_role(role("app", inline=inline)).apply[0]

    ran = terminal.run(command + "\n", shell_with_date, date, CUTOFF="2001-01-01T00:00:00Z")

    assert ran.status != 0
    assert ran.calls == []
    assert ("no clock" if date == "broken" else "nothing was sent") in ran.errors


def test_the_cutoff_does_not_stay_in_the_shell(terminal: Terminal) -> None:
    ran = terminal.run(render_role(role("app")).apply[0] + '\n[ "${CUTOFF-unset}" = unset ]\n', date="gnu")

    assert ran.status == 0


OWN_POLICY = "arn:aws-us-gov:iam::111122223333:policy/ir-revoke-sessions-app"


def test_full_role_gets_a_managed_policy(terminal: Terminal) -> None:
    rendered = render_role(role("app", inline=10_100, partition="aws-us-gov"), CUTOFF)

    ran = terminal.run("\n".join((*rendered.apply, *rendered.undo, "")))

    assert_only(
        ran,
        ["aws", "iam", "create-policy", "--policy-name=ir-revoke-sessions-app", "--policy-document", REVOCATION],
        ["aws", "iam", "attach-role-policy", "--role-name=app", f"--policy-arn={OWN_POLICY}"],
        ["aws", "iam", "detach-role-policy", "--role-name=app", f"--policy-arn={OWN_POLICY}"],
        ["aws", "iam", "delete-policy", f"--policy-arn={OWN_POLICY}"],
    )


def test_managed_policy_left_from_before_gets_a_new_version(terminal: Terminal) -> None:
    rendered = render_role(role("app", inline=10_100, partition="aws-us-gov"), CUTOFF)

    ran = terminal.run(rendered.apply[0] + "\n", REFUSED="create-policy")

    assert [call[2] for call in ran.calls] == ["create-policy", "create-policy-version", "attach-role-policy"]
    assert ran.calls[1] == [
        "aws", "iam", "create-policy-version", f"--policy-arn={OWN_POLICY}", "--policy-document", REVOCATION,
        "--set-as-default",
    ]  # fmt: skip
    assert ran.status == 0


def test_policy_that_could_not_be_made_is_not_attached(terminal: Terminal) -> None:
    rendered = render_role(role("app", inline=10_240), CUTOFF)

    ran = terminal.run(rendered.apply[0] + "\n", REFUSED="create-policy create-policy-version")

    assert ran.status != 0
    assert [call[2] for call in ran.calls] == ["create-policy", "create-policy-version"]


def test_full_role_with_a_hostile_name(terminal: Terminal, hostile_names: tuple[str, ...]) -> None:
    rendered = [render_role(role(name, inline=10_240), CUTOFF) for name in hostile_names]

    ran = terminal.run("\n".join(command for each in rendered for command in (*each.apply, *each.undo)) + "\n")

    arns = [f"arn:aws:iam::111122223333:policy/ir-revoke-sessions-{name}" for name in hostile_names]
    assert_only(
        ran,
        *(
            call
            for name, arn in zip(hostile_names, arns, strict=True)
            for call in (
                [
                    "aws",
                    "iam",
                    "create-policy",
                    f"--policy-name=ir-revoke-sessions-{name}",
                    "--policy-document",
                    REVOCATION,
                ],
                ["aws", "iam", "attach-role-policy", f"--role-name={name}", f"--policy-arn={arn}"],
                ["aws", "iam", "detach-role-policy", f"--role-name={name}", f"--policy-arn={arn}"],
                ["aws", "iam", "delete-policy", f"--policy-arn={arn}"],
            )
        ),
    )


def test_full_user_gets_deny_all(terminal: Terminal) -> None:
    rendered = render_user(
        user("bob", inline=2_000), keys("bob", AKIATWO="Active", AKIAONE="Active", AKIAOFF="Inactive")
    )

    ran = terminal.run("\n".join((*rendered.apply, *rendered.undo, "")))

    deny_all = "--policy-arn=arn:aws:iam::aws:policy/AWSDenyAll"
    assert_only(
        ran,
        ["aws", "iam", "attach-user-policy", "--user-name=bob", deny_all],
        update_key("bob", "AKIAONE", "Inactive"),
        update_key("bob", "AKIATWO", "Inactive"),
        update_key("bob", "AKIAONE", "Active"),
        update_key("bob", "AKIATWO", "Active"),
        ["aws", "iam", "detach-user-policy", "--user-name=bob", deny_all],
    )


def test_undo_leaves_deny_all_where_it_was_attached_before() -> None:
    before = (AttachedPolicy(name="AWSDenyAll", arn="arn:aws:iam::aws:policy/AWSDenyAll"),)

    rendered = render_user(user("bob", inline=2_000, attached=before), ())

    assert rendered.undo == ()
    assert any("undo leaves it there" in note for note in rendered.notes)


def test_keys_that_were_not_collected_are_listed_first(terminal: Terminal) -> None:
    rendered = render_user(user("bob"), Gap("iam:ListAccessKeys", "denied"))

    ran = terminal.run("\n".join((*rendered.apply, *rendered.undo, "")))

    assert_only(
        ran,
        ["aws", "iam", "list-access-keys", "--user-name=bob"],
        put_user_policy("bob"),
        delete_user_policy("bob"),
    )
