"""Analyzers of IAM Access Analyzer."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, verdict

EXTERNAL, UNUSED = "access-analyzer-external-missing", "access-analyzer-unused-missing"
SERVICE = "access-analyzer.amazonaws.com"
DENIED = gap("accessanalyzer:ListAnalyzers", region="eu-west-1")
NOT_THERE = gap("accessanalyzer:ListAnalyzers", "not_applicable", "eu-west-1")


def analyzer(kind: str = "ACCOUNT", status: str = "ACTIVE") -> Json:
    name = kind.lower()
    arn = f"arn:aws:access-analyzer:eu-west-1:{OWN}:analyzer/{name}"
    return {"arn": arn, "name": name, "type": kind, "status": status}


def alone(*analyzers: Json, **facts: object) -> Json:
    return {"organization": {"membership": None}, "regions": [region(analyzers=analyzers)], **facts}


def role(path: str) -> Json:
    name = "AWSServiceRoleForAccessAnalyzer"
    return {
        "name": name,
        "path": path,
        "arn": f"arn:aws:iam::{OWN}:role{path}{name}",
        "trust": {"Version": "2012-10-17", "Statement": []},
    }


LINKED = role(f"/aws-service-role/{SERVICE}/")
NO_ROLES = gap("iam:GetAccountAuthorizationDetails")
TRUST_ELSEWHERE = gap("organizations:ListAWSServiceAccessForOrganization", "elsewhere")


def member(*analyzers: Json, roles: object = (LINKED,), trusted: object = TRUST_ELSEWHERE) -> Json:
    membership = {"kind": "organization", "id": "o-exampleorg", "management_account": "777788889999"}
    return {
        "organization": {"membership": membership, "trusted_services": trusted},
        "roles": roles,
        "regions": [region(analyzers=analyzers)],
    }


def of_organization(kind: str) -> list[Case]:
    return [
        ("a member whom no analyzer reads, as the missing role tells", member(analyzer(kind), roles=[]), "fail"),
        ("a role that is called so under another path", member(analyzer(kind), roles=[role("/")]), "fail"),
        ("a member that some analyzer reads", member(analyzer(kind)), "unknown"),
        ("a member, roles denied", member(analyzer(kind), roles=NO_ROLES), "unknown"),
        ("an organization without Access Analyzer", member(analyzer(kind), trusted=["sso.amazonaws.com"]), "fail"),
        ("the same, roles denied", member(analyzer(kind), trusted=["sso.amazonaws.com"], roles=NO_ROLES), "fail"),
        ("an organization with Access Analyzer", member(analyzer(kind), trusted=[SERVICE]), "unknown"),
        ("the same, but no analyzer reads this account", member(analyzer(kind), trusted=[SERVICE], roles=[]), "fail"),
        (
            "whether it is in an organization was denied",
            {**alone(analyzer(kind)), "organization": {"membership": gap("organizations:DescribeOrganization")}},
            "unknown",
        ),
    ]


EXTERNALS: list[Case] = [
    ("of the account", alone(analyzer()), "pass"),
    ("of the organization", alone(analyzer("ORGANIZATION")), "pass"),
    ("for unused access only", alone(analyzer("ACCOUNT_UNUSED_ACCESS")), "fail"),
    ("for internal access only", alone(analyzer("ACCOUNT_INTERNAL_ACCESS")), "fail"),
    ("disabled", alone(analyzer(status="DISABLED")), "fail"),
    ("failed", alone(analyzer(status="FAILED")), "fail"),
    ("one failed, one active", alone(analyzer(status="FAILED"), analyzer("ORGANIZATION")), "pass"),
    ("none", alone(), "fail"),
    ("denied", alone(regions=[region(analyzers=DENIED)]), "unknown"),
    ("not in the region", alone(regions=[region(analyzers=NOT_THERE)]), "pass"),
    ("no region was listed", alone(regions=[]), "unknown"),
    ("a member with its own analyzer", member(analyzer()), "pass"),
    *of_organization("ACCOUNT_UNUSED_ACCESS"),
]

ELSEWHERE_ACTIVE = [region("us-east-1", analyzers=[]), region(analyzers=[analyzer("ACCOUNT_UNUSED_ACCESS")])]

UNUSEDS: list[Case] = [
    ("of the account, in one region", alone(regions=ELSEWHERE_ACTIVE), "pass"),
    ("of the organization", alone(analyzer("ORGANIZATION_UNUSED_ACCESS")), "pass"),
    ("for external access only", alone(analyzer()), "fail"),
    ("disabled", alone(analyzer("ACCOUNT_UNUSED_ACCESS", "DISABLED")), "fail"),
    ("none", alone(), "fail"),
    ("denied in one region", alone(regions=[region("us-east-1", analyzers=[]), region(analyzers=DENIED)]), "unknown"),
    (
        "denied in one region, active in another",
        alone(regions=[*ELSEWHERE_ACTIVE, region("eu-west-2", analyzers=DENIED)]),
        "pass",
    ),
    ("not in one region", alone(regions=[region("us-east-1", analyzers=[]), region(analyzers=NOT_THERE)]), "fail"),
    ("other regions not known", alone(other_regions=gap("ec2:DescribeRegions")), "unknown"),
    ("no region was listed", alone(regions=[]), "unknown"),
    *of_organization("ACCOUNT"),
]

TABLES = {EXTERNAL: EXTERNALS, UNUSED: UNUSEDS}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_analyzers(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


def test_what_a_member_cannot_see_does_not_make_a_scan_incomplete() -> None:
    found = only_finding(EXTERNAL, member())

    assert found.evidence["not_collected"] == {
        "api": "accessanalyzer:ListAnalyzers",
        "region": "eu-west-1",
        "status": "elsewhere",
    }


def test_roles_that_were_denied_are_asked_for() -> None:
    found = only_finding(EXTERNAL, member(roles=NO_ROLES))

    assert found.message == "Not decided: iam:GetAccountAuthorizationDetails was denied"


def test_what_other_analyzers_do_is_said_where_there_are_some() -> None:
    unused = only_finding(EXTERNAL, alone(analyzer("ACCOUNT_UNUSED_ACCESS")))
    internal = only_finding(EXTERNAL, alone(analyzer("ACCOUNT_INTERNAL_ACCESS")))

    assert unused.message.endswith("eu-west-1. Those for unused access find other things.")
    assert internal.message.endswith("eu-west-1.")


def test_an_analyzer_that_does_not_run_is_named_and_not_made_again() -> None:
    broken, missing = only_finding(EXTERNAL, alone(analyzer(status="FAILED"))), only_finding(EXTERNAL, alone())

    assert broken.message.endswith("account is FAILED.")
    assert broken.remediation.commands == broken.remediation.undo == ()
    assert missing.remediation.undo == (
        "aws accessanalyzer delete-analyzer --analyzer-name external-access --region=eu-west-1",
    )
    assert missing.remediation.commands == (
        "aws accessanalyzer create-analyzer --analyzer-name external-access --type ACCOUNT --region=eu-west-1",
    )
