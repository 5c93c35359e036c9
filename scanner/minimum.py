"""The least calls by which AWS gives the facts of an account: the yardstick for what a collection really made.

Every API action has a formula over what was found: how many items there are, and how many AWS puts on a page (the
largest page that the service models and the API references allow). What was not asked for counts nothing; an answer
that failed counts the one call that failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sized
from math import ceil
from typing import Any

from scanner.inventory import Account, Detector, Function, Gap, OrganizationFacts, Region, SecurityHub

_Global = Callable[[Account], int]
_Regional = Callable[[Region], int]


def minimum_calls(account: Account) -> dict[str, int]:
    """The least number of calls by API action, for those actions that were called."""
    regions = {region.name: region for region in account.regions}
    found: defaultdict[str, int] = defaultdict(int)
    for row in account.coverage:
        if row.calls == 0:
            continue
        if row.api in _REGIONAL and row.region in regions:
            found[row.api] += _REGIONAL[row.api](regions[row.region])
        elif row.api in _LED_TO:
            found[row.api] += _LED_TO[row.api](account, row.region)
        else:
            found[row.api] += _GLOBAL.get(row.api, _once)(account)
    return dict(sorted(found.items()))


def _once(_: object) -> int:
    return 1


def _pages(found: Sized | Gap | None, size: int) -> int:
    return 1 if found is None or isinstance(found, Gap) else max(1, ceil(len(found) / size))


def _number(found: Sized | Gap) -> int:
    return 0 if isinstance(found, Gap) else len(found)


def _items(found: Iterable[Any] | Gap) -> Iterable[Any]:
    return () if isinstance(found, Gap) else found


def _of_account(part: str, size: int) -> _Global:
    return lambda account: _pages(getattr(account, part), size)


def _details(account: Account) -> int:
    parts = (account.users, account.groups, account.roles, account.policies)
    return max(1, ceil(sum(_number(part) for part in parts) / 1000))


def _unreported_keys(account: Account) -> int:
    report = account.credential_report
    rows = set() if isinstance(report, Gap) else {row.user for row in report.rows}
    return sum(_number(holder.keys) for holder in _items(account.access_keys) if holder.user not in rows)


def _in_organization(count: Callable[[OrganizationFacts], int]) -> _Global:
    return lambda account: max(1, count(account.organization))


def _nodes(facts: OrganizationFacts) -> int:
    tree = facts.tree
    if tree is None or isinstance(tree, Gap):
        return 1
    return len(tree.roots) + _number(tree.units)


def _policy_lists(facts: OrganizationFacts) -> int:
    counts: defaultdict[str, int] = defaultdict(int)
    for policy in _items(facts.policies):
        counts[policy.type] += 1
    return sum(ceil(count / 20) for count in counts.values())


_GLOBAL: dict[str, _Global] = {
    "iam:GetAccountAuthorizationDetails": _details,
    "iam:ListRoles": _of_account("role_settings", 1000),
    "iam:ListVirtualMFADevices": _of_account("virtual_mfa_devices", 1000),
    "iam:ListServerCertificates": _of_account("server_certificates", 1000),
    "iam:ListServiceSpecificCredentials": _of_account("service_credentials", 1000),
    "iam:ListInstanceProfiles": _of_account("instance_profiles", 1000),
    "iam:ListAccessKeys": lambda account: _number(account.access_keys),
    "iam:GetAccessKeyLastUsed": _unreported_keys,
    "s3:GetBucketLocation": lambda account: sum(not isinstance(log.bucket, Gap) for log in _items(account.log_buckets)),
    "iam:GetOpenIDConnectProvider": lambda account: _number(account.oidc_providers),
    "iam:GenerateServiceLastAccessedDetails": lambda account: _number(account.last_accessed),
    "iam:GetServiceLastAccessedDetails": lambda account: _number(account.last_accessed),
    "account:GetAlternateContact": lambda _: 3,
    "organizations:ListAccounts": _in_organization(lambda facts: _pages(facts.accounts, 20)),
    "organizations:ListOrganizationalUnitsForParent": _in_organization(_nodes),
    "organizations:ListAccountsForParent": _in_organization(_nodes),
    "organizations:ListPolicies": _in_organization(_policy_lists),
    "organizations:DescribePolicy": _in_organization(lambda facts: _number(facts.policies)),
    "organizations:ListTargetsForPolicy": _in_organization(
        lambda facts: sum(_pages(policy.targets, 20) for policy in _items(facts.policies))
    ),
    "organizations:ListDelegatedAdministrators": _in_organization(lambda facts: _pages(facts.delegates, 20)),
    "organizations:ListDelegatedServicesForAccount": _in_organization(lambda facts: _number(facts.delegates)),
    "organizations:ListAWSServiceAccessForOrganization": _in_organization(
        lambda facts: _pages(facts.trusted_services, 20)
    ),
}
"""Calls for the whole account; what is not named here is one call."""


def _of_region(part: str, size: int) -> _Regional:
    return lambda region: _pages(getattr(region, part), size)


def _templates(region: Region) -> int:
    if isinstance(region.launch_templates, Gap):
        return 1
    usual = [version for version in region.launch_templates if version.is_default or version.is_latest]
    pinned = {version.template_id for version in region.launch_templates} - {version.template_id for version in usual}
    others = {
        version.template_id
        for version in region.launch_templates
        if not (version.is_default or version.is_latest) and version.template_id not in pinned
    }
    return _pages(usual, 200) + len(pinned | others)


def _standards(hub: SecurityHub | Gap | None) -> int:
    return 1 if hub is None or isinstance(hub, Gap) else _pages(hub.standards, 100)


def _per_detector(count: Callable[[Detector], int]) -> _Regional:
    return lambda region: sum(count(detector) for detector in _items(region.detectors))


def _of_detector(part: str, size: int) -> _Regional:
    return _per_detector(lambda detector: _pages(getattr(detector, part), size))


def _each_of_detector(part: str, size: int = 1) -> _Regional:
    return _per_detector(lambda detector: ceil(_number(getattr(detector, part)) / size))


_REGIONAL: dict[str, _Regional] = {
    "ec2:DescribeInstances": _of_region("instances", 1000),
    "ec2:DescribeLaunchTemplateVersions": _templates,
    "ec2:DescribeImages": _of_region("images", 200),
    "ec2:DescribeSecurityGroups": _of_region("security_groups", 1000),
    "ec2:DescribeRouteTables": _of_region("route_tables", 100),
    "ec2:DescribeVpcEndpoints": _of_region("vpc_endpoints", 1000),
    "ec2:DescribeFlowLogs": _of_region("flow_logs", 1000),
    "autoscaling:DescribeAutoScalingGroups": _of_region("scaling_groups", 100),
    "autoscaling:DescribeLaunchConfigurations": _of_region("launch_configurations", 100),
    "elbv2:DescribeLoadBalancers": _of_region("load_balancers", 400),
    "elbv2:DescribeTargetGroups": _of_region("target_groups", 400),
    "elbv2:DescribeTargetHealth": lambda region: sum(
        isinstance(group.targets, Gap) or bool(group.targets) for group in _items(region.target_groups)
    ),
    "elb:DescribeLoadBalancers": _of_region("classic_balancers", 400),
    "ssm:DescribeInstanceInformation": _of_region("managed_instances", 50),
    "cloudtrail:ListEventDataStores": _of_region("event_data_stores", 1000),
    "cloudtrail:GetEventDataStore": lambda region: _number(region.event_data_stores),
    "guardduty:ListDetectors": _of_region("detectors", 50),
    "guardduty:GetDetector": _per_detector(_once),
    "guardduty:ListFilters": _of_detector("filters", 50),
    "guardduty:GetFilter": _each_of_detector("filters"),
    "guardduty:ListIPSets": _of_detector("trusted_ips", 50),
    "guardduty:GetIPSet": _each_of_detector("trusted_ips"),
    "guardduty:ListTrustedEntitySets": _of_detector("trusted_entities", 50),
    "guardduty:GetTrustedEntitySet": _each_of_detector("trusted_entities"),
    "guardduty:ListThreatIntelSets": _of_detector("threat_ips", 50),
    "guardduty:GetThreatIntelSet": _each_of_detector("threat_ips"),
    "guardduty:ListThreatEntitySets": _of_detector("threat_entities", 50),
    "guardduty:GetThreatEntitySet": _each_of_detector("threat_entities"),
    "guardduty:ListPublishingDestinations": _of_detector("destinations", 50),
    "guardduty:GetAdministratorAccount": _per_detector(_once),
    "guardduty:ListMembers": _of_detector("members", 50),
    "guardduty:DescribeOrganizationConfiguration": _per_detector(_once),
    "guardduty:ListOrganizationAdminAccounts": _of_region("detection_admins", 50),
    "guardduty:ListFindings": _of_detector("open_findings", 50),
    "guardduty:GetFindings": _each_of_detector("open_findings", 50),
    "accessanalyzer:ListAnalyzers": _of_region("analyzers", 100),
    "config:DescribeConfigurationAggregators": _of_region("aggregators", 100),
    "securityhub:GetEnabledStandards": lambda region: _standards(region.security_hub),
    "events:ListEventBuses": _of_region("event_buses", 100),
    "events:ListRules": lambda region: sum(
        _pages([rule for rule in _items(region.event_rules) if rule.bus == bus.name], 100)
        for bus in _items(region.event_buses)
    ) or 1,
    "events:ListTargetsByRule": lambda region: sum(
        not isinstance(rule.targets, Gap) or rule.targets.status != "skipped" for rule in _items(region.event_rules)
    ),
    "sns:ListSubscriptions": _of_region("subscriptions", 100),
    "sns:GetSubscriptionAttributes": lambda region: sum(
        subscription.settings is not None
        and (not isinstance(subscription.settings, Gap) or subscription.settings.api.startswith("sns:"))
        for subscription in _items(region.subscriptions)
    ),
    "cloudwatch:DescribeAlarms": _of_region("alarms", 100),
    "logs:DescribeMetricFilters": _of_region("metric_filters", 50),
}  # fmt: skip
"""Calls for one region; what is named in none of the tables is one call."""


def _in_place(part: str, wanted: Callable[[Any], bool] = lambda _: True) -> Callable[[Account, str], int]:
    """One call for each thing of a part whose ARN lies in the region, as far as it was asked about."""
    return lambda account, region: sum(
        item.arn.split(":")[3] == region and wanted(item) for item in _items(getattr(account, part))
    )


def _trails(wanted: Callable[[Any], bool] = lambda _: True) -> Callable[[Account, str], int]:
    return lambda account, region: sum(
        trail.home_region == region and wanted(trail) for place in account.regions for trail in _items(place.trails)
    )


def _buckets(wanted: Callable[[Any], bool] = lambda _: True) -> Callable[[Account, str], int]:
    return lambda account, region: sum(
        not isinstance(log.bucket, Gap) and log.bucket.region == region and wanted(log.bucket)
        for log in _items(account.log_buckets)
    )


def _keys(wanted: Callable[[Any], bool] = lambda _: True) -> Callable[[Account, str], int]:
    return lambda account, region: sum(key.region == region and wanted(key) for key in _items(account.keys))


def _distinct_keys(part: str) -> Callable[[Account, str], int]:
    """One call for each key, by however many names it is known."""
    return lambda account, region: len(
        {key.arn for key in _items(account.keys) if key.region == region and _was_asked(getattr(key, part))}
    )


def _was_asked(answer: object) -> bool:
    return answer is not None and not (isinstance(answer, Gap) and answer.status in {"skipped", "elsewhere"})


def _exists(function: Function) -> bool:
    return function.detail is not None


def _is_bare(function: Function) -> bool:
    """Whether the ARN names the function itself, and no version or alias."""
    return function.arn.count(":") == 6


def _tools(count: Callable[[Any], int]) -> Callable[[Account, str], int]:
    return lambda account, region: sum(count(tools) for tools in _items(account.query_tools) if tools.region == region)


_LED_TO: dict[str, Callable[[Account, str], int]] = {
    "cloudtrail:GetTrailStatus": _trails(),
    "cloudtrail:GetEventSelectors": _trails(),
    "cloudtrail:GetInsightSelectors": _trails(lambda trail: isinstance(trail.insights, Gap) or bool(trail.insights)),
    "s3:GetBucketPolicy": _buckets(),
    "s3:GetBucketPolicyStatus": _buckets(lambda bucket: bucket.policy is not None),
    "s3:GetBucketVersioning": _buckets(),
    "s3:GetObjectLockConfiguration": _buckets(),
    "s3:GetPublicAccessBlock": _buckets(),
    "s3:GetBucketLogging": _buckets(),
    "s3:GetBucketEncryption": _buckets(),
    "s3:GetBucketLifecycleConfiguration": _buckets(),
    "s3:GetBucketOwnershipControls": _buckets(),
    "s3:GetBucketAcl": _buckets(lambda bucket: bucket.grants is not None),
    "kms:DescribeKey": _keys(lambda key: "alias/aws/" not in key.named),
    "kms:GetKeyPolicy": _distinct_keys("policy"),
    "kms:GetKeyRotationStatus": _distinct_keys("rotation"),
    "sns:GetTopicAttributes": _in_place("topics"),
    "lambda:GetFunctionConfiguration": _in_place("functions"),
    "lambda:GetFunctionConcurrency": _in_place("functions", lambda function: _exists(function) and _is_bare(function)),
    "lambda:GetPolicy": _in_place("functions", _exists),
    "sqs:GetQueueAttributes": _in_place("queues"),
    "athena:GetWorkGroup": _tools(lambda tools: _number(tools.work_groups)),
}
"""Calls about what other answers lead to, in the region where it lies."""
