"""Collect the other services that watch: Access Analyzer, Config and Security Hub."""

from __future__ import annotations

from typing import Any

import msgspec

from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.collect.values import flag
from scanner.inventory import (
    Analyzer,
    ConfigAggregator,
    ConfigRecorder,
    DeliveryChannel,
    Gap,
    RecorderStatus,
    SecurityHub,
    SecurityHubV2,
)


def read_analyzers(desk: Desk, region: str) -> tuple[Analyzer, ...] | Gap:
    """Every analyzer of the region, whatever it looks for."""

    def read(reader: Reader) -> tuple[Analyzer, ...]:
        found = (
            Analyzer(item["arn"], item["name"], item["type"], item["status"], item.get("managedBy"))
            for page in reader.pages("ListAnalyzers", PaginationConfig={"PageSize": 100})
            for item in page["analyzers"]
        )
        return tuple(sorted(found, key=lambda analyzer: analyzer.arn))

    return desk.ask("accessanalyzer", region, "ListAnalyzers", read, tuple[Analyzer, ...])


def read_recorders(desk: Desk, region: str) -> tuple[ConfigRecorder, ...] | Gap:
    """The recorders of AWS Config: the account's own one."""

    def read(reader: Reader) -> tuple[ConfigRecorder, ...]:
        found = map(_recorder, reader.call("DescribeConfigurationRecorders")["ConfigurationRecorders"])
        return tuple(sorted(found, key=lambda recorder: recorder.name))

    return desk.ask("config", region, "DescribeConfigurationRecorders", read, tuple[ConfigRecorder, ...])


def _recorder(answer: dict[str, Any]) -> ConfigRecorder:
    group = answer.get("recordingGroup") or {}
    return ConfigRecorder(
        name=answer.get("name") or "",
        role=answer.get("roleARN"),
        all_supported=flag(group.get("allSupported", False)),
        global_types=flag(group.get("includeGlobalResourceTypes", False)),
        resource_types=tuple(sorted(group.get("resourceTypes") or ())),
        excluded_types=tuple(sorted((group.get("exclusionByResourceTypes") or {}).get("resourceTypes") or ())),
        strategy=(group.get("recordingStrategy") or {}).get("useOnly"),
        service=answer.get("servicePrincipal"),
    )


def read_recorder_statuses(desk: Desk, region: str) -> tuple[RecorderStatus, ...] | Gap:
    """Whether the recorders record."""

    def read(reader: Reader) -> tuple[RecorderStatus, ...]:
        found = (
            RecorderStatus(
                item.get("name") or "",
                flag(item.get("recording", False)),
                item.get("lastStatus"),
                item.get("lastErrorCode") or None,
            )
            for item in reader.call("DescribeConfigurationRecorderStatus")["ConfigurationRecordersStatus"]
        )
        return tuple(sorted(found, key=lambda status: status.name))

    return desk.ask("config", region, "DescribeConfigurationRecorderStatus", read, tuple[RecorderStatus, ...])


def read_delivery_channels(desk: Desk, region: str) -> tuple[DeliveryChannel, ...] | Gap:
    """Where AWS Config delivers to."""

    def read(reader: Reader) -> tuple[DeliveryChannel, ...]:
        found = (
            DeliveryChannel(item.get("name") or "", item.get("s3BucketName"), item.get("snsTopicARN"))
            for item in reader.call("DescribeDeliveryChannels")["DeliveryChannels"]
        )
        return tuple(sorted(found, key=lambda channel: channel.name))

    return desk.ask("config", region, "DescribeDeliveryChannels", read, tuple[DeliveryChannel, ...])


def read_aggregators(desk: Desk, region: str) -> tuple[ConfigAggregator, ...] | Gap:
    """The aggregators of AWS Config, those of an organization and those of named accounts."""

    def read(reader: Reader) -> tuple[ConfigAggregator, ...]:
        found = (
            _aggregator(item)
            for page in reader.pages("DescribeConfigurationAggregators", PaginationConfig={"PageSize": 100})
            for item in page["ConfigurationAggregators"]
        )
        return tuple(sorted(found, key=lambda aggregator: aggregator.name))

    return desk.ask("config", region, "DescribeConfigurationAggregators", read, tuple[ConfigAggregator, ...])


def _aggregator(answer: dict[str, Any]) -> ConfigAggregator:
    organization = answer.get("OrganizationAggregationSource")
    sources = [organization] if organization else answer.get("AccountAggregationSources") or []
    return ConfigAggregator(
        name=answer.get("ConfigurationAggregatorName") or "",
        is_organization=bool(organization),
        all_regions=bool(sources) and all(flag(source.get("AllAwsRegions", False)) for source in sources),
    )


def read_security_hub(desk: Desk, region: str) -> SecurityHub | Gap | None:
    """Security Hub CSPM with its standards; None where AWS says that the account is not subscribed."""

    def read(reader: Reader) -> SecurityHub | None:
        answer = reader.find("DescribeHub")
        return None if answer is None else SecurityHub(answer["HubArn"], answer.get("AutoEnableControls"))

    hub = desk.ask("securityhub", region, "DescribeHub", read, SecurityHub | None)
    if isinstance(hub, SecurityHub):
        return msgspec.structs.replace(hub, standards=_read_standards(desk, region))
    return hub


def _read_standards(desk: Desk, region: str) -> tuple[tuple[str, str], ...] | Gap:
    def read(reader: Reader) -> tuple[tuple[str, str], ...]:
        pages = reader.pages("GetEnabledStandards", PaginationConfig={"PageSize": 100})
        found = (item for page in pages for item in page["StandardsSubscriptions"])
        return tuple(sorted((item["StandardsArn"], item["StandardsStatus"]) for item in found))

    return desk.ask("securityhub", region, "GetEnabledStandards", read, tuple[tuple[str, str], ...])


def read_security_hub_v2(desk: Desk, region: str) -> SecurityHubV2 | Gap | None:
    """The new Security Hub; None where it is off."""

    def read(reader: Reader) -> SecurityHubV2 | None:
        answer = reader.find("DescribeSecurityHubV2")
        return None if answer is None else SecurityHubV2(answer["HubV2Arn"])

    return desk.ask("securityhub", region, "DescribeSecurityHubV2", read, SecurityHubV2 | None)
