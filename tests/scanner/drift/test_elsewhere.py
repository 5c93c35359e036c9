"""What goes elsewhere: another key, log group or bucket than the one that somebody reviewed."""

from __future__ import annotations

import pytest

from tests.accounts import FOREIGN, OWN, Json, account, allow, gap, policy, region, regions
from tests.scanner.drift.samples import diff, only_change
from tests.scanner.drift.things import TOPIC, trail

KEYS = [f"arn:aws:kms:eu-west-1:{owner}:key/{name}" for owner, name in ((OWN, "a"), (OWN, "b"), (FOREIGN, "c"))]
GROUPS = [f"arn:aws:logs:eu-west-1:{owner}:log-group:{name}:*" for owner, name in ((OWN, "a"), (FOREIGN, "b"))]


def topic(key: str | None) -> Json:
    return {"topics": [{"arn": TOPIC, "detail": {"kind": "topic", "kms_key": key}}]}


def queue(key: str | None) -> Json:
    arn = f"arn:aws:sqs:eu-west-1:{OWN}:alerts"
    return {"queues": [{"arn": arn, "detail": {"kind": "queue", "kms_key": key}}]}


def store(key: str | None) -> Json:
    detail = {"kind": "event-data-store", "status": "ENABLED", "kms_key": key}
    arn = f"arn:aws:cloudtrail:eu-west-1:{OWN}:eventdatastore/e"
    return regions(region(event_data_stores=[{"arn": arn, "name": "e", "detail": detail}]))


def bucket(key: str | None = None, logging: str | None = None, owner: str | None = None) -> Json:
    held = {
        "kind": "bucket",
        "name": "logs",
        "encryption": {"kind": "encryption", "algorithm": "aws:kms", "kms_key": key},
        "logging": {"kind": "access-logging", "target_bucket": logging},
    }
    return {"log_buckets": [{"name": "logs", "bucket": held, "account_id": owner}]}


def named_key(named: str, arn: str | None) -> Json:
    return {"named": named, "region": "eu-west-1", "arn": arn, "detail": gap("kms:DescribeKey", "skipped"),
            "policy": None, "rotation": None}  # fmt: skip


def keys(*found: Json) -> Json:
    return {"keys": list(found)}


MOVED = [
    ("a trail", trail(kms_key=KEYS[0]), trail(kms_key=KEYS[2]), "log files encrypted with another key", "high"),
    ("to an own key", trail(kms_key=KEYS[0]), trail(kms_key=KEYS[1]), "log files encrypted with another key", "high"),
    (
        "a log group",
        trail(log_group=GROUPS[0]),
        trail(log_group=GROUPS[1]),
        "trail delivers to another log group",
        "high",
    ),
    ("a topic", topic(KEYS[0]), topic(KEYS[2]), "topic encrypted with another key", "medium"),
    ("a queue", queue(KEYS[0]), queue(KEYS[2]), "queue encrypted with another key", "medium"),
    ("a store", store(KEYS[0]), store(KEYS[2]), "event data store encrypted with another key", "high"),
    ("a bucket", bucket(KEYS[0]), bucket(KEYS[2]), "objects encrypted with another key", "medium"),
    ("access logs", bucket(logging="a"), bucket(logging="b"), "access logs go to another bucket", "low"),
    (
        "a name",
        keys(named_key("alias/logs", KEYS[0])),
        keys(named_key("alias/logs", KEYS[1])),
        "name stands for another key",
        "medium",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "what", "severity"), [case[1:] for case in MOVED], ids=[case[0] for case in MOVED]
)
def test_another_place_is_bad_whichever_it_is(old: Json, new: Json, what: str, severity: str) -> None:
    for one, other in ((old, new), (new, old)):
        found = only_change(account(one), account(other))
        assert (found.what, found.direction, found.severity) == (what, "widens", severity)


THEIRS = [
    (trail(), trail(kms_key=KEYS[2]), "log files encrypted with a key of another account", "high"),
    (trail(), trail(log_group=GROUPS[1]), "trail delivers to a log group of another account", "high"),
    (topic(None), topic(KEYS[2]), "topic encrypted with a key of another account", "medium"),
    (queue(None), queue(KEYS[2]), "queue encrypted with a key of another account", "medium"),
    (store(None), store(KEYS[2]), "events encrypted with a key of another account", "high"),
    (bucket(), bucket(KEYS[2]), "objects encrypted with a key of another account", "medium"),
]


@pytest.mark.parametrize(("old", "new", "what", "severity"), THEIRS)
def test_what_another_account_holds_is_no_better_than_nothing(old: Json, new: Json, what: str, severity: str) -> None:
    found = only_change(account(old), account(new))
    assert (found.what, found.direction, found.severity) == (what, "widens", severity)
    # Log files without any key, or in no log group, are worse off all the same.
    assert only_change(account(new), account(old)).direction == ("widens" if "trails" in str(new) else "narrows")


def test_a_name_of_a_key_of_another_account_is_that_key() -> None:
    known = keys(named_key("alias/theirs", KEYS[2]))
    assert only_change(account(topic(None) | known), account(topic("alias/theirs") | known)).direction == "widens"
    own = keys(named_key("alias/logs", KEYS[0]))
    assert only_change(account(topic(None) | own), account(topic("alias/logs") | own)).direction == "neutral"


GONE = [
    ("a key", trail(kms_key=KEYS[0]), trail(), "log files no longer encrypted with a key", "medium"),
    ("a log group", trail(log_group=GROUPS[0]), trail(), "trail no longer delivers to CloudWatch", "medium"),
    ("access logs", bucket(logging="a"), bucket(), "access logging off", "low"),
]


@pytest.mark.parametrize(
    ("old", "new", "what", "severity"), [case[1:] for case in GONE], ids=[each[0] for each in GONE]
)
def test_that_there_is_none_any_more_weighs_as_ever(old: Json, new: Json, what: str, severity: str) -> None:
    found = only_change(account(old), account(new))
    assert (found.what, found.direction, found.severity) == (what, "widens", severity)
    assert only_change(account(new), account(old)).direction == "narrows"


@pytest.mark.parametrize("make", [topic, queue])
def test_the_same_key_by_another_of_its_names_is_the_same(make: object) -> None:
    known = keys(named_key("alias/logs", KEYS[0]), named_key(KEYS[0], KEYS[0]))
    assert callable(make)
    found = only_change(account(make("alias/logs") | known), account(make(KEYS[0]) | known))

    assert (found.direction, found.what) == ("neutral", "detail.kms_key")


def test_a_name_of_which_nobody_knows_the_key_is_another_place() -> None:
    unknown = keys(named_key("alias/logs", None))
    found = only_change(account(topic("alias/logs") | unknown), account(topic(KEYS[0]) | unknown))

    assert found.direction == "widens"


def foreign_bucket(owner: str | None, status: str = "elsewhere") -> Json:
    return {"log_buckets": [{"name": "theirs", "bucket": gap("s3:ListBuckets", status), "account_id": owner}]}


@pytest.mark.parametrize(
    ("none", "one"),
    [
        (keys(), keys(named_key(KEYS[2], KEYS[2]))),
        (keys(), keys(named_key(KEYS[2], None))),
        ({"log_buckets": []}, foreign_bucket(FOREIGN)),
        ({"log_buckets": []}, foreign_bucket(None)),
        ({"log_buckets": []}, foreign_bucket(FOREIGN, "denied")),
    ],
)
def test_what_is_of_another_account_protects_nothing(none: Json, one: Json) -> None:
    for old, new in ((none, one), (one, none)):
        found = only_change(account(old), account(new))
        assert (found.direction, found.severity) == ("neutral", "info")
        assert found.what.endswith(", of another account")


@pytest.mark.parametrize(
    ("none", "one"),
    [
        (keys(), keys(named_key(KEYS[0], KEYS[0]))),
        (keys(), keys(named_key("alias/logs", None))),
        ({"log_buckets": []}, bucket()),
        ({"log_buckets": []}, bucket(owner=OWN)),
        ({"log_buckets": []}, foreign_bucket(None, "denied")),
    ],
)
def test_what_is_the_own_protects_by_being_there(none: Json, one: Json) -> None:
    for old, new, direction in ((none, one, "narrows"), (one, none, "widens")):
        told = [each for each in diff(account(old), account(new)).changes if each.kind != "not_comparable"]
        assert [each.direction for each in told] == [direction]


def provider(kind: str, **facts: object) -> Json:
    arn = f"arn:aws:iam::{OWN}:{kind}-provider/p"
    if kind == "saml":
        return {"saml_providers": [{"arn": arn, **facts}]}
    detail: Json = {
        "kind": "oidc-detail",
        "url": "issuer.example.com",
        "client_ids": ["a"],
        "thumbprints": ["b"],
    }
    return {"oidc_providers": [{"arn": arn, "detail": {**detail, **facts}}]}


PROVIDERS = [
    provider("oidc", client_ids=["a", "other"]),
    provider("oidc", thumbprints=["b", "other"]),
    provider("oidc", url="other.example.com"),
]


@pytest.mark.parametrize("new", PROVIDERS)
def test_an_identity_provider_that_takes_more_weighs_high(new: Json) -> None:
    found = only_change(account(provider("oidc")), account(new))
    assert (found.direction, found.severity) == ("widens", "high")


def test_new_metadata_of_an_identity_provider_weigh_high() -> None:
    old, new = (provider("saml", valid_until=f"{year}-01-01T00:00:00Z") for year in (2027, 2030))
    found = only_change(account(old), account(new))

    assert (found.what, found.severity) == ("identity provider has other metadata", "high")


def test_the_policy_of_a_moved_trail_is_told_beside_it() -> None:
    named = {**named_key(KEYS[2], KEYS[2]), "policy": {"kind": "policy", "document": policy(allow("kms:*"))}}
    found = diff(account(trail(kms_key=KEYS[0]) | keys()), account(trail(kms_key=KEYS[2]) | keys(named)))

    assert [(each.direction, each.severity) for each in found.changes] == [("widens", "high"), ("neutral", "info")]
