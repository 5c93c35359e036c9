"""What someone must know before running the commands of a containment: sentences, each on one matter."""

from __future__ import annotations

from datetime import datetime, timedelta

from policies.cutoff import format_instant
from policies.templates import QUARANTINE_POLICY, REVOKE_POLICY
from scanner.containment import (
    DEFAULT_ATTACHED_POLICIES,
    LONGEST_ROLE_SESSION,
    LONGEST_USER_SESSION,
    InlineHeadroom,
    denies_all,
    inline_headroom,
)
from scanner.inventory import AccessKey, Gap, Role, User, describe

_ROLE_BREAKS = (
    "Every holder of a session issued before the cutoff loses access, workloads too, until they fetch new credentials: "
    "EC2 instances may take an hour, and software that keeps credentials must be restarted."
)
_ROLE_STAYS_OPEN = (
    "Whoever can still assume the role, or read the metadata of an instance that carries it, gets a new session that "
    "works: close that way first, and run the command again once it is closed."
)
_USER_BREAKS = (
    "Everything that uses the user's access keys, password or sessions stops working, and stays stopped until undo."
)
_USER_SESSIONS = (
    "Making a key inactive does not end the sessions already minted with GetSessionToken or GetFederationToken; the "
    "Deny on the user does."
)
_USER_OTHER_CREDENTIALS = (
    "Password, MFA devices, service-specific credentials, SSH keys and signing certificates stay as they are, and work "
    "again after undo: delete or replace them before."
)
_LATER_KEYS = "Keys created since the snapshot are not named here: list them again (aws iam list-access-keys)."
_UNDO_KEYS = "Undo makes every key active again that was active in the snapshot: delete a leaked key instead."
_OWN_POLICY_LEFT = (
    "Where that policy is left from an earlier revocation it gets a new default version; undo then detaches it, but "
    "deletes it only after its other versions are deleted (aws iam delete-policy-version)."
)
_EVADABLE = "Whoever may edit IAM can take the policy away again within seconds: deny such a principal by an SCP first."


def role_notes(role: Role, account_id: str | None, cutoff: datetime | None, *, inline: bool) -> tuple[str, ...]:
    """The notes on revoking the sessions of a role, by an inline policy or by a managed one."""
    return (
        _ROLE_BREAKS,
        _ROLE_STAYS_OPEN,
        _removable("the cutoff", LONGEST_ROLE_SESSION, "a role session", cutoff),
        *((_replaced(role, REVOKE_POLICY),) if inline else _own_policy(role)),
        *_credentials_of(account_id),
        _EVADABLE,
    )


def user_notes(
    user: User, keys: tuple[AccessKey, ...] | Gap, account_id: str | None, cutoff: datetime | None, *, inline: bool
) -> tuple[str, ...]:
    """The notes on quarantining a user, by an inline policy or by ``AWSDenyAll``."""
    return (
        _USER_BREAKS,
        _USER_SESSIONS,
        *_keys(keys),
        _USER_OTHER_CREDENTIALS,
        _removable("the last key became inactive", LONGEST_USER_SESSION, "a session of the user", cutoff),
        *((_replaced(user, QUARANTINE_POLICY),) if inline else _deny_all(user)),
        *_credentials_of(account_id),
        _EVADABLE,
    )


def _removable(since: str, longest: timedelta, what: str, cutoff: datetime | None) -> str:
    hours = longest // timedelta(hours=1)
    at = f", so not before {format_instant(cutoff + longest)}" if cutoff else ""
    return f"It is safe to remove {hours} hours after {since}, the longest that {what} lasts{at}."


def _replaced(principal: Role | User, policy: str) -> str:
    if any(each.name == policy for each in principal.inline):
        what = (
            f"The inline policy {policy} that is already there is replaced, and undo deletes it instead of restoring it"
        )
    else:
        what = f"An inline policy {policy} put there since the snapshot would be replaced, and undo would delete it"
    return what + (": never replace a cutoff by an earlier one." if policy == REVOKE_POLICY else ".")


def _own_policy(role: Role) -> tuple[str, ...]:
    room = inline_headroom(role, REVOKE_POLICY)
    instead = f"{_no_room(room)} so a customer managed policy is created and attached instead."
    return (instead, _OWN_POLICY_LEFT, *_slots(role))


def _deny_all(user: User) -> tuple[str, ...]:
    room = inline_headroom(user, QUARANTINE_POLICY)
    instead = f"{_no_room(room)} so the AWS managed policy AWSDenyAll is attached instead."
    if denies_all(user):
        return (instead, "AWSDenyAll was already attached before, so undo leaves it there.")
    return (instead, *_slots(user))


def _no_room(room: InlineHeadroom) -> str:
    return f"The inline policies leave {max(room.free, 0):,} of {room.limit:,} characters, too few for this document,"


def _slots(principal: Role | User) -> tuple[str, ...]:
    attached = len(principal.attached)
    if attached < DEFAULT_ATTACHED_POLICIES:
        return ()
    full = (
        f"{attached} managed policies are attached, and the default quota is {DEFAULT_ATTACHED_POLICIES}: if attaching "
        "is refused (LimitExceeded), detach one that grants rights, or deny the principal by an SCP."
    )
    return (full,)


def _keys(keys: tuple[AccessKey, ...] | Gap) -> tuple[str, ...]:
    if isinstance(keys, Gap):
        unknown = (
            f"The ids of the access keys were not collected: {describe(keys)}. Make each key inactive that the first "
            "command lists as Active (aws iam update-access-key), and keep that list: undo does not know these keys."
        )
        return (unknown,)
    inactive = ", ".join(sorted(key.id for key in keys if not key.is_active))
    left = (f"Not active already, and left so by undo: {inactive}.",) if inactive else ()
    return (*left, _LATER_KEYS, _UNDO_KEYS)


def _credentials_of(account_id: str | None) -> tuple[str, ...]:
    if account_id is None:
        return ()
    return (f"Run the commands with credentials of account {account_id}: another account may have the same name.",)
