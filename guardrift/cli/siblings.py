"""The sibling findings of suspects, read from AWS; that they could not be read keeps nobody from a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guardrift.cli.live import Source
from guardrift.cli.output import note
from guardrift.version import __version__
from policies.dispatch import Resolved
from policies.findings import FoundFinding, as_json, read_findings
from scanner.errors import UsageError
from scanner.inventory import Account, Role


def siblings_of(
    suspects: Sequence[Resolved],
    findings: Iterable[FoundFinding],
    session: Any,
    account: Account,
    source: Source,
) -> tuple[tuple[FoundFinding, ...], tuple[str, ...]]:
    """Findings that name the same key, principal id or instance; and notes on where there may be more of them.

    Args:
        suspects: whom they may name as well.
        findings: those that were given; the attack sequences that they belong to are read, too.
        session: with the affected account.
        account: as it was just collected.
        source: how it was.
    """
    from scanner.collect.sibling_findings import Pivot, sibling_findings

    told = [each.subject for each in suspects]
    pivot = Pivot(
        keys={each.access_key for each in told if each.access_key},
        unique_ids=set(_principal_ids(suspects)),
        instances={each.instance for each in told if each.instance},
        findings={each.attack_sequence.rpartition("/")[2] for each in findings if each.attack_sequence},
    )
    answer = sibling_findings(session, account, pivot, max_rate=source.max_rate, user_agent=f"guardrift/{__version__}")
    siblings, unread = _read(answer.findings)
    settled = sum(each.is_sample or each.is_archived for each in siblings)
    if settled:
        note(f"sibling findings: {settled} of {len(siblings)} are samples or archived, and suspect nobody further")
    missed = [f"Sibling findings are unknown, and may name further credentials: {each}." for each in answer.missed]
    for said in (*missed, *unread):
        note(said)
    return siblings, (*missed, *unread)


def _principal_ids(suspects: Iterable[Resolved]) -> Iterable[str]:
    """Principal ids as GuardDuty has them: of roles with the session, which alone are compared as a whole."""
    for each in suspects:
        subject = each.subject
        unique_id = subject.unique_id or (each.principal.id if each.principal is not None else "")
        session = subject.session or subject.instance
        is_role = isinstance(each.principal, Role) or unique_id.startswith("AROA")
        if unique_id and session and is_role:
            yield f"{unique_id}:{session}"
        elif unique_id and not is_role:
            yield unique_id


def _read(findings: Iterable[dict[str, Any]]) -> tuple[tuple[FoundFinding, ...], tuple[str, ...]]:
    """The findings as they are understood; one that cannot be is told, and costs only itself."""
    read: list[FoundFinding] = []
    unread = []
    for each in findings:
        try:
            read += read_findings(as_json(each))
        except UsageError as fault:
            unread.append(f"A sibling finding was not understood: {fault.message}")
    return tuple(read), tuple(unread)
