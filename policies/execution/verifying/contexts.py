"""What a request carries for a statement to match it, in the form of the policy simulator.

Source: SimulatePrincipalPolicy and ContextEntry in the IAM API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from policies.commands import iam
from policies.cutoff import format_instant
from policies.execution.verifying.covering import is_date, latest
from scanner.iam.documents import Condition, Statement
from scanner.shell import quote

ACTIONS = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListRoles")
"""What is asked for: calls that nobody needs a resource for, of three services."""

MINUTE = timedelta(minutes=1)
ISSUED = "aws:TokenIssueTime"

_TEXTS = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
_QUERY = quote("--query=EvaluationResults[].[EvalActionName,EvalDecision]")

Entries = dict[str, tuple[str, str]]
"""The type and the value of each key."""


def matching(statement: Statement) -> Entries | None:
    """What a request carries that the statement matches; None where a condition cannot be put this way."""
    found: Entries = {}
    for each in statement.conditions:
        entry = _entry(each, is_met=True)
        if entry is None:
            return None
        found[each.name or each.key] = entry
    return found


def spared(statements: Sequence[Statement]) -> Entries | None:
    """What a request carries of whom the statements mean, but that they spare: later, and with MFA."""
    found: Entries = {}
    for statement in statements:
        for each in statement.conditions:
            entry = _entry(each, is_met=False)
            if entry is None:
                return None
            found[each.name or each.key] = entry
    dates = [each for statement in statements for each in statement.conditions]
    cutoff = latest(dates)
    if cutoff is None:
        return None
    # Of several documents the latest time decides.
    return {key: value for key, value in found.items() if key.lower() != ISSUED.lower()} | {
        ISSUED: ("date", format_instant(cutoff + MINUTE))
    }


def _entry(condition: Condition, *, is_met: bool) -> tuple[str, str] | None:
    if condition.quantifier or not condition.values:
        return None
    if is_date(condition):
        cutoff = latest([condition])
        return None if cutoff is None else ("date", _instant(cutoff, -MINUTE if is_met else MINUTE))
    if condition.operator == "bool":
        value = condition.values[0].lower()
        return "boolean", value if is_met else {"true": "false", "false": "true"}.get(value, value)
    if condition.operator in _TEXTS and not any(sign in condition.values[0] for sign in "*?$"):
        return "string", condition.values[0]
    return None


def _instant(cutoff: datetime, by: timedelta) -> str:
    return format_instant(cutoff + by)


def parameters(principal: str, entries: Entries) -> dict[str, Any]:
    """The parameters of the call."""
    told = [
        {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}
        for key, (kind, value) in sorted(entries.items())
    ]
    return {
        "PolicySourceArn": principal,
        "ActionNames": list(ACTIONS),
        **({"ContextEntries": told} if told else {}),
    }


def command_of(asked: dict[str, Any]) -> str:
    """The same as a command of the AWS CLI."""
    words = [iam("simulate-principal-policy", policy_source_arn=asked["PolicySourceArn"])]
    words.append(f"--action-names {' '.join(ACTIONS)}")
    if asked.get("ContextEntries"):
        entries = json.dumps(asked["ContextEntries"], ensure_ascii=False, separators=(",", ":"))
        words.append(f"--context-entries {quote(entries)}")
    return " ".join((*words, f"{_QUERY} --output=text"))
