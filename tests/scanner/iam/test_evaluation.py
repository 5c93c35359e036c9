"""AWS's order of evaluation as truth tables: verdict, what each layer says, and the statements that decide."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import FOREIGN, OWN, Json, allow, deny, policy
from tests.scanner.iam.asking import (
    ANN,
    APP,
    DEPLOY,
    LINKED,
    MISSING,
    QUEUE,
    ROOT,
    SESSION,
    UNKNOWN,
    ask,
    conditions,
    deciding,
    layers,
)

ALLOW, DENY, OTHER = policy(allow()), policy(deny()), policy(allow("iam:*"))
BOTH = policy(allow(), deny())
SHUT = policy(deny(Principal="*"))
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}


def to(*names: str, effect: str = "Allow", element: str = "Principal", **elements: object) -> Json:
    """A resource policy that names these principals."""
    return policy({"Effect": effect, element: {"AWS": list(names)}, "Action": "*", "Resource": "*", **elements})


SAME_ACCOUNT: list[tuple[str, str, dict[str, Any], str, dict[str, str], list[str]]] = [
    ("nothing", ANN, {}, "no", {"identity": "does not allow"}, []),
    ("another action", ANN, {"identity": [OTHER]}, "no", {"identity": "does not allow"}, []),
    ("identity", ANN, {"identity": [OTHER, ALLOW]}, "yes", {"identity": "allows"}, ["Allow p1[0]"]),
    ("group", ANN, {"group": [ALLOW]}, "yes", {"identity": "allows"}, ["Allow g0[0]"]),
    ("a group is of users", APP, {"group": [ALLOW]}, "no", {"identity": "does not allow"}, []),
    ("identity denies", ANN, {"identity": [BOTH]}, "no", {"identity": "denies"}, ["Deny p0[1]"]),
    ("group denies", ANN, {"identity": [ALLOW], "group": [DENY]}, "no", {"identity": "denies"}, ["Deny g0[0]"]),
    (
        "boundary allows",
        ANN,
        {"identity": [ALLOW], "boundary": ALLOW},
        "yes",
        {"identity": "allows", "boundary": "allows"},
        ["Allow p0[0]", "Allow limit[0]"],
    ),
    (
        "boundary does not",
        ANN,
        {"identity": [ALLOW], "boundary": OTHER},
        "no",
        {"identity": "allows", "boundary": "does not allow"},
        [],
    ),
    (
        "boundary denies",
        APP,
        {"identity": [ALLOW], "boundary": BOTH},
        "no",
        {"identity": "allows", "boundary": "denies"},
        ["Deny limit[1]"],
    ),
    (
        "a boundary grants nothing",
        ANN,
        {"boundary": ALLOW},
        "no",
        {"identity": "does not allow", "boundary": "allows"},
        [],
    ),
    (
        "session policy allows",
        SESSION,
        {"identity": [ALLOW], "session": ALLOW},
        "yes",
        {"identity": "allows", "session_policy": "allows"},
        ["Allow p0[0]", "Allow session_policy[0]"],
    ),
    (
        "session policy does not",
        SESSION,
        {"identity": [ALLOW], "session": OTHER},
        "no",
        {"identity": "allows", "session_policy": "does not allow"},
        [],
    ),
    (
        "scp denies",
        ANN,
        {"identity": [ALLOW], "scps": [[ALLOW], [ALLOW, DENY]]},
        "no",
        {"scp": "denies", "identity": "allows"},
        ["Deny scp[1][1][0]"],
    ),
    (
        "rcp denies",
        ANN,
        {"identity": [ALLOW], "rcps": [[SHUT]]},
        "no",
        {"rcp": "denies", "identity": "allows"},
        ["Deny rcp[0][0][0]"],
    ),
    (
        "resource policy denies",
        ANN,
        {"identity": [ALLOW], "resource_policy": to(OWN, effect="Deny")},
        "no",
        {"resource_policy": "denies", "identity": "allows"},
        ["Deny resource_policy[0]"],
    ),
    (
        "resource policy names the user",
        ANN,
        {"resource_policy": to(ANN), "boundary": OTHER},
        "yes",
        {"resource_policy": "allows", "identity": "does not allow", "boundary": "does not allow"},
        ["Allow resource_policy[0]"],
    ),
    (
        "resource policy names the session",
        SESSION,
        {"resource_policy": to(SESSION), "session": OTHER, "boundary": OTHER},
        "yes",
        {
            "resource_policy": "allows",
            "identity": "does not allow",
            "boundary": "does not allow",
            "session_policy": "does not allow",
        },
        ["Allow resource_policy[0]"],
    ),
    (
        "resource policy names everybody",
        SESSION,
        {"resource_policy": to("*"), "session": OTHER},
        "yes",
        {"resource_policy": "allows", "identity": "does not allow", "session_policy": "does not allow"},
        ["Allow resource_policy[0]"],
    ),
    (
        "resource policy names the role",
        SESSION,
        {"resource_policy": to(APP)},
        "yes",
        {"resource_policy": "allows", "identity": "does not allow"},
        ["Allow resource_policy[0]"],
    ),
    (
        "a role that is named is limited",
        SESSION,
        {"resource_policy": to(APP), "session": OTHER},
        "no",
        {"resource_policy": "allows", "identity": "does not allow", "session_policy": "does not allow"},
        [],
    ),
    (
        "resource policy names the account",
        ANN,
        {"resource_policy": to(ROOT)},
        "no",
        {"resource_policy": "allows", "identity": "does not allow"},
        [],
    ),
    (
        "both allow",
        ANN,
        {"identity": [ALLOW], "resource_policy": to(ANN)},
        "yes",
        {"resource_policy": "allows", "identity": "allows"},
        ["Allow resource_policy[0]", "Allow p0[0]"],
    ),
]


@pytest.mark.parametrize(
    ("principal", "facts", "verdict", "said", "statements"),
    [row[1:] for row in SAME_ACCOUNT],
    ids=[row[0] for row in SAME_ACCOUNT],
)
def test_within_the_account(
    principal: str, facts: dict[str, Any], verdict: str, said: dict[str, str], statements: list[str]
) -> None:
    decision = ask(principal, **facts)

    assert (decision.decision, layers(decision), deciding(decision)) == (verdict, said, statements)
    assert decision.conditions == ()
    assert decision.not_collected == ()


def test_what_decides_is_named_in_full() -> None:
    named = policy(allow("sqs:*", Sid="Queues"), deny(Sid="Never", Condition=MFA))
    (found,) = ask(ANN, identity=[named], absent=["aws:MultiFactorAuthPresent"]).statements

    assert (found.layer, found.document, found.statement, found.sid) == ("identity", "inline policy p0", 0, "Queues")


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([[ALLOW]], "allows"),
        ([[ALLOW], [ALLOW], [ALLOW]], "allows"),
        ([[OTHER], [ALLOW]], "does not allow"),
        ([[ALLOW], [OTHER]], "does not allow"),
        ([[ALLOW], []], "does not allow"),
        ([[]], "does not allow"),
        ([[ALLOW], [OTHER, policy(allow("sqs:*"))]], "allows"),
        ([[ALLOW], [policy(allow("sqs:*", "arn:aws:sqs:*:*:other"))]], "does not allow"),
        ([[ALLOW], [policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})]], "allows"),
        ([[ALLOW], [policy(allow(Condition=MFA))]], "only if"),
    ],
)
def test_every_level_of_the_organization_must_allow(levels: list[list[Json]], said: str) -> None:
    decision = ask(ANN, identity=[ALLOW], scps=levels)

    assert layers(decision)["scp"] == said
    assert decision.decision == {"allows": "yes", "does not allow": "no", "only if": "only_if"}[said]
    assert ask(ANN, resource_policy=to(ANN), scps=levels).decision == decision.decision


ON_RCP = "s3:GetObject sqs:SendMessage kms:Decrypt sts:AssumeRole secretsmanager:GetSecretValue dynamodb:GetItem"
BEYOND_RCP = "iam:CreateUser lambda:InvokeFunction ec2:RunInstances sns:Publish kms:RetireGrant"


@pytest.mark.parametrize("action", [*ON_RCP.split(), *BEYOND_RCP.split()])
def test_the_services_that_resource_control_policies_reach(action: str) -> None:
    decision = ask(ANN, action, "*", identity=[ALLOW], rcps=[[SHUT]], resource_policy=to(ANN))

    stopped = action in ON_RCP
    assert (decision.decision, layers(decision).get("rcp")) == (("no", "denies") if stopped else ("yes", None))


def test_resource_control_policies_grant_nothing_and_need_not_allow() -> None:
    assert ask(ANN, rcps=[[policy(allow(Principal="*"))]]).decision == "no"
    assert ask(ANN, identity=[ALLOW], rcps=[[]]).decision == "yes"


def test_service_linked_roles_are_beyond_the_organization() -> None:
    decision = ask(LINKED, identity=[ALLOW], scps=[[DENY]], rcps=[[SHUT]])

    assert (decision.decision, layers(decision)) == ("yes", {"identity": "allows"})


def test_the_trust_of_a_service_linked_role_is_beyond_resource_control_policies() -> None:
    facts: dict[str, Any] = {"identity": [ALLOW], "rcps": [[SHUT]]}

    assert ask(ANN, "sts:AssumeRole", LINKED, **facts).decision == "yes"
    assert ask(ANN, "sts:AssumeRole", DEPLOY, **facts).decision == "no"


@pytest.mark.parametrize(
    ("facts", "verdict", "said"),
    [
        ({}, "yes", {}),
        ({"identity": [DENY], "boundary": DENY}, "yes", {}),
        ({"scps": [[ALLOW], [OTHER]]}, "no", {"scp": "does not allow"}),
        ({"scps": [[BOTH]]}, "no", {"scp": "denies"}),
        ({"rcps": [[SHUT]]}, "no", {"rcp": "denies"}),
        ({"resource_policy": to(ROOT, effect="Deny")}, "no", {"resource_policy": "denies"}),
        ({"resource_policy": to(ANN, effect="Deny")}, "yes", {"resource_policy": "does not allow"}),
    ],
)
def test_root(facts: dict[str, Any], verdict: str, said: dict[str, str]) -> None:
    decision = ask("root", **facts)

    assert (decision.principal, decision.decision, layers(decision)) == (ROOT, verdict, said)


def test_root_assumes_no_role_and_says_so() -> None:
    decision = ask(ROOT, "sts:AssumeRole", DEPLOY)

    assert (decision.decision, decision.reason) == ("no", "The root user cannot assume a role.")


KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1"


@pytest.mark.parametrize(
    ("principal", "facts", "verdict"),
    [
        (ANN, {"identity": [ALLOW]}, "no"),
        (ANN, {"identity": [ALLOW], "resource_policy": to(OWN)}, "yes"),
        (ANN, {"resource_policy": to(OWN)}, "no"),
        (ANN, {"resource_policy": to(ANN)}, "yes"),
        (ANN, {"identity": [ALLOW], "resource_policy": to(DEPLOY)}, "no"),
        (SESSION, {"resource_policy": to(APP), "boundary": OTHER}, "no"),
        (ROOT, {}, "no"),
        (ROOT, {"resource_policy": to(OWN)}, "yes"),
    ],
)
def test_a_key_policy_is_mandatory(principal: str, facts: dict[str, Any], verdict: str) -> None:
    assert ask(principal, "kms:Decrypt", KEY, **facts).decision == verdict


def test_kms_without_a_key_has_no_key_policy() -> None:
    assert ask(ANN, "kms:ListKeys", "*", identity=[ALLOW]).decision == "yes"


THERE = f"arn:aws:sqs:eu-west-1:{FOREIGN}:jobs"


@pytest.mark.parametrize("named", [SESSION, APP, ROOT, OWN, "*"])
@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"identity": [ALLOW]}, "yes"),
        ({}, "no"),
        ({"identity": [ALLOW], "boundary": OTHER}, "no"),
        ({"identity": [ALLOW], "session": OTHER}, "no"),
        ({"identity": [ALLOW], "scps": [[OTHER]]}, "no"),
        ({"identity": [ALLOW], "rcps": [[SHUT]]}, "no"),
    ],
)
def test_across_accounts_both_sides_must_allow(named: str, facts: dict[str, Any], verdict: str) -> None:
    assert ask(SESSION, resource=THERE, resource_policy=to(named), **facts).decision == verdict
    assert ask(SESSION, resource=THERE, **facts).decision == "no"
    assert ask(SESSION, resource=THERE, resource_policy=to(FOREIGN), **facts).decision == "no"


def test_across_accounts_both_statements_decide() -> None:
    decision = ask(ANN, resource=THERE, identity=[ALLOW], resource_policy=to(OWN))

    assert layers(decision) == {"identity": "allows", "resource_policy": "allows"}
    assert deciding(decision) == ["Allow p0[0]", "Allow resource_policy[0]"]


def test_across_accounts_an_unknown_resource_policy_leaves_it_open() -> None:
    decision = ask(ANN, resource=THERE, identity=[ALLOW], resource_policy=UNKNOWN)

    assert decision.decision == "only_if"
    assert decision.not_collected == ("the resource policy",)
    (found,) = decision.conditions
    assert (found.layer, found.statement) == ("resource_policy", None)
    assert FOREIGN in found.text


def test_the_account_of_a_bucket_is_taken_from_the_context() -> None:
    bucket = "arn:aws:s3:::data/x"

    def able(**context: str) -> str:
        return ask(ANN, "s3:GetObject", bucket, identity=[ALLOW], context=context).decision

    assert able() == "yes"
    assert able(**{"aws:ResourceAccount": FOREIGN}) == "no"


STRANGER = f"arn:aws:iam::{FOREIGN}:user/eve"


def test_of_a_stranger_only_half_is_known() -> None:
    decision = ask(STRANGER, resource_policy=to(FOREIGN))

    assert decision.decision == "only_if"
    assert layers(decision) == {"identity": "not collected", "resource_policy": "allows"}
    assert decision.not_collected == (f"the identity policies of {STRANGER} were not collected",)
    assert ask(STRANGER).decision == "no"
    assert ask(STRANGER, resource_policy=to("*"), rcps=[[SHUT]]).decision == "no"


def test_the_session_of_a_strange_role_is_of_the_role_that_is_named() -> None:
    session = f"arn:aws:sts::{FOREIGN}:assumed-role/build/s1"

    for role in ("role/build", "role/ci/build"):
        assert ask(session, resource_policy=to(f"arn:aws:iam::{FOREIGN}:{role}")).decision == "only_if"
    for role in ("role/builder", "user/build"):
        assert ask(session, resource_policy=to(f"arn:aws:iam::{FOREIGN}:{role}")).decision == "no"


def trusting(*names: str, **elements: object) -> Json:
    """A trust policy that lets these principals assume the role."""
    return policy({"Effect": "Allow", "Principal": {"AWS": list(names)}, "Action": "sts:AssumeRole", **elements})


@pytest.mark.parametrize(
    ("principal", "facts", "verdict"),
    [
        (ANN, {"identity": [ALLOW], "trust": trusting(OWN)}, "yes"),
        (ANN, {"trust": trusting(OWN)}, "no"),
        (ANN, {"trust": trusting(ANN)}, "yes"),
        (ANN, {"identity": [ALLOW], "trust": trusting(APP)}, "no"),
        (ANN, {"identity": [ALLOW], "trust": policy()}, "no"),
        (APP, {"trust": trusting(APP)}, "yes"),
        (APP, {"trust": trusting(APP), "boundary": OTHER}, "no"),
        (ANN, {"trust": trusting(ANN), "boundary": OTHER}, "yes"),
        (STRANGER, {"trust": trusting(FOREIGN)}, "only_if"),
        (STRANGER, {"trust": trusting(OWN)}, "no"),
    ],
)
def test_a_trust_policy_is_mandatory(principal: str, facts: dict[str, Any], verdict: str) -> None:
    assert ask(principal, "sts:AssumeRole", DEPLOY, **facts).decision == verdict


def test_the_trust_policy_is_named() -> None:
    (found,) = ask(ANN, "sts:AssumeRole", DEPLOY, trust=trusting(ANN)).statements

    assert (found.layer, found.document) == ("resource_policy", "trust policy of deploy")


def test_a_role_that_does_not_exist_trusts_nobody() -> None:
    assert ask(ANN, "sts:AssumeRole", f"{DEPLOY}x", identity=[ALLOW]).decision == "no"


def test_any_session_may_be_the_one_that_is_named() -> None:
    for verdict, principal in (("only_if", APP), ("yes", SESSION), ("no", SESSION.replace("s1", "s2"))):
        assert ask(principal, resource_policy=to(SESSION)).decision == verdict
    assert conditions(ask(APP, resource_policy=to(SESSION))) == [f"the session is {SESSION}"]


def test_each_session_that_a_deny_names_is_denied() -> None:
    both = to(SESSION, SESSION.replace("s1", "s2"), effect="Deny")

    assert [each.text for each in ask(APP, identity=[ALLOW], resource_policy=both).conditions] == [
        f"the session is not {SESSION}",
        f"the session is not {SESSION.replace('s1', 's2')}",
    ]


@pytest.mark.parametrize(
    ("principal", "listed", "verdict"),
    [
        (ANN, [ANN, ROOT], "yes"),
        (ANN, [ANN, OWN], "yes"),
        (ANN, [ANN], "no"),
        (ANN, [APP, OWN], "no"),
        (SESSION, [SESSION, APP, OWN], "yes"),
        (SESSION, [SESSION, OWN], "no"),
        (SESSION, [APP, OWN], "no"),
        (APP, [APP, OWN], "no"),
        (APP, [SESSION, APP, OWN], "only_if"),
        (ROOT, [OWN], "yes"),
        (ROOT, [ANN], "no"),
    ],
)
def test_not_principal_spares_those_listed_with_all_above_them(principal: str, listed: list[str], verdict: str) -> None:
    except_them = to(*listed, effect="Deny", element="NotPrincipal")

    assert ask(principal, identity=[ALLOW], resource_policy=except_them).decision == verdict
    if principal != ROOT:
        assert ask(principal, identity=[ALLOW], boundary=ALLOW, resource_policy=except_them).decision == "no"


def test_a_federated_user_has_what_a_resource_policy_gives_by_name() -> None:
    federated = f"arn:aws:sts::{OWN}:federated-user/bob"

    assert ask(federated, resource_policy=to(federated)).decision == "yes"
    assert ask(federated, resource_policy=to(OWN)).decision == "no"


CORRELATED: list[tuple[str, list[Json], str]] = [
    ("allowed with MFA", [policy(allow(Condition=MFA))], "only_if"),
    ("allowed with MFA, denied with MFA", [policy(allow(Condition=MFA), deny(Condition=MFA))], "no"),
    ("allowed with MFA, denied without", [policy(allow(Condition=MFA), deny(Condition=NO_MFA))], "only_if"),
    ("with MFA or without, but it may be absent", [policy(allow(Condition=MFA), allow(Condition=NO_MFA))], "only_if"),
    (
        "with MFA, without, or absent",
        [policy(allow(Condition=MFA), allow(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))],
        "yes",
    ),
    (
        "equal to x, and denied unless equal to x",
        [
            policy(
                allow(Condition={"StringEquals": {"k": "x"}}),
                deny(Condition={"StringNotEquals": {"k": "x"}}),
            )
        ],
        "only_if",
    ),
    (
        "equal to x, and denied unless equal to y",
        [policy(allow(Condition={"StringEquals": {"k": "x"}}), deny(Condition={"StringNotEquals": {"k": "y"}}))],
        "no",
    ),
    (
        "equal to x or not",
        [policy(allow(Condition={"StringEquals": {"k": "x"}}), allow(Condition={"StringNotEquals": {"k": "x"}}))],
        "yes",
    ),
    (
        "a* and denied for *0: most of a* are left",
        [policy(allow(Condition={"StringLike": {"k": "a*"}}), deny(Condition={"StringLike": {"k": "*0"}}))],
        "only_if",
    ),
    (
        "ab* and denied for a*",
        [policy(allow(Condition={"StringLike": {"k": "ab*"}}), deny(Condition={"StringLike": {"k": "a*"}}))],
        "no",
    ),
    (
        "a? and denied for a*, but for an empty second",
        [policy(allow(Condition={"StringLike": {"k": "a?*"}}), deny(Condition={"StringLike": {"k": "a*"}}))],
        "no",
    ),
    (
        "a* and denied for a?*: a alone is left",
        [policy(allow(Condition={"StringLike": {"k": "a*"}}), deny(Condition={"StringLike": {"k": "a?*"}}))],
        "only_if",
    ),
    (
        "three patterns together leave nothing",
        [
            policy(
                allow(Condition={"StringLike": {"k": "a*b*"}}),
                deny(Condition={"StringLike": {"k": ["a*", "*b*"]}}),
                deny(Condition={"StringNotLike": {"k": "*c"}}),
            )
        ],
        "no",
    ),
    (
        "an ARN's star stops at a colon",
        [
            policy(
                allow(Condition={"ArnLike": {"k": "arn:aws:sns:*:1:t"}}),
                deny(Condition={"StringLike": {"k": "arn:aws:sns:*:*:1:t"}}),
            )
        ],
        "only_if",
    ),
    (
        "absent, and some value of it",
        [policy(allow(Condition={"Null": {"k": "true"}, "ForAnyValue:NumericEquals": {"k": 10}}))],
        "no",
    ),
    (
        "every value is a, and some value is b",
        [policy(allow(Condition={"ForAllValues:StringEquals": {"k": "a"}, "ForAnyValue:StringEquals": {"k": "b"}}))],
        "no",
    ),
    (
        "some value is a, and some value is b",
        [policy(allow(Condition={"ForAnyValue:StringEquals": {"k": "a"}, "ForAnyValue:StringLike": {"k": "b*"}}))],
        "only_if",
    ),
    (
        "below ten, from ten on, or absent",
        [
            policy(
                allow(Condition={"NumericLessThan": {"k": 10}}),
                allow(Condition={"NumericGreaterThanEqualsIfExists": {"k": 10}}),
            )
        ],
        "yes",
    ),
    (
        "between 10 and 10.001",
        [policy(allow(Condition={"NumericGreaterThan": {"k": 10}, "NumericLessThan": {"k": "10.001"}}))],
        "only_if",
    ),
    (
        "after midnight, and denied from a second before midnight on",
        [
            policy(
                allow(Condition={"DateGreaterThan": {"k": "2026-11-20T00:00:00Z"}}),
                deny(Condition={"DateGreaterThan": {"k": "2026-11-19T23:59:59Z"}}),
            )
        ],
        "no",
    ),
    (
        "within a network, and denied within both its halves",
        [
            policy(
                allow(Condition={"IpAddress": {"k": "10.0.0.0/8"}}),
                deny(Condition={"IpAddress": {"k": ["10.0.0.0/9", "10.128.0.0/9"]}}),
            )
        ],
        "no",
    ),
    (
        "within a network, and denied within both its outer quarters",
        [
            policy(
                allow(Condition={"IpAddress": {"k": "10.0.0.0/8"}}),
                deny(Condition={"IpAddress": {"k": ["10.0.0.0/10", "10.192.0.0/10"]}}),
            )
        ],
        "only_if",
    ),
    (
        "in any case, and denied as it is written",
        [
            policy(
                allow(Condition={"StringEqualsIgnoreCase": {"k": "ab"}}),
                deny(Condition={"StringEquals": {"k": ["ab", "AB", "Ab"]}}),
            )
        ],
        "only_if",
    ),
    (
        "an operator that does not exist decides nothing",
        [policy(allow(Condition={"StringEqualz": {"k": "x"}}))],
        "only_if",
    ),
]


@pytest.mark.parametrize(("identity", "verdict"), [row[1:] for row in CORRELATED], ids=[row[0] for row in CORRELATED])
def test_conditions_on_one_key_hang_together(identity: list[Json], verdict: str) -> None:
    decision = ask(ANN, identity=identity)

    assert decision.decision == verdict
    assert bool(decision.conditions) == (verdict == "only_if")
    assert decision.statements


def test_conditions_of_two_layers_hang_together() -> None:
    facts: dict[str, Any] = {"identity": [policy(allow(Condition=MFA))], "boundary": policy(allow(Condition=NO_MFA))}

    assert ask(ANN, **facts).decision == "no"
    assert layers(ask(ANN, **facts)) == {"identity": "only if", "boundary": "only if"}


def test_a_condition_that_is_settled_needs_no_mention() -> None:
    guarded = policy(allow(Condition=MFA), allow(), deny(Condition=NO_MFA))

    assert conditions(ask(ANN, identity=[guarded])) == ["aws:MultiFactorAuthPresent is not false, or absent"]
    assert deciding(ask(ANN, identity=[guarded])) == ["Allow p0[1]", "Deny p0[2]?"]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"context": {"aws:MultiFactorAuthPresent": "true"}}, "yes"),
        ({"context": {"aws:multifactorauthpresent": "TRUE"}}, "yes"),
        ({"context": {"aws:MultiFactorAuthPresent": "false"}}, "no"),
        ({"absent": ["aws:MultiFactorAuthPresent"]}, "no"),
        ({"context": {"aws:MultiFactorAuthPresent": ()}}, "no"),
        ({}, "only_if"),
    ],
)
def test_what_the_request_says_decides(said: dict[str, Any], verdict: str) -> None:
    assert ask(ANN, identity=[policy(allow(Condition=MFA))], **said).decision == verdict


@pytest.mark.parametrize(
    ("principal", "key", "value", "verdict"),
    [
        (ANN, "aws:PrincipalArn", ANN, "yes"),
        (SESSION, "aws:PrincipalArn", APP, "yes"),
        (ANN, "aws:username", "ann", "yes"),
        (APP, "aws:username", "app", "no"),
        (ANN, "aws:userid", "AIDAANN", "yes"),
        (SESSION, "aws:userid", "AROAAPP:s1", "yes"),
        (APP, "aws:userid", "AROAAPP:s1", "only_if"),
        (APP, "aws:userid", "AROAAPP*", "no"),
        (ANN, "aws:PrincipalAccount", OWN, "yes"),
        (ANN, "aws:PrincipalType", "User", "yes"),
        (APP, "aws:PrincipalType", "AssumedRole", "yes"),
        (ANN, "aws:PrincipalTag/team", "blue", "yes"),
        (ANN, "aws:PrincipalTag/TEAM", "red", "no"),
        (ANN, "aws:PrincipalTag/other", "blue", "no"),
        (ANN, "aws:ResourceAccount", OWN, "yes"),
        (ANN, "aws:SourceVpc", "vpc-1", "only_if"),
    ],
)
def test_keys_that_the_principal_settles(principal: str, key: str, value: str, verdict: str) -> None:
    conditioned = policy(allow(Condition={"StringEquals": {key: value}}))

    assert ask(principal, identity=[conditioned]).decision == verdict


REVOKED = "2026-11-20T23:00:00Z"


@pytest.mark.parametrize(
    ("principal", "operator", "issued", "verdict"),
    [
        (SESSION, "DateLessThan", "2026-11-20T22:59:59Z", "no"),
        (SESSION, "DateLessThan", REVOKED, "yes"),
        (SESSION, "DateLessThanEquals", REVOKED, "no"),
        (SESSION, "DateLessThan", None, "only_if"),
        (APP, "DateLessThanIfExists", None, "only_if"),
        (ANN, "DateLessThan", "absent", "yes"),
        (ANN, "DateLessThanIfExists", "absent", "no"),
        (ANN, "DateLessThan", None, "only_if"),
    ],
)
def test_revoking_older_sessions(principal: str, operator: str, issued: str | None, verdict: str) -> None:
    revoked = policy(allow(), deny(Condition={operator: {"aws:TokenIssueTime": REVOKED}}))
    said: dict[str, Any] = {"absent": ["aws:TokenIssueTime"]} if issued == "absent" else {}
    if issued not in (None, "absent"):
        said = {"context": {"aws:TokenIssueTime": issued}}

    assert ask(principal, identity=[revoked], **said).decision == verdict


def test_a_session_always_has_a_time_of_issue() -> None:
    long_term = policy(allow(), deny(Condition={"Null": {"aws:TokenIssueTime": "true"}}))

    assert ask(APP, identity=[long_term]).decision == "yes"
    assert ask(ANN, identity=[long_term]).decision == "only_if"


OWN_QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:${{aws:username}}"


@pytest.mark.parametrize(
    ("principal", "pattern", "verdict"),
    [
        (ANN, "${aws:username}", "yes"),
        (ANN, "${aws:UserName}", "yes"),
        (ANN, "a${*}n", "no"),
        (ANN, "a*n", "yes"),
        (APP, "${aws:username}", "no"),
        (APP, "${aws:username, 'ann'}", "yes"),
        (ANN, "${aws:PrincipalTag/team, 'ann'}", "no"),
        (ANN, "${aws:PrincipalTag/nick, 'ann'}", "yes"),
        (ANN, "${aws:SourceIdentity}", "only_if"),
        (ANN, "*${aws:PrincipalTag/nick}", "no"),
    ],
)
def test_variables_in_a_resource(principal: str, pattern: str, verdict: str) -> None:
    resource = f"arn:aws:sqs:eu-west-1:{OWN}:"
    decision = ask(principal, resource=f"{resource}ann", identity=[policy(allow("*", resource + pattern))])

    assert decision.decision == verdict
    if verdict == "only_if":
        assert conditions(decision) == [f"the resource matches {resource}{pattern}"]


def test_variables_in_a_condition() -> None:
    own_tag = policy(allow(Condition={"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}}))
    absent = policy(allow(), deny(Condition={"StringNotEquals": {"k": "${aws:PrincipalTag/absent}"}}))

    assert ask(ANN, identity=[own_tag], context={"aws:RequestTag/team": "blue"}).decision == "yes"
    assert ask(ANN, identity=[own_tag], context={"aws:RequestTag/team": "red"}).decision == "no"
    assert ask(ANN, identity=[absent], context={"k": "v"}).decision == "yes"


def test_documents_of_2008_have_no_variables() -> None:
    old = {**policy(allow("*", f"arn:aws:sqs:eu-west-1:{OWN}:${{aws:username}}")), "Version": "2008-10-17"}

    assert ask(ANN, resource=f"arn:aws:sqs:eu-west-1:{OWN}:ann", identity=[old]).decision == "no"


def test_what_was_not_read_might_allow() -> None:
    decision = ask(ANN, unread=True)

    assert decision.decision == "only_if"
    assert layers(decision) == {"identity": "not collected"}
    (unread,) = decision.not_collected
    assert MISSING in unread
    (found,) = decision.conditions
    assert (found.layer, found.statement, found.effect) == ("identity", None, "Allow")
    assert unread in found.text


def test_what_was_not_read_changes_no_deny_and_no_missing_scp() -> None:
    assert ask(ANN, identity=[DENY], unread=True).decision == "no"
    assert ask(ANN, scps=[[OTHER]], unread=True).decision == "no"


def test_what_was_not_read_is_assumed_not_to_deny() -> None:
    decision = ask(ANN, identity=[ALLOW], unread=True)

    assert decision.decision == "yes"
    assert MISSING in decision.not_collected[0]


def test_a_malformed_policy_counts_as_not_read() -> None:
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]}

    decision = ask(ANN, identity=[broken])

    assert decision.decision == "only_if"
    assert "inline policy p0 is malformed" in decision.not_collected[0]


def test_organization_and_resource_policies_that_were_not_read_are_named_and_change_nothing() -> None:
    missing: dict[str, Any] = {"scps": None, "rcps": None, "resource_policy": UNKNOWN}

    for identity, verdict in (([ALLOW], "yes"), ([], "no")):
        decision = ask(ANN, identity=identity, **missing)
        assert decision.decision == verdict
        assert decision.not_collected == (
            "service control policies",
            "resource control policies",
            "the resource policy",
        )
    assert set(layers(ask(ANN, **missing)).values()) == {"not collected", "does not allow"}


def test_only_what_bears_on_the_request_is_missed() -> None:
    decision = ask(ANN, "iam:CreateUser", "*", scps=None, rcps=None, resource_policy=UNKNOWN)

    assert decision.not_collected == ("service control policies",)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"identity": [ALLOW]}, "Allowed by identity policies."),
        ({"identity": [ALLOW], "resource_policy": to(ANN)}, "Allowed by the resource policy and identity policies."),
        ({"identity": [BOTH]}, "Explicitly denied by identity policies: statement 1 of inline policy p0."),
        (
            {"identity": [ALLOW], "boundary": OTHER},
            "Allowed by identity policies, but not by the permissions boundary.",
        ),
        (
            {"identity": [ALLOW], "boundary": OTHER, "scps": [[OTHER]]},
            "Allowed by identity policies, but not by service control policies nor by the permissions boundary.",
        ),
        ({}, "Nothing allows it: identity policies do not."),
        ({"resource_policy": to(APP)}, "Nothing allows it: identity policies and the resource policy do not."),
        (
            {"resource_policy": to(OWN)},
            "Allowed by the resource policy, but not by identity policies, which have to allow it as well.",
        ),
        (
            {"identity": [ALLOW], "resource": THERE, "resource_policy": to(FOREIGN)},
            "Allowed by identity policies, but not by the resource policy, which has to allow it as well.",
        ),
        ({"identity": [policy(allow(Condition=MFA))]}, "Allowed only if aws:MultiFactorAuthPresent is true."),
        (
            {"identity": [policy(allow(Condition=MFA), deny(Condition={"Null": {"k": "true"}}))]},
            "Allowed only if aws:MultiFactorAuthPresent is true; 1 more statement has a say.",
        ),
        (
            {"identity": [policy(allow(Condition=MFA), deny(Condition=MFA))]},
            "What is allowed and what is denied come to the same requests, so that none is left.",
        ),
    ],
)
def test_the_reason(facts: dict[str, Any], reason: str) -> None:
    assert ask(ANN, **facts).reason == reason


def test_actions_are_compared_without_case_and_resources_with_it() -> None:
    assert ask(ANN, "SQS:sendmessage", identity=[policy(allow("sqs:SEND*"))]).decision == "yes"
    assert ask(ANN, "s\u212as:X", identity=[policy(allow("sks:x"))]).decision == "no"
    assert ask(ANN, resource=QUEUE.upper(), identity=[policy(allow("*", QUEUE))]).decision == "no"


def test_an_answer_does_not_depend_on_the_order_of_statements() -> None:
    statements = [allow(Condition=MFA), deny(Condition={"Null": {"k": "true"}}), allow(), deny("iam:*")]

    found = {ask(ANN, identity=[policy(*order)]).decision for order in (statements, statements[::-1])}

    assert found == {"only_if"}
