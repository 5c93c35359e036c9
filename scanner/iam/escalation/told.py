"""What is told of escalation paths: one document, from which every format is written."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.iam.administrator import Administration
from scanner.iam.artefacts import Artefact
from scanner.iam.escalation.blast import BlastRadius, Counts
from scanner.iam.escalation.paths import Path
from scanner.iam.escalation.step import Step
from scanner.inventory import Instant

Confidence = Literal["high", "medium", "low"]


class Chain(msgspec.Struct, frozen=True):
    """A path, and how far one may rely on it."""

    confidence: Confidence
    steps: tuple[Step, ...]


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """One principal.

    Attributes:
        arn: the user or role.
        administrator: how it is an administrator already; None where it is none.
        escalates: whether it is none and can become one.
        paths: to an administrator, or to the principal that was asked for; the surest and shortest first.
        others: how many further first methods there are beyond the most that are listed.
        blast_radius: what a thief with its credentials has in the end; only where one principal was asked about.
        blast_counts: the size of that; only where all principals were asked about, and counts were wanted.
        artefacts: policies of an incident that lie on it. Paths are found as if they were gone.
        unread: its policies that were not read, each as a sentence.
    """

    arn: str
    administrator: Administration | None = None
    escalates: bool = False
    paths: tuple[Chain, ...] = ()
    others: int = 0
    blast_radius: BlastRadius | None = None
    blast_counts: Counts | None = None
    artefacts: tuple[Artefact, ...] = ()
    unread: tuple[str, ...] = ()


class Goal(msgspec.Struct, frozen=True):
    """A principal to which paths were asked for.

    Attributes:
        arn: the user or role.
        by_administrators: whether every administrator can become it; of roles that AWS keeps none can.
    """

    arn: str
    by_administrators: bool


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over the whole account.

    Attributes:
        principals: users and roles.
        administrators: those that are administrators.
        able: those that are none and can become one; where a principal was asked for, those that can become it by
            other ways than as an administrator.
        unread: those of which nothing of the kind is known and some policy was not read.
    """

    principals: int
    administrators: int
    able: int
    unread: int


class Survey(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/paths/1"):
    """The paths of an account, or of one principal.

    Attributes:
        taken_at: when the facts were read.
        complete: whether nothing that was not read could add a principal, or a path where none was found.
        missing: what was not read beside the policies of the principals listed, each as a sentence.
        totals: None where one principal was asked about.
        administrators: the ARNs of all administrators.
        principals: the one asked about; or those that have a path in the order of their surest, then those that are not
            known because policies were not read, then the administrators.
        to: the principal to which paths were asked for; None where that is any administrator.
    """

    account_id: str
    taken_at: Instant
    complete: bool
    missing: tuple[str, ...]
    totals: Totals | None
    administrators: tuple[str, ...]
    principals: tuple[Traced, ...]
    to: Goal | None = None


def chain(path: Path) -> Chain:
    """A path with its confidence."""
    return Chain(path.confidence, path.steps)
