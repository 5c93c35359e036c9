"""Fill what an account could not read with what the account knows that it belongs to; pure functions.

A gap is filled only by a fact that was really read. The coverage then says where, so that nothing looks as if this
account had answered it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from guardrift.fleet.membership import OF_EACH_ACCOUNT
from guardrift.fleet.sharing import Gift, Thing, is_missing, missing_in, things, token_of
from guardrift.fleet.told_where import Filled, settled
from scanner.inventory import Account, Gap, KmsKey, LogBucket, OrganizationFacts, Region

T = TypeVar("T", bound=msgspec.Struct)
Known = Mapping[str, tuple[str, Thing]]


def joined(account: Account, gifts: Sequence[Gift]) -> Account:
    """The account with its gaps filled from what other accounts read; its coverage names these accounts."""
    notes: list[Filled] = []
    known: dict[str, tuple[str, Thing]] = {}
    for gift in gifts:
        known |= {token: (gift.account_id, thing) for _, token, thing in things(gift.facts)}
    changed = msgspec.structs.replace(
        account,
        organization=_organization(account, gifts, notes),
        log_buckets=_each(account.log_buckets, known, notes),
        keys=_each(account.keys, known, notes),
        topics=_each(account.topics, known, notes),
        functions=_each(account.functions, known, notes),
        queues=_each(account.queues, known, notes),
        regions=tuple(_region(region, gifts, known, notes) for region in account.regions),
    )
    refused = [row for gift in gifts for row in gift.facts.refused]
    return settled(changed, notes, refused) if notes or refused else account


def _organization(account: Account, gifts: Iterable[Gift], notes: list[Filled]) -> OrganizationFacts:
    mine = account.organization
    for gift in gifts:
        if gift.facts.organization is None:
            continue
        changes = _answers(mine, gift.facts.organization, gift.account_id, notes, spared=OF_EACH_ACCOUNT)
        if changes:
            mine = msgspec.structs.replace(mine, **changes, read_in=mine.read_in or gift.account_id)
    return mine


def _region(region: Region, gifts: Iterable[Gift], known: Known, notes: list[Filled]) -> Region:
    changes: dict[str, Any] = {}
    trails = _each(region.trails, known, notes)
    if trails is not region.trails:
        changes["trails"] = trails
    if is_missing(region.detection_admins):
        for gift in gifts:
            admins = next((one.admins for one in gift.facts.admins if one.region == region.name), None)
            if admins is not None:
                notes.append(Filled(region.detection_admins, gift.account_id, admins))
                changes["detection_admins"] = admins
                break
    return msgspec.structs.replace(region, **changes) if changes else region


def _each(mine: Any, known: Known, notes: list[Filled]) -> Any:
    """A list of things, each with its gaps filled; the list itself where nothing was."""
    if isinstance(mine, Gap):
        return mine
    found = tuple(_thing(thing, known, notes) for thing in mine)
    return found if any(new is not old for new, old in zip(found, mine, strict=True)) else mine


def _thing(mine: T, known: Known, notes: list[Filled]) -> T:
    token = token_of(mine)  # type: ignore[arg-type]  # every caller has things
    if token is None or token not in known:
        return mine
    account_id, theirs = known[token]
    changes = _answers(mine, theirs, account_id, notes)
    if changes and isinstance(mine, LogBucket):
        changes["account_id"] = account_id
    if changes and isinstance(mine, KmsKey) and isinstance(theirs, KmsKey):
        changes["arn"] = theirs.arn
    return msgspec.structs.replace(mine, **changes) if changes else mine


def _answers(
    mine: msgspec.Struct,
    theirs: msgspec.Struct,
    account_id: str,
    notes: list[Filled],
    *,
    spared: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The fields that are missing here and were read there."""
    changes = {}
    for name in missing_in(mine):
        answer = getattr(theirs, name)
        if name not in spared and not isinstance(answer, Gap):
            notes.append(Filled(getattr(mine, name), account_id, answer))
            changes[name] = answer
    return changes
