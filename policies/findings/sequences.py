"""Attack sequences: several principals, keys and sessions in one finding.

Sources: Sequence, Actor, User, Session, ResourceV2 and Signal in the GuardDuty API Reference; Security Hub has the same
in Detection.Sequence of its API Reference, with fewer fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from policies.findings.fields import account, is_instance_id, items, member, region, text
from policies.findings.identities import Told, key_in, read_id, subjects_of
from policies.findings.joining import joined
from policies.subjects import Subject


class Sequence(NamedTuple):
    """What an attack sequence says."""

    subjects: tuple[Subject, ...] = ()
    signals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_sequence(node: object, account_id: str | None, told_by: str) -> Sequence:
    """The actors and access keys of a sequence, one subject for each credential; nothing where there is no sequence."""
    if not isinstance(node, dict):
        return Sequence()
    subjects: list[Subject] = []
    notes: list[str] = []
    for found, said in (*_actors(node, account_id, told_by), *_keys(node, account_id, told_by)):
        subjects += found
        notes += said
    instances = tuple(_instances(node, account_id, told_by))
    if subjects:
        places = {each.instance: each.region for each in instances}
        subjects = [_placed(each, places) for each in joined(subjects)]
    elif instances:
        subjects = list(joined(instances))
        notes.append("The sequence names no principal; who holds its instances holds their credentials.")
    unnamed = sum(1 for actor in items(node, "actors") if not isinstance(member(actor, "user"), dict))
    if unnamed:
        notes.append(f"{unnamed} of the actors of the sequence are processes or have no user, and are left out.")
    return Sequence(tuple(subjects), tuple(_signals(node)), tuple(notes))


_Found = tuple[tuple[Subject, ...], tuple[str, ...]]


def _actors(node: object, account_id: str | None, told_by: str) -> Iterator[_Found]:
    for actor in items(node, "actors"):
        yield subjects_of(actor_told(actor), account_id, told_by)


def actor_told(actor: object) -> Told:
    """What an actor tells: the user, the key, the session and its issuer; OCSF has some under other names.

    The account of the user is not taken: it is the one in which the activity was, not that of the user.
    """
    user, session = member(actor, "user"), member(actor, "session")
    of_user = (text(user, "uid"), text(user, "uid_alt"))
    named = [each for each in (*of_user, text(session, "uid"), text(session, "uid_alt")) if each]
    read = [(each, read_id(each)) for each in named]
    candidates = (
        *(each for each, found in read if found.unique_id and found.session),
        *(each for each, found in read if found.unique_id),
        *(each for each in of_user if each and not each.startswith("arn:")),
    )
    principal = candidates[0] if candidates else None
    instance = next((each for each in named if is_instance_id(each)), None)
    if principal and instance and principal.startswith("AROA") and ":" not in principal:
        principal = f"{principal}:{instance}"
    key = text(user, "credentialUid") or text(user, "credential_uid") or text(session, "credential_uid")
    issuer = text(session, "issuer")
    return Told(
        user_type=text(user, "type"),
        name=text(user, "name"),
        principal_id=principal,
        access_key=key_in(key) or key,
        arn=next((each for each in named if each.startswith("arn:")), None),
        issuer=issuer if issuer and issuer.startswith("arn:") else None,
    )


def _keys(node: object, account_id: str | None, told_by: str) -> Iterator[_Found]:
    for resource in items(node, "resources"):
        details = member(resource, "data", "accessKey")
        if not isinstance(details, dict) and text(resource, "resourceType") != "ACCESS_KEY":
            continue
        uid = text(resource, "uid")
        is_arn = bool(uid and uid.startswith("arn:"))
        told = Told(
            user_type=text(details, "userType"),
            name=text(details, "userName"),
            principal_id=text(details, "principalId"),
            access_key=key_in(uid) or key_in(text(resource, "name")) or (None if is_arn else uid),
            arn=uid if is_arn and not key_in(uid) else None,
        )
        yield subjects_of(told, account(resource, "accountId") or account_id, told_by)


def _instances(node: object, account_id: str | None, told_by: str) -> Iterator[Subject]:
    for resource in items(node, "resources"):
        is_one = text(resource, "resourceType") == "EC2_INSTANCE"
        if not is_one and not isinstance(member(resource, "data", "ec2Instance"), dict):
            continue
        uid = text(resource, "uid") or text(resource, "name") or ""
        instance = uid.rpartition("/")[2]
        if not is_instance_id(instance):
            continue
        parts = uid.split(":")
        place = parts[3] if len(parts) == 6 and parts[3] else region(resource, "region")
        yield Subject(
            kind="unknown",
            account_id=account(resource, "accountId") or account_id,
            instance=instance,
            region=place,
            told_by=told_by,
        )


def _placed(subject: Subject, places: Mapping[str | None, str | None]) -> Subject:
    """A session of an instance with the region in which the sequence says that instance is."""
    place = places.get(subject.instance) if subject.instance else None
    return msgspec.structs.replace(subject, region=place) if place else subject


def _signals(node: object) -> Iterator[str]:
    """The ids of findings; the other signals of GuardDuty are no findings, and Security Hub has no others."""
    for signal in items(node, "signals"):
        found = text(signal, "uid") if text(signal, "type") == "FINDING" else text(signal, "id")
        if found:
            yield found
