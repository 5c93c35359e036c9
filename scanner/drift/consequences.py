"""What follows from changes of permissions, as the IAM engine finds it before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from scanner.containment import can_undo_quarantine
from scanner.drift.holdings import find, is_made_anew, resource_of
from scanner.drift.told import Change
from scanner.findings import SEVERITIES, Severity
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.paths import Escalation, paths_of
from scanner.iam.escalation.silencing import Silenced, silencing_of
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Role, User

_MOST_TRACED, _MOST_NAMED = 200, 5


def with_consequences(old: Account, new: Account, changes: list[Change], affected: frozenset[str]) -> list[Change]:
    """The changes, with what follows from them; those of principals that changed only by others are added."""
    concerned = {each.resource.arn for each in changes if _is_of_principal(each)} & affected
    if not concerned:
        return changes
    reach = _Reach(old, new)
    through, alone = reach.others(frozenset(concerned))
    found: list[Change] = []
    for change in changes:
        arn = change.resource.arn
        if arn not in concerned or not _is_of_principal(change):
            found.append(change)
            continue
        told = list(reach.of(arn)) if change.what not in _TRUST else list(reach.admitted(arn))
        if change.kind == "added":
            told += reach.admitted(arn)
        if change.direction == "widens" and arn in through:
            told.append(("critical", _through(through.pop(arn))))
        found.append(_with(change, told))
    return [*found, *(reach.alone(arn) for arn in (*alone, *(each for arns in through.values() for each in arns)))]


def _is_of_principal(change: Change) -> bool:
    """Whether a change is of a principal itself; other entries, such as the settings of a role, have the same ARN."""
    return change.kind != "not_comparable" and change.resource.type in ("user", "role")


_TRUST = frozenset({"trust widened", "trust narrowed", "trust changed"})
_Told = tuple[Severity, str]


def _with(change: Change, told: list[_Told]) -> Change:
    """The change with its consequences; it is as bad as the worst of them.

    Who reaches more by changed tags, say, has no other grants than before, but is no neutral matter.
    """
    severity, direction = change.severity, change.direction
    if direction != "widens" and change.what not in _TRUST and any(each != "info" for each, _ in told):
        direction = "widens"
    if direction == "widens":
        severity = min((severity, *(each for each, _ in told)), key=SEVERITIES.index)
    return msgspec.structs.replace(
        change,
        direction=direction,
        severity=severity,
        consequence=tuple(dict.fromkeys((*(text for _, text in told), *change.consequence))),
    )


def _through(arns: list[str]) -> str:
    return f"{_counted(len(arns))} can now reach administrator through it: {_listed(arns)}"


def _counted(number: int) -> str:
    return "1 other principal" if number == 1 else f"{number:,} other principals"


def _listed(arns: list[str]) -> str:
    more = f" and {len(arns) - _MOST_NAMED:,} more" if len(arns) > _MOST_NAMED else ""
    return ", ".join(arns[:_MOST_NAMED]) + more


@dataclass(frozen=True, eq=False)
class _Reach:
    """What principals reach before and after."""

    old: Account
    new: Account

    @cached_property
    def _graphs(self) -> tuple[Graph, Graph]:
        return graph_of(self.old), graph_of(self.new)

    @cached_property
    def _administrators(self) -> tuple[frozenset[str], frozenset[str]]:
        one, other = self._graphs
        return _arns(one, one.administrators), _arns(other, other.administrators)

    @cached_property
    def _escalating(self) -> tuple[frozenset[str], frozenset[str]]:
        one, other = self._graphs
        return _arns(one, one.escalating), _arns(other, other.escalating)

    def of(self, arn: str) -> Iterator[_Told]:
        """What a principal that is other itself can do now, and what it cannot any more."""
        yield from self._of_rights(arn)
        yield from self._of_new_holder(arn)
        yield from self._of_stopping(arn)
        yield from self._of_plan(arn)

    def _of_stopping(self, arn: str) -> Iterator[_Told]:
        """What of logging and detection it can stop, each part in one sentence."""
        sides = [
            {(each.what, each.action): each for each in _stopping(account, arn)} for account in (self.old, self.new)
        ]
        for words, severity, there, here in (
            ("can now stop", "high", sides[1], sides[0]),
            ("can no longer stop", "info", sides[0], sides[1]),
        ):
            by_part: defaultdict[str, list[Silenced]] = defaultdict(list)
            for key in sorted(there.keys() - here.keys()):
                by_part[key[0]].append(there[key])
            for what, found in by_part.items():
                # What was already possible by one action is no news by another.
                if any(key[0] == what for key in here):
                    continue
                actions = ", ".join(each.action for each in found)
                proviso = "" if any(each.certain for each in found) else ", under conditions"
                yield severity, f"{words} {what}: {actions} on {found[0].on}{proviso}"  # type: ignore[misc]

    def _of_rights(self, arn: str) -> Iterator[_Told]:
        (were, are), (could, can) = self._administrators, self._escalating
        if arn in are - were:
            administration = self._graphs[1].administrations.get(self._graphs[1].place(arn) or 0)
            by = f", by {', '.join(administration.sources)}" if administration is not None else ""
            yield "critical", f"is now an administrator{by}"
        elif arn in were - are:
            yield "info", "is no longer an administrator"
        if arn in can - could - were:
            yield "critical", self._way(arn)
        elif arn in could - can - are:
            yield "info", "can no longer reach administrator"

    def _of_new_holder(self, arn: str) -> Iterator[_Told]:
        """What somebody who took the name of another one reaches as that one did."""
        if not is_made_anew(_principal(self.old, arn), _principal(self.new, arn)):
            return
        if arn in self._administrators[0] & self._administrators[1]:
            yield "high", "whoever holds it now is an administrator"
        elif arn in self._escalating[1] and arn in self._escalating[0] | self._administrators[0]:
            yield "high", "whoever holds it now can reach administrator"

    def _way(self, arn: str) -> str:
        found = self._escalation(arn)
        if found is None:
            return "can now reach administrator"
        steps = [f"{step.title} ({', '.join(step.actions)}) to {step.target}" for step in found.paths[0].steps]
        return f"can now reach administrator by {', then '.join(steps)}"

    def _escalation(self, arn: str) -> Escalation | None:
        found = paths_of(self.new).escalation(arn)
        return found if found is not None and found.paths else None

    def _of_plan(self, arn: str) -> Iterator[_Told]:
        old, new = _principal(self.old, arn), _principal(self.new, arn)
        known = set() if old is None else {each.undoes for each in can_undo_quarantine(old, self.old)}
        found = () if new is None else can_undo_quarantine(new, self.new)
        more = [each for each in found if each.undoes not in known]
        if more:
            actions = ", ".join(dict.fromkeys(each.action for each in more))
            yield "high", f"the revocation plan no longer contains it: it can take it off itself by {actions}"
        elif known and new is not None and not found:
            yield "info", "the revocation plan contains it again"

    def admitted(self, arn: str) -> Iterator[_Told]:
        """Who can become a role now that could not, and who cannot any more."""
        every = self._administrators[0] | self._administrators[1]
        before, after = (self._leading(graph, arn) - every for graph in self._graphs)
        come, gone = sorted(after - before), sorted(before - after)
        if come:
            yield "high", f"{_counted(len(come))} can now become it: {_listed(come)}"
        if gone:
            yield "info", f"{_counted(len(gone))} can no longer become it: {_listed(gone)}"

    def _leading(self, graph: Graph, arn: str) -> frozenset[str]:
        at = graph.place(arn)
        return frozenset() if at is None else _arns(graph, graph.leading(1 << at)) - {arn}

    def others(self, concerned: frozenset[str]) -> tuple[dict[str, list[str]], list[str]]:
        """Principals that can reach administrator now although they are not other themselves.

        Returns:
            Them by the changed principal that their way leads through, and those of whom none could be named.
        """
        (were, _), (could, can) = self._administrators, self._escalating
        through: defaultdict[str, list[str]] = defaultdict(list)
        alone = []
        for number, arn in enumerate(sorted(can - could - were - concerned)):
            by = next(self._on_way(arn, concerned), None) if number < _MOST_TRACED else None
            if by is None:
                alone.append(arn)
            else:
                through[by].append(arn)
        return dict(through), alone

    def _on_way(self, arn: str, concerned: frozenset[str]) -> Iterator[str]:
        found = self._escalation(arn)
        steps: Iterable[str] = () if found is None else (step.target for step in found.paths[0].steps)
        return (target for target in steps if target in concerned)

    def alone(self, arn: str) -> Change:
        """The change of a principal that reaches more because others changed."""
        return Change(
            kind="changed",
            direction="widens",
            severity="critical",
            resource=resource_of(_principal(self.new, arn), self.new.account_id),
            what="reach",
            consequence=(self._way(arn),),
        )


def _arns(graph: Graph, nodes: int) -> frozenset[str]:
    return frozenset(graph.landscape.people.members(nodes & graph.principals))


def _stopping(account: Account, arn: str) -> tuple[Silenced, ...]:
    if _principal(account, arn) is None:
        return ()
    return silencing_of(account).by(graph_of(account).landscape.power(arn))


def _principal(account: Account, arn: str) -> User | Role | None:
    return find(policies_of(account), arn)
