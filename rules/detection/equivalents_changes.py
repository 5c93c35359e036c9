"""Changes of what is allowed and recorded: policies, trails, the organization; is anybody told of them?"""

from __future__ import annotations

from rules.detection.watching import (
    APIS,
    BENCHMARK,
    CALLS,
    CONTROLS,
    calls,
    global_region,
    unwatched,
)
from rules.frameworks import attack, cis
from scanner.engine import Hit, Met, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.findings import Severity
from scanner.inventory import Account, Gap

_POLICY_CHANGES = (
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
    "DeleteGroupPolicy",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRolePolicy",
    "DeleteUserPolicy",
    "DetachGroupPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
)
_TRAIL_CHANGES = ("CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail")
_ORGANIZATION_CHANGES = (
    "AcceptHandshake",
    "AttachPolicy",
    "CreateAccount",
    "CreateOrganizationalUnit",
    "CreatePolicy",
    "DeclineHandshake",
    "DeleteOrganization",
    "DeleteOrganizationalUnit",
    "DeletePolicy",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "InviteAccountToOrganization",
    "LeaveOrganization",
    "MoveAccount",
    "RemoveAccountFromOrganization",
    "UpdateOrganizationalUnit",
    "UpdatePolicy",
)
"""The calls that the benchmark's filters look for."""


@rule(
    "cis-iam-policy-changes-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1098.003"), *cis(v7="5.4", v5="4.4")),
    references=(BENCHMARK, CALLS),
)
def cis_iam_policy_changes_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when IAM policies are changed.

    ## Why
    More power is one policy away: an attached AdministratorAccess, a new version, an inline policy that nobody looks
    at. It stays until somebody notices.

    ## Fix
    Look for the calls of iam.amazonaws.com that put, attach, detach, create or delete policies. Search the log group of
    the multi-region trail with a metric filter for them, put an alarm with an action on the metric, and let its topic
    have confirmed subscribers. An EventBridge rule on the events does the same and tells sooner. An EventBridge rule
    has to be in the region where the events of IAM are.

    ## Breaks
    Nothing; deployments change policies as well, so leave their roles out.

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
        "pattern": "{ $.eventSource = iam.amazonaws.com && $.eventName = *Policy* }"}],
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
    return unwatched(account, scene, calls(account, global_region(account), "iam", _POLICY_CHANGES))


@rule(
    "cis-cloudtrail-changes-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1562.008", v19="T1685.002"), *cis(v7="5.5", v5="4.5")),
    references=(BENCHMARK, CALLS),
)
def cis_cloudtrail_changes_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when CloudTrail is changed or stopped.

    ## Why
    The record of what is done next depends on the trail. To stop it, or to let it deliver elsewhere, is one call, made
    where the trail is at home.

    ## Fix
    Look for CreateTrail, UpdateTrail, DeleteTrail, StartLogging and StopLogging. Search the log group of the
    multi-region trail with a metric filter for them, put an alarm with an action on the metric, and let its topic have
    confirmed subscribers. An EventBridge rule on the events does the same and tells sooner. An EventBridge rule has to
    be in the home region of the trail.

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
    "pattern": "{ $.eventSource = cloudtrail.amazonaws.com && ($.eventName = *Trail || $.eventName = *Logging) }"}],
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
    homes = {
        trail.home_region
        for region in account.regions
        if not isinstance(region.trails, Gap)
        for trail in region.trails
        if trail.arn.split(":")[4] == account.account_id
    }
    events = [
        event
        for region in sorted(homes) or [global_region(account)]
        for event in calls(account, region, "cloudtrail", _TRAIL_CHANGES)
    ]
    return unwatched(account, scene, events)


@rule(
    "cis-organizations-changes-unmonitored",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=APIS,
    controls=(*CONTROLS, *attack(v18="T1484"), *cis(v7="5.15", v5="4.15")),
    references=(BENCHMARK, CALLS),
)
def cis_organizations_changes_unmonitored(account: Account, scene: Scene[NoParameters]) -> Hit | Met | None:
    """Nobody is told when the organization is changed.

    ## Why
    The organization's policies are what holds even against an administrator of an account. Who detaches one, moves an
    account out of its unit, or leaves the organization, takes away that limit for all that follows.

    ## Fix
    Look for the calls of organizations.amazonaws.com, above all in the management account. Search the log group of the
    multi-region trail with a metric filter for them, put an alarm with an action on the metric, and let its topic have
    confirmed subscribers. An EventBridge rule on the events does the same and tells sooner. An EventBridge rule has to
    be in the region where the events of Organizations are (us-east-1 in the partition aws).

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
        "pattern": "{ $.eventSource = organizations.amazonaws.com }"}],
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
    events = calls(account, global_region(account), "organizations", _ORGANIZATION_CHANGES)
    return unwatched(account, scene, events, severity=_severity(account))


def _severity(account: Account) -> Severity | None:
    """Lower outside of the management account, in which most of the calls are made."""
    membership = account.organization.membership
    if isinstance(membership, Gap) or (membership and membership.management_account == account.account_id):
        return None
    return "low"
