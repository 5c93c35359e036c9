"""How people come in: sign-in, the root user, and calls that are refused; is anybody told of them?"""

from __future__ import annotations

from rules.detection.watching import (
    APIS,
    BENCHMARK,
    CALLS,
    CIS_CONTROLS,
    CONTROLS,
    Event,
    global_region,
    unwatched,
    watched_regions,
)
from rules.frameworks import attack, cis
from scanner.engine import Hit, Met, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.events.samples import api_call, console_sign_in
from scanner.inventory import Account


@rule(
    "cis-unauthorized-calls-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1580"), *cis(v7="5.1", v5="4.1")),
    references=(BENCHMARK, CALLS),
)
def cis_unauthorized_calls_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told of calls that are refused.

    ## Why
    Whoever has found a key does not know what it may do, and tries. A row of refusals of one key within minutes is the
    surest early sign of a theft, and most of these calls only read.

    ## Fix
    Count the records with an errorCode of AccessDenied or UnauthorizedOperation. Search the log group of the
    multi-region trail with a metric filter for them, put an alarm with an action on the metric, and let its topic have
    confirmed subscribers. An EventBridge rule on the events does the same and tells sooner. An EventBridge rule gets
    calls that only read if its state is ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.

    ## Breaks
    Nothing, but some refusals are daily life: let the alarm go off from a number that is unusual for the account.

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
        "pattern": "{ $.errorCode = *UnauthorizedOperation || $.errorCode = AccessDenied* }"}],
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
    place = (account.partition, account.account_id)
    events = [
        Event(name, api_call(*place, region, f"{service}.amazonaws.com", name, read_only, error))
        for region in watched_regions(account, scene)
        for service, name, read_only, error in (
            ("ec2", "RunInstances", False, "Client.UnauthorizedOperation"),
            ("secretsmanager", "DeleteSecret", False, "AccessDenied"),
            ("secretsmanager", "ListSecrets", True, "AccessDenied"),
        )
    ]
    return unwatched(account, scene, events, everywhere=True)


@rule(
    "cis-sign-in-without-mfa-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CIS_CONTROLS, *cis(v7="5.2", v5="4.2")),
    references=(BENCHMARK, CALLS),
)
def cis_sign_in_without_mfa_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when a user signs in to the console without MFA.

    ## Why
    A password alone is what phishing and old breaches give away. A sign-in without a second factor is either a user who
    has none, or somebody who knows a password.

    ## Fix
    Look for ConsoleLogin with additionalEventData.MFAUsed other than Yes. Search the log group of the multi-region
    trail with a metric filter for them, put an alarm with an action on the metric, and let its topic have confirmed
    subscribers. An EventBridge rule on the events does the same and tells sooner. Sign-in is recorded in the region of
    the sign-in page, so a rule in us-east-1 alone misses most of it.

    ## Breaks
    Nothing. Sign-in through IAM Identity Center or a SAML provider is recorded without MFA: leave out what is not an
    IAM user.

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
        "pattern": "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes }"}],
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
    events = [
        Event("ConsoleLogin without MFA", console_sign_in(account.partition, account.account_id, region, mfa=False))
        for region in watched_regions(account, scene)
    ]
    return unwatched(account, scene, events, everywhere=True)


@rule(
    "cis-root-use-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CIS_CONTROLS, *cis(v7="5.3", v5="4.3")),
    references=(BENCHMARK, CALLS),
)
def cis_root_use_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when the root user is used.

    ## Why
    Nothing can stop the root user, and hardly any work needs it. Every use is either one that somebody announced, or an
    emergency.

    ## Fix
    Look for userIdentity.type Root without invokedBy, leaving out events of the type AwsServiceEvent. Search the log
    group of the multi-region trail with a metric filter for them, put an alarm with an action on the metric, and let
    its topic have confirmed subscribers. An EventBridge rule on the events does the same and tells sooner. The sign-in
    of root is recorded in us-east-1, its calls in the region where they are made.

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
        "pattern": "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }"}],
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
    place, home = (account.partition, account.account_id), global_region(account)
    events = [
        Event("ConsoleLogin by root", console_sign_in(*place, home, identity="root")),
        Event("CreateUser by root", api_call(*place, home, "iam.amazonaws.com", "CreateUser", identity="root")),
    ]
    for region in watched_regions(account, scene):
        record = api_call(*place, region, "ec2.amazonaws.com", "RunInstances", identity="root")
        events.append(Event("RunInstances by root", record))
    return unwatched(account, scene, events, everywhere=True)


@rule(
    "cis-sign-in-failures-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1110"), *cis(v7="5.6", v5="4.6")),
    references=(BENCHMARK, CALLS),
)
def cis_sign_in_failures_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    r"""Nobody is told of failed sign-ins to the console.

    ## Why
    A series of wrong passwords is somebody who guesses, or who tries what was leaked elsewhere. The one that succeeds
    looks like any other sign-in.

    ## Fix
    Look for ConsoleLogin with the errorMessage Failed authentication. Search the log group of the multi-region trail
    with a metric filter for them, put an alarm with an action on the metric, and let its topic have confirmed
    subscribers. An EventBridge rule on the events does the same and tells sooner. Sign-in is recorded in the region of
    the sign-in page.

    ## Breaks
    Nothing, but people mistype: let the alarm go off from the third within some minutes.

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
        "pattern": "{ $.eventName = ConsoleLogin && $.errorMessage = \"Failed authentication\" }"}],
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
    events = [
        Event("ConsoleLogin that fails", console_sign_in(account.partition, account.account_id, region, succeeds=False))
        for region in watched_regions(account, scene)
    ]
    return unwatched(account, scene, events, everywhere=True)
