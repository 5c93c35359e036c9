"""A whole account, read as it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from rules import RULES
from scanner.actions import IDENTITY as IDENTITY_ACTIONS
from scanner.actions import with_what_they_need
from scanner.collect.account import Scope, collect
from scanner.inventory import Account, Region
from scanner.minimum import minimum_calls
from scanner.snapshot import encode
from tests.collect.expected import IDENTITY
from tests.collect.faulty import NOW
from tests.collect.neglected import ACCOUNTS
from tests.collect.reading import Read, not_ok, read, verdicts
from tests.collect.stand_in import StandIn


def test_every_field(session: Any, aws: StandIn, snapshot: SnapshotAssertion) -> None:
    account = json.loads(encode(read(session)))

    del account["coverage"]
    assert {key: account[key] for key in IDENTITY} == IDENTITY
    assert account == snapshot(name="account")


def test_every_part_is_filled(session: Any, aws: StandIn) -> None:
    account = read(session)

    assert not not_ok(account)
    for field in Account.__struct_fields__:
        assert field in _EMPTY or getattr(account, field), field
    for field in Region.__struct_fields__:
        assert field == "detection_admins" or any(getattr(region, field) for region in account.regions), field


_EMPTY = {"other_regions", "last_accessed"}
"""Nothing of them is to be expected: every region is known, and the option is not given."""


def test_coverage_counts_every_request(session: Any, aws: StandIn) -> None:
    account = read(session)

    counted: Counter[str] = Counter()
    for row in account.coverage:
        counted[row.api] += row.calls
    asked: Counter[str] = Counter()
    for (api, _), calls in aws.requests.items():
        asked[api] += calls
    assert +counted == asked
    in_regions = {(row.api, row.region): row.calls for row in account.coverage if row.region != "global" and row.calls}
    assert in_regions == {place: calls for place, calls in aws.requests.items() if place in in_regions}


def test_no_more_calls_than_it_takes(session: Any, aws: StandIn) -> None:
    account = read(session)

    least = minimum_calls(account)
    # Not in the snapshot: databases without a table over logs, and that a trail without insights did not say so itself.
    least |= {"glue:GetTables": 2, "cloudtrail:GetInsightSelectors": 2}
    more = {
        api: (calls, least.get(api, 0))
        for api, calls in Counter(asked.api for asked in aws.asked).items()
        if calls > least.get(api, 0)
    }
    assert more == {}


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_a_rule_alone_says_what_it_says_among_others(
    session: Any, aws: StandIn, undisturbed: Mapping[str, Read], rule_id: str
) -> None:
    for name, (_, said) in undisturbed.items():
        aws.reset(ACCOUNTS[name])

        alone = collect(session, Scope(wanted=frozenset(RULES[rule_id].apis), pause=lambda _: None), now=NOW)

        whole = {place: verdict for place, verdict in said.items() if place[0] == rule_id}
        assert verdicts(alone, rules=[RULES[rule_id]]) == whole
        assert {api for api, _ in aws.requests} <= with_what_they_need(RULES[rule_id].apis)


def test_coverage_is_sorted_and_has_no_place_twice(session: Any, aws: StandIn) -> None:
    places = [(row.region, row.api) for row in read(session).coverage]

    assert places == sorted(set(places))


def test_global_services_are_asked_where_the_partition_has_them(session: Any, aws: StandIn) -> None:
    read(session)

    assert {region for (api, region) in aws.requests if api.startswith("iam:")} == {"aws-global"}


@pytest.mark.parametrize("concurrency", [1, 2, 16])
def test_two_runs_give_the_same_bytes(session: Any, aws: StandIn, concurrency: int) -> None:
    first = encode(read(session))

    again = collect(session, Scope(concurrency=concurrency, pause=lambda _: None), now=NOW)

    assert encode(again) == first


def test_the_order_of_the_answers_does_not_matter(session: Any, aws: StandIn) -> None:
    first = encode(read(session))
    for api, name in (("iam:ListInstanceProfiles", "InstanceProfiles"), ("ec2:DescribeRegions", "Regions")):
        ordered = aws.plain(api)
        aws.answer(api, {**ordered, name: ordered[name][::-1]})
    details = aws.plain("iam:GetAccountAuthorizationDetails")
    aws.answer(
        "iam:GetAccountAuthorizationDetails",
        {key: value[::-1] if isinstance(value, list) else value for key, value in details.items()},
    )

    assert encode(read(session)) == first


def test_every_rule_fails_somewhere(undisturbed: Mapping[str, Read]) -> None:
    failing = {rule for _, found in undisturbed.values() for (rule, _), verdict in found.items() if verdict == "fail"}

    assert failing == set(RULES)


def test_faults_are_certain(undisturbed: Mapping[str, Read]) -> None:
    unknown = {
        (rule, each.name) for (rule, each), said in undisturbed["neglected"].verdicts.items() if said == "unknown"
    }

    # A user who is newer than the credential report, of whom nobody can say yet whether there is a password.
    of_newcomer = {"iam-console-password-unused", "iam-console-user-without-mfa", "iam-signing-certificate-active"}
    assert unknown == {(rule, "newcomer") for rule in of_newcomer}


def test_without_the_regions_only_identity_is_asked(session: Any, aws: StandIn) -> None:
    account = collect(session, Scope(wanted=IDENTITY_ACTIONS, pause=lambda _: None), now=NOW)

    found = json.loads(encode(account))
    assert {key: found[key] for key in IDENTITY} == IDENTITY
    assert found["password_policy"]["status"] == "skipped"
    assert {api.partition(":")[0] for api, _ in aws.requests} == {"iam", "sts"}
    assert account.regions == ()
    assert account.other_regions is not None
    assert account.other_regions.status == "skipped"


def test_progress_ends_when_everything_is_done(session: Any, aws: StandIn) -> None:
    told: list[tuple[int, int]] = []

    collect(session, Scope(on_progress=lambda done, total: told.append((done, total))), now=NOW)

    assert told[-1][0] == told[-1][1] > 10
    assert all(done <= total for done, total in told)


def test_nothing_is_asked_that_only_a_writer_may(session: Any, aws: StandIn) -> None:
    read(session)

    verbs = {api.partition(":")[2] for api, _ in aws.requests}
    assert all(verb.startswith(("Get", "List", "Describe")) for verb in verbs - {"GenerateCredentialReport"})
    assert not not_ok(read(session))
