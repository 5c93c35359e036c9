"""Who can make itself an administrator: each path beside a near twin that is none."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.accounts import FOREIGN, Case, Json, allow, deny, findings, gap, only_finding, verdict
from tests.rules.holding import (
    ADMINISTRATOR,
    CUTOFF,
    DENY_ALL,
    DETAILS,
    QUARANTINE,
    REVOKED,
    administrator,
    arn_of,
    iam,
    managed,
    named,
    renamed,
    role,
    user,
)
from tests.rules.trusting import OWN_ROOT, admit

RULE = "iam-privilege-escalation"

DEV, APP = arn_of("user", "u-dev"), arn_of("role", "r-app")
PASS, RUN = allow("iam:PassRole"), allow("ec2:RunInstances")
TO_LAMBDA = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
TO_EC2 = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
ASSUME = allow("sts:AssumeRole")
CODE = allow(["lambda:UpdateFunctionCode"])
NAMES = {"u-dev": "break-glass-administrator", "r-app": "read-only", "r-mid": "AWSReservedSSO_x", "u-ops": "nobody"}


def instance_role(name: str = "r-app", *statements: Json) -> Json:
    """A role of instances; an administrator unless it holds statements."""
    if statements:
        return role(name, "ec2", *statements, instance_profiles=[name])
    return administrator(name, "ec2", instance_profiles=[name])


PASSING: list[Case] = [
    ("PassRole and RunInstances in two policies", iam(user("u-dev", PASS, RUN), instance_role()), "fail pass"),
    (
        "PassRole and RunInstances in one statement",
        iam(user("u-dev", allow(["iam:PassRole", "ec2:Run*"])), instance_role()),
        "fail pass",
    ),
    ("one of them with another user", iam(user("u-dev", PASS), user("u-ops", RUN), instance_role()), "pass pass pass"),
    ("only to Lambda", iam(user("u-dev", TO_LAMBDA, RUN), instance_role()), "pass pass"),
    ("only to EC2", iam(user("u-dev", TO_EC2, RUN), instance_role()), "fail pass"),
    ("the role trusts Lambda", iam(user("u-dev", PASS, RUN), administrator("r-app", "lambda")), "pass pass"),
    ("the role lies in no profile", iam(user("u-dev", PASS, RUN), administrator("r-app", "ec2")), "pass pass"),
    (
        "the role is no administrator",
        iam(user("u-dev", PASS, RUN), instance_role("r-app", allow("s3:*"))),
        "pass pass",
    ),
    (
        "passing this role is denied",
        iam(user("u-dev", PASS, RUN, deny("iam:PassRole", APP)), instance_role()),
        "pass pass",
    ),
    (
        "passing another role is denied",
        iam(user("u-dev", PASS, RUN, deny("iam:PassRole", f"{APP}-2")), instance_role()),
        "fail pass",
    ),
    (
        "denied in eu-west-1 only",
        iam(
            user(
                "u-dev",
                PASS,
                RUN,
                deny("ec2:RunInstances", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            ),
            instance_role(),
        ),
        "fail pass",
    ),
]

ASSUMING: list[Case] = [
    ("a role that trusts the account", iam(user("u-dev", ASSUME), administrator("r-app")), "fail pass"),
    ("without the permission", iam(user("u-dev", allow("s3:*")), administrator("r-app")), "pass pass"),
    ("by name, without the permission", iam(user("u-dev"), administrator("r-app", DEV)), "fail pass"),
    ("a role that trusts another user", iam(user("u-dev", ASSUME), administrator("r-app", f"{DEV}-2")), "pass pass"),
    (
        "a role that trusts another account",
        iam(user("u-dev", ASSUME), administrator("r-app", f"arn:aws:iam::{FOREIGN}:root")),
        "pass pass",
    ),
    (
        "over a role between",
        iam(user("u-dev", ASSUME), role("r-mid", DEV, ASSUME), administrator("r-app", arn_of("role", "r-mid"))),
        "fail fail pass",
    ),
    (
        "the role between may not",
        iam(
            user("u-dev", ASSUME),
            role("r-mid", DEV, ASSUME, deny("sts:*")),
            administrator("r-app", arn_of("role", "r-mid")),
        ),
        "pass pass pass",
    ),
    (
        "with MFA",
        iam(
            user("u-dev", ASSUME),
            administrator("r-app", admit({"AWS": OWN_ROOT}, Bool={"aws:MultiFactorAuthPresent": "true"})),
        ),
        "fail pass",
    ),
]

CHANGING: list[Case] = [
    ("own user", iam(user("u-dev", allow("iam:AttachUserPolicy", DEV))), "fail"),
    ("another user", iam(user("u-dev", allow("iam:AttachUserPolicy", f"{DEV}-2"))), "pass"),
    (
        "own user, one harmless policy",
        iam(
            user(
                "u-dev",
                allow(
                    "iam:AttachUserPolicy",
                    DEV,
                    Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
                ),
            )
        ),
        "pass",
    ),
    (
        "own user, the administrator's policy",
        iam(
            user("u-dev", allow("iam:AttachUserPolicy", DEV, Condition={"ArnEquals": {"iam:PolicyARN": ADMINISTRATOR}}))
        ),
        "fail",
    ),
    (
        "own user under a boundary",
        iam(
            user("u-dev", allow("iam:AttachUserPolicy", DEV), boundary=arn_of("policy", "cap")),
            policies=[managed("cap", allow(["s3:*", "iam:AttachUserPolicy"]))],
        ),
        "pass",
    ),
    (
        "own user under a wide boundary",
        iam(
            user("u-dev", allow("iam:AttachUserPolicy", DEV), boundary=arn_of("policy", "cap")),
            policies=[managed("cap", allow())],
        ),
        "fail",
    ),
    ("a role that it becomes", iam(user("u-dev", allow("iam:AttachRolePolicy", APP)), role("r-app", DEV)), "fail pass"),
    (
        "a role that it cannot become",
        iam(user("u-dev", allow("iam:AttachRolePolicy", APP)), role("r-app", "ec2")),
        "pass pass",
    ),
    (
        "a key of an administrator",
        iam(user("u-dev", allow("iam:CreateAccessKey")), user("u-ops", allow())),
        "fail pass",
    ),
    ("a key of nobody", iam(user("u-dev", allow("iam:CreateAccessKey")), user("u-ops", allow("s3:*"))), "pass pass"),
    ("a function that may exist", iam(user("u-dev", CODE), administrator("r-app", "lambda")), "fail pass"),
    ("a function that cannot have the role", iam(user("u-dev", CODE), administrator("r-app", "ec2")), "pass pass"),
]

CONTAINED: list[Case] = [
    (
        "a revocation",
        iam(user("u-dev", PASS, RUN, deny(Condition=REVOKED)), instance_role()),
        "fail pass",
    ),
    ("a Deny of everything", iam(user("u-dev", PASS, RUN, deny()), instance_role()), "fail pass"),
    ("a Deny of everything in EC2", iam(user("u-dev", PASS, RUN, deny("ec2:*")), instance_role()), "pass pass"),
    (
        "a quarantine by AWS",
        iam(user("u-dev", PASS, RUN, attached=(QUARANTINE,)), instance_role()),
        "fail pass",
    ),
]

LINKED = "/aws-service-role/x.amazonaws.com/"

OTHERS: list[Case] = [
    ("an administrator", iam(user("u-dev", allow())), "pass"),
    ("a role of a service", iam(role("r-app", "x", allow("iam:*"), path=LINKED)), "pass"),
    ("a role in another path", iam(role("r-app", "x", allow("iam:*"), path="/service-role/")), "fail"),
    ("nobody", iam(), ""),
]

MISSING: list[Case] = [
    ("users and roles denied", {"users": gap(DETAILS), "roles": gap(DETAILS)}, "unknown"),
    ("roles denied", iam(user("u-dev"), roles=gap(DETAILS)), "unknown unknown"),
    ("roles denied, a path without them", iam(user("u-dev", allow("iam:*")), roles=gap(DETAILS)), "fail unknown"),
    ("users denied, nothing held", iam(role("r-app", "ec2"), users=gap(DETAILS)), "pass unknown"),
    (
        "users denied, keys can be made",
        iam(role("r-app", "ec2", allow("iam:CreateAccessKey")), users=gap(DETAILS)),
        "unknown unknown",
    ),
    ("groups denied", iam(user("u-dev", allow("iam:AddUserToGroup")), groups=gap(DETAILS)), "unknown"),
    ("policies denied", iam(user("u-dev", allow("iam:CreatePolicyVersion")), policies=gap(DETAILS)), "unknown"),
    ("a document missing", iam(user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    (
        "a document missing, a path without it",
        iam(user("u-dev", allow("iam:*"), attached=(arn_of("policy", "x"),))),
        "fail",
    ),
    ("a boundary missing", iam(user("u-dev", allow("iam:*"), boundary=arn_of("policy", "x"))), "unknown"),
    ("a boundary missing, nothing held", iam(user("u-dev", allow("s3:Get*"), boundary=arn_of("policy", "x"))), "pass"),
    (
        "a role that it becomes is not known",
        iam(user("u-dev"), role("r-app", DEV, attached=(arn_of("policy", "x"),))),
        "unknown unknown",
    ),
    (
        "a role that it cannot become is not known",
        iam(user("u-dev"), role("r-app", "ec2", attached=(arn_of("policy", "x"),))),
        "pass unknown",
    ),
]

CASES = [*PASSING, *ASSUMING, *CHANGING, *CONTAINED, *OTHERS, *MISSING]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_escalation(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_names_do_not_matter(facts: Json, expected: str) -> None:
    assert verdict(RULE, renamed(facts, NAMES)) == expected


def test_no_case_is_there_twice() -> None:
    written = sorted(str(facts) for _, facts, _ in CASES)

    assert [one for one, other in pairwise(written) if one == other] == []


def test_a_path_is_told_as_the_contract_says() -> None:
    found = only_finding(RULE, iam(user("u-dev", PASS, RUN), instance_role()))

    path = found.evidence["paths"][0]
    (step,) = path["steps"]
    assert set(step) >= {"from", "to", "method", "actions", "conditions", "needs"}
    assert (step["from"], step["to"], step["needs"]) == (DEV, APP, "")
    assert set(step["actions"]) == {"iam:PassRole", "ec2:RunInstances"}
    assert path["confidence"] == "high"
    assert found.evidence["material"] == [f"{step['method']}:role"]
    assert "role/r-app" in found.message
    assert "iam:PassRole, ec2:RunInstances" in found.message


def test_every_step_of_a_longer_path_is_told() -> None:
    between = arn_of("role", "r-mid")
    facts = iam(user("u-dev", ASSUME), role("r-mid", DEV, ASSUME), administrator("r-app", between))
    (found,) = (each for each in findings(RULE, facts) if each.resource.arn == DEV)

    steps = found.evidence["paths"][0]["steps"]
    assert [(step["from"], step["to"]) for step in steps] == [(DEV, between), (between, APP)]
    assert found.message.index("role/r-mid") < found.message.index("role/r-app")


HANGING = named(ASSUMING, "with MFA")
NEEDING = named(CHANGING, "a function that may exist")
INCOMPLETE = iam(user("u-dev", PASS, RUN, attached=(arn_of("policy", "x"),)), instance_role())

GRADES = [
    ("nothing is left open", iam(user("u-dev", PASS, RUN), instance_role()), ("critical", "high")),
    ("it hangs on a condition", HANGING, ("high", "medium")),
    ("it needs a function", NEEDING, ("high", "low")),
    (
        "it needs a function, or nothing",
        iam(user("u-dev", CODE, ASSUME), administrator("r-app", "lambda"), administrator("r-mid")),
        ("critical", "high"),
    ),
    (
        "it is known from descriptions",
        iam(user("u-dev", allow("s3:PutObject")), administrator("r-app", "glue")),
        ("medium", "low"),
    ),
    ("a document is missing", INCOMPLETE, ("high", "medium")),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in GRADES])
def test_severity_says_what_is_at_stake_and_confidence_how_sure_it_is(facts: Json, expected: tuple[str, str]) -> None:
    found = only_finding(RULE, facts)

    assert (found.severity, found.confidence) == expected


def test_what_a_path_needs_and_hangs_on_is_in_the_message() -> None:
    needing = only_finding(RULE, NEEDING)
    hanging = only_finding(RULE, HANGING)

    assert needing.evidence["paths"][0]["steps"][0]["needs"] in needing.message
    assert "Only if aws:MultiFactorAuthPresent is true" in hanging.message


def test_a_missing_document_is_an_assumption_of_the_finding() -> None:
    (assumed,) = only_finding(RULE, INCOMPLETE).evidence["assumed"]

    assert arn_of("policy", "x") in assumed


def test_the_blast_radius_is_counted() -> None:
    facts = iam(user("u-dev", ASSUME, allow("secretsmanager:*")), administrator("r-app"), role("r-mid", OWN_ROOT))
    (found,) = (each for each in findings(RULE, facts) if each.resource.arn == DEV)

    radius = found.evidence["blast_radius"]
    assert (radius["principals"], radius["administrators"]) == (2, 1)
    assert radius["worst"][0] == APP
    assert len(radius["worst"]) <= 10
    assert radius["secrets"] > 0


def test_the_state_of_an_incident_is_told_and_is_not_material() -> None:
    before = only_finding(RULE, iam(user("u-dev", PASS, RUN), instance_role()))
    revoked = only_finding(RULE, named(CONTAINED, "a revocation"))
    held = only_finding(RULE, iam(user("u-dev", PASS, RUN, attached=(DENY_ALL,)), instance_role()))

    assert revoked.evidence["incident"] == [
        {"kind": "session revocation", "source": "inline policy own-2", "cutoff": CUTOFF, "age_days": 0}
    ]
    assert f"A revocation is active since {CUTOFF}" in revoked.message
    assert held.evidence["contained_by"] == (f"policy {DENY_ALL}",)
    assert DENY_ALL in held.message
    assert before.evidence["material"] == revoked.evidence["material"] == held.evidence["material"]


def test_one_more_way_is_more_material() -> None:
    one = set(only_finding(RULE, iam(user("u-dev", PASS, RUN), instance_role())).evidence["material"])
    two = set(
        only_finding(RULE, iam(user("u-dev", PASS, RUN, allow("iam:PutUserPolicy")), instance_role())).evidence[
            "material"
        ]
    )

    assert one < two


def test_at_most_twenty_paths_are_listed() -> None:
    services = ("ec2", "ecs-tasks", "glue", "lambda", "sagemaker")
    trust = admit({"Service": [f"{service}.amazonaws.com" for service in services]})
    much = allow(["iam:*", "sts:*", "lambda:*", "ec2:*", "glue:*", "ecs:*", "sagemaker:*"])
    found = only_finding(RULE, iam(user("u-dev", much), administrator("r-app", trust)))

    assert len(found.evidence["paths"]) == 20
    assert found.evidence["other_methods"] > 0


def test_a_role_open_to_everyone_makes_everyone_escalate() -> None:
    assert verdict(RULE, iam(user("u-dev"), administrator("r-app", "*"))) == "fail pass"
    assert verdict(RULE, iam(user("u-dev"), administrator("r-app"))) == "pass pass"


def test_a_trust_policy_that_was_not_understood_may_admit_anyone_to_its_rights() -> None:
    malformed = {"trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]}}
    harmless = role("r-app", OWN_ROOT, allow("s3:List*"))

    (found,) = findings(RULE, iam(user("u-dev"), administrator("r-app") | malformed))
    assert (found.status, found.resource.arn) == ("unknown", DEV)
    assert verdict(RULE, iam(user("u-dev"), harmless | malformed)) == "pass pass"


def test_where_the_nearest_role_contradicts_another_is_tried() -> None:
    def chief(name: str, mfa: str) -> Json:
        return administrator(name, admit({"AWS": "111122223333"}, Bool={"aws:MultiFactorAuthPresent": mfa}))

    dev = user("u-dev", allow("sts:AssumeRole", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))

    assert verdict(RULE, iam(dev, chief("r-a", "false"), chief("r-b", "true"))) == "fail pass pass"
    assert verdict(RULE, iam(dev, chief("r-a", "false"), chief("r-b", "false"))) == "pass pass pass"


def test_a_resource_far_down_a_long_list_is_found() -> None:
    many = [f"arn:aws:s3:::bucket-{number}/*" for number in range(90)]
    function = "arn:aws:lambda:eu-west-1:111122223333:function:team-a"
    others = deny("lambda:*", "arn:aws:lambda:*:*:function:prod-*")

    def builder(*resources: str) -> Json:
        code = allow(["lambda:CreateFunction", "lambda:InvokeFunction"], list(resources))
        return iam(user("u-dev", PASS, code, others), administrator("r-app", "lambda"))

    assert verdict(RULE, builder(*many, function)) == "fail pass"
    assert verdict(RULE, builder(*many)) == "pass pass"


TABLES = {RULE: CASES}

ALSO_LOOKED_AT = {RULE: {"iam:GetCredentialReport", "iam:GenerateCredentialReport", "iam:ListAccessKeys"}}
