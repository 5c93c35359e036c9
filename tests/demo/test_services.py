"""The services that watch the demo account and its logs, as the scanner sees them, where they are in order."""

from __future__ import annotations

import pytest

from guardrift.demo.setting import ENFORCING, HOME, SUSPENDED
from scanner.inventory import Account, Bucket, Region, known
from scanner.snapshot import encode
from tests.demo.collected import Collected, buckets, collect_demo, region, statements, there


@pytest.fixture
def account(collected: Collected) -> Account:
    return collected.account


@pytest.fixture
def home(account: Account) -> Region:
    return region(account, HOME)


def test_the_home_region_is_watched(home: Region) -> None:
    assert {analyzer.type for analyzer in known(home.analyzers)} == {"ACCOUNT", "ACCOUNT_UNUSED_ACCESS"}
    (recorder,), (channel,) = known(home.recorders), known(home.delivery_channels)
    assert (recorder.global_types, channel.bucket) == (True, "demo-config-history")
    assert {status for _, status in known(there(home.security_hub).standards)} == {"READY"}
    (detector,) = known(home.detectors)
    assert [known(found.detail).name for found in known(detector.threat_ips)] == ["known-attackers"]
    assert [found.status for found in known(detector.destinations)] == ["PUBLISHING"]
    assert known(detector.administrator) is None
    assert known(detector.organization) is None


def test_an_analyzer_of_unused_access_does_not_replace_the_other(account: Account) -> None:
    types = {found.name: [each.type for each in known(found.analyzers)] for found in account.regions}
    assert types[SUSPENDED] == ["ACCOUNT_UNUSED_ACCESS"]
    assert types[ENFORCING] == ["ACCOUNT"]


def test_the_recorder_of_a_region_was_stopped(account: Account) -> None:
    found = region(account, SUSPENDED)
    (recorder,), (status,) = known(found.recorders), known(found.recorder_statuses)
    assert (recorder.all_supported, status.is_recording) == (True, False)


def test_the_logs_of_the_account_trail_are_kept_and_can_be_asked(account: Account, home: Region) -> None:
    (bucket,) = (bucket for bucket in buckets(account) if bucket.name == "demo-account-trail")
    assert known(account.public_access_block) == known(bucket.public_access_block)
    assert there(bucket.object_lock).mode == "COMPLIANCE"
    assert known(bucket.logging).target_bucket == "demo-access-logs"
    assert {statement["Principal"]["Service"] for statement in statements(bucket.policy)} == {
        "cloudtrail.amazonaws.com"
    }
    tools = {found.region: found for found in known(account.query_tools)}
    assert [(table.name, table.projects_partitions) for table in known(tools[HOME].tables)] == [("account_trail", True)]
    assert {group.name: known(group.detail).output for group in known(tools[HOME].work_groups)} == {
        "investigation": "s3://demo-query-results/",
        "primary": None,
    }
    (trail,) = known(home.trails)
    keys = {key.named: key for key in known(account.keys)}
    assert there(keys[str(trail.kms_key)].rotation).enabled
    assert {found.log_group for found in known(home.metric_filters)} == {str(trail.log_group).split(":")[-2]}


def test_the_bucket_of_the_failing_trail_is_gone(account: Account) -> None:
    gone = {log.name: log.bucket for log in known(account.log_buckets) if not isinstance(log.bucket, Bucket)}
    assert {name: gap.status for name, gap in gone.items()} == {"demo-archive-trail": "elsewhere"}


def test_every_alarm_about_the_logs_counts_what_a_filter_finds(home: Region) -> None:
    counted = {metric for found in known(home.metric_filters) for metric in found.metrics}
    watched = {metric for alarm in known(home.alarms) for metric in alarm.metrics}
    assert watched - counted == {("AWS/Events", "FailedInvocations")}
    assert counted <= watched


def test_the_account_is_a_member_that_is_told_no_more(account: Account) -> None:
    membership = there(account.organization.membership)
    assert (membership.id, membership.feature_set) == ("o-demo012345", "ALL")
    assert membership.management_account != account.account_id
    told_elsewhere = {row.api for row in account.coverage if row.status == "elsewhere"}
    assert {api.partition(":")[0] for api in told_elsewhere} == {"organizations", "iam", "guardduty", "s3"}
    assert known(account.organization.declarative_ec2) is None


def test_two_scans_give_the_same_snapshot(account: Account) -> None:
    assert encode(collect_demo().account) == encode(account)
