"""What holds of every built-in rule, and has to hold of a custom rule before it is asked anything."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from scanner.actions import BY_API
from scanner.engine.documentation import Documentation
from scanner.engine.rule import NoParameters, Rule
from scanner.errors import UsageError
from scanner.findings import Control, Phase, Severity

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_SECTIONS = ("title", "why", "fix", "breaks")


def check_id(rule_id: str, place: str = "") -> None:
    """Raise ``UsageError`` for what cannot be the id of a rule."""
    if not _ID.fullmatch(rule_id):
        raise UsageError(f"{place}{rule_id!r} is not the id of a rule", "Use words in lower case with hyphens.")


def check_rule(rule: Rule, path: Path, others: Mapping[str, Rule], places: Mapping[str, Path]) -> None:
    """Raise ``UsageError``, with the place, for a rule that is no sound one.

    Args:
        rule: a rule of the file.
        path: the file.
        others: the rules that there are already, by id.
        places: the files of those that are not built in.
    """
    _check_types(rule, path)
    check_id(rule.id, f"{path}: ")
    if rule.id in others:
        raise id_taken(rule.id, places.get(rule.id), f"{path}: ")
    place = _place(rule, path)
    alike = next((other.id for other in others.values() if other.title == rule.title), None)
    if alike is not None:
        where = _where(places.get(alike))
        raise UsageError(f"{place}: another rule has the same title: {alike}, {where}", "Say what is different.")
    _check_texts(rule, place)
    if not rule.apis:
        raise UsageError(f"{place} names no API action", "Name those whose answers it reads.")
    for name in rule.apis:
        if name not in BY_API:
            raise UsageError(
                f"{place}: no collector asks {name}", "'guardrift rules list --format json' names those of every rule."
            )


def id_taken(rule_id: str, other: Path | None, place: str = "") -> UsageError:
    """The error for an id that another rule has: of this file, or a built-in one."""
    return UsageError(
        f"{place}there is a rule {rule_id} already, {_where(other)}", "Choose an id that begins with your own name."
    )


def _where(path: Path | None) -> str:
    return "which is built in" if path is None else f"in {path}"


def _place(rule: Rule, path: Path) -> str:
    """The file with the line of the function, where that stands in the file, and the rule."""
    code = getattr(inspect.unwrap(rule.check), "__code__", None)
    line = f":{code.co_firstlineno}" if code is not None and code.co_filename == str(path) else ""
    return f"{path}{line}: rule {rule.id}"


def _check_texts(rule: Rule, place: str) -> None:
    text = rule.documentation
    for name in _SECTIONS:
        if not getattr(text, name).strip(" .\n"):
            raise UsageError(f"{place}: its {name} is empty", "Write it for whoever reads the finding.")
    if len(text.title.splitlines()) > 1:
        raise UsageError(f"{place}: its title has more than one line", "Say what is wrong in one line.")
    for kind, examples in (("bad", text.bad), ("good", text.good)):
        for number, example in enumerate(examples, 1):
            fault = _json_fault(example)
            if fault is not None:
                raise UsageError(f"{place}: {kind} example {number}: {fault}", "It is a part of a snapshot, as JSON.")


def _json_fault(example: str) -> str | None:
    try:
        json.loads(example)
        msgspec.json.decode(example, type=dict[str, msgspec.Raw])
    except json.JSONDecodeError as fault:
        return f"{fault.msg} in its line {fault.lineno}, column {fault.colno}"
    except (msgspec.DecodeError, ValueError, RecursionError) as fault:
        return str(fault)
    return None


class _Said(msgspec.Struct):
    """What a rule says of itself."""

    id: str
    severity: Severity
    phase: Phase
    family: str
    apis: tuple[str, ...]
    controls: tuple[Control, ...]
    references: tuple[str, ...]
    documentation: Documentation


def _check_types(rule: Rule, path: Path) -> None:
    """Raise ``UsageError`` for what is not of its type, which nothing but a checker asks of Python code."""
    place = f"{path}: rule {rule.id}"
    try:
        said = {name: getattr(rule, name) for name in _Said.__struct_fields__}
        msgspec.convert(msgspec.to_builtins(said), _Said)
    except (msgspec.ValidationError, TypeError, RecursionError) as fault:
        raise UsageError(f"{place}: {fault}", "'guardrift rules new' writes a rule that has all it needs.") from None
    check: object = rule.check
    subjects: object = rule.subjects
    parameters: object = rule.parameters
    if not callable(check) or not callable(subjects) or not isinstance(subjects, Hashable):
        raise UsageError(f"{place}: it asks nothing, or about nothing", "Its check and its subjects are functions.")
    _check_call(check, 2, f"{_place(rule, path)}: it", "It is called with a subject and the scene.")
    if inspect.isgeneratorfunction(check):
        raise UsageError(f"{_place(rule, path)}: it yields", "It is asked about one subject: return a Hit, or None.")
    _check_call(subjects, 1, f"{_place(rule, path)}: what lists its subjects", "That is called with the account.")
    if not (isinstance(parameters, type) and issubclass(parameters, NoParameters)):
        raise UsageError(f"{place}: its parameters are no class of parameters", "Derive it from NoParameters.")
    try:
        msgspec.convert({}, rule.parameters)
    except (msgspec.ValidationError, TypeError) as fault:
        raise UsageError(f"{place}: its parameters: {fault}", "Every parameter needs a default.") from None


def _check_call(function: Callable[..., Any], number: int, what: str, hint: str) -> None:
    """Raise ``UsageError`` for a function that cannot be called with so many values, or is not done when it returns."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(f"{what} is asynchronous", "Write it without async.")
    try:
        inspect.signature(function).bind(*range(number))
    except TypeError as fault:
        raise UsageError(f"{what} cannot be called with {number} arguments: {fault}", hint) from None
    except ValueError:
        # Python does not know the parameters of every built-in function.
        return
