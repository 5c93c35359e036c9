"""Data events: whether it is recorded who read or wrote which object."""

from __future__ import annotations

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.trails.subjects import GUIDE, unread_trails
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, Gap, NotCollected, Trail, Undetermined
from scanner.log_buckets import listed_trails, records
from scanner.trail_selectors import DataEvents, data_events, recorded_parts

_APIS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")
_CONTROLS = (*csf("PR.PS-04"), *well_architected("SEC04-BP01"), *attack(v18="T1530"))
_REFERENCES = (f"{GUIDE}logging-data-events-with-cloudtrail.html",)
_OBJECTS = "AWS::S3::Object"


@rule(
    "trail-data-events-s3-write",
    severity="medium",
    phase="investigate",
    subjects=the_account,
    apis=_APIS,
    controls=(*cis(v7="4.8", v5="3.8"), *_CONTROLS),
    references=_REFERENCES,
)
def trail_data_events_s3_write(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """It is not recorded who writes or deletes which object.

    ## Why
    A thief who encrypts, replaces or deletes what is in a bucket leaves no trace in the management events. Without data
    events nobody can tell which objects were touched, nor with which credential.

    ## Fix
    Add data events of S3 (AWS::S3::Object, at least writes) to the multi-region trail, for all buckets, or for those
    that matter, which are then declared in sensitive_buckets. Leave the buckets of the logs themselves out.

    ## Breaks
    Nothing; data events cost money by their number, so look at the request metrics of busy buckets first.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors", "advanced": [[
         {"field": "eventCategory", "operators": {"Equals": ["Data"]}},
         {"field": "resources.type", "operators": {"Equals": ["AWS::S3::Object"]}},
         {"field": "readOnly", "operators": {"Equals": ["false"]}}]]}}]}]}
    ```
    """
    return _missing(account, scene, read_only=False)


@rule(
    "trail-data-events-s3-read",
    severity="medium",
    phase="investigate",
    subjects=the_account,
    apis=_APIS,
    controls=(*cis(v7="4.9", v5="3.9"), *_CONTROLS),
    references=_REFERENCES,
)
def trail_data_events_s3_read(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """It is not recorded who reads which object.

    ## Why
    What was taken is the first question after a theft, and the duty to report hangs on the answer. A download of every
    object of a bucket is no management event: without data events one has to assume that all of it is gone.

    ## Fix
    Add reads to the data events of S3 (AWS::S3::Object) of the multi-region trail, for all buckets, or for those that
    hold what must not leak, which are then declared in sensitive_buckets.

    ## Breaks
    Nothing; reads are the most numerous events there are, so name the buckets if cost matters.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors", "advanced": [[
         {"field": "eventCategory", "operators": {"Equals": ["Data"]}},
         {"field": "resources.type", "operators": {"Equals": ["AWS::S3::Object"]}},
         {"field": "readOnly", "operators": {"Equals": ["false"]}}]]}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors", "advanced": [[
         {"field": "eventCategory", "operators": {"Equals": ["Data"]}},
         {"field": "resources.type", "operators": {"Equals": ["AWS::S3::Object"]}}]]}}]}]}
    ```
    """
    return _missing(account, scene, read_only=True)


class _Recorded(msgspec.Struct, frozen=True):
    """What is recorded of the objects of one bucket, or of all.

    Attributes:
        everywhere: whether some trail records it in every region.
        left_out: what that trail leaves out of it.
        doubt: why it may be recorded although nothing says so.
    """

    everywhere: bool
    left_out: tuple[str, ...] = ()
    doubt: Gap | str | None = None


def _missing(account: Account, scene: Scene[NoParameters], *, read_only: bool) -> Hit | None:
    what = "read" if read_only else "written"
    begins = f"arn:{account.partition}:s3:::"
    buckets = scene.declared.sensitive_buckets
    wanted = {name: f"{begins}{name}/" for name in buckets} if buckets else {"*": begins}
    found = {name: _recorded(account, beginning, read_only=read_only) for name, beginning in wanted.items()}
    missing = sorted(name for name, each in found.items() if not each.everywhere)
    certain = [name for name in missing if found[name].doubt is None]
    if missing and not certain:
        _refuse(next(found[name].doubt for name in missing))
    partly = {name: left for name, each in found.items() if (left := _beyond_logs(each.left_out, account))}
    if not certain and not partly:
        return None
    if certain:
        parts = _parts(account, read_only=read_only)
        every = f"every bucket; recorded: {_counted(parts)}" if parts else "any bucket"
        named = every if not buckets else ", ".join(certain)
        return Hit(
            f"No multi-region trail records what is {what} in {named}.",
            material=tuple(f"not-recorded:{name}" for name in certain),
            details={
                "left_out": sorted({each for left in partly.values() for each in left}),
                "recorded": list(parts),
            },
        )
    left_out = sorted({each for left in partly.values() for each in left})
    return Hit(
        f"What is {what} is recorded, but not of {', '.join(left_out)}.",
        material=tuple(f"left-out:{each}" for each in left_out),
        severity="low",
    )


_MOST_TOLD = 5


def _counted(parts: tuple[str, ...]) -> str:
    more = len(parts) - _MOST_TOLD
    return ", ".join(parts[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def _parts(account: Account, *, read_only: bool) -> tuple[str, ...]:
    """What the multi-region trails record of objects where they do not record everything."""
    trails = (trail for trail in listed_trails(account) if trail.is_multi_region and records(trail) is not False)
    found = (
        recorded_parts(trail.selectors, _OBJECTS, read_only=read_only)
        for trail in trails
        if not isinstance(trail.selectors, Gap)
    )
    return tuple(sorted({part for parts in found for part in parts}))


def _refuse(doubt: Gap | str | None) -> None:
    if isinstance(doubt, Gap):
        raise NotCollected(doubt)
    raise Undetermined(str(doubt))


def _recorded(account: Account, beginning: str, *, read_only: bool) -> _Recorded:
    complete: list[DataEvents] = []
    doubts: list[Gap | str] = [*unread_trails(account)]
    for trail in listed_trails(account):
        events = _events(trail, beginning, read_only=read_only)
        if isinstance(events, Gap):
            doubts.append(events)
        elif events.complete and trail.is_multi_region:
            complete.append(events)
        elif events.complete:
            doubts.append(f"only the trail {trail.name} records it, for {trail.home_region} alone")
    if complete:
        best = min(complete, key=lambda each: (len(each.left_out), each.left_out))
        return _Recorded(everywhere=True, left_out=best.left_out)
    gaps = sorted((doubt for doubt in doubts if isinstance(doubt, Gap)), key=lambda gap: (gap.api, gap.region))
    others = sorted(doubt for doubt in doubts if isinstance(doubt, str))
    doubt: Gap | str | None = gaps[0] if gaps else others[0] if others else None
    return _Recorded(everywhere=False, doubt=doubt)


def _events(trail: Trail, beginning: str, *, read_only: bool) -> DataEvents | Gap:
    """What a trail that records, or may, records of the objects."""
    if records(trail) is False:
        return DataEvents()
    if isinstance(trail.selectors, Gap):
        return trail.selectors
    events = data_events(trail.selectors, _OBJECTS, beginning, read_only=read_only)
    return trail.status if isinstance(trail.status, Gap) and events.complete else events


def _beyond_logs(left_out: tuple[str, ...], account: Account) -> tuple[str, ...]:
    """What is left out, without the buckets of the logs: to record their objects would make more of them for ever."""
    logs = {trail.bucket for trail in listed_trails(account)}
    return tuple(each for each in left_out if each.rpartition(":::")[2].rstrip("/") not in logs)
