"""The lines of a journal: what was intended, with what was there before, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from policies.execution.changes import Change
from policies.subjects import Subject

Direction = Literal["contain", "undo"]
State = Literal["applied", "stopped", "failed", "rolled back", "partly rolled back"]
Verdict = Literal["holds", "fails", "unknown"]


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag_field="line", tag="begun"):
    """The first line: whom a run contains, and with what. The schema is named here, so that defaults are written, too.

    Attributes:
        run: a random id.
        version: of the program.
        principal: the ARN of whom it is; empty where it is none of the account.
        subject: whom, as it was told.
        changes: everything that is set, in its order; further lines name a change by its place in this list.
        instances: id and region of each instance that must get other credentials.
        regions: those that were enabled when it began.
        caller: the ARN of who carries it out.
        warning: what the plan leaves open.
    """

    schema: Literal["guardrift/journal/1"] = "guardrift/journal/1"
    run: str
    at: datetime
    version: str
    account_id: str
    partition: str
    principal: str = ""
    unique_id: str = ""
    kinds: tuple[str, ...] = ()
    subject: Subject
    changes: tuple[Change, ...]
    instances: tuple[tuple[str, str], ...] = ()
    regions: tuple[str, ...] = ()
    caller: str = ""
    warning: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True, tag_field="line", tag="found"):
    """A further change that was found when it was carried out, such as a key; it takes the next place in the list."""

    at: datetime
    change: Change


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line", tag="intent"):
    """What is about to be written, before the call is made.

    Attributes:
        number: of the call within the journal, from 1.
        change: its place among the changes.
        previous: what is there; None where nothing is.
        is_artefact: whether that is containment already, of this or another run: never what is restored.
        wanted: what is written; None takes it away.
    """

    number: int
    at: datetime
    change: int
    direction: Direction
    previous: str | None = None
    is_artefact: bool = False
    wanted: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line", tag="outcome"):
    """What came of the call with that number; ``said`` is AWS's refusal."""

    number: int
    at: datetime
    is_done: bool
    said: str = ""


class Settled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line", tag="settled"):
    """A change that is done with, read back from AWS.

    Attributes:
        result: ``set``; ``already`` where it was there before this run; ``restored`` or ``gone already`` when undoing;
            ``left`` where it was not touched, and why.
        stored: the text that is in place; None where nothing is.
        cutoff: of that text.
    """

    at: datetime
    change: int
    direction: Direction
    result: Literal["set", "already", "restored", "gone already", "left"]
    stored: str | None = None
    cutoff: datetime | None = None
    said: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line", tag="checked"):
    """One look at whether the containment holds.

    Attributes:
        name: such as ``stored``, ``simulated``, ``logs``, ``rotation``.
        said: what was seen, or why it is not known.
        todo: commands that a person runs to settle it.
    """

    at: datetime
    name: str
    verdict: Verdict
    said: str
    todo: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="line", tag="ended"):
    """How the run, its resumption or its undoing ended; a journal without it was interrupted."""

    at: datetime
    state: State
    said: str = ""


Line = Begun | Found | Intent | Outcome | Settled | Checked | Ended
