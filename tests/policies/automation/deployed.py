"""The alerting stack as CloudFormation makes it, region by region, and the account that comes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from policies.automation import Mode, render_stack
from policies.preparation import Wish
from scanner.engine.documentation import example_account
from scanner.inventory import Account

Json = dict[str, Any]

OWN, FOREIGN = "111122223333", "999988887777"
HOME, AWAY, GLOBAL = "eu-west-1", "ap-southeast-2", "us-east-1"
REGIONS = (HOME, AWAY, GLOBAL)
MAILBOX = "alerts@example.com"
CODE = "code-of-guardrift"
KEY_ID = "11112222-3333-4444-5555-666677778888"


def template(mode: Mode) -> Json:
    found: Json = json.loads(render_stack("alerting", "cloudformation", Wish(mode=mode)))
    return found


class Stack:
    """One stack: its resources with every function of CloudFormation resolved, by logical id."""

    def __init__(self, made: Json, region: str, partition: str = "aws", home: str = HOME, **parameters: str) -> None:
        given = {"HomeRegion": home, "Email": MAILBOX, "CodeBucket": CODE, **parameters}
        self.region = region
        self._resources = made["Resources"]
        self._conditions = made["Conditions"]
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        self._values: Json = {
            "AWS::Region": region, "AWS::Partition": partition, "AWS::AccountId": OWN, "AWS::URLSuffix": suffix,
        }  # fmt: skip
        for name, facts in made["Parameters"].items():
            value = given.get(name, facts.get("Default"))
            parts = str(value).split(",") if facts["Type"] == "CommaDelimitedList" else [str(value)]
            assert all(re.fullmatch(facts.get("AllowedPattern", ".*"), part) for part in parts), (name, value)
            self._values[name] = parts if facts["Type"] == "CommaDelimitedList" else str(value)
        self.resources: dict[str, Json] = {
            name: {"Type": each["Type"], **self.of(each["Properties"])}
            for name, each in self._resources.items()
            if self._is_made(each)
        }

    def of_type(self, kind: str) -> list[Json]:
        return [each for each in self.resources.values() if each["Type"] == kind]

    def of(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.of(member) for member in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in _FUNCTIONS:
            return _FUNCTIONS[name](self, value[name])
        assert not any(name.startswith("Fn::") or name == "Ref" for name in value)
        found = {name: self.of(member) for name, member in value.items()}
        return {name: member for name, member in found.items() if member is not None}

    def _is_made(self, resource: Json) -> bool:
        return "Condition" not in resource or bool(self.of(self._conditions[resource["Condition"]]))

    def arn(self, name: str) -> str:
        """The ARN of a resource of this stack; it is an error to refer to one that is not made."""
        resource = self._resources[name]
        assert self._is_made(resource), f"{name} is not in {self.region}"
        own, partition = resource["Properties"], self._values["AWS::Partition"]
        service, region, rest = {
            "AWS::SNS::Topic": ("sns", self.region, "{TopicName}"),
            "AWS::SQS::Queue": ("sqs", self.region, "{QueueName}"),
            "AWS::KMS::Key": ("kms", self.region, f"key/{KEY_ID}"),
            "AWS::Lambda::Function": ("lambda", self.region, "function:{FunctionName}"),
            "AWS::IAM::Role": ("iam", "", "role/{RoleName}"),
            "AWS::IAM::ManagedPolicy": ("iam", "", "policy/{ManagedPolicyName}"),
        }[resource["Type"]]
        texts = {each: value for each, value in self.of(own).items() if isinstance(value, str)}
        return f"arn:{partition}:{service}:{region}:{OWN}:{rest.format(**texts)}"

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        if name in self._values:
            return self._values[name]
        resource = self._resources[name]
        assert self._is_made(resource), f"{name} is not in {self.region}"
        own = resource["Properties"]
        if resource["Type"] in ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy"):
            return self.arn(name)
        return {
            "AWS::SQS::Queue": f"https://sqs.{self.region}.amazonaws.com/{OWN}/queue",
            "AWS::S3::Bucket": "stack-journal",
            "AWS::Lambda::Function": own.get("FunctionName"),
            "AWS::Logs::LogGroup": own.get("LogGroupName"),
        }[resource["Type"]]

    def sub(self, text: str) -> str:
        return re.sub(r"\$\{([A-Za-z:]+)\}", lambda found: str(self.ref(found[1])), text)

    def choice(self, arguments: list[Any]) -> Any:
        name, yes, no = arguments
        return self.of(yes if self.of(self._conditions[name]) else no)

    def join(self, arguments: list[Any]) -> str:
        mark, parts = arguments
        return str(mark).join(self.of(parts))

    def split(self, arguments: list[Any]) -> list[str]:
        mark, text = arguments
        return str(self.of(text)).split(mark)


_FUNCTIONS: Mapping[str, Any] = {
    "Ref": Stack.ref,
    "Fn::Sub": Stack.sub,
    "Fn::If": Stack.choice,
    "Fn::Join": Stack.join,
    "Fn::Split": Stack.split,
    "Fn::GetAtt": lambda stack, path: stack.arn(path[0]),
    "Fn::Not": lambda stack, inner: not stack.of(inner[0]),
    "Fn::And": lambda stack, inner: all(stack.of(each) for each in inner),
    "Fn::Or": lambda stack, inner: any(stack.of(each) for each in inner),
    "Fn::Equals": lambda stack, pair: stack.of(pair[0]) == stack.of(pair[1]),
    "Condition": lambda stack, name: stack.of(stack._conditions[name]),
}


def stacks(mode: Mode, regions: Iterable[str] = REGIONS, **parameters: str) -> tuple[Stack, ...]:
    made = template(mode)
    return tuple(Stack(made, region, **parameters) for region in regions)


def account_of(made: Iterable[Stack], *, confirmed: bool = True) -> Account:
    """The account in which these stacks are, as a scan sees it."""
    return example_account(json.dumps(facts_of(made, confirmed=confirmed)))


def facts_of(made: Iterable[Stack], *, confirmed: bool = True) -> Json:
    listed = tuple(made)
    everywhere: dict[str, list[Json]] = {name: [] for name in ("topics", "queues", "functions", "keys", "roles")}
    for stack in listed:
        for name, found in _global_facts(stack).items():
            everywhere[name] += found
    return {
        "account_id": OWN, "users": [], "groups": [], "policies": [], "organization": {"membership": None},
        "regions": [_region(stack, confirmed) for stack in listed], **everywhere,
    }  # fmt: skip


def _policy(document: Any) -> Json:
    return {"kind": "policy", "document": document}


def _region(stack: Stack, confirmed: bool) -> Json:
    subscribed = [
        {
            "topic": each["TopicArn"], "protocol": each["Protocol"], "endpoint": "example.com",
            "arn": f"{each['TopicArn']}:1" if confirmed else "PendingConfirmation",
            "settings": {"kind": "subscription-settings"} if confirmed else None,
        }
        for each in stack.of_type("AWS::SNS::Subscription")
    ]  # fmt: skip
    return {
        "name": stack.region,
        "event_rules": [_rule(stack, each) for each in stack.of_type("AWS::Events::Rule")],
        "event_buses": [],
        "subscriptions": subscribed,
        "alarms": [_alarm(stack, each) for each in stack.of_type("AWS::CloudWatch::Alarm")],
    }


def _rule(stack: Stack, rule: Json) -> Json:
    targets = [
        {
            "id": each["Id"], "arn": each["Arn"], "role": each.get("RoleArn"),
            "dead_letter_queue": each["DeadLetterConfig"]["Arn"], "transforms_input": "InputTransformer" in each,
            "retries": each["RetryPolicy"]["MaximumRetryAttempts"],
            "max_age": each["RetryPolicy"]["MaximumEventAgeInSeconds"],
        }
        for each in rule["Targets"]
    ]  # fmt: skip
    return {
        "name": rule["Name"], "arn": f"arn:aws:events:{stack.region}:{OWN}:rule/{rule['Name']}",
        "state": rule["State"], "pattern": json.dumps(rule["EventPattern"]), "targets": targets,
    }  # fmt: skip


def _alarm(stack: Stack, alarm: Json) -> Json:
    measured = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each] or [alarm]
    return {
        "name": alarm["AlarmName"], "arn": f"arn:aws:cloudwatch:{stack.region}:{OWN}:alarm:{alarm['AlarmName']}",
        "actions_enabled": True, "actions": alarm.get("AlarmActions", []), "state": "OK",
        "metrics": [[each["Namespace"], each["MetricName"]] for each in measured],
    }  # fmt: skip


def _global_facts(stack: Stack) -> dict[str, list[Json]]:
    found = stack.resources
    is_home = "Topic" in found
    queue = {"kind": "queue", "policy": _policy(found["QueuePolicy"]["PolicyDocument"]), "uses_sqs_encryption": True}
    topic = {
        "kind": "topic", "policy": _policy(found["TopicPolicy"]["PolicyDocument"]), "confirmed": 1,
        "kms_key": found["Topic"]["KmsMasterKeyId"],
    } if is_home else {}  # fmt: skip
    return {
        "queues": [{"arn": stack.arn("Queue"), "detail": queue}],
        "topics": [{"arn": stack.arn("Topic"), "detail": topic}] if is_home else [],
        "keys": [_key(stack)] if is_home else [],
        "functions": [_function(stack)] if "Function" in found else [],
        "roles": [_role(each) for each in stack.of_type("AWS::IAM::Role")],
    }


def _key(stack: Stack) -> Json:
    arn = stack.arn("Key")
    return {
        "named": arn, "region": stack.region, "arn": arn, "rotation": {"kind": "key-rotation", "enabled": True},
        "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"},
        "policy": _policy(stack.resources["Key"]["KeyPolicy"]),
    }  # fmt: skip


def _function(stack: Stack) -> Json:
    function = stack.resources["Function"]
    detail = {
        "kind": "function", "state": "Active", "runtime": function["Runtime"], "role": function["Role"],
    }  # fmt: skip
    arn = stack.arn("Function")
    statements = [
        {
            "Effect": "Allow", "Principal": {"Service": each["Principal"]}, "Action": each["Action"], "Resource": arn,
            "Condition": {"ArnLike": {"AWS:SourceArn": each["SourceArn"]}},
        }
        for each in stack.of_type("AWS::Lambda::Permission")
    ]  # fmt: skip
    reserved = function["ReservedConcurrentExecutions"]
    return {
        "arn": arn, "detail": detail, "policy": _policy({"Version": "2012-10-17", "Statement": statements}),
        "concurrency": {"kind": "concurrency", "reserved": reserved},
    }  # fmt: skip


def _role(role: Json) -> Json:
    return {
        "name": role["RoleName"], "arn": f"arn:aws:iam::{OWN}:role/{role['RoleName']}", "id": "AROA" + role["RoleName"],
        "created": "2026-11-01T00:00:00Z", "trust": role["AssumeRolePolicyDocument"],
        "inline": [{"name": each["PolicyName"], "document": each["PolicyDocument"]} for each in role["Policies"]],
    }  # fmt: skip
