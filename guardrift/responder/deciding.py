"""What is done about a plan: told, asked for, or carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from guardrift.responder.approvals import Approval
from guardrift.responder.executing import too_many
from guardrift.responder.incident import Weighed
from guardrift.responder.settings import Settings
from policies.execution.api import Api
from policies.findings import FoundFinding

_ACTED_ON = ("GuardDuty", "AWS Health")
_CHANGED = "What was approved is no longer what would be done: look at it again, and approve that."


@dataclass(frozen=True, slots=True)
class World:
    """What an invocation works with.

    Attributes:
        own: the id of the account that it acts in.
        function: the ARN by which the function was invoked.
    """

    settings: Settings
    session: Any
    api: Api
    own: str
    function: str


class Decision(NamedTuple):
    """What is done, and why not more."""

    act: Literal["notify", "ask", "carry"]
    why: str = ""


Decide = Callable[[Weighed], Decision]


def why_only_notify(findings: Sequence[FoundFinding], own: str) -> str:
    """Why nothing is done about an event whatever the mode, as a sentence; empty where something may be."""
    others = sorted({each.account_id or "(not told)" for each in findings if each.account_id != own})
    if others:
        return f"The finding is of account {', '.join(others)}, and this function acts in {own} alone."
    if len(findings) > 1:
        return "Several findings came in one event: they are told, and nothing is done about them."
    if any(each.is_sample for each in findings):
        return "The finding is a sample, made to try the alerts."
    if any(each.is_archived for each in findings):
        return "The finding is archived: somebody settled it, or a filter."
    forms = sorted({each.source_format for each in findings if each.source_format not in _ACTED_ON})
    return f"Findings of {', '.join(forms)} are told, and nothing is done about them." if forms else ""


def by_mode(only: str, why_ask: str, world: World) -> Decide:
    """The decision about what a finding asks for.

    Args:
        only: why nothing is done whatever the mode; empty where something may be.
        why_ask: why a person is asked, whatever the finding says; empty where that is not so.
        world: the mode, and how many were contained.
    """

    def decide(weighed: Weighed) -> Decision:
        if only or not weighed.digest:
            return Decision("notify", only or weighed.why_ask)
        if world.settings.mode == "notify":
            return Decision("notify", "GUARDRIFT_MODE is notify.")
        if world.settings.mode == "approve":
            return Decision("ask")
        why = why_ask or weighed.why_ask or too_many(weighed, world.api, world.settings)
        return Decision("ask", why) if why else Decision("carry")

    return decide


def by_approval(approval: Approval, only: str, weighed: Sequence[Weighed], world: World) -> Decide:
    """The decision about what somebody approved, now that it was planned anew."""
    is_there = any(each.digest == approval.digest for each in weighed)

    def decide(each: Weighed) -> Decision:
        if only or not each.digest:
            return Decision("notify", only or each.why_ask)
        if each.digest != approval.digest:
            return Decision("ask", "It is not what was approved." if is_there else _CHANGED)
        why = too_many(each, world.api, world.settings)
        return Decision("ask", why) if why else Decision("carry")

    return decide
