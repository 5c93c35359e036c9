"""What a proof says: claims about signers, whether each holds and why, and who could take the containment off."""

from __future__ import annotations

from typing import Literal

import msgspec

from policies.placed import Effect

Who = Literal[
    "old session",
    "new session",
    "new session with MFA",
    "new session without MFA",
    "long-term key",
    "another session",
    "another principal",
    "service-linked role",
    "whoever assumes the role",
]
"""Who signs a request.

The first five are the subject: by a session issued before the cutoff, by one issued since, by one that was issued since
with an MFA device or without, or by a key that does not expire. ``another session`` is one of the same principal that
is not the suspected one, ``another principal`` whoever else asks, ``service-linked role`` one that AWS made in the
account, and ``whoever assumes the role`` asks for a new session of it.
"""


class Counterexample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request by which a claim fails.

    Attributes:
        action: what is asked.
        resource: on what, ``*`` for an action without a resource.
        keys: the keys that the request carries; a key that conditions name and that is not here is absent.
        cutoff: the time that stands for the placeholder; empty where the documents have none.
    """

    action: str
    resource: str
    keys: dict[str, str]
    cutoff: str = ""


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is claimed about one kind of signer, for every action, every resource and every other key of a request.

    Attributes:
        who: the signer.
        form: the kind of credential, where a principal has several.
        expected: what the plan promises.
        holds: whether it is certain.
        why: the statement and its condition, or what is wrong.
        policy: the deciding document, empty where none decides.
        statement: its index in that document.
        counterexample: a request by which it fails, where one was found.
    """

    who: Who
    expected: Effect
    holds: bool
    why: str
    form: str = ""
    policy: str = ""
    statement: int | None = None
    counterexample: Counterexample | None = None


class Undo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A way by which the principal could take the containment off, while a change of IAM still spreads.

    Attributes:
        action: the API action.
        undoes: which form of containment goes.
        through: the ARN of a principal that it can become first; empty where it does so itself.
        conditions: on what it hangs, as clauses that follow "only if".
    """

    action: str
    undoes: str
    through: str = ""
    conditions: tuple[str, ...] = ()


class Proof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was proven of one containment.

    Attributes:
        is_proven: whether there are claims, every one of them holds, and no document is useless.
        claims: the claims, in a fixed order.
        useless: documents that deny nothing of what was promised, as sentences: something is wrong with them.
        cutoff: the moment before which sessions must be dead, or the placeholder of a time of which only the order
            matters.
        undoable: how the principal could take the containment off; empty where it could not, or where a service
            control policy alone denies it everything.
        needs_scp_first: whether a service control policy has to come before every change in IAM, and there is none.
        undoing_unknown: why it is not known whether it could, or empty.
        sampled: how many decisions of the evaluator were asked besides.
        beyond: what no document of the containment stops, as sentences.
    """

    is_proven: bool
    claims: tuple[Claim, ...]
    cutoff: str
    useless: tuple[str, ...] = ()
    undoable: tuple[Undo, ...] = ()
    needs_scp_first: bool = False
    undoing_unknown: str = ""
    sampled: int = 0
    beyond: tuple[str, ...] = ()
