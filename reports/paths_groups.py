"""Principals that can take the same steps, told as one: thousands of roles often share a few ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.iam.escalation.told import Chain, Confidence, Survey, Traced


@dataclass(frozen=True, slots=True)
class Group:
    """Principals whose surest path differs in its beginning alone.

    Attributes:
        members: in the order of their ARNs.
        paths: of the first member: the surest one, or all that are listed.
        more: how many further ways some member has at most.
    """

    confidence: Confidence
    members: tuple[Traced, ...]
    paths: tuple[Chain, ...]
    more: int


def groups(survey: Survey, *, every: bool = False) -> list[Group]:
    """The principals that have a path, the surest and shortest first; with ``every`` each alone, with all its paths."""
    found: dict[object, list[Traced]] = {}
    for traced in survey.principals:
        if traced.paths:
            found.setdefault(traced.arn if every else _way(traced), []).append(traced)
    return [_group(tuple(members), every=every) for members in found.values()]


def left_out(all_groups: list[Group], limit: int | None) -> tuple[int, int]:
    """How many groups, and how many principals in them, are beyond a limit."""
    beyond = [] if limit is None else all_groups[limit:]
    return len(beyond), sum(len(group.members) for group in beyond)


def unknown(survey: Survey) -> Iterator[Traced]:
    """The principals of which no path is known and policies were not read."""
    return (each for each in survey.principals if each.unread and not each.paths and each.administrator is None)


def _way(traced: Traced) -> object:
    """What the members of a group share: the surest path, with who takes it left out."""
    best = traced.paths[0]
    steps = tuple(
        (
            step.method,
            "" if step.source == traced.arn else step.source,
            "" if step.target == traced.arn else step.target,
            step.actions,
            step.conditions,
            step.needs,
        )
        for step in best.steps
    )
    return best.confidence, steps


def _group(members: tuple[Traced, ...], *, every: bool) -> Group:
    first = members[0]
    more = max(each.others + (0 if every else len(each.paths) - 1) for each in members)
    return Group(first.paths[0].confidence, members, first.paths if every else first.paths[:1], more)
