"""One defect of a containment document, told so that it can be mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong.

    Attributes:
        id: a stable word.
        where: the path in a document, or the line of a text.
        what: what is wrong.
        why: how that leaves the thief in, or locks out everybody else.
        instead: what guardrift does.
    """

    id: str
    where: str
    what: str
    why: str
    instead: str


class Says(NamedTuple):
    """What is said of one kind of fault, wherever it is found; ``{}`` in ``what`` stands for what was found."""

    what: str
    why: str
    instead: str


_LONGEST = 400
"""What was found is told up to here: others chose its length."""


def told(catalogue: Mapping[str, Says], fault_id: str, where: str, found: str = "") -> Fault:
    """A fault of a kind at a place."""
    says = catalogue[fault_id]
    shown = found if len(found) <= _LONGEST else f"{found[: _LONGEST - 3]}..."
    return Fault(fault_id, where, says.what.replace("{}", shown), says.why, says.instead)
