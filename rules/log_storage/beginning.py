"""Since when there are logs."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.trails.subjects import GUIDE, unread_trails
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, Gap, NotCollected, Trail, Undetermined, known
from scanner.log_buckets import listed_trails
from scanner.trail_selectors import management_events

_GRACE = timedelta(days=7)


class Beginning(NoParameters, frozen=True):
    """Parameters of ``logs-begin-late``: ``min_days`` is how far back the logs of an old account have to reach."""

    min_days: NotNegative = 365


@rule(
    "logs-begin-late",
    severity="medium",
    phase="investigate",
    subjects=the_account,
    apis=(
        "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
        "iam:GenerateCredentialReport", "iam:GetCredentialReport",
    ),
    controls=(*csf("RS.AN-07"), *well_architected("SEC04-BP02"), *attack(v18="T1078.004")),
    references=(f"{GUIDE}cloudtrail-create-and-update-a-trail.html", f"{GUIDE}view-cloudtrail-events.html"),
    parameters=Beginning,
)  # fmt: skip
def logs_begin_late(account: Account, scene: Scene[Beginning]) -> Hit | None:
    """Nothing was recorded for most of the past year.

    ## Why
    A key that leaks today may have been stolen, copied or made long ago, and what a thief left behind is as old. Before
    the first trail there is only the event history of 90 days, without data events. What an earlier trail left, which
    was deleted, is not known here; how long the bucket keeps what it has is judged by another rule.

    ## Fix
    Nothing brings the past back: note from when on there are logs, and save the event history of the last 90 days, in
    every region, before it runs out.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"credential_report": {"kind": "credential-report", "rows": [
       {"user": "<root_account>", "arn": "arn:aws:iam::111122223333:root", "created": "2020-01-01T00:00:00Z"}]},
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "selectors": {"kind": "event-selectors"},
       "status": {"kind": "trail-status", "is_logging": true, "started_logging": "2026-10-01T00:00:00Z"}}]}]}
    ```

    ## Good
    ```json
    {"credential_report": {"kind": "credential-report", "rows": [
       {"user": "<root_account>", "arn": "arn:aws:iam::111122223333:root", "created": "2020-01-01T00:00:00Z"}]},
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "selectors": {"kind": "event-selectors"},
       "status": {"kind": "trail-status", "is_logging": true, "started_logging": "2021-10-01T00:00:00Z"}}]}]}
    ```
    """
    wanted = scene.at - timedelta(days=scene.parameters.min_days)
    doubts = [*unread_trails(account)]
    beginnings: list[datetime] = []
    was_restarted = False
    for trail in listed_trails(account):
        if not trail.is_multi_region or _records_no_calls(trail):
            continue
        unread = [each for each in (trail.status, trail.selectors) if isinstance(each, Gap)]
        doubts += unread
        if not unread and not isinstance(trail.status, Gap) and trail.status.started_logging is not None:
            beginnings.append(trail.status.started_logging)
            # AWS tells the latest start only; one that was stopped before has recorded before.
            stopped = trail.status.stopped_logging
            was_restarted |= stopped is not None and stopped < trail.status.started_logging
    first = min(beginnings, default=scene.at)
    if first <= wanted:
        return None
    if doubts:
        raise NotCollected(min(doubts, key=lambda gap: (gap.api, gap.region)))
    if was_restarted:
        raise Undetermined("a trail was stopped and started again, and nothing tells since when it had recorded")
    born = _born(account)
    if first - born <= _GRACE:
        return None
    days = (scene.at - first) // timedelta(days=1)
    return Hit(
        f"Logs reach back {days} days, and the account is {(scene.at - born).days} days old."
        if beginnings
        else "No multi-region trail records calls, as far as can be told.",
        material=("logs:begin-late",),
        details={"since": msgspec.to_builtins(first) if beginnings else None},
        severity="high" if days < 90 else None,
        confidence="medium",
    )


def _records_no_calls(trail: Trail) -> bool:
    """Whether a trail surely records no management events now, or only reads or only writes of them."""
    is_off = not isinstance(trail.status, Gap) and not trail.status.is_logging
    if is_off or isinstance(trail.selectors, Gap):
        return is_off
    events = management_events(trail.selectors)
    return not (events.reads and events.writes)


def _born(account: Account) -> datetime:
    """When the account was made, which the credential report says of its root user."""
    for row in known(account.credential_report).rows:
        if row.is_root and row.created is not None:
            return row.created
    raise Undetermined("the credential report does not say how old the account is")
