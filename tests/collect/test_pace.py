"""So many requests a second, and no more."""

from __future__ import annotations

import pytest

from scanner.collect.pace import Pace


class Clock:
    """A clock that goes on only when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


def test_requests_are_spread_evenly() -> None:
    clock = Clock()
    pace = Pace(4, lambda: clock.now, clock.pause)

    moments = []
    for _ in range(9):
        pace.wait()
        moments.append(clock.now - 100)

    assert moments == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])


def test_a_rest_does_not_allow_a_burst() -> None:
    clock = Clock()
    pace = Pace(2, lambda: clock.now, clock.pause)
    pace.wait()
    clock.now += 60

    moments = []
    for _ in range(3):
        pace.wait()
        moments.append(clock.now - 160)

    assert moments == pytest.approx([0, 0.5, 1])
