"""What ``guardrift contain --execute`` does with plans that are ready."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from guardrift.cli.carried_runs import ToldRun, code_of_run, tell, told_run, worst
from guardrift.cli.carrying_options import Carrying
from guardrift.cli.live import Source, session_of
from guardrift.cli.output import note
from guardrift.cli.run import FINDINGS
from guardrift.version import __version__
from policies.cutoff import format_instant
from policies.execution.api import Api, AwsApi
from policies.execution.carrying_out import carry_out, told_of
from policies.execution.changes import OF_ORGANIZATION, Change
from policies.execution.journal import Journal, new_journal
from policies.execution.planned import changes_of, suspected_instances
from policies.execution.records import Begun, Checked
from policies.execution.slots import slot_of
from policies.execution.tags import contained_lately
from policies.execution.verifying import verify
from policies.filenames import directory_names
from policies.planning import BY_ORGANIZATION, Plan
from policies.rendered import Rendered
from reports.visible import inert, visible
from scanner.engine.declared import Declared, is_named
from scanner.errors import UsageError
from scanner.inventory import Account, Gap, NotCollected
from scanner.shell import command


def api_of(session: Any, carrying: Carrying, partition: str) -> AwsApi:
    """AWS, with the credentials for the management account where some are named."""
    organization = None
    if carrying.profile is not None or carrying.role_arn is not None:
        organization = session_of(Source(profile=carrying.profile, role_arn=carrying.role_arn))
    return AwsApi(session, organization, user_agent=f"guardrift/{__version__}", partition=partition)


def refusing(declared: Declared, protected: Sequence[str]) -> Callable[[Change], str | None]:
    """Why a change may never be made: its principal is on the never-list by now."""

    def refuses(change: Change) -> str | None:
        never = (*declared.break_glass, *declared.response_roles, *protected)
        return "its principal is on the never-list" if change.principal and is_named(change.principal, never) else None

    return refuses


def run_carrying(
    plans: Sequence[Plan],
    account: Account,
    session: Any,
    carrying: Carrying,
    *,
    counted: Account,
    refuses: Callable[[Change], str | None],
    as_json: bool,
    now: datetime,
) -> int:
    """Carry out the plans that are ready; returns the exit code.

    Args:
        plans: all of them.
        account: the facts that they were made from.
        session: with AWS.
        carrying: the options.
        counted: the account as it is now, whose tags tell how many were contained lately.
        refuses: why a change may never be made; None where it may.
        as_json: whether the runs are printed as documents.
        now: the present time.

    Raises:
        UsageError: credentials for the management account are needed, or nobody confirmed it.
    """
    ready = [plan for plan in plans if plan.verdict == "ready"]
    if not ready:
        return FINDINGS
    api = api_of(session, carrying, account.partition)
    changes = {id(plan): tuple(_changes(plan, account, carrying, api)) for plan in ready}
    why_not = _too_many(ready, counted, carrying, now)
    if why_not is not None:
        note(why_not)
        return FINDINGS
    _announce(ready, changes)
    if api.organization is None and any(plan.reason for plan in ready) and isinstance(account.organization.tree, Gap):
        note("With --organization-profile or --organization-role-arn the organization is asked what it can do, too.")
    if not carrying.yes:
        _confirm(ready)
    told = [
        _carried(plan, changes[id(plan)], account, api, carrying, name, refuses, now)
        for plan, name in zip(ready, _names(ready, now), strict=True)
    ]
    tell(told, as_json=as_json)
    return worst([code_of_run(each) for each in told])


def _changes(plan: Plan, account: Account, carrying: Carrying, api: AwsApi) -> Iterator[Change]:
    """The changes of a plan; raises ``UsageError`` where nobody can put in place what comes first."""
    of_organization = [each.file for each in plan.documents if each.placed.layer in BY_ORGANIZATION]
    if of_organization and api.organization is None and not carrying.without_organization:
        raise UsageError(
            f"{', '.join(of_organization)} is put in place by the management account, and comes first",
            "Give --organization-profile or --organization-role-arn; or --without-organization, and it is left out.",
        )
    found = changes_of(plan, account, organization=not carrying.without_organization, close=carrying.close)
    changes = tuple(found)
    if not changes:
        raise UsageError(
            "nothing of the plan is put in place within the account",
            "Give --organization-profile or --organization-role-arn.",
        )
    yield from changes


def _too_many(plans: Sequence[Plan], account: Account, carrying: Carrying, now: datetime) -> str | None:
    """Why these plans are too many: somebody who raises findings could have everybody locked out."""
    try:
        lately = contained_lately(account, now)
    except NotCollected as gap:
        return f"how many principals were contained lately is not known: {gap}"
    if lately + len(plans) <= carrying.most:
        return None
    return (
        f"{lately} principals were contained within the last hour, and with {len(plans)} more it would be above "
        f"--max-per-hour {carrying.most}: look whether somebody has this done to you, then raise it"
    )


def _announce(plans: Sequence[Plan], changes: dict[int, tuple[Change, ...]]) -> None:
    for plan in plans:
        note(f"To be contained: {plan.principal or plan.subject.kind}")
        for change in changes[id(plan)]:
            note(f"  {told_of(change)}")
        breaks = dict.fromkeys(
            step.breaks for step in plan.steps if step.breaks and step.phase in ("organization", "contain")
        )
        for each in breaks:
            note(f"  breaks: {each}")
        if plan.reason:
            note(f"  {plan.reason}")


def _confirm(plans: Sequence[Plan]) -> None:
    """Have the name of each principal typed; raises ``UsageError`` where it is not."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm it", "Add --yes.")
    for plan in plans:
        wanted = plan.principal.rpartition("/")[2] or plan.account_id
        sys.stderr.write(inert(visible(f"Type {wanted} to contain it: ")))
        sys.stderr.flush()
        if sys.stdin.readline().strip() != wanted:
            raise UsageError("it was not confirmed, and nothing was changed", "Type the name as it is shown.")


def _names(plans: Sequence[Plan], now: datetime) -> list[str]:
    """File names of the journals: whom, and when."""
    named = [
        Rendered(
            principal=plan.principal or plan.account_id,
            kind="user" if ":user/" in plan.principal else "role",
            name=plan.principal.rpartition("/")[2] or plan.subject.kind,
            template="",
        )
        for plan in plans
    ]
    when = format_instant(now).replace(":", "").replace("-", "")
    return [f"{when}-{name.replace('/', '-')}-{uuid.uuid4().hex[:6]}.jsonl" for name in directory_names(named)]


def _left_open(plan: Plan, changes: Sequence[Change]) -> str:
    """What a plan leaves open, and what of it is not carried out."""
    of_organization = [each.file for each in plan.documents if each.placed.layer in BY_ORGANIZATION]
    is_left_out = of_organization and not any(change.kind in OF_ORGANIZATION for change in changes)
    said = f"{', '.join(of_organization)} is left out, so that the rest may be taken off again." if is_left_out else ""
    return " ".join(filter(None, (plan.reason, said)))


def _carried(
    plan: Plan,
    changes: tuple[Change, ...],
    account: Account,
    api: AwsApi,
    carrying: Carrying,
    name: str,
    refuses: Callable[[Change], str | None],
    now: datetime,
) -> ToldRun:
    path = carrying.folder / name
    regions = () if isinstance(account.regions, Gap) else tuple(each.name for each in account.regions)
    begun = Begun(
        run=uuid.uuid4().hex,
        at=now,
        version=__version__,
        account_id=plan.account_id,
        partition=plan.partition,
        principal=plan.principal,
        unique_id=plan.unique_id,
        kinds=plan.kinds,
        subject=plan.subject,
        changes=changes,
        instances=tuple((each.id, each.region) for each in suspected_instances(plan)),
        regions=regions,
        caller=account.caller or "",
        warning=_left_open(plan, changes),
    )
    with closing(new_journal(path, begun)) as journal:
        note(f"Journal: {path}")
        with told_how_to_go_on(path):
            ended = carry_out(journal, api, refuses=refuses, on_progress=carrying.progress)
        checks = looked_at(journal, api) if ended.state == "applied" else ()
        return told_run(journal, str(path), checks)


@contextmanager
def told_how_to_go_on(path: Path) -> Iterator[None]:
    """Where somebody interrupts it, what is half done is said, and with what it is finished or taken back."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"Interrupted, with some of it in place: {command('guardrift', 'contain', '--resume', str(path))} goes on")
        note(f"or: {command('guardrift', 'contain', '--rollback', str(path), '--force')} takes it back")
        raise


def looked_at(journal: Journal, api: Api) -> tuple[Checked, ...]:
    """Whether the containment of a journal holds; what is seen is kept in it."""
    checks = verify(journal.lines, api, lambda change: slot_of(change, api).read(), regions=journal.begun.regions)
    for each in checks:
        journal.append(each)
    return checks
