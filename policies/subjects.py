"""Whom to contain: a credential or a principal, as a finding, a name or an ARN tells it."""

from __future__ import annotations

from typing import Literal

import msgspec

SubjectKind = Literal[
    "role",
    "user",
    "root",
    "federated-user",
    "service",
    "foreign-account",
    "person",
    "unknown",
]


class Subject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One credential or principal that is suspected.

    Attributes:
        kind: what holds the credential; ``unknown`` where that has to be told from the key or the unique id.
        account_id: the account that the principal is of, which is the affected one; None where nothing says.
        name: of a role or user, without its path.
        arn: where it was told, such as that of a session.
        unique_id: such as ``AROA...`` or ``AIDA...``, without the session; a re-created principal has another one.
        session: the name of a session; of EC2 the id of the instance.
        access_key: the id of the key that was used; ``ASIA...`` is one of a session.
        instance: the id of the instance that handed the credential out.
        region: where the instance is.
        source_identity: of the session, if it was told.
        user_id: of a person in IAM Identity Center.
        told_by: where this comes from, for people, such as the id of a finding.
    """

    kind: SubjectKind
    account_id: str | None = None
    name: str | None = None
    arn: str | None = None
    unique_id: str | None = None
    session: str | None = None
    access_key: str | None = None
    instance: str | None = None
    region: str | None = None
    source_identity: str | None = None
    user_id: str | None = None
    told_by: str = ""
