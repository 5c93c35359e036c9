"""Five known scenarios of stolen credentials, each from its finding to the plan that stops the thief.

What the automation of each is known to get wrong is what the plan must get right.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from guardrift.cli.incident_plans import plans_of_incident
from guardrift.cli.suspects import Suspect, suspects_of_findings, together
from policies.dispatch import Circumstances
from policies.findings import read_findings
from policies.planning import PHASES, Plan, runbook
from scanner.inventory import Account
from tests.accounts import OWN, allow, policy, region, regions
from tests.cli.fake_aws import run_in_shell
from tests.policies.findings.samples import pascal
from tests.policies.seed_cases import (
    AT,
    INSTANCE,
    NEXT_SESSION_KEY,
    OTHER_INSTANCE,
    ROLE,
    ROLE_ARN,
    ROLE_ID,
    SECOND_KEY,
    SESSION_KEY,
    SIMULATED,
    SIMULATED_ID,
    SIMULATED_KEY,
    TEST_ID,
    TEST_KEY,
    compromised_role,
    exfiltrated,
    instance,
    of_instance,
    of_role,
    of_user,
    scenario,
)

TWO_INSTANCES = regions(region("eu-west-1", instances=[instance(INSTANCE), instance(OTHER_INSTANCE)]))


def plans(told: object, account: Account | None = None, cutoff: datetime | None = None) -> list[Plan]:
    suspects = together(tuple(suspects_of_findings(read_findings(json.dumps(told).encode()))))

    def circumstances(suspect: Suspect) -> Circumstances:
        return Circumstances(at=AT, is_finding=True, is_sample=suspect.is_sample, is_archived=suspect.is_archived)

    return plans_of_incident(suspects, account or scenario(), circumstances, cutoff)


def only_plan(told: object, account: Account | None = None, cutoff: datetime | None = None) -> Plan:
    (found,) = plans(told, account, cutoff)
    return found


def steps_before(plan: Plan, action: str) -> list[str]:
    """The API actions that the steps call before the one that calls this."""
    calls = [call for step in plan.steps for call in step.calls]
    return calls[: calls.index(action)]


def commands(plan: Plan, *phases: str) -> str:
    return "\n".join(command for step in plan.steps if step.phase in phases for command in step.commands)


def documents(plan: Plan) -> list[tuple[str, str, str]]:
    return [(each.placed.layer, each.placed.target, each.placed.name) for each in plan.documents]


class TestExfiltratedInstanceRole:
    """The credentials of an instance are used outside AWS; the automation takes ``userName`` for the role."""

    def test_the_role_is_revoked_and_not_the_user_of_its_name(self) -> None:
        plan = only_plan(exfiltrated())

        assert plan.verdict == "ready"
        assert (plan.principal, plan.unique_id) == (ROLE_ARN, ROLE_ID)
        assert documents(plan) == [("inline", ROLE_ARN, "AWSRevokeOlderSessions")]
        assert f"user/{ROLE}" not in json.dumps([step.commands for step in plan.steps])
        assert any("user of the name" in guard.reason for guard in plan.guards)

    def test_a_user_type_of_a_user_never_leads_to_a_role_of_the_name(self) -> None:
        plan = only_plan(of_user(ROLE, "AIDAGDWORKSHOPEC2XXXX", "AKIAEXAMPLENOBODYS01"))

        assert plan.principal != ROLE_ARN
        assert plan.verdict != "ready"

    def test_the_account_is_that_of_the_finding_and_not_of_the_bus(self) -> None:
        told = exfiltrated()
        told["account"] = "444455556666"

        assert only_plan(told).principal == ROLE_ARN

        told["detail"]["accountId"], told["account"] = "444455556666", OWN
        assert only_plan(told).verdict == "refused"

    def test_a_role_that_was_made_anew_is_another_one(self) -> None:
        account = scenario(roles=[compromised_role() | {"id": "AROAMADEANEW000000001"}])

        plan = only_plan(exfiltrated(), account)

        assert plan.verdict == "refused"
        assert "re-created" in plan.reason

    def test_the_cutoff_lies_ahead_and_has_a_zone(self) -> None:
        (document,) = only_plan(exfiltrated()).documents
        (statement,) = json.loads(document.placed.document)["Statement"]

        assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "${CUTOFF}"}}
        assert "+31 seconds" in commands(only_plan(exfiltrated()), "contain")
        # Neither the time of the finding nor a time without a zone.
        assert "2026-11-20T22:45" not in runbook(only_plan(exfiltrated()))

    def test_evidence_comes_first_and_the_way_in_is_closed_before_renewal(self) -> None:
        plan = only_plan(exfiltrated())

        phases = [step.phase for step in plan.steps]
        assert phases == sorted(phases, key=list(PHASES).index)
        assert {"ec2:CreateSnapshots", "iam:GetRole"} <= set(steps_before(plan, "iam:PutRolePolicy"))
        assert "iam:PutRolePolicy" in steps_before(plan, "ec2:ModifyInstanceMetadataOptions")
        assert "ec2:ModifyInstanceMetadataOptions" in steps_before(plan, "ec2:StopInstances")

    def test_it_is_verified_with_calls_that_something_denies(self) -> None:
        plan = only_plan(exfiltrated())

        verified = commands(plan, "verify")
        assert "simulate-principal-policy" in verified
        assert "ContextKeyName" in verified
        assert "for SIDE in -60 +60" in verified
        assert SESSION_KEY in verified
        assert INSTANCE in verified
        assert "get-caller-identity" not in runbook(plan)

    def test_a_sample_is_never_acted_upon(self) -> None:
        told = exfiltrated()
        told["detail"]["service"]["additionalInfo"] = {"sample": True}

        assert (only_plan(told).verdict, only_plan(told).steps) == ("refused", ())

    def test_another_instance_keeps_its_sessions_where_one_alone_is_suspected(self) -> None:
        plan = only_plan(exfiltrated(), scenario(**TWO_INSTANCES))

        denied = [json.loads(each.placed.document)["Statement"][0]["Condition"] for each in plan.documents]
        assert [each.placed.template for each in plan.documents] == ["revoke-instance", "revoke-session"]
        assert all(INSTANCE in json.dumps(each) for each in denied)
        assert all("DateLessThan" in each for each in denied)


class TestCompromisedCredentials:
    """One pivots from the key to the role and its other findings; a reboot does not rotate the credentials."""

    def test_findings_of_one_key_are_one_subject(self) -> None:
        plan = only_plan({"Findings": [pascal(of_role(name)) for name in ("f1", "f2", "f3")]})

        assert plan.subject.told_by == "GuardDuty finding f1, GuardDuty finding f2, GuardDuty finding f3"
        assert (plan.principal, plan.subject.session) == (ROLE_ARN, INSTANCE)

    def test_the_key_is_another_one_after_each_rotation(self) -> None:
        """One plan; both keys are looked for in the logs."""
        plan = only_plan([of_instance("f1", INSTANCE), of_instance("f2", INSTANCE, NEXT_SESSION_KEY)])

        assert len([step for step in plan.steps if step.title.startswith("Look in CloudTrail")]) == 1
        assert SESSION_KEY in commands(plan, "verify")
        assert NEXT_SESSION_KEY in commands(plan, "verify")
        assert any(NEXT_SESSION_KEY in note and "f2" in note for note in plan.notes)

    def test_the_instance_alone_joins_a_finding_that_names_no_key(self) -> None:
        bare = of_role("f2")
        bare["resource"]["accessKeyDetails"] = {}
        bare["resource"]["instanceDetails"] = {"instanceId": INSTANCE, "availabilityZone": "eu-west-1b"}

        assert [plan.principal for plan in plans([of_role("f1"), bare])] == [ROLE_ARN]

    def test_two_instances_of_one_role_are_not_revoked_one_after_the_other(self) -> None:
        """The policy of the second would take the place of the first, and give its thief everything back."""
        told = [of_instance("f1", INSTANCE), of_instance("f2", OTHER_INSTANCE, NEXT_SESSION_KEY)]

        plan = only_plan(told, scenario(**TWO_INSTANCES))

        assert documents(plan) == [("inline", ROLE_ARN, "AWSRevokeOlderSessions")]
        assert plan.verdict == "ready"
        for each in (INSTANCE, OTHER_INSTANCE, SESSION_KEY, NEXT_SESSION_KEY):
            assert any(each in note for note in plan.notes)
            assert each in commands(plan, "verify")
        assert commands(plan, "evidence").count("create-snapshots") == 2

    def test_stop_and_start_and_no_reboot(self) -> None:
        plan = only_plan(of_role("f1"))
        page = runbook(plan)

        assert "stop-instances" in commands(plan, "renew")
        assert "start-instances" in commands(plan, "renew")
        assert "reboot-instances" not in page
        assert "A reboot does not renew them" in page
        assert "Auto Scaling group" in page

    def test_the_rotation_is_checked_without_the_metadata_service_of_version_1(self) -> None:
        page = runbook(only_plan(of_role("f1")))

        assert "169.254.169.254" not in page
        assert "AssumeRole" in page
        assert "accessKeyId" in page

    def test_whom_it_breaks_is_told(self) -> None:
        plan = only_plan(of_role("f1"))

        assert plan.workloads is not None
        assert [each.id for each in plan.workloads.instances] == [INSTANCE]
        assert f"Instance {INSTANCE} in eu\\-west" in runbook(plan) or f"Instance {INSTANCE} in eu-west" in runbook(
            plan
        )


class TestManagedPolicyVariant:
    """The automation creates a policy of a fixed name: the second finding fails, and the cutoff is in the past."""

    def there(self, cutoff: str) -> Account:
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        held = policy({**statement, "Condition": {"DateLessThan": {"aws:TokenIssueTime": cutoff}}})
        return scenario(roles=[compromised_role(inline=[{"name": "AWSRevokeOlderSessions", "document": held}])])

    def test_the_second_finding_is_contained_like_the_first(self) -> None:
        arn = f"arn:aws:iam::{OWN}:policy/RevokeCredentialsPolicy"
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        held = policy({**statement, "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-01T00:00:00"}}})
        there = {
            "arn": arn, "name": "RevokeCredentialsPolicy", "attachments": 1,
            "versions": [{"id": "v1", "document": held, "is_default": True}],
        }  # fmt: skip
        attached = [{"name": "RevokeCredentialsPolicy", "arn": arn}]
        account = scenario(roles=[compromised_role(attached=attached)], policies=[there])

        plan = only_plan(exfiltrated(), account)

        assert plan.verdict == "ready"
        assert documents(plan) == [("inline", ROLE_ARN, "AWSRevokeOlderSessions")]
        assert "create-policy" not in commands(plan, "contain")

    def test_a_policy_that_is_there_is_told_and_put_back(self) -> None:
        plan = only_plan(exfiltrated(), self.there("2026-11-01T00:00:00Z"))

        (document,) = plan.documents
        assert "2026-11-01T00:00:00Z" in (document.placed.previous or "")
        assert "2026-11-01T00:00:00Z" in commands(plan, "remove")
        assert "delete-role-policy" not in commands(plan, "remove")

    @pytest.mark.parametrize(
        ("there", "kept"),
        [
            ("2026-12-24T00:00:00Z", "2026-12-24T00:00:00Z"),
            ("2026-11-01T00:00:00Z", "2026-11-20T12:00:31Z"),
            ("None", "2026-11-20T12:00:31Z"),
            ("$(touch pwned)", "2026-11-20T12:00:31Z"),
        ],
    )
    def test_a_cutoff_is_never_lowered(self, tmp_path: Path, there: str, kept: str) -> None:
        """The command reads what is there when it is run, since others may have acted meanwhile."""
        command = commands(only_plan(exfiltrated(), cutoff=AT + timedelta(seconds=31)), "contain")

        shell = run_in_shell(command, tmp_path, there)

        assert (shell.code, shell.files) == (0, frozenset()), shell.err
        actions = [call[1] for call in shell.calls]
        put = [json.loads(call[-1]) for call in shell.calls if call[1] == "put-role-policy"]
        assert "get-role-policy" in actions
        assert [each["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"] for each in put] == (
            [kept] if put else []
        )
        assert put or kept == there

    def test_a_role_without_room_gets_a_managed_policy_that_may_be_there_already(self) -> None:
        rights = policy(*(allow(f"s3:Get{'x' * 900}{at}") for at in range(11)))
        full = [{"name": "own", "document": rights}]

        plan = only_plan(exfiltrated(), scenario(roles=[compromised_role(inline=full)]))

        (document,) = plan.documents
        assert document.placed.layer == "managed"
        assert "create-policy-version" in commands(plan, "contain")
        assert "--set-as-default" in commands(plan, "contain")


class TestCompromisedUser:
    """Calls with the key of a user come from a listed address; making the key inactive leaves its sessions alive."""

    def test_every_key_is_made_inactive_and_the_user_is_denied(self) -> None:
        plan = only_plan(of_user(SIMULATED, SIMULATED_ID, SIMULATED_KEY))

        arn = f"arn:aws:iam::{OWN}:user/{SIMULATED}"
        assert plan.verdict == "ready"
        assert documents(plan) == [("inline", arn, "ir-quarantine-user")]
        (statement,) = json.loads(plan.documents[0].placed.document)["Statement"]
        assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
        assert "Condition" not in statement
        for key in (SIMULATED_KEY, SECOND_KEY):
            assert f"--access-key-id={key} --status=Inactive" in commands(plan, "contain")
        assert "iam:UpdateAccessKey" in steps_before(plan, "iam:PutUserPolicy")
        assert "delete-access-key" not in runbook(plan)

    def test_sessions_made_from_the_key_are_denied_with_the_user(self) -> None:
        plan = only_plan(of_user(SIMULATED, SIMULATED_ID, SIMULATED_KEY))

        denied = {claim.who for each in plan.proofs for claim in each.proof.claims if claim.expected == "denied"}
        assert {"old session", "new session", "long-term key"} <= denied
        assert "sessions made from them" in plan.because

    def test_the_key_of_a_session_cannot_be_made_inactive(self) -> None:
        plan = only_plan(of_user(SIMULATED, SIMULATED_ID, "ASIAEXAMPLESESSION77"))

        assert plan.verdict == "ready"
        assert "cannot be made inactive" in plan.because
        assert "--access-key-id=ASIA" not in runbook(plan)
        assert documents(plan) == [("inline", f"arn:aws:iam::{OWN}:user/{SIMULATED}", "ir-quarantine-user")]

    def test_federated_sessions_are_told(self) -> None:
        assert "FederatedUser" in runbook(only_plan(of_user(SIMULATED, SIMULATED_ID, SIMULATED_KEY)))

    def test_the_key_of_somebody_else(self) -> None:
        plan = only_plan(of_user(SIMULATED, SIMULATED_ID, TEST_KEY))

        assert plan.verdict == "refused"
        assert "test" in plan.reason


@pytest.fixture(scope="module")
def plan() -> Plan:
    return only_plan(of_user("test", TEST_ID, TEST_KEY))


class TestAdministratorWithAKey:
    """A user with all rights, a key and a password: whoever has the key can make further ways in."""

    def test_key_and_user(self, plan: Plan) -> None:
        assert plan.verdict == "ready"
        assert f"--access-key-id={TEST_KEY} --status=Inactive" in commands(plan, "contain")
        assert ("inline", f"arn:aws:iam::{OWN}:user/test", "ir-quarantine-user") in documents(plan)

    def test_the_password_is_told(self, plan: Plan) -> None:
        page = runbook(plan)

        assert "password" in page
        assert "Delete the login profile" in page

    def test_that_it_can_free_itself_is_told(self, plan: Plan) -> None:
        undoable = {undo.action for each in plan.proofs for undo in each.proof.undoable}

        assert undoable
        assert "take the containment off again" in plan.reason or plan.documents[0].placed.layer == "scp"

    def test_what_was_planted_is_told(self, plan: Plan) -> None:
        assert any("planted" in said for said in plan.cannot_stop)
        assert any("Sessions of other roles" in said for said in plan.cannot_stop)

    def test_nothing_is_deleted_that_is_evidence(self, plan: Plan) -> None:
        for step in plan.steps:
            if step.phase != "remove":
                assert not any(" delete-" in command for command in step.commands)


@pytest.mark.parametrize(
    "told",
    [exfiltrated(), of_role("f1"), of_user(SIMULATED, SIMULATED_ID, SIMULATED_KEY), of_user("test", TEST_ID, TEST_KEY)],
    ids=["exfiltrated", "pivot", "user", "administrator"],
)
def test_every_plan_is_proven(told: dict[str, Any]) -> None:
    plan = only_plan(told)

    assert plan.verdict == "ready"
    assert plan.proofs
    assert all(each.proof.is_proven for each in plan.proofs)
