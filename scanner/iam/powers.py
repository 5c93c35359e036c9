"""What one principal holds, as far as it matters for escalation."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import msgspec

from scanner.iam.artefacts import Artefact, artefact, cleared, is_quarantine
from scanner.iam.caller import Caller, role_caller, user_caller
from scanner.iam.context import Context
from scanner.iam.grants import Extract, Grant, extract
from scanner.iam.sources import AccountPolicies, Source, missing
from scanner.inventory import Role, User

_facets: dict[Hashable, Facet] = {}


class Facet(msgspec.Struct, frozen=True, eq=False):
    """The grants of a power that speak of one action, or of several.

    Attributes:
        bounds: the Allow statements of the boundary; None where there is none.
        keys: the condition keys on which they depend.
        is_general: whether they say the same for every caller; such facets are shared and compared by identity.
    """

    allows: tuple[Grant, ...]
    denies: tuple[Grant, ...]
    bounds: tuple[Grant, ...] | None
    keys: frozenset[str]
    is_general: bool


class Power(msgspec.Struct, frozen=True, eq=False):
    """The grants of one principal, without what contains it during an incident: that is there to be removed.

    Attributes:
        caller: who it is.
        sources: its identity policies, as far as they were read, without those that contain it.
        boundary: its permissions boundary.
        extracts: what matters of ``sources``, in the same order.
        bound: what matters of the boundary; None where there is none.
        unread: identity policies that were not read and could grant more, each as a sentence.
        unread_boundary: why its boundary was not read, or empty.
        contained_by: the policies that hold it back at present.
        artefacts: everything of an incident that lies on it, revocations of sessions included.
        potential: the actions that some statement allows on something, whatever its conditions.
        unlimited: those of them that are allowed on everything, with no condition and no Deny anywhere.
        covered: the actions that identity policies allow on something, whatever the boundary says.
        leaves_out: those of them that a statement with NotAction allows.
        denied: the actions that some identity policy denies on something.
        free_targets: members of the population whose tags the caller can choose.
    """

    caller: Caller
    sources: tuple[Source, ...]
    boundary: Source | None
    extracts: tuple[Extract, ...]
    bound: Extract | None
    unread: tuple[str, ...]
    unread_boundary: str
    contained_by: tuple[str, ...]
    potential: int
    unlimited: int
    covered: int
    leaves_out: int
    denied: int
    artefacts: tuple[Artefact, ...] = ()
    free_targets: int = 0
    _facets: dict[int, Facet] = {}
    _facets_by_grants: dict[Hashable, Facet] = {}

    def facet(self, bit: int) -> Facet:
        """The grants that speak of an action."""
        found = self._facets.get(bit)
        if found is None:
            found = self._facets[bit] = self._make_facet(bit)
        return found

    def _make_facet(self, bit: int) -> Facet:
        if self.free_targets:
            return self._collect_facet(bit)
        speaking = (bit, *[each for each in self.extracts if (each.potential | each.denied) & bit], self.bound)
        found = _facets.get(speaking)
        if found is None:
            found = self._collect_facet(bit)
            # Actions of which the same grants speak have one facet, so that what follows is asked once for all of them.
            grants = (found.allows, found.denies, found.bounds)
            if found.is_general:
                found = _facets[speaking] = _facets.setdefault(grants, found)
            else:
                found = self._facets_by_grants.setdefault(grants, found)
        return found

    def _collect_facet(self, bit: int) -> Facet:
        allows, denies = tuple(self.allows(bit)), tuple(self.denies(bit))
        bounds = tuple(self.bounds(bit)) if self.bound is not None else None
        every = (*allows, *denies, *(bounds or ()))
        keys = frozenset(condition.key for grant in every for condition in grant.statement.conditions)
        is_general = not self.free_targets and all(grant.is_general for grant in every)
        return Facet(allows, denies, bounds, keys, is_general)

    def allows(self, bit: int) -> Iterator[Grant]:
        """The Allow statements of its identity policies that cover an action."""
        for each in self.extracts:
            if each.potential & bit:
                yield from (grant for grant in each.allows if grant.mask & bit)

    def denies(self, bit: int) -> Iterator[Grant]:
        """The Deny statements, of the boundary too, that cover an action."""
        for each in (*self.extracts, *((self.bound,) if self.bound else ())):
            if each.denied & bit:
                yield from (grant for grant in each.denies if grant.mask & bit)

    def bounds(self, bit: int) -> Iterator[Grant]:
        """The Allow statements of the boundary that cover an action."""
        if self.bound and self.bound.potential & bit:
            yield from (grant for grant in self.bound.allows if grant.mask & bit)

    def without(self, source: Source) -> Power:
        """The same principal after one policy was taken away, be it its boundary."""
        if source is self.boundary:
            return self._with(self.sources, None)
        return self._with(tuple(each for each in self.sources if each is not source), self.boundary)

    def with_policy(self, old: Source, new: Source) -> Power:
        """The same principal after another version of a policy came into force."""
        if old is self.boundary:
            return self._with(self.sources, new)
        return self._with(tuple(new if each is old else each for each in self.sources), self.boundary)

    def with_source(self, new: Source) -> Power:
        """The same principal with one more identity policy."""
        return self._with((*self.sources, new), self.boundary)

    def _with(self, sources: tuple[Source, ...], boundary: Source | None) -> Power:
        return _made(
            self.caller, sources, boundary, self.unread, self.unread_boundary, self.contained_by, self.artefacts
        )

    def in_context(self, context: Context) -> Power:
        """The same principal with other keys in its requests."""
        caller = msgspec.structs.replace(self.caller, context=context)
        return msgspec.structs.replace(self, caller=caller, _facets={}, _facets_by_grants={})

    def choosing_tags_of(self, members: int) -> Power:
        """The same principal where it can choose the tags of some members of the population."""
        return msgspec.structs.replace(self, free_targets=members, _facets={}, _facets_by_grants={})


_MOST_ACCOUNTS = 4
_powers: dict[int, tuple[AccountPolicies, dict[str, Power]]] = {}


def power_of(principal: User | Role, policies: AccountPolicies) -> Power:
    """What a user or role of the account holds; read once."""
    known = _powers.get(id(policies))
    if known is None or known[0] is not policies:
        if len(_powers) >= _MOST_ACCOUNTS:
            _powers.clear()
        known = _powers[id(policies)] = policies, {}
    found = known[1].get(principal.arn)
    if found is None:
        found = known[1][principal.arn] = read_power(principal, policies)
    return found


def read_power(principal: User | Role, policies: AccountPolicies) -> Power:
    """What a user or role holds, also one that the account does not have."""
    caller = user_caller(principal) if isinstance(principal, User) else role_caller(principal)
    held, bounding = policies.identity(principal), policies.boundary(principal)
    quarantines = {missing(policy.arn) for policy in principal.attached if is_quarantine(policy.arn)}
    unread = tuple(each for each in held.unread if each not in quarantines) if quarantines else held.unread
    boundary = bounding.sources[0] if bounding.sources else None
    sources = held.sources
    incident = [made for source in (*held.sources, *bounding.sources) if (made := artefact(source))]
    if incident:
        sources = tuple(cleared(source) for source in sources)
        held_down = boundary is not None and (found := artefact(boundary)) is not None and found.kind == "deny all"
        boundary = None if boundary is None or held_down else cleared(boundary)
    if not incident and not quarantines:
        return _made(caller, sources, boundary, unread, "; ".join(bounding.unread), (), ())
    attached = [f"policy {each.arn}" for each in principal.attached if missing(each.arn) in quarantines]
    contained_by = [made.source for made in incident if made.kind != "session revocation"]
    contained_by += attached
    on_it = {*incident, *(Artefact("key quarantine", name) for name in attached)}
    return _made(
        caller,
        sources,
        boundary,
        unread,
        "; ".join(bounding.unread),
        tuple(dict.fromkeys(contained_by)),
        tuple(sorted(on_it, key=lambda each: (each.kind, each.source))),
    )


def _made(
    caller: Caller,
    sources: tuple[Source, ...],
    boundary: Source | None,
    unread: tuple[str, ...],
    unread_boundary: str,
    contained_by: tuple[str, ...],
    artefacts: tuple[Artefact, ...],
) -> Power:
    extracts = tuple([extract(source.policy) for source in sources])
    bound = extract(boundary.policy) if boundary is not None else None
    covered = leaves_out = unlimited = denied = 0
    for each in extracts:
        covered |= each.potential
        leaves_out |= each.leaves_out
        unlimited |= each.unlimited
        denied |= each.denied
    potential = covered
    if bound is not None:
        potential &= bound.potential
        unlimited &= bound.unlimited & ~bound.denied
    return Power(
        caller=caller,
        sources=sources,
        boundary=boundary,
        extracts=extracts,
        bound=bound,
        unread=unread,
        unread_boundary=unread_boundary,
        contained_by=contained_by,
        potential=potential,
        unlimited=unlimited & ~denied,
        covered=covered,
        leaves_out=leaves_out,
        denied=denied,
        artefacts=artefacts,
    )
