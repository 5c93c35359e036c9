"""Answer questions about permissions: one, explained, or a file of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from guardrift.cli.live import Source, read_permissions
from guardrift.cli.output import data, data_lines, note, read_file
from guardrift.cli.rules_command import Form
from guardrift.cli.run import FINDINGS, OK
from reports import decision_text
from reports.json_text import indented, one_line
from scanner.errors import UsageError
from scanner.iam.batch import Defaults, UnfitPolicy, UnreadableLine, answers, check_action, fitting, levels_of, near
from scanner.iam.catalogue import catalogue
from scanner.iam.context import Values
from scanner.iam.decision import Decision, Layer
from scanner.iam.lookup import NoSuchPrincipal
from scanner.iam.questions import Levels, Questions, WhatIf
from scanner.iam.sources import Source as Policy
from scanner.inventory import Document


@dataclass(frozen=True, slots=True)
class Files:
    """The policies that are given as files."""

    scps: tuple[Path, ...] = ()
    rcps: tuple[Path, ...] = ()
    resource_policy: Path | None = None
    session_policy: Path | None = None
    boundary: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments of ``guardrift can``."""

    principal: str | None
    action: str | None
    resource: str
    context: tuple[str, ...]
    absent: tuple[str, ...]
    files: Files
    requests: Path | None
    expected: str | None
    form: Form | None


def run_can(asked: Asked, source: Source) -> int:
    """Answer, and return 1 where an answer is not the expected one. What is wrong is said before AWS is asked."""
    _check(asked)
    defaults = Defaults(*_keys(asked), _what_if(asked.files))
    if asked.requests is not None:
        return _many(asked.requests, asked.expected, defaults, source)
    questions = Questions(read_permissions(source, datetime.now(UTC)))
    try:
        decision = questions.ask(
            asked.principal or "",
            asked.action or "",
            asked.resource,
            context=defaults.context,
            absent=defaults.absent,
            what_if=defaults.what_if,
        )
    except NoSuchPrincipal as fault:
        raise UsageError(str(fault), near(fault)) from None
    if asked.form is Form.JSON:
        data(indented(decision))
    else:
        data(decision_text.render(decision, catalogue()))
    return _as_expected([decision.decision], asked.expected)


def _check(asked: Asked) -> None:
    if asked.requests is not None:
        if asked.principal is not None:
            raise UsageError("--requests holds the questions", "Leave PRINCIPAL, ACTION and RESOURCE out.")
        if asked.form is Form.TEXT:
            raise UsageError("--requests is answered in JSON lines", "Leave --format out.")
        return
    if asked.principal is None or asked.action is None:
        raise UsageError(
            "a principal and an action are needed",
            "Such as: guardrift can role/deploy s3:GetObject arn:aws:s3:::bucket/key, or give --requests FILE.",
        )
    try:
        check_action(asked.action)
    except ValueError as fault:
        raise UsageError(str(fault), "guardrift can --help has examples.") from None


def _keys(asked: Asked) -> tuple[dict[str, Values], frozenset[str]]:
    context: dict[str, Values] = {}
    for text in asked.context:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"--context {text!r} is not KEY=VALUE", "Such as: --context aws:SourceIp=203.0.113.7")
        context[key.lower()] = (*context.get(key.lower(), ()), value)
    absent = frozenset(key.lower() for key in asked.absent)
    both = absent & context.keys()
    if both:
        raise UsageError(f"{min(both)} is given by --context and by --absent", "Give it once.")
    return context, absent


def _what_if(files: Files) -> WhatIf:
    return WhatIf(
        session=_policy("session_policy", files.session_policy),
        resource=_policy("resource_policy", files.resource_policy),
        boundary=_policy("boundary", files.boundary),
        scps=_levels("scp", files.scps),
        rcps=_levels("rcp", files.rcps),
    )


def _policy(layer: Layer, path: Path | None) -> Policy | None:
    return None if path is None else _fitting(layer, str(path), Document(read_file(path)))


def _levels(layer: Literal["scp", "rcp"], paths: tuple[Path, ...]) -> Levels | None:
    return tuple(level for path in paths for level in _levels_of(layer, path)) if paths else None


def _levels_of(layer: Literal["scp", "rcp"], path: Path) -> Iterator[tuple[Policy, ...]]:
    """The levels of one file: a document is one, a list holds several."""
    text = read_file(path)
    if text.lstrip()[:1] != b"[":
        yield (_fitting(layer, str(path), Document(text)),)
        return
    try:
        yield from levels_of(layer, str(path), Document(text))
    except UnfitPolicy as fault:
        raise UsageError(str(fault), "Mend the document; AWS would refuse it.") from None
    except msgspec.DecodeError as fault:
        raise UsageError(
            f"{path} is no list of levels: {fault}", "A level is a list of documents, so a list of lists is expected."
        ) from None


def _fitting(layer: Layer, name: str, document: Document) -> Policy:
    try:
        return fitting(layer, name, document)
    except UnfitPolicy as fault:
        raise UsageError(str(fault), "Mend the document; AWS would refuse it.") from None


def _many(path: Path, expected: str | None, defaults: Defaults, source: Source) -> int:
    found: set[str] = set()

    def told(decisions: Iterable[Decision]) -> Iterator[str]:
        for decision in decisions:
            found.add(decision.decision)
            yield one_line(decision)

    with _lines(path) as lines:
        questions = Questions(read_permissions(source, datetime.now(UTC)))
        try:
            data_lines(told(answers(lines, questions, defaults)), at_once=lines is sys.stdin.buffer)
        except UnreadableLine as fault:
            raise UsageError(f"{path}, {fault}", fault.hint) from None
    return _as_expected(found, expected)


def _lines(path: Path) -> AbstractContextManager[BinaryIO]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}", "Check the path and its permissions.") from None


def _as_expected(found: Iterable[str], expected: str | None) -> int:
    others = sorted(set(found) - {expected})
    if expected is None or not others:
        return OK
    note(f"expected {expected}, but the answer is {' or '.join(others)}")
    return FINDINGS
