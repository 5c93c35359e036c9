"""Seeding of the network in the home region: one way in from the internet, and a record of what passes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from guardrift.demo.documents import Statement, document
from guardrift.demo.emulator import backend
from guardrift.demo.seed_compute import instance_id
from guardrift.demo.seed_storage import FLOW_BUCKET
from guardrift.demo.setting import HOME, ORGANIZATION_ID, PARTITION

BALANCER_GROUP = "web-balancer"
SERVER_GROUP = "web-servers"
"""The security groups of the load balancer, open to the internet, and of the server behind it."""

ISOLATION_GROUP = "isolation"
"""The security group, without any rule, that cuts an instance off."""

_BEHIND_BALANCER = "web-legacy"
_AGE = timedelta(days=610)

_OWN_ORGANIZATION: Statement = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceOrgID": ORGANIZATION_ID}},
}


def seed_network(session: Any, at: datetime) -> None:
    """Lead the internet to one of the web servers; to be done after the instances and the buckets were made."""
    ec2 = session.client("ec2", region_name=HOME)
    route_table = _open_to_internet(ec2)
    _place_servers(ec2)
    _prepare_isolation(ec2)
    ec2.create_vpc_endpoint(
        VpcId=vpc_id(),
        VpcEndpointType="Gateway",
        ServiceName=f"com.amazonaws.{HOME}.s3",
        RouteTableIds=[route_table],
        PolicyDocument=document(_OWN_ORGANIZATION),
    )
    ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc_id()],
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:{PARTITION}:s3:::{FLOW_BUCKET}",
    )
    for log in backend("ec2", HOME).flow_logs.values():
        log.creation_time = at - _AGE


def vpc_id() -> str:
    """The id of the home region's VPC."""
    (vpc,) = backend("ec2", HOME).vpcs.values()
    return str(vpc.id)


def subnet_ids() -> list[str]:
    """The ids of the home region's subnets, in the order of their zones."""
    subnets = [subnet for zone in backend("ec2", HOME).subnets.values() for subnet in zone.values()]
    return [str(subnet.id) for subnet in sorted(subnets, key=lambda subnet: str(subnet.availability_zone))]


def group_id(name: str) -> str:
    """The id of a security group of the home region."""
    return str(backend("ec2", HOME).get_security_group_from_name(name).id)


def _open_to_internet(ec2: Any) -> str:
    """Make the main route table lead to the internet; returns its id."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id())
    (table,) = ec2.describe_route_tables()["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return str(table["RouteTableId"])


def _prepare_isolation(ec2: Any) -> None:
    group = ec2.create_security_group(GroupName=ISOLATION_GROUP, Description="Nothing in, nothing out", VpcId=vpc_id())[
        "GroupId"
    ]
    # Every new group lets everything out.
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)


def _place_servers(ec2: Any) -> None:
    balancer, servers = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc_id())["GroupId"]
        for name in (BALANCER_GROUP, SERVER_GROUP)
    )
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=balancer, IpPermissions=[web])
    passed_on = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": balancer}]}
    ec2.authorize_security_group_ingress(GroupId=servers, IpPermissions=[passed_on])
    server = instance_id(_BEHIND_BALANCER)
    ec2.modify_instance_attribute(InstanceId=server, Groups=[servers])
    # moto leaves the interface in the groups of the launch.
    for interface in backend("ec2", HOME).get_instance(server).nics.values():
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface.id, Groups=[servers])
