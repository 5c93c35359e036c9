"""Instances: how they hand out the credentials of their roles, and which roles they carry."""

from __future__ import annotations

from rules.imds import defaults, instances, launches, profiles, roles, sharing

MODULES = (defaults, instances, launches, profiles, roles, sharing)
