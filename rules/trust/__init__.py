"""Trust and federation: from where roles can be assumed."""

from __future__ import annotations

from rules.trust import accounts, federation

MODULES = (accounts, federation)
