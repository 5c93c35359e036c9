"""How a call ended: denied, throttled, failed, or not to be had in the region."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from scanner.collect.ledger import Ledger
from scanner.inventory import Gap, Outcome
from tests.collect.faulty import HOME
from tests.collect.reading import not_ok, read, row, verdicts
from tests.collect.stand_in import Asked, Refusal, StandIn

API = "guardduty:ListDetectors"
UNREACHED = EndpointConnectionError(endpoint_url="https://somewhere.example.com/")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refusal("AccessDenied", 403), "denied"),
        (Refusal("AccessDeniedException", 400), "denied"),
        (Refusal("UnauthorizedOperation", 403), "denied"),
        (Refusal("AuthorizationError", 403), "denied"),
        (Refusal("SubscriptionRequiredException", 400), "denied"),
        (Refusal("OptInRequired", 400), "denied"),
        (Refusal("SomethingNew", 403), "denied"),
        (Refusal("", 403), "error"),
        (Refusal("403", 403, "<html>hunter2</html>"), "error"),
        (Refusal("AuthFailure", 401, "You are not authorized"), "denied"),
        (Refusal("AuthFailure", 401, "AWS was not able to validate the provided access credentials"), "error"),
        (Refusal("Throttling", 400), "throttled"),
        (Refusal("ThrottlingException", 400), "throttled"),
        (Refusal("RequestLimitExceeded", 503), "throttled"),
        (Refusal("TooManyRequestsException", 400), "throttled"),
        (Refusal("SomethingNew", 429), "throttled"),
        (Refusal("RequestLimitExceeded", 403), "throttled"),
        (Refusal("ExpiredToken", 403), "error"),
        (Refusal("ExpiredTokenException", 400), "error"),
        (Refusal("InvalidClientTokenId", 403), "error"),
        (Refusal("SignatureDoesNotMatch", 403), "error"),
        (Refusal("InternalError", 500), "error"),
        (Refusal("ValidationException", 400), "error"),
    ],
    ids=lambda value: str(value),
)
def test_error_answers(session: Any, aws: StandIn, refusal: Refusal, status: str) -> None:
    aws.answer(API, refusal, HOME)

    account = read(session)

    assert not_ok(account) == {(API, HOME): status}
    assert isinstance(account.regions[0].detectors, Gap)
    assert verdicts(account)
    assert refusal.code in row(account, API, HOME).message


@pytest.mark.parametrize("code", ["", "403"])
def test_a_page_in_place_of_an_error_is_not_quoted(session: Any, aws: StandIn, code: str) -> None:
    aws.answer(API, Refusal(code, 403, "<html>hunter2</html>"), HOME)

    message = row(read(session), API, HOME).message

    assert message == "HTTP 403 without an error of AWS: check the network, the proxy and AWS_ENDPOINT_URL"


@pytest.mark.parametrize(
    "fault",
    [
        UNREACHED,
        ReadTimeoutError(endpoint_url="https://somewhere.example.com/"),
        ConnectTimeoutError(endpoint_url="https://somewhere.example.com/"),
        SSLError(endpoint_url="https://somewhere.example.com/", error="expired"),
        NoCredentialsError(),
        ResponseParserError("Unable to parse response, invalid XML received: <html>hunter2</html>"),
        ValueError("Invalid timestamp: hunter2"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_failures_of_the_network_and_the_sdk(session: Any, aws: StandIn, fault: Exception) -> None:
    aws.answer(API, fault, HOME)

    account = read(session)

    assert not_ok(account) == {(API, HOME): "error"}
    found = row(account, API, HOME)
    assert type(fault).__name__ in found.message
    assert "hunter2" not in found.message
    assert found.calls == 1


def test_the_worst_outcome_of_an_action_counts(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Any:
        by_user = {"batch": Refusal("AccessDenied", 403, "first"), "ci": Refusal("Throttling", 400, "second")}
        found = by_user.get(str(asked.parameters["UserName"]))
        return found or {"AccessKeyMetadata": [], "IsTruncated": False}

    aws.answer("iam:ListAccessKeys", answer)

    found = row(read(session), "iam:ListAccessKeys")

    assert (found.status, found.calls, found.message) == ("denied", 3, "AccessDenied: first")


def test_the_order_of_calls_does_not_decide_what_a_row_says() -> None:
    told: list[tuple[Outcome, str]] = [("ok", ""), ("denied", "b"), ("throttled", "c"), ("denied", "a"), ("ok", "")]
    rows = set()
    for order in permutations(told):
        ledger = Ledger()
        for status, message in order:
            ledger.record("iam:ListAccessKeys", "global", status, message)
        rows |= {(found.status, found.message, found.calls) for found in ledger.rows("111122223333")}

    assert rows == {("denied", "a", 5)}


def test_credentials_that_expire_in_mid_scan(session: Any, aws: StandIn) -> None:
    expired = Refusal("ExpiredToken", 400, "The security token included in the request is expired")
    aws.answer("ec2:DescribeInstances", expired)
    aws.answer("iam:GetAccountAuthorizationDetails", expired)

    account = read(session)

    assert set(not_ok(account).values()) == {"error"}
    assert len(not_ok(account)) == 3
    assert "pass" in verdicts(account).values()


@pytest.mark.parametrize("region", [HOME, "eu-west-9", "mars-north-1"])
def test_a_service_that_cannot_be_reached(session: Any, aws: StandIn, region: str) -> None:
    """Of a region that is newer than the SDK, the SDK cannot say what is not there."""
    _only_region(aws, region)

    account = read(session)

    assert not_ok(account)[API, region] == "error"


def test_a_service_that_is_not_offered(session: Any, aws: StandIn) -> None:
    region = next(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition_name=partition)
        if region not in session.get_available_regions("guardduty", partition_name=partition)
    )
    _only_region(aws, region)

    account = read(session)

    assert not_ok(account)[API, region] == "not_applicable"


def _only_region(aws: StandIn, region: str) -> None:
    """Make a region the only one, empty, and GuardDuty out of reach in it."""
    aws.answer("ec2:DescribeRegions", {"Regions": [{"RegionName": region}]})
    aws.answer("ec2:DescribeInstances", {"Reservations": []})
    aws.answer("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": []})
    aws.answer(API, UNREACHED)
