"""What is rendered for ordinary principals, in full, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from policies import Rendered, render_role, render_user
from policies.templates import quarantine_user, revoke_sessions, serialise
from scanner.inventory import AccessKey, AttachedPolicy, Gap, InlinePolicy, Role, User

CUTOFF = "2026-11-20T23:00:00Z"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
ROLE = Role(name="app", path="/team/", arn="arn:aws:iam::111122223333:role/team/app", trust=msgspec.Raw(b"{}"))
USER = User(name="bob", arn="arn:aws:iam::111122223333:user/bob")


def key(name: str, status: str = "Active", user: str = "bob") -> AccessKey:
    return AccessKey(id=name, user=user, status=status, created=CREATED)


def filled(characters: int, name: str = "big") -> tuple[InlinePolicy, ...]:
    return (InlinePolicy(name=name, document=msgspec.Raw(b"x" * characters)),)


@pytest.mark.parametrize(
    "rendered",
    [
        pytest.param(render_role(ROLE), id="role"),
        pytest.param(render_role(msgspec.structs.replace(ROLE, inline=filled(10_100))), id="full-role"),
        pytest.param(render_user(USER, (key("AKIATWO"), key("AKIAOFF", "Inactive"), key("AKIAONE"))), id="user"),
        pytest.param(render_user(USER, Gap("iam:ListAccessKeys", "denied")), id="user-with-unknown-keys"),
        pytest.param(
            render_user(msgspec.structs.replace(USER, inline=filled(2_000)), (key("AKIAONE"),)), id="full-user"
        ),
    ],
)
def test_everything_that_is_rendered(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    assert msgspec.to_builtins(rendered) == snapshot


def test_given_cutoff_stands_in_the_document_the_command_and_the_notes() -> None:
    rendered = render_role(ROLE, CUTOFF)

    assert rendered.document == serialise(revoke_sessions(CUTOFF))
    put = "aws iam put-role-policy --role-name=app --policy-name=AWSRevokeOlderSessions --policy-document"
    assert rendered.apply == (f"{put} '{rendered.document}'",)
    assert any("so not before 2026-11-21T11:00:00Z" in note for note in rendered.notes)


def test_given_cutoff_tells_when_a_quarantine_can_be_removed() -> None:
    rendered = render_user(USER, (), CUTOFF)

    assert rendered.document == serialise(quarantine_user())
    assert any("so not before 2026-11-22T11:00:00Z" in note for note in rendered.notes)


@pytest.mark.parametrize("cutoff", ["", "now", "2026-11-20T23:00:00", '"},"x":{"'])
def test_malformed_cutoffs_are_refused(cutoff: str) -> None:
    service_linked = msgspec.structs.replace(ROLE, path="/aws-service-role/support.amazonaws.com/")

    with pytest.raises(ValueError, match="YYYY-MM-DDThh:mm:ssZ"):
        render_role(ROLE, cutoff)
    with pytest.raises(ValueError, match="YYYY-MM-DDThh:mm:ssZ"):
        render_role(service_linked, cutoff)
    with pytest.raises(ValueError, match="YYYY-MM-DDThh:mm:ssZ"):
        render_user(USER, (), cutoff)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/aws-service-role/support.amazonaws.com/", "service-linked"),
        ("/aws-reserved/sso.amazonaws.com/", "Identity Center"),
    ],
)
def test_roles_that_cannot_be_edited_have_a_reason_and_no_commands(path: str, reason: str) -> None:
    rendered = render_role(msgspec.structs.replace(ROLE, path=path), CUTOFF)

    assert rendered.reason
    assert reason in rendered.reason
    assert rendered.alternative
    assert (
        rendered.policy_name, rendered.document, rendered.apply, rendered.undo, rendered.notes,
    ) == (None, None, (), (), ())  # fmt: skip


@pytest.mark.parametrize(
    "name", ["file://x", "fileb://x", "http://x", "https://x", "FILE://x", "file:///etc/passwd", "", "a\0b", "\0"]
)
def test_names_that_the_aws_cli_would_not_send_are_refused(name: str) -> None:
    for rendered in (
        render_role(msgspec.structs.replace(ROLE, name=name)),
        render_user(msgspec.structs.replace(USER, name=name), ()),
        render_user(msgspec.structs.replace(USER, name=name), Gap("iam:ListAccessKeys", "denied")),
        render_user(USER, (key("AKIAONE"), key(name))),
    ):
        assert rendered.reason
        assert rendered.alternative
        assert (rendered.apply, rendered.undo) == ((), ())


def test_key_of_another_user_is_never_touched() -> None:
    rendered = render_user(USER, (key("AKIAONE"), key("AKIATWO", user="eve")))

    assert rendered.reason
    assert "another user" in rendered.reason
    assert (rendered.apply, rendered.undo) == ((), ())


def test_keys_that_were_not_collected_are_named_as_such() -> None:
    rendered = render_user(USER, Gap("iam:ListAccessKeys", "denied", reason="no permission"))

    assert rendered.apply[0] == "aws iam list-access-keys --user-name=bob"
    assert any("not collected: iam:ListAccessKeys was denied (no permission)" in note for note in rendered.notes)
    assert not any("update-access-key" in command for command in (*rendered.apply, *rendered.undo))


SIZE = len(serialise(revoke_sessions(CUTOFF)))


@pytest.mark.parametrize("cutoff", [None, CUTOFF])
@pytest.mark.parametrize(
    ("used", "policy"), [(10_240 - SIZE, "AWSRevokeOlderSessions"), (10_241 - SIZE, "ir-revoke-sessions-app")]
)
def test_role_is_revoked_inline_up_to_the_last_character(cutoff: str | None, used: int, policy: str) -> None:
    rendered = render_role(msgspec.structs.replace(ROLE, inline=filled(used)), cutoff)

    assert rendered.policy_name == policy
    assert any("customer managed policy" in note for note in rendered.notes) is (used > 10_240 - SIZE)


@pytest.mark.parametrize(("used", "policy"), [(2_048 - 109, "ir-quarantine-user"), (2_048 - 108, "AWSDenyAll")])
def test_user_is_quarantined_inline_up_to_the_last_character(used: int, policy: str) -> None:
    rendered = render_user(msgspec.structs.replace(USER, inline=filled(used)), ())

    assert rendered.policy_name == policy
    assert (rendered.document is None) is (policy == "AWSDenyAll")
    assert any("AWSDenyAll" in note for note in rendered.notes) is (policy == "AWSDenyAll")


def test_policies_already_there_are_replaced_and_take_no_room() -> None:
    role = render_role(msgspec.structs.replace(ROLE, inline=filled(10_240, "AWSRevokeOlderSessions")))
    user = render_user(msgspec.structs.replace(USER, inline=filled(2_048, "ir-quarantine-user")), ())

    for rendered, policy in ((role, "AWSRevokeOlderSessions"), (user, "ir-quarantine-user")):
        assert rendered.policy_name == policy
        assert any(
            f"The inline policy {policy} that is already there is replaced, and undo deletes it" in note
            for note in rendered.notes
        )


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_managed_policies_are_those_of_the_partition(partition: str) -> None:
    arn = f"arn:{partition}:iam::111122223333:"
    role = render_role(msgspec.structs.replace(ROLE, arn=arn + "role/app", inline=filled(10_240)))
    user = render_user(msgspec.structs.replace(USER, arn=arn + "user/bob", inline=filled(2_048)), ())

    assert f"--policy-arn=arn:{partition}:iam::111122223333:policy/ir-revoke-sessions-app" in role.apply[0]
    assert f"--policy-arn=arn:{partition}:iam::aws:policy/AWSDenyAll" in user.apply[0]


@pytest.mark.parametrize("attached", [9, 10])
def test_full_managed_slots_are_pointed_out(attached: int) -> None:
    policies = tuple(AttachedPolicy(name=str(i), arn=f"arn:aws:iam::aws:policy/{i}") for i in range(attached))
    role = render_role(msgspec.structs.replace(ROLE, inline=filled(10_240), attached=policies))
    user = render_user(msgspec.structs.replace(USER, inline=filled(2_048), attached=policies), ())

    for rendered in (role, user):
        assert any("LimitExceeded" in note for note in rendered.notes) is (attached == 10)


@pytest.mark.parametrize("arn", ["", "app", "arn:aws:iam::1:role/app", "arn:aws'; touch x:iam::111122223333:role/app"])
def test_managed_policy_needs_an_arn_to_tell_its_own_from(arn: str) -> None:
    fits = render_role(msgspec.structs.replace(ROLE, arn=arn))
    full_role = render_role(msgspec.structs.replace(ROLE, arn=arn, inline=filled(10_240)))
    full_user = render_user(msgspec.structs.replace(USER, arn=arn, inline=filled(2_048)), ())

    assert fits.apply
    assert not any("credentials of account" in note for note in fits.notes)
    for rendered in (full_role, full_user):
        assert rendered.reason
        assert rendered.apply == ()


def test_rendered_survives_json() -> None:
    for rendered in (render_role(ROLE), render_user(USER, (key("AKIAONE"),))):
        assert rendered == msgspec.json.decode(msgspec.json.encode(rendered), type=Rendered)
