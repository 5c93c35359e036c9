"""Values of strange kinds anywhere in the answers: whatever they are, the scan ends and its snapshot can be read."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from scanner.actions import REGIONAL
from scanner.collect.account import Scope, collect
from scanner.minimum import minimum_calls
from scanner.snapshot import decode, encode
from tests.collect.faulty import NOW
from tests.collect.stand_in import Asked, StandIn
from tests.collect.whole import ANSWERS

STRANGE: list[Any] = [
    "", "x", "arn:aws", "arn:aws:sns", "a:b:c:d:e:f", "*", "\n", "\ud800", "{", "null", "[]", '{"a":1}', "9" * 30,
    None, 7, -1, 1e300, True, [], {}, [None], {"a": [1]}, ["x"], b"x", [[]],
]  # fmt: skip
AT_ONCE = 12


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in an answer."""
    if path:
        yield path
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*path, name))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


def strangely(usual: Any, seed: float) -> Callable[[Asked], Any]:
    """The usual answer with one strange value, the same one whenever it is asked for."""

    def answer(asked: Asked) -> Any:
        found = usual(asked) if callable(usual) else usual
        if not isinstance(found, Mapping) or not found:
            return found
        chance = random.Random(seed)
        return put(dict(found), chance.choice(list(places(found))), chance.choice(STRANGE))

    return answer


@pytest.mark.parametrize("seed", range(40))
def test_strange_values(session: Any, aws: StandIn, seed: int) -> None:
    chance = random.Random(seed)
    for api in chance.sample(sorted(ANSWERS.keys() - {"sts:GetCallerIdentity"}), AT_ONCE):
        aws.answer(api, strangely(ANSWERS[api], chance.random()))

    account = collect(session, Scope(pause=lambda _: None), now=NOW)

    text = encode(account)
    assert encode(decode(text, now=NOW, actions=REGIONAL)) == text
    assert minimum_calls(account)
