"""Every look at a containment, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from policies.execution.api import Api
from policies.execution.records import Checked, Line
from policies.execution.verifying.carried import carried
from policies.execution.verifying.logs import logs
from policies.execution.verifying.rotation import rotation
from policies.execution.verifying.simulated import simulated
from policies.execution.verifying.stored import Read, stored

Overall = Literal["verified", "unverified", "does not hold"]


def verify(lines: Iterable[Line], api: Api, read: Read, *, regions: Sequence[str] = ()) -> tuple[Checked, ...]:
    """Look whether what a journal put in place is there, denies, and is not got around.

    Args:
        lines: the journal.
        api: AWS, with the credentials for the account.
        read: the text that is in the place of a change now, None where nothing is.
        regions: where events are looked for, beside the region of the suspect and that of global services.
    """
    found = carried(lines)
    if found is None:
        return (Checked(at=api.now(), name="stored", verdict="unknown", said="The journal has no first line."),)
    looks = [*stored(found, read, api)]
    if found.held:
        looks += [*simulated(found, api), *logs(found, api, regions), *rotation(found, api)]
    return tuple(looks)


def overall(checks: Iterable[Checked]) -> Overall:
    """What the looks come to: one that fails decides, and it is verified only where each of them holds."""
    verdicts = {each.verdict for each in checks}
    if "fails" in verdicts:
        return "does not hold"
    return "verified" if verdicts == {"holds"} else "unverified"
