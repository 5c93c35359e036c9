"""Blast radius: what a stolen credential reaches, and can switch off."""

from __future__ import annotations

from rules.blast_radius import evasion

MODULES = (evasion,)
