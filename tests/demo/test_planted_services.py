"""What the rules find is there as the scanner sees it, in the places that the table names and in no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from guardrift.demo.place import Place
from guardrift.demo.planted import PLANTED, faults
from guardrift.demo.setting import HOME, REGIONS
from scanner.inventory import Account, known
from tests.demo import seen_principals as principals
from tests.demo import seen_services as services
from tests.demo import test_planted
from tests.demo.collected import Collected, buckets, name_of, region
from tests.demo.seen_principals import THE_ACCOUNT, Seen


@pytest.fixture
def account(collected: Collected) -> Account:
    return collected.account


WRONG: dict[str, Callable[[Account], Seen]] = {
    "access-key-reaches-administrator": principals.users_whose_key_reaches_administrators,
    "iam-user-federation-token": principals.users_with_administrators_key,
    "service-credential-active": principals.active_service_credentials,
    "iam-principal-held-back": principals.held_back,
    "iam-user-unused": principals.unused_administrators,
    "iam-local-sign-in": principals.able_to_sign_in_from_the_command_line,
    "iam-user-policy-direct": principals.with_policies_of_their_own,
    "iam-can-destroy-data": principals.owners_of_every_object,
    "iam-can-read-all-secrets": principals.readers_of_every_parameter,
    "iam-role-trust-confused-deputy": principals.roles_of_a_confused_deputy,
    "instance-profile-unused": principals.unused_profiles,
    "response-role-editable": principals.editable_response_role,
    "trail-unencrypted": services.recording_trails(lambda trail: trail.kms_key is None),
    "trail-validation-off": services.recording_trails(lambda trail: not trail.validates_files),
    "trail-data-events-s3-read": services.unrecorded_reads,
    "trail-not-organization": services.own_trails_only,
    "trail-bucket-retention": services.trail_buckets(services.forgets),
    "trail-bucket-unprotected": services.trail_buckets(lambda bucket: known(bucket.versioning).status != "Enabled"),
    "trail-bucket-mfa-delete-off": services.trail_buckets(services.is_unlocked),
    "trail-bucket-deletable": services.trail_buckets(services.is_unlocked),
    "trail-bucket-without-access-logs": services.trail_buckets(
        lambda bucket: known(bucket.logging).target_bucket is None
    ),
    "trail-bucket-missing": services.missing_buckets,
    "alert-pattern-never-matches": services.without_detail_type,
    "alert-target-broken": services.closed_topics,
    "alert-topic-unconfirmed": services.unheard_topics,
    "alert-without-dead-letter-queue": services.without_queue,
    "alarm-without-action": services.mute_alarms,
    "cis-sign-in-without-mfa-unmonitored": services.unheard_sign_in,
    "persistence-events-unwatched": services.unheard_new_keys,
    "health-exposure-unrouted": services.unheard_exposure,
    "evasion-events-unwatched": services.unheard_tampering,
    "guardduty-findings-unrouted": services.unheard_findings,
    "guardduty-credential-findings-suppressed": services.hidden_findings,
    "guardduty-finding-open": services.open_findings,
    "guardduty-no-administrator": services.lonely_detectors,
    "access-analyzer-external-missing": services.regions(services.is_analyzed),
    "config-not-recording": services.regions(services.is_recorded),
    "security-hub-off": services.regions(lambda found: known(found.security_hub) is not None),
    "security-contact-missing": lambda account: THE_ACCOUNT if known(account.contacts.security) is None else set(),
}


@pytest.mark.parametrize("rule_id", sorted(WRONG))
def test_what_is_wrong_is_where_the_table_says(account: Account, rule_id: str) -> None:
    places = [(fault.place.name, fault.place.region) for fault in faults(rule_id)]
    assert set(places) == WRONG[rule_id](account)
    assert len(places) == len(set(places))


def test_every_rule_of_the_table_is_looked_for() -> None:
    assert {fault.rule_id for fault in PLANTED if fault.rule_id is not None} == set(WRONG) | set(test_planted.WRONG)
    assert not set(WRONG) & set(test_planted.WRONG)


def test_what_no_rule_finds_is_there(account: Account) -> None:
    places = {fault.name: {(fault.place.name, fault.place.region)} for fault in PLANTED if fault.planned is not None}
    assert places.pop("instance-not-managed") == services.silent_agents(account)
    # The first is an ordinary key, and test_regions looks at the targets of the second.
    assert set(places) == {"leaking-key", "alert-only-notifies"}


def test_the_instance_that_answers_is_reached_from_the_internet(account: Account) -> None:
    (fault,) = faults("imds-v1-instance")
    assert services.reached(account) == {(fault.place.name, fault.place.region)}


def test_the_twins_are_there(account: Account) -> None:
    places = {
        *(Place("topic", name_of(topic.arn), topic.arn.split(":")[3]) for topic in known(account.topics)),
        *(Place("rule", rule.name, found.name) for found in account.regions for rule in known(found.event_rules)),
        *(Place("alarm", alarm.name, HOME) for alarm in known(region(account, HOME).alarms)),
        *(Place("bucket", bucket.name, bucket.region) for bucket in buckets(account)),
        *(Place("instance", name, HOME) for name in (*services.machines(account).values(), "web-retired")),
        *(Place("user", user.name) for user in known(account.users)),
        *(Place("role", role.name) for role in known(account.roles)),
        *(Place("instance-profile", found.name) for found in known(account.instance_profiles)),
        *(
            Place("launch-template", each.name, found.name)
            for found in account.regions
            for each in known(found.launch_templates)
        ),
        *(Place("trail", trail.name, found.name) for found in account.regions for trail in known(found.trails)),
        *(Place("contact", name) for name in ("billing", "operations") if known(getattr(account.contacts, name))),
        *(Place("region", name, name) for name in REGIONS),
    }
    twins = {twin.place for fault in PLANTED for twin in fault.good_twins}
    # An archived finding is not among those that the scanner asks for; test_answers asks for it.
    assert {place for place in twins - places if place.kind != "finding"} == set()
