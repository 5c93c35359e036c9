"""Many questions at once: JSON lines in, a decision for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from scanner.iam.context import Values
from scanner.iam.decision import Decision, Layer
from scanner.iam.layer_grammar import problems
from scanner.iam.lookup import NoSuchPrincipal
from scanner.iam.questions import NOTHING_ELSE, Levels, Questions, WhatIf, source
from scanner.iam.sources import Source
from scanner.inventory import Document

Scalar = str | bool | int | float
Given = Raw | UnsetType
"""Policies as they are written; null says that there are none, and nothing that it is open."""

_MOST_DOCUMENTS = 4096


class UnreadableLine(ValueError):
    """A line that is no question, or one about nobody that is known.

    Attributes:
        number: the line, counted from 1.
        hint: what to do, or empty.
    """

    def __init__(self, number: int, fault: str, hint: str = "") -> None:
        super().__init__(f"line {number}: {fault}")
        self.number = number
        self.hint = hint


class UnfitPolicy(ValueError):
    """A document that is no policy of its kind; the message says where."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        principal: an ARN, or a name as ``Lookup.caller`` takes it.
        action: such as ``s3:GetObject``.
        resource: an ARN, or ``*``.
        context: the keys of the request with one or several values; a key that is not given is undecided.
        absent: keys that are known not to be in the request.
        session_policy: a session policy.
        resource_policy: the policy of the resource.
        boundary: a permissions boundary in place of the principal's own.
        scps: service control policies: a list of levels, the root of the organization first, each a list of documents.
        rcps: resource control policies alike.
    """

    principal: str
    action: str
    resource: str = "*"
    context: dict[str, Scalar | list[Scalar]] = {}
    absent: tuple[str, ...] = ()
    session_policy: Given = UNSET
    resource_policy: Given = UNSET
    boundary: Given = UNSET
    scps: Given = UNSET
    rcps: Given = UNSET


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every line that says nothing else."""

    context: Mapping[str, Values] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    what_if: WhatIf = NOTHING_ELSE


NO_DEFAULTS = Defaults()


def answers(lines: Iterable[bytes], questions: Questions, defaults: Defaults = NO_DEFAULTS) -> Iterator[Decision]:
    """A decision for each line, in order, as soon as the line is there; empty lines are passed over.

    Raises:
        UnreadableLine: a line cannot be answered. Those before it have been.
    """
    batch = _Batch(questions, defaults)
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.isspace() or not text:
            continue
        try:
            yield batch.answer(text)
        except NoSuchPrincipal as fault:
            raise UnreadableLine(number, str(fault), near(fault)) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as fault:
            raise UnreadableLine(number, str(fault)) from None


def near(fault: NoSuchPrincipal) -> str:
    """A hint with the names that look alike, or empty."""
    return f"Did you mean {' or '.join(fault.near)}?" if fault.near else ""


def check_action(action: str) -> None:
    """Raise ``ValueError`` unless the text can be the name of an action."""
    service, colon, name = action.partition(":")
    if not (service and colon and name):
        raise ValueError(f"{action!r} is not an action: write SERVICE:NAME, such as s3:GetObject")


def fitting(layer: Layer, name: str, document: Document) -> Source:
    """A document as a policy of its kind; raises ``UnfitPolicy`` with its name and the place where it is not."""
    found = source(layer, name, document)
    faults = problems(layer, found.policy)
    if faults:
        raise UnfitPolicy(f"{name} is not a policy of its kind: {faults[0]}")
    return found


class _Batch:
    """Answers one line after the other; equal documents are read once."""

    def __init__(self, questions: Questions, defaults: Defaults) -> None:
        self._questions = questions
        self._defaults = defaults
        self._decoder = msgspec.json.Decoder(Question)
        self._sources: dict[tuple[Layer, bytes], Source] = {}
        self._levels: dict[tuple[Layer, bytes], Levels] = {}

    def answer(self, line: bytes) -> Decision:
        question = self._decoder.decode(line)
        check_action(question.action)
        context, absent = self._keys(question)
        return self._questions.ask(
            question.principal,
            question.action,
            question.resource,
            context=context,
            absent=absent,
            what_if=self._what_if(question),
        )

    def _keys(self, question: Question) -> tuple[Mapping[str, Values], frozenset[str]]:
        if not question.context and not question.absent:
            return self._defaults.context, self._defaults.absent
        context = {key.lower(): _values(value) for key, value in question.context.items()}
        absent = frozenset(key.lower() for key in question.absent)
        if len(context) < len(question.context):
            raise ValueError("a key of context occurs twice, in different case")
        both = absent & context.keys()
        if both:
            raise ValueError(f"{min(both)} is in context and in absent")
        before = {key: values for key, values in self._defaults.context.items() if key not in absent}
        return {**before, **context}, absent | (self._defaults.absent - context.keys())

    def _what_if(self, question: Question) -> WhatIf:
        given, defaults = question, self._defaults.what_if
        session, resource, boundary = given.session_policy, given.resource_policy, given.boundary
        if session is resource is boundary is given.scps is given.rcps is UNSET:
            return defaults
        return WhatIf(
            session=self._source("session_policy", session, defaults.session),
            resource=(policy := self._source("resource_policy", resource, defaults.resource)),
            has_no_resource_policy=policy is None and (resource is not UNSET or defaults.has_no_resource_policy),
            boundary=(limit := self._source("boundary", boundary, defaults.boundary)),
            has_no_boundary=limit is None and (boundary is not UNSET or defaults.has_no_boundary),
            scps=self._organization("scp", given.scps, defaults.scps),
            rcps=self._organization("rcp", given.rcps, defaults.rcps),
        )

    def _source(self, layer: Layer, given: Given, default: Source | None) -> Source | None:
        if isinstance(given, UnsetType):
            return default
        text = bytes(given)
        if text == b"null":
            return None
        found = self._sources.get((layer, text))
        if found is None:
            _make_room(self._sources)
            found = self._sources[layer, text] = fitting(layer, layer, _unwrapped(given))
        return found

    def _organization(self, layer: Literal["scp", "rcp"], given: Given, default: Levels | None) -> Levels | None:
        if isinstance(given, UnsetType):
            return default
        text = bytes(given)
        found = self._levels.get((layer, text))
        if found is None:
            _make_room(self._levels)
            found = self._levels[layer, text] = levels_of(layer, f"{layer}s", given)
        return found


def _make_room(cache: dict[Any, Any]) -> None:
    if len(cache) >= _MOST_DOCUMENTS:
        cache.clear()


def levels_of(layer: Literal["scp", "rcp"], name: str, given: Raw) -> Levels:
    """The policies of an organization from a list of levels, each a list of documents.

    Raises:
        UnfitPolicy: a document is no policy of its kind.
        msgspec.DecodeError: it is no list of lists.
    """
    return tuple(
        tuple(fitting(layer, f"{name}[{depth}][{place}]", _unwrapped(raw)) for place, raw in enumerate(level))
        for depth, level in enumerate(msgspec.json.decode(given, type=list[list[Raw]] | None) or ())
    )


def _values(value: Scalar | list[Scalar]) -> Values:
    return tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unwrapped(given: Raw) -> Document:
    """The document itself, where it came as a string that holds one."""
    if bytes(given).lstrip()[:1] != b'"':
        return given
    return Document(msgspec.json.decode(given, type=str).encode())
