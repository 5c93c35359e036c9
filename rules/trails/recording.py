"""Trails: without a record of what was done with a stolen credential, there is nothing to investigate."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import in_regions, only, the_account, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Gap, NotCollected, Region, Trail, Undetermined, known
from scanner.shell import command, option
from scanner.trail_selectors import management_events

_CONTROLS = (*csf("PR.PS-04"), *well_architected("SEC04-BP01"), *attack(v18="T1562.008", v19="T1685.002"))
_GUIDE = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"
_APIS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")


def _resource(account: Account, _: Region, trail: Trail) -> Resource:
    # At home wherever it was seen, so that a finding is the same one whichever regions were asked.
    return Resource(trail.arn, "AWS::CloudTrail::Trail", trail.name, account.account_id, trail.home_region)


_trails = in_regions(lambda region: region.trails, _resource)


@rule(
    "trail-no-multi-region",
    severity="critical",
    phase="investigate",
    subjects=the_account,
    apis=_APIS,
    controls=(*cis(v7="4.1", v5="3.1"), *_CONTROLS),
    references=(f"{_GUIDE}cloudtrail-create-and-update-a-trail.html",),
)
def trail_no_multi_region(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No multi-region trail records all management events, reads and writes.

    ## Why
    A thief works in the region that you do not watch, and most of what a thief does first are reads. What is recorded
    nowhere cannot be investigated; the event history of CloudTrail ends after 90 days and has no data events.

    ## Fix
    Make one trail for all regions, without event source exclusions, that delivers to a bucket in another account. An
    organization trail does it for every account.

    ## Breaks
    Nothing; it costs storage, and a second copy of management events costs money.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors", "basic": [{"read_write": "WriteOnly"}]}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors"}}]}]}
    ```
    """
    doubts = [unread.gap for unread in unlisted_regions(account)]
    partial: set[str] = set()
    for region in account.regions:
        if isinstance(region.trails, Gap):
            doubts.append(region.trails)
            continue
        for trail in region.trails:
            verdict = _coverage(trail)
            if isinstance(verdict, Gap):
                doubts.append(verdict)
            elif verdict == _COMPLETE:
                return None
            elif verdict is not None:
                partial.add(verdict)
    if doubts:
        # No trail that was read does; the one that does may be where nothing was read.
        raise NotCollected(min(doubts, key=lambda gap: (gap.api, gap.region)))
    if partial:
        return Hit(
            f"The best trail leaves out the events of {', '.join(sorted(partial))}.",
            material=tuple(f"trail:excludes:{sources}" for sources in partial),
            severity="medium",
        )
    return Hit("No multi-region trail that is logging records reads and writes.", material=("trail:no-multi-region",))


_COMPLETE = "complete"


def _coverage(trail: Trail) -> str | Gap | None:
    """``complete``, the excluded sources of an otherwise complete trail, None if it does not do, or what is missing."""
    if not trail.is_multi_region:
        return None
    if isinstance(trail.status, Gap):
        return trail.status
    if not trail.status.is_logging:
        return None
    if isinstance(trail.selectors, Gap):
        return trail.selectors
    events = management_events(trail.selectors)
    if not (events.reads and events.writes):
        return None
    return ", ".join(events.excluded_sources) or _COMPLETE


def _is_complete(trail: Trail) -> bool:
    verdict = _coverage(trail)
    return not isinstance(verdict, Gap) and verdict == _COMPLETE


@rule(
    "trail-stopped",
    severity="high",
    phase="detect",
    subjects=_trails,
    apis=_APIS,
    controls=_CONTROLS,
    references=(f"{_GUIDE}cloudtrail-turning-off-logging.html",),
)
def trail_stopped(trail: Trail, scene: Scene[NoParameters]) -> Hit | None:
    """A trail exists but does not record.

    ## Why
    Stopping the trail is one of the first things that an intruder does, and it looks as if everything were in place. A
    forgotten stopped trail hides the one that was stopped on purpose.

    ## Fix
    Find out who stopped it and when (StopLogging in CloudTrail's event history), then start it, or delete it if it is
    not wanted.

    ## Breaks
    Nothing; a trail that was stopped to save money costs again.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/old", "name": "old", "home_region": "us-east-1",
       "status": {"kind": "trail-status", "is_logging": false}, "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}]}
    ```
    """
    status = known(trail.status)
    if status.is_logging:
        return None
    covered = any(
        _is_complete(other)
        for region in scene.account.regions
        if not isinstance(region.trails, Gap)
        for other in region.trails
    )
    stopped = status.stopped_logging
    return Hit(
        "It is not logging."
        + (f" It was stopped at {msgspec.to_builtins(stopped)}." if stopped else "")
        + (" Another multi-region trail records all management events." if covered else ""),
        material=("trail:stopped",),
        details={"is_multi_region": trail.is_multi_region, "covered_by_another": covered},
        severity="medium" if covered else None,
        commands=(_logging("start-logging", trail),),
        undo=(_logging("stop-logging", trail),),
    )


def _logging(verb: str, trail: Trail) -> str:
    words = (option("--name", trail.arn), option("--region", trail.home_region))
    return " ".join((command("aws", "cloudtrail", verb), *words))


class Delivery(NoParameters, frozen=True):
    """Parameters of ``trail-delivery-failing``: ``max_delay_hours`` is how long nothing may have been delivered."""

    max_delay_hours: int = 24


@rule(
    "trail-delivery-failing",
    severity="high",
    phase="investigate",
    subjects=only(_trails, lambda trail: isinstance(trail.status, Gap) or trail.status.is_logging),
    apis=_APIS,
    controls=_CONTROLS,
    references=(f"{_GUIDE}cloudtrail-troubleshooting.html",),
    parameters=Delivery,
)
def trail_delivery_failing(trail: Trail, scene: Scene[Delivery]) -> Hit | None:
    """A trail records but does not deliver.

    ## Why
    The trail says that it is logging while its files do not arrive: the bucket was deleted, its policy or the key
    policy was changed, by mistake or by somebody who wants no traces.

    ## Fix
    Read the error, restore the bucket, its policy or the key, and watch for the next delivery. Events of up to some
    hours are delivered late once the way is open.

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
    limit = timedelta(hours=scene.parameters.max_delay_hours)
    if scene.at - since <= limit or _may_be_idle(trail):
        return None
    return Hit(
        f"Nothing was delivered for {(scene.at - since) // timedelta(hours=1)} hours.",
        material=("trail:delivery-late",),
        details={"bucket": trail.bucket, "latest_delivery": msgspec.to_builtins(status.latest_delivery)},
        severity="medium",
        confidence="medium",
    )


def _may_be_idle(trail: Trail) -> bool:
    """Whether long silence is no fault: a region that nobody uses, or a trail that records neither reads nor writes."""
    if not trail.is_multi_region:
        return True
    events = management_events(known(trail.selectors))
    return not (events.reads and events.writes)
