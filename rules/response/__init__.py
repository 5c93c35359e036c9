"""Response capability: whether a stolen credential can be contained tonight."""

from __future__ import annotations

from rules.response import incident

MODULES = (incident,)
