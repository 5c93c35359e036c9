"""Which level decides the metadata settings of a launch, and when an image has to be asked for."""

from __future__ import annotations

from itertools import product

import pytest

from scanner.effective_imds import declared_tokens, needs_image, template_tokens, versions_in_use
from scanner.inventory import (
    AutoScalingGroup,
    Gap,
    Image,
    LaunchTemplateVersion,
    MetadataDefaults,
    MetadataOptions,
    NotCollected,
    TemplateUse,
    Undetermined,
)

IMAGES_DENIED = Gap("ec2:DescribeImages", "denied", "eu-west-1")

LEVELS = list(
    product(
        [None, "required", "optional"],
        [None, "no-preference", "required", "optional"],
        [None, "disabled", "enabled"],
        [None, "ami-0a", "resolve:ssm:/golden"],
    )
)


def version(tokens: str | None, image: str | None) -> LaunchTemplateVersion:
    metadata = MetadataOptions(tokens=tokens) if tokens else None
    return LaunchTemplateVersion("lt-0a", "arn", "web", 1, metadata=metadata, image=image)


@pytest.mark.parametrize(("tokens", "default", "enforced", "image"), LEVELS)
def test_an_image_is_asked_for_wherever_it_decides(
    tokens: str | None, default: str | None, enforced: str | None, image: str | None
) -> None:
    found = version(tokens, image)
    defaults = MetadataDefaults(MetadataOptions(tokens=default), enforced)
    try:
        template_tokens(found, defaults, IMAGES_DENIED)
    except NotCollected:
        decides = image
    else:
        decides = None

    if decides is not None and decides.startswith("ami-"):
        assert needs_image(found, defaults) == decides
    elif enforced != "enabled":
        assert needs_image(found, defaults) is None


@pytest.mark.parametrize(
    ("tokens", "default", "enforced", "expected"),
    [
        ("required", "optional", None, ("required", "launch template")),
        ("optional", "required", None, ("optional", "launch template")),
        (None, "required", None, ("required", "account default")),
        (None, "optional", None, ("optional", "account default")),
        (None, None, None, ("required", "image")),
        (None, "no-preference", None, ("required", "image")),
        ("optional", "optional", "enabled", ("required", "account enforcement")),
        ("required", "optional", "enabled", ("required", "launch template")),
    ],
)
def test_the_deciding_level(
    tokens: str | None, default: str | None, enforced: str | None, expected: tuple[str, str]
) -> None:
    defaults = MetadataDefaults(MetadataOptions(tokens=default), enforced)

    assert template_tokens(version(tokens, "ami-0a"), defaults, (Image("ami-0a", "v2.0"),)) == expected


def test_without_any_level_nothing_requires_tokens() -> None:
    assert template_tokens(version(None, None), MetadataDefaults(MetadataOptions()), ()) == ("optional", "nothing")


def test_versions_in_use_are_those_that_something_launches_from() -> None:
    old, now = (
        version("optional", "ami-1"),
        LaunchTemplateVersion("lt-0a", "arn", "web", 2, is_default=True, image="ami-2"),
    )
    by_name, by_number = TemplateUse(template_name="web"), TemplateUse("lt-0a", version="1", image="ami-9")
    groups = (
        AutoScalingGroup("web", "arn", (by_name,)),
        AutoScalingGroup("api", "arn", (by_name, by_number)),
        AutoScalingGroup("else", "arn", (TemplateUse("lt-0b", version="1"),)),
    )

    used = versions_in_use((old, now), groups)["lt-0a"]

    assert [(each.version.version, each.version.image, each.groups) for each in used] == [
        (2, "ami-2", ("api", "web")),
        (1, "ami-9", ("api",)),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b'{"ec2_attributes":{"instance_metadata_defaults":{"http_tokens":"required"}}}', "required"),
        (b'{"ec2_attributes":{"serial_console_access":{"status":"disabled"}}}', None),
        (b"{}", None),
    ],
)
def test_declared_tokens(document: bytes, expected: str | None) -> None:
    assert declared_tokens(document) == expected


def test_a_declarative_policy_of_another_shape_is_not_taken_for_silent() -> None:
    with pytest.raises(Undetermined, match="unknown shape"):
        declared_tokens(b'{"ec2_attributes":{"instance_metadata_defaults":"required"}}')
