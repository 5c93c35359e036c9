"""The policies that Python source would put, rebuilt from its text, with the expressions that give the cutoff."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from policies.cutoff import PLACEHOLDER
from policies.responders.python_source import Code, called, text_of

_ISSUED = "aws:tokenissuetime"
_DEEPEST = 30
_MOST_POLICIES = 50
_FIELD = re.compile(r"%(?:\([A-Za-z_]\w*\))?s|\$\{?[A-Za-z_]\w*\}?|(?<!\{)\{[A-Za-z_0-9.\[\]]*\}(?!\})")


class Written(NamedTuple):
    """One policy of a source.

    Attributes:
        line: where it stands.
        text: the document as JSON, with the placeholder where a value is computed.
        cutoffs: the expressions that compute the cutoff.
    """

    line: int
    text: str
    cutoffs: tuple[ast.expr, ...]


def policies_of(code: Code) -> Iterator[Written]:
    """The first policy documents in a source: as dictionaries, or as text that is filled in."""
    yield from islice(_all(code), _MOST_POLICIES)


def _all(code: Code) -> Iterator[Written]:
    for node in code.nodes:
        if isinstance(node, ast.Dict) and _has_key(node, "statement"):
            text = json.dumps(_rebuilt(node, code, "", _Budget()))
            yield Written(node.lineno, text, tuple(_values_of(node, code)))
        elif isinstance(node, ast.JoinedStr):
            yield from _of_text(_joined(node), node, code)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and '"' in node.value:
            yield from _of_text(_FIELD.sub(PLACEHOLDER, node.value), node, code)


def _of_text(text: str, node: ast.JoinedStr | ast.Constant, code: Code) -> Iterator[Written]:
    if '"statement"' not in text.lower():
        return
    for candidate in (text, text.replace("{{", "{").replace("}}", "}")):
        try:
            json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        cutoffs = () if _ISSUED not in text.lower() else _fields(node, code)
        yield Written(node.lineno, candidate, tuple(cutoffs))
        return


@dataclass
class _Budget:
    """How much of a literal is still rebuilt: names may stand for one another many times over."""

    left: int = 5_000


def _has_key(node: ast.Dict, name: str) -> bool:
    return any((text_of(key) or "").lower() == name for key in node.keys)


def _rebuilt(node: ast.expr | None, code: Code, key: str, budget: _Budget, depth: int = 0) -> object:
    """The JSON of a literal; what is computed is the placeholder where it gives a time, else everything."""
    budget.left -= 1
    if depth > _DEEPEST or budget.left < 0:
        return "*"
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bool):
        return node.value
    if isinstance(node, ast.Dict):
        members = ((text_of(name) or "", value) for name, value in zip(node.keys, node.values, strict=True))
        return {name: _rebuilt(value, code, name, budget, depth + 1) for name, value in members if name}
    if isinstance(node, ast.List | ast.Tuple):
        return [_rebuilt(each, code, key, budget, depth + 1) for each in node.elts]
    bound = code.bound.get(node.id, []) if isinstance(node, ast.Name) else []
    if len(bound) == 1 and isinstance(bound[0], ast.Constant | ast.Dict | ast.List):
        return _rebuilt(bound[0], code, key, budget, depth + 1)
    return PLACEHOLDER if key.lower() == _ISSUED else "*"


def _values_of(node: ast.Dict, code: Code) -> Iterator[ast.expr]:
    """The values of the time of issue in a dictionary, and in those that it names."""
    for inner in code.flow(node):
        if isinstance(inner, ast.Dict):
            for key, value in zip(inner.keys, inner.values, strict=True):
                if (text_of(key) or "").lower() == _ISSUED:
                    yield value


def _joined(node: ast.JoinedStr) -> str:
    return "".join(text_of(part) or PLACEHOLDER for part in node.values)


def _fields(node: ast.JoinedStr | ast.Constant, code: Code) -> Iterator[ast.expr]:
    """What is filled in: of an f-string, right behind the key."""
    if isinstance(node, ast.Constant):
        yield from _filled(node, code)
        return
    before = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if re.search(r"aws:tokenissuetime\W*$", before, re.IGNORECASE):
                yield part.value
        else:
            before = text_of(part) or ""


def _filled(text: ast.Constant, code: Code) -> Iterator[ast.expr]:
    """What is filled into a text by ``%``, ``format``, ``replace`` or a template, directly or through a name."""
    names = {name for name, values in code.bound.items() if any(value is text for value in values)}

    def is_it(node: ast.AST) -> bool:
        return node is text or (isinstance(node, ast.Name) and node.id in names)

    for node in code.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and is_it(node.left):
            yield from node.right.elts if isinstance(node.right, ast.Tuple) else (node.right,)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_it(node.func.value):
            if called(node) in {"format", "substitute", "safe_substitute"}:
                yield from (*node.args, *(each.value for each in node.keywords))
            elif called(node) == "replace" and len(node.args) > 1:
                yield node.args[1]
