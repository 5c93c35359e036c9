"""What is gathered about the paths of an account, and what makes an answer incomplete."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from scanner.actions import REGIONAL
from scanner.iam.escalation.paths import paths_of
from scanner.iam.escalation.survey import Surveyor
from scanner.iam.escalation.told import Survey
from scanner.iam.escalation.towards import Towards
from scanner.inventory import Account, Gap
from scanner.snapshot import decode
from tests.accounts import NOW, allow, deny, policy
from tests.scanner.iam.escalation.building import (
    ADMINISTRATOR,
    account,
    arn,
    managed_policy,
    role,
    target,
    trusting,
    user,
)

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "privesc"
ANN, BOB, BOSS, WORK = arn("user", "ann"), arn("user", "bob"), arn("role", "boss"), arn("role", "work")
LINKED = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/linked"

ASSUMING = user("ann", allow("sts:AssumeRole"))
LOST = arn("policy", "lost")


def small(*entities: dict[str, object]) -> Surveyor:
    """Ann assumes the role work, and who has that the role boss, an administrator; beside what is given."""
    return Surveyor(
        account(
            ASSUMING,
            role("work", allow("sts:AssumeRole", BOSS), trust=[trusting(ANN)]),
            role("boss", managed=[ADMINISTRATOR], trust=[trusting(WORK)]),
            *entities,
        )
    )


def chains(survey: Survey) -> dict[str, list[str]]:
    """For each principal with a path the targets of its first."""
    return {each.arn: [step.target for step in each.paths[0].steps] for each in survey.principals if each.paths}


def test_everyone() -> None:
    survey = small(user("bob", allow("s3:*"))).everyone()

    assert chains(survey) == {WORK: [BOSS], ANN: [WORK, BOSS]}
    assert survey.administrators == (BOSS,)
    assert [each.arn for each in survey.principals] == [WORK, ANN, BOSS]
    assert survey.totals is not None
    assert msgspec.structs.astuple(survey.totals) == (4, 1, 2, 0)
    assert survey.complete
    assert all(each.blast_counts is None and each.blast_radius is None for each in survey.principals)


def test_counts_are_made_where_they_are_wanted() -> None:
    survey = small().everyone(counts=True)

    assert [each.blast_counts.principals for each in survey.principals if each.blast_counts] == [1, 2, 0]


def test_one_has_its_blast_radius() -> None:
    found = small().one(ANN).principals[0]

    assert found.escalates
    assert found.blast_radius is not None
    assert [each.arn for each in found.blast_radius.principals] == [BOSS, WORK]


def test_an_administrator() -> None:
    survey = small(user("bob", managed=[LOST])).one(BOSS)

    assert survey.principals[0].administrator is not None
    assert not survey.principals[0].escalates
    assert survey.complete


class TestTowardsOne:
    def test_everyone(self) -> None:
        survey = small().everyone_to(WORK)

        assert chains(survey) == {ANN: [WORK]}
        assert survey.to is not None
        assert (survey.to.arn, survey.to.by_administrators) == (WORK, True)

    def test_a_path(self) -> None:
        survey = small().one_to(ANN, BOSS)

        assert chains(survey) == {ANN: [WORK, BOSS]}
        assert survey.complete

    @pytest.mark.parametrize(("name", "method"), [("user/bob", "iam-002"), ("role/other", "iam-012")])
    def test_by_way_of_administrator_rights(self, name: str, method: str) -> None:
        surveyor = small(user("bob"), role("other"))
        goal = arn(*name.split("/"))

        assert chains(surveyor.one_to(ANN, goal)) == {ANN: [WORK, BOSS, goal]}
        assert chains(surveyor.one_to(BOSS, goal)) == {BOSS: [goal]}
        last = surveyor.one_to(ANN, goal).principals[0].paths[0].steps[-1]
        assert (last.source, last.method) == (BOSS, method)

    def test_who_makes_itself_an_administrator_acts_as_itself(self) -> None:
        surveyor = small(user("bob", allow("iam:PutUserPolicy", BOB)), user("cem"))

        steps = surveyor.one_to(BOB, arn("user", "cem")).principals[0].paths[0].steps

        assert [(step.source, step.target) for step in steps] == [(BOB, BOB), (BOB, arn("user", "cem"))]

    def test_roles_that_aws_keeps_are_nobodys(self) -> None:
        linked = {**role("linked"), "Arn": LINKED, "Path": "/aws-service-role/x.amazonaws.com/"}
        survey = small(linked).one_to(BOSS, LINKED)

        assert survey.to is not None
        assert not survey.to.by_administrators
        assert survey.principals[0].paths == ()

    def test_none(self) -> None:
        survey = small(user("bob")).one_to(BOB, WORK)

        assert survey.principals[0].paths == ()
        assert survey.complete


class TestIncomplete:
    """An answer is incomplete where what was not read could change it, and not otherwise."""

    def test_a_policy_of_somebody_without_a_path(self) -> None:
        survey = small(user("bob", managed=[LOST])).everyone()

        assert not survey.complete
        assert survey.totals is not None
        assert survey.totals.unread == 1
        unread = next(each for each in survey.principals if each.arn == BOB).unread
        assert unread == (f"policy {LOST} is in use, but its document was not collected",)

    def test_a_policy_of_somebody_who_escalates_anyway(self) -> None:
        surveyor = small(user("bob", allow("iam:PutUserPolicy", BOB), managed=[LOST]))

        assert surveyor.everyone().complete
        assert surveyor.one(BOB).complete
        assert surveyor.one(BOB).principals[0].unread

    def test_a_policy_of_somebody_on_the_way(self) -> None:
        surveyor = small(
            user("bob", allow("sts:AssumeRole", arn("role", "step"))),
            role("step", managed=[LOST], trust=[trusting(BOB)]),
        )

        survey = surveyor.one(BOB)

        assert not survey.complete
        assert survey.missing == (
            f"{arn('role', 'step')}, which it can become: policy {LOST} is in use, but its document was not collected",
        )
        assert not surveyor.one_to(BOB, WORK).complete
        assert surveyor.one_to(BOB, arn("role", "step")).complete
        assert surveyor.one(ANN).complete

    @pytest.mark.parametrize("name", ["users", "roles", "groups", "policies"])
    def test_whole_answers(self, name: str) -> None:
        gap = Gap("iam:GetAccountAuthorizationDetails", "denied")
        found = msgspec.structs.replace(small(user("bob", allow("s3:*"))).account, **{name: gap})
        surveyor = Surveyor(found)

        assert not surveyor.everyone().complete
        assert surveyor.everyone().missing == ("iam:GetAccountAuthorizationDetails was denied",)
        if name != "users":
            assert not surveyor.one(BOB).complete

    def test_a_boundary_that_was_not_read_is_said(self) -> None:
        """It could only take away, so that a path stays one."""
        survey = small(user("bob", allow("iam:PutUserPolicy", BOB), boundary=LOST)).one(BOB)

        assert survey.principals[0].escalates
        assert survey.complete
        assert survey.principals[0].unread == (f"policy {LOST} is in use, but its document was not collected",)


def test_what_contains_a_principal_is_told_and_left_out() -> None:
    revoked = {"PolicyName": "stop", "PolicyDocument": policy(deny())}
    found = small(user("bob", allow("iam:PutUserPolicy", BOB), more=[revoked])).one(BOB).principals[0]

    assert found.escalates
    assert [(each.kind, each.source) for each in found.artefacts] == [("deny all", "inline policy stop")]


def samples() -> list[Account]:
    """The accounts to compare on."""
    services = target("boss", "ec2.amazonaws.com", profile=True)
    chain = [role(f"r{n}", allow("sts:AssumeRole"), trust=[trusting(arn("role", f"r{n - 1}"))]) for n in range(1, 6)]
    found = [
        account(ASSUMING, services, *chain, role("r0", trust=[trusting(ANN)])),
        account(
            user("ann", allow("iam:CreatePolicyVersion")),
            user("bob", managed=[arn("policy", "p")]),
            user("cem", allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])),
            managed_policy("p", policy(allow("iam:CreateAccessKey"))),
            role("r0", allow("iam:AttachUserPolicy"), trust=[trusting("lambda.amazonaws.com")]),
        ),
    ]
    for name in ("iam-vulnerable", "pathfinding"):
        path = FOLDER / f"{name}.authz.json"
        if path.exists():
            found.append(decode(path.read_bytes(), now=NOW, actions=REGIONAL))
    return found


@pytest.mark.parametrize("found", samples())
def test_the_ways_to_one_are_those_of_a_search_from_each(found: Account) -> None:
    paths = paths_of(found)
    arns = paths.graph.landscape.people.arns
    for goal in arns[:: max(1, len(arns) // 12)]:
        towards = Towards(paths, goal)
        expected = {arn: path for arn in arns if arn != goal and (path := paths.between(arn, goal)) is not None}

        assert set(towards.members()) == set(expected)
        for each, path in expected.items():
            other = towards.path(each)
            assert other is not None
            assert len(other.steps) == len(path.steps)
            assert other.steps[0].source == each
            assert other.steps[-1].target == path.steps[-1].target
