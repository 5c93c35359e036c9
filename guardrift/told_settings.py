"""How rules were set, told in the report: else a later run could take another setting for a change of the account."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from scanner.engine.judge import Settings
from scanner.engine.rule import Rule
from scanner.report import Report


def with_settings(report: Report, rules: Sequence[Rule], tuned: Settings) -> Report:
    """The report with the parameters that differ from the rules' own, and a digest of what the owner declares."""
    changed: dict[str, dict[str, Any]] = {}
    for rule in rules:
        given, own = tuned.parameters.get(rule.id), msgspec.to_builtins(rule.parameters())
        said = msgspec.to_builtins(given) if given is not None else own
        differing = {name: value for name, value in said.items() if value != own.get(name)}
        if differing:
            changed[rule.id] = differing
    declared = hashlib.sha256(msgspec.json.encode(tuned.declared, order="sorted")).hexdigest()
    return msgspec.structs.replace(
        report,
        run=msgspec.structs.replace(report.run, declared_sha256=declared),
        rules=tuple(
            msgspec.structs.replace(each, parameters=changed[each.rule_id]) if each.rule_id in changed else each
            for each in report.rules
        ),
    )
