"""Calls by which intruders stay or blind their watchers: is anybody told, by whichever way?"""

from __future__ import annotations

from collections.abc import Iterator

from rules.detection.watching import APIS, CALLS, CONTROLS, Event, calls, global_region, unwatched
from rules.frameworks import attack, cis
from scanner.engine import Hit, Met, NoParameters, Scene, rule
from scanner.engine.subjects import regions, the_account
from scanner.events.samples import EVASION, PERSISTENCE
from scanner.findings import Severity
from scanner.inventory import Account, Gap, Region

_GUIDE = "https://docs.aws.amazon.com/"


def _of(chosen: tuple[tuple[str, str], ...], account: Account, region: str) -> Iterator[Event]:
    for source, name in chosen:
        yield from calls(account, region, source.removesuffix(".amazonaws.com"), (name,))


@rule(
    "persistence-events-unwatched",
    severity="high",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1098"), *cis(v7="5.4", v5="4.4")),
    references=(CALLS, f"{_GUIDE}IAM/latest/UserGuide/cloudtrail-integration.html"),
)
def persistence_events_unwatched(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    r"""Nobody is told when somebody makes a lasting way into the account.

    ## Why
    A stolen session ends within hours. So the first thing a thief makes is something that lasts: a key or a password
    for another user, a trust policy that admits a foreign account, an identity provider, a policy version. Each is one
    call, and it is the moment at which the theft is easiest to see. The usual metric filters of benchmarks look for
    changed policies only, and miss new keys, passwords, users and trusts.

    ## Fix
    Make an EventBridge rule with the source aws.iam and the names of these calls in the region where the events of IAM
    are (us-east-1 in the partition aws; a rule elsewhere sees none of them), and send them to a topic that people read.
    A metric filter on the trail's log group with an alarm does as well.

    ## Breaks
    Nothing. Deployments create roles and policies too: leave their roles out by userIdentity in the pattern, not by
    leaving out calls.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [], "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}],
      "event_rules": [{"name": "calls", "arn": "arn:aws:events:us-east-1:111122223333:rule/calls",
        "state": "ENABLED",
        "pattern": "{\"source\": [\"aws.iam\"], \"detail-type\": [\"AWS API Call via CloudTrail\"]}",
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
    return unwatched(account, scene, _of(PERSISTENCE, account, global_region(account)))


@rule(
    "evasion-events-unwatched",
    severity="high",
    phase="detect",
    subjects=regions,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1562.008", v19="T1685.002"), *cis(v7="5.5", v5="4.5")),
    references=(CALLS, f"{_GUIDE}awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html"),
    where_watched=True,
)
def evasion_events_unwatched(region: Region, scene: Scene[NoParameters]) -> Hit | Met | None:
    r"""Nobody is told when somebody switches off what watches the region.

    ## Why
    Whoever means to stay stops the trail, deletes the detector, or disables the rule that would have told you. These
    are single calls, made in the region of the thing, and the account is silent afterwards: the call itself is the last
    alert that can be had.

    ## Fix
    Send these calls to people: with an EventBridge rule in each region, which may forward to a bus in one region or in
    a security account, or with one metric filter and an alarm on the log group of the multi-region trail, which has the
    events of all regions.

    ## Breaks
    Nothing. Infrastructure tools delete rules and targets as daily work: leave their roles out in the pattern.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [], "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}],
      "event_rules": [{"name": "calls", "arn": "arn:aws:events:us-east-1:111122223333:rule/calls",
        "state": "ENABLED",
        "pattern": "{\"detail-type\": [\"AWS API Call via CloudTrail\"], \"detail\": {\"readOnly\": [false]}}",
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
    events = _of(EVASION, scene.account, region.name)
    return unwatched(scene.account, scene, events, severity=_severity(region))


def _severity(region: Region) -> Severity | None:
    """Lower in a region where nothing watches that could be switched off."""
    watching = (region.detectors, region.recorders, region.analyzers, region.event_rules, _at_home(region))
    if all(not isinstance(part, Gap) and not part for part in watching):
        return "low"
    return None


def _at_home(region: Region) -> tuple[str, ...] | Gap:
    """The trails that can be stopped in a region."""
    if isinstance(region.trails, Gap):
        return region.trails
    return tuple(trail.name for trail in region.trails if trail.home_region == region.name)
