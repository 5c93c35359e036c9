"""The identity of findings, and their order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scanner.findings import (
    SEVERITIES,
    Finding,
    Remediation,
    Resource,
    Severity,
    at_or_above,
    fingerprint,
    sort_key,
)

RESOURCE = Resource("arn:aws:iam::111122223333:user/ann", "AWS::IAM::User", "ann", "111122223333")

# A change of this value makes every committed baseline and suppression miss its finding.
PINNED = "2fa79cae58421ef0282ba368b9445b2a"


def finding(resource: Resource = RESOURCE, rule_id: str = "a-rule", severity: Severity = "high") -> Finding:
    return Finding(
        fingerprint=fingerprint(rule_id, "aws", resource),
        rule_id=rule_id,
        status="fail",
        severity=severity,
        confidence="high",
        title="Title",
        message="Message",
        resource=resource,
        evidence={},
        remediation=Remediation("Mend it."),
    )


def test_a_fingerprint_never_changes() -> None:
    assert fingerprint("iam-user-admin", "aws", RESOURCE) == PINNED


@pytest.mark.parametrize(
    "other",
    [
        fingerprint("another-rule", "aws", RESOURCE),
        fingerprint("a-rule", "aws-cn", RESOURCE),
        fingerprint("a-rule", "aws", replace(RESOURCE, account_id="999988887777")),
        fingerprint("a-rule", "aws", replace(RESOURCE, region="eu-west-1")),
        fingerprint("a-rule", "aws", replace(RESOURCE, type="AWS::IAM::Role")),
        fingerprint("a-rule", "aws", replace(RESOURCE, arn=RESOURCE.arn + "e")),
        fingerprint("a-rule", "aws", RESOURCE, "second"),
    ],
    ids=["rule", "partition", "account", "region", "type", "arn", "discriminator"],
)
def test_every_part_of_the_identity_counts(other: str) -> None:
    assert other != fingerprint("a-rule", "aws", RESOURCE)


def test_the_display_name_does_not_count() -> None:
    assert fingerprint("a-rule", "aws", replace(RESOURCE, name="Ann")) == fingerprint("a-rule", "aws", RESOURCE)


@given(st.text(), st.text(), st.text())
def test_parts_do_not_run_together(one: str, other: str, third: str) -> None:
    together = fingerprint("a-rule", "aws", replace(RESOURCE, type=one + other, arn=third))
    apart = fingerprint("a-rule", "aws", replace(RESOURCE, type=one, arn=other + third))

    assert (together == apart) is (other == "")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_fingerprint_is_32_hexadecimal_digits_whatever_the_name(text: str) -> None:
    found = fingerprint(text, text, replace(RESOURCE, arn=text, region=text))

    assert len(found) == 32
    assert int(found, 16) >= 0


def test_order_is_by_severity_rule_region_and_resource() -> None:
    ordered = [
        finding(severity="critical", rule_id="z-rule"),
        finding(rule_id="a-rule"),
        finding(replace(RESOURCE, arn=RESOURCE.arn + "e")),
        finding(replace(RESOURCE, region="eu-west-1")),
        finding(replace(RESOURCE, region="us-east-1", arn="arn:a")),
        finding(rule_id="b-rule"),
        finding(severity="info"),
    ]
    mixed = Random(7).sample(ordered, len(ordered))

    assert sorted(mixed, key=sort_key) == ordered


def test_thresholds() -> None:
    reached = [severity for severity in SEVERITIES if at_or_above(severity, "medium")]

    assert reached == ["critical", "high", "medium"]
