"""What a principal may do to others, to itself and to what it holds, as the acts of the escalation catalogue ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from scanner.iam.context import Values
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.population import NONE, Population, Selection, bits_of, places
from scanner.iam.escalation.reach import Reach
from scanner.iam.escalation.targets import Targets
from scanner.iam.escalation.witness import NEW, Witnesses
from scanner.iam.methods import Act, Method
from scanner.iam.powers import Power, read_power
from scanner.inventory import Role, User

ASSUME = "sts:AssumeRole"
PASSING = "iam:PassRole"
UNSEEN = frozenset({"service", "new-profile"})
"""What an act is done to and that IAM data does not hold."""

_ATTACHING = {
    "iam:AttachUserPolicy": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "iam:AttachRolePolicy": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "iam:AttachGroupPolicy": ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:PutGroupPolicy"),
}
"""Calls that attach a policy, and what the holder has to be allowed to give itself every other right."""

_BOUNDING = frozenset({"iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary"})

Witnessed = tuple[str, bool]
"""A resource on which an act is allowed, and whether no condition leaves that open."""


@dataclass(eq=False)
class Acts:
    """Answers for the principals of one account."""

    landscape: Landscape
    _held_by: dict[Selection, Selection] = field(default_factory=dict)
    _trusting_any: dict[Selection, Selection] = field(default_factory=dict)
    _passings: dict[str, list[tuple[dict[str, Values], Selection]]] = field(default_factory=dict)

    @cached_property
    def targets(self) -> Targets:
        """The principals by what is true of them."""
        return Targets(self.landscape)

    @cached_property
    def witnesses(self) -> Witnesses:
        """Examples of resources that IAM data does not hold."""
        return Witnesses(self.landscape.account.account_id, self.landscape.account.partition)

    def elsewhere(self, act: Act, power: Power, method: Method) -> Witnessed | None:
        """A resource that IAM data does not hold, on which an act is allowed, and whether that is certain."""
        if act.action != PASSING or not method.passed_to:
            return self.witnesses.somewhere(power, act.action)
        found: Witnessed | None = None
        for service in method.passed_to:
            witness = self.witnesses.somewhere(power, PASSING, {"iam:passedtoservice": (service,)})
            found = witness if witness is not None and (found is None or witness[1]) else found
        return found

    def allowed(self, act: Act, power: Power, method: Method, assumable: Selection) -> Selection:
        """The principals to whom an act may be done."""
        if act.on == "assume":
            return assumable if act.action == ASSUME else self.landscape.on_people.of(power, act.action)
        if act.on == "target" and act.action == PASSING:
            return self._passable(power, method)
        if act.on == "target":
            return self.done_to(power, act.action)
        if act.on == "target-policy":
            return self._by_their_policies(self.landscape.on_policies.of(power, act.action))
        if act.on == "target-provider":
            return self._by_their_providers(self._on_providers.of(power, act.action))
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
            return [{"iam:policyarn": (arn,)} for arn in self.landscape.policies_giving(_ATTACHING[action])]
        if action in _BOUNDING:
            return [{"iam:permissionsboundary": (arn,)} for arn in self.landscape.administrator_policies]
        return [{}]

    def _passable(self, power: Power, method: Method) -> Selection:
        """The roles that may be passed to a service which trusts them and runs what the principal wants."""
        certain = possible = 0
        for said, trusting in self._passing(method):
            passed = self.landscape.on_people.of(power, PASSING, said)
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
        found = self._held_by.get(policies)
        if found is None:
            found = self._held_by[policies] = self._find_holders(policies)
        return found

    def _find_holders(self, policies: Selection) -> Selection:
        certain = possible = 0
        holders = self.landscape.holders
        for place in places(policies.possible):
            bits = holders.get(self.landscape.own_policies.arns[place], 0)
            possible |= bits
            if policies.certain >> place & 1:
                certain |= bits
        return Selection(certain, possible)

    def _by_their_providers(self, providers: Selection) -> Selection:
        found = self._trusting_any.get(providers)
        if found is None:
            found = self._trusting_any[providers] = self._find_trusting(providers)
        return found

    def _find_trusting(self, providers: Selection) -> Selection:
        certain = possible = 0
        for place in places(providers.possible):
            roles = self._providers[self._on_providers.population.arns[place]]
            possible |= roles
            certain |= roles if providers.certain >> place & 1 else 0
        return Selection(certain, possible)

    @cached_property
    def _providers(self) -> dict[str, int]:
        trusting = self.landscape.trusting
        return {**trusting.providers("saml-provider"), **trusting.providers("oidc-provider")}

    @cached_property
    def _on_providers(self) -> Reach:
        return Reach(Population(sorted(self._providers)))

    def upon(self, act: Act, power: Power, principal: User | Role) -> Witnessed | None:
        """A resource of an act of a principal on itself or what it holds, and whether that is certain."""
        if act.on == "self":
            found = self.done_to(power, act.action)
            bit = self.landscape.people.bit(principal.arn)
            return (principal.arn, bool(found.certain & bit)) if found.possible & bit else None
        if act.on == "own-group":
            groups = self.landscape.policies.groups
            names = principal.groups if isinstance(principal, User) else ()
            own = [groups[name].arn for name in names if name in groups]
            reach = self.landscape.on_groups
            return self._one_of(own, [reach.of(power, act.action, said) for said in self.requests(act.action)], "group")
        if act.on == "own-policy":
            own = list(self.landscape.held.get(principal.arn, ()))
            return self._one_of(own, [self.landscape.on_policies.of(power, act.action)], "policy")
        if act.on == "service":
            return self.witnesses.somewhere(power, act.action)
        return None

    def _one_of(self, arns: list[str], selections: list[Selection], kind: str) -> Witnessed | None:
        population = self.landscape.groups if kind == "group" else self.landscape.own_policies
        best: Witnessed | None = None
        for arn in sorted(arns):
            bit = population.bit(arn)
            if any(selection.certain & bit for selection in selections):
                return arn, True
            if best is None and any(selection.possible & bit for selection in selections):
                best = arn, False
        return best

    def joined(self, power: Power, group_arn: str) -> Power | None:
        """A user after it joined a group, as far as the group's policies were read; None where it is a member."""
        group = self.landscape.groups_by_arn[group_arn]
        principal = power.caller.principal
        if isinstance(principal, User) and group.name in principal.groups:
            return None
        for source in self.landscape.policies.of_group(group):
            power = power.with_source(source)
        return power

    def to_join(self, power: Power, act: Act) -> Witnessed | None:
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
        return bits_of(place for place, member in enumerate(self.memberships) if test(member))

    @cached_property
    def unread_groups(self) -> int:
        """The groups of which a policy was not read."""
        groups = map(self.landscape.groups_by_arn.__getitem__, self.landscape.groups.arns)
        return bits_of(place for place, each in enumerate(groups) if self.landscape.policies.unread_of_group(each))

    @cached_property
    def memberships(self) -> tuple[Power, ...]:
        """For each group what a member has that holds nothing else."""
        account = self.landscape.account
        arn = f"arn:{account.partition}:iam::{account.account_id}:user/{NEW}"
        nobody = read_power(User(name=NEW, arn=arn), self.landscape.policies)
        return tuple(self.joined(nobody, group) or nobody for group in self.landscape.groups.arns)

    def all_on(self, power: Power, acts: list[Act], arn: str) -> bool | None:
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
