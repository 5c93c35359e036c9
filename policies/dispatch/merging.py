"""Subjects of several findings that are of one incident: joined by key, by unique id or by instance."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from policies.dispatch.forms import INSTANCE
from policies.subjects import Subject

_KEY = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")
_PARTS = tuple(part for part in Subject.__struct_fields__ if part not in ("kind", "told_by"))


class Incident(msgspec.Struct, frozen=True):
    """Subjects that hang together, directly or over others; each is still resolved on its own.

    Attributes:
        subjects: those that say the same of one credential made one, in the order in which they were told.
        links: the keys, unique ids and instances by which they hang together, sorted; empty for a subject alone.
    """

    subjects: tuple[Subject, ...]
    links: tuple[str, ...] = ()


def merged(subjects: Iterable[Subject]) -> tuple[Incident, ...]:
    """The subjects by incident, in the order in which the first of each was told.

    Names link nothing: a role and a user of one name are two principals, and so are roles of one name in two accounts.
    """
    told = list(dict.fromkeys(subjects))
    group = list(range(len(told)))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    first: dict[str, int] = {}
    shared: dict[str, int] = {}
    for at, subject in enumerate(told):
        for link in _links(subject):
            if link in first:
                low, high = sorted((root(first[link]), root(at)))
                group[high] = low
                shared[link] = at
            first.setdefault(link, at)
    found: dict[int, list[Subject]] = {}
    links: dict[int, list[str]] = {}
    for at, subject in enumerate(told):
        found.setdefault(root(at), []).append(subject)
    for link, at in shared.items():
        links.setdefault(root(at), []).append(link)
    return tuple(Incident(_told_once(each), tuple(sorted(links.get(at, ())))) for at, each in found.items())


def _links(subject: Subject) -> list[str]:
    """What no two credentials of different incidents share; placeholders of samples and account ids are no link."""
    found = [each for each in (subject.access_key, subject.unique_id) if each is not None and _KEY.fullmatch(each)]
    instances = {each for each in (subject.instance, subject.session) if each is not None and INSTANCE.fullmatch(each)}
    return [*found, *sorted(instances)]


def _told_once(subjects: list[Subject]) -> tuple[Subject, ...]:
    """The subjects, those of one credential that contradict in nothing made one."""
    found: list[Subject] = []
    for subject in subjects:
        at = next((at for at, other in enumerate(found) if _says_the_same(other, subject)), None)
        if at is None:
            found.append(subject)
        else:
            found[at] = _both(found[at], subject)
    return tuple(found)


def _says_the_same(one: Subject, other: Subject) -> bool:
    if one.kind != other.kind and "unknown" not in (one.kind, other.kind):
        return False
    pairs = [(getattr(one, part), getattr(other, part)) for part in _PARTS]
    if any(first is not None and second is not None and first != second for first, second in pairs):
        return False
    same_key = one.access_key is not None and one.access_key == other.access_key
    # Two sessions of one role are two credentials.
    return same_key or (one.unique_id is not None and one.unique_id == other.unique_id and one.session == other.session)


def _both(one: Subject, other: Subject) -> Subject:
    further = {part: getattr(other, part) for part in _PARTS if getattr(one, part) is None}
    told_by = ", ".join(dict.fromkeys(each for each in (one.told_by, other.told_by) if each))
    kind = other.kind if one.kind == "unknown" else one.kind
    return msgspec.structs.replace(one, kind=kind, told_by=told_by, **further)
