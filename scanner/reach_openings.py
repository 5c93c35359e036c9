"""How far something is open to the internet, and how openings combine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from scanner.reach_admission import Admission

Kind: TypeAlias = Literal["internet", "some", "unknown", "none"]
"""To anybody; to some public addresses only; not known; to nobody outside."""

_BEST_FIRST: tuple[Kind, ...] = ("internet", "unknown", "some", "none")
_WORST_FIRST: tuple[Kind, ...] = ("none", "unknown", "some", "internet")


class Opening(msgspec.Struct, frozen=True):
    """How far something is open, with the reason in words, and whether that is sure or only likely."""

    kind: Kind
    words: str = ""
    is_sure: bool = True


CLOSED = Opening("none")


def best(openings: Iterable[Opening]) -> Opening:
    """The widest of several ways in; what is not known may be wider than what is open to some."""
    found = sorted(openings, key=lambda each: (_BEST_FIRST.index(each.kind), not each.is_sure))
    return found[0] if found else CLOSED


def passing(*doors: Opening) -> Opening:
    """What comes through several doors one behind the other: no more than through the narrowest."""
    kind = min((door.kind for door in doors), key=_WORST_FIRST.index)
    if kind == "unknown":
        words = [door.words for door in doors if door.kind == "unknown"]
    else:
        words = [door.words for door in doors if door.words]
    return Opening(kind, ", ".join(words), all(door.is_sure for door in doors))


def from_internet(admission: Admission, families: Iterable[str]) -> Opening:
    """How far security groups are open to the internet by addresses of these families."""
    asked = tuple(families)
    for family in asked:
        if family in admission.anyone:
            return Opening("internet", admission.anyone[family])
    if admission.unread:
        return Opening("unknown", admission.unread)
    if admission.prefix_lists:
        return Opening("unknown", f"the addresses in {', '.join(admission.prefix_lists)} are not collected")
    ranges = [text for family in asked for text in admission.some.get(family, ())]
    return Opening("some", f"only {', '.join(ranges[:5])} may come in") if ranges else CLOSED
