"""Who, besides administrators, may do something to the place where evidence lies: a bucket of logs, or its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import msgspec

from scanner.events.strangers import HIS_VPC
from scanner.iam.audience import granted
from scanner.iam.context import Values
from scanner.iam.decision import Decision
from scanner.iam.documents import Policy, Statement, understood
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.grants import interest
from scanner.iam.matching import covers_action, covers_resource
from scanner.iam.powers import Power
from scanner.iam.principals import TrustedPrincipal, trusted_principals
from scanner.iam.questions import NoSuchPrincipal, Questions, WhatIf, questions_of, source
from scanner.iam.request import Request
from scanner.iam.sources import Source
from scanner.iam.tally import is_refused
from scanner.inventory import Account, Document, Gap, ResourcePolicy, describe

Way = tuple[tuple[str, str], ...]
"""Actions with the resource of each, all of which are needed."""


class Change(msgspec.Struct, frozen=True):
    """An action by which the policy of a resource is put out of the way, for principals of the account that owns it.

    Attributes:
        action: what is done to the resource.
        resource: the ARN to which it is done.
        lets_in: whether the policy that follows may let in whoever wrote it; else there is none.
    """

    action: str
    resource: str
    lets_in: bool


Standing = Literal["yes", "no", "unknown"]

_ANYBODY = "000000000000"
_SENT_BY_SERVICES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "kms:viaservice")
_ABSENT = frozenset(
    {"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:viaawsservice", *_SENT_BY_SERVICES},
)
"""The keys that a thief's own request lacks: it comes without MFA, and no service makes it."""

_OF_ORGANIZATION = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
_OF_NETWORK = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip"})

_NOTHING_SAID: Mapping[str, Values] = MappingProxyType({})

MEMBERS = "organization"
"""Stands for whoever an organization that a policy names has in its accounts."""


_WITHOUT_POLICY = WhatIf(has_no_resource_policy=True)
_LETS_IN = Document(
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)
_LET_IN = WhatIf(resource=source("resource_policy", "the policy that takes its place", _LETS_IN))


class Able(msgspec.Struct, frozen=True, order=True):
    """Somebody who may.

    Attributes:
        principal: an ARN, how the policy of the resource names a stranger, or ``MEMBERS``.
        actions: by which.
        certain: whether no condition leaves it open.
    """

    principal: str
    actions: tuple[str, ...]
    certain: bool


class Audience(msgspec.Struct, frozen=True):
    """Who may, as far as it is known.

    Attributes:
        able: those who may, sorted; the first ones where there are many.
        is_cut: whether there may be more of them.
        doubts: why somebody else may too, each as a sentence.
    """

    able: tuple[Able, ...]
    is_cut: bool
    doubts: tuple[str, ...]


class _Open(msgspec.Struct, frozen=True):
    """A way that is open to somebody, whether it surely is, and the condition keys on which it hangs."""

    actions: tuple[str, ...]
    certain: bool
    keys: frozenset[str]


@dataclass(frozen=True)
class Evidence:
    """A resource that holds evidence, and what must not be done to it.

    Attributes:
        name: as a person finds it.
        policy: its resource policy; None where it has none.
        ways: each way to do harm.
        owner: the account of the resource.
        changes: how the policy can be put out of the way of one.
    """

    account: Account
    name: str
    policy: ResourcePolicy | None
    ways: tuple[Way, ...]
    owner: str
    changes: tuple[Change, ...] = ()

    def audience(self, is_spared: Callable[[str], bool], most: int) -> Audience:
        """The principals of the account who may go one of the ways.

        Administrators may do everything with what is the account's own, and are left out there.

        Service-linked roles are AWS's to use. Asked is what somebody can do without MFA and over TLS; policies of the
        organization that were not collected count as absent.

        Args:
            is_spared: principals, by ARN, who are meant to.
            most: how many are looked for.
        """
        graph = graph_of(self.account)
        doubts = [describe(part) for part in (self.account.users, self.account.roles) if isinstance(part, Gap)]
        found: list[Able] = []
        for power in _candidates(graph, are_administrators_out=self.owner == self.account.account_id):
            if is_spared(power.caller.arn) or not self._may(power):
                continue
            able, doubt = self._ask(power)
            if doubt:
                doubts.append(doubt)
            elif able is not None:
                found.append(able)
                if len(found) >= most:
                    return Audience(tuple(found), True, tuple(doubts))
        return Audience(tuple(found), False, tuple(doubts))

    def strangers(self, is_spared: Callable[[str], bool]) -> Audience:
        """The callers of other accounts than its owner whom the policy of the resource lets go one of the ways.

        Args:
            is_spared: account ids that may be trusted; an empty one stands for anybody.
        """
        found: set[Able] = set()
        doubts: list[str] = []
        for principal in sorted(set(self._named)):
            if principal.kind == "other":
                doubts.append(f"the policy of {self.name} names {principal.text!r}, of no known form")
                continue
            if principal.account_id == self.owner or is_spared(principal.account_id):
                continue
            try:
                able = self._stranger(principal)
            except NoSuchPrincipal:
                doubts.append(f"the policy of {self.name} names {principal.text!r}, of no known form")
                continue
            found |= {able} if able else set()
        return Audience(tuple(sorted(found)), False, tuple(doubts))

    def standing(self, arn: str) -> Standing:
        """Whether a principal of the account may go the one way, be it under conditions that the request can meet."""
        power = graph_of(self.account).landscape.power(arn)
        if not self._may(power):
            return "no"
        ((action, resource),) = self.ways[0]
        decision = self._questions.ask(arn, action, resource, what_if=self._what_if)
        if decision.decision == "no" or not (power.unread or power.unread_boundary):
            return "no" if decision.decision == "no" else "yes"
        return "yes" if decision.decision == "yes" and not power.unread_boundary else "unknown"

    @cached_property
    def _said(self) -> dict[str, Values]:
        return {
            "aws:securetransport": ("true",),
            "aws:resourceaccount": (self.owner,),
            "s3:resourceaccount": (self.owner,),
        }

    @cached_property
    def _questions(self) -> Questions:
        return questions_of(self.account)

    @cached_property
    def _parsed(self) -> Policy:
        """The resource policy; raises ``Undetermined`` where it is malformed."""
        return Policy(()) if self.policy is None else understood(self.policy.document, f"the policy of {self.name}")

    @cached_property
    def _what_if(self) -> WhatIf:
        if self.policy is None:
            return WhatIf(has_no_resource_policy=True)
        return WhatIf(resource=Source("resource_policy", f"the policy of {self.name}", self._parsed))

    @cached_property
    def _actions(self) -> frozenset[str]:
        return frozenset(action for way in self.ways for action, _ in way)

    @cached_property
    def _beginnings(self) -> tuple[Way, ...]:
        """The ways, and what somebody of the account may do first instead."""
        return (*self.ways, *(((change.action, change.resource),) for change in self.changes))

    @cached_property
    def _allowing(self) -> list[Statement]:
        """The statements of the resource policy that allow one of the actions to somebody."""
        actions = {action for way in self._beginnings for action, _ in way}
        allows = (each for each in self._parsed.statements if each.allows)
        return [each for each in allows if any(covers_action(each, action) for action in actions)]

    @cached_property
    def _naming(self) -> list[Statement]:
        """Those of them that name more than the account, which lets its principals in by their own policies alone."""
        owner = self.account.account_id
        the_account = (owner, f"arn:{self.account.partition}:iam::{owner}:root")
        return [
            each
            for each in self._allowing
            if each.not_principals or any(kind == "AWS" and name not in the_account for kind, name in each.principals)
        ]

    @property
    def _named(self) -> Iterator[TrustedPrincipal]:
        for statement in self._allowing:
            if not any(covers_action(statement, action) for action in self._actions):
                continue
            yield from (each for each in trusted_principals(statement) if each.kind in ("anyone", "account", "other"))

    def _stranger(self, principal: TrustedPrincipal) -> Able | None:
        """Whether a principal of another account may, by the policy of the resource."""
        root = f"arn:{self.account.partition}:iam::{principal.account_id or _ANYBODY}:root"
        if principal.kind != "anyone":
            return _able(
                principal.text, self._open(principal.text if principal.text.startswith("arn:") else root, self.ways)
            )
        alone = _ABSENT | _OF_ORGANIZATION
        outside = self._open(root, self.ways, alone)
        if any(not way.certain and way.keys & _OF_NETWORK for way in outside):
            # What is bound to a network may be bound to any: he comes through a VPC of his own, too.
            through_vpc = self._open(root, self.ways, alone | {"aws:sourceip"}, said=HIS_VPC)
            outside += [way for way in through_vpc if way.certain]
        able = _able(principal.text, [way for way in outside if way.certain or not way.keys & _OF_NETWORK])
        # Those who are let in for being of an organization are no strangers to it, but are not meant to either.
        return able or _able(MEMBERS, [way for way in self._open(root, self.ways) if way.keys & _OF_ORGANIZATION])

    def _may(self, power: Power) -> bool:
        """Whether some policy allows an action of the ways at all, before conditions and what denies."""
        if power.unread or (power.potential & self._mask and any(self._may_go(power, way) for way in self._beginnings)):
            return True
        return any(strength != "delegation" for each in self._naming for strength, _ in granted(each, power.caller))

    @cached_property
    def _mask(self) -> int:
        return interest().mask({action for way in self._beginnings for action, _ in way})

    @staticmethod
    def _may_go(power: Power, way: Way) -> bool:
        """Whether an identity policy allows a part of a way on its resource: most grants name other resources."""
        return any(
            not grant.is_plain or covers_resource(grant.statement, resource)
            for action, resource in way
            for grant in power.allows(interest().bits[action.lower()])
        )

    def _ask(self, power: Power) -> tuple[Able | None, str]:
        """Whether somebody may, or why that is not known."""
        arn, left = power.caller.arn, self._not_refused(power, self.ways)
        ways = self._open(arn, left) if left else []
        if self.owner == self.account.account_id and not any(way.certain for way in ways):
            ways += self._by_change(power)
        able = _able(arn, ways)
        if able is None:
            return None, ""
        if power.unread_boundary:
            return None, power.unread_boundary
        return (None, power.unread[0]) if power.unread and not able.certain else (able, "")

    @cached_property
    def _refusing(self) -> Source:
        return Source("resource_policy", self.name, self._parsed)

    def _not_refused(self, power: Power, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        """The ways that no Deny in the policy of the resource surely bars; that is seen before all else is asked."""
        if self.policy is None:
            return ways
        context = power.caller.context.with_request(self._said, _ABSENT)
        policy = self._refusing
        has_boundary = power.boundary is not None
        return tuple(
            way
            for way in ways
            if not any(
                is_refused(Request(power.caller, action, resource, context), policy, has_boundary=has_boundary)
                for action, resource in way
            )
        )

    def _by_change(self, power: Power) -> list[_Open]:
        """The ways that are open to somebody who first puts the policy of the resource out of the way."""
        principal = power.caller.arn
        found: list[_Open] = []
        for change in self.changes:
            way: Way = ((change.action, change.resource),)
            first = self._way(principal, way, _ABSENT, self._what_if) if self._not_refused(power, (way,)) else None
            if first is not None:
                after = _LET_IN if change.lets_in else _WITHOUT_POLICY
                found += [_both(first, then) for then in self._open(principal, self.ways, what_if=after)]
        return found

    def _open(
        self,
        principal: str,
        ways: tuple[Way, ...],
        absent: frozenset[str] = _ABSENT,
        what_if: WhatIf | None = None,
        said: Mapping[str, Values] = _NOTHING_SAID,
    ) -> list[_Open]:
        found = (self._way(principal, way, absent, what_if or self._what_if, said) for way in ways)
        return [each for each in found if each is not None]

    def _way(
        self,
        principal: str,
        way: Way,
        absent: frozenset[str],
        what_if: WhatIf,
        more: Mapping[str, Values] = _NOTHING_SAID,
    ) -> _Open | None:
        said = {**self._said, **more}
        decisions: list[Decision] = []
        for action, resource in way:
            asked = self._questions.ask(principal, action, resource, context=said, absent=absent, what_if=what_if)
            if asked.decision == "no":
                return None
            decisions.append(asked)
        return _Open(
            tuple(each.action for each in decisions),
            all(each.decision == "yes" for each in decisions),
            frozenset(condition.key.lower() for each in decisions for condition in each.conditions),
        )


def _both(first: _Open, then: _Open) -> _Open:
    return _Open((*first.actions, *then.actions), first.certain and then.certain, first.keys | then.keys)


def _able(principal: str, ways: list[_Open]) -> Able | None:
    if not ways:
        return None
    actions = tuple(dict.fromkeys(action for way in ways for action in way.actions))
    return Able(principal, actions, any(way.certain for way in ways))


def _candidates(graph: Graph, *, are_administrators_out: bool) -> Iterator[Power]:
    """What the principals hold that AWS does not keep for a service, in the order of their ARNs."""
    for arn in graph.landscape.people.arns:
        power = graph.landscape.power(arn)
        is_out = are_administrators_out and graph.place(arn) in graph.administrations
        if not power.caller.is_service_linked and not is_out:
            yield power
