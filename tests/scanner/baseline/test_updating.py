"""From one state to the next: what is told, and what a scan that saw less does not take away."""

from __future__ import annotations

from scanner.baseline import State, changes, normal_form, with_what_was_read
from tests.accounts import OWN, Json, account, gap, region


def state(**facts: object) -> State:
    return normal_form(account(dict(facts)))


def user(name: str, **facts: object) -> Json:
    return {"name": name, "arn": f"arn:aws:iam::{OWN}:user/{name}", **facts}


def trail(name: str = "main", **facts: object) -> Json:
    return {
        "arn": f"arn:{name}",
        "name": name,
        "home_region": "eu-west-1",
        "selectors": {"kind": "event-selectors"},
        "status": {"kind": "trail-status", "is_logging": True},
        **facts,
    }


DENIED = gap("cloudtrail:DescribeTrails", region="eu-west-1")
ANN, BOB = (f"user arn:aws:iam::{OWN}:user/{name}" for name in ("ann", "bob"))


def test_what_is_other() -> None:
    found = changes(state(users=[user("ann"), user("bob")]), state(users=[user("bob", id="AIDA2"), user("cy")]))

    assert (found.added, found.removed, found.changed) == ((f"user arn:aws:iam::{OWN}:user/cy",), (ANN,), (BOB,))


def test_what_was_not_read_is_neither_added_nor_removed() -> None:
    seen, unseen = state(users=[user("ann")]), state(users=gap("iam:X"))

    lost, won = changes(seen, unseen), changes(unseen, seen)

    assert (lost.removed, lost.not_read) == ((), ("account.users global",))
    assert (won.added, won.now_read) == ((), ("account.users global",))


def test_what_is_not_read_now_stays() -> None:
    before = state(users=[user("ann")], regions=[region(trails=[trail()])])
    after = state(users=gap("iam:X"), regions=[region(trails=DENIED), region("us-east-1", trails=[])])

    merged = with_what_was_read(before, after)

    assert changes(before, merged).removed == ()
    assert merged.entries["identity-users"] == before.entries["identity-users"]
    assert merged.entries["trails"] == before.entries["trails"]
    assert merged.not_read["identity-users"] == ()
    assert not [row for row in merged.not_read["trails"] if row.part == "region.trails"]
    assert merged.regions == ("eu-west-1", "us-east-1")


def test_what_was_never_read_is_still_not_read() -> None:
    before = state(users=gap("iam:X"))

    assert with_what_was_read(before, before) == before


def test_what_is_read_now_counts() -> None:
    before, after = state(users=[user("ann")]), state(users=[user("bob")])

    assert with_what_was_read(before, after) == after


def test_a_part_of_a_thing_that_is_not_read_now_stays() -> None:
    before = state(regions=[region(trails=[trail()])])
    after = state(regions=[region(trails=[trail(status=gap("cloudtrail:GetTrailStatus"), bucket="other")])])

    (merged,) = with_what_was_read(before, after).entries["trails"]

    assert merged.status.is_logging
    assert merged.bucket == "other"


def test_regions_that_could_not_be_listed_stay() -> None:
    before = state(regions=[region(trails=[trail()])])
    after = state(regions=[], other_regions=gap("ec2:DescribeRegions"))

    merged = with_what_was_read(before, after)

    assert (merged.regions, merged.other_regions) == (("eu-west-1",), None)
    assert merged == before


def test_a_region_that_was_switched_off_goes() -> None:
    before = state(regions=[region(trails=[trail()])])
    after = state(regions=[])

    merged = with_what_was_read(before, after)

    assert merged == after
    assert changes(before, merged).removed == ("trail eu-west-1 arn:main",)
