"""Ask the graph of an account, and gather the answers in one document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from scanner.iam.escalation.blast import Blast
from scanner.iam.escalation.graph import Graph
from scanner.iam.escalation.paths import Path, Paths, path_of, paths_of
from scanner.iam.escalation.population import bits_of, places
from scanner.iam.escalation.step import Step
from scanner.iam.escalation.told import Chain, Goal, Survey, Totals, Traced, chain
from scanner.iam.escalation.towards import Towards
from scanner.iam.methods import escalation_catalogue
from scanner.inventory import Account, Gap, describe

_AS_ADMINISTRATOR = {"user": "iam-002", "role": "iam-012"}
_CONFIDENCE = {"high": 0, "medium": 1, "low": 2}


@dataclass(eq=False)
class Surveyor:
    """Answers for one account."""

    account: Account

    def everyone(self, *, counts: bool = False) -> Survey:
        """Every principal that can become an administrator; with ``counts``, how much each of them reaches."""
        found = []
        for arn in self._graph.landscape.people.members(self._graph.escalating & self._graph.principals):
            escalation = self._paths.escalation(arn)
            if escalation is not None:
                paths = tuple(map(chain, escalation.paths))
                found.append(self._traced(arn, paths, others=escalation.others, counts=counts))
        return self._all_of(found, None, counts=counts)

    def everyone_to(self, goal: str, *, counts: bool = False) -> Survey:
        """Every principal that can become the goal, by other ways than as an administrator."""
        towards = Towards(self._paths, goal)
        ways = ((arn, towards.path(arn)) for arn in towards.members())
        found = [self._traced(arn, (chain(path),), counts=counts) for arn, path in ways if path is not None]
        return self._all_of(found, self._goal(goal), counts=counts)

    def one(self, arn: str) -> Survey:
        """One principal: its paths, and its blast radius."""
        escalation = self._paths.escalation(arn)
        paths = tuple(map(chain, escalation.paths)) if escalation is not None else ()
        traced = self._traced(arn, paths, others=escalation.others if escalation else 0, whole=True)
        return self._only(traced, None, is_settled=traced.escalates or traced.administrator is not None)

    def one_to(self, arn: str, goal: str) -> Survey:
        """One shortest path between two principals, be it by way of administrator rights."""
        path = Towards(self._paths, goal).path(arn) or self._as_administrator(arn, goal)
        traced = self._traced(arn, (chain(path),) if path is not None else ())
        return self._only(traced, self._goal(goal), is_settled=path is not None)

    @cached_property
    def _paths(self) -> Paths:
        return paths_of(self.account)

    @property
    def _graph(self) -> Graph:
        return self._paths.graph

    @cached_property
    def _blast(self) -> Blast:
        return Blast(self._graph)

    @cached_property
    def _administrators(self) -> int:
        return self._graph.administrators & self._graph.principals

    def _traced(
        self, arn: str, paths: tuple[Chain, ...] = (), *, others: int = 0, whole: bool = False, counts: bool = False
    ) -> Traced:
        landscape = self._graph.landscape
        power = landscape.power(arn)
        at = self._graph.place(arn)
        return Traced(
            arn=arn,
            administrator=None if at is None else self._graph.administrations.get(at),
            escalates=at is not None and bool(self._graph.escalating >> at & 1),
            paths=paths,
            others=others,
            blast_radius=self._blast.radius(arn) if whole else None,
            blast_counts=self._blast.counts(arn) if counts else None,
            artefacts=landscape.power(arn).artefacts,
            unread=(*power.unread, *((power.unread_boundary,) if power.unread_boundary else ())),
        )

    def _all_of(self, able: list[Traced], goal: Goal | None, *, counts: bool) -> Survey:
        people = self._graph.landscape.people
        listed = bits_of(people.bit(each.arn).bit_length() - 1 for each in able)
        doubtful = self._graph.unread & self._graph.principals & ~self._administrators & ~listed
        graph = self._graph
        hidden = graph.leading(graph.cut) & graph.principals & ~self._administrators & ~listed
        unclear = self._malformed() if (graph.principals & ~self._administrators & ~listed) else ()
        gaps = (*self._gaps(), *unclear, *(dict.fromkeys(self._cut(graph.cut)) if hidden else ()))
        first = sorted(able, key=_worth)
        unknown = [self._traced(arn, counts=counts) for arn in people.members(doubtful)]
        last = [self._traced(arn, counts=counts) for arn in people.members(self._administrators & ~listed)]
        totals = Totals(
            principals=len(people.arns),
            administrators=self._administrators.bit_count(),
            able=len(able),
            unread=len(unknown),
        )
        return self._survey((*first, *unknown, *last), goal, totals, gaps, is_complete=not gaps and not doubtful)

    def _only(self, traced: Traced, goal: Goal | None, *, is_settled: bool) -> Survey:
        missing = (*self._gaps(), *self._malformed(), *self._unread_beyond(traced.arn))
        at = self._graph.place(traced.arn)
        is_read = at is not None and not self._graph.unread >> at & 1
        return self._survey((traced,), goal, None, missing, is_complete=is_settled or (is_read and not missing))

    def _survey(
        self,
        principals: tuple[Traced, ...],
        goal: Goal | None,
        totals: Totals | None,
        missing: tuple[str, ...],
        *,
        is_complete: bool,
    ) -> Survey:
        return Survey(
            account_id=self.account.account_id,
            taken_at=self.account.taken_at,
            complete=is_complete,
            missing=missing,
            totals=totals,
            administrators=tuple(self._graph.landscape.people.members(self._administrators)),
            principals=principals,
            to=goal,
        )

    def _gaps(self) -> Iterator[str]:
        account = self.account
        answers = (account.users, account.roles, account.groups, account.policies)
        yield from dict.fromkeys(describe(answer) for answer in answers if isinstance(answer, Gap))

    def _malformed(self) -> Iterator[str]:
        """Trust policies that may admit more than what was understood of them, to roles that matter."""
        for at in places(self._graph.landscape.trusting.unread & self._graph.reaching):
            yield f"the trust policy of {self._graph.arn(at)} is malformed"

    def _unread_beyond(self, arn: str) -> Iterator[str]:
        """What was not read of the principals that one can become."""
        at = self._graph.place(arn)
        if at is None:
            return
        reached = self._graph.closure.of(at) & self._graph.unread & self._graph.principals & ~(1 << at)
        for other in self._graph.landscape.people.members(reached):
            yield f"{other}, which it can become: {'; '.join(self._graph.landscape.power(other).unread)}"
        if at not in self._graph.administrations and (cut := self._graph.leading_to(at, self._graph.cut)) is not None:
            yield from self._cut(1 << cut)

    def _cut(self, nodes: int) -> Iterator[str]:
        for at in places(nodes):
            yield self._graph.left_out[at]

    def _goal(self, arn: str) -> Goal:
        landscape = self._graph.landscape
        return Goal(arn, by_administrators=not landscape.people.bit(arn) & landscape.kept_by_aws)

    def _as_administrator(self, arn: str, goal: str) -> Path | None:
        """The way by administrator rights, which let their holder act as any other principal."""
        if not self._goal(goal).by_administrators:
            return None
        bit = self._graph.landscape.people.bit(arn)
        if bit & self._administrators:
            return path_of((self._takeover(arn, goal),))
        escalation = self._paths.escalation(arn)
        if escalation is None:
            return None
        steps = escalation.paths[0].steps
        holder = steps[-1].target if kind_of(steps[-1].target) in _AS_ADMINISTRATOR else steps[-1].source
        return path_of((*steps, self._takeover(holder, goal)))

    def _takeover(self, administrator: str, goal: str) -> Step:
        wanted = _AS_ADMINISTRATOR[kind_of(goal)]
        method = next(each for each in escalation_catalogue().methods if each.id == wanted)
        actions = tuple(act.action for act in method.ways[0])
        return Step(administrator, goal, method.id, method.name, actions, method.conditions, method.needs, method.sure)


def kind_of(arn: str) -> str:
    """What an ARN of IAM names: ``user``, ``role``, ``group``, ``policy``."""
    return arn.split(":", 5)[-1].partition("/")[0]


def _worth(traced: Traced) -> tuple[int, int, str]:
    best = traced.paths[0]
    return _CONFIDENCE[best.confidence], len(best.steps), traced.arn
