"""What betrays a leak or an intruder without any detector: AWS Health, and logs that alarms can search."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from rules.alert_path.places import DELIVERY
from rules.detection.watching import CONTROLS, calls, global_region
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.declared import is_named
from scanner.engine.subjects import the_account, unlisted_regions
from scanner.events.delivery import Routes, routes
from scanner.events.samples import EVASION, PERSISTENCE, health_exposed
from scanner.events.watching import watched_by_rules
from scanner.findings import Confidence, Severity
from scanner.inventory import Account, Gap, NotCollected, Trail, Undetermined

_GUIDE = "https://docs.aws.amazon.com/"
_BACKUP_REGION = "us-west-2"


@rule(
    "health-exposure-unrouted",
    severity="high",
    phase="detect",
    subjects=the_account,
    apis=DELIVERY,
    controls=(*csf("DE.AE-07"), *well_architected("SEC04-BP04"), *attack(v18="T1552.001")),
    references=(f"{_GUIDE}health/latest/ug/cloudwatch-events-health.html",),
)
def health_exposure_unrouted(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    r"""Nobody is told when AWS finds a key of the account in public.

    ## Why
    AWS searches public places for access keys, and tells of one that it finds by an AWS Health event, often within
    minutes of the leak. The same places are searched by others, who use such a key within minutes too. The mail goes to
    the address of the root user, which nobody reads at night.

    ## Fix
    Make an EventBridge rule in the region of global events (us-east-1 in the partition aws) with the source aws.health
    and the event type codes AWS_RISK_CREDENTIALS_EXPOSED and AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED, and send them to
    people. In an organization, the organizational view of AWS Health brings the events of all accounts to one.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": []}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "metric_filters": [], "alarms": [],
      "event_rules": [{"name": "calls", "arn": "arn:aws:events:us-east-1:111122223333:rule/calls",
        "state": "ENABLED",
        "pattern": "{\"source\": [\"aws.health\"], \"detail\": {\"service\": [\"RISK\"]}}",
        "targets": [{"id": "1", "arn": "arn:aws:sns:us-east-1:111122223333:alerts"}]}],
      "subscriptions": [{"topic": "arn:aws:sns:us-east-1:111122223333:alerts", "protocol": "email",
        "arn": "arn:aws:sns:us-east-1:111122223333:alerts:1", "endpoint": "example.com",
        "settings": {"kind": "subscription-settings"}}]}],
     "topics": [{"arn": "arn:aws:sns:us-east-1:111122223333:alerts", "detail": {"kind": "topic", "policy": {
       "kind": "policy", "document": {"Version": "2012-10-17", "Statement": [{
         "Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:111122223333:alerts",
         "Principal": {"Service": "events.amazonaws.com"}}]}}}}]}
    ```
    """
    region = global_region(account)
    found = {name: routes(account, region, event, scene.declared) for name, event in _told(account, region)}
    lost = {name: way for name, way in found.items() if way.is_lost}
    if not lost:
        doubts = [text for way in found.values() if not way.is_reached for text in way.open]
        if doubts:
            raise Undetermined(doubts[0])
        return None
    _ask_backup(account, scene, lost)
    texts = list(dict.fromkeys(each.text for way in lost.values() for each in way.broken))
    return Hit(
        f"Nobody is told of {' and '.join(lost)} in {region}. {' '.join(texts[:2])}",
        material=tuple(f"event:{name}" for name in lost),
        details={"region": region, "unrouted": list(lost), "broken": texts},
        confidence=_confidence(account),
    )


def _told(account: Account, region: str) -> Iterator[tuple[str, dict[str, object]]]:
    yield from health_exposed(account.partition, account.account_id, region)


def _ask_backup(account: Account, scene: Scene[NoParameters], lost: dict[str, Routes]) -> None:
    """AWS Health sends events to a second region too, though it is not documented that it does so with all of them."""
    if account.partition != "aws" or all(region.name != _BACKUP_REGION for region in account.regions):
        return
    there = {
        name: routes(account, _BACKUP_REGION, event, scene.declared) for name, event in _told(account, _BACKUP_REGION)
    }
    if not any(there[name].is_lost for name in lost):
        raise Undetermined(f"whether AWS Health sends such an event to {_BACKUP_REGION} too is not documented")


def _confidence(account: Account) -> Confidence:
    """Lower in an organization, where the view of AWS Health over all accounts may bring the event elsewhere."""
    membership = account.organization.membership
    return "high" if not isinstance(membership, Gap) and membership is None else "medium"


@rule(
    "trail-not-in-cloudwatch-logs",
    severity="low",
    phase="detect",
    subjects=the_account,
    apis=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
    controls=(*CONTROLS, *attack(v18="T1562.008", v19="T1685.002")),
    references=(f"{_GUIDE}awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html",),
)
def trail_not_in_cloudwatch_logs(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """No multi-region trail delivers to CloudWatch Logs, so that no alarm can search its records.

    ## Why
    Files in a bucket are read after the fact. What is delivered to CloudWatch Logs can be searched as it comes, for all
    regions at once, and an alarm can tell of the first refused call of a stolen key. EventBridge rules do the same for
    calls that change something, if there is one in every region.

    ## Fix
    Let the multi-region trail deliver to a log group, with a role that may create streams and put events in it, and put
    metric filters with alarms on the log group.

    ## Breaks
    Nothing; CloudWatch Logs costs by volume, so give the log group a retention.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1",
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1",
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "selectors": {"kind": "event-selectors"},
        "log_group": "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
        "status": {"kind": "trail-status", "is_logging": true, "latest_logs_delivery": "2026-11-20T11:55:00Z"}}]}]}
    ```
    """
    doubts = [unread.gap for unread in unlisted_regions(account)]
    unsaid, broken = [], set()
    for region in account.regions:
        if isinstance(region.trails, Gap):
            doubts += [region.trails] if region.trails.status != "not_applicable" else []
            continue
        for trail in region.trails:
            state = _delivers(account, trail, scene)
            if state is True:
                return None
            if isinstance(state, Gap):
                doubts.append(state)
            elif state is None:
                unsaid.append(trail.name)
            elif state:
                broken.add(state)
    if doubts:
        raise NotCollected(min(doubts, key=lambda gap: (gap.api, gap.region)))
    if unsaid:
        raise Undetermined(f"CloudTrail does not say when the trail {unsaid[0]} last delivered to CloudWatch Logs")
    return Hit(
        " ".join(sorted(broken)) or "No multi-region trail that logs delivers to CloudWatch Logs.",
        material=("trail:no-log-group",),
        severity=_severity(account, scene),
    )


def _delivers(account: Account, trail: Trail, scene: Scene[NoParameters]) -> bool | str | Gap | None:
    """Whether a trail delivers records that alarms can search, or that a SIEM reads; a text says what is broken."""
    if not trail.is_multi_region:
        return ""
    if isinstance(trail.status, Gap):
        return trail.status
    if not trail.status.is_logging:
        return ""
    if trail.bucket and is_named(f"arn:{account.partition}:s3:::{trail.bucket}", scene.declared.siem):
        return True
    if not trail.log_group:
        return ""
    if trail.status.latest_logs_error:
        return f"The trail {trail.name} cannot deliver to CloudWatch Logs: {trail.status.latest_logs_error}."
    latest = trail.status.latest_logs_delivery
    if latest is None:
        return None
    if scene.at - latest <= timedelta(hours=24):
        return True
    return f"The trail {trail.name} delivered nothing to CloudWatch Logs for more than a day."


def _severity(account: Account, scene: Scene[NoParameters]) -> Severity | None:
    """Information only, where EventBridge tells of every call that matters most."""
    try:
        home = global_region(account)
    except Undetermined:
        return None
    asked = [(home, each) for each in PERSISTENCE]
    asked += [(region.name, each) for region in account.regions for each in EVASION]
    for region, (source, name) in asked:
        for event in calls(account, region, source.removesuffix(".amazonaws.com"), (name,)):
            if not watched_by_rules(account, event.record, scene.declared).is_reached:
                return None
    return "info"
