"""Trails: without a record of what was done with a stolen credential, there is nothing to investigate."""

from __future__ import annotations

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.trails.subjects import GUIDE, every_trail, is_own
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account, unlisted_regions
from scanner.inventory import Account, Gap, NotCollected, Trail, known
from scanner.log_buckets import listed_trails
from scanner.shell import command, option
from scanner.trail_selectors import management_events

_CONTROLS = (*csf("PR.PS-04"), *well_architected("SEC04-BP01"), *attack(v18="T1562.008", v19="T1685.002"))
_APIS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")


@rule(
    "trail-no-multi-region",
    severity="critical",
    phase="investigate",
    subjects=the_account,
    apis=_APIS,
    controls=(*cis(v7="4.1", v5="3.1"), *_CONTROLS),
    references=(f"{GUIDE}cloudtrail-create-and-update-a-trail.html",),
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
            severity="medium" if all(_is_usual(sources) for sources in partial) else "high",
        )
    return Hit("No multi-region trail that is logging records reads and writes.", material=("trail:no-multi-region",))


_COMPLETE = "complete"
_CHATTY = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})


def _is_usual(sources: str) -> bool:
    """Whether only the sources are left out that CloudTrail offers to leave out, since they write so much."""
    return _CHATTY.issuperset(sources.split(", "))


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
    subjects=every_trail,
    apis=_APIS,
    controls=_CONTROLS,
    references=(f"{GUIDE}cloudtrail-turning-off-logging.html",),
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
    covered = any(_is_complete(other) for other in listed_trails(scene.account))
    stopped = status.stopped_logging
    return Hit(
        "It is not logging."
        + (f" It was stopped at {msgspec.to_builtins(stopped)}." if stopped else "")
        + (" Another multi-region trail records all management events." if covered else ""),
        material=("trail:stopped",),
        details={"is_multi_region": trail.is_multi_region, "covered_by_another": covered},
        severity="medium" if covered else None,
        commands=(_logging("start-logging", trail),) if is_own(trail, scene.account) else (),
        undo=(_logging("stop-logging", trail),) if is_own(trail, scene.account) else (),
    )


def _logging(verb: str, trail: Trail) -> str:
    words = (option("--name", trail.arn), option("--region", trail.home_region))
    return " ".join((command("aws", "cloudtrail", verb), *words))
