"""Run the examples of rules: bad ones must fail, good ones must stay silent, and neither may be unknown."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings, judge
from scanner.engine.rule import Rule


def example_faults(rule: Rule) -> Iterator[str]:
    """What is wrong with the examples of a rule, a line each."""
    for kind, examples in (("bad", rule.documentation.bad), ("good", rule.documentation.good)):
        for number, example in enumerate(examples, 1):
            fault = _fault(rule, example, is_bad=kind == "bad")
            if fault:
                yield f"{kind} example {number}: {fault}"


def _fault(rule: Rule, example: str, *, is_bad: bool) -> str | None:
    try:
        account = example_account(example)
    except (msgspec.DecodeError, TypeError) as fault:
        return f"it is no part of a snapshot: {fault}"
    (result,), findings = judge(account, [rule], account.taken_at, Settings())
    if result.unknown:
        return next(finding.message for finding in findings if finding.status == "unknown")
    if is_bad:
        return None if result.failed else "the rule finds nothing"
    if result.failed:
        return f"the rule fails: {findings[0].message}"
    return None if result.passed else "the rule is asked about nothing"
