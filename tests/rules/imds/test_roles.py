"""The roles that instances carry, and instances without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import Case, Json, allow, gap, only_finding, region, regions, verdict
from tests.rules.holding import administrator, role
from tests.rules.imds.hosts import account_of, host, hosts, network, profile, profile_arn

WIDE, BARE = "instance-role-too-wide", "instance-without-profile"
APP: dict[str, Any] = {"instance_profile": profile_arn("app")}
ADDRESS: dict[str, Any] = {"addresses": ["198.51.100.7"]}
ADMIN = administrator("app", "ec2")
PLAIN = role("app", "ec2", allow("s3:GetObject", "arn:aws:s3:::assets/*"))
ESCALATES = role("app", "ec2", allow("iam:PutRolePolicy"))
MODERN = host(tokens="required", **APP)
NETWORK_DENIED: dict[str, Any] = {part: gap("any:Thing") for part in network()}
DENIED_ROLES = gap("iam:GetAccountAuthorizationDetails")

WIDES: list[Case] = [
    ("an administrator", account_of(hosts(MODERN), ADMIN), "fail"),
    ("one that can make itself an administrator", account_of(hosts(MODERN), ESCALATES), "fail"),
    ("a plain role", account_of(hosts(MODERN), PLAIN), "pass"),
    ("stopped", account_of(hosts(MODERN | {"state": "stopped"}), ADMIN), "fail"),
    ("terminated", account_of(hosts(MODERN | {"state": "terminated"}), ADMIN), ""),
    ("an administrator that no instance carries", account_of(hosts(host(tokens="required")), ADMIN), ""),
    ("an empty profile", account_of(hosts(MODERN), ADMIN, profiles=[profile("app")]), ""),
    ("a profile that was deleted", account_of(hosts(MODERN), ADMIN, profiles=[]), ""),
    ("answers IMDSv1 and is reached: told already", account_of(hosts(host(**APP, **ADDRESS)), ADMIN), "pass"),
    ("answers IMDSv1 when it runs", account_of(hosts(host(**APP, **ADDRESS, state="stopped")), ADMIN), "fail"),
    ("answers IMDSv1, hidden", account_of(hosts(host(**APP)), ADMIN), "fail"),
    ("requires tokens, reached", account_of(hosts(MODERN | ADDRESS), ADMIN), "fail"),
    (
        "one told already, one not",
        account_of(hosts(host(**APP, **ADDRESS), MODERN | {"id": "i-0b"}), ADMIN),
        "fail",
    ),
    (
        "reach not known, so that nothing was told",
        account_of(hosts(host(**APP), **NETWORK_DENIED), ADMIN),
        "fail",
    ),
    ("roles denied", account_of(hosts(MODERN), profiles=[profile("app", "app")], roles=DENIED_ROLES), "unknown"),
    (
        "profiles denied, the role names them itself",
        account_of(
            hosts(MODERN), ADMIN | {"instance_profiles": ["app"]}, instance_profiles=gap("iam:ListInstanceProfiles")
        ),
        "fail",
    ),
    ("profiles denied", account_of(hosts(MODERN), ADMIN, instance_profiles=gap("iam:ListInstanceProfiles")), "unknown"),
    (
        "customer policies denied",
        account_of(
            hosts(MODERN), role("app", "ec2", attached=("arn:aws:iam::111122223333:policy/x",)), policies=DENIED_ROLES
        ),
        "unknown",
    ),
    ("instances denied", account_of(regions(region(instances=gap("ec2:DescribeInstances"))), ADMIN), "unknown"),
    ("no region was listed", account_of(regions(), ADMIN), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WIDES])
def test_wide_roles(facts: Json, expected: str) -> None:
    assert verdict(WIDE, facts) == expected


def test_a_wide_role_that_is_reached_is_worse() -> None:
    stopped = ADDRESS | {"state": "stopped"}
    hidden, asleep, reached = (
        only_finding(WIDE, account_of(hosts(MODERN | more), ADMIN)) for more in ({}, stopped, ADDRESS)
    )

    assert [found.severity for found in (hidden, asleep, reached)] == ["medium", "medium", "high"]
    assert reached.message == (
        "1 instance carries this role, which may do everything, by policy arn:aws:iam::aws:policy/AdministratorAccess; "
        "the internet reaches 1 of them."
    )


def test_a_declared_administrator_is_meant_to_be_one_where_nobody_reaches_it() -> None:
    declared = {"administrators": ["role/app"]}

    assert verdict(WIDE, account_of(hosts(MODERN), ADMIN), declared=declared) == "pass"
    assert verdict(WIDE, account_of(hosts(MODERN | ADDRESS), ADMIN), declared=declared) == "fail"
    assert verdict(WIDE, account_of(hosts(MODERN), ADMIN), declared={"administrators": ["role/ops"]}) == "fail"


def test_only_what_was_not_told_is_listed() -> None:
    found = only_finding(WIDE, account_of(hosts(host(**APP, **ADDRESS), MODERN | {"arn": "arn:b"}), ADMIN))

    assert found.evidence["instances"] == ["arn:b"]
    assert found.severity == "medium"


def test_use_of_services_is_told_where_it_was_asked_for() -> None:
    services = [{"service": "s3", "last_used": "2026-11-01T00:00:00Z"}, {"service": "ec2"}]
    asked = account_of(hosts(MODERN), ADMIN, last_accessed=[{"arn": ADMIN["arn"], "services": services}])

    assert only_finding(WIDE, asked).evidence["services"] == {"allowed": 2, "used": 1}
    assert only_finding(WIDE, account_of(hosts(MODERN), ADMIN)).evidence["services"] is None


def bare(setting: object, **facts: Any) -> Json:
    return regions(region(instances=[host(**facts)], host_management=setting))


def setting(value: str, status: str = "Customized") -> Json:
    return {"kind": "service-setting", "value": value, "status": status}


BARES: list[Case] = [
    ("no profile, no setting", bare(None), "fail"),
    ("no profile, the setting is empty", bare(setting("$None", "Default")), "fail"),
    (
        "no profile, a role for all",
        bare(setting("service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole")),
        "pass",
    ),
    ("a profile", bare(None, **APP), "pass"),
    ("a profile, setting denied", bare(gap("ssm:GetServiceSetting"), **APP), "pass"),
    ("no profile, setting denied", bare(gap("ssm:GetServiceSetting")), "unknown"),
    ("no profile, no Systems Manager there", bare(gap("ssm:GetServiceSetting", "not_applicable")), "fail"),
    ("stopped", bare(None, state="stopped"), "fail"),
    ("terminated", bare(None, state="terminated"), ""),
    ("instances denied", regions(region(instances=gap("ec2:DescribeInstances"))), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in BARES])
def test_instances_without_a_role(facts: Json, expected: str) -> None:
    assert verdict(BARE, facts) == expected


TABLES = {WIDE: WIDES, BARE: BARES}
