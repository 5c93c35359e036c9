"""A verdict with something of everything in it."""

from __future__ import annotations

from datetime import date

from scanner.baseline import AcceptedFinding
from scanner.drift.told import Actions, Cause, Change, Compared, Grant
from scanner.findings import Resource, Severity, Status
from scanner.gate import Gate, GatedDrift, GatedFinding, Proposed, Why
from tests.accounts import OWN

ROLE = Resource(f"arn:aws:iam::{OWN}:role/deploy", "AWS::IAM::Role", "deploy", OWN)
TRAIL = Resource(f"arn:aws:cloudtrail:eu-west-1:{OWN}:trail/main", "trail", "main", OWN, "eu-west-1")


def gated(why: Why, *, blocks: bool = True, severity: Severity = "high", status: Status = "fail",
          resource: Resource = ROLE, grew: tuple[str, ...] = ()) -> GatedFinding:  # fmt: skip
    """A finding of the gate."""
    return GatedFinding(
        why=why,
        blocks=blocks,
        fingerprint=why.replace("_", "").ljust(32, "0"),
        rule_id="iam-privilege-escalation",
        status=status,
        severity=severity,
        title="A principal can make itself an administrator",
        message="It can make itself an administrator: access key for another, privileged user.",
        resource=resource,
        place=f"guardrift-baseline/{OWN}/identity-roles.json:35",
        grew=grew,
    )


def accepted(rule: str, expires: date) -> AcceptedFinding:
    """A finding that was accepted."""
    return AcceptedFinding(
        fingerprint="a" * 32, rule=rule, title="t", resource=ROLE.arn, severity="medium", status="fail",
        material=("x",), reason="TICKET-1", owner="payments", accepted=date(2026, 5, 1), expires=expires,
    )  # fmt: skip


WIDENED = Change(
    kind="changed",
    direction="widens",
    severity="critical",
    resource=ROLE,
    what="permissions",
    gained=(
        Grant(
            actions=(Actions("iam", "Permissions management", ("iam:CreateAccessKey",), 1),),
            resources=("*",),
            before="no",
            after="yes",
        ),
    ),
    cause=(Cause("inline policy added", "extra"),),
    consequence=("can now reach administrator by access key for another user",),
)
STOPPED = Change(kind="changed", direction="widens", severity="low", resource=TRAIL, what="digest files off")
UNSEEN = Change(
    kind="not_comparable",
    direction="neutral",
    severity="info",
    resource=Resource("region.detectors", "part", "region.detectors", OWN, "eu-west-1"),
    what="guardduty:ListDetectors denied on the new side in eu-west-1",
)

GATE = Gate(
    account_id=OWN,
    baseline=f"origin/main:guardrift-baseline/{OWN}",
    facts=Compared(source="snapshot.json", taken_at="2026-11-20T12:00:00+00:00"),
    verdict="failed",
    exit_code=1,
    fail_on="high",
    strict=False,
    proposed=(
        Proposed("acceptance", f"critical iam-privilege-escalation {ROLE.arn} until 2027-01-10 (eve: let me in)"),
        Proposed("threshold", "scan.fail_on: high -> none"),
    ),
    after_change=0,
    findings=(
        gated("new", severity="critical"),
        gated("worse", grew=("iam-014:role",)),
        gated("expired"),
        gated("new_rule", blocks=False),
        gated("new", blocks=False, status="unknown", resource=TRAIL),
    ),
    drift=(GatedDrift(blocks=True, change=WIDENED), GatedDrift(blocks=False, change=STOPPED)),
    not_comparable=(UNSEEN,),
    missing=("guardduty:ListDetectors in eu-west-1: denied", "1 verdict unknown and not accepted"),
    fixed=(accepted("trail-validation-off", date(2027, 1, 1)),),
    expiring=(accepted("iam-access-key-age", date(2026, 11, 25)),),
    counts={"accepted": 12, "suppressed": 1, "narrows": 2, "neutral": 1},
)
"""A verdict that says no, of a change that brings its own acceptance along."""
