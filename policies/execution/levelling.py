"""One cutoff for all: roles that lead to one another renew each other's sessions until the last of them is revoked.

A session that a role handed to another one before it was revoked itself is denied if the cutoff of the other lies after
that. So every cutoff has to lie after the moment at which the last way to a session was closed.
"""

from __future__ import annotations

from datetime import datetime

from policies.execution.putting import attempt
from policies.execution.running import Run
from policies.execution.standing import has_cutoff
from policies.execution.texts import MARGIN, latest_cutoff, least_cutoff

_ROUNDS = 4


def level(run: Run, begun: datetime) -> None:
    """Raise the cutoffs that are too early for what was closed after them.

    Args:
        run: what was written.
        begun: when the first was.
    """
    for _ in range(_ROUNDS):
        if not _too_early(run, _needed(run)):
            return
        floor = _needed(run)
        now = run.api.now()
        if floor is not None and 2 * (now - begun) > MARGIN:
            # Of many roles, the first cutoff is over when the last one is raised: all of them have to lie ahead then.
            floor = max(floor, least_cutoff(now + 2 * (now - begun)))
        begun = now
        for index in _too_early(run, floor):
            attempt(run, index, floor)
    for index in _too_early(run, _needed(run)):
        run.failed[index] = "others were revoked so much later that sessions they had handed out may be left; repeat it"


def _needed(run: Run) -> datetime | None:
    return least_cutoff(run.closed) if run.closed is not None else None


def _too_early(run: Run, floor: datetime | None) -> list[int]:
    if floor is None:
        return []
    changes = run.journal.changes
    found = {index: latest_cutoff(run.set_to[index]) for index in run.held() if has_cutoff(changes[index])}
    return [index for index, cutoff in found.items() if cutoff is None or cutoff < floor]
