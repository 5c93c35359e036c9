"""The configuration: strict, so that a typo is an error and never a setting that silently does nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import msgspec

from guardrift.json_schema import json_schema
from guardrift.schema_faults import faults_of
from guardrift.suppressions import check_resources, with_dates_as_texts
from scanner.engine.declared import AccountId, Declared, RegionName
from scanner.engine.judge import Settings
from scanner.engine.rule import NoParameters, Rule
from scanner.errors import UsageError
from scanner.findings import Severity
from scanner.inventory import Account
from scanner.suppression import Suppression

FailOn = Literal["critical", "high", "medium", "low", "info", "none"]


class ScanSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Defaults of the scan.

    Attributes:
        regions: the regions to ask; empty means every enabled one.
        fail_on: from which severity on findings make the exit code 1.
    """

    regions: tuple[RegionName, ...] = ()
    fail_on: FailOn = "high"


class SelectSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rules are asked; empty means all, and a rule has to fit every list that is not empty.

    Attributes:
        rules: ids of rules.
        families: such as ``imds`` or ``alert-path``.
        frameworks: ``cis``, ``nist-csf``, ``well-architected`` or ``attack``, or with a version ``cis@7.0.0``.
        phases: ``detect``, ``contain``, ``investigate`` or ``eradicate``.
    """

    rules: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


class RuleSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one rule is set.

    Attributes:
        enabled: whether it is asked at all; without it, what was said before, or yes.
        severity: in place of the rule's own.
        params: values for the rule's parameters.
    """

    enabled: bool | None = None
    severity: Severity | None = None
    params: dict[str, Any] = {}

    def overridden(self, by: RuleSection) -> RuleSection:
        """This setting with what another one says in place of it, each for itself."""
        return RuleSection(
            self.enabled if by.enabled is None else by.enabled,
            self.severity if by.severity is None else by.severity,
            {**self.params, **by.params},
        )


class AccountSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is different for some accounts; where several sections name an account, the later ones win.

    Attributes:
        ids: the accounts.
        units: names of organizational units; every account below one of them, at any depth, is meant.
        tags: keys and values; every account that carries all of them is meant, which only a scan of the organization
            can tell.
        rules: what is set otherwise of these rules; what is not named stays as it is.
        declared: what is declared in addition of these accounts.
    """

    ids: tuple[AccountId, ...] = ()
    units: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    rules: dict[str, RuleSection] = {}
    declared: Declared = Declared()


class AcceptanceSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for findings that somebody lets stand.

    Attributes:
        max_days: how many days ahead the last day of an acceptance may be.
    """

    max_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] = 365


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of guardrift.toml."""

    version: Literal[1] = 1
    scan: ScanSection = ScanSection()
    select: SelectSection = SelectSection()
    declared: Declared = Declared()
    rules: dict[str, RuleSection] = {}
    account: tuple[AccountSection, ...] = ()
    acceptance: AcceptanceSection = AcceptanceSection()
    suppress: tuple[Suppression, ...] = ()


class Standing(msgspec.Struct, frozen=True):
    """What is known of the account by which the sections of the configuration choose it.

    Attributes:
        place: the names of the root and the units above it; empty where these are not known.
        tags: what the organization has put on it; None where that is not known.
    """

    account_id: str
    place: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None

    def is_meant(self, section: AccountSection) -> bool | None:
        """Whether a section is of this account; None where that is not known."""
        by_tags = self.tags is not None and section.tags and section.tags.items() <= self.tags.items()
        if self.account_id in section.ids or set(section.units).intersection(self.place) or by_tags:
            return True
        return None if (section.units and not self.place) or (section.tags and self.tags is None) else False


def for_account(configuration: Configuration, standing: Standing) -> Configuration:
    """The configuration of one account, with what its sections say put in, and no sections any more."""
    found = msgspec.structs.replace(configuration, account=())
    for section in configuration.account:
        if standing.is_meant(section):
            rules = {
                rule_id: found.rules.get(rule_id, RuleSection()).overridden(setting)
                for rule_id, setting in section.rules.items()
            }
            said, more = found.declared, section.declared
            declared = Declared(
                *(_together(getattr(said, name), getattr(more, name)) for name in Declared.__struct_fields__)
            )
            found = msgspec.structs.replace(found, rules={**found.rules, **rules}, declared=declared)
    return found


def undecided(configuration: Configuration, standing: Standing) -> tuple[int, ...]:
    """The numbers of the sections of which it is not known whether they are of the account."""
    return tuple(number for number, one in enumerate(configuration.account) if standing.is_meant(one) is None)


def check_regions(declared: Declared, account: Account, place: str) -> None:
    """Raise ``UsageError`` for a declared region that the account has not, as far as it is known which it has.

    Whatever is declared narrows where detection has to be on; a name that is mistyped would switch that off unseen.
    """
    enabled = [region.name for region in account.regions]
    if account.other_regions is None and enabled:
        fault = f"is not enabled in account {account.account_id}"
        _check_regions(declared.regions, enabled, f"{place}: declared", fault, f"Enabled are {', '.join(enabled)}.")


def check_region_names(configuration: Configuration, existing: Collection[str], place: str) -> None:
    """Raise ``UsageError`` for a declared region that there is not; an organization has regions that few enable."""
    remedy = "'aws ec2 describe-regions --all-regions' names them; a new one needs a newer boto3."
    said = [("declared", configuration.declared)]
    said += [(f"account[{number}].declared", section.declared) for number, section in enumerate(configuration.account)]
    for where, declared in said:
        _check_regions(declared.regions, existing, f"{place}: {where}", "is no region", remedy)


def _check_regions(declared: Sequence[str], existing: Collection[str], place: str, fault: str, remedy: str) -> None:
    for name in declared:
        if name not in existing:
            close = get_close_matches(name, existing, 1)
            hint = f"Did you mean {close[0]}? " if close else ""
            raise UsageError(f"{place}.regions names {name}, which {fault}", f"{hint}{remedy}")


def _together(said: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*said, *more)))


def parse(text: str, place: str) -> Configuration:
    """The configuration of a TOML text; raises ``UsageError`` with every fault and its place."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(f"{place} is not TOML: {fault}", "Mend the line that is named.") from None
    except RecursionError:
        raise UsageError(f"{place} is nested too deeply", "No setting holds more than three tables.") from None
    return from_table(content, place)


def from_table(content: Mapping[str, object], place: str) -> Configuration:
    """The configuration of a table that was read from TOML; raises ``UsageError`` with every fault and its place."""
    content = with_dates_as_texts(content)
    faults = faults_of(content, json_schema(Configuration, "configuration"))
    if faults:
        raise UsageError(
            f"{place}: {'; '.join(faults[:5])}", "'guardrift schema configuration' prints what is allowed."
        )
    found = _converted(content, place)
    check_resources(found.suppress, place)
    for number, section in enumerate(found.account):
        if not (section.ids or section.units or section.tags):
            raise UsageError(f"{place}: account[{number}] is of no account", "Name its ids, units or tags.")
    return found


def _converted(content: Mapping[str, object], place: str) -> Configuration:
    try:
        return msgspec.convert(content, Configuration)
    except msgspec.ValidationError as fault:
        # The schema knows what a text has to look like, not whether there is such a day.
        where = re.search(r"`\$\.(suppress.*\.expires)`", str(fault))
        if where is None:
            raise UsageError(f"{place}: {fault}", "'guardrift schema configuration' prints what is allowed.") from None
        hint = "Write the day alone, such as 2027-02-28."
        raise UsageError(f"{place}: {where[1]}: this is no date", hint) from None


def settings(configuration: Configuration, rules: Mapping[str, Rule], place: str) -> Settings:
    """Parameters and severities for the engine; raises ``UsageError`` for a rule or a parameter that does not exist."""
    for number, section in enumerate(configuration.account):
        for rule_id, setting in section.rules.items():
            _parameters(rule_id, setting, rules, place, f"account[{number}].rules")
    for number, suppression in enumerate(configuration.suppress):
        if suppression.rule not in rules:
            raise unknown_rule(suppression.rule, rules, f"{place}: suppress[{number}].rule")
    parameters = {
        rule_id: _parameters(rule_id, setting, rules, place, "rules")
        for rule_id, setting in configuration.rules.items()
    }
    severities = {
        rule_id: setting.severity for rule_id, setting in configuration.rules.items() if setting.severity is not None
    }
    return Settings(parameters, severities, configuration.declared)


def _parameters(rule_id: str, setting: RuleSection, rules: Mapping[str, Rule], place: str, within: str) -> NoParameters:
    if rule_id not in rules:
        raise unknown_rule(rule_id, rules, f"{place}: {within}")
    try:
        return msgspec.convert(setting.params, rules[rule_id].parameters)
    except msgspec.ValidationError as fault:
        hint = f"'guardrift rules show {rule_id}' names the parameters and what they take."
        raise UsageError(
            f"{place}: {within}.{rule_id}.params: {fault}", _meant(str(fault), rules[rule_id].parameters) + hint
        ) from None


def _meant(fault: str, parameters: type[NoParameters]) -> str:
    """A question after the name that was meant, where a name was given that is none of those allowed."""
    wrong = re.search("Invalid enum value '(.*)'", fault)
    close = get_close_matches(wrong[1], list(_names_in(msgspec.json.schema(parameters))), 1) if wrong else []
    return f"Did you mean {close[0]}? " if close else ""


def _names_in(schema: object) -> Iterator[str]:
    """The names that a JSON Schema allows anywhere."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        yield from schema.get("enum", ())
    for part in parts:
        yield from _names_in(part)


def unknown_rule(rule_id: str, rules: Mapping[str, Rule], place: str) -> UsageError:
    """The error for a rule id that does not exist, with the nearest ones that do."""
    close = ", ".join(get_close_matches(rule_id, list(rules), 3))
    hint = f"Did you mean {close}?" if close else "'guardrift rules list' names them."
    return UsageError(f"{place}: there is no rule {rule_id!r}", hint)
