"""One step of an escalation path, as it is reported."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """One step of a path.

    Attributes:
        source: the ARN of the principal that acts.
        target: the ARN of what it is then, or gains its rights from: a principal, a group, a policy, something new.
        method: an id of the escalation catalogue.
        title: what the method does.
        actions: what it takes.
        conditions: on which conditions of policies it hangs.
        needs: a resource that IAM data does not show and that has to exist; empty where there is none.
        sure: how well the method is known to work.
    """

    source: str
    target: str
    method: str
    title: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    needs: str = ""
    sure: str = "documented"

    @property
    def doubt(self) -> int:
        """0 where nothing is left open; 1 with a condition or an unproved method; 2 with what nobody has seen."""
        if self.needs or self.sure == "untested":
            return 2
        return 1 if self.conditions or self.sure != "documented" else 0
