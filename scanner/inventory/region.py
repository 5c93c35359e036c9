"""One region of an account, and all that is asked there."""

from __future__ import annotations

from scanner.inventory.compute import (
    AutoScalingGroup,
    FlowLog,
    LaunchConfiguration,
    LoadBalancer,
    ManagedInstance,
    RouteTable,
    SecurityGroup,
    ServiceSetting,
    TargetGroup,
    VpcEndpoint,
)
from scanner.inventory.fact import Fact
from scanner.inventory.gap import Gap
from scanner.inventory.guarding import (
    Analyzer,
    ConfigAggregator,
    ConfigRecorder,
    DeliveryChannel,
    DetectionAdmin,
    Detector,
    RecorderStatus,
    SecurityHub,
    SecurityHubV2,
)
from scanner.inventory.instances import Image, Instance, LaunchTemplateVersion, MetadataDefaults
from scanner.inventory.routing import Alarm, EventBus, EventRule, MetricFilter, Subscription
from scanner.inventory.storage import EventDataStore
from scanner.inventory.trails import Trail


class Region(Fact, frozen=True):
    """One enabled region of the account; a part that was not collected is a gap.

    Attributes:
        detection_admins: whom the organization's management account named; ``elsewhere`` for every other account.
        host_management: the role that Systems Manager gives to instances without one of their own.
    """

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
    scaling_groups: tuple[AutoScalingGroup, ...] | Gap = Gap("autoscaling:DescribeAutoScalingGroups", "skipped", "*")
    launch_configurations: tuple[LaunchConfiguration, ...] | Gap = Gap(
        "autoscaling:DescribeLaunchConfigurations", "skipped", "*"
    )
    security_groups: tuple[SecurityGroup, ...] | Gap = Gap("ec2:DescribeSecurityGroups", "skipped", "*")
    route_tables: tuple[RouteTable, ...] | Gap = Gap("ec2:DescribeRouteTables", "skipped", "*")
    load_balancers: tuple[LoadBalancer, ...] | Gap = Gap("elbv2:DescribeLoadBalancers", "skipped", "*")
    classic_balancers: tuple[LoadBalancer, ...] | Gap = Gap("elb:DescribeLoadBalancers", "skipped", "*")
    target_groups: tuple[TargetGroup, ...] | Gap = Gap("elbv2:DescribeTargetGroups", "skipped", "*")
    vpc_endpoints: tuple[VpcEndpoint, ...] | Gap = Gap("ec2:DescribeVpcEndpoints", "skipped", "*")
    flow_logs: tuple[FlowLog, ...] | Gap = Gap("ec2:DescribeFlowLogs", "skipped", "*")
    managed_instances: tuple[ManagedInstance, ...] | Gap = Gap("ssm:DescribeInstanceInformation", "skipped", "*")
    host_management: ServiceSetting | Gap | None = Gap("ssm:GetServiceSetting", "skipped", "*")
    event_data_stores: tuple[EventDataStore, ...] | Gap = Gap("cloudtrail:ListEventDataStores", "skipped", "*")
    detection_admins: tuple[DetectionAdmin, ...] | Gap = Gap("guardduty:ListOrganizationAdminAccounts", "skipped", "*")
    event_buses: tuple[EventBus, ...] | Gap = Gap("events:ListEventBuses", "skipped", "*")
    metric_filters: tuple[MetricFilter, ...] | Gap = Gap("logs:DescribeMetricFilters", "skipped", "*")
    alarms: tuple[Alarm, ...] | Gap = Gap("cloudwatch:DescribeAlarms", "skipped", "*")
    analyzers: tuple[Analyzer, ...] | Gap = Gap("accessanalyzer:ListAnalyzers", "skipped", "*")
    recorders: tuple[ConfigRecorder, ...] | Gap = Gap("config:DescribeConfigurationRecorders", "skipped", "*")
    recorder_statuses: tuple[RecorderStatus, ...] | Gap = Gap(
        "config:DescribeConfigurationRecorderStatus", "skipped", "*"
    )
    delivery_channels: tuple[DeliveryChannel, ...] | Gap = Gap("config:DescribeDeliveryChannels", "skipped", "*")
    aggregators: tuple[ConfigAggregator, ...] | Gap = Gap("config:DescribeConfigurationAggregators", "skipped", "*")
    security_hub: SecurityHub | Gap | None = Gap("securityhub:DescribeHub", "skipped", "*")
    security_hub_v2: SecurityHubV2 | Gap | None = Gap("securityhub:DescribeSecurityHubV2", "skipped", "*")

    @property
    def was_asked(self) -> bool:
        """Whether any question was put to the region, answered or not."""
        parts = (getattr(self, field) for field in self.__struct_fields__ if field != "name")
        return any(not isinstance(part, Gap) or part.status != "skipped" for part in parts)
