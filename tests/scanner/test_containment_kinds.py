"""Of which kinds a principal is, and that every kind has its facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scanner.containment.kind_facts import DERIVED, facts_of, not_stopped
from scanner.containment.kinds import KINDS, Kind, Kinds, kinds_of
from scanner.inventory import known
from tests.accounts import FOREIGN, OWN, Json, account, gap, policy, region

ARN = f"arn:aws:iam::{OWN}:role/app"
USER_ARN = f"arn:aws:iam::{OWN}:user/alice"


def trusting(principal: Json | str, action: str | list[str] = "sts:AssumeRole", **elements: object) -> Json:
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **elements})


def of_role(trust: Json, facts: Json | None = None, /, **parts: object) -> Kinds:
    role = {"name": "app", "arn": ARN, "trust": trust, **parts}
    found = account({"roles": [role], "users": [], "groups": [], "policies": [], **(facts or {})})
    return kinds_of(known(found.roles)[0], found)


def of_user(facts: Json, name: str = "alice") -> Kinds:
    user = {"name": name, "arn": f"arn:aws:iam::{OWN}:user/{name}"}
    found = account({"roles": [], "users": [user], "groups": [], "policies": [], **facts})
    return kinds_of(known(found.users)[0], found)


def service(name: str) -> Json:
    return trusting({"Service": f"{name}.amazonaws.com"})


def web(provider: str) -> Json:
    name = f"arn:aws:iam::{OWN}:oidc-provider/{provider}"
    return trusting({"Federated": name}, "sts:AssumeRoleWithWebIdentity")


NODE_POLICY = [{"name": "n", "arn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}]
HOST_POLICY = [{"name": "h", "arn": "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"}]
NOT_OF_AWS = [{"name": "n", "arn": f"arn:aws:iam::{OWN}:policy/AmazonEKSWorkerNodePolicy"}]


@pytest.mark.parametrize(
    ("trust", "parts", "expected"),
    [
        (service("ec2"), {}, {"ec2-role"}),
        (trusting({"Service": "ec2.amazonaws.com.cn"}), {}, {"ec2-role"}),
        (trusting({"Service": "EC2.amazonaws.com"}), {}, {"ec2-role"}),
        (service("lambda"), {}, {"lambda-role"}),
        (service("lambda.eu-west-1"), {}, {"lambda-role"}),
        (service("edgelambda"), {}, {"lambda-role"}),
        (service("ecs-tasks"), {}, {"ecs-role"}),
        (service("pods.eks"), {}, {"eks-role"}),
        (service("eks-fargate-pods"), {}, {"eks-role"}),
        (service("rolesanywhere"), {}, {"roles-anywhere-role"}),
        (service("codebuild"), {}, {"service-role"}),
        (service("vpc-flow-logs"), {}, {"service-role"}),
        (trusting({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}), {}, {"ec2-role", "lambda-role"}),
        (service("ec2"), {"attached": NODE_POLICY}, {"ec2-role", "eks-role"}),
        (service("ec2"), {"attached": HOST_POLICY}, {"ec2-role", "ecs-role"}),
        (service("ec2"), {"attached": NOT_OF_AWS}, {"ec2-role"}),
        (service("lambda"), {"attached": NODE_POLICY}, {"lambda-role"}),
        (trusting({"AWS": f"arn:aws:iam::{FOREIGN}:root"}), {}, {"cross-account-role"}),
        (trusting({"AWS": FOREIGN}), {}, {"cross-account-role"}),
        (trusting({"AWS": f"arn:aws:iam::{OWN}:root"}), {}, {"chained-role", "assumed-role"}),
        (trusting({"AWS": OWN}), {}, {"chained-role", "assumed-role"}),
        (trusting({"AWS": f"arn:aws:iam::{OWN}:role/other"}), {}, {"chained-role"}),
        (trusting({"AWS": f"arn:aws:sts::{OWN}:assumed-role/other/s"}), {}, {"chained-role"}),
        (trusting({"AWS": f"arn:aws:iam::{OWN}:user/alice"}), {}, {"assumed-role"}),
        (trusting("*"), {}, {"cross-account-role", "chained-role", "assumed-role"}),
        (trusting({"AWS": "AROAEXAMPLEDELETED000"}), {}, set()),
        (
            trusting({"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}, "sts:AssumeRoleWithSAML"),
            {},
            {"saml-role"},
        ),
        (web("token.actions.githubusercontent.com"), {}, {"oidc-role"}),
        (web("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789"), {}, {"oidc-role", "eks-role"}),
        (
            trusting({"Federated": "cognito-identity.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity"),
            {},
            {"cognito-role"},
        ),
        (trusting({"Service": "ec2.amazonaws.com"}, "sts:TagSession"), {}, set()),
        (trusting({"Service": "ec2.amazonaws.com"}, Effect="Deny"), {}, set()),
        (service("codebuild"), {"instance_profiles": ["app"]}, {"ec2-role", "service-role"}),
        (service("ec2"), {"path": "/aws-service-role/support.amazonaws.com/"}, {"service-linked-role"}),
        (
            trusting({"Federated": f"arn:aws:iam::{OWN}:saml-provider/AWSSSO"}, "sts:AssumeRoleWithSAML"),
            {"path": "/aws-reserved/sso.amazonaws.com/"},
            {"identity-center-role"},
        ),
    ],
)
def test_role(trust: Json, parts: Json, expected: set[Kind]) -> None:
    found = of_role(trust, None, **parts)

    assert set(found.names) == expected
    assert found.unclear == ()
    assert all(each.because for each in found.found)


def test_role_that_a_profile_or_a_function_has_is_theirs_whatever_the_trust_policy_says() -> None:
    facts: Json = {
        "instance_profiles": [{"name": "web", "arn": f"arn:aws:iam::{OWN}:instance-profile/web", "roles": ["app"]}],
        "functions": [
            {
                "arn": f"arn:aws:lambda:eu-west-1:{OWN}:function:f",
                "detail": {"kind": "function", "role": ARN},
                "policy": None,
                "concurrency": {"kind": "concurrency"},
            }
        ],
    }
    assert of_role(service("codebuild"), facts).names == ("ec2-role", "lambda-role", "service-role")


def test_trust_policy_that_was_not_understood_leaves_the_kinds_open() -> None:
    strange = policy({"Effect": "Permit", "Principal": "*", "Action": "sts:AssumeRole"})

    assert of_role(strange).unclear
    assert of_role(strange).names == ()


def test_kinds_are_in_their_order_and_say_why() -> None:
    found = of_role(trusting({"AWS": [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{FOREIGN}:root"]}))

    assert list(found.names) == [kind for kind in KINDS if kind in found]
    assert f"{FOREIGN}" in found.found[0].because[0]


KEY: Json = {"id": "AKIAEXAMPLE000000001", "user": "alice", "status": "Active", "created": "2026-01-01T00:00:00Z"}


def keys(*held: Json, user: str = "alice") -> Json:
    return {"access_keys": [{"user": user, "keys": list(held)}]}


def report(*, password: object) -> Json:
    row = {"user": "alice", "arn": USER_ARN, "password_enabled": password}
    return {"credential_report": {"kind": "credential-report", "rows": [row]}}


NO_CREDENTIALS: Json = {"service_credentials": [], **report(password=False), **keys()}


@pytest.mark.parametrize(
    ("facts", "added", "is_clear"),
    [
        (NO_CREDENTIALS, set(), True),
        (NO_CREDENTIALS | keys(KEY), {"user-key"}, True),
        (NO_CREDENTIALS | keys(KEY | {"status": "Inactive"}), {"user-key"}, True),
        (NO_CREDENTIALS | report(password=True), {"console-session"}, True),
        (NO_CREDENTIALS | report(password=None), {"console-session"}, False),
        (NO_CREDENTIALS | {"credential_report": gap("iam:GetCredentialReport")}, {"console-session"}, False),
        (NO_CREDENTIALS | {"access_keys": gap("iam:ListAccessKeys")}, {"user-key"}, False),
        (NO_CREDENTIALS | keys(user="bob"), {"user-key"}, False),
        (
            NO_CREDENTIALS | {"access_keys": [{"user": "alice", "keys": gap("iam:ListAccessKeys")}]},
            {"user-key"},
            False,
        ),
        (NO_CREDENTIALS | {"service_credentials": gap("iam:ListServiceSpecificCredentials")}, set(), False),
        (
            NO_CREDENTIALS
            | {
                "service_credentials": [
                    {"id": "ACCA1", "user": "alice", "service": "bedrock.amazonaws.com", "status": "Active"},
                    {"id": "ACCA2", "user": "bob", "service": "bedrock.amazonaws.com", "status": "Active"},
                ]
            },
            {"bedrock-key"},
            True,
        ),
        (
            NO_CREDENTIALS
            | {
                "service_credentials": [
                    {"id": "ACCA3", "user": "alice", "service": "codecommit.amazonaws.com", "status": "Active"}
                ]
            },
            set(),
            True,
        ),
    ],
)
def test_user(facts: Json, added: set[Kind], *, is_clear: bool) -> None:
    found = of_user(facts)

    assert set(found.names) == {"user-session", "federated-user"} | added
    assert (found.unclear == ()) is is_clear


def test_user_of_the_console_of_bedrock() -> None:
    assert "bedrock-key" in of_user({"service_credentials": []}, name="BedrockAPIKey-a1b2")
    assert "bedrock-key" not in of_user({"service_credentials": []}, name="MyBedrockAPIKey-a1b2")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_facts(kind: Kind) -> None:
    facts = facts_of(kind)

    assert facts.title
    assert facts.must
    assert facts.pitfalls
    assert facts.users
    assert facts.stops or kind == "service-linked-role"
    assert facts.longest is None or timedelta(hours=1) <= facts.longest <= timedelta(hours=36)


@pytest.mark.parametrize("kind", ["user-key", "bedrock-key", "root", "service-linked-role"])
def test_what_does_not_expire_has_no_longest_life(kind: Kind) -> None:
    assert facts_of(kind).longest is None


def test_long_term_keys_are_not_stopped_by_a_revocation_by_time() -> None:
    assert "revoke-sessions" not in facts_of("user-key").stops
    assert "revoke-user-sessions" not in facts_of("user-key").stops


def test_what_is_derived_is_stopped_or_says_what_to_do() -> None:
    assert {each.what for each in DERIVED if each.is_stopped} == {
        "Presigned URLs of S3 and other services",
        "Passwords for SMTP of SES",
    }
    assert all(each.instead for each in not_stopped(["user-key"]))
    assert any("EKS" in each.what for each in not_stopped(["ec2-role"]))


def test_regions_do_not_matter_to_the_kind() -> None:
    assert of_role(service("ec2"), {"regions": [region()]}).names == ("ec2-role",)
