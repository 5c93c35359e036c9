"""A gap cannot be mistaken for an answer: whatever is asked of it, it says what was not collected."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from scanner.engine.documentation import example_account
from scanner.inventory import Account, Gap, NotCollected, Outcome, Undetermined, describe, known

GAP = Gap("guardduty:ListDetectors", "denied", "eu-west-1", "AccessDenied: no")

USES: dict[str, Callable[[Any], object]] = {
    "truth": bool,
    "not": operator.not_,
    "or": lambda gap: gap or (),
    "length": len,
    "iteration": iter,
    "tuple": tuple,
    "list": list,
    "comprehension": lambda gap: [item is None for item in gap],
    "any": any,
    "unpacking": lambda gap: (*gap,),
    "membership": lambda gap: 1 in gap,
    "index": lambda gap: gap[0],
    "equal to itself": lambda gap: operator.eq(gap, gap),
    "equal to nothing": lambda gap: gap == (),
    "equal to None": lambda gap: operator.eq(gap, None),
    "None equal to it": lambda gap: operator.eq(None, gap),
    "not equal": lambda gap: gap != (),
    "less": lambda gap: gap < 1,
    "more": lambda gap: gap >= 1,
    "found in a list": lambda gap: operator.contains([()], gap),
    "hash": hash,
    "set": lambda gap: {gap},
    "attribute": lambda gap: gap.tokens,
    "method": lambda gap: gap.get("x"),
    "attribute with a default": lambda gap: getattr(gap, "tokens", None),
    "sorted": sorted,
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_every_use_names_what_was_not_collected(use: Callable[[Any], object]) -> None:
    with pytest.raises(NotCollected) as raised:
        use(GAP)

    assert raised.value.gap is GAP
    assert "guardduty:ListDetectors was denied in eu-west-1" in raised.value.reason


def test_an_account_cannot_be_compared_past_its_gaps() -> None:
    denied = '{"users": {"kind": "gap", "api": "iam:X", "status": "denied"}}'
    one, other = example_account(denied), example_account(denied)

    with pytest.raises(NotCollected):
        assert one == other


def test_known_gives_answers_and_refuses_gaps() -> None:
    assert known(()) == ()
    assert known(None) is None
    with pytest.raises(NotCollected):
        known(GAP)


def test_not_collected_is_undetermined() -> None:
    assert issubclass(NotCollected, Undetermined)


@pytest.mark.parametrize(
    ("status", "region", "text"),
    [
        ("denied", "eu-west-1", "s3:X was denied in eu-west-1"),
        ("denied", "global", "s3:X was denied"),
        ("denied", "*", "s3:X was denied in any region"),
        ("throttled", "global", "s3:X was throttled to the end"),
        ("error", "global", "s3:X failed"),
        ("skipped", "*", "s3:X was not asked for in any region"),
        ("not_applicable", "eu-west-1", "s3:X does not exist in eu-west-1"),
        ("elsewhere", "global", "s3:X can be read only from another account"),
    ],
)
def test_description(status: Outcome, region: str, text: str) -> None:
    assert describe(Gap("s3:X", status, region)) == text
    assert describe(Gap("s3:X", status, region, "why")) == f"{text} (why)"


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda gap: pickle.loads(pickle.dumps(gap)), replace],
    ids=["copy", "deepcopy", "pickle", "replace"],
)
def test_a_copy_is_a_gap_with_the_same_words(copied: Callable[[Gap], Gap]) -> None:
    found = copied(GAP)

    assert isinstance(found, Gap)
    assert repr(found) == repr(GAP)
    assert describe(found) == describe(GAP)


def test_representation_names_every_field() -> None:
    assert repr(GAP) == (
        "Gap(api='guardduty:ListDetectors', status='denied', region='eu-west-1', reason='AccessDenied: no')"
    )


def test_an_account_with_gaps_can_be_shown_and_copied() -> None:
    account = example_account('{"regions": [{"name": "eu-west-1"}]}')

    assert repr(copy.deepcopy(account)) == repr(pickle.loads(pickle.dumps(account))) == repr(account)


def test_a_gap_survives_json() -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(GAP), type=Gap)

    assert repr(decoded) == repr(GAP)


def test_a_gap_in_a_file_is_not_an_empty_answer() -> None:
    account = example_account('{"users": {"kind": "gap", "api": "iam:X", "status": "denied"}}')

    assert isinstance(account, Account)
    assert isinstance(account.users, Gap)
