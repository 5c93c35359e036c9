"""A web server behind a load balancer in moto, read through the SDK's real serializers and parsers."""

from __future__ import annotations

from typing import Any

import boto3
from moto import mock_aws

from scanner.collect import balancers, ec2, network, scaling
from scanner.inventory import IngressRule, Instance, TemplateUse, known
from tests.collect.asking import asking
from tests.collect.stand_in import ThriftySession

HOME = "eu-west-1"


@mock_aws
def test_a_web_server_in_moto() -> None:
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
    made = _network(session)
    made |= _servers(session, made)
    made |= _balancing(session, made)

    with asking(ThriftySession(session)) as desk:
        (instance,) = instances = known(ec2.read_instances(desk, HOME))
        (group,) = groups = known(scaling.read_groups(desk, HOME))
        (configuration,) = known(scaling.read_launch_configurations(desk, HOME))
        templates = known(ec2.read_launch_templates(desk, HOME, groups))
        security_groups = known(network.read_security_groups(desk, HOME, instances))
        tables = known(network.read_route_tables(desk, HOME, instances))
        listed = balancers.read_load_balancers(desk, HOME, instances)
        (targets,) = known(balancers.read_target_groups(desk, HOME, listed))

    assert (instance.id, instance.vpc, instance.placements) == (made["instance"], made["vpc"], (made["subnet"],))
    assert instance.security_groups == (made["group"],)
    assert len(instance.addresses) == 1
    assert group.templates == (TemplateUse(made["template"], "web", "2"),)
    assert [version.version for version in templates] == [1, 2, 3]
    assert (configuration.name, configuration.metadata is not None) == ("old", True)
    (web,) = (each for each in security_groups if each.id == made["group"])
    assert (web.ingress, web.allows_egress) == ((IngressRule("tcp", 443, 443, ("0.0.0.0/0", "::/0")),), True)
    (table,) = (each for each in tables if each.subnets)
    assert (table.vpc, table.subnets) == (made["vpc"], (made["subnet"],))
    assert table.internet_gateways == ((made["gateway"], "0.0.0.0/0"),)
    assert made["vpc"] in {each.vpc for each in tables if each.is_main}
    assert targets.targets == (made["instance"],)


@mock_aws
def test_an_empty_region_in_moto() -> None:
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
    there = (Instance("i-1", "arn", "running"),)

    with asking(ThriftySession(session)) as desk:
        for found in (
            ec2.read_instances(desk, HOME),
            ec2.read_launch_templates(desk, HOME, ()),
            scaling.read_groups(desk, HOME),
            scaling.read_launch_configurations(desk, HOME),
            network.read_vpc_endpoints(desk, HOME),
            network.read_flow_logs(desk, HOME),
            balancers.read_load_balancers(desk, HOME, there),
            balancers.read_classic_balancers(desk, HOME, there),
        ):
            assert known(found) == ()


def _network(session: Any) -> dict[str, str]:
    client = session.client("ec2")
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet, other = (
        client.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{HOME}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    )
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    client.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = client.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    everybody = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    client.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **everybody}]
    )
    return {"vpc": vpc, "subnet": subnet, "other": other, "gateway": gateway, "group": group}


def _servers(session: Any, made: dict[str, str]) -> dict[str, str]:
    client, scaler = session.client("ec2"), session.client("autoscaling")
    image = client.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    interface = {
        "DeviceIndex": 0,
        "SubnetId": made["subnet"],
        "Groups": [made["group"]],
        "AssociatePublicIpAddress": True,
    }
    instance = client.run_instances(ImageId=image, MinCount=1, MaxCount=1, NetworkInterfaces=[interface])["Instances"][
        0
    ]
    template = client.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": image})
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    for tokens in ("optional", "required"):
        client.create_launch_template_version(
            LaunchTemplateId=template_id, LaunchTemplateData={"MetadataOptions": {"HttpTokens": tokens}}
        )
    scaler.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateId": template_id, "Version": "2"},
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=[f"{HOME}a"],
    )
    scaler.create_launch_configuration(
        LaunchConfigurationName="old",
        ImageId=image,
        InstanceType="t3.micro",
        MetadataOptions={"HttpTokens": "required"},
    )
    return {"instance": instance["InstanceId"], "template": template_id}


def _balancing(session: Any, made: dict[str, str]) -> dict[str, str]:
    client = session.client("elbv2")
    balancer = client.create_load_balancer(Name="front", Subnets=[made["subnet"], made["other"]])["LoadBalancers"][0]
    group = client.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=made["vpc"], TargetType="instance")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    client.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    client.register_targets(TargetGroupArn=arn, Targets=[{"Id": made["instance"]}])
    return {"balancer": balancer["LoadBalancerArn"]}
