"""The scanning role: exactly what a scan calls is allowed, and no data, whatever else is attached."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import botocore.session
import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from policies.scanner_role import (
    DATA_READS,
    POLICY_LIMIT,
    external_id,
    permission_policy,
    permissions,
    role_name,
    sends,
    trust_policy,
    trusted,
)
from policies.scanner_role_forms import Wish, cloudformation, plain, terraform
from scanner.actions import ACTIONS, BY_API, permission_of
from scanner.iam.catalogue import Level, catalogue
from scanner.iam.questions import Questions, WhatIf
from scanner.inventory import Account, AttachedPolicy, Document, InlinePolicy, ManagedPolicy, PolicyVersion, Role
from tests.accounts import FOREIGN, NOW, OWN
from tests.policies.deploying import deployed

SCANNER = f"arn:aws:iam::{OWN}:role/guardrift-scanner"
OPTIONS = [
    {}, {"last_accessed": True}, {"member_roles": "arn:*:iam::*:role/guardrift-scanner"},
    {"last_accessed": True, "member_roles": f"arn:*:iam::*:role/{'x' * 64}"},
]  # fmt: skip
ARN = f"arn:aws-us-gov:iam::{FOREIGN}:role/audit/scanner"

NEVER = (
    # secrets, and what opens the next door
    "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters",
    "ssm:GetParametersByPath", "ssm:GetParameterHistory", "kms:Decrypt", "ec2:GetPasswordData",
    "ec2:DescribeInstanceAttribute", "ec2:GetLaunchTemplateData", "glue:GetConnection", "glue:GetConnections",
    "redshift:GetClusterCredentials", "cognito-identity:GetCredentialsForIdentity", "s3:GetDataAccess",
    # objects and disks
    "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAttributes", "s3:GetObjectTorrent", "s3express:CreateSession",
    "s3-object-lambda:GetObject", "ebs:GetSnapshotBlock", "elasticfilesystem:ClientMount", "glacier:GetJobOutput",
    "s3tables:GetTableData",
    # rows, messages, people
    "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect", "athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:StartQueryExecution",
    "rds-data:ExecuteStatement", "redshift-data:GetStatementResult", "sqs:ReceiveMessage", "kinesis:GetRecords",
    "kafka-cluster:ReadData", "es:ESHttpGet", "cognito-idp:ListUsers", "cognito-idp:AdminGetUser",
    "timestream:Select", "cassandra:Select", "cloudtrail:GetQueryResults", "neptune-db:ReadDataViaQuery",
    # what programs wrote
    "logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery", "logs:GetQueryResults", "logs:StartLiveTail",
    "logs:GetLogRecord", "logs:Unmask", "ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot",
    "rds:DownloadDBLogFilePortion", "rds:DownloadCompleteDBLogFile", "ssm:GetCommandInvocation",
    "ssm:ListCommandInvocations",
    # code
    "lambda:GetFunction", "lambda:GetLayerVersion", "codecommit:GitPull", "codecommit:GetFile", "codecommit:GetBlob",
    "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "codeartifact:ReadFromRepository",
    "codeartifact:GetPackageVersionAsset",
)  # fmt: skip
"""Reads of data, each by its name."""


def assert_called_is_allowed(called: Iterable[str], *, last_accessed: bool = False) -> None:
    """Everything that a scan has called (``service:Operation``) is declared, and what it needs is in the policy."""
    apis = set(called)
    undeclared = apis - BY_API.keys()
    assert not undeclared, f"called, but not in scanner/actions.py: {sorted(undeclared)}"
    allowed = set(permissions(last_accessed=last_accessed))
    missing = {api for api in apis if permission_of(api) and permission_of(api) not in allowed}
    assert not missing, f"called, but not allowed by the scanning role: {sorted(missing)}"


def test_what_is_called_is_compared() -> None:
    assert_called_is_allowed({"sts:GetCallerIdentity", "elbv2:DescribeTargetHealth", "s3:GetBucketEncryption"})
    assert_called_is_allowed(BY_API, last_accessed=True)
    with pytest.raises(AssertionError, match=r"not in scanner/actions.py: \['iam:CreateUser'\]"):
        assert_called_is_allowed({"iam:ListRoles", "iam:CreateUser"})
    with pytest.raises(AssertionError, match="iam:GenerateServiceLastAccessedDetails"):
        assert_called_is_allowed({"iam:GenerateServiceLastAccessedDetails"})


MODELS = botocore.session.get_session()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.api)
def test_every_declared_action_exists(action: Any) -> None:
    service, _, operation = action.api.partition(":")

    assert operation in MODELS.get_service_model(service).operation_names


@pytest.mark.parametrize("name", permissions(last_accessed=True))
def test_every_permission_exists_and_only_reads(name: str) -> None:
    facts = catalogue().action(name)

    assert facts is not None
    assert facts.name == name
    assert facts.level in {Level.LIST, Level.READ}


def test_permissions_are_sorted_and_whole() -> None:
    names = permissions()

    assert list(names) == sorted(set(names))
    assert not any("*" in name or "?" in name for name in names)
    assert set(permissions(last_accessed=True)) - set(names) == {
        "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails",
    }  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_policy_fits_a_managed_policy(options: dict[str, Any]) -> None:
    text = json.dumps(permission_policy(**options))

    assert len(re.sub(r"\s", "", text)) <= POLICY_LIMIT


def statements(policy: Mapping[str, Any], effect: str) -> list[dict[str, Any]]:
    return [statement for statement in policy["Statement"] if statement["Effect"] == effect]


def test_one_statement_allows() -> None:
    (allow,) = statements(permission_policy(), "Allow")

    assert allow == {
        "Sid": "ReadConfiguration", "Effect": "Allow", "Action": list(permissions()), "Resource": "*",
    }  # fmt: skip


@pytest.mark.parametrize("reads", DATA_READS, ids=lambda reads: reads.sid)
def test_denied_patterns_are_of_known_actions(reads: Any) -> None:
    assert list(reads.actions) == sorted(set(reads.actions))
    assert reads.why
    for pattern in reads.actions:
        covered = catalogue().expand(pattern)
        assert covered, pattern
        # No wildcard that is not needed, and none that takes in what it does not say.
        assert ("*" in pattern) == (len(covered) > 1) or pattern == "kms:Decrypt*", (pattern, covered)


@cache
def scanner(*managed: str, member_roles: str | None = None) -> Questions:
    """The role with the policy that is printed, and AWS's own policies beside it."""
    documents = json.loads(aws_managed_policies_data)
    attached = tuple(
        ManagedPolicy(
            f"arn:aws:iam::aws:policy/{name}",
            name,
            (PolicyVersion("v1", Document(json.dumps(documents[name]["Document"]).encode()), is_default=True),),
        )
        for name in managed
    )
    own = permission_policy(last_accessed=True, member_roles=member_roles)
    role = Role(
        "guardrift-scanner",
        SCANNER,
        Document(json.dumps(trust_policy(OWN)).encode()),
        inline=(InlinePolicy("guardrift-scanner", Document(json.dumps(own).encode())),),
        attached=tuple(AttachedPolicy(policy.name, policy.arn) for policy in attached),
    )
    return Questions(
        Account(account_id=OWN, partition="aws", taken_at=NOW, users=(), groups=(), roles=(role,), policies=attached)
    )


def verdict(questions: Questions, action: str, resource: str = "*") -> str:
    return questions.ask(
        SCANNER, action, resource, what_if=WhatIf(has_no_resource_policy=True, scps=(), rcps=())
    ).decision


BESIDE: list[tuple[str, ...]] = [(), ("SecurityAudit",), ("ReadOnlyAccess",), ("AdministratorAccess",)]


@pytest.mark.parametrize("managed", BESIDE, ids=lambda managed: "".join(managed) or "alone")
def test_what_is_declared_is_allowed_and_data_is_denied(managed: tuple[str, ...]) -> None:
    questions = scanner(*managed)

    assert {verdict(questions, name) for name in permissions(last_accessed=True)} == {"yes"}
    assert {action: verdict(questions, action) for action in NEVER} == dict.fromkeys(NEVER, "no")


def test_the_deny_is_needed() -> None:
    """Without it these policies would let the role read data."""
    documents = json.loads(aws_managed_policies_data)
    granted = {
        action
        for statement in documents["ReadOnlyAccess"]["Document"]["Statement"]
        for pattern in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        for action in catalogue().expand(pattern)
    }

    assert {"s3:GetObject", "dynamodb:Scan", "sqs:ReceiveMessage", "logs:GetLogEvents"} <= granted & set(NEVER)


@pytest.mark.parametrize("action", ["iam:CreateUser", "s3:PutObject", "sts:AssumeRole", "ec2:DescribeSnapshots"])
def test_nothing_else_is_allowed(action: str) -> None:
    assert verdict(scanner(), action) == "no"


def test_the_configuration_of_a_function_is_allowed_and_its_code_is_not() -> None:
    questions = scanner("ReadOnlyAccess")
    function = f"arn:aws:lambda:eu-west-1:{OWN}:function:alarm"

    assert verdict(questions, "lambda:GetFunctionConfiguration", function) == "yes"
    assert verdict(questions, "lambda:GetFunction", function) == "no"


@pytest.mark.parametrize(
    ("role", "organization", "expected"),
    [
        (f"arn:aws:iam::{FOREIGN}:role/guardrift-scanner", "o-own", "yes"),
        (f"arn:aws:iam::{FOREIGN}:role/guardrift-scanner", "o-other", "no"),
        (f"arn:aws:iam::{FOREIGN}:role/admin", "o-own", "no"),
    ],
)
def test_roles_of_members(role: str, organization: str, expected: str) -> None:
    """As far as the caller's own half of the decision goes, the other account's trust being given."""
    questions = scanner(member_roles="arn:*:iam::*:role/guardrift-scanner")

    decision = questions.ask(
        SCANNER,
        "sts:AssumeRole",
        role,
        context={"aws:principalorgid": ("o-own",), "aws:resourceorgid": (organization,)},
        what_if=WhatIf(scps=(), rcps=()),
    )

    identity = next(layer.result for layer in decision.layers if layer.layer == "identity")
    assert identity == {"yes": "allows", "no": "does not allow"}[expected]


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        ARN,
        f"arn:aws:iam::{OWN}:root",
        f"arn:aws-cn:iam::{OWN}:user/staff/ann",
        f"arn:aws:sts::{OWN}:assumed-role/scanner/night@example.com",
    ],
)
def test_who_may_be_trusted(text: str) -> None:
    assert trusted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "*", "", "1111222233334", "11112222333", f"{OWN}\n", f" {OWN}", f"arn:aws:iam::{OWN}:role/*",
        "\uff11" * 12,
        f"arn:aws:iam::{OWN}:role/a?", f"arn:aws:iam::{OWN}:role/", "arn:aws:iam::*:role/a", "arn:aws:iam::aws:root",
        f"arn:aws:s3:::{OWN}", "ec2.amazonaws.com", f'arn:aws:iam::{OWN}:role/a"', f"arn:aws:iam::{OWN}:role/${{x}}",
        f"arn:aws:iam::{OWN}:role/a b", f"arn:aws:iam::{OWN}:group/a", f"arn:aws:iam::{OWN}:role/é",
    ],
)  # fmt: skip
def test_who_may_not_be_trusted(text: str) -> None:
    with pytest.raises(ValueError, match="neither an account id nor the ARN"):
        trusted(text)


def test_names_and_external_ids() -> None:
    assert role_name("a" * 64) == "a" * 64
    assert external_id("a" * 1224) == "a" * 1224
    assert external_id("arn:x/y=z@w,+._-") == "arn:x/y=z@w,+._-"
    for text in ("", "a" * 65, "a b", "a/b", "a\n", "é", "*"):
        with pytest.raises(ValueError, match="no name of a role"):
            role_name(text)
    for text in ("", "a", "a" * 1225, "a b", "a\n", "ab*", "${x}", "é é"):
        with pytest.raises(ValueError, match="no external id"):
            external_id(text)


def test_the_trust_policy() -> None:
    assert trust_policy(ARN, sends("secret-1")) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ARN},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "secret-1"}},
            }
        ],
    }
    assert "Condition" not in json.dumps(trust_policy(OWN))


def test_the_plain_form_is_the_bare_document() -> None:
    assert json.loads(plain(Wish())) == permission_policy()
    assert json.loads(plain(Wish(last_accessed=True, organization=True, role_name="r"))) == permission_policy(
        last_accessed=True, member_roles="arn:*:iam::*:role/r"
    )


def test_the_plain_form_with_a_trust_policy() -> None:
    assert json.loads(plain(Wish(principal=ARN, external_id="secret-1", role_name="r"))) == {
        "RoleName": "r",
        "AssumeRolePolicyDocument": trust_policy(ARN, sends("secret-1")),
        "PolicyName": "guardrift-scanner",
        "PolicyDocument": permission_policy(),
    }


def test_cloudformation() -> None:
    template = json.loads(cloudformation(Wish(principal=OWN)))

    role = deployed(template)

    assert role["RoleName"] == "guardrift-scanner"
    assert role["AssumeRolePolicyDocument"] == trust_policy(OWN)
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"] == permission_policy()
    assert template["Outputs"]["RoleArn"]


def test_cloudformation_with_parameters() -> None:
    template = json.loads(cloudformation(Wish(external_id="secret-1", organization=True, last_accessed=True)))

    assert "Default" not in template["Parameters"]["TrustedPrincipal"]
    role = deployed(template, "aws-cn", TrustedPrincipal=ARN, RoleName="other")
    assert role["AssumeRolePolicyDocument"] == trust_policy(ARN, sends("secret-1"))
    assert role["Policies"][0]["PolicyDocument"] == permission_policy(
        last_accessed=True, member_roles="arn:aws-cn:iam::*:role/other"
    )
    changed = deployed(template, TrustedPrincipal=ARN, ExternalId="")
    assert changed["AssumeRolePolicyDocument"] == trust_policy(ARN)


@pytest.mark.parametrize("text", ["*", "111122223333 ", "arn:aws:iam::111122223333:role/*"])
def test_cloudformation_refuses_to_trust_everybody(text: str) -> None:
    template = json.loads(cloudformation(Wish()))

    with pytest.raises(AssertionError, match="TrustedPrincipal"):
        deployed(template, TrustedPrincipal=text)


def test_terraform() -> None:
    found = json.loads(terraform(Wish(principal=ARN, external_id="secret-1")))

    # Terraform reads "${" as its own; nothing of the policy may be that.
    assert found["locals"]["guardrift_scanner_permissions"] == permission_policy()
    variables = {name: facts.get("default") for name, facts in found["variable"].items()}
    assert variables == {
        "guardrift_trusted_principal": ARN,
        "guardrift_external_id": "secret-1",
        "guardrift_role_name": "guardrift-scanner",
    }
    (role,) = found["resource"]["aws_iam_role"].values()
    assert role["assume_role_policy"] == "${jsonencode(local.guardrift_scanner_trust)}"
    (policy,) = found["resource"]["aws_iam_role_policy"].values()
    assert policy["policy"] == "${jsonencode(local.guardrift_scanner_permissions)}"
    assert "data" not in found


def test_terraform_leaves_variables_of_iam_alone() -> None:
    found = json.loads(terraform(Wish(organization=True)))

    (assume,) = (
        statement
        for statement in found["locals"]["guardrift_scanner_permissions"]["Statement"]
        if statement["Action"] == "sts:AssumeRole"
    )
    assert assume["Condition"] == {"StringEquals": {"aws:ResourceOrgID": "$${aws:PrincipalOrgID}"}}
    partition = "${data.aws_partition.guardrift_scanner.partition}"
    assert assume["Resource"] == f"arn:{partition}:iam::*:role/${{var.guardrift_role_name}}"
    assert found["data"] == {"aws_partition": {"guardrift_scanner": {}}}
    assert "default" not in found["variable"]["guardrift_trusted_principal"]


def test_terraform_checks_its_variables() -> None:
    """By regular expressions of RE2, which knows no counts above a thousand."""
    for facts in json.loads(terraform(Wish()))["variable"].values():
        (validation,) = facts["validation"]
        assert not re.search(r"\{\d*,?\d{4,}\}", validation["condition"])
        assert validation["error_message"].endswith(".")


@pytest.mark.parametrize("write", [plain, cloudformation, terraform])
def test_two_runs_write_the_same(write: Any) -> None:
    wish = Wish(principal=ARN, external_id="secret-1", organization=True, last_accessed=True)

    assert write(wish) == write(wish)
    assert write(wish).endswith("}\n")
