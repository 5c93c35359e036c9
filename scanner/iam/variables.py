"""Policy variables, such as ``${aws:username}``, in resources and condition values.

Documents of version 2008-10-17 have none: there ``${`` is literal text. A resolved pattern keeps the characters of a
value apart from wildcards by AWS's own escapes ``${*}``, ``${?}`` and ``${$}``.

Source: "IAM policy elements: Variables and tags" in the IAM User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from scanner.iam import matching
from scanner.iam.context import Context, State
from scanner.iam.matching import matches

MARK = "${"
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ESCAPES = {"*", "?", "$"}
_DEFAULT = re.compile(r"""\s*([^,]*?)\s*,\s*'([^']*)'\s*\Z""")


def resolve(pattern: str, context: Context) -> str | None:
    """The pattern with its variables replaced, or None if the value of one is not known.

    Where the key of a variable is absent or has several values, and there is no default, the result is ``NEVER``: AWS
    then takes the whole statement as not matching.
    """
    parts: list[str] = []
    at = 0
    for found in _VARIABLE.finditer(pattern):
        parts.append(pattern[at : found.start()])
        at = found.end()
        name = found.group(1)
        if name in _ESCAPES:
            parts.append(found.group(0))
            continue
        default = _DEFAULT.match(name)
        key = (default.group(1) if default else name).strip().lower()
        value = context.look_up(key)
        if isinstance(value, State):
            if value is not State.ABSENT:
                return None
            if default is None:
                return NEVER
            parts.append(escaped(default.group(2)))
        elif len(value) == 1:
            parts.append(escaped(value[0]))
        else:
            return NEVER
    parts.append(pattern[at:])
    return "".join(parts)


NEVER = "${}"
"""A resolved pattern that matches nothing."""


def escaped(text: str) -> str:
    """The text as a pattern that matches itself alone."""
    if not any(character in text for character in "*?$"):
        return text
    return re.sub(r"[*?$]", lambda found: f"${{{found.group(0)}}}", text)


def unescaped(pattern: str) -> str | None:
    """The one text that a resolved pattern matches, or None if it has wildcards."""
    plain = pattern.replace("${*}", "").replace("${?}", "")
    if pattern == NEVER or "*" in plain or "?" in plain:
        return None
    return pattern.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")


def matches_resolved(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole value is matched by a resolved pattern."""
    if MARK not in pattern:
        return matches(pattern, value, ignore_case=ignore_case)
    if NEVER in pattern:
        return False
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def matcher(pattern: str) -> Callable[[str], object]:
    """A test whether a resolved pattern matches a whole value, for many values."""
    return _compiled(pattern, False).fullmatch if MARK in pattern else matching.matcher(pattern)


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    runs: list[str] = [""]
    at = 0
    for found in re.finditer(r"\$\{([*?$])\}|\*+|\?", pattern):
        runs[-1] += re.escape(pattern[at : found.start()])
        at = found.end()
        if found.group(1):
            runs[-1] += re.escape(found.group(1))
        elif found.group(0) == "?":
            runs[-1] += "."
        else:
            runs.append("")
    runs[-1] += re.escape(pattern[at:])
    first, *middle = runs
    last = ".*" + middle.pop() if middle else ""
    text = first + "".join(f"(?>.*?{part})" for part in middle) + last
    return re.compile(text, re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0))
