"""Python source of others as values that can be followed: which expressions go into which; nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

Expression = ast.expr
_MOST_NODES = 20_000
_MOST_CALLS = 100
"""Enough of what one responder does; sources of others may be made to take for ever."""


@dataclass(frozen=True, eq=False)
class Code:
    """One module, with what its names are bound to and the words that occur in it."""

    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def bound(self) -> dict[str, list[Expression]]:
        """The expressions that each name is bound to, wherever that is."""
        found: dict[str, list[Expression]] = {}
        for node in self.nodes:
            for name, value in _bindings(node):
                found.setdefault(name, []).append(value)
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """Texts and names of attributes, in lower case."""
        texts = {text.lower() for node in self.nodes if (text := text_of(node)) is not None}
        return frozenset(texts | {node.attr.lower() for node in self.nodes if isinstance(node, ast.Attribute)})

    def says(self, word: str) -> bool:
        """Whether a text or attribute of the code is this word, or holds it."""
        lower = word.lower()
        return any(lower in each for each in self.words)

    def calls(self, *names: str) -> tuple[ast.Call, ...]:
        """The first calls of functions or methods of these names."""
        found = [node for node in self.nodes if isinstance(node, ast.Call) and called(node) in names]
        return tuple(sorted(found, key=lambda node: (node.lineno, node.col_offset))[:_MOST_CALLS])

    def flow(self, start: Expression | None) -> tuple[ast.AST, ...]:
        """Every node that goes into an expression, through the names in it."""
        if start is None:
            return ()
        found: list[ast.AST] = []
        seen: set[str] = set()
        waiting: list[ast.AST] = [start]
        while waiting and len(found) < _MOST_NODES:
            for node in ast.walk(waiting.pop()):
                found.append(node)
                if isinstance(node, ast.Name) and node.id not in seen:
                    seen.add(node.id)
                    waiting += self.bound.get(node.id, ())
        return tuple(found)


def called(node: ast.Call) -> str:
    """The name of the function or method that is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def argument(node: ast.Call, name: str) -> Expression | None:
    """A keyword argument."""
    return next((each.value for each in node.keywords if each.arg == name), None)


def text_of(node: ast.AST | None) -> str | None:
    """The text that a constant is."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def subscripts(nodes: tuple[ast.AST, ...]) -> frozenset[str]:
    """The keys that are looked up in mappings, in lower case: by brackets or by ``get``."""
    found = set()
    for node in nodes:
        key = None
        if isinstance(node, ast.Subscript):
            key = text_of(node.slice)
        elif isinstance(node, ast.Call) and called(node) == "get" and node.args:
            key = text_of(node.args[0])
        if key is not None:
            found.add(key.lower())
    return frozenset(found)


def _bindings(node: ast.AST) -> Iterator[tuple[str, Expression]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
    elif (
        isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr)
        and isinstance(node.target, ast.Name)
        and node.value is not None
    ):
        yield node.target.id, node.value
