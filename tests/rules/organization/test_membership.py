"""Accounts in and out of an organization, and the management account."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, verdict
from tests.rules.organization.guarded import membership, tree

NONE, SCP, WORKLOADS = "organization-none", "account-cannot-receive-scp", "management-account-workloads"
DENIED = gap("organizations:DescribeOrganization")
DENIED_ROOTS = gap("organizations:ListRoots")


def within(found: object, **facts: object) -> Json:
    return {"organization": {"membership": found, **facts}}


MEMBERSHIPS: list[Case] = [
    ("in an organization", within(membership()), "pass"),
    ("the management account of one", within(membership(OWN)), "pass"),
    ("in none, as AWS says", within(None), "fail"),
    ("denied, which is no absence", within(DENIED), "unknown"),
    ("not asked", {}, "unknown"),
]

RECEIVING: list[Case] = [
    ("a member, all features, the type is on", within(membership(), tree=tree()), "pass"),
    ("the type is off", within(membership(), tree=tree("RESOURCE_CONTROL_POLICY")), "fail"),
    ("consolidated billing only", within(membership(feature_set="CONSOLIDATED_BILLING"), tree=tree()), "fail"),
    ("the management account", within(membership(OWN), tree=tree()), "fail"),
    ("in no organization", within(None, tree=None), "fail"),
    ("features not told", within(membership(feature_set=None), tree=tree()), "unknown"),
    (
        "a member, which may not list roots",
        within(membership(), tree=gap("organizations:ListRoots", "elsewhere")),
        "unknown",
    ),
    ("roots denied", within(membership(), tree=DENIED_ROOTS), "unknown"),
    ("billing only, roots denied", within(membership(feature_set="CONSOLIDATED_BILLING"), tree=DENIED_ROOTS), "fail"),
    ("membership denied", within(DENIED, tree=tree()), "unknown"),
    (
        "units not read, which do not matter",
        within(membership(), tree={**tree(), "units": gap("organizations:ListOrganizationalUnitsForParent")}),
        "pass",
    ),
]


def key(status: str = "Active", user: str = "billing-export") -> Json:
    made = {"id": "AKIAEXAMPLE", "user": user, "status": status, "created": "2026-01-01T00:00:00Z"}
    return {"user": user, "keys": [made]}


def instance(state: str = "running") -> Json:
    return {"id": "i-0a", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0a", "state": state}


def managing(keys: object = (), instances: object = (), management: str = OWN, **facts: object) -> Json:
    return {**within(membership(management)), "access_keys": keys, "regions": [region(instances=instances)], **facts}


DENIED_INSTANCES = gap("ec2:DescribeInstances", region="eu-west-1")

IN_MANAGEMENT: list[Case] = [
    ("empty", managing(), "pass"),
    ("a user with an active key", managing([key()]), "fail"),
    ("a user with an inactive key", managing([key("Inactive")]), "pass"),
    ("a user without a key", managing([{"user": "ann", "keys": []}]), "pass"),
    ("a running instance", managing(instances=[instance()]), "fail"),
    ("a stopped instance", managing(instances=[instance("stopped")]), "fail"),
    ("a terminated instance", managing(instances=[instance("terminated")]), "pass"),
    ("keys denied", managing(gap("iam:ListAccessKeys")), "unknown"),
    ("keys of one user denied", managing([{"user": "ann", "keys": gap("iam:ListAccessKeys")}]), "unknown"),
    ("instances denied", managing(instances=DENIED_INSTANCES), "unknown"),
    ("instances denied, a user with a key", managing([key()], DENIED_INSTANCES), "fail"),
    ("regions not listed", managing(regions=[]), "unknown"),
    ("other regions not known", managing(other_regions=gap("ec2:DescribeRegions")), "unknown"),
    ("a member account, where this is as it should be", managing([key()], [instance()], "777788889999"), ""),
    ("a stand-alone account", {**managing([key()]), **within(None)}, ""),
    ("membership denied", {**managing([key()]), **within(DENIED)}, "unknown"),
]

TABLES = {NONE: MEMBERSHIPS, SCP: RECEIVING, WORKLOADS: IN_MANAGEMENT}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [
        pytest.param(rule_id, *case[1:], id=f"{rule_id}: {case[0]}")
        for rule_id, cases in TABLES.items()
        for case in cases
    ],
)
def test_membership(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


@pytest.mark.parametrize(
    ("facts", "material"),
    [
        (within(None), "scp:no-organization"),
        (within(membership(OWN)), "scp:management"),
        (within(membership(feature_set="CONSOLIDATED_BILLING")), "scp:not-all-features"),
        (within(membership(), tree=tree("TAG_POLICY")), "scp:type-off"),
    ],
)
def test_each_reason_is_evidence_of_its_own(facts: Json, material: str) -> None:
    assert only_finding(SCP, facts).evidence["material"] == [material]


def test_what_only_another_account_can_tell_does_not_make_a_scan_incomplete() -> None:
    found = only_finding(SCP, within(membership(), tree=gap("organizations:ListRoots", "elsewhere")))

    assert found.evidence["not_collected"] == {
        "api": "organizations:ListRoots",
        "region": "global",
        "status": "elsewhere",
    }


def test_what_is_in_the_management_account_is_named() -> None:
    found = only_finding(WORKLOADS, managing([key(), key(user="ci")], [instance()]))

    assert found.message == "The management account has 2 users with active keys and 1 instance."
    assert found.evidence["users"] == ["billing-export", "ci"]
    assert found.evidence["instances"] == ["instance/i-0a"]
    assert found.evidence["material"] == ["management:instances", "management:users"]


def test_only_what_is_there_is_told() -> None:
    user = only_finding(WORKLOADS, managing([key()], DENIED_INSTANCES))
    workload = only_finding(WORKLOADS, managing(instances=[instance()]))

    assert user.message == "The management account has 1 user with an active access key."
    assert user.evidence["material"] == ["management:users"]
    assert workload.message == "The management account has 1 instance."
    assert workload.evidence["material"] == ["management:instances"]


def test_a_user_for_emergencies_is_left_out() -> None:
    facts = managing([key(user="break-glass")])

    assert verdict(WORKLOADS, facts, declared={"break_glass": ["user/break-glass"]}) == "pass"
    assert verdict(WORKLOADS, facts, declared={"break_glass": ["user/other"]}) == "fail"


def test_a_user_with_a_path_is_spared_by_its_own_name() -> None:
    user = {"name": "break-glass", "arn": f"arn:aws:iam::{OWN}:user/ops/break-glass"}
    facts = managing([key(user="break-glass")]) | {"users": [user]}

    assert verdict(WORKLOADS, facts, declared={"break_glass": [user["arn"]]}) == "pass"
    assert verdict(WORKLOADS, facts, declared={"break_glass": ["user/ops/*"]}) == "pass"
