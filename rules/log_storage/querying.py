"""Whether somebody could ask questions of the logs tonight, and how far back the answers go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account, unlisted_regions
from scanner.inventory import (
    Account,
    EventDataStore,
    EventSelectors,
    Gap,
    LogTable,
    NotCollected,
    QueryTools,
    Trail,
    Undetermined,
    WorkGroup,
    known,
)
from scanner.log_buckets import buckets_of_logs, holds_trail_logs, listed_trails, records
from scanner.trail_selectors import management_events

_LATE = timedelta(hours=24)


@rule(
    "logs-not-queryable",
    severity="high",
    phase="investigate",
    subjects=the_account,
    apis=(
        "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:ListEventDataStores",
        "cloudtrail:GetEventDataStore", "s3:ListBuckets", "athena:ListWorkGroups", "athena:GetWorkGroup",
        "glue:GetDatabases", "glue:GetTables",
    ),
    controls=(*csf("RS.AN-03"), *well_architected("SEC10-BP06"), *attack(v18="T1078.004")),
    references=(
        "https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs.html",
        "https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html",
    ),
)  # fmt: skip
def logs_not_queryable(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """Nobody could ask a question of the logs tonight.

    ## Why
    What did this key do, and from where? In the night of the theft nobody wants to learn how a table over a million
    compressed files is made. Counted are a table of Athena over the logs of a trail that records, with a work group
    that runs queries; a group of CloudWatch Logs that a trail delivers to; an event data store; and a SIEM that the
    owner declares. An event data store is never asked for: CloudTrail Lake takes no new customers.

    ## Fix
    Make a table over the bucket with partition projection, so that no partition has to be loaded, in the account where
    the bucket is, and a work group with a place for results. Run the first query before you need it.

    ## Breaks
    Nothing; a query costs money by what it reads.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_data_stores": [], "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "bucket": "logs", "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors"}}]}],
     "log_buckets": [], "query_tools": [{"region": "us-east-1", "tables": [], "work_groups": []}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "event_data_stores": [], "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "bucket": "logs", "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors"}}]}],
     "query_tools": [{"region": "us-east-1",
       "tables": [{"database": "logs", "name": "trail", "location": "s3://logs/AWSLogs/111122223333/CloudTrail/",
         "partition_keys": ["day"], "projects_partitions": true}],
       "work_groups": [{"name": "primary", "state": "ENABLED",
         "detail": {"kind": "work-group", "output": "s3://results/"}}]}]}
    ```
    """
    if scene.declared.siem:
        return None
    doubts: list[Gap | str] = [*(unread.gap for unread in unlisted_regions(account))]
    for found in (*_by_stores(account), *_by_log_groups(account, scene.at), *_by_tables(account)):
        if found is None:
            return None
        doubts.append(found)
    gaps = sorted((doubt for doubt in doubts if isinstance(doubt, Gap)), key=lambda gap: (gap.api, gap.region))
    if gaps:
        raise NotCollected(gaps[0])
    if doubts:
        raise Undetermined(str(doubts[0]))
    if elsewhere := _elsewhere(account):
        raise NotCollected(elsewhere)
    return Hit(
        "There is neither a table over its logs with a work group, nor a log group, nor an event data store.",
        material=("logs:not-queryable",),
    )


def _by_stores(account: Account) -> Iterator[Gap | None]:
    """None for an event data store that takes management events; a gap where one may be."""
    for region in account.regions:
        if isinstance(region.event_data_stores, Gap):
            yield region.event_data_stores
            continue
        for store in region.event_data_stores:
            if isinstance(store.detail, Gap):
                yield store.detail
            elif _takes_calls(store):
                yield None


def _takes_calls(store: EventDataStore) -> bool:
    detail = known(store.detail)
    events = management_events(EventSelectors(advanced=detail.selectors))
    return detail.status == "ENABLED" and events.reads and events.writes


def _by_log_groups(account: Account, at: datetime) -> Iterator[Gap | None]:
    """None for a trail that delivers to CloudWatch Logs; a gap where a trail or its state is not known."""
    for region in account.regions:
        if isinstance(region.trails, Gap):
            yield region.trails
    for trail in listed_trails(account):
        if not trail.log_group:
            continue
        if isinstance(trail.status, Gap):
            yield trail.status
        elif trail.status.is_logging and not trail.status.latest_logs_error:
            latest = trail.status.latest_logs_delivery
            if latest is not None and at - latest <= _LATE:
                yield None


def _by_tables(account: Account) -> Iterator[Gap | str | None]:
    """None for a table over the logs of a trail that can be queried; else what stands in the way of knowing."""
    names = {trail.bucket: trail for trail in listed_trails(account) if trail.bucket and records(trail) is not False}
    if isinstance(account.query_tools, Gap):
        if names:
            yield account.query_tools
        return
    for tools in account.query_tools:
        yield from _by_tools(tools, names)


def _by_tools(tools: QueryTools, names: dict[str, Trail]) -> Iterator[Gap | str | None]:
    if isinstance(tools.tables, Gap):
        yield tools.tables
        return
    tables = [table for table in tools.tables if _bucket(table) in names and _is_over_logs(table)]
    if not tables:
        return
    groups = _usable(tools.work_groups)
    if isinstance(groups, Gap):
        yield groups
        return
    for table in tables if groups else ():
        trail = names[_bucket(table)]
        if isinstance(trail.status, Gap):
            yield trail.status
        elif not table.partition_keys or table.projects_partitions:
            yield None
        else:
            yield f"it is not known whether today's partitions of {table.database}.{table.name} were loaded"


def _bucket(table: LogTable) -> str:
    return table.location.partition("://")[2].partition("/")[0]


def _is_over_logs(table: LogTable) -> bool:
    prefix = table.location.partition("://")[2].partition("/")[2]
    return holds_trail_logs(prefix) is not False


def _usable(groups: tuple[WorkGroup, ...] | Gap) -> bool | Gap:
    """Whether some work group runs queries: it keeps the results somewhere, or lets the query say where."""
    if isinstance(groups, Gap):
        return groups
    enabled = [group for group in groups if group.state == "ENABLED"]
    for group in enabled:
        detail = group.detail
        if not isinstance(detail, Gap) and (detail.output or detail.has_managed_results or not detail.is_enforced):
            return True
    return next((group.detail for group in enabled if isinstance(group.detail, Gap)), False)


def _elsewhere(account: Account) -> Gap | None:
    """The gap of a bucket in another account, in which the questions may be asked, or of the list that would tell."""
    logs = buckets_of_logs(account)
    if isinstance(logs, Gap):
        return logs if any(trail.bucket for trail in listed_trails(account)) else None
    for found in logs:
        bucket, owner = found.log.bucket, found.log.account_id
        if all(records(trail) is False for trail in found.trails):
            continue
        if isinstance(bucket, Gap) and bucket.status == "elsewhere":
            return bucket
        if owner is not None and owner != account.account_id:
            return Gap("glue:GetTables", "elsewhere", "*", f"readable only in account {owner}")
    return None
