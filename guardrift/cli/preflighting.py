"""Carry out a preflight: choose the rules, ask AWS, tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from guardrift.cli.asking import rules_to_ask
from guardrift.cli.config_file import load
from guardrift.cli.live import Source, session_of
from guardrift.cli.output import check_writable, colour, data, note, write_file
from guardrift.cli.run import INCOMPLETE, OK
from guardrift.custom_rules import rule_set
from guardrift.selection import Selection, switched_off
from guardrift.version import __version__
from guardrift.wanted import wanted_actions
from reports import preflight_text
from reports.json_text import indented
from scanner.errors import UsageError
from scanner.preflight import Preflight, outlooks, summarised


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of a preflight; ``output`` names the JSON file, and ``-`` is stdout."""

    source: Source
    selection: Selection
    output: str | None
    config: Path | None
    no_config: bool
    last_accessed: bool
    rule_folders: tuple[Path, ...] = ()


def run_preflight(request: Request) -> int:
    """Ask and tell; returns 3 where something cannot be read. What is wrong with the request is said first."""
    _check(request.output)
    configuration, place = load(request.config, disabled=request.no_config)
    every = rule_set(request.rule_folders)
    rules = rules_to_ask(every, request.selection, configuration, place)
    wanted = wanted_actions(
        rules,
        switched_off(every, request.selection, configuration),
        is_narrowed=request.selection != Selection(),
        plans=False,
        last_accessed=request.last_accessed,
    )
    began = datetime.now(UTC)
    found = _asked(request.source, request.source.regions or configuration.scan.regions, wanted)
    told = outlooks(rules, found.answers, found.regions)
    result = Preflight(
        tool_version=__version__,
        started_at=began,
        finished_at=datetime.now(UTC),
        account_id=found.caller.account_id,
        partition=found.caller.partition,
        caller=found.caller.arn,
        regions=found.regions,
        summary=summarised(told, found.answers),
        rules=told,
        answers=found.answers,
    )
    _tell(result, request.output, quiet=request.source.quiet)
    return OK if result.summary.complete else INCOMPLETE


def _check(output: str | None) -> None:
    if output is None or output == "-":
        return
    if Path(output).suffix.lower() != ".json":
        raise UsageError(f"the result is JSON, which {output!r} does not say", "Name a .json file; - is stdout.")
    check_writable(Path(output))


def _asked(source: Source, regions: tuple[str, ...], wanted: frozenset[str]) -> Any:
    # The SDK is loaded only now that the arguments are known to be right.
    from scanner.collect.account import Scope
    from scanner.collect.preflight import preflight

    scope = Scope(
        regions=regions,
        account_id=source.account_id,
        wanted=wanted,
        max_rate=source.max_rate,
        user_agent=f"guardrift/{__version__}",
    )
    return preflight(session_of(replace(source, regions=regions)), scope)


def _tell(result: Preflight, output: str | None, *, quiet: bool) -> None:
    text = indented(result)
    if output == "-":
        data(text)
    elif output is not None:
        write_file(Path(output), text.encode())
    if quiet:
        return
    colour(preflight_text.render(result), stderr=output == "-")
    if output not in {None, "-"}:
        note(f"Written: {output}")
