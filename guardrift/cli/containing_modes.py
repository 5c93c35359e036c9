"""What else ``guardrift contain`` does than to plan: go on, undo, verify, tell the status; one of them at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from guardrift.cli.carrying_options import Carrying
from guardrift.cli.config_file import load
from guardrift.cli.containing import Contained, check_protected
from guardrift.cli.output import read_file
from guardrift.configuration import Standing, for_account
from scanner.errors import UsageError

_JOURNALS = ("resume", "rollback", "verify")


def run_mode(
    wanted: Contained,
    carrying: Carrying,
    journals: Mapping[str, Path | None],
    *,
    status: bool,
    since: Path | None,
    force: bool,
    now: datetime,
) -> int | None:
    """Do what was asked for; None where that is a plan, or its execution.

    Raises:
        UsageError: several things are asked for at once, or an option means nothing to what is.
    """
    given = {name: path for name, path in journals.items() if path is not None}
    asked = [*given, *(["status"] if status else []), *(["execute"] if wanted.carrying is not None else [])]
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]} do not go together", "Give one of them.")
    if since is not None and not status:
        raise UsageError("--since goes with --status", "Add --status.")
    if force and "rollback" not in given:
        raise UsageError("--force goes with --rollback", "Leave it out.")
    _check_meaning(wanted, carrying, asked)
    if not given and not status:
        return None
    if wanted.named or wanted.finding is not None:
        raise UsageError(f"--{asked[0]} takes no suspect", "Leave --role, --user, --finding and the like out.")
    if status:
        return _status(wanted, since, now)
    ((mode, path),) = given.items()
    return _with_journal(wanted, carrying, mode, path, force=force)


def _check_meaning(wanted: Contained, carrying: Carrying, asked: Sequence[str]) -> None:
    """Raise ``UsageError`` for an option that would be passed over: whoever gave it counts on it."""
    mode = asked[0] if asked else ""
    # A plan from a file asks nobody.
    of_organization = ("execute", *_JOURNALS, *([""] if wanted.source.snapshot is None else []))
    given = {
        "--yes": (carrying.yes, ("execute", *_JOURNALS, "status")),
        "--close-path": (carrying.close, ("execute",)),
        "--without-organization": (carrying.without_organization, ("execute",)),
        "--organization-profile": (carrying.profile is not None, of_organization),
        "--organization-role-arn": (carrying.role_arn is not None, of_organization),
        "--protect": (bool(wanted.protected), ("", "execute", "resume")),
        "--output": (wanted.folder is not None, ("", "execute")),
        "--cutoff": (wanted.cutoff is not None, ("", "execute")),
        "--at": (wanted.at is not None, ("", "execute")),
    }
    for option, (is_given, modes) in given.items():
        if is_given and mode not in modes:
            goes_with = "a plan" if "" in modes else ", ".join(f"--{each}" for each in modes)
            raise UsageError(
                f"{option} goes with {goes_with}", f"Leave it out{f' of --{mode}' if mode else ', or add --execute'}."
            )


def _with_journal(wanted: Contained, carrying: Carrying, mode: str, path: Path, *, force: bool) -> int:
    if wanted.source.snapshot is not None:
        raise UsageError(f"--{mode} asks AWS: --snapshot has no meaning", "Leave it out.")
    from guardrift.cli.carrying import refusing
    from guardrift.cli.journals import Resumed, run_resume, run_rollback, run_verify
    from policies.execution.checking import ONLY
    from policies.execution.journal import read_lines
    from policies.execution.records import Begun

    if path.exists() and not path.is_file():
        # A pipe would be waited for, and a device read, without an end.
        raise UsageError(f"{path} is no file", ONLY)
    resumed = Resumed(path=path, source=wanted.source, carrying=carrying, as_json=wanted.as_json, force=force)
    if mode == "rollback":
        return run_rollback(resumed)
    if mode == "verify":
        return run_verify(resumed)
    check_protected(wanted.protected)
    configuration, _ = load(wanted.config, disabled=wanted.no_config)
    begun = read_lines(read_file(path), str(path))[0]
    account_id = begun.account_id if isinstance(begun, Begun) else ""
    declared = for_account(configuration, Standing(account_id)).declared
    return run_resume(resumed, refusing(declared, wanted.protected))


def _status(wanted: Contained, since: Path | None, now: datetime) -> int:
    from guardrift.cli.containment_status import run_status

    return run_status(source=wanted.source, since=since, as_json=wanted.as_json, now=now)
