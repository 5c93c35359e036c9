"""What is wrong with services and logs of the demo account, found without the rules, as the scanner sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from guardrift.demo.setting import HOME
from scanner.inventory import Account, Bucket, EventRule, Region, Trail, known
from tests.demo.collected import buckets, name_of, region, statements, there
from tests.demo.reading import AT
from tests.demo.seen_principals import THE_ACCOUNT, Seen

_EVENTS = {"Service": "events.amazonaws.com"}
_GLOBAL = "us-east-1"
_CALLS = "AWS API Call via CloudTrail"


def _rules(account: Account) -> Iterator[tuple[Region, EventRule, dict[str, Any]]]:
    for found in account.regions:
        for rule in known(found.event_rules):
            yield found, rule, json.loads(rule.pattern or "{}")


def closed_topics(account: Account) -> Seen:
    open_keys = {
        key.named
        for key in known(account.keys)
        if key.policy is not None and _EVENTS in [statement["Principal"] for statement in statements(key.policy)]
    }
    by_policy: Seen = set()
    by_key: Seen = set()
    for topic in known(account.topics):
        detail, place = there(topic.detail), (name_of(topic.arn), topic.arn.split(":")[3])
        if _EVENTS not in [statement["Principal"] for statement in statements(detail.policy)]:
            by_policy.add(place)
        if detail.kms_key not in open_keys:
            by_key.add(place)
    assert by_policy == by_key
    return by_policy


def unheard_topics(account: Account) -> Seen:
    return {
        (name_of(topic.arn), topic.arn.split(":")[3])
        for topic in known(account.topics)
        if not there(topic.detail).confirmed
    }


def without_detail_type(account: Account) -> Seen:
    return {(rule.name, found.name) for found, rule, pattern in _rules(account) if "detail-type" not in pattern}


def without_queue(account: Account) -> Seen:
    queues = {queue.arn for queue in known(account.queues) if known(queue.detail) is not None}
    return {
        (rule.name, found.name)
        for found, rule, _ in _rules(account)
        for target in known(rule.targets)
        if target.dead_letter_queue not in queues
    }


def mute_alarms(account: Account) -> Seen:
    return {
        (alarm.name, found.name)
        for found in account.regions
        for alarm in known(found.alarms)
        if not alarm.actions_enabled or not alarm.actions
    }


def unheard_sign_in(account: Account) -> Seen:
    telling = {
        metric for alarm in known(region(account, HOME).alarms) if alarm.actions_enabled for metric in alarm.metrics
    }
    filters = [each for each in known(region(account, HOME).metric_filters) if "MFAUsed" in each.pattern]
    return THE_ACCOUNT if not any(telling & set(each.metrics) for each in filters) else set()


def unheard_new_keys(account: Account) -> Seen:
    filters = [each.pattern for found in account.regions for each in known(found.metric_filters)]
    by_rule = any(found.name == _GLOBAL and _CALLS in str(pattern) for found, _, pattern in _rules(account))
    return set() if by_rule or any("AccessKey" in each or "Create*" in each for each in filters) else THE_ACCOUNT


def unheard_exposure(account: Account) -> Seen:
    told = {found.name for found, _, pattern in _rules(account) if pattern.get("source") == ["aws.health"]}
    assert told == {HOME}
    return set() if _GLOBAL in told else THE_ACCOUNT


def unheard_tampering(account: Account) -> Seen:
    told = {found.name for found, _, pattern in _rules(account) if pattern.get("detail-type") == [_CALLS]}
    return {(found.name, found.name) for found in account.regions if found.name not in told}


def unheard_findings(account: Account) -> Seen:
    told = {
        found.name
        for found, _, pattern in _rules(account)
        if pattern.get("source") == ["aws.guardduty"] and "detail" not in pattern
    }
    return {
        (found.name, found.name)
        for found in account.regions
        for detector in known(found.detectors)
        if known(detector.detail).status == "ENABLED" and found.name not in told
    }


def hidden_findings(account: Account) -> Seen:
    return {
        (found.name, found.name)
        for found in account.regions
        for detector in known(found.detectors)
        for each in known(detector.filters)
        if known(each.detail).action == "ARCHIVE" and b"CredentialExfiltration" in bytes(known(each.detail).criteria)
    }


def open_findings(account: Account) -> Seen:
    return {
        (finding.type, found.name)
        for found in account.regions
        for detector in known(found.detectors)
        for finding in known(detector.open_findings)
        if finding.updated is not None and AT - finding.updated == timedelta(days=12)
    }


def lonely_detectors(account: Account) -> Seen:
    return {
        (found.name, found.name)
        for found in account.regions
        for detector in known(found.detectors)
        if known(detector.administrator) is None
    }


def regions(is_healthy: Callable[[Region], bool]) -> Callable[[Account], Seen]:
    return lambda account: {(found.name, found.name) for found in account.regions if not is_healthy(found)}


def is_analyzed(found: Region) -> bool:
    return any(analyzer.type == "ACCOUNT" and analyzer.status == "ACTIVE" for analyzer in known(found.analyzers))


def is_recorded(found: Region) -> bool:
    recording = {status.name for status in known(found.recorder_statuses) if status.is_recording}
    return any(recorder.all_supported and recorder.name in recording for recorder in known(found.recorders)) and bool(
        known(found.delivery_channels)
    )


def recording_trails(is_wrong: Callable[[Trail], bool]) -> Callable[[Account], Seen]:
    return lambda account: {
        (trail.name, trail.home_region)
        for found in account.regions
        for trail in known(found.trails)
        if known(trail.status).is_logging and is_wrong(trail)
    }


def unrecorded_reads(account: Account) -> Seen:
    recorded = {
        selector.read_write
        for found in account.regions
        for trail in known(found.trails)
        for selector in known(trail.selectors).basic
        if selector.data_resources
    }
    assert recorded == {"WriteOnly"}
    return THE_ACCOUNT


def own_trails_only(account: Account) -> Seen:
    trails = [trail for found in account.regions for trail in known(found.trails)]
    return set() if any(trail.is_organization for trail in trails) else THE_ACCOUNT


def trail_buckets(is_wrong: Callable[[Bucket], bool]) -> Callable[[Account], Seen]:
    """Those buckets of trails that are wrong; other logs lie elsewhere."""

    def find(account: Account) -> Seen:
        named = {trail.bucket for found in account.regions for trail in known(found.trails)}
        return {
            (bucket.name, bucket.region) for bucket in buckets(account) if bucket.name in named and is_wrong(bucket)
        }

    return find


def missing_buckets(account: Account) -> Seen:
    return {(log.name, None) for log in known(account.log_buckets) if not isinstance(log.bucket, Bucket)}


def forgets(bucket: Bucket) -> bool:
    return min(rule.expiration_days or 0 for rule in there(bucket.lifecycle)) < 365


def is_unlocked(bucket: Bucket) -> bool:
    lock = known(bucket.object_lock)
    return lock is None or lock.mode != "COMPLIANCE"


def machines(account: Account) -> dict[str, str]:
    """The names of the running instances by id."""
    launched = {timedelta(days=620): "web-legacy", timedelta(days=40): "web-modern"}
    live = (each for each in known(region(account, HOME).instances) if each.state == "running")
    return {each.id: launched[AT - each.launched] for each in live if each.launched}


def reached(account: Account) -> Seen:
    """The instances to which a load balancer leads the internet."""
    home = region(account, HOME)
    ways_in = {source for table in known(home.route_tables) for _, source in table.internet_gateways}
    open_groups = {
        group.id for group in known(home.security_groups) if any(ways_in & set(rule.sources) for rule in group.ingress)
    }
    facing = {
        balancer.arn
        for balancer in known(home.load_balancers)
        if balancer.scheme == "internet-facing" and open_groups & set(balancer.security_groups)
    }
    behind = {
        group.id for group in known(home.security_groups) for rule in group.ingress if open_groups & set(rule.sources)
    }
    targets = {
        target
        for group in known(home.target_groups)
        if facing & set(group.load_balancers)
        for target in known(group.targets)
    }
    names = machines(account)
    return {
        (names[each.id], HOME)
        for each in known(home.instances)
        if each.id in targets and behind & set(each.security_groups)
    }


def silent_agents(account: Account) -> Seen:
    names = machines(account)
    return {(names[each.id], HOME) for each in known(region(account, HOME).managed_instances) if each.ping != "Online"}
