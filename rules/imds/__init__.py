"""Instances: how they hand out the credentials of their roles."""

from __future__ import annotations

from rules.imds import launches

MODULES = (launches,)
