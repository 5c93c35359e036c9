"""Instance metadata: instances, launch templates, account defaults."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict

INSTANCE, TEMPLATE, DEFAULT = "imds-v1-instance", "imds-v1-launch-template", "imds-account-default"


def instance(tokens: str | None = "optional", endpoint: str | None = "enabled", **facts: object) -> Json:
    return regions(instance_region(tokens, endpoint, **facts))


def instance_region(tokens: str | None = "optional", endpoint: str | None = "enabled", **facts: object) -> Json:
    metadata = {"tokens": tokens, "endpoint": endpoint}
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0a"
    found = {"id": "i-0a", "arn": arn, "state": "running", "metadata": metadata, **facts}
    return region(instances=[found])


INSTANCES: list[Case] = [
    ("tokens optional", instance(), "fail"),
    ("tokens required", instance("required"), "pass"),
    ("tokens optional, endpoint disabled", instance(endpoint="disabled"), "pass"),
    ("tokens optional, endpoint not said", instance(endpoint=None), "fail"),
    ("tokens not said", instance(None), "unknown"),
    ("tokens not said, endpoint disabled", instance(None, "disabled"), "pass"),
    ("no metadata options at all", instance(metadata=None), "unknown"),
    ("stopped", instance(state="stopped"), "fail"),
    ("stopping", instance(state="stopping"), "fail"),
    ("pending", instance(state="pending"), "fail"),
    ("in a state that is not said", instance(state=""), "fail"),
    ("terminated", instance(state="terminated"), ""),
    ("shutting down", instance(state="shutting-down"), ""),
    ("no instances", regions(region(instances=[])), ""),
    ("denied", regions(region(instances=gap("ec2:DescribeInstances", region="eu-west-1"))), "unknown"),
    ("denied in one of two regions", regions(instance_region(), region("eu-west-2")), "fail unknown"),
    ("other regions not known", instance("required") | {"other_regions": gap("ec2:DescribeRegions")}, "pass unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in INSTANCES])
def test_instances(facts: Json, expected: str) -> None:
    assert verdict(INSTANCE, facts) == expected


def test_an_instance_with_a_role_is_worse() -> None:
    bare, with_role = only_finding(INSTANCE, instance()), only_finding(INSTANCE, instance(instance_profile="web"))

    assert (bare.severity, with_role.severity) == ("medium", "high")
    assert with_role.evidence["material"] == ["imds:tokens-optional", "instance-profile"]


def version(number: int = 1, *, is_default: bool = True, **facts: object) -> Json:
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:launch-template/lt-0a"
    return {"template_id": "lt-0a", "arn": arn, "name": "web", "version": number, "is_default": is_default, **facts}


def options(tokens: str | None = None, endpoint: str | None = None) -> Json:
    return {"tokens": tokens, "endpoint": endpoint}


def defaults(tokens: str | None = None, endpoint: str | None = None, enforced: str | None = None) -> Json:
    return {"kind": "imds-defaults", "options": options(tokens, endpoint), "tokens_enforced": enforced}


DENIED_DEFAULTS = gap("ec2:GetInstanceMetadataDefaults", region="eu-west-1")
DENIED_IMAGES = gap("ec2:DescribeImages", region="eu-west-1")
V2 = {"id": "ami-2", "imds_support": "v2.0"}
V1 = {"id": "ami-1"}


def templates(*versions: Json, account_default: Json | None = None, images: object = ()) -> Json:
    found = account_default or defaults()
    return regions(region(launch_templates=versions, imds_defaults=found, images=images))


TEMPLATES: list[Case] = [
    ("default optional", templates(version(metadata=options("optional"))), "fail"),
    ("default required", templates(version(metadata=options("required"))), "pass"),
    (
        "first version required, default second version optional",
        templates(version(1, is_default=False, metadata=options("required")), version(2, metadata=options("optional"))),
        "fail",
    ),
    (
        "default first version required, latest optional",
        templates(
            version(1, metadata=options("required")),
            version(2, is_default=False, is_latest=True, metadata=options("optional")),
        ),
        "pass",
    ),
    ("optional, endpoint disabled", templates(version(metadata=options("optional", "disabled"))), "pass"),
    (
        "optional, endpoint disabled by the account",
        templates(version(metadata=options("optional")), account_default=defaults(endpoint="disabled")),
        "pass",
    ),
    (
        "optional, endpoint enabled against the account",
        templates(version(metadata=options("optional", "enabled")), account_default=defaults(endpoint="disabled")),
        "fail",
    ),
    (
        "optional although the account requires",
        templates(version(metadata=options("optional")), account_default=defaults("required")),
        "fail",
    ),
    (
        "optional, but the account enforces",
        templates(version(metadata=options("optional")), account_default=defaults(enforced="enabled")),
        "pass",
    ),
    (
        "optional, enforcement switched off",
        templates(version(metadata=options("optional")), account_default=defaults(enforced="disabled")),
        "fail",
    ),
    ("unset, account required", templates(version(), account_default=defaults("required")), "pass"),
    ("unset, account optional", templates(version(image="ami-2"), account_default=defaults("optional")), "fail"),
    (
        "unset, account optional, image v2",
        templates(version(image="ami-2"), account_default=defaults("optional"), images=[V2]),
        "fail",
    ),
    (
        "unset, account without preference, no image",
        templates(version(), account_default=defaults("no-preference")),
        "fail",
    ),
    (
        "unset, account without preference, image v2",
        templates(version(image="ami-2"), account_default=defaults("no-preference"), images=[V2]),
        "pass",
    ),
    ("unset, account unset, no image", templates(version()), "fail"),
    ("unset, account unset, image v2", templates(version(image="ami-2"), images=[V1, V2]), "pass"),
    ("unset, account unset, image without the flag", templates(version(image="ami-1"), images=[V1, V2]), "fail"),
    ("unset, account unset, image cannot be read", templates(version(image="ami-3"), images=[V1, V2]), "unknown"),
    (
        "unset, account unset, image by parameter",
        templates(version(image="resolve:ssm:/golden"), images=[V2]),
        "unknown",
    ),
    ("unset, account unset, images denied", templates(version(image="ami-2"), images=DENIED_IMAGES), "unknown"),
    (
        "unset, account endpoint disabled, image cannot be read",
        templates(version(image="ami-3"), account_default=defaults(endpoint="disabled")),
        "pass",
    ),
    (
        "required, defaults denied",
        templates(version(metadata=options("required")), account_default=DENIED_DEFAULTS),
        "pass",
    ),
    (
        "unset, defaults denied",
        templates(version(image="ami-2"), account_default=DENIED_DEFAULTS, images=[V2]),
        "unknown",
    ),
    (
        "optional, endpoint unset, defaults denied",
        templates(version(metadata=options("optional")), account_default=DENIED_DEFAULTS),
        "unknown",
    ),
    (
        "optional, endpoint enabled, defaults denied",
        templates(version(metadata=options("optional", "enabled")), account_default=DENIED_DEFAULTS),
        "fail",
    ),
    (
        "unset, endpoint disabled, defaults denied",
        templates(version(metadata=options(None, "disabled")), account_default=DENIED_DEFAULTS),
        "pass",
    ),
    (
        "endpoint set and tokens unset, account required",
        templates(version(metadata=options(None, "enabled")), account_default=defaults("required")),
        "pass",
    ),
    ("no templates", templates(), ""),
    ("denied", regions(region(launch_templates=gap("ec2:DescribeLaunchTemplateVersions"))), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in TEMPLATES])
def test_launch_templates(facts: Json, expected: str) -> None:
    assert verdict(TEMPLATE, facts) == expected


def test_the_level_that_decides_is_named() -> None:
    by_template = only_finding(TEMPLATE, templates(version(metadata=options("optional"))))
    by_account = only_finding(TEMPLATE, templates(version(), account_default=defaults("optional")))
    by_nobody = only_finding(TEMPLATE, templates(version()))

    assert [found.evidence["decided_by"] for found in (by_template, by_account, by_nobody)] == [
        "launch template",
        "account default",
        "nothing",
    ]
    assert [found.message for found in (by_template, by_nobody)] == [
        "Version 1, the default, allows IMDSv1.",
        "Version 1, the default, says nothing, and nothing else requires tokens.",
    ]


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


TABLES = {INSTANCE: INSTANCES, TEMPLATE: TEMPLATES, DEFAULT: DEFAULTS}
