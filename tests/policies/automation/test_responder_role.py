"""What the function can do with its role: put a containment in place, and nothing that it could not answer for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guardrift.incident_facts import permissions_to_plan
from policies.automation.responder_role import permission_policy
from policies.documents.protecting import QUARANTINE_TAG, RESPONSE_ROLE
from policies.preparation.language import PLAIN
from scanner.iam.catalogue import catalogue
from scanner.iam.questions import Questions, WhatIf, source
from scanner.inventory import Document
from tests.accounts import verdict
from tests.policies.automation.deployed import FOREIGN, HOME, KEY_ID, OWN, account_of, facts_of, stacks

_ROLE, _USER = f"arn:aws:iam::{OWN}:role/", f"arn:aws:iam::{OWN}:user/"
RESPONDER = f"{_ROLE}guardrift-responder"
TOPIC, QUEUE = f"arn:aws:sns:{HOME}:{OWN}:guardrift-alerting", f"arn:aws:sqs:{HOME}:{OWN}:guardrift-alerting"
KEY = f"arn:aws:kms:{HOME}:{OWN}:key/{KEY_ID}"
LOG = f"arn:aws:logs:{HOME}:{OWN}:log-group:/aws/lambda/guardrift-responder:log-stream:x"
JOURNAL = "arn:aws:s3:::stack-journal"
DENY_ALL, ADMIN = "arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::aws:policy/AdministratorAccess"
PROTECT = "role/guardrift-response,role/deploy*,user/ann,role/path/break-glass"
ACCOUNT = account_of(stacks("auto", Protect=PROTECT))
CALLED = {
    "iam:policyarn": (DENY_ALL,), "iam:permissionsboundary": (DENY_ALL,), "aws:tagkeys": (QUARANTINE_TAG,),
    "s3:prefix": ("journal/x",),
}  # fmt: skip


def may(action: str, resource: str, **said: Any) -> str:
    context = {name.replace("_", ":", 1): value for name, value in said.items()}
    return (
        Questions(ACCOUNT)
        .ask(RESPONDER, action, resource, context={**CALLED, **context}, what_if=WhatIf(has_no_resource_policy=True))
        .decision
    )


CONTAINING = [
    ("iam:PutRolePolicy", _ROLE + "web"), ("iam:PutUserPolicy", _USER + "bob"), ("iam:UpdateAccessKey", _USER + "bob"),
    ("iam:UpdateServiceSpecificCredential", _USER + "bob"), ("iam:AttachRolePolicy", _ROLE + "web"),
    ("iam:AttachUserPolicy", _USER + "bob"), ("iam:PutRolePermissionsBoundary", _ROLE + "web"),
    ("iam:PutUserPermissionsBoundary", _USER + "bob"), ("iam:TagRole", _ROLE + "web"), ("iam:TagUser", _USER + "bob"),
]  # fmt: skip
BESIDE = [
    ("iam:CreatePolicy", f"arn:aws:iam::{OWN}:policy/ir-revoke-web"),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{OWN}:policy/ir-revoke-web"),
    ("iam:GetRolePolicy", _ROLE + "web"), ("iam:GetAccountAuthorizationDetails", "*"),
    ("iam:SimulatePrincipalPolicy", _ROLE + "web"), ("cloudtrail:LookupEvents", "*"), ("guardduty:GetFindings", "*"),
    ("ec2:DescribeInstances", "*"), ("organizations:DescribeOrganization", "*"),
    ("s3:PutObject", f"{JOURNAL}/journal/x.jsonl"), ("s3:GetObject", f"{JOURNAL}/journal/x.jsonl"),
    ("s3:ListBucket", JOURNAL), ("sns:Publish", TOPIC), ("sqs:SendMessage", QUEUE), ("logs:PutLogEvents", LOG),
]  # fmt: skip


@pytest.mark.parametrize(("action", "resource"), CONTAINING + BESIDE)
def test_it_may_contain_and_tell(action: str, resource: str) -> None:
    assert may(action, resource) == "yes"


def test_it_uses_the_key() -> None:
    """By its role, since the policy of the key leaves that to IAM."""
    document = Document(json.dumps(stacks("auto")[0].resources["Key"]["KeyPolicy"]).encode())
    what_if = WhatIf(resource=source("resource_policy", "key", document))
    for action, answer in (("kms:Decrypt", "yes"), ("kms:GenerateDataKey", "yes"), ("kms:PutKeyPolicy", "no")):
        assert Questions(ACCOUNT).ask(RESPONDER, action, KEY, what_if=what_if).decision == answer


@pytest.mark.parametrize("action", [each for each, _ in CONTAINING])
@pytest.mark.parametrize(
    "resource",
    [
        RESPONDER, _ROLE + RESPONSE_ROLE, _ROLE + "guardrift-alerting-forward-us-east-1", _ROLE + "deploy-production",
        _ROLE + "path/break-glass", _USER + "ann", _ROLE + "aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        _ROLE + "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1",
    ],
)  # fmt: skip
def test_there_are_those_that_it_never_touches(action: str, resource: str) -> None:
    assert may(action, resource) == "no"


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("iam:AttachRolePolicy", _ROLE + "web", {"iam_policyarn": (ADMIN,)}),
        ("iam:PutRolePermissionsBoundary", _ROLE + "web", {"iam_permissionsboundary": (ADMIN,)}),
        ("iam:TagRole", _ROLE + "web", {"aws_tagkeys": ("team",)}),
        ("iam:TagRole", _ROLE + "web", {"aws_tagkeys": (QUARANTINE_TAG, "team")}),
        ("iam:TagRole", _ROLE + "web", {"aws_tagkeys": ()}),
        ("iam:CreatePolicyVersion", f"arn:aws:iam::{OWN}:policy/app", {}),
        *((action, _ROLE + "web", {}) for action in (
            "iam:UpdateAssumeRolePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:UntagRole",
            "iam:DeleteRolePermissionsBoundary", "iam:DeleteRole", "iam:PassRole", "sts:AssumeRole",
        )),
        *((action, _USER + "bob", {}) for action in (
            "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:DeleteUserPolicy", "iam:DeleteLoginProfile",
            "iam:DeactivateMFADevice", "iam:CreateLoginProfile", "iam:AddUserToGroup", "iam:DeleteUser",
        )),
        ("s3:DeleteObject", f"{JOURNAL}/journal/x", {}), ("s3:DeleteObjectVersion", f"{JOURNAL}/journal/x", {}),
        ("s3:PutObject", f"{JOURNAL}/other", {}), ("s3:PutObject", "arn:aws:s3:::data/journal/x", {}),
        ("s3:GetObject", "arn:aws:s3:::data/x", {}), ("s3:PutBucketPolicy", JOURNAL, {}),
        ("s3:ListBucket", JOURNAL, {"s3_prefix": ("",)}),
        ("kms:Decrypt", KEY.replace("1111", "2222"), {}), ("kms:PutKeyPolicy", KEY, {}),
        ("sns:Publish", TOPIC + "-2", {}), ("sns:SetTopicAttributes", TOPIC, {}),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{HOME}:{OWN}:function:guardrift-responder", {}),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{HOME}:{OWN}:function:guardrift-responder", {}),
        ("ec2:StopInstances", f"arn:aws:ec2:{HOME}:{OWN}:instance/i-1", {}),
        ("secretsmanager:GetSecretValue", "*", {}), ("lambda:GetFunction", "*", {}),
    ],
    ids=str,
)  # fmt: skip
def test_it_may_not_more(action: str, resource: str, said: dict[str, Any]) -> None:
    assert may(action, resource, **said) == "no"


def test_the_journal_is_closed_to_it_by_the_bucket_too() -> None:
    (policy,) = stacks("auto")[0].of_type("AWS::S3::BucketPolicy")
    (denying,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Sid"] == "TheFunctionOnlyAdds"]
    assert denying["Condition"] == {"ArnEquals": {"aws:PrincipalArn": RESPONDER}}
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"} <= set(denying["Action"])
    assert "s3:PutObject" not in denying["Action"]


def test_every_action_exists() -> None:
    document = permission_policy(PLAIN, KEY, "bucket", ["arn:aws:iam::*:role/x"], RESPONSE_ROLE)
    statements: Any = document["Statement"]
    assert len({each["Sid"] for each in statements}) == len(statements)
    for statement in statements:
        for action in statement["Action"]:
            assert catalogue().expand(action), action


def test_it_can_read_what_a_plan_is_made_of() -> None:
    for action in permissions_to_plan():
        assert may(action, "*") == "yes", action


def test_an_empty_never_list_is_not_taken() -> None:
    with pytest.raises(AssertionError, match="Protect"):
        stacks("auto", Protect="")


def _with_administrator() -> dict[str, Any]:
    facts = facts_of(stacks("auto", Protect="role/guardrift-response"))
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    facts["roles"].append(
        {
            "name": "admin", "arn": _ROLE + "admin", "id": "AROAADMIN", "created": "2026-11-01T00:00:00Z",
            "trust": {"Version": "2012-10-17", "Statement": []},
            "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [everything]}}],
        }
    )  # fmt: skip
    return facts


def test_our_own_rules_find_it_able() -> None:
    assert verdict("alert-responder-cannot-run", _with_administrator()) == "pass"
    unable = _with_administrator()
    for role in unable["roles"]:
        if role["name"] == "guardrift-responder":
            role["trust"]["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": FOREIGN}}
    assert verdict("alert-responder-cannot-run", unable) == "fail"


def test_who_may_approve() -> None:
    (policy,) = stacks("approve")[0].of_type("AWS::IAM::ManagedPolicy")
    allowed = {each["Sid"]: (each["Action"], each["Resource"]) for each in policy["PolicyDocument"]["Statement"]}
    function = f"arn:aws:lambda:{HOME}:{OWN}:function:guardrift-responder"
    assert allowed["Run"] == (["lambda:InvokeFunction"], function)
    assert allowed["ReadJournals"] == (["s3:GetObject"], f"{JOURNAL}/journal/*")
