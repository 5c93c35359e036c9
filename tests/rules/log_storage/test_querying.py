"""Could somebody ask questions of the logs tonight?"""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, region, regions, verdict
from tests.rules.trails.building import (
    LIST_DENIED,
    LOGGING,
    NOT_LOGGING,
    STATUS_DENIED,
    Fields,
    advanced,
    bucket,
    foreign_bucket,
    joined_bucket,
    trail,
)

QUERYABLE = "logs-not-queryable"
PLACE = f"s3://logs/AWSLogs/{OWN}/CloudTrail/"
CALLS: Fields = {"eventCategory": {"Equals": ["Management"]}}
READS: Fields = {**CALLS, "readOnly": {"Equals": ["true"]}}
CONFIGURATION: Fields = {"eventCategory": {"Equals": ["ConfigurationItem"]}}


def table(location: str = PLACE, *, projects: bool = True, **facts: object) -> Json:
    usual = {"database": "logs", "name": "trail", "partition_keys": ["day"]}
    return {**usual, "location": location, "projects_partitions": projects, **facts}


def group(output: str | None = "s3://results/", state: str = "ENABLED", **facts: object) -> Json:
    return {"name": "primary", "state": state, "detail": {"kind": "work-group", "output": output, **facts}}


def tools(tables: object, groups: object) -> list[Json]:
    return [{"region": "eu-west-1", "tables": tables, "work_groups": groups}]


def asking(*trails: Json, tables: object = (), groups: object = (), stores: object = (), **parts: object) -> Json:
    found = region(trails=list(trails) or [trail()], event_data_stores=stores)
    return {**regions(found), "query_tools": tools(tables, groups), "log_buckets": [bucket()], **parts}


def store(*selectors: Fields, status: str = "ENABLED") -> Json:
    fields = advanced(*selectors)["advanced"]
    detail = {"kind": "event-data-store", "status": status, "selectors": fields}
    return {"arn": f"arn:aws:cloudtrail:eu-west-1:{OWN}:eventdatastore/a", "name": "lake", "detail": detail}


def writing(**status: object) -> Json:
    return trail(log_group="arn:aws:logs:eu-west-1:1:log-group:trail:*", status={**LOGGING, **status})


NOW = "2026-11-20T11:57:00Z"
CASES: list[Case] = [
    ("nothing", asking(), "fail"),
    ("a table and a work group", asking(tables=[table()], groups=[group()]), "pass"),
    ("a table without a work group", asking(tables=[table()]), "fail"),
    ("a work group without a table", asking(groups=[group()]), "fail"),
    ("a work group that is off", asking(tables=[table()], groups=[group(state="DISABLED")]), "fail"),
    ("results where the query says", asking(tables=[table()], groups=[group(None)]), "pass"),
    ("no place for results", asking(tables=[table()], groups=[group(None, is_enforced=True)]), "fail"),
    ("results kept by Athena", asking(
        tables=[table()], groups=[group(None, is_enforced=True, has_managed_results=True)]), "pass"),
    ("partitions that have to be loaded", asking(tables=[table(projects=False)], groups=[group()]), "unknown"),
    ("no partitions", asking(tables=[table(projects=False, partition_keys=[])], groups=[group()]), "pass"),
    ("another bucket", asking(tables=[table("s3://other/AWSLogs/")], groups=[group()]), "fail"),
    ("logs of another service", asking(tables=[table(f"s3://logs/AWSLogs/{OWN}/Config/")], groups=[group()]), "fail"),
    ("the bucket of a stopped trail", asking(trail(status=NOT_LOGGING), tables=[table()], groups=[group()]), "fail"),
    ("status denied", asking(trail(status=STATUS_DENIED), tables=[table()], groups=[group()]), "unknown"),
    ("in another region", asking(query_tools=[
        {"region": "eu-west-1", "tables": [table()], "work_groups": []},
        {"region": "eu-west-3", "tables": [], "work_groups": [group()]}]), "fail"),
    ("tables denied", asking(tables=gap("glue:GetTables"), groups=[group()]), "unknown"),
    ("work groups denied", asking(tables=[table()], groups=gap("athena:ListWorkGroups")), "unknown"),
    ("one work group denied", asking(tables=[table()], groups=[
        {"name": "primary", "state": "ENABLED", "detail": gap("athena:GetWorkGroup")}]), "unknown"),
    ("nothing was asked", asking(query_tools=gap("athena:ListWorkGroups")), "unknown"),
    ("an event data store", asking(stores=[store(CALLS)]), "pass"),
    ("an event data store that stopped", asking(stores=[store(CALLS, status="STOPPED_INGESTION")]), "fail"),
    ("an event data store of reads", asking(stores=[store(READS)]), "fail"),
    ("an event data store of configurations", asking(stores=[store(CONFIGURATION)]), "fail"),
    ("event data stores denied", asking(stores=gap("cloudtrail:ListEventDataStores")), "unknown"),
    ("event data stores denied, a table", asking(
        stores=gap("cloudtrail:ListEventDataStores"), tables=[table()], groups=[group()]), "pass"),
    ("an event data store denied", asking(
        stores=[{**store(), "detail": gap("cloudtrail:GetEventDataStore")}]), "unknown"),
    ("a log group", asking(writing(latest_logs_delivery=NOW)), "pass"),
    ("a log group, long ago", asking(writing(latest_logs_delivery="2026-11-01T00:00:00Z")), "fail"),
    ("a log group, with an error", asking(writing(latest_logs_delivery=NOW, latest_logs_error="Denied")), "fail"),
    ("a log group of which nothing is told", asking(writing()), "fail"),
    ("a bucket of another account", asking(log_buckets=[foreign_bucket()]), "unknown"),
    ("a bucket of another account, and a table", asking(
        log_buckets=[foreign_bucket()], tables=[table()], groups=[group()]), "pass"),
    ("a bucket of another account, which was read there", asking(log_buckets=[joined_bucket()]), "unknown"),
    ("buckets denied", asking(log_buckets=gap("s3:ListBuckets")), "unknown"),
    ("no trail", {**regions(region(trails=[], event_data_stores=[])), "query_tools": []}, "fail"),
    ("trails of another region denied", regions(
        region(trails=[trail()], event_data_stores=[]),
        region("eu-west-3", trails=LIST_DENIED, event_data_stores=[])) | {"query_tools": tools([], [])}, "unknown"),
    ("no region was listed", regions() | {"query_tools": []}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_querying(facts: Json, expected: str) -> None:
    assert verdict(QUERYABLE, facts) == expected


def test_another_system_that_reads_the_logs_is_declared() -> None:
    assert verdict(QUERYABLE, asking(), declared={"siem": ["arn:aws:s3:::logs"]}) == "pass"


TABLES = {QUERYABLE: CASES}
ALSO_LOOKED_AT = {QUERYABLE: {"s3:GetBucketLocation"}}
