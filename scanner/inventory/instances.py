"""Instances, and what decides how future ones hand out credentials."""

from __future__ import annotations

from scanner.inventory.fact import Fact, Instant


class MetadataOptions(Fact, frozen=True):
    """Settings of the instance metadata service; None means "not set at this level"."""

    tokens: str | None = None
    endpoint: str | None = None
    hop_limit: int | None = None
    ipv6: str | None = None
    tags: str | None = None


class Instance(Fact, frozen=True):
    """An EC2 instance; terminated ones are collected too, and are the rules' to leave out.

    Attributes:
        addresses: the public IPv4 addresses of it and its interfaces, and the IPv6 ones that are not unique local.
        private_addresses: the private IPv4 addresses, by which load balancers may know it.
        placements: the subnets of its network interfaces.
    """

    id: str
    arn: str
    state: str = ""
    metadata: MetadataOptions | None = None
    instance_profile: str | None = None
    image: str | None = None
    launched: Instant | None = None
    vpc: str | None = None
    placements: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    private_addresses: tuple[str, ...] = ()
    key_name: str | None = None


class LaunchTemplateVersion(Fact, frozen=True):
    """A version of a launch template: the default, the latest, or another that an Auto Scaling group launches from."""

    template_id: str
    arn: str
    name: str
    version: int
    is_default: bool = False
    is_latest: bool = False
    metadata: MetadataOptions | None = None
    instance_profile: str | None = None
    image: str | None = None


class Image(Fact, frozen=True):
    """A machine image that a launch template names; ``imds_support`` is ``v2.0`` or absent."""

    id: str
    imds_support: str | None = None


class MetadataDefaults(Fact, frozen=True, tag_field="kind", tag="imds-defaults"):
    """The account's defaults for new instances in one region."""

    options: MetadataOptions
    tokens_enforced: str | None = None
    managed_by: str | None = None
