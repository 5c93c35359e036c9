"""Run the examples of rules: bad ones must fail, good ones must stay silent, and neither may be unknown."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import extract_tb

import msgspec

from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings, judge
from scanner.engine.judge import logger as _of_engine
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
    with _defects() as defects:
        (result,), findings = judge(account, [rule], account.taken_at, Settings())
    if defects:
        return "; ".join(dict.fromkeys(_told(defect, rule) for defect in defects))
    if result.unknown:
        return next(finding.message for finding in findings if finding.status == "unknown")
    if is_bad:
        return None if result.failed else "the rule finds nothing"
    if result.failed:
        return f"the rule fails: {findings[0].message}"
    return None if result.passed else "the rule is asked about nothing"


@contextmanager
def _defects() -> Iterator[list[BaseException]]:
    """What rules fail with meanwhile, which the engine tells to its log alone: the text may hold account data.

    Examples have none, so here it can be told.
    """
    found: list[BaseException] = []
    level, shown = _of_engine.level, _of_engine.getEffectiveLevel()

    def keep(record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            found.append(record.exc_info[1])
        return record.levelno >= shown

    _of_engine.addFilter(keep)
    _of_engine.setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        _of_engine.setLevel(level)
        _of_engine.removeFilter(keep)


def _told(defect: BaseException, rule: Rule) -> str:
    """What a rule failed with, and the innermost line of its own file that led there."""
    code = getattr(rule.check, "__code__", None)
    own = getattr(code, "co_filename", "")
    lines = [frame.lineno for frame in extract_tb(defect.__traceback__) if frame.filename == own]
    line = lines[-1] if lines else getattr(code, "co_firstlineno", 1)
    place = f" ({own}:{line})" if own else ""
    return f"the rule failed with {type(defect).__name__}: {' '.join(str(defect).split())}{place}"
