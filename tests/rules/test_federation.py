"""Trust in identity providers: each wide condition beside its near twin that is not."""

from __future__ import annotations

import pytest

from rules.trust import federation
from scanner.engine import Rule
from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings, judge
from scanner.findings import Finding
from tests.accounts import NOW, OWN, Case, Json, account, gap
from tests.rules.trusting import OWN_ROOT, admit, refuse, trusting

SUBJECT = federation.iam_role_trust_oidc_subject.id

OWN_RULES: dict[str, Rule] = {rule.id: rule for rule in vars(federation).values() if isinstance(rule, Rule)}

GITHUB, GITLAB, TERRAFORM = "token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io"
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B"
COGNITO, GOOGLE = "cognito-identity.amazonaws.com", "accounts.google.com"
WEB, SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
DENIED: Json = {"roles": gap("iam:GetAccountAuthorizationDetails")}


def judged(rule_id: str, facts: Json) -> tuple[str, tuple[Finding, ...]]:
    (result,), found = judge(account(facts), [OWN_RULES[rule_id]], NOW, Settings())
    counts = (("fail", result.failed), ("pass", result.passed), ("unknown", result.unknown))
    return " ".join(word for word, count in counts for _ in range(count)), found


def only(rule_id: str, facts: Json) -> Finding:
    (found,) = judged(rule_id, facts)[1]
    return found


def provider(issuer: str) -> Json:
    return {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"}


def web(issuer: str = GITHUB, /, action: object = WEB, **conditions: object) -> Json:
    """An Allow for the tokens of an issuer."""
    principal = {"Federated": issuer} if issuer in {COGNITO, GOOGLE} else provider(issuer)
    return admit(principal, action, **conditions)


def like(*values: str, issuer: str = GITHUB, claim: str = "sub", operator: str = "StringLike") -> Json:
    """A trust policy that demands one claim."""
    condition: Json = {operator: {f"{issuer}:{claim}": list(values)}}
    return trusting(web(issuer) | {"Condition": condition})


def equal(*values: str, issuer: str = GITHUB, claim: str = "sub") -> Json:
    return like(*values, issuer=issuer, claim=claim, operator="StringEquals")


def claims(operator: str = "StringEquals", issuer: str = GITHUB, **values: object) -> Json:
    """A trust policy that demands several claims."""
    condition: Json = {operator: {f"{issuer}:{claim}": value for claim, value in values.items()}}
    return trusting(web(issuer) | {"Condition": condition})


MAIN = "repo:acme/shop:ref:refs/heads/main"
UNLESS_MAIN: Json = {"StringNotLike": {f"{GITHUB}:sub": MAIN}}

GRADES: list[tuple[str, Json, str]] = [
    ("no condition", trusting(web()), "critical"),
    ("the audience alone", equal("sts.amazonaws.com", claim="aud"), "critical"),
    ("one branch", equal(MAIN), "pass"),
    ("one branch by StringLike", like(MAIN), "pass"),
    ("one branch, whatever its case", like(MAIN, operator="StringEqualsIgnoreCase"), "pass"),
    ("key and operator in odd case", like(MAIN, issuer=GITHUB, claim="SUB", operator="stringLIKE"), "pass"),
    ("a wildcard within the word", like("re?o:*"), "critical"),
    ("a wildcard that ends the word elsewhere", like("r*o:acme/shop:*"), "critical"),
    ("one repository", like("repo:acme/shop:*"), "low"),
    ("repositories that begin alike", like("repo:acme/shop*"), "medium"),
    ("an organization", like("repo:acme/*"), "high"),
    ("an organization, to the letter, which no token is", equal("repo:acme/*"), "pass"),
    ("organizations that begin alike", like("repo:acme*"), "critical"),
    ("any repository", like("repo:*"), "critical"),
    ("a branch or an organization", like(MAIN, "repo:acme/*"), "high"),
    ("any but one repository", claims("StringNotLike", sub="repo:evil/*"), "critical"),
    ("any but one branch", claims("StringNotEquals", sub=MAIN), "critical"),
    ("if there is a sub", like(MAIN, operator="StringLikeIfExists"), "critical"),
    ("all of the values", like(MAIN, operator="ForAllValues:StringLike"), "critical"),
    ("one of the values", like(MAIN, operator="ForAnyValue:StringLike"), "pass"),
    (
        "all of the values, and there is one",
        trusting(
            web()
            | {"Condition": {"ForAllValues:StringLike": {f"{GITHUB}:sub": MAIN}, "Null": {f"{GITHUB}:sub": "false"}}}
        ),
        "pass",
    ),
    (
        "if there is a sub, and there is none",
        trusting(web(StringLikeIfExists={f"{GITHUB}:sub": MAIN}, Null={f"{GITHUB}:sub": "true"})),
        "critical",
    ),
    ("there is a sub", trusting(web(Null={f"{GITHUB}:sub": "false"})), "critical"),
    ("no values", like(), "critical"),
    ("a repository by its claim", claims(repository="acme/shop"), "low"),
    ("a repository by its id", claims(repository_id="34"), "low"),
    ("a repository by its id, one branch", claims(repository_id="34", ref="refs/heads/main"), "pass"),
    ("a repository by its id, any branch", claims("StringLike", repository_id="34", ref="refs/heads/*"), "low"),
    (
        "a repository by its id, main or any branch",
        claims("StringLike", repository_id="34", ref=["refs/heads/main", "refs/heads/*"]),
        "low",
    ),
    ("any repository by its id", claims("StringLike", repository_id="*", ref="refs/heads/main"), "critical"),
    ("repositories of an owner by claim", claims("StringLike", repository="acme/*"), "high"),
    ("an owner by id", claims(repository_owner_id="12"), "high"),
    ("an owner by id, an environment that each may have", claims(repository_owner_id="12", environment="prod"), "high"),
    ("an environment, which everybody may have", claims(environment="prod"), "critical"),
    ("a user", claims(actor_id="7"), "medium"),
    ("a workflow", claims(job_workflow_ref="acme/ci/.github/workflows/a.yml@refs/heads/main"), "medium"),
    ("a workflow of anybody", claims("StringLike", job_workflow_ref="*/.github/workflows/a.yml@*"), "critical"),
    (
        "a workflow of one organization",
        claims("StringLike", job_workflow_ref="acme/ci/.github/workflows/a.yml@*", sub="repo:acme/*"),
        "pass",
    ),
    ("a claim that says nothing of the owner", claims(runner_environment="github-hosted"), "critical"),
    ("an enterprise", trusting(web(f"{GITHUB}/acme")), "high"),
    ("an enterprise's server", trusting(web("git.acme.example/_services/token")), "high"),
    (
        "a claim of another issuer, which no token has",
        trusting(web(f"{GITHUB}/acme", StringLike={f"{GITHUB}:sub": "repo:acme/*"})),
        "pass",
    ),
    (
        "a claim of another issuer if there is one",
        trusting(web(StringLikeIfExists={f"{GITHUB}/acme:sub": MAIN})),
        "critical",
    ),
    ("not a claim of another issuer", trusting(web(StringNotEquals={f"{GITLAB}:sub": "x"})), "critical"),
    ("no claim of another issuer", trusting(web(Null={f"{GITLAB}:sub": "true"})), "critical"),
    ("some claim of another issuer", trusting(web(Null={f"{GITLAB}:sub": "false"})), "pass"),
    ("GitLab, no condition", trusting(web(GITLAB)), "critical"),
    ("GitLab of one's own, no condition", trusting(web("gitlab.acme.example")), "medium"),
    ("Terraform, no condition", trusting(web(TERRAFORM)), "critical"),
    ("EKS, no condition", trusting(web(EKS)), "high"),
    ("EKS, the audience alone", equal("sts.amazonaws.com", issuer=EKS, claim="aud"), "high"),
    ("EKS in China", trusting(web("oidc.eks.cn-north-1.amazonaws.com.cn/id/0A")), "high"),
    ("CircleCI, no condition", trusting(web("oidc.circleci.com/org/0a")), "high"),
    (
        "CircleCI, a project by its claim",
        equal("1b", issuer="oidc.circleci.com/org/0a", claim="oidc.circleci.com/project-id"),
        "pass",
    ),
    (
        "Bitbucket, no condition",
        trusting(web("api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc")),
        "high",
    ),
    ("Buildkite, no condition", trusting(web("agent.buildkite.com")), "critical"),
    ("Sentinel, no condition", trusting(web("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d")), "critical"),
    (
        "Sentinel, a workspace",
        trusting(
            web(
                "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d",
                StringEquals={"sts:RoleSessionName": "MicrosoftSentinel_0a"},
            )
        ),
        "pass",
    ),
    (
        "GitHub, a session name, which callers choose",
        trusting(web(StringEquals={"sts:RoleSessionName": "ci"})),
        "critical",
    ),
    ("Cognito, guests or not", equal("eu-west-1:0a", issuer=COGNITO, claim="aud"), "medium"),
    (
        "Cognito, signed in",
        like("authenticated", issuer=COGNITO, claim="amr", operator="ForAnyValue:StringLike"),
        "pass",
    ),
    (
        "Cognito, all of no sign-ins",
        like("authenticated", issuer=COGNITO, claim="amr", operator="ForAllValues:StringLike"),
        "medium",
    ),
    ("Cognito, any sign-in", like("*", issuer=COGNITO, claim="amr", operator="ForAnyValue:StringLike"), "medium"),
    ("Google, an application", equal("123.apps.googleusercontent.com", issuer=GOOGLE, claim="aud"), "pass"),
    ("no issuer that is known, no condition", trusting(web("idp.acme.example")), "medium"),
    ("Deny unless main", trusting(web(), refuse(action=WEB, **UNLESS_MAIN)), "pass"),
    (
        "Deny of everyone else's tokens unless main",
        trusting(web(), refuse(provider(GITHUB), WEB, **UNLESS_MAIN)),
        "pass",
    ),
    ("Deny of another provider unless main", trusting(web(), refuse(provider(GITLAB), WEB, **UNLESS_MAIN)), "critical"),
    ("Deny of another action unless main", trusting(web(), refuse(action=SAML, **UNLESS_MAIN)), "critical"),
    (
        "Deny unless some value is main",
        trusting(web(), refuse(action=WEB) | {"Condition": {"ForAnyValue:StringNotLike": {f"{GITHUB}:sub": MAIN}}}),
        "critical",
    ),
    ("Deny alone", trusting(refuse(provider(GITHUB), WEB, Bool={"aws:SecureTransport": "false"})), "pass"),
    ("a claim of SAML, which no token has", trusting(web(StringEquals={"SAML:aud": "x"})), "pass"),
    ("Deny if main", trusting(web(), refuse(action=WEB, StringLike={f"{GITHUB}:sub": MAIN})), "critical"),
    (
        "Deny unless of the organization",
        trusting(web(), refuse(action="*", StringNotLike={f"{GITHUB}:sub": "repo:acme/*"})),
        "high",
    ),
    (
        "Deny unless main or over TLS",
        trusting(web(), refuse(action=WEB, Bool={"aws:SecureTransport": "false"}, **UNLESS_MAIN)),
        "critical",
    ),
    (
        "Deny unless main or in the office",
        trusting(web(), refuse(action=WEB, NotIpAddress={"aws:SourceIp": "192.0.2.0/24"}, **UNLESS_MAIN)),
        "critical",
    ),
    (
        "Deny unless a claim of another issuer, which no token has",
        trusting(web(GITLAB), refuse(action=WEB, **UNLESS_MAIN)),
        "pass",
    ),
    (
        "Deny of all but this provider",
        trusting(web(), {"Effect": "Deny", "NotPrincipal": provider(GITHUB), "Action": "*"}),
        "critical",
    ),
    ("frozen", trusting(web(), refuse(action="sts:*")), "pass"),
    ("frozen for this provider", trusting(web(), refuse(provider(GITHUB), WEB)), "pass"),
    ("frozen for another provider", trusting(web(), refuse(provider(GITLAB), WEB)), "critical"),
    ("frozen for AssumeRole", trusting(web(), refuse()), "critical"),
    (
        "frozen until a date",
        trusting(web(), refuse(action="*", DateLessThan={"aws:TokenIssueTime": "2026-11-20T00:00:00Z"})),
        "critical",
    ),
    ("from the office", trusting(web(IpAddress={"aws:SourceIp": "192.0.2.0/24"})), "medium"),
    ("from everywhere", trusting(web(IpAddress={"aws:SourceIp": "0.0.0.0/0"})), "critical"),
    (
        "an organization, from the office",
        trusting(web(IpAddress={"aws:SourceIp": "192.0.2.0/24"}, StringLike={f"{GITHUB}:sub": "repo:acme/*"})),
        "low",
    ),
    (
        "a repository, from an endpoint",
        trusting(web(StringEquals={"aws:SourceVpce": "vpce-0a"}, StringLike={f"{GITHUB}:sub": "repo:acme/shop:*"})),
        "pass",
    ),
    ("another action", trusting(web(action="sts:TagSession")), "pass"),
    ("every action", trusting(web(action="sts:*")), "critical"),
    ("one statement bound, one open", trusting(web(StringEquals={f"{GITHUB}:sub": MAIN}), web()), "critical"),
    (
        "two providers, one condition that only one can meet",
        trusting(
            admit(
                {"Federated": [provider(GITHUB)["Federated"], provider(GITLAB)["Federated"]]},
                WEB,
                StringEquals={f"{GITHUB}:sub": MAIN},
            )
        ),
        "pass",
    ),
    ("SAML", trusting(admit({"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}, SAML)), "pass"),
    ("own account", trusting(admit({"AWS": OWN_ROOT})), "pass"),
    ("a service", trusting(admit({"Service": "ec2.amazonaws.com"})), "pass"),
]
"""What is tried, the facts, and the severity of the finding, or ``pass``."""

UNKNOWN: list[Case] = [
    ("malformed", trusting(web(), {"Effect": "Allow"}), "unknown"),
    ("a provider of no known form", trusting(admit({"Federated": "github"}, WEB)), "unknown"),
    ("any provider", trusting(admit({"Federated": f"arn:aws:iam::{OWN}:oidc-provider/*"}, WEB)), "unknown"),
    (
        "a provider of no known form, of another action",
        trusting(admit({"Federated": "github"}, "sts:TagSession")),
        "pass",
    ),
    ("a provider of no known form, frozen", trusting(admit({"Federated": "github"}, WEB), refuse(action="*")), "pass"),
    ("denied", DENIED, "unknown"),
    ("there are no roles", {"roles": []}, ""),
]

SUBJECTS: list[Case] = [(name, facts, "pass" if word == "pass" else "fail") for name, facts, word in GRADES] + UNKNOWN


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SUBJECTS])
def test_subject(facts: Json, expected: str) -> None:
    assert judged(SUBJECT, facts)[0] == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in GRADES])
def test_how_bad_a_subject_is(facts: Json, expected: str) -> None:
    assert [found.severity for found in judged(SUBJECT, facts)[1]] == ([] if expected == "pass" else [expected])


def test_a_provider_of_no_known_form_does_not_hide_an_open_one() -> None:
    facts = trusting(web(), admit({"Federated": "github"}, WEB))

    assert judged(SUBJECT, facts)[0] == "fail"


def test_each_value_that_opens_is_material() -> None:
    one, two = only(SUBJECT, like("repo:acme/*")), only(SUBJECT, like("repo:acme/*", "repo:umbrella/*"))

    assert one.evidence["material"] == [f"tenant:{GITHUB}:sub=repo:acme/*"]
    assert two.evidence["material"] == [f"tenant:{GITHUB}:sub=repo:acme/*", f"tenant:{GITHUB}:sub=repo:umbrella/*"]
    assert one.fingerprint == two.fingerprint


def test_the_evidence_of_a_subject() -> None:
    (trust,) = only(
        SUBJECT, trusting(admit({"AWS": OWN_ROOT}), web(StringLike={f"{GITHUB}:sub": "repo:acme/*"}))
    ).evidence["trusts"]

    assert trust == {
        "provider": f"arn:aws:iam::{OWN}:oidc-provider/{GITHUB}",
        "statement": 1,
        "asks": [["sub=repo:acme/*"]],
        "optional": [],
        "networks": [],
        "admits": "every repository of an organization",
        "outsiders_need": "one job or workload anywhere at that customer of the provider",
    }


MESSAGES = [
    (
        trusting(web()),
        "Anyone who has an account there can assume it with a token of GitHub Actions bound by no claim.",
    ),
    (
        like("repo:acme/*"),
        "Every repository of an organization can assume it with a token of GitHub Actions bound by sub=repo:acme/*.",
    ),
    (
        like("repo:*"),
        "Anyone who has an account there can assume it with a token of GitHub Actions bound by sub=repo:*.",
    ),
    (
        trusting(web(IpAddress={"aws:SourceIp": "192.0.2.0/24"}, StringLikeIfExists={f"{GITHUB}:sub": MAIN})),
        (
            "Anyone who has an account there can assume it with a token of GitHub Actions bound by no claim, "
            "and asked for sub only if it has that, from the network that aws:sourceip names."
        ),
    ),
    (
        trusting(web("idp.acme.example")),
        "Any number of identities of the provider can assume it with a token of idp.acme.example bound by no claim.",
    ),
]


@pytest.mark.parametrize(("facts", "expected"), MESSAGES)
def test_what_is_said_of_a_subject(facts: Json, expected: str) -> None:
    assert only(SUBJECT, facts).message == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (trusting(web()), "high"),
        (like(MAIN, operator="StringLikeIfExists"), "medium"),
        (trusting(web("idp.acme.example")), "medium"),
    ],
)
def test_how_sure_a_subject_is(facts: Json, expected: str) -> None:
    assert only(SUBJECT, facts).confidence == expected


@pytest.mark.parametrize("rule", OWN_RULES.values(), ids=list(OWN_RULES))
def test_examples_hold(rule: Rule) -> None:
    for examples, expected in ((rule.documentation.bad, (1, 0, 0)), (rule.documentation.good, (0, 1, 0))):
        for example in examples:
            (result,), _ = judge(example_account(example), [rule], NOW, Settings())
            assert (result.failed, result.passed, result.unknown) == expected


TABLES = {SUBJECT: SUBJECTS}
