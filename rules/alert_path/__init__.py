"""The alert path: whether a finding reaches a person or a responder."""

from __future__ import annotations

from types import ModuleType

MODULES: tuple[ModuleType, ...] = ()
