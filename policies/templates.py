"""The catalogue of containment templates, and the policy documents that they put in place."""

from __future__ import annotations

import json
from typing import Literal

import msgspec

from policies.cutoff import PLACEHOLDER

Kind = Literal["role", "user"]

PolicyDocument = dict[str, object]
"""A policy document before it is serialised."""

REVOKE_POLICY = "AWSRevokeOlderSessions"
"""The inline policy that AWS's console writes: taking its name, the console and guardrift replace each other's."""

QUARANTINE_POLICY = "ir-quarantine-user"
"""The inline policy that denies everything to a user."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One way to contain a principal.

    Attributes:
        name: how it is called on the command line.
        title: a few words.
        applies_to: the kind of principal.
        description: what it stops, and what it does not.
        keep: how long it must stay in place, and why.
        file: the name of its document in a folder of containment files.
    """

    name: str
    title: str
    applies_to: Kind
    description: str
    keep: str
    file: str


REVOKE_SESSIONS = Template(
    name="revoke-sessions",
    title="Revoke the sessions of a role",
    applies_to="role",
    description=(
        "Denies everything to the sessions of the role that were issued before the cutoff. Sessions issued later work "
        "as before, so close the way by which they were stolen first, and revoke once more when it is closed."
    ),
    keep="Until every session from before the cutoff has expired: 12 hours after it, the longest role session.",
    file="revoke.json",
)

QUARANTINE_USER = Template(
    name="quarantine-user",
    title="Quarantine a user",
    applies_to="user",
    description=(
        "Denies everything to the user and to every session made with the user's credentials, and makes the access "
        "keys inactive."
    ),
    keep=(
        "Until the credentials are replaced and no old session is left: 36 hours after the last key became inactive, "
        "the longest session of GetSessionToken and GetFederationToken."
    ),
    file="quarantine.json",
)

TEMPLATES: tuple[Template, ...] = (REVOKE_SESSIONS, QUARANTINE_USER)
"""Every template, in the order in which they are listed."""


def template(name: str) -> Template:
    """The template of this name; raises KeyError if there is none."""
    return {each.name: each for each in TEMPLATES}[name]


def revoke_sessions(cutoff: str = PLACEHOLDER) -> PolicyDocument:
    """Deny everything to sessions issued before the cutoff, in the form that AWS's console writes.

    Requests signed with a long-term access key carry no ``aws:TokenIssueTime``, so they are not denied.
    """
    condition = {"DateLessThan": {"aws:TokenIssueTime": cutoff}}
    return _document({"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition})


def quarantine_user() -> PolicyDocument:
    """Deny everything, whatever the credential."""
    return _document({"Sid": "IrQuarantineUser", "Effect": "Deny", "Action": "*", "Resource": "*"})


def serialise(document: PolicyDocument) -> str:
    """A policy document as minified JSON."""
    return json.dumps(document, separators=(",", ":"))


def _document(statement: dict[str, object]) -> PolicyDocument:
    return {"Version": "2012-10-17", "Statement": [statement]}
