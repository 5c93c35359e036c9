"""The proof can fail: every document is spoilt in every way, and the proof has to notice."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.policies.proof.mutations import Mutant, mutants
from tests.policies.proof.oracle import refuses
from tests.policies.proof.scenarios import PROVEN, Scenario
from tests.policies.proof.signing import requests
from tests.policies.proof.test_against_oracle import CUTOFFS, agrees, in_place

EVERY = [(scenario, mutant) for scenario in PROVEN for mutant in mutants(scenario)]

# Changes that change nothing for anybody: requests of roles always tell when their session was issued, and all requests
# tell by whom they are signed; who holds a long-term key has no session with MFA.
_HARMLESS = {
    "before the date, if there is one", "before the date, where there is one", "these, if there is one",
    "that value, if there is one", "with MFA",
}  # fmt: skip


def changed(mutant: str) -> str:
    return mutant.partition(": ")[2].partition(" [")[0]


def is_harmless(scenario: Scenario, mutant: str) -> bool:
    # All services whose names begin with s, sts among them.
    is_of_trust = scenario.placed[int(mutant[0])].layer == "trust"
    return changed(mutant) in _HARMLESS or (is_of_trust and changed(mutant) == "every action of some letter")


def is_more_of_the_same(scenario: Scenario, mutant: str) -> bool:
    """Whether more is denied, where new sessions are to be denied by other means anyway."""
    return scenario.name == "role: trust frozen and sessions revoked" and changed(mutant) in ("no condition", "no date")


def test_there_are_many() -> None:
    assert len(EVERY) > 700


@pytest.mark.parametrize("scenario", PROVEN, ids=[each.name for each in PROVEN])
def test_spoilt_containment_is_not_proven(scenario: Scenario) -> None:
    survivors = []
    for mutant in mutants(scenario):
        proof = mutant.scenario.prove()
        if proof.is_proven:
            survivors.append(mutant.name)
            continue
        for claim in proof.claims:
            assert claim.why
            agrees(mutant.scenario, claim)

    assert [
        name for name in survivors if not is_harmless(scenario, name) and not is_more_of_the_same(scenario, name)
    ] == []


SURVIVORS = [
    (scenario, mutant)
    for scenario, mutant in EVERY
    if is_harmless(scenario, mutant.name) and mutant.scenario.prove().is_proven
]


@pytest.mark.parametrize(
    ("scenario", "mutant"), SURVIVORS, ids=[f"{scenario.name}: {mutant.name}" for scenario, mutant in SURVIVORS]
)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_survives_says_the_same(scenario: Scenario, mutant: Mutant, data: st.DataObject) -> None:
    claims = [claim for claim in scenario.prove().claims if claim.who != "whoever assumes the role"]
    claim = data.draw(st.sampled_from([each for each in claims if "no such credential" not in each.why]))
    cutoff = data.draw(st.sampled_from(CUTOFFS))
    asked = data.draw(requests(scenario, claim.who, claim.form, cutoff))

    assert refuses(in_place(scenario.placed, cutoff), asked) is refuses(in_place(mutant.scenario.placed, cutoff), asked)
