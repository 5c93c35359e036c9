"""What a user, role or group holds that it did not hold, and what it lost that limited it."""

from __future__ import annotations

from policies.commands import iam
from policies.documents.holding import freeze_trust
from policies.documents.protecting import QUARANTINE_TAG
from policies.documents.writing import NotWritable
from policies.eradication.comparison import Comparison, as_json, grants, restricts, text_of
from policies.eradication.told import Remnant, Urgency
from scanner.containment.artefact_shapes import is_frozen
from scanner.iam.documents import parse
from scanner.iam.sources import policies_of
from scanner.inventory import Document, Gap, Group, Role, RoleSettings, Undetermined, User
from scanner.shell import option

Holder = User | Role | Group


def compare_holdings(found: Comparison, old: Holder, new: Holder) -> None:
    """Note what is other of a principal or group that both sides have."""
    _Held(found, old, new).compare()


class _Held:
    def __init__(self, found: Comparison, old: Holder, new: Holder) -> None:
        self.found, self.old, self.new = found, old, new
        self.kind = type(new).__name__.lower()
        self.named = {f"{self.kind}_name": new.name}

    def compare(self) -> None:
        self._attached()
        self._inline()
        if not isinstance(self.old, Group) and not isinstance(self.new, Group):
            self._boundary(self.old.boundary, self.new.boundary)
            self._tags(self.old, self.new)
        if isinstance(self.old, Role) and isinstance(self.new, Role):
            self._trust(self.old, self.new)
            self._longest(self.new)
        if isinstance(self.old, User) and isinstance(self.new, User):
            for name in sorted(set(self.new.groups) - set(self.old.groups)):
                remove = iam("remove-user-from-group", user_name=self.new.name, group_name=name)
                self._add("permission", f"joined group {name}", remove, "What the group allows.")

    def _add(
        self, urgency: Urgency, what: str, remove: str, breaks: str = "", note: str = "", hold: tuple[str, ...] = ()
    ) -> None:
        self.found.add(
            Remnant(
                urgency=urgency,
                what=what,
                resource=self.found.resource(self.new.arn, self.kind, self.new.name),
                hold=hold,
                remove=(remove,) if remove else (),
                breaks=breaks,
                note=note,
            )
        )

    def _attached(self) -> None:
        before, after = ({each.arn for each in holder.attached} for holder in (self.old, self.new))
        for arn in sorted(after - before):
            said = policies_of(self.found.new).default_document(arn)
            if not self.found.is_containment(self.new.arn, arn, f"{arn} on {self.new.arn}", said):
                remove = iam(f"detach-{self.kind}-policy", **self.named, policy_arn=arn)
                self._add("permission", f"policy attached: {arn}", remove, "What the policy allows.")
        for arn in sorted(before - after):
            if self.found.was_containment(self.new.arn, arn, f"{arn} on {self.new.arn}"):
                continue
            document = policies_of(self.found.old).default_document(arn)
            if isinstance(document, Undetermined) or restricts(document):
                back = iam(f"attach-{self.kind}-policy", **self.named, policy_arn=arn)
                why = document.reason if isinstance(document, Undetermined) else "It denies something."
                self._add("permission", f"policy detached: {arn}", back, note=f"{why} Attach it again if it limited.")

    def _inline(self) -> None:
        before = {each.name: each.document for each in self.old.inline}
        after = {each.name: each.document for each in self.new.inline}
        for name in sorted(after):
            where = f"inline policy {name} of {self.new.arn}"
            if name in before and self.found.same(before[name], after[name]):
                continue
            if self.found.is_containment(self.new.arn, name, where, after[name]):
                continue
            if name in before and not self.found.was_containment(self.new.arn, name, where):
                back = self._put(name, before[name])
                self._add("permission", f"inline policy changed: {name}", back, "What was added to it.")
            elif grants(after[name]):
                remove = iam(f"delete-{self.kind}-policy", **self.named, policy_name=name)
                self._add("permission", f"inline policy added: {name}", remove, "What the policy allows.")
            else:
                self.found.left_out.append(f"{where}: it only denies")
        for name in sorted(before.keys() - after.keys()):
            where = f"inline policy {name} of {self.new.arn}"
            if restricts(before[name]) and not self.found.was_containment(self.new.arn, name, where):
                back = self._put(name, before[name])
                self._add("permission", f"inline policy removed: {name}", back, note="It denied something.")

    def _put(self, name: str, document: Document) -> str:
        return iam(f"put-{self.kind}-policy", **self.named, policy_name=name, policy_document=text_of(document))

    def _boundary(self, old: str | None, new: str | None) -> None:
        if old is None or old == new or self.found.was_containment(self.new.arn, old, f"boundary of {self.new.arn}"):
            return
        if new is not None:
            said = policies_of(self.found.new).default_document(new)
            if self.found.is_containment(self.new.arn, new, f"boundary of {self.new.arn}", said):
                return
        back = iam(f"put-{self.kind}-permissions-boundary", **self.named, permissions_boundary=old)
        what = "permissions boundary removed" if new is None else f"permissions boundary changed to {new}"
        self._add("permission", what, back, "What the boundary did not let through.")

    def _tags(self, old: User | Role, new: User | Role) -> None:
        before, after = ({tag.key: tag.value for tag in each.tags} for each in (old, new))
        kept = {key: value for key, value in before.items() if after.get(key) != value}
        added = [key for key in after if key not in before and key.casefold() != QUARANTINE_TAG]
        commands = []
        if added:
            commands.append(f"{iam(f'untag-{self.kind}', **self.named)} {option('--tag-keys', as_json(sorted(added)))}")
        if kept:
            tags = [{"Key": key, "Value": value} for key, value in sorted(kept.items())]
            commands.append(f"{iam(f'tag-{self.kind}', **self.named)} {option('--tags', as_json(tags))}")
        if commands:
            note = "Where policies go by tags, a tag is a permission."
            self._add("permission", "tags changed", " && ".join(commands), note=note)

    def _trust(self, old: Role, new: Role) -> None:
        if self.found.same(old.trust, new.trust):
            return
        if is_frozen(parse(old.trust)) is not None:
            note = "It was frozen in the clean state by a containment: put back what was there before that one."
            self._add("trust", "trust policy changed", "", note=note)
            return
        frozen = is_frozen(parse(new.trust))
        back = text_of(old.trust)
        note = "Sessions that were handed out live on: revoke those of the role, too."
        if frozen is not None:
            try:
                back = freeze_trust(back)
            except NotWritable as fault:
                self._add("trust", "trust policy changed", "", note=f"It is frozen, and would be open again: {fault}.")
                return
            if self.found.same(_document(back), new.trust):
                self.found.left_out.append(f"trust policy of {new.arn}: it was frozen to contain the incident")
                return
            note = f"It is frozen, and stays so with these commands. {note}"
        command = iam("update-assume-role-policy", role_name=new.name, policy_document=back)
        self._add("trust", "trust policy changed", command, "Whoever was let in since cannot assume the role.", note)

    def _longest(self, new: Role) -> None:
        sides = (self.found.old, self.found.new)
        before, after = (_settings(each.role_settings, new.arn) for each in sides)
        if before is not None and after is not None and after > before:
            command = iam("update-role", role_name=new.name, max_session_duration=str(before))
            self._add("permission", f"longest session raised to {after:,} seconds", command)


def _settings(listed: tuple[RoleSettings, ...] | Gap, arn: str) -> int | None:
    known = () if isinstance(listed, Gap) else listed
    return next((each.max_session for each in known if each.arn == arn), None)


def _document(text: str) -> Document:
    return Document(text.encode())
