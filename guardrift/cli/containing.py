"""What ``guardrift contain`` does after its arguments are read."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import msgspec

from guardrift.cli.carrying_options import Carrying
from guardrift.cli.config_file import load
from guardrift.cli.incident_plans import plans_of_incident
from guardrift.cli.live import Source, collect_account, read_account, session_of
from guardrift.cli.organization_facts import with_organization
from guardrift.cli.output import check_writable, data, note, read_file, write_folder
from guardrift.cli.run import FATAL, FINDINGS, INCOMPLETE, OK
from guardrift.cli.siblings import siblings_of
from guardrift.cli.suspects import Suspect, suspects_of_findings, suspects_of_names, together
from guardrift.configuration import Standing, for_account
from guardrift.fleet.membership import place_of
from guardrift.incident_facts import INCIDENT_FACTS
from policies.cutoff import format_cutoff, parse_cutoff
from policies.dispatch import Circumstances, Named, resolve
from policies.findings import FoundFinding, read_findings
from policies.planning import Plan, plan_files, runbook
from reports.visible import inert, visible
from scanner.actions import DETAILS
from scanner.engine.declared import Declared
from scanner.errors import UsageError
from scanner.inventory import Account

_CODES = {"ready": OK, "refused": FINDINGS, "facts missing": INCOMPLETE}
_FURTHEST_AHEAD = timedelta(hours=1)
_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained:
    """The arguments: whom, by one name or by a finding, how the plan is told, and whether it is carried out.

    Attributes:
        organization: the credentials of the management account; None where none are given.
    """

    named: dict[str, str]
    finding: Path | None
    source: Source
    cutoff: str | None
    folder: Path | None
    as_json: bool
    protected: tuple[str, ...]
    max_age: timedelta
    at: datetime | None
    config: Path | None
    no_config: bool
    organization: Source | None = None
    carrying: Carrying | None = None


def run_contain(wanted: Contained, *, now: datetime) -> int:
    """Plan the containment; returns the exit code.

    Raises:
        UsageError: something is wrong with the request; it is said before AWS is asked.
    """
    if len(wanted.named) + (wanted.finding is not None) != 1:
        options = ", ".join(f"--{each}" for each in (*get_args(Named), "finding"))
        raise UsageError("one suspect is needed", f"Give one of {options}.")
    if wanted.folder is not None:
        check_writable(wanted.folder / "index.json")
    if wanted.carrying is not None:
        check_writable(wanted.carrying.folder / "journal.jsonl")
    check_protected(wanted.protected)
    if wanted.carrying is not None and (wanted.cutoff is not None or wanted.at is not None):
        raise UsageError(
            "--execute computes the time at each call: --cutoff and --at have no meaning", "Leave them out."
        )
    cutoff = _cutoff(wanted.cutoff, wanted.at or now, now)
    configuration, _ = load(wanted.config, disabled=wanted.no_config)
    findings, told = _asked_for(wanted)
    if not told:
        note("the finding suspects no credential, so there is nothing to contain")
        _deliver(wanted, ())
        return FINDINGS
    session, account = _read(wanted, now)
    standing = Standing(account.account_id, place_of(account.organization, account.account_id))
    declared = for_account(configuration, standing).declared

    def circumstances(suspect: Suspect) -> Circumstances:
        return _circumstances(wanted, suspect, declared, now)

    siblings: tuple[FoundFinding, ...] = ()
    missed: tuple[str, ...] = ()
    if session is None:
        _tell_of_sequences(findings)
    else:
        subjects = [resolve(each.subject, account, circumstances(each)) for each in together(told)]
        siblings, missed = siblings_of(subjects, findings, session, account, wanted.source)
    plans = plans_of_incident(
        together([*told, *suspects_of_findings(siblings, are_siblings=True)]), account, circumstances, cutoff
    )
    plans = [msgspec.structs.replace(plan, notes=(*plan.notes, *missed)) for plan in plans]
    # What was refused is told before what is not known.
    code = next((code for code in (FINDINGS, INCOMPLETE) if code in {_CODES[plan.verdict] for plan in plans}), OK)
    if wanted.carrying is None:
        _deliver(wanted, plans)
        return code
    carried = _carry(wanted, wanted.carrying, plans, session, account, declared, now)
    return max(carried, code, key=(OK, INCOMPLETE, FINDINGS, FATAL).index)


def _carry(
    wanted: Contained,
    carrying: Carrying,
    plans: Sequence[Plan],
    session: Any,
    account: Account,
    declared: Declared,
    now: datetime,
) -> int:
    """Carry the plans out; ``session`` is None where they were made from a snapshot."""
    from guardrift.cli.carrying import refusing, run_carrying

    _write(wanted.folder, plans)
    for plan in plans:
        if plan.verdict != "ready":
            note(f"{plan.verdict}: {plan.principal or plan.subject.kind} ({plan.reason})")
    if not any(plan.verdict == "ready" for plan in plans):
        return FINDINGS
    counted = account
    if session is None:
        # A snapshot does not know whom was contained since.
        live = replace(wanted.source, snapshot=None, account_id=None, wanted=frozenset({DETAILS}))
        session = session_of(live)
        counted = collect_account(session, live, now)
    return run_carrying(
        plans,
        account,
        session,
        carrying,
        counted=counted,
        refuses=refusing(declared, wanted.protected),
        as_json=wanted.as_json,
        now=now,
    )


def _asked_for(wanted: Contained) -> tuple[tuple[FoundFinding, ...], list[Suspect]]:
    findings = read_findings(read_file(wanted.finding)) if wanted.finding is not None else ()
    for each in findings:
        for said in each.notes:
            note(f"finding {each.id}: {said}")
    return findings, [*suspects_of_findings(findings), *suspects_of_names(wanted.named)]


def _read(wanted: Contained, now: datetime) -> tuple[Any, Account]:
    """The account, and the session by which it was read; None for a snapshot."""
    if wanted.source.snapshot is not None:
        # Carrying it out takes credentials, with which nothing is read here.
        from_file = Source(snapshot=wanted.source.snapshot, account_id=wanted.source.account_id)
        account = read_account(wanted.source if wanted.carrying is None else from_file, now)
        return None, with_organization(account, wanted.organization, now)
    session = session_of(wanted.source)
    account = collect_account(session, replace(wanted.source, wanted=INCIDENT_FACTS), now)
    return session, with_organization(account, wanted.organization, now)


def _tell_of_sequences(findings: Sequence[FoundFinding]) -> None:
    given = {each.arn for each in findings}
    for sequence in dict.fromkeys(each.attack_sequence for each in findings):
        if sequence is not None and sequence not in given:
            note(f"{sequence} is an attack sequence that may name further credentials: give it as well")


def check_protected(patterns: Sequence[str]) -> None:
    """Raise ``UsageError`` for a pattern of ``--protect`` that names nobody."""
    for each in patterns:
        if not each.startswith(("arn:", "role/", "user/", "federated-user/", "*")) and each != "root":
            raise UsageError(f"--protect {each!r} names nobody", "Write role/NAME, user/NAME, root or a whole ARN.")


def _circumstances(wanted: Contained, suspect: Suspect, declared: Declared, now: datetime) -> Circumstances:
    return Circumstances(
        at=wanted.at or now,
        declared=declared,
        protected=wanted.protected,
        is_finding=suspect.is_finding,
        is_sample=suspect.is_sample,
        is_archived=suspect.is_archived,
        max_age=wanted.max_age,
    )


def _cutoff(text: str | None, at: datetime, now: datetime) -> datetime | None:
    """The time of ``--cutoff``: one that is past would spare the sessions since, one far ahead shuts everybody out."""
    if text is None:
        return None
    try:
        found = parse_cutoff(format_cutoff(now) if text == "now" else text)
    except ValueError as fault:
        raise UsageError(f"--cutoff: {fault}", "Or write --cutoff now.") from None
    if text != "now" and found < at:
        raise UsageError(f"--cutoff {text} is past: sessions issued since would live on", "Write --cutoff now.")
    if text != "now" and found > at + _FURTHEST_AHEAD:
        raise UsageError(f"--cutoff {text} is far ahead: nobody could work until then", "Write --cutoff now.")
    return found


def _deliver(wanted: Contained, plans: Sequence[Plan]) -> None:
    _write(wanted.folder, plans)
    if wanted.as_json:
        told = [msgspec.to_builtins(plan) for plan in plans]
        data(json.dumps(told[0] if len(told) == 1 else told, indent=2, ensure_ascii=True))
    elif wanted.folder is None and plans:
        data("\n".join(runbook(plan) for plan in plans))
    else:
        for plan in plans:
            whom = plan.principal or plan.subject.kind
            data(inert(visible(f"{plan.verdict}: {whom}{f' ({plan.reason})' if plan.reason else ''}")))


def _write(folder: Path | None, plans: Sequence[Plan]) -> None:
    if folder is None or not plans:
        return
    files = plan_files(plans)
    write_folder(folder, files)
    note(f"Written below {folder}: {len(files)} files")
    _tell_what_is_older(folder, files)


def _tell_what_is_older(folder: Path, files: Collection[str]) -> None:
    """Files that an earlier plan left beside those of this one, such as scripts of a plan that is refused by now."""
    for directory in sorted({name.rpartition("/")[0] for name in files} - {""}):
        names = sorted(f"{directory}/{path.name}" for path in (folder / directory).iterdir())
        older = [name for name in names if name not in files]
        if older:
            more = ", ..." if len(older) > _SHOWN else ""
            note(f"Not of this plan, and left where it was: {', '.join(older[:_SHOWN])}{more}")
