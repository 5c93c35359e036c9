"""Services that watch: GuardDuty, Access Analyzer, Config, Security Hub."""

from __future__ import annotations

from scanner.inventory.fact import Document, Fact, Instant
from scanner.inventory.gap import Gap


class DetectorFeature(Fact, frozen=True):
    """A protection feature of a detector; ``agents`` are the additional configurations that are switched on."""

    name: str
    status: str
    agents: tuple[str, ...] = ()


class DetectorDetail(Fact, frozen=True, tag_field="kind", tag="detector"):
    """The settings of a GuardDuty detector."""

    status: str
    publishing_frequency: str | None = None
    features: tuple[DetectorFeature, ...] = ()


class FilterDetail(Fact, frozen=True, tag_field="kind", tag="finding-filter"):
    """What a filter does: with ``ARCHIVE`` findings that meet the criteria are suppressed."""

    action: str
    criteria: Document
    rank: int | None = None


class FindingFilter(Fact, frozen=True):
    """A filter of a detector."""

    name: str
    detail: FilterDetail | Gap


class SetDetail(Fact, frozen=True, tag_field="kind", tag="finding-set"):
    """A list of addresses or entities: where it lies, and whether it is in effect (``ACTIVE``)."""

    name: str
    status: str
    format: str | None = None
    location: str | None = None


class FindingSet(Fact, frozen=True):
    """A list that GuardDuty trusts, or takes for a threat."""

    id: str
    detail: SetDetail | Gap


class PublishingDestination(Fact, frozen=True):
    """Where findings are exported to; ``PUBLISHING`` is the status of one that works."""

    id: str
    type: str
    status: str


class Administrator(Fact, frozen=True, tag_field="kind", tag="administrator"):
    """The account that administers the detector; the account is None where the answer leaves it out."""

    account_id: str | None = None
    status: str | None = None


class Member(Fact, frozen=True):
    """An account that this one administers; ``Enabled`` is the status of one that is watched."""

    account_id: str
    status: str


class FeatureEnablement(Fact, frozen=True):
    """For which new members a feature is switched on: ``ALL``, ``NEW`` or ``NONE``."""

    name: str
    auto_enable: str


class OrganizationDetection(Fact, frozen=True, tag_field="kind", tag="organization-detection"):
    """How GuardDuty is switched on in the accounts of the organization."""

    auto_enable: str | None = None
    features: tuple[FeatureEnablement, ...] = ()
    is_limit_reached: bool = False


class OpenFinding(Fact, frozen=True):
    """A finding of GuardDuty that is not archived; only its kind and its resource are kept."""

    id: str
    type: str
    severity: float
    resource_type: str | None = None
    resource_id: str | None = None
    account_id: str | None = None
    updated: Instant | None = None


class Detector(Fact, frozen=True):
    """A GuardDuty detector; a region has none or one.

    Attributes:
        administrator: None where nobody else administers it.
        members: of a detector that others administer, or that nobody joined: none.
        organization: None where this account does not administer others.
        open_findings: those of severity 7 and above.
    """

    id: str
    arn: str
    detail: DetectorDetail | Gap
    filters: tuple[FindingFilter, ...] | Gap = Gap("guardduty:ListFilters", "skipped")
    trusted_ips: tuple[FindingSet, ...] | Gap = Gap("guardduty:ListIPSets", "skipped")
    trusted_entities: tuple[FindingSet, ...] | Gap = Gap("guardduty:ListTrustedEntitySets", "skipped")
    threat_ips: tuple[FindingSet, ...] | Gap = Gap("guardduty:ListThreatIntelSets", "skipped")
    threat_entities: tuple[FindingSet, ...] | Gap = Gap("guardduty:ListThreatEntitySets", "skipped")
    destinations: tuple[PublishingDestination, ...] | Gap = Gap("guardduty:ListPublishingDestinations", "skipped")
    administrator: Administrator | Gap | None = Gap("guardduty:GetAdministratorAccount", "skipped")
    members: tuple[Member, ...] | Gap = Gap("guardduty:ListMembers", "skipped")
    organization: OrganizationDetection | Gap | None = Gap("guardduty:DescribeOrganizationConfiguration", "skipped")
    open_findings: tuple[OpenFinding, ...] | Gap = Gap("guardduty:ListFindings", "skipped")


class DetectionAdmin(Fact, frozen=True):
    """An account that the organization's management account made the administrator of GuardDuty in a region."""

    account_id: str
    status: str


class Analyzer(Fact, frozen=True):
    """An analyzer of IAM Access Analyzer; ``type`` tells external from unused and internal access."""

    arn: str
    name: str
    type: str
    status: str
    managed_by: str | None = None


class ConfigRecorder(Fact, frozen=True):
    """A recorder of AWS Config: what it records, or leaves out by its strategy, with which role."""

    name: str
    role: str | None = None
    all_supported: bool = False
    global_types: bool = False
    resource_types: tuple[str, ...] = ()
    excluded_types: tuple[str, ...] = ()
    strategy: str | None = None
    service: str | None = None


class RecorderStatus(Fact, frozen=True):
    """Whether a recorder records, and how its last delivery ended."""

    name: str
    is_recording: bool
    last_status: str | None = None
    last_error: str | None = None


class DeliveryChannel(Fact, frozen=True):
    """Where a recorder delivers to."""

    name: str
    bucket: str | None = None
    topic: str | None = None


class ConfigAggregator(Fact, frozen=True):
    """An aggregator of AWS Config."""

    name: str
    is_organization: bool = False
    all_regions: bool = False


class SecurityHub(Fact, frozen=True, tag_field="kind", tag="security-hub"):
    """Security Hub CSPM in a region; ``standards`` are ARNs with their status."""

    arn: str
    auto_enables_controls: bool | None = None
    standards: tuple[tuple[str, str], ...] | Gap = Gap("securityhub:GetEnabledStandards", "skipped")


class SecurityHubV2(Fact, frozen=True, tag_field="kind", tag="security-hub-v2"):
    """The new Security Hub in a region."""

    arn: str
