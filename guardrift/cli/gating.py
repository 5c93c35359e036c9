"""What the gate does after its arguments are read."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from guardrift.cli import baseline_folder
from guardrift.cli.baseline_listing import check_days
from guardrift.cli.change_review import reviewed_change
from guardrift.cli.committed import Commit, commit_of
from guardrift.cli.output import check_writable, colour, data, note, write_file
from guardrift.cli.reviewed import InCommit, OnDisk, Shelf, given_in, given_on_disk, snapshot_in
from guardrift.cli.scanning import check_outputs, checked, is_stdout, read, writer_of
from guardrift.cli.weighing import GateRequest, Weighed, Weigher
from reports import Beside
from reports.baseline_places import in_baseline
from reports.json_text import indented
from reports.places import PlaceOf
from scanner.errors import UsageError
from scanner.gate import with_commit

_MOST_READ_FIRST = 20


def run_gate(request: GateRequest, *, now: datetime) -> int:
    """Weigh an account against its baseline; returns the exit code.

    Raises:
        UsageError: something is wrong with the request, the configuration or a baseline; as far as that can be known
            before, it is said before AWS is asked.
    """
    request = _of_one_account(request)
    _check(request)
    commit = None if request.trusted_ref is None else commit_of(request.trusted_ref)
    shelf: Shelf = OnDisk(request.folder) if commit is None else InCommit(commit, request.folder)
    with ExitStack() as stack:
        brings_facts = False
        if commit is not None:
            request, brings_facts = _with_trusted_facts(request, commit, stack)
        given = given_on_disk(request.scan) if commit is None else stack.enter_context(given_in(commit, request.scan))
        checked(given, request.scan, now)
        _look_first(request, shelf)
        account = read(request.scan, given, now)
        baseline = shelf.read(account.account_id)
        today = (request.scan.at or now).date()
        most = given.configuration.acceptance.max_days
        check_days(baseline.accepted, most, today, shelf.place(account.account_id))
        place_of = _places(request.folder, account.account_id)
        weigher = Weigher(request, account, now, place_of)
        found = weigher.weigh(given, baseline, shelf.place(account.account_id))
        if commit is not None:
            named = with_commit(found.verdict, commit.sha)
            verdict = reviewed_change(request, commit, named, weigher, given, baseline, brings_facts=brings_facts)
            found = replace(found, verdict=verdict)
    _deliver(request, found, place_of)
    return found.verdict.exit_code


def _of_one_account(request: GateRequest) -> GateRequest:
    """The request, the folder of one account taken as the folder above it and the assertion of that account."""
    folder, source = request.folder, request.scan.source
    if not (baseline_folder.is_account(folder.name) and (folder / "account.json").is_file()):
        return request
    if source.account_id not in (None, folder.name):
        raise UsageError(f"--baseline {folder} is of another account than --account", "Give one of them.")
    scan = replace(request.scan, source=replace(source, account_id=folder.name))
    return replace(request, folder=folder.parent, scan=scan)


def _with_trusted_facts(request: GateRequest, commit: Commit, stack: ExitStack) -> tuple[GateRequest, bool]:
    """The request with the snapshot of the commit, and whether the change brings another one."""
    path = request.scan.source.snapshot
    if path is None:
        return request, False
    scratch = Path(stack.enter_context(TemporaryDirectory(prefix="guardrift-")))
    found, is_other = snapshot_in(commit, path, scratch)
    if found == path:
        return request, False
    scan = replace(request.scan, source=replace(request.scan.source, snapshot=found))
    return replace(request, scan=scan, facts_from=f"{commit.name}:{path}"), is_other


def _check(request: GateRequest) -> None:
    check_outputs(request.scan)
    for path in (request.summary_file, request.drift_file):
        if path is not None:
            check_writable(path)
    if request.as_json and any(map(is_stdout, request.scan.outputs)):
        raise UsageError("stdout can hold one document", "Give --format json, or -o -, but not both.")


def _look_first(request: GateRequest, shelf: Shelf) -> None:
    """Say what is wrong with the baselines before AWS is asked, as far as it is known which account that is."""
    accounts = shelf.accounts()
    wanted = request.scan.source.account_id
    for account_id in [wanted] if wanted is not None else accounts[:_MOST_READ_FIRST]:
        if request.scan.source.snapshot is None:
            shelf.read(account_id)


def _places(folder: Path, account_id: str) -> PlaceOf:
    """Finds lines in the files of the working tree, which are those that a review shows; the paths from its root."""
    shelf = OnDisk(folder)
    here = Path(os.path.normpath(Path.cwd() / folder / account_id))
    root = next((parent for parent in here.parents if (parent / ".git").exists()), Path.cwd())
    named = here.relative_to(root) if here.is_relative_to(root) else here
    return in_baseline(shelf.read(account_id), baseline_folder.files(folder, account_id), named.as_posix())


def _deliver(request: GateRequest, found: Weighed, place_of: PlaceOf) -> None:
    """Write everything that was asked for; all is rendered before the first file is written."""
    from reports import gate_markdown, gate_text

    verdict, scan = found.verdict, request.scan
    beside = Beside(place_of=place_of, exit_code=verdict.exit_code, gate=verdict)
    texts = [(output, writer_of(output, beside)(found.report)) for output in scan.outputs]
    summary = gate_markdown.render(verdict).encode() if request.summary_file is not None else b""
    text = indented(verdict) if request.as_json else gate_text.render(verdict, every=request.every)
    for output, parts in texts:
        if is_stdout(output):
            data(b"".join(parts).decode())
        else:
            write_file(Path(output), *parts)
    if request.summary_file is not None:
        write_file(request.summary_file, summary)
    if request.drift_file is not None:
        write_file(request.drift_file, indented(found.diff).encode())
    if request.as_json:
        data(text)
    elif not scan.source.quiet or verdict.exit_code:
        colour(text, stderr=any(map(is_stdout, scan.outputs)))
    written = [output for output in scan.outputs if not is_stdout(output)]
    written += [str(path) for path in (request.summary_file, request.drift_file) if path is not None]
    if written and not scan.source.quiet:
        note(f"Written: {', '.join(written)}")
