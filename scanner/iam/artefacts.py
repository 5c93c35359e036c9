"""Policies that contain an incident: a revocation of sessions, AWS's key quarantine, a Deny of everything.

They are recognised by what they say, and AWS's own by their ARN. Whoever judges what a principal can do leaves them
out, since they are there to be removed, and names them as the state of an incident.

Source: "Revoking IAM role temporary security credentials" in the IAM User Guide.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from scanner.iam.catalogue import catalogue
from scanner.iam.conditions import moment
from scanner.iam.documents import Statement
from scanner.iam.grants import extract, interest, mask_of
from scanner.iam.sources import Source, name_at_aws

ArtefactKind = Literal["session revocation", "key quarantine", "deny all"]

_QUARANTINE = "AWSCompromisedKeyQuarantine"
_ISSUED = "aws:tokenissuetime"


class Artefact(msgspec.Struct, frozen=True, order=True):
    """A policy of an incident on a principal.

    Attributes:
        kind: what it does.
        source: which policy it is, for people.
        cutoff: for a revocation, the time before which sessions are refused; the latest of several.
    """

    kind: ArtefactKind
    source: str
    cutoff: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """About when it was put there; only a revocation tells."""
        return self.cutoff


def is_quarantine(arn: str) -> bool:
    """Whether an ARN is that of a policy by which AWS quarantines a user whose key was found in public."""
    return _QUARANTINE in arn and (name_at_aws(arn) or "").startswith(_QUARANTINE)


def artefact(source: Source) -> Artefact | None:
    """What of a policy is there to contain an incident."""
    if not extract(source.policy).denies and _QUARANTINE not in source.name:
        return None
    if _is_quarantine(source):
        return Artefact("key quarantine", source.name)
    denies = [grant.statement for grant in extract(source.policy).denies]
    if any(_denies_everything(statement) for statement in denies):
        return Artefact("deny all", source.name)
    cutoffs = [cutoff for statement in denies if (cutoff := _cutoff(statement)) is not None]
    return Artefact("session revocation", source.name, max(cutoffs)) if cutoffs else None


def cleared(source: Source) -> Source:
    """A policy without what of it contains an incident; of a quarantine nothing is left."""
    if _is_quarantine(source):
        kept: tuple[Statement, ...] = ()
    else:
        kept = tuple(each for each in source.policy.statements if not _contains(each))
    return msgspec.structs.replace(source, policy=msgspec.structs.replace(source.policy, statements=kept))


def _is_quarantine(source: Source) -> bool:
    named = _QUARANTINE in source.name and source.layer == "identity"
    return named and is_quarantine(source.name.rpartition(" ")[2])


def _contains(statement: Statement) -> bool:
    return not statement.allows and (_denies_everything(statement) or _cutoff(statement) is not None)


def _denies_everything(statement: Statement) -> bool:
    """Whether nothing, or next to nothing such as the actions by which one tests it, is left."""
    if statement.conditions or statement.not_resources or not _is_everything(statement.resources):
        return False
    if statement.not_actions:
        return all(_TESTS.issuperset(catalogue().expand(pattern)) for pattern in statement.actions)
    return mask_of(statement) == interest().everything


_TESTS = frozenset({"iam:GetRole", "iam:GetUser", "sts:GetAccessKeyInfo", "sts:GetCallerIdentity"})
"""Actions that a Deny of everything may leave, to test whether it holds; one that leaves more is a guardrail."""


def _is_everything(patterns: tuple[str, ...]) -> bool:
    return any(pattern and not pattern.strip("*") for pattern in patterns)


def _cutoff(statement: Statement) -> datetime | None:
    """The time before which a Deny of everything refuses sessions."""
    if statement.not_resources or not _is_everything(statement.resources):
        return None
    if mask_of(statement) != interest().everything:
        return None
    times = [
        moment(value)
        for condition in statement.conditions
        if condition.key == _ISSUED and condition.operator in {"datelessthan", "datelessthanequals"}
        for value in condition.values
    ]
    found = [time for time in times if time is not None]
    return max(found) if found else None
