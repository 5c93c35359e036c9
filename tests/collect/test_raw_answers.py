"""Broken answers as they come over the wire, through the SDK's own parsers: none is taken for an empty one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from scanner.collect.clients import Clients
from scanner.collect.cloudtrail import list_trails, read_trails
from scanner.collect.ec2 import read_defaults
from scanner.collect.ledger import Ledger
from scanner.collect.reader import Reader
from scanner.collect.session import client_config, identify
from scanner.errors import CollectError
from scanner.inventory import Gap, NotCollected, known
from tests.collect.asking import asking
from tests.collect.faulty import HOME

Send = Callable[..., AWSResponse]

SELECTORS = (
    b'{"TrailARN":"x","EventSelectors":[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true,'
    b'"DataResources":[],"ExcludeManagementEventSources":[]}]}'
)
TRAIL = f"arn:aws:cloudtrail:{HOME}:111122223333:trail/main"
LOGIN = b"<html><body>login</body></html>"
REPORT = b"<GetAccountSummaryResponse><GetAccountSummaryResult/></GetAccountSummaryResponse>"


class _Body(io.BytesIO):
    def stream(self, amount: int = 1 << 16) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk


@pytest.fixture
def wire() -> Any:
    """A session of which every request gets the next of some bodies, the last one again and again."""
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
    session.bodies = []

    def send(request: Any, **_: object) -> AWSResponse:
        operation = str(request.headers.get("X-Amz-Target", "")).rpartition(".")[2].removesuffix("'")
        body = session.bodies[operation] if isinstance(session.bodies, dict) else session.bodies
        return AWSResponse(request.url, 200, {}, _Body(body))

    session.events.register_first("before-send", send)
    return session


def reader(wire: Any, service: str) -> Reader:
    return Reader(Clients(wire, client_config(1, "tests")), Ledger(), service, HOME, HOME)


REFUSED = [
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, SELECTORS[:70], "is not JSON"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, LOGIN, "is not JSON"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b"", "is empty"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b" \n", "is empty"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b"[]", "no JSON object"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b"null", "no JSON object"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b"\xff", "is not JSON"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b'{"__type":"InternalFailure"}', "nothing of what"),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b'{"message":"Forbidden"}', "nothing of what"),
    ("lambda:GetFunctionConcurrency", {"FunctionName": "f"}, LOGIN, "is not JSON"),
    ("lambda:GetFunctionConcurrency", {"FunctionName": "f"}, b"", "is empty"),
    ("ec2:GetInstanceMetadataDefaults", {}, LOGIN, "is <html>"),
    ("ec2:GetInstanceMetadataDefaults", {}, b"<!DOCTYPE html>\n<HTML></HTML>", "is <HTML>"),
    ("ec2:GetInstanceMetadataDefaults", {}, b"", "is empty"),
    ("ec2:GetInstanceMetadataDefaults", {}, b"try again later", "is not XML"),
    ("ec2:GetInstanceMetadataDefaults", {}, b"<Response><Errors/></Response>", "is <Response>"),
    ("iam:GetAccountSummary", {}, b"<ErrorResponse><Error/></ErrorResponse>", "is <ErrorResponse>"),
    ("iam:GetAccountSummary", {}, LOGIN, "is <html>"),
    ("iam:GetAccountSummary", {}, b"{}", "is not XML"),
    ("s3:GetBucketVersioning", {"Bucket": "logs"}, LOGIN, "is <html>"),
    ("s3:GetBucketVersioning", {"Bucket": "logs"}, b"", "is empty"),
    ("s3:GetPublicAccessBlock", {"Bucket": "logs"}, LOGIN, "is <html>"),
]


@pytest.mark.parametrize(("api", "asked", "body", "said"), REFUSED)
def test_what_is_no_answer(wire: Any, api: str, asked: dict[str, Any], body: bytes, said: str) -> None:
    service, operation = api.split(":")
    found = reader(wire, service)
    wire.bodies = body

    with pytest.raises(NotCollected) as caught:
        found.call(operation, **asked)

    assert (caught.value.gap.status, caught.value.gap.api) == ("error", api)
    assert said in caught.value.gap.reason
    assert "login" not in caught.value.gap.reason
    (entry,) = found.ledger.entries()
    assert (entry.status, entry.calls) == ("error", 1)


ANSWERED: list[tuple[str, dict[str, Any], bytes, dict[str, Any]]] = [
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b'{"EventSelectors":[]}', {"EventSelectors": []}),
    ("cloudtrail:GetEventSelectors", {"TrailName": TRAIL}, b'{"__type":"x#Answer","TrailARN":"a"}', {"TrailARN": "a"}),
    ("lambda:GetFunctionConcurrency", {"FunctionName": "f"}, b"{}", {}),
    ("ec2:GetInstanceMetadataDefaults", {}, b"<GetInstanceMetadataDefaultsResponse/>", {}),
    ("iam:GetAccountSummary", {}, b'<?xml version="1.0"?>\n<!-- -->' + REPORT, {}),
    ("s3:GetBucketVersioning", {"Bucket": "logs"}, b"<VersioningConfiguration/>", {}),
    ("s3:GetBucketPolicy", {"Bucket": "logs"}, b'{"Version":"2012-10-17"}', {"Policy": '{"Version":"2012-10-17"}'}),
]


@pytest.mark.parametrize(("api", "asked", "body", "expected"), ANSWERED)
def test_what_is_an_answer(wire: Any, api: str, asked: dict[str, Any], body: bytes, expected: dict[str, Any]) -> None:
    service, operation = api.split(":")
    wire.bodies = body

    found = reader(wire, service).call(operation, **asked)

    assert {name: value for name, value in found.items() if name != "ResponseMetadata"} == expected


@pytest.mark.parametrize("body", [SELECTORS[:70], LOGIN, b"", b'{"__type":"InternalFailure"}'])
def test_a_trail_whose_selectors_are_cut_off_does_not_record_everything(wire: Any, body: bytes) -> None:
    wire.bodies = {
        "DescribeTrails": b'{"trailList":[{"TrailARN":"%s","Name":"main"}]}' % TRAIL.encode(),
        "GetTrailStatus": b'{"IsLogging":true}',
        "GetInsightSelectors": b'{"InsightSelectors":[]}',
        "GetEventSelectors": body,
    }

    with asking(wire) as desk:
        listed = {HOME: desk.start(list_trails, desk, HOME)}
        (trail,) = known(read_trails(desk, listed, [HOME])[HOME])

    assert known(trail.status).is_logging
    assert isinstance(trail.selectors, Gap)
    assert trail.selectors.status == "error"


def test_a_page_in_place_of_the_account_defaults_sets_nothing(wire: Any) -> None:
    wire.bodies = LOGIN

    with asking(wire) as desk:
        found = read_defaults(desk, HOME)

    assert isinstance(found, Gap)
    assert found.status == "error"


@pytest.mark.parametrize("body", [b"", LOGIN, b"{}"])
def test_a_page_in_place_of_the_identity_is_a_matter_of_the_network(wire: Any, body: bytes) -> None:
    wire.bodies = body

    with pytest.raises(CollectError) as caught:
        identify(Clients(wire, client_config(1, "tests")), HOME)

    assert "AWS_ENDPOINT_URL" in caught.value.hint
