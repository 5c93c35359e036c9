"""The targets of alert rules: whether they take what is sent, and what becomes of it where they do not."""

from __future__ import annotations

import msgspec

from rules.alert_path.places import DELIVERY, Aimed, AlertRule, alert_rules, targets
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.events.delivery import Routes, alarm_routes, dead_letter, handing_over
from scanner.events.reaching import alerting_of
from scanner.findings import Severity
from scanner.inventory import EventRule, EventTarget, Gap, Undetermined, describe, known

_GUIDE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"


@rule(
    "alert-target-broken",
    severity="critical",
    phase="detect",
    subjects=targets,
    apis=tuple(api for api in DELIVERY if not api.startswith("sns:") or api == "sns:GetTopicAttributes"),
    controls=(
        *csf("DE.AE-06"),
        *well_architected("SEC04-BP04"),
        *attack(v18="T1078.004"),
    ),
    references=(
        f"{_GUIDE}eb-use-resource-based.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
    ),
)
def alert_target_broken(aimed: Aimed, scene: Scene[NoParameters]) -> Hit | None:
    r"""An alert rule sends to something that does not take it.

    ## Why
    EventBridge drops what a target refuses, and nobody hears of it: the topic was deleted, its policy is the one with
    which SNS makes topics (which lets the account in, but no rule), or it is encrypted with the key of AWS for topics,
    which EventBridge may not use. A key of your own helps only if its policy lets events.amazonaws.com use it without
    asking for the source, which SNS does not pass on. It weighs less where another target of the rule takes the event.

    ## Fix
    Let events.amazonaws.com in by the policy of the topic, function or queue, with the ARN of the rule as
    aws:SourceArn; encrypt topics with a key of your own, and let events.amazonaws.com do kms:GenerateDataKey* and
    kms:Decrypt there. Then send a sample finding and see it arrive.

    ## Breaks
    Nothing; messages begin to arrive.

    ## Bad
    ```json
    {"keys": [], "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": null}],
     "regions": [{"name": "eu-west-1", "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"keys": [], "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic",
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
          "Resource": "arn:aws:sns:eu-west-1:111122223333:security"}]}}}}],
     "regions": [{"name": "eu-west-1", "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    found = [(each, handing_over(scene.account, each, target, scene.declared)) for each, target in aimed.aims]
    broken = [(each, routes) for each, routes in found if routes.is_lost and routes.broken]
    if not broken:
        for _, routes in found:
            if not routes.is_reached:
                raise Undetermined(routes.open[0])
        return None
    names = sorted({each.name for each, _ in broken})
    who = f"the rule {names[0]} sends" if len(names) == 1 else f"the rules {', '.join(names)} send"
    texts = dict.fromkeys(link.text for _, routes in broken for link in routes.broken)
    return Hit(
        f"What {who} is lost here. {' '.join(texts)}",
        severity=_severity([each for each, _ in broken], scene),
        material=tuple(sorted({link.token for _, routes in broken for link in routes.broken})),
        details={"links": [msgspec.to_builtins(link) for _, routes in broken for link in routes.broken]},
    )


def _severity(broken: list[EventRule], scene: Scene[NoParameters]) -> Severity:
    """Critical where a rule has no other target that takes the event."""
    for each in broken:
        others = () if isinstance(each.targets, Gap) else each.targets
        if not any(handing_over(scene.account, each, target, scene.declared).is_reached for target in others):
            return "critical"
    return "high"


@rule(
    "alert-without-dead-letter-queue",
    severity="medium",
    phase="detect",
    subjects=alert_rules,
    apis=(*DELIVERY, "cloudwatch:DescribeAlarms"),
    controls=(
        *csf("DE.AE-06"),
        *well_architected("SEC04-BP04"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}eb-rule-dlq.html", f"{_GUIDE}eb-monitoring.html"),
)
def alert_without_dead_letter_queue(taking: AlertRule, scene: Scene[NoParameters]) -> Hit | None:
    r"""What an alert rule cannot deliver is lost.

    ## Why
    EventBridge tries for a day, then drops the event; where permission is missing it does not even try again. Without
    a dead-letter queue nobody knows what was lost, and without an alarm on FailedInvocations not even that something
    was. A queue that does not exist, or whose policy lets no rule in, is none. With an alarm that reaches somebody it
    weighs less: one hears of the failure, but the finding has to be looked for.

    ## Fix
    Give every target a dead-letter queue whose policy lets events.amazonaws.com send, and put an alarm on the metric
    FailedInvocations of the rule that publishes to another topic than the rule itself.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"topics": [], "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"topics": [], "queues": [{"arn": "arn:aws:sqs:eu-west-1:111122223333:lost", "detail": {"kind": "queue",
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
          "Resource": "arn:aws:sqs:eu-west-1:111122223333:lost"}]}}}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security",
         "dead_letter_queue": "arn:aws:sqs:eu-west-1:111122223333:lost"}]}]}]}
    ```
    """
    found = taking.rule
    aims = [target for target in known(found.targets) if target.arn.split(":")[2:3] != ["logs"]]
    queued = [(target, dead_letter(scene.account, found, target)) for target in aims]
    bare = [(target, queue) for target, queue in queued if queue is None or (queue.is_lost and queue.broken)]
    if not bare:
        for _, queue in queued:
            if queue is not None and not queue.is_reached:
                raise Undetermined(queue.open[0])
        return None
    told, why_not_known = _is_told(taking, scene)
    if not told and why_not_known:
        raise Undetermined(why_not_known)
    texts = [_lost(target, queue) for target, queue in bare]
    alarm = f" The alarm {told} tells that something failed." if told else ""
    return Hit(
        f"{' '.join(texts)}{alarm}",
        severity="low" if told else "medium",
        material=(*(f"no-queue:{target.arn}" for target, _ in bare), *(() if told else ("no-alarm",))),
        details={"targets": [target.arn for target, _ in bare], "alarm": told or None},
    )


def _lost(target: EventTarget, queue: Routes | None) -> str:
    if queue is None:
        return f"What cannot be delivered to {target.arn} is lost."
    return f"What cannot be delivered to {target.arn} is lost: {' '.join(link.text for link in queue.broken)}"


def _is_told(taking: AlertRule, scene: Scene[NoParameters]) -> tuple[str, str]:
    """The alarm on failures of a rule that reaches somebody, or why it is not known whether there is one."""
    if isinstance(taking.region.alarms, Gap):
        return "", describe(taking.region.alarms)
    why = ""
    for alarm in alerting_of(scene.account).failing(taking.region, taking.rule):
        routes = alarm_routes(scene.account, alarm, scene.declared)
        if routes.is_reached:
            return alarm.name, ""
        why = why or next(iter(routes.open), "")
    return "", why
