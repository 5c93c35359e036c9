"""Scan the demo account by the same steps as a live one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from guardrift.cli.live import Source, collect_account
from guardrift.cli.options import Threshold
from guardrift.cli.output import data, write_file
from guardrift.cli.scanning import Request, Scanned, check_outputs, deliver, exit_code, judged
from guardrift.configuration import parse, settings
from guardrift.demo.account import open_account
from guardrift.demo.configuration import CONFIGURATION, FILE
from guardrift.narrowing import narrowing
from guardrift.selection import Selection
from rules import RULES
from scanner.engine.assemble import suppressed


def run_demo(folder: Path, *, quiet: bool) -> None:
    """Scan the demo account, and write everything below the folder, with the configuration that was used."""
    request = Request(
        source=Source(quiet=quiet),
        outputs=(str(folder / "report.json"), str(folder / "report.html")),
        save_snapshot=folder / "snapshot.json",
        plans=folder / "policies",
    )
    check_outputs(request)
    now = datetime.now(UTC)
    with open_account(now) as session:
        account = collect_account(session, request.source, now)
    configuration = parse(CONFIGURATION, FILE)
    chosen = settings(configuration, RULES, FILE)
    report = judged(account, list(RULES.values()), chosen, None, origin="demo", began=now)
    report = suppressed(report, configuration.suppress, now)
    narrowed = narrowing(RULES, RULES, Selection(), configuration, FILE)
    deliver(request, Scanned(account, report, Threshold.HIGH, narrowed, configuration.declared))
    write_file(folder / FILE, CONFIGURATION.encode())
    if not quiet:
        code = exit_code(report, Threshold.HIGH)
        data(
            f"This was a demonstration, so the exit code is 0; 'guardrift scan' of this account would exit with {code}."
        )
