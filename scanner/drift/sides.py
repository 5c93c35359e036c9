"""The sides of a comparison from what was read: a baseline stands on the documents of AWS that the other one holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from scanner.baseline import Baseline, State, managed_documents, restored
from scanner.baseline.restoring import ManagedDocuments
from scanner.drift.comparing import Side
from scanner.drift.of_aws import is_policy_of_aws
from scanner.drift.told import Compared
from scanner.iam.sources import name_at_aws, policies_of
from scanner.inventory import Account, Document, Undetermined

Read = Account | Baseline


def sides(
    old: tuple[str, Read], new: tuple[str, Read], now: datetime, also: Account | None = None
) -> tuple[Side, Side]:
    """Both sides, each given with what it was read from.

    Args:
        old: the state before.
        new: the state after.
        now: the time that stands in for the one at which a baseline was read, where neither side tells another.
        also: the account of two baselines, whose documents of AWS both stand on.
    """
    accounts = [found for found in (old[1], new[1], also) if isinstance(found, Account)]
    known: dict[tuple[str, str], Document] = {}
    in_force: dict[str, Document] = {}
    for account in accounts:
        known |= managed_documents(account)
        in_force |= dict(_in_force(account))
    at = accounts[0].taken_at if accounts else now
    return _side(*old, at, known, in_force), _side(*new, at, known, in_force)


def _in_force(account: Account) -> Iterator[tuple[str, Document]]:
    policies = policies_of(account)
    for arn in policies.managed:
        document = policies.default_document(arn) if name_at_aws(arn) is not None else None
        if document is not None and not isinstance(document, Undetermined):
            yield arn, document


def _side(name: str, found: Read, at: datetime, known: ManagedDocuments, in_force: dict[str, Document]) -> Side:
    if isinstance(found, Account):
        return Side(account=found, told=Compared(source=name, taken_at=found.taken_at.isoformat()))
    unknown = [key for key in _named(found.state) if key not in known]
    standing_in = {(arn, version): in_force[arn] for arn, version in unknown if arn in in_force}
    return Side(
        account=restored(found.state, at, {**known, **standing_in}),
        state=found.state,
        told=Compared(source=name),
        unknown=frozenset(arn for arn, _ in unknown),
    )


def _named(state: State) -> Iterator[tuple[str, str]]:
    """The policies of AWS that a baseline names, with their versions."""
    for entries in state.entries.values():
        for entry in entries:
            if is_policy_of_aws(entry):
                yield from ((entry.arn, version.id) for version in entry.versions)
