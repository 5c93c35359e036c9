"""What a policy document contains an incident with, told by its meaning and not by its name.

Sources: "Revoke IAM role temporary security credentials" in the IAM User Guide, for the document that the console
writes under the name ``AWSRevokeOlderSessions``; its times have milliseconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from scanner.iam.artefacts import artefact
from scanner.iam.conditions import moment
from scanner.iam.documents import Condition, Policy, Statement
from scanner.iam.grants import interest, mask_of
from scanner.iam.sources import Source

CONSOLE_POLICY = "AWSRevokeOlderSessions"
"""The inline policy that AWS's console writes, and guardrift too."""

OWN_PREFIX = "ir-"
"""How the names of guardrift's other policies begin."""

Author = Literal["guardrift", "AWS console", "AWS", "somebody"]
Form = Literal["revocation", "everything", "one"]

ISSUED = "aws:tokenissuetime"
"""The key that tells when the credentials of a session were issued."""

DATED = frozenset({"datelessthan", "datelessthanequals"})
"""The operators, without IfExists, by which a cutoff denies."""

IDENTITY_KEYS = frozenset({
    "aws:userid", "aws:principalarn", "aws:sourceidentity", "aws:principalaccount", "ec2:sourceinstancearn",
    "identitystore:userid", "aws:signinsessionarn",
})  # fmt: skip
"""Keys that say who asks."""

EQUAL_OPERATORS = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
"""The operators, without IfExists, that hold for the values they name."""

_SIDS = frozenset({
    "IrRevokeSessions", "IrRevokeOneSession", "IrIsolateSession", "IrRevokeInstance", "IrQuarantineUser",
    "IrRequireMfa", "IrRevokeOld", "IrFreezeTrust", "IrContain", "IrContainOld", "IrContainChain", "IrContainPerson",
    "IrRevokePerson", "IrBlockForeign",
})  # fmt: skip
_NOBODY = "sts:assumerole"


class Shape(msgspec.Struct, frozen=True):
    """How a document contains.

    Attributes:
        form: ``revocation`` goes by the time, ``everything`` denies all, ``one`` denies all to one session, instance,
            person or list of principals.
        cutoff: the latest of the times; None where there is none, or none that is understood.
        has_time: whether it goes by time alone, so that a time tells when it can go.
        spelling: the time as it is written, to tell who wrote it.
        sids: of the statements.
    """

    form: Form
    cutoff: datetime | None = None
    has_time: bool = False
    spelling: str = ""
    sids: frozenset[str] = frozenset()


def shape_of(policy: Policy, name: str) -> Shape | None:
    """How a policy of a principal contains; None for one that does not.

    Args:
        policy: what it says.
        name: what it is called, for people.
    """
    denies = [each for each in policy.statements if not each.allows]
    sids = frozenset(each.sid for each in denies)
    whole = [each for each in denies if _is_of_everything(each)]
    known = artefact(Source("identity", name, policy))
    if (known is not None and known.kind == "deny all") or any(not each.conditions for each in whole):
        return Shape("everything", sids=sids)
    dated = [each for each in whole if _times(each)]
    lasting = [each for each in whole if not _times(each) and all(map(_says_who, each.conditions))]
    if lasting:
        return Shape("one", sids=sids)
    if not dated:
        return None
    times = [text for each in dated for text in _times(each)]
    found = {text: time for text in times if (time := _instant(text)) is not None}
    if not found:
        return Shape("revocation", sids=sids)
    last = max(found, key=lambda text: found[text])
    return Shape("revocation", found[last], has_time=len(found) == len(set(times)), spelling=last, sids=sids)


def is_frozen(trust: Policy) -> Statement | None:
    """The statement of a trust policy that lets nobody assume the role; None where there is none."""
    for each in trust.statements:
        everybody = not each.not_principals and any(name == "*" for _, name in each.principals)
        names = {action.lower() for action in each.actions}
        is_plain = not each.allows and not each.conditions and not each.not_actions
        if is_plain and everybody and names & {_NOBODY, "sts:*", "*"}:
            return each
    return None


def is_named_like_one(name: str) -> bool:
    """Whether a policy has the name of a containment."""
    return name == CONSOLE_POLICY or name.startswith(OWN_PREFIX)


def author_of(name: str, shape: Shape | None) -> Author:
    """Who may have put a policy in place; names and Sids are there for everybody to choose."""
    if name.startswith(OWN_PREFIX) or (shape is not None and shape.sids & _SIDS):
        return "guardrift"
    if name == CONSOLE_POLICY and shape is not None:
        return "AWS console" if "." in shape.spelling else "guardrift"
    return "somebody"


def _is_of_everything(statement: Statement) -> bool:
    if statement.not_resources or statement.not_actions:
        return False
    is_everywhere = any(each and not each.strip("*") for each in statement.resources)
    return is_everywhere and mask_of(statement) == interest().everything


def _says_who(condition: Condition) -> bool:
    """Whether a condition names whom a Deny is for; one that names whom it spares is a guardrail."""
    return condition.key in IDENTITY_KEYS and condition.operator in EQUAL_OPERATORS


def _times(statement: Statement) -> list[str]:
    return [
        value for each in statement.conditions if each.key == ISSUED and each.operator in DATED for value in each.values
    ]


def _instant(text: str) -> datetime | None:
    try:
        return moment(text)
    except (ValueError, OverflowError):
        return None
