"""What GuardDuty keeps to itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import Case, findings, gap, only_finding, verdict
from tests.rules.alert_path.building import Json, detector, facts, region

SUPPRESSED, TRUSTED, SLOW = (
    "guardduty-credential-findings-suppressed", "guardduty-trusted-list", "guardduty-publishing-slow"
)  # fmt: skip
STOLEN = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
ADDRESS = "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4"
FROM_GATEWAY: dict[str, Any] = {ADDRESS: {"Equals": ["198.51.100.1"]}}
FROM_OTHERS: dict[str, Any] = {ADDRESS: {"NotEquals": ["198.51.100.1"]}}
ADMINISTRATOR = {"kind": "administrator", "account_id": "444455556666", "status": "Enabled"}


def of(**parts: Any) -> Json:
    return facts(region(detectors=[detector(**parts)]))


def archiving(action: str = "ARCHIVE", name: str = "noise", **criterion: Any) -> Json:
    fields = {field.replace("__", "."): condition for field, condition in criterion.items()}
    return {"name": name, "detail": {"kind": "finding-filter", "action": action, "criteria": {"Criterion": fields}}}


def with_filter(action: str = "ARCHIVE", **criterion: Any) -> Json:
    return of(filters=[archiving(action, **criterion)])


def trusting(status: str = "ACTIVE", name: str = "office") -> Json:
    return {"id": "s1", "detail": {"kind": "finding-set", "name": name, "status": status, "location": "s3://lists/a"}}


def publishing(frequency: str | None, **parts: Any) -> Json:
    return of(detail={"kind": "detector", "status": "ENABLED", "publishing_frequency": frequency}, **parts)


TABLES: dict[str, list[Case]] = {
    SUPPRESSED: [
        ("no filters", of(), "pass"),
        ("stolen credentials of everybody", with_filter(type={"Equals": [STOLEN]}), "fail"),
        ("the same with the operators' short names", with_filter(type={"Eq": [STOLEN]}), "fail"),
        ("everything", with_filter(severity={"GreaterThanOrEqual": 0}), "fail"),
        ("it only marks", with_filter("NOOP", type={"Equals": [STOLEN]}), "pass"),
        ("findings of another kind", with_filter(type={"Equals": ["Recon:EC2/Portscan"]}), "pass"),
        ("what is too low to look at", with_filter(severity={"LessThan": 2}), "pass"),
        ("of one role only",
         with_filter(type={"Equals": [STOLEN]}, resource__accessKeyDetails__userName={"Equals": ["web"]}), "fail"),
        ("from one's own gateway, as AWS advises",
         of(filters=[archiving(type={"Equals": [STOLEN]}, **FROM_GATEWAY)]), "pass"),
        ("from everywhere but one address",
         of(filters=[archiving(type={"Equals": [STOLEN]}, **FROM_OTHERS)]), "fail"),
        ("the filters were not read", of(filters=gap("guardduty:ListFilters")), "unknown"),
        ("one filter was not read", of(filters=[{"name": "x", "detail": gap("guardduty:GetFilter")}]), "unknown"),
        ("one was not read, another hides",
         of(filters=[{"name": "x", "detail": gap("guardduty:GetFilter")}, archiving(type={"Equals": [STOLEN]})]),
         "fail"),
        ("another account administers", of(administrator=ADMINISTRATOR), "unknown"),
        ("another account administers, and it hides here",
         of(administrator=ADMINISTRATOR, filters=[archiving(type={"Equals": [STOLEN]})]), "fail"),
        ("who administers was not read", of(administrator=gap("guardduty:GetAdministratorAccount")), "unknown"),
        ("a detector that is suspended", of(detail={"kind": "detector", "status": "DISABLED"}), ""),
    ],
    TRUSTED: [
        ("no lists", of(), "pass"),
        ("a list of addresses", of(trusted_ips=[trusting()]), "fail"),
        ("a list of entities", of(trusted_entities=[trusting()]), "fail"),
        ("a list that is not in effect", of(trusted_ips=[trusting("INACTIVE")]), "pass"),
        ("a list that is about to be", of(trusted_ips=[trusting("ACTIVATING")]), "fail"),
        ("a list of threats", of(threat_ips=[trusting()]), "pass"),
        ("the lists were not read", of(trusted_ips=gap("guardduty:ListIPSets")), "unknown"),
        ("one was not read",
         of(trusted_entities=[{"id": "s", "detail": gap("guardduty:GetTrustedEntitySet")}]), "unknown"),
        ("lists of entities do not exist there",
         of(trusted_entities=gap("guardduty:ListTrustedEntitySets", "not_applicable")), "pass"),
        ("another account administers", of(administrator=ADMINISTRATOR), "unknown"),
        ("who administers was not read", of(administrator=gap("guardduty:GetAdministratorAccount")), "unknown"),
    ],
    SLOW: [
        ("every quarter of an hour", publishing("FIFTEEN_MINUTES"), "pass"),
        ("every hour", publishing("ONE_HOUR"), "fail"),
        ("every six hours", publishing("SIX_HOURS"), "fail"),
        ("AWS does not say", publishing(None), "unknown"),
        ("the detector was not read", of(detail=gap("guardduty:GetDetector")), "unknown"),
        ("another account sets it", publishing("SIX_HOURS", administrator=ADMINISTRATOR), "fail"),
    ],
}  # fmt: skip

CASES = [(rule_id, *case) for rule_id, cases in TABLES.items() for case in cases]


@pytest.mark.parametrize(("rule_id", "_what", "found", "expected"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_verdicts(rule_id: str, _what: str, found: Json, expected: str) -> None:
    assert verdict(rule_id, found) == expected


def test_a_filter_is_told_with_what_it_hides() -> None:
    found = only_finding(SUPPRESSED, with_filter(type={"Equals": [STOLEN]}))

    assert found.severity == "high"
    assert found.message == "In eu-west-1 the filter noise archives findings of UnauthorizedAccess:IAMUser."
    assert found.evidence["material"] == [f"archives:noise:{STOLEN}"]
    place = "--detector-id=d1 --region=eu-west-1"
    update = "aws guardduty update-filter --action"
    assert found.remediation.commands == (f"{update} NOOP --filter-name=noise {place}",)
    assert found.remediation.undo == (f"{update} ARCHIVE --filter-name=noise {place}",)


def test_a_filter_for_some_weighs_less() -> None:
    user = {"Equals": ["web"]}
    found = only_finding(SUPPRESSED, with_filter(type={"Equals": [STOLEN]}, resource__accessKeyDetails__userName=user))

    assert found.severity == "medium"
    assert found.message.endswith("only those with certain values of resource.accessKeyDetails.userName.")


def test_a_filter_for_the_lowest_weighs_least() -> None:
    found = only_finding(SUPPRESSED, with_filter(severity={"LessThan": 4}))

    assert found.severity == "low"
    assert "Policy:IAMUser" in found.message


def test_lists_are_told_with_their_place() -> None:
    found = only_finding(TRUSTED, of(trusted_ips=[trusting()]))

    assert found.severity == "medium"
    assert "office (s3://lists/a). What these lists hold was not read." in found.message
    assert found.remediation.commands == (
        "aws guardduty update-ip-set --ip-set-id=s1 --detector-id=d1 --region=eu-west-1 --no-activate",
    )


def test_lists_that_somebody_reviewed_are_left_alone() -> None:
    found = of(trusted_ips=[trusting()], trusted_entities=[trusting(name="vendors")])

    assert verdict(TRUSTED, found, accepted=["office", "vendors"]) == "pass"
    (left,) = findings(TRUSTED, found, accepted=["office"])
    assert left.evidence["material"] == ["trusted-entities:vendors"]


@pytest.mark.parametrize(("frequency", "severity"), [("SIX_HOURS", "high"), ("ONE_HOUR", "medium")])
def test_six_hours_weigh_more_than_one(frequency: str, severity: str) -> None:
    assert only_finding(SLOW, publishing(frequency)).severity == severity


def test_members_are_sent_to_their_administrator() -> None:
    found = only_finding(SLOW, publishing("SIX_HOURS", administrator=ADMINISTRATOR))

    assert found.message.endswith("The account 444455556666 sets it.")
    assert found.remediation.commands == ()
