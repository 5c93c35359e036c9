"""The documents that guardrift reads and writes, and their schemas."""

from __future__ import annotations

import importlib
from typing import Any

from guardrift.json_schema import json_schema
from scanner.errors import UsageError

_TYPES = {
    "baseline": "scanner.baseline.files:document_type",
    "configuration": "guardrift.configuration:Configuration",
    "containment": "policies.status:ContainmentStatus",
    "decision": "scanner.iam.decision:Decision",
    "diff": "scanner.drift.told:Diff",
    "fleet": "scanner.fleet_report:FleetReport",
    "gate": "scanner.gate:Gate",
    "journal": "policies.execution.records:Line",
    "paths": "scanner.iam.escalation.told:Survey",
    "plan": "policies.planning:Plan",
    "preflight": "scanner.preflight:Preflight",
    "readiness": "scanner.readiness:Scorecard",
    "report": "scanner.report:Report",
    "rules": "guardrift.declarative_rules:TomlRules",
    "run": "guardrift.cli.carried_runs:ToldRun",
    "snapshot": "scanner.inventory:Account",
}
"""The type of each document; imported when asked for, since a schema of the report needs no rules."""

NAMES = tuple(_TYPES)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document; raises ``UsageError`` if there is none of that name."""
    if name not in NAMES:
        raise UsageError(f"there is no schema {name!r}", f"There are: {', '.join(NAMES)}.")
    module, _, attribute = _TYPES[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    # What a baseline holds is made from the types of the inventory, when it is asked for.
    return json_schema(found() if name == "baseline" else found, name)
