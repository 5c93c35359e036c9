"""The documents that guardrift reads and writes, and their schemas."""

from __future__ import annotations

from typing import Any

from guardrift.json_schema import json_schema
from scanner.errors import UsageError

NAMES = (
    "baseline",
    "configuration",
    "decision",
    "fleet",
    "paths",
    "preflight",
    "readiness",
    "report",
    "rules",
    "snapshot",
)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document; raises ``UsageError`` if there is none of that name."""
    if name not in NAMES:
        raise UsageError(f"there is no schema {name!r}", f"There are: {', '.join(NAMES)}.")
    return json_schema(_type(name), name)


def _type(name: str) -> Any:
    # Imported when asked for: a schema of the report needs no rules, and that of the configuration does.
    if name == "baseline":
        from scanner.baseline.files import document_type

        return document_type()
    if name == "configuration":
        from guardrift.configuration import Configuration

        return Configuration
    if name == "decision":
        from scanner.iam.decision import Decision

        return Decision
    if name == "fleet":
        from scanner.fleet_report import FleetReport

        return FleetReport
    if name == "paths":
        from scanner.iam.escalation.told import Survey

        return Survey
    if name == "preflight":
        from scanner.preflight import Preflight

        return Preflight
    if name == "readiness":
        from scanner.readiness import Scorecard

        return Scorecard
    if name == "rules":
        from guardrift.declarative_rules import TomlRules

        return TomlRules
    if name == "report":
        from scanner.report import Report

        return Report
    from scanner.inventory import Account

    return Account
