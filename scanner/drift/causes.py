"""Why the permissions of a principal are other: what was attached, changed, joined or taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.baseline.shelf import Shelf, ShelvedDocument
from scanner.drift.documents import Reworded, reworded
from scanner.drift.documents import causes as of_statements
from scanner.drift.holdings import is_made_anew
from scanner.drift.told import Cause, CauseKind
from scanner.iam.in_force import Levels
from scanner.iam.sources import AccountPolicies
from scanner.inventory import Document, Group, ManagedPolicy, Role, Undetermined, User

Holder = User | Role | Group
_Names = tuple[CauseKind, CauseKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """Finds causes between two accounts.

    Attributes:
        shelf: where documents get their meaning.
        old_scps: the organization's policies in force; None where they are not known.
    """

    old: AccountPolicies
    new: AccountPolicies
    shelf: Shelf
    old_scps: Levels | None
    new_scps: Levels | None

    def of(self, old: User | Role | None, new: User | Role | None) -> Iterator[Cause]:
        """The causes of what a principal can do otherwise; its trust is another matter."""
        if old is None or new is None:
            yield from self._of_presence(old, new)
            return
        if is_made_anew(old, new):
            yield Cause("re-created", f"unique id {old.id} is now {new.id}")
        yield from self._of_holder(old, new, "")
        yield from self._of_boundary(old.boundary, new.boundary)
        if isinstance(old, User) and isinstance(new, User):
            yield from self._of_groups(old, new)
        if set(old.tags) != set(new.tags):
            yield Cause("tags changed", f"from {_tags(old)} to {_tags(new)}")
        yield from self._of_scps()

    def trust(self, old: Role, new: Role) -> Reworded:
        """How the trust policy of a role changed."""
        return reworded(self._shelved(old.trust), self._shelved(new.trust))

    def trusted(self, role: Role) -> Reworded:
        """What the trust policy of a role says that only one side has."""
        return reworded(None, self._shelved(role.trust))

    def _of_presence(self, old: User | Role | None, new: User | Role | None) -> Iterator[Cause]:
        found = new or old
        if found is not None:
            yield Cause("created" if new is not None else "deleted", found.arn)

    def _of_groups(self, old: User, new: User) -> Iterator[Cause]:
        for name in sorted(set(new.groups) - set(old.groups)):
            yield Cause("group joined", name)
        for name in sorted(set(old.groups) - set(new.groups)):
            yield Cause("group left", name)
        for name in sorted(set(old.groups) & set(new.groups)):
            before, after = self.old.groups.get(name), self.new.groups.get(name)
            if before is not None and after is not None:
                yield from self._of_holder(before, after, f"group {name}: ")

    def _of_holder(self, old: Holder, new: Holder, prefix: str) -> Iterator[Cause]:
        before, after = ({each.arn for each in holder.attached} for holder in (old, new))
        for arn in sorted(after - before):
            yield Cause("policy attached", f"{prefix}{arn}")
        for arn in sorted(before - after):
            yield Cause("policy detached", f"{prefix}{arn}")
        for arn in sorted(before & after):
            yield from self._of_managed(arn, f"{prefix}policy {arn}", ("new default version", "policy changed"))
        yield from self._of_inline(old, new, prefix)

    def _of_inline(self, old: Holder, new: Holder, prefix: str) -> Iterator[Cause]:
        here, there = ({each.name: each.document for each in holder.inline} for holder in (old, new))
        for name in sorted(there.keys() - here.keys()):
            yield Cause("inline policy added", f"{prefix}{name}")
        for name in sorted(here.keys() - there.keys()):
            yield Cause("inline policy removed", f"{prefix}{name}")
        for name in sorted(here.keys() & there.keys()):
            if bytes(here[name]) == bytes(there[name]):
                continue
            one, other = self._shelved(here[name]), self._shelved(there[name])
            if one != other:
                where = f"{prefix}inline policy {name}"
                yield Cause("inline policy changed", where)
                yield from of_statements(reworded(one, other), where)

    def _of_boundary(self, old: str | None, new: str | None) -> Iterator[Cause]:
        if old is None and new is not None:
            yield Cause("boundary set", new)
        elif new is None and old is not None:
            yield Cause("boundary removed", old)
        elif old is not None and new is not None and old != new:
            yield Cause("boundary changed", f"from {old} to {new}")
        elif old is not None:
            yield from self._of_managed(old, f"boundary {old}", ("boundary changed", "boundary changed"))

    def _of_managed(self, arn: str, where: str, kinds: _Names) -> Iterator[Cause]:
        one, other = self.old.managed.get(arn), self.new.managed.get(arn)
        if one is None or other is None or one is other:
            return
        before, after = self.old.default_document(arn), self.new.default_document(arn)
        if isinstance(before, Undetermined) or isinstance(after, Undetermined):
            return
        if bytes(before) == bytes(after):
            return
        here, there = self._shelved(before), self._shelved(after)
        if here == there:
            return
        versions = _default(one), _default(other)
        is_new = versions[0] != versions[1]
        said = f" ({versions[0]} to {versions[1]})" if is_new else ""
        yield Cause(kinds[0] if is_new else kinds[1], f"{where}{said}")
        yield from of_statements(reworded(here, there), where)

    def _of_scps(self) -> Iterator[Cause]:
        if self.old_scps is None or self.new_scps is None:
            return
        before, after = _named(self.old_scps), _named(self.new_scps)
        for name in sorted(after.keys() - before.keys()):
            yield Cause("SCP attached", name)
        for name in sorted(before.keys() - after.keys()):
            yield Cause("SCP detached", name)
        for name in sorted(before.keys() & after.keys()):
            if before[name] != after[name]:
                yield Cause("SCP changed", name)

    def _shelved(self, document: Document) -> ShelvedDocument:
        return self.shelf.documents[self.shelf.policy(document)]


def _default(policy: ManagedPolicy) -> str:
    return next((version.id for version in policy.versions if version.is_default), "")


def _tags(principal: User | Role) -> str:
    return ", ".join(sorted(f"{tag.key}={tag.value}" for tag in principal.tags)) or "none"


def _named(levels: Levels) -> dict[str, object]:
    """The policies by name, with the levels at which each is, and what it says."""
    found: dict[str, list[object]] = {}
    for level, sources in enumerate(levels):
        for source in sources:
            said = frozenset((each.allows, each.actions, each.not_actions, each.resources, each.not_resources,
                              each.conditions) for each in source.policy.statements)  # fmt: skip
            found.setdefault(source.name, []).append((level, said))
    return {name: tuple(each) for name, each in found.items()}
