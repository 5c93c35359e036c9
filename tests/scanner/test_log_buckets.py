"""Buckets of logs: which trails lead there, and what of them is logs."""

from __future__ import annotations

import pytest

from scanner.inventory import Gap, NotCollected, ObjectLock, Undetermined
from scanner.log_buckets import (
    DIGESTS,
    buckets_of_logs,
    holds_trail_logs,
    key_named,
    locked_days,
    log_files,
    require_folders,
)
from tests.accounts import OWN, account, gap, region, regions
from tests.rules.trails.building import KEY, NOT_LOGGING, STATUS_DENIED, bucket, encrypted, recorded, storing, trail


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", True), ("AWS", True), ("AWSLogs/", True), ("AWSLogs/111122223333/", True), ("AWSLogs/1111", True),
        ("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/", True), ("AWSLogs/111122223333/CloudTrail-Digest/", False),
        ("AWSLogs/111122223333/CloudTrail-Insight/", False), ("AWSLogs/111122223333/CloudTrail", True),
        ("AWSLogs/111122223333/CloudTrail-", False), ("AWSLogs/o-a1/111122223333/CloudTrail-Digest/eu-west-1/", False),
        ("AWSLogs/111122223333/C", True), ("AWSLogs/o-a1/111122223333/CloudTrail/", True), ("AWSLogs/o-a1/", True),
        ("x/AWSLogs/111122223333/", True), ("AWSLogs/111122223333/Config/", False),
        ("AWSLogs/o-a1/111122223333/vpcflowlogs/", False), ("x/AWSLogs/1/elasticloadbalancing/", False),
        ("x/", None), ("AWSLogsOld/", None), ("results/AWS", None),
    ],
)  # fmt: skip
def test_where_logs_lie(prefix: str, expected: bool | None) -> None:
    assert holds_trail_logs(prefix) is expected


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("AWSLogs/111122223333/CloudTrail-Digest/", True), ("AWSLogs/111122223333/CloudTrail-", True),
        ("AWSLogs/111122223333/CloudTrail/", False), ("AWSLogs/111122223333/CloudTrail-Insight/", False),
        ("AWSLogs/", True), ("x/", None),
    ],
)  # fmt: skip
def test_where_digests_lie(prefix: str, expected: bool | None) -> None:
    assert holds_trail_logs(prefix, folder=DIGESTS) is expected


@pytest.mark.parametrize(
    ("lock", "days"),
    [
        (None, 0),
        (ObjectLock(enabled=True), 0),
        (ObjectLock(enabled=False, mode="COMPLIANCE", days=9), 0),
        (ObjectLock(enabled=True, mode="GOVERNANCE", days=9), 9),
        (ObjectLock(enabled=True, mode="COMPLIANCE", years=2), 730),
    ],
)
def test_how_long_a_lock_keeps(lock: ObjectLock | None, days: int) -> None:
    assert locked_days(lock) == days


@pytest.mark.parametrize(
    ("trails", "expected"),
    [
        ((), False),
        ((trail(),), False),
        ((trail(status=NOT_LOGGING),), True),
        ((trail(status=NOT_LOGGING), trail("second")), False),
        ((trail(status=NOT_LOGGING), trail("second", status=STATUS_DENIED)), False),
        ((trail(status=NOT_LOGGING), trail("second", bucket="other")), True),
    ],
    ids=["only others", "recording", "stopped", "one stopped", "one not known", "one leads elsewhere"],
)
def test_nothing_new_comes_where_every_trail_is_stopped(trails: tuple[dict[str, object], ...], expected: bool) -> None:
    found = buckets_of_logs(account(storing(bucket(), trails=trails)))
    assert not isinstance(found, Gap)
    (only,) = found

    assert only.is_history is expected
    assert only.name == "logs"


def test_buckets_that_were_not_listed_stay_a_gap() -> None:
    assert isinstance(buckets_of_logs(account(recorded(log_buckets=gap("s3:ListBuckets")))), Gap)


def test_a_key_is_found_by_its_name() -> None:
    found = account(encrypted())

    assert key_named(KEY, found).arn == KEY
    with pytest.raises(Undetermined, match="alias/other"):
        key_named("alias/other", found)


def test_a_log_file_lies_where_cloudtrail_puts_it() -> None:
    (usual,) = log_files("logs", account({}))
    found = account(
        {"organization": {"membership": {"kind": "organization", "id": "o-a1", "management_account": OWN}}}
        | recorded(
            trail("own", bucket="logs", prefix="audit"),
            trail("all", bucket="logs", is_organization=True, home="us-east-1", is_multi_region=False),
            trail("elsewhere", bucket="other"),
        )
    )
    unknown = account(recorded(trail("all", bucket="logs", is_organization=True), trail("own", bucket="other")))

    assert usual.startswith(f"arn:aws:s3:::logs/AWSLogs/{OWN}/CloudTrail/")
    assert [file.partition("/2026/")[0] for file in log_files("logs", found)] == [
        f"arn:aws:s3:::logs/AWSLogs/o-a1/{OWN}/CloudTrail/us-east-1",
        f"arn:aws:s3:::logs/audit/AWSLogs/{OWN}/CloudTrail/eu-west-1",
    ]
    require_folders("other", unknown)
    with pytest.raises(NotCollected):
        require_folders("logs", unknown)


def test_a_trail_of_all_regions_writes_into_a_folder_for_each() -> None:
    found = account(regions(region(trails=[trail(bucket="logs")]), region("us-east-1", trails=[])))

    assert [file.split("/")[4] for file in log_files("logs", found)] == ["eu-west-1", "us-east-1"]
