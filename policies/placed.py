"""A containment document with the place where it is put."""

from __future__ import annotations

from typing import Literal

import msgspec

Layer = Literal["inline", "managed", "boundary", "trust", "scp", "rcp", "permission set"]
"""Where a document acts: on the principal, as its boundary, as its trust policy, or from the organization."""

Session = Literal["old session", "new session", "long-term key"]
"""By what a request is signed: a session issued before the cutoff, one issued since, or a key that does not expire."""

Effect = Literal["denied", "as before"]


class Placed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document of a containment.

    Attributes:
        template: the name of the template.
        layer: where it acts.
        target: the ARN of the principal, the id of the account, or the ARN of the permission set.
        name: of the policy; for a boundary its ARN, for a trust policy empty.
        document: minified JSON, with ``${CUTOFF}`` where the time is computed when it is applied.
        previous: what it takes the place of, to be restored: the ARN of a boundary, or the text of a document.
    """

    template: str
    layer: Layer
    target: str
    name: str
    document: str
    previous: str | None = None
