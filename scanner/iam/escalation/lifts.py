"""Limits that a principal can take from itself or from a role, and what it holds then.

A limit is a permissions boundary, a Deny in a policy, a version of a policy that is narrower than another, or a
condition on tags or MFA. Without it the same principal is another node of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from scanner.iam.context import Context
from scanner.iam.escalation.crowd import MFA, TAG, with_any_tags, with_mfa
from scanner.iam.escalation.edges import Execution
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.population import Selection, places
from scanner.iam.escalation.targets import LIMITS
from scanner.iam.escalation.versions import Versions, gains
from scanner.iam.grants import interest
from scanner.iam.methods import Act, Method, Must, escalation_catalogue
from scanner.iam.powers import Power
from scanner.iam.sources import Source
from scanner.inventory import Role, User

_MOST_VARIANTS = 12
_MOST_GROUPS = 5


class Lift(msgspec.Struct, frozen=True):
    """A limit that goes.

    Attributes:
        power: what the principal holds then.
        at: the ARN of what the acts are done to.
        certain: whether no condition leaves that open.
        becomes: the role that one acts as afterwards, where it is not the principal itself.
        only_on: where the lifted limit concerns targets, those targets.
    """

    method: Method
    way: tuple[Act, ...]
    power: Power
    at: str
    certain: bool
    becomes: str = ""
    only_on: int | None = None


class _Limit(msgspec.Struct, frozen=True):
    """A limit of a principal: what has to be done to what, and what is left."""

    power: Power
    at: str
    policy: str = ""


@dataclass(eq=False)
class Lifts:
    """Finds limits that can be lifted, for the principals of one account.

    Attributes:
        left_out: what was not followed for the principal that was asked about last, as a clause; empty if nothing.
    """

    landscape: Landscape
    execution: Execution
    left_out: str = ""

    @cached_property
    def _versions(self) -> Versions:
        return Versions(self.landscape)

    @cached_property
    def _methods(self) -> tuple[tuple[Method, tuple[Act, ...], int], ...]:
        found = []
        for method in escalation_catalogue().methods:
            if not _is_looked_for(method):
                continue
            for way in method.ways:
                needed = interest().mask(act.action for act in way if act.on != "assume")
                found.append((method, way, needed))
        return tuple(found)

    @cached_property
    def _needed(self) -> int:
        """The actions of which each method, apart from those without need, takes some."""
        found = 0
        for _, _, needed in self._methods:
            found |= needed
        return found

    @cached_property
    def _without_need(self) -> tuple[tuple[Method, tuple[Act, ...], int], ...]:
        return tuple(each for each in self._methods if not each[2])

    def of(self, power: Power, place: int) -> Iterator[Lift]:
        """The limits that a principal can lift from itself, and from roles that it can assume then.

        Of very many only some are followed, those that make administrators first; ``left_out`` tells that afterwards.
        """
        self.left_out = ""
        count = 0
        for method, way in self._possible(power):
            for lift in self._by(method, way, power, place):
                if count == _MOST_VARIANTS:
                    self.left_out = _TOO_MANY
                    return
                yield lift
                count += 1

    def goes_on(self, power: Power, place: int) -> bool:
        """Whether there is a limit worth lifting; groups are for the ways that they open, told by masks alone."""
        for method, way in self._possible(power):
            if method.target.kind == "group":
                if self._opens(way, power):
                    return True
            # What a caller may choose of tags holds however many limits went before.
            elif any(lift.only_on is None for lift in self._by(method, way, power, place)):
                return True
        return False

    def _possible(self, power: Power) -> Iterator[tuple[Method, tuple[Act, ...]]]:
        kind = "user" if isinstance(power.caller.principal, User) else "role"
        missing = ~power.potential
        for method, way, needed in self._methods if power.potential & self._needed else self._without_need:
            if not needed & missing and method.caller in ("any", kind):
                yield method, way

    def _by(self, method: Method, way: tuple[Act, ...], power: Power, place: int) -> Iterator[Lift]:
        if method.target.kind == "group":
            return self._joining(method, way, power)
        if method.gain == "lift":
            return self._own(method, way, power)
        return self._of_roles(method, way, power, place)

    def _opens(self, way: tuple[Act, ...], power: Power) -> bool:
        """Whether a group that can be joined allows a further action by which some way is gone."""
        groups = self._joinable(way, power).possible & self.execution.granting_groups
        fresh = (-1 if power.bound is None else power.bound.potential) & ~power.potential & self.execution.relevant
        return any(self.execution.memberships[place].covered & fresh for place in places(groups))

    def _own(self, method: Method, way: tuple[Act, ...], power: Power) -> Iterator[Lift]:
        principal = power.caller.principal
        if principal is None:
            return
        if _limits(method) == {_TARGET_TAGS}:
            yield from self._taggable(method, way, power)
            return
        for limit in self._limits_of(method, way, power, principal):
            certain = True
            for act in way:
                done = self._done(act, power, principal, limit)
                if done is None:
                    break
                certain = certain and done
            else:
                yield Lift(method, way, limit.power, limit.at, certain)

    def _done(self, act: Act, power: Power, principal: User | Role, limit: _Limit) -> bool | None:
        """Whether an act on a limit is certain; None where it is not allowed."""
        if act.on in ("own-policy", "boundary-policy"):
            return _answer(self.landscape.on_policies.of(power, act.action), self.landscape.own_policies.bit(limit.at))
        if act.on == "own-group":
            said = {"iam:policyarn": (limit.policy,)} if limit.policy else {}
            return _answer(self.landscape.on_groups.of(power, act.action, said), self.landscape.groups.bit(limit.at))
        if act.on == "self" and limit.policy:
            found = self.landscape.on_people.of(power, act.action, {"iam:policyarn": (limit.policy,)})
            return _answer(found, self.landscape.people.bit(principal.arn))
        done = self.execution.upon(act, power, principal)
        return None if done is None else done[1]

    def _joining(self, method: Method, way: tuple[Act, ...], power: Power) -> Iterator[Lift]:
        """Groups that give a user more than it has."""
        joinable = self._joinable(way, power)
        certain, possible = joinable.certain, joinable.possible
        count = 0
        unread = possible & self.execution.unread_groups & ~self._own_groups(power)
        if unread:
            group = next(self.landscape.groups.members(unread))
            self.left_out = f"can join {group}, of whose policies some were not read"
        for is_less, _, minus_gained, arn, place in sorted(self._groups_by_gain(power, possible)):
            joined = self.execution.joined(power, arn)
            if joined is None or not (not is_less or minus_gained or gains(joined, power)):
                continue
            if count == _MOST_GROUPS:
                self.left_out = _TOO_MANY
                return
            yield Lift(method, way, joined, arn, bool(certain >> place & 1))
            count += 1

    def _joinable(self, way: tuple[Act, ...], power: Power) -> Selection:
        certain = possible = self.landscape.groups.all
        for act in way:
            allowed = self.landscape.on_groups.of(power, act.action)
            certain, possible = certain & allowed.certain, possible & allowed.possible
        return Selection(certain, possible)

    def _own_groups(self, power: Power) -> int:
        principal = power.caller.principal
        names = principal.groups if isinstance(principal, User) else ()
        known = self.landscape.policies.groups
        return self.landscape.groups.bits(known[name].arn for name in names if name in known)

    def _groups_by_gain(self, power: Power, groups: int) -> Iterator[tuple[bool, bool, int, str, int]]:
        """Groups that may give a user more, told by masks, so that the best come first: those that make administrators.

        Yields:
            Whether it makes no administrator, whether that hangs on conditions, how many actions of some way it adds as
            a negative number, its ARN and its place.
        """
        probes = self.landscape.probes
        relevant = self.execution.relevant | self._needed
        cap = -1 if power.bound is None else power.bound.potential
        for place in places(groups & self.execution.granting_groups):
            given = self.execution.memberships[place]
            fresh = given.covered & cap & ~power.unlimited & relevant
            if not fresh:
                continue
            arn = self.landscape.groups.arns[place]
            covered, leaves_out = power.covered | given.covered, power.leaves_out | given.leaves_out
            found = None
            if covered & probes.needed == probes.needed or leaves_out & probes.changing:
                joined = self.execution.joined(power, arn)
                found = None if joined is None else self.landscape.administration(joined)
            is_open = found is not None and bool(found.conditions)
            yield found is None, is_open, -(fresh & ~power.potential).bit_count(), arn, place

    def _limits_of(
        self, method: Method, way: tuple[Act, ...], power: Power, principal: User | Role
    ) -> Iterator[_Limit]:
        wanted = _limits(method)
        if "boundary-lifted" in wanted and power.boundary is not None:
            policy = principal.boundary if any(act.on == "boundary-policy" for act in way) else principal.arn
            yield _Limit(power.without(power.boundary), policy or "")
        if "boundary-older-version" in wanted and power.boundary is not None and principal.boundary:
            for source in self._versions.others(principal.boundary, "boundary"):
                yield _Limit(power.with_policy(power.boundary, source), principal.boundary)
        if wanted & {"deny-attached", "deny-inline", "deny-group", "deny-policy"}:
            yield from self._denying(wanted, way, power, principal)
        elif "older-version" in wanted:
            yield from (_Limit(changed, policy) for policy, changed in self._versions.rolled_back(power))
        for word, beginning, change in _CHANGES:
            if word not in wanted or not self._hangs_on(power, beginning):
                continue
            changed = change(power.caller.context)
            if changed != power.caller.context:
                yield _Limit(power.in_context(changed), principal.arn)

    def _hangs_on(self, power: Power, beginning: str) -> bool:
        """Whether rights of a principal, or the trust of some role, hang on keys of callers with this beginning."""
        return _hangs_on(power, beginning) or self.landscape.trusting.hangs_on(beginning)

    def _denying(
        self, wanted: set[Must], way: tuple[Act, ...], power: Power, principal: User | Role
    ) -> Iterator[_Limit]:
        actions = {act.action for act in way}
        for source, each in zip(power.sources, power.extracts, strict=True):
            if not each.denied:
                continue
            policy = source.name.rpartition("policy ")[2]
            managed = self.landscape.own_policies.bit(policy) != 0
            if "deny-policy" in wanted:
                if managed and "iam:CreatePolicyVersion" in actions:
                    yield _Limit(power.with_policy(source, self.landscape.everything), policy)
                elif managed:
                    for version in self._versions.others(policy, "identity"):
                        yield _Limit(power.with_policy(source, version), policy)
                continue
            for action, arn in _removing(source):
                if action in actions and (arn == principal.arn) == ("deny-group" not in wanted):
                    attached = policy if action.startswith("iam:Detach") else ""
                    yield _Limit(power.without(source), arn, attached)

    def _of_roles(self, method: Method, way: tuple[Act, ...], power: Power, place: int) -> Iterator[Lift]:
        """Roles that lose a limit and can be assumed then."""
        wanted = _limits(method)
        assumable = self.landscape.trusting.assumable(place, power, self.landscape.on_people)
        base = self.execution.targets.of(method.target)
        certain, possible = base.certain & ~(1 << place), base.possible & ~(1 << place)
        for act in way:
            if not possible:
                return
            allowed = self.execution.allowed(act, power, method, assumable)
            certain, possible = certain & allowed.certain, possible & allowed.possible
        concerned = possible & self._limited(wanted)
        best = concerned & self._empowered_without(wanted)
        for target in (*places(best), *places(concerned & ~best)):
            arn = self.landscape.people.arns[target]
            other = self.landscape.power(arn)
            sure = bool(certain >> target & 1)
            if "boundary-lifted" in wanted and other.boundary is not None:
                yield Lift(method, way, other.without(other.boundary), arn, sure, becomes=arn)
            elif "older-version" in wanted:
                for policy, former in self._versions.rolled_back(other):
                    bit = self.landscape.own_policies.bit(policy)
                    switching = self.landscape.on_policies.of(power, "iam:SetDefaultPolicyVersion")
                    if switching.possible & bit:
                        yield Lift(method, way, former, arn, sure and bool(switching.certain & bit), becomes=arn)

    def _limited(self, wanted: set[Must]) -> int:
        if "boundary-lifted" in wanted:
            return self._bounded
        return self._versions.holders if "older-version" in wanted else 0

    def _empowered_without(self, wanted: set[Must]) -> int:
        """The roles that are administrators without the limit."""
        return self._unbounded_administrators if "boundary-lifted" in wanted else self._versions.former_administrators

    @cached_property
    def _unbounded_administrators(self) -> int:
        def empowered(each: User | Role) -> bool:
            power = self.landscape.power(each.arn)
            if power.boundary is None:
                return False
            return self.landscape.administration(power.without(power.boundary)) is not None

        return self.landscape.where(empowered)

    @cached_property
    def _bounded(self) -> int:
        return self.landscape.where(lambda each: each.boundary is not None)

    def _taggable(self, method: Method, way: tuple[Act, ...], power: Power) -> Iterator[Lift]:
        if not (_hangs_on(power, "aws:resourcetag/") or _hangs_on(power, "iam:resourcetag/")):
            return
        wanted = self.execution.targets.of(method.target)
        certain, possible = wanted.certain, wanted.possible
        for act in way:
            if act.on != "target":
                return
            found = self.landscape.on_people.of(power, act.action)
            certain, possible = certain & found.certain, possible & found.possible
        if possible:
            at = next(self.landscape.people.members(possible))
            yield Lift(method, way, power.choosing_tags_of(possible), at, bool(certain), only_on=possible)


_CHANGES: tuple[tuple[Must, str, Callable[[Context], Context]], ...] = (
    ("conditions-on-own-tags", TAG, with_any_tags),
    ("conditions-on-mfa", MFA, with_mfa),
)
"""What a principal may change about its requests: the word for it, the keys, and what is known of them then."""

_TOO_MANY = "can lift so many limits that only some of them were followed"

_TARGET_TAGS: Must = "conditions-on-target-tags"


def _is_looked_for(method: Method) -> bool:
    if method.retired:
        return False
    if method.target.kind == "group":
        return all(act.on == "target-group" for way in method.ways for act in way)
    wanted = _limits(method)
    kinds = {"lift": ("self",), "both": ("role",)}.get(method.gain, ())
    return bool(wanted) and (method.target.kind in kinds or wanted == {_TARGET_TAGS})


def _limits(method: Method) -> set[Must]:
    return set(method.target.must) & LIMITS


def _removing(source: Source) -> Iterator[tuple[str, str]]:
    """The calls that take a policy away; putting another one of the same name in its place is one of them."""
    for action, arn in source.removed_by:
        yield action, arn
        if action == "iam:DeleteGroupPolicy":
            yield "iam:PutGroupPolicy", arn


def _answer(found: Selection, bit: int) -> bool | None:
    return bool(found.certain & bit) if found.possible & bit else None


def _hangs_on(power: Power, beginning: str) -> bool:
    """Whether a statement that matters has a condition, or a variable, of keys with this beginning."""
    if any(key.startswith(beginning) for each in power.extracts for key in each.keys):
        return True
    variable = "${" + beginning
    return any(
        _mentions(variable, texts)
        for each in power.extracts
        if each.has_variables
        for grant in (*each.allows, *each.denies)
        for texts in (grant.statement.resources, *(condition.values for condition in grant.statement.conditions))
    )


def _mentions(variable: str, texts: tuple[str, ...]) -> bool:
    return any("${" in text and variable in text.lower() for text in texts)
