"""The cases that are usually got wrong, each beside a twin that differs in what decides."""

from __future__ import annotations

import pytest

from tests.accounts import Json, allow, deny, gap, only_finding, region, verdict
from tests.rules.access_keys.holding_keys import key, keys
from tests.rules.holding import DETAILS, REVOKED, administrator, arn_of, iam, role, user
from tests.rules.trusting import admit, trusting

REGION = "eu-west-1"
GITHUB = "token.actions.githubusercontent.com"


def github(**said: object) -> Json:
    provider = {"Federated": arn_of("oidc-provider", GITHUB)}
    return trusting(admit(provider, "sts:AssumeRoleWithWebIdentity", **said))


def subject(value: str) -> Json:
    return github(StringEquals={f"{GITHUB}:aud": "sts.amazonaws.com"}, StringLike={f"{GITHUB}:sub": value})


def template(number: int, tokens: str, *, default: bool = False) -> Json:
    arn = f"arn:aws:ec2:{REGION}:111122223333:launch-template/lt-1"
    facts: Json = {"template_id": "lt-1", "arn": arn, "name": "web", "version": number, "metadata": {"tokens": tokens}}
    return facts | ({"is_default": True} if default else {"is_latest": True})


def launching(default_tokens: str) -> Json:
    """Version 1 requires tokens; version 2, the default, is what the group launches."""
    group = {"name": "web", "arn": "arn:aws:autoscaling:x", "templates": [{"template_id": "lt-1"}]}
    defaults = {"kind": "imds-defaults", "options": {}}
    versions = [template(1, "required"), template(2, default_tokens, default=True)]
    found = region(REGION, launch_templates=versions, scaling_groups=[group], imds_defaults=defaults, images=[])
    return {"regions": [found], "organization": {"declarative_ec2": None}}


def empty_region(tokens: str) -> Json:
    defaults = {"kind": "imds-defaults", "options": {"tokens": tokens}}
    return {
        "regions": [region(REGION, instances=[], imds_defaults=defaults)],
        "organization": {"declarative_ec2": None},
    }


PASS_ROLE, RUN = allow("iam:PassRole"), allow("ec2:RunInstances")
SERVICE_ADMIN = administrator("app", "ec2", instance_profiles=["app"])
FULL: Json = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", f"arn:aws:s3:::{'x' * 9_950}/*")]}
REVOKED_ADMIN = iam(user("u-ops", allow(), deny(Condition=REVOKED)))

OLD_KEY, YOUNG_KEY = keys(key("2025-10-16T12:00:00Z")), keys(key("2026-11-16T12:00:00Z"))
ONE_BRANCH = subject("repo:org/app:ref:refs/heads/main")
ONLY_READING: Json = {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}

CASES: list[tuple[str, str, Json, Json]] = [
    ("a revoked administrator", "iam-user-admin", REVOKED_ADMIN, iam(user("u-ops", allow("s3:Get*")))),
    (
        "an administrator but for one thing",
        "iam-user-admin",
        iam(user("u-ops", allow(), deny("*", "arn:aws:s3:::logs"))),
        iam(user("u-ops", allow(), ONLY_READING)),
    ),
    (
        "PassRole in one policy, RunInstances in another",
        "iam-privilege-escalation",
        iam(user("u-dev", PASS_ROLE, RUN), SERVICE_ADMIN),
        iam(user("u-dev", PASS_ROLE), SERVICE_ADMIN),
    ),
    ("the default version of a template", "imds-v1-launch-template", launching("optional"), launching("required")),
    ("a region without instances", "imds-account-default", empty_region("optional"), empty_region("required")),
    ("a key that was never used", "iam-access-key-never-used", OLD_KEY, YOUNG_KEY),
    ("the same key by its age", "iam-access-key-age", OLD_KEY, YOUNG_KEY),
    ("every repository", "iam-role-trust-oidc-subject", subject("repo:org/*"), ONE_BRANCH),
    ("no subject", "iam-role-trust-oidc-subject", github(), subject("repo:org/app:environment:prod")),
]


@pytest.mark.parametrize(("rule", "bad", "good"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_case_and_its_twin(rule: str, bad: Json, good: Json) -> None:
    assert "fail" in verdict(rule, bad).split()
    assert "fail" not in verdict(rule, good).split()
    assert "unknown" not in verdict(rule, good).split()


def test_a_revocation_is_told_and_does_not_make_harmless() -> None:
    assert "2026-11-20" in only_finding("iam-user-admin", REVOKED_ADMIN).message


def test_the_same_key_is_told_by_both_rules() -> None:
    names = {only_finding(rule, OLD_KEY).resource.name for rule in ("iam-access-key-age", "iam-access-key-never-used")}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("rule", "denied"),
    [
        ("support-role-missing", {"roles": gap(DETAILS)}),
        ("iam-console-user-without-mfa", {"users": [], "credential_report": gap("iam:GenerateCredentialReport")}),
        ("iam-access-key-age", {"access_keys": gap("iam:GenerateCredentialReport")}),
    ],
)
def test_what_was_denied_is_unknown_and_not_silent(rule: str, denied: Json) -> None:
    assert verdict(rule, denied) == "unknown"


@pytest.mark.parametrize("service", ["ec2", "lambda"])
def test_a_plain_service_role_without_a_source_is_no_fault(service: str) -> None:
    assert verdict("iam-role-trust-confused-deputy", iam(role("app", service))) == "pass"


def test_a_role_without_room_for_the_revocation_is_told_what_still_works() -> None:
    full = role("app", "ec2", allow(), inline=[{"name": "big", "document": FULL}])
    admin = {"name": "all", "document": {"Version": "2012-10-17", "Statement": [allow()]}}
    found = only_finding("containment-no-room", iam({**full, "inline": [{"name": "big", "document": FULL}, admin]}))

    assert "inline" in found.message
    assert "AWSDenyAll" in found.message
    assert verdict("containment-no-room", iam(role("app", "ec2", allow()))) == "pass"
