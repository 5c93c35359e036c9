"""Storage of logs: whether records last, and can be read tonight."""

from __future__ import annotations

from types import ModuleType

MODULES: tuple[ModuleType, ...] = ()
