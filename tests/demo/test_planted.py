"""The table and the account agree, both ways: what is written is there, and what is there is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from guardrift.demo.locate import locate
from guardrift.demo.place import Place
from guardrift.demo.planted import BACKGROUND, NOT_PLANTED, PLANTED, faults
from guardrift.demo.policies import ADMINISTRATOR
from guardrift.demo.setting import ACCOUNT_ID, REGIONS
from guardrift.demo.users import BREAK_GLASS
from tests.demo.reading import AT

Seen = set[tuple[str, str | None]]

SEEN_BY_THE_SCANNER = {"account", "instance-profile", "topic", "bucket", "alarm", "finding", "contact"}
"""Kinds of places that test_planted_services looks for."""


def _report(account: dict[str, Any]) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(io.StringIO(account["report"])) if row["user"] != "<root_account>"]


def _active_keys_older_than(account: dict[str, Any], days: int) -> list[dict[str, str]]:
    return [
        row
        for row in _report(account)
        if row["access_key_1_active"] == "true"
        and AT - datetime.fromisoformat(row["access_key_1_last_rotated"]) > timedelta(days=days)
    ]


def _old_keys(account: dict[str, Any]) -> Seen:
    return {(row["user"], None) for row in _active_keys_older_than(account, 90)}


def _unused_keys(account: dict[str, Any]) -> Seen:
    rows = _active_keys_older_than(account, 45)
    return {(row["user"], None) for row in rows if row["access_key_1_last_used_date"] == "N/A"}


def _passwords_alone(account: dict[str, Any]) -> Seen:
    rows = _report(account)
    return {(row["user"], None) for row in rows if (row["password_enabled"], row["mfa_active"]) == ("true", "false")}


def _administrators(account: dict[str, Any]) -> Seen:
    details = account["details"]
    groups = {group["GroupName"]: group["AttachedManagedPolicies"] for group in details["GroupDetailList"]}
    found: Seen = set()
    for user in details["UserDetailList"]:
        inline = [s for policy in user["UserPolicyList"] for s in policy["PolicyDocument"]["Statement"]]
        attached = [*user["AttachedManagedPolicies"], *(p for group in user["GroupList"] for p in groups[group])]
        allowed = ADMINISTRATOR in {policy["PolicyArn"] for policy in attached} or "*:*" in [
            s["Action"] for s in inline
        ]
        denied = ("Deny", "iam:*") in [(statement["Effect"], statement["Action"]) for statement in inline]
        if allowed and not denied and "PermissionsBoundary" not in user and user["UserName"] != BREAK_GLASS:
            found.add((user["UserName"], None))
    return found


def _nearly_administrators(account: dict[str, Any]) -> Seen:
    """Users of AWS's AdministratorAccess less IAM."""
    found: Seen = set()
    for user in account["details"]["UserDetailList"]:
        attached = {policy["PolicyArn"] for policy in user["AttachedManagedPolicies"]}
        if ADMINISTRATOR in attached and ("Deny", "iam:*") in [(s["Effect"], s["Action"]) for s in _inline(user)]:
            found.add((user["UserName"], None))
    return found


def _inline(principal: dict[str, Any]) -> list[dict[str, Any]]:
    embedded = principal.get("UserPolicyList", principal.get("RolePolicyList", ()))
    return [statement for policy in embedded for statement in policy["PolicyDocument"]["Statement"]]


def _escalating(account: dict[str, Any]) -> Seen:
    roles = account["details"]["RoleDetailList"]
    direct = {
        role["Arn"]: role
        for role in roles
        for statement in _inline(role)
        if "iam:AttachRolePolicy" in statement["Action"]
        and statement["Resource"] in ("*", role["Arn"])
        and "Condition" not in statement
    }
    assuming = {
        (user["UserName"], None)
        for user in account["details"]["UserDetailList"]
        for statement in _inline(user)
        if statement["Action"] == "sts:AssumeRole" and statement["Resource"] in direct
        if direct[statement["Resource"]]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        == {"AWS": user["Arn"]}
    }
    return {(role["RoleName"], None) for role in direct.values()} | assuming | _nearly_administrators(account)


def _owning_services(account: dict[str, Any]) -> Seen:
    wide = {
        (role["RoleName"], None)
        for role in account["details"]["RoleDetailList"]
        for statement in _inline(role)
        if statement["Resource"] == "*" and any(action.endswith(":*") for action in statement["Action"])
    }
    return wide | _nearly_administrators(account)


def _admitting_themselves(account: dict[str, Any]) -> Seen:
    return {
        (role["RoleName"], None)
        for role in account["details"]["RoleDetailList"]
        if role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] in ("*", {"AWS": "*"})
    }


def _idle(account: dict[str, Any]) -> Seen:
    def last(role: dict[str, Any]) -> str:
        return str(role.get("RoleLastUsed", {}).get("LastUsedDate", role["CreateDate"]))

    return {
        (role["RoleName"], None)
        for role in account["details"]["RoleDetailList"]
        if AT - datetime.fromisoformat(last(role)) > timedelta(days=90)
    }


def _trusting(principal: str) -> Callable[[dict[str, Any]], Seen]:
    def find(account: dict[str, Any]) -> Seen:
        trusts = {
            role["RoleName"]: role["AssumeRolePolicyDocument"]["Statement"][0]
            for role in account["details"]["RoleDetailList"]
        }
        return {
            (name, None)
            for name, trust in trusts.items()
            if trust["Principal"] in (principal, {"AWS": principal}) and "Condition" not in trust
        }

    return find


def _instances(account: dict[str, Any]) -> Seen:
    return {
        (instance["Tags"][0]["Value"], region)
        for region, facts in account["regions"].items()
        for instance in facts["instances"]
        if instance["MetadataOptions"]["HttpTokens"] == "optional" and instance["State"]["Name"] != "terminated"
    }


def _templates(account: dict[str, Any]) -> Seen:
    found: Seen = set()
    for region, facts in account["regions"].items():
        images = {image["ImageId"]: image.get("ImdsSupport") for image in facts["images"]}
        for version in facts["templates"]:
            data = version["LaunchTemplateData"]
            by_image = "required" if images[data["ImageId"]] == "v2.0" else "optional"
            by_region = facts["imds_defaults"].get("HttpTokens", by_image)
            if version["DefaultVersion"] and data.get("MetadataOptions", {}).get("HttpTokens", by_region) != "required":
                found.add((version["LaunchTemplateName"], region))
    return found


def _loose_defaults(account: dict[str, Any]) -> Seen:
    regions = account["regions"].items()
    return {(region, region) for region, facts in regions if facts["imds_defaults"].get("HttpTokens") != "required"}


def _unenforced(account: dict[str, Any]) -> Seen:
    regions = account["regions"].items()
    return {(name, name) for name, facts in regions if facts["imds_defaults"].get("HttpTokensEnforced") != "enabled"}


def _trails(is_wrong: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], Seen]:
    def find(account: dict[str, Any]) -> Seen:
        return {
            (found["trail"]["Name"], region)
            for region, facts in account["regions"].items()
            for found in facts["trails"]
            if is_wrong(found["status"])
        }

    return find


def _unwatched(account: dict[str, Any]) -> Seen:
    return {
        (region, region)
        for region, facts in account["regions"].items()
        if not any(detector["Status"] == "ENABLED" for detector in facts["detectors"])
    }


WRONG: dict[str, Callable[[dict[str, Any]], Seen]] = {
    "imds-v1-instance": _instances,
    "imds-v1-launch-template": _templates,
    "imds-account-default": _loose_defaults,
    "imds-not-enforced": _unenforced,
    "iam-access-key-age": _old_keys,
    "iam-access-key-never-used": _unused_keys,
    "iam-console-user-without-mfa": _passwords_alone,
    "iam-user-admin": _administrators,
    "iam-privilege-escalation": _escalating,
    "iam-wildcard-write": _owning_services,
    "iam-can-stop-detection": _nearly_administrators,
    "iam-role-cycle": _admitting_themselves,
    "iam-role-unused": _idle,
    "iam-role-trust-anyone": _trusting("*"),
    "iam-role-trust-foreign-account": _trusting("arn:aws:iam::444455556666:root"),
    "trail-stopped": _trails(lambda status: not status["IsLogging"]),
    "trail-delivery-failing": _trails(lambda status: bool(status.get("LatestDeliveryError"))),
    "guardduty-off": _unwatched,
}


@pytest.mark.parametrize("rule_id", sorted(WRONG))
def test_what_is_wrong_in_the_account_is_what_the_table_says(account: dict[str, Any], rule_id: str) -> None:
    written = [(fault.place.name, fault.place.region) for fault in faults(rule_id)]
    assert written
    assert set(written) == WRONG[rule_id](account)
    assert len(written) == len(set(written))


def test_every_fault_has_a_rule_or_says_why_not() -> None:
    assert len({fault.name for fault in PLANTED}) == len(PLANTED)
    for fault in PLANTED:
        assert (fault.rule_id is None) != (fault.planned is None), fault.name
        # An account cannot be its own twin, but parts of it can: only of one fault nothing is in order.
        assert fault.good_twins or fault.name == "trail-within-reach", fault.name


def test_what_is_in_order_is_no_fault() -> None:
    assert not set(NOT_PLANTED) & {fault.rule_id for fault in PLANTED}


def test_no_twin_is_itself_a_fault_of_the_same_rule() -> None:
    for fault in PLANTED:
        reported = {
            other.place for other in PLANTED if (other.rule_id, other.planned) == (fault.rule_id, fault.planned)
        }
        if fault.rule_id is not None:
            assert not reported & {twin.place for twin in fault.good_twins}, fault.name


def test_every_place_of_the_table_is_in_the_account(session: Any, account: dict[str, Any]) -> None:
    there = _arns(account)
    for place in {place for fault in PLANTED for place in (fault.place, *(twin.place for twin in fault.good_twins))}:
        if place.kind in SEEN_BY_THE_SCANNER:
            continue
        if place.kind == "region":
            assert place.name in REGIONS
        elif place.kind == "subscription":
            endpoints = [found["Endpoint"] for found in account["regions"][place.region]["subscriptions"]]
            assert place.name in endpoints
        else:
            assert locate(session, place) in there


def test_every_resource_of_the_account_is_in_the_table(session: Any, account: dict[str, Any]) -> None:
    places = {place for fault in PLANTED for place in (fault.place, *(twin.place for twin in fault.good_twins))}
    written = {locate(session, place) for place in places}
    unwritten = {arn for arn in _arns(account) if arn not in written}
    assert {arn.rpartition("/")[2] for arn in unwritten} == set(BACKGROUND)


def test_a_place_that_is_not_there_is_not_found(session: Any) -> None:
    for kind in ("instance", "launch-template"):
        with pytest.raises(LookupError):
            locate(session, Place(kind, "nobody", "eu-west-1"))


def _arns(account: dict[str, Any]) -> set[str]:
    details = account["details"]
    arns = {
        principal["Arn"]
        for part in ("UserDetailList", "RoleDetailList", "GroupDetailList")
        for principal in details[part]
    }
    for region, facts in account["regions"].items():
        ec2 = f"arn:aws:ec2:{region}:{ACCOUNT_ID}"
        arns |= {f"{ec2}:instance/{instance['InstanceId']}" for instance in facts["instances"]}
        arns |= {f"{ec2}:launch-template/{version['LaunchTemplateId']}" for version in facts["templates"]}
        arns |= {found["trail"]["TrailARN"] for found in facts["trails"]}
        arns |= {rule["Arn"] for rule in facts["rules"]}
    return arns
