"""What is accepted, told without AWS: for people, for other programs, and as a check of the committed files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from guardrift.cli import baseline_folder
from guardrift.cli.config_file import load
from guardrift.cli.output import data, note
from guardrift.cli.run import FINDINGS, OK
from reports.verdict import counted
from reports.visible import inert, visible
from scanner.baseline import AcceptedFinding
from scanner.baseline.accepted import WARNING_DAYS
from scanner.errors import UsageError


def run_list(folder: Path, today: date, *, is_check: bool, as_json: bool) -> int:
    """List what is accepted in every account; returns the exit code.

    Raises:
        UsageError: a baseline is not in order; with ``is_check`` also where an acceptance lasts longer than is allowed.
    """
    found = {account: baseline_folder.read(folder, account).accepted for account in baseline_folder.accounts(folder)}
    if is_check:
        configuration, _ = load(None)
        for account, accepted in found.items():
            check_days(accepted, configuration.acceptance.max_days, today, str(folder / account))
    if as_json:
        data(_json(found, today))
    else:
        data("\n".join(line for account, accepted in found.items() for line in _lines(account, accepted, today)))
    expired = sum(each.is_expired(today) for accepted in found.values() for each in accepted)
    soon = sum(0 <= each.days_left(today) <= WARNING_DAYS for accepted in found.values() for each in accepted)
    if soon:
        note(f"{counted(soon, 'acceptance')} expiring within {WARNING_DAYS} days.")
    if expired:
        note(
            f"{counted(expired, 'acceptance')} expired: these findings count again. Mend them, or accept them anew "
            "with 'guardrift baseline accept'."
        )
    return FINDINGS if expired and is_check else OK


def check_days(accepted: Sequence[AcceptedFinding], most: int, today: date, place: str) -> None:
    """Raise ``UsageError`` for an acceptance that would last longer than is allowed; no command writes such a one."""
    for each in accepted:
        if each.days_left(today) > most:
            raise UsageError(
                f"{place}/findings.json: {each.fingerprint}: expires {each.expires} is {each.days_left(today):,} days "
                f"ahead, and at most {most:,} are allowed",
                "Accept it anew with an earlier day, or set max_days of [acceptance].",
            )


def _json(found: dict[str, tuple[AcceptedFinding, ...]], today: date) -> str:
    rows = [
        {"account_id": account, **msgspec.to_builtins(each), "days_left": each.days_left(today)}
        for account, accepted in found.items()
        for each in accepted
    ]
    return json.dumps(rows, indent=2)


def _lines(account: str, accepted: Sequence[AcceptedFinding], today: date) -> list[str]:
    lines = [f"Account {account}: {counted(len(accepted), 'accepted finding')}"]
    for each in sorted(accepted, key=lambda each: (each.expires, each.rule, each.resource, each.fingerprint)):
        where = f" in {each.region}" if each.region else ""
        status = "" if each.status == "fail" else f" ({each.status})"
        lines += [
            f"  {_left(each.days_left(today)):<18} {each.severity:<8} {each.rule}{status}",
            f"    {each.resource}{where}",
            f"    {each.owner}: {each.reason}  [{each.fingerprint[:16]}]",
        ]
    return [inert(visible(line)) for line in lines]


def _left(days: int) -> str:
    if days < 0:
        return f"expired {counted(-days, 'day')}"
    return f"{counted(days, 'day')} left"
