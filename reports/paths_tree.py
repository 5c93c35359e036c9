"""Escalation paths as a tree: whoever has the rights at the left, what they lead to at the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reports.paths_groups import Group, groups, left_out
from reports.paths_text import finished, more, rest, summary
from reports.paths_words import COLUMNS, CONFIDENCE, Names, listed, provisos, target, wrapped
from reports.visible import visible
from scanner.iam.escalation.step import Step
from scanner.iam.escalation.told import Chain, Survey

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Strokes:
    """What the lines of a tree are drawn with, each three columns wide."""

    branch: str
    last: str
    through: str


UNICODE = Strokes("├─ ", "└─ ", "│  ")
ASCII = Strokes("|- ", "`- ", "|  ")

_BLANK = "   "


@dataclass(slots=True)
class _Node:
    text: str
    below: dict[Step, _Node] = field(default_factory=dict)


def render(survey: Survey, *, every: bool = False, limit: int | None = 50, strokes: Strokes = UNICODE) -> str:
    """The survey as a tree of plain text; the arguments are those of the sentences."""
    names = Names(survey)
    found = groups(survey, every=every or survey.totals is None)
    blocks = ["\n".join(summary(survey, names))]
    blocks += ["\n".join(_tree(group, names, survey, strokes, every=every)) for group in found[:limit]]
    if left_out(found, limit)[0]:
        blocks.append(rest(found, limit))
    return finished("\n\n".join(blocks))


def _tree(group: Group, names: Names, survey: Survey, strokes: Strokes, *, every: bool) -> Iterator[str]:
    label = listed([names.of(each.arn) for each in group.members], None if every else _MOST_NAMES)
    root = _Node(f"{label} ({len(group.members):,} principals)" if len(group.members) > 1 else label)
    for path in group.paths:
        _grow(root, path, names, survey)
    if group.more:
        root.below[_MORE] = _Node(more(group))
    yield from wrapped(root.text, "")
    yield from _drawn(root, "", strokes)


_MORE = Step("", "", "", "", ())


def _grow(root: _Node, path: Chain, names: Names, survey: Survey) -> None:
    """Add a path; beginnings that paths share are drawn once."""
    at = root
    for step in path.steps:
        if step not in at.below:
            at.below[step] = _Node(_label(step, path, names, survey))
        at = at.below[step]


def _label(step: Step, path: Chain, names: Names, survey: Survey) -> str:
    name = target(step, names)
    if step is path.steps[-1]:
        confidence = CONFIDENCE[path.confidence].lower()
        becomes = "administrator" if step.target in survey.administrators else "then administrator"
        name += f" ({confidence})" if survey.to is not None else f" ({becomes}, {confidence})"
    return visible("; ".join((f"{name}  {step.method} {step.title} ({', '.join(step.actions)})", *provisos(step))))


def _drawn(node: _Node, indent: str, strokes: Strokes) -> Iterator[str]:
    below = list(node.below.values())
    for place, child in enumerate(below):
        is_last = place == len(below) - 1
        onward = indent + (_BLANK if is_last else strokes.through)
        beneath = onward + (strokes.through if child.below else _BLANK)
        first, *further = wrapped(child.text, "", hanging=0, width=max(COLUMNS - len(beneath), COLUMNS // 2))
        yield indent + (strokes.last if is_last else strokes.branch) + first
        yield from (beneath + line for line in further)
        yield from _drawn(child, onward, strokes)
