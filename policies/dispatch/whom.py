"""Which principal of an account a subject is; a name alone never stands for a principal of another kind.

Sources: "IAM identifiers" in the IAM User Guide for unique ids, which are never used again, and for names, which are;
GetAccessKeyInfo in the AWS STS API Reference.
"""

from __future__ import annotations

import msgspec

from policies.dispatch.keys import key_guard, owner_of
from policies.dispatch.known import Known, known_in
from policies.dispatch.resolved import Circumstances, Guard, shown
from policies.dispatch.search import (
    COLLECT,
    NEITHER,
    Search,
    found_as,
    missing_facts,
    no_such,
    others,
    recreated,
    unsettled,
)
from policies.subjects import Subject, SubjectKind
from scanner.containment.instances import locate, role_carried
from scanner.inventory import Account, Role, Undetermined, User

_OF_KIND: dict[str, SubjectKind] = {"AROA": "role", "AIDA": "user"}


class Whom(msgspec.Struct, frozen=True, kw_only=True):
    """The principal of a subject, as far as it was found.

    Attributes:
        kind: what it is; ``unknown`` where neither id nor key tells.
        principal: the role or user, if it is one of the account and the right one.
        arn: by which policies know it; None where nothing was found.
        session: the name of the session, if one is suspected.
        guards: ``principal-is-known``, ``one-principal``, ``same-identity`` and ``key-is-known``.
    """

    kind: SubjectKind
    principal: Role | User | None
    arn: str | None
    session: str | None
    guards: tuple[Guard, ...]


def whom(subject: Subject, account: Account, circumstances: Circumstances) -> Whom:
    """The principal that a subject means."""
    known = known_in.of(account)
    kind = _kind(subject, known)
    session = subject.session
    if kind in ("role", "user"):
        if kind == "role" and subject.instance and _names_nothing(subject):
            search, session = _by_instance(subject.instance, account), subject.instance
        else:
            search = _by_id_or_name(kind, subject, known, circumstances)
        arn = search.principal.arn if search.principal else None
    else:
        arn = _arn_outside_of_lists(kind, subject, account)
        search = Search(None, _outside_of_lists(kind, subject))
    key = key_guard(kind, search.principal, subject, known)
    one = search.is_one or Guard("one-principal", "passed", "No other principal goes by this name.")
    same = search.is_same or Guard("same-identity", "passed", "There is no unique id to compare.")
    return Whom(
        kind=kind, principal=search.principal, arn=arn, session=session, guards=(search.is_known, one, same, key)
    )


def name_told(subject: Subject) -> str | None:
    """The name of the role or user, from its field or its ARN."""
    if subject.name is not None or subject.arn is None:
        return subject.name
    what = subject.arn.split(":", 5)[-1]
    kind, _, rest = what.partition("/")
    if kind == "assumed-role":
        return rest.partition("/")[0] or None
    return rest.rpartition("/")[2] or None if kind in ("role", "user") else None


def _kind(subject: Subject, known: Known) -> SubjectKind:
    if subject.kind != "unknown":
        return subject.kind
    if subject.unique_id is not None:
        return _OF_KIND.get(subject.unique_id[:4], "unknown")
    if owner_of(subject.access_key, known) is not None:
        return "user"
    return "role" if subject.instance and _names_nothing(subject) else "unknown"


def _names_nothing(subject: Subject) -> bool:
    return not (subject.unique_id or name_told(subject))


def _arn_outside_of_lists(kind: SubjectKind, subject: Subject, account: Account) -> str | None:
    """The ARN of a principal that no list of IAM holds."""
    if kind == "root":
        return f"arn:{account.partition}:iam::{account.account_id}:root"
    if kind == "federated-user" and subject.name:
        return f"arn:{account.partition}:sts::{account.account_id}:federated-user/{subject.name}"
    return None


def _outside_of_lists(kind: SubjectKind, subject: Subject) -> Guard:
    if kind == "unknown":
        told = shown(subject.access_key or subject.unique_id or subject.name)
        reason = f"Whether {told} is a role's or a user's is not told, and a name alone decides nothing."
        return Guard("principal-is-known", "unknown", reason, NEITHER)
    if kind == "federated-user" and not subject.name:
        return Guard("principal-is-known", "unknown", "The name of the federated user is not told.", NEITHER)
    if kind == "person" and not subject.user_id:
        reason = "The id of the person in the identity store is not told."
        look = "Look it up by the session name (identitystore:GetUserId), then name it."
        return Guard("principal-is-known", "unknown", reason, look)
    return Guard("principal-is-known", "passed", "It is none that IAM lists.")


def _by_instance(instance: str, account: Account) -> Search:
    """The role whose credentials an instance gets at present."""
    try:
        located = locate(instance, account)
        role = role_carried(located.instance, account) if located else None
    except Undetermined as unknown:
        reason = f"The role of instance {shown(instance)} is not known: {unknown.reason}."
        return Search(None, Guard("principal-is-known", "unknown", reason, COLLECT))
    if located is None:
        reason = f"There is no instance {shown(instance)} in the account as it was collected."
        look = "Look for its session in CloudTrail: the session of an instance has its id as its name."
        return Search(None, Guard("principal-is-known", "refused", reason, look))
    if role is None:
        reason = f"Instance {shown(instance)} carries no role at present."
        look = "Credentials of an earlier role may live for hours: look in CloudTrail for sessions of this name."
        return Search(None, Guard("principal-is-known", "refused", reason, look))
    return Search(role, Guard("principal-is-known", "passed", f"Instance {shown(instance)} carries {role.arn}."))


def _by_id_or_name(kind: SubjectKind, subject: Subject, known: Known, circumstances: Circumstances) -> Search:
    if subject.unique_id is not None:
        return _by_id(kind, subject.unique_id, subject, known)
    name = name_told(subject)
    owner = owner_of(subject.access_key, known) if kind == "user" else None
    if name is None and owner is None:
        reason = "Neither a name nor a unique id is told."
        return Search(None, Guard("principal-is-known", "unknown", reason, NEITHER))
    found = _by_name(kind, name or owner or "", subject, known)
    if found.principal is None or found.is_same is not None:
        return found
    if found.principal.name == owner:
        same = Guard("same-identity", "passed", "The access key is one of this user.")
    elif circumstances.is_finding:
        reason = "The finding tells no unique id, so it is not known whether the principal was re-created since."
        same = Guard("same-identity", "unknown", reason, "Compare the dates, then name the role or user yourself.")
    else:
        same = Guard("same-identity", "passed", "It was named by a person, and no unique id to compare was told.")
    return msgspec.structs.replace(found, is_same=same)


def _by_id(kind: SubjectKind, unique_id: str, subject: Subject, known: Known) -> Search:
    name = name_told(subject)
    if _OF_KIND.get(unique_id[:4]) != kind:
        reason = f"{shown(unique_id)} is not the unique id of a {kind}."
        return unsettled(Guard("same-identity", "refused", reason, NEITHER))
    held = known.by_id.get(unique_id, [])
    fitting = [each for each in held if isinstance(each, Role) == (kind == "role")]
    if len(fitting) == 1:
        same = _same(fitting[0], subject)
        principal = fitting[0] if same.verdict == "passed" else None
        return Search(principal, found_as(fitting[0]), others(kind, fitting[0].name, known), same)
    if held:
        reason = f"Not one {kind} alone has the unique id {shown(unique_id)} in the snapshot, as it is on AWS."
        return unsettled(Guard("one-principal", "refused", reason, COLLECT))
    if known.unread(kind):
        return Search(None, missing_facts(kind, known.unread(kind)))
    namesakes = known.named(kind, name) if name else ()
    if not namesakes and known.lacks_ids(kind):
        return Search(None, missing_facts(kind, "not all of their unique ids are told"))
    if not namesakes:
        return Search(None, no_such(kind, name or unique_id, known))
    return recreated(kind, unique_id, namesakes[0])


def _by_name(kind: SubjectKind, name: str, subject: Subject, known: Known) -> Search:
    held = known.named(kind, name)
    if not held:
        unread = known.unread(kind)
        return Search(None, missing_facts(kind, unread) if unread else no_such(kind, name, known))
    if len(held) > 1:
        reason = f"More than one {kind} is called {shown(name)} in the snapshot, which AWS does not allow."
        return unsettled(Guard("one-principal", "refused", reason, COLLECT))
    same = _same(held[0], subject) if _is_iam_arn(subject.arn) else None
    if same is not None and same.verdict == "passed":
        same = None
    principal = held[0] if same is None else None
    return Search(principal, found_as(held[0]), others(kind, name, known), same)


def _same(found: Role | User, subject: Subject) -> Guard:
    """Whether name and ARN are those of the principal that the unique id, or the name, led to."""
    name = name_told(subject)
    renamed = name is not None and name.lower() != found.name.lower()
    moved = _is_iam_arn(subject.arn) and subject.arn != found.arn
    if not renamed and not moved:
        return Guard("same-identity", "passed", "Name and unique id are those of the principal.")
    told = f"{shown(subject.arn if moved else name)} was told, and it is {found.arn}"
    if isinstance(found, User) and subject.unique_id == found.id:
        return Guard("same-identity", "passed", f"The user was renamed or moved since: {told}; the unique id decides.")
    reason = f"Name, ARN and unique id are not those of one principal: {told}."
    return Guard("same-identity", "refused", reason, "Find out which of them is right, then name it yourself.")


def _is_iam_arn(arn: str | None) -> bool:
    parts = (arn or "").split(":", 5)
    return len(parts) == 6 and parts[2] == "iam" and parts[5].startswith(("role/", "user/"))
