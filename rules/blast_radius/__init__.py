"""How far a stolen credential reaches, and what it can switch off, undo, keep, read or destroy."""

from __future__ import annotations

from rules.blast_radius import destroying, evasion, persisting, resource_policies, secrets

MODULES = (destroying, evasion, persisting, resource_policies, secrets)
