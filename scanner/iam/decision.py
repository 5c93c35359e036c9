"""What the evaluator answers: yes, no or only if, and why."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.iam.formula import Verdict

Layer = Literal["identity", "boundary", "session_policy", "resource_policy", "scp", "rcp"]
Effect = Literal["Allow", "Deny"]
LayerResult = Literal["allows", "denies", "does not allow", "only if", "none", "not collected"]


class Provision(msgspec.Struct, frozen=True):
    """A condition on which the decision hangs.

    Of one Allow statement all are needed, of one Deny statement one is enough; of the Allow statements of one kind of
    policy one has to apply.

    Attributes:
        layer: the kind of policy that sets it.
        document: which policy, for people.
        statement: its index, or None where no statement was read.
        effect: of that statement.
        operator: as the document has it; empty where the provision is no condition of a statement.
        key: as the document has it.
        values: the policy's values.
        text: what has to be so, as a clause that follows "only if": of a Deny, that the condition does not hold.
    """

    layer: Layer
    document: str
    statement: int | None
    effect: Effect
    operator: str
    key: str
    values: tuple[str, ...]
    text: str


class Deciding(msgspec.Struct, frozen=True):
    """A statement that decides.

    Attributes:
        layer: the kind of policy.
        document: which policy, for people.
        statement: its index in the document.
        sid: its name, or empty.
        effect: what it does.
        certain: whether it surely applies; else its conditions are not all decided.
    """

    layer: Layer
    document: str
    statement: int
    sid: str
    effect: Effect
    certain: bool


class LayerVerdict(msgspec.Struct, frozen=True):
    """What one layer says by itself.

    Attributes:
        layer: the kind of policy.
        result: ``none`` where there is no such policy.
        documents: the policies of the layer.
    """

    layer: Layer
    result: LayerResult
    documents: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True, tag_field="schema", tag="guardrift/decision/1"):
    """Whether a principal may do something.

    Attributes:
        principal: the ARN asked about.
        action: the action asked about.
        resource: the resource asked about.
        decision: ``only_if`` where it hangs on ``conditions``.
        conditions: what it hangs on; empty for ``yes`` and ``no``.
        statements: those that decide; empty where nothing allows.
        layers: what each kind of policy says.
        not_collected: what was not read, and is assumed to change nothing; a policy that is assumed not to exist.
        reason: the answer in one sentence.
    """

    principal: str
    action: str
    resource: str
    decision: Verdict
    conditions: tuple[Provision, ...]
    statements: tuple[Deciding, ...]
    layers: tuple[LayerVerdict, ...]
    not_collected: tuple[str, ...]
    reason: str
