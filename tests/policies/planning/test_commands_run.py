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
from tests.policies.planning_cases import ROLES, SUBJECTS, everything, role, service, trusting

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

    return xform_name(call.partition(":")[2], "-")


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
