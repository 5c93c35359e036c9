"""Seeding of CloudTrail: one trail as it should be, one that someone stopped, one that delivers into the void."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guardrift.demo.emulator import backend
from guardrift.demo.roles import TRAIL_ROLE
from guardrift.demo.seed_storage import (
    EXPORTS_BUCKET,
    FORMER_LOG_BUCKET,
    LOG_BUCKET,
    LOST_LOG_BUCKET,
    seed_log_buckets,
)
from guardrift.demo.setting import ARCHIVE, HOME, LOGS_KEY_ID, PARTITION, SUSPENDED, iam_arn, key_arn, regional_arn


class Recorder(NamedTuple):
    """A trail; the times are how long before the demo's time something happened."""

    name: str
    region: str
    bucket: str
    is_multi_region: bool
    delivered: timedelta
    stopped: timedelta | None = None
    error: str | None = None


TRAILS = (
    Recorder("account-trail", HOME, LOG_BUCKET, is_multi_region=True, delivered=timedelta(minutes=4)),
    Recorder(
        "former-trail", SUSPENDED, FORMER_LOG_BUCKET, is_multi_region=False, delivered=timedelta(days=75),
        stopped=timedelta(days=75),
    ),
    Recorder(
        "archive-trail", ARCHIVE, LOST_LOG_BUCKET, is_multi_region=False, delivered=timedelta(days=9),
        error="NoSuchBucket",
    ),
)  # fmt: skip

LOG_GROUP = "account-trail"
"""The group of CloudWatch Logs that gets what the account's trail records."""

_STARTED = timedelta(days=900)


_KEPT_BESIDES = {
    "KmsKeyId": key_arn(LOGS_KEY_ID),
    "CloudWatchLogsLogGroupArn": regional_arn("logs", HOME, f"log-group:{LOG_GROUP}:*"),
    "CloudWatchLogsRoleArn": iam_arn("role", TRAIL_ROLE),
}
"""How the account's trail encrypts, and where else it writes to."""

_MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
_WRITES = {
    "ReadWriteType": "WriteOnly",
    "IncludeManagementEvents": False,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:{PARTITION}:s3:::{EXPORTS_BUCKET}/"]}],
}
"""What trails record: all management events, and the account's trail also what is written to the exports."""

_INSIGHTS = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]


class TrailState:
    """What ``GetTrailStatus`` says of one trail, in place of moto's status, which takes the present for delivery."""

    def __init__(self, recorder: Recorder, at: datetime) -> None:
        self._recorder = recorder
        self._at = at

    def description(self) -> dict[str, object]:
        """The answer's members, times in seconds since the epoch; this is what moto asks of a status."""
        recorder = self._recorder
        delivered = (self._at - recorder.delivered).timestamp()
        answer: dict[str, object] = {
            "IsLogging": recorder.stopped is None,
            "StartLoggingTime": (self._at - _STARTED).timestamp(),
            "LatestDeliveryTime": delivered,
        }
        if recorder.is_multi_region:
            answer["LatestDigestDeliveryTime"] = (self._at - timedelta(minutes=40)).timestamp()
            answer["LatestCloudWatchLogsDeliveryTime"] = (self._at - timedelta(minutes=3)).timestamp()
        if recorder.stopped is not None:
            answer["StopLoggingTime"] = (self._at - recorder.stopped).timestamp()
        if recorder.error is not None:
            answer["LatestDeliveryError"] = recorder.error
        return answer


def seed_trails(session: Any, at: datetime) -> None:
    """Create the trails with their buckets, selectors and states."""
    seed_log_buckets()
    for recorder in TRAILS:
        cloudtrail = session.client("cloudtrail", region_name=recorder.region)
        cloudtrail.create_trail(
            Name=recorder.name,
            S3BucketName=recorder.bucket,
            IsMultiRegionTrail=recorder.is_multi_region,
            IncludeGlobalServiceEvents=True,
            EnableLogFileValidation=recorder.is_multi_region,
            **(_KEPT_BESIDES if recorder.is_multi_region else {}),
        )
        cloudtrail.put_event_selectors(
            TrailName=recorder.name,
            EventSelectors=[_MANAGEMENT, *([_WRITES] if recorder.is_multi_region else [])],
        )
        if recorder.is_multi_region:
            cloudtrail.put_insight_selectors(TrailName=recorder.name, InsightSelectors=_INSIGHTS)
        backend("cloudtrail", recorder.region).trails[recorder.name].status = TrailState(recorder, at)
