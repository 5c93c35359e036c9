"""What a containment changes in AWS, as texts that are there or are not.

A policy document, an attachment, a boundary, a tag, the status of a key: each is one text in one place. So that one way
of reading, writing, settling and undoing serves them all.
"""

from __future__ import annotations

from typing import Literal

import msgspec

ChangeKind = Literal[
    "inline policy",
    "managed policy",
    "attachment",
    "boundary",
    "trust policy",
    "tag",
    "access key",
    "service credential",
    "organization policy",
    "organization attachment",
    "permission set policy",
    "metadata options",
]

OF_ORGANIZATION: frozenset[ChangeKind] = frozenset({
    "organization policy", "organization attachment", "permission set policy",
})  # fmt: skip
"""What is put in place with the credentials for the management account."""


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One text that a containment sets.

    Attributes:
        kind: what it is.
        principal: the ARN of the role or user; empty where it belongs to none.
        unique_id: of the principal; one that was made anew under its name is not touched.
        name: the name of an inline policy, the ARN of a managed policy (of an attachment, too), the key of a tag, the
            id of a credential or an instance, the name of a policy of the organization.
        target: the id of the account, for what is put in place by the organization; the ARN of the permission set.
        region: of an instance.
        document: what is wanted; ``${CUTOFF}`` stands for the time, which is computed at each call. Of a trust policy
            and the policy of a permission set it is what guardrift rendered from the facts, and the Deny is added to
            what is really there.
        template: the name of the template of a document.
        lasts: seconds after the cutoff, or after the change where it has none, from which on it can be taken away;
            None where no time tells.
        keep: how long it must stay, as a sentence.
    """

    kind: ChangeKind
    principal: str = ""
    unique_id: str = ""
    name: str = ""
    target: str = ""
    region: str = ""
    document: str = ""
    template: str = ""
    lasts: int | None = None
    keep: str = ""
