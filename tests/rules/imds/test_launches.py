"""Launch templates by the versions that are used, and launch configurations by the groups that use them."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.imds.hosts import options

TEMPLATE, CONFIGURATION = "imds-v1-launch-template", "imds-v1-launch-configuration"
DENIED_GROUPS = gap("autoscaling:DescribeAutoScalingGroups", region="eu-west-1")


def version(number: int = 1, *, is_default: bool = True, **facts: object) -> Json:
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:launch-template/lt-0a"
    return {"template_id": "lt-0a", "arn": arn, "name": "web", "version": number, "is_default": is_default, **facts}


def defaults(tokens: str | None = None, endpoint: str | None = None, enforced: str | None = None) -> Json:
    return {"kind": "imds-defaults", "options": options(tokens, endpoint), "tokens_enforced": enforced}


DENIED_DEFAULTS = gap("ec2:GetInstanceMetadataDefaults", region="eu-west-1")
DENIED_IMAGES = gap("ec2:DescribeImages", region="eu-west-1")
V2 = {"id": "ami-2", "imds_support": "v2.0"}
V1 = {"id": "ami-1"}


def templates(*versions: Json, account_default: Json | None = None, images: object = (), groups: object = ()) -> Json:
    found = account_default or defaults()
    return regions(region(launch_templates=versions, imds_defaults=found, images=images, scaling_groups=groups))


def group(name: str = "web", *uses: Json, **facts: object) -> Json:
    return {"name": name, "arn": f"arn:aws:autoscaling:eu-west-1:{OWN}:{name}", "templates": list(uses), **facts}


def use(number: str = "$Default", template: str = "lt-0a", **facts: object) -> Json:
    return {"template_id": template, "version": number, **facts}


OLD_REQUIRED = version(1, is_default=False, metadata=options("required"))
OLD_OPTIONAL = version(1, is_default=False, metadata=options("optional"))
NOW_OPTIONAL = version(2, metadata=options("optional"))
NOW_REQUIRED = version(2, metadata=options("required"))
LATEST_OPTIONAL = version(3, is_default=False, is_latest=True, metadata=options("optional"))


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
    (
        "an old version required, the default optional, a group uses $Default",
        templates(OLD_REQUIRED, NOW_OPTIONAL, groups=[group("web", use())]),
        "fail",
    ),
    (
        "a group pinned to a required version, and the default required",
        templates(OLD_REQUIRED, NOW_REQUIRED, groups=[group("web", use("1"))]),
        "pass",
    ),
    (
        "a group pinned to a required version, the default optional",
        templates(OLD_REQUIRED, NOW_OPTIONAL, groups=[group("web", use("1"))]),
        "fail",
    ),
    (
        "a group pinned to an optional version, the default required",
        templates(OLD_OPTIONAL, NOW_REQUIRED, groups=[group("web", use("1"))]),
        "fail",
    ),
    (
        "an optional version that nobody uses",
        templates(OLD_OPTIONAL, NOW_REQUIRED, groups=[group("web", use())]),
        "pass",
    ),
    (
        "a group uses the latest, which is optional",
        templates(NOW_REQUIRED, LATEST_OPTIONAL, groups=[group("web", use("$Latest"))]),
        "fail",
    ),
    ("the latest is optional, and nobody uses it", templates(NOW_REQUIRED, LATEST_OPTIONAL), "pass"),
    (
        "a group names the template, not its id",
        templates(OLD_OPTIONAL, NOW_REQUIRED, groups=[group("web", {"template_name": "web", "version": "1"})]),
        "fail",
    ),
    (
        "a group uses another template",
        templates(OLD_OPTIONAL, NOW_REQUIRED, groups=[group("web", use("1", "lt-0b"))]),
        "pass",
    ),
    (
        "a group is pinned to a version that does not exist any more",
        templates(NOW_REQUIRED, groups=[group("web", use("7"))]),
        "pass",
    ),
    (
        "mixed instances, of which one overrides the template",
        templates(OLD_OPTIONAL, NOW_REQUIRED, groups=[group("web", use(), use("1"))]),
        "fail",
    ),
    (
        "the group puts an image without the flag in its place",
        templates(version(image="ami-2"), images=[V1, V2], groups=[group("web", use(image="ami-1"))]),
        "fail",
    ),
    (
        "the group puts an image with the flag in its place, but the default's has none",
        templates(version(image="ami-1"), images=[V1, V2], groups=[group("web", use(image="ami-2"))]),
        "fail",
    ),
    (
        "the group puts an image with the flag in the place of another with it",
        templates(
            version(image="ami-2"), images=[V2, {**V2, "id": "ami-3"}], groups=[group("web", use(image="ami-3"))]
        ),
        "pass",
    ),
    (
        "the image of the group cannot be read",
        templates(version(image="ami-2"), images=[V2], groups=[group("web", use(image="ami-9"))]),
        "unknown",
    ),
    ("groups denied, default required", templates(NOW_REQUIRED, groups=DENIED_GROUPS), "unknown"),
    ("groups denied, default optional", templates(NOW_OPTIONAL, groups=DENIED_GROUPS), "fail"),
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

    assert [found.evidence["versions"][0]["decided_by"] for found in (by_template, by_account, by_nobody)] == [
        "launch template",
        "account default",
        "nothing",
    ]
    assert [found.message for found in (by_template, by_nobody)] == [
        "Version 1, the default, allows IMDSv1.",
        "Version 1, the default, says nothing, and nothing else requires tokens.",
    ]


DELETE = 'aws ec2 delete-launch-template-versions --versions "${NEW_VERSION:?the version number that was printed}"'


def test_groups_that_launch_are_told() -> None:
    facts = templates(OLD_OPTIONAL, NOW_REQUIRED, groups=[group("web", use("1")), group("api", use("1"))])
    found = only_finding(TEMPLATE, facts)

    assert found.message == "Version 1 allows IMDSv1; the Auto Scaling groups api, web launch from it."
    assert found.evidence["material"] == ["imds:tokens-optional", "launched-by:api", "launched-by:web"]
    assert len(found.remediation.commands) == 1
    assert found.remediation.undo == (f"{DELETE} --launch-template-id=lt-0a --region=eu-west-1",)


def test_the_new_version_becomes_the_default_where_the_default_is_bad() -> None:
    found = only_finding(TEMPLATE, templates(NOW_OPTIONAL))

    place = "--launch-template-id=lt-0a --region=eu-west-1"
    assert found.remediation.undo == (
        f"aws ec2 modify-launch-template --default-version 2 {place}",
        f"{DELETE} {place}",
    )
    assert len(found.remediation.commands) == 2


def test_other_metadata_options_of_the_version_stay() -> None:
    said = {"tokens": "optional", "endpoint": "enabled", "hop_limit": 2, "ipv6": "enabled", "tags": "disabled"}
    full, bare = (
        only_finding(TEMPLATE, templates(version(metadata=metadata))).remediation.commands[0]
        for metadata in (said, options("optional"))
    )

    assert (
        '{"MetadataOptions":{"HttpTokens":"required","HttpEndpoint":"enabled","HttpPutResponseHopLimit":2,'
        '"HttpProtocolIpv6":"enabled","InstanceMetadataTags":"disabled"}}'
    ) in full
    assert '{"MetadataOptions":{"HttpTokens":"required","HttpEndpoint":"enabled"}}' in bare


def test_a_version_that_a_group_takes_as_the_latest_is_deleted_to_undo() -> None:
    newest = version(2, metadata=options("optional"), is_default=False, is_latest=True)
    facts = templates(
        version(1, metadata=options("required"), is_latest=False), newest, groups=[group("web", use("$Latest"))]
    )
    found = only_finding(TEMPLATE, facts)

    assert found.remediation.undo == (f"{DELETE} --launch-template-id=lt-0a --region=eu-west-1",)


def test_a_template_with_a_profile_is_worse() -> None:
    bare, with_profile = (
        only_finding(TEMPLATE, templates(version(metadata=options("optional"), instance_profile=profile)))
        for profile in (None, "web")
    )

    assert (bare.severity, with_profile.severity) == ("medium", "high")


def configuration(**facts: object) -> Json:
    return {"name": "web-2019", "arn": f"arn:aws:autoscaling:eu-west-1:{OWN}:web-2019", **facts}


def configurations(
    found: object, account_default: Json | None = None, images: object = (), groups: object = None
) -> Json:
    using = [group("web", launch_configuration="web-2019")] if groups is None else groups
    return regions(
        region(
            launch_configurations=found,
            imds_defaults=account_default or defaults(),
            images=images,
            scaling_groups=using,
        )
    )


CONFIGURATIONS: list[Case] = [
    ("nothing said anywhere", configurations([configuration()]), "fail"),
    ("optional", configurations([configuration(metadata=options("optional"))]), "fail"),
    ("required", configurations([configuration(metadata=options("required"))]), "pass"),
    ("endpoint disabled", configurations([configuration(metadata=options("optional", "disabled"))]), "pass"),
    ("nothing said, the account requires", configurations([configuration()], defaults("required")), "pass"),
    (
        "optional although the account requires",
        configurations([configuration(metadata=options("optional"))], defaults("required")),
        "fail",
    ),
    (
        "optional, but the account enforces",
        configurations([configuration(metadata=options("optional"))], defaults(enforced="enabled")),
        "pass",
    ),
    ("nothing said, image v2", configurations([configuration(image="ami-2")], images=[V2]), "pass"),
    ("nothing said, images denied", configurations([configuration(image="ami-2")], images=DENIED_IMAGES), "unknown"),
    ("nothing said, defaults denied", configurations([configuration()], DENIED_DEFAULTS), "unknown"),
    ("no group uses it", configurations([configuration()], groups=[]), "fail"),
    ("groups denied", configurations([configuration()], groups=DENIED_GROUPS), "fail"),
    ("none", configurations([]), ""),
    ("denied", configurations(gap("autoscaling:DescribeLaunchConfigurations")), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CONFIGURATIONS])
def test_launch_configurations(facts: Json, expected: str) -> None:
    assert verdict(CONFIGURATION, facts) == expected


@pytest.mark.parametrize(
    ("profile", "groups", "severity", "ending"),
    [
        ("web", None, "high", "web launches from it."),
        (None, None, "medium", "web launches from it."),
        ("web", [], "low", "no group uses it."),
        ("web", [group("other", launch_configuration="else")], "low", "no group uses it."),
        ("web", DENIED_GROUPS, "low", "whether a group uses it is not known."),
    ],
)
def test_what_a_group_launches_from_is_worse(profile: str | None, groups: object, severity: str, ending: str) -> None:
    found = only_finding(CONFIGURATION, configurations([configuration(instance_profile=profile)], groups=groups))

    assert found.severity == severity
    assert found.message.endswith(ending)


TABLES = {TEMPLATE: TEMPLATES, CONFIGURATION: CONFIGURATIONS}
