"""Security groups, route tables, VPC endpoints and flow logs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from scanner.collect.network import read_flow_logs, read_route_tables, read_security_groups, read_vpc_endpoints
from scanner.inventory import (
    FlowLog,
    IngressRule,
    Instance,
    RouteTable,
    SecurityGroup,
    VpcEndpoint,
    known,
)
from tests.collect.answers_compute import ANSWERS, ENDPOINT_POLICY
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import StandIn

LIVE = (Instance("i-1", "arn", "running"),)


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def rule_of(session: Any, aws: StandIn, **permission: object) -> IngressRule:
    aws.answer("ec2:DescribeSecurityGroups", {"SecurityGroups": [{"GroupId": "sg", "IpPermissions": [permission]}]})
    with asking(session) as desk:
        (group,) = known(read_security_groups(desk, HOME, LIVE))
    (rule,) = group.ingress
    return rule


def table_of(session: Any, aws: StandIn, **table: object) -> RouteTable:
    aws.answer("ec2:DescribeRouteTables", {"RouteTables": [{"RouteTableId": "rtb", "VpcId": "vpc", **table}]})
    with asking(session) as desk:
        (found,) = known(read_route_tables(desk, HOME, LIVE))
    return found


def test_security_groups(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_security_groups(desk, HOME, LIVE))

    assert found == (
        SecurityGroup("sg-isolation", ""),
        SecurityGroup(
            "sg-web",
            "web",
            "vpc-1",
            (
                IngressRule("-1", sources=("sg-web",)),
                IngressRule("icmp", sources=("10.0.0.0/8",)),
                IngressRule("tcp", 22, 22, ("198.51.100.1/32",)),
                IngressRule("tcp", 443, 444, ("0.0.0.0/0", "10.0.0.0/8", "::/0", "pl-1", "sg-lb")),
            ),
            allows_egress=True,
        ),
    )
    assert [asked.parameters for asked in aws.asked] == [{"MaxResults": 1000}]


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ({"FromPort": 0, "ToPort": 0}, (0, 0)),
        ({"FromPort": -1, "ToPort": -1}, (None, None)),
        ({"FromPort": 8, "ToPort": -1}, (8, None)),
        ({}, (None, None)),
    ],
)
def test_ports(session: Any, aws: StandIn, ports: dict[str, int], expected: tuple[int | None, int | None]) -> None:
    rule = rule_of(session, aws, IpProtocol="icmp", **ports)

    assert (rule.from_port, rule.to_port) == expected


def test_route_tables(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_route_tables(desk, HOME, LIVE))

    assert found == (
        RouteTable("rtb-main", "vpc-1", is_main=True),
        RouteTable(
            "rtb-open",
            "vpc-1",
            subnets=("subnet-also", "subnet-open"),
            internet_gateways=(("igw-1", "0.0.0.0/0"), ("igw-1", "::/0"), ("igw-1", "pl-1")),
        ),
        RouteTable("rtb-unused", "vpc-1"),
    )
    assert [asked.parameters for asked in aws.asked] == [{"MaxResults": 100}]


@pytest.mark.parametrize(("state", "leads"), [({}, True), ({"State": "active"}, True), ({"State": "blackhole"}, False)])
def test_routes_that_work(session: Any, aws: StandIn, state: dict[str, str], leads: bool) -> None:
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", **state}

    assert table_of(session, aws, Routes=[route]).internet_gateways == ((("igw-1", "0.0.0.0/0"),) if leads else ())


@pytest.mark.parametrize("state", ["disassociating", "disassociated", "failed"])
def test_a_main_table_that_is_one_no_more(session: Any, aws: StandIn, state: str) -> None:
    association = {"Main": True, "AssociationState": {"State": state}}

    assert not table_of(session, aws, Associations=[association]).is_main
    assert table_of(session, aws, Associations=[{"Main": True}]).is_main


def test_vpc_endpoints(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        bare, resource, s3 = known(read_vpc_endpoints(desk, HOME))

    assert s3.policy is not None
    assert msgspec.json.decode(bytes(s3.policy.document)) == ENDPOINT_POLICY
    assert b" " not in bytes(s3.policy.document)
    assert (s3.id, s3.service, s3.type, s3.state, s3.vpc) == (
        "vpce-s3", f"com.amazonaws.{HOME}.s3", "Gateway", "available", "vpc-1",
    )  # fmt: skip
    assert resource == VpcEndpoint(
        "vpce-resource",
        f"arn:aws:vpc-lattice:{HOME}:{ACCOUNT_ID}:resourceconfiguration/rcfg-1",
        "Resource",
        "available",
        "vpc-1",
    )
    assert bare == VpcEndpoint("vpce-bare", "", "", "", "")
    assert [asked.parameters for asked in aws.asked] == [{"MaxResults": 1000}]


def test_a_policy_that_is_no_json_is_kept_for_the_parser_to_report(session: Any, aws: StandIn) -> None:
    aws.answer("ec2:DescribeVpcEndpoints", {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "PolicyDocument": "{oops"}]})

    with asking(session) as desk:
        (found,) = known(read_vpc_endpoints(desk, HOME))

    assert found.policy is not None
    assert bytes(found.policy.document) == b'"{oops"'


def test_flow_logs(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_flow_logs(desk, HOME))

    assert found == (
        FlowLog("fl-1", "vpc-1", "ACTIVE", "ALL", "arn:aws:s3:::flow-logs"),
        FlowLog("fl-2", "subnet-open", "ACTIVE", "REJECT", "flows"),
        FlowLog("fl-3", "", "", ""),
    )
    assert [asked.parameters for asked in aws.asked] == [{"MaxResults": 1000}]
