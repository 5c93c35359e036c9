"""What a scan does after its arguments are read; the demo does the same with an account of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from guardrift.cli.asking import rules_to_ask
from guardrift.cli.config_file import load
from guardrift.cli.live import Source, read_account
from guardrift.cli.options import Threshold
from guardrift.cli.output import check_writable, colour, data, note, write_file, write_folder
from guardrift.cli.planning_ahead import plans_of
from guardrift.cli.run import FINDINGS, INCOMPLETE, OK
from guardrift.cli.suppression_notes import note_suppressions
from guardrift.configuration import Configuration, Standing, check_regions, for_account, settings, undecided
from guardrift.custom_rules import rule_set
from guardrift.fleet.membership import place_of
from guardrift.narrowing import narrowing
from guardrift.rule_texts import rule_texts
from guardrift.selection import Selection, chosen_rules, switched_off
from guardrift.suppressions import check_lengths
from guardrift.told_settings import with_settings
from guardrift.version import __version__
from guardrift.wanted import wanted_actions
from reports import ALONE, WRITERS, Beside, encoded
from reports.terminal import render as render_summary
from scanner.engine.assemble import reaches, report_on, suppressed
from scanner.engine.declared import Declared
from scanner.engine.judge import Settings
from scanner.engine.rule import Rule
from scanner.errors import UsageError
from scanner.inventory import Account
from scanner.narrowing import Narrowing
from scanner.report import Report
from scanner.report import Source as Origin
from scanner.snapshot import encode

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The arguments of a scan."""

    source: Source
    selection: Selection = field(default_factory=Selection)
    outputs: tuple[str, ...] = ()
    save_snapshot: Path | None = None
    plans: Path | None = None
    fail_on: Threshold | None = None
    at: datetime | None = None
    config: Path | None = None
    no_config: bool = False
    last_accessed: bool = False
    rule_folders: tuple[Path, ...] = ()
    compare: Path | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """By what an account is judged.

    Attributes:
        place: the file of the configuration, for messages.
        rules: every rule, by id; the configuration chooses among them.
    """

    configuration: Configuration
    place: str
    rules: Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of a scan.

    Attributes:
        threshold: from which severity on findings fail.
        narrowed: which rules were left out or changed.
        declared: what the owner says of the account.
    """

    account: Account
    report: Report
    threshold: Threshold
    narrowed: Narrowing
    declared: Declared


def run_scan(request: Request, *, now: datetime) -> int:
    """Scan as requested; returns the exit code. What is wrong with the request is said before AWS is asked."""
    check_outputs(request)
    found = scanned(request, now) if request.compare is None else compared(request, request.compare, now)
    code = exit_code(found.report, found.threshold)
    deliver(request, found, Beside(exit_code=code))
    if request.source.partial is not None:
        request.source.partial.finished(found.account)
    return code


def scanned(request: Request, now: datetime) -> Scanned:
    """Read the account and judge it.

    Raises:
        UsageError: something is wrong with the request; it is said before AWS is asked.
    """
    given = given_by(request, now)
    return judged_by(read(request, given, now), request, given, now)


def compared(request: Request, path: Path, now: datetime) -> Scanned:
    """The same, compared with the report of an earlier run; raises ``UsageError`` as well where that is none."""
    from guardrift.cli.comparing import compared_with, of_that_account, read_earlier
    from scanner.runs_compared import check_same_account

    earlier = read_earlier(path)
    request = replace(request, source=of_that_account(request.source, earlier, path))
    given = given_by(request, now)
    account = read(request, given, now)
    check_same_account(earlier, account.account_id, f"--compare {path}")
    found = judged_by(account, request, given, now)
    watched, quiet = found.narrowed.regions, request.source.quiet
    return replace(found, report=compared_with(found.report, earlier, given.rules, watched, quiet=quiet))


def given_by(request: Request, now: datetime) -> Given:
    """The configuration and the rules of a request; raises ``UsageError`` where they are not in order."""
    configuration, place = load(request.config, disabled=request.no_config)
    return checked(Given(configuration, place, rule_set(request.rule_folders)), request, now)


def checked(given: Given, request: Request, now: datetime) -> Given:
    """The same, after what can be said of them without the account; raises ``UsageError``."""
    check_lengths(given.configuration.suppress, given.configuration.acceptance.max_days, given.place, now)
    rules_to_ask(given.rules, request.selection, given.configuration, given.place)
    logger.info("configuration: %s", given.place)
    return given


def read(request: Request, given: Given, now: datetime) -> Account:
    """The account of the request, read as far as the rules need it."""
    configuration, source = given.configuration, request.source
    if source.snapshot is None:
        wanted = wanted_actions(
            rules_to_ask(given.rules, request.selection, configuration, given.place),
            switched_off(given.rules, request.selection, configuration),
            is_narrowed=request.selection != Selection(),
            plans=request.plans is not None,
            last_accessed=request.last_accessed,
        )
        source = replace(source, regions=source.regions or configuration.scan.regions, wanted=wanted)
    elif request.last_accessed:
        raise UsageError("--snapshot reads a file: --last-accessed has no meaning", "Leave it out.")
    return read_account(source, now)


def judged_by(account: Account, request: Request, given: Given, now: datetime, *, quiet: bool = False) -> Scanned:
    """Judge an account by a configuration; unless quiet, what is to be said of that is noted."""
    place = given.place
    standing = Standing(account.account_id, place_of(account.organization, account.account_id))
    for number in () if quiet else undecided(given.configuration, standing):
        note(
            f"{place}: account[{number}] is left out, since the units and tags of account {account.account_id} are not "
            "known here; name its id to have it count."
        )
    configuration = for_account(given.configuration, standing)
    check_regions(configuration.declared, account, place)
    rules = chosen_rules(given.rules, request.selection, configuration, place)
    tuned = settings(configuration, given.rules, place)
    report = judged(
        account, rules, tuned, request.at, origin="live" if request.source.snapshot is None else "snapshot", began=now
    )
    report = suppressed(report, configuration.suppress, request.at or now)
    if not quiet:
        note_suppressions(report.summary.suppression_notices, place, request.at or now, quiet=request.source.quiet)
    narrowed = narrowing(given.rules, [rule.id for rule in rules], request.selection, configuration, place)
    threshold = request.fail_on or Threshold(configuration.scan.fail_on)
    return Scanned(account, report, threshold, narrowed, configuration.declared)


def judged(
    account: Account, rules: Sequence[Rule], tuned: Settings, at: datetime | None, *, origin: Origin, began: datetime
) -> Report:
    """The report on an account, judged at the given time or when it was read."""
    report = report_on(
        account,
        rules,
        at=at or account.taken_at,
        settings=tuned,
        source=origin,
        tool_version=__version__,
        started_at=began,
        finished_at=datetime.now(UTC),
    )
    return with_settings(report, rules, tuned)


def deliver(request: Request, found: Scanned, beside: Beside = ALONE) -> None:
    """Write everything that was asked for, then say what was seen; all is rendered before the first file is written."""
    account, report = found.account, found.report
    texts = [(output, writer_of(output, beside)(report)) for output in request.outputs]
    folder = plans_of(account, found.declared) if request.plans is not None else {}
    if request.save_snapshot is not None:
        write_file(request.save_snapshot, encode(account))
    for output, parts in texts:
        if is_stdout(output):
            data(b"".join(parts).decode())
        else:
            write_file(Path(output), *parts)
    if request.plans is not None:
        write_folder(request.plans / account.account_id, folder)
    if request.source.quiet:
        return
    colour(render_summary(report, found.narrowed), stderr=any(map(is_stdout, request.outputs)))
    written = [output for output in request.outputs if not is_stdout(output)]
    written += [str(path) for path in (request.save_snapshot, request.plans) if path is not None]
    if written:
        note(f"Written: {', '.join(written)}")


def exit_code(report: Report, threshold: Threshold) -> int:
    """1 where a finding reaches the threshold, else 3 where something is unknown, else 0."""
    if threshold.severity is not None and reaches(report.findings, threshold.severity):
        return FINDINGS
    return OK if report.summary.complete else INCOMPLETE


def check_outputs(request: Request) -> None:
    """Raise ``UsageError`` for an output that could not be written."""
    for output in request.outputs:
        writer_of(output)
        if not is_stdout(output):
            check_writable(Path(output))
    if sum(map(is_stdout, request.outputs)) > 1:
        raise UsageError("stdout can hold one report", "Give - once.")
    for path in (request.save_snapshot, request.plans / "index.json" if request.plans else None):
        if path is not None:
            check_writable(path)


def is_stdout(output: str) -> bool:
    """Whether an output name means stdout: ``-`` as JSON, ``-.md`` and the like in another format."""
    return output == "-" or output.startswith("-.")


def writer_of(output: str, beside: Beside = ALONE) -> Callable[[Report], tuple[bytes, ...]]:
    """The writer for an output name, which gives the parts of the file."""
    suffix = ".json" if output == "-" else Path(output).suffix.lower()
    if suffix not in WRITERS:
        raise UsageError(
            f"no report format has the suffix of {output!r}",
            f"There are: {', '.join(sorted(WRITERS))}; - is stdout, JSON, and -.md another format there.",
        )
    return partial(encoded, suffix, beside=beside._replace(texts=beside.texts or rule_texts))
