"""Collect what lets the network reach instances, and what is recorded of its traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from scanner.authorization_details import document
from scanner.collect.desk import Desk
from scanner.collect.ec2 import any_live
from scanner.collect.reader import Reader
from scanner.inventory import (
    FlowLog,
    Gap,
    IngressRule,
    Instance,
    ResourcePolicy,
    RouteTable,
    SecurityGroup,
    VpcEndpoint,
)

_LARGE_PAGE = {"PageSize": 1000}


def read_security_groups(
    desk: Desk, region: str, instances: tuple[Instance, ...] | Gap
) -> tuple[SecurityGroup, ...] | Gap:
    """Every security group, if the region has an instance that one could let the internet reach."""
    if isinstance(instances, Gap):
        return instances
    if not any_live(instances):
        return ()

    def read(reader: Reader) -> tuple[SecurityGroup, ...]:
        pages = reader.pages("DescribeSecurityGroups", PaginationConfig=_LARGE_PAGE)
        found = [_group(group) for page in pages for group in page["SecurityGroups"]]
        return tuple(sorted(found, key=lambda group: group.id))

    return desk.ask("ec2", region, "DescribeSecurityGroups", read, tuple[SecurityGroup, ...])


def _group(answer: dict[str, Any]) -> SecurityGroup:
    return SecurityGroup(
        id=answer["GroupId"],
        name=answer.get("GroupName", ""),
        vpc=answer.get("VpcId"),
        ingress=tuple(sorted((_ingress(each) for each in answer.get("IpPermissions") or ()), key=_place)),
        allows_egress=bool(answer.get("IpPermissionsEgress")),
    )


def _ingress(answer: dict[str, Any]) -> IngressRule:
    return IngressRule(
        protocol=answer["IpProtocol"],
        from_port=_port(answer.get("FromPort")),
        to_port=_port(answer.get("ToPort")),
        sources=tuple(sorted(_sources(answer))),
    )


def _port(number: int | None) -> int | None:
    """A port, or the type or code of ICMP; EC2 writes -1 for all of them."""
    return None if number == -1 else number


def _sources(answer: dict[str, Any]) -> Iterator[str]:
    for member, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId")):
        yield from (each[name] for each in answer.get(member) or ())
    yield from (pair["GroupId"] for pair in answer.get("UserIdGroupPairs") or ())


def _place(rule: IngressRule) -> tuple[str, int, int, tuple[str, ...]]:
    def order(port: int | None) -> int:
        return -1 if port is None else port

    return rule.protocol, order(rule.from_port), order(rule.to_port), rule.sources


def read_route_tables(desk: Desk, region: str, instances: tuple[Instance, ...] | Gap) -> tuple[RouteTable, ...] | Gap:
    """Every route table, if the region has an instance whose subnet one could open to the internet."""
    if isinstance(instances, Gap):
        return instances
    if not any_live(instances):
        return ()

    def read(reader: Reader) -> tuple[RouteTable, ...]:
        pages = reader.pages("DescribeRouteTables", PaginationConfig={"PageSize": 100})
        found = [_table(table) for page in pages for table in page["RouteTables"]]
        return tuple(sorted(found, key=lambda table: table.id))

    return desk.ask("ec2", region, "DescribeRouteTables", read, tuple[RouteTable, ...])


def _table(answer: dict[str, Any]) -> RouteTable:
    associations = [each for each in answer.get("Associations") or () if _is_associated(each)]
    return RouteTable(
        id=answer["RouteTableId"],
        vpc=answer["VpcId"],
        is_main=any(each.get("Main") for each in associations),
        subnets=tuple(sorted(each["SubnetId"] for each in associations if each.get("SubnetId"))),
        internet_gateways=tuple(sorted(way for route in answer.get("Routes") or () for way in _to_internet(route))),
    )


def _is_associated(association: dict[str, Any]) -> bool:
    state: str = (association.get("AssociationState") or {}).get("State", "associated")
    return state == "associated"


def _to_internet(route: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The internet gateway and the destination of a route that works; an egress-only gateway lets nothing in."""
    gateway = route.get("GatewayId") or ""
    if not gateway.startswith("igw-") or route.get("State", "active") != "active":
        return
    for member in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"):
        if route.get(member):
            yield gateway, route[member]


def read_vpc_endpoints(desk: Desk, region: str) -> tuple[VpcEndpoint, ...] | Gap:
    """Every VPC endpoint with its policy."""

    def read(reader: Reader) -> tuple[VpcEndpoint, ...]:
        pages = reader.pages("DescribeVpcEndpoints", PaginationConfig=_LARGE_PAGE)
        found = [_endpoint(endpoint) for page in pages for endpoint in page["VpcEndpoints"]]
        return tuple(sorted(found, key=lambda endpoint: endpoint.id))

    return desk.ask("ec2", region, "DescribeVpcEndpoints", read, tuple[VpcEndpoint, ...])


def _endpoint(answer: dict[str, Any]) -> VpcEndpoint:
    policy = answer.get("PolicyDocument")
    return VpcEndpoint(
        id=answer["VpcEndpointId"],
        # Endpoints for resources and service networks lead to no service, but to what their owner shares.
        service=answer.get("ServiceName")
        or answer.get("ResourceConfigurationArn")
        or answer.get("ServiceNetworkArn")
        or "",
        type=answer.get("VpcEndpointType", ""),
        state=answer.get("State", ""),
        vpc=answer.get("VpcId", ""),
        policy=ResourcePolicy(document(msgspec.Raw(msgspec.json.encode(policy)))) if policy else None,
    )


def read_flow_logs(desk: Desk, region: str) -> tuple[FlowLog, ...] | Gap:
    """Every flow log."""

    def read(reader: Reader) -> tuple[FlowLog, ...]:
        pages = reader.pages("DescribeFlowLogs", PaginationConfig=_LARGE_PAGE)
        found = [_flow_log(log) for page in pages for log in page["FlowLogs"]]
        return tuple(sorted(found, key=lambda log: log.id))

    return desk.ask("ec2", region, "DescribeFlowLogs", read, tuple[FlowLog, ...])


def _flow_log(answer: dict[str, Any]) -> FlowLog:
    return FlowLog(
        id=answer["FlowLogId"],
        resource=answer.get("ResourceId", ""),
        status=answer.get("FlowLogStatus", ""),
        delivery=answer.get("DeliverLogsStatus"),
        traffic=answer.get("TrafficType", ""),
        destination=answer.get("LogDestination") or answer.get("LogGroupName"),
    )
