"""Which rules are asked: by id, family, framework, phase and severity, from the configuration and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guardrift.configuration import Configuration, unknown_rule
from rules.compliance import FRAMEWORKS, maps_to, versions
from scanner.engine.rule import Rule
from scanner.errors import UsageError
from scanner.findings import PHASES, Severity, at_or_above


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line asks for; empty means all.

    Attributes:
        frameworks: short names such as ``cis``, or with a version ``cis@7.0.0``.
        severity: this one and those above.
    """

    rules: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    severity: Severity | None = None


def chosen_rules(
    rules: Mapping[str, Rule], selection: Selection, configuration: Configuration, place: str
) -> list[Rule]:
    """The rules to ask.

    The command line and the section ``select`` of the configuration both narrow; a rule that the command line names is
    asked even if the configuration leaves it out.

    Args:
        rules: every rule by id.
        selection: what the command line says.
        configuration: what the configuration says.
        place: where the configuration was found.

    Raises:
        UsageError: a name does not exist, or no rule is left.
    """
    select = configuration.select
    narrowed = Selection(select.rules, select.families, select.frameworks, select.phases)
    _check(rules, narrowed, f"{place}: select")
    _check(rules, selection, "")
    found = [rule for rule in rules.values() if _is_asked(rule, selection, narrowed, configuration)]
    if not found:
        raise UsageError("no rule is left to ask", "Widen the options that narrow the rules, or the configuration.")
    return found


def switched_off(rules: Mapping[str, Rule], selection: Selection, configuration: Configuration) -> list[Rule]:
    """The rules that the configuration switches off or does not select."""
    select = configuration.select
    narrowed = Selection(select.rules, select.families, select.frameworks, select.phases)
    return [
        rule
        for rule in rules.values()
        if rule.id not in selection.rules and (_is_disabled(rule, configuration) or not _fits(rule, narrowed))
    ]


def framework_of(name: str, rules: Iterable[Rule]) -> tuple[str, str | None]:
    """The framework and the version that ``cis`` or ``cis@7.0.0`` names.

    Raises:
        UsageError: there is no such framework or version.
    """
    short, _, version = name.partition("@")
    if short not in FRAMEWORKS:
        raise UsageError(f"there is no framework {short!r}", f"There are: {', '.join(FRAMEWORKS)}.")
    known = versions(FRAMEWORKS[short], rules)
    if version and version not in known:
        raise UsageError(f"there is no version {version!r} of {short}", f"There are: {', '.join(known)}.")
    return FRAMEWORKS[short], version or None


def _check(rules: Mapping[str, Rule], selection: Selection, place: str) -> None:
    """Raise ``UsageError`` for names that do not exist; an option is named by itself, a setting by its place."""
    for rule_id in selection.rules:
        if rule_id not in rules:
            raise unknown_rule(rule_id, rules, f"{place}.rules" if place else "--rule")
    families = sorted({rule.family for rule in rules.values()})
    for family in selection.families:
        if family not in families:
            raise UsageError(f"there is no family {family!r}", f"There are: {', '.join(families)}.")
    for phase in selection.phases:
        if phase not in PHASES:
            raise UsageError(f"there is no phase {phase!r}", f"There are: {', '.join(PHASES)}.")
    for framework in selection.frameworks:
        framework_of(framework, rules.values())


def _is_asked(rule: Rule, selection: Selection, narrowed: Selection, configuration: Configuration) -> bool:
    section = configuration.rules.get(rule.id)
    severity = (section.severity if section else None) or rule.severity
    is_named = rule.id in selection.rules
    return (
        (is_named or not _is_disabled(rule, configuration))
        and (is_named or _fits(rule, narrowed))
        and _fits(rule, selection)
        and (selection.severity is None or at_or_above(severity, selection.severity))
    )


def _is_disabled(rule: Rule, configuration: Configuration) -> bool:
    section = configuration.rules.get(rule.id)
    return section is not None and not section.enabled


def _fits(rule: Rule, selection: Selection) -> bool:
    frameworks = [_split(name) for name in selection.frameworks]
    return (
        (not selection.rules or rule.id in selection.rules)
        and (not selection.families or rule.family in selection.families)
        and (not selection.phases or rule.phase in selection.phases)
        and (not frameworks or any(maps_to(rule, framework, version) for framework, version in frameworks))
    )


def _split(name: str) -> tuple[str, str | None]:
    short, _, version = name.partition("@")
    return FRAMEWORKS[short], version or None
