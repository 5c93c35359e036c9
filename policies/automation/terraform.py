"""The alerting stack in Terraform's JSON syntax (``.tf.json``): one configuration for all regions.

Since version 6 of the provider each resource names its region, so the rules of other regions are one resource over a
list of them.

Source: the pages of the resources in the documentation of the AWS provider.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from policies.automation.admitting import forward_policy, forward_trust, key_policy, queue_policy, topic_policy
from policies.automation.alarms import PERIOD, Alarm, alarms
from policies.automation.cloudformation import EMAILS, IAM_TELLS_IN, REGIONS
from policies.automation.names import ALERTING, FORWARD
from policies.automation.printing import compact
from policies.automation.rules import LONGEST_TRY, MOST_TRIES, AlertRule, names_of, rules_of
from policies.automation.terraform_function import (
    function_locals,
    function_outputs,
    function_resources,
    function_variables,
)
from policies.automation.terraform_places import AWAY, EACH, HOME, IN_HOME, LOCAL, OTHERS, TELLING, policy_at
from policies.preparation.language import LABEL, TERRAFORM, TERRAFORM_DATA, required, variable
from policies.preparation.wish import Wish

_Resources = dict[str, dict[str, object]]
"""By kind and by label."""

_QUEUE_SECONDS = 14 * 24 * 3_600
_HOME_NAME, _REGIONS_NAME, _EMAIL_NAME = f"{LABEL}_home_region", f"{LABEL}_regions", f"{LABEL}_email"
_TOPIC = f"${{aws_sns_topic.{LOCAL}.arn}}"


def terraform(wish: Wish) -> str:
    """A configuration over the regions that it is told."""
    has_function = wish.mode != "notify"
    parts = [_topic(kept=has_function), _queues(), _forward(), _rules(wish), _alarms(wish)]
    parts += [function_resources(wish)] if has_function else []
    return compact(
        {
            "terraform": required(),
            "variable": {**_variables(), **(function_variables(wish) if has_function else {})},
            "data": {kind: TERRAFORM_DATA[kind] for kind in ("aws_partition", "aws_caller_identity")},
            "locals": {**_locals(wish), **(function_locals(wish) if has_function else {})},
            "resource": _merged(parts),
            "output": {
                f"{LOCAL}_topic_arn": {"value": _TOPIC},
                **(function_outputs() if has_function else {}),
            },
        }
    )


def _merged(parts: Iterable[_Resources]) -> _Resources:
    """The resources of all parts, by kind."""
    found: _Resources = {}
    for part in parts:
        for kind, labels in part.items():
            found[kind] = {**found.get(kind, {}), **labels}
    return found


def _variables() -> dict[str, object]:
    home = "The region of the topic; the other regions send to it."
    email = "Who is told, once that is confirmed by a click in the first message; empty for nobody yet."
    return {
        _HOME_NAME: variable("string", home, REGIONS, _HOME_NAME),
        _REGIONS_NAME: {"type": "list(string)", "description": "Every region that is enabled."},
        _EMAIL_NAME: variable("string", email, f"({EMAILS})?".replace("\\", "\\\\"), _EMAIL_NAME, ""),
    }


def _locals(wish: Wish) -> dict[str, object]:
    rules = rules_of(wish.mode, TERRAFORM)
    publishing = [each.name for each in rules if each.to == "topic"]
    suffix = f"${{data.aws_partition.{LABEL}.dns_suffix}}" if wish.mode != "notify" else None
    everywhere = msgspec.structs.replace(AWAY, region="*")
    others = f"setsubtract(var.{_REGIONS_NAME}, [var.{_HOME_NAME}])"
    telling = ", ".join(f'"{each}"' for each in IAM_TELLS_IN)
    return {
        f"{LOCAL}_others": f"${{toset({others})}}",
        f"{LOCAL}_telling": f"${{setintersection({others}, [{telling}])}}",
        f"{LOCAL}_key_policy": key_policy(HOME, suffix),
        f"{LOCAL}_topic_policy": topic_policy(HOME, publishing),
        f"{LOCAL}_queue_policy": queue_policy(AWAY, [each.name for each in rules]),
        f"{LOCAL}_forward_trust": forward_trust(everywhere, names_of(wish.mode, TERRAFORM, home=False)),
        f"{LOCAL}_forward_policy": forward_policy(TERRAFORM, HOME.region),
        **{f"{LOCAL}_{_label(each.short)}": each.pattern for each in rules},
    }


def _label(name: str) -> str:
    return name.replace("-", "_")


def _topic(*, kept: bool) -> _Resources:
    key = {
        **IN_HOME,
        "description": "Alerts about credentials, and what was done about them.",
        "enable_key_rotation": True,
        "policy": f"${{jsonencode(local.{LOCAL}_key_policy)}}",
        # Without the key nobody reads the journal that is left behind.
        **({"lifecycle": {"prevent_destroy": True}} if kept else {}),
    }
    of_topic = {**IN_HOME, "arn": _TOPIC, "policy": f"${{jsonencode(local.{LOCAL}_topic_policy)}}"}
    return {
        "aws_kms_key": {LOCAL: key},
        "aws_sns_topic": {LOCAL: {**IN_HOME, "name": ALERTING, "kms_master_key_id": f"${{aws_kms_key.{LOCAL}.arn}}"}},
        "aws_sns_topic_policy": {LOCAL: of_topic},
        "aws_sns_topic_subscription": {
            LOCAL: {
                "for_each": f'${{toset(var.{_EMAIL_NAME} == "" ? [] : [var.{_EMAIL_NAME}])}}',
                **IN_HOME,
                "topic_arn": _TOPIC,
                "protocol": "email",
                "endpoint": "${each.value}",
            }
        },
    }


def _queues() -> _Resources:
    # EventBridge needs no rights for the encryption of SQS itself, and so cannot lose them.
    queue = {"name": ALERTING, "message_retention_seconds": _QUEUE_SECONDS, "sqs_managed_sse_enabled": True}
    at_home = f"aws_sqs_queue.{LOCAL}"
    away = f"aws_sqs_queue.{LOCAL}_elsewhere[each.value]"
    return {
        "aws_sqs_queue": {LOCAL: {**IN_HOME, **queue}, f"{LOCAL}_elsewhere": {**OTHERS, **queue}},
        "aws_sqs_queue_policy": {
            LOCAL: {
                **IN_HOME,
                "queue_url": f"${{{at_home}.url}}",
                "policy": policy_at(f"{LOCAL}_queue_policy", f"var.{_HOME_NAME}"),
            },
            f"{LOCAL}_elsewhere": {
                **OTHERS,
                "queue_url": f"${{{away}.url}}",
                "policy": policy_at(f"{LOCAL}_queue_policy", "each.value"),
            },
        },
    }


def _forward() -> _Resources:
    label = f"{LOCAL}_forward"
    return {
        "aws_iam_role": {
            label: {
                "name": FORWARD,
                "description": "Alerts go to the default bus of the home region.",
                "assume_role_policy": f"${{jsonencode(local.{label}_trust)}}",
            }
        },
        "aws_iam_role_policy": {
            label: {
                "name": FORWARD,
                "role": f"${{aws_iam_role.{label}.id}}",
                "policy": f"${{jsonencode(local.{label}_policy)}}",
            }
        },
    }


_PLACES = {"home": IN_HOME, "elsewhere": OTHERS, "elsewhere, where IAM tells": TELLING}


def _rules(wish: Wish) -> _Resources:
    rules: dict[str, object] = {}
    targets: dict[str, object] = {}
    for each in rules_of(wish.mode, TERRAFORM):
        label = f"{LOCAL}_{_label(each.short)}"
        rules[label] = {
            **_PLACES[each.place],
            "name": each.name,
            "description": each.says,
            "state": "ENABLED",
            "event_pattern": f"${{jsonencode(local.{label})}}",
        }
        targets[label] = _target(each, label)
    return {"aws_cloudwatch_event_rule": rules, "aws_cloudwatch_event_target": targets}


def _target(rule: AlertRule, label: str) -> dict[str, object]:
    at_home = rule.place == "home"
    queue = f"aws_sqs_queue.{LOCAL}" if at_home else f"aws_sqs_queue.{LOCAL}_elsewhere[each.value]"
    bus = TERRAFORM.arn(f"events:{HOME.region}:{TERRAFORM.account}:event-bus/default")
    to: dict[str, dict[str, object]] = {
        "topic": {"arn": _TOPIC},
        "function": {"arn": f"${{aws_lambda_function.{LOCAL}.arn}}"},
        "home": {"arn": bus, "role_arn": f"${{aws_iam_role.{LOCAL}_forward.arn}}"},
    }
    target = {
        **_PLACES[rule.place],
        "rule": f"${{aws_cloudwatch_event_rule.{label}{'' if at_home else EACH}.name}}",
        "target_id": rule.to,
        **to[rule.to],
        "dead_letter_config": {"arn": f"${{{queue}.arn}}"},
        "retry_policy": {"maximum_event_age_in_seconds": LONGEST_TRY, "maximum_retry_attempts": MOST_TRIES},
        # An event that comes before the policies do would be lost.
        "depends_on": [
            f"aws_sqs_queue_policy.{LOCAL}{'' if at_home else '_elsewhere'}",
            *([f"aws_sns_topic_policy.{LOCAL}"] if rule.to == "topic" else []),
        ],
    }
    if rule.message is not None:
        paths = dict(rule.message.paths)
        target["input_transformer"] = {"input_paths": paths, "input_template": rule.message.template}
    return target


def _alarms(wish: Wish) -> _Resources:
    found: dict[str, object] = {}
    for home in (True, False):
        rules: Iterable[str] = names_of(wish.mode, TERRAFORM, home=home)
        for each in alarms(rules, home=home, function=wish.mode != "notify"):
            where = {**IN_HOME, "alarm_actions": [_TOPIC]} if home else OTHERS
            found[_label(each.name)] = {**where, **_alarm(each)}
    return {"aws_cloudwatch_metric_alarm": found}


def _alarm(alarm: Alarm) -> dict[str, object]:
    total = {"id": "sum", "expression": "SUM(METRICS())", "label": alarm.name, "return_data": True}
    queries: list[object] = [
        {
            "id": f"m{number}",
            "return_data": False,
            "metric": {
                "namespace": each.namespace,
                "metric_name": each.name,
                "dimensions": {each.dimension: each.value},
                "period": PERIOD,
                "stat": each.statistic,
            },
        }
        for number, each in enumerate(alarm.metrics, start=1)
    ]
    return {
        "alarm_name": alarm.name,
        "alarm_description": alarm.says,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": 0,
        "evaluation_periods": 1,
        "treat_missing_data": "notBreaching",
        "metric_query": [*queries, total],
    }
