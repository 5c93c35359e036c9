"""Decisions in words, whole; accept a change with ``pytest --snapshot-update`` after looking at it."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from reports.decision_text import render
from scanner.iam.catalogue import catalogue
from scanner.iam.decision import Decision
from tests.accounts import FOREIGN, allow, deny, policy
from tests.reports.test_snapshots import whole_file
from tests.scanner.iam.asking import ANN, APP, DEPLOY, ROOT, SESSION, UNKNOWN, ask

ALLOW, OTHER = policy(allow()), policy(allow("iam:*"))
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
AT_HOME = {
    "StringNotEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]},
    "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
}
NAMED = policy({"Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": "sqs:*", "Resource": "*"})
EVIL = "\x1b[31mred\n::error::owned ##vso[task.setvariable] \u202eevil"

DECISIONS = {
    "yes": ask(ANN, identity=[policy(allow("sqs:*", Sid="Queues"))]),
    "yes, much not read": ask(ANN, identity=[ALLOW], unread=True, scps=None, rcps=None, resource_policy=UNKNOWN),
    "no, nothing allows": ask(ANN, identity=[OTHER], scps=None, rcps=None, resource_policy=UNKNOWN),
    "no, denied": ask(APP, identity=[ALLOW], scps=[[ALLOW], [ALLOW, policy(deny("sqs:*", Sid="NoQueues"))]]),
    "no, limited": ask(SESSION, identity=[ALLOW], boundary=OTHER, session=OTHER),
    "no, across accounts": ask(
        ANN, resource=f"arn:aws:sqs:eu-west-1:{FOREIGN}:jobs", identity=[ALLOW], resource_policy=policy()
    ),
    "no, root": ask(ROOT, "sts:AssumeRole", DEPLOY),
    "only if, one condition": ask(ANN, "iam:CreateUser", "*", identity=[policy(allow("iam:*", Condition=MFA))]),
    "only if, many conditions": ask(
        APP,
        identity=[policy(allow(Condition=MFA), allow("sqs:*", Condition=AT_HOME), deny(Condition=AT_HOME))],
        boundary=policy(allow(Condition={"StringLike": {"aws:RequestTag/team": "blue-*"}})),
        scps=[[ALLOW], [ALLOW, policy(deny(Condition={"Null": {"aws:SourceIdentity": "true"}}))]],
        resource_policy=NAMED,
        rcps=None,
    ),
    "only if, not read": ask(ANN, unread=True),
    "hostile": ask(
        ANN,
        f"sqs:{EVIL}",
        EVIL,
        identity=[policy(allow("*", Sid=EVIL), deny(Condition={"StringEquals": {EVIL: EVIL}}))],
    ),
    "many documents": ask(ANN, identity=[policy(allow("sqs:*"))] * 16),
}


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_the_whole_text(decision: Decision, snapshot: SnapshotAssertion) -> None:
    assert render(decision, catalogue()) == snapshot(extension_class=whole_file("txt"))


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_the_verdict_comes_first(decision: Decision) -> None:
    assert render(decision).startswith(f"{decision.decision.replace('_', ' ')}: ")
    assert "Note:" not in render(decision)
