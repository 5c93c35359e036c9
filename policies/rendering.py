"""From a principal to the document and the commands that contain it."""

from __future__ import annotations

import re
from typing import NamedTuple

from policies.commands import (
    attach_own_policy,
    cannot_be_sent,
    detach_own_policy,
    iam,
    put_role_policy,
    put_user_policy,
)
from policies.cutoff import PLACEHOLDER, format_instant, parse_cutoff
from policies.notes import role_notes, user_notes
from policies.rendered import Rendered
from policies.templates import (
    QUARANTINE_POLICY,
    QUARANTINE_USER,
    REVOKE_POLICY,
    REVOKE_SESSIONS,
    Template,
    quarantine_user,
    revoke_sessions,
    serialise,
)
from scanner.containment import NotRevocable, denies_all, inline_headroom, revocability
from scanner.inventory import AccessKey, Gap, Role, User

_ARN = re.compile(r"arn:(?P<partition>[a-z0-9-]+):iam::(?P<account>[0-9]{12}):.+", re.DOTALL)
_SAMPLE_CUTOFF = "2026-11-20T23:00:00Z"

_NO_SUCH_NAME = NotRevocable(
    reason="The name or a key id is one that IAM cannot have, and the AWS CLI would send something else in its place.",
    alternative="Collect the account again, and look at where this snapshot comes from.",
)
_FOREIGN_KEY = NotRevocable(
    reason="An access key that is listed for this user names another user, whose key must not be touched.",
    alternative="Collect the account again, and look at where this snapshot comes from.",
)
_NO_SUCH_ARN = NotRevocable(
    reason="The inline quota is full, and the ARN is none of IAM, so that of a managed policy cannot be told from it.",
    alternative="Collect the account again, or delete an inline policy that grants rights to make room.",
)


class _Means(NamedTuple):
    policy: str
    document: str | None
    apply: str
    undo: tuple[str, ...]


def render_role(role: Role, cutoff: str | None = None) -> Rendered:
    """The revocation of all sessions of a role that were issued before the cutoff.

    Without a cutoff the commands compute it when they are run. Raises ValueError if the cutoff is not of the form
    ``YYYY-MM-DDThh:mm:ssZ``.
    """
    until = parse_cutoff(cutoff) if cutoff is not None else None
    verdict = revocability(role)
    if isinstance(verdict, NotRevocable):
        return _refused(role, REVOKE_SESSIONS, verdict)
    if cannot_be_sent((role.name,)):
        return _refused(role, REVOKE_SESSIONS, _NO_SUCH_NAME)
    document = serialise(revoke_sessions(format_instant(until) if until else PLACEHOLDER))
    is_inline = inline_headroom(role, REVOKE_POLICY).fits(document.replace(PLACEHOLDER, _SAMPLE_CUTOFF))
    arn = _ARN.fullmatch(role.arn)
    if is_inline:
        means = _inline_revocation(role, document)
    elif arn:
        means = _managed_revocation(role, document, arn)
    else:
        return _refused(role, REVOKE_SESSIONS, _NO_SUCH_ARN)
    return Rendered(
        principal=role.arn,
        kind="role",
        name=role.name,
        template=REVOKE_SESSIONS.name,
        policy_name=means.policy,
        document=means.document,
        apply=(means.apply,),
        undo=means.undo,
        notes=role_notes(role, arn["account"] if arn else None, until, inline=is_inline),
    )


def render_user(user: User, keys: tuple[AccessKey, ...] | Gap, cutoff: str | None = None) -> Rendered:
    """The quarantine of a user, and the end of the user's access keys.

    The keys are those of this user alone; a gap where they were not collected. The quarantine needs no cutoff: one that
    is given tells in the notes when it can be removed. Raises ValueError if the cutoff is not of the form
    ``YYYY-MM-DDThh:mm:ssZ``.
    """
    until = parse_cutoff(cutoff) if cutoff is not None else None
    known = () if isinstance(keys, Gap) else keys
    if any(key.user != user.name for key in known):
        return _refused(user, QUARANTINE_USER, _FOREIGN_KEY)
    if cannot_be_sent((user.name, *(key.id for key in known))):
        return _refused(user, QUARANTINE_USER, _NO_SUCH_NAME)
    document = serialise(quarantine_user())
    is_inline = inline_headroom(user, QUARANTINE_POLICY).fits(document)
    arn = _ARN.fullmatch(user.arn)
    if is_inline:
        means = _inline_quarantine(user, document)
    elif arn:
        means = _managed_quarantine(user, arn)
    else:
        return _refused(user, QUARANTINE_USER, _NO_SUCH_ARN)
    return Rendered(
        principal=user.arn,
        kind="user",
        name=user.name,
        template=QUARANTINE_USER.name,
        policy_name=means.policy,
        document=means.document,
        apply=(*_list_keys(user, keys), means.apply, *_set_keys(user, keys, "Inactive")),
        # The keys first: should that fail, the user is still quarantined.
        undo=(*_set_keys(user, keys, "Active"), *means.undo),
        notes=user_notes(user, keys, arn["account"] if arn else None, until, inline=is_inline),
    )


def _inline_revocation(role: Role, document: str) -> _Means:
    undo = iam("delete-role-policy", role_name=role.name, policy_name=REVOKE_POLICY)
    return _Means(REVOKE_POLICY, document, put_role_policy(role.name, REVOKE_POLICY, document), (undo,))


def _managed_revocation(role: Role, document: str, arn: re.Match[str]) -> _Means:
    # One policy for each role, since a shared one would have one cutoff for all.
    policy = f"ir-revoke-sessions-{role.name}"
    policy_arn = f"arn:{arn['partition']}:iam::{arn['account']}:policy/{policy}"
    apply = attach_own_policy(role.name, policy, policy_arn, document)
    return _Means(policy, document, apply, (detach_own_policy(role.name, policy_arn),))


def _inline_quarantine(user: User, document: str) -> _Means:
    undo = iam("delete-user-policy", user_name=user.name, policy_name=QUARANTINE_POLICY)
    return _Means(QUARANTINE_POLICY, document, put_user_policy(user.name, QUARANTINE_POLICY, document), (undo,))


def _managed_quarantine(user: User, arn: re.Match[str]) -> _Means:
    policy_arn = f"arn:{arn['partition']}:iam::aws:policy/AWSDenyAll"
    attach = iam("attach-user-policy", user_name=user.name, policy_arn=policy_arn)
    detach = iam("detach-user-policy", user_name=user.name, policy_arn=policy_arn)
    return _Means("AWSDenyAll", None, attach, () if denies_all(user) else (detach,))


def _list_keys(user: User, keys: tuple[AccessKey, ...] | Gap) -> tuple[str, ...]:
    return (iam("list-access-keys", user_name=user.name),) if isinstance(keys, Gap) else ()


def _set_keys(user: User, keys: tuple[AccessKey, ...] | Gap, status: str) -> tuple[str, ...]:
    active = () if isinstance(keys, Gap) else sorted(key.id for key in keys if key.is_active)
    return tuple(iam("update-access-key", user_name=user.name, access_key_id=each, status=status) for each in active)


def _refused(principal: Role | User, template: Template, verdict: NotRevocable) -> Rendered:
    return Rendered(
        principal=principal.arn,
        kind=template.applies_to,
        name=principal.name,
        template=template.name,
        reason=verdict.reason,
        alternative=verdict.alternative,
    )
