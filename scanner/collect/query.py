"""Collect what can ask questions of the logs: work groups of Athena, and tables of Glue over the log buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec

from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.reader import Reader
from scanner.collect.values import as_list, flag
from scanner.inventory import Bucket, Gap, LogBucket, LogTable, QueryTools, Trail, WorkGroup, WorkGroupDetail

_LOCATION = re.compile(r"s3[an]?://([^/]+)(?:/.*)?", re.IGNORECASE | re.DOTALL)


class _Listed(msgspec.Struct, frozen=True):
    """A work group as it is listed."""

    name: str
    state: str


class _Database(msgspec.Struct, frozen=True):
    """A database of the catalogue; ``owner`` is the account that shares it, if it is a link to another one's."""

    name: str
    owner: str | None = None


def read_query_tools(
    desk: Desk, trails: Mapping[str, tuple[Trail, ...] | Gap], buckets: tuple[LogBucket, ...] | Gap
) -> tuple[QueryTools, ...] | Gap:
    """What can ask questions of the logs, in each region where a log bucket lies or a trail is at home.

    Where trails or buckets are not known, and what is known names no region, the gap stands in place of an empty
    answer.
    """
    if not desk.wanted & {"athena:ListWorkGroups", "glue:GetDatabases"}:
        return Gap("athena:ListWorkGroups", "skipped", "*", UNWANTED)
    regions = sorted({*_homes(desk, trails), *_places(buckets)})
    if not regions:
        unknown = [found for _, found in sorted(trails.items()) if isinstance(found, Gap)]
        return next(iter([*unknown, *([buckets] if isinstance(buckets, Gap) else [])]), ())
    names = frozenset((*_delivered_to(trails), *(() if isinstance(buckets, Gap) else (log.name for log in buckets))))
    return tuple(desk.each(lambda region: _read_tools(desk, region, names), regions))


def _known(trails: Mapping[str, tuple[Trail, ...] | Gap]) -> Iterator[Trail]:
    for found in trails.values():
        if not isinstance(found, Gap):
            yield from found


def _delivered_to(trails: Mapping[str, tuple[Trail, ...] | Gap]) -> Iterator[str]:
    return (trail.bucket for trail in _known(trails) if trail.bucket)


def _homes(desk: Desk, trails: Mapping[str, tuple[Trail, ...] | Gap]) -> Iterator[str]:
    """The home regions of trails; that of another account's trail need not be enabled in this one."""
    for trail in _known(trails):
        if trail.home_region in trails or trail.arn.split(":")[4] == desk.account_id:
            yield trail.home_region


def _places(buckets: tuple[LogBucket, ...] | Gap) -> Iterator[str]:
    if not isinstance(buckets, Gap):
        for log in buckets:
            if isinstance(log.bucket, Bucket) and log.bucket.region:
                yield log.bucket.region


def _read_tools(desk: Desk, region: str, buckets: Set[str]) -> QueryTools:
    groups = desk.start(_read_groups, desk, region)
    tables = desk.start(_read_tables, desk, region, buckets)
    return QueryTools(region, groups.result(), tables.result())


def _read_groups(desk: Desk, region: str) -> tuple[WorkGroup, ...] | Gap:
    def read(reader: Reader) -> tuple[_Listed, ...]:
        groups = [
            _Listed(group["Name"], group.get("State") or "")
            for page in reader.linked("ListWorkGroups", MaxResults=50)
            for group in as_list(page["WorkGroups"])
        ]
        return tuple(sorted(groups, key=lambda group: group.name))

    listed = desk.ask("athena", region, "ListWorkGroups", read, tuple[_Listed, ...])
    if isinstance(listed, Gap):
        return listed
    return tuple(desk.each(lambda group: _read_group(desk, region, group), listed))


def _read_group(desk: Desk, region: str, group: _Listed) -> WorkGroup:
    def read(reader: Reader) -> WorkGroupDetail:
        found = reader.call("GetWorkGroup", WorkGroup=group.name)["WorkGroup"].get("Configuration") or {}
        output = (found.get("ResultConfiguration") or {}).get("OutputLocation") or None
        managed = (found.get("ManagedQueryResultsConfiguration") or {}).get("Enabled", False)
        return WorkGroupDetail(output, flag(found.get("EnforceWorkGroupConfiguration", False)), flag(managed))

    detail = desk.ask("athena", region, "GetWorkGroup", read, WorkGroupDetail, subject=group.name)
    return WorkGroup(group.name, group.state, detail)


def _read_tables(desk: Desk, region: str, buckets: Set[str]) -> tuple[LogTable, ...] | Gap:
    """The tables over the buckets; a gap if those of one database cannot be read.

    Where Lake Formation guards the catalogue, Glue leaves out what the caller may not see, and does not say so.
    """
    read = partial(_databases, account_id=desk.account_id)
    databases = desk.ask("glue", region, "GetDatabases", read, tuple[_Database, ...])
    if isinstance(databases, Gap):
        return databases
    found: list[LogTable] = []
    for tables in desk.each(lambda database: _read_database(desk, region, database, buckets), databases):
        if not isinstance(tables, Gap):
            found += tables
        elif tables.status != "elsewhere":
            return tables
    return tuple(sorted(found, key=lambda table: (table.database, table.name)))


def _databases(reader: Reader, account_id: str) -> tuple[_Database, ...]:
    """The databases that may hold tables over our buckets.

    Left out are links to databases of this very catalogue, whose tables are found where they are, and federated
    databases: these show what another system holds, which would be called for it.
    """
    found = []
    for page in reader.pages("GetDatabases", PaginationConfig={"PageSize": 100}):
        for database in page["DatabaseList"]:
            target = database.get("TargetDatabase") or {}
            # The catalogue of an account bears the account's number, one within it a path after that.
            owner = (target.get("CatalogId") or account_id).partition(":")[0]
            is_inner_link = target and owner == account_id and (target.get("Region") or reader.region) == reader.region
            if not is_inner_link and not database.get("FederatedDatabase"):
                found.append(_Database(database["Name"], owner if owner != account_id else None))
    return tuple(sorted(found, key=lambda database: database.name))


def _read_database(desk: Desk, region: str, database: _Database, buckets: Set[str]) -> tuple[LogTable, ...] | Gap:
    """The tables of a database over the buckets; one that its owner no longer shares with us is elsewhere."""

    def read(reader: Reader) -> tuple[LogTable, ...]:
        pages = reader.pages("GetTables", DatabaseName=database.name, PaginationConfig={"PageSize": 100})
        tables = [table for page in pages for table in as_list(page["TableList"])]
        return tuple(log for table in tables if (log := _log_table(database.name, table, buckets)))

    return desk.ask(
        "glue",
        region,
        "GetTables",
        read,
        tuple[LogTable, ...],
        subject=f"{database.name} {sha256(' '.join(sorted(buckets)).encode()).hexdigest()}",
        owner=database.owner,
        elsewhere=("AccessDeniedException", "EntityNotFoundException"),
    )


def _log_table(database: str, table: dict[str, Any], buckets: Set[str]) -> LogTable | None:
    """The table, if its location is in one of the buckets; a view or a link has none."""
    location = (table.get("StorageDescriptor") or {}).get("Location") or ""
    place = _LOCATION.fullmatch(location)
    if place is None or place[1] not in buckets:
        return None
    projection = (table.get("Parameters") or {}).get("projection.enabled") or ""
    return LogTable(
        database,
        table["Name"],
        location,
        tuple(key["Name"] for key in table.get("PartitionKeys") or ()),
        projection.lower() == "true",
    )
