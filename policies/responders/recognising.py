"""What a document is: told by its content, since names of files say nothing."""

from __future__ import annotations

import ast
import codecs
import json
import re
import warnings
from typing import Literal, NoReturn

import msgspec

from policies.responders.ours import template_of
from scanner.errors import UsageError

DocumentKind = Literal["policy document", "event pattern", "CloudFormation template", "Python", "SQL"]

MOST_BYTES = 1 << 20
"""The largest document that is judged: AWS takes none that is larger."""

_HINT = (
    "Give a policy document, the event pattern of a rule, a CloudFormation template in JSON, the Python source of a "
    "responder, or SQL."
)
_PATTERN_KEYS = frozenset({"source", "detail-type", "detail", "account", "region", "resources", "$or"})
_SQL = re.compile(
    r"(?>\s+|--[^\n]*\n|/\*.*?\*/)*+(?:select|with|create\s+(?:external\s+)?(?:table|or\s+replace|view)|alter\s+table)\b",
    re.IGNORECASE | re.DOTALL,
)
_POLICY_TEXT = re.compile(r'^\s*\{.*"(?:Statement|Effect)"\s*:', re.DOTALL)
_YAML_TEMPLATE = re.compile(r"^(?:AWSTemplateFormatVersion|Resources|Transform)\s*:", re.MULTILINE)


class Recognised(msgspec.Struct, frozen=True):
    """What a document is.

    Attributes:
        kind: of what language it is.
        ours: the name of the template that guardrift would have written it from; None where it is of somebody else.
    """

    kind: DocumentKind
    ours: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """A document with what was understood of it.

    Attributes:
        text: as it was given.
        value: the JSON in it, or None.
        tree: the syntax tree of Python, or None.
    """

    kind: DocumentKind
    text: str
    value: object = None
    tree: ast.Module | None = None


def what_it_is(content: bytes) -> Recognised:
    """The kind of a document, and whether it is one of guardrift's own.

    Raises:
        UsageError: it is too large, no text, or nothing that contains.
    """
    opened = opened_document(content)
    return Recognised(opened.kind, template_of(opened.value) if opened.kind == "policy document" else None)


def opened_document(content: bytes) -> Opened:
    """The document as far as it is understood; raises ``UsageError`` as ``what_it_is`` does."""
    text = _text(content)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return _not_json(text)
    if isinstance(value, list):
        raise UsageError("The document is a list; only single documents are judged.", _HINT)
    if not isinstance(value, dict):
        raise UsageError("The document is no object.", _HINT)
    return Opened(_kind_of(value), text, value)


def _kind_of(value: dict[str, object]) -> DocumentKind:
    if isinstance(value.get("Resources"), dict):
        return "CloudFormation template"
    if any(name.lower() == "statement" for name in value):
        return "policy document"
    if isinstance(value.get("detail-type"), str) or isinstance(value.get("source"), str):
        raise UsageError("The document is an event, not the pattern of a rule.", "Read it as a finding instead.")
    if value.keys() & _PATTERN_KEYS:
        return "event pattern"
    raise UsageError("The document is JSON, but neither a policy, nor an event pattern, nor a template.", _HINT)


def _not_json(text: str) -> Opened:
    if _POLICY_TEXT.match(text):
        return Opened("policy document", text)
    if _SQL.match(text):
        return Opened("SQL", text)
    if _YAML_TEMPLATE.search(text) and "AWS::" in text:
        raise UsageError(
            "The document is a CloudFormation template in YAML, which is not read.",
            "Convert it to JSON first: 'rain fmt --json FILE' and 'cfn-flip FILE' do.",
        )
    # Pages on the web indent with blanks that do not break, which are no blanks to Python.
    tree = syntax_tree(text.replace("\xa0", " "))
    if isinstance(tree, ast.Module) and any(isinstance(node, _OF_PROGRAMS) for node in ast.walk(tree)):
        return Opened("Python", text, tree=tree)
    if isinstance(tree, str) and _PYTHON.search(text):
        raise UsageError(f"The document looks like Python, but cannot be read: {tree}.", "Mend it for Python 3 first.")
    raise UsageError("The document is neither JSON, nor Python, nor SQL that can be read.", _HINT)


_OF_PROGRAMS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.Call)
_PYTHON = re.compile(r"^(?:import \w|from [\w.]+ import |(?:async )?def \w+\()", re.MULTILINE)


def syntax_tree(text: str) -> ast.Module | str:
    """The syntax tree of Python, or why there is none; nothing of the source is ever run."""
    with warnings.catch_warnings():
        # Sources of others may hold what newer versions of Python warn of.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError as fault:
            return f"line {fault.lineno or 0}: {fault.msg}"
        except (ValueError, RecursionError, MemoryError):
            return "it is no text of Python, or nested too deeply"


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise UsageError(f"The document is larger than {MOST_BYTES >> 20} MiB.", _HINT)
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UsageError(f"The document is not UTF-8: byte {fault.start}.", _HINT) from None
    if not text.strip():
        raise UsageError("The document is empty.", _HINT)
    return text


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
