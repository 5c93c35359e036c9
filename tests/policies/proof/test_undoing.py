"""Whether a principal could take its containment off, and what has to come first then."""

from __future__ import annotations

from typing import Any

from policies.placed import Placed
from policies.proof import Proof, prove
from policies.subjects import Subject
from scanner.inventory import Account, Gap, Role, User
from tests.accounts import OWN, Json, account, allow, deny, policy
from tests.policies.proof import scenarios as s
from tests.policies.proof.scenarios import ALL, ANN, APP, BOTH, EC2_TRUST, OLD, put

ADMIN = f"arn:aws:iam::{OWN}:role/admin"
BOSS = f"arn:aws:iam::{OWN}:user/boss"
R1_ON_APP = put("inline", APP, s.R1)


def made(*own: Json, roles: tuple[Json, ...] = (), users: tuple[Json, ...] = (), **more: object) -> Account:
    ann = {"name": "ann", "arn": ANN, "id": "AIDAANN", "inline": [{"name": "own", "document": policy(*own)}]}
    app = s.role(APP, "AROAAPP", EC2_TRUST, *own, path="/team/")
    facts: dict[str, Any] = {"users": [ann, *users], "roles": [app, *roles], "groups": [], "policies": []}
    return account({**facts, "organization": s.MEMBER, **more})


def of(found: Account, arn: str) -> Role | User:
    assert not isinstance(found.users, Gap)
    assert not isinstance(found.roles, Gap)
    people: list[Role | User] = [*found.users, *found.roles]
    return next(each for each in people if each.arn == arn)


def on_app(found: Account, *placed: Placed) -> Proof:
    return prove(placed or (R1_ON_APP,), s.OF_APP, of(found, APP), found, expects=OLD)


def on_ann(found: Account, *placed: Placed) -> Proof:
    return prove(placed or (put("inline", ANN, s.R4),), Subject(kind="user"), of(found, ANN), found, expects=ALL)


def ways(proof: Proof) -> set[tuple[str, str, str]]:
    return {(each.action, each.undoes, each.through) for each in proof.undoable}


def test_who_may_do_nothing_to_itself_undoes_nothing() -> None:
    for proof in (on_app(made(allow("s3:*"))), on_ann(made(allow("s3:*")))):
        assert proof.is_proven
        assert (proof.undoable, proof.needs_scp_first, proof.undoing_unknown) == ((), False, "")


def test_an_administrator_undoes_everything() -> None:
    found = made(allow())

    for proof in (on_app(found), on_ann(found)):
        assert proof.is_proven
        assert proof.needs_scp_first
    assert ("iam:DeleteUserPolicy", "inline Deny", "") in ways(on_ann(found))


def test_forms_of_containment_are_told_apart() -> None:
    found = made(allow(["iam:DetachUserPolicy", "iam:PutUserPermissionsBoundary"], ANN))

    assert on_ann(found).undoable == ()
    attached = on_ann(found, put("managed", ANN, s.R10, s.DENY_ALL))
    assert ways(attached) == {("iam:DetachUserPolicy", "attached Deny", "")}
    bound = on_ann(found, put("boundary", ANN, s.R10, s.DENY_ALL))
    assert ways(bound) == {("iam:PutUserPermissionsBoundary", "boundary", "")}


def test_opening_the_trust_policy_brings_a_new_session() -> None:
    found = made(allow("iam:UpdateAssumeRolePolicy", APP))

    assert ways(on_app(found)) == {("iam:UpdateAssumeRolePolicy", "revocation by time", "")}
    placed = put("boundary", APP, s.R10, s.DENY_ALL)
    assert prove((placed,), s.OF_APP, of(found, APP), found, expects=BOTH).undoable == ()
    frozen = put("trust", APP, s.R11, "")
    assert ways(prove((frozen,), s.OF_APP, of(found, APP), found, expects=s.FREE)) == {
        ("iam:UpdateAssumeRolePolicy", "trust policy", "")
    }


def test_a_new_key_outlives_a_revocation_by_time() -> None:
    found = made(allow("iam:CreateAccessKey", ANN))
    expects = {**OLD, "long-term key": "as before"}

    by_time = prove((put("inline", ANN, s.R1),), Subject(kind="user"), of(found, ANN), found, expects=expects)
    assert ("iam:CreateAccessKey", "revocation by time", "") in ways(by_time)
    assert on_ann(found).undoable == ()


def test_by_way_of_a_role_that_it_can_assume() -> None:
    admin = s.role(ADMIN, "AROAADMIN", policy(s.trust({"AWS": APP})), allow())
    found = made(allow("sts:AssumeRole", ADMIN), roles=(admin,))

    assert ("iam:DeleteRolePolicy", "inline Deny", ADMIN) in ways(on_app(found))
    assert on_app(found).needs_scp_first


def test_by_way_of_a_role_that_may_do_just_that() -> None:
    helper = f"arn:aws:iam::{OWN}:role/helper"
    role = s.role(helper, "AROAHELP", policy(s.trust({"AWS": APP})), allow("iam:DeleteRolePolicy", APP))
    found = made(allow("sts:AssumeRole", helper), roles=(role,))

    assert ways(on_app(found)) == {("iam:DeleteRolePolicy", "inline Deny", helper)}
    elsewhere = s.role(helper, "AROAHELP", policy(s.trust({"AWS": APP})), allow("iam:DeleteRolePolicy", ADMIN))
    assert on_app(made(allow("sts:AssumeRole", helper), roles=(elsewhere,))).undoable == ()


def test_by_way_of_a_user_whose_key_it_can_make() -> None:
    boss: Json = {"name": "boss", "arn": BOSS, "inline": [{"name": "all", "document": policy(allow())}]}
    found = made(allow("iam:CreateAccessKey", BOSS), users=(boss,))

    assert ("iam:DeleteUserPolicy", "inline Deny", BOSS) in ways(on_ann(found))


def test_by_way_of_a_role_that_it_passes() -> None:
    admin = s.role(ADMIN, "AROAADMIN", policy(s.trust({"Service": "lambda.amazonaws.com"})), allow())
    passing = allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])
    found = made(passing, roles=(admin,))

    assert ("iam:DeleteUserPolicy", "inline Deny", ADMIN) in ways(on_ann(found))


def test_service_control_policy_that_protects_it_leaves_nothing_to_undo() -> None:
    protecting = {"id": "p-1", "name": "protect", "type": "SERVICE_CONTROL_POLICY", "is_aws_managed": False,
                  "content": {"kind": "policy-content", "document": policy(deny(["iam:Delete*", "iam:Put*"]))},
                  "targets": [OWN]}  # fmt: skip
    organization: dict[str, Any] = s.organization()
    protected = {**organization, "policies": [*organization["policies"], protecting]}

    assert on_ann(made(allow("iam:*"))).undoable != ()
    assert on_ann(made(allow("iam:*"), organization=protected)).undoable == ()


def test_nobody_in_the_account_undoes_a_service_control_policy() -> None:
    found = made(allow())
    proof = prove((put("scp", OWN, s.r5(APP)),), s.OF_APP, of(found, APP), found, expects=BOTH)
    both = prove((put("scp", OWN, s.r6(APP)), R1_ON_APP), s.OF_APP, of(found, APP), found, expects=OLD)

    for each in (proof, both):
        assert each.is_proven
        assert (each.undoable, each.needs_scp_first) == ((), False)


def test_sessions_for_others_stay_able_where_the_organization_denies_the_user_alone() -> None:
    found = made(allow())
    proof = on_ann(found, put("scp", OWN, s.r5(ANN)), put("inline", ANN, s.R4))

    assert proof.is_proven
    assert proof.undoable
    assert not proof.needs_scp_first

    every = f"arn:aws:sts::{OWN}:federated-user/*"
    placed = (put("scp", OWN, s.r5(ANN, every)), put("inline", ANN, s.R4))
    whole = prove(placed, Subject(kind="user"), of(found, ANN), found, expects=ALL, contained=(every,))
    assert whole.is_proven
    assert whole.undoable == ()


def test_policy_that_was_not_read_leaves_it_unknown() -> None:
    found = made(allow("s3:*"))
    unread = {"attached": [{"name": "x", "arn": f"arn:aws:iam::{OWN}:policy/x"}]}
    ann = {"name": "ann", "arn": ANN, "id": "AIDAANN", **unread}
    doubtful = account({"users": [ann], "roles": [], "groups": [], "policies": [], "organization": s.MEMBER})

    assert "policy/x" in on_ann(doubtful).undoing_unknown
    assert on_ann(found).undoing_unknown == ""
