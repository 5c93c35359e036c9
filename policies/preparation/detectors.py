"""What watches in every region: a detector with its features, and an alarm on every use of the response role.

GuardDuty, EventBridge and CloudFormation work in one region each. The CloudFormation template is therefore for a stack
set, over every enabled region; Terraform names the regions.

Sources: "AWS::GuardDuty::Detector" in the CloudFormation Template Reference; "AWS service events delivered via
CloudTrail" in the Amazon EventBridge User Guide: ``AssumeRole`` counts as a read, so that a rule gets it only in the
state ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS``.
"""

from __future__ import annotations

from policies.preparation.language import (
    CLOUDFORMATION,
    LABEL,
    TERRAFORM,
    TERRAFORM_DATA,
    Language,
    printed,
    required,
    variable,
)
from policies.preparation.wish import Wish
from policies.scanner_role import ROLE_NAMES

_FREQUENCY = "FIFTEEN_MINUTES"
_FEATURES = ("EBS_MALWARE_PROTECTION", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS")
_RUNTIME = "RUNTIME_MONITORING"
_AGENTS = ("EC2_AGENT_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EKS_ADDON_MANAGEMENT")
_STATE = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_ALARM = "Somebody has assumed, or tried to assume, the response role."


def pattern(language: Language, role: str) -> dict[str, object]:
    """The event that somebody assumes the response role."""
    return {
        "source": ["aws.sts"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventName": ["AssumeRole"],
            "requestParameters": {"roleArn": [language.iam(f"role/{role}")]},
        },
    }


def cloudformation(wish: Wish) -> str:
    """A template for a stack set, one stack in each enabled region."""
    runtime = {
        "Name": _RUNTIME,
        "Status": "ENABLED",
        "AdditionalConfiguration": [{"Name": name, "Status": {"Ref": "Agents"}} for name in _AGENTS],
    }
    detector = {
        "Enable": True,
        "FindingPublishingFrequency": _FREQUENCY,
        "Features": [*({"Name": name, "Status": "ENABLED"} for name in _FEATURES), runtime],
    }
    alarm = {
        "Description": _ALARM,
        "State": _STATE,
        "EventPattern": pattern(CLOUDFORMATION, "${ResponseRole}"),
        "Targets": [{"Id": "topic", "Arn": CLOUDFORMATION.text(_regional("${AlarmTopic}"))}],
    }
    return printed(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "GuardDuty with its features in one region, and an alarm on the use of the response role.",
            "Parameters": _parameters(wish),
            "Conditions": {
                "HasDetector": {"Fn::Equals": [{"Ref": "Detector"}, "yes"]},
                "HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopic"}, ""]}]},
            },
            "Resources": {
                "GuardDuty": {
                    "Type": "AWS::GuardDuty::Detector",
                    "Condition": "HasDetector",
                    "Properties": detector,
                },
                "Alarm": {"Type": "AWS::Events::Rule", "Condition": "HasTopic", "Properties": alarm},
            },
        }
    )


def _regional(topic: str) -> str:
    """The topic of this name in the region of the stack: a rule reaches topics of its own region."""
    return f"arn:{CLOUDFORMATION.partition}:sns:{CLOUDFORMATION.region}:{CLOUDFORMATION.account}:{topic}"


def _parameters(wish: Wish) -> dict[str, object]:
    return {
        "Detector": {
            "Type": "String",
            "Default": "yes",
            "AllowedValues": ["yes", "no"],
            "Description": "no where the region has a detector already, of which there can be one only.",
        },
        "Agents": {
            "Type": "String",
            "Default": "DISABLED",
            "AllowedValues": ["ENABLED", "DISABLED"],
            "Description": "Whether GuardDuty itself puts the agents of runtime monitoring on instances and clusters.",
        },
        "ResponseRole": {"Type": "String", "Default": wish.response_role, "AllowedPattern": f"^{ROLE_NAMES}$"},
        "AlarmTopic": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "^[A-Za-z0-9_-]{0,256}$",
            "Description": (
                "The name of an SNS topic, the same in every region, whose policy lets events.amazonaws.com publish, "
                "and if it is encrypted, whose key lets it, too. Empty for no alarm."
            ),
        },
    }


def terraform(wish: Wish) -> str:
    """A configuration over the regions that it is told; in each, the region must be enabled."""
    regions, role, topics = f"{LABEL}_regions", f"{LABEL}_response_role_name", f"{LABEL}_alarm_topics"
    each = f"${{toset(var.{regions})}}"
    pairs = (
        f'${{{{for pair in setproduct(var.{regions}, local.{LABEL}_features) : "${{pair[0]}}/${{pair[1]}}" => pair}}}}'
    )
    of_detector = {"status": "ENABLED"}
    with_topic = f"${{var.{topics}}}"
    return printed(
        {
            "terraform": required(),
            "variable": {
                regions: {"type": "list(string)", "description": "Every region that is enabled."},
                role: variable("string", "The name of the response role.", ROLE_NAMES, role, wish.response_role),
                topics: {
                    "type": "map(string)",
                    "description": "By region, the ARN of an SNS topic that lets events.amazonaws.com publish.",
                    "default": {},
                },
            },
            "data": {kind: TERRAFORM_DATA[kind] for kind in ("aws_partition", "aws_caller_identity")},
            "locals": {f"{LABEL}_features": list(_FEATURES), f"{LABEL}_use": pattern(TERRAFORM, f"${{var.{role}}}")},
            "resource": {
                "aws_guardduty_detector": {
                    LABEL: {
                        "for_each": each,
                        "region": "${each.value}",
                        "enable": True,
                        "finding_publishing_frequency": _FREQUENCY,
                    }
                },
                "aws_guardduty_detector_feature": {
                    LABEL: {
                        "for_each": pairs,
                        "region": "${each.value[0]}",
                        "detector_id": f"${{aws_guardduty_detector.{LABEL}[each.value[0]].id}}",
                        "name": "${each.value[1]}",
                        **of_detector,
                    },
                    f"{LABEL}_runtime": {
                        "for_each": each,
                        "region": "${each.value}",
                        "detector_id": f"${{aws_guardduty_detector.{LABEL}[each.value].id}}",
                        "name": _RUNTIME,
                        **of_detector,
                        "additional_configuration": [{"name": name, "status": "DISABLED"} for name in _AGENTS],
                    },
                },
                "aws_cloudwatch_event_rule": {
                    LABEL: {
                        "for_each": with_topic,
                        "region": "${each.key}",
                        "name": f"{LABEL}-response-role",
                        "description": _ALARM,
                        "state": _STATE,
                        "event_pattern": f"${{jsonencode(local.{LABEL}_use)}}",
                    }
                },
                "aws_cloudwatch_event_target": {
                    LABEL: {
                        "for_each": with_topic,
                        "region": "${each.key}",
                        "rule": f"${{aws_cloudwatch_event_rule.{LABEL}[each.key].name}}",
                        "arn": "${each.value}",
                    }
                },
            },
        }
    )
