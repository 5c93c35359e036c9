"""What is told of everything but principals, and that nothing is said where one side did not look."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, Json, account, allow, gap, region, regions
from tests.scanner.drift.samples import causes, diff, only_change
from tests.scanner.drift.things import TOPIC, detector, instance, key, key_policy, keys, rule, subscriptions, trail

WRITES: Json = {"basic": [{"read_write": "WriteOnly"}]}
OWN_KEY = allow("kms:*", Principal={"AWS": "111122223333"})
FOREIGN_KEY = allow("kms:Decrypt", Principal={"AWS": FOREIGN})

CASES = [
    ("the trail stops", trail(), trail(logging=False), "trail stopped", "critical"),
    ("less is recorded", trail(), trail(selectors=WRITES), "event selector narrowed", "high"),
    ("one region", trail(is_multi_region=True), trail(), "trail records one region only", "high"),
    ("no trail", trail(), regions(region(trails=[])), "trail gone", "critical"),
    ("the detector", detector(), detector("DISABLED"), "detector off", "critical"),
    ("a feature", detector(), detector(feature="DISABLED"), "detector feature off (S3_DATA_EVENTS)", "high"),
    ("no tokens", instance(), instance("optional"), "IMDS loosened: version 1 answers", "high"),
    ("more hops", instance(), instance(hops=2), "IMDS loosened: hop limit raised", "medium"),
    ("a key", keys(), keys(key()), "key created (AKIAONE)", "high"),
    ("a key again", keys(key(status="Inactive")), keys(key()), "key re-activated (AKIAONE)", "high"),
    ("a rule", rule(), rule("DISABLED"), "rule disabled", "high"),
    ("a subscription", subscriptions(TOPIC + ":1"), subscriptions(), "subscription gone", "high"),
    (
        "a pending one",
        subscriptions(TOPIC + ":1"),
        subscriptions("PendingConfirmation"),
        "subscription unconfirmed",
        "high",
    ),
    ("a key policy", key_policy(OWN_KEY), key_policy(OWN_KEY, FOREIGN_KEY), "key policy widens", "high"),
]


@pytest.mark.parametrize(
    ("old", "new", "what", "severity"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_widens_and_its_way_back(old: Json, new: Json, what: str, severity: str) -> None:
    found = only_change(account(old), account(new))
    assert (found.what, found.direction, found.severity) == (what, "widens", severity)

    back = only_change(account(new), account(old))
    assert (back.direction, back.severity) == ("narrows", "info")


def test_another_bucket_is_bad_whichever_it_is() -> None:
    for old, new in (("one", "two"), ("two", "one")):
        found = only_change(account(trail(bucket=old)), account(trail(bucket=new)))
        assert (found.what, found.direction) == ("trail delivers to another bucket", "widens")
        assert (found.before, found.after) == (old, new)


def test_everything_else_is_neutral() -> None:
    found = only_change(account(keys(key(status="Inactive"))), account(keys()))

    assert (found.kind, found.direction, found.severity) == ("changed", "neutral", "info")


def test_a_policy_of_a_resource_names_its_statements() -> None:
    found = only_change(account(key_policy(OWN_KEY)), account(key_policy(OWN_KEY, FOREIGN_KEY)))

    assert causes(found) == ["statement added"]
    assert found.before == []
    assert [each["Principal"] for each in found.after] == [{"AWS": [FOREIGN]}]


@pytest.mark.parametrize("status", ["denied", "throttled", "error", "skipped", "elsewhere"])
def test_what_one_side_did_not_read_is_never_gone(status: str) -> None:
    unread = regions(region(trails=gap("cloudtrail:DescribeTrails", status, "eu-west-1")))

    for old, new, side in ((trail(), unread, "new"), (unread, trail(), "old")):
        found = diff(account(old), account(new))
        assert [(each.kind, each.resource.type) for each in found.changes] == [("not_comparable", "part")]
        assert f"cloudtrail:DescribeTrails {status} on the {side} side in eu-west-1" in found.changes[0].what
        assert not found.complete


def test_a_region_that_was_not_listed_is_not_comparable() -> None:
    cut = account({"regions": [], "other_regions": gap("ec2:DescribeRegions", "skipped")})
    found = diff(account(trail()), cut)

    assert {each.kind for each in found.changes} == {"not_comparable"}
    assert not found.complete


def test_a_service_that_does_not_exist_in_a_region_is_an_answer() -> None:
    absent = regions(region(trails=gap("cloudtrail:DescribeTrails", "not_applicable", "eu-west-1")))
    found = diff(account(trail()), account(absent))

    assert [each.what for each in found.changes] == ["trail gone"]
    assert found.complete


def test_what_neither_side_could_read_leaves_it_incomplete() -> None:
    unread = account(regions(region(trails=gap("cloudtrail:DescribeTrails", "denied", "eu-west-1"))))
    found = diff(unread, unread)

    assert (found.changes, found.complete) == ((), False)


def test_a_field_that_one_side_did_not_read_is_not_comparable() -> None:
    unread = trail()
    unread["regions"][0]["trails"][0]["status"] = gap("cloudtrail:GetTrailStatus", "denied", "eu-west-1")  # type: ignore[index]
    found = diff(account(trail()), account(unread))

    assert [(each.kind, each.what) for each in found.changes] == [
        ("not_comparable", "status: not read on the new side (cloudtrail:GetTrailStatus: denied)")
    ]


def test_what_widens_comes_first_and_the_worst_of_it() -> None:
    def both(found: Json, held: Json) -> Json:
        return regions({**found["regions"][0], **held["regions"][0]})  # type: ignore[index]

    old, new = both(trail(), instance("optional")), both(trail(logging=False), instance(hops=3))
    found = diff(account(old), account(new))

    assert [(each.direction, each.severity) for each in found.changes] == [
        ("widens", "critical"), ("widens", "medium"), ("narrows", "info"),
    ]  # fmt: skip
    assert found.summary == {"widens": 2, "narrows": 1, "neutral": 0, "not_comparable": 0}
