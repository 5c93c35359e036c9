"""Who is an administrator, by what the policies say and however they are spelt."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, policy, verdict

RULE = "iam-user-admin"
USER = f"arn:aws:iam::{OWN}:user/test"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
DETAILS = "iam:GetAccountAuthorizationDetails"
REVOKED = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T00:00:00Z"}}


def holding(*statements: Json, attached: tuple[str, ...] = (), **facts: object) -> Json:
    """An account with one user who holds these statements in one inline policy, and attached policies by ARN."""
    inline = [{"name": "own", "document": policy(*statements)}] if statements else []
    names = [{"name": arn.rpartition("/")[2], "arn": arn} for arn in attached]
    parts: Json = {key: facts.pop(key) for key in ("groups", "policies", "partition") if key in facts}
    user = {"name": "test", "arn": USER, "inline": inline, "attached": names, **facts}
    return {"groups": [], "policies": [], "users": [user], **parts}


def managed(name: str, *statements: Json, **facts: object) -> Json:
    versions = [{"id": "v1", "document": policy(*statements), "is_default": True}]
    return {"arn": own_policy(name), "name": name, "versions": versions, **facts}


def own_policy(name: str) -> str:
    return f"arn:aws:iam::{OWN}:policy/{name}"


def group(name: str, *statements: Json, attached: tuple[str, ...] = ()) -> Json:
    inline = [{"name": "own", "document": policy(*statements)}] if statements else []
    names = [{"name": arn.rpartition("/")[2], "arn": arn} for arn in attached]
    return {"name": name, "arn": f"arn:aws:iam::{OWN}:group/{name}", "inline": inline, "attached": names}


EVERYTHING_LISTED = [f"{service}:*" for service in ("iam", "cloudtrail", "ec2", "kms", "lambda", "s3", "sts")]


def all_but(actions: object, effect: str = "Allow") -> Json:
    return {"Effect": effect, "NotAction": actions, "Resource": "*"}


POWER_USER = all_but(["iam:*", "organizations:*", "account:*"])

SPELLINGS: list[Case] = [
    ("star", holding(allow("*")), "fail"),
    ("stars", holding(allow("*:*")), "fail"),
    ("star in a list", holding(allow(["s3:Get*", "*"], ["*"])), "fail"),
    (
        "one statement, not a list",
        holding()
        | {"users": [{"name": "test", "arn": USER, "inline": [{"name": "own", "document": {"Statement": allow()}}]}]},
        "fail",
    ),
    ("elements in lower case", holding({"effect": "allow", "action": "*", "resource": "*"}), "fail"),
    ("elements in capitals", holding({"EFFECT": "ALLOW", "ACTION": "*", "RESOURCE": "*"}), "fail"),
    (
        "all but a service that does not exist",
        holding(all_but(["none:*"])),
        "fail",
    ),
    ("all but nothing", holding(all_but([])), "fail"),
    ("all but organizations", holding(all_but("organizations:*")), "fail"),
    ("all but s3", holding(all_but("s3:*")), "fail"),
    ("all but one change", holding(all_but("iam:CreateAccessKey")), "fail"),
    ("all but iam", holding(POWER_USER), "pass"),
    ("all but IAM", holding(all_but("IAM:*")), "pass"),
    ("all but iam, and iam", holding(POWER_USER, allow("iam:*")), "fail"),
    ("iam alone", holding(allow("iam:*")), "pass"),
    ("every service listed", holding(allow([*EVERYTHING_LISTED, "secretsmanager:*"])), "fail"),
    ("every service listed but one", holding(allow(EVERYTHING_LISTED)), "pass"),
    ("every service, by question marks", holding(allow(["?*:*", "????*:*"])), "fail"),
    ("split over statements", holding(allow(EVERYTHING_LISTED), allow("secretsmanager:*")), "fail"),
    (
        "all resources but one",
        holding({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::logs/*"}),
        "fail",
    ),
    ("everything of the partition", holding(allow("*", "arn:aws:*")), "fail"),
    ("everything of another partition", holding(allow("*", "arn:aws-cn:*")), "pass"),
    ("everything in its own partition", holding(allow("*", "arn:aws-cn:*"), partition="aws-cn"), "fail"),
    ("everything on one bucket", holding(allow("*", "arn:aws:s3:::logs/*")), "pass"),
    ("read only", holding(allow(["s3:Get*", "ec2:Describe*"])), "pass"),
    ("no actions", holding(allow([])), "pass"),
    ("no resources", holding(allow("*", [])), "pass"),
    ("no statements", holding() | {"users": [{"name": "test", "arn": USER}]}, "pass"),
    ("with MFA", holding(allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})), "fail"),
    ("there are no users", {"users": []}, ""),
    ("users denied", {"users": gap(DETAILS)}, "unknown"),
]

ATTACHMENTS: list[Case] = [
    ("attached, without its document", holding(attached=(ADMINISTRATOR,)), "fail"),
    ("attached in China", holding(attached=(ADMINISTRATOR.replace("aws:", "aws-cn:", 1),), partition="aws-cn"), "fail"),
    (
        "attached, and every list of policies denied",
        holding(attached=(ADMINISTRATOR,), policies=gap(DETAILS), groups=gap(DETAILS)),
        "fail",
    ),
    ("an own policy that looks like it", holding(attached=(own_policy("AdministratorAccess"),)), "unknown"),
    (
        "an own policy of that name that lists buckets",
        holding(
            attached=(own_policy("AdministratorAccess"),), policies=[managed("AdministratorAccess", allow("s3:List*"))]
        ),
        "pass",
    ),
    (
        "an own policy of a harmless name",
        holding(attached=(own_policy("ReadOnly"),), policies=[managed("ReadOnly", allow())]),
        "fail",
    ),
    (
        "an own policy in a path that looks like AWS's",
        holding(attached=(f"arn:aws:iam::{OWN}:policy/:iam::aws:policy/AdministratorAccess",)),
        "unknown",
    ),
    ("a longer name of AWS", holding(attached=(f"{ADMINISTRATOR}-Amplify",)), "unknown"),
    ("a policy of AWS without its document", holding(attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",)), "unknown"),
    (
        "another policy grants all, one document is missing",
        holding(allow(), attached=(own_policy("missing"),)),
        "fail",
    ),
    ("policies denied, nothing attached", holding(allow("s3:*"), policies=gap(DETAILS)), "pass"),
    ("policies denied, inline grants all", holding(allow(), policies=gap(DETAILS)), "fail"),
    ("policies denied, one attached", holding(attached=(own_policy("x"),), policies=gap(DETAILS)), "unknown"),
    (
        "only an older version grants all",
        holding(
            attached=(own_policy("x"),),
            policies=[
                managed("x")
                | {
                    "versions": [
                        {"id": "v1", "document": policy(allow())},
                        {"id": "v2", "document": policy(allow("s3:*")), "is_default": True},
                    ]
                }
            ],
        ),
        "pass",
    ),
    (
        "no version is the default",
        holding(
            attached=(own_policy("x"),),
            policies=[managed("x") | {"versions": [{"id": "v1", "document": policy(allow("s3:*"))}]}],
        ),
        "unknown",
    ),
    ("by a group", holding(groups=[group("a", allow())]), "pass"),
    (
        "by its group",
        holding(groups=[group("a", allow())]) | {"users": [{"name": "test", "arn": USER, "groups": ["a"]}]},
        "fail",
    ),
    ("malformed", holding({"Effect": "Allow", "Action": 1}), "unknown"),
    ("malformed, and another policy grants all", holding({"Effect": "Allow"}, attached=(ADMINISTRATOR,)), "fail"),
]


def member(*statements: Json, groups: object, **facts: object) -> Json:
    """An account with one user in the groups ``a`` and ``b``."""
    found = holding(*statements, groups=groups)
    return found | {"users": [{"name": "test", "arn": USER, "groups": ["a", "b"], **facts}]}


SPLIT: list[Case] = [
    (
        "over two groups",
        member(groups=[group("a", allow(EVERYTHING_LISTED)), group("b", allow("secretsmanager:*"))]),
        "fail",
    ),
    ("one half missing", member(groups=[group("a", allow(EVERYTHING_LISTED)), group("b")]), "pass"),
    ("a Deny in the other group", member(groups=[group("a", allow()), group("b", deny("iam:*"))]), "pass"),
    ("groups denied", member(groups=gap(DETAILS)), "unknown"),
    ("one group not listed", member(groups=[group("a", allow("s3:*"))]), "unknown"),
    ("one group not listed, the other grants all", member(groups=[group("a", allow())]), "fail"),
]

PERMISSION_CHANGES = [
    "iam:Attach*", "iam:Put*", "iam:Create*", "iam:Update*", "iam:Add*", "iam:Set*",
]  # fmt: skip

DENIALS: list[Case] = [
    ("on one ARN", holding(allow(), deny("*", "arn:aws:s3:::logs/*")), "fail"),
    ("by date", holding(allow(), deny(Condition=REVOKED)), "fail"),
    (
        "without MFA",
        holding(allow(), deny("iam:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
        "fail",
    ),
    ("of iam", holding(allow(), deny("iam:*")), "pass"),
    ("of iam in capitals", holding(allow(), deny("IAM:*")), "pass"),
    ("of iam for one user", holding(allow(), deny("iam:*", USER)), "fail"),
    ("of iam for everybody", holding(allow(), deny("iam:*", f"arn:aws:iam::{OWN}:*")), "pass"),
    ("of another service", holding(allow(), deny("s3:*")), "fail"),
    ("of one change", holding(allow(), deny("iam:CreateAccessKey")), "fail"),
    (
        "of seven changes, but not by groups",
        holding(
            allow(),
            deny(
                [
                    "iam:Attach[RU]*",
                    "iam:AttachRolePolicy",
                    "iam:AttachUserPolicy",
                    "iam:CreateAccessKey",
                    "iam:CreatePolicyVersion",
                    "iam:PutRolePolicy",
                    "iam:PutUserPolicy",
                    "iam:UpdateAssumeRolePolicy",
                ]
            ),
        ),
        "fail",
    ),
    ("of every change, and it can be deleted", holding(allow(), deny(PERMISSION_CHANGES)), "fail"),
    ("of every change and of deletion", holding(allow(), deny([*PERMISSION_CHANGES, "iam:Delete*"])), "pass"),
    (
        "of every change and of deletion, and it can be detached",
        holding(
            allow(), attached=(own_policy("no"),), policies=[managed("no", deny([*PERMISSION_CHANGES, "iam:Delete*"]))]
        ),
        "fail",
    ),
    (
        "of every change and of detaching",
        holding(
            allow(), attached=(own_policy("no"),), policies=[managed("no", deny([*PERMISSION_CHANGES, "iam:Detach*"]))]
        ),
        "pass",
    ),
    ("of all but reading", holding(allow(), all_but("s3:Get*", "Deny")), "pass"),
]


def bounded(boundary: str, *documents: Json, statements: tuple[Json, ...] = (allow(),)) -> Json:
    return holding(*statements, boundary=own_policy(boundary), policies=list(documents))


BOUNDARIES: list[Case] = [
    ("s3 only", bounded("cap", managed("cap", allow("s3:*"))), "pass"),
    ("everything", bounded("cap", managed("cap", allow())), "fail"),
    ("everything, no changes to boundaries", bounded("cap", managed("cap", allow(), deny("iam:*Boundary"))), "fail"),
    ("everything but iam", bounded("cap", managed("cap", POWER_USER)), "pass"),
    ("everything, iam denied", bounded("cap", managed("cap", allow(), deny("iam:*"))), "pass"),
    ("of AWS, everything", holding(allow(), boundary=ADMINISTRATOR), "fail"),
    ("missing", bounded("cap"), "unknown"),
    ("missing, and nothing to cap", bounded("cap", statements=(allow("s3:*"),)), "pass"),
    ("malformed", bounded("cap", managed("cap", {"Effect": "Allow"})), "unknown"),
    ("policies denied", holding(allow(), boundary=own_policy("cap"), policies=gap(DETAILS)), "unknown"),
    ("grants nothing by itself", bounded("cap", managed("cap", allow()), statements=(allow("s3:*"),)), "pass"),
]

ALL = [*SPELLINGS, *ATTACHMENTS, *SPLIT, *DENIALS, *BOUNDARIES]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(*case[1:], id=f"{table}: {case[0]}")
        for table, cases in (
            ("spelling", SPELLINGS),
            ("attachment", ATTACHMENTS),
            ("groups", SPLIT),
            ("deny", DENIALS),
            ("boundary", BOUNDARIES),
        )
        for case in cases
    ],
)
def test_administrator(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV4"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"

CONTAINMENTS = [
    ("quarantine", holding(allow(), attached=(QUARANTINE,)), f"policy {QUARANTINE}"),
    (
        "quarantine with its document",
        holding(allow(), attached=(QUARANTINE,), policies=[managed("x", deny("iam:*")) | {"arn": QUARANTINE}]),
        f"policy {QUARANTINE}",
    ),
    ("deny all of AWS", holding(allow(), attached=(DENY_ALL,)), f"policy {DENY_ALL}"),
    ("deny all inline", holding(allow(), deny()), "inline policy own"),
    ("deny all, as a complement", holding(allow(), all_but("none:*", "Deny")), "inline policy own"),
    ("deny all but one call", holding(allow(), all_but("sts:GetCallerIdentity", "Deny")), "inline policy own"),
    (
        "deny all as a boundary",
        holding(allow(), boundary=DENY_ALL),
        f"permissions boundary {DENY_ALL}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "named"), [pytest.param(*case[1:], id=case[0]) for case in CONTAINMENTS])
def test_containment_is_named_and_does_not_hide_the_administrator(facts: Json, named: str) -> None:
    found = only_finding(RULE, facts)

    assert found.status == "fail"
    assert found.evidence["contained_by"] == (named,)
    assert named in found.message


def test_a_policy_that_imitates_a_quarantine_is_read_like_any_other() -> None:
    spoofed = f"arn:aws:iam::{OWN}:policy/:iam::aws:policy/AWSCompromisedKeyQuarantineV2"
    facts = holding(attached=(spoofed,), policies=[managed("x", allow()) | {"arn": spoofed}])

    assert only_finding(RULE, facts).evidence["contained_by"] == ()


def test_what_it_depends_on_is_told() -> None:
    with_mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    boundary = managed("cap", allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    found = only_finding(RULE, bounded("cap", boundary, statements=(allow(Condition=with_mfa),)))

    assert found.evidence["conditions"] == ("aws:multifactorauthpresent", "aws:requestedregion")
    assert found.confidence == "medium"


def test_an_unconditional_grant_beside_a_conditional_one_depends_on_nothing() -> None:
    facts = holding(allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), allow())

    assert only_finding(RULE, facts).evidence["conditions"] == ()


def test_a_missing_document_is_an_assumption_of_the_finding() -> None:
    found = only_finding(RULE, holding(allow(), attached=(own_policy("missing"),)))

    assert own_policy("missing") in str(found.evidence["conditions"])
    assert found.confidence == "medium"


def test_every_policy_that_grants_a_part_is_a_source() -> None:
    found = only_finding(
        RULE, member(groups=[group("a", allow(EVERYTHING_LISTED)), group("b", allow("secretsmanager:*"))])
    )

    assert found.evidence["sources"] == ("group a: inline policy own", "group b: inline policy own")


def test_active_keys_of_the_user_are_shown() -> None:
    keys = [
        {"id": "AKIA1", "user": "test", "status": "Active", "created": "2026-01-01T00:00:00Z"},
        {"id": "AKIA2", "user": "test", "status": "Inactive", "created": "2026-01-01T00:00:00Z"},
    ]

    def shown(**facts: object) -> object:
        return only_finding(RULE, holding(allow()) | facts).evidence["active_access_keys"]

    assert shown(access_keys=[{"user": "test", "keys": keys}]) == ["AKIA1"]
    assert shown(access_keys=[]) == []
    assert shown() is None
    assert shown(access_keys=[{"user": "test", "keys": gap("iam:ListAccessKeys")}]) is None


def test_the_table_has_no_case_twice() -> None:
    written = sorted(str(facts) for _, facts, _ in ALL)

    assert [one for one, other in pairwise(written) if one == other] == []


def test_a_revocation_is_told_and_does_not_hide_the_administrator() -> None:
    found = only_finding(RULE, holding(allow(), deny(Condition=REVOKED)))

    assert "A revocation is active since 2026-11-20T00:00:00Z, by inline policy own." in found.message
    assert found.evidence["incident"][0]["age_days"] == 0
    assert found.evidence["contained_by"] == ()
    assert "iam:PutUserPolicy" in found.evidence["undoes_quarantine"]
    assert verdict(RULE, holding(allow("s3:*"), deny(Condition=REVOKED))) == "pass"


TABLES = {RULE: ALL}
