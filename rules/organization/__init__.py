"""Organization guardrails: what holds for every account, whatever its administrators do."""

from __future__ import annotations

from types import ModuleType

MODULES: tuple[ModuleType, ...] = ()
