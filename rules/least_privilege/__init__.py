"""Least privilege: who may do too much, or make itself able to."""

from __future__ import annotations

from rules.least_privilege import administrators, assuming, escalation, groups, named_grants

MODULES = (administrators, assuming, escalation, groups, named_grants)
