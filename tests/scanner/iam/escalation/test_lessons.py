"""What other tools get wrong, each case with a near twin whose answer is the opposite."""

from __future__ import annotations

import pytest

from scanner.iam.escalation.graph import Graph
from scanner.iam.escalation.paths import Escalation, paths_of
from scanner.iam.powers import power_of
from scanner.iam.sources import policies_of
from scanner.inventory import Gap
from tests.accounts import FOREIGN, allow, deny, policy
from tests.scanner.iam.escalation.building import (
    ADMINISTRATOR,
    ROOT,
    Json,
    account,
    arn,
    escalation,
    graph,
    group,
    inline,
    managed_policy,
    methods,
    role,
    target,
    trusting,
    user,
)

REVOKED = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T03:00:00Z"}})
MFA: Json = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
BOSS = target("boss", "ec2.amazonaws.com", profile=True)
RUNNING = (allow("iam:PassRole"), allow("ec2:RunInstances"))


def administrators(built: Graph) -> set[str]:
    return {built.arn(at) for at, node in enumerate(built.nodes) if built.administrators >> at & 1 and not node.depth}


def conditions(found: Escalation | None) -> set[str]:
    assert found is not None
    return {text for path in found.paths for step in path.steps for text in step.conditions}


@pytest.mark.parametrize(
    "contained",
    [REVOKED, deny(), deny(NotAction="sts:GetCallerIdentity"), deny(["*"])],
    ids=["sessions revoked", "everything denied", "all but one denied", "list"],
)
@pytest.mark.parametrize("where", ["inline", "managed", "group", "boundary"])
def test_what_contains_an_incident_never_makes_a_principal_look_harmless(contained: Json, where: str) -> None:
    statement = {key: value for key, value in contained.items() if key != "Action" or "NotAction" not in contained}
    document = policy(allow(), statement) if where == "boundary" else policy(statement)
    held: dict[str, Json] = {
        "inline": user("me", *RUNNING, more=[inline(statement, name="AWSRevokeOlderSessions")]),
        "managed": user("me", *RUNNING, managed=[arn("policy", "contains")]),
        "group": user("me", *RUNNING, groups=["contained"]),
        "boundary": user("me", *RUNNING, boundary=arn("policy", "contains")),
    }
    entities = [held[where], group("contained", statement), managed_policy("contains", document), BOSS]
    found = account(*entities)

    assert methods(paths_of(found).escalation(arn("user", "me"))) == {"ec2-001"}
    assert not isinstance(found.users, Gap)
    assert [artefact.source for user_ in found.users for artefact in power_of(user_, policies_of(found)).artefacts]


@pytest.mark.parametrize("version", ["", "V2", "V3", "V9"])
def test_a_quarantined_key_is_judged_as_if_it_were_free(version: str) -> None:
    quarantine = f"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine{version}"
    own = managed_policy(f"AWSCompromisedKeyQuarantine{version}", policy(deny(["iam:*", "ec2:*"])))

    assert methods(escalation("me", user("me", *RUNNING, managed=[quarantine]), BOSS)) == {"ec2-001"}
    imitated = user("me", *RUNNING, managed=[arn("policy", f"AWSCompromisedKeyQuarantine{version}")])
    assert not methods(escalation("me", imitated, own, BOSS))


@pytest.mark.parametrize(
    "denied",
    [
        deny(["iam:*", "ec2:*"]),
        deny("ec2:RunInstances"),
        deny(["iam:*", "ec2:*"], Condition={"DateGreaterThan": {"aws:TokenIssueTime": "2026-11-20T03:00:00Z"}}),
    ],
)
def test_a_deny_that_is_no_containment_counts(denied: Json) -> None:
    found = escalation("me", role("me", *RUNNING, denied), BOSS)

    if "Condition" in denied:
        assert any("TokenIssueTime" in text for text in conditions(found))
    else:
        assert found is None


def test_a_revoked_administrator_is_one_and_revoked_rights_of_others_lead_to_it() -> None:
    boss = role("boss", allow(), REVOKED, trust=[trusting(ROOT)])
    built = graph(boss, user("me", allow("sts:AssumeRole")), user("other", allow("s3:*")))

    assert administrators(built) == {arn("role", "boss")}
    assert built.arn(built.escalating.bit_length() - 1) == arn("user", "me")
    assert built.escalating.bit_count() == 1


def test_a_deny_on_one_resource_takes_only_that_away() -> None:
    low = arn("role", "low")

    assert administrators(graph(user("me", allow(), deny("*", low)))) == {arn("user", "me")}
    assert administrators(graph(user("me", allow(), deny(["iam:*", "sts:*"])))) == set()
    assert methods(escalation("me", user("me", *RUNNING, deny("iam:PassRole", low)), BOSS)) == {"ec2-001"}
    assert not methods(escalation("me", user("me", *RUNNING, deny("iam:PassRole", arn("role", "boss"))), BOSS))


def test_actions_are_united_over_policies_of_every_kind() -> None:
    passing, running = policy(allow("iam:PassRole")), allow("ec2:RunInstances")
    entities = [managed_policy("pass", passing), group("run", running), BOSS]
    split = user("me", managed=[arn("policy", "pass")], groups=["run"])

    assert methods(escalation("me", split, *entities)) == {"ec2-001"}
    assert methods(
        escalation("me", user("me", more=[inline(each, name=f"p{place}") for place, each in enumerate(RUNNING)]), BOSS)
    ) == {"ec2-001"}
    assert not methods(escalation("me", user("me", managed=[arn("policy", "pass")]), *entities))
    assert not methods(escalation("me", user("me", groups=["run"]), *entities))


def test_a_decoy_action_elsewhere_does_not_complete_a_method() -> None:
    other = arn("role", "other")

    assert not methods(escalation("me", user("me", allow("iam:PassRole", other), allow("ec2:RunInstances")), BOSS))
    assert not methods(escalation("me", user("me", allow("ec2:RunInstances"), allow("iam:GetRole")), BOSS))
    nothing = allow("ec2:RunInstances", "arn:aws:s3:::bucket")
    assert not methods(escalation("me", user("me", allow("iam:PassRole"), nothing), BOSS))
    one_type = allow("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*")
    assert not methods(escalation("me", user("me", allow("iam:PassRole"), one_type), BOSS))
    many = allow("ec2:RunInstances", ["arn:aws:ec2:*:*:*/*", "arn:aws:ec2:*::image/*"])
    assert methods(escalation("me", user("me", allow("iam:PassRole"), many), BOSS)) == {"ec2-001"}


def test_a_hop_needs_the_permission_and_the_trust() -> None:
    middle = role("middle", allow("sts:AssumeRole", arn("role", "boss")), trust=[trusting(ROOT)])
    boss = role("boss", allow(), trust=[trusting(arn("role", "middle"))])
    me = user("me", allow("sts:AssumeRole", arn("role", "middle")))

    found = escalation("me", me, middle, boss)
    assert found is not None
    (path,) = found.paths
    assert [(step.source, step.target) for step in path.steps] == [
        (arn("user", "me"), arn("role", "middle")),
        (arn("role", "middle"), arn("role", "boss")),
    ]
    assert path.confidence == "high"
    assert escalation("me", user("me"), middle, boss) is None
    assert escalation("me", user("me", allow("sts:AssumeRole", arn("role", "boss"))), middle, boss) is None
    assert escalation("me", me, middle, role("boss", allow(), trust=[trusting(arn("role", "else"))])) is None
    assert (
        escalation("me", me, role("middle", trust=[trusting(ROOT)]), role("boss", allow(), trust=[trusting(ROOT)]))
        is None
    )


def test_trust_in_the_account_needs_a_permission_and_trust_by_name_does_not() -> None:
    me, may = user("me"), user("me", allow("sts:AssumeRole"))
    by_account = role("boss", allow(), trust=[trusting(ROOT)])
    by_number = role("boss", allow(), trust=[trusting(ROOT.split(":")[4])])
    by_name = role("boss", allow(), trust=[trusting(arn("user", "me"))])
    by_identifier = role("boss", allow(), trust=[trusting("AIDAME")])

    for boss in (by_account, by_number):
        assert escalation("me", me, boss) is None
        assert methods(escalation("me", may, boss)) == {"sts-001"}
    for boss in (by_name, by_identifier):
        assert methods(escalation("me", me, boss)) == {"sts-001"}
        assert escalation("me", user("me", deny("sts:AssumeRole")), boss) is None
    assert escalation("me", me, role("boss", allow(), trust=[trusting(arn("user", "ME"))])) is None


def test_a_boundary_binds_a_role_that_is_trusted_by_name_and_not_a_user() -> None:
    edge = managed_policy("edge", policy(allow("s3:*")))
    wide = managed_policy("edge", policy(allow("sts:*")))
    bounded = role("me", boundary=arn("policy", "edge"))

    by_user = role("boss", allow(), trust=[trusting(arn("user", "me"))])
    by_role = role("boss", allow(), trust=[trusting(arn("role", "me"))])
    assert methods(escalation("me", user("me", boundary=arn("policy", "edge")), by_user, edge)) == {"sts-001"}
    assert escalation("me", bounded, by_role, edge) is None
    assert methods(escalation("me", bounded, by_role, wide)) == {"sts-001"}


def test_a_foreign_account_in_the_trust_lets_nobody_of_this_one_in() -> None:
    abroad = f"arn:aws:iam::{FOREIGN}:root"
    me = user("me", allow("sts:AssumeRole"))

    assert escalation("me", me, role("boss", allow(), trust=[trusting(abroad)])) is None
    assert escalation("me", me, role("boss", allow(), trust=[trusting(f"arn:aws:iam::{FOREIGN}:user/me")])) is None
    assert methods(escalation("me", me, role("boss", allow(), trust=[trusting(abroad, ROOT)]))) == {"sts-001"}
    assert methods(escalation("me", me, role("boss", allow(), trust=[trusting("*")]))) == {"sts-001"}


def test_group_membership_counts_and_names_of_groups_do_not() -> None:
    admins = group("admins", managed=[ADMINISTRATOR])

    assert administrators(graph(user("me", groups=["admins"]), admins)) == {arn("user", "me")}
    assert administrators(graph(user("me"), admins)) == set()
    assert administrators(graph(user("me", groups=["admins"]), group("admins", allow("s3:*")))) == set()
    assert administrators(graph(user("admin"), role("AdministratorAccess"))) == set()


def test_roles_that_assume_one_another_in_a_circle_come_to_an_end() -> None:
    circle = [role(name, trust=[trusting(arn("role", before))]) for name, before in ("ab", "bc", "ca")]
    boss = role("boss", allow(), trust=[trusting(arn("role", "c"))])

    closed, open_ = graph(*circle), graph(*circle, boss)
    assert closed.escalating == 0
    assert closed.closure.of(0) == 0b111
    assert open_.escalating.bit_count() == 3
    paths = {name: escalation(name, *circle, boss) for name in "abc"}
    assert {name: len(found.paths[0].steps) for name, found in paths.items() if found} == {"a": 2, "b": 3, "c": 1}


def test_a_boundary_limits_and_one_that_is_wide_does_not() -> None:
    bounded = user("me", *RUNNING, boundary=arn("policy", "edge"))

    assert escalation("me", bounded, BOSS, managed_policy("edge", policy(allow("s3:*")))) is None
    assert escalation("me", bounded, BOSS, managed_policy("edge", policy(allow("ec2:*")))) is None
    assert methods(escalation("me", bounded, BOSS, managed_policy("edge", policy(allow())))) == {"ec2-001"}
    assert (
        administrators(
            graph(user("me", allow(), boundary=arn("policy", "edge")), managed_policy("edge", policy(allow("s3:*"))))
        )
        == set()
    )


@pytest.mark.parametrize("where", ["identity", "trust"])
def test_an_answer_that_hangs_on_mfa_names_the_condition(where: str) -> None:
    by_identity, by_trust = ({"Condition": MFA} if where == each else {} for each in ("identity", "trust"))
    may = allow("sts:AssumeRole", **by_identity)
    boss = role("boss", allow(), trust=[{**trusting(ROOT), **by_trust}])

    found = escalation("me", user("me", may), boss)

    assert conditions(found) == {"aws:MultiFactorAuthPresent is true"}
    assert found is not None
    assert found.paths[0].confidence == "medium"
    free = escalation("me", user("me", allow("sts:AssumeRole")), role("boss", allow(), trust=[trusting(ROOT)]))
    assert conditions(free) == set()


def test_a_deny_without_mfa_is_a_condition_and_a_deny_without_condition_is_none() -> None:
    boss = role("boss", allow(), trust=[trusting(ROOT)])
    without = deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})

    found = escalation("me", user("me", allow("sts:AssumeRole"), without), boss)

    assert any("aws:MultiFactorAuthPresent" in text for text in conditions(found))
    assert escalation("me", user("me", allow("sts:AssumeRole"), deny("sts:*")), boss) is None


def test_conditions_that_exclude_one_another_allow_nothing() -> None:
    boss = role("boss", allow(), trust=[trusting(ROOT)])
    only, never = ({"StringEquals": {"aws:RequestedRegion": region}} for region in ("eu-west-1", "us-east-1"))

    def found(*statements: Json) -> set[str]:
        return methods(escalation("me", user("me", *statements), boss))

    assert found(allow("sts:AssumeRole", Condition=only)) == {"sts-001"}
    assert found(allow("sts:AssumeRole", Condition=only), deny("sts:AssumeRole", Condition=never)) == {"sts-001"}
    assert not found(allow("sts:AssumeRole", Condition=only), deny("sts:AssumeRole", Condition=only))


def test_twins_that_differ_in_one_condition_value_differ_in_the_answer() -> None:
    me = user("me", allow("sts:AssumeRole"), tags={"team": "red"})

    def boss(wanted: str) -> Json:
        return role(
            "boss", allow(), trust=[trusting(ROOT, Condition={"StringEquals": {"aws:PrincipalTag/team": wanted}})]
        )

    assert methods(escalation("me", me, boss("red"))) == {"sts-001"}
    assert escalation("me", me, boss("blue")) is None
    assert escalation("me", me, boss("RED")) is None


def test_changing_somebody_one_cannot_become_is_no_escalation() -> None:
    other = role("other", trust=[trusting("ec2.amazonaws.com")])

    assert escalation("me", user("me", allow("iam:PutRolePolicy")), other) is None
    both = user("me", allow(["iam:PutRolePolicy", "sts:AssumeRole"]))
    assert escalation("me", both, other) is None
    assert methods(escalation("me", both, role("other", trust=[trusting(ROOT)]))) == {"iam-017"}


def test_what_needs_an_unseen_resource_is_told_only_where_a_privileged_role_trusts_the_service() -> None:
    me = user("me", allow(["lambda:UpdateFunctionCode", "lambda:InvokeFunction"]))

    found = escalation("me", me, target("boss", "lambda.amazonaws.com"))
    assert found is not None
    assert all(path.confidence == "low" and path.steps[0].needs for path in found.paths)
    assert escalation("me", me, target("boss", "ec2.amazonaws.com")) is None
    assert escalation("me", me, role("low", allow("s3:*"), trust=[trusting("lambda.amazonaws.com")])) is None


def test_kinds_of_writing_are_one_meaning() -> None:
    for actions in (["IAM:passrole", "EC2:runinstances"], ["iam:P?ssRole", "ec2:Run*"], ["*:PassRole", "ec2:*"]):
        assert methods(escalation("me", user("me", allow(actions)), BOSS)) >= {"ec2-001"}, actions
    by_exclusion = {"Effect": "Allow", "NotAction": ["s3:*"], "Resource": "*"}
    assert administrators(graph(user("me", by_exclusion))) == {arn("user", "me")}
    but_roles = {"Effect": "Allow", "Action": "iam:PassRole", "NotResource": arn("role", "boss")}
    assert escalation("me", user("me", but_roles, allow("ec2:RunInstances")), BOSS) is None
