"""CloudFormation templates of responders: their rules, functions, permissions and policies.

Sources: AWS::Events::Rule, AWS::Lambda::Function, AWS::Lambda::Permission, AWS::IAM::Role and AWS::SNS::TopicPolicy in
the AWS CloudFormation Template Reference; "Using dead-letter queues" in the EventBridge User Guide.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from policies.responders.faults import Fault, Says, told
from policies.responders.patterns import is_on_findings, judge_pattern
from policies.responders.python_judging import judge_python
from policies.responders.recognising import syntax_tree
from policies.responders.revocations import AttachedTo, judge_policy
from scanner.events.runtimes import deprecated_since
from scanner.iam.documents import Statement, parse
from scanner.iam.matching import covers_action
from scanner.inventory import Document

_RUNTIMES_AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
_SUBSTITUTED = re.compile(r"\$\{[^}!$][^}$]*\}")
_DEEPEST = 60

_SAYS = {
    "rule-one-region": Says(
        "The rule hears only of its own region, and sends to no event bus of another.",
        "Findings arise in the region where the stolen credential is used: elsewhere nobody is told.",
        "Puts a rule into every enabled region, each of which forwards to one bus.",
    ),
    "target-no-dead-letters": Says(
        "The target {} has no dead-letter queue.",
        "A finding that cannot be delivered is gone: nothing is contained, and nobody knows.",
        "Gives the target a dead-letter queue and a retry policy, and an alarm on failed invocations.",
    ),
    "permission-no-source": Says(
        "EventBridge may invoke the function for any rule, of any account: there is no SourceArn.",
        "Whoever can make a rule can have the responder cut off whom they like.",
        "Names the rule as SourceArn.",
    ),
    "runtime-ended": Says(
        "AWS ended support of the runtime {}.",
        "The function cannot be changed any more when it has to be, and in the end does not run.",
        "Uses a runtime that is supported.",
    ),
    "topic-no-source": Says(
        "A service may publish to the topic for anybody: there is no condition on the source.",
        "False alarms in any number hide the true one.",
        "Names the rule or the account as the source.",
    ),
    "responder-one-role": Says(
        "The responder may put policies on {} alone.",
        "For every other role it gets AccessDenied, and the thief stays.",
        "Lets the responder contain every role but those that it must never touch.",
    ),
    "responder-unbounded": Says(
        "The responder may put any policy on any role, itself included, and nothing denies it the rest.",
        "Whoever takes over the responder is administrator, and break-glass roles can be locked out.",
        "Denies the responder itself, the break-glass roles and the service-linked ones, and bounds what it may grant.",
    ),
}


def judge_stack(template: object, at: datetime | None = None) -> Iterator[Fault]:
    """What is wrong with a template: each of its resources, and what is missing around them."""
    resources = template.get("Resources") if isinstance(template, dict) else None
    if not isinstance(resources, dict):
        return
    plain = {
        name: (resource.get("Type"), _plain(resource.get("Properties"), 0))
        for name, resource in resources.items()
        if isinstance(resource, dict)
    }
    # One rule that sends findings home is enough: those that alert are where it sends them.
    goes_home = any(kind == "AWS::Events::Rule" and _sends_home(properties) for kind, properties in plain.values())
    for name, (kind, properties) in plain.items():
        if not isinstance(properties, dict):
            continue
        place = f"Resources.{name}"
        if kind == "AWS::Events::Rule":
            yield from _of_rule(properties, place, goes_home=goes_home)
        elif kind == "AWS::Lambda::Function":
            yield from _of_function(properties, place, at or _RUNTIMES_AS_OF)
        elif kind == "AWS::Lambda::Permission":
            yield from _of_permission(properties, place)
        elif kind in {"AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy"}:
            yield from _of_topic(properties, place)
        elif isinstance(kind, str) and kind.startswith("AWS::IAM::"):
            yield from _of_iam(kind, properties, place)


def _of_rule(properties: Mapping[str, Any], place: str, *, goes_home: bool) -> Iterator[Fault]:
    text = _findings_pattern(properties)
    if text is None:
        return
    yield from judge_pattern(text, f"{place}.Properties.EventPattern")
    if not goes_home:
        yield told(_SAYS, "rule-one-region", place)
    for at, target in enumerate(_targets(properties)):
        if not target.get("DeadLetterConfig"):
            yield told(_SAYS, "target-no-dead-letters", f"{place}.Properties.Targets[{at}]", str(target.get("Id")))


def _findings_pattern(properties: Mapping[str, Any]) -> str | None:
    """The pattern of a rule, if it is one on findings."""
    pattern = properties.get("EventPattern")
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    is_one = isinstance(pattern, str | dict) and _is_json(text) and is_on_findings(text)
    return text if is_one else None


def _targets(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    targets = properties.get("Targets")
    return [each for each in targets if isinstance(each, dict)] if isinstance(targets, list) else []


def _sends_home(properties: object) -> bool:
    """Whether a rule sends findings to an event bus."""
    if not isinstance(properties, dict) or _findings_pattern(properties) is None:
        return False
    arns = [str(each.get("Arn")) for each in _targets(properties)]
    return any(":event-bus/" in arn or "EventBus" in arn for arn in arns)


def _of_function(properties: Mapping[str, Any], place: str, at: datetime) -> Iterator[Fault]:
    runtime = properties.get("Runtime")
    since = deprecated_since(runtime, at) if isinstance(runtime, str) else None
    if since:
        yield told(_SAYS, "runtime-ended", f"{place}.Properties.Runtime", f"{runtime} on {since}")
    code = properties.get("Code")
    inline = code.get("ZipFile") if isinstance(code, dict) else None
    if not isinstance(inline, str) or not str(runtime).startswith("python"):
        return
    tree = syntax_tree(inline)
    if isinstance(tree, ast.Module):
        yield from judge_python(tree, f"{place}.Properties.Code.ZipFile")


def _of_permission(properties: Mapping[str, Any], place: str) -> Iterator[Fault]:
    if properties.get("Principal") == "events.amazonaws.com" and not properties.get("SourceArn"):
        yield told(_SAYS, "permission-no-source", place)


def _of_topic(properties: Mapping[str, Any], place: str) -> Iterator[Fault]:
    for statement in _statements(properties.get("PolicyDocument")):
        of_service = any(kind == "Service" or name == "*" for kind, name in statement.principals)
        keys = {condition.key for condition in statement.conditions}
        if statement.allows and of_service and not keys & {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid"}:
            yield told(_SAYS, "topic-no-source", f"{place}.Properties.PolicyDocument.Statement[{statement.index}]")


def _of_iam(kind: str, properties: Mapping[str, Any], place: str) -> Iterator[Fault]:
    attached: AttachedTo | None = "user" if kind == "AWS::IAM::User" or properties.get("Users") else None
    for where, document in _documents(properties):
        there = f"{place}.Properties.{where}"
        text = json.dumps(document)
        # A function of CloudFormation that is left, such as a condition, is what the grammar does not know.
        is_whole = '"Fn::' not in text
        faults = judge_policy(text, None, attached, there)
        yield from (fault for fault in faults if is_whole or fault.id != "malformed")
        yield from _of_responder(document, there, is_bounded=bool(properties.get("PermissionsBoundary")))


def _documents(properties: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    if isinstance(properties.get("PolicyDocument"), dict):
        yield "PolicyDocument", properties["PolicyDocument"]
    policies = properties.get("Policies")
    for at, each in enumerate(policies if isinstance(policies, list) else ()):
        if isinstance(each, dict) and isinstance(each.get("PolicyDocument"), dict):
            yield f"Policies[{at}].PolicyDocument", each["PolicyDocument"]


def _of_responder(document: object, place: str, *, is_bounded: bool) -> Iterator[Fault]:
    """What the policy of a responder lets it put policies on."""
    statements = _statements(document)
    granting = [each for each in statements if each.allows and covers_action(each, "iam:PutRolePolicy")]
    if not granting:
        return
    resources = sorted({resource for each in granting for resource in each.resources})
    if not any("*" in resource or "?" in resource for resource in resources) and len(resources) == 1:
        yield told(_SAYS, "responder-one-role", place, resources[0])
    denies = [each for each in statements if not each.allows and covers_action(each, "iam:PutRolePolicy")]
    if any(resource.endswith(("*", ":role/*")) for resource in resources) and not denies and not is_bounded:
        yield told(_SAYS, "responder-unbounded", place)


def _statements(document: object) -> tuple[Statement, ...]:
    return parse(Document(json.dumps(document).encode())).statements if isinstance(document, dict) else ()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _plain(value: Any, depth: int) -> Any:
    """The values of a template with its functions replaced by text that stands for them."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, inner = next(iter(value.items()))
        if name == "Ref":
            return str(inner)
        if name == "Fn::GetAtt":
            return ".".join(map(str, inner)) if isinstance(inner, list) else str(inner)
        if name == "Fn::Sub":
            text = inner[0] if isinstance(inner, list) and inner else inner
            return _SUBSTITUTED.sub(lambda found: found[0][2:-1], str(text))
        if name == "Fn::Join" and isinstance(inner, list) and len(inner) == 2 and isinstance(inner[1], list):
            return str(inner[0]).join(str(_plain(each, depth + 1)) for each in inner[1])
    return {key: _plain(each, depth + 1) for key, each in value.items()}
