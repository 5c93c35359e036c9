"""The ways of an event, whole, broken or open, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

ReceiverKind = Literal["person", "responder", "service", "siem"]


class Route(msgspec.Struct, frozen=True, order=True):
    """One way by which an event surely reaches somebody.

    Attributes:
        rule: the ARN of the rule that takes the event on the default bus, or of the alarm.
        target: the ARN to which it sends it.
        receiver: who has it in the end: an ARN, or a protocol with a domain such as ``email at example.com``.
        kind: a ``person`` who is told, a ``responder`` (a function), another ``service`` that acts, or a ``siem``.
        by: everything between, in order, as ARNs.
        proof: what was found in order, link by link, each as a sentence.
    """

    rule: str
    target: str
    receiver: str
    kind: ReceiverKind
    by: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()


class Break(msgspec.Struct, frozen=True, order=True):
    """A way that ends before anybody is told.

    Attributes:
        token: what is broken, in a stable word such as ``target:topic-missing``.
        text: the same as a sentence.
        rule: the ARN of the rule or alarm; empty where no rule takes the event.
        target: the ARN of its target; empty where the rule is the broken link.
        by: the ARNs between, in order.
    """

    token: str
    text: str
    rule: str = ""
    target: str = ""
    by: tuple[str, ...] = ()


class Routes(msgspec.Struct, frozen=True):
    """All ways of one event.

    Attributes:
        reached: the ways that are whole.
        broken: the ways that are not, or that there is no way.
        open: why it cannot be told whether there is another way, each as a sentence.
    """

    reached: tuple[Route, ...] = ()
    broken: tuple[Break, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def is_reached(self) -> bool:
        """Whether somebody is told for sure."""
        return bool(self.reached)

    @property
    def is_lost(self) -> bool:
        """Whether nobody is told for sure."""
        return not self.reached and not self.open


class Trail(msgspec.Struct, frozen=True):
    """The way so far: from where it comes, through what, and what was found."""

    rule: str = ""
    target: str = ""
    by: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()

    def past(self, arn: str, proof: str) -> Trail:
        """The way after one more link that is whole."""
        return Trail(self.rule, self.target, (*self.by, arn), (*self.proof, proof))

    def reaches(self, receiver: str, kind: ReceiverKind, proof: str) -> Routes:
        """It ends at somebody."""
        return Routes(reached=(Route(self.rule, self.target, receiver, kind, self.by, (*self.proof, proof)),))

    def ends(self, token: str, text: str) -> Routes:
        """It ends at a broken link."""
        return Routes(broken=(Break(token, text, self.rule, self.target, self.by),))


def undecided(text: str) -> Routes:
    """Nobody can tell how it goes on."""
    return Routes(open=(text,))


def together(parts: Iterable[Routes]) -> Routes:
    """The ways of all parts, each told once, in the order of the parts."""
    every = list(parts)
    return Routes(
        reached=tuple(dict.fromkeys(way for part in every for way in part.reached)),
        broken=tuple(dict.fromkeys(way for part in every for way in part.broken)),
        open=tuple(dict.fromkeys(text for part in every for text in part.open)),
    )


def named(arn: str) -> str:
    """What a person calls a thing: the end of its ARN, without the kind where that stands before it."""
    tail = arn.split(":", 5)[-1]
    for kind in ("function:", "rule/", "event-bus/", "alarm:", "role/", "key/"):
        tail = tail.removeprefix(kind)
    return tail
