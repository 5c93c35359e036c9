"""The escalation catalogue, executed for one principal: whom it can become, and what makes it an administrator at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import msgspec

from scanner.iam.context import Values
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.population import NONE, Population, Selection, bits_of, places
from scanner.iam.escalation.reach import Reach
from scanner.iam.escalation.targets import LIMITS, NOT_TOLD, Targets
from scanner.iam.escalation.witness import NEW, Witnesses
from scanner.iam.grants import interest
from scanner.iam.methods import Act, Method, escalation_catalogue
from scanner.iam.powers import Power, power_of
from scanner.inventory import Role, User

ASSUME = "sts:AssumeRole"
PASS = "iam:PassRole"
_ATTACHING = frozenset({"iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy"})
_BOUNDING = frozenset({"iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary"})
UNSEEN = frozenset({"service", "new-profile"})
"""What an act is done to and that IAM data does not hold."""

_PRINCIPALS = ("role", "user", "permission-set")

Effect = Literal["become", "administer"]


class Edge(msgspec.Struct, frozen=True, eq=False):
    """One way of one method for one principal.

    Attributes:
        effect: ``become`` the principal can act as each target; ``administer`` it is an administrator then, by the
            target or as itself.
        targets: users and roles; empty where the method ends at something else, named by ``at``.
        at: the ARN of a group, a policy, the principal itself or something new.
        resources: for acts on something other than the target and than what is not shown, the ARN.
    """

    method: Method
    way: tuple[Act, ...]
    effect: Effect
    targets: Selection = NONE
    at: str = ""
    certain: bool = True
    resources: dict[str, str] = {}


class _Way(msgspec.Struct, frozen=True, eq=False):
    method: Method
    acts: tuple[Act, ...]
    mask: int
    on_principals: bool
    wanted: Selection
    unseen: int
    others: tuple[Act, ...]


@dataclass(eq=False)
class Execution:
    """Runs the catalogue on the principals of one account."""

    landscape: Landscape
    _passings: dict[str, list[tuple[dict[str, Values], Selection]]] = field(default_factory=dict)

    @cached_property
    def targets(self) -> Targets:
        """The principals by what is true of them."""
        return Targets(self.landscape)

    @cached_property
    def witnesses(self) -> Witnesses:
        """Examples of resources that IAM data does not hold."""
        return Witnesses(self.landscape.account.account_id, self.landscape.account.partition)

    @cached_property
    def _ways(self) -> tuple[_Way, ...]:
        """The ways that can be looked for, with the actions that some policy has to allow."""
        found = []
        for method in escalation_catalogue().methods:
            if method.retired or method.gain in ("lift", "weaken", "outside") or NOT_TOLD & set(method.target.must):
                continue
            if LIMITS & set(method.target.must) and method.target.kind != "self":
                continue
            for way in method.ways:
                if method.target.kind == "group" and any(act.on == "target-group" for act in way):
                    continue
                needed = interest().mask(act.action for act in way if act.on != "assume")
                wanted = self.targets.of(method.target)
                on_principals = method.target.kind in _PRINCIPALS
                if wanted.possible or not on_principals:
                    unseen = [act for act in way if act.on in UNSEEN and act.action != PASS]
                    others = tuple(act for act in way if act not in unseen)
                    mask = interest().mask(act.action for act in unseen)
                    wanted = self._narrowed(method, wanted)
                    found.append(_Way(method, way, needed, on_principals, wanted, mask, others))
        return tuple(found)

    def _narrowed(self, method: Method, wanted: Selection) -> Selection:
        """The targets, without those who do not become administrators by getting every right where that is needed."""
        if method.gain == "become":
            return wanted
        able = self.landscape.empowerable
        return Selection(wanted.certain & able, wanted.possible & able)

    @cached_property
    def _by_potential(self) -> dict[int, tuple[tuple[_Way, ...], int]]:
        return {}

    def edges(self, power: Power, place: int) -> Iterator[Edge]:
        """What the principal at a place of the population can do with what it holds."""
        ways, unseen = self._with_potential(power.potential)
        somewhere = self._somewhere(power, unseen)
        missing = ~somewhere.possible
        kind = "user" if isinstance(power.caller.principal, User) else "role"
        assumable = self.landscape.trusting.assumable(place, power, self.landscape.on_people)
        for way in ways:
            if way.unseen & missing or (way.method.caller != "any" and way.method.caller != kind):
                continue
            if way.on_principals:
                edge = self._on_principals(way, power, place, assumable, is_open=way.unseen & ~somewhere.certain)
                if edge is not None:
                    yield edge
            else:
                yield from self._edges(way, power)

    def _with_potential(self, potential: int) -> tuple[tuple[_Way, ...], int]:
        """The ways whose actions are all allowed on something perhaps, and their actions on what is not shown."""
        found = self._by_potential.get(potential)
        if found is None:
            missing = ~potential
            ways = tuple([way for way in self._ways if not way.mask & missing])
            unseen = 0
            for way in ways:
                unseen |= way.unseen
            found = self._by_potential[potential] = ways, unseen
        return found

    def _somewhere(self, power: Power, unseen: int) -> Selection:
        """Of the actions on what IAM data does not hold those that are allowed on something."""
        certain = possible = power.unlimited & unseen
        for place in places(unseen & ~certain):
            witness = self.witnesses.somewhere(power, interest().actions[place])
            if witness is not None:
                possible |= 1 << place
                certain |= 1 << place if witness[1] else 0
        return Selection(certain, possible)

    def _edges(self, way: _Way, power: Power) -> Iterator[Edge]:
        kind = way.method.target.kind
        if kind == "self":
            yield from self._on_oneself(way, power)
        elif kind == "group":
            yield from self._on_groups(way, power)
        elif kind.startswith("new-"):
            yield from self._on_something_new(way, power, kind.removeprefix("new-"))

    def _on_principals(
        self, way: _Way, power: Power, place: int, assumable: Selection, *, is_open: int
    ) -> Edge | None:
        others = ~(1 << place)
        certain, possible = 0 if is_open else way.wanted.certain & others, way.wanted.possible & others
        for act in way.others:
            if not possible:
                return None
            if act.on in UNSEEN:
                witness = self.elsewhere(act, power, way.method)
                if witness is None:
                    return None
                certain = certain if witness[1] else 0
                continue
            allowed = self.allowed(act, power, way.method, assumable)
            certain, possible = certain & allowed.certain, possible & allowed.possible
        if not possible:
            return None
        effect: Effect = "become" if way.method.gain == "become" else "administer"
        return Edge(way.method, way.acts, effect, Selection(certain, possible))

    def elsewhere(self, act: Act, power: Power, method: Method) -> tuple[str, bool] | None:
        """A resource that IAM data does not hold, on which an act is allowed, and whether that is certain."""
        if act.action != PASS or not method.passed_to:
            return self.witnesses.somewhere(power, act.action)
        found: tuple[str, bool] | None = None
        for service in method.passed_to:
            witness = self.witnesses.somewhere(power, PASS, {"iam:passedtoservice": (service,)})
            found = witness if witness is not None and (found is None or witness[1]) else found
        return found

    def allowed(self, act: Act, power: Power, method: Method, assumable: Selection) -> Selection:
        """The principals to whom an act may be done."""
        if act.on == "assume":
            return assumable if act.action == ASSUME else self.landscape.on_people.of(power, act.action)
        if act.on == "target" and act.action == PASS:
            return self._passable(power, method)
        if act.on == "target":
            return self.done_to(power, act.action)
        if act.on == "target-policy":
            return self._by_their_policies(self.landscape.on_policies.of(power, act.action))
        if act.on == "target-provider":
            return self._by_their_providers(power, act.action)
        return NONE

    def done_to(self, power: Power, action: str) -> Selection:
        """The principals to whom an action may be done, with a request that makes them administrators."""
        found = NONE
        for said in self.requests(action):
            each = self.landscape.on_people.of(power, action, said)
            found = Selection(found.certain | each.certain, found.possible | each.possible)
        return found

    def requests(self, action: str) -> list[dict[str, Values]]:
        """What a request says that makes somebody an administrator; any of them will do."""
        if action in _ATTACHING:
            return [{"iam:policyarn": (arn,)} for arn in self.landscape.administrator_policies]
        if action in _BOUNDING:
            return [{"iam:permissionsboundary": (arn,)} for arn in self.landscape.administrator_policies]
        return [{}]

    def _passable(self, power: Power, method: Method) -> Selection:
        """The roles that may be passed to a service which trusts them and runs what the principal wants."""
        certain = possible = 0
        for said, trusting in self._passing(method):
            passed = self.landscape.on_people.of(power, PASS, said)
            certain |= passed.certain & trusting.certain
            possible |= passed.possible & trusting.possible
        return Selection(certain, possible)

    def _passing(self, method: Method) -> list[tuple[dict[str, Values], Selection]]:
        """The values of iam:PassedToService of a method, each with the roles that trust the service."""
        found = self._passings.get(method.id)
        if found is None:
            found = self._passings[method.id] = []
            for service in method.target.trusts or ("",):
                trusting = self.targets.trusting(service, method.target) if service else Selection(-1, -1)
                same = service in method.passed_to or not method.passed_to
                for value in (service,) if same else method.passed_to:
                    found.append(({"iam:passedtoservice": (value,)} if value else {}, trusting))
        return found

    def _by_their_policies(self, policies: Selection) -> Selection:
        certain = possible = 0
        holders = self.landscape.holders
        for place in places(policies.possible):
            bits = holders.get(self.landscape.own_policies.arns[place], 0)
            possible |= bits
            if policies.certain >> place & 1:
                certain |= bits
        return Selection(certain, possible)

    def _by_their_providers(self, power: Power, action: str) -> Selection:
        certain = possible = 0
        allowed = self._on_providers.of(power, action)
        for place in places(allowed.possible):
            roles = self._providers[self._on_providers.population.arns[place]]
            possible |= roles
            certain |= roles if allowed.certain >> place & 1 else 0
        return Selection(certain, possible)

    @cached_property
    def _providers(self) -> dict[str, int]:
        trusting = self.landscape.trusting
        return {**trusting.providers("saml-provider"), **trusting.providers("oidc-provider")}

    @cached_property
    def _on_providers(self) -> Reach:
        return Reach(Population(sorted(self._providers)))

    def _on_oneself(self, way: _Way, power: Power) -> Iterator[Edge]:
        if not self.landscape.would_be_administrator(power):
            return
        principal = power.caller.principal
        if principal is None or self.landscape.people.bit(principal.arn) & self.landscape.kept_by_aws:
            return
        certain, at = True, principal.arn
        resources: dict[str, str] = {}
        for act in way.acts:
            found = self.upon(act, power, principal)
            if found is None:
                return
            resources[act.action], sure = found
            certain = certain and sure
            if act.on in ("own-group", "own-policy"):
                at = resources[act.action]
        yield Edge(way.method, way.acts, "administer", at=at, certain=certain, resources=resources)

    def upon(self, act: Act, power: Power, principal: User | Role) -> tuple[str, bool] | None:
        """A resource of an act of a principal on itself or what it holds, and whether that is certain."""
        if act.on == "self":
            found = self.done_to(power, act.action)
            bit = self.landscape.people.bit(principal.arn)
            return (principal.arn, bool(found.certain & bit)) if found.possible & bit else None
        if act.on == "own-group":
            groups = self.landscape.policies.groups
            own = [groups[name].arn for name in principal.groups if name in groups] if isinstance(principal, User) else []
            return self._one_of(own, [self.landscape.on_groups.of(power, act.action, s) for s in self.requests(act.action)], "group")
        if act.on == "own-policy":
            bit = self.landscape.people.bit(principal.arn)
            own = [arn for arn, holders in self.landscape.holders.items() if holders & bit]
            return self._one_of(own, [self.landscape.on_policies.of(power, act.action)], "policy")
        if act.on == "service":
            return self.witnesses.somewhere(power, act.action)
        return None

    def _one_of(self, arns: list[str], selections: list[Selection], kind: str) -> tuple[str, bool] | None:
        population = self.landscape.groups if kind == "group" else self.landscape.own_policies
        best: tuple[str, bool] | None = None
        for arn in sorted(arns):
            bit = population.bit(arn)
            if any(selection.certain & bit for selection in selections):
                return arn, True
            if best is None and any(selection.possible & bit for selection in selections):
                best = arn, False
        return best

    def _on_groups(self, way: _Way, power: Power) -> Iterator[Edge]:
        """Groups that a user can join and make privileged."""
        landscape = self.landscape
        certain = possible = landscape.groups.all
        for act in way.acts:
            selections = [landscape.on_groups.of(power, act.action, said) for said in self.requests(act.action)]
            certain &= _any(selection.certain for selection in selections)
            possible &= _any(selection.possible for selection in selections)
        if not landscape.would_be_administrator(power):
            return
        for place in places(certain or possible):
            arn = landscape.groups.arns[place]
            resources = {act.action: arn for act in way.acts}
            yield Edge(way.method, way.acts, "administer", at=arn, certain=bool(certain >> place & 1), resources=resources)
            return

    def joined(self, power: Power, group_arn: str) -> Power | None:
        """A user after it joined a group; None where it is a member already or the group's policies are not known."""
        group = next(each for each in self.landscape.policies.groups.values() if each.arn == group_arn)
        principal = power.caller.principal
        if isinstance(principal, User) and group.name in principal.groups:
            return None
        for source in self.landscape.policies.of_group(group):
            power = power.with_source(source)
        return power

    def _on_something_new(self, way: _Way, power: Power, kind: str) -> Iterator[Edge]:
        principal = power.caller.principal
        if kind == "group" and not self.landscape.would_be_administrator(power):
            return
        acts = [act for act in way.acts if act.on.startswith("new-")]
        resources: dict[str, str] = {}
        certain = True
        for act in way.acts:
            if act.on in ("service", "target-group"):
                to_join = act.on == "target-group"
                witness = self._to_join(power, act) if to_join else self.elsewhere(act, power, way.method)
                if witness is None:
                    return
                resources[act.action], certain = witness[0], certain and witness[1]
        if principal is None or len(acts) + len(resources) != len(way.acts):
            return
        best: tuple[str, bool] | None = None
        for arn in dict.fromkeys(self.witnesses.names(power, [act.action for act in acts], kind)):
            if arn in self.landscape.principals or arn in self.landscape.groups.arns:
                continue
            sure = self._all_on(power, acts, arn)
            if sure or (sure is not None and best is None):
                best = arn, sure
            if sure:
                break
        if best is not None:
            resources |= {act.action: best[0] for act in acts}
            yield Edge(way.method, way.acts, "administer", at=best[0], certain=certain and best[1], resources=resources)

    def _to_join(self, power: Power, act: Act) -> tuple[str, bool] | None:
        """A group that makes its members administrators, to which an act may be done, and whether that is certain."""
        arns = list(self.landscape.groups.members(self.privileged_groups))
        return self._one_of(arns, [self.landscape.on_groups.of(power, act.action)], "group")

    @cached_property
    def privileged_groups(self) -> int:
        """The groups whose policies alone make their members administrators."""
        return self._groups_where(lambda member: self.landscape.administration(member) is not None)

    @cached_property
    def granting_groups(self) -> int:
        """The groups whose members hold anything that matters."""
        return self._groups_where(lambda member: member.potential != 0)

    def _groups_where(self, test: Callable[[Power], bool]) -> int:
        """The groups of which a member that holds nothing else passes a test."""
        account = self.landscape.account
        arn = f"arn:{account.partition}:iam::{account.account_id}:user/{NEW}"
        nobody = power_of(User(name=NEW, arn=arn), self.landscape.policies)
        joined = (self.joined(nobody, group) for group in self.landscape.groups.arns)
        return bits_of(place for place, member in enumerate(joined) if member is not None and test(member))

    def _all_on(self, power: Power, acts: list[Act], arn: str) -> bool | None:
        """Whether all acts on one new ARN are certain; None where one is not allowed.

        It is made without a boundary if that is allowed, else with one that leaves it an administrator.
        """
        reach = Reach(Population([arn]))
        boundaries: list[Values] = [(), *((policy,) for policy in self.landscape.administrator_policies)]
        for boundary in boundaries:
            certain = True
            for act in acts:
                found = NONE
                for said in self.requests(act.action):
                    each = reach.of(power, act.action, {**said, "iam:permissionsboundary": boundary})
                    found = Selection(found.certain | each.certain, found.possible | each.possible)
                if not found.possible:
                    break
                certain = certain and bool(found.certain)
            else:
                return certain
        return None


def _any(bits: Iterator[int]) -> int:
    found = 0
    for each in bits:
        found |= each
    return found
