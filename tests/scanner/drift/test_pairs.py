"""Every cause and every consequence: what is told of it, which way it goes, and that the way back is the reverse."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion

from reports import diff_text
from reports.json_text import indented
from scanner.drift import Change
from tests.accounts import allow, policy
from tests.scanner.drift.pairs import PAIRS, Pair
from tests.scanner.drift.samples import diff, identity, role

EACH = pytest.mark.parametrize("pair", PAIRS, ids=[pair.name for pair in PAIRS])


def of_kind(pair: Pair, changes: tuple[Change, ...]) -> Change:
    (found,) = [each for each in changes if each.resource.type == pair.kind]
    return found


def is_said(pair: Pair, change: Change) -> bool:
    texts = (change.what, *(each.kind for each in change.cause), *change.consequence)
    return any(text.startswith(pair.said) for text in texts)


def test_nearly_everything_is_counted_and_not_listed() -> None:
    old = identity(roles=[role("reports", policy(allow(["s3:Get*", "iam:Get*"])))])
    found = diff(old, identity(roles=[role("reports", policy(allow()))]))

    (change,) = found.changes
    assert change.severity == "critical"
    shown = " ".join(diff_text.render(found).split())
    assert re.search(r"\+ every action of \d{3} services \(a2c, .* more\); any other action", shown)
    assert "iam:* (Permissions management)" in shown


@EACH
def test_the_wider_state(pair: Pair, snapshot: SnapshotAssertion) -> None:
    found = diff(pair.old, pair.new, consequences=True)

    change = of_kind(pair, found.changes)
    assert is_said(pair, change)
    assert (change.direction, found.complete) == ("widens", True)
    assert change.severity != "info"
    assert diff_text.render(found) == snapshot(name="text")
    assert indented(found.changes) == snapshot(name="json")


@EACH
def test_the_way_back(pair: Pair, snapshot: SnapshotAssertion) -> None:
    found = diff(pair.new, pair.old, consequences=True)

    change = of_kind(pair, found.changes)
    assert (change.direction, change.severity) == ("narrows", "info")
    assert found.summary["widens"] == 0
    assert diff_text.render(found) == snapshot(name="text")
