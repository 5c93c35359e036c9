"""What the account's defaults of a region give a launch that names nothing, and whether they bind."""

from __future__ import annotations

import pytest

from tests.accounts import Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.imds.hosts import options

DEFAULT, ENFORCED = "imds-account-default", "imds-not-enforced"
DENIED_DEFAULTS = gap("ec2:GetInstanceMetadataDefaults", region="eu-west-1")


def defaults(
    tokens: str | None = None, endpoint: str | None = None, enforced: str | None = None, managed_by: str | None = None
) -> Json:
    found = options(tokens, endpoint)
    return {"kind": "imds-defaults", "options": found, "tokens_enforced": enforced, "managed_by": managed_by}


def default_of(found: Json) -> Json:
    return regions(region(imds_defaults=found))


DEFAULTS: list[Case] = [
    ("required", default_of(defaults("required")), "pass"),
    ("optional", default_of(defaults("optional")), "fail"),
    ("no preference", default_of(defaults("no-preference")), "fail"),
    ("unset, in a region without instances", default_of(defaults()), "fail"),
    ("unset, enforced", default_of(defaults(enforced="enabled")), "pass"),
    ("unset, not enforced", default_of(defaults(enforced="disabled")), "fail"),
    ("endpoint disabled", default_of(defaults(endpoint="disabled")), "pass"),
    ("denied", default_of(DENIED_DEFAULTS), "unknown"),
    (
        "required in one region, unset in another",
        regions(region("eu-west-1", imds_defaults=defaults("required")), region("eu-west-3", imds_defaults=defaults())),
        "fail pass",
    ),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in DEFAULTS])
def test_account_defaults(facts: Json, expected: str) -> None:
    assert verdict(DEFAULT, facts) == expected


@pytest.mark.parametrize(("before", "undo"), [(None, "no-preference"), ("optional", "optional")])
def test_undo_restores_what_was_set(before: str | None, undo: str) -> None:
    (command,) = only_finding(DEFAULT, default_of(defaults(before))).remediation.undo

    assert f"--http-tokens {undo} " in command


def declaring(text: object) -> Json:
    return {"declarative_ec2": {"kind": "effective-policy", "document": text}}


def declared(tokens: str) -> Json:
    return declaring({"ec2_attributes": {"instance_metadata_defaults": {"http_tokens": tokens}}})


def test_what_a_declarative_policy_sets_cannot_be_mended_in_the_account() -> None:
    managed = default_of(defaults("optional", managed_by="declarative-policy"))
    found = only_finding(DEFAULT, managed | {"organization": declared("optional")})

    assert found.remediation.commands == found.remediation.undo == ()
    assert found.message.endswith("so that it can be changed only there.")
    assert found.evidence["declared"] == "optional"
    assert verdict(DEFAULT, default_of(defaults("required", managed_by="declarative-policy"))) == "pass"


@pytest.mark.parametrize(
    ("policy", "is_told"),
    [
        (declared("required"), True),
        (declared("no_preference"), False),
        (declaring({"ec2_attributes": {}}), False),
        (declaring({"ec2_attributes": []}), False),
        (declaring({}), False),
    ],
)
def test_a_policy_that_has_not_reached_the_region_is_told(policy: Json, is_told: bool) -> None:
    found = only_finding(DEFAULT, default_of(defaults()) | {"organization": policy})

    assert ("has not reached this region" in found.message) == is_told
    assert found.remediation.commands


ENFORCING: list[Case] = [
    ("enforced", default_of(defaults("required", enforced="enabled")), "pass"),
    ("required, not enforced", default_of(defaults("required", enforced="disabled")), "fail"),
    ("required, not said", default_of(defaults("required")), "fail"),
    ("nothing set", default_of(defaults()), "fail"),
    ("enforced, nothing else set", default_of(defaults(enforced="enabled")), "pass"),
    (
        "enforced in one region only",
        regions(
            region("eu-west-1", imds_defaults=defaults("required", enforced="enabled")),
            region("eu-west-3", imds_defaults=defaults("required")),
        ),
        "fail pass",
    ),
    ("denied", default_of(DENIED_DEFAULTS), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ENFORCING])
def test_enforcement(facts: Json, expected: str) -> None:
    assert verdict(ENFORCED, facts) == expected


@pytest.mark.parametrize(("before", "undo"), [(None, "no-preference"), ("disabled", "disabled")])
def test_undo_restores_enforcement(before: str | None, undo: str) -> None:
    (command,) = only_finding(ENFORCED, default_of(defaults("required", enforced=before))).remediation.undo

    assert f"--http-tokens-enforced {undo} " in command


def test_enforcement_by_a_declarative_policy_is_not_mended_in_the_account() -> None:
    found = only_finding(ENFORCED, default_of(defaults("required", managed_by="declarative-policy")))

    assert found.remediation.commands == ()


TABLES = {DEFAULT: DEFAULTS, ENFORCED: ENFORCING}
