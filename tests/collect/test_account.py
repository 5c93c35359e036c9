"""A whole account, read as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules import RULES
from scanner.collect.account import Scope, collect
from scanner.snapshot import encode
from tests.collect.expected import FIRST_REGION, IDENTITY, SECOND_REGION
from tests.collect.faulty import ACCOUNT_ID, NOW
from tests.collect.reading import not_ok, read, verdicts
from tests.collect.stand_in import StandIn


def test_every_field(session: Any, aws: StandIn) -> None:
    account = json.loads(encode(read(session)))

    coverage = account.pop("coverage")
    assert account == {
        "schema": "guardrift/snapshot/1",
        "account_id": ACCOUNT_ID,
        "partition": "aws",
        "taken_at": "2026-11-20T12:00:00Z",
        "caller": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night",
        **IDENTITY,
        "regions": [FIRST_REGION, SECOND_REGION],
    }
    assert {entry["status"] for entry in coverage} == {"ok"}


def test_coverage_counts_every_request(session: Any, aws: StandIn) -> None:
    account = read(session)

    of_regions = {(row.api, row.region): row.calls for row in account.coverage if row.region != "global"}
    everywhere = {row.api: row.calls for row in account.coverage if row.region == "global"}
    asked = aws.requests
    assert of_regions == {place: calls for place, calls in asked.items() if place[0] not in everywhere}
    assert everywhere == {
        api: sum(calls for (name, _), calls in asked.items() if name == api)
        for api in {name for name, _ in asked} - {api for api, _ in of_regions}
    }
    assert sum(row.calls for row in account.coverage) == len(aws.asked)


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


def test_every_rule_fails_somewhere(session: Any, aws: StandIn) -> None:
    found = verdicts(read(session))

    assert {rule for (rule, _), verdict in found.items() if verdict == "fail"} == set(RULES)
    # A user who is newer than the credential report, of whom nobody can say yet whether there is a password.
    unknown = [(rule, resource.name) for (rule, resource), verdict in found.items() if verdict == "unknown"]
    assert unknown == [("iam-console-user-without-mfa", "newcomer")]


def test_without_the_regions_only_identity_is_asked(session: Any, aws: StandIn) -> None:
    account = collect(session, Scope(identity_only=True, pause=lambda _: None), now=NOW)

    found = json.loads(encode(account))
    assert {key: found[key] for key in IDENTITY} == IDENTITY
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
