"""AWS's own clock, its partitions, and documents as AWS sent them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import boto3
import pytest

from policies.execution.api import AwsApi
from policies.execution.planned import _region_of_identity_center as region_of
from scanner.errors import UsageError
from tests.policies.execution.scenes import ALLOW, role


def _api(*ahead: float) -> AwsApi:
    """An AWS whose answers told a time that was so many seconds ahead of ours."""
    api = AwsApi(None)
    for each in ahead:
        told = format_datetime(datetime.now(UTC) + timedelta(seconds=each), usegmt=True)
        api._set_clock({"ResponseMetadata": {"HTTPHeaders": {"date": told}}})
    return api


@pytest.mark.parametrize(
    ("ahead", "seconds"),
    [
        ((), 0),
        ((0,), 0),
        ((1.5,), 0),
        ((-1.5,), 0),
        ((60,), 60),
        ((-60,), -60),
        # An answer that took its time on the way does not put the clock back.
        ((60, 20), 60),
        ((0, -25), 0),
        # What no answer of AWS can tell, since it would have refused the signature: a proxy, or a page of a portal.
        ((-10_000,), 0),
        ((10_000,), 0),
        ((60, -10_000), 60),
        # The clock was set right meanwhile.
        ((60, *[0] * 8), 0),
    ],
)
def test_the_time_is_that_of_aws(ahead: tuple[float, ...], seconds: float) -> None:
    found = _api(*ahead).now() - datetime.now(UTC)

    assert abs(found.total_seconds() - seconds) < 1.5


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"ResponseMetadata": {}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": "soon"}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": ""}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": "Sun, 22 Nov 2026 03:00:00 -0000"}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": "Sun, 99 Nov 2026 03:00:00 GMT"}}},
    ],
)
def test_an_answer_without_a_time(answer: dict[str, Any]) -> None:
    api = AwsApi(None)
    api._set_clock(answer)
    assert abs(api.now() - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("partition", "region", "endpoint"),
    [
        ("aws", None, "https://iam.amazonaws.com"),
        ("aws", "eu-west-1", "https://iam.amazonaws.com"),
        ("aws-cn", None, "https://iam.cn-north-1.amazonaws.com.cn"),
        ("aws-cn", "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn"),
        ("aws-us-gov", None, "https://iam.us-gov.amazonaws.com"),
    ],
)
def test_the_partition_tells_where(
    partition: str, region: str | None, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region)

    found = AwsApi(session, partition=partition)._client("iam", "", False)

    assert found.meta.endpoint_url == endpoint
    assert found.meta.config.retries == {"mode": "standard", "total_max_attempts": 8}


def test_without_credentials_of_the_organization() -> None:
    with pytest.raises(UsageError, match="management account"):
        AwsApi(boto3.Session(region_name="eu-west-1")).call("organizations", "ListRoots", organization=True)


@pytest.mark.usefixtures("aws")
def test_documents_come_as_they_were_sent() -> None:
    role("web")
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="eu-west-1")

    found = AwsApi(session).call("iam", "GetRolePolicy", RoleName="web", PolicyName="own")["PolicyDocument"]

    from urllib.parse import unquote

    assert unquote(found) == ALLOW


@pytest.mark.parametrize(
    ("role_arn", "partition", "region"),
    [
        ("arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_A_1", "aws", "eu-west-1"),
        ("arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_1", "aws", "us-east-1"),
        ("arn:aws-us-gov:iam::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_1", "aws-us-gov", ""),
        ("arn:aws:iam::1:role/eu-west-1/x", "aws", ""),
        ("", "aws", ""),
    ],
)
def test_where_identity_center_is(role_arn: str, partition: str, region: str) -> None:
    assert region_of(role_arn, partition) == region
