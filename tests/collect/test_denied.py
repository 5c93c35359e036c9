"""Each API action denied in turn: the scan goes on, and what is not known is said to be unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collect.actions import ACTIONS, REGIONAL, Action
from scanner.errors import CollectError
from scanner.findings import Resource
from scanner.inventory import Account
from scanner.snapshot import decode, encode
from tests.collect.faulty import HOME, NOW, OTHER
from tests.collect.reading import Verdicts, not_ok, read, row, verdicts
from tests.collect.stand_in import DENIED, StandIn

NO_VERDICT_NEEDS = {
    "ec2:DescribeRegions",
    "events:ListRules",
    "events:ListTargetsByRule",
    "iam:GenerateCredentialReport",
    "iam:ListInstanceProfiles",
    "sns:ListSubscriptions",
}
"""Actions without which every verdict stays: nothing asks about their answers yet, or another action gives the same."""

WHERE = {"cloudtrail:GetEventSelectors": OTHER}
"""In which region an action is denied, if not in the first: of the trail there, nothing depends on the selectors."""

COLLECTED = [action for action in ACTIONS if action.api not in {"sts:GetCallerIdentity", "account:ListRegions"}]
"""All but the identity, without which there is no scan, and the second source of the regions; see test_regions."""


def deny(aws: StandIn, action: Action) -> str:
    """Deny an action, a regional one in one region only; returns the region as coverage names it."""
    region = WHERE.get(action.api, HOME)
    aws.answer(action.api, DENIED, region if action.is_regional else None)
    return region if action.is_regional else "global"


def stands_for(found: Verdicts, rule_id: str, resource: Resource) -> bool:
    """Whether the rule says ``unknown`` of the account or region, or the user, that a vanished resource belongs to."""
    return any(
        verdict == "unknown"
        and other_rule == rule_id
        and (
            other.type == "AWS::Account"
            or (other.type == "AWS::Account::Region" and other.region == resource.region)
            or (other.type == "AWS::IAM::User" and resource.arn.startswith(other.arn + "#"))
        )
        for (other_rule, other), verdict in found.items()
    )


@pytest.mark.parametrize("action", COLLECTED, ids=lambda action: action.api)
def test_a_denied_action(session: Any, aws: StandIn, action: Action) -> None:
    before = verdicts(read(session))
    region = deny(aws, action)

    account = read(session)

    assert not_ok(account) == {(action.api, region): "denied"}
    assert "not authorized" in row(account, action.api, region).message
    after = verdicts(account)
    _only_towards_unknown(before, after)
    if action.api in NO_VERDICT_NEEDS:
        assert after == before
    else:
        assert "unknown" in after.values()


def _only_towards_unknown(before: Verdicts, after: Verdicts) -> None:
    for place, verdict in before.items():
        if place in after:
            assert after[place] in {verdict, "unknown"}, place
        else:
            assert stands_for(after, *place), place
    assert {verdict for place, verdict in after.items() if place not in before} <= {"unknown"}


@pytest.mark.parametrize("action", COLLECTED, ids=lambda action: action.api)
def test_a_denied_action_survives_the_snapshot(session: Any, aws: StandIn, action: Action) -> None:
    deny(aws, action)
    account = read(session)

    again: Account = decode(encode(account), now=NOW, actions=REGIONAL)

    assert encode(again) == encode(account)
    assert verdicts(again) == verdicts(account)


def test_everything_denied_but_the_identity(session: Any, aws: StandIn) -> None:
    before = verdicts(read(session))
    for action in (*COLLECTED, Action("account:ListRegions")):
        aws.answer(action.api, DENIED)

    account = read(session)

    assert {entry.status for entry in account.coverage if entry.api != "sts:GetCallerIdentity"} == {"denied"}
    after = verdicts(account)
    assert {rule for rule, _ in after} == {rule for rule, _ in before}
    assert set(after.values()) == {"unknown"}


def test_the_identity_denied_ends_the_scan(session: Any, aws: StandIn) -> None:
    aws.answer("sts:GetCallerIdentity", DENIED)

    with pytest.raises(CollectError) as caught:
        read(session)

    assert caught.value.hint
    assert len(aws.asked) == 1


def test_every_declared_action_is_asked_and_no_other(session: Any, aws: StandIn) -> None:
    aws.answer("ec2:DescribeRegions", DENIED)

    account = read(session)

    assert {api for api, _ in aws.requests} == set(REGIONAL)
    regional = {entry.api for entry in account.coverage if entry.region != "global"}
    assert regional == {action.api for action in ACTIONS if action.is_regional}


def test_a_denied_action_is_named_in_the_gap(session: Any, aws: StandIn) -> None:
    aws.answer("guardduty:ListDetectors", DENIED, HOME)

    found = json.loads(encode(read(session)))

    assert found["regions"][0]["detectors"] == {
        "kind": "gap",
        "api": "guardduty:ListDetectors",
        "status": "denied",
        "region": HOME,
        "reason": f"AccessDenied: {DENIED.message}",
    }
