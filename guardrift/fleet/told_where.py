"""The coverage of an account to which facts of others were joined: what was read, and in which account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from scanner.inventory import REFUSED, Account, CoverageRow, Gap

_BEHIND: dict[str, tuple[str, ...]] = {
    "organizations:ListRoots": ("organizations:ListOrganizationalUnitsForParent",),
    "organizations:ListAccounts": ("organizations:ListAccountsForParent",),
    "organizations:ListPolicies": ("organizations:DescribePolicy", "organizations:ListTargetsForPolicy"),
    "organizations:ListDelegatedAdministrators": ("organizations:ListDelegatedServicesForAccount",),
}
"""The calls that follow from the answer of another: a member is refused these, too."""

_UNREAD = REFUSED | {"elsewhere"}


class Filled(NamedTuple):
    """A gap of an account, the account that answered in its place, and the answer."""

    gap: Gap
    account_id: str
    answer: Any


def settled(account: Account, filled: Sequence[Filled], refused: Sequence[CoverageRow]) -> Account:
    """The account with a coverage that says where the answers were read.

    A row is ``ok`` only if no part of the account lacks an answer of its action any more, and the account that answered
    got one itself. What another account was refused becomes a row of that account.

    Args:
        account: with the answers of others in it.
        filled: what was filled, and by whom.
        refused: what other accounts asked of the organization in vain.
    """
    in_vain = {(row.account_id, row.region, row.api) for row in refused}
    left = {(gap.region, gap.api) for gap in _gaps(_joinable(account))}
    readers: dict[tuple[str, str], set[str]] = {}
    for one in filled:
        for api in (one.gap.api, *_BEHIND.get(one.gap.api, ())):
            if (one.account_id, one.gap.region, api) not in in_vain:
                readers.setdefault((one.gap.region, api), set()).add(one.account_id)
    rows = {
        (row.account_id, row.region, row.api): _row(row, readers.get((row.region, row.api)), left)
        for row in account.coverage
    }
    unread = {(row.region, row.api) for row in rows.values() if row.status in _UNREAD}
    for row in (*_of_others(filled), *(_told_by(row) for row in refused if (row.region, row.api) in unread)):
        rows.setdefault((row.account_id, row.region, row.api), row)
    own_first = sorted(
        rows.values(), key=lambda row: (row.account_id != account.account_id, row.account_id, row.region, row.api)
    )
    return msgspec.structs.replace(account, coverage=tuple(own_first))


def _row(row: CoverageRow, readers: set[str] | None, left: set[tuple[str, str]]) -> CoverageRow:
    if readers is None or row.status not in _UNREAD or (row.region, row.api) in left:
        return row
    where = f"read in account {', '.join(sorted(readers))}"
    message = where if row.status == "elsewhere" else f"{row.status} here, and {where}"
    return msgspec.structs.replace(row, status="ok", message=message)


def _of_others(filled: Iterable[Filled]) -> Iterator[CoverageRow]:
    """What was not read of the answers that came from other accounts."""
    for one in filled:
        for gap in _gaps(one.answer):
            if gap.status in _UNREAD:
                said = f"in account {one.account_id}" + (f": {gap.reason}" if gap.reason else "")
                yield CoverageRow(
                    account_id=one.account_id, region=gap.region, api=gap.api, status=gap.status, message=said
                )


def _told_by(row: CoverageRow) -> CoverageRow:
    said = f"in account {row.account_id}" + (f": {row.message}" if row.message else "")
    return msgspec.structs.replace(row, calls=0, message=said)


def _joinable(account: Account) -> tuple[Any, ...]:
    """The parts in which answers of other accounts can be."""
    regions = [(region.trails, region.detection_admins) for region in account.regions]
    return (
        account.organization, account.log_buckets, account.keys, account.topics, account.functions, account.queues,
        *regions,
    )  # fmt: skip


def _gaps(value: Any) -> Iterator[Gap]:
    """Every gap in a value that is asked for and not read."""
    if isinstance(value, Gap):
        if value.status in _UNREAD:
            yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _gaps(item)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _gaps(getattr(value, field))
