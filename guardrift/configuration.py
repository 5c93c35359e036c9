"""The configuration: strict, so that a typo is an error and never a setting that silently does nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

import msgspec

from guardrift.json_schema import json_schema
from scanner.engine.declared import Declared
from scanner.engine.judge import Settings
from scanner.engine.rule import NoParameters, Rule
from scanner.errors import UsageError
from scanner.findings import Severity

FailOn = Literal["critical", "high", "medium", "low", "info", "none"]


class ScanSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Defaults of the scan.

    Attributes:
        regions: the regions to ask; empty means every enabled one.
        fail_on: from which severity on findings make the exit code 1.
    """

    regions: tuple[str, ...] = ()
    fail_on: FailOn = "high"


class RuleSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one rule is set.

    Attributes:
        enabled: whether it is asked at all.
        severity: in place of the rule's own.
        params: values for the rule's parameters.
    """

    enabled: bool = True
    severity: Severity | None = None
    params: dict[str, Any] = {}


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of guardrift.toml."""

    version: Literal[1] = 1
    scan: ScanSection = ScanSection()
    declared: Declared = Declared()
    rules: dict[str, RuleSection] = {}


def parse(text: str, place: str) -> Configuration:
    """The configuration of a TOML text; raises ``UsageError`` with every fault and its place."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(f"{place} is not TOML: {fault}", "Mend the line that is named.") from None
    return from_table(content, place)


def from_table(content: Mapping[str, object], place: str) -> Configuration:
    """The configuration of a table that was read from TOML; raises ``UsageError`` with every fault and its place."""
    from jsonschema import Draft202012Validator  # takes as long to load as a small account to scan

    faults = sorted(
        Draft202012Validator(json_schema(Configuration, "configuration")).iter_errors(content),
        key=lambda fault: fault.json_path,
    )
    if faults:
        told = "; ".join([line for fault in faults for line in _told(fault)][:5])
        raise UsageError(f"{place}: {told}", "'guardrift schema configuration' prints what is allowed.")
    return msgspec.convert(content, Configuration)


def _told(fault: Any) -> list[str]:
    """A fault of the schema with its place; for keys that do not exist, the nearest one that does."""
    place = [str(part) for part in fault.absolute_path]
    if fault.validator != "additionalProperties":
        return [f"{'.'.join(place)}: {fault.message}"]
    allowed = list(fault.schema["properties"])
    lines = []
    for key in sorted(set(fault.instance) - set(allowed)):
        close = get_close_matches(key, allowed, 1)
        lines.append(
            f"{'.'.join((*place, key))}: there is no such key" + (f". Did you mean {close[0]}?" if close else "")
        )
    return lines


def settings(configuration: Configuration, rules: Mapping[str, Rule], place: str) -> Settings:
    """Parameters and severities for the engine; raises ``UsageError`` for a rule or a parameter that does not exist."""
    parameters: dict[str, NoParameters] = {}
    severities: dict[str, Severity] = {}
    for rule_id, section in configuration.rules.items():
        if rule_id not in rules:
            raise unknown_rule(rule_id, rules, place)
        try:
            parameters[rule_id] = msgspec.convert(section.params, rules[rule_id].parameters)
        except msgspec.ValidationError as fault:
            raise UsageError(
                f"{place}: rules.{rule_id}.params: {fault}", f"'guardrift rules show {rule_id}' names the parameters."
            ) from None
        if section.severity is not None:
            severities[rule_id] = section.severity
    return Settings(parameters, severities, configuration.declared)


def unknown_rule(rule_id: str, rules: Mapping[str, Rule], place: str) -> UsageError:
    """The error for a rule id that does not exist, with the nearest ones that do."""
    close = ", ".join(get_close_matches(rule_id, list(rules), 3))
    hint = f"Did you mean {close}?" if close else "'guardrift rules list' names them."
    return UsageError(f"{place}: there is no rule {rule_id!r}", hint)
