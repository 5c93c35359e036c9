"""The parts of an account: in which file of the baseline each is, and what tells its entries apart.

A part is one answer of AWS: a list of things, or one thing, of the account, of its organization or of each region.
"""

from __future__ import annotations

import types
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from scanner.baseline.stored import hints_of, stored_fields
from scanner.inventory import Account, CredentialRow, Gap, OrganizationFacts, Region

Owner = Literal["account", "organization", "region"]

OWNERS: dict[Owner, type[msgspec.Struct]] = {"account": Account, "organization": OrganizationFacts, "region": Region}

_PARTS = """
account users identity-users user
account groups identity-groups group
account roles identity-roles role
account role_settings identity-roles role-settings
account instance_profiles identity-roles instance-profile
account policies identity-policies policy
account credential_report credentials credential-row
account access_keys credentials access-keys
account summary credentials account-summary
account password_policy credentials password-policy
account virtual_mfa_devices credentials mfa-device
account server_certificates credentials server-certificate
account service_credentials credentials service-credential
account saml_providers providers saml-provider
account oidc_providers providers oidc-provider
account contacts settings alternate-contacts
account contact_information settings contact-information
account public_access_block settings public-access-block
organization membership organization organization
organization tree organization tree
organization accounts organization account
organization policies organization organization-policy
organization delegates organization delegated-administrator
organization trusted_services organization trusted-services
organization delegation_policy organization delegation-policy
organization declarative_ec2 organization declarative-ec2
organization features organization root-features
region trails trails trail
region event_data_stores trails event-data-store
account log_buckets log-storage log-bucket
account keys log-storage kms-key
account query_tools log-storage query-tools
region detectors detection detector
region detection_admins detection detection-admin
region analyzers detection analyzer
region recorders detection config-recorder
region recorder_statuses detection recorder-status
region delivery_channels detection delivery-channel
region aggregators detection config-aggregator
region security_hub detection security-hub
region security_hub_v2 detection security-hub-v2
region event_rules alerting event-rule
region event_buses alerting event-bus
region subscriptions alerting subscription
account topics alerting topic
account functions alerting function
account queues alerting queue
region metric_filters alerting metric-filter
region alarms alerting alarm
region instances compute instance
region launch_templates compute launch-template
region images compute image
region imds_defaults compute imds-defaults
region scaling_groups compute scaling-group
region launch_configurations compute launch-configuration
region managed_instances compute managed-instance
region host_management compute host-management
region security_groups network security-group
region route_tables network route-table
region load_balancers network load-balancer
region classic_balancers network classic-balancer
region target_groups network target-group
region vpc_endpoints network vpc-endpoint
region flow_logs network flow-log
"""
"""Owner, field, file and kind of entry."""

_KEYS: dict[str, tuple[str, ...]] = {
    "UserKeys": ("user",),
    "CredentialRow": ("user",),
    "VirtualMfaDevice": ("serial",),
    "DelegatedAdministrator": ("account_id",),
    "DetectionAdmin": ("account_id",),
    "KmsKey": ("region", "named"),
    "QueryTools": ("region",),
    "Subscription": ("topic", "protocol", "endpoint", "endpoint_sha256"),
    "MetricFilter": ("log_group", "name"),
    "LaunchTemplateVersion": ("arn", "version"),
}
"""What tells the things of a type apart, where that is not their ARN, else their id, else their name."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part.

    Attributes:
        owner: what it is a field of.
        name: the field.
        family: the file without its suffix.
        kind: what its entries are called.
        item: the type of each thing; None for a list of texts, which is one entry.
        keys: the fields that tell things apart; none where there is at most one.
        can_be_absent: whether AWS may say that there is none.
        entry: the type of its entries.
    """

    owner: Owner
    name: str
    family: str
    kind: str
    item: type[msgspec.Struct] | None
    keys: tuple[str, ...]
    can_be_absent: bool
    entry: type[msgspec.Struct]

    @property
    def path(self) -> str:
        """Its name among all parts, such as ``region.trails``."""
        return f"{self.owner}.{self.name}"

    @property
    def is_regional(self) -> bool:
        """Whether each region has one."""
        return self.owner == "region"


@cache
def parts() -> tuple[Part, ...]:
    """Every part, in the order of their entries."""
    rows = (line.split() for line in _PARTS.split("\n") if line)
    return tuple(_part(owner, name, family, kind) for owner, name, family, kind in rows)  # type: ignore[arg-type]


@cache
def families() -> tuple[str, ...]:
    """The files that hold parts, without their suffix."""
    return tuple(dict.fromkeys(part.family for part in parts()))


@cache
def parts_of(family: str) -> tuple[Part, ...]:
    """The parts of one file."""
    return tuple(part for part in parts() if part.family == family)


@cache
def by_kind() -> dict[str, Part]:
    """The parts by what their entries are called."""
    return {part.kind: part for part in parts()}


def _part(owner: Owner, name: str, family: str, kind: str) -> Part:
    hint = hints_of(OWNERS[owner])[name]
    is_union = get_origin(hint) in (Union, types.UnionType)
    (held,) = [each for each in (get_args(hint) if is_union else (hint,)) if each not in (Gap, type(None))]
    is_list = get_origin(held) is tuple
    item = get_args(held)[0] if is_list else held
    if name == "credential_report":
        item, is_list = CredentialRow, True
    if item is str:
        item, is_list = None, False
    return Part(
        owner=owner,
        name=name,
        family=family,
        kind=kind,
        item=item,
        keys=_keys(item) if is_list else (),
        can_be_absent=is_union and type(None) in get_args(hint),
        entry=_entry(owner, kind, item),
    )


def _keys(item: type[msgspec.Struct]) -> tuple[str, ...]:
    found = _KEYS.get(item.__name__)
    return found or next((name,) for name in ("arn", "id", "name") if name in item.__struct_fields__)


def _entry(owner: Owner, kind: str, item: type[msgspec.Struct] | None) -> type[msgspec.Struct]:
    """The type of an entry: its name, where it is, and the fields of the thing."""
    own = [("values", tuple[str, ...])] if item is None else stored_fields(item)
    where = [("region", Annotated[str, msgspec.Meta(min_length=1)])] if owner == "region" else []
    return msgspec.defstruct(
        "".join(word.title() for word in kind.split("-")) + "Entry",
        [("entry", Annotated[str, msgspec.Meta(min_length=1)]), *where, *own],
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        module=__name__,
        tag_field="kind",
        tag=kind,
    )


def entry_type(family: str) -> Any:
    """The type of an entry of a file: any of its kinds."""
    return Union[tuple(part.entry for part in parts_of(family))]  # noqa: UP007  (of a number of types)
