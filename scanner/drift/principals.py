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
from scanner.drift.grants import Turned, compare_grants
from scanner.drift.holdings import Principal, caller_of, find, held, is_made_anew, resource_of, words
from scanner.drift.of_aws import forgotten, released
from scanner.drift.severity import of_admitted, of_holder, of_strangers, severity_of
from scanner.drift.spelling import in_one_spelling, scps_in_one_spelling
from scanner.drift.told import Actions, Cause, Change, Direction
from scanner.findings import SEVERITIES, Resource, Severity
from scanner.iam.in_force import Levels
from scanner.iam.sources import AccountPolicies, policies_of
from scanner.inventory import Account, Role, User

_MOST_NAMED = 5


@dataclass(frozen=True)
class Principals:
    """The users and roles of two accounts.

    Attributes:
        of_users: whether both sides read the users, so that one can be said to be new or gone.
        of_roles: alike of roles.
        unknown: what the IAM engine says of policies of AWS that the old side names in a version nobody has any more.
    """

    old: Account
    new: Account
    of_users: bool = True
    of_roles: bool = True
    unknown: frozenset[str] = frozenset()
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
        old, new = scps_in_one_spelling(self.old), scps_in_one_spelling(self.new)
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
            old, new = find(self._old, arn), find(self._new, arn)
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
        # What is said of a policy comes before what is said of its statements.
        why = tuple(sorted(set(self._tracing.of(old, new)), key=lambda each: (each.text, each.kind)))
        missing = self._not_comparable(one, other, why, is_gone=new is None)
        is_anew = is_made_anew(old, new)
        if missing:
            yield _unsaid(resource, f"permissions: {'; '.join(missing)}")
            if old is not None and not is_anew:
                return
        found = compare_grants(one, other) if old is None or not missing else Turned()
        if found.not_asked:
            yield _unsaid(resource, f"permissions: too many patterns of resources for {_listed(found.not_asked)}")
        gone = self.unknown.intersection(one.unread) - {*other.unread}
        bounds = self.unknown.intersection(one.unread_boundary) - {*other.unread_boundary}
        freed = list(released(gone)) if new is not None else []
        if not found.gained and not found.lost and not why and not gone:
            return
        worst: list[Severity] = [severity_of(found.gained)] if found.gained else []
        worst += ["high"] * len(freed)
        worst += [of_holder(other)] if is_anew else []
        strangers = self._strangers(old, new)
        if strangers is not None and new is not None:
            worst.append(strangers[0])
            freed.append(strangers[1])
        narrows = bool(found.lost or gone or strangers)
        yield Change(
            kind="added" if old is None else "removed" if new is None else "changed",
            direction="widens" if worst else "narrows" if narrows else "neutral",
            severity=min(worst, key=SEVERITIES.index) if worst else "info",
            resource=resource,
            what=words(old, new),
            before=None if old is None else held(old, new) | self._trusted(new, old) or None,
            after=None if new is None else held(new, old) | self._trusted(old, new) or None,
            gained=found.gained,
            lost=found.lost,
            cause=why,
            consequence=(*freed, *forgotten(gone, bounds, gains=bool(found.gained))),
        )

    def _not_comparable(self, one: Layers, other: Layers, why: tuple[Cause, ...], *, is_gone: bool) -> list[str]:
        """What of the policies keeps a comparison from being made."""
        before, after = ({*each.unread, *each.unread_boundary} for each in (one, other))
        if is_gone:
            return []
        # What nobody can make sense of may have become anything.
        changed = tuple(f"{each.text.partition(' (')[0]} is malformed" for each in why if "changed" in each.kind)
        reworded = {
            text for text in before & after if changed and text.removeprefix("permissions ").startswith(changed)
        }
        return sorted(((before ^ after) - (self.unknown - after)) | reworded)

    def _strangers(self, old: Principal | None, new: Principal | None) -> tuple[Severity, str] | None:
        """Whom a role of one side only admits that is not of the account; of others the trust policies are compared."""
        found = new or old
        if (old is not None and new is not None) or not isinstance(found, Role):
            return None
        return of_strangers(self._tracing.trusted(found), self.new.account_id)

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
            identity=tuple(map(in_one_spelling, identity.sources)),
            boundary=in_one_spelling(boundary.sources[0]) if boundary.sources else None,
            scps=None if caller.is_service_linked else scps,
            unread=identity.unread,
            unread_boundary=boundary.unread,
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


def _unsaid(resource: Resource, words: str) -> Change:
    return Change(kind="not_comparable", direction="neutral", severity="info", resource=resource, what=words)


def _listed(actions: tuple[Actions, ...]) -> str:
    names = [name for each in actions for name in each.names]
    return ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED:,} more" if names[_MOST_NAMED:] else "")


def _said(source: Any) -> object:
    return frozenset(
        (each.allows, frozenset(map(str.lower, each.actions)), each.not_actions, frozenset(each.resources),
         each.not_resources, frozenset(each.conditions))
        for each in source.policy.statements
    )  # fmt: skip
