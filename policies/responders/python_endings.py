"""How the functions of a responder end: whether a failure is seen by whoever called them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from policies.responders.faults import Fault, told
from policies.responders.python_says import SAYS
from policies.responders.python_source import called

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def hidden_errors(tree: ast.Module, acting: Sequence[ast.Call]) -> Iterator[Fault]:
    """Handlers around a call that contains, after which the code goes on."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Try):
            continue
        within = {id(each) for part in node.body for each in ast.walk(part)}
        inside = [call for call in acting if id(call) in within]
        if not inside:
            continue
        for handler in node.handlers:
            if not any(isinstance(each, ast.Raise) for part in handler.body for each in ast.walk(part)):
                yield told(SAYS, "hides-errors", f"line {handler.lineno}", called(inside[0]))
                break


def silent_endings(tree: ast.Module, acting: Sequence[ast.Call]) -> Iterator[Fault]:
    """Functions that return something on some ways, and nothing on others."""
    for node in ast.walk(tree):
        if not isinstance(node, _Function):
            continue
        within = tuple(ast.walk(node))
        if {id(each) for each in within}.isdisjoint(map(id, acting)):
            continue
        returns = any(isinstance(each, ast.Return) and each.value is not None for each in within)
        if returns and _falls_through(node.body, 0):
            yield told(SAYS, "returns-nothing", f"line {node.lineno}", node.name)


_DEEPEST = 100


def _falls_through(body: Sequence[ast.stmt], depth: int) -> bool:
    """Whether the end of some statements can be reached; of what is nested beyond reason that is not said."""
    if not body or depth > _DEEPEST:
        return depth <= _DEEPEST
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _falls_through(last.body, depth + 1) or _falls_through(last.orelse, depth + 1)
    if isinstance(last, ast.With | ast.AsyncWith):
        return _falls_through(last.body, depth + 1)
    if isinstance(last, ast.Try):
        if last.finalbody and not _falls_through(last.finalbody, depth + 1):
            return False
        ways = [last.orelse or last.body, *(handler.body for handler in last.handlers)]
        return any(_falls_through(way, depth + 1) for way in ways)
    return True
