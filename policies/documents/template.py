"""What a template says about itself."""

from __future__ import annotations

from typing import Literal

import msgspec

from policies.documents.quotas import Quota
from policies.placed import Effect, Layer, Session

Kind = Literal["role", "user"]

When = Literal["contain now", "to have before"]

Place = Layer | Literal["declarative policy", "stack"]
"""Where a document acts; a stack makes roles and other resources."""

AppliesTo = Literal[
    "role", "user", "role or user", "principals", "person", "foreign account", "account", "organization"
]

Option = Literal[
    "role", "user", "session", "instance", "principal", "account-id", "source-identity", "user-id", "existing", "cidr",
    "response-role", "deployer", "partition", "mode", "runtime", "architecture",
]  # fmt: skip
"""What a template is filled in with, named as on the command line."""


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What a document does to the requests of whom it is for, by what they are signed with.

    Attributes:
        old_session: to a session issued before the cutoff, or where there is no cutoff, before it was put in place.
        new_session: to a session issued since.
        long_term_key: to an access key that does not expire; None where the subject has none.
        others: what it does beyond, and to whom else.
    """

    old_session: Effect
    new_session: Effect
    long_term_key: Effect | None = None
    others: str

    def on(self, session: Session) -> Effect | None:
        """The effect on requests that are signed in this way."""
        return {
            "old session": self.old_session,
            "new session": self.new_session,
            "long-term key": self.long_term_key,
        }[session]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One way to contain a principal, or to be ready for it.

    Attributes:
        name: how it is called on the command line.
        title: a few words.
        when: whether it contains, or has to be there before.
        applies_to: the kind of principal.
        layer: where its document acts.
        quota: how long the document may be; None where it is none of IAM.
        description: what it stops, and what it does not.
        keep: how long it must stay in place, and why.
        place: how it is put in place.
        breaks: what it does to those who did nothing.
        effects: on the requests of whom it is for; None where it is for no one in particular.
        needs: what it is filled in with.
        may: what it can be filled in with beside that.
        file: the name of its document in a folder of containment files.
        sources: pages of AWS.
    """

    name: str
    title: str
    when: When = "contain now"
    applies_to: AppliesTo
    layer: Place
    quota: Quota | None = None
    description: str
    keep: str
    place: str
    breaks: str
    effects: Effects | None = None
    needs: tuple[Option, ...] = ()
    may: tuple[Option, ...] = ()
    file: str
    sources: tuple[str, ...] = ()


class PrincipalTemplate(Template, frozen=True, kw_only=True):
    """One way to contain one role, or one user, with commands."""

    applies_to: Kind


IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
ORGANIZATIONS = "https://docs.aws.amazon.com/organizations/latest/userguide/"
