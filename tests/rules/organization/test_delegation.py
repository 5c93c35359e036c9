"""Central root access, and the accounts that act for the organization."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict
from tests.rules.organization.guarded import MANAGEMENT, SECURITY, membership

ROOT, SERVICES, DELEGATE = (
    "organization-root-not-central",
    "organization-service-not-delegated",
    "organization-delegate-unexpected",
)
DENIED = gap("organizations:DescribeOrganization")
DENIED_FEATURES = gap("iam:ListOrganizationsFeatures")
BOTH = ["RootCredentialsManagement", "RootSessions"]


def managing(management: str = OWN, **facts: object) -> Json:
    return {"organization": {"membership": membership(management), **facts}}


ROOTS: list[Case] = [
    ("both features", managing(features=BOTH), "pass"),
    ("neither", managing(features=[]), "fail"),
    ("root credentials only", managing(features=["RootCredentialsManagement"]), "fail"),
    ("root sessions only", managing(features=["RootSessions"]), "fail"),
    ("denied", managing(features=DENIED_FEATURES), "unknown"),
    (
        "a member, which may not ask",
        managing(MANAGEMENT, features=gap("iam:ListOrganizationsFeatures", "elsewhere")),
        "unknown",
    ),
    ("a delegate, which may", managing(MANAGEMENT, features=[]), "fail"),
    (
        "a member that was told by another account, where it is judged",
        managing(MANAGEMENT, features=[], read_in=MANAGEMENT),
        "",
    ),
    ("a stand-alone account", {"organization": {"membership": None, "features": []}}, ""),
    ("membership denied", {"organization": {"membership": DENIED}}, "unknown"),
]

WATCHING = [f"{name}.amazonaws.com" for name in ("access-analyzer", "cloudtrail", "config", "guardduty", "securityhub")]
RULES_OF_CONFIG = "config-multiaccountsetup.amazonaws.com"
WITHOUT_CONFIG = [name for name in WATCHING if not name.startswith("config.")]
POLICY: Json = {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": []}}
UNREAD = gap("organizations:ListDelegatedServicesForAccount")


def delegate(*services: str, account: str = SECURITY) -> Json:
    return {"account_id": account, "services": services}


def delegated(*delegates: Json, policy: object = POLICY, **facts: object) -> Json:
    return managing(OWN, delegates=delegates, delegation_policy=policy, **facts)


NOBODY: Json = {"account_id": SECURITY, "services": UNREAD}
DELEGATIONS: list[Case] = [
    ("all services and the policies", delegated(delegate(*WATCHING)), "pass"),
    ("by two accounts", delegated(delegate(*WATCHING[:2]), delegate(*WATCHING[2:], account="222233334444")), "pass"),
    ("one service is not", delegated(delegate(*WATCHING[1:])), "fail"),
    ("Config by the delegate of its rules", delegated(delegate(*WITHOUT_CONFIG, RULES_OF_CONFIG)), "pass"),
    ("Config by nobody", delegated(delegate(*WITHOUT_CONFIG)), "fail"),
    ("another service by the delegate of Config", delegated(delegate(*WATCHING[1:], RULES_OF_CONFIG)), "fail"),
    ("nobody is a delegate", delegated(), "fail"),
    ("the policies are not", delegated(delegate(*WATCHING), policy=None), "fail"),
    ("services of a delegate denied", delegated(NOBODY), "unknown"),
    (
        "delegates denied",
        managing(delegates=gap("organizations:ListDelegatedAdministrators"), delegation_policy=POLICY),
        "unknown",
    ),
    ("services of a delegate denied, policies not delegated", delegated(NOBODY, policy=None), "fail"),
    (
        "the policy denied",
        delegated(delegate(*WATCHING), policy=gap("organizations:DescribeResourcePolicy")),
        "unknown",
    ),
    ("the policy denied, a service missing", delegated(policy=gap("organizations:DescribeResourcePolicy")), "fail"),
    (
        "delegates elsewhere",
        managing(
            MANAGEMENT,
            delegates=gap("organizations:ListDelegatedAdministrators", "elsewhere"),
            delegation_policy=gap("organizations:DescribeResourcePolicy", "elsewhere"),
        ),
        "unknown",
    ),
    (
        "told by another account",
        {"organization": {"membership": membership(), "delegates": [], "read_in": MANAGEMENT}},
        "",
    ),
    ("a stand-alone account", {"organization": {"membership": None, "delegates": []}}, ""),
]

UNEXPECTED: list[Case] = [
    ("of a service that watches", delegated(delegate("guardduty.amazonaws.com")), "pass"),
    ("of the accounts and their root users", delegated(delegate("account.amazonaws.com")), "fail"),
    ("of Identity Center", delegated(delegate("sso.amazonaws.com")), "fail"),
    ("of stacks in all accounts", delegated(delegate("member.org.stacksets.cloudformation.amazonaws.com")), "fail"),
    (
        "two",
        delegated(delegate("iam.amazonaws.com"), delegate("config.amazonaws.com", account="222233334444")),
        "fail pass",
    ),
    ("services denied", delegated(NOBODY), "unknown"),
    ("none", delegated(), ""),
    ("list denied", managing(delegates=gap("organizations:ListDelegatedAdministrators")), "unknown"),
    (
        "told by another account",
        {"organization": {"membership": membership(), "delegates": [], "read_in": MANAGEMENT}},
        "",
    ),
    ("membership denied", {"organization": {"membership": DENIED}}, "unknown"),
]

TABLES = {ROOT: ROOTS, SERVICES: DELEGATIONS, DELEGATE: UNEXPECTED}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_delegation(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


def test_root_sessions_alone_weigh_less_than_root_credentials() -> None:
    sessions = only_finding(ROOT, managing(features=["RootCredentialsManagement"]))
    credentials = only_finding(ROOT, managing(features=["RootSessions"]))

    assert (sessions.severity, credentials.severity) == ("low", "high")
    assert credentials.remediation.commands[1:] == ("aws iam enable-organizations-root-credentials-management",)
    assert credentials.remediation.undo == ("aws iam disable-organizations-root-credentials-management",)


def test_what_is_not_delegated_is_named() -> None:
    found = only_finding(SERVICES, delegated(delegate(*WATCHING[1:]), policy=None))
    policies = only_finding(SERVICES, delegated(delegate(*WATCHING), policy=None))

    assert found.evidence["material"] == ["no-delegate:access-analyzer.amazonaws.com", "no-delegate:policies"]
    assert (found.severity, policies.severity) == ("medium", "low")
    assert policies.evidence["material"] == ["no-delegate:policies"]
    assert only_finding(SERVICES, delegated(delegate(*WATCHING[1:]))).evidence["material"] == [
        "no-delegate:access-analyzer.amazonaws.com"
    ]


def test_a_delegate_that_is_not_listed_is_critical() -> None:
    facts = delegated(delegate("guardduty.amazonaws.com"))
    found = only_finding(DELEGATE, facts, delegates=["222233334444"])

    assert found.severity == "critical"
    assert found.resource.name == SECURITY
    assert verdict(DELEGATE, facts, delegates=[SECURITY]) == "pass"
    unread = only_finding(DELEGATE, delegated(NOBODY), delegates=["222233334444"])
    assert found.message.endswith("administers guardduty.amazonaws.com.")
    assert found.evidence["material"] == ["delegate:guardduty.amazonaws.com", "delegate:not-listed"]
    assert unread.message.endswith("administers services that could not be read.")
    assert unread.evidence["material"] == ["delegate:not-listed"]


def test_a_delegate_that_is_declared_is_expected() -> None:
    facts = delegated(delegate("sso.amazonaws.com"))

    assert only_finding(DELEGATE, facts).severity == "low"
    assert verdict(DELEGATE, facts, declared={"response_accounts": [SECURITY]}) == "pass"
    assert verdict(DELEGATE, facts, declared={"accounts": ["222233334444"]}) == "fail"
