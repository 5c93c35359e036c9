"""Principals and credentials of the demo account, in the shapes that AWS answers with."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from guardrift.demo import policies
from guardrift.demo.roles import SERVICE_LINKED_PATH, SERVICE_LINKED_ROLE, SSO_PATH, SSO_ROLE
from guardrift.demo.setting import ACCOUNT_ID
from tests.demo.reading import AT


@pytest.fixture
def users(account: dict[str, Any]) -> dict[str, Any]:
    return {user["UserName"]: user for user in account["details"]["UserDetailList"]}


@pytest.fixture
def roles(account: dict[str, Any]) -> dict[str, Any]:
    return {role["RoleName"]: role for role in account["details"]["RoleDetailList"]}


@pytest.fixture
def report(account: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {row["user"]: row for row in csv.DictReader(io.StringIO(account["report"]))}


def test_the_caller_is_the_audit_role_of_the_demo_account(account: dict[str, Any], roles: dict[str, Any]) -> None:
    identity = account["identity"]
    assert identity["Account"] == ACCOUNT_ID
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/guardrift-audit/demo"
    assert identity["UserId"].split(":")[0] == roles["guardrift-audit"]["RoleId"]


def test_users_show_their_boundaries(users: dict[str, Any]) -> None:
    bounded = {name: user["PermissionsBoundary"] for name, user in users.items() if "PermissionsBoundary" in user}
    assert bounded == {
        "bounded-admin": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policies.BOUNDARY}
    }


def test_attached_and_bounding_policies_come_with_documents(account: dict[str, Any]) -> None:
    by_arn = {policy["Arn"]: policy for policy in account["details"]["Policies"]}
    principals = [
        *account["details"]["UserDetailList"],
        *account["details"]["RoleDetailList"],
        *account["details"]["GroupDetailList"],
    ]
    attached = {policy["PolicyArn"] for principal in principals for policy in principal["AttachedManagedPolicies"]}
    assert attached | {policies.BOUNDARY} == set(by_arn)
    administrator = by_arn[policies.ADMINISTRATOR]
    (version,) = administrator["PolicyVersionList"]
    assert version["IsDefaultVersion"]
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert administrator["PolicyName"] == "AdministratorAccess"
    assert by_arn[policies.BOUNDARY]["PermissionsBoundaryUsageCount"] == 1


def test_the_namesake_only_lists_buckets(account: dict[str, Any], users: dict[str, Any]) -> None:
    (attached,) = users["bucket-lister"]["AttachedManagedPolicies"]
    assert attached == {"PolicyName": "AdministratorAccess", "PolicyArn": policies.NAMESAKE}
    (policy,) = (policy for policy in account["details"]["Policies"] if policy["Arn"] == policies.NAMESAKE)
    (statement,) = policy["PolicyVersionList"][0]["Document"]["Statement"]
    assert statement["Action"] == ["s3:ListAllMyBuckets", "s3:ListBucket"]


def test_the_middle_role_trusts_one_of_the_two_agents(users: dict[str, Any], roles: dict[str, Any]) -> None:
    wanted = {
        name: users[name]["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]
        for name in ("build-agent", "report-agent")
    }
    assert {statement["Action"] for statement in wanted.values()} == {"sts:AssumeRole"}
    assert wanted["build-agent"]["Resource"] == roles["release-runner"]["Arn"]
    assert wanted["report-agent"]["Resource"] == roles["report-runner"]["Arn"]
    (trusted,) = roles["release-runner"]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"AWS": users["build-agent"]["Arn"]}
    (trusted,) = roles["report-runner"]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "states.amazonaws.com"}
    for name in ("release-runner", "report-runner"):
        (policy,) = roles[name]["RolePolicyList"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Action"], statement["Resource"]) == ("iam:AttachRolePolicy", roles[name]["Arn"])


def test_roles_of_aws_stand_under_their_paths(roles: dict[str, Any]) -> None:
    assert roles[SSO_ROLE]["Path"] == SSO_PATH
    assert roles[SSO_ROLE]["Arn"].endswith(f":role{SSO_PATH}{SSO_ROLE}")
    assert roles[SERVICE_LINKED_ROLE]["Path"] == SERVICE_LINKED_PATH


def test_roles_say_when_they_were_last_used(roles: dict[str, Any]) -> None:
    assert roles["bastion-retired"]["RoleLastUsed"]["LastUsedDate"] == (AT - timedelta(days=380)).isoformat()
    assert roles["quarantine-responder"]["RoleLastUsed"] == {}


def test_an_instance_profile_belongs_to_no_instance(account: dict[str, Any], roles: dict[str, Any]) -> None:
    (profile,) = roles["bastion-retired"]["InstanceProfileList"]
    instances = [instance for region in account["regions"].values() for instance in region["instances"]]
    assert profile["Arn"] not in {instance.get("IamInstanceProfile", {}).get("Arn") for instance in instances}


def test_unique_ids_have_the_prefixes_of_their_kinds(users: dict[str, Any], roles: dict[str, Any]) -> None:
    assert {user["UserId"][:4] for user in users.values()} == {"AIDA"}
    assert {role["RoleId"][:4] for role in roles.values()} == {"AROA"}
    assert len({user["UserId"] for user in users.values()}) == len(users)


def test_keys_are_listed_with_their_ages(account: dict[str, Any]) -> None:
    (old,) = account["keys"]["nightly-export"]
    assert old["Status"] == "Active"
    assert AT - datetime.fromisoformat(old["CreateDate"]) == timedelta(days=400)
    (retired,) = account["keys"]["retired-batch"]
    assert retired["Status"] == "Inactive"
    assert account["keys"]["support-lead"] == []


def test_the_last_use_of_a_key_agrees_with_the_report(
    account: dict[str, Any], report: dict[str, dict[str, str]]
) -> None:
    (key,) = account["keys"]["parameter-reader"]
    used = account["last_used"][key["AccessKeyId"]]
    row = report["parameter-reader"]
    assert used["LastUsedDate"] == row["access_key_1_last_used_date"] == (AT - timedelta(days=1)).isoformat()
    assert (used["ServiceName"], used["Region"]) == ("ssm", "eu-west-1")
    assert (row["access_key_1_last_used_service"], row["access_key_1_last_used_region"]) == ("ssm", "eu-west-1")


def test_the_report_has_the_columns_of_aws_and_the_root_user(report: dict[str, dict[str, str]]) -> None:
    root = report["<root_account>"]
    assert len(root) == 22
    assert root["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:root"
    assert root["mfa_active"] == "true"
    assert (root["access_key_1_active"], root["access_key_2_active"]) == ("false", "false")
    assert all(None not in row and None not in row.values() for row in report.values())


def test_the_report_tells_used_keys_from_unused_ones(report: dict[str, dict[str, str]]) -> None:
    unused = report["former-contractor"]
    assert (unused["access_key_1_active"], unused["access_key_1_last_used_date"]) == ("true", "N/A")
    assert report["retired-batch"]["access_key_1_active"] == "false"
    assert report["break-glass"]["access_key_1_last_rotated"] == "N/A"


def test_the_report_is_as_old_as_the_demo(
    account: dict[str, Any], users: dict[str, Any], report: dict[str, Any]
) -> None:
    assert account["report_time"] == AT.isoformat()
    assert set(report) == {"<root_account>", *users}


def test_the_summary_says_that_the_root_user_is_protected(account: dict[str, Any]) -> None:
    summary = account["summary"]
    assert summary["AccountMFAEnabled"] == 1
    assert summary["AccountAccessKeysPresent"] == 0
    assert summary["AccountPasswordPresent"] == 1
    assert summary["Users"] == len(account["details"]["UserDetailList"])
