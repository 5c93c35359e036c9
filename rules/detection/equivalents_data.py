"""Changes of what holds and watches data: keys, bucket policies, the recorder; is anybody told of them?"""

from __future__ import annotations

from collections.abc import Iterator

from rules.detection.watching import APIS, BENCHMARK, CALLS, CONTROLS, Event, calls, unwatched, watched_regions
from rules.frameworks import attack, cis
from scanner.engine import Hit, Met, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account

_KEY_CHANGES = ("DisableKey", "ScheduleKeyDeletion")
_BUCKET_CHANGES = (
    "DeleteBucketCors",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "DeleteBucketReplication",
    "PutBucketAcl",
    "PutBucketCors",
    "PutBucketLifecycle",
    "PutBucketPolicy",
    "PutBucketReplication",
)
_RECORDER_CHANGES = (
    "DeleteDeliveryChannel",
    "PutConfigurationRecorder",
    "PutDeliveryChannel",
    "StopConfigurationRecorder",
)


def _everywhere(account: Account, scene: Scene[NoParameters], service: str, names: tuple[str, ...]) -> Iterator[Event]:
    for region in watched_regions(account, scene):
        yield from calls(account, region, service, names)


@rule(
    "cis-key-deletion-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1485"), *cis(v7="5.7", v5="4.7")),
    references=(BENCHMARK, CALLS),
)
def cis_key_deletion_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when a KMS key is disabled or scheduled for deletion.

    ## Why
    What is encrypted with a key is gone with it. A blackmailer schedules the deletion and names a price; there are
    seven to thirty days to cancel it, if somebody knows.

    ## Fix
    Look for DisableKey and ScheduleKeyDeletion of kms.amazonaws.com. Search the log group of the multi-region trail
    with a metric filter for them, put an alarm with an action on the metric, and let its topic have confirmed
    subscribers. An EventBridge rule on the events does the same and tells sooner. EventBridge rules are needed in every
    region with keys.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [], "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "log_group": "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
        "selectors": {"kind": "event-selectors"}}],
      "metric_filters": [{"name": "calls", "log_group": "trail", "metrics": [["Security", "Calls"]],
        "pattern": "{ $.eventName = DisableKey || $.eventName = ScheduleKeyDeletion }"}],
      "alarms": [{"name": "calls", "arn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:calls",
        "actions_enabled": true, "metrics": [["Security", "Calls"]],
        "actions": ["arn:aws:sns:us-east-1:111122223333:alerts"]}],
      "subscriptions": [{"topic": "arn:aws:sns:us-east-1:111122223333:alerts", "protocol": "email",
        "arn": "arn:aws:sns:us-east-1:111122223333:alerts:1", "endpoint": "example.com",
        "settings": {"kind": "subscription-settings"}}]}],
     "topics": [{"arn": "arn:aws:sns:us-east-1:111122223333:alerts", "detail": {"kind": "topic", "policy": {
       "kind": "policy", "document": {"Version": "2012-10-17", "Statement": [{
         "Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:111122223333:alerts",
         "Principal": {"Service": "cloudwatch.amazonaws.com"}}]}}}}]}
    ```
    """
    return unwatched(account, scene, _everywhere(account, scene, "kms", _KEY_CHANGES), everywhere=True)


@rule(
    "cis-bucket-policy-changes-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1537"), *cis(v7="5.8", v5="4.8")),
    references=(BENCHMARK, CALLS),
)
def cis_bucket_policy_changes_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when the policies of buckets are changed.

    ## Why
    A bucket policy or an ACL that admits the world, a replication to a foreign account, a life cycle that deletes
    everything tomorrow: each empties a bucket without reading one object.

    ## Fix
    Look for the calls of s3.amazonaws.com that put or delete the policy, ACL, life cycle, replication and CORS of a
    bucket. Search the log group of the multi-region trail with a metric filter for them, put an alarm with an action on
    the metric, and let its topic have confirmed subscribers. An EventBridge rule on the events does the same and tells
    sooner. The API PutBucketLifecycleConfiguration is recorded as PutBucketLifecycle.

    ## Breaks
    Nothing; deployments do it too, so leave their roles out.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [], "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "log_group": "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
        "selectors": {"kind": "event-selectors"}}],
      "metric_filters": [{"name": "calls", "log_group": "trail", "metrics": [["Security", "Calls"]],
        "pattern": "{ $.eventSource = s3.amazonaws.com && $.eventName = *Bucket* }"}],
      "alarms": [{"name": "calls", "arn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:calls",
        "actions_enabled": true, "metrics": [["Security", "Calls"]],
        "actions": ["arn:aws:sns:us-east-1:111122223333:alerts"]}],
      "subscriptions": [{"topic": "arn:aws:sns:us-east-1:111122223333:alerts", "protocol": "email",
        "arn": "arn:aws:sns:us-east-1:111122223333:alerts:1", "endpoint": "example.com",
        "settings": {"kind": "subscription-settings"}}]}],
     "topics": [{"arn": "arn:aws:sns:us-east-1:111122223333:alerts", "detail": {"kind": "topic", "policy": {
       "kind": "policy", "document": {"Version": "2012-10-17", "Statement": [{
         "Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:111122223333:alerts",
         "Principal": {"Service": "cloudwatch.amazonaws.com"}}]}}}}]}
    ```
    """
    return unwatched(account, scene, _everywhere(account, scene, "s3", _BUCKET_CHANGES), everywhere=True)


@rule(
    "cis-config-changes-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1562.001", v19="T1685"), *cis(v7="5.9", v5="4.9")),
    references=(BENCHMARK, CALLS),
)
def cis_config_changes_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when AWS Config is stopped or changed.

    ## Why
    Config remembers what every resource looked like before. Without the recorder, what an intruder changed can be
    learned from single calls only, and rules that would have told of it do not run.

    ## Fix
    Look for StopConfigurationRecorder, DeleteDeliveryChannel, PutDeliveryChannel and PutConfigurationRecorder. Search
    the log group of the multi-region trail with a metric filter for them, put an alarm with an action on the metric,
    and let its topic have confirmed subscribers. An EventBridge rule on the events does the same and tells sooner.
    EventBridge rules are needed in every region with a recorder.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [], "metric_filters": [], "alarms": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "event_rules": [],
      "trails": [{"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main",
        "home_region": "us-east-1", "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
        "log_group": "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
        "selectors": {"kind": "event-selectors"}}],
      "metric_filters": [{"name": "calls", "log_group": "trail", "metrics": [["Security", "Calls"]],
    "pattern": "{ $.eventSource = config.amazonaws.com && ($.eventName = *Recorder || $.eventName = *Channel) }"}],
      "alarms": [{"name": "calls", "arn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:calls",
        "actions_enabled": true, "metrics": [["Security", "Calls"]],
        "actions": ["arn:aws:sns:us-east-1:111122223333:alerts"]}],
      "subscriptions": [{"topic": "arn:aws:sns:us-east-1:111122223333:alerts", "protocol": "email",
        "arn": "arn:aws:sns:us-east-1:111122223333:alerts:1", "endpoint": "example.com",
        "settings": {"kind": "subscription-settings"}}]}],
     "topics": [{"arn": "arn:aws:sns:us-east-1:111122223333:alerts", "detail": {"kind": "topic", "policy": {
       "kind": "policy", "document": {"Version": "2012-10-17", "Statement": [{
         "Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:111122223333:alerts",
         "Principal": {"Service": "cloudwatch.amazonaws.com"}}]}}}}]}
    ```
    """
    return unwatched(account, scene, _everywhere(account, scene, "config", _RECORDER_CHANGES), everywhere=True)
