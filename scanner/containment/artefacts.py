"""Which containment lies in an account: whose, what it does, whether it is still needed, and who may have put it there.

Sources: "Revoke IAM role temporary security credentials" and "Permissions boundaries for IAM entities" in the IAM User
Guide; "AWSDenyAll" and "AWSCompromisedKeyQuarantine" in the AWS Managed Policy Reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec

from scanner.containment.artefact_shapes import (
    OWN_PREFIX,
    Author,
    Shape,
    author_of,
    is_frozen,
    is_named_like_one,
    shape_of,
)
from scanner.containment.artefact_states import Judged, credentials_left, judged_user, of_shape
from scanner.containment.artefacts_of_organization import of_organization
from scanner.iam.artefacts import is_quarantine
from scanner.iam.documents import parse
from scanner.iam.sources import name_at_aws, policies_of
from scanner.inventory import Account, Gap, Group, Role, Undetermined, User, describe

ArtefactKind = Literal[
    "inline policy", "attached policy", "boundary", "frozen trust policy", "tag", "key quarantine of AWS",
    "inactive key", "managed policy", "organization policy",
]  # fmt: skip
ArtefactState = Literal["needed", "removable", "by hand", "unknown"]

QUARANTINE_TAG = "guardrift-quarantine"
ISOLATION_ROLE = "guardrift-isolation"
"""The role without rights that one has before an incident; what denies it everything is no containment."""

Holder = Role | User | Group


class ContainmentArtefact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that contains, or contained, an incident.

    Attributes:
        whose: the ARN of the principal; of the organization what the policy is attached to.
        name: of the policy, tag or key.
        state: ``needed``; ``removable`` where a time or the lack of holders tells; ``by hand`` where nothing in the
            account tells and a person decides; ``unknown`` where facts are missing.
        why: of the state, as sentences.
        cutoff: sessions from before it are denied; the latest of several.
        safe_to_remove: the time from which on it can be removed.
        by: who may have put it there.
        contains: whether it denies something; not where it has the name of a containment alone.
    """

    whose: str
    kind: ArtefactKind
    name: str
    state: ArtefactState
    why: str
    cutoff: datetime | None = None
    safe_to_remove: datetime | None = None
    by: Author = "somebody"
    contains: bool = True


class Artefacts(msgspec.Struct, frozen=True):
    """The containment in an account.

    Attributes:
        found: by whose it is.
        unread: what was not read, so that more may be there; sentences.
        elsewhere: what only another account can read, so that more may be there, too.
    """

    found: tuple[ContainmentArtefact, ...]
    unread: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


def containment_artefacts(account: Account, at: datetime) -> Artefacts:
    """The containment that lies in an account.

    Args:
        account: as it was read.
        at: the present time.
    """
    looking = _Looking(account, at)
    found = list(looking.found())
    facts, missing, elsewhere = of_organization(account, at)
    found += [ContainmentArtefact(kind="organization policy", **each) for each in facts]
    ordered = sorted(found, key=lambda each: (each.whose, each.kind, each.name))
    unread = dict.fromkeys((*looking.unread, *missing))
    return Artefacts(tuple(ordered), tuple(unread), tuple(elsewhere))


class _Looking:
    def __init__(self, account: Account, at: datetime) -> None:
        self.account, self.at = account, at
        self.policies = policies_of(account)
        self.unread: list[str] = []

    def found(self) -> Iterator[ContainmentArtefact]:
        """All of the account itself."""
        for holder in self._holders():
            own = [*self._of_policies(holder)]
            if not isinstance(holder, Group):
                own += self._of_boundary(holder)
            if isinstance(holder, Role):
                own += self._of_trust(holder)
            if isinstance(holder, User) and any(each.kind != "tag" for each in own):
                own += self._of_keys(holder)
            yield from own
            if not isinstance(holder, Group):
                yield from _of_tags(holder, own)
        yield from self._left_behind()

    def _holders(self) -> Iterator[Holder]:
        parts: tuple[Iterable[Holder] | Gap, ...] = (self.account.users, self.account.roles, self.account.groups)
        for part in parts:
            if isinstance(part, Gap):
                self.unread.append(describe(part))
            else:
                yield from part

    def _of_policies(self, holder: Holder) -> Iterator[ContainmentArtefact]:
        for policy in holder.inline:
            parsed = parse(policy.document)
            if parsed.problems:
                self.unread.append(f"inline policy {policy.name} of {holder.arn} is malformed: {parsed.problems[0]}")
            shape = shape_of(parsed, policy.name)
            if shape is not None or is_named_like_one(policy.name):
                yield self._one(holder, "inline policy", policy.name, shape, is_whole=not parsed.problems)
        for attached in holder.attached:
            if is_quarantine(attached.arn):
                yield self._quarantined(holder, attached.arn)
                continue
            if isinstance(holder, Role) and holder.name == ISOLATION_ROLE and name_at_aws(attached.arn) == "AWSDenyAll":
                continue
            yield from self._managed(holder, "attached policy", attached.arn)

    def _managed(
        self, holder: Holder, kind: Literal["attached policy", "boundary"], arn: str
    ) -> Iterator[ContainmentArtefact]:
        of_aws = name_at_aws(arn)
        if of_aws is not None and of_aws != "AWSDenyAll":
            # None of the others denies everything.
            return
        document = self.policies.default_document(arn)
        if isinstance(document, Undetermined):
            self.unread.append(document.reason)
            return
        parsed = parse(document)
        name = arn.rpartition("/")[2]
        shape = shape_of(parsed, name)
        if shape is not None or (name.startswith(OWN_PREFIX) and of_aws is None):
            yield self._one(holder, kind, arn, shape, is_whole=not parsed.problems)

    def _one(
        self,
        holder: Holder,
        kind: Literal["inline policy", "attached policy", "boundary"],
        name: str,
        shape: Shape | None,
        *,
        is_whole: bool,
    ) -> ContainmentArtefact:
        judged = of_shape(shape, holder, self.account, self.at, is_whole=is_whole)
        by = author_of(name.rpartition("/")[2], shape)
        found = _artefact(holder.arn, kind, name, judged, by, shape.cutoff if shape is not None else None)
        return found if shape is not None else msgspec.structs.replace(found, contains=False)

    def _quarantined(self, holder: Holder, arn: str) -> ContainmentArtefact:
        left = credentials_left(holder, self.account) if isinstance(holder, User) else None
        judged = judged_user(left, "AWS put it there because a key was found in public, and does not take it away. ")
        return _artefact(holder.arn, "key quarantine of AWS", arn, judged, "AWS")

    def _of_boundary(self, holder: Role | User) -> Iterator[ContainmentArtefact]:
        if holder.boundary is not None:
            yield from self._managed(holder, "boundary", holder.boundary)

    def _of_trust(self, role: Role) -> Iterator[ContainmentArtefact]:
        trust = parse(role.trust)
        if trust.problems:
            self.unread.append(f"the trust policy of {role.arn} is malformed: {trust.problems[0]}")
        frozen = is_frozen(trust)
        if frozen is not None:
            why = (
                "Nobody can assume the role. Once the way by which sessions were stolen is closed, put the saved trust "
                "policy back; nothing in the account tells when that is."
            )
            by = author_of("", Shape("everything", sids=frozenset({frozen.sid})))
            yield _artefact(role.arn, "frozen trust policy", "", Judged("by hand", why), by)

    def _of_keys(self, user: User) -> Iterator[ContainmentArtefact]:
        keys = self.account.access_keys
        held = keys if isinstance(keys, Gap) else next((each.keys for each in keys if each.user == user.name), ())
        if isinstance(held, Gap):
            self.unread.append(f"which keys of {user.arn} are inactive: {describe(held)}")
            return
        for key in held:
            if not key.is_active:
                why = "It is evidence. Delete it when the case is closed, and never make it active again."
                yield _artefact(user.arn, "inactive key", key.id, Judged("by hand", why), "somebody")

    def _left_behind(self) -> Iterator[ContainmentArtefact]:
        policies = self.account.policies
        if isinstance(policies, Gap):
            self.unread.append(describe(policies))
            return
        for policy in policies:
            is_own = policy.name.startswith(OWN_PREFIX) and name_at_aws(policy.arn) is None
            if is_own and not policy.attachments and not policy.boundary_uses:
                judged = Judged("removable", "It is attached to nobody.")
                yield _artefact(policy.arn, "managed policy", policy.name, judged, "guardrift")


def _of_tags(holder: Role | User, own: list[ContainmentArtefact]) -> Iterator[ContainmentArtefact]:
    """The tag by which a policy of the organization protects a containment; it goes last."""
    for tag in holder.tags:
        if tag.key.casefold() == QUARANTINE_TAG:
            others = [each for each in own if each.kind != "inactive key" and each.state != "removable"]
            if others:
                judged = Judged("needed", "It protects what else contains the principal: take it away last.")
            else:
                judged = Judged("removable", "Nothing else that it would protect is still needed here.")
            yield _artefact(holder.arn, "tag", tag.key, judged, "guardrift")


def _artefact(
    whose: str, kind: ArtefactKind, name: str, judged: Judged, by: Author, cutoff: datetime | None = None
) -> ContainmentArtefact:
    return ContainmentArtefact(
        whose=whose, kind=kind, name=name, state=judged.state, why=judged.why, cutoff=cutoff,
        safe_to_remove=judged.safe_to_remove, by=by,
    )  # fmt: skip
