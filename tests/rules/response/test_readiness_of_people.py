"""Contacts, the roles of investigators and of support, and a place to cut instances off."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, findings, gap, only_finding, region, regions, verdict
from tests.rules.holding import DETAILS, administrator, arn_of, iam, named, role, user
from tests.rules.trusting import OWN_ROOT, admit

CONTACT, CONTACT_DETAILS, SUPPORT, AUDIT, ISOLATION = (
    "security-contact-missing", "contact-details-missing", "support-role-missing", "security-audit-role-missing",
    "forensics-isolation-group-missing",
)  # fmt: skip
ASKED = "account:GetAlternateContact"
SUPPORT_POLICY = "arn:aws:iam::aws:policy/AWSSupportAccess"
AUDIT_POLICY = "arn:aws:iam::aws:policy/SecurityAudit"


def contact(digest: str | None = "aa") -> Json:
    return {"kind": "alternate-contact", "email_domain": "example.com", "email_sha256": digest}


def contacts(security: Json | None, billing: Json | None = None, operations: Json | None = None) -> Json:
    return {"contacts": {"security": security, "billing": billing, "operations": operations}}


CONTACTS: list[Case] = [
    ("none", contacts(None), "fail"),
    ("none but for bills", contacts(None, contact()), "fail"),
    ("one", contacts(contact()), "pass"),
    ("three", contacts(contact("aa"), contact("bb"), contact("cc")), "pass"),
    ("the one for bills", contacts(contact(), contact()), "fail"),
    ("the one for operations, bills denied", contacts(contact(), gap(ASKED), contact()), "fail"),
    ("bills denied", contacts(contact(), gap(ASKED)), "unknown"),
    ("addresses that are not known", contacts(contact(None), contact(None)), "pass"),
    ("denied", contacts(gap(ASKED)), "unknown"),
]


def details(**parts: bool) -> Json:
    return {"contact_information": {"kind": "contact-information", **parts}}


DETAILS_OF_ACCOUNT: list[Case] = [
    ("all", details(has_name=True, has_phone=True, has_address=True), "pass"),
    ("no address", details(has_name=True, has_phone=True), "fail"),
    ("nothing", {"contact_information": None}, "fail"),
    ("denied", {"contact_information": gap("account:GetContactInformation")}, "unknown"),
]

SUPPORTS: list[Case] = [
    ("a role", iam(role("r-sup", OWN_ROOT, attached=(SUPPORT_POLICY,))), "pass"),
    ("in China", iam(role("r-sup", OWN_ROOT, attached=(SUPPORT_POLICY.replace("aws", "aws-cn", 1),))), "pass"),
    ("a user", iam(user("u-sup", attached=(SUPPORT_POLICY,))), "fail"),
    ("a policy of that name", iam(role("r-sup", OWN_ROOT, attached=(arn_of("policy", "AWSSupportAccess"),))), "fail"),
    ("the role of the service", iam(role("AWSServiceRoleForSupport", "support", attached=(
        "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy",))), "fail"),
    ("none", iam(), "fail"),
    ("roles denied", iam(roles=gap(DETAILS)), "unknown"),
]  # fmt: skip

READING = allow([
    "cloudtrail:LookupEvents", "config:Describe*", "ec2:Describe*", "guardduty:List*", "iam:Get*", "iam:Generate*",
])  # fmt: skip

AUDITS: list[Case] = [
    ("SecurityAudit", iam(role("r-aud", OWN_ROOT, attached=(AUDIT_POLICY,))), "pass"),
    ("as much", iam(role("r-aud", OWN_ROOT, READING)), "pass"),
    ("reading everything", iam(role("r-aud", OWN_ROOT, allow(
        ["*:Get*", "*:List*", "*:Describe*", "*:Lookup*", "*:Generate*"]))), "pass"),
    ("less", iam(role("r-aud", OWN_ROOT, allow("ec2:Describe*"))), "fail"),
    ("as much, but for the logs", iam(role("r-aud", OWN_ROOT, READING, deny("cloudtrail:*"))), "fail"),
    ("as much of a bucket", iam(role("r-aud", OWN_ROOT, READING | {"Resource": "arn:aws:s3:::x"})), "fail"),
    ("an administrator", iam(administrator("r-adm")), "fail"),
    ("of a workload", iam(role("r-aud", "ec2", attached=(AUDIT_POLICY,))), "fail"),
    ("by SAML", iam(role("r-aud", admit(
        {"Federated": f"arn:aws:iam::{OWN}:saml-provider/people"}, "sts:AssumeRoleWithSAML"),
        attached=(AUDIT_POLICY,))), "pass"),
    ("a user", iam(user("u-aud", attached=(AUDIT_POLICY,))), "fail"),
    ("called so", iam(role("SecurityAudit", OWN_ROOT, attached=(arn_of("policy", "SecurityAudit"),))), "unknown"),
    ("none", iam(), "fail"),
    ("roles denied", iam(roles=gap(DETAILS)), "unknown"),
]  # fmt: skip


def instance(vpc: str | None = "vpc-1", state: str = "running") -> Json:
    return {"id": "i-1", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1", "state": state, "vpc": vpc}


def group(name: str = "isolation", vpc: str = "vpc-1", **rules: object) -> Json:
    return {"id": f"sg-{name}", "name": name, "vpc": vpc, **rules}


def running(*groups: Json, instances: object = (instance(),), **parts: object) -> Json:
    return regions({**region(instances=instances), "security_groups": groups, **parts})


ISOLATIONS: list[Case] = [
    ("one without rules", running(group("web", allows_egress=True), group()), "pass"),
    ("none without rules", running(group("web", allows_egress=True)), "fail"),
    ("called so, and lets out", running(group(allows_egress=True)), "fail"),
    ("called so, and lets in", running(group(ingress=[{"protocol": "-1", "sources": ["sg-isolation"]}])), "fail"),
    ("in another VPC", running(group(vpc="vpc-2")), "fail"),
    ("two VPCs, one of them ready", running(
        group(), instances=(instance(), instance("vpc-2"))), "fail pass"),
    ("stopped instances", running(instances=(instance(state="stopped"),)), "fail"),
    ("instances that are gone", running(instances=(instance(state="terminated"),)), ""),
    ("no instances", running(instances=()), ""),
    ("groups denied", running(security_groups=gap("ec2:DescribeSecurityGroups", region="eu-west-1")), "unknown"),
    ("instances denied", running(instances=gap("ec2:DescribeInstances", region="eu-west-1")), "unknown"),
    ("no such service", running(instances=gap("ec2:DescribeInstances", "not_applicable", "eu-west-1")), ""),
    ("other regions are not known", running(group()) | {"other_regions": gap("ec2:DescribeRegions")}, "pass unknown"),
]  # fmt: skip

EVERY = [
    (CONTACT, CONTACTS), (CONTACT_DETAILS, DETAILS_OF_ACCOUNT), (SUPPORT, SUPPORTS), (AUDIT, AUDITS),
    (ISOLATION, ISOLATIONS),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in EVERY for case in cases],
)
def test_readiness(rule: str, facts: Json, expected: str) -> None:
    assert verdict(rule, facts) == expected


def test_no_contact_is_worse_than_the_same_one() -> None:
    none, same = only_finding(CONTACT, contacts(None)), only_finding(CONTACT, named(CONTACTS, "the one for bills"))

    assert (none.severity, same.severity) == ("medium", "low")
    assert same.message == "The security contact has the same address as the contact for billing."
    assert same.evidence["material"] == ["contact:same-as-billing"]


def test_what_is_missing_of_the_details_is_named() -> None:
    found = only_finding(CONTACT_DETAILS, named(DETAILS_OF_ACCOUNT, "no address"))

    assert found.evidence["material"] == ["contact-details:no-address"]


def test_users_with_support_are_named() -> None:
    assert "only to user/u-sup" in only_finding(SUPPORT, named(SUPPORTS, "a user")).message


def test_the_vpc_is_the_resource() -> None:
    (found,) = findings(ISOLATION, named(ISOLATIONS, "none without rules"))

    assert found.resource.arn == f"arn:aws:ec2:eu-west-1:{OWN}:vpc/vpc-1"
    assert (found.resource.region, found.severity) == ("eu-west-1", "low")


TABLES = {
    CONTACT: CONTACTS, CONTACT_DETAILS: DETAILS_OF_ACCOUNT, SUPPORT: SUPPORTS, AUDIT: AUDITS, ISOLATION: ISOLATIONS,
}  # fmt: skip
