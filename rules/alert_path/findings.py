"""From a finding of GuardDuty to somebody who acts: asked of every link, for every type that speaks of credentials."""

from __future__ import annotations

from collections.abc import Iterable

from rules.alert_path.places import DELIVERY, Watched, detectors, listed
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Declared, Hit, NoParameters, Scene, rule
from scanner.events.delivery import Routes
from scanner.events.delivery_hub import finding_routes
from scanner.events.samples import Sample, credential_findings
from scanner.findings import Severity
from scanner.inventory import Administrator, Gap, Undetermined, describe, known

_MOST_NAMED = 4
_Lost = tuple[Sample, Routes]


@rule(
    "guardduty-findings-unrouted",
    severity="critical",
    phase="detect",
    subjects=detectors,
    apis=(
        "guardduty:GetDetector",
        "guardduty:GetAdministratorAccount",
        "guardduty:ListPublishingDestinations",
        "securityhub:DescribeHub",
        "securityhub:DescribeSecurityHubV2",
        *DELIVERY,
    ),
    controls=(
        *csf("DE.AE-06", "RS.CO-02"),
        *well_architected("SEC04-BP04", "SEC10-BP01"),
        *attack(v18="T1078.004"),
    ),
    references=(
        "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
    ),
)
def guardduty_findings_unrouted(watched: Watched, scene: Scene[NoParameters]) -> Hit | None:
    r"""A GuardDuty finding about stolen credentials reaches nobody.

    ## Why
    GuardDuty tells nobody by itself. A finding waits in the console of one region until a rule there takes it to
    somebody, and every link can break unnoticed: a pattern that does not match the type, a topic whose policy lets no
    rule in, a key that EventBridge may not use, a subscription that nobody confirmed. Meanwhile the thief has the
    weekend. Asked is what would become of one finding of every type that speaks of credentials, in every region with a
    detector: who has it in the end must be a person, a function, a service that acts, or a destination that you
    declared as read by another system. Rules that forward to other regions, and findings that go through Security Hub,
    count. It weighs less where only types of lower severity are lost.

    ## Fix
    In every region a rule on the source aws.guardduty with the detail type GuardDuty Finding and no list of types, so
    that new types are taken as well; its target a topic with confirmed subscriptions, or the bus of the region in which
    such a rule stands. The details name the link that is broken for each type.

    ## Breaks
    Nothing; people get more messages. Choose by severity in the rule, not by lists of types.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "event_rules": [], "security_hub": null, "security_hub_v2": null,
      "detectors": [{"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1", "administrator": null,
        "detail": {"kind": "detector", "status": "ENABLED"}}]}]}
    ```

    ## Good
    ```json
    {"functions": [], "queues": [], "keys": [],
     "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "confirmed": 1,
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
          "Resource": "arn:aws:sns:eu-west-1:111122223333:security"}]}}}}],
     "regions": [{"name": "eu-west-1", "security_hub": null, "security_hub_v2": null,
      "detectors": [{"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1", "administrator": null,
        "detail": {"kind": "detector", "status": "ENABLED"}}],
      "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "email",
        "arn": "arn:aws:sns:eu-west-1:111122223333:security:5f1d", "endpoint": "example.com",
        "settings": {"kind": "subscription-settings"}}],
      "event_rules": [{"name": "findings", "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings",
        "state": "ENABLED",
        "pattern": "{\"source\": [\"aws.guardduty\"], \"detail-type\": [\"GuardDuty Finding\"]}",
        "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    region, account = watched.region, scene.account
    samples = credential_findings(account.partition, account.account_id, region.name)
    found = [(sample, finding_routes(account, region, sample.event, scene.declared)) for sample in samples]
    missed = [each for each in found if not each[1].is_reached]
    if not missed:
        return None
    _refuse_where_others_see_them(watched)
    _refuse_where_a_bucket_is_read(watched, scene.declared)
    lost = [each for each in missed if each[1].is_lost]
    if not lost:
        raise Undetermined(missed[0][1].open[0])
    return Hit(
        f"{len(lost)} of {len(found)} types of findings about credentials reach nobody in {region.name}. {_told(lost)}",
        severity=_severity(lost),
        material=tuple(f"unrouted:{sample.name}" for sample, _ in lost),
        details={
            "lost": [_evidence(sample, routes) for sample, routes in lost],
            "reached": [sample.name for sample, routes in found if routes.is_reached],
            "not_known": [{"type": sample.name, "why": list(routes.open)} for sample, routes in missed if routes.open],
        },
    )


def _refuse_where_others_see_them(watched: Watched) -> None:
    """The account that administers GuardDuty has the findings as well, and may have rules for them."""
    administrator = watched.detector.administrator
    if isinstance(administrator, Gap):
        raise Undetermined(f"Whether another account has the findings as well: {describe(administrator)}")
    if isinstance(administrator, Administrator) and (administrator.status or "Enabled") == "Enabled":
        who = administrator.account_id or "another account"
        raise Undetermined(f"They go to {who} as well, which administers GuardDuty; its rules were not scanned")


def _refuse_where_a_bucket_is_read(watched: Watched, declared: Declared) -> None:
    """Another system may read the bucket to which findings are exported; which bucket that is was not collected."""
    if not any(":s3:" in pattern for pattern in declared.siem):
        return
    if any(each.type == "S3" and each.status == "PUBLISHING" for each in known(watched.detector.destinations)):
        raise Undetermined("GuardDuty exports them to a bucket, which may be the one that another system reads")


def _severity(lost: Iterable[_Lost]) -> Severity:
    worst = max(float(sample.event["detail"]["severity"]) for sample, _ in lost)
    return "critical" if worst >= 7 else "high" if worst >= 4 else "medium"


def _told(lost: list[_Lost]) -> str:
    """The broken links, the most frequent first, each with the families of types that it costs."""
    families: dict[str, list[str]] = {}
    for sample, routes in lost:
        reason = " ".join(dict.fromkeys(each.text for each in routes.broken))
        families.setdefault(reason, []).append(sample.name)
    ordered = sorted(families.items(), key=lambda item: (-len(item[1]), item[0]))
    return " ".join(f"{listed(names)}: {reason}" for reason, names in ordered[:_MOST_NAMED])


def _evidence(sample: Sample, routes: Routes) -> dict[str, object]:
    return {
        "type": sample.name,
        "links": sorted({each.token for each in routes.broken}),
        "because": list(dict.fromkeys(each.text for each in routes.broken)),
        "rules": sorted({each.rule for each in routes.broken if each.rule}),
    }
