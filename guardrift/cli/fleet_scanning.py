"""What a scan of an organization does after its arguments are read."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from guardrift.cli.asking import rules_to_ask
from guardrift.cli.config_file import load
from guardrift.cli.options import Threshold
from guardrift.cli.output import check_writable, colour, data, note, write_file
from guardrift.cli.run import FINDINGS, INCOMPLETE, OK
from guardrift.cli.suppression_notes import note_suppressions
from guardrift.configuration import Configuration
from guardrift.custom_rules import rule_set
from guardrift.fleet.accounts import Choice, Filters, choose
from guardrift.fleet.coordinator import Coordinator, Plan
from guardrift.fleet.discovery import Question, discover, tags_of
from guardrift.fleet.engines import Workers
from guardrift.fleet.pool import Pool
from guardrift.fleet.store import Store
from guardrift.selection import Selection, switched_off
from guardrift.suppressions import check_lengths
from guardrift.wanted import wanted_actions
from reports import fleet_html, fleet_text
from reports.json_text import formatted
from reports.verdict import counted
from scanner.errors import UsageError
from scanner.findings import SEVERITIES, Severity, at_or_above
from scanner.fleet_report import FleetReport, Stage
from scanner.inventory import Account

logger = logging.getLogger(__name__)

DEFAULT_FOLDER = Path("guardrift-fleet")

_ROLE_NAME = re.compile(r"/?(?:[\x21-\x39\x3b-\x7e]{1,511}/)?[A-Za-z0-9_+=,.@-]{1,64}")
_EVERY_ACCOUNT, _EVERY_RULE = Filters(), Selection()
_FORMATS = (".html", ".json")
_STAGES: dict[Stage, str] = {"collect": "Reading the accounts", "judge": "Judging the accounts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRequest:
    """The arguments of a scan of an organization.

    Attributes:
        role_name: the role to assume in each account, with its path if it has one.
        filters: which accounts are scanned.
        folder: where everything is written.
        outputs: more places for the fleet report; the suffix says which form, and ``-`` is stdout, JSON.
        resume: whether what an earlier run read is used again, if it is not older than ``resume_max_age``.
        workers: how many processes; None for as many as there are processors.
        scheduler: the address of a Dask scheduler, whose workers are used in place of processes.
        log_buckets: buckets to which accounts deliver logs, beside those that the coordinator's trails name.
        concurrency, max_rate: calls in flight and requests a second, for each account.
    """

    role_name: str
    profile: str | None = None
    external_id: str | None = None
    session_duration: int | None = None
    regions: tuple[str, ...] = ()
    filters: Filters = _EVERY_ACCOUNT
    folder: Path = DEFAULT_FOLDER
    outputs: tuple[str, ...] = ()
    resume: bool = False
    resume_max_age: timedelta = timedelta(hours=6)
    workers: int | None = None
    scheduler: str | None = None
    log_buckets: tuple[str, ...] = ()
    concurrency: int = 16
    max_rate: float | None = None
    selection: Selection = _EVERY_RULE
    last_accessed: bool = False
    fail_on: Threshold | None = None
    at: datetime | None = None
    config: Path | None = None
    no_config: bool = False
    rule_folders: tuple[Path, ...] = ()
    quiet: bool = False


def run_fleet(request: FleetRequest, *, now: datetime) -> int:
    """Scan the accounts of an organization as requested; returns the exit code.

    What is wrong with the request is said before AWS is asked.
    """
    configuration, place = load(request.config, disabled=request.no_config)
    logger.info("configuration: %s", place)
    plan = plan_of(request, configuration, place, now)
    _check(request)
    store = Store(request.folder)
    store.open()
    # What is collected here is millions of objects, of which next to nothing is kept.
    gc.enable()
    try:
        report = _scanned(request, plan, store)
    except KeyboardInterrupt:
        note(f"What was read is kept in {request.folder}; the same command with --resume goes on from there.")
        raise
    _deliver(request, store, report)
    notices = [notice for account in report.accounts for notice in account.suppression_notices]
    note_suppressions(notices, place, request.at or now, quiet=request.quiet)
    return exit_code(report, request.fail_on or Threshold(configuration.scan.fail_on))


def plan_of(request: FleetRequest, configuration: Configuration, place: str, now: datetime) -> Plan:
    """What is done with every account; raises ``UsageError`` for what does not exist."""
    if not _ROLE_NAME.fullmatch(request.role_name):
        raise UsageError(
            f"--role-name: {request.role_name!r} is not the name of a role",
            "Give the name alone, with its path if it has one; the ARN is made for each account.",
        )
    check_lengths(configuration.suppress, configuration.acceptance.max_days, place, now)
    every = rule_set(request.rule_folders)
    rules = rules_to_ask(every, request.selection, configuration, place)
    return Plan(
        role_name=request.role_name,
        now=now,
        selection=request.selection,
        rule_folders=tuple(str(folder.resolve()) for folder in request.rule_folders),
        configuration=configuration,
        profile=request.profile,
        external_id=request.external_id,
        session_duration=request.session_duration,
        regions=request.regions or configuration.scan.regions,
        wanted=wanted_actions(
            rules,
            switched_off(every, request.selection, configuration),
            is_narrowed=request.selection != _EVERY_RULE,
            plans=False,
            last_accessed=request.last_accessed,
        ),
        log_buckets=request.log_buckets,
        concurrency=request.concurrency,
        max_rate=request.max_rate,
        at=request.at,
        max_age=request.resume_max_age if request.resume else None,
    )


def exit_code(report: FleetReport, threshold: Threshold) -> int:
    """1 where a finding of some account reaches the threshold, else 3 where something is unknown, else 0."""
    severities: tuple[Severity, ...] = SEVERITIES
    reached = threshold.severity is not None and any(
        report.summary.by_severity.get(severity) for severity in severities if at_or_above(severity, threshold.severity)
    )
    if reached:
        return FINDINGS
    return OK if report.summary.complete else INCOMPLETE


def render_again(content: bytes, place: str, outputs: Sequence[str]) -> None:
    """Write a fleet report in other forms, or print its summary; raises ``UsageError`` for one that cannot be read."""
    try:
        report = msgspec.json.decode(content, type=FleetReport)
    except msgspec.DecodeError as fault:
        raise UsageError(f"{place}: {fault}", "Give a fleet.json that 'guardrift scan --organization' wrote.") from None
    _check_outputs(outputs)
    _write(outputs, _contents(report))
    if not outputs:
        colour(fleet_text.render(report))


def _check(request: FleetRequest) -> None:
    _check_outputs(request.outputs)
    check_writable(request.folder / "fleet.json")


def _check_outputs(outputs: Sequence[str]) -> None:
    for output in outputs:
        if output != "-" and Path(output).suffix.lower() not in _FORMATS:
            raise UsageError(
                f"no fleet report has the suffix of {output!r}", f"There are: {', '.join(_FORMATS)}; - is stdout."
            )
        if output != "-":
            check_writable(Path(output))
    if list(outputs).count("-") > 1:
        raise UsageError("stdout can hold one report", "Give - once.")


def _scanned(request: FleetRequest, plan: Plan, store: Store) -> FleetReport:
    with ExitStack() as stack:
        workers: Workers
        if request.scheduler is None:
            pool = Pool(request.workers or os.cpu_count() or 1)
            workers = here = stack.enter_context(pool)
        else:
            from guardrift.fleet.cluster import Cluster

            workers = stack.enter_context(Cluster(request.scheduler))
            here = stack.enter_context(Pool(1))
        found, choice = _discovered(request, plan, store)
        note_choice(choice, quiet=request.quiet)
        on_progress = stack.enter_context(_progress(request.quiet))
        coordinator = Coordinator(
            plan, store, workers=workers, here=here, found=found, choice=choice, on_progress=on_progress
        )
        return coordinator.run()


def _discovered(request: FleetRequest, plan: Plan, store: Store) -> tuple[Account, Choice]:
    """The coordinator's account with the organization that it sees, and the accounts to scan."""
    from scanner.collect.session import Access, open_session

    session = open_session(Access(profile=plan.profile, region=plan.regions[0] if plan.regions else None))
    question = Question(
        regions=plan.regions,
        wanted=plan.wanted,
        concurrency=plan.concurrency,
        max_rate=plan.max_rate,
        journal=store.journal,
        max_age=plan.max_age,
    )
    found = discover(session, question, plan.now)
    tags = partial(tags_of, session, concurrency=plan.concurrency, max_rate=plan.max_rate)
    wants_tags = any(section.tags for section in plan.configuration.account)
    return found, choose(found.organization, request.filters, tags, wants_tags=wants_tags)


def note_choice(choice: Choice, *, quiet: bool) -> None:
    """Say how many accounts are scanned, and which are not in use."""
    if quiet:
        return
    skipped = f"; {len(choice.skipped)} not in use" if choice.skipped else ""
    left_out = f"; {choice.left_out} not chosen" if choice.left_out else ""
    note(f"To be scanned: {counted(len(choice.chosen), 'account')}{skipped}{left_out}.")


def _deliver(request: FleetRequest, store: Store, report: FleetReport) -> None:
    contents = _contents(report)
    written = [str(store.write(f"fleet{suffix}", content)) for suffix, content in contents.items()]
    written += _write(request.outputs, contents)
    if not request.quiet:
        colour(fleet_text.render(report), stderr="-" in request.outputs)
        note(f"Written: {', '.join(written)}, and {request.folder / 'accounts'}")


def _contents(report: FleetReport) -> dict[str, bytes]:
    """The files of a fleet report by their suffix."""
    text = formatted(report) + b"\n"
    return {".json": text, ".html": fleet_html.render(report, hashlib.sha256(text).hexdigest()).encode()}


def _write(outputs: Sequence[str], contents: Mapping[str, bytes]) -> list[str]:
    """Write the files; returns their names without stdout."""
    for output in outputs:
        if output == "-":
            data(contents[".json"].decode())
        else:
            write_file(Path(output), contents[Path(output).suffix.lower()])
    return [output for output in outputs if output != "-"]


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Stage, int, int], None]]:
    if quiet or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task(_STAGES["collect"], total=None)
        yield lambda stage, done, total: display.update(task, description=_STAGES[stage], completed=done, total=total)
