"""Instances, what launches them, and what lets the internet reach them, as AWS answers about the small account."""

from __future__ import annotations

import json
from typing import Any

from tests.collect.faulty import ACCOUNT_ID, HOME, MADE, iam_arn
from tests.collect.stand_in import Asked

SECRET = "bm90LXRvLWJlLWtlcHQ="
"""User data, which must not get into the inventory."""


def _of(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{HOME}:{ACCOUNT_ID}:{rest}"


def _in_home(member: str, found: list[dict[str, Any]]) -> Any:
    """The answer to a list call: something in one region, nothing in the others."""
    return lambda asked: {member: found if asked.region == HOME else []}


_PRIMARY = {
    "SubnetId": "subnet-open",
    "Groups": [{"GroupId": "sg-web", "GroupName": "web"}],
    "Association": {"PublicIp": "203.0.113.10", "IpOwnerId": "amazon"},
    "PrivateIpAddresses": [
        {"PrivateIpAddress": "10.0.0.10", "Primary": True, "Association": {"PublicIp": "203.0.113.10"}},
        {"PrivateIpAddress": "10.0.0.11", "Primary": False, "Association": {"PublicIp": "203.0.113.11"}},
        {"PrivateIpAddress": "10.0.0.12", "Primary": False},
    ],
    "Ipv6Addresses": [{"Ipv6Address": "2001:db8::10"}, {"Ipv6Address": "fd12::10"}],
}
_SECONDARY = {
    "SubnetId": "subnet-closed",
    "Groups": [{"GroupId": "sg-inner"}],
    "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.10"}],
}

INSTANCE: dict[str, Any] = {
    "InstanceId": "i-bad",
    "State": {"Code": 16, "Name": "running"},
    "ImageId": "ami-1",
    "LaunchTime": MADE,
    "IamInstanceProfile": {"Arn": iam_arn("instance-profile/app"), "Id": "AIP"},
    "MetadataOptions": {
        "State": "applied",
        "HttpTokens": "optional",
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 2,
        "HttpProtocolIpv6": "disabled",
        "InstanceMetadataTags": "disabled",
    },
    "VpcId": "vpc-1",
    "SubnetId": "subnet-open",
    "SecurityGroups": [{"GroupId": "sg-web", "GroupName": "web"}],
    "NetworkInterfaces": [_PRIMARY, _SECONDARY],
    "PublicIpAddress": "203.0.113.10",
    "PrivateIpAddress": "10.0.0.10",
    "Ipv6Address": "2001:db8::10",
    "KeyName": "admin",
    "Tags": [{"Key": "password", "Value": SECRET}],
}
STOPPED: dict[str, Any] = {
    "InstanceId": "i-good",
    "State": {"Name": "stopped"},
    "MetadataOptions": {"HttpTokens": "required"},
}

SWEPT: list[dict[str, Any]] = [
    {
        "LaunchTemplateId": "lt-image",
        "LaunchTemplateName": "by-image",
        "VersionNumber": 3,
        "DefaultVersion": True,
        "LaunchTemplateData": {"ImageId": "ami-2", "IamInstanceProfile": {"Name": "app"}, "UserData": SECRET},
    },
    {
        "LaunchTemplateId": "lt-bad",
        "LaunchTemplateName": "bad",
        "VersionNumber": 1,
        "DefaultVersion": True,
        "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}},
    },
    {
        "LaunchTemplateId": "lt-bad",
        "LaunchTemplateName": "bad",
        "VersionNumber": 3,
        "DefaultVersion": False,
        "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}},
    },
]
PINNED: dict[str, Any] = {
    "LaunchTemplateId": "lt-bad",
    "LaunchTemplateName": "bad",
    "VersionNumber": 2,
    "DefaultVersion": False,
    "LaunchTemplateData": {
        "ImageId": "ami-4",
        "IamInstanceProfile": {"Arn": iam_arn("instance-profile/app")},
        "UserData": SECRET,
    },
}


def _templates(asked: Asked) -> dict[str, Any]:
    swept = "LaunchTemplateId" not in asked.parameters
    return {"LaunchTemplateVersions": (SWEPT if swept else [PINNED]) if asked.region == HOME else []}


_GROUPS: list[dict[str, Any]] = [
    {
        "AutoScalingGroupName": "mixed",
        "AutoScalingGroupARN": _of("autoscaling", "autoScalingGroup:1:autoScalingGroupName/mixed"),
        "MixedInstancesPolicy": {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {
                    "LaunchTemplateId": "lt-bad",
                    "LaunchTemplateName": "bad",
                    "Version": "2",
                },
                "Overrides": [
                    {"InstanceType": "m7g.large"},
                    {
                        "InstanceType": "m7i.large",
                        "LaunchTemplateSpecification": {"LaunchTemplateName": "by-image"},
                    },
                    {
                        "InstanceType": "m7a.large",
                        "LaunchTemplateSpecification": {
                            "LaunchTemplateId": "lt-bad",
                            "LaunchTemplateName": "bad",
                            "Version": "2",
                        },
                    },
                ],
            }
        },
        "MinSize": 1,
        "MaxSize": 4,
        "DesiredCapacity": 2,
    },
    {"AutoScalingGroupName": "aged", "LaunchConfigurationName": "open", "MinSize": 0, "MaxSize": 1},
    {
        "AutoScalingGroupName": "plain",
        "LaunchTemplate": {"LaunchTemplateId": "lt-bad", "LaunchTemplateName": "bad", "Version": "$Latest"},
    },
]
_CONFIGURATIONS: list[dict[str, Any]] = [
    {
        "LaunchConfigurationName": "strict",
        "LaunchConfigurationARN": _of("autoscaling", "launchConfiguration:2:launchConfigurationName/strict"),
        "ImageId": "ami-5",
        "UserData": SECRET,
        "IamInstanceProfile": iam_arn("instance-profile/app"),
        "AssociatePublicIpAddress": True,
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
    },
    {
        "LaunchConfigurationName": "open",
        "ImageId": "ami-3",
        "IamInstanceProfile": "app",
        "UserData": SECRET,
    },
]

SECURITY_GROUPS: list[dict[str, Any]] = [
    {
        "GroupId": "sg-web",
        "GroupName": "web",
        "VpcId": "vpc-1",
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 444,
                "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}, {"CidrIp": "10.0.0.0/8"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
                "PrefixListIds": [{"PrefixListId": "pl-1"}],
                "UserIdGroupPairs": [{"GroupId": "sg-lb", "UserId": ACCOUNT_ID}],
            },
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-web", "UserId": ACCOUNT_ID}]},
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.1/32"}]},
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    },
    {"GroupId": "sg-isolation"},
]

_ROUTE_TABLES: list[dict[str, Any]] = [
    {
        "RouteTableId": "rtb-open",
        "VpcId": "vpc-1",
        "Associations": [
            {"Main": False, "SubnetId": "subnet-open", "AssociationState": {"State": "associated"}},
            {"Main": False, "SubnetId": "subnet-also", "AssociationState": {"State": "associated"}},
            {"Main": False, "SubnetId": "subnet-left", "AssociationState": {"State": "disassociated"}},
            {"Main": False, "GatewayId": "igw-1", "AssociationState": {"State": "associated"}},
        ],
        "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
            {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"},
            {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"},
            {"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1", "State": "active"},
            {"DestinationCidrBlock": "198.51.100.0/24", "GatewayId": "igw-gone", "State": "blackhole"},
            {"DestinationCidrBlock": "192.0.2.0/24", "GatewayId": "vgw-1", "State": "active"},
        ],
    },
    {
        "RouteTableId": "rtb-main",
        "VpcId": "vpc-1",
        "Associations": [{"Main": True, "AssociationState": {"State": "associated"}}],
        "Routes": [
            {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"},
            {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"},
        ],
    },
    {"RouteTableId": "rtb-unused", "VpcId": "vpc-1"},
]

ENDPOINT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
_ENDPOINTS: list[dict[str, Any]] = [
    {
        "VpcEndpointId": "vpce-s3",
        "VpcEndpointType": "Gateway",
        "VpcId": "vpc-1",
        "ServiceName": f"com.amazonaws.{HOME}.s3",
        "State": "available",
        "PolicyDocument": json.dumps(ENDPOINT_POLICY, indent=2),
    },
    {
        "VpcEndpointId": "vpce-resource",
        "VpcEndpointType": "Resource",
        "VpcId": "vpc-1",
        "State": "available",
        "ResourceConfigurationArn": _of("vpc-lattice", "resourceconfiguration/rcfg-1"),
    },
    {"VpcEndpointId": "vpce-bare"},
]
_FLOW_LOGS: list[dict[str, Any]] = [
    {
        "FlowLogId": "fl-1",
        "ResourceId": "vpc-1",
        "FlowLogStatus": "ACTIVE",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flow-logs",
    },
    {
        "FlowLogId": "fl-2",
        "ResourceId": "subnet-open",
        "FlowLogStatus": "ACTIVE",
        "TrafficType": "REJECT",
        "LogGroupName": "flows",
    },
    {"FlowLogId": "fl-3"},
]


def balancer_arn(kind: str, name: str) -> str:
    """The ARN of a load balancer, ``app`` or ``net``."""
    return _of("elasticloadbalancing", f"loadbalancer/{kind}/{name}/1")


def group_arn(name: str) -> str:
    """The ARN of a target group."""
    return _of("elasticloadbalancing", f"targetgroup/{name}/1")


_BALANCERS: list[dict[str, Any]] = [
    {
        "LoadBalancerName": "front",
        "LoadBalancerArn": balancer_arn("net", "front"),
        "Scheme": "internet-facing",
        "Type": "network",
        "VpcId": "vpc-1",
    },
    {
        "LoadBalancerName": "inner",
        "LoadBalancerArn": balancer_arn("app", "inner"),
        "Scheme": "internal",
        "Type": "application",
        "VpcId": "vpc-1",
        "SecurityGroups": ["sg-lb", "sg-inner"],
    },
    {
        "LoadBalancerName": "private",
        "LoadBalancerArn": balancer_arn("app", "private"),
        "Scheme": "internal",
        "Type": "application",
    },
    {"LoadBalancerName": "check", "LoadBalancerArn": balancer_arn("gwy", "check"), "Type": "gateway"},
]
_CLASSIC: list[dict[str, Any]] = [
    {
        "LoadBalancerName": "aged",
        "Scheme": "internet-facing",
        "VPCId": "vpc-1",
        "SecurityGroups": ["sg-lb"],
        "Instances": [{"InstanceId": "i-z"}, {"InstanceId": "i-bad"}],
    },
    {"LoadBalancerName": "bare"},
]


def _target_group(name: str, target_type: str, *balancers: str) -> dict[str, Any]:
    return {"TargetGroupArn": group_arn(name), "TargetType": target_type, "LoadBalancerArns": list(balancers)}


_TARGET_GROUPS: list[dict[str, Any]] = [
    _target_group("by-ip", "ip", balancer_arn("net", "front"), balancer_arn("app", "private")),
    _target_group("to-inner", "alb", balancer_arn("net", "front")),
    _target_group("web", "instance", balancer_arn("app", "inner")),
    _target_group("hidden", "instance", balancer_arn("app", "private")),
    _target_group("code", "lambda", balancer_arn("app", "inner")),
    {"TargetGroupArn": group_arn("loose")},
]
TARGETS: dict[str, list[str]] = {
    group_arn("by-ip"): ["10.0.1.10", "10.0.0.10"],
    group_arn("to-inner"): [balancer_arn("app", "inner")],
    group_arn("web"): ["i-bad", "i-bad"],
}


def _health(asked: Asked) -> dict[str, Any]:
    ids = TARGETS[asked.parameters["TargetGroupArn"]]
    return {
        "TargetHealthDescriptions": [
            {"Target": {"Id": each, "Port": port}, "TargetHealth": {"State": "healthy"}}
            for port, each in enumerate(ids, 8080)
        ]
    }


_MANAGED: list[dict[str, Any]] = [
    {
        "InstanceId": "i-bad",
        "PingStatus": "Online",
        "AgentVersion": "3.3.1.0",
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "ResourceType": "EC2Instance",
        "ComputerName": SECRET,
    },
    {"InstanceId": "i-aged"},
]

ANSWERS: dict[str, Any] = {
    "ec2:DescribeInstances": lambda asked: {
        "Reservations": [
            {"OwnerId": ACCOUNT_ID, "Instances": [INSTANCE]} if asked.region == HOME else {"Instances": [STOPPED]}
        ]
    },
    "ec2:GetInstanceMetadataDefaults": lambda asked: {
        "AccountLevel": {}
        if asked.region == HOME
        else {
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "HttpTokensEnforced": "enabled",
            "ManagedBy": "declarative-policy",
        }
    },
    "ec2:DescribeLaunchTemplateVersions": _templates,
    "ec2:DescribeImages": {
        "Images": [
            {"ImageId": "ami-3"},
            {"ImageId": "ami-2", "ImdsSupport": "v2.0"},
        ]
    },
    "autoscaling:DescribeAutoScalingGroups": _in_home("AutoScalingGroups", _GROUPS),
    "autoscaling:DescribeLaunchConfigurations": _in_home("LaunchConfigurations", _CONFIGURATIONS),
    "ec2:DescribeSecurityGroups": _in_home("SecurityGroups", SECURITY_GROUPS),
    "ec2:DescribeRouteTables": _in_home("RouteTables", _ROUTE_TABLES),
    "ec2:DescribeVpcEndpoints": _in_home("VpcEndpoints", _ENDPOINTS),
    "ec2:DescribeFlowLogs": _in_home("FlowLogs", _FLOW_LOGS),
    "elbv2:DescribeLoadBalancers": _in_home("LoadBalancers", _BALANCERS),
    "elbv2:DescribeTargetGroups": _in_home("TargetGroups", _TARGET_GROUPS),
    "elbv2:DescribeTargetHealth": _health,
    "elb:DescribeLoadBalancers": _in_home("LoadBalancerDescriptions", _CLASSIC),
    "ssm:DescribeInstanceInformation": _in_home("InstanceInformationList", _MANAGED),
    "ssm:GetServiceSetting": lambda asked: {
        "ServiceSetting": {
            "SettingId": asked.parameters["SettingId"],
            "SettingValue": "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole",
            "Status": "Customized",
        }
        if asked.region == HOME
        else {"SettingValue": "$None"}
    },
}
