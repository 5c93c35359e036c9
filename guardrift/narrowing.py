"""What a configuration and a selection leave out, as it is told beside the scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from guardrift.configuration import Configuration, settings
from guardrift.selection import Selection, switched_off
from scanner.engine.rule import Rule
from scanner.findings import PHASES, Phase
from scanner.narrowing import ChangedSeverity, Narrowing


def narrowing(
    rules: Mapping[str, Rule], asked: Iterable[str], selection: Selection, configuration: Configuration, place: str
) -> Narrowing:
    """By what the judgement of an account differs from that of all rules as they are.

    Args:
        rules: every rule by id.
        asked: the ids of the rules that were asked.
        selection: what the command line says.
        configuration: what the configuration says of the account.
        place: where the configuration was found.
    """
    were_asked = frozenset(asked)
    gone = rules.keys() - were_asked
    off = {rule.id for rule in switched_off(rules, selection, configuration)} & gone
    tuned = settings(configuration, rules, place)
    severities = [
        ChangedSeverity(rule_id=rule_id, own=rules[rule_id].severity, set_to=severity)
        for rule_id, severity in sorted(tuned.severities.items())
        if rule_id in were_asked and severity != rules[rule_id].severity
    ]
    parameters = [
        rule_id
        for rule_id, given in sorted(tuned.parameters.items())
        if rule_id in were_asked and given != rules[rule_id].parameters()
    ]
    changed = {*gone, *parameters, *(each.rule_id for each in severities)}
    regions = configuration.declared.regions
    return Narrowing(
        configuration=Path(place).name,
        left_out=tuple(sorted(off)),
        not_selected=tuple(sorted(gone - off)),
        severities=tuple(severities),
        parameters=tuple(parameters),
        regions=tuple(sorted(regions)),
        phases=_phases(rule for rule in rules.values() if rule.id in changed or (regions and rule.where_watched)),
    )


def _phases(rules: Iterable[Rule]) -> tuple[Phase, ...]:
    found = {rule.phase for rule in rules}
    return tuple(phase for phase in PHASES if phase in found)
