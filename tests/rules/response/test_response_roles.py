"""The response role: whether there is one, who can become it, whether it is practised, who can take it away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import FOREIGN, OWN, Case, Json, allow, deny, findings, gap, only_finding, verdict
from tests.rules.holding import DENY_ALL, DETAILS, administrator, arn_of, iam, managed, named, role, user
from tests.rules.response.responding import ALONE, CALLS, DECLARED, MFA, in_organization, responder
from tests.rules.trusting import FOREIGN_ROOT, IN_ORGANIZATION, OWN_ROOT, admit, refuse

MISSING, TRUST, UNUSED, EDITABLE = (
    "response-role-missing", "response-role-trust", "response-role-unused", "response-role-editable",
)  # fmt: skip
IR = arn_of("role", "r-ir")
WEB = "sts:AssumeRoleWithWebIdentity"
GITHUB = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"}
SAML = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/people"}
RESERVED = "/aws-reserved/sso.amazonaws.com/"
SSO = arn_of("role", "AWSReservedSSO_x", RESERVED)
DENIED: Json = {"users": gap(DETAILS), "roles": gap(DETAILS)}

MISSES: list[Case] = [
    ("one that is plainly made for it", iam(responder()), "pass"),
    ("an administrator with MFA", iam(administrator("r-adm", admit({"AWS": OWN_ROOT}, **MFA))), "pass"),
    ("none at all", iam(), "fail"),
    ("an administrator without MFA", iam(administrator("r-adm")), "fail"),
    ("an administrator that runs on instances", iam(administrator("r-adm", "ec2")), "fail"),
    ("without MFA", iam(responder(trust=admit({"AWS": OWN_ROOT}))), "fail"),
    ("with MFA only if there is any", iam(responder(trust=admit({"AWS": OWN_ROOT}, BoolIfExists=MFA["Bool"]))), "fail"),
    ("of a foreign account", iam(responder(trust=admit({"AWS": FOREIGN_ROOT}, **MFA))), "fail"),
    ("called so, and able to nothing", iam(responder(allow("s3:*"), name="incident-response")), "fail"),
    ("for roles alone", iam(responder(allow(CALLS[0]))), "fail"),
    ("not for keys", iam(responder(allow(CALLS[:2]))), "fail"),
    ("for keys only with MFA", iam(responder(allow(CALLS[:2]), allow(CALLS[2], Condition=MFA))), "fail"),
    ("kept from it by the organization, which its making does not tell", iam(
        responder(), **in_organization(deny("iam:*"))), "pass"),
    ("for one path", iam(responder(allow(CALLS, f"arn:aws:iam::{OWN}:*/app/*"))), "fail"),
    ("kept from it by a Deny", iam(responder(allow(CALLS), deny("iam:PutUserPolicy"))), "fail"),
    ("held back at present", iam(responder(allow(CALLS), deny())), "fail"),
    ("of a service", iam(responder(path="/aws-service-role/x.amazonaws.com/")), "fail"),
    ("a document missing", iam(responder(attached=(arn_of("policy", "x"),))), "unknown"),
    ("a document of a workload missing", iam(role("r-app", "ec2", attached=(arn_of("policy", "x"),))), "fail"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip

TRUSTS: list[Case] = [
    ("the account with MFA", iam(responder()), "pass"),
    ("MFA by its age", iam(responder(
        trust=admit({"AWS": OWN_ROOT}, NumericLessThan={"aws:MultiFactorAuthAge": "3600"}))), "pass"),
    ("refused without MFA", iam(responder() | {"trust": {"Version": "2012-10-17", "Statement": [
        admit({"AWS": OWN_ROOT}), refuse(BoolIfExists={"aws:MultiFactorAuthPresent": "false"})]}}), "pass"),
    ("the account without MFA", iam(responder(trust=admit({"AWS": OWN_ROOT}))), "fail"),
    ("a user without MFA", iam(responder(trust=admit({"AWS": arn_of("user", "ann")}))), "fail"),
    ("people of Identity Center", iam(responder(trust=admit({"AWS": SSO}))), "pass"),
    ("people of Identity Center, by condition", iam(responder(trust=admit(
        {"AWS": OWN_ROOT}, ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role{RESERVED}*"}))), "pass"),
    ("a role that demands MFA", iam(
        responder(trust=admit({"AWS": arn_of("role", "r-hub")})),
        role("r-hub", admit({"AWS": OWN_ROOT}, **MFA))), "pass"),
    ("a role that does not", iam(
        responder(trust=admit({"AWS": arn_of("role", "r-hub")})), role("r-hub", OWN_ROOT)), "fail"),
    ("a foreign account with MFA", iam(responder(trust=admit({"AWS": FOREIGN_ROOT}, **MFA))), "fail"),
    ("everybody", iam(responder(trust=admit("*", **MFA))), "fail"),
    ("everybody of this account, with MFA", iam(responder(trust=admit(
        "*", **MFA, StringEquals={"aws:PrincipalAccount": OWN}))), "pass"),
    ("people by SAML", iam(responder(trust=admit(SAML, "sts:AssumeRoleWithSAML"))), "pass"),
    ("everybody at GitHub", iam(responder(trust=admit(GITHUB, WEB))), "fail"),
    ("a role of a workload is none", iam(responder(trust=admit(
        {"AWS": FOREIGN_ROOT, "Service": "ec2.amazonaws.com"}))), "pass"),
    ("no response role", iam(role("r-app", "ec2")), "pass"),
    ("an administrator is none", iam(administrator("r-adm")), "pass"),
    ("a document missing", iam(responder(attached=(arn_of("policy", "x"),))), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip


def used(when: str | None, created: str | None = "2025-01-01T00:00:00Z", **facts: Any) -> Json:
    return iam(responder(last_used=when, created=created, **facts))


USES: list[Case] = [
    ("last month", used("2026-10-20T00:00:00Z"), "pass"),
    ("180 days ago", used("2026-05-24T12:00:00Z"), "pass"),
    ("a second more", used("2026-05-24T11:59:59Z"), "fail"),
    ("never", used(None), "fail"),
    ("never, and made last month", used(None, "2026-10-20T00:00:00Z"), "pass"),
    ("another role is unused", iam(responder(last_used="2026-11-01T00:00:00Z"), role("r-old", OWN_ROOT)), "pass"),
    ("nobody says when", used(None, None), "unknown"),
    ("the input does not speak of uses", used(None, tells_use=False), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]

EDITS: list[Case] = [
    ("nobody else", iam(responder(), user("u-dev", allow("s3:*"))), "pass"),
    ("its policies", iam(responder(), user("u-dev", allow("iam:DeleteRolePolicy"))), "fail"),
    ("its trust policy", iam(responder(), role("r-app", "ec2", allow("iam:UpdateAssumeRolePolicy", IR))), "fail"),
    ("its boundary", iam(responder(), user("u-dev", allow("iam:PutRolePermissionsBoundary", IR))), "fail"),
    ("other roles", iam(responder(), user("u-dev", allow("iam:*", f"arn:aws:iam::{OWN}:role/app-*"))), "pass"),
    ("all but it", iam(responder(), user("u-dev", allow("iam:*Role*"), deny("iam:*", IR))), "pass"),
    ("a policy that it holds", iam(
        responder(attached=(arn_of("policy", "ir"),)), user("u-dev", allow("iam:CreatePolicyVersion")),
        policies=[managed("ir", allow("ec2:*"))]), "fail"),
    ("policies that it does not hold", iam(responder(), user("u-dev", allow("iam:CreatePolicyVersion"))), "pass"),
    ("with MFA", iam(responder(), user("u-dev", allow("iam:PutRolePolicy", Condition=MFA))), "fail"),
    ("an administrator", iam(responder(), administrator("r-adm", "ec2")), "pass"),
    ("the responder itself", iam(responder()), "pass"),
    ("denied by the organization", iam(
        responder(), user("u-dev", allow("iam:PutRolePolicy")), **in_organization(deny("iam:*", IR))), "pass"),
    ("denied to others by the organization", iam(
        responder(), user("u-dev", allow("iam:PutRolePolicy")),
        **in_organization(deny("iam:*", IR, Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}}))), "fail"),
    ("while it is held back", iam(responder(), user("u-dev", allow("iam:PutRolePolicy"), deny())), "fail"),
    ("no response role", iam(user("u-dev", allow("iam:DeleteRolePolicy"))), "pass"),
    ("a document missing", iam(responder(), user("u-dev", attached=(arn_of("policy", "x"),))), "unknown"),
    ("a boundary missing", iam(
        responder(), user("u-dev", allow("iam:PutRolePolicy"), boundary=arn_of("policy", "x"))), "unknown"),
    ("a boundary missing that has nothing to restrict", iam(
        responder(), user("u-dev", allow("s3:*"), boundary=arn_of("policy", "x"))), "pass"),
    ("users denied", iam(responder(), users=gap(DETAILS)), "unknown"),
    ("roles denied", {"roles": gap(DETAILS)}, "unknown"),
]  # fmt: skip

EVERY = [(MISSING, MISSES), (TRUST, TRUSTS), (UNUSED, USES), (EDITABLE, EDITS)]


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in EVERY for case in cases],
)
def test_response_roles(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_a_declared_role_is_taken_at_its_word_and_another_is_not_looked_for() -> None:
    weak = iam(responder(allow("iam:PutRolePolicy"), trust=admit({"AWS": OWN_ROOT})))

    assert verdict(MISSING, weak, declared=DECLARED) == "pass"
    assert verdict(TRUST, weak, declared=DECLARED) == "fail"
    assert verdict(MISSING, iam(responder()), declared={"response_roles": ["role/other"]}) == "fail"
    assert "role/other" in only_finding(MISSING, iam(), declared={"response_roles": ["role/other"]}).message


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("s3:*")], "fail"),
        ([allow(CALLS), deny()], "fail"),
        ([allow(CALLS[2])], "fail"),
        ([allow(CALLS), deny(CALLS)], "fail"),
        ([allow(CALLS, Condition=MFA)], "pass"),
        ([allow(CALLS, f"arn:aws:iam::{OWN}:role/app/*")], "pass"),
        ([allow(CALLS, Condition={"StringEquals": {"aws:ResourceTag/team": "web"}})], "pass"),
        ([allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": DENY_ALL}})], "pass"),
    ],
)
@pytest.mark.parametrize("path", ["/", RESERVED])
def test_a_declared_role_has_to_be_able_to_contain_somebody(path: str, statements: list[Json], expected: str) -> None:
    tagged = role("r-web", "ec2", tags=[{"key": "team", "value": "web"}])
    facts = iam(responder(*statements, path=path), tagged)

    assert verdict(MISSING, facts, declared={"response_roles": ["role/*r-ir"]}) == expected


def test_of_several_declared_roles_one_has_to_be_able() -> None:
    weak, unread = responder(allow("s3:*"), name="r-weak"), responder(allow("s3:*"), attached=(arn_of("policy", "x"),))
    both = {"response_roles": ["role/r-ir", "role/r-weak"]}

    assert verdict(MISSING, iam(weak, responder()), declared=both) == "pass"
    assert verdict(MISSING, iam(weak, unread), declared=both) == "unknown"
    assert "role/r-weak" in only_finding(MISSING, iam(weak), declared=both).message


def test_roles_of_services_are_not_declared_by_a_wide_pattern() -> None:
    linked = iam(role("AWSServiceRoleForX", "x", path="/aws-service-role/x.amazonaws.com/"))

    assert verdict(MISSING, linked, declared={"response_roles": ["role/*"]}) == "fail"


def test_without_a_declaration_the_message_says_how_to_declare() -> None:
    found = only_finding(MISSING, iam(responder(trust=admit({"AWS": OWN_ROOT}))))

    assert "response_roles" in found.message
    assert found.severity == "critical"
    assert found.evidence["assumed_too_widely"] == ["role/r-ir"]


def test_what_could_be_the_role_is_told_as_such_and_asked_nothing_else() -> None:
    facts = iam(responder(trust=admit({"AWS": FOREIGN_ROOT}), created="2020-01-01T00:00:00Z"))
    found = only_finding(TRUST, facts)

    assert found.severity == "medium"
    assert found.message.startswith("No response role is declared; of those that could be it: role/r-ir: It trusts")
    assert verdict(UNUSED, facts) == "pass"
    assert verdict(UNUSED, facts, declared=DECLARED) == "fail"


def test_the_account_of_the_responders_is_known() -> None:
    facts = iam(responder(trust=admit({"AWS": FOREIGN_ROOT}, **MFA)))
    known = {**DECLARED, "response_accounts": [FOREIGN]}

    assert verdict(TRUST, facts, declared=known) == "pass"
    assert verdict(MISSING, facts, declared={"response_accounts": [FOREIGN]}) == "pass"
    assert verdict(TRUST, iam(responder(trust=admit({"AWS": FOREIGN_ROOT}))), declared=known) == "fail"


@pytest.mark.parametrize(
    ("trust", "severity", "tokens"),
    [
        (admit({"AWS": OWN_ROOT}), "high", [f"no-mfa:{OWN_ROOT}"]),
        (admit({"AWS": FOREIGN_ROOT}, **MFA), "critical", [f"account:{FOREIGN}"]),
        (admit("*", **MFA), "critical", ["anyone"]),
        (admit("*", **MFA, StringEquals=IN_ORGANIZATION), "high", ["organization"]),
        (admit({"Service": "ec2.amazonaws.com"}), "critical", ["service:ec2.amazonaws.com"]),
        (admit({"AWS": "AIDAEXAMPLEEXAMPLE123"}), "critical", ["nobody"]),
        (admit(GITHUB, WEB), "critical", [f"federated:{GITHUB['Federated']}"]),
        (admit({"Service": "lambda.amazonaws.com"}), None, []),
    ],
)
def test_who_can_become_a_declared_role(trust: Json, severity: str | None, tokens: list[str]) -> None:
    found = findings(TRUST, iam(responder(trust=trust)), declared=DECLARED)

    assert [each.severity for each in found] == ([severity] if severity else [])
    assert [token for each in found for token in each.evidence["roles"][IR]] == tokens


def test_a_malformed_trust_policy_of_a_declared_role_is_unknown() -> None:
    facts = iam(responder() | {"trust": {"Version": "2012-10-17", "Statement": "x"}})

    assert verdict(TRUST, facts, declared=DECLARED) == "unknown"


def test_who_was_not_practised_is_named_and_the_limit_is_a_parameter() -> None:
    facts = named(USES, "a second more")

    assert "role/r-ir was last used 2026-05-24" in only_finding(UNUSED, facts).message
    assert verdict(UNUSED, facts, days=181) == "pass"


def test_who_can_change_the_role_is_told_by_principal() -> None:
    found = only_finding(EDITABLE, named(EDITS, "its policies") | ALONE)

    assert found.message == "user/u-dev may call iam:DeleteRolePolicy on role/r-ir."
    assert found.evidence["material"] == [f"edits:{arn_of('user', 'u-dev')}"]
    assert (found.severity, found.confidence) == ("high", "high")
    assert only_finding(EDITABLE, named(EDITS, "with MFA")).confidence == "medium"


def test_an_organization_that_was_not_read_may_deny_it() -> None:
    facts = iam(responder(), user("u-dev", allow("iam:DeleteRolePolicy")))
    elsewhere = in_organization(policies=gap("organizations:ListPolicies", "elsewhere"))
    unread = only_finding(EDITABLE, {**facts, **elsewhere})

    assert (unread.confidence, unread.evidence["assumed"]) == ("medium", "no service control policy denies it")
    for known in (ALONE, in_organization()):
        found = only_finding(EDITABLE, {**facts, **known})
        assert (found.confidence, "assumed" in found.evidence) == ("high", False)


HUB = f"arn:aws:iam::{FOREIGN}:role/ir-hub"
RESPONDING: Json = {**DECLARED, "response_accounts": [FOREIGN]}


@pytest.mark.parametrize(
    ("trust", "declared", "expected"),
    [
        (admit({"AWS": HUB}), RESPONDING, "unknown"),
        (admit({"AWS": HUB}, **MFA), RESPONDING, "pass"),
        (admit({"AWS": FOREIGN_ROOT}, ArnEquals={"aws:PrincipalArn": HUB}), RESPONDING, "unknown"),
        (admit({"AWS": FOREIGN_ROOT}), RESPONDING, "fail"),
        (admit({"AWS": FOREIGN_ROOT}, ArnLike={"aws:PrincipalArn": [HUB, IR]}), RESPONDING, "fail"),
        (admit({"AWS": f"arn:aws:iam::{FOREIGN}:user/ann"}), RESPONDING, "fail"),
        (admit({"AWS": [HUB, OWN_ROOT]}), RESPONDING, "fail"),
        (admit({"AWS": HUB}), DECLARED, "fail"),
    ],
)
def test_whether_a_hub_of_the_responders_demands_mfa_is_told_there(trust: Json, declared: Json, expected: str) -> None:
    facts = iam(responder(trust=trust))

    assert verdict(TRUST, facts, declared=declared) == expected
    for found in findings(TRUST, facts, declared=declared) if expected == "unknown" else ():
        assert "ir-hub" in found.message
        assert "is seen only in its account" in found.message


def test_not_all_of_very_many_roles_are_asked_about() -> None:
    many = iam(*(responder(name=f"r-ir-{each:02}") for each in range(21)))

    assert verdict(EDITABLE, many) == "unknown"
    assert verdict(EDITABLE, iam(*many["roles"][:20])) == "pass"  # type: ignore[index]  # a list
    assert verdict(EDITABLE, {**many, "users": [user("u-dev", allow("iam:PutRolePolicy"))]}) == "fail"


def test_what_is_made_for_emergencies_may_change_the_role() -> None:
    facts = named(EDITS, "its policies")

    assert verdict(EDITABLE, facts, declared={"break_glass": ["user/u-dev"]}) == "pass"
    assert verdict(EDITABLE, facts, declared={"break_glass": ["user/u-ops"]}) == "fail"


TABLES = {MISSING: MISSES, TRUST: TRUSTS, UNUSED: USES, EDITABLE: EDITS}

_SCPS = {
    "organizations:DescribeOrganization", "organizations:ListRoots", "organizations:ListAccounts",
    "organizations:ListOrganizationalUnitsForParent", "organizations:ListPolicies", "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy", "organizations:ListAccountsForParent",
}  # fmt: skip
ALSO_LOOKED_AT = {EDITABLE: _SCPS}
