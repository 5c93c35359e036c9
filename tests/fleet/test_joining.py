from __future__ import annotations

from typing import Any

import msgspec
import pytest

from guardrift.fleet.exchange import Exchange
from guardrift.fleet.joining import joined
from guardrift.fleet.sharing import Gift, shared_by, wanted_by
from scanner.inventory import (
    Account,
    Bucket,
    DetectionAdmin,
    Gap,
    KmsKey,
    LogBucket,
    OrganizationFacts,
    Queue,
    QueueDetail,
    Region,
    Topic,
    TopicDetail,
    known,
)
from scanner.snapshot import encode
from tests.fleet.scenes import (
    ARCHIVE,
    BUCKET,
    HOME,
    KEY,
    LAB,
    MANAGEMENT,
    NOW,
    ORGANIZATION,
    SHOP,
    TRAIL,
    account,
    archive,
    elsewhere,
    everyone,
    management,
    member,
    row,
    seen_by_member,
)


def exchange(accounts: dict[str, Account]) -> Exchange:
    found = Exchange(MANAGEMENT)
    for account_id, each in accounts.items():
        found.add(account_id, wanted_by(each), shared_by(each))
    found.keep_what_is_wanted()
    return found


def all_joined(accounts: dict[str, Account]) -> dict[str, Account]:
    known_to_others = exchange(accounts)
    return {account_id: joined(each, known_to_others.gifts_for(account_id)) for account_id, each in accounts.items()}


def state_of(key: KmsKey) -> str | None:
    detail = known(key.detail)
    return detail.state if detail is not None else None


def messages(found: Account, status: str = "ok") -> dict[tuple[str, str, str], str]:
    """The messages of the rows of a status, by account, action and region."""
    return {(one.account_id, one.api, one.region): one.message for one in found.coverage if one.status == status}


def test_what_a_member_wants_and_what_others_have() -> None:
    assert wanted_by(member(SHOP)) == (f"bucket {BUCKET}", f"key {KEY}", f"trail {TRAIL}")
    assert wanted_by(account(SHOP)) == ()
    shared = shared_by(archive())
    assert ([one.name for one in shared.buckets], [one.arn for one in shared.keys]) == ([BUCKET], [KEY])
    assert (shared.trails, shared.organization) == ((), None)
    assert [one.arn for one in shared_by(management()).trails] == [TRAIL]
    assert shared_by(management()).organization is not None


def test_an_account_that_does_not_find_itself_does_not_know_the_organization() -> None:
    listed = msgspec.structs.replace(management().organization, accounts=())

    assert shared_by(account(MANAGEMENT, organization=listed)).organization is None


def test_a_member_gets_the_organization_as_it_concerns_it() -> None:
    facts = all_joined(everyone())[SHOP].organization

    assert facts.read_in == MANAGEMENT
    assert [policy.name for policy in known(facts.policies)] == ["full", "no-leaving", "production"]
    assert known(facts.features) == ("RootCredentialsManagement",)
    assert known(facts.trusted_services) == ("guardduty.amazonaws.com",)
    assert known(facts.delegates)[0].account_id == ARCHIVE
    assert facts.delegation_policy is None


def test_the_management_account_keeps_its_own_view() -> None:
    before = management()
    after = all_joined(everyone())[MANAGEMENT]

    assert msgspec.json.encode(after.organization) == msgspec.json.encode(before.organization)
    assert isinstance(known(after.log_buckets)[0].bucket, Bucket)


def test_a_member_gets_the_bucket_the_key_the_trail_and_the_administrators() -> None:
    found = all_joined(everyone())[SHOP]

    (bucket,), (key,) = known(found.log_buckets), known(found.keys)
    assert bucket.account_id == ARCHIVE
    assert known(known(bucket.bucket).versioning).status == "Enabled"
    assert (key.arn, state_of(key), key.policy) == (KEY, "Enabled", None)
    assert known(key.rotation) is not None
    (region,) = found.regions
    (trail,) = known(region.trails)
    assert known(trail.status).latest_delivery == NOW
    assert not isinstance(trail.selectors, Gap)
    assert known(region.detection_admins) == (DetectionAdmin(ARCHIVE, "ENABLED"),)


def test_the_coverage_says_where_it_was_read() -> None:
    found = all_joined(everyone())[SHOP]

    said = messages(found)
    assert messages(found, "elsewhere") == {}
    assert said[SHOP, "organizations:ListPolicies", "global"] == f"read in account {MANAGEMENT}"
    assert said[SHOP, "organizations:DescribePolicy", "global"] == f"read in account {MANAGEMENT}"
    assert said[SHOP, "s3:GetBucketPolicy", "global"] == f"read in account {ARCHIVE}"
    assert said[SHOP, "cloudtrail:GetTrailStatus", HOME] == f"read in account {MANAGEMENT}"
    assert said[SHOP, "sts:GetCallerIdentity", "global"] == ""


def refusing(*apis: str) -> dict[str, Account]:
    """The organization, whose management account was refused some actions."""
    rows = tuple(row(MANAGEMENT, api, "denied") for api in apis)
    return {**everyone(), MANAGEMENT: msgspec.structs.replace(management(), coverage=rows)}


def test_what_the_management_account_was_refused_is_not_read_there() -> None:
    mine = member(SHOP)
    followed = row(SHOP, "organizations:ListAccountsForParent", "elsewhere")
    mine = msgspec.structs.replace(mine, coverage=(*mine.coverage, followed))
    refused = {**refusing("organizations:ListAccountsForParent"), SHOP: mine}

    found = all_joined(refused)[SHOP]

    assert messages(found, "denied")[MANAGEMENT, "organizations:ListAccountsForParent", "global"] == (
        f"in account {MANAGEMENT}"
    )
    assert (SHOP, "organizations:ListAccountsForParent", "global") not in messages(found)
    undisturbed = all_joined({**everyone(), SHOP: mine})[SHOP]
    assert (SHOP, "organizations:ListAccountsForParent", "global") in messages(undisturbed)


def test_an_organization_that_even_the_management_account_may_not_read() -> None:
    accounts = refusing("organizations:ListRoots")
    unread = msgspec.structs.replace(ORGANIZATION, tree=Gap("organizations:ListRoots", "denied"))
    accounts[MANAGEMENT] = msgspec.structs.replace(accounts[MANAGEMENT], organization=unread)

    found = all_joined(accounts)[SHOP]

    assert messages(found, "denied")[MANAGEMENT, "organizations:ListRoots", "global"] == f"in account {MANAGEMENT}"
    assert isinstance(found.organization.tree, Gap)


def test_what_the_other_account_could_not_read_stays_visible() -> None:
    found = all_joined(everyone())[SHOP]

    assert isinstance(known(known(found.log_buckets)[0].bucket).lifecycle, Gap)
    assert messages(found, "denied") == {(ARCHIVE, "s3:GetBucketLifecycle", "global"): f"in account {ARCHIVE}"}
    assert [one.account_id for one in found.coverage][-1] == ARCHIVE


def test_without_the_archive_its_bucket_stays_elsewhere() -> None:
    accounts = everyone()
    del accounts[ARCHIVE]
    found = all_joined(accounts)[SHOP]

    (bucket,) = known(found.log_buckets)
    assert isinstance(bucket.bucket, Gap)
    assert bucket.account_id is None
    assert set(messages(found, "elsewhere")) == {
        (SHOP, "s3:GetBucketPolicy", "global"),
        (SHOP, "kms:DescribeKey", HOME),
    }
    assert [(one.name, one.accounts) for one in exchange(accounts).unread_buckets()] == [
        (BUCKET, (MANAGEMENT, SHOP, LAB))
    ]


def test_a_row_stays_while_one_answer_of_its_action_is_missing() -> None:
    stranger = LogBucket("somebody-elses", elsewhere("s3:GetBucketPolicy"))
    mine = member(SHOP)
    accounts = {
        **everyone(),
        SHOP: msgspec.structs.replace(mine, log_buckets=(*known(mine.log_buckets), stranger)),
    }
    found = all_joined(accounts)[SHOP]

    assert [isinstance(bucket.bucket, Gap) for bucket in known(found.log_buckets)] == [False, True]
    assert (SHOP, "s3:GetBucketPolicy", "global") in messages(found, "elsewhere")


@pytest.mark.parametrize("status", ["denied", "throttled", "error"])
def test_what_failed_here_is_as_good_where_it_was_read(status: Any) -> None:
    gap = Gap("organizations:ListRoots", status, "global", "no")
    facts = msgspec.structs.replace(seen_by_member(), tree=gap)
    mine = member(SHOP, organization=facts, coverage=(row(SHOP, "organizations:ListRoots", status),))
    found = all_joined({**everyone(), SHOP: mine})[SHOP]

    assert not isinstance(found.organization.tree, Gap)
    said = messages(found)[SHOP, "organizations:ListRoots", "global"]
    assert said == f"{status} here, and read in account {MANAGEMENT}"


def test_what_nobody_asked_for_is_not_joined() -> None:
    found = all_joined({**everyone(), SHOP: account(SHOP)})[SHOP]

    assert encode(found) == encode(account(SHOP))


def test_a_delegate_tells_what_the_management_account_could_not() -> None:
    denied = Gap("iam:ListOrganizationsFeatures", "denied")
    mine = management()
    facts = msgspec.structs.replace(mine.organization, features=denied)
    delegate = msgspec.structs.replace(archive(), organization=mine.organization)
    accounts = {**everyone(), MANAGEMENT: msgspec.structs.replace(mine, organization=facts), ARCHIVE: delegate}
    found = all_joined(accounts)

    assert known(found[SHOP].organization.features) == ("RootCredentialsManagement",)
    assert found[SHOP].organization.read_in == MANAGEMENT
    assert known(found[MANAGEMENT].organization.features) == ("RootCredentialsManagement",)
    assert messages(found[SHOP])[SHOP, "iam:ListOrganizationsFeatures", "global"] == f"read in account {ARCHIVE}"


def test_a_key_is_found_by_its_alias() -> None:
    alias = f"arn:aws:kms:{HOME}:{ARCHIVE}:alias/logs"
    named = [msgspec.structs.replace(key, named=alias) for key in known(member(SHOP).keys)]
    owned = [msgspec.structs.replace(key, named=alias) for key in known(archive().keys)]
    accounts = {
        **everyone(),
        SHOP: member(SHOP, keys=tuple(named)),
        ARCHIVE: msgspec.structs.replace(archive(), keys=tuple(owned)),
    }
    found = all_joined(accounts)

    (key,) = known(found[SHOP].keys)
    assert (key.named, key.arn, state_of(key)) == (alias, KEY, "Enabled")
    assert state_of(known(found[LAB].keys)[0]) == "Enabled"


def test_receivers_of_alerts_in_another_account() -> None:
    topic, queue = f"arn:aws:sns:{HOME}:{ARCHIVE}:alerts", f"arn:aws:sqs:{HOME}:{ARCHIVE}:alerts"
    gap = elsewhere("sns:GetTopicAttributes", HOME)
    mine = member(SHOP, topics=(Topic(topic, gap),), queues=(Queue(queue, elsewhere("sqs:GetQueueAttributes", HOME)),))
    theirs = msgspec.structs.replace(
        archive(), topics=(Topic(topic, TopicDetail(kms_key=KEY)),), queues=(Queue(queue, None),)
    )
    found = all_joined({**everyone(), SHOP: mine, ARCHIVE: theirs})[SHOP]

    assert known(found.topics)[0].detail == TopicDetail(kms_key=KEY)
    assert known(found.queues)[0].detail is None


def test_only_what_belongs_to_an_account_counts_as_its_word() -> None:
    forged = LogBucket(BUCKET, Bucket(BUCKET, HOME), SHOP)
    queue = Queue(f"arn:aws:sqs:{HOME}:{ARCHIVE}:alerts", QueueDetail())
    shared = shared_by(member(LAB, log_buckets=(forged,), queues=(queue,)))

    assert (shared.buckets, shared.queues) == ((), ())


def test_gaps_of_whole_parts_are_left_alone() -> None:
    mine = member(SHOP, log_buckets=Gap("s3:ListBuckets", "denied"), keys=Gap("kms:DescribeKey", "skipped"))
    mine = msgspec.structs.replace(mine, regions=(Region(HOME), *mine.regions[1:]))
    found = all_joined({**everyone(), SHOP: mine})[SHOP]

    assert isinstance(found.log_buckets, Gap)
    assert isinstance(found.keys, Gap)
    assert isinstance(found.regions[0].trails, Gap)
    assert isinstance(found.organization, OrganizationFacts)


def test_gifts_survive_the_way_to_a_worker() -> None:
    gifts = exchange(everyone()).gifts_for(SHOP)
    sent = msgspec.json.decode(msgspec.json.encode(gifts), type=tuple[Gift, ...])

    assert encode(joined(member(SHOP), sent)) == encode(joined(member(SHOP), gifts))
