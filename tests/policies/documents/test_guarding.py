"""What one has before: it keeps out whom it should, lets on whom it must, and satisfies our own rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.documents import instances, protecting
from policies.documents.protecting import QUARANTINE_TAG, protect_quarantine
from policies.documents.writing import PolicyDocument, serialise
from scanner.iam.caller import role_caller
from scanner.iam.catalogue import catalogue
from scanner.iam.decision import Decision
from scanner.iam.evaluation import decide
from scanner.iam.questions import source
from scanner.iam.request import Policies, Request
from scanner.inventory import Document, Role
from tests.accounts import OWN, Json, allow, policy, verdict
from tests.policies.documents.samples import ALL, INSTANCE

_ROLE = f"arn:aws:iam::{OWN}:role/"
VICTIM, USER = f"{_ROLE}victim", f"arn:aws:iam::{OWN}:user/victim"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
PROTECT = protect_quarantine(deployer="arn:aws:iam::*:role/deployment")


def asked(document: PolicyDocument, who: str, action: str, resource: str, **said: Any) -> Decision:
    """The decision for a role that may do everything, under the SCP; keys are given with _ for : and / ."""
    caller = role_caller(Role(name=who, arn=_ROLE + who, trust=Document(b"{}")))
    known = {name.replace("__", "/").replace("_", ":", 1): value for name, value in said.items()}
    known = {name: (value,) if isinstance(value, str) else value for name, value in known.items()}
    absent = frozenset(name for name, value in known.items() if value is None)
    context = caller.context.with_request({n: v for n, v in known.items() if v is not None}, absent)
    everything = Document(ALL.encode())
    ours = Document(serialise(document).encode())
    return decide(
        Request(caller, action, resource, context),
        Policies(
            identity=(source("identity", "all", everything),),
            scps=((source("scp", "FullAWSAccess", everything), source("scp", "ours", ours)),),
            resource_is_known=True,
        ),
    )


TAGGED = {f"aws_resourcetag__{QUARANTINE_TAG}": "case-1"}
BARE: dict[str, Any] = {
    f"aws_resourcetag__{QUARANTINE_TAG}": None, "aws_tagkeys": None, "iam_policyarn": None,
    "iam_permissionsboundary": None,
}  # fmt: skip

LIFTING = [
    ("iam:DeleteRolePolicy", VICTIM, TAGGED),
    ("iam:PutRolePolicy", VICTIM, TAGGED),
    ("iam:DeleteUserPolicy", USER, TAGGED),
    ("iam:UpdateAccessKey", USER, TAGGED),
    ("iam:CreateAccessKey", USER, TAGGED),
    ("iam:PutUserPermissionsBoundary", USER, TAGGED),
    ("iam:UpdateAssumeRolePolicy", VICTIM, TAGGED),
    ("iam:DeleteRole", VICTIM, TAGGED),
    ("iam:UntagRole", VICTIM, {"aws_tagkeys": (QUARANTINE_TAG,)}),
    ("iam:TagUser", USER, {"aws_tagkeys": ("x", QUARANTINE_TAG)}),
    ("iam:DetachRolePolicy", VICTIM, {"iam_policyarn": DENY_ALL}),
    ("iam:DetachUserPolicy", USER, {"iam_policyarn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}),
    ("iam:DetachRolePolicy", VICTIM, {"iam_policyarn": f"arn:aws:iam::{OWN}:policy/ir-revoke-sessions-x"}),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{OWN}:policy/ir-revoke-sessions-x", {}),
    ("iam:DeleteRolePermissionsBoundary", VICTIM, {"iam_permissionsboundary": DENY_ALL}),
]


@pytest.mark.parametrize(("action", "resource", "said"), LIFTING, ids=lambda each: str(each)[:60])
def test_nobody_but_the_response_role_lifts_a_quarantine(action: str, resource: str, said: dict[str, Any]) -> None:
    said = {**BARE, **said}

    assert asked(PROTECT, "admin", action, resource, **said).decision == "no"
    assert asked(PROTECT, "deployment", action, resource, **said).decision == "no"
    for who in (protecting.RESPONSE_ROLE, protecting.RESPONDER):
        assert asked(PROTECT, who, action, resource, **said).decision == "yes"


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [(action, resource, {}) for action, resource, _ in LIFTING if "policy/ir-" not in resource]
    + [
        ("iam:TagRole", VICTIM, {"aws_tagkeys": ("team",)}),
        ("iam:DetachRolePolicy", VICTIM, {"iam_policyarn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        ("iam:DeleteRolePermissionsBoundary", VICTIM, {"iam_permissionsboundary": f"arn:aws:iam::{OWN}:policy/mine"}),
        ("s3:GetObject", "arn:aws:s3:::b/k", {}),
    ],
    ids=lambda each: str(each)[:60],
)
def test_what_is_not_quarantined_is_free(action: str, resource: str, said: dict[str, Any]) -> None:
    assert asked(PROTECT, "admin", action, resource, **{**BARE, **said}).decision == "yes"


@pytest.mark.parametrize(
    "action", ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"]
)
@pytest.mark.parametrize("role", [protecting.RESPONSE_ROLE, protecting.RESPONDER])
def test_nobody_but_the_deployer_makes_or_changes_who_may_contain(action: str, role: str) -> None:
    responder = _ROLE + role

    for who in ("admin", protecting.RESPONSE_ROLE, protecting.RESPONDER):
        assert asked(PROTECT, who, action, responder, **BARE).decision == "no"
    assert asked(PROTECT, "deployment", action, responder, **BARE).decision == "yes"
    assert asked(protect_quarantine(), "deployment", action, responder, **BARE).decision == "no"


def test_every_action_exists() -> None:
    for document in (PROTECT, instances.imdsv2("x")):
        for statement in json.loads(serialise(document))["Statement"]:
            named = statement["Action"]
            for action in [named] if isinstance(named, str) else named:
                assert catalogue().action(action) is not None, action


# Not the addresses from which our rule asks.
BOUND = instances.bind_instance_credentials(["198.51.100.0/24"])
STOLEN = {"ec2_sourceinstancearn": INSTANCE, "aws_ec2instancesourcevpc": "vpc-1", "aws_viaawsservice": "false"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"aws_sourcevpc": None, "aws_sourceip": "192.0.2.1"}, "no"),
        ({"aws_sourcevpc": "vpc-2", "aws_sourceip": "10.0.0.1"}, "no"),
        ({"aws_sourcevpc": "vpc-1", "aws_sourceip": "10.0.0.1"}, "yes"),
        ({"aws_sourcevpc": None, "aws_sourceip": "198.51.100.9"}, "yes"),
        ({"aws_sourcevpc": None, "aws_sourceip": "192.0.2.1", "aws_viaawsservice": "true"}, "yes"),
        ({"aws_sourcevpc": None, "aws_sourceip": "192.0.2.1", "ec2_sourceinstancearn": None}, "yes"),
    ],
    ids=str,
)
def test_credentials_of_instances_are_bound(said: dict[str, Any], expected: str) -> None:
    assert asked(BOUND, "web", "s3:GetObject", "arn:aws:s3:::b/k", **{**STOLEN, **said}).decision == expected


@pytest.mark.parametrize(
    ("action", "resource", "said", "expected"),
    [
        ("ec2:RunInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/*", {"ec2_metadatahttptokens": "optional"}, "no"),
        ("ec2:RunInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/*", {"ec2_metadatahttptokens": None}, "no"),
        ("ec2:RunInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/*", {"ec2_metadatahttptokens": "required"}, "yes"),
        ("ec2:RunInstances", f"arn:aws:ec2:eu-west-1:{OWN}:subnet/s", {"ec2_metadatahttptokens": None}, "yes"),
        ("ec2:ModifyInstanceMetadataOptions", INSTANCE, {}, "no"),
        ("ec2:ModifyInstanceMetadataDefaults", "*", {}, "no"),
    ],
    ids=str,
)
def test_imdsv2(action: str, resource: str, said: dict[str, Any], expected: str) -> None:
    document = instances.imdsv2("responder")

    assert asked(document, "admin", action, resource, **said).decision == expected
    if "Modify" in action:
        assert asked(document, "responder", action, resource, **said).decision == "yes"


@pytest.mark.parametrize(("delivered", "expected"), [("1.0", "no"), ("2.0", "yes"), (None, "yes")])
def test_imdsv1_is_refused(delivered: str | None, expected: str) -> None:
    found = asked(instances.refuse_imdsv1(), "web", "s3:GetObject", "*", ec2_roledelivery=delivered)

    assert found.decision == expected


def _organization(*documents: PolicyDocument) -> Json:
    def scp(name: str, document: object, **more: object) -> Json:
        content = {"kind": "policy-content", "document": document}
        return {"id": f"p-{name}", "name": name, "type": "SERVICE_CONTROL_POLICY", "content": content,
                "is_aws_managed": False, "targets": ["r-exam"], **more}  # fmt: skip

    full = scp("FullAWSAccess", policy(allow()), is_aws_managed=True, targets=["r-exam", OWN])
    ours = [scp(f"ours-{number}", document) for number, document in enumerate(documents)]
    return {
        "organization": {
            "membership": {"kind": "organization", "id": "o-exampleorg", "management_account": "777788889999",
                           "feature_set": "ALL"},
            "tree": {"kind": "organization-tree", "units": [],
                     "roots": [{"id": "r-exam", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}]},
            "accounts": [{"id": OWN, "name": "shop", "state": "ACTIVE", "parent": "r-exam"}],
            "policies": [full, *ours],
        }
    }  # fmt: skip


def test_our_rules_are_content() -> None:
    rule = "organization-credential-binding-missing"

    assert verdict(rule, _organization()) == "fail"
    assert verdict(rule, _organization(BOUND)) == "pass"
    guardrails = {"guardrails": ("lift-quarantine",)}
    assert verdict("organization-guardrails-missing", _organization(), **guardrails) == "fail"
    assert verdict("organization-guardrails-missing", _organization(PROTECT), **guardrails) == "pass"


def test_the_declarative_policy() -> None:
    found = instances.imdsv2_defaults()["ec2_attributes"]

    assert isinstance(found, dict)
    assert found["instance_metadata_defaults"]["http_tokens"] == {"@@assign": "required"}
    assert found["instance_metadata_defaults"]["http_put_response_hop_limit"] == {"@@assign": "1"}
    assert found["exception_message"]["@@assign"]
