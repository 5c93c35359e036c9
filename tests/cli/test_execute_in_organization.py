"""`guardrift contain --execute` on a member account, whose organization only other credentials can read and change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from guardrift.incident_facts import INCIDENT_FACTS
from scanner.collect.account import Scope, collect
from scanner.snapshot import encode
from tests.cli.conftest import Run
from tests.cli.incident_account import in_moto
from tests.cli.test_execute import TRUST
from tests.policies.execution.incident import REGION, START

OF_MANAGEMENT = ("--organization-profile", "management")
_MOTO_HAS = {"iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys", "iam:ListInstanceProfiles", "iam:ListRoles"}


class Member:
    """A member account with a role that may change IAM, its snapshot, and the management account."""

    def __init__(self, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.organizations = boto3.client("organizations", region_name=REGION)
        self.organizations.create_organization(FeatureSet="ALL")
        root = self.organizations.list_roots()["Roots"][0]["Id"]
        self.organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        made = self.organizations.create_account(AccountName="member", Email="m@example.com")
        self.id = str(made["CreateAccountStatus"]["AccountId"])
        self._act_in(self.id, work, monkeypatch)
        own = boto3.Session(region_name=REGION)
        self.iam = own.client("iam")
        self.iam.create_role(RoleName="fixer", AssumeRolePolicyDocument=json.dumps(TRUST))
        everything = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        self.iam.put_role_policy(RoleName="fixer", PolicyName="own", PolicyDocument=document)
        wanted = frozenset(each for each in INCIDENT_FACTS if each in _MOTO_HAS or each.startswith("organizations:"))
        found = collect(own, Scope(regions=(REGION,), wanted=wanted), now=START)
        self.snapshot = work / "member.json"
        self.snapshot.write_bytes(encode(found))

    def _act_in(self, account_id: str, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on the environment is of the member, and the profile of the management account."""
        role = f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole"
        found = boto3.client("sts", region_name=REGION).assume_role(RoleArn=role, RoleSessionName="responder")
        profile = work / "credentials"
        profile.write_text("[management]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profile))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", found["Credentials"]["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", found["Credentials"]["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", found["Credentials"]["SessionToken"])

    def policies(self) -> dict[str, list[str]]:
        listed = self.organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        targets = self.organizations.list_targets_for_policy
        return {
            each["Name"]: [one["TargetId"] for one in targets(PolicyId=each["Id"])["Targets"]]
            for each in listed
            if each["Name"].startswith("ir-")
        }

    def inline(self) -> Any:
        return self.iam.list_role_policies(RoleName="fixer")["PolicyNames"]


@pytest.fixture
def member(work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Member]:
    with in_moto(monkeypatch):
        yield Member(work, monkeypatch)


def _asked(member: Member, *more: str) -> tuple[object, ...]:
    facts = ("--snapshot", member.snapshot, "--max-age", 10**5)
    return ("contain", "--role", "fixer", *facts, "--execute", "--yes", *more)


def test_what_only_the_management_account_tells_is_asked_there(member: Member, run: Run, work: Path) -> None:
    ended = run(*_asked(member, *OF_MANAGEMENT))

    assert ended.code == 0, ended.err
    (name,) = member.policies()
    assert member.policies()[name] == [member.id]
    assert len(member.inline()) == 2
    assert "may take the containment off" not in ended.err
    (path,) = (work / "guardrift-journal").glob("*.jsonl")
    assert run("contain", "--verify", path).code == 3
    assert "FAILS" not in run("contain", "--verify", path, *OF_MANAGEMENT).out

    assert run("contain", "--rollback", path, "--yes", "--force").code == 4
    assert list(member.policies()) == [name]
    assert run("contain", "--rollback", path, "--yes", "--force", *OF_MANAGEMENT).code == 0
    assert (member.policies(), member.inline()) == ({}, ["own"])


def test_that_it_may_be_taken_off_again_is_said_with_the_option_that_helps(member: Member, run: Run) -> None:
    ended = run(*_asked(member))

    assert "may take the containment off again" in ended.err
    assert "--organization-profile" in ended.err
    assert member.policies() == {}


def test_credentials_of_another_organization(member: Member, run: Run) -> None:
    other = boto3.client("sts", region_name=REGION).assume_role(
        RoleArn="arn:aws:iam::444455556666:role/admin", RoleSessionName="other"
    )["Credentials"]
    boto3.client(
        "organizations",
        region_name=REGION,
        aws_access_key_id=other["AccessKeyId"],
        aws_secret_access_key=other["SecretAccessKey"],
        aws_session_token=other["SessionToken"],
    ).create_organization(FeatureSet="ALL")

    ended = run(*_asked(member, "--organization-role-arn", "arn:aws:iam::444455556666:role/admin"))

    assert (ended.code, "is not of the organization" in ended.err) == (2, True), ended.err
    assert member.inline() == ["own"]


def test_a_plan_from_a_file_asks_nobody(member: Member, run: Run) -> None:
    ended = run("contain", "--role", "fixer", "--snapshot", member.snapshot, *OF_MANAGEMENT)

    assert (ended.code, "--organization-profile goes with" in ended.err) == (2, True)
