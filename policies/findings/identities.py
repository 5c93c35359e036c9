"""Whom the fields of a finding name: the kind of principal, its unique id, the session, the key.

Sources: "IAM JSON policy elements: Principal" and "IAM identifiers" in the IAM User Guide for unique ids and ARNs;
"CloudTrail userIdentity element" in the CloudTrail User Guide for the types of users, which GuardDuty takes over.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from policies.findings.fields import is_instance_id, is_key_id
from policies.subjects import Subject, SubjectKind

_KINDS: dict[str, SubjectKind] = {
    "assumedrole": "role",
    "role": "role",
    "iamuser": "user",
    "federateduser": "federated-user",
    "root": "root",
    "awsservice": "service",
    "awsaccount": "foreign-account",
    "identitycenteruser": "person",
}
_NOT_TOLD_BY_IDS: frozenset[SubjectKind] = frozenset({"service", "foreign-account", "person"})
"""Kinds whose principal id may look like that of any role or user."""

_ARN = re.compile(r"arn:[a-z0-9-]+:(?P<service>iam|sts)::(?P<account>[0-9]{12}):(?P<what>.+)", re.DOTALL)
_UNIQUE_ID = re.compile(r"(?P<id>A[A-Z]{3}[A-Z0-9]{12,124})(?::(?P<session>.+))?", re.DOTALL)
_OF_ACCOUNT = re.compile(r"(?P<account>[0-9]{12})(?::(?P<name>.+))?", re.DOTALL)
_PREFIXES: dict[str, SubjectKind] = {"AROA": "role", "AIDA": "user"}
_BY_RESOURCE: dict[str, SubjectKind] = {
    "role": "role",
    "user": "user",
    "assumed-role": "role",
    "federated-user": "federated-user",
}


class Told(NamedTuple):
    """What the fields of a finding say of one credential, each as text or not at all."""

    user_type: str | None = None
    name: str | None = None
    principal_id: str | None = None
    access_key: str | None = None
    arn: str | None = None
    issuer: str | None = None
    account_id: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing in it names a principal or a key."""
        return not any((self.name, self.principal_id, self.access_key, self.arn, self.issuer))


class _Read(NamedTuple):
    """What one id or ARN tells by its form."""

    kind: SubjectKind | None = None
    account_id: str | None = None
    name: str | None = None
    unique_id: str | None = None
    session: str | None = None


_NOTHING = _Read()


def subjects_of(told: Told, account_id: str | None, told_by: str) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    """The subjects that some fields name, and what is missing or contradictory in them.

    There is one at most, but for a federated user whose minter is told: there a policy bites.
    """
    if told.is_nothing:
        return (), ()
    by_id, by_arn, by_issuer = read_id(told.principal_id), _read_arn(told.arn), _read_arn(told.issuer)
    minted = by_issuer.kind in {"user", "root"} and "federated-user" in {by_id.kind, by_arn.kind, _stated(told)}
    sources = (by_id, by_arn) if minted else (by_id, by_arn, by_issuer)
    kind, notes = _kind(told, sources)
    subject = _filled(kind, told, sources, account_id, told_by)
    if kind == "unknown":
        notes += (f"What holds {_shown(told)} is not told: it has to be looked up by its key or unique id.",)
    if not minted or by_issuer.kind is None:
        return (subject,), notes
    minter = Subject(
        kind=by_issuer.kind, account_id=by_issuer.account_id, name=by_issuer.name, arn=told.issuer, told_by=told_by
    )
    return (subject, minter), notes


def read_id(principal_id: str | None) -> _Read:
    """What a principal id tells: ``AROA...:session``, ``AIDA...``, ``account:name``, an account id or an ARN."""
    if not principal_id:
        return _NOTHING
    unique = _UNIQUE_ID.fullmatch(principal_id)
    if unique:
        return _Read(_PREFIXES.get(unique["id"][:4]), unique_id=unique["id"], session=unique["session"])
    in_account = _OF_ACCOUNT.fullmatch(principal_id)
    if in_account and in_account["name"]:
        return _Read("federated-user", in_account["account"], in_account["name"])
    if in_account:
        return _Read("root", in_account["account"])
    return _read_arn(principal_id)


def _read_arn(arn: str | None) -> _Read:
    found = _ARN.fullmatch(arn) if arn else None
    if found is None:
        return _NOTHING
    if found["what"] == "root":
        return _Read("root", found["account"])
    resource, _, rest = found["what"].partition("/")
    kind = _BY_RESOURCE.get(resource)
    if kind is None or not rest:
        return _NOTHING
    if resource == "assumed-role":
        name, _, session = rest.partition("/")
        return _Read(kind, found["account"], name, session=session or None)
    # The path of a role or user comes before its name; that of a federated user has none.
    return _Read(kind, found["account"], rest if kind == "federated-user" else rest.rpartition("/")[2])


def _stated(told: Told) -> SubjectKind | None:
    return _KINDS.get((told.user_type or "").replace(" ", "").lower())


def _kind(told: Told, sources: tuple[_Read, ...]) -> tuple[SubjectKind, tuple[str, ...]]:
    """What the fields agree on; a contradiction decides nothing, since the wrong kind contains somebody else."""
    stated = _stated(told)
    if stated in _NOT_TOLD_BY_IDS:
        return stated, ()
    kinds = sorted({kind for kind in (stated, *(each.kind for each in sources)) if kind is not None})
    if len(kinds) == 1:
        return kinds[0], ()
    if kinds:
        said = " and ".join(kinds)
        return "unknown", (f"The fields contradict each other: they speak of {said}.",)
    if told.user_type:
        return "unknown", (f"The type of the user, {told.user_type[:80]}, is not one that can be contained as it is.",)
    return "unknown", ()


def _filled(kind: SubjectKind, told: Told, sources: tuple[_Read, ...], account_id: str | None, told_by: str) -> Subject:
    def first(field: str) -> str | None:
        return next((value for each in sources if (value := getattr(each, field))), None)

    session = first("session") if kind in {"role", "unknown"} else None
    # Of a foreign principal only its own fields tell the account: the finding's is the one that was called.
    own = first("account_id") or told.account_id
    is_foreign = kind == "foreign-account"
    own = (own if own != account_id else None) if is_foreign else own or account_id
    name = None if kind == "root" else _name(kind, told, sources)
    return Subject(
        kind=kind,
        account_id=own,
        name=name,
        arn=told.arn or (told.issuer if kind == "role" else None),
        unique_id=first("unique_id"),
        session=session,
        access_key=told.access_key,
        instance=session if is_instance_id(session) else None,
        told_by=told_by,
    )


def _name(kind: SubjectKind, told: Told, sources: tuple[_Read, ...]) -> str | None:
    """The name by ARNs and ids before that of the field, which may also be a display name."""
    by_form = next((each.name for each in sources if each.name and (each.kind == kind or kind == "unknown")), None)
    return by_form or told.name


def _shown(told: Told) -> str:
    what = told.access_key or told.principal_id or told.name or told.arn or told.issuer or "it"
    return what if len(what) <= 80 else f"{what[:77]}..."


def key_in(value: str | None) -> str | None:
    """The id of an access key in a text that may name its type before, such as ``AWS::IAM::AccessKey:AKIA...``."""
    if not value:
        return None
    last = re.split(r"[:/]", value)[-1]
    return last if is_key_id(last) else None


def with_instance(subject: Subject, instance: str, region: str | None) -> tuple[Subject, tuple[str, ...]]:
    """A subject with the instance that the finding names beside it.

    The session of an instance has the id of the instance as its name; a session of another name was not handed out by
    the instance, so that it is not tied to it.
    """
    if subject.kind not in {"role", "unknown"} or (subject.session and not subject.instance):
        return subject, ()
    if subject.instance and subject.instance != instance:
        return subject, (
            f"The session is that of the instance {subject.instance}, but the finding describes {instance}.",
        )
    return msgspec.structs.replace(subject, instance=instance, region=region or subject.region), ()
