"""The summary of a fleet report for a terminal or a CI log: plain text, at most about 100 columns."""

from __future__ import annotations

from collections.abc import Iterator

from reports import fleet_words
from reports.verdict import counted, moment
from reports.visible import inert, visible
from scanner.findings import SEVERITIES
from scanner.fleet_report import AccountResult, FleetReport

_COLUMNS = 100
_MOST_LINES = 15
_NAME = 28
_BAR = 20


def render(fleet: FleetReport) -> str:
    """What was scanned, what could not be, the worst accounts, the rules that fail in most of them, and what to do.

    The text holds no control character but the line feed, and no line that a CI runner takes for a command.
    """
    sections = (
        _heading(fleet), _read(fleet), _unread(fleet), _failed(fleet), _worst(fleet), _rules(fleet), _readiness(fleet),
    )  # fmt: skip
    lines = [line for section in map(list, sections) if section for line in (*section, "")]
    return "\n".join(inert(visible(line)).rstrip() for line in lines[:-1]) + "\n"


def _heading(fleet: FleetReport) -> Iterator[str]:
    yield f"guardrift: {fleet_words.title(fleet)}"
    yield fleet_words.sentence(fleet)


def _read(fleet: FleetReport) -> Iterator[str]:
    summary, run = fleet.summary, fleet.run
    more = [
        f"{number:,} {what}"
        for number, what in (
            (len(run.resumed), "from an earlier run"),
            (summary.skipped, "not in use"),
            (summary.left_out, "not chosen"),
        )
        if number
    ]
    yield f"Scanned    {summary.scanned:,} of {counted(summary.accounts, 'account')}" + "".join(f"; {x}" for x in more)
    yield f"Judged     as of {moment(run.judged_at) if run.judged_at else 'the time when each account was read'}"
    counts = summary.by_severity
    yield "Findings   " + ", ".join(f"{counts.get(severity, 0):,} {severity}" for severity in SEVERITIES)


def _unread(fleet: FleetReport) -> Iterator[str]:
    if fleet.organization.unread:
        yield f"Account {fleet.organization.listed_in} could not read of the organization"
    for said in fleet.organization.unread[:_MOST_LINES]:
        yield _clip(f"  {said}", _COLUMNS)


def _failed(fleet: FleetReport) -> Iterator[str]:
    if fleet.failed:
        yield "Not scanned, so that everything about them is unknown"
    for account in fleet.failed[:_MOST_LINES]:
        yield _clip(
            f"  {account.account_id}  {_clip(account.name, _NAME).ljust(_NAME)}  {account.message}", 2 * _COLUMNS
        )
    if len(fleet.failed) > _MOST_LINES:
        yield f"  and {counted(len(fleet.failed) - _MOST_LINES, 'more account')}"


def _worst(fleet: FleetReport) -> Iterator[str]:
    shown = [account for account in fleet.accounts if account.top or not account.complete]
    if shown:
        yield "Worst accounts"
    for account in shown[:_MOST_LINES]:
        yield _clip(f"  {account.account_id}  {_clip(account.name, _NAME).ljust(_NAME)}  {_counts(account)}", _COLUMNS)
    if len(shown) > _MOST_LINES:
        yield f"  and {counted(len(shown) - _MOST_LINES, 'more account')}"


def _counts(account: AccountResult) -> str:
    parts = [f"{count} {severity}" for severity in SEVERITIES if (count := account.by_severity.get(severity))]
    unknown = account.by_status.get("unknown", 0)
    more = [f"{unknown} unknown"] if unknown else []
    if not account.complete and not unknown:
        more = [f"not read to the end: {account.unread[0]}" if account.unread else "not read to the end"]
    return ", ".join((*parts, *more))


def _rules(fleet: FleetReport) -> Iterator[str]:
    failing = [rule for rule in fleet.rules if rule.failing]
    if failing:
        yield "Worst faults"
    for rule in failing[:_MOST_LINES]:
        where = f"in {counted(len(rule.failing), 'account')}"
        room = _COLUMNS - len(where) - 14
        yield f"  {rule.severity.upper():8}  {_clip(rule.title, room).ljust(room)}  {where}"
    if len(failing) > _MOST_LINES:
        yield f"  and {counted(len(failing) - _MOST_LINES, 'more rule')}"


def _readiness(fleet: FleetReport) -> Iterator[str]:
    found = list(fleet_words.phases(fleet))
    if found:
        yield "Readiness of the least ready account"
    for phase in found:
        bar = ("#" * (phase.lowest * _BAR // 100)).ljust(_BAR, ".")
        who = fleet_words.named(phase.account.account_id, phase.account.name)
        others = f" and {counted(phase.others, 'other')}" if phase.others else ""
        yield _clip(f"  {phase.phase:12} {bar} {phase.lowest:3}  {who}{others}", _COLUMNS)


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
