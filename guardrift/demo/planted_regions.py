"""What is wrong in the regions of the demo account: metadata services, trails, detectors and the alert path."""

from __future__ import annotations

from guardrift.demo.place import Place, Planted, Twin
from guardrift.demo.seed_detection import LISTENERS
from guardrift.demo.setting import ARCHIVE, ENFORCING, HOME, REGIONS, SUSPENDED

_CONFIRMED, _PENDING = (Place("subscription", listener.endpoint, HOME) for listener in LISTENERS)


def _region(name: str) -> Place:
    return Place("region", name, name)


def _template(name: str, region: str = HOME) -> Place:
    return Place("launch-template", name, region)


_METADATA = (
    Planted(
        "imds-v1-instance",
        "an instance with a wide role hands out its credentials without a session token",
        "workshop-0-instance-credential-exfiltration",
        Place("instance", "web-legacy", HOME),
        (
            Twin(Place("instance", "web-modern", HOME), "it requires session tokens"),
            Twin(Place("instance", "web-retired", HOME), "it allowed IMDSv1 too, but is terminated"),
        ),
        rule_id="imds-v1-instance",
    ),
    Planted(
        "imds-v1-launch-template",
        "the default version of a launch template allows IMDSv1, although an older one did not",
        "workshop-0-instance-credential-exfiltration",
        _template("web-fleet"),
        (
            Twin(_template("batch-fleet"), "its default version requires tokens, although an older one did not"),
            Twin(_template("cache-fleet"), "it says nothing, but its image has ImdsSupport v2.0"),
            Twin(_template("edge-fleet", ENFORCING), "it says nothing, but the region's default requires tokens"),
        ),
        rule_id="imds-v1-launch-template",
    ),
    *(
        Planted(
            f"imds-default-{region}",
            f"new instances in {region} answer IMDSv1 unless whoever launches them says otherwise",
            "workshop-0-instance-credential-exfiltration",
            _region(region),
            (Twin(_region(ENFORCING), "the account's default requires tokens there, and is enforced"),),
            rule_id="imds-account-default",
        )
        for region in REGIONS
        if region != ENFORCING
    ),
)  # fmt: skip

_ACCOUNT_TRAIL = Place("trail", "account-trail", HOME)

_TRAILS = (
    Planted(
        "trail-stopped",
        "someone stopped a trail",
        "guide-credential-breach",
        Place("trail", "former-trail", SUSPENDED),
        (Twin(_ACCOUNT_TRAIL, "it records all regions"),),
        rule_id="trail-stopped",
    ),
    Planted(
        "trail-delivery-failing",
        "a trail records, but its bucket is gone",
        "guide-credential-breach",
        Place("trail", "archive-trail", ARCHIVE),
        (Twin(_ACCOUNT_TRAIL, "it delivered four minutes ago"),),
        rule_id="trail-delivery-failing",
    ),
)

_DETECTORS = tuple(
    Planted(
        f"guardduty-off-{region}",
        f"GuardDuty is suspended in {region}" if region == SUSPENDED else f"GuardDuty was never enabled in {region}",
        "guide-credential-breach",
        _region(region),
        (Twin(_region(HOME), "its detector is enabled"),),
        rule_id="guardduty-off",
    )
    for region in REGIONS
    if region != HOME
)

_ALERT_PATH = (
    Planted(
        "alert-pattern-too-narrow",
        "the rule that revokes stolen sessions takes one of the finding types, and does not name the detail-type",
        "automation-role-credential-exfiltration",
        Place("rule", "credential-exfiltration", HOME),
        (Twin(Place("rule", "threat-list-caller", HOME), "its pattern names the detail-type"),),
        planned="the alert path: needs a matcher of event patterns",
    ),
    Planted(
        "alert-only-notifies",
        "callers from the threat list are reported by e-mail and by nothing else",
        "scenario-compromised-iam-user",
        Place("rule", "threat-list-caller", HOME),
        (Twin(Place("rule", "credential-exfiltration", HOME), "it calls a responder beside the e-mail"),),
        planned="the alert path: needs a matcher of event patterns",
    ),
    Planted(
        "subscription-unconfirmed",
        "the only address that the on-call topic would tell never confirmed",
        "workshop-1-compromised-iam-credentials",
        _PENDING,
        (Twin(_CONFIRMED, "it confirmed its subscription"),),
        planned="the alert path: needs rules about its topics",
    ),
)

IN_REGIONS: tuple[Planted, ...] = (*_METADATA, *_TRAILS, *_DETECTORS, *_ALERT_PATH)
