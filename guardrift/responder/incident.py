"""From findings to plans, by what AWS tells right now; and which of the plans may be carried out without asking."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from guardrift.cli.incident_plans import plans_of_incident
from guardrift.cli.live import Source
from guardrift.cli.siblings import siblings_of
from guardrift.cli.suspects import Suspect, suspects_of_findings, together
from guardrift.incident_facts import INCIDENT_FACTS
from guardrift.responder.settings import Settings
from guardrift.responder.trusted import why_not_trusted
from guardrift.version import __version__
from policies.dispatch import Circumstances, resolve
from policies.execution.changes import Change
from policies.execution.planned import changes_of
from policies.findings import FoundFinding
from policies.planning import BY_ORGANIZATION, Plan
from policies.subjects import Subject
from scanner.collect.account import Scope, collect
from scanner.containment.credential_facts import REVOKE, REVOKE_INSTANCE, REVOKE_ONE
from scanner.inventory import Account, Gap, describe

AGENT = f"guardrift-responder/{__version__}"
"""How CloudTrail names the function's calls."""

_GENTLE = frozenset({REVOKE, REVOKE_INSTANCE, REVOKE_ONE})
"""What denies old sessions alone, so that workloads go on when they have fetched new ones."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A plan with what decides about it.

    Attributes:
        changes: what carrying it out sets within the account; nothing unless the plan is ready.
        digest: of what is decided, to compare with what somebody approved; empty where there is nothing to carry out.
        why_ask: why a person has to approve it, as a sentence; empty where a trusted finding names the principal.
    """

    plan: Plan
    changes: tuple[Change, ...]
    digest: str
    why_ask: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What was told, and what follows from it.

    Attributes:
        given: the findings of the event.
        siblings: further ones that name the same credentials.
        account: as far as plans need it; None where it was not asked, since nothing is done.
        unread: why principals could not be read; empty where they were.
    """

    given: tuple[FoundFinding, ...]
    siblings: tuple[FoundFinding, ...] = ()
    weighed: tuple[Weighed, ...] = ()
    account: Account | None = None
    unread: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether every finding of the event is one on which nobody acts."""
        return all(each.is_sample or each.is_archived for each in self.given)

    @property
    def name(self) -> str:
        """The ids of the findings, by which repeats are known."""
        return ", ".join(sorted({each.id for each in self.given}))


def incident_of(given: Sequence[FoundFinding], session: Any, settings: Settings, now: datetime) -> Incident:
    """The account as far as it matters, the sibling findings, and a plan for each principal.

    Raises:
        CollectError: AWS cannot be asked at all.
    """
    account = collect(session, Scope(wanted=INCIDENT_FACTS, user_agent=AGENT), now=now)

    def circumstances(suspect: Suspect) -> Circumstances:
        return Circumstances(
            at=now,
            protected=settings.protected,
            is_finding=suspect.is_finding,
            is_sample=suspect.is_sample,
            is_archived=suspect.is_archived,
        )

    told = list(suspects_of_findings(given))
    subjects = [resolve(each.subject, account, circumstances(each)) for each in together(told)]
    listed, missed = siblings_of(subjects, given, session, account, Source())
    # What was given is listed, too, and may have been archived since.
    siblings = tuple(each for each in listed if each.id not in {one.id for one in given})
    suspects = together([*told, *suspects_of_findings(siblings, are_siblings=True)])
    plans = plans_of_incident(suspects, account, circumstances, None)
    found = Incident(given=tuple(given), siblings=siblings, account=account, unread=_unread(account))
    why_ask = _why_ask([*given, *siblings], account, now)
    whole = [msgspec.structs.replace(plan, notes=(*plan.notes, *missed)) for plan in plans]
    weighed = [_weighed(plan, account, found.name, why_ask, now) for plan in whole]
    return replace(found, weighed=tuple(weighed))


def digest_of(plan: Plan, changes: Iterable[Change], finding: str) -> str:
    """What is approved, as a digest: of whom, what is set (without the time, which is computed then), and why."""
    decided = (
        plan.account_id,
        plan.unique_id or plan.principal,
        finding,
        [(each.placed.layer, each.placed.target, each.placed.name, each.placed.document) for each in plan.documents],
        list(changes),
    )
    return hashlib.sha256(msgspec.json.encode(decided)).hexdigest()


def _weighed(plan: Plan, account: Account, finding: str, why_ask: dict[str, str], now: datetime) -> Weighed:
    if plan.verdict != "ready":
        return Weighed(plan, (), "", "")
    changes = tuple(changes_of(plan, account, organization=False))
    if not changes:
        return Weighed(plan, (), "", "Only the organization stops it, and this function acts within the account.")
    untold = "No finding that is acted on without asking names the principal itself."
    why = why_ask.get(plan.principal, untold) or _breaks_more(plan, account, now)
    return Weighed(plan, changes, digest_of(plan, changes, finding), why)


def _breaks_more(plan: Plan, account: Account, now: datetime) -> str:
    """Why a person is asked about a plan that falls back on what shuts out new sessions, too; empty where none does."""
    decided = resolve(plan.subject, account, Circumstances(at=now, is_finding=True)).decided
    first = {*_GENTLE, *(decided.templates if decided is not None else ())}
    used = {each.placed.template for each in plan.documents if each.placed.layer not in BY_ORGANIZATION}
    return f"What breaks less is not possible now; this is {', '.join(sorted(used - first))}." if used - first else ""


def _why_ask(findings: Iterable[FoundFinding], account: Account, now: datetime) -> dict[str, str]:
    """Why a person is asked, by the ARN of each principal that a finding names; empty where one finding is enough."""
    found: dict[str, str] = {}
    for finding in findings:
        why = why_not_trusted(finding)
        for subject in finding.subjects:
            arn = _whom(subject, account, now)
            if arn is not None and found.get(arn) != "":
                found[arn] = why
    return found


def _whom(subject: Subject, account: Account, now: datetime) -> str | None:
    return resolve(subject, account, Circumstances(at=now, is_finding=True)).arn


def _unread(account: Account) -> str:
    missing = next((part for part in (account.roles, account.users) if isinstance(part, Gap)), None)
    return describe(missing) if missing is not None else ""
