"""Detection services, and the events that somebody should be told of."""

from __future__ import annotations

from types import ModuleType

MODULES: tuple[ModuleType, ...] = ()
