"""Sets of ARNs and the patterns that select them, against the matching of single texts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.iam.escalation.population import Population, bits_of, places
from scanner.iam.matching import matches

ROLE = "arn:aws:iam::111122223333:role/"
NAMES = ["app", "App-dev", "SageMaker-x", "xSageMakerForBedrock", "team/app", "a\nb", "ends-in-dev", "d", "\u00fcber"]
MANY = sorted(
    {f"{ROLE}{random.choice(NAMES)}{random.randrange(400)}" for random in [Random(7)] for _ in range(300)}
    | {f"{ROLE}{name}" for name in NAMES}
)
FEW = MANY[::40]


@pytest.mark.parametrize("members", [MANY, FEW, []], ids=["many", "few", "none"])
@pytest.mark.parametrize(
    "pattern",
    [
        "*", ROLE + "*", ROLE + "*SageMaker*", ROLE + "*SageMaker*For*", ROLE + "*dev", ROLE + "*dev*1*", "*app*",
        ROLE + "?pp*", "arn:*:role/*-dev*", ROLE + "*nothing*", ROLE + "app", "*\n*", "*b*", "**", ROLE + "*?*", "",
        "*role/d*r*", f"*{MANY[5][-6:]}*",
    ],
)  # fmt: skip
def test_a_pattern_selects_what_it_matches(members: list[str], pattern: str) -> None:
    population = Population(members)

    assert list(population.members(population.select(pattern))) == [arn for arn in members if matches(pattern, arn)]


@given(st.text(alphabet="*?apSageMk-/1", max_size=12))
def test_any_pattern_selects_what_it_matches(tail: str) -> None:
    population = Population(MANY)

    found = list(population.members(population.select(ROLE + tail)))

    assert found == [arn for arn in MANY if matches(ROLE + tail, arn)]


@given(st.sets(st.integers(0, 3000), max_size=60))
def test_places_are_those_of_the_bits(chosen: set[int]) -> None:
    assert list(places(bits_of(iter(chosen)))) == sorted(chosen)
    assert bits_of(iter(chosen)) == sum(1 << place for place in chosen)
