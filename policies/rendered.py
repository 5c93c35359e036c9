"""What rendering gives: the document and the commands that contain one principal, or why there are none."""

from __future__ import annotations

import msgspec

from policies.templates import Kind


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """One principal's containment, ready to be pasted.

    Attributes:
        principal: the ARN.
        kind: ``role`` or ``user``.
        name: the name of the principal, without its path.
        template: the name of the template.
        policy_name: the policy that the commands put on the principal; None where there are no commands.
        document: its text, with ``${CUTOFF}`` where the time is computed when the command is run; None where an AWS
            managed policy does the work, or where there are no commands.
        apply: shell commands, each complete in itself, in the order in which they are to be run.
        undo: shell commands that take back what ``apply`` did.
        notes: what it breaks, when it can be removed, and what to watch; sentences that may hold account text.
        reason: why the principal cannot be contained in this way; None where it can.
        alternative: what to do instead; None where there is no need.
    """

    principal: str
    kind: Kind
    name: str
    template: str
    policy_name: str | None = None
    document: str | None = None
    apply: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str | None = None
    alternative: str | None = None
