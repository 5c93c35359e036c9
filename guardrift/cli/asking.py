"""Which rules a command asks, once everything that the configuration says of rules and regions has been checked."""

from __future__ import annotations

from collections.abc import Mapping

from guardrift.configuration import Configuration, check_region_names, settings
from guardrift.selection import Selection, chosen_rules
from scanner.engine.rule import Rule


def rules_to_ask(
    rules: Mapping[str, Rule], selection: Selection, configuration: Configuration, place: str
) -> list[Rule]:
    """The rules to ask of some account; needs no AWS.

    Args:
        rules: every rule by id.
        selection: what the command line says.
        configuration: what the configuration says.
        place: where the configuration was found.

    Raises:
        UsageError: the command line or the configuration names what does not exist, or no rule is left.
    """
    chosen = chosen_rules(rules, selection, configuration, place)
    settings(configuration, rules, place)
    if configuration.declared.regions or any(section.declared.regions for section in configuration.account):
        from scanner.collect.session import known_regions  # it loads the SDK

        check_region_names(configuration, known_regions(), place)
    return chosen
