"""The process ends at every step: gone on with, it ends as it would have; undone, nothing is left of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from policies.execution.carrying_out import carry_out
from policies.execution.journal import Journal, Sink, new_journal, open_journal
from policies.execution.journal_files import FileSink
from policies.execution.records import Ended, Intent, Line
from policies.execution.rolling_back import roll_back
from tests.policies.execution.incident import START, Incident, Killed, Lines, MotoApi
from tests.policies.execution.scenes import SCENES

pytestmark = pytest.mark.usefixtures("aws")

Point = tuple[str, str, int]
"""What is about to happen or has happened (a call, a line), whether it has, and its number."""

Work = Callable[[Journal, MotoApi], Ended]


def _at(number: int) -> Callable[..., None]:
    def end(found: int, *_: str) -> None:
        if found == number:
            raise Killed

    return end


def _api(incident: Incident, point: Point) -> MotoApi:
    what, when, number = point
    return incident.api(**({when: _at(number)} if what == "call" else {}))


def _lines(kept: list[Line], point: Point) -> Lines:
    what, when, number = point
    return Lines(list(kept), **({when: _at(number)} if what == "line" else {}))


def points(incident: Incident, kept: list[Line], work: Work, *, every: bool = False) -> tuple[list[Point], list[Line]]:
    """Every moment at which a piece of work can end, around each write and line, or around each call at all; its lines.

    Between two reads nothing has changed that a further run could see.
    """
    incident.clock.at = kept[-1].at
    api, lines = incident.api(), Lines(list(kept))
    work(Journal(lines, list(kept)), api)
    numbers = [
        number for number, (name, _) in enumerate(api.calls) if every or not re.search(r":(Get|List|Describe)", name)
    ]
    found = [("call", when, number) for number in numbers for when in ("before", "after")]
    # Before a line is kept it is as after what was done last.
    whens = ("before", "after") if every else ("after",)
    found += [("line", when, number) for number in range(len(kept), len(lines.kept)) for when in whens]
    return found, lines.kept


def killed(incident: Incident, kept: list[Line], work: Work, point: Point) -> list[Line]:
    """The lines that are left of a piece of work that ends at a point."""
    incident.clock.at = kept[-1].at
    lines = _lines(kept, point)
    with pytest.raises(Killed):
        work(Journal(lines, list(kept)), _api(incident, point))
    return lines.kept


def contain(journal: Journal, api: MotoApi) -> Ended:
    return carry_out(journal, api)


def undo(journal: Journal, api: MotoApi) -> Ended:
    return roll_back(journal, api, force=True)


def timeless(text: str) -> str:
    """A state without the times of cutoffs and tags, and without earlier versions of a policy."""
    found = json.loads(text)
    for arn, held in found["policies"].items():
        found["policies"][arn] = [document for _, is_default, document in held["versions"] if is_default]
    return re.sub(r"20[0-9-]{8}T[0-9:%A]*Z", "TIME", json.dumps(found))


def _artefacts_saved(lines: list[Line]) -> list[Intent]:
    """Intents that would restore what a containment wrote."""
    signs = ("TokenIssueTime", "IrQuarantine", "contained ", "AWSDenyAll", "IrFreeze", "IrContain", "IrIsolate")
    return [
        each
        for each in lines
        if isinstance(each, Intent) and each.direction == "undo" and any(sign in (each.wanted or "") for sign in signs)
    ]


@pytest.mark.parametrize(
    "name",
    ["role", "circle", "user", "full role", "boundary of a role", "first boundary of a user", "trust policy", "tag",
     "SCP", "permission sets"],
)  # fmt: skip
def test_killed_while_it_contains(name: str) -> None:
    incident = SCENES[name]()
    begun: list[Line] = [incident.begun]
    moments, kept = points(incident, begun, contain, every=name == "role")
    whole = timeless(incident.state())
    incident.freed(Journal(Lines(), kept))
    assert len(moments) > 5

    # Of the circle, whose roles are alike, and the user, whose keys are, some.
    for point in moments[:: {"circle": 4, "user": 2}.get(name, 1)]:
        # Gone on with:
        lines = killed(incident, begun, contain, point)
        resumed = Journal(Lines(list(lines)), list(lines))
        ended = contain(resumed, incident.api())
        assert (ended.state, timeless(incident.state())) == ("applied", whole), point
        incident.freed(resumed)
        assert _artefacts_saved(resumed.lines) == [], point
        # Undone:
        lines = killed(incident, begun, contain, point)
        incident.freed(Journal(Lines(list(lines)), list(lines)))


@pytest.mark.parametrize(
    "name", ["role", "user", "full role", "boundary of a role", "trust policy", "SCP", "permission sets"]
)
def test_killed_while_it_undoes(name: str) -> None:
    incident = SCENES[name]()
    contained = incident.contained().lines
    moments, _ = points(incident, contained, undo, every=name == "role")
    assert incident.state() == incident.before

    for point in moments:
        incident.clock.at = START
        contained = incident.contained().lines
        lines = killed(incident, contained, undo, point)
        incident.freed(Journal(Lines(list(lines)), list(lines)))


@pytest.mark.parametrize("torn", [0, 1, 17])
def test_a_file_whose_last_line_is_torn(tmp_path: Path, torn: int) -> None:
    """The line that was being written is lost, and what it would have told of was not done."""
    incident = SCENES["tag"]()
    whole = tmp_path / "whole.jsonl"
    journal = new_journal(whole, incident.begun)
    contain(journal, incident.api())
    _close(journal)
    total = len(whole.read_bytes().splitlines())
    again = open_journal(whole)
    incident.freed(again)
    _close(again)

    for count in range(1, total):
        incident.clock.at = START
        path = tmp_path / f"{count}.jsonl"
        journal = new_journal(path, incident.begun)
        journal.sink = _Torn(journal.sink, path, count, torn)
        with pytest.raises(Killed):
            contain(journal, incident.api())
        resumed = open_journal(path)
        assert contain(resumed, incident.api()).state == "applied"
        _close(resumed)
        again = open_journal(path)
        incident.freed(again)
        _close(again)


class _Torn:
    """A file of which the process writes a part of one line, and ends."""

    def __init__(self, sink: Sink, path: Path, count: int, torn: int) -> None:
        self.sink, self.path, self.left, self.torn = sink, path, count, torn

    def append(self, line: Line) -> None:
        self.left -= 1
        if self.left:
            self.sink.append(line)
            return
        before = self.path.stat().st_size
        self.sink.append(line)
        with self.path.open("r+b") as file:
            file.truncate(before + self.torn)
        self.sink.close()
        raise Killed

    def close(self) -> None:
        """It is closed."""


def _close(journal: Journal) -> None:
    assert isinstance(journal.sink, FileSink)
    journal.sink.close()
