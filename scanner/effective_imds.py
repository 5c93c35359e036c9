"""What a launch really gets from the instance metadata service.

Precedence, as EC2 documents it (AWSEC2/latest/UserGuide/configuring-instance-metadata-options): the launch template,
launch configuration or launch request, then the account's default in the region, then the image's ``imds-support``,
then "optional". Where the account enforces tokens, a launch that would not require them fails.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from scanner.inventory import (
    Gap,
    Image,
    LaunchConfiguration,
    LaunchTemplateVersion,
    MetadataDefaults,
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
