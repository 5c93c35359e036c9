"""The alert path: whether a finding reaches a person or a responder."""

from __future__ import annotations

from types import ModuleType

from rules.alert_path import (
    alarms,
    buses,
    findings,
    guarding,
    patterns,
    responders,
    suppressing,
    targets,
    topics,
    trusting,
)

MODULES: tuple[ModuleType, ...] = (
    alarms, buses, findings, guarding, patterns, responders, suppressing, targets, topics, trusting,
)  # fmt: skip
