"""Which rules are asked: by id, family, framework, phase and severity, from the configuration and the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from guardrift.configuration import Configuration, RuleSection, unknown_rule
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
    _check(rules, _narrowed(configuration), f"{place}: select")
    _check(rules, selection, "")
    found = asked_rules(rules, selection, configuration)
    if not found:
        raise UsageError("no rule is left to ask", "Widen the options that narrow the rules, or the configuration.")
    return found


def asked_rules(rules: Mapping[str, Rule], selection: Selection, configuration: Configuration) -> list[Rule]:
    """The rules to ask of some account, or of the one whose configuration it is; every name in it has to exist."""
    narrowed = _narrowed(configuration)
    return [rule for rule in rules.values() if _is_asked(rule, selection, narrowed, configuration)]


def _narrowed(configuration: Configuration) -> Selection:
    select = configuration.select
    return Selection(select.rules, select.families, select.frameworks, select.phases)


def switched_off(rules: Mapping[str, Rule], selection: Selection, configuration: Configuration) -> list[Rule]:
    """The rules that the configuration switches off or does not select."""
    narrowed = _narrowed(configuration)
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
    _check_names(selection.families, families, "family", f"{place}.families" if place else "--family")
    _check_names(selection.phases, PHASES, "phase", f"{place}.phases" if place else "--phase")
    for framework in selection.frameworks:
        try:
            framework_of(framework, rules.values())
        except UsageError as fault:
            where = f"{place}.frameworks" if place else "--framework"
            raise UsageError(f"{where}: {fault.message}", fault.hint) from None


def _check_names(names: Iterable[str], known: Collection[str], kind: str, place: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"{place}: there is no {kind} {name!r}", f"There are: {', '.join(known)}.")


def _is_asked(rule: Rule, selection: Selection, narrowed: Selection, configuration: Configuration) -> bool:
    severities = _severities(rule, configuration)
    is_named = rule.id in selection.rules
    return (
        (is_named or not _is_disabled(rule, configuration))
        and (is_named or _fits(rule, narrowed))
        and _fits(rule, selection)
        and (selection.severity is None or any(at_or_above(each, selection.severity) for each in severities))
    )


def _is_disabled(rule: Rule, configuration: Configuration) -> bool:
    """Whether a rule is switched off, and on for no account."""
    section = configuration.rules.get(rule.id)
    is_off = section is not None and section.enabled is False
    return is_off and not any(each.enabled for each in _of_accounts(rule, configuration))


def _severities(rule: Rule, configuration: Configuration) -> list[Severity]:
    """The severities that a rule has, in one account or another."""
    section = configuration.rules.get(rule.id)
    found = [each.severity for each in _of_accounts(rule, configuration) if each.severity is not None]
    return [(section.severity if section else None) or rule.severity, *found]


def _of_accounts(rule: Rule, configuration: Configuration) -> list[RuleSection]:
    return [section.rules[rule.id] for section in configuration.account if rule.id in section.rules]


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
