"""What the proof says holds for every request that the separate oracle is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.cutoff import format_instant
from policies.placed import Placed
from policies.proof import Claim
from policies.proof.trust import ASSUMING
from tests.accounts import OWN
from tests.policies.proof import scenarios as s
from tests.policies.proof.oracle import Asked, InPlace, Signer, limits, refuses
from tests.policies.proof.scenarios import MANAGEMENT, PROVEN, REFUSED, Scenario
from tests.policies.proof.signing import requests

CUTOFFS = (datetime(2026, 11, 20, 23, 0, 0, tzinfo=UTC), datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC))
SCENARIOS = (*PROVEN, *(each for each in REFUSED if each.placed))


def in_place(placed: Sequence[Placed], cutoff: datetime) -> list[InPlace]:
    moment = format_instant(cutoff)
    return [InPlace(each.layer, each.target, each.document.replace("${CUTOFF}", moment)) for each in placed]


def is_beyond(scenario: Scenario) -> bool:
    """Whether no policy of the organization has a say in the account."""
    return scenario.organization is MANAGEMENT or "switched off" in scenario.name


def speaks(claim: Claim) -> bool:
    return claim.who != "whoever assumes the role" and "no such credential" not in claim.why and claim.holds


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each.name for each in SCENARIOS])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_proven_holds_for_every_request(scenario: Scenario, data: st.DataObject) -> None:
    claims = [claim for claim in scenario.prove().claims if speaks(claim)]
    if not claims:
        return
    claim = data.draw(st.sampled_from(claims))
    cutoff = data.draw(st.sampled_from(CUTOFFS))
    asked = data.draw(requests(scenario, claim.who, claim.form, cutoff))
    documents = in_place(scenario.placed, cutoff)

    refused = refuses(documents, asked, management=is_beyond(scenario))
    if claim.expected == "denied":
        # That nobody gets a session any more is no matter of the requests that sessions sign.
        assert refused or "denies sts:AssumeRole" in claim.why
    else:
        assert not refused
        assert not limits(documents, asked)


@pytest.mark.parametrize("scenario", REFUSED, ids=[each.name for each in REFUSED])
def test_counterexample_is_one_for_the_oracle_too(scenario: Scenario) -> None:
    for claim in scenario.prove().claims:
        agrees(scenario, claim)


def agrees(scenario: Scenario, claim: Claim) -> None:
    """That a request which the proof gives is decided otherwise than was claimed."""
    example = claim.counterexample
    if example is None:
        return
    documents = [
        InPlace(each.layer, each.target, each.document.replace("${CUTOFF}", example.cutoff)) for each in scenario.placed
    ]
    asked = Asked(signer_of(scenario, claim), example.action, example.resource, example.keys)
    refused = refuses(documents, asked, management=is_beyond(scenario))
    assert refused is (claim.expected == "as before"), example


def signer_of(scenario: Scenario, claim: Claim) -> Signer:
    if claim.who == "service-linked role":
        return Signer(OWN, s.LINKED, is_service_linked=True)
    if scenario.subject.kind == "foreign-account" and claim.who != "another principal":
        return Signer(scenario.subject.account_id or "")
    is_own = claim.who != "another principal" and "chained" not in claim.form
    of_set = scenario.principal == s.SSO or scenario.subject.kind == "person"
    return Signer(
        OWN,
        (scenario.principal or "") if is_own else "",
        is_service_linked=is_own and scenario.principal == s.LINKED,
        of_permission_set=of_set,
    )


def test_nobody_assumes_a_role_whose_trust_is_frozen() -> None:
    scenario = next(each for each in PROVEN if each.name == "role: trust frozen")
    documents = in_place(scenario.placed, CUTOFFS[0])

    for action in ASSUMING:
        for keys in ({}, {"aws:principalarn": s.OPEN}, {"aws:principalarn": s.APP}):
            assert refuses(documents, Asked(Signer(OWN, s.OPEN), action, s.APP, keys))
    assert not refuses(documents, Asked(Signer(OWN, s.OPEN), "sts:AssumeRole", s.OPEN))


def test_sessions_of_the_second_of_the_cutoff_are_new() -> None:
    scenario = PROVEN[0]
    documents = in_place(scenario.placed, CUTOFFS[0])

    def dead(shift: int) -> bool:
        issued = format_instant(CUTOFFS[0] + timedelta(seconds=shift))
        asked = Asked(Signer(OWN, s.APP), "s3:GetObject", "*", {"aws:tokenissuetime": issued})
        return refuses(documents, asked)

    assert [dead(shift) for shift in (-1, 0, 1)] == [True, False, False]
