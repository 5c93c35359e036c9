"""Trails that record: whether what they record arrives."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.trails.subjects import GUIDE, recording_trails
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.inventory import Gap, Trail, TrailStatus, Undetermined, known
from scanner.trail_selectors import management_events

_CONTROLS = (*csf("PR.PS-04"), *well_architected("SEC04-BP01"), *attack(v18="T1562.008", v19="T1685.002"))
_APIS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")


class Delivery(NoParameters, frozen=True):
    """Parameters of ``trail-delivery-failing``.

    ``max_delay_hours`` is how long nothing may have been delivered, and ``active_delay_hours`` how long not after
    something that is known to have happened where the trail is at home.
    """

    max_delay_hours: NotNegative = 24
    active_delay_hours: NotNegative = 1


@rule(
    "trail-delivery-failing",
    severity="high",
    phase="investigate",
    subjects=recording_trails,
    apis=_APIS,
    controls=_CONTROLS,
    references=(f"{GUIDE}cloudtrail-troubleshooting.html",),
    parameters=Delivery,
)
def trail_delivery_failing(trail: Trail, scene: Scene[Delivery]) -> Hit | None:
    """A trail records but does not deliver.

    ## Why
    The trail says that it is logging while its files do not arrive: the bucket was deleted, its policy or the key
    policy was changed, by mistake or by somebody who wants no traces. Silence alone is judged by a long limit, since a
    quiet account delivers nothing either; a short one holds after an instance was started. That a role was used proves
    nothing: it may have made calls that are data events.

    ## Fix
    Read the error, restore the bucket, its policy or the key, and watch for the next delivery. Events of up to some
    hours are delivered late once the way is open. Where only CloudWatch Logs is cut off, mend the role and the group:
    metric filters and alarms see nothing until then.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "bucket": "logs", "selectors": {"kind": "event-selectors"},
       "status": {"kind": "trail-status", "is_logging": true, "latest_delivery_error": "NoSuchBucket"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "bucket": "logs", "selectors": {"kind": "event-selectors"},
       "status": {"kind": "trail-status", "is_logging": true, "latest_delivery": "2026-11-20T11:55:00Z",
                  "started_logging": "2026-01-01T00:00:00Z"}}]}]}
    ```
    """
    status = known(trail.status)
    if status.latest_delivery_error:
        return Hit(
            f"The latest delivery to {trail.bucket or 'its bucket'} failed: {status.latest_delivery_error}.",
            material=(f"trail:delivery-error:{status.latest_delivery_error}",),
            details={"bucket": trail.bucket, "latest_delivery": msgspec.to_builtins(status.latest_delivery)},
        )
    since = status.latest_delivery or status.started_logging
    if since is None:
        raise Undetermined("CloudTrail says neither when it delivered nor since when it records")
    seen = _seen(trail, scene, since)
    late = scene.at - since > timedelta(hours=scene.parameters.max_delay_hours)
    if not (late or seen) or _may_be_idle(trail):
        return _to_logs(trail, status)
    return Hit(
        f"Nothing was delivered for {(scene.at - since) // timedelta(hours=1)} hours"
        + (f", although {seen[1]} in {trail.home_region} since." if seen else "."),
        material=("trail:delivery-late",),
        details={"bucket": trail.bucket, "latest_delivery": msgspec.to_builtins(status.latest_delivery)},
        severity="medium",
        confidence="medium",
    )


def _seen(trail: Trail, scene: Scene[Delivery], since: datetime) -> tuple[datetime, str] | None:
    """What happened after the latest delivery, and so long ago that it should have been delivered."""
    region = next((region for region in scene.account.regions if region.name == trail.home_region), None)
    # The state of a trail is that of one region: its home, if that was asked.
    if region is None or isinstance(region.trails, Gap) or trail not in region.trails:
        return None
    if isinstance(region.instances, Gap):
        return None
    happened = [(instance.launched, f"{instance.id} was started") for instance in region.instances]
    due = scene.at - timedelta(hours=scene.parameters.active_delay_hours)
    return max(((when, what) for when, what in happened if when is not None and since < when <= due), default=None)


def _to_logs(trail: Trail, status: TrailStatus) -> Hit | None:
    """What is wrong with the way to CloudWatch Logs, where files arrive."""
    if not (trail.log_group and status.latest_logs_error):
        return None
    return Hit(
        f"Files arrive, but what should go to CloudWatch Logs does not: {status.latest_logs_error}.",
        material=("trail:logs-delivery-error",),
        details={"log_group": trail.log_group, "latest_delivery": msgspec.to_builtins(status.latest_logs_delivery)},
        severity="medium",
    )


def _may_be_idle(trail: Trail) -> bool:
    """Whether long silence is no fault: a region that nobody uses, or a trail that records neither reads nor writes."""
    if not trail.is_multi_region:
        return True
    events = management_events(known(trail.selectors))
    return not (events.reads and events.writes)
