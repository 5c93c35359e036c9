"""What comes before what, who runs it where, and what is said of those who lose access."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from policies.dispatch import Circumstances
from policies.planning import PHASES, Plan, Planner, make_plan, plan_files, runbook
from policies.subjects import Subject
from scanner.inventory import Account
from tests.accounts import OWN
from tests.policies.planning_cases import MANAGEMENT, SUBJECTS, everything, organization, role, service, trusting, user

ALL_OF_IAM = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
RIGHTS = [{"name": "own", "document": ALL_OF_IAM}]


def plan_of(account: Account, **subject: Any) -> Plan:
    return make_plan(Subject(account_id=OWN, **subject), account, Circumstances(at=account.taken_at))


@pytest.mark.parametrize("name", SUBJECTS)
def test_phases_come_in_their_order(name: str) -> None:
    account = everything()
    plan = make_plan(SUBJECTS[name], account, Circumstances(at=account.taken_at))
    order = list(PHASES)

    places = [order.index(step.phase) for step in plan.steps]

    assert places == sorted(places)
    assert all(step.expected for step in plan.steps if step.commands and step.phase in ("contain", "organization"))
    assert all(step.breaks for step in plan.steps if step.commands and step.phase in ("contain", "organization"))


def test_the_organization_comes_first_and_goes_last() -> None:
    account = everything(roles=[role("admin", service("lambda"), inline=RIGHTS)], users=[])
    plan = plan_of(account, kind="role", name="admin")
    layers = [each.placed.layer for each in plan.documents]
    (first,) = [step for step in plan.steps if step.phase == "organization"]
    removed = [step for step in plan.steps if step.phase == "remove"]

    assert layers == ["scp", "inline"]
    assert MANAGEMENT in first.why
    assert "detach-policy" not in " ".join(removed[0].commands)
    assert "detach-policy" in " ".join(removed[-1].commands)
    assert plan.proofs[0].proof.is_proven
    assert not plan.proofs[0].proof.needs_scp_first
    assert all(claim.holds for claim in plan.proofs[0].proof.claims)


def test_roles_by_which_it_could_free_itself_are_denied_by_the_organization_too() -> None:
    lead = role("lead", trusting({"AWS": f"arn:aws:iam::{OWN}:root"}))
    fixer = role("fixer", trusting({"AWS": f"arn:aws:iam::{OWN}:role/lead"}), inline=RIGHTS)
    plan = plan_of(everything(roles=[lead, fixer], users=[]), kind="role", name="lead")
    (scp,) = [each for each in plan.documents if each.placed.layer == "scp"]

    assert "role/lead" in scp.placed.document
    assert "role/fixer" in scp.placed.document
    assert plan.proofs[0].proof.is_proven


def test_a_user_who_is_an_administrator() -> None:
    plan = plan_of(everything(users=[user("boss", inline=RIGHTS)], roles=[]), kind="user", name="boss")

    assert [each.placed.layer for each in plan.documents] == ["scp", "inline"]
    assert plan.proofs[0].proof.is_proven
    assert plan.reason == ""


@pytest.mark.parametrize(("attached", "is_said"), [(3, False), (4, True)])
def test_slots_of_the_account_are_counted(attached: int, is_said: bool) -> None:
    facts = organization()
    full = facts["policies"][0]
    facts["policies"] += [{**full, "id": f"p-{n}", "name": f"tidy-{n}"} for n in range(attached)]
    account = everything(organization=facts)
    plan = make_plan(SUBJECTS["root user"], account, Circumstances(at=account.taken_at))
    (first,) = [step for step in plan.steps if step.phase == "organization"]

    assert ("ConstraintViolationException" in first.why) == is_said


def test_who_loses_access_is_named() -> None:
    account = everything()
    plan = make_plan(SUBJECTS["role of an instance"], account, Circumstances(at=account.taken_at))
    (step,) = [step for step in plan.steps if step.phase == "contain"]

    assert "i-0123456789abcdef0 (eu-west-1, running)" in step.breaks


def test_one_instance_of_several_is_told_by_the_name_of_its_session() -> None:
    running = {"state": "running", "instance_profile": f"arn:aws:iam::{OWN}:instance-profile/web"}
    names = ("i-0123456789abcdef0", "i-0123456789abcdef1")
    instances = [{"id": each, "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/{each}", **running} for each in names]
    account = everything(
        roles=[role("web", service("ec2"), instance_profiles=["web"])],
        users=[],
        regions=[{"name": "eu-west-1", "instances": instances}],
    )
    plan = plan_of(account, kind="role", name="web", session="i-0123456789abcdef0")
    renewed = " ".join(command for step in plan.steps if step.phase == "renew" for command in step.commands)

    assert [each.placed.template for each in plan.documents] == ["revoke-instance", "revoke-session"]
    assert "i-0123456789abcdef0" in renewed
    assert "i-0123456789abcdef1" not in renewed
    (asked,) = [step for step in plan.steps if "simulator" in step.title]
    assert "ec2:SourceInstanceARN" in asked.commands[0]
    assert '"aws:userid"' in asked.commands[0]


def test_credentials_for_single_services_are_made_inactive() -> None:
    account = everything()
    plan = make_plan(SUBJECTS["Bedrock API key"], account, Circumstances(at=account.taken_at))
    commands = " ".join(command for step in plan.steps if step.phase == "contain" for command in step.commands)

    assert "update-service-specific-credential" in commands
    assert "--service-specific-credential-id=ACCA1" in commands


def test_a_plan_for_a_role_with_twenty_further_ones_is_small() -> None:
    roles = [role("hub", trusting({"AWS": f"arn:aws:iam::{OWN}:root"}))]
    roles += [
        role(f"spoke-of-the-platform-team-{n:03}", trusting({"AWS": f"arn:aws:iam::{OWN}:role/hub"})) for n in range(60)
    ]
    account = everything(roles=roles, users=[])
    planner = Planner(account, Circumstances(at=account.taken_at), together=20, proves_others=False)
    plan = planner.plan(Subject(kind="role", account_id=OWN, name="hub"))
    files = plan_files([plan])

    assert len(plan.documents) == 21
    assert any("40 further roles" in note for note in plan.notes)
    assert len(files["role/hub/plan.json"]) < 40_000
    assert len(files["role/hub/runbook.md"]) < 25_000
    assert sorted(name.rpartition("/")[2] for name in files) == [
        "apply.sh", "index.json", "plan.json", "revoke.json", "runbook.md", "undo.sh",
    ]  # fmt: skip
    assert msgspec.json.decode(files["role/hub/plan.json"], type=Plan) == plan
    assert runbook(plan) == files["role/hub/runbook.md"]


@pytest.mark.parametrize("name", ["file:///etc/passwd", "https://x"])
def test_a_name_that_the_command_line_would_read_from_elsewhere_is_refused(name: str) -> None:
    odd = role("odd", service("lambda"))
    odd |= {"name": name, "arn": f"arn:aws:iam::{OWN}:role/{name}"}
    plan = plan_of(everything(roles=[odd]), kind="role", unique_id=odd["id"])

    assert plan.verdict == "refused"
    assert plan.steps == ()
