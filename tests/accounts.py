"""Example accounts for tests, written as the JSON that a snapshot would hold, and what a rule says about them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from rules import RULES
from scanner.engine import Declared
from scanner.engine.assemble import report_on
from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings, judge
from scanner.findings import Finding
from scanner.inventory import Account
from scanner.report import Report

OWN, FOREIGN = "111122223333", "999988887777"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

Json = dict[str, object]

Case = tuple[str, Json, str]
"""What is tried, the facts, and the verdict in the notation of ``verdict``."""


def account(facts: Json) -> Account:
    """The account of these facts; what they do not name was not collected."""
    return example_account(json.dumps(facts))


def gap(api: str, status: str = "denied", region: str = "global") -> Json:
    """An API answer that was not collected."""
    return {"kind": "gap", "api": api, "status": status, "region": region}


def region(name: str = "eu-west-1", **parts: object) -> Json:
    """One enabled region."""
    return {"name": name, **parts}


def regions(*found: Json) -> Json:
    """An account of which only regions were collected."""
    return {"regions": list(found)}


def policy(*statements: Json) -> Json:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: object = "*", resources: object = "*", **elements: object) -> Json:
    """An Allow statement of an identity policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **elements}


def deny(actions: object = "*", resources: object = "*", **elements: object) -> Json:
    """A Deny statement of an identity policy."""
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **elements}


def findings(rule_id: str, facts: Json, **parameters: object) -> tuple[Finding, ...]:
    """The findings of one rule; of its keywords, ``declared`` is what the owner says of the account."""
    return _judged(rule_id, facts, parameters)[1]


def verdict(rule_id: str, facts: Json, **parameters: object) -> str:
    """What one rule says of each subject: such as ``fail``, ``pass``, ``fail fail unknown``, or nothing."""
    counts, _ = _judged(rule_id, facts, parameters)
    return " ".join(word for word, count in counts for _ in range(count))


def only_finding(rule_id: str, facts: Json, **parameters: object) -> Finding:
    """The finding of a rule that has exactly one."""
    (found,) = findings(rule_id, facts, **parameters)
    return found


def report(found: Account, settings: Settings | None = None) -> Report:
    """The report of every built-in rule, at a fixed time."""
    return report_on(
        found,
        list(RULES.values()),
        at=NOW,
        settings=settings or Settings(),
        source="snapshot",
        tool_version="0",
        started_at=NOW,
        finished_at=NOW,
    )


def _judged(rule_id: str, facts: Json, parameters: Json) -> tuple[Iterable[tuple[str, int]], tuple[Finding, ...]]:
    rule = RULES[rule_id]
    said = msgspec.convert(parameters.pop("declared", {}), Declared)
    settings = Settings({rule_id: msgspec.convert(parameters, rule.parameters)}, declared=said)
    (result,), found = judge(account(facts), [rule], NOW, settings)
    return (("fail", result.failed), ("pass", result.passed), ("unknown", result.unknown)), found
