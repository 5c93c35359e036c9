"""Plans carried out in an account of moto: the documents are stored as planned, and undone the state before is back."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from policies.dispatch import Circumstances
from policies.planning import Plan, make_plan, plan_files
from policies.planning.placing import managed_name
from policies.subjects import Subject
from scanner.containment.headroom import policy_size
from scanner.inventory import Account
from tests.accounts import OWN
from tests.policies.planning.shells import Shells
from tests.policies.planning.stored import build, seen
from tests.policies.planning_cases import SUBJECTS, everything, organization, role, service, trusting, user


def filler(characters: int) -> dict[str, Any]:
    """A policy document of this size."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ""}]}
    arn = "arn:aws:s3:::"
    document["Statement"][0]["Resource"] = arn.ljust(characters - policy_size(json.dumps(document)), "x")  # type: ignore[index]
    return document


BIG, FULL_OF_USER = filler(10_200), filler(2_040)
EARLIER = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2001-01-01T00:00:00Z"}},
    },
}  # fmt: skip
ATTACHED = [{"name": f"p{n}", "arn": f"arn:aws:iam::aws:policy/p{n}"} for n in range(10)]
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def plan_of(account: Account, **subject: Any) -> Plan:
    return make_plan(Subject(account_id=OWN, **subject), account, Circumstances(at=account.taken_at))


def script(plan: Plan, name: str) -> str:
    return next(text for file, text in plan_files([plan]).items() if file.endswith(f"/{name}"))


def carried_out(plan: Plan, account: Account, shells: Shells) -> tuple[str, str, str]:
    """What is seen before, with the containment, and when it was undone; both scripts are run twice."""
    before = seen()
    for _ in range(2):
        ran = shells.run(script(plan, "apply.sh"))
        assert (ran.status, ran.out, shells.line.faults) == (0, "", []), ran
    during = seen()
    ran = shells.run(script(plan, "undo.sh"))
    assert (ran.status, shells.line.faults) == (0, []), ran
    return before, during, seen()


def alone(**more: Any) -> Account:
    return everything(**{"organization": organization(management=OWN), "roles": [], "users": [], **more})


def test_a_role_gets_its_old_revocation_back(shells: Shells) -> None:
    old = role("old", service("lambda"), inline=[{"name": "AWSRevokeOlderSessions", "document": EARLIER}])
    account = alone(roles=[old])
    build(account)

    before, during, after = carried_out(plan_of(account, kind="role", name="old"), account, shells)

    assert "2001-01-01" in before
    assert "2001-01-01" not in during
    assert '"guardrift-quarantine"' in during
    assert after == before


def test_the_set_is_revoked_and_freed_together(shells: Shells) -> None:
    first = role("first", trusting({"AWS": f"arn:aws:iam::{OWN}:root"}))
    held = [{"key": "guardrift-quarantine", "value": "case 7"}]
    second = role("second", trusting({"AWS": f"arn:aws:iam::{OWN}:role/first"}), tags=held)
    account = alone(roles=[first, second])
    build(account)

    before, during, after = carried_out(plan_of(account, kind="role", name="first"), account, shells)

    assert during.count('"AWSRevokeOlderSessions"') == 2
    assert after == before


def test_keys_that_were_inactive_stay_inactive(shells: Shells) -> None:
    build(alone(users=[user("ann")]))
    iam = boto3.client("iam", region_name="eu-west-1")
    on, off = (iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"] for _ in range(2))
    iam.update_access_key(UserName="ann", AccessKeyId=off, Status="Inactive")
    keys = [
        {"id": id_, "user": "ann", "status": status, "created": "2026-01-01T00:00:00Z"}
        for id_, status in ((on, "Active"), (off, "Inactive"))
    ]
    account = alone(users=[user("ann")], access_keys=[{"user": "ann", "keys": keys}], service_credentials=[])

    before, during, after = carried_out(plan_of(account, kind="user", name="ann"), account, shells)

    assert during.count('"Inactive"') == 2
    assert "ir-quarantine-user" in during
    assert before.count('"Inactive"') == 1
    assert after == before


def test_what_was_not_read_is_looked_up_and_made_inactive(shells: Shells) -> None:
    build(alone(users=[user("ann")]))
    iam = boto3.client("iam", region_name="eu-west-1")
    iam.create_access_key(UserName="ann")
    iam.create_access_key(UserName="ann")
    shells.line.told = {"list-service-specific-credentials": {"ServiceSpecificCredentials": []}}
    unread = {"kind": "gap", "api": "iam:ListAccessKeys", "status": "denied", "region": "global"}
    account = alone(users=[user("ann")], access_keys=unread)
    plan = plan_of(account, kind="user", name="ann")

    ran = shells.run(script(plan, "apply.sh"))

    assert (ran.status, shells.line.faults) == (0, [])
    assert seen().count('"Inactive"') == 2


@pytest.mark.parametrize("kind", ["role", "user"])
def test_full_of_inline_policies(kind: str, shells: Shells) -> None:
    """A managed policy takes the place, however often: a policy has five versions at most."""
    if kind == "role":
        account = alone(roles=[role("full", service("lambda"), inline=[{"name": "own", "document": BIG}])])
    else:
        account = alone(
            users=[user("full", inline=[{"name": "own", "document": FULL_OF_USER}])],
            access_keys=[{"user": "full", "keys": []}],
        )
    build(account)
    plan = plan_of(account, kind=kind, name="full")
    (document,) = plan.documents
    before = seen()

    for _ in range(7):
        ran = shells.run(script(plan, "apply.sh"))
        assert (ran.status, shells.line.faults) == (0, []), ran
    during = seen()
    undone = shells.run(script(plan, "undo.sh"))

    assert (document.placed.layer, document.placed.name) == ("managed", managed_name(document.placed.template, "full"))
    assert '"Effect": "Deny"' in during
    assert undone.status == 0
    assert seen() == before


def test_a_later_cutoff_in_a_managed_policy_is_kept(shells: Shells) -> None:
    account = alone(roles=[role("full", service("lambda"), inline=[{"name": "own", "document": BIG}])])
    build(account)
    plan = plan_of(account, kind="role", name="full")
    text = json.dumps(EARLIER).replace("2001", "2099")
    iam = boto3.client("iam", region_name="eu-west-1")
    iam.create_policy(PolicyName=plan.documents[0].placed.name, PolicyDocument=text)

    ran = shells.run(script(plan, "apply.sh"))

    assert ran.status == 0
    assert "2099-01-01T00:00:00Z" in ran.errors
    arn = f"arn:aws:iam::{OWN}:policy/{plan.documents[0].placed.name}"
    default = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    stored = iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]["Document"]
    assert stored["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"] == "2099-01-01T00:00:00Z"


@pytest.mark.parametrize("held", [None, BOUNDARY])
def test_full_of_both_gets_a_boundary_and_the_old_one_back(held: str | None, shells: Shells) -> None:
    own = [{"name": "own", "document": BIG}]
    versions = [{"id": "v1", "is_default": True, "document": BIG}]
    full = role("full", service("lambda"), inline=own, attached=ATTACHED, boundary=held)
    account = alone(roles=[full], policies=[{"arn": BOUNDARY, "name": "PowerUserAccess", "versions": versions}])
    build(account)
    plan = plan_of(account, kind="role", name="full")

    before, during, after = carried_out(plan, account, shells)

    assert [(each.placed.layer, each.placed.previous) for each in plan.documents] == [("boundary", held or "")]
    assert all(each.proof.is_proven for each in plan.proofs)
    assert "AWSDenyAll" in during
    assert after == before


def test_two_documents_need_room_together() -> None:
    """One of them fits beside the policies of the role, both do not: the second becomes a managed one, or none does."""
    arn = f"arn:aws:iam::{OWN}:instance-profile/web"
    instances = [
        {
            "id": f"i-0123456789abcdef{n}",
            "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0123456789abcdef{n}",
            "state": "running",
            "instance_profile": arn,
        }
        for n in range(2)
    ]
    regions = [{"name": "eu-west-1", "instances": instances}]

    def planned(**more: Any) -> Plan:
        web = role(
            "web",
            service("ec2"),
            instance_profiles=["web"],
            inline=[{"name": "own", "document": filler(10_240 - 300)}],
            **more,
        )
        account = alone(roles=[web], regions=regions, organization=organization())
        return plan_of(account, kind="role", name="web", session=instances[0]["id"], region="eu-west-1")

    some, none = planned(), planned(attached=ATTACHED)

    assert [each.placed.layer for each in some.documents] == ["inline", "managed"]
    # The revocation of the whole role is shorter than either, and is left as the one that fits.
    assert [each.placed.template for each in none.documents] == ["revoke-sessions"]
    assert all(each.proof.is_proven for each in (*some.proofs, *none.proofs))


def test_names_of_managed_policies_fit_and_differ() -> None:
    names = {managed_name("revoke-instance", name) for name in ("a" * 64, "b" * 64, "c" * 200, "c" * 199 + "d")}

    assert len(names) == 4
    assert max(map(len, names)) <= 128


def test_a_policy_of_the_organization_is_put_twice_and_taken_away(shells: Shells) -> None:
    """Names are unique in an organization: the next principal has another, and a second call changes the first one."""
    organizations = boto3.client("organizations", region_name="us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    made = organizations.create_account(Email="a@example.com", AccountName="own")["CreateAccountStatus"]["AccountId"]
    plans = [
        make_plan(SUBJECTS[name], everything(), Circumstances(at=everything().taken_at))
        for name in ("person of Identity Center", "root user")
    ]
    applied = [script(plan, "apply.sh").replace(OWN, made) for plan in plans]
    undone = [script(plan, "undo.sh").replace(OWN, made) for plan in plans]

    def attached() -> list[str]:
        found = organizations.list_policies_for_target(TargetId=made, Filter="SERVICE_CONTROL_POLICY")["Policies"]
        return [each["Name"] for each in found if each["Name"] != "FullAWSAccess"]

    statuses = [shells.run(each).status for each in (*applied, *applied)]
    during = attached()
    statuses += [shells.run(each).status for each in undone]

    assert (statuses, shells.line.faults) == ([0] * 6, [])
    assert len(during) == 2
    assert attached() == []
