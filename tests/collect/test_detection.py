"""Access Analyzer, Config and Security Hub: what is on, and that "off" is said by AWS alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scanner.collect.desk import Desk
from scanner.collect.detection import (
    read_aggregators,
    read_analyzers,
    read_delivery_channels,
    read_recorder_statuses,
    read_recorders,
    read_security_hub,
    read_security_hub_v2,
)
from scanner.inventory import (
    Analyzer,
    ConfigAggregator,
    ConfigRecorder,
    DeliveryChannel,
    Gap,
    RecorderStatus,
    SecurityHub,
    SecurityHubV2,
    known,
)
from tests.collect.answers_detection import ANSWERS, NOT_SUBSCRIBED
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

Collector = Callable[[Desk, str], Any]

ANALYZER = f"arn:aws:access-analyzer:{HOME}:{ACCOUNT_ID}:analyzer/"
HUB = f"arn:aws:securityhub:{HOME}:{ACCOUNT_ID}:hub"

EVERY: dict[str, tuple[Collector, object]] = {
    "accessanalyzer:ListAnalyzers": (
        read_analyzers,
        (
            Analyzer(f"{ANALYZER}outside", "outside", "ACCOUNT", "ACTIVE", "securityhub.amazonaws.com"),
            Analyzer(f"{ANALYZER}unused", "unused", "ACCOUNT_UNUSED_ACCESS", "FAILED"),
        ),
    ),
    "config:DescribeConfigurationRecorders": (
        read_recorders,
        (
            ConfigRecorder("bare"),
            ConfigRecorder(
                "default",
                f"arn:aws:iam::{ACCOUNT_ID}:role/config",
                True,
                True,
                ("AWS::IAM::Role", "AWS::S3::Bucket"),
                ("AWS::EC2::Subnet", "AWS::EC2::Volume"),
                "ALL_SUPPORTED_RESOURCE_TYPES",
                "config.amazonaws.com",
            ),
        ),
    ),
    "config:DescribeConfigurationRecorderStatus": (
        read_recorder_statuses,
        (RecorderStatus("bare", False), RecorderStatus("default", True, "Failure", "AccessDenied")),
    ),
    "config:DescribeDeliveryChannels": (
        read_delivery_channels,
        (
            DeliveryChannel("bare"),
            DeliveryChannel("default", "config-history", f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:changes"),
        ),
    ),
    "config:DescribeConfigurationAggregators": (
        read_aggregators,
        (ConfigAggregator("all", is_organization=True, all_regions=True), ConfigAggregator("two")),
    ),
    "securityhub:DescribeHub": (
        read_security_hub,
        SecurityHub(
            f"{HUB}/default",
            True,
            (("arn:aws:securityhub:::standards/aws", "INCOMPLETE"), ("arn:aws:securityhub:::standards/cis", "READY")),
        ),
    ),
    "securityhub:DescribeSecurityHubV2": (read_security_hub_v2, SecurityHubV2(f"{HUB}v2/1")),
}
"""Each collector by the operation that it asks, with what it finds at home."""

PAGED = {
    "accessanalyzer:ListAnalyzers": ("accessanalyzer:ListAnalyzers", "analyzers", "nextToken"),
    "config:DescribeConfigurationAggregators": (
        "config:DescribeConfigurationAggregators", "ConfigurationAggregators", "NextToken",
    ),
    "securityhub:DescribeHub": ("securityhub:GetEnabledStandards", "StandardsSubscriptions", "NextToken"),
}  # fmt: skip
"""Of the collectors that turn pages: the operation, the member that lists, and the token."""


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(session: Any, api: str, region: str = HOME, unwanted: tuple[str, ...] = ()) -> Any:
    with asking(session, unwanted=unwanted) as desk:
        return EVERY[api][0](desk, region)


def gap_of(found: object) -> tuple[str, str, str]:
    assert isinstance(found, Gap)
    return found.api, found.status, found.region


@pytest.mark.parametrize("api", EVERY)
def test_every_field(session: Any, api: str) -> None:
    assert read(session, api) == EVERY[api][1]


@pytest.mark.parametrize("api", EVERY)
def test_where_there_is_none(session: Any, aws: StandIn, api: str) -> None:
    assert read(session, api, OTHER) == (None if api.startswith("securityhub:") else ())
    assert aws.requests == {(api, OTHER): 1}


@pytest.mark.parametrize("api", EVERY)
def test_one_call_each(session: Any, aws: StandIn, api: str) -> None:
    read(session, api)

    more = {("securityhub:GetEnabledStandards", HOME): 1} if api == "securityhub:DescribeHub" else {}
    assert aws.requests == {(api, HOME): 1, **more}


@pytest.mark.parametrize("refusal", [DENIED, Refusal("AccessDeniedException", 403)])
@pytest.mark.parametrize("api", EVERY)
def test_denied(session: Any, aws: StandIn, api: str, refusal: Refusal) -> None:
    aws.answer(api, refusal)

    assert gap_of(read(session, api)) == (api, "denied", HOME)
    assert aws.requests == {(api, HOME): 1}


@pytest.mark.parametrize("api", EVERY)
def test_not_asked_for(session: Any, aws: StandIn, api: str) -> None:
    assert gap_of(read(session, api, unwanted=(api,))) == (api, "skipped", HOME)
    assert not aws.asked


@pytest.mark.parametrize("api", EVERY)
def test_an_empty_answer_is_no_answer(session: Any, aws: StandIn, api: str) -> None:
    aws.answer(api, {})

    assert gap_of(read(session, api)) == (api, "error", HOME)


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("accessanalyzer:ListAnalyzers", {"analyzers": [{"arn": "a", "name": "n", "type": "t"}]}),
        ("config:DescribeConfigurationRecorders", {"ConfigurationRecorders": [{"recordingGroup": "all"}]}),
        ("config:DescribeConfigurationRecorderStatus", {"ConfigurationRecordersStatus": [None]}),
        ("config:DescribeDeliveryChannels", {"DeliveryChannels": [{"s3BucketName": 5}]}),
        ("config:DescribeConfigurationAggregators", {"ConfigurationAggregators": "all"}),
        ("securityhub:DescribeHub", {"HubArn": None}),
        ("securityhub:DescribeSecurityHubV2", {"HubV2Arn": ["a"]}),
    ],
)
def test_an_answer_of_a_strange_shape(session: Any, aws: StandIn, api: str, answer: dict[str, Any]) -> None:
    aws.answer(api, answer)

    assert gap_of(read(session, api)) == (api, "error", HOME)


@pytest.mark.parametrize("api", PAGED)
def test_several_pages(session: Any, aws: StandIn, api: str) -> None:
    operation, member, token = PAGED[api]
    usual = ANSWERS[operation]

    def paged(asked: Asked) -> dict[str, Any]:
        more: dict[str, Any] = usual(asked) if callable(usual) else usual
        return more if asked.parameters.get(token) else {member: [], token: "more"}

    aws.answer(operation, paged)

    assert read(session, api) == EVERY[api][1]
    assert aws.requests[operation, HOME] == 2
    assert {asked.parameters.get("maxResults") or asked.parameters.get("MaxResults") or asked.parameters.get("Limit")
            for asked in aws.asked if asked.api == operation} == {100}  # fmt: skip


def test_the_order_of_answers_does_not_matter(session: Any, aws: StandIn) -> None:
    for api, answer in ANSWERS.items():
        if callable(answer) and api.startswith(("config:", "accessanalyzer:")):
            found: dict[str, Any] = answer(Asked(api, HOME, {}, 0))
            aws.answer(api, {member: items[::-1] for member, items in found.items()})

    for api, (_, expected) in EVERY.items():
        assert read(session, api) == expected


def test_an_aggregator_of_some_regions(session: Any, aws: StandIn) -> None:
    sources = [{"AccountIds": ["1"], "AllAwsRegions": True}]
    aws.answer(
        "config:DescribeConfigurationAggregators",
        {
            "ConfigurationAggregators": [
                {"ConfigurationAggregatorName": "a", "AccountAggregationSources": sources},
                {
                    "ConfigurationAggregatorName": "b",
                    "OrganizationAggregationSource": {"RoleArn": "r", "AwsRegions": [HOME]},
                },
            ]
        },
    )

    assert read(session, "config:DescribeConfigurationAggregators") == (
        ConfigAggregator("a", is_organization=False, all_regions=True),
        ConfigAggregator("b", is_organization=True, all_regions=False),
    )


def test_a_hub_whose_standards_are_denied(session: Any, aws: StandIn) -> None:
    aws.answer("securityhub:GetEnabledStandards", DENIED)

    hub = read(session, "securityhub:DescribeHub")

    assert (hub.arn, hub.auto_enables_controls) == (f"{HUB}/default", True)
    assert gap_of(hub.standards) == ("securityhub:GetEnabledStandards", "denied", HOME)


def test_a_hub_whose_standards_nothing_needs(session: Any, aws: StandIn) -> None:
    hub = read(session, "securityhub:DescribeHub", unwanted=("securityhub:GetEnabledStandards",))

    assert gap_of(hub.standards) == ("securityhub:GetEnabledStandards", "skipped", HOME)
    assert aws.requests == {("securityhub:DescribeHub", HOME): 1}


def test_a_hub_that_says_little(session: Any, aws: StandIn) -> None:
    aws.answer("securityhub:DescribeHub", {"HubArn": "h"})
    aws.answer("securityhub:GetEnabledStandards", {"StandardsSubscriptions": []})

    assert read(session, "securityhub:DescribeHub") == SecurityHub("h", None, ())


def test_what_is_off_leaves_no_fault(session: Any, aws: StandIn) -> None:
    aws.answer("securityhub:DescribeHub", NOT_SUBSCRIBED)

    with asking(session) as desk:
        assert read_security_hub(desk, HOME) is None
        assert [(row.api, row.status) for row in desk.ledger.rows(ACCOUNT_ID)] == [("securityhub:DescribeHub", "ok")]


@pytest.fixture
def moto() -> Iterator[Any]:
    with mock_aws():
        yield boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)


def test_through_the_real_parsers(moto: Any) -> None:
    config, hub = moto.client("config"), moto.client("securityhub")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "main",
            "roleARN": "arn:aws:iam::123456789012:role/config",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    moto.client("s3").create_bucket(Bucket="history", CreateBucketConfiguration={"LocationConstraint": HOME})
    config.put_delivery_channel(DeliveryChannel={"name": "main", "s3BucketName": "history"})
    config.start_configuration_recorder(ConfigurationRecorderName="main")
    hub.enable_security_hub()

    with asking(moto, unwanted=("securityhub:GetEnabledStandards",)) as desk:
        (recorder,) = known(read_recorders(desk, HOME))
        assert (recorder.name, recorder.all_supported, recorder.global_types) == ("main", True, True)
        assert known(read_recorder_statuses(desk, HOME))[0].is_recording
        assert read_delivery_channels(desk, HOME) == (DeliveryChannel("main", "history"),)
        assert read_aggregators(desk, HOME) == ()
        assert isinstance(read_security_hub(desk, HOME), SecurityHub)
        assert read_security_hub(desk, OTHER) is None
        assert read_recorders(desk, OTHER) == ()
