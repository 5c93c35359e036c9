"""Reports that are compared with an earlier run: what is new, worse, resolved, open again and not looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from scanner.findings import Accepted, Finding, Resource, fingerprint
from scanner.report import Report
from scanner.runs_compared import compared
from tests.reports import sample

THEN = datetime(2026, 11, 19, 6, tzinfo=UTC)
LONG_AGO = datetime(2026, 8, 2, 6, tzinfo=UTC)
_ACCEPTED = Accepted(by="config", reason="For the migration.", owner="web", expires=date(2026, 11, 19))


def report(*hostile: str) -> Report:
    """The account in trouble, compared; resources with hostile names were there then, and there are some now."""
    now = sample.report()
    more = [_named(name, f"now-{number}") for number, name in enumerate(hostile)]
    now = msgspec.structs.replace(now, findings=(*now.findings, *more))
    return compared(now, _before([_named(name, f"then-{number}") for number, name in enumerate(hostile)]))


def _before(more: list[Finding]) -> Report:
    """The same account a day before, in which less was wrong and more was seen."""
    findings = list(sample.report().findings)
    root, escalation, guardduty = (
        next(each for each in findings if each.rule_id == rule_id and each.status == "fail")
        for rule_id in ("iam-root-access-key", "iam-privilege-escalation", "guardduty-not-enabled")
    )
    kept = [
        msgspec.structs.replace(root, since=LONG_AGO),
        msgspec.structs.replace(escalation, evidence={"material": []}, since=LONG_AGO),
        msgspec.structs.replace(guardduty, accepted=_ACCEPTED),
        *(each for each in findings if each.rule_id == "iam-user-key-old"),
        *(each for each in findings if each.status == "unknown" and each.rule_id == "vpc-flow-logs-off"),
    ]
    gone = [
        sample.finding("imds-v1-allowed", sample.instance(77), "IMDSv1 answers.", since=LONG_AGO),
        sample.finding("guardduty-not-enabled", sample.region("eu-west-1"), "There is no detector."),
        sample.finding("imds-v1-allowed", sample.instance(78, "sa-east-1"), "IMDSv1 answers."),
        sample.finding("imds-v1-allowed", sample.instance(79, "sa-east-1"), "IMDSv1 answers."),
        *more,
    ]
    made = sample.assemble((*kept, *gone), ())
    run = msgspec.structs.replace(made.run, started_at=THEN, judged_at=THEN, tool_version="0.9.0")
    rules = tuple(rule for rule in made.rules if rule.rule_id != "trail-no-validation")
    return msgspec.structs.replace(made, run=run, rules=rules)


def _named(name: str, number: str) -> Finding:
    resource = Resource(f"arn:aws:iam::{sample.ACCOUNT}:user/{number}/{name}", "AWS::IAM::User", name, sample.ACCOUNT)
    return sample.finding("iam-user-key-old", resource, f"A key of {name} is old.")


def many(number: int) -> Report:
    """A report in which so many findings are new, as many are resolved, and as many regions were not scanned."""
    pattern = sample.finding("imds-v1-allowed", sample.instance(0), "IMDSv1 answers.")

    def of(resource: Resource) -> Finding:
        arn = resource.arn
        return msgspec.structs.replace(
            pattern, resource=resource, fingerprint=fingerprint("", "aws", resource), title=arn
        )

    new = tuple(of(sample.instance(each)) for each in range(number))
    gone = tuple(of(sample.instance(each + number)) for each in range(number))
    far = tuple(of(sample.instance(each, f"zz-far-{each}")) for each in range(number))
    return compared(sample.assemble(new, ()), sample.assemble((*gone, *far), ()))
