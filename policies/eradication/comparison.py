"""Two states of an account as they are asked about: by name, by meaning, and without what contains the incident."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

import msgspec

from policies.eradication.told import Remnant
from scanner.baseline.shelf import Shelf
from scanner.containment.artefacts import ContainmentArtefact, containment_artefacts
from scanner.findings import Resource
from scanner.iam.documents import parse
from scanner.iam.sources import name_at_aws
from scanner.inventory import Account, Document, Gap, Undetermined, describe

T = TypeVar("T")


@dataclass
class Comparison:
    """The clean state and the present one, and what is found out on the way.

    Attributes:
        left_out: what is other, and no persistence.
        unknown: what one side did not read.
        not_asked: parts that neither side was asked for.
    """

    old: Account
    new: Account
    at: datetime
    left_out: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)
    remnants: list[Remnant] = field(default_factory=list)
    _shelf: Shelf = field(default_factory=Shelf)

    @cached_property
    def artefacts(self) -> dict[tuple[str, str], ContainmentArtefact]:
        """The containment in the present state, by whose it is and its name."""
        found = containment_artefacts(self.new, self.at).found
        return {(each.whose, each.name): each for each in found if each.contains}

    def is_containment(self, whose: str, name: str, what: str, document: Document | Undetermined) -> bool:
        """Whether a policy is there to contain, and allows nothing beside; it is then noted as left out."""
        if (whose, name) not in self.artefacts:
            return False
        is_of_aws = name_at_aws(name) is not None
        if not is_of_aws and (isinstance(document, Undetermined) or grants(document)):
            return False
        self.left_out.append(f"{what}: it contains the incident")
        return True

    @cached_property
    def _former(self) -> frozenset[tuple[str, str]]:
        """The containment in the clean state."""
        found = containment_artefacts(self.old, self.at).found
        return frozenset((each.whose, each.name) for each in found if each.contains)

    def was_containment(self, whose: str, name: str, what: str) -> bool:
        """Whether something that is gone contained an earlier incident: it is never what is put back."""
        found = (whose, name) in self._former
        if found:
            self.left_out.append(f"{what}: it is gone, and contained an incident before the clean state")
        return found

    def both(self, old: Iterable[T] | Gap, new: Iterable[T] | Gap, what: str) -> tuple[list[T], list[T]] | None:
        """Two lists; None where one was not read, which is noted."""
        gaps = [(side, part) for side, part in (("before", old), ("now", new)) if isinstance(part, Gap)]
        for side, part in gaps:
            if isinstance(part, Gap):
                self.unknown.append(f"{what} {side}: {describe(part)}")
        if isinstance(old, Gap) or isinstance(new, Gap):
            return None
        return list(old), list(new)

    def same(self, one: Document, other: Document) -> bool:
        """Whether two policies mean the same."""
        return self._shelf.policy(one) == self._shelf.policy(other)

    def resource(self, arn: str, kind: str, name: str, region: str | None = None) -> Resource:
        """A thing of the account."""
        return Resource(arn, kind, name, self.new.account_id, region)

    def add(self, remnant: Remnant) -> None:
        """Note what was found."""
        self.remnants.append(remnant)


def grants(document: Document) -> bool:
    """Whether a policy allows anything; one that is not understood may."""
    policy = parse(document)
    return bool(policy.problems) or any(each.allows for each in policy.statements)


def restricts(document: Document) -> bool:
    """Whether a policy denies anything; one that is not understood may."""
    policy = parse(document)
    return bool(policy.problems) or any(not each.allows for each in policy.statements)


def text_of(document: Document) -> str:
    """A document as a parameter."""
    return bytes(document).decode("utf-8", "replace")


def as_json(value: object) -> str:
    """A list or object as a parameter of the AWS CLI, which reads JSON as it is."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":"))
