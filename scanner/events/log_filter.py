"""Whether a filter pattern of CloudWatch Logs matches a record that is written as JSON.

What is documented: a selector that leads to an object or an array fails every comparison, ``!=`` too; ``IS NULL`` asks
for a null that is there, ``NOT EXISTS`` for a field that is not; ``&&`` binds stronger than ``||``; an asterisk is a
wildcard at the ends of a text only; terms are found anywhere in the text of the record, with case. What is not: whether
``!=`` holds for a field that is missing or null, and how texts compare with numbers and truth values. Where that
decides, the answer is ``Undetermined``. So it is for patterns of space-delimited fields, since the text of a record can
be cut at any space in it.

Sources: AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html, matching-terms-json-log-events.html,
matching-terms-unstructured-log-events.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scanner.events.log_conditions import BadFilter as BadFilter
from scanner.events.log_conditions import Condition, read_conditions
from scanner.events.log_regex import BadRegex, read_regex
from scanner.events.verdicts import Verdict, all_of, any_of, opposite
from scanner.inventory import Undetermined

_TERM = re.compile(r'\s*([-?]?)(?:\s*"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)+)%|([^\s"%]+))', re.DOTALL)
_LAYOUT = re.compile(r'[\s",:{}\[\]]')


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter pattern: a test of a record."""

    condition: Condition

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether the record is matched.

        Raises:
            Undetermined: the answer depends on something that is not documented.
        """
        verdict = self.condition(record)
        if verdict is None:
            raise Undetermined("it is not documented whether the filter pattern matches such a record")
        return verdict


@lru_cache(maxsize=4096)
def read_filter(text: str) -> LogFilter:
    """The filter pattern of a metric filter.

    Raises:
        BadFilter: it is none that is known here.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        if not stripped.endswith("}"):
            raise BadFilter("a brace is not closed")
        return LogFilter(read_conditions(stripped[1:-1]))
    if stripped.startswith("["):
        if not stripped.endswith("]"):
            raise BadFilter("a bracket is not closed")
        return LogFilter(lambda _: None)
    return LogFilter(_terms(stripped))


def _terms(text: str) -> Condition:
    """Terms that have to occur, that must not (``-``), and of which one has to (``?``)."""
    by_sign: dict[str, list[Callable[[str], Verdict]]] = {"": [], "-": [], "?": []}
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise BadFilter(f"it cannot be read from {text[at : at + 20]!r} on")
        sign, quoted, regex, bare = match.groups()
        by_sign[sign].append(_regex_term(regex) if regex else _term(_unescaped(quoted) if bare is None else bare))
        at = match.end()

    def condition(record: Mapping[str, Any]) -> Verdict:
        written = json.dumps(record, separators=(",", ":"), ensure_ascii=False, default=str)
        demanded = [term(written) for term in by_sign[""]] + [opposite(term(written)) for term in by_sign["-"]]
        if not by_sign["?"]:
            return all_of(demanded)
        optional = any_of(term(written) for term in by_sign["?"])
        # Beside other terms the question mark is ignored, which leaves open what becomes of its term.
        return all_of([*demanded, optional if not demanded or optional else None])

    return condition


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _term(text: str) -> Callable[[str], Verdict]:
    """Whether a term occurs; one that spans the marks of JSON may depend on how the record is laid out."""
    layout = _LAYOUT.search(text) is not None
    return lambda written: True if text in written else (None if layout else False)


def _regex_term(text: str) -> Callable[[str], Verdict]:
    try:
        regex = read_regex(text)
    except BadRegex as error:
        raise BadFilter(str(error)) from None
    return lambda written: True if regex.found_in(written) else None
