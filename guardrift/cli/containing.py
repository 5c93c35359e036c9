"""What ``guardrift contain`` does after its arguments are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import msgspec

from guardrift.cli.config_file import load
from guardrift.cli.live import Source, collect_account, read_account, session_of
from guardrift.cli.output import check_writable, data, note, read_file, write_folder
from guardrift.cli.run import FINDINGS, INCOMPLETE, OK
from guardrift.configuration import Standing, for_account
from guardrift.fleet.membership import place_of
from policies.cutoff import format_cutoff, parse_cutoff
from policies.dispatch import Circumstances, Named, merged, named_subject
from policies.findings import FoundFinding, read_findings
from policies.planning import Plan, make_plan, runbook
from policies.planning.folder import plan_files
from policies.subjects import Subject
from scanner.engine.declared import Declared
from scanner.errors import UsageError
from scanner.inventory import Account

_CODES = {"ready": OK, "refused": FINDINGS, "facts missing": INCOMPLETE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained:
    """The arguments: whom, by one name or by a finding, and how the plan is told."""

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


@dataclass(frozen=True, slots=True)
class _Told:
    """A subject with what is known of the finding that told it."""

    subject: Subject
    is_finding: bool = False
    is_sample: bool = False
    is_archived: bool = False


def run_contain(wanted: Contained, *, now: datetime) -> int:
    """Plan the containment; returns the exit code.

    Raises:
        UsageError: something is wrong with the request; it is said before AWS is asked.
    """
    if (len(wanted.named) == 1) == (wanted.finding is not None):
        raise UsageError("one suspect is needed", "Give one of --role, --user, --access-key, --session, --finding...")
    if wanted.folder is not None:
        check_writable(wanted.folder / "index.json")
    cutoff = _cutoff(wanted.cutoff, now)
    configuration, _ = load(wanted.config, disabled=wanted.no_config)
    findings = read_findings(read_file(wanted.finding)) if wanted.finding is not None else ()
    told = [*_of_findings(findings), *_of_names(wanted.named)]
    for each in findings:
        for said in each.notes:
            note(f"finding {each.id}: {said}")
    if not told:
        note("the finding suspects no credential, so there is nothing to contain")
        return FINDINGS
    account, siblings = _read(wanted, told, now)
    told += _of_findings(siblings)
    standing = Standing(account.account_id, place_of(account.organization, account.account_id))
    declared = for_account(configuration, standing).declared
    plans = [
        make_plan(each.subject, account, _circumstances(wanted, each, declared, now), cutoff=cutoff)
        for each in _together(told)
    ]
    _deliver(wanted, plans)
    # What was refused is told before what is not known.
    return next((code for code in (FINDINGS, INCOMPLETE) if code in {_CODES[plan.verdict] for plan in plans}), OK)


def _of_findings(findings: Iterable[FoundFinding]) -> Iterator[_Told]:
    for each in findings:
        for subject in each.subjects:
            yield _Told(subject, is_finding=True, is_sample=each.is_sample, is_archived=each.is_archived)


def _of_names(named: dict[str, str]) -> Iterator[_Told]:
    for by, text in named.items():
        kind = next(each for each in get_args(Named) if each == by)
        try:
            yield _Told(named_subject(kind, text))
        except ValueError as fault:
            raise UsageError(f"--{by}: {fault}", "'guardrift contain --help' says what is taken.") from None


def _together(told: Sequence[_Told]) -> list[_Told]:
    """The subjects, those of one credential once; a sample or archived finding marks nobody whom another one names."""
    marks = {each.subject: each for each in sorted(told, key=lambda each: not (each.is_sample or each.is_archived))}
    found = []
    for incident in merged([each.subject for each in told]):
        for subject in incident.subjects:
            own = [mark for known, mark in marks.items() if known == subject or _shares(known, subject)]
            found.append(
                _Told(
                    subject,
                    is_finding=any(each.is_finding for each in own),
                    is_sample=bool(own) and all(each.is_sample for each in own),
                    is_archived=bool(own) and all(each.is_archived for each in own),
                )
            )
    return found


def _shares(one: Subject, other: Subject) -> bool:
    same_key = one.access_key is not None and one.access_key == other.access_key
    return same_key or (one.unique_id is not None and one.unique_id == other.unique_id and one.session == other.session)


def _read(wanted: Contained, told: Sequence[_Told], now: datetime) -> tuple[Account, tuple[FoundFinding, ...]]:
    """The account; live also the findings that name the same key, unique id or instance."""
    if wanted.source.snapshot is not None:
        return read_account(wanted.source, now), ()
    from scanner.collect.sibling_findings import sibling_findings

    session = session_of(wanted.source)
    account = collect_account(session, wanted.source, now)
    regions = [region.name for region in account.regions if region.was_asked]
    keys = {each.subject.access_key for each in told} - {None}
    unique = {_principal_id(each.subject) for each in told} - {None}
    instances = {each.subject.instance for each in told} - {None}
    found, missed = sibling_findings(session, regions, keys, unique, instances)
    for said in missed:
        note(f"sibling findings: {said}")
    return account, read_findings(json.dumps(found).encode()) if found else ()


def _principal_id(subject: Subject) -> str | None:
    """The principal id as GuardDuty has it."""
    if subject.unique_id is None or subject.session is None:
        return subject.unique_id
    return f"{subject.unique_id}:{subject.session}"


def _circumstances(wanted: Contained, told: _Told, declared: Declared, now: datetime) -> Circumstances:
    return Circumstances(
        at=wanted.at or now,
        declared=declared,
        protected=wanted.protected,
        is_finding=told.is_finding,
        is_sample=told.is_sample,
        is_archived=told.is_archived,
        max_age=wanted.max_age,
    )


def _cutoff(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_cutoff(format_cutoff(now) if text == "now" else text)
    except ValueError as fault:
        raise UsageError(f"--cutoff: {fault}", "Or write --cutoff now.") from None


def _deliver(wanted: Contained, plans: Sequence[Plan]) -> None:
    if wanted.folder is not None:
        files = plan_files(plans)
        write_folder(wanted.folder, files)
        note(f"Written below {wanted.folder}: {len(files)} files")
    if wanted.as_json:
        told = [msgspec.to_builtins(plan) for plan in plans]
        data(json.dumps(told[0] if len(told) == 1 else told, indent=2, ensure_ascii=True))
    elif wanted.folder is None:
        data("\n".join(runbook(plan) for plan in plans))
    else:
        for plan in plans:
            data(f"{plan.verdict}: {plan.principal or plan.subject.kind}{f' ({plan.reason})' if plan.reason else ''}")
