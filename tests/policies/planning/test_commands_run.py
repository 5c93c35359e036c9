"""Every command of every plan, really run: the AWS CLI takes it, it can be run twice, and nothing else happens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies import parse_cutoff
from policies.dispatch import Circumstances
from policies.planning import Plan, make_plan
from policies.subjects import Subject
from tests.accounts import OWN
from tests.policies.conftest import HOSTILE_NAMES
from tests.policies.planning.shells import SHELLS, Shells
from tests.policies.planning_cases import (
    PERSON,
    ROLES,
    SUBJECTS,
    everything,
    organization,
    role,
    service,
    trusting,
)

ACCOUNT = everything()
NOW = ACCOUNT.taken_at
READY = [name for name in SUBJECTS if name not in ("service-linked role", "federated user")]
CONCRETE = datetime(2026, 11, 20, 12, 0, 31, tzinfo=UTC)
SETS = {"INSTANCE_ARN": "arn:aws:sso:::instance/ssoins-1", "PERMISSION_SET_ARN": "arn:aws:sso:::permissionSet/a/b"}

# What moto does not know, or cannot answer for things that are not there.
ANSWERS: dict[str, Any] = {
    "simulate-principal-policy": {"EvaluationResults": []},
    "lookup-events": {"Events": []},
    "start-query-execution": {"QueryExecutionId": "q"},
    "list-policies": {"Policies": []},
    "create-policy": {"Policy": {"PolicySummary": {"Id": "p-0a1b2c3d"}}},
    "list-policies-for-target": {"Policies": [{"Id": "p-0a1b2c3d", "Name": "other"}]},
    "attach-policy": {},
    "detach-policy": {},
    "delete-policy": {},
    "get-role-policy": {"PolicyDocument": {"Statement": []}},
    "get-inline-policy-for-permission-set": {"InlinePolicy": ""},
    "put-inline-policy-to-permission-set": {},
    "delete-inline-policy-from-permission-set": {},
    "provision-permission-set": {},
}


def accepted(plan: Plan, shells: Shells, shell: str = "bash", date: str = "gnu", **environment: str) -> None:
    """Every command of a plan ends well where AWS takes every call; the simulator needs a cutoff to have been put."""
    line = shells.line
    line.told = dict(ANSWERS) | {
        name: {} for step in plan.steps for call in step.calls for name in [_kebab(call)] if name not in ANSWERS
    }
    line.told |= {name: {} for name in _OTHERS}
    line.told |= {"get-role-policy": _stored("2026-11-20T12:00:31Z")}
    line.told |= {
        "describe-iam-instance-profile-associations": {
            "IamInstanceProfileAssociations": [{"State": "associated", "AssociationId": "iip-1"}]
        }
    }
    for step in plan.steps:
        for command in (*step.commands, *step.undo):
            ran = shells.run(command + "\n", shell, date, **SETS, **environment)
            expected = "A later cutoff" if "2026-11-20" in ran.errors else ""
            assert (ran.status, line.faults, shells.strays) == (0, [], False), (command, ran)
            assert ran.errors.startswith(expected), ran.errors
            if not expected:
                assert ran.errors == "", (command, ran.errors)


_OTHERS = (
    "put-role-policy", "put-user-policy", "delete-role-policy", "delete-user-policy", "tag-role", "tag-user",
    "untag-role", "untag-user", "update-access-key", "put-role-permissions-boundary", "resume-processes",
    "modify-instance-metadata-options", "update-policy", "get-policy", "get-policy-version", "list-policy-versions",
    "detach-role-policy", "detach-user-policy", "attach-role-policy", "attach-user-policy", "create-policy-version",
    "update-service-specific-credential", "delete-policy-version", "list-mfa-devices", "list-ssh-public-keys",
    "get-account-authorization-details", "get-role", "get-user", "list-access-keys", "list-signing-certificates",
    "list-service-specific-credentials", "stop-instances", "start-instances", "create-snapshots",
)  # fmt: skip


def _kebab(call: str) -> str:
    from botocore import xform_name

    return str(xform_name(call.partition(":")[2], "-"))


def _stored(*times: Any) -> dict[str, Any]:
    return {"PolicyDocument": {"Statement": [_deny(each) for each in times]}}


def _deny(time: Any) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": time}},
    }


def plan_of(subject: Subject, account: Any = ACCOUNT, cutoff: datetime | None = None) -> Plan:
    return make_plan(subject, account, Circumstances(at=NOW), cutoff=cutoff)


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("cutoff", [None, CONCRETE], ids=["open", "concrete"])
def test_each_command_of_each_plan_is_taken(name: str, cutoff: datetime | None, shells: Shells) -> None:
    accepted(plan_of(SUBJECTS[name], cutoff=cutoff), shells)


@pytest.mark.parametrize("shell", SHELLS[1:])
@pytest.mark.parametrize("name", ["role of an instance", "long-term key of a user", "person of Identity Center"])
def test_in_other_shells(name: str, shell: str, shells: Shells) -> None:
    accepted(plan_of(SUBJECTS[name]), shells, shell, "bsd")


CHAIN = everything(roles=[
    role("first", trusting({"AWS": f"arn:aws:iam::{OWN}:root"})),
    *(role(f"next-{number}", trusting({"AWS": f"arn:aws:iam::{OWN}:role/first"})) for number in range(3)),
])  # fmt: skip


def contain(plan: Plan) -> str:
    return "\n".join(command for step in plan.steps if step.phase == "contain" for command in step.commands) + "\n"


def put(shells: Shells) -> dict[str, str]:
    """The time in the policy that each role was given."""
    return {
        parameters["RoleName"]: json.loads(parameters["PolicyDocument"])["Statement"][0]["Condition"]["DateLessThan"][
            "aws:TokenIssueTime"
        ]
        for operation, parameters in shells.line.parameters
        if operation == "put-role-policy"
    }


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("date", ["gnu", "bsd"])
def test_one_cutoff_for_all(shell: str, date: str, shells: Shells) -> None:
    shells.line.told = {"put-role-policy": {}, "tag-role": {}}
    before = datetime.now(UTC)

    ran = shells.run(contain(plan_of(Subject(kind="role", account_id=OWN, name="first"), CHAIN)), shell, date)

    times = put(shells)
    assert (ran.status, ran.out, ran.errors, shells.line.faults) == (0, "", "", [])
    assert list(times) == ["first", "next-0", "next-1", "next-2"]
    assert len(set(times.values())) == 1
    assert before + timedelta(seconds=30) <= parse_cutoff(times["first"]) <= datetime.now(UTC) + timedelta(seconds=31)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("date", ["broken", "silent"])
def test_nothing_is_sent_without_a_time(shell: str, date: str, shells: Shells) -> None:
    ran = shells.run(
        contain(plan_of(Subject(kind="role", account_id=OWN, name="first"), CHAIN)), shell, date, CUTOFF="x"
    )

    assert ran.status != 0
    assert shells.line.calls == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_others_are_contained_where_one_fails(shell: str, shells: Shells) -> None:
    shells.line.told = {"put-role-policy": {}}
    shells.line.refused = {"tag-role"}

    ran = shells.run(contain(plan_of(Subject(kind="role", account_id=OWN, name="first"), CHAIN)), shell)

    assert ran.status != 0
    assert len(put(shells)) == 4
    assert shells.line.operations.count("tag-role") == 4


LATER, EARLIER = "2099-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
THERE: dict[str, tuple[Any, str | None]] = {
    "an object": ({"PolicyDocument": {"Statement": _deny(LATER)}}, LATER),
    "a list": (_stored(LATER), LATER),
    "several, the later last": (_stored(EARLIER, LATER), LATER),
    "several, the later first": (_stored(LATER, EARLIER), LATER),
    "a list of values": (_stored([EARLIER, LATER]), LATER),
    "with a fraction, as the console writes it": (_stored("2099-01-01T00:00:00.123Z"), "2099-01-01T00:00:00.999Z"),
    "as Python writes it": (_stored("2099-01-01T00:00:00.123456"), "2099-01-01T00:00:00.999Z"),
    "another operator": (
        {
            "PolicyDocument": {
                "Statement": [
                    _deny(LATER) | {"Condition": {"DateLessThanEqualsIfExists": {"aws:tokenissuetime": LATER}}}
                ]
            }
        },
        LATER,
    ),
    "garbage beside it": (_stored("None", "*", "9999", LATER, "$(touch pwned)"), LATER),
    "earlier": (_stored(EARLIER), None),
    "garbage": (_stored("None", "zzzz", '2099-01-01T00:00:00","x":"Z', "*", "9999-99"), None),
    "no list, no object": ({"PolicyDocument": {"Statement": "None"}}, None),
    "not decoded": ({"PolicyDocument": "%7B%22Statement%22"}, None),
    "an Allow": ({"PolicyDocument": {"Statement": [_deny(LATER) | {"Effect": "Allow"}]}}, None),
    "none": ({"PolicyDocument": {"Statement": []}}, None),
}


@pytest.mark.parametrize("case", THERE)
@pytest.mark.parametrize("cutoff", [None, CONCRETE], ids=["open", "concrete"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "mksh"])
def test_a_cutoff_is_never_lowered(case: str, cutoff: datetime | None, shell: str, shells: Shells) -> None:
    there, kept = THERE[case]
    shells.line.told = {"get-role-policy": there, "put-role-policy": {}, "tag-role": {}}

    ran = shells.run(contain(plan_of(SUBJECTS["role of a function"], cutoff=cutoff)), shell)

    (time,) = put(shells).values()
    assert ran.status == 0
    assert not shells.strays
    if kept is not None:
        assert time == kept
        assert "is kept" in ran.errors
    else:
        assert ran.errors == ""
        assert parse_cutoff(time) == cutoff if cutoff else parse_cutoff(time) > datetime.now(UTC)


def test_hostile_names_are_names_and_nothing_else(shells: Shells) -> None:
    names = [name for name in HOSTILE_NAMES if "/" not in name and name.strip()]
    account = everything(
        roles=[*ROLES, *(role(name, service("lambda"), id=f"AROA{number:017}") for number, name in enumerate(names))]
    )
    shells.line.told = {"put-role-policy": {}, "tag-role": {}}
    plans = [
        plan_of(Subject(kind="role", account_id=OWN, unique_id=f"AROA{number:017}"), account)
        for number, name in enumerate(names)
    ]
    script = "".join(contain(plan) for plan in plans if plan.verdict == "ready")

    ran = shells.run(script)

    ready = [plan for plan in plans if plan.verdict == "ready"]
    assert (ran.status, ran.errors, shells.line.faults, shells.strays) == (0, "", [], False)
    assert len(ready) > len(names) / 2
    assert list(put(shells)) == [plan.principal.rpartition("role/")[2] for plan in ready]


MANAGED = everything(organization=organization(management=OWN))
DENY = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"IrRevokePerson","Effect":"Deny","Action":"*","Resource":"*",'
    '"Condition":{"StringEquals":{"identitystore:UserId":"%s"},"DateLessThan":{"aws:TokenIssueTime":"%s"}}}]}'
)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_person_in_the_management_account(shell: str, shells: Shells) -> None:
    plan = plan_of(SUBJECTS["person of Identity Center"], MANAGED)

    assert [each.placed.layer for each in plan.documents] == ["permission set"]
    accepted(plan, shells, shell)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("there", "time"),
    [
        ("", "new"),
        (DENY % (PERSON, EARLIER), "new"),
        (DENY % (PERSON, LATER), LATER),
        (DENY % (f"1{PERSON[1:]}", LATER), "refused"),
        ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}', "refused"),
    ],
)
def test_an_inline_policy_of_a_permission_set_is_not_lost(there: str, time: str, shell: str, shells: Shells) -> None:
    plan = plan_of(SUBJECTS["person of Identity Center"], MANAGED)
    script = "\n".join(command for step in plan.steps if step.phase == "organization" for command in step.commands)
    shells.line.told = ANSWERS | {"get-inline-policy-for-permission-set": {"InlinePolicy": there}}

    ran = shells.run(script + "\n", shell, **SETS)

    puts = [
        parameters["InlinePolicy"]
        for operation, parameters in shells.line.parameters
        if operation == "put-inline-policy-to-permission-set"
    ]
    assert shells.line.faults == []
    if time == "refused":
        assert (ran.status != 0, puts) == (True, [])
        assert "--existing" in ran.errors
        return
    assert ran.status == 0
    (put_,) = puts
    found = json.loads(put_)["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
    assert found == time if time != "new" else parse_cutoff(found) > datetime.now(UTC)


def test_the_permission_set_has_to_be_told(shells: Shells) -> None:
    plan = plan_of(SUBJECTS["person of Identity Center"], MANAGED)
    script = "\n".join(command for step in plan.steps if step.phase == "organization" for command in step.commands)

    ran = shells.run(script + "\n")

    assert ran.status != 0
    assert shells.line.calls == []


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("there", "kept"), [(LATER, True), (EARLIER, False), (None, False)])
def test_a_policy_of_the_organization_is_made_or_changed(
    there: str | None, kept: bool, shell: str, shells: Shells
) -> None:
    plan = plan_of(SUBJECTS["role of Identity Center"])
    (document,) = plan.documents
    name = document.placed.name
    script = "\n".join(command for step in plan.steps if step.phase == "organization" for command in step.commands)
    listed = [{"Id": "p-11111111", "Name": "other"}, *([{"Id": "p-0a1b2c3d", "Name": name}] if there else [])]
    content = document.placed.document.replace("${CUTOFF}", there or "")
    shells.line.told = ANSWERS | {
        "list-policies": {"Policies": listed},
        "list-policies-for-target": {"Policies": listed},
        "describe-policy": {"Policy": {"Content": content}},
        "update-policy": {},
    }

    ran = shells.run(script + "\n", shell)

    sent = [each["Content"] for _, each in shells.line.parameters if "Content" in each]
    (time,) = [json.loads(each)["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"] for each in sent]
    assert (ran.status, shells.line.faults) == (0, [])
    assert ("update-policy" in shells.line.operations) == bool(there)
    assert ("create-policy" in shells.line.operations) == (there is None)
    assert ("attach-policy" in shells.line.operations) == (there is None)
    assert time == LATER if kept else parse_cutoff(time) > datetime.now(UTC)
    assert ("is kept" in ran.errors) == kept
