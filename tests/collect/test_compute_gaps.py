"""What can happen to every list of compute resources: refusals, pages, strange answers, and no need to ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scanner.collect import balancers, ec2, managed, network, scaling
from scanner.collect.desk import Desk
from scanner.inventory import Gap, Instance, LoadBalancer, known
from tests.collect.answers_compute import ANSWERS
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, Answer, Asked, StandIn

Read = Callable[[Desk], Any]

LIVE = (Instance("i-1", "arn", "running"), Instance("i-2", "arn", "terminated"))
FACING = (LoadBalancer("front", "arn", "internet-facing", "network"),)

AROUND_INSTANCES: dict[str, Any] = {
    "ec2:DescribeSecurityGroups": network.read_security_groups,
    "ec2:DescribeRouteTables": network.read_route_tables,
    "elbv2:DescribeLoadBalancers": balancers.read_load_balancers,
    "elb:DescribeLoadBalancers": balancers.read_classic_balancers,
    "ssm:DescribeInstanceInformation": managed.read_managed_instances,
}

# What reads a list, the member that holds it, and one thing on it.
LISTS: dict[str, tuple[Read, str, dict[str, Any]]] = {
    "ec2:DescribeInstances": (
        lambda desk: ec2.read_instances(desk, HOME),
        "Reservations",
        {"Instances": [{"InstanceId": "i-1"}]},
    ),
    "ec2:DescribeLaunchTemplateVersions": (
        lambda desk: ec2.read_launch_templates(desk, HOME, ()),
        "LaunchTemplateVersions",
        {"LaunchTemplateId": "lt-1", "VersionNumber": 1, "DefaultVersion": True},
    ),
    "autoscaling:DescribeAutoScalingGroups": (
        lambda desk: scaling.read_groups(desk, HOME),
        "AutoScalingGroups",
        {"AutoScalingGroupName": "g"},
    ),
    "autoscaling:DescribeLaunchConfigurations": (
        lambda desk: scaling.read_launch_configurations(desk, HOME),
        "LaunchConfigurations",
        {"LaunchConfigurationName": "c"},
    ),
    "ec2:DescribeSecurityGroups": (
        lambda desk: network.read_security_groups(desk, HOME, LIVE),
        "SecurityGroups",
        {"GroupId": "sg-1"},
    ),
    "ec2:DescribeRouteTables": (
        lambda desk: network.read_route_tables(desk, HOME, LIVE),
        "RouteTables",
        {"RouteTableId": "rtb-1", "VpcId": "vpc-1"},
    ),
    "ec2:DescribeVpcEndpoints": (
        lambda desk: network.read_vpc_endpoints(desk, HOME),
        "VpcEndpoints",
        {"VpcEndpointId": "vpce-1"},
    ),
    "ec2:DescribeFlowLogs": (lambda desk: network.read_flow_logs(desk, HOME), "FlowLogs", {"FlowLogId": "fl-1"}),
    "elbv2:DescribeLoadBalancers": (
        lambda desk: balancers.read_load_balancers(desk, HOME, LIVE),
        "LoadBalancers",
        {"LoadBalancerArn": "arn"},
    ),
    "elb:DescribeLoadBalancers": (
        lambda desk: balancers.read_classic_balancers(desk, HOME, LIVE),
        "LoadBalancerDescriptions",
        {"LoadBalancerName": "b"},
    ),
    "elbv2:DescribeTargetGroups": (
        lambda desk: balancers.read_target_groups(desk, HOME, FACING),
        "TargetGroups",
        {"TargetGroupArn": "arn"},
    ),
    "ssm:DescribeInstanceInformation": (
        lambda desk: managed.read_managed_instances(desk, HOME, LIVE),
        "InstanceInformationList",
        {"InstanceId": "i-1"},
    ),
}
READS: dict[str, Read] = {
    **{api: read for api, (read, _, _) in LISTS.items()},
    "ec2:GetInstanceMetadataDefaults": lambda desk: ec2.read_defaults(desk, HOME),
    "ssm:GetServiceSetting": lambda desk: managed.read_host_management(desk, HOME),
}
MARKED = {"elbv2:DescribeLoadBalancers", "elb:DescribeLoadBalancers", "elbv2:DescribeTargetGroups"}
"""Elastic Load Balancing calls its tokens markers."""


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


@pytest.mark.parametrize("api", READS)
def test_a_denied_call_leaves_a_gap(session: Any, aws: StandIn, api: str) -> None:
    aws.answer(api, DENIED)

    with asking(session) as desk:
        found = READS[api](desk)

    assert isinstance(found, Gap)
    assert (found.api, found.region, found.status) == (api, HOME, "denied")
    (row,) = desk.ledger.rows(ACCOUNT_ID)
    assert (row.api, row.region, row.status, row.calls) == (api, HOME, "denied", 1)


@pytest.mark.parametrize("api", READS)
def test_what_is_not_wanted_is_not_asked_for(session: Any, aws: StandIn, api: str) -> None:
    with asking(session, unwanted=[api]) as desk:
        found = READS[api](desk)

    assert isinstance(found, Gap)
    assert (found.api, found.region, found.status) == (api, HOME, "skipped")
    assert not aws.asked


@pytest.mark.parametrize("api", LISTS)
def test_every_page_counts_and_empty_ones_go_on(session: Any, aws: StandIn, api: str) -> None:
    read, member, one = LISTS[api]
    takes, gives = ("Marker", "NextMarker") if api in MARKED else ("NextToken", "NextToken")
    pages: list[dict[str, Any]] = [
        {member: [one], gives: "1"}, {member: [], gives: "2"}, {member: [_another(one)]},
    ]  # fmt: skip
    aws.answer(api, lambda asked: pages[int(asked.parameters.get(takes, 0))])

    with asking(session) as desk:
        found = known(read(desk))

    assert len(found) == 2
    assert aws.requests == {(api, HOME): 3}


@pytest.mark.parametrize("api", LISTS)
def test_a_list_of_which_a_page_fails_is_no_list(session: Any, aws: StandIn, api: str) -> None:
    read, member, one = LISTS[api]
    gives = "NextMarker" if api in MARKED else "NextToken"

    def answer(asked: Asked) -> Answer:
        return DENIED if asked.number else {member: [one], gives: "1"}

    aws.answer(api, answer)

    with asking(session) as desk:
        assert isinstance(read(desk), Gap)


@pytest.mark.parametrize("api", LISTS)
@pytest.mark.parametrize("strange", ["no list", "no name", "a number for a name", "text"])
def test_a_strange_answer_is_an_error(session: Any, aws: StandIn, api: str, strange: str) -> None:
    read, member, one = LISTS[api]
    answers: dict[str, dict[str, Any]] = {
        "no list": {},
        "no name": {member: [{}]},
        "a number for a name": {member: [_numbered(one)]},
        "text": {member: ["hunter2"]},
    }
    aws.answer(api, answers[strange])

    with asking(session) as desk:
        found = read(desk)

    assert isinstance(found, Gap)
    assert (found.api, found.region, found.status) == (api, HOME, "error")
    assert "hunter2" not in found.reason
    assert {row.status for row in desk.ledger.rows(ACCOUNT_ID)} == {"error"}


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("ec2:GetInstanceMetadataDefaults", {"AccountLevel": "required"}),
        ("ssm:GetServiceSetting", {}),
        ("ssm:GetServiceSetting", {"ServiceSetting": {"Status": "Default"}}),
        ("ssm:GetServiceSetting", {"ServiceSetting": {"SettingValue": 1}}),
        ("elbv2:DescribeLoadBalancers", {"LoadBalancers": [{"LoadBalancerArn": "arn", "SecurityGroups": [1]}]}),
        ("ec2:DescribeSecurityGroups", {"SecurityGroups": [{"GroupId": "sg", "IpPermissions": [{}]}]}),
        (
            "ec2:DescribeSecurityGroups",
            {"SecurityGroups": [{"GroupId": "sg", "IpPermissions": [{"IpProtocol": "tcp", "IpRanges": [{}]}]}]},
        ),
        ("ec2:DescribeRouteTables", {"RouteTables": [{"RouteTableId": "rtb", "VpcId": "vpc", "Routes": "all"}]}),
        ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": "i", "NetworkInterfaces": [1]}]}]}),
    ],
)
def test_strange_members(session: Any, aws: StandIn, api: str, answer: dict[str, Any]) -> None:
    aws.answer(api, answer)

    with asking(session) as desk:
        found = READS[api](desk)

    assert isinstance(found, Gap)
    assert (found.api, found.status) == (api, "error")


@pytest.mark.parametrize("api", AROUND_INSTANCES)
@pytest.mark.parametrize("instances", [(), (Instance("i-1", "arn", "terminated"),)])
def test_without_instances_nothing_around_them_is_asked_for(
    session: Any, aws: StandIn, api: str, instances: tuple[Instance, ...]
) -> None:
    with asking(session) as desk:
        assert known(AROUND_INSTANCES[api](desk, HOME, instances)) == ()
    assert not aws.asked


@pytest.mark.parametrize("api", AROUND_INSTANCES)
def test_instances_that_are_not_known(session: Any, aws: StandIn, api: str) -> None:
    gap = Gap("ec2:DescribeInstances", "throttled", HOME)
    with asking(session) as desk:
        assert AROUND_INSTANCES[api](desk, HOME, gap) is gap
    assert not aws.asked


def _another(one: dict[str, Any]) -> dict[str, Any]:
    """The same thing with names that sort before."""
    return {name: value if name == "VpcId" else _other(value) for name, value in one.items()}


def _other(value: Any) -> Any:
    if isinstance(value, list):
        return [_another(each) for each in value]
    if isinstance(value, bool):
        return value
    return value + 1 if isinstance(value, int) else f"a{value}"


def _numbered(one: dict[str, Any]) -> dict[str, Any]:
    return {name: [_numbered(each) for each in value] if isinstance(value, list) else 1 for name, value in one.items()}
