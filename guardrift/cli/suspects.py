"""The suspects of one call of ``guardrift contain``: those that were named, and those of findings, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from policies.dispatch import Named, merged, named_subject
from policies.findings import FoundFinding
from policies.subjects import Subject
from scanner.errors import UsageError


@dataclass(frozen=True, slots=True)
class Suspect:
    """A subject with what is known of the finding that told it.

    Attributes:
        is_sibling: whether nobody gave the finding: it was found beside another one.
    """

    subject: Subject
    is_finding: bool = False
    is_sample: bool = False
    is_archived: bool = False
    is_sibling: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether it comes from a finding on which nobody acts."""
        return self.is_sample or self.is_archived


def suspects_of_findings(findings: Iterable[FoundFinding], *, are_siblings: bool = False) -> Iterator[Suspect]:
    """The subjects of findings."""
    for each in findings:
        for subject in each.subjects:
            yield Suspect(subject, True, each.is_sample, each.is_archived, are_siblings)


def suspects_of_names(named: dict[str, str]) -> Iterator[Suspect]:
    """The subjects that options name; raises ``UsageError`` for a text that names none."""
    for by, text in named.items():
        kind = next(each for each in get_args(Named) if each == by)
        try:
            yield Suspect(named_subject(kind, text))
        except ValueError as fault:
            raise UsageError(f"--{by}: {fault}", "'guardrift contain --help' says what is taken.") from None


def together(told: Sequence[Suspect]) -> tuple[Suspect, ...]:
    """The suspects, those of one credential once.

    A sample or archived finding marks nobody whom another one tells. A sibling of which nobody but such a finding
    speaks is left out: it says more of a suspect, but makes none.
    """
    # Of two findings that say the same, the open one counts.
    marks = {each.subject: each for each in sorted(told, key=lambda each: not each.is_settled)}
    found = []
    for incident in merged([each.subject for each in told]):
        for subject in incident.subjects:
            own = [mark for known, mark in marks.items() if known == subject or _is_shared(known, subject)]
            if all(each.is_sibling and each.is_settled for each in own):
                continue
            is_settled = all(each.is_settled for each in own)
            found.append(
                Suspect(
                    subject,
                    is_finding=any(each.is_finding for each in own),
                    is_sample=is_settled and any(each.is_sample for each in own),
                    is_archived=is_settled and any(each.is_archived for each in own),
                )
            )
    return tuple(found)


def _is_shared(one: Subject, other: Subject) -> bool:
    same_key = one.access_key is not None and one.access_key == other.access_key
    return same_key or (one.unique_id is not None and one.unique_id == other.unique_id and one.session == other.session)
