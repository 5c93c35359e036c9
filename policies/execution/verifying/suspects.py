"""Whose an event is, and whether what it tells should have been denied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from policies.execution.records import Begun
from policies.execution.verifying.denial import Denial
from policies.execution.verifying.events import Event
from policies.subjects import Subject
from scanner.inventory import Role, User

Judged = Literal["somebody else", "refused", "rightful", "says nothing", "got through", "unclear"]

_ALWAYS = "GetCallerIdentity"
"""The call that nothing denies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Whom the containment is for, and what is denied."""

    subject: Subject
    principal: Role | User | None
    denial: Denial
    account_id: str

    def judge(self, event: Event) -> Judged:
        """What an event says of the containment; only those from after it came into force are to be asked about."""
        is_theirs = self._is_theirs(event)
        if is_theirs is False:
            return "somebody else"
        if event.is_refused:
            return "refused"
        if event.name == _ALWAYS:
            return "says nothing"
        if is_theirs is None:
            return "unclear"
        if self.denial.is_whole or self._is_the_key(event):
            return "got through"
        return self._by_time(event)

    def _by_time(self, event: Event) -> Judged:
        cutoff = self.denial.cutoff
        if cutoff is not None and event.issued is not None:
            return "rightful" if event.issued >= cutoff else "got through"
        if event.key.startswith("AKIA") and isinstance(self.principal, User):
            return "got through" if self.denial.holds_keys else "rightful"
        return "unclear"

    def _is_the_key(self, event: Event) -> bool:
        return bool(self.subject.access_key) and event.key == self.subject.access_key

    def _is_theirs(self, event: Event) -> bool | None:
        """Whether the suspect made the call; None where the event does not tell who did."""
        if self._is_the_key(event):
            return True
        if not event.principal_id and not event.key and not event.type:
            return None
        if event.type in ("AWSService", "AWSAccount"):
            return False
        subject = self.subject
        if subject.kind == "root":
            return event.type == "Root"
        if subject.kind == "federated-user":
            return event.type == "FederatedUser" and event.principal_id == f"{self.account_id}:{subject.name}"
        if isinstance(self.principal, User):
            return self._is_of_user(self.principal, event)
        if subject.session:
            return self._is_of_session(subject.session, event)
        # By its key alone it was looked for, and this is another one.
        return False if event.key else None

    def _is_of_session(self, session: str, event: Event) -> bool:
        unique_id = self.principal.id if self.principal is not None else self.subject.unique_id
        issuer, _, name = event.principal_id.partition(":")
        return name == session and (not unique_id or issuer == unique_id)

    def _is_of_user(self, user: User, event: Event) -> bool:
        if user.id and user.id in (event.principal_id, event.issuer_id):
            return True
        return event.type == "IAMUser" and event.user_name == user.name and not (user.id and event.principal_id)


def principal_of(begun: Begun) -> Role | User | None:
    """The role or user of a journal, as far as its first line describes it."""
    kind, _, path = begun.principal.split(":", 5)[-1].partition("/")
    name = path.rpartition("/")[2]
    if kind == "role" and name:
        return Role(name=name, arn=begun.principal, id=begun.unique_id, trust=msgspec.Raw(b"{}"))
    if kind == "user" and name:
        return User(name=name, arn=begun.principal, id=begun.unique_id)
    return None
