"""What the baseline commands do after their arguments are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import msgspec

from guardrift.cli import baseline_folder, options
from guardrift.cli.baseline_choice import Wanted, chosen_findings, open_findings, standing
from guardrift.cli.config_file import load
from guardrift.cli.live import Source
from guardrift.cli.output import data, note, set_up_logging
from guardrift.cli.run import INCOMPLETE, OK
from guardrift.cli.scanning import Request, Scanned, scanned
from guardrift.cli.taken_drift import check_is_accepted, told, widening
from reports.verdict import counted
from reports.visible import inert, visible
from scanner.baseline import (
    AcceptedFinding,
    Baseline,
    Changes,
    Terms,
    accept,
    changes,
    marked,
    normal_form,
    prune,
    taken,
    terms,
    versions,
    with_what_was_read,
)
from scanner.baseline.accepted import added as with_added
from scanner.drift.told import Change
from scanner.engine.assemble import with_accepted
from scanner.errors import UsageError
from scanner.findings import Finding, at_or_above

_MOST_NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What all baseline commands that look at an account are asked.

    Attributes:
        scan: how the account is read and judged.
        folder: where the baselines of all accounts are.
        allow_incomplete: whether something may be unread.
    """

    scan: Request
    folder: Path
    allow_incomplete: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether only errors are told."""
        return self.scan.source.quiet


def task_of(
    folder: Path,
    *,
    allow_incomplete: bool,
    snapshot: Path | None,
    rules: list[Path] | None,
    at: str | None,
    profile: str | None,
    region: list[str] | None,
    role_arn: str | None,
    external_id: str | None,
    session_duration: int | None,
    mfa_serial: str | None,
    account: str | None,
    max_rate: float | None,
    config: Path | None,
    no_config: bool,
    verbose: int,
    quiet: bool,
) -> Task:
    """The task of the options of a command."""
    set_up_logging(verbose, quiet=quiet)
    source = Source(
        snapshot=snapshot,
        profile=profile,
        regions=tuple(region or ()),
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account_id=options.account_id(account),
        max_rate=max_rate,
        quiet=quiet,
    )
    scan = Request(
        source=source,
        at=options.instant(at),
        config=config,
        no_config=no_config,
        rule_folders=tuple(rules or ()),
    )
    return Task(scan=scan, folder=folder, allow_incomplete=allow_incomplete)


def check_terms(task: Task, reason: str, owner: str, expires: date, now: datetime) -> Terms:
    """On what terms findings are accepted; raises ``UsageError`` if these cannot be."""
    configuration, _ = load(task.scan.config, disabled=task.scan.no_config)
    today = (task.scan.at or now).date()
    return terms(reason, owner, expires, today=today, most_days=configuration.acceptance.max_days)


def init(task: Task, on: Terms, *, anew: bool, now: datetime) -> int:
    """Write the first baseline of an account, with everything accepted that is found now; returns the exit code."""
    baseline_folder.check_folder(task.folder)
    found = scanned(task.scan, now)
    account_id = found.account.account_id
    if baseline_folder.has_baseline(task.folder, account_id) and not anew:
        raise UsageError(
            f"{task.folder / account_id} holds a baseline",
            "'guardrift baseline update' brings it up to date, 'accept' adds findings; --replace begins anew.",
        )
    if not _is_enough(task, found):
        return INCOMPLETE
    accepted = accept(open_findings(found.report.findings), on)
    baseline = _baseline(found, accepted)
    changed = baseline_folder.write(task.folder, baseline)
    if not task.is_quiet:
        unknown = sum(each.status == "unknown" for each in accepted)
        entries = sum(map(len, baseline.state.entries.values()))
        note(f"Account {account_id}: {counted(entries, 'entry', 'entries')}, {_documents(baseline)}.")
        note(
            f"Accepted until {on.expires}: {counted(len(accepted), 'finding')}"
            + (f", {unknown} of them unknown." if unknown else ".")
        )
        note(f"Written: {task.folder / account_id} ({counted(len(changed), 'file')}). Review it, then commit it.")
    return OK


def add(task: Task, on: Terms, wanted: Wanted, *, with_drift: bool, now: datetime) -> int:
    """Accept findings of now in an existing baseline; returns the exit code.

    With a finding its resource is taken into the state, and with all findings everything is.

    Raises:
        UsageError: that takes in drift which is graver than what is accepted, unless it is wanted.
    """
    _look_first(task)
    found = scanned(task.scan, now)
    before = baseline_folder.read(task.folder, found.account.account_id)
    chosen, left = chosen_findings(found.report, before.accepted, wanted, on.today, with_unknown=task.allow_incomplete)
    more = accept(chosen, on)
    state = normal_form(found.account)
    if wanted.every:
        state = state if found.report.summary.complete else with_what_was_read(before.state, state)
    else:
        state = taken(before.state, state, chosen)
    other = changes(before.state, state)
    wider = widening(before, state, found.account, task.scan.at or now)
    # Whoever says all means the drift, too; it is told.
    if not (with_drift or wanted.every):
        check_is_accepted(wider, chosen, (before.state, state))
    by = versions(_rules(found)) if wanted.every else before.versions
    after = Baseline(state=state, accepted=with_added(before.accepted, more), versions=by)
    baseline_folder.write(task.folder, after)
    _list_drift(wider)
    _list("Accepted", "+", map(_told, more))
    _list_changes(other)
    if left:
        note(f"{counted(left, 'finding')} unknown, and not accepted: name the fingerprints, or add --allow-incomplete.")
    if not (more or any(msgspec.structs.astuple(other)) or task.is_quiet):
        note("There is nothing to accept: everything that is found is accepted already.")
    return OK


def _list_drift(wider: Sequence[Change]) -> None:
    lines = [inert(visible(each)) for each in told(wider)]
    if lines:
        data("\n".join(lines))


def _list_changes(other: Changes) -> None:
    _list("Added to the state", "+", other.added)
    _list("Removed from the state", "-", other.removed)
    _list("Changed in the state", "~", other.changed)
    _list("Read for the first time", "+", other.now_read)
    _list("Not read any more", "?", other.not_read)


def update(task: Task, *, now: datetime) -> int:
    """Bring the state up to date, and take away what is fixed; nothing is accepted. Returns the exit code."""
    _look_first(task, in_any_order=True)
    found = scanned(task.scan, now)
    before = baseline_folder.read(task.folder, found.account.account_id, in_any_order=True)
    at = task.scan.at or now
    # What was accepted as unknown is no reason to refuse what else is known.
    report = with_accepted(found.report, marked(found.report.findings, before.accepted, at.date()), at)
    if not _is_enough(task, replace(found, report=report)):
        return INCOMPLETE
    state = normal_form(found.account)
    if not found.report.summary.complete:
        state = with_what_was_read(before.state, state)
    wider = widening(before, state, found.account, at)
    pruned = prune(before.accepted, found.report, before.state.regions)
    after = Baseline(state=state, accepted=pruned.kept, versions=versions(_rules(found)))
    baseline_folder.write(task.folder, after)
    _list_drift(wider)
    _list_changes(changes(before.state, state))
    _list("Fixed, and no longer accepted", "-", map(_told, pruned.fixed))
    _list("Fixed in part, and accepted for the rest", "~", map(_told, pruned.narrowed))
    _list("Not looked at, and still accepted", "?", map(_told, pruned.not_seen))
    _list_open(found.report.findings, pruned.kept, at.date())
    return OK


def _look_first(task: Task, *, in_any_order: bool = False) -> None:
    """Say what is wrong with the folder before AWS is asked, as far as it is known which account that is."""
    baseline_folder.check_folder(task.folder)
    accounts = baseline_folder.accounts(task.folder)
    source = task.scan.source
    meant = [source.account_id] if source.account_id is not None else accounts
    if source.snapshot is None and len(meant) == 1:
        baseline_folder.read(task.folder, meant[0], in_any_order=in_any_order)


def _baseline(found: Scanned, accepted: tuple[AcceptedFinding, ...]) -> Baseline:
    return Baseline(state=normal_form(found.account), accepted=accepted, versions=versions(_rules(found)))


def _rules(found: Scanned) -> tuple[str, ...]:
    return tuple(result.rule_id for result in found.report.rules)


def _documents(baseline: Baseline) -> str:
    return counted(len(baseline.state.documents), "document")


def _is_enough(task: Task, found: Scanned) -> bool:
    """Whether enough was read for a baseline; what is missing is said."""
    if found.report.summary.complete or task.allow_incomplete:
        return True
    note("The scan is incomplete, and nothing is written: what was not read would be missing in the baseline.")
    refused = [row for row in found.account.coverage if row.is_refused]
    unknown = sum(finding.status == "unknown" for finding in found.report.findings)
    for row in refused[:10]:
        note(f"  {row.api} {row.region}: {row.status} {row.message}")
    if len(refused) > 10:
        note(f"  and {len(refused) - 10} more")
    note(f"{counted(unknown, 'verdict')} unknown. Let the scanner read what is missing, or add --allow-incomplete.")
    return False


def _list_open(findings: Sequence[Finding], accepted: Sequence[AcceptedFinding], today: date) -> None:
    left = standing(findings, accepted, today)
    grave = sum(finding.status == "fail" and at_or_above(finding.severity, "high") for finding in left)
    if left:
        note(
            f"{counted(len(left), 'finding')} new, worse, expired or unknown ({grave} high or critical) and not "
            "accepted: 'guardrift baseline accept' takes them in, with reason, owner and last day."
        )


def _told(accepted: AcceptedFinding) -> str:
    where = f" in {accepted.region}" if accepted.region else ""
    return f"{accepted.fingerprint[:16]}  {accepted.severity} {accepted.rule}  {accepted.resource}{where}"


def _list(title: str, mark: str, lines: Iterable[str]) -> None:
    """A list on stdout, each in a line of its own; of very many the first."""
    found = list(lines)
    if not found:
        return
    shown = [f"{title}: {len(found)}", *(f"  {mark} {inert(visible(line))}" for line in found[:_MOST_NAMED])]
    if len(found) > _MOST_NAMED:
        shown.append(f"  and {len(found) - _MOST_NAMED} more, which the files show")
    data("\n".join(shown))
