"""A proven plan for each kind of credential, or a refusal with its reason and what to do instead."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from policies.cutoff import format_instant
from policies.dispatch import Circumstances
from policies.planning import Plan, make_plan, plan_files, runbook
from policies.subjects import Subject
from scanner.engine.declared import Declared
from tests.accounts import OWN, policy, region, regions
from tests.policies.planning_cases import INSTANCE, ROLES, SUBJECTS, everything, organization, role, service, trusting

ACCOUNT = everything()
NOW = ACCOUNT.taken_at
CUTOFF = datetime(2026, 11, 20, 12, 0, 31, tzinfo=UTC)


def plan(subject: Subject, **more: object) -> Plan:
    return make_plan(subject, ACCOUNT, Circumstances(at=NOW, **more))  # type: ignore[arg-type]


def in_short(found: Plan) -> dict[str, object]:
    """What of a plan a snapshot holds: without what others' tests hold, such as every claim in words."""
    return {
        "verdict": found.verdict,
        "principal": found.principal,
        "kinds": found.kinds,
        "because": found.because,
        "reason": found.reason,
        "alternative": found.alternative,
        "documents": [
            (each.file, each.placed.layer, each.placed.target, each.placed.document) for each in found.documents
        ],
        "steps": [(step.phase, step.title) for step in found.steps],
        "proofs": [
            (each.principal, [(claim.who, claim.expected, claim.holds) for claim in each.proof.claims])
            for each in found.proofs
        ],
        "cannot stop": found.cannot_stop,
        "users": found.users,
        "notes": found.notes,
    }


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_plan_of_each_kind(name: str, snapshot: SnapshotAssertion) -> None:
    assert in_short(plan(SUBJECTS[name])) == snapshot


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_plan_is_proven_or_says_why_not(name: str) -> None:
    found = plan(SUBJECTS[name])

    if found.verdict == "ready":
        assert found.proofs
        assert all(each.proof.is_proven for each in found.proofs)
        assert all(step.commands or step.why or step.phase == "close" for step in found.steps)
    else:
        assert found.reason
        assert found.alternative
        assert (found.documents, found.steps) == ((), ())


def test_what_is_refused_and_what_is_ready() -> None:
    verdicts = {name: plan(subject).verdict for name, subject in SUBJECTS.items()}

    assert {name for name, verdict in verdicts.items() if verdict != "ready"} == {
        "service-linked role",
        "federated user",
    }
    assert "sessionIssuer" in plan(SUBJECTS["federated user"]).alternative


@pytest.mark.parametrize("name", SUBJECTS)
def test_documents_and_pages_are_the_same_every_time(name: str) -> None:
    one, other = plan(SUBJECTS[name]), make_plan(SUBJECTS[name], everything(), Circumstances(at=NOW))

    assert msgspec.json.encode(one) == msgspec.json.encode(other)
    assert runbook(one) == runbook(other)


def test_a_cutoff_is_never_in_a_plan_that_is_made_ahead() -> None:
    ahead = plan(SUBJECTS["role at the second hop"])
    now = make_plan(SUBJECTS["role at the second hop"], ACCOUNT, Circumstances(at=NOW), cutoff=CUTOFF)

    assert all("${CUTOFF}" in each.placed.document for each in ahead.documents)
    assert all("2026-11-20T12:00:31Z" in each.placed.document for each in now.documents)
    assert now.documents[0].safe_to_remove is not None
    assert now.documents[0].safe_to_remove >= CUTOFF + timedelta(hours=1)


def test_a_session_takes_the_roles_along_that_it_can_become() -> None:
    """The second hop is revoked with the first, with one cutoff in one command."""
    roles = [each for each in ROLES if each["name"] not in ("web", "second-hop")]
    first = role("first", trusting({"AWS": f"arn:aws:iam::{OWN}:root"}))
    second = role("second", trusting({"AWS": f"arn:aws:iam::{OWN}:role/first"}))
    found = make_plan(
        Subject(kind="role", account_id=OWN, name="first"),
        everything(roles=[*roles, first, second]),
        Circumstances(at=NOW),
    )

    assert found.revocation_set is not None
    assert [each.placed.target.rpartition("/")[2] for each in found.documents] == ["first", "second"]
    (step,) = [step for step in found.steps if step.phase == "contain"]
    (command,) = step.commands
    assert command.count("CUTOFF=$(date -u -v") == 1
    assert "for NAME in first second; do revoke role " in command


def test_who_can_take_it_off_is_denied_by_the_organization_first() -> None:
    own = f"arn:aws:iam::{OWN}:role/fixer"
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": own}]}
    fixer = role("fixer", service("ec2"), inline=[{"name": "own", "document": document}])
    subject = Subject(kind="role", account_id=OWN, name="fixer")
    found = make_plan(subject, everything(roles=[fixer]), Circumstances(at=NOW))
    alone = make_plan(
        subject, everything(roles=[fixer], organization=organization(management=OWN)), Circumstances(at=NOW)
    )

    assert [each.placed.layer for each in found.documents] == ["scp", "inline"]
    phases = [step.phase for step in found.steps]
    assert phases.index("organization") < phases.index("contain")
    assert found.reason == ""
    assert "management account" in alone.reason
    assert "take the containment off again" in alone.reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"is_finding": True, "is_sample": True}, "sample"),
        ({"is_finding": True, "is_archived": True}, "archived"),
        ({"declared": Declared(break_glass=("role/second-hop",))}, "break-glass"),
        ({"protected": (f"arn:aws:iam::{OWN}:role/second-hop",)}, "protected"),
    ],
)
def test_guards_refuse(more: dict[str, object], reason: str) -> None:
    found = plan(SUBJECTS["role at the second hop"], **more)

    assert found.verdict == "refused"
    assert reason in found.reason


def test_a_protected_role_of_the_set_is_left_out() -> None:
    first = role("first", trusting({"AWS": f"arn:aws:iam::{OWN}:root"}))
    second = role("second", trusting({"AWS": f"arn:aws:iam::{OWN}:role/first"}))
    found = make_plan(
        Subject(kind="role", account_id=OWN, name="first"),
        everything(roles=[first, second]),
        Circumstances(at=NOW, declared=Declared(break_glass=("role/second",))),
    )

    assert [each.placed.target.rpartition("/")[2] for each in found.documents] == ["first"]
    assert any("role/second" in note and "never contained" in note for note in found.notes)
    # A plan that leaves a way open says so at its head.
    assert "a role that this plan does not contain" in found.reason
    assert "a role that this plan does not contain" in runbook(found).partition("## ")[0]


def test_what_is_there_already_is_put_back() -> None:
    there = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}}]}  # fmt: skip
    old = role("old", service("lambda"), inline=[{"name": "AWSRevokeOlderSessions", "document": there}])
    found = make_plan(Subject(kind="role", account_id=OWN, name="old"), everything(roles=[old]), Circumstances(at=NOW))

    (document,) = found.documents
    assert json.loads(document.placed.previous or "") == there
    (removed,) = [step for step in found.steps if step.phase == "remove"]
    assert "put-role-policy" in removed.commands[0]
    assert "2026-01-01T00:00:00Z" in removed.commands[0]


def test_a_folder_holds_plan_documents_scripts_and_runbook() -> None:
    found = [plan(SUBJECTS["role of a function"]), plan(SUBJECTS["long-term key of a user"])]
    refused = plan(SUBJECTS["service-linked role"])

    files = plan_files([*found, refused])

    assert [name for name in files if name.startswith("user/ann/")] == [
        f"user/ann/{name}" for name in ("apply.sh", "plan.json", "quarantine.json", "runbook.md", "undo.sh")
    ]
    assert [name for name in files if "Config" in name] == [
        "role/AWSServiceRoleForConfig/plan.json",
        "role/AWSServiceRoleForConfig/runbook.md",
    ]
    assert plan_files([refused, *reversed(found)]) == files
    again = msgspec.json.decode(files["user/ann/plan.json"], type=Plan)
    assert again == found[1]


@pytest.mark.parametrize(("instance", "is_kept"), [("i-0fedcba9876543210", True), (INSTANCE, False)])
def test_what_holds_another_instance_is_not_overwritten(instance: str, is_kept: bool) -> None:
    """The policy of one incident must not free the thief of another."""
    held = policy(
        {
            "Sid": "IrRevokeInstance",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "ArnEquals": {"ec2:SourceInstanceARN": f"arn:aws:ec2:eu-west-1:{OWN}:instance/{instance}"},
                "DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"},
            },
        }
    )
    web = next(each for each in ROLES if each["name"] == "web")
    other = {
        "id": "i-0a1a1a1a1a1a1a1a1",
        "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0a1a1a1a1a1a1a1a1",
        "state": "running",
        "instance_profile": f"arn:aws:iam::{OWN}:instance-profile/web",
    }
    mine = {**other, "id": INSTANCE, "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/{INSTANCE}"}
    facts = everything(
        roles=[{**web, "inline": [*web["inline"], {"name": "ir-revoke-instance", "document": held}]}],
        **regions(region("eu-west-1", instances=[mine, other])),
    )
    found = make_plan(SUBJECTS["role of an instance"], facts, Circumstances(at=NOW))

    templates = {each.placed.template for each in found.documents}
    assert found.verdict == "ready"
    assert ("revoke-instance" in templates) is not is_kept
    assert ("revoke-sessions" in templates) is is_kept


@pytest.mark.parametrize("ahead", [0, 35, 300, 3600])
@pytest.mark.parametrize("fraction", ["", ".500"])
def test_a_cutoff_that_is_in_place_and_lies_ahead_is_no_reason_for_something_harsher(ahead: int, fraction: str) -> None:
    cutoff = format_instant(NOW + timedelta(seconds=ahead)).removesuffix("Z") + f"{fraction}Z"
    conditions = {"DateLessThan": {"aws:TokenIssueTime": cutoff}}
    deny = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": conditions}
    there = {"name": "AWSRevokeOlderSessions", "document": {"Version": "2012-10-17", "Statement": [deny]}}
    account = everything(roles=[role("worker", service("lambda"), inline=[there])])

    found = make_plan(Subject(kind="role", account_id=OWN, name="worker"), account, Circumstances(at=NOW))

    assert [each.placed.template for each in found.documents] == ["revoke-sessions"]
    assert found.reason == ""
