"""The SDK's own retries: they happen, with patience, and they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError

from scanner.collect.clients import Clients
from scanner.collect.ledger import Ledger
from scanner.collect.reader import Reader
from scanner.collect.session import client_config
from scanner.inventory import CoverageRow, NotCollected

SUMMARY = b"""<GetAccountSummaryResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetAccountSummaryResult>
<SummaryMap><entry><key>Users</key><value>7</value></entry></SummaryMap>
</GetAccountSummaryResult></GetAccountSummaryResponse>"""


class _Body:
    """The raw body of an HTTP answer, as the SDK reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


def error(code: str, status: int = 400) -> Callable[[Any], AWSResponse]:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()
    return lambda request: AWSResponse(request.url, status, {"content-type": "text/xml"}, _Body(body))


def answer(request: Any) -> AWSResponse:
    return AWSResponse(request.url, 200, {"content-type": "text/xml"}, _Body(SUMMARY))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the SDK would have slept, in seconds."""
    found: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", found.append)
    return found


class Wire:
    """The HTTP layer below the SDK's retries, which gives each attempt the next of some answers."""

    def __init__(self, *answers: Callable[[Any], AWSResponse], last: Callable[[Any], AWSResponse]) -> None:
        self._answers, self._last = list(answers), last
        self.attempts: Counter[str] = Counter()

    def reader(self) -> Reader:
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name="us-east-1")
        session.events.register("before-send.iam.*", self._send)
        clients = Clients(session, client_config(2, "guardrift-test"))
        return Reader(clients, Ledger(), "iam", "us-east-1", "global")

    def _send(self, request: Any, **_: object) -> AWSResponse:
        self.attempts[parse_qs(request.body)["Action"][0]] += 1
        return (self._answers.pop(0) if self._answers else self._last)(request)


def ledger_row(reader: Reader) -> CoverageRow:
    (found,) = reader.ledger.rows("111122223333")
    return found


def test_throttling_that_passes_leaves_no_trace(waits: list[float]) -> None:
    wire = Wire(error("Throttling"), error("ThrottlingException"), error("RequestLimitExceeded", 503), last=answer)
    reader = wire.reader()

    found = reader.call("GetAccountSummary")

    assert found["SummaryMap"] == {"Users": 7}
    assert wire.attempts["GetAccountSummary"] == 4
    assert len(waits) == 3
    assert (ledger_row(reader).status, ledger_row(reader).calls) == ("ok", 1)


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (error("Throttling"), "throttled"),
        (error("SlowDown", 503), "throttled"),
        (error("InternalFailure", 500), "error"),
        (error("ServiceUnavailable", 503), "error"),
    ],
)
def test_what_does_not_pass_ends_after_eight_attempts(
    waits: list[float], last: Callable[[Any], AWSResponse], status: str
) -> None:
    wire = Wire(last=last)
    reader = wire.reader()

    with pytest.raises(NotCollected) as caught:
        reader.call("GetAccountSummary")

    assert caught.value.gap.status == status
    assert wire.attempts["GetAccountSummary"] == 8
    assert len(waits) == 7
    assert max(waits) <= 20
    assert ledger_row(reader).calls == 1


@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken", "ValidationError"])
def test_what_cannot_pass_is_asked_once(waits: list[float], code: str) -> None:
    wire = Wire(last=error(code, 403))

    with pytest.raises(NotCollected):
        wire.reader().call("GetAccountSummary")

    assert wire.attempts["GetAccountSummary"] == 1
    assert waits == []


def test_a_broken_connection_is_tried_again(waits: list[float]) -> None:
    def broken(request: Any) -> AWSResponse:
        raise EndpointConnectionError(endpoint_url=request.url)

    wire = Wire(broken, broken, last=answer)

    assert wire.reader().call("GetAccountSummary")["SummaryMap"] == {"Users": 7}
    assert wire.attempts["GetAccountSummary"] == 3


@pytest.mark.parametrize("body", [b"<html>hunter2</html", b"", b"\xff\xfe"])
def test_what_is_no_xml_is_an_error(waits: list[float], body: bytes) -> None:
    def strange(request: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": "text/html"}, _Body(body))

    reader = Wire(last=strange).reader()

    with pytest.raises(NotCollected) as caught:
        reader.call("GetAccountSummary")

    assert caught.value.gap.status == "error"
    assert "hunter2" not in caught.value.gap.reason


def test_patience_is_bounded() -> None:
    config = client_config(16, "guardrift")

    assert config.retries == {"mode": "standard", "total_max_attempts": 8}
    assert config.max_pool_connections == 16
    assert config.connect_timeout + config.read_timeout <= 60
