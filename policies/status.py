"""What is left of containments in an account, and of whoever they were against."""

from __future__ import annotations

from datetime import datetime

import msgspec

from policies.eradication import Eradication
from scanner.containment.artefacts import ContainmentArtefact, containment_artefacts
from scanner.inventory import Account


class ContainmentStatus(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="schema", tag="guardrift/containment/1"
):
    """The containment that lies in an account, and what appeared since a clean state.

    Attributes:
        at: the time at which it is judged.
        taken_at: when the account was read.
        complete: whether all that was asked for was read, and the state of every artefact is known.
        artefacts: by whose they are.
        unknown: what was not read, so that more may be there.
        elsewhere: what only another account can read.
        eradication: None where no clean state was given.
    """

    account_id: str
    partition: str
    at: datetime
    taken_at: datetime
    complete: bool
    artefacts: tuple[ContainmentArtefact, ...]
    unknown: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    eradication: Eradication | None = None


def status_of(account: Account, at: datetime, eradication: Eradication | None = None) -> ContainmentStatus:
    """The status of an account.

    Args:
        account: as it was read.
        at: the present time.
        eradication: what appeared since a clean state, if one was given.
    """
    found = containment_artefacts(account, at)
    is_known = not found.unread and all(each.state != "unknown" for each in found.found)
    return ContainmentStatus(
        account_id=account.account_id,
        partition=account.partition,
        at=at,
        taken_at=account.taken_at,
        complete=is_known and (eradication is None or eradication.complete),
        artefacts=found.found,
        unknown=found.unread,
        elsewhere=found.elsewhere,
        eradication=eradication,
    )
