"""What is asked in every region: metadata settings, trails, detectors and the alert path."""

from __future__ import annotations

from scanner.inventory.fact import Fact, Instant
from scanner.inventory.gap import Gap


class MetadataOptions(Fact, frozen=True):
    """Settings of the instance metadata service; None means "not set at this level"."""

    tokens: str | None = None
    endpoint: str | None = None
    hop_limit: int | None = None
    ipv6: str | None = None
    tags: str | None = None


class Instance(Fact, frozen=True):
    """An EC2 instance; terminated ones are collected too, and are the rules' to leave out."""

    id: str
    arn: str
    state: str = ""
    metadata: MetadataOptions | None = None
    instance_profile: str | None = None
    image: str | None = None
    launched: Instant | None = None


class LaunchTemplateVersion(Fact, frozen=True):
    """A version of a launch template; ``$Default`` and ``$Latest`` are collected, which may be the same one."""

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


class BasicSelector(Fact, frozen=True):
    """An event selector of the older form."""

    read_write: str = "All"
    management: bool = True
    excluded_sources: tuple[str, ...] = ()
    data_resource_types: tuple[str, ...] = ()


class FieldCondition(Fact, frozen=True):
    """One field of an advanced event selector, with its operators as CloudTrail names them."""

    field: str
    operators: dict[str, tuple[str, ...]]


class EventSelectors(Fact, frozen=True, tag_field="kind", tag="event-selectors"):
    """What a trail records; both lists empty is CloudTrail's default: all management events."""

    basic: tuple[BasicSelector, ...] = ()
    advanced: tuple[tuple[FieldCondition, ...], ...] = ()


class TrailStatus(Fact, frozen=True, tag_field="kind", tag="trail-status"):
    """Whether a trail records and delivers."""

    is_logging: bool
    latest_delivery: Instant | None = None
    latest_delivery_error: str | None = None
    latest_digest_delivery: Instant | None = None
    latest_digest_error: str | None = None
    started_logging: Instant | None = None
    stopped_logging: Instant | None = None


class Trail(Fact, frozen=True):
    """A trail, listed once, under the region in which it was asked about."""

    arn: str
    name: str
    home_region: str
    status: TrailStatus | Gap
    selectors: EventSelectors | Gap
    bucket: str | None = None
    is_multi_region: bool = False
    is_organization: bool = False
    validates_files: bool = False
    kms_key: str | None = None
    log_group: str | None = None


class DetectorFeature(Fact, frozen=True):
    """A protection feature of a detector."""

    name: str
    status: str


class DetectorDetail(Fact, frozen=True, tag_field="kind", tag="detector"):
    """The settings of a GuardDuty detector."""

    status: str
    publishing_frequency: str | None = None
    features: tuple[DetectorFeature, ...] = ()


class Detector(Fact, frozen=True):
    """A GuardDuty detector; a region has none or one."""

    id: str
    arn: str
    detail: DetectorDetail | Gap


class EventTarget(Fact, frozen=True):
    """Where an EventBridge rule sends what it matches; inputs and headers are left out, since they may hold secrets."""

    id: str
    arn: str
    role: str | None = None
    dead_letter_queue: str | None = None


class EventRule(Fact, frozen=True):
    """An EventBridge rule of the default bus; ``pattern`` is JSON text, None for rules that run by a schedule alone."""

    name: str
    arn: str
    state: str
    targets: tuple[EventTarget, ...] | Gap
    pattern: str | None = None


class Subscription(Fact, frozen=True):
    """A subscription of an SNS topic.

    Of its endpoint only the domain (or the ARN of a queue or function) and a digest are kept: addresses are personal
    data, and the path of a webhook is a credential.
    """

    topic: str
    protocol: str
    arn: str
    endpoint: str | None = None
    endpoint_sha256: str | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether messages reach the endpoint."""
        return self.arn.startswith("arn:")


class Region(Fact, frozen=True):
    """One enabled region of the account; a part that was not collected is a gap."""

    name: str
    instances: tuple[Instance, ...] | Gap = Gap("ec2:DescribeInstances", "skipped", "*")
    launch_templates: tuple[LaunchTemplateVersion, ...] | Gap = Gap(
        "ec2:DescribeLaunchTemplateVersions", "skipped", "*"
    )
    images: tuple[Image, ...] | Gap = Gap("ec2:DescribeImages", "skipped", "*")
    imds_defaults: MetadataDefaults | Gap = Gap("ec2:GetInstanceMetadataDefaults", "skipped", "*")
    trails: tuple[Trail, ...] | Gap = Gap("cloudtrail:DescribeTrails", "skipped", "*")
    detectors: tuple[Detector, ...] | Gap = Gap("guardduty:ListDetectors", "skipped", "*")
    event_rules: tuple[EventRule, ...] | Gap = Gap("events:ListRules", "skipped", "*")
    subscriptions: tuple[Subscription, ...] | Gap = Gap("sns:ListSubscriptions", "skipped", "*")

    @property
    def was_asked(self) -> bool:
        """Whether any question was put to the region, answered or not."""
        parts = (getattr(self, field) for field in self.__struct_fields__ if field != "name")
        return any(not isinstance(part, Gap) or part.status != "skipped" for part in parts)
