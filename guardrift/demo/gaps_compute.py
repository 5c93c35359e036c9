"""What surrounds the instances of the demo account: balancers, scaling and Systems Manager, and their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardrift.demo.answers import Answers, Asked
from guardrift.demo.seed_compute import instance_id, template_id
from guardrift.demo.seed_network import BALANCER_GROUP, group_id, subnet_ids, vpc_id
from guardrift.demo.setting import ARCHIVE, ENFORCING, HOME, regional_arn

METADATA_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    ENFORCING: {
        "HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpTokensEnforced": "enabled", "ManagedBy": "account",
    },
    ARCHIVE: {"HttpTokens": "optional", "HttpTokensEnforced": "disabled", "ManagedBy": "account"},
}  # fmt: skip
"""The account's IMDS defaults by region; in all other regions nothing was ever set."""

BALANCED = "web-legacy"
"""The instance to which the load balancer passes on what comes from the internet."""

AGENTS = {"web-legacy": "ConnectionLost", "web-modern": "Online"}
"""Whether Systems Manager still hears of the agents on the instances."""

_GROUP = "batch-fleet"
_BALANCER = regional_arn("elasticloadbalancing", HOME, "loadbalancer/app/web/0d3e5f7a9b1c2d40")
_TARGETS = regional_arn("elasticloadbalancing", HOME, "targetgroup/web/6a8b0c2d4e5f7a90")


def _metadata_defaults(asked: Asked) -> dict[str, Any]:
    return {"AccountLevel": dict(METADATA_DEFAULTS.get(asked.region, {}))}


def _scaling_groups(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME:
        return {"AutoScalingGroups": []}
    return {
        "AutoScalingGroups": [
            {
                "AutoScalingGroupName": _GROUP,
                "AutoScalingGroupARN": regional_arn(
                    "autoscaling",
                    HOME,
                    f"autoScalingGroup:3c5d7e9f-1a2b-4c3d-8e4f-5a6b7c8d9e0f:autoScalingGroupName/{_GROUP}",
                ),
                "LaunchTemplate": {
                    "LaunchTemplateId": template_id(_GROUP),
                    "LaunchTemplateName": _GROUP,
                    "Version": "$Default",
                },
                "MinSize": 0,
                "MaxSize": 4,
                "DesiredCapacity": 0,
                "DefaultCooldown": 300,
                "AvailabilityZones": [f"{HOME}a"],
                "HealthCheckType": "EC2",
                "HealthCheckGracePeriod": 300,
                "Instances": [],
                "CreatedTime": asked.ago(days=120),
                "VPCZoneIdentifier": ",".join(subnet_ids()[:1]),
            }
        ]
    }


def _balancers(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME:
        return {"LoadBalancers": []}
    return {
        "LoadBalancers": [
            {
                "LoadBalancerArn": _BALANCER,
                "DNSName": f"web-1234567890.{HOME}.elb.amazonaws.com",
                "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
                "CreatedTime": asked.ago(days=610),
                "LoadBalancerName": "web",
                "Scheme": "internet-facing",
                "VpcId": vpc_id(),
                "State": {"Code": "active"},
                "Type": "application",
                "AvailabilityZones": [
                    {"ZoneName": f"{HOME}{letter}", "SubnetId": subnet}
                    for letter, subnet in zip("ab", subnet_ids(), strict=False)
                ],
                "SecurityGroups": [group_id(BALANCER_GROUP)],
                "IpAddressType": "ipv4",
            }
        ]
    }


def _target_groups(asked: Asked) -> dict[str, Any]:
    if asked.region != HOME:
        return {"TargetGroups": []}
    return {
        "TargetGroups": [
            {
                "TargetGroupArn": _TARGETS,
                "TargetGroupName": "web",
                "Protocol": "HTTP",
                "Port": 80,
                "VpcId": vpc_id(),
                "LoadBalancerArns": [_BALANCER],
                "TargetType": "instance",
                "ProtocolVersion": "HTTP1",
                "IpAddressType": "ipv4",
            }
        ]
    }


def _target_health(asked: Asked) -> dict[str, Any]:
    targets = [instance_id(BALANCED)] if asked.parameters["TargetGroupArn"] == _TARGETS else []
    return {
        "TargetHealthDescriptions": [
            {"Target": {"Id": target, "Port": 80}, "HealthCheckPort": "80", "TargetHealth": {"State": "healthy"}}
            for target in targets
        ]
    }


def _agents(asked: Asked) -> dict[str, Any]:
    agents = AGENTS.items() if asked.region == HOME else ()
    return {"InstanceInformationList": [_agent(asked, machine, ping) for machine, ping in agents]}


def _agent(asked: Asked, machine: str, ping: str) -> dict[str, Any]:
    return {
        "InstanceId": instance_id(machine),
        "PingStatus": ping,
        "LastPingDateTime": asked.ago(minutes=3) if ping == "Online" else asked.ago(days=33),
        "AgentVersion": "3.3.2299.0" if ping == "Online" else "3.1.1188.0",
        "IsLatestVersion": ping == "Online",
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "SourceId": instance_id(machine),
        "SourceType": "AWS::EC2::Instance",
    }


def _service_setting(asked: Asked) -> dict[str, Any]:
    setting = asked.parameters["SettingId"]
    return {
        "ServiceSetting": {
            "SettingId": setting,
            "SettingValue": "$None",
            "LastModifiedDate": asked.ago(days=1000),
            "LastModifiedUser": "System",
            "ARN": regional_arn("ssm", asked.region, f"servicesetting{setting}"),
            "Status": "Default",
        }
    }


ANSWERS: Answers = {
    "ec2:GetInstanceMetadataDefaults": _metadata_defaults,
    "autoscaling:DescribeAutoScalingGroups": _scaling_groups,
    "autoscaling:DescribeLaunchConfigurations": lambda _: {"LaunchConfigurations": []},
    "elbv2:DescribeLoadBalancers": _balancers,
    "elbv2:DescribeTargetGroups": _target_groups,
    "elbv2:DescribeTargetHealth": _target_health,
    "elb:DescribeLoadBalancers": lambda _: {"LoadBalancerDescriptions": []},
    "ssm:DescribeInstanceInformation": _agents,
    "ssm:GetServiceSetting": _service_setting,
}
