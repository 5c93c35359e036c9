"""Escalation paths as a drawing: nodes and edges, which DOT and Mermaid write in their own ways.

Names come from the account. Whatever a language could take for more than text is escaped, and no node has a link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from reports.paths_groups import Group, groups, left_out
from reports.paths_words import Names, acts_on_itself, listed, provisos
from reports.verdict import moment
from reports.visible import inert, visible
from scanner.iam.escalation.step import Step
from scanner.iam.escalation.told import Survey, Traced

_MOST_NAMES = 3
_MOST_ARNS = 20

Shape = Literal["principal", "administrator", "becomes administrator", "rights", "several"]


@dataclass(frozen=True, slots=True)
class Node:
    """A principal, several that can do the same, or administrator rights as such.

    Attributes:
        key: what tells it from others; nodes are in the order of their keys.
        full: the ARN, or ARNs.
    """

    key: tuple[str, ...]
    text: str
    full: str
    shape: Shape


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A step; ``hangs`` says that it has conditions or needs something that IAM data does not show."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    text: str
    full: str
    hangs: bool


@dataclass(slots=True)
class Drawing:
    """What is drawn, under a title."""

    title: str
    nodes: dict[tuple[str, ...], Node] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)

    def numbered(self) -> dict[tuple[str, ...], str]:
        """A plain name for each node, in a stable order."""
        return {key: f"n{place}" for place, key in enumerate(sorted(self.nodes), start=1)}


_RIGHTS = Node(("~rights",), "administrator rights", "every right in the account", "rights")


def drawing(survey: Survey, *, every: bool = False, limit: int | None = 50) -> Drawing:
    """The paths of a survey; the arguments are those of the sentences."""
    names = Names(survey)
    found = groups(survey, every=every or survey.totals is None)
    made = Drawing(_title(survey, names, left_out(found, limit)[1]))
    for group in found[:limit]:
        _draw(made, group, names, survey)
    if survey.totals is None:
        _add(made, _principal(survey.principals[0].arn, names, survey))
    return made


def _title(survey: Survey, names: Names, hidden: int) -> str:
    goal = names.of(survey.to.arn) if survey.to else "administrator rights"
    text = f"Paths to {goal}, AWS account {survey.account_id}, as it was read {moment(survey.taken_at)}"
    text += f"; {hidden:,} principals are not shown" if hidden else ""
    return text if survey.complete else f"{text}; not everything could be read"


def _draw(made: Drawing, group: Group, names: Names, survey: Survey) -> None:
    start = _several(group.members, names) if len(group.members) > 1 else None
    for path in group.paths:
        at = start or _principal(path.steps[0].source, names, survey)
        _add(made, at)
        for place, step in enumerate(path.steps):
            ends = place == len(path.steps) - 1
            after = _after(step, at, names, survey, ends=ends)
            _add(made, after)
            made.edges.add(_edge(step, at, after, names))
            at = after


def _after(step: Step, at: Node, names: Names, survey: Survey, *, ends: bool) -> Node:
    """Where one is after a step."""
    if acts_on_itself(step):
        return _RIGHTS if ends and survey.to is None else at
    node = _principal(step.target, names, survey)
    if ends and survey.to is None and node.shape == "principal":
        return Node(node.key, node.text, node.full, "becomes administrator")
    return node


def _principal(arn: str, names: Names, survey: Survey) -> Node:
    shape: Shape = "administrator" if arn in survey.administrators else "principal"
    return Node((arn,), names.of(arn), visible(arn), shape)


def _several(members: tuple[Traced, ...], names: Names) -> Node:
    arns = sorted(each.arn for each in members)
    text = f"{len(arns):,} principals: {listed([names.of(arn) for arn in arns], _MOST_NAMES)}"
    return Node(tuple(arns), text, visible(listed(arns, _MOST_ARNS)), "several")


def _add(made: Drawing, node: Node) -> None:
    known = made.nodes.get(node.key)
    if known is None or known.shape == "principal":
        made.nodes[node.key] = node


def _edge(step: Step, at: Node, after: Node, names: Names) -> Edge:
    is_through = acts_on_itself(step) and step.target != step.source
    text = f"{step.method} {names.of(step.target)}" if is_through else step.method
    full = "; ".join((f"{step.title} ({', '.join(step.actions)})", *provisos(step)))
    return Edge(at.key, after.key, visible(text), visible(full), bool(step.conditions or step.needs))


_DOT = {
    "principal": 'shape=box, style="rounded"',
    "administrator": "shape=ellipse, peripheries=2",
    "becomes administrator": 'shape=ellipse, peripheries=2, style="dashed"',
    "rights": "shape=ellipse, peripheries=2",
    "several": "shape=box3d",
}


def dot(made: Drawing) -> str:
    """The drawing in Graphviz's language; administrators have two borders, and dashed edges hang on something."""
    numbers = made.numbered()
    lines = ["digraph paths {", f"  graph [rankdir=LR, label={_quoted(made.title)}];", "  node [fontsize=10];"]
    lines += ["  edge [fontsize=9];"]
    for key, name in numbers.items():
        node = made.nodes[key]
        label, tip = _quoted(node.text), _quoted(node.full)
        lines.append(f"  {name} [label={label}, tooltip={tip}, {_DOT[node.shape]}];")
    for edge in sorted(made.edges):
        style = ', style="dashed"' if edge.hangs else ""
        label, tip = _quoted(edge.text), _quoted(edge.full)
        lines.append(f"  {numbers[edge.source]} -> {numbers[edge.target]} [label={label}, tooltip={tip}{style}];")
    return "\n".join((*lines, "}")) + "\n"


def _quoted(text: str) -> str:
    """A string of DOT: Graphviz reads escapes with a backslash and entities of HTML in it."""
    plain = inert(visible(text)).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


_MERMAID = {
    "principal": ('["', '"]'),
    "administrator": ('(["', '"])'),
    "becomes administrator": ('(["', '"])'),
    "rights": ('(["', '"])'),
    "several": ('[["', '"]]'),
}


def mermaid(made: Drawing) -> str:
    """The drawing in Mermaid's language; administrators are stadiums, and dotted edges hang on something."""
    numbers = made.numbered()
    lines = [f"%% {_entities(made.title)}", "flowchart LR"]
    for key, name in numbers.items():
        node = made.nodes[key]
        opening, closing = _MERMAID[node.shape]
        lines += [f"  %% {name}: {_entities(node.full)}", f"  {name}{opening}{_entities(node.text)}{closing}"]
    for edge in sorted(made.edges):
        arrow = "-.->" if edge.hangs else "-->"
        lines.append(f'  {numbers[edge.source]} {arrow}|"{_entities(edge.text)}"| {numbers[edge.target]}')
    return "\n".join(lines) + "\n"


_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 _./:@=+,-]")
_MARKS = {"\ufb02": "#92;ufb02", "\xb6": "#92;u00b6"}
"""What Mermaid itself puts in the place of an entity while it reads, and would take for one in a name."""


def _entities(text: str) -> str:
    """Text with every character that could mean something as its number; Mermaid decodes that when it draws."""
    return _NOT_PLAIN.sub(lambda found: _MARKS.get(found[0]) or f"#{ord(found[0])};", visible(text))
