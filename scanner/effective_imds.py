"""What a launch really gets from the instance metadata service.

Precedence, as EC2 documents it (AWSEC2/latest/UserGuide/configuring-instance-metadata-options): the launch template,
launch configuration or launch request, then the account's default in the region, then the image's ``imds-support``,
then "optional". Where the account enforces tokens, a launch that would not require them fails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from scanner.inventory import (
    AutoScalingGroup,
    Gap,
    Image,
    LaunchConfiguration,
    LaunchTemplateVersion,
    MetadataDefaults,
    NotCollected,
    TemplateUse,
    Undetermined,
    known,
)

Level = Literal["launch template", "launch configuration", "account default", "account enforcement", "image", "nothing"]

Launch: TypeAlias = LaunchTemplateVersion | LaunchConfiguration
"""What instances are launched from; either may leave metadata options and image open."""


def template_tokens(
    version: Launch, defaults: MetadataDefaults | Gap, images: tuple[Image, ...] | Gap
) -> tuple[str, Level]:
    """The token requirement (``required`` or ``optional``) of a launch from this version, and the level that decides.

    A version that names no image leaves the choice to whoever launches, and so does not require tokens.

    Raises:
        Undetermined: a level that decides was not collected.
    """
    own = version.metadata.tokens if version.metadata else None
    # Enforcement can only restrict: that it was not read leaves an "optional" of the template what it is.
    if own != "required" and not isinstance(defaults, Gap) and enforces_tokens(defaults):
        return "required", "account enforcement"
    if own is not None:
        return own, "launch configuration" if isinstance(version, LaunchConfiguration) else "launch template"
    default = known(defaults).options.tokens
    if default in {"required", "optional"}:
        return default, "account default"
    if version.image is None:
        return "optional", "nothing"
    support = {image.id: image.imds_support for image in known(images)}
    if version.image not in support:
        raise Undetermined(
            f"its image {version.image} cannot be read, and neither the template nor the account decides"
        )
    return ("required", "image") if support[version.image] == "v2.0" else ("optional", "nothing")


def enforces_tokens(defaults: MetadataDefaults) -> bool:
    """Whether no instance can be launched in the region that does not require tokens."""
    return defaults.tokens_enforced == "enabled"


def template_endpoint(version: Launch, defaults: MetadataDefaults | Gap) -> str:
    """Whether the metadata service answers at all (``enabled`` or ``disabled``); unset everywhere means enabled."""
    own = version.metadata.endpoint if version.metadata else None
    return own or known(defaults).options.endpoint or "enabled"


def needs_image(version: Launch, defaults: MetadataDefaults) -> str | None:
    """The image that decides for this version, or None where a higher level does."""
    own = version.metadata.tokens if version.metadata else None
    if own is not None or defaults.options.tokens in {"required", "optional"} or enforces_tokens(defaults):
        return None
    return version.image if version.image and version.image.startswith("ami-") else None


def answers_v1(launch: Launch, defaults: MetadataDefaults | Gap, images: tuple[Image, ...] | Gap) -> Level | None:
    """The level that lets what is launched answer IMDSv1; None where it requires tokens, or answers nothing at all.

    Raises:
        Undetermined: a level that decides was not collected.
    """
    if _is_switched_off(launch, defaults):
        return None
    tokens, level = template_tokens(launch, defaults, images)
    if tokens == "required" or template_endpoint(launch, defaults) == "disabled":
        return None
    return level


def _is_switched_off(launch: Launch, defaults: MetadataDefaults | Gap) -> bool:
    """Whether the metadata service is known not to answer, so that nothing else matters."""
    try:
        return template_endpoint(launch, defaults) == "disabled"
    except NotCollected:
        return False


class UsedVersion(msgspec.Struct, frozen=True):
    """A launch template version as instances are launched from it.

    Attributes:
        version: with the image that a group puts in place of its own.
        groups: the Auto Scaling groups that launch from it; none where it is used only as the default.
    """

    version: LaunchTemplateVersion
    groups: tuple[str, ...] = ()


def versions_in_use(
    templates: Iterable[LaunchTemplateVersion], groups: Iterable[AutoScalingGroup]
) -> dict[str, list[UsedVersion]]:
    """By the id of a template the versions from which something is launched: the default, and what groups use.

    A version that a group names and that is not here does not exist any more, so that nothing is launched from it.
    """
    by_id: defaultdict[str, list[LaunchTemplateVersion]] = defaultdict(list)
    ids: dict[str, str] = {}
    used: dict[tuple[str, int, str | None], tuple[LaunchTemplateVersion, set[str]]] = {}
    for version in templates:
        by_id[version.template_id].append(version)
        ids[version.name] = version.template_id
        if version.is_default:
            used[version.template_id, version.version, version.image] = version, set()
    for group in groups:
        for use in group.templates:
            template = use.template_id or ids.get(use.template_name or "")
            for version in by_id.get(template or "", ()):
                if _is_meant(version, use):
                    image = use.image or version.image
                    launched = msgspec.structs.replace(version, image=image)
                    used.setdefault((version.template_id, version.version, image), (launched, set()))[1].add(group.name)
    found: defaultdict[str, list[UsedVersion]] = defaultdict(list)
    for (template, _, _), (version, names) in used.items():
        found[template].append(UsedVersion(version, tuple(sorted(names))))
    return dict(found)


def _is_meant(version: LaunchTemplateVersion, use: TemplateUse) -> bool:
    if use.version == "$Default":
        return version.is_default
    if use.version == "$Latest":
        return version.is_latest
    return use.version == str(version.version)


def declared_tokens(document: bytes) -> str | None:
    """What an effective declarative policy for EC2 sets as ``http_tokens`` of new instances; None if it says nothing.

    Raises:
        Undetermined: the policy is not of the shape that AWS documents.
    """
    try:
        policy = msgspec.json.decode(document, type=_DeclarativePolicy)
    except msgspec.DecodeError:
        raise Undetermined("the effective declarative policy for EC2 has an unknown shape") from None
    return policy.ec2_attributes.instance_metadata_defaults.http_tokens


class _DeclaredDefaults(msgspec.Struct, frozen=True):
    http_tokens: str | None = None


class _DeclaredAttributes(msgspec.Struct, frozen=True):
    instance_metadata_defaults: _DeclaredDefaults = _DeclaredDefaults()


class _DeclarativePolicy(msgspec.Struct, frozen=True):
    ec2_attributes: _DeclaredAttributes = _DeclaredAttributes()
