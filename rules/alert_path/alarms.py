"""Alarms on security metrics that tell nobody."""

from __future__ import annotations

from typing import Any

from rules.alert_path.places import DELIVERY, SecurityAlarm, alarms
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.events.delivery import routes
from scanner.events.delivery_places import places_of
from scanner.inventory import Account, Alarm, Undetermined
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"


@rule(
    "alarm-without-action",
    severity="medium",
    phase="detect",
    subjects=alarms,
    apis=("cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters", *DELIVERY),
    controls=(
        *csf("DE.AE-06"),
        *well_architected("SEC04-BP04"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}alarm-actions.html", f"{_GUIDE}cloudwatch-and-eventbridge.html"),
)
def alarm_without_action(found: SecurityAlarm, scene: Scene[NoParameters]) -> Hit | None:
    r"""An alarm on a security metric tells nobody.

    ## Why
    The alarm turns red in a console at which nobody looks: somebody switched its actions off on a noisy day, or it
    never had one. Asked are the alarms on what metric filters look for in the logs of CloudTrail, and on events that
    rules could not deliver. One with which a composite alarm with actions goes off is heard by that; one whose changes
    a rule of EventBridge takes to somebody is heard, too.

    ## Fix
    Switch the actions on, and let one of them publish to a topic to which somebody listens.

    ## Breaks
    Nothing; an alarm that is red already tells so only when it changes.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "event_rules": [],
      "metric_filters": [{"name": "root", "log_group": "trail", "pattern": "{ $.userIdentity.type = \"Root\" }",
        "metrics": [["Security", "RootUse"]]}],
      "alarms": [{"name": "root", "arn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root",
        "actions_enabled": false, "actions": ["arn:aws:sns:eu-west-1:111122223333:security"],
        "metrics": [["Security", "RootUse"]]}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "event_rules": [],
      "metric_filters": [{"name": "root", "log_group": "trail", "pattern": "{ $.userIdentity.type = \"Root\" }",
        "metrics": [["Security", "RootUse"]]}],
      "alarms": [{"name": "root", "arn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root",
        "actions_enabled": true, "actions": ["arn:aws:sns:eu-west-1:111122223333:security"],
        "metrics": [["Security", "RootUse"]]}]}]}
    ```
    """
    region, alarm = found.region, found.alarm
    if alarm.actions_enabled and alarm.actions:
        return None
    around = _around(scene.account, found)
    if any(goes_off for _, goes_off in around):
        return None
    told = routes(scene.account, region.name, _change(scene.account, alarm, region.name), scene.declared)
    if told.is_reached:
        return None
    if told.open:
        raise Undetermined(told.open[0])
    for other, _ in around:
        raise Undetermined(f"Whether the composite alarm {other.name} goes off with it depends on other alarms")
    off = bool(alarm.actions)
    change = option("--alarm-names", alarm.name), option("--region", region.name)
    return Hit(
        f"The actions of the alarm {alarm.name} are switched off." if off else f"The alarm {alarm.name} has no action.",
        material=("alarm:actions-off" if off else "alarm:no-action",),
        details={"metrics": [list(metric) for metric in alarm.metrics], "state": alarm.state},
        commands=(" ".join((command("aws", "cloudwatch", "enable-alarm-actions"), *change)),) if off else (),
        undo=(" ".join((command("aws", "cloudwatch", "disable-alarm-actions"), *change)),) if off else (),
    )


def _around(account: Account, found: SecurityAlarm) -> tuple[tuple[Alarm, bool | None], ...]:
    """The composite alarms that look at this one and tell somebody, each with whether it goes off with it."""
    around = places_of(account).around(found.region, found.alarm)
    return tuple(each for each in around if each[0].actions_enabled and each[0].actions)


def _change(account: Account, alarm: Alarm, region: str) -> dict[str, Any]:
    """The event that the alarm went off."""
    return {
        "version": "0",
        "id": "11112222-3333-4444-5555-666677778888",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": account.account_id,
        "time": "2026-01-15T10:20:30Z",
        "region": region,
        "resources": [alarm.arn],
        "detail": {
            "alarmName": alarm.name,
            "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-01-15T10:20:30.000+0000"},
            "previousState": {"value": "OK"},
        },
    }
