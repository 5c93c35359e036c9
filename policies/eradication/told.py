"""What is told of each thing that may have been left behind to come back."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

from scanner.drift.told import Compared
from scanner.findings import Resource

Urgency = Literal["credential", "principal", "trust", "permission", "code", "logging", "network", "other"]
"""In which order it goes: credentials let a thief back in at once."""

URGENCIES: tuple[Urgency, ...] = get_args(Urgency)


class Remnant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that appeared or is other than in the clean state; whether it was legitimate, a person decides.

    Attributes:
        what: such as ``access key created``.
        created: when, where AWS says it.
        hold: commands that disable it and keep what it tells.
        remove: commands that take it away, or put back what was in the clean state.
        breaks: what they do to those who did nothing.
        note: what to do or to know beside the commands.
    """

    urgency: Urgency
    what: str
    resource: Resource
    created: datetime | None = None
    hold: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    breaks: str = ""
    note: str = ""


class Look(msgspec.Struct, frozen=True):
    """Something that guardrift does not collect, and the commands that show it; in every region where it has some."""

    what: str
    commands: tuple[str, ...]


class Eradication(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that may be persistence, since a state that was clean.

    Attributes:
        since: the clean state.
        complete: whether all that was asked for was read on both sides.
        remnants: credentials first.
        left_out: what is other, and is no persistence: containment, and what only denies.
        unknown: what cannot be compared, since one side or both did not read it.
        not_asked: parts that neither side was asked for.
        elsewhere: where else a thief leaves things.
        notes: what to know of all of it.
    """

    since: Compared
    complete: bool
    remnants: tuple[Remnant, ...]
    left_out: tuple[str, ...]
    unknown: tuple[str, ...]
    not_asked: tuple[str, ...]
    elsewhere: tuple[Look, ...]
    notes: tuple[str, ...]
