"""The five known scenarios of stolen credentials, from the first finding to the end, on an account of moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.cli.incident_account import Logs, client, in_moto, write_facts
from tests.policies.execution.incident import OWN, REGION
from tests.policies.findings.samples import event, finding, instance_details, key_details
from tests.policies.planning.shells import Shells
from tests.policies.planning.stored import seen
from tests.policies.seed_cases import CALLER, write

Json = dict[str, Any]
ROLE, USER = "GDWorkshop-EC2-Compromised", "GuardDuty-Example-Compromised-Simulated"
SESSION_KEY, NEXT_KEY = "ASIAEXAMPLESESSION01", "ASIAEXAMPLESESSION02"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
YEAR = datetime.now(UTC).year
REVOKE = "AWSRevokeOlderSessions"


class Incident:
    """The account of the scenarios, and the command on it."""

    def __init__(self, run: Run, work: Path, logs: Logs) -> None:
        self.run, self.work, self.logs = run, work, logs
        self.iam, self.ec2 = client("iam"), client("ec2")
        self.role_id = self.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["RoleId"]
        self.iam.create_instance_profile(InstanceProfileName="web")
        self.iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName=ROLE)
        image = self.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = self.ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "web"},
            MetadataOptions={"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
        )  # fmt: skip
        self.instance = made["Instances"][0]["InstanceId"]
        # Nobody of this name but the role is meant.
        self.iam.create_user(UserName=ROLE)
        self.user_id = self.iam.create_user(UserName=USER)["User"]["UserId"]
        self.keys = [self.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"] for _ in range(2)]

    def exfiltrated(self, **said: Any) -> Json:
        """The finding of the instance's credentials, as EventBridge hands it on."""
        told = key_details(accessKeyId=SESSION_KEY, principalId=f"{self.role_id}:{self.instance}", userName=ROLE)
        resource = {
            "resourceType": "AccessKey",
            "accessKeyDetails": told,
            "instanceDetails": instance_details(instanceId=self.instance, availabilityZone=f"{REGION}a"),
        }
        return event(finding(resource, accountId=OWN, region=REGION, **said))

    def of_user(self) -> Json:
        told = key_details(accessKeyId=self.keys[0], principalId=self.user_id, userName=USER, userType="IAMUser")
        return event(
            finding({"resourceType": "AccessKey", "accessKeyDetails": told}, type=CALLER, accountId=OWN, region=REGION)
        )

    def execute(self, found: Json, *arguments: object) -> Ended:
        path = write(self.work / "finding.json", found)
        snapshot = write_facts(self.work / "facts.json")
        asked = (
            "--finding",
            path,
            "--snapshot",
            snapshot,
            "--max-age",
            10**5,
            "--execute",
            "--yes",
            "--format",
            "json",
        )
        return self.run("contain", *asked, *arguments)

    @property
    def journals(self) -> list[Path]:
        return sorted((self.work / "guardrift-journal").glob("*.jsonl"))

    def metadata(self) -> tuple[str, int]:
        (held,) = self.ec2.describe_instances(InstanceIds=[self.instance])["Reservations"]
        options = held["Instances"][0]["MetadataOptions"]
        return options["HttpTokens"], options["HttpPutResponseHopLimit"]

    def long_ago(self, journal: Path) -> None:
        """All of it happened a year earlier, in the journal and in what is stored."""
        journal.write_text(journal.read_text().replace(f"{YEAR}-", f"{YEAR - 1}-"))
        for name in self.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
            document = json.dumps(self.iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"])
            earlier = document.replace(f'"{YEAR}-', f'"{YEAR - 1}-')
            self.iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=earlier)
        for tag in self.iam.list_role_tags(RoleName=ROLE)["Tags"]:
            earlier = tag["Value"].replace(f" {YEAR}-", f" {YEAR - 1}-")
            self.iam.tag_role(RoleName=ROLE, Tags=[{"Key": tag["Key"], "Value": earlier}])

    def session_event(self, key: str, created: str) -> Json:
        """AWS hands the instance a key."""
        return {
            "eventName": "AssumeRole", "eventTime": created, "eventID": key, "awsRegion": REGION,
            "eventSource": "sts.amazonaws.com",
            "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
            "requestParameters": {"roleArn": f"arn:aws:iam::{OWN}:role/{ROLE}", "roleSessionName": self.instance},
            "responseElements": {"credentials": {"accessKeyId": key, "expiration": "Nov 22, 2030, 9:00:00 AM"}},
        }  # fmt: skip


@pytest.fixture
def incident(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Incident]:
    with in_moto(monkeypatch) as logs:
        yield Incident(run, work, logs)


def checks(told: Json) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in told["checks"]:
        found.setdefault(each["name"], set()).add(each["verdict"])
    return found


def test_the_credentials_of_an_instance_are_used_elsewhere(incident: Incident) -> None:
    """From the finding to the revocation, the way closed, and the rotation looked at."""
    before = seen()
    ended = incident.execute(incident.exfiltrated(), "--close-path")

    told = json.loads(ended.out)
    assert (ended.code, told["state"], told["verification"]) == (0, "applied", "unverified"), ended.err
    policies = incident.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    assert len(policies) in (1, 2)
    assert incident.iam.list_user_policies(UserName=ROLE)["PolicyNames"] == []
    assert incident.metadata() == ("required", 1)
    assert checks(told)["rotation"] == {"unknown"}
    assert any("stop-instances" in command for each in told["checks"] for command in each.get("todo", ()))

    # Hours later the instance has another key.
    (journal,) = incident.journals
    incident.long_ago(journal)
    issued = incident.session_event(NEXT_KEY, f"{YEAR - 1}-12-31T23:59:59Z")
    incident.logs.events.append({"by": ("ResourceName", incident.instance), "event": issued})
    again = json.loads(incident.run("contain", "--verify", journal, "--format", "json").out)
    assert checks(again)["rotation"] == {"holds"}

    undone = incident.run("contain", "--rollback", journal, "--yes")
    assert (undone.code, "metadata options" in undone.out) == (1, True)
    undone = incident.run("contain", "--rollback", journal, "--yes", "--force")
    assert undone.code == 0, undone.out
    assert (seen(), incident.metadata()) == (before, ("optional", 2))


def test_a_second_finding_of_a_role_without_room(incident: Incident) -> None:
    """The variant with a managed policy, which fails at its second finding where the policy is there already."""
    filler = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{'x' * 10_100}"}],
    }
    incident.iam.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=json.dumps(filler))
    before = seen()

    first = incident.execute(incident.exfiltrated())
    second = incident.execute(incident.exfiltrated(updatedAt="2026-11-20T23:41:02Z"))

    assert (first.code, second.code) == (0, 0), second.err
    (attached,) = incident.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    versions = incident.iam.list_policy_versions(PolicyArn=attached["PolicyArn"])["Versions"]
    assert attached["PolicyName"].startswith("ir-")
    assert 1 <= len(versions) <= 2
    for journal in reversed(incident.journals):
        incident.run("contain", "--rollback", journal, "--yes", "--force")
    incident.run("contain", "--rollback", incident.journals[0], "--yes", "--force")
    assert seen() == before


def test_the_key_of_a_user_leaks(incident: Incident) -> None:
    """Both keys, a quarantine for the sessions that were made of them, and nothing deleted."""
    before = seen()
    ended = incident.execute(incident.of_user())

    assert (ended.code, json.loads(ended.out)["state"]) == (0, "applied"), ended.err
    statuses = incident.iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert {each["AccessKeyId"]: each["Status"] for each in statuses} == dict.fromkeys(incident.keys, "Inactive")
    (name,) = incident.iam.list_user_policies(UserName=USER)["PolicyNames"]
    (statement,) = incident.iam.get_user_policy(UserName=USER, PolicyName=name)["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"], "Condition" in statement) == ("Deny", "*", False)

    (journal,) = incident.journals
    assert incident.run("contain", "--rollback", journal, "--yes").code == 1
    assert incident.iam.list_user_policies(UserName=USER)["PolicyNames"] == [name]
    assert incident.run("contain", "--rollback", journal, "--yes", "--force").code == 0
    assert seen() == before


def test_what_was_made_to_come_back_is_found_and_taken_away(incident: Incident, shells: Shells) -> None:
    """Persistence: a key, a user, a role that a stranger may assume, a policy on a role."""
    clean = write_facts(incident.work / "clean.json")
    stranger = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}
    foreign = {"Version": "2012-10-17", "Statement": [stranger]}
    admin = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    incident.iam.create_user(UserName="support")
    key = incident.iam.create_access_key(UserName="support")["AccessKey"]["AccessKeyId"]
    incident.iam.create_role(RoleName="helper", AssumeRolePolicyDocument=json.dumps(foreign))
    incident.iam.put_role_policy(RoleName=ROLE, PolicyName="extra", PolicyDocument=json.dumps(admin))
    assert incident.execute(incident.exfiltrated()).code == 0
    now = write_facts(incident.work / "now.json")

    text = incident.run("contain", "--status", "--snapshot", now, "--since", clean)
    told = json.loads(incident.run("contain", "--status", "--snapshot", now, "--since", clean, "--format", "json").out)

    assert text.code in (0, 3), text.err
    for named in ("support", "helper", "extra", key):
        assert named in text.out
    remnants = told["eradication"]["remnants"]
    commands = [command for each in remnants for command in (*each.get("hold", ()), *each.get("remove", ()))]
    assert not any(REVOKE in command and ROLE in command for command in commands)
    for command in commands:
        shells.run(command)
    assert incident.iam.list_role_policies(RoleName=ROLE)["PolicyNames"] != []
    assert "extra" not in incident.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    assert {each["UserName"] for each in incident.iam.list_users()["Users"]} == {ROLE, USER}
    assert {each["RoleName"] for each in incident.iam.list_roles()["Roles"]} == {ROLE}


@pytest.fixture
def shells(incident: Incident) -> Shells:
    return Shells(incident.work)
