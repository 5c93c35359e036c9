"""The protection features of a detector."""

from __future__ import annotations

from typing import get_args

import pytest
from botocore.session import get_session

from guardrift.configuration import parse, settings
from rules import RULES
from rules.guardduty.features import Feature
from scanner.errors import UsageError
from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict

RULE = "guardduty-features-off"


def detector(status: str = "ENABLED", administrator: Json | None = None, **features: str) -> Json:
    named = [{"name": name, "status": state} for name, state in features.items()]
    return {
        "id": "d1",
        "arn": f"arn:aws:guardduty:eu-west-1:{OWN}:detector/d1",
        "detail": {"kind": "detector", "status": status, "features": named},
        "administrator": administrator,
    }


def watched(status: str = "ENABLED", **features: str) -> Json:
    return regions(region(detectors=[detector(status, None, **features)]))


ON, OFF = "ENABLED", "DISABLED"
UNREAD = {**detector(), "detail": gap("guardduty:GetDetector", region="eu-west-1")}

CASES: list[Case] = [
    ("all that the region has are on", watched(CLOUD_TRAIL=ON, S3_DATA_EVENTS=ON, LAMBDA_NETWORK_LOGS=ON), "pass"),
    ("one is off", watched(CLOUD_TRAIL=ON, S3_DATA_EVENTS=OFF, LAMBDA_NETWORK_LOGS=ON), "fail"),
    ("the region has none of them", watched(CLOUD_TRAIL=ON, DNS_LOGS=ON, FLOW_LOGS=ON), "pass"),
    ("only the older runtime monitoring is off", watched(RUNTIME_MONITORING=ON, EKS_RUNTIME_MONITORING=OFF), "pass"),
    ("the older runtime monitoring alone is on", watched(RUNTIME_MONITORING=OFF, EKS_RUNTIME_MONITORING=ON), "fail"),
    ("a feature that nobody asks for is off", watched(CLOUD_TRAIL=ON, AI_ANALYST=OFF), "pass"),
    ("a feature in a state that is not known", watched(S3_DATA_EVENTS="PENDING"), "fail"),
    ("the answer names no features", watched(), "unknown"),
    ("suspended, which is another finding", watched("DISABLED", S3_DATA_EVENTS=OFF), ""),
    ("no detector, which is another finding", regions(region(detectors=[])), ""),
    ("detail denied", regions(region(detectors=[UNREAD])), "unknown"),
    ("list denied", regions(region(detectors=gap("guardduty:ListDetectors"))), "unknown"),
    ("no GuardDuty in the region", regions(region(detectors=gap("guardduty:ListDetectors", "not_applicable"))), ""),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_features(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_features_that_see_stolen_credentials_weigh_more() -> None:
    objects = only_finding(RULE, watched(S3_DATA_EVENTS=OFF, EKS_AUDIT_LOGS=OFF))
    clusters = only_finding(RULE, watched(S3_DATA_EVENTS=ON, EKS_AUDIT_LOGS=OFF))

    assert (objects.severity, clusters.severity) == ("high", "medium")
    assert objects.evidence["material"] == ["feature-off:EKS_AUDIT_LOGS", "feature-off:S3_DATA_EVENTS"]
    settings = "Name=EKS_AUDIT_LOGS,Status=ENABLED Name=S3_DATA_EVENTS,Status=ENABLED"
    assert objects.remediation.commands == (
        f"aws guardduty update-detector --features {settings} --detector-id=d1 --region=eu-west-1",
    )


def test_a_member_is_given_no_command_that_its_administrator_has_to_run() -> None:
    above: Json = {"kind": "administrator", "account_id": "555566667777", "status": "Enabled"}
    found = only_finding(RULE, regions(region(detectors=[detector(administrator=above, S3_DATA_EVENTS=OFF)])))

    assert found.remediation.commands == ()


def test_the_older_runtime_monitoring_has_to_go_first() -> None:
    found = only_finding(RULE, watched(RUNTIME_MONITORING=OFF, EKS_RUNTIME_MONITORING=ON, S3_DATA_EVENTS=OFF))

    assert "covers EKS only" in found.message
    assert "RUNTIME_MONITORING" not in found.remediation.commands[0]


def test_other_features_can_be_asked_for() -> None:
    facts = watched(S3_DATA_EVENTS=OFF, RDS_LOGIN_EVENTS=ON)

    assert verdict(RULE, facts, features=["RDS_LOGIN_EVENTS"]) == "pass"
    assert verdict(RULE, facts, features=["RDS_LOGIN_EVENTS", "S3_DATA_EVENTS"]) == "fail"


def test_the_newer_runtime_monitoring_does_what_the_older_did() -> None:
    older = ["EKS_RUNTIME_MONITORING"]

    newer_alone = watched(RUNTIME_MONITORING=ON, EKS_RUNTIME_MONITORING=OFF)
    assert verdict(RULE, newer_alone, features=older) == "pass"
    assert verdict(RULE, watched(RUNTIME_MONITORING=OFF, EKS_RUNTIME_MONITORING=OFF), features=older) == "fail"


@pytest.mark.parametrize("features", [["S3_DATA_EVENT"], [""], ["x"], ["CLOUD_TRAIL"], []])
def test_a_feature_that_there_is_not_is_refused(features: list[str]) -> None:
    """It would never be found off."""
    with pytest.raises(UsageError, match=r"guardduty-features-off.params: .*features"):
        settings(parse(f"[rules.{RULE}.params]\nfeatures = {features}\n", "here"), RULES, "here")


def test_the_features_are_those_of_the_api() -> None:
    model = get_session().get_service_model("guardduty")

    assert sorted(get_args(Feature)) == sorted(model.shape_for("DetectorFeature").enum)


TABLES = {RULE: CASES}
