"""Each API action denied in turn: the scan goes on, and what is not known is said to be unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rules import RULES
from scanner.actions import ACTIONS, REGIONAL, Action
from scanner.errors import CollectError
from scanner.findings import Resource
from scanner.inventory import Account
from scanner.snapshot import decode, encode
from tests.collect.faulty import HOME, NOW
from tests.collect.neglected import ACCOUNTS
from tests.collect.reading import Read, not_ok, only_towards_unknown, read, row, verdicts
from tests.collect.stand_in import DENIED, StandIn

NAMED = {api for rule in RULES.values() for api in rule.apis}
"""Actions that a rule needs; that each of them matters shows in an account that is in order."""

COLLECTED = [
    action
    for action in ACTIONS
    if action.api not in {"sts:GetCallerIdentity", "account:ListRegions"} and action.option is None
]
"""All but the identity, without which there is no scan, and the second source of the regions; see test_regions."""


def deny(aws: StandIn, undisturbed: Account, action: Action) -> str:
    """Deny an action, a regional one in one region only; returns the region as coverage names it."""
    asked = [row.region for row in undisturbed.coverage if row.api == action.api and row.calls]
    region = HOME if HOME in asked else asked[0]
    aws.answer(action.api, DENIED, region if action.is_regional else None)
    return region


@pytest.mark.parametrize("action", COLLECTED, ids=lambda action: action.api)
def test_a_denied_action(session: Any, aws: StandIn, undisturbed: Mapping[str, Read], action: Action) -> None:
    asked = [name for name, found in undisturbed.items() if is_asked(found.account, action)]
    assert asked
    told = {name: told_of_a_denial(session, aws, name, undisturbed[name], action) for name in asked}

    if action.api not in NAMED and action.api != "ec2:DescribeRegions":
        assert not any(told.values())


def told_of_a_denial(
    session: Any, aws: StandIn, name: str, undisturbed: Read, action: Action
) -> dict[tuple[str, Resource], str]:
    """What is said otherwise once an action is denied; after a look that it is said otherwise only in one direction."""
    aws.reset(ACCOUNTS[name])
    region = deny(aws, undisturbed.account, action)

    account = read(session)

    ours = {(row.api, row.region): row.status for row in account.coverage if row.api == action.api}
    assert ours[action.api, region] in {"denied", "elsewhere"}
    assert "not authorized" in row(account, action.api, region).message or ours[action.api, region] == "elsewhere"
    before = not_ok(undisturbed.account)
    others = {place: status for place, status in not_ok(account).items() if place not in ours}
    assert {status for place, status in others.items() if before.get(place) != status} <= {"elsewhere", "skipped"}
    after = verdicts(account)
    only_towards_unknown(undisturbed.verdicts, after)
    assert again_from_snapshot(account) == encode(account)
    return dict(after.items() - undisturbed.verdicts.items())


def is_asked(account: Account, action: Action) -> bool:
    """Whether an action is asked about an account."""
    return any(row.api == action.api and row.calls for row in account.coverage)


def again_from_snapshot(account: Account) -> bytes:
    """The account, written and read; that it reads the same shows in its verdicts, too."""
    again = decode(encode(account), now=NOW, actions=REGIONAL)
    assert verdicts(again) == verdicts(account)
    return encode(again)


def test_everything_denied_but_the_identity(session: Any, aws: StandIn) -> None:
    for action in (*COLLECTED, Action("account:ListRegions")):
        aws.answer(action.api, DENIED)

    account = read(session)

    asked = {entry.status for entry in account.coverage if entry.calls and entry.api != "sts:GetCallerIdentity"}
    assert asked <= {"denied", "elsewhere"}
    after = verdicts(account)
    assert {rule for rule, _ in after} == set(RULES)
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

    assert {api for api, _ in aws.requests} == {action.api for action in ACTIONS if action.option is None}
    regional = {entry.api for entry in account.coverage if entry.region != "global"}
    assert regional - OF_BUCKETS == {action.api for action in ACTIONS if action.is_regional}


OF_BUCKETS = {action.api for action in ACTIONS if action.api.startswith("s3:")}
"""Asked in the region of the bucket, though S3 is no service of regions otherwise."""


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
