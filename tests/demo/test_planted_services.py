"""What waits for a rule is there as the scanner sees it, in the places that the table names and in no others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import pytest

from guardrift.demo.place import Place
from guardrift.demo.planted import PLANTED
from guardrift.demo.planted_services import IN_SERVICES
from guardrift.demo.setting import HOME, REGIONS
from scanner.inventory import Account, Region, known
from tests.demo.collected import Collected, buckets, name_of, region, statements, there
from tests.demo.reading import AT

Seen = set[tuple[str, str | None]]
EVENTS = {"Service": "events.amazonaws.com"}


@pytest.fixture
def account(collected: Collected) -> Account:
    return collected.account


def _closed_topics(account: Account) -> Seen:
    return {
        (name_of(topic.arn), HOME)
        for topic in known(account.topics)
        if EVENTS not in [statement["Principal"] for statement in statements(there(topic.detail).policy)]
    }


def _closed_keys(account: Account) -> Seen:
    open_keys = {
        key.named
        for key in known(account.keys)
        if key.policy is not None and EVENTS in [statement["Principal"] for statement in statements(key.policy)]
    }
    return {
        (name_of(topic.arn), HOME) for topic in known(account.topics) if there(topic.detail).kms_key not in open_keys
    }


def _without_queue(account: Account) -> Seen:
    queues = {queue.arn for queue in known(account.queues) if known(queue.detail) is not None}
    return {
        (rule.name, found.name)
        for found in account.regions
        for rule in known(found.event_rules)
        for target in known(rule.targets)
        if target.dead_letter_queue not in queues
    }


def _mute_alarms(account: Account) -> Seen:
    return {
        (alarm.name, found.name)
        for found in account.regions
        for alarm in known(found.alarms)
        if not alarm.actions_enabled or not alarm.actions
    }


def _hiding_filters(account: Account) -> Seen:
    return {
        (each.name, found.name)
        for found in account.regions
        for detector in known(found.detectors)
        for each in known(detector.filters)
        if known(each.detail).action == "ARCHIVE" and b"CredentialExfiltration" in bytes(known(each.detail).criteria)
    }


def _open_findings(account: Account) -> Seen:
    return {
        (finding.type, found.name)
        for found in account.regions
        for detector in known(found.detectors)
        for finding in known(detector.open_findings)
        if finding.updated is not None and AT - finding.updated == timedelta(days=12)
    }


def _regions(is_healthy: Callable[[Region], bool]) -> Callable[[Account], Seen]:
    return lambda account: {(found.name, found.name) for found in account.regions if not is_healthy(found)}


def _is_analyzed(found: Region) -> bool:
    return any(analyzer.type == "ACCOUNT" and analyzer.status == "ACTIVE" for analyzer in known(found.analyzers))


def _is_recorded(found: Region) -> bool:
    recording = {status.name for status in known(found.recorder_statuses) if status.is_recording}
    return any(recorder.all_supported and recorder.name in recording for recorder in known(found.recorders)) and bool(
        known(found.delivery_channels)
    )


def _forgetful(account: Account) -> Seen:
    return {
        (bucket.name, bucket.region)
        for bucket in buckets(account)
        if known(bucket.versioning).status != "Enabled"
        and min(rule.expiration_days or 0 for rule in there(bucket.lifecycle)) < 365
    }


def _machines(account: Account) -> dict[str, str]:
    launched = {timedelta(days=620): "web-legacy", timedelta(days=40): "web-modern"}
    live = (each for each in known(region(account, HOME).instances) if each.state == "running")
    return {each.id: launched[AT - each.launched] for each in live if each.launched}


def _reached(account: Account) -> Seen:
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
    machines = _machines(account)
    return {
        (machines[each.id], HOME)
        for each in known(home.instances)
        if each.id in targets and behind & set(each.security_groups)
    }


def _silent_agents(account: Account) -> Seen:
    machines = _machines(account)
    return {
        (machines[each.id], HOME) for each in known(region(account, HOME).managed_instances) if each.ping != "Online"
    }


WRONG: dict[str, Callable[[Account], Seen]] = {
    "topic-closed-to-rules": _closed_topics,
    "topic-key-closed-to-rules": _closed_keys,
    "alerts-without-queue": _without_queue,
    "alarm-without-voice": _mute_alarms,
    "findings-suppressed": _hiding_filters,
    "finding-open": _open_findings,
    "analyzer-missing": _regions(_is_analyzed),
    "config-not-recording": _regions(_is_recorded),
    "security-hub-off": _regions(lambda found: known(found.security_hub) is not None),
    "logs-deleted-early": _forgetful,
    "instance-reachable": _reached,
    "instance-not-managed": _silent_agents,
    "service-credential": lambda account: {(found.user, None) for found in known(account.service_credentials)},
    "contact-missing": lambda account: {
        (name, None) for name in ("security", "billing", "operations") if known(getattr(account.contacts, name)) is None
    },
}


def written() -> dict[str, list[Place]]:
    found = defaultdict(list)
    for fault in IN_SERVICES:
        found[fault.name.removesuffix(f"-{fault.place.region}")].append(fault.place)
    return found


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_what_waits_for_a_rule_is_where_the_table_says(account: Account, fault: str) -> None:
    places = [(place.name, place.region) for place in written()[fault]]
    assert set(places) == WRONG[fault](account)
    assert len(places) == len(set(places))


def test_every_such_fault_is_looked_for() -> None:
    assert set(written()) == set(WRONG)
    assert set(IN_SERVICES) <= set(PLANTED)


def test_their_twins_are_there(account: Account) -> None:
    home = region(account, HOME)
    (detector,) = known(home.detectors)
    places = {
        *(Place("topic", name_of(topic.arn), HOME) for topic in known(account.topics)),
        *(Place("rule", rule.name, HOME) for rule in known(home.event_rules)),
        *(Place("alarm", alarm.name, HOME) for alarm in known(home.alarms)),
        *(Place("filter", each.name, HOME) for each in known(detector.filters)),
        *(Place("bucket", bucket.name, bucket.region) for bucket in buckets(account)),
        *(Place("instance", name, HOME) for name in _machines(account).values()),
        *(Place("user", user.name) for user in known(account.users)),
        *(Place("contact", name) for name in ("security", "operations")),
        *(Place("region", name, name) for name in REGIONS),
    }
    twins = {twin.place for fault in IN_SERVICES for twin in fault.good_twins}
    # An archived finding is not among those that the scanner asks for; test_answers asks for it.
    assert {place for place in twins - places if place.kind != "finding"} == set()
