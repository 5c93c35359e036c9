"""Who may become which role: trust policies, read once each, as sets of callers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from scanner.iam.audience import Strength, denied, granted
from scanner.iam.caller import Caller
from scanner.iam.context import Context, Values
from scanner.iam.documents import Policy, Statement, parse
from scanner.iam.escalation.crowd import MFA, TAG, Crowd, asks_of_callers, with_any_tags, with_mfa
from scanner.iam.escalation.population import NONE, Population, Selection, bits_of, places
from scanner.iam.escalation.reach import Hold, Reach, settle
from scanner.iam.formula import Clause
from scanner.iam.grants import interest
from scanner.iam.matching import covers_action
from scanner.iam.powers import Power
from scanner.iam.tally import conditions_left
from scanner.inventory import Role, User

_Change = Callable[[Context], Context]

ASSUME = "sts:AssumeRole"
_NARROW = 64
_STRENGTHS: tuple[Strength, ...] = ("final", "role", "delegation")
_DIRECT: tuple[Strength, ...] = ("final", "role")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+\Z")


def _with_both(context: Context) -> Context:
    return with_any_tags(with_mfa(context))


_CHANGES: tuple[_Change, ...] = (with_mfa, with_any_tags, _with_both)
"""What a caller may change about its requests."""


@dataclass(eq=False)
class _Transposed:
    """For each caller the roles whose admission holds it; few callers a role are listed, many are shared by roles.

    All roles are added before the first caller is asked about.

    Attributes:
        people: every caller, as a set.
        common: the roles that admit every caller.
    """

    people: int
    common: int = 0
    narrow: dict[int, int] = field(default_factory=dict)
    wide: dict[int, int] = field(default_factory=dict)

    def add(self, callers: int, role: int) -> None:
        if callers == self.people:
            self.common |= role
        elif callers.bit_count() <= _NARROW:
            for caller in places(callers):
                self.narrow[caller] = self.narrow.get(caller, 0) | role
        else:
            self.wide[callers] = self.wide.get(callers, 0) | role

    def of(self, caller: int) -> int:
        found = self.common
        if caller in self.narrow:
            found |= self.narrow[caller]
        at, bit = caller >> 3, 1 << (caller & 7)
        for callers, roles in self._wide:
            if at < len(callers) and callers[at] & bit:
                found |= roles
        return found

    @cached_property
    def _wide(self) -> list[tuple[bytes, int]]:
        """Wide sets as bytes: to look at one costs less than to shift all of the set."""
        return [
            (callers.to_bytes(callers.bit_length() // 8 + 1, "little"), roles) for callers, roles in self.wide.items()
        ]


@dataclass(eq=False)
class Trusting:
    """The trust policies of an account's roles.

    Attributes:
        people: the principals of the account, as callers and as roles.
        principals: users and roles by ARN.
        callers: each of them as the sender of requests, by ARN.
    """

    people: Population
    principals: Mapping[str, User | Role]
    callers: Callable[[str], Caller]
    account_id: str
    partition: str
    _assumed: dict[int, tuple[Power, Selection]] = field(default_factory=dict)
    _admissions: dict[int, tuple[Policy, dict[Strength, Selection]]] = field(default_factory=dict)
    _common: dict[tuple[_Change | None, Strength], Selection] = field(default_factory=dict)
    _known: dict[_Change | None, dict[Strength, tuple[_Transposed, _Transposed]]] = field(default_factory=dict)

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """The roles by ARN."""
        return {arn: each for arn, each in self.principals.items() if isinstance(each, Role)}

    def assumable(self, place: int, power: Power, reach: Reach) -> Selection:
        """The roles that the caller at a place may assume, by what it holds and by their trust policies."""
        known = self._assumed.get(place)
        if known is not None and known[0] is power:
            return known[1]
        found = self._find_assumable(place, power, reach)
        self._assumed.setdefault(place, (power, found))
        return found

    def _find_assumable(self, place: int, power: Power, reach: Reach) -> Selection:
        final, named, delegated = self._admitting(place, power.caller)
        bit = interest().bits[ASSUME.lower()]
        may_ask = delegated.possible and power.potential & bit
        if not final.possible and not named.possible and not may_ask:
            return NONE
        if not named.possible and not may_ask and power.bound is None and not power.denied & bit:
            return final
        refused = reach.refused(power, ASSUME)
        bounded = reach.bounded(power, ASSUME) if named.possible else NONE
        granted = reach.of(power, ASSUME) if delegated.possible else NONE
        direct_possible = final.possible | (named.possible & bounded.possible)
        direct_certain = final.certain | (named.certain & bounded.certain)
        certain = (direct_certain & ~refused.possible) | (delegated.certain & granted.certain)
        possible = (direct_possible & ~refused.certain) | (delegated.possible & granted.possible)
        return Selection(certain, possible)

    @cached_property
    def unread(self) -> int:
        """The roles of which the trust policy is malformed, so that it may admit more than what was read of it."""
        malformed = (self.people.bit(arn) for arn, role in self.roles.items() if parse(role.trust).problems)
        return bits_of(bit.bit_length() - 1 for bit in malformed)

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

    def hangs_on(self, beginning: str) -> bool:
        """Whether a trust policy lets somebody in by a key of the caller with this beginning."""
        return beginning in self._asked_of_callers

    def _admitting(self, place: int, caller: Caller) -> tuple[Selection, ...]:
        """The roles that admit a caller, by strength; one that changed its tags, or has MFA now, may meet more."""
        changed = None
        if self._asked_of_callers:
            usual = self.callers(self.people.arns[place]).context
            if caller.context is not usual:
                changed = next((change for change in _CHANGES if change(usual) == caller.context), None)
        return tuple([self._roles_for(strength, place, changed) for strength in _STRENGTHS])

    def _roles_for(self, strength: Strength, place: int, changed: _Change | None = None) -> Selection:
        if changed not in self._known:
            self._known[changed] = self._transpose(changed)
        certain, possible = self._known[changed][strength]
        sure, open_to = certain.of(place), possible.of(place)
        if sure is certain.common and open_to is possible.common:
            # Most callers may assume the same roles; one object for them lets what follows be found by identity.
            key = changed, strength
            if key not in self._common:
                self._common[key] = Selection(sure, open_to)
            return self._common[key]
        return Selection(sure, open_to)

    @cached_property
    def _asked_of_callers(self) -> frozenset[str]:
        """What trust policies ask for that a principal may be able to change about itself."""
        statements = {id(s): s for role in self.roles.values() for s in parse(role.trust).statements if s.conditions}
        return frozenset(key for key in (TAG, MFA) if any(asks_of_callers(s, (key,)) for s in statements.values()))

    def _transpose(self, changed: _Change | None) -> dict[Strength, tuple[_Transposed, _Transposed]]:
        found: dict[Strength, tuple[_Transposed, _Transposed]] = {
            strength: (_Transposed(self.people.all), _Transposed(self.people.all)) for strength in _STRENGTHS
        }
        crowd = Crowd(self.people, self.callers, changed)
        admissions: dict[int, tuple[Policy, dict[Strength, Selection]]] = {}
        for arn, role in self.roles.items():
            policy = parse(role.trust)
            # What callers change about themselves matters to few trust policies; the others admit whom they admitted.
            known = admissions if changed is None or self._asks_of_callers(policy) else self._admissions
            read, admission = known.get(id(policy), (None, {}))
            if read is not policy or _asks_of_the_role(policy):
                admission = self._admission(role, crowd)
                known[id(policy)] = policy, admission
            bit = self.people.bit(arn)
            for strength, selection in admission.items():
                certain, possible = found[strength]
                if selection.possible:
                    certain.add(selection.certain, bit)
                    possible.add(selection.possible, bit)
        if changed is None:
            self._admissions = admissions
        return found

    def _asks_of_callers(self, policy: Policy) -> bool:
        return any(asks_of_callers(each, (TAG, MFA)) for each in policy.statements if each.conditions)

    def _admission(self, role: Role, crowd: Crowd) -> dict[Strength, Selection]:
        """The callers of the account that a trust policy admits, by how far its Allow reaches."""
        policy = parse(role.trust)
        has_variables = policy.version != "2008-10-17"
        tags = {f"{of}:resourcetag/{tag.key.lower()}": (tag.value,) for tag in role.tags for of in ("aws", "iam")}
        allows: dict[Strength, list[Hold]] = {}
        refusing: list[Hold] = []
        for statement in policy.statements:
            if not covers_action(statement, ASSUME):
                continue
            for strength, clause, callers in self._spoken_of(statement, crowd):
                for members, left in crowd.satisfying(statement, callers, tags, has_variables=has_variables):
                    hold = Hold(Selection(members, members), clause | left)
                    (refusing if strength is None else allows.setdefault(strength, [])).append(hold)
        return {strength: settle(self.people.all, [holds], refusing) for strength, holds in allows.items()}

    def _spoken_of(self, statement: Statement, crowd: Crowd) -> Iterator[tuple[Strength | None, Clause, int]]:
        """The callers of whom a statement speaks, by the strength of an Allow and what is not known of sessions."""
        certain: Clause = frozenset()
        found: dict[tuple[Strength | None, Clause], int] = {}
        names = {name for kind, name in statement.principals if kind == "AWS"}
        if not statement.not_principals:
            if "*" in names:
                found["final" if statement.allows else None, certain] = self.people.all
            if names & self._everyone:
                found["delegation" if statement.allows else None, certain] = self.people.all
        for place in places(self.people.all if statement.not_principals else self._named(names)):
            for way in _speaking(statement, crowd.caller(place)):
                found[way] = found.get(way, 0) | 1 << place
        for (strength, clause), callers in found.items():
            yield strength, clause, callers

    def _named(self, names: Iterable[str]) -> int:
        """The callers whom names may mean, other than names of everybody."""
        session = f"arn:{self.partition}:sts::{self.account_id}:assumed-role/"
        found = 0
        for name in names:
            found |= self.people.bit(name) | self._by_id.get(name, 0)
            if name.startswith(session):
                found |= self._by_role_name.get(name.removeprefix(session).partition("/")[0], 0)
        return found

    @cached_property
    def _everyone(self) -> frozenset[str]:
        return frozenset({self.account_id, f"arn:{self.partition}:iam::{self.account_id}:root"})

    @cached_property
    def _by_role_name(self) -> dict[str, int]:
        return {role.name: self.people.bit(arn) for arn, role in self.roles.items()}

    @cached_property
    def _by_id(self) -> dict[str, int]:
        return {each.id: self.people.bit(arn) for arn, each in self.principals.items() if each.id}

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
        trusted: dict[int, tuple[Policy, list[str]]] = {}
        for arn, role in self.roles.items():
            policy = parse(role.trust)
            trusted.setdefault(id(policy), (policy, []))[1].append(arn)
        certain: dict[str, list[str]] = {}
        possible: dict[str, list[str]] = {}
        for policy, arns in trusted.values():
            for name, is_certain in _admitted(policy, wanted, action, self.account_id).items():
                possible.setdefault(name, []).extend(arns)
                if is_certain:
                    certain.setdefault(name, []).extend(arns)
        return {
            name: Selection(self.people.bits(certain.get(name, ())), self.people.bits(arns))
            for name, arns in possible.items()
        }


def _speaking(statement: Statement, caller: Caller) -> Iterable[tuple[Strength | None, Clause]]:
    if statement.allows:
        return granted(statement, caller)
    has_boundary = caller.principal is not None and caller.principal.boundary is not None
    return [(None, clause) for clause in denied(statement, caller, has_boundary=has_boundary)]


def _asks_of_the_role(policy: Policy) -> bool:
    """Whether a trust policy says something else of each role that has it."""
    return any("resourcetag/" in condition.key for each in policy.statements for condition in each.conditions)


def _admitted(policy: Policy, wanted: str, action: str, account_id: str) -> dict[str, bool]:
    """The service or federated principals that a trust policy admits, and whether no condition leaves that open."""
    speaking = [statement for statement in policy.statements if covers_action(statement, action)]
    allows = [statement for statement in speaking if statement.allows and not statement.not_principals]
    found: dict[str, bool] = {}
    for name in dict.fromkeys(name for each in allows for kind, name in each.principals if kind == wanted):
        context = _of_service(name, account_id)
        plain = _plain(name) if wanted == "Service" else name
        naming = [each for each in allows if (wanted, name) in each.principals]
        lefts = [conditions_left(each, context, has_variables=True) for each in naming]
        open_ways = [left for left in lefts if left is not None]
        hits = [
            left
            for each in speaking
            if not each.allows and _speaks_of(each, wanted, plain)
            if (left := conditions_left(each, context, has_variables=True)) is not None
        ]
        if open_ways and all(hits):
            found[plain] = found.get(plain, False) or (not hits and not all(open_ways))
    return found


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
