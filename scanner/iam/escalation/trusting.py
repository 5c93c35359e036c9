"""Who may become which role: trust policies, read once each, as sets of callers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from scanner.iam.audience import Strength
from scanner.iam.context import Context, Values
from scanner.iam.documents import Condition, Policy, Statement, parse
from scanner.iam.escalation.population import NONE, Population, Selection, places
from scanner.iam.powers import Power
from scanner.iam.escalation.reach import Hold, Reach, settle
from scanner.iam.matching import covers_action
from scanner.iam.tally import conditions_left
from scanner.inventory import Role

ASSUME = "sts:AssumeRole"
_NARROW = 64
_STRENGTHS: tuple[Strength, ...] = ("final", "role", "delegation")
_DIRECT: tuple[Strength, ...] = ("final", "role")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+\Z")


@dataclass(frozen=True, slots=True)
class Admission:
    """The callers of the account that a trust policy admits, by how far its Allow reaches."""

    final: Selection
    role: Selection
    delegation: Selection


@dataclass(eq=False)
class _Transposed:
    """For each caller the roles whose admission holds it; few callers a role are listed, many are shared by roles."""

    narrow: dict[int, int] = field(default_factory=dict)
    wide: dict[int, int] = field(default_factory=dict)

    def add(self, callers: int, role: int) -> None:
        if callers.bit_count() <= _NARROW:
            for caller in places(callers):
                self.narrow[caller] = self.narrow.get(caller, 0) | role
        else:
            self.wide[callers] = self.wide.get(callers, 0) | role

    def of(self, caller: int) -> int:
        found = self.narrow.get(caller, 0)
        for callers, roles in self.wide.items():
            if callers >> caller & 1:
                found |= roles
        return found


@dataclass(eq=False)
class Trusting:
    """The trust policies of an account's roles.

    Attributes:
        people: the principals of the account, as callers and as roles.
        roles: by ARN.
    """

    people: Population
    roles: Mapping[str, Role]
    account_id: str
    partition: str

    def assumable(self, place: int, power: Power, reach: Reach) -> Selection:
        """The roles that the caller at a place may assume, by what it holds and by their trust policies."""
        final, named, delegated = (self._roles_for(strength, place) for strength in _STRENGTHS)
        if not final.possible and not named.possible and not delegated.possible:
            return NONE
        refused = reach.refused(power, ASSUME)
        bounded = reach.bounded(power, ASSUME) if named.possible else NONE
        granted = reach.of(power, ASSUME) if delegated.possible else NONE
        direct_possible = final.possible | (named.possible & bounded.possible)
        direct_certain = final.certain | (named.certain & bounded.certain)
        certain = (direct_certain & ~refused.possible) | (delegated.certain & granted.certain)
        possible = (direct_possible & ~refused.certain) | (delegated.possible & granted.possible)
        return Selection(certain, possible)

    def names(self, place: int) -> bool:
        """Whether some trust policy lets the caller at a place in without any permission of its own."""
        return any(self._roles_for(strength, place).possible for strength in _DIRECT)

    def trusting_service(self, service: str) -> Selection:
        """The roles that a service may assume for this account."""
        return self._services.get(_plain(service), NONE)

    def trusting_web_identity(self, provider: str) -> Selection:
        """The roles that an identity provider of this name may hand out by sts:AssumeRoleWithWebIdentity."""
        return self._federated.get(provider, NONE)

    def providers(self, kind: str) -> dict[str, int]:
        """For each provider ARN of a kind (``saml-provider`` or ``oidc-provider``) the roles that trust it."""
        return {name: found.possible for name, found in self._federated.items() if f":{kind}/" in name}

    def _roles_for(self, strength: Strength, place: int) -> Selection:
        certain, possible = self._transposed[strength]
        return Selection(certain.of(place), possible.of(place))

    @cached_property
    def _transposed(self) -> dict[Strength, tuple[_Transposed, _Transposed]]:
        found: dict[Strength, tuple[_Transposed, _Transposed]] = {
            strength: (_Transposed(), _Transposed()) for strength in _STRENGTHS
        }
        admissions: dict[int, Admission] = {}
        for arn, role in self.roles.items():
            policy = parse(role.trust)
            admission = admissions.get(id(policy))
            if admission is None:
                admission = admissions[id(policy)] = self._admission(policy)
            bit = self.people.bit(arn)
            for strength, selection in zip(
                _STRENGTHS, (admission.final, admission.role, admission.delegation), strict=True
            ):
                certain, possible = found[strength]
                if selection.possible:
                    certain.add(selection.certain, bit)
                    possible.add(selection.possible, bit)
        return found

    def _admission(self, policy: Policy) -> Admission:
        """Whom a trust policy admits; the callers are the principals of this account."""
        speaking = [s for s in policy.statements if covers_action(s, ASSUME)]
        allows: dict[Strength, list[Hold]] = {"final": [], "role": [], "delegation": []}
        refusing: list[Hold] = []
        for statement in speaking:
            for strength, callers in self._callers(statement):
                hold = self._hold(statement, callers)
                if hold is None:
                    continue
                if statement.allows:
                    allows[strength].append(hold)
                else:
                    refusing.append(hold)
        ways = {
            strength: settle(self.people.all, [holds], refusing) if holds else NONE
            for strength, holds in allows.items()
        }
        return Admission(ways["final"], ways["role"], ways["delegation"])

    def _callers(self, statement: Statement) -> Iterable[tuple[Strength, Selection]]:
        """The callers that the principals of a statement name, by strength; a session may be any of its role."""
        if statement.not_principals:
            listed = 0
            for kind, name in statement.principals:
                if kind == "AWS":
                    listed |= self.people.all if name in self._everyone else self.people.bit(name)
            others = self.people.all & ~listed
            return [("final", Selection(others, others))]
        found: dict[Strength, Selection] = {}
        for kind, name in statement.principals:
            if kind != "AWS":
                continue
            strength, selection = self._named(name)
            before = found.get(strength, NONE)
            found[strength] = Selection(before.certain | selection.certain, before.possible | selection.possible)
        return found.items()

    def _named(self, name: str) -> tuple[Strength, Selection]:
        if name == "*":
            return "final", Selection(self.people.all, self.people.all)
        if name in self._everyone:
            return "delegation", Selection(self.people.all, self.people.all)
        bit = self.people.bit(name) or self._by_id.get(name, 0)
        if bit:
            arn = self.people.arns[bit.bit_length() - 1]
            return ("role" if arn in self.roles else "final"), Selection(bit, bit)
        session = f"arn:{self.partition}:sts::{self.account_id}:assumed-role/"
        if name.startswith(session):
            possible = self._by_role_name.get(name.removeprefix(session).partition("/")[0], 0)
            return "final", Selection(0, possible)
        return "final", NONE

    @cached_property
    def _everyone(self) -> frozenset[str]:
        return frozenset({self.account_id, f"arn:{self.partition}:iam::{self.account_id}:root"})

    @cached_property
    def _by_role_name(self) -> dict[str, int]:
        return {role.name: self.people.bit(arn) for arn, role in self.roles.items()}

    @cached_property
    def _by_id(self) -> dict[str, int]:
        return {role.id: self.people.bit(arn) for arn, role in self.roles.items() if role.id}

    def _hold(self, statement: Statement, callers: Selection) -> Hold | None:
        certain, possible = callers.certain, callers.possible
        context = Context({"aws:principalaccount": (self.account_id,), "aws:principalisawsservice": ("false",)})
        fixed: list[Condition] = []
        for condition in statement.conditions:
            if condition.key not in _VARYING and not condition.key.startswith("aws:principaltag/"):
                fixed.append(condition)
                continue
            members = self.people.satisfying(condition, context, has_variables=True)
            certain &= members.certain
            possible &= members.possible
        if not possible:
            return None
        left = conditions_left(_with(statement, fixed), context, has_variables=True)
        return None if left is None else Hold(Selection(certain, possible), left)

    @cached_property
    def _services(self) -> dict[str, Selection]:
        return self._by_principal("Service", ASSUME)

    @cached_property
    def _federated(self) -> dict[str, Selection]:
        found = self._by_principal("Federated", "sts:AssumeRoleWithWebIdentity")
        for name, roles in self._by_principal("Federated", "sts:AssumeRoleWithSAML").items():
            before = found.get(name, NONE)
            found[name] = Selection(before.certain | roles.certain, before.possible | roles.possible)
        return found

    def _by_principal(self, wanted: str, action: str) -> dict[str, Selection]:
        """For each principal of a type the roles that it may assume by an action."""
        certain: dict[str, int] = {}
        possible: dict[str, int] = {}
        for arn, role in self.roles.items():
            bit = self.people.bit(arn)
            for name, is_certain in _admitted(parse(role.trust), wanted, action, self.account_id).items():
                possible[name] = possible.get(name, 0) | bit
                if is_certain:
                    certain[name] = certain.get(name, 0) | bit
        return {name: Selection(certain.get(name, 0), roles) for name, roles in possible.items()}


_VARYING = frozenset({"aws:principalarn", "aws:principaltype", "aws:username", "aws:userid"})


def _with(statement: Statement, conditions: list[Condition]) -> Statement:
    if len(conditions) == len(statement.conditions):
        return statement
    return msgspec.structs.replace(statement, conditions=tuple(conditions))


def _admitted(policy: Policy, wanted: str, action: str, account_id: str) -> dict[str, bool]:
    """The service or federated principals that a trust policy admits, and whether no condition leaves that open."""
    allowed: dict[str, bool] = {}
    for statement in policy.statements:
        if not statement.allows or not covers_action(statement, action) or statement.not_principals:
            continue
        for kind, name in statement.principals:
            if kind != wanted:
                continue
            left = conditions_left(statement, _of_service(name, account_id), has_variables=True)
            if left is not None:
                plain = _plain(name) if wanted == "Service" else name
                allowed[plain] = allowed.get(plain, False) or not left
    for statement in policy.statements:
        if statement.allows or not allowed or not covers_action(statement, action):
            continue
        for name in list(allowed):
            left = conditions_left(statement, _of_service(name, account_id), has_variables=True)
            if left is None or not _speaks_of(statement, wanted, name):
                continue
            if left:
                allowed[name] = False
            else:
                del allowed[name]
    return allowed


def _speaks_of(statement: Statement, wanted: str, name: str) -> bool:
    names = {_plain(text) if kind == "Service" else text for kind, text in statement.principals if kind == wanted}
    everyone = ("AWS", "*") in statement.principals
    return (name not in names and not everyone) if statement.not_principals else (name in names or everyone)


def _of_service(name: str, account_id: str) -> Context:
    """The keys of a request by which a service takes a role for a resource of this account."""
    known: dict[str, Values] = {"aws:sourceaccount": (account_id,)}
    if "amazonaws.com" in name:
        known |= {"aws:principalisawsservice": ("true",), "aws:principalservicename": (name,)}
    return Context(known)


def _plain(service: str) -> str:
    """A service principal without the region and the suffix of a partition, which are written in several ways."""
    stem = service.lower().removesuffix(".cn").removesuffix(".amazonaws.com")
    head, _, last = stem.rpartition(".")
    return head if head and _REGION.match(last) else stem
