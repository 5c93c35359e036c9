"""The events that the CIS benchmark wants monitored, and whether somebody is told, by whichever way."""

from __future__ import annotations

import pytest

from rules import RULES
from tests.accounts import OWN, Case, Json, gap, only_finding, verdict
from tests.rules.detection.telling import (
    FEW,
    GROUP,
    HOME,
    alarm,
    chain,
    event_rule,
    home,
    metric_filter,
    place,
    searched,
    telling,
    trail,
)

UNAUTHORIZED = "cis-unauthorized-calls-unmonitored"
NO_MFA = "cis-sign-in-without-mfa-unmonitored"
ROOT = "cis-root-use-unmonitored"
POLICIES = "cis-iam-policy-changes-unmonitored"
TRAILS = "cis-cloudtrail-changes-unmonitored"
FAILURES = "cis-sign-in-failures-unmonitored"
KEYS = "cis-key-deletion-unmonitored"
BUCKETS = "cis-bucket-policy-changes-unmonitored"
RECORDERS = "cis-config-changes-unmonitored"
ORGANIZATIONS = "cis-organizations-changes-unmonitored"

WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
SIGN_IN: Json = {"source": ["aws.signin"], "detail-type": ["AWS Console Sign In via CloudTrail"]}


def names(*found: str) -> str:
    """A filter as the benchmark writes it."""
    return "{" + " || ".join(f"($.eventName={name})" for name in found) + "}"


def of(service: str) -> Json:
    return {"source": [f"aws.{service}"], "detail-type": ["AWS API Call via CloudTrail"]}


BENCHMARK: dict[str, str] = {
    UNAUTHORIZED: '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && '
    '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
    NO_MFA: '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    ROOT: '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    POLICIES: names(
        *(
            f"{verb}{kind}Policy"
            for verb in ("Delete", "Put", "Attach", "Detach")
            for kind in ("Group", "Role", "User")
        ),
        *("CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"),
    ),
    TRAILS: names("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    FAILURES: '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    KEYS: "{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }",
    BUCKETS: "{ ($.eventSource = s3.amazonaws.com) && (($.eventName = PutBucketAcl) || ($.eventName = PutBucketPolicy)"
    " || ($.eventName = PutBucketCors) || ($.eventName = PutBucketLifecycle) || ($.eventName = PutBucketReplication) ||"
    " ($.eventName = DeleteBucketPolicy) || ($.eventName = DeleteBucketCors) || ($.eventName = DeleteBucketLifecycle)"
    " || ($.eventName = DeleteBucketReplication)) }",
    RECORDERS: "{ ($.eventSource = config.amazonaws.com) && (($.eventName=StopConfigurationRecorder)||"
    "($.eventName=DeleteDeliveryChannel)||($.eventName=PutDeliveryChannel)||($.eventName=PutConfigurationRecorder)) }",
    ORGANIZATIONS: "{ ($.eventSource = organizations.amazonaws.com) && "
    + names(
        *("AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy"),
        *("DeclineHandshake", "DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy"),
        *("DisablePolicyType", "EnablePolicyType", "InviteAccountToOrganization", "LeaveOrganization", "MoveAccount"),
        *("RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit"),
    )
    .replace("{", "(")
    .replace("}", ")")
    + " }",
}

TAKING: dict[str, Json] = {
    UNAUTHORIZED: {"detail": {"errorCode": [{"exists": True}]}},
    NO_MFA: {**SIGN_IN, "detail": {"additionalEventData": {"MFAUsed": [{"anything-but": "Yes"}]}}},
    ROOT: {"detail": {"userIdentity": {"type": ["Root"]}}},
    POLICIES: {**of("iam"), "detail": {"eventName": [{"wildcard": "*Policy*"}]}},
    TRAILS: of("cloudtrail"),
    FAILURES: {**SIGN_IN, "detail": {"responseElements": {"ConsoleLogin": ["Failure"]}}},
    KEYS: {**of("kms"), "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}},
    BUCKETS: of("s3"),
    RECORDERS: of("config"),
    ORGANIZATIONS: of("organizations"),
}


def two_regions(taking: Json, *where: str) -> Json:
    """Two regions, with a rule in some of them."""
    return telling(
        *(
            place(
                name,
                trails=[trail()] if name == HOME else [],
                event_rules=[event_rule(taking, name, WITH_READS)] if name in where else [],
            )
            for name in (HOME, "eu-west-1")
        )
    )


def in_both(rule_id: str) -> list[Case]:
    """What happens in any region has to be watched in every one."""
    taking = TAKING[rule_id]
    unknown_region = {"other_regions": gap("ec2:DescribeRegions")}
    return [
        ("a rule in one of two regions", two_regions(taking, HOME), "fail"),
        ("a rule in both regions", two_regions(taking, HOME, "eu-west-1"), "pass"),
        ("other regions are not known", two_regions(taking, HOME, "eu-west-1") | unknown_region, "unknown"),
        (
            "one filter for both regions",
            telling(
                place(
                    trails=[trail(log_group=GROUP)],
                    metric_filters=[metric_filter(BENCHMARK[rule_id])],
                    alarms=[alarm()],
                ),
                place("eu-west-1"),
            ),
            "pass",
        ),
    ]


def in_the_global_region(rule_id: str) -> list[Case]:
    """What is recorded in one region needs no rule elsewhere."""
    taking = TAKING[rule_id]
    return [
        ("a rule in the right one of two regions", two_regions(taking, HOME), "pass"),
        ("a rule in the wrong one of two regions", two_regions(taking, "eu-west-1"), "fail"),
    ]


REGIONAL = (UNAUTHORIZED, NO_MFA, ROOT, FAILURES, KEYS, BUCKETS, RECORDERS)
STATES = {UNAUTHORIZED: WITH_READS}

CHAINS: dict[str, list[Case]] = {
    rule_id: chain(pattern, TAKING[rule_id], STATES.get(rule_id, "ENABLED")) for rule_id, pattern in BENCHMARK.items()
}
TABLES: dict[str, list[Case]] = {
    rule_id: [
        *(case for case in cases if case[0] in FEW),
        *(in_both(rule_id) if rule_id in REGIONAL else in_the_global_region(rule_id)),
    ]
    for rule_id, cases in CHAINS.items()
}

AT_HOME_ABROAD = trail(home_region="eu-west-1", arn=f"arn:aws:cloudtrail:eu-west-1:{OWN}:trail/main")
ABROAD = place("eu-west-1", trails=[AT_HOME_ABROAD], event_rules=[event_rule(TAKING[TRAILS], "eu-west-1")])
OF_ORGANIZATION = trail(is_organization=True, arn="arn:aws:cloudtrail:eu-west-1:999988887777:trail/main")

TABLES[UNAUTHORIZED] += [
    ("a rule that gets no reads", home(event_rules=[event_rule(TAKING[UNAUTHORIZED])]), "fail"),
    ("a filter for one of the codes", searched('{ $.errorCode = "AccessDenied*" }'), "fail"),
    ("a trail that records writes only", searched(BENCHMARK[UNAUTHORIZED], trails=[
        trail(log_group=GROUP, selectors={"kind": "event-selectors", "basic": [{"read_write": "WriteOnly"}]})
    ]), "fail"),
]  # fmt: skip
TABLES[ROOT] += [
    ("a filter for calls, not for sign-in", searched(BENCHMARK[ROOT][:-1] + "&& $.eventType = AwsApiCall }"), "fail"),
    ("a rule for sign-in, not for calls", home(event_rules=[event_rule({**SIGN_IN, **TAKING[ROOT]})]), "fail"),
    ("a filter for sessions of root", searched("{ $.userIdentity.type = Root && $.userIdentity.x != y }"), "unknown"),
    (
        "a rule for sign-in at home and for calls everywhere",
        telling(
            place(trails=[trail()], event_rules=[event_rule(SIGN_IN), event_rule(TAKING[ROOT])]),
            place("eu-west-1", event_rules=[event_rule({**of("ec2"), **TAKING[ROOT]}, "eu-west-1")]),
        ),
        "pass",
    ),
]
TABLES[NO_MFA] += [
    ("a rule with the name of the event as one page has it", home(event_rules=[event_rule(
        {"detail-type": ["AWS Console Signin via CloudTrail"]}
    )]), "fail"),
    ("a filter for root", searched('{ $.eventName = "ConsoleLogin" && $.userIdentity.type = "Root" }'), "fail"),
    ("a filter on a text that is a wildcard", searched('{ $.additionalEventData.MFAUsed = "N*" }'), "pass"),
]  # fmt: skip
TABLES[KEYS] += [
    ("the trail leaves out the events of KMS", searched(BENCHMARK[KEYS], trails=[trail(log_group=GROUP, selectors={
        "kind": "event-selectors", "basic": [{"read_write": "All", "excluded_sources": ["kms.amazonaws.com"]}],
    })]), "fail"),
]  # fmt: skip
TABLES[BUCKETS] += [("no region was listed", telling(), "unknown")]
TABLES[TRAILS] += [
    ("a rule where the trail is at home", telling(place(), ABROAD), "pass"),
    ("the organization's trail can be stopped elsewhere alone", telling(
        place(trails=[OF_ORGANIZATION], event_rules=[event_rule(TAKING[TRAILS])]), place("eu-west-1")
    ), "pass"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [
        pytest.param(rule_id, *case[1:], id=f"{rule_id}: {case[0]}")
        for cases in (CHAINS, TABLES)
        for rule_id in cases
        for case in cases[rule_id]
    ],
)
def test_cases(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


@pytest.mark.parametrize("rule_id", TABLES)
def test_each_has_its_control_of_both_versions(rule_id: str) -> None:
    found = [each for each in RULES[rule_id].controls if each.framework == "CIS AWS Foundations"]

    assert sorted(each.version for each in found) == ["5.0.0", "7.0.0"]
    # The numbers of version 7 are those of version 5, one chapter on.
    assert len({each.control.partition(".")[2] for each in found}) == 1
    assert {each.control.partition(".")[0] for each in found} == {"4", "5"}


def test_the_filter_of_one_control_is_not_that_of_another() -> None:
    passing = {
        (wanted, given)
        for wanted in TABLES
        for given in TABLES
        if verdict(wanted, searched(BENCHMARK[given])) == "pass"
    }

    assert passing == {(rule_id, rule_id) for rule_id in TABLES}


def test_a_region_that_the_owner_does_not_watch_is_left_alone() -> None:
    facts = two_regions(TAKING[KEYS], HOME)

    assert verdict(KEYS, facts, declared={"regions": [HOME]}) == "pass"


@pytest.mark.parametrize(
    ("membership", "severity"),
    [
        ({"kind": "organization", "id": "o-1", "management_account": OWN}, "medium"),
        ({"kind": "organization", "id": "o-1", "management_account": "999988887777"}, "low"),
        (None, "low"),
        (gap("organizations:DescribeOrganization"), "medium"),
    ],
)
def test_the_organization_is_changed_in_its_management_account(membership: Json | None, severity: str) -> None:
    facts = home() | {"organization": {"membership": membership}}

    assert only_finding(ORGANIZATIONS, facts).severity == severity


def test_the_finding_says_which_link_is_broken() -> None:
    found = only_finding(NO_MFA, searched(BENCHMARK[NO_MFA], alarms=[alarm(actions_enabled=False)]))

    assert found.message == (
        f"Nobody is told of ConsoleLogin without MFA in {HOME}. "
        "The alarm calls tells nobody. Its actions are switched off. "
        f"No rule of {HOME} takes it."
    )
    assert found.evidence["broken_links"] == ["alarm:actions-off", "rule:none"]
