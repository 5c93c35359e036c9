"""The services beside GuardDuty that watch the demo account, answered in the emulator's place.

They are on where people look, in the home region and in the enforcing one, and nearly nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from guardrift.demo.answers import Answers, Asked, RefusedError
from guardrift.demo.roles import CONFIG_PATH, CONFIG_ROLE
from guardrift.demo.seed_storage import CONFIG_BUCKET
from guardrift.demo.setting import ACCOUNT_ID, ENFORCING, HOME, PARTITION, SUSPENDED, iam_arn, regional_arn

_EXTERNAL, _UNUSED = "ACCOUNT", "ACCOUNT_UNUSED_ACCESS"

ANALYZERS: Mapping[str, Mapping[str, str]] = {
    HOME: {"external-access": _EXTERNAL, "unused-access": _UNUSED},
    ENFORCING: {"external-access": _EXTERNAL},
    SUSPENDED: {"unused-access": _UNUSED},
}
"""The types of the analyzers of IAM Access Analyzer by region and name."""


class Recorder(NamedTuple):
    """The recorder of AWS Config in one region; ``stopped`` is how many days ago someone stopped it."""

    records_global_types: bool = False
    stopped: int | None = None


RECORDERS: Mapping[str, Recorder] = {
    HOME: Recorder(records_global_types=True),
    ENFORCING: Recorder(),
    SUSPENDED: Recorder(stopped=75),
}

_BEST_PRACTICES = "aws-foundational-security-best-practices/v/1.0.0"
_BENCHMARK = "cis-aws-foundations-benchmark/v/3.0.0"

STANDARDS: Mapping[str, tuple[str, ...]] = {HOME: (_BEST_PRACTICES, _BENCHMARK), ENFORCING: (_BEST_PRACTICES,)}
"""The standards of Security Hub by region; in all other regions it is off."""

_AGE = 700


def _analyzers(asked: Asked) -> dict[str, Any]:
    return {"analyzers": [_analyzer(asked, *named) for named in ANALYZERS.get(asked.region, {}).items()]}


def _analyzer(asked: Asked, name: str, kind: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"unusedAccess": {"unusedAccessAge": 90}} if kind == _UNUSED else {}
    return {
        "arn": regional_arn("access-analyzer", asked.region, f"analyzer/{name}"),
        "name": name,
        "type": kind,
        "status": "ACTIVE",
        "createdAt": asked.ago(days=_AGE),
        "lastResourceAnalyzedAt": asked.ago(hours=2),
        **({"configuration": settings} if settings else {}),
    }


def _recorders(asked: Asked) -> dict[str, Any]:
    recorder = RECORDERS.get(asked.region)
    if recorder is None:
        return {"ConfigurationRecorders": []}
    group = {
        "allSupported": True,
        "includeGlobalResourceTypes": recorder.records_global_types,
        "resourceTypes": [],
        "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
    }
    return {
        "ConfigurationRecorders": [
            {
                "arn": _recorder_arn(asked.region),
                "name": "default",
                "roleARN": iam_arn("role", CONFIG_ROLE, CONFIG_PATH),
                "recordingGroup": group,
                "recordingMode": {"recordingFrequency": "CONTINUOUS"},
                "recordingScope": "PAID",
            }
        ]
    }


def _recorder_arn(region: str) -> str:
    return regional_arn("config", region, "configuration-recorder/default/demo0recorder001")


def _recorder_status(asked: Asked) -> dict[str, Any]:
    recorder = RECORDERS.get(asked.region)
    if recorder is None:
        return {"ConfigurationRecordersStatus": []}
    stopped = {} if recorder.stopped is None else {"lastStopTime": asked.ago(days=recorder.stopped)}
    return {
        "ConfigurationRecordersStatus": [
            {
                "arn": _recorder_arn(asked.region),
                "name": "default",
                "recording": recorder.stopped is None,
                "lastStatus": "SUCCESS",
                "lastStartTime": asked.ago(days=_AGE),
                "lastStatusChangeTime": asked.ago(days=recorder.stopped or 0, minutes=7),
                **stopped,
            }
        ]
    }


def _delivery_channels(asked: Asked) -> dict[str, Any]:
    channel = {"name": "default", "s3BucketName": CONFIG_BUCKET}
    return {"DeliveryChannels": [channel] if asked.region in RECORDERS else []}


def _aggregators(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME:
        return {"ConfigurationAggregators": []}
    made = asked.ago(days=_AGE)
    return {
        "ConfigurationAggregators": [
            {
                "ConfigurationAggregatorName": "all-regions",
                "ConfigurationAggregatorArn": regional_arn(
                    "config", HOME, "config-aggregator/config-aggregator-demo0001"
                ),
                "AccountAggregationSources": [{"AccountIds": [ACCOUNT_ID], "AllAwsRegions": True}],
                "CreationTime": made,
                "LastUpdatedTime": made,
            }
        ]
    }


def _hub(asked: Asked) -> dict[str, Any]:
    if asked.region not in STANDARDS:
        raise RefusedError(
            "InvalidAccessException",
            f"Account {ACCOUNT_ID} is not subscribed to AWS Security Hub",
            HTTPStatus.UNAUTHORIZED,
        )
    return {
        "HubArn": regional_arn("securityhub", asked.region, "hub/default"),
        "SubscribedAt": asked.ago(days=_AGE).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "AutoEnableControls": True,
        "ControlFindingGenerator": "SECURITY_CONTROL",
    }


def _standards(asked: Asked) -> dict[str, Any]:
    return {"StandardsSubscriptions": [_standard(asked.region, name) for name in STANDARDS.get(asked.region, ())]}


def _standard(region: str, name: str) -> dict[str, Any]:
    return {
        "StandardsSubscriptionArn": regional_arn("securityhub", region, f"subscription/{name}"),
        "StandardsArn": f"arn:{PARTITION}:securityhub:{region}::standards/{name}",
        "StandardsInput": {},
        "StandardsStatus": "READY",
    }


def _hub_v2(_asked: Asked) -> dict[str, Any]:
    raise RefusedError(
        "ResourceNotFoundException", f"Account {ACCOUNT_ID} has not enabled Security Hub V2", HTTPStatus.NOT_FOUND
    )


ANSWERS: Answers = {
    "accessanalyzer:ListAnalyzers": _analyzers,
    "config:DescribeConfigurationRecorders": _recorders,
    "config:DescribeConfigurationRecorderStatus": _recorder_status,
    "config:DescribeDeliveryChannels": _delivery_channels,
    "config:DescribeConfigurationAggregators": _aggregators,
    "securityhub:DescribeHub": _hub,
    "securityhub:GetEnabledStandards": _standards,
    "securityhub:DescribeSecurityHubV2": _hub_v2,
}
