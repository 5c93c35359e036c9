"""The same credential named in several places of a finding is one subject."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from policies.subjects import Subject
from scanner.errors import UsageError

_IDENTIFYING = ("account_id", "name", "unique_id", "session", "access_key", "instance")


_MOST = 1_000
"""Attack sequences have 400 actors and 400 resources at most."""


def joined(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """The subjects, those of one key or one session made one; what contradicts stays apart.

    Raises:
        UsageError: they are more than any finding of AWS has.
    """
    found: list[Subject] = []
    places: dict[object, list[int]] = {}
    for subject in subjects:
        candidates = sorted({at for token in _tokens(subject) for at in places.get(token, ())})
        at = next((at for at in candidates if _is_same(found[at], subject)), len(found))
        if at < len(found):
            found[at] = _both(found[at], subject)
        elif at < _MOST:
            found.append(subject)
        else:
            raise UsageError(
                f"The finding names more than {_MOST} credentials, which none of AWS does.",
                "Export the finding again, as AWS gives it.",
            )
        for token in _tokens(found[at]):
            if at not in places.setdefault(token, []):
                places[token].append(at)
    return tuple(found)


def _tokens(subject: Subject) -> list[object]:
    """By what another subject may be found to be the same."""
    return [subject, ("key", subject.access_key), ("session", subject.unique_id, subject.session)]


def _is_same(one: Subject, other: Subject) -> bool:
    if one.kind != other.kind and "unknown" not in {one.kind, other.kind}:
        return False
    for field in _IDENTIFYING:
        first, second = getattr(one, field), getattr(other, field)
        if first and second and first != second:
            return False
    if one.access_key and one.access_key == other.access_key:
        return True
    if one.unique_id and one.unique_id == other.unique_id:
        # Two sessions of one role are two subjects, as long as it is not known which of them a third names.
        return one.session == other.session
    return one == other


def _both(one: Subject, other: Subject) -> Subject:
    further = {
        field: getattr(other, field) for field in other.__struct_fields__ if field != "kind" and not getattr(one, field)
    }
    kind = other.kind if one.kind == "unknown" else one.kind
    return msgspec.structs.replace(one, kind=kind, **further)
