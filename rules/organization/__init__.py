"""Organization guardrails: what holds for every account, whatever its administrators do."""

from __future__ import annotations

from rules.organization import binding, delegates, delegation, guardrails, membership, regions

MODULES = (membership, guardrails, regions, binding, delegation, delegates)
