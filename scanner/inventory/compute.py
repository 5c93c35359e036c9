"""What launches instances, and what lets the internet reach them."""

from __future__ import annotations

from scanner.inventory.documents import ResourcePolicy
from scanner.inventory.fact import Fact
from scanner.inventory.gap import Gap
from scanner.inventory.instances import MetadataOptions


class TemplateUse(Fact, frozen=True):
    """The launch template version that a group launches from: a number, ``$Default`` or ``$Latest``, as it is set.

    Of id and name AWS may tell only one. ``image`` is one that the group puts in place of the template's.
    """

    template_id: str | None = None
    template_name: str | None = None
    version: str = "$Default"
    image: str | None = None


class AutoScalingGroup(Fact, frozen=True):
    """An Auto Scaling group; ``templates`` holds several where a mixed-instances policy overrides the first."""

    name: str
    arn: str
    templates: tuple[TemplateUse, ...] = ()
    launch_configuration: str | None = None
    min_size: int = 0
    max_size: int = 0
    desired: int = 0


class LaunchConfiguration(Fact, frozen=True):
    """A launch configuration; its user data is not kept. Missing metadata options allow IMDSv1."""

    name: str
    arn: str
    metadata: MetadataOptions | None = None
    instance_profile: str | None = None
    image: str | None = None
    gives_public_address: bool | None = None


class IngressRule(Fact, frozen=True):
    """What a security group lets in; ports None mean all of them, protocol ``-1`` every protocol.

    ``sources`` are CIDR blocks, ids of prefix lists and ids of security groups.
    """

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    sources: tuple[str, ...] = ()


class SecurityGroup(Fact, frozen=True):
    """A security group with its rules for traffic that comes in, and whether anything may go out."""

    id: str
    name: str
    vpc: str | None = None
    ingress: tuple[IngressRule, ...] = ()
    allows_egress: bool = False


class RouteTable(Fact, frozen=True):
    """Where a VPC's subnets send traffic: explicit associations by subnet, and whether it is the VPC's main table.

    ``internet_gateways`` are the gateways to which an active route leads, with the destination of that route.
    """

    id: str
    vpc: str
    is_main: bool = False
    subnets: tuple[str, ...] = ()
    internet_gateways: tuple[tuple[str, str], ...] = ()


class LoadBalancer(Fact, frozen=True):
    """A load balancer; a classic one names its instances itself. Where a region has no instance, none is asked for."""

    name: str
    arn: str
    scheme: str
    type: str
    vpc: str | None = None
    security_groups: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()


class TargetGroup(Fact, frozen=True):
    """Where load balancers send requests; ``targets`` are instance ids, addresses or ARNs, by ``target_type``.

    Targets are asked for where an internet-facing load balancer leads to the group, be it through another one; no
    targets of any other group means that nobody asked.
    """

    arn: str
    target_type: str
    load_balancers: tuple[str, ...] = ()
    targets: tuple[str, ...] | Gap = ()


class VpcEndpoint(Fact, frozen=True):
    """A VPC endpoint; one without a policy of its own lets everything through."""

    id: str
    service: str
    type: str
    state: str
    vpc: str
    policy: ResourcePolicy | None = None


class FlowLog(Fact, frozen=True):
    """A flow log of a VPC, subnet or interface; ``delivery`` is ``FAILED`` where an active one loses its records."""

    id: str
    resource: str
    status: str
    traffic: str
    destination: str | None = None
    delivery: str | None = None


class ManagedInstance(Fact, frozen=True):
    """A machine that Systems Manager knows; ``ping`` is ``Online`` where commands reach it."""

    id: str
    ping: str
    agent_version: str | None = None
    platform: str | None = None
    resource_type: str | None = None


class ServiceSetting(Fact, frozen=True, tag_field="kind", tag="service-setting"):
    """A setting of Systems Manager; ``status`` is ``Default`` or ``Customized``."""

    value: str
    status: str = ""
