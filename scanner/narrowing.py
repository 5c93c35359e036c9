"""What the owner's configuration and the options of a command leave out of a judgement, or weigh otherwise."""

from __future__ import annotations

import msgspec

from scanner.findings import Phase, Severity


class ChangedSeverity(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that weighs otherwise than by itself: ``own`` is its own severity, ``set_to`` the one it has here."""

    rule_id: str
    own: Severity
    set_to: Severity


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """By what a judgement differs from that of all rules as they are; everything is empty where it does not.

    Attributes:
        configuration: the name of the file that says so.
        left_out: the rules that the configuration switches off or does not select.
        not_selected: the rules that the options of the command leave out.
        severities: the rules whose severity is changed.
        parameters: the rules whose parameters are changed.
        regions: the only regions in which detection services have to be on; empty means every enabled one.
        phases: those whose scores this bears on.
    """

    configuration: str = ""
    left_out: tuple[str, ...] = ()
    not_selected: tuple[str, ...] = ()
    severities: tuple[ChangedSeverity, ...] = ()
    parameters: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
