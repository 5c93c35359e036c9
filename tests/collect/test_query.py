"""What can ask questions of the logs: only where logs are, and only what lies over their buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.query import read_query_tools
from scanner.inventory import (
    Bucket,
    CoverageRow,
    Gap,
    LogBucket,
    LogTable,
    QueryTools,
    Trail,
    TrailStatus,
    WorkGroup,
    WorkGroupDetail,
    known,
)
from tests.collect.answers_logs import ANSWERS, STRANGER
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

Trails = Mapping[str, tuple[Trail, ...] | Gap]

NO_TRAILS = Gap("cloudtrail:DescribeTrails", "denied", HOME)
NO_BUCKETS = Gap("s3:ListBuckets", "denied")
REFUSED = Refusal("AccessDeniedException", 400, "Insufficient Lake Formation permission(s)")


@pytest.fixture(autouse=True)
def account(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def trail(bucket: str | None = "logs", home: str = OTHER, owner: str = ACCOUNT_ID) -> Trail:
    selectors = Gap("cloudtrail:GetEventSelectors", "skipped")
    arn = f"arn:aws:cloudtrail:{home}:{owner}:trail/t"
    return Trail(arn, "t", home, TrailStatus(is_logging=True), selectors, bucket)


def bucket(name: str, region: str | None) -> LogBucket:
    return LogBucket(name, Bucket(name, region), ACCOUNT_ID)


def foreign(name: str) -> LogBucket:
    return LogBucket(name, Gap("s3:GetBucketPolicy", "elsewhere"))


def read(
    session: Any,
    trails: Trails,
    buckets: tuple[LogBucket, ...] | Gap = (),
    unwanted: tuple[str, ...] = (),
) -> tuple[tuple[QueryTools, ...] | Gap, dict[tuple[str, str], CoverageRow]]:
    with asking(session, unwanted=unwanted) as desk:
        found = read_query_tools(desk, trails, buckets)
        return found, {(row.api, row.region): row for row in desk.ledger.rows(ACCOUNT_ID)}


def one(session: Any, trails: Trails, buckets: tuple[LogBucket, ...] | Gap = ()) -> QueryTools:
    (tools,) = known(read(session, trails, buckets)[0])
    return tools


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


def regions(found: tuple[QueryTools, ...] | Gap) -> list[str]:
    return [tools.region for tools in known(found)]


def table(name: str, location: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "StorageDescriptor": {"Location": location}, **more}


def test_all_that_is_told(session: Any) -> None:
    found, coverage = read(session, {OTHER: (trail(),)}, (bucket("logs", OTHER), bucket("old-logs", OTHER)))

    assert found == (
        QueryTools(
            OTHER,
            (
                WorkGroup("primary", "ENABLED", WorkGroupDetail()),
                WorkGroup("response", "DISABLED", WorkGroupDetail("s3://results/response/", is_enforced=True)),
            ),
            (
                LogTable("audit", "plain", "s3a://old-logs"),
                LogTable(
                    "audit", "trail", f"s3://logs/AWSLogs/{ACCOUNT_ID}/CloudTrail/", ("region", "day"),
                    projects_partitions=True,
                ),
            ),
        ),
    )  # fmt: skip
    assert {row.status for row in coverage.values()} == {"ok"}
    assert b"not kept" not in msgspec.json.encode(found)


def test_what_it_costs(session: Any, aws: StandIn) -> None:
    read(session, {HOME: (), OTHER: (trail(), trail())}, (bucket("logs", OTHER),))

    assert aws.requests == {
        ("athena:ListWorkGroups", OTHER): 1,
        ("athena:GetWorkGroup", OTHER): 2,
        ("glue:GetDatabases", OTHER): 1,
        ("glue:GetTables", OTHER): 2,
    }


def test_it_is_asked_where_buckets_lie_and_trails_are_at_home(session: Any) -> None:
    aside = (bucket("old-logs", HOME), bucket("lost", None), foreign("log-archive"))

    assert regions(read(session, {HOME: (), OTHER: (trail(),)}, aside)[0]) == [HOME, OTHER]


def test_the_home_of_another_accounts_trail_need_not_be_enabled(session: Any) -> None:
    assert read(session, {OTHER: (trail(home=HOME, owner=STRANGER),)})[0] == ()
    assert regions(read(session, {OTHER: (trail(home=HOME),)})[0]) == [HOME]
    assert regions(read(session, {HOME: (), OTHER: (trail(home=HOME, owner=STRANGER),)})[0]) == [HOME]


def test_nothing_is_delivered_anywhere(session: Any, aws: StandIn) -> None:
    assert read(session, {})[0] == ()
    assert read(session, {HOME: (), OTHER: ()})[0] == ()
    assert aws.asked == []


def test_where_nothing_is_known_the_gap_is_handed_on(session: Any, aws: StandIn) -> None:
    assert read(session, {HOME: NO_TRAILS, OTHER: ()})[0] is NO_TRAILS
    assert read(session, {HOME: ()}, NO_BUCKETS)[0] is NO_BUCKETS
    assert read(session, {HOME: NO_TRAILS}, NO_BUCKETS)[0] is NO_TRAILS
    assert aws.asked == []


def test_where_something_is_known_it_is_asked(session: Any) -> None:
    tools = one(session, {HOME: NO_TRAILS, OTHER: (trail(),)}, NO_BUCKETS)

    assert tools.region == OTHER
    assert [log.name for log in known(tools.tables)] == ["trail"]


@pytest.mark.parametrize(
    ("location", "is_found"),
    [
        ("s3://logs", True),
        ("s3://logs/", True),
        ("s3n://logs/AWSLogs/", True),
        ("S3://logs/AWSLogs/", True),
        ("s3://logs/a\nb", True),
        ("s3://logs-of-others/", False),
        ("s3://others/logs/", False),
        ("s3:///logs/", False),
        ("hdfs://logs/", False),
        ("xs3://logs/", False),
        ("", False),
    ],
)
def test_which_tables_lie_over_a_bucket(session: Any, aws: StandIn, location: str, is_found: bool) -> None:
    aws.answer("glue:GetTables", {"TableList": [table("t", location)]})

    found = {log.location for log in known(one(session, {OTHER: (trail(),)}).tables)}

    assert found == ({location} if is_found else set())


def test_a_table_over_a_bucket_of_another_account(session: Any, aws: StandIn) -> None:
    aws.answer("glue:GetDatabases", {"DatabaseList": [{"Name": "audit"}]})
    aws.answer("glue:GetTables", {"TableList": [table("t", "s3://log-archive/AWSLogs/")]})

    tools = one(session, {OTHER: (trail("log-archive"),)}, (foreign("log-archive"),))

    assert known(tools.tables) == (LogTable("audit", "t", "s3://log-archive/AWSLogs/"),)


@pytest.mark.parametrize(
    ("parameters", "projects"),
    [
        ({"projection.enabled": "true"}, True),
        ({"projection.enabled": "TRUE"}, True),
        ({"projection.enabled": "false"}, False),
        ({"classification": "cloudtrail"}, False),
        (None, False),
    ],
)
def test_whether_partitions_are_computed(
    session: Any, aws: StandIn, parameters: dict[str, str] | None, projects: bool
) -> None:
    aws.answer("glue:GetDatabases", {"DatabaseList": [{"Name": "audit"}]})
    aws.answer("glue:GetTables", {"TableList": [table("t", "s3://logs/", Parameters=parameters)]})

    (log,) = known(one(session, {OTHER: (trail(),)}).tables)

    assert log.projects_partitions is projects


def test_every_page_is_read(session: Any, aws: StandIn) -> None:
    def paged(member: str, items: list[dict[str, Any]], size: int) -> Any:
        def answer(asked: Asked) -> dict[str, Any]:
            assert asked.parameters["MaxResults"] == size
            assert asked.parameters.get("NextToken") == (None if asked.number == 0 else f"page-{asked.number}")
            if asked.number == 2:
                return {member: items[1:]}
            return {member: items[:1] if asked.number == 0 else [], "NextToken": f"page-{asked.number + 1}"}

        return answer

    aws.answer("athena:ListWorkGroups", paged("WorkGroups", [{"Name": "response"}, {"Name": "primary"}], 50))
    aws.answer("glue:GetDatabases", paged("DatabaseList", [{"Name": "audit"}], 100))
    tables = [table("b", "s3://logs/b"), table("a", "s3://logs/a")]
    aws.answer("glue:GetTables", paged("TableList", tables, 100))

    tools = one(session, {OTHER: (trail(),)})

    assert [group.name for group in known(tools.work_groups)] == ["primary", "response"]
    assert [log.name for log in known(tools.tables)] == ["a", "b"]


@pytest.mark.parametrize("api", ["athena:ListWorkGroups", "glue:GetDatabases"])
@pytest.mark.parametrize(("answer", "status"), [(DENIED, "denied"), (Refusal("InternalServerException", 500), "error")])
def test_a_list_that_cannot_be_read(session: Any, aws: StandIn, api: str, answer: Any, status: str) -> None:
    aws.answer(api, answer)

    tools = one(session, {OTHER: (trail(),)})

    parts = {"athena:ListWorkGroups": tools.work_groups, "glue:GetDatabases": tools.tables}
    assert gap_of(parts.pop(api)) == (api, status, OTHER)
    assert not any(isinstance(other, Gap) for other in parts.values())


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("athena:ListWorkGroups", {"WorkGroups": [{"State": "ENABLED"}]}),
        ("glue:GetDatabases", {}),
        ("glue:GetDatabases", {"DatabaseList": [{"Name": 7}]}),
        ("glue:GetTables", {"TableList": [{"StorageDescriptor": {"Location": "s3://logs/"}}]}),
    ],
)
def test_a_list_of_a_strange_shape_is_an_error(session: Any, aws: StandIn, api: str, answer: Any) -> None:
    aws.answer(api, answer)

    tools = one(session, {OTHER: (trail(),)})

    part = tools.work_groups if api.startswith("athena") else tools.tables
    assert gap_of(part) == (api, "error", OTHER)


@pytest.mark.parametrize(("answer", "status"), [(DENIED, "denied"), ({}, "error")])
def test_one_work_group_that_cannot_be_read(session: Any, aws: StandIn, answer: Any, status: str) -> None:
    def answered(asked: Asked) -> Any:
        return answer if asked.parameters["WorkGroup"] == "response" else {"WorkGroup": {"Name": "primary"}}

    aws.answer("athena:GetWorkGroup", answered)

    primary, response = known(one(session, {OTHER: (trail(),)}).work_groups)

    assert primary.detail == WorkGroupDetail()
    assert (response.name, response.state) == ("response", "DISABLED")
    assert gap_of(response.detail) == ("athena:GetWorkGroup", status, OTHER)


def test_one_database_that_cannot_be_read_leaves_a_gap(session: Any, aws: StandIn) -> None:
    def answered(asked: Asked) -> Any:
        return REFUSED if asked.parameters["DatabaseName"] == "empty" else {"TableList": []}

    aws.answer("glue:GetTables", answered)

    assert gap_of(one(session, {OTHER: (trail(),)}).tables) == ("glue:GetTables", "denied", OTHER)


def linked(**target: str) -> dict[str, Any]:
    return {"Name": "link", "TargetDatabase": {"DatabaseName": "audit", **target}}


@pytest.mark.parametrize("code", ["AccessDeniedException", "EntityNotFoundException"])
def test_a_link_to_what_another_account_no_longer_shares(session: Any, aws: StandIn, code: str) -> None:
    aws.answer("glue:GetDatabases", {"DatabaseList": [{"Name": "audit"}, linked(CatalogId=STRANGER)]})

    def answered(asked: Asked) -> Any:
        is_link = asked.parameters["DatabaseName"] == "link"
        return Refusal(code, 400) if is_link else {"TableList": [table("t", "s3://logs/")]}

    aws.answer("glue:GetTables", answered)

    found, coverage = read(session, {OTHER: (trail(),)})

    (tools,) = known(found)
    assert known(tools.tables) == (LogTable("audit", "t", "s3://logs/"),)
    row = coverage["glue:GetTables", OTHER]
    assert (row.status, row.message) == ("elsewhere", f"readable only in account {STRANGER}")


def test_a_link_to_what_another_account_shares(session: Any, aws: StandIn) -> None:
    aws.answer("glue:GetDatabases", {"DatabaseList": [linked(CatalogId=STRANGER)]})
    aws.answer("glue:GetTables", {"TableList": [table("t", "s3://log-archive/", DatabaseName="audit")]})

    tools = one(session, {OTHER: (trail("log-archive"),)})

    assert known(tools.tables) == (LogTable("link", "t", "s3://log-archive/"),)


def test_a_link_that_fails_otherwise_leaves_a_gap(session: Any, aws: StandIn) -> None:
    aws.answer("glue:GetDatabases", {"DatabaseList": [linked(CatalogId=STRANGER)]})
    aws.answer("glue:GetTables", Refusal("InternalServiceException", 500))

    assert gap_of(one(session, {OTHER: (trail(),)}).tables) == ("glue:GetTables", "error", OTHER)


def test_an_answer_without_tables_is_not_one_without_any(session: Any, aws: StandIn) -> None:
    aws.answer("glue:GetTables", {})

    assert gap_of(one(session, {OTHER: (trail(),)}).tables) == ("glue:GetTables", "error", OTHER)


@pytest.mark.parametrize(
    ("database", "is_asked"),
    [
        (linked(CatalogId=ACCOUNT_ID), False),
        (linked(CatalogId=ACCOUNT_ID, Region=OTHER), False),
        (linked(CatalogId=f"{ACCOUNT_ID}:s3tablescatalog/b"), False),
        (linked(), False),
        (linked(CatalogId=ACCOUNT_ID, Region="eu-south-2"), True),
        (linked(CatalogId=STRANGER), True),
        ({"Name": "aws:cloudtrail", "FederatedDatabase": {"ConnectionName": "aws:cloudtrail"}}, False),
        ({"Name": "default", "TargetDatabase": None}, True),
    ],
)
def test_which_databases_are_asked(session: Any, aws: StandIn, database: dict[str, Any], is_asked: bool) -> None:
    aws.answer("glue:GetDatabases", {"DatabaseList": [database]})
    aws.answer("glue:GetTables", {"TableList": []})

    assert one(session, {OTHER: (trail(),)}).tables == ()
    assert [asked.parameters["DatabaseName"] for asked in aws.asked if asked.api == "glue:GetTables"] == (
        [database["Name"]] if is_asked else []
    )


def test_what_no_rule_needs_is_not_asked(session: Any, aws: StandIn) -> None:
    found, _ = read(session, {OTHER: (trail(),)}, unwanted=("athena:GetWorkGroup", "glue:GetTables"))

    (tools,) = known(found)
    assert {gap_of(group.detail) for group in known(tools.work_groups)} == {("athena:GetWorkGroup", "skipped", OTHER)}
    assert gap_of(tools.tables) == ("glue:GetTables", "skipped", OTHER)
    assert {api for api, _ in aws.requests} == {"athena:ListWorkGroups", "glue:GetDatabases"}

    found, _ = read(session, {OTHER: (trail(),)}, unwanted=("athena:ListWorkGroups", "glue:GetDatabases"))

    assert gap_of(found) == ("athena:ListWorkGroups", "skipped", "*")


def test_query_tools_in_moto() -> None:
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        output = {"ResultConfiguration": {"OutputLocation": "s3://results/"}, "EnforceWorkGroupConfiguration": True}
        session.client("athena").create_work_group(Name="response", Configuration=output)
        glue = session.client("glue")
        glue.create_database(DatabaseInput={"Name": "audit"})
        made = {
            **table("trail", "s3://trail-logs/AWSLogs/", Parameters={"projection.enabled": "true"}),
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
        }
        glue.create_table(DatabaseName="audit", TableInput=made)
        glue.create_table(DatabaseName="audit", TableInput=table("other", "s3://other/"))

        tools = one(session, {HOME: (trail("trail-logs", HOME),)})

    groups = {group.name: group for group in known(tools.work_groups)}
    assert groups["response"] == WorkGroup("response", "ENABLED", WorkGroupDetail("s3://results/", is_enforced=True))
    assert tools.tables == (LogTable("audit", "trail", "s3://trail-logs/AWSLogs/", ("day",), projects_partitions=True),)


def test_results_may_be_kept_by_athena_itself(session: Any, aws: StandIn) -> None:
    settings = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    aws.answer("athena:GetWorkGroup", {"WorkGroup": {"Name": "primary", "Configuration": settings}})

    tools = one(session, {OTHER: (trail(),)})

    details = {known(group.detail) for group in known(tools.work_groups)}
    assert details == {WorkGroupDetail(None, is_enforced=False, has_managed_results=True)}
