"""Two runs against the same principals: one after another, one within the other, and call by call in any order."""

from __future__ import annotations

import json
import random
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from policies.execution.carrying_out import carry_out
from policies.execution.journal import Journal
from policies.execution.records import Ended
from policies.execution.texts import latest_cutoff
from tests.policies.execution.incident import START, Incident, MotoApi
from tests.policies.execution.scenes import SCENES
from tests.policies.execution.test_killed import timeless

pytestmark = pytest.mark.usefixtures("aws")

KINDS = ["role", "tag", "full role", "boundary of a role", "trust policy", "user", "SCP", "permission sets"]
_DOCUMENTS = ("PolicyDocument", "Content", "InlinePolicy")
_PLACES = ("RoleName", "PermissionSetArn", "PolicyArn", "PolicyName")


def written(*apis: MotoApi) -> dict[str, list[datetime]]:
    """Every cutoff that was sent to AWS, by the name of its place; there is one policy of the organization."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for api in apis:
        for _, parameters in api.calls:
            text = next((parameters[each] for each in _DOCUMENTS if each in parameters), None)
            cutoff = latest_cutoff(text)
            if cutoff is not None:
                place = next((parameters[each] for each in _PLACES if each in parameters), "organization")
                found["organization" if "Content" in parameters else place.rpartition("/")[2]].append(cutoff)
    return found


def stored_by_place(incident: Incident) -> dict[str, datetime]:
    """The cutoffs that are in place."""
    found = json.loads(incident.state())
    texts = [(name, each["PolicyDocument"]) for name, held in found["roles"].items() for each in held["inline"]]
    texts += [
        (arn, text) for arn, held in found["policies"].items() for _, is_default, text in held["versions"] if is_default
    ]
    texts += [("organization", text) for _, text, _ in found["organization"].values()]
    texts += list(found["permission sets"].items())
    cutoffs = [(place.rpartition("/")[2], latest_cutoff(unquote(text))) for place, text in texts]
    return {place: cutoff for place, cutoff in cutoffs if cutoff is not None}


def stored(incident: Incident) -> list[datetime]:
    return list(stored_by_place(incident).values())


def freed(incident: Incident, journals: list[Journal]) -> list[str]:
    """Undo both until nothing is left; what was said the first time each was undone."""
    said = []
    for number in range(3):
        endings = [incident.undone(each) for each in journals]
        said += [f"{each.state}: {each.said}" for each in endings] if number == 0 else []
        if all(each.state == "rolled back" for each in endings):
            break
    assert all(each.state == "rolled back" for each in endings), endings
    assert incident.state() == incident.before
    return said


def check(incident: Incident, apis: list[MotoApi], journals: list[Journal], whole: str) -> None:
    there = stored_by_place(incident)
    for place, cutoffs in written(*apis).items():
        assert there[place] >= max(cutoffs), place
    assert timeless(incident.state()) == whole
    freed(incident, journals)


def whole(incident: Incident) -> tuple[str, int]:
    """The state after one run, without its times, and how many calls it takes."""
    api, journal = incident.api(), incident.journal()
    assert carry_out(journal, api).state == "applied"
    found = timeless(incident.state())
    incident.freed(journal)
    return found, len(api.calls)


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_one_after_another(name: str, is_reversed: bool) -> None:
    incident = SCENES[name]()
    first = incident.contained()
    early = stored(incident)
    incident.clock.at = START + timedelta(minutes=7)
    second = incident.contained()
    late = stored(incident)
    assert all(later > earlier for earlier, later in zip(early, late, strict=True))

    order = [second, first] if is_reversed else [first, second]
    said = freed(incident, order)

    if early and not is_reversed and name != "permission sets":
        assert "another run raised its cutoff to 2026-11-22T03:07:40Z" in said[0]


@pytest.mark.parametrize("name", ["role", "full role", "SCP", "permission sets"])
def test_the_later_cutoff_is_not_lifted_by_the_earlier_run(name: str) -> None:
    """Nor is what attaches it, nor the tag that protects it, when the time of the first run is over."""
    incident = SCENES[name]()
    first = incident.contained()
    incident.clock.at = START + timedelta(hours=5)
    incident.contained()
    during = incident.state()
    incident.clock.at = START + timedelta(hours=13)

    ended = incident.undone(first, force=False)

    assert ended.state == "partly rolled back"
    assert incident.state() == during


@pytest.mark.parametrize("name", ["role", "full role", "SCP", "permission sets"])
def test_a_run_whose_clock_is_behind_does_not_lower_it(name: str) -> None:
    incident = SCENES[name]()
    first = incident.contained()
    before = stored(incident)
    incident.clock.at = START - timedelta(hours=2)

    second = incident.contained()

    assert stored(incident) == before
    freed(incident, [second, first])


@pytest.mark.parametrize("name", ["role", "full role", "trust policy", "user", "SCP", "permission sets"])
def test_one_run_whole_within_the_other(name: str) -> None:
    """At every call of the first: before it is sent, and after it was answered."""
    incident = SCENES[name]()
    planned, count = whole(incident)
    points = [(number, when) for number in range(count) for when in ("before", "after")]
    # A read has no effect, so that only what comes between a read and a write, or follows a write, differs.
    for number, when in points if name == "role" else points[:: 5 if count > 25 else 3]:
        # The other one begins when the first has just computed a cutoff, and gets a later one.
        incident.clock.at = START + timedelta(seconds=9)
        inner, journal, second = incident.api(), incident.journal(), incident.journal()
        ended: list[Ended] = []

        def interrupt(
            at: int,
            _: str,
            number: int = number,
            inner: MotoApi = inner,
            second: Journal = second,
            ended: list[Ended] = ended,
        ) -> None:
            if at == number and not ended:
                incident.clock.at += timedelta(seconds=4)
                ended.append(carry_out(second, inner))

        outer = incident.api(**{when: interrupt})
        result = carry_out(journal, outer)
        assert [result.state, *(each.state for each in ended)] == ["applied", "applied"], (number, when, result, ended)
        check(incident, [outer, inner], [journal, second] if number % 2 else [second, journal], planned)


@pytest.mark.parametrize("name", ["role"])
def test_one_raise_within_the_other(name: str) -> None:
    """A cutoff that lies ahead still is raised by two runs, one of them within the other."""
    incident = SCENES[name]()
    for number in range(10):
        incident.clock.at = START
        first, inner, second = incident.contained(), incident.api(), incident.journal()
        incident.clock.at = START + timedelta(seconds=19)
        left = [number]

        def interrupt(
            _: int, name: str, left: list[int] = left, inner: MotoApi = inner, second: Journal = second
        ) -> None:
            left[0] -= 1
            if left[0] == -1:
                incident.clock.at += timedelta(seconds=4)
                assert carry_out(second, inner).state == "applied"

        outer, journal = incident.api(before=interrupt), incident.journal()
        assert carry_out(journal, outer).state == "applied"
        there = stored_by_place(incident)
        for place, cutoffs in written(outer, inner).items():
            assert there[place] >= max(cutoffs), (place, number)
        freed(incident, [journal, second, first])


@dataclass
class Stepping:
    """A piece of work that makes one step at a time: to the next moment before or after a call."""

    work: Callable[[], Any]
    is_done: bool = False
    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _paused: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._go.acquire()
        try:
            self.work()
        except BaseException as fault:  # noqa: BLE001  (it is raised where the steps are made)
            self._faults.append(fault)
        self.is_done = True
        self._paused.release()

    def pause(self, *_: object) -> None:
        self._paused.release()
        self._go.acquire()

    def step(self) -> None:
        self._go.release()
        assert self._paused.acquire(timeout=20)
        if self._faults:
            raise self._faults[0]


def together(incident: Incident, choose: Callable[[], int], count: int = 2) -> tuple[list[MotoApi], list[Journal]]:
    """Carry it out several times at once, one step of one run after another as they are chosen."""
    apis, journals, runs = [], [], []
    for _ in range(count):
        journal = incident.journal()
        api = incident.api()
        run = Stepping(lambda journal=journal, api=api: _applied(journal, api))  # type: ignore[misc]
        api.before = api.after = run.pause
        apis.append(api)
        journals.append(journal)
        runs.append(run)
    while not all(run.is_done for run in runs):
        run = runs[choose() % count]
        if not run.is_done:
            run.step()
    return apis, journals


def _applied(journal: Journal, api: MotoApi) -> None:
    ended = carry_out(journal, api)
    assert ended.state == "applied", ended


@pytest.mark.parametrize("name", ["role", "full role", "tag", "boundary of a role", "SCP", "permission sets", "circle"])
def test_call_by_call(name: str) -> None:
    incident = SCENES[name]()
    planned, _ = whole(incident)
    for seed in range(9 if name in ("role", "full role") else 4):
        chance = random.Random(f"{name} {seed}")
        incident.clock.at = START + timedelta(seconds=chance.random() * 10)
        # AWS takes its time, and now and then one of them does a good part in one go.
        longest, weights = [0.0, 0.4, 1.5][seed % 3], [[1, 1], [9, 1], [1, 9]][seed // 3]

        def choose(chance: random.Random = chance, longest: float = longest, weights: list[int] = weights) -> int:
            incident.clock.at += timedelta(seconds=chance.random() * longest)
            return chance.choices((0, 1), weights)[0]

        apis, journals = together(incident, choose)
        check(incident, apis, journals if seed % 2 else journals[::-1], planned)


def test_three_at_once() -> None:
    incident = SCENES["role"]()
    planned, _ = whole(incident)
    chance = random.Random("three")

    apis, journals = together(incident, lambda: chance.randrange(3), 3)

    check(incident, apis, journals, planned)
