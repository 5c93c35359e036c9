"""Changes of users and roles: effective grants gained and lost, why, and who may become them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from scanner.baseline.shelf import Shelf
from scanner.drift.causes import Tracing
from scanner.drift.deciding import Layers
from scanner.drift.documents import causes
from scanner.drift.grants import compare_grants
from scanner.drift.severity import of_admitted, severity_of
from scanner.drift.told import Cause, Change, Direction
from scanner.findings import Resource
from scanner.iam.caller import Caller, role_caller, user_caller
from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.sources import AccountPolicies, policies_of
from scanner.inventory import Account, Role, User

Principal = User | Role


@dataclass(frozen=True)
class Principals:
    """The users and roles of two accounts.

    Attributes:
        of_users: whether both sides read the users, so that one can be said to be new or gone.
        of_roles: alike of roles.
    """

    old: Account
    new: Account
    of_users: bool = True
    of_roles: bool = True
    _shelf: Shelf = field(default_factory=Shelf)

    @cached_property
    def _old(self) -> AccountPolicies:
        return policies_of(self.old)

    @cached_property
    def _new(self) -> AccountPolicies:
        return policies_of(self.new)

    @cached_property
    def _scps(self) -> tuple[Levels | None, Levels | None]:
        """The policies in force on either side; what one side does not know is left out of account on both."""
        old, new = levels_in_force(self.old, "scp"), levels_in_force(self.new, "scp")
        return (old, new) if old is not None and new is not None else (None, None)

    @cached_property
    def _tracing(self) -> Tracing:
        old, new = self._scps
        return Tracing(old=self._old, new=self._new, shelf=self._shelf, old_scps=old, new_scps=new)

    @property
    def scps_differ(self) -> bool:
        """Whether the organization's policies bear on everyone in another way than before."""
        old, new = self._scps
        return [[_said(each) for each in level] for level in old or ()] != [
            [_said(each) for each in level] for level in new or ()
        ]

    def affected(self, changed: frozenset[str], groups: frozenset[str], policies: frozenset[str]) -> list[str]:
        """The principals that are other, or hold something that is.

        Args:
            changed: ARNs of users and roles that are other themselves.
            groups: names of groups that are other.
            policies: ARNs of managed policies of which another document is in force.
        """
        everyone = self.scps_differ
        carrying = {
            group.name
            for side in (self._old, self._new)
            for group in side.groups.values()
            if group.name in groups or any(each.arn in policies for each in group.attached)
        }
        found = set()
        for side in (self._old, self._new):
            everybody: tuple[Principal, ...] = (*side.users.values(), *side.roles.values())
            for each in everybody:
                if (
                    everyone
                    or each.arn in changed
                    or each.boundary in policies
                    or (policies and any(held.arn in policies for held in each.attached))
                    or (carrying and isinstance(each, User) and not carrying.isdisjoint(each.groups))
                ):
                    found.add(each.arn)
        return sorted(found)

    def changes(self, arns: Iterable[str]) -> Iterator[Change]:
        """The changes of some principals."""
        for arn in arns:
            old, new = _find(self._old, arn), _find(self._new, arn)
            if old is None and new is None:
                continue
            if (old is None or new is None) and not self._is_comparable(old or new):
                continue
            yield from self._of_permissions(old, new)
            if isinstance(old, Role) and isinstance(new, Role):
                yield from self._of_trust(old, new)

    def _is_comparable(self, found: Principal | None) -> bool:
        return self.of_users if isinstance(found, User) else self.of_roles

    def _of_permissions(self, old: Principal | None, new: Principal | None) -> Iterator[Change]:
        one, other = self._layers(old, new)
        resource = resource_of(new or old, self.new.account_id)
        if set(one.unread) != set(other.unread) and old is not None and new is not None:
            missing = sorted(set(one.unread) ^ set(other.unread))
            yield Change(
                kind="not_comparable", direction="neutral", severity="info", resource=resource,
                what=f"permissions: {'; '.join(missing)}",
            )  # fmt: skip
            return
        gained, lost = compare_grants(one, other)
        why = tuple(sorted(set(self._tracing.of(old, new))))
        if not gained and not lost and not why:
            return
        direction: Direction = "widens" if gained else "narrows" if lost else "neutral"
        yield Change(
            kind="added" if old is None else "removed" if new is None else "changed",
            direction=direction,
            severity=severity_of(gained) if gained else "info",
            resource=resource,
            what=_words(old, new),
            before=None if old is None else _held(old, new) | self._trusted(new, old),
            after=None if new is None else _held(new, old) | self._trusted(old, new),
            gained=gained,
            lost=lost,
            cause=why,
        )

    def _trusted(self, other: Principal | None, found: Principal) -> dict[str, Any]:
        """The trust policy of a role that only one side has."""
        if other is not None or not isinstance(found, Role):
            return {}
        shelved = self._shelf.documents[self._shelf.policy(found.trust)]
        return {"trust": msgspec.json.decode(bytes(shelved.document))}

    def _layers(self, old: Principal | None, new: Principal | None) -> tuple[Layers, Layers]:
        before, after = self._scps
        one = self._of_side(self._old, old, before) if old is not None else None
        other = self._of_side(self._new, new, after) if new is not None else None
        # Who is not there holds nothing.
        if one is None and other is not None:
            return Layers(caller=other.caller, scps=other.scps), other
        if other is None and one is not None:
            return one, Layers(caller=one.caller, scps=one.scps)
        if one is None or other is None:
            raise LookupError("a principal of neither side")
        return one, other

    def _of_side(self, policies: AccountPolicies, principal: Principal, scps: Levels | None) -> Layers:
        identity, boundary = policies.identity(principal), policies.boundary(principal)
        caller = caller_of(principal)
        return Layers(
            caller=caller,
            identity=identity.sources,
            boundary=boundary.sources[0] if boundary.sources else None,
            scps=None if caller.is_service_linked else scps,
            unread=(*identity.unread, *boundary.unread),
        )

    def _of_trust(self, old: Role, new: Role) -> Iterator[Change]:
        if bytes(old.trust) == bytes(new.trust):
            return
        changed = self._tracing.trust(old, new)
        if not changed.gone and not changed.come and not changed.widens:
            return
        direction: Direction = "widens" if changed.widens else "narrows" if changed.narrows else "neutral"
        kind = {"widens": "trust widened", "narrows": "trust narrowed", "neutral": "trust changed"}[direction]
        yield Change(
            kind="changed",
            direction=direction,
            severity=of_admitted(changed) if changed.widens else "info",
            resource=resource_of(new, self.new.account_id),
            what=kind,
            before=list(changed.gone),
            after=list(changed.come),
            cause=(Cause(kind, "trust policy"), *sorted(causes(changed, "trust policy"))),  # type: ignore[arg-type]
        )


def caller_of(principal: Principal) -> Caller:
    """The principal as the sender of requests."""
    return user_caller(principal) if isinstance(principal, User) else role_caller(principal)


def resource_of(principal: Principal | None, account_id: str) -> Resource:
    """The principal as what a change is about."""
    if principal is None:
        raise LookupError("a principal of neither side")
    kind = "user" if isinstance(principal, User) else "role"
    return Resource(principal.arn, kind, principal.name, account_id)


def _words(old: Principal | None, new: Principal | None) -> str:
    found = new or old
    kind = "user" if isinstance(found, User) else "role"
    if old is None:
        return f"{kind} created"
    if new is None:
        return f"{kind} deleted"
    return f"{kind} re-created" if old.id and new.id and old.id != new.id else "permissions"


def _held(principal: Principal, other: Principal | None) -> dict[str, Any]:
    """What a principal holds by name, as far as the other side holds something else."""
    others = {} if other is None else _facts(other)
    return {name: value for name, value in _facts(principal).items() if other is None or others.get(name) != value}


def _facts(principal: Principal) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": principal.id,
        "attached": sorted(each.arn for each in principal.attached),
        "inline": sorted(each.name for each in principal.inline),
        "boundary": principal.boundary,
        "tags": {tag.key: tag.value for tag in principal.tags},
    }
    return facts | ({"groups": sorted(principal.groups)} if isinstance(principal, User) else {})


def _find(policies: AccountPolicies, arn: str) -> Principal | None:
    return policies.users.get(arn) or policies.roles.get(arn)


def _said(source: Any) -> object:
    return frozenset(
        (each.allows, frozenset(map(str.lower, each.actions)), each.not_actions, frozenset(each.resources),
         each.not_resources, frozenset(each.conditions))
        for each in source.policy.statements
    )  # fmt: skip
