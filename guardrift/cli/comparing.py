"""The report of an earlier run that a scan is compared with: read and checked before AWS is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from guardrift.cli.live import Source
from guardrift.cli.output import note, read_file
from reports.json_report import parse
from reports.verdict import moment
from scanner.engine.rule import Rule
from scanner.errors import UsageError
from scanner.report import Report
from scanner.runs_compared import check_same_account, compared

_HINTS = {
    "snapshot": "'guardrift diff' compares snapshots; here goes the report.json of an earlier 'guardrift scan'.",
    "fleet": "The folder of that scan holds a report of each account; compare an account with its own.",
}
_HINT = "Give the JSON report that an earlier 'guardrift scan -o report.json' wrote."


class _Head(msgspec.Struct):
    schema: str = ""


def read_earlier(path: Path) -> Report:
    """The report of an earlier run.

    Raises:
        UsageError: it is none, it is broken, or another version wrote it in another form.
    """
    content = read_file(path)
    try:
        found = parse(content)
    except ValueError as fault:
        raise UsageError(f"--compare {path}: {fault}", _HINTS.get(_kind_of(content), _HINT)) from None
    if len(found.run.accounts) != 1:
        raise UsageError(f"--compare {path}: run.accounts: the report is not on one account", _HINT)
    return found


def _kind_of(content: bytes) -> str:
    try:
        schema = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_Head).schema
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return schema.removeprefix("guardrift/").partition("/")[0]


def of_that_account(source: Source, earlier: Report, path: Path) -> Source:
    """The source, which has to be of the account of the earlier report: AWS is not read if it is another one."""
    (account_id,) = earlier.run.accounts
    if source.account_id is not None:
        check_same_account(earlier, source.account_id, f"--compare {path}")
    return source if source.snapshot is not None else replace(source, account_id=account_id)


def compared_with(
    report: Report, earlier: Report, rules: Mapping[str, Rule], watched: Sequence[str], *, quiet: bool = False
) -> Report:
    """The report with what became of findings since the earlier one.

    Args:
        report: of now.
        earlier: of then.
        rules: every rule, by id.
        watched: the regions that the owner declares; empty for all.
        quiet: whether it is not noted that the earlier report is of a later time.
    """
    if earlier.run.judged_at > report.run.judged_at and not quiet:
        note(
            f"The report that is compared with is of {moment(earlier.run.judged_at)}, later than this one "
            f"({moment(report.run.judged_at)}): what is called new was there before, and what is resolved came later."
        )
    narrow = {rule.id for rule in rules.values() if rule.where_watched} if watched else set()
    return compared(report, earlier, is_watched=lambda rule_id, region: rule_id not in narrow or region in watched)
