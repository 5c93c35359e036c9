"""Whom the claims leave that a trust policy asks for, issuer by issuer."""

from __future__ import annotations

import time

import pytest

from scanner.iam.documents import Condition, Statement
from scanner.iam.federation import WEB_IDENTITY, Asked, Provider, asked, is_audience_open, provider_of, reach
from scanner.iam.issuers import WIDTHS, issuer_of
from scanner.iam.principals import TrustedPrincipal
from tests.accounts import OWN

GITHUB, GITLAB, TERRAFORM = "token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io"
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B"
BITBUCKET = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
AUDIT_LOG = "oidc-configuration.audit-log.githubusercontent.com"
MAIN = "repo:acme/shop:ref:refs/heads/main"


def request(issuer: str, *conditions: Condition) -> Asked | None:
    text = f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"
    principal = TrustedPrincipal("federated", text)
    allow = Statement(0, True, (WEB_IDENTITY,), principals=(("Federated", text),), conditions=conditions)
    return asked(principal, provider_of(principal), allow, (allow,))


def width(issuer: str, *conditions: Condition) -> str:
    found = request(issuer, *conditions)
    return "nobody" if found is None else reach(issuer_of(issuer.lower()), found).width


SUBJECTS = [
    ("an environment", GITHUB, "StringLike", ["repo:acme/shop:environment:prod"], "bound"),
    ("branches that begin alike", GITHUB, "StringLike", ["repo:acme/shop:ref:refs/heads/release/*"], "bound"),
    ("every branch", GITHUB, "StringLike", ["repo:acme/shop:ref:refs/heads/*"], "project"),
    ("every tag", GITHUB, "StringLike", ["repo:acme/shop:ref:refs/tags/*"], "project"),
    ("tags that begin alike", GITHUB, "StringLike", ["repo:acme/shop:ref:refs/tags/v*"], "bound"),
    ("every environment", GITHUB, "StringLike", ["repo:acme/shop:environment:*"], "project"),
    ("pull requests", GITHUB, "StringEquals", ["repo:acme/shop:pull_request"], "project"),
    ("one repository, main at the end", GITHUB, "StringLike", ["repo:acme/shop:*main"], "project"),
    ("one repository, to the letter, which no token is", GITHUB, "StringEquals", ["repo:acme/shop:*"], "bound"),
    ("one repository or more of its name", GITHUB, "StringLike", ["repo:acme/shop-?:ref:refs/heads/main"], "group"),
    ("main of an organization", GITHUB, "StringLike", ["repo:acme/*:ref:refs/heads/main"], "tenant"),
    (
        "organizations that begin alike, one repository",
        GITHUB,
        "StringLike",
        ["repo:acme*/shop:ref:refs/heads/main"],
        "anyone",
    ),
    ("organizations of five letters", GITHUB, "StringLike", ["repo:acme?/shop:*"], "anyone"),
    ("a repository of any owner", GITHUB, "StringLike", ["repo:*/shop:ref:refs/heads/main"], "anyone"),
    ("anything", GITHUB, "StringLike", ["*"], "anyone"),
    ("anything with the name in it", GITHUB, "StringLike", ["*acme/shop*"], "anyone"),
    ("ids beside the names", GITHUB, "StringEquals", ["repo:acme@12/shop@34:ref:refs/heads/main"], "bound"),
    ("any id beside the names", GITHUB, "StringLike", ["repo:acme@*/shop@*:ref:refs/heads/main"], "bound"),
    ("a repository with any id", GITHUB, "StringLike", ["repo:acme@12/shop@*:*"], "project"),
    ("an organization with its id", GITHUB, "StringLike", ["repo:acme@12/*"], "tenant"),
    ("a name that begins alike, and an id", GITHUB, "StringLike", ["repo:acme*@12/*"], "anyone"),
    ("two branches", GITHUB, "StringLike", [MAIN, "repo:acme/docs:ref:refs/heads/main"], "bound"),
    ("a variable for the owner", GITHUB, "StringLike", ["repo:${aws:PrincipalTag/owner}/shop:*"], "anyone"),
    (
        "a variable for the owner, by StringEquals",
        GITHUB,
        "StringEquals",
        ["repo:${aws:PrincipalTag/owner}/shop:pull_request"],
        "anyone",
    ),
    (
        "a variable for the branch",
        GITHUB,
        "StringEquals",
        ["repo:acme/shop:ref:refs/heads/${aws:PrincipalTag/b}"],
        "project",
    ),
    ("an escaped star, which is a letter", GITHUB, "StringLike", ["repo:${*}/shop:ref:refs/heads/main"], "bound"),
    ("a customised sub with an owner", GITHUB, "StringEquals", ["repository_owner:acme:environment:prod"], "tenant"),
    ("a customised sub with a repository", GITHUB, "StringEquals", ["repository_id:34"], "project"),
    (
        "a customised sub with a repository and more",
        GITHUB,
        "StringEquals",
        ["repository_id:34:environment:prod"],
        "bound",
    ),
    ("a customised sub that strangers can make", GITHUB, "StringEquals", ["environment:prod"], "anyone"),
    ("a customised sub with owner and repository", GITHUB, "StringEquals", ["actor:ann:repo:acme/shop"], "project"),
    ("an owner after a wildcard", GITHUB, "StringLike", ["environment:*:repository_owner:acme"], "anyone"),
    ("a customised sub with any owner", GITHUB, "StringLike", ["repository_owner:*"], "anyone"),
    (
        "a customised sub with a workflow",
        GITHUB,
        "StringEquals",
        ["job_workflow_ref:acme/ci/.github/workflows/a.yml@refs/heads/main"],
        "group",
    ),
    (
        "a sub without its beginning, which no token is",
        GITHUB,
        "StringEquals",
        ["acme/shop:ref:refs/heads/main"],
        "bound",
    ),
    ("an enterprise, any owner", f"{GITHUB}/acme", "StringLike", ["repo:*"], "tenant"),
    ("an enterprise, one branch", f"{GITHUB}/acme", "StringLike", [MAIN], "bound"),
    ("an enterprise's server, one branch", "git.acme.example/_services/token", "StringEquals", [MAIN], "bound"),
    ("GitLab, a branch", GITLAB, "StringEquals", ["project_path:acme/web/shop:ref_type:branch:ref:main"], "bound"),
    ("GitLab, every branch", GITLAB, "StringLike", ["project_path:acme/shop:ref_type:branch:ref:*"], "project"),
    ("GitLab, a project", GITLAB, "StringLike", ["project_path:acme/shop:*"], "project"),
    ("GitLab, a subgroup", GITLAB, "StringLike", ["project_path:acme/web/*"], "group"),
    ("GitLab, a group", GITLAB, "StringLike", ["project_path:acme/*"], "tenant"),
    ("GitLab, groups that begin alike", GITLAB, "StringLike", ["project_path:acme*"], "anyone"),
    ("GitLab, any project", GITLAB, "StringLike", ["project_path:*"], "anyone"),
    ("GitLab of one's own, a group", "gitlab.acme.example", "StringLike", ["project_path:acme/*"], "group"),
    ("GitLab of one's own, a project", "gitlab.acme.example", "StringLike", ["project_path:a/b:*"], "project"),
    (
        "GitLab of one's own, a branch",
        "gitlab.acme.example",
        "StringEquals",
        ["project_path:a/b:ref_type:branch:ref:main"],
        "bound",
    ),
    (
        "Terraform, a workspace",
        TERRAFORM,
        "StringLike",
        ["organization:acme:project:web:workspace:shop:run_phase:*"],
        "bound",
    ),
    (
        "Terraform, a workspace of any project",
        TERRAFORM,
        "StringLike",
        ["organization:acme:project:*:workspace:shop:run_phase:apply"],
        "bound",
    ),
    (
        "Terraform, a project",
        TERRAFORM,
        "StringLike",
        ["organization:acme:project:web:workspace:*:run_phase:*"],
        "group",
    ),
    ("Terraform, an organization", TERRAFORM, "StringLike", ["organization:acme:*"], "tenant"),
    ("Terraform, organizations that begin alike", TERRAFORM, "StringLike", ["organization:acme*"], "anyone"),
    (
        "Terraform, the workspace of any organization",
        TERRAFORM,
        "StringLike",
        ["organization:*:project:web:workspace:shop:run_phase:*"],
        "anyone",
    ),
    ("EKS, a service account", EKS, "StringEquals", ["system:serviceaccount:shop:api"], "bound"),
    ("EKS, any service account", EKS, "StringLike", ["system:serviceaccount:*:*"], "tenant"),
    ("EKS, any service account, in short", EKS, "StringLike", ["system:serviceaccount:*"], "tenant"),
    ("EKS, a namespace", EKS, "StringLike", ["system:serviceaccount:shop:*"], "group"),
    ("EKS, a name in any namespace", EKS, "StringLike", ["system:serviceaccount:*:api"], "group"),
    ("EKS, to the letter, which no token is", EKS, "StringEquals", ["system:serviceaccount:shop:*"], "bound"),
    ("CircleCI, a project", "oidc.circleci.com/org/0a", "StringLike", ["org/0a/project/1b/user/*"], "bound"),
    ("CircleCI, any project", "oidc.circleci.com/org/0a", "StringLike", ["org/0a/project/*/user/*"], "tenant"),
    ("Bitbucket, a repository", BITBUCKET, "StringLike", ["{0a-1b}:*"], "bound"),
    (
        "Buildkite, a branch",
        "agent.buildkite.com",
        "StringLike",
        ["organization:acme:pipeline:shop:ref:refs/heads/main:*"],
        "bound",
    ),
    ("Buildkite, a pipeline", "agent.buildkite.com", "StringLike", ["organization:acme:pipeline:shop:*"], "project"),
    ("Buildkite, an organization", "agent.buildkite.com", "StringLike", ["organization:acme:*"], "tenant"),
    (
        "Buildkite, organizations that begin alike",
        "agent.buildkite.com",
        "StringLike",
        ["organization:acme*"],
        "anyone",
    ),
    ("Shisho, a sub of no known form", "tokens.cloud.shisho.dev", "StringLike", ["job:*"], "anyone"),
    ("Shisho, one sub", "tokens.cloud.shisho.dev", "StringEquals", ["job:acme:x"], "bound"),
    ("GitHub's audit log, an enterprise", AUDIT_LOG, "StringEquals", ["https://github.com/acme"], "bound"),
    ("GitHub's audit log, any", AUDIT_LOG, "StringLike", ["https://github.com/*"], "anyone"),
    ("no issuer that is known, one sub", "idp.acme.example", "StringEquals", ["robot"], "bound"),
    (
        "a cluster of one's own, a service account",
        "k8s.acme.example",
        "StringEquals",
        ["system:serviceaccount:a:b"],
        "bound",
    ),
    ("a cluster of one's own, any", "k8s.acme.example", "StringLike", ["system:serviceaccount:*"], "group"),
    ("no issuer that is known, subs that begin alike", "idp.acme.example", "StringLike", ["robot-*"], "group"),
    ("no issuer that is known, any sub", "idp.acme.example", "StringLike", ["*"], "group"),
    ("GitLab, of another form, which no token is", GITLAB, "StringEquals", ["acme/shop"], "bound"),
    ("GitLab, of another form with a wildcard", GITLAB, "StringLike", ["project_id:7:*"], "tenant"),
    ("GitLab, a wildcard at the start", GITLAB, "StringLike", ["*:ref:main"], "anyone"),
    ("GitLab, a wildcard in the word", GITLAB, "StringLike", ["project*"], "anyone"),
    ("GitLab, the word alone", GITLAB, "StringEquals", ["project_path:"], "bound"),
    ("GitLab, a group alone", GITLAB, "StringEquals", ["project_path:acme"], "bound"),
    ("GitHub, in capitals", GITHUB, "StringEqualsIgnoreCase", ["REPO:ACME/SHOP:PULL_REQUEST"], "project"),
    ("GitHub, a NUL, which counts as a wildcard", GITHUB, "StringEquals", ["repo:a\0/shop:pull_request"], "anyone"),
    ("Pulumi, a stack", "api.pulumi.com/oidc", "StringLike", ["pulumi:deploy:org:acme:project:a:stack:b:*"], "bound"),
    ("Pulumi, a project", "api.pulumi.com/oidc", "StringLike", ["pulumi:deploy:org:acme:project:a:*"], "group"),
    ("Pulumi, an environment", "api.pulumi.com/oidc", "StringEquals", ["pulumi:environments:org:acme:env:a"], "bound"),
    ("Pulumi, any", "api.pulumi.com/oidc", "StringLike", ["pulumi:*"], "tenant"),
    ("Vercel, a project", "oidc.vercel.com", "StringLike", ["owner:acme:project:a:environment:*"], "bound"),
    ("Scalr, a workspace", "scalr.io", "StringEquals", ["account:acme:environment:a:workspace:b"], "bound"),
    ("Scalr, a name in any environment", "scalr.io", "StringLike", ["account:acme:environment:*:workspace:b"], "group"),
    ("Upbound, any control plane", "proidc.upbound.io", "StringLike", ["mcp:acme/*"], "tenant"),
    ("Upbound, any organization", "proidc.upbound.io", "StringLike", ["mcp:*/a:provider:provider-aws"], "anyone"),
]
"""What is tried, the issuer, the operator, the values of sub, and the width."""


@pytest.mark.parametrize(
    ("issuer", "operator", "values", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SUBJECTS]
)
def test_subjects(issuer: str, operator: str, values: list[str], expected: str) -> None:
    condition = Condition(operator.lower(), f"{issuer}:sub".lower(), tuple(values))

    assert width(issuer, condition) == expected


WITHOUT_CONDITIONS = [
    (GITHUB, "anyone"),
    ("vstoken.actions.githubusercontent.com", "anyone"),
    (f"{GITHUB}/acme", "tenant"),
    (GITLAB, "anyone"),
    (TERRAFORM, "anyone"),
    ("agent.buildkite.com", "anyone"),
    ("rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7", "anyone"),
    ("rh-oidc.s3.us-east-1.amazonaws.com/acme", "group"),
    ("oidc.vercel.com", "tenant"),
    ("oidc.vercel.com/acme", "group"),
    (EKS, "tenant"),
    ("oidc.eks.eu-west-1.amazonaws.com.evil.example/id/0A", "group"),
    ("oidc.circleci.com/org/0a", "tenant"),
    (BITBUCKET, "tenant"),
    ("TOKEN.actions.githubusercontent.com", "anyone"),
    ("idp.acme.example", "group"),
]


@pytest.mark.parametrize(("issuer", "expected"), WITHOUT_CONDITIONS)
def test_who_gets_a_token(issuer: str, expected: str) -> None:
    assert width(issuer) == expected


PROVIDERS = [
    (f"arn:aws:iam::{OWN}:oidc-provider/gitlab.com", Provider("oidc", "gitlab.com")),
    (f"arn:aws-cn:iam::{OWN}:oidc-provider/GitLab.com/a", Provider("oidc", "gitlab.com/a")),
    (f"arn:aws:iam::{OWN}:oidc-provider/a.example:8443/x", Provider("oidc", "a.example:8443/x")),
    (f"arn:aws:iam::{OWN}:saml-provider/idp", Provider("saml")),
    ("accounts.google.com", Provider("oidc", "accounts.google.com")),
    ("cognito-identity.cn-north-1.amazonaws.com.cn", Provider("oidc", "cognito-identity.cn-north-1.amazonaws.com.cn")),
    ("gitlab.com", Provider("other")),
    (f"arn:aws:iam::{OWN}:oidc-provider/", Provider("other")),
    (f"arn:aws:iam::{OWN}:oidc-provider/*", Provider("other")),
    (f"arn:aws:sts::{OWN}:oidc-provider/x", Provider("other")),
    (f"arn:aws:iam::{OWN}:role/x", Provider("other")),
    ("*", Provider("other")),
    ("", Provider("other")),
]


@pytest.mark.parametrize(("text", "expected"), PROVIDERS)
def test_providers(text: str, expected: Provider) -> None:
    assert provider_of(TrustedPrincipal("federated", text)) == expected


def test_the_address_of_an_issuer_may_have_a_port() -> None:
    bound = Condition("stringequals", "a.example:8443/x:sub", ("robot",))

    assert width("a.example:8443/x", bound) == "bound"
    assert width("a.example:8443/x", Condition("stringequals", "a.example:sub", ("robot",))) == "nobody"


def test_a_tag_whose_name_looks_like_an_issuer_is_none() -> None:
    assert width(GITHUB, Condition("stringequals", "aws:principaltag/a.b:c", ("x",))) == "anyone"


def test_the_narrowest_condition_counts_and_the_widest_of_its_values() -> None:
    wide = Condition("stringlike", f"{GITHUB}:sub", (MAIN, "repo:acme/*", "repo:umbrella/*"))
    found = request(GITHUB, wide, Condition("stringlike", f"{GITHUB}:sub", ("repo:*",)))

    assert found is not None
    assert reach(issuer_of(GITHUB), found).by == ("sub=repo:acme/*", "sub=repo:umbrella/*")


def test_one_more_condition_never_widens() -> None:
    first = [Condition(operator.lower(), f"{GITHUB}:sub", tuple(values)) for _, _, operator, values, _ in SUBJECTS]
    for one in first:
        for other in first[::7]:
            assert WIDTHS.index(width(GITHUB, one, other)) >= WIDTHS.index(width(GITHUB, one))


def test_one_more_value_never_narrows() -> None:
    values = [value for _, _, operator, values, _ in SUBJECTS for value in values if operator == "StringLike"]
    for one in values:
        alone = WIDTHS.index(width(GITHUB, Condition("stringlike", f"{GITHUB}:sub", (one,))))
        for other in values[::7]:
            both = Condition("stringlike", f"{GITHUB}:sub", (one, other))
            assert WIDTHS.index(width(GITHUB, both)) <= alone


def test_a_long_pattern_takes_no_long_time() -> None:
    hostile = ("repo:acme/" + "*a?:" * 2000, "*" * 4000, "a*" * 2000, ":" * 4000, "repository:" * 500 + "*")
    start = time.process_time()
    width(GITHUB, Condition("stringlike", f"{GITHUB}:sub", hostile))

    assert time.process_time() - start < 20


def test_an_audience_of_nothing_but_wildcards_is_open() -> None:
    for value, is_open in (("*", True), ("?*", True), ("${aws:username}", True), ("sts.*", False), ("x", False)):
        found = request(GITHUB, Condition("stringlike", f"{GITHUB}:aud", (value,)))
        assert found is not None
        assert is_audience_open(issuer_of(GITHUB), found) is is_open
