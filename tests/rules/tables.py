"""The tables of cases that stand in the tests of the families, by rule.

A test module of a family has ``TABLES``, which gives each rule its cases, and may have ``ALSO_LOOKED_AT``: actions that
a rule does not need, but from which it can tell something where it lacks the others.
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

from tests.accounts import Case

_FOLDER = Path(__file__).parent


@cache
def _modules() -> tuple[ModuleType, ...]:
    files = sorted(path for path in _FOLDER.rglob("test_*.py") if path.name != "test_registry.py")
    names = (".".join(path.relative_to(_FOLDER.parents[1]).with_suffix("").parts) for path in files)
    return tuple(importlib.import_module(name) for name in names)


def tables() -> dict[str, list[Case]]:
    """The cases of every rule; those of several modules are put together."""
    found: dict[str, list[Case]] = {}
    for module in _modules():
        for rule_id, cases in getattr(module, "TABLES", {}).items():
            found.setdefault(rule_id, []).extend(cases)
    return found


def also_looked_at(rule_id: str) -> frozenset[str]:
    """The further actions from which a rule can tell something."""
    return frozenset(api for module in _modules() for api in getattr(module, "ALSO_LOOKED_AT", {}).get(rule_id, ()))
