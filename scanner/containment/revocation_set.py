"""The roles that have to be revoked together: whatever a principal can reach by assuming roles, again and again.

A session of a role that was reached lives on when the first one is revoked, and roles that lead to one another renew
each other's sessions; so all of them are revoked in one batch with one cutoff ("Role chaining" and "Revoking IAM role
temporary security credentials" in the IAM User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from scanner.containment.revocable import NotRevocable, revocability
from scanner.iam.documents import parse
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.network import Closure
from scanner.iam.escalation.population import places
from scanner.iam.matching import covers_action, matches
from scanner.iam.questions import NoSuchPrincipal, WhatIf, questions_of
from scanner.iam.remembered import Remembered
from scanner.iam.sources import Source
from scanner.inventory import Account, Role, User, known

_ASSUME = "sts:AssumeRole"
_MOST_EXPLAINED = 100
_NOT_EXPLAINED = f"conditions of its policies hold, which are spelt out for {_MOST_EXPLAINED} roles alone"
_NOT_SETTLED = "the conditions of its policies hold together, which was not settled"
_WILDCARD = re.compile(r"[*?$]")
_NO_LIMITS = WhatIf(scps=(), rcps=())


class Reached(msgspec.Struct, frozen=True):
    """A role that a principal can become.

    Attributes:
        arn: of the role.
        by: the ARN of the principal from which it is assumed, on a way with the fewest conditions and steps.
        is_certain: whether no condition is left open on that way.
        conditions: on what the last step hangs, as clauses that follow "only if"; the thief may meet them.
    """

    arn: str
    by: str
    is_certain: bool
    conditions: tuple[str, ...] = ()


class LeftOut(msgspec.Struct, frozen=True):
    """A role of the set that no policy can be put on: why, and what stops its sessions instead."""

    arn: str
    reason: str
    alternative: str


class RevocationSet(msgspec.Struct, frozen=True):
    """What has to be revoked with a principal, in one batch.

    Attributes:
        principal: the ARN.
        reached: every role that it can become over any number of steps, itself left out; sorted by ARN.
        circle: the roles that lead to one another, the principal among them; empty where it is on no circle. A role
            that may assume itself is one alone.
        left_out: of all these the roles that IAM refuses to have edited.
        outside: the resources of other accounts, as policies have them, on which it or a reached role may call
            sts:AssumeRole. Whether somebody there lets it in, and where that leads, is not seen from this account.
        unread: what was not read or not understood, and may hide a further role.
    """

    principal: str
    reached: tuple[Reached, ...]
    circle: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    outside: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def batch(self) -> tuple[str, ...]:
        """The roles to put the revocation on with one cutoff: the principal if it is one, and all that it reaches."""
        own = (self.principal,) if ":role/" in self.principal else ()
        left_out = {each.arn for each in self.left_out}
        return tuple(sorted({*own, *(each.arn for each in self.reached)} - left_out))


def revocation_set(principal: Role | User, account: Account) -> RevocationSet:
    """The roles to revoke together with a role or user; found once for an account, then looked up.

    Identity policies, boundaries and trust policies are asked. Service control policies and session policies are not:
    they can only take away, and whoever relies on them here would leave a thief in when they change.

    Raises:
        NotCollected: the roles were not read.
        NoSuchPrincipal: it is no principal of this account.
    """
    known(account.roles)
    return _assuming.of(account).set_of(principal)


@dataclass(eq=False)
class _Assuming:
    """Who may assume whom in one account."""

    account: Account

    @cached_property
    def landscape(self) -> Landscape:
        return Landscape(self.account)

    def set_of(self, principal: Role | User) -> RevocationSet:
        people = self.landscape.people
        at = people.place(principal.arn)
        if at is None:
            raise NoSuchPrincipal(f"{principal.arn!r} is not in the account as it was collected")
        reached = self.possible.of(at) & ~(1 << at)
        arns = [people.arns[place] for place in places(reached)]
        members = [self.landscape.policies.roles[arn] for arn in arns if arn in self.landscape.policies.roles]
        every = [principal, *members] if isinstance(principal, Role) else members
        return RevocationSet(
            principal=principal.arn,
            reached=tuple(self._reached(at)),
            circle=self._circle(at),
            left_out=tuple(_left_out(every)),
            outside=self._outside([principal.arn, *arns]),
            unread=tuple(self._unread([principal.arn, *arns])),
        )

    @cached_property
    def assumable(self) -> tuple[list[int], list[int]]:
        """For each principal the roles that it may assume, and those that it certainly may."""
        landscape = self.landscape
        found = [
            landscape.trusting.assumable(place, landscape.power(arn), landscape.on_people)
            for place, arn in enumerate(landscape.people.arns)
        ]
        return [each.possible for each in found], [each.certain for each in found]

    @cached_property
    def possible(self) -> Closure:
        return Closure(self.assumable[0])

    def _circle(self, at: int) -> tuple[str, ...]:
        reach = self.possible.of(at)
        if not reach >> at & 1:
            return ()
        # Nodes of a circle lead to the same nodes.
        arns = self.landscape.people.arns
        return tuple(arns[place] for place in places(reach) if self.possible.of(place) == reach)

    def _reached(self, at: int) -> Iterator[Reached]:
        arns = self.landscape.people.arns
        sure = _ways({at}, self.assumable[1])
        every = _ways({at, *sure}, self.assumable[0])
        open_steps = sorted((place, by) for place, by in every.items() if not self.assumable[1][by] >> place & 1)
        told = {place: self._conditions(by, place) for place, by in open_steps[:_MOST_EXPLAINED]}
        told |= {place: (_NOT_EXPLAINED,) for place, _ in open_steps[_MOST_EXPLAINED:]}
        for place in sorted({*sure, *every} - {at}):
            if place in sure:
                yield Reached(arns[place], arns[sure[place]], is_certain=True)
            else:
                yield Reached(arns[place], arns[every[place]], is_certain=False, conditions=told.get(place, ()))

    def _conditions(self, by: int, place: int) -> tuple[str, ...]:
        arns = self.landscape.people.arns
        asked = questions_of(self.account).ask(arns[by], _ASSUME, arns[place], what_if=_NO_LIMITS)
        found = tuple(dict.fromkeys(provision.text for provision in asked.conditions))
        return found or (_NOT_SETTLED,)

    def _outside(self, arns: Iterable[str]) -> tuple[str, ...]:
        found: set[str] = set()
        for arn in arns:
            for source in self.landscape.power(arn).sources:
                found |= self._patterns(source)
        return tuple(sorted(found))

    def _patterns(self, source: Source) -> frozenset[str]:
        known_patterns = self._of_policies
        if id(source.policy) not in known_patterns:
            known_patterns[id(source.policy)] = source, frozenset(self._find_patterns(source))
        return known_patterns[id(source.policy)][1]

    @cached_property
    def _of_policies(self) -> dict[int, tuple[Source, frozenset[str]]]:
        return {}

    def _find_patterns(self, source: Source) -> Iterator[str]:
        for statement in source.policy.statements:
            if not statement.allows or not covers_action(statement, _ASSUME):
                continue
            if statement.not_resources:
                yield "*"
                continue
            yield from (each for each in statement.resources if _may_be_elsewhere(each, self.account))

    def _unread(self, arns: list[str]) -> Iterator[str]:
        """What may hide a role; a trust policy that was not understood may admit anybody."""
        for arn in arns:
            power = self.landscape.power(arn)
            yield from (f"of {arn}: {reason}" for reason in power.unread)
        roles = self.landscape.policies.roles
        for place in places(self.landscape.trusting.unread):
            arn = self.landscape.people.arns[place]
            problem = parse(roles[arn].trust).problems[0]
            yield f"the trust policy of {arn} was not understood, and may admit it: {problem}"


def _ways(start: set[int], steps: list[int]) -> dict[int, int]:
    """For each node that is reached and not a start, the node from which that is, over the fewest steps."""
    found: dict[int, int] = {}
    reached = sum(1 << each for each in start)
    frontier = sorted(start)
    asked: set[int] = set()
    while frontier:
        following: list[int] = []
        for node in frontier:
            # Most nodes share the very object.
            if id(steps[node]) in asked:
                continue
            asked.add(id(steps[node]))
            for place in places(steps[node] & ~reached):
                found[place] = node
                following.append(place)
            reached |= steps[node]
        frontier = following
    return found


def _may_be_elsewhere(pattern: str, account: Account) -> bool:
    """Whether a resource of a policy may be a role of another account."""
    parts = pattern.split(":", 5)
    if len(parts) == 6:
        is_iam = matches(parts[2], "iam") and parts[4] != account.account_id
        return is_iam and _begins_alike(parts[5], "role/")
    # A wildcard may stand for colons, too.
    return _begins_alike(pattern, f"arn:{account.partition}:iam::")


def _begins_alike(pattern: str, beginning: str) -> bool:
    literal = _WILDCARD.split(pattern, maxsplit=1)[0]
    return literal.startswith(beginning) or (literal != pattern and beginning.startswith(literal))


def _left_out(roles: Iterable[Role]) -> Iterator[LeftOut]:
    for role in roles:
        verdict = revocability(role)
        if isinstance(verdict, NotRevocable):
            yield LeftOut(role.arn, verdict.reason, verdict.alternative)


_assuming = Remembered(_Assuming, most=2)
