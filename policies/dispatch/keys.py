"""Whose an access key is, and what is said of one that nobody in the snapshot holds.

Source: "Unique identifiers" in the IAM User Guide for what the prefixes of ids mean; UpdateAccessKey and
GetAccessKeyLastUsed in the IAM API Reference, GetAccessKeyInfo in the AWS STS API Reference.
"""

from __future__ import annotations

import re

from policies.dispatch.known import Known
from policies.dispatch.resolved import Guard, shown
from policies.subjects import Subject
from scanner.inventory import Role, User

_KEY = re.compile(r"(?P<prefix>AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}")
_OF_SESSIONS = ("ASIA", "ABIA")
_LOOK_UP = (
    "Ask whose it is: aws sts get-access-key-info tells the account, and aws iam get-access-key-last-used, in that "
    "account, the user."
)
_LINEAGE = (
    "Look in CloudTrail for a call with this key (userIdentity tells the unique id beside it), or for the answer of "
    "STS that issued it, then name the role or user."
)
_NONE = "No access key was told."


def is_temporary(key: str | None) -> bool:
    """Whether a key id is that of a session."""
    return key is not None and key.startswith(_OF_SESSIONS)


def owner_of(key: str | None, known: Known) -> str | None:
    """The name of the user to whom a long-term key or a credential for one service belongs, as far as was read."""
    return known.owners.get(key) if key is not None else None


def key_guard(kind: str, principal: Role | User | None, subject: Subject, known: Known) -> Guard:
    """Whether an access key, if one was told, is one of the principal."""
    key = subject.access_key
    if key is None:
        return _passed(_NONE)
    form = _KEY.fullmatch(key)
    if form is None:
        reason = f"{shown(key)} is not the id of an access key."
        return Guard("key-is-known", "refused", reason, "Look at where it comes from, and name the role or user.")
    if form["prefix"] in _OF_SESSIONS:
        return _temporary(kind, principal, key)
    owner = owner_of(key, known)
    if owner is not None:
        return _held(owner, principal, key)
    if kind == "role":
        reason = f"{key} is a long-term key, and a role has none: the key and the role are not of one credential."
        return Guard("key-is-known", "refused", reason, _LOOK_UP)
    if kind == "root":
        return _passed(f"{key} is in no list of users, and keys of the root user are in none.")
    return _held_by_nobody(principal, subject, key, known)


def _temporary(kind: str, principal: Role | User | None, key: str) -> Guard:
    if principal is not None or kind in ("root", "federated-user", "person", "service", "foreign-account"):
        return _passed(f"{key} is a temporary key; whose it is no API tells, so that the finding alone says so.")
    reason = f"{key} is a temporary key, and no API tells whose session it is of."
    return Guard("key-is-known", "unknown", reason, _LINEAGE)


def _held(owner: str, principal: Role | User | None, key: str) -> Guard:
    if isinstance(principal, User) and principal.name == owner:
        return _passed(f"{key} is a key of the user.")
    reason = f"{key} is a key of user {shown(owner)}, who is not the principal that was told."
    return Guard("key-is-known", "refused", reason, "If that user is meant, name the user yourself.")


def _held_by_nobody(principal: Role | User | None, subject: Subject, key: str, known: Known) -> Guard:
    if known.unread_keys:
        reason = f"Facts are missing: whose key {key} is was not read ({known.unread_keys})."
        return Guard("key-is-known", "unknown", reason, _LOOK_UP)
    reason = f"{key} is a key of nobody in the snapshot: of another account, of the root user, deleted or made since."
    if isinstance(principal, User) and subject.unique_id == principal.id:
        kept = "The quarantine of the user denies it all the same; list the keys again before making them inactive."
        return Guard("key-is-known", "passed", f"{reason} The user is told by the unique id.", kept)
    return Guard("key-is-known", "refused", reason, _LOOK_UP)


def _passed(reason: str) -> Guard:
    return Guard("key-is-known", "passed", reason)
