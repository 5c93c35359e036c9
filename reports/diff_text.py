"""Drift as text for a terminal: gains first, each with its cause and what follows from it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from reports.lines import line
from reports.verdict import counted
from reports.visible import inert, visible
from scanner.drift.told import Actions, Change, Diff, Grant

_MOST_CHANGES, _MOST_GRANTS, _MOST_CAUSES, _MOST_NAMES, _MOST_TEXT = 200, 8, 8, 8, 300
_MOST_IN_LINE = 60
_HEADINGS = {
    "widens": "Widens access, or takes away from what protects",
    "not_comparable": "Cannot be compared: one side did not see it",
    "narrows": "Narrows",
    "neutral": "Neither widens nor narrows",
}


def render(diff: Diff, *, every: bool = False) -> str:
    """The drift in lines that hold no control character and nothing that a CI runner obeys.

    Args:
        diff: the document.
        every: whether no change, grant or cause is left out, however many there are.
    """
    blocks = [list(_head(diff))]
    for heading, title in _HEADINGS.items():
        found = [each for each in diff.changes if _group(each) == heading]
        if found:
            blocks.append(list(_section(title, found, every=every)))
    text = "\n\n".join("\n".join(block) for block in blocks)
    return "".join(inert(visible(each)).rstrip() + "\n" for each in text.split("\n"))


def _group(change: Change) -> str:
    return "not_comparable" if change.kind == "not_comparable" else change.direction


def _head(diff: Diff) -> Iterator[str]:
    yield f"guardrift: AWS account {visible(diff.account_id)}, {_side(diff.old)} compared with {_side(diff.new)}"
    if not diff.changes:
        yield "No drift: both mean the same." if diff.complete else "No drift in what could be compared."
    else:
        counts = diff.summary
        said = [f"{counts['widens']:,} widen", f"{counts['narrows']:,} narrow", f"{counts['neutral']:,} do neither"]
        some = f", {counts['not_comparable']:,} cannot be compared" if counts["not_comparable"] else ""
        yield f"{counted(len(diff.changes), 'change')}: {', '.join(said)}{some}."
    if not diff.complete:
        refused = [
            each for each in diff.unseen if each.side == "both" and each.status in ("denied", "throttled", "error")
        ]
        more = (
            f" Neither side could read {', '.join(sorted({visible(each.api) for each in refused}))}." if refused else ""
        )
        yield from wrapped(f"The comparison is incomplete.{more}", "")


def _side(compared: object) -> str:
    return line(str(getattr(compared, "source", "")), 200)


def _section(title: str, found: Sequence[Change], *, every: bool) -> Iterator[str]:
    yield f"{title}: {len(found):,}"
    shown = found if every else found[:_MOST_CHANGES]
    for change in shown:
        yield from change_lines(change, every=every)
    if len(shown) < len(found):
        yield f"  and {len(found) - len(shown):,} more; --all shows them"


def change_lines(change: Change, *, every: bool) -> Iterator[str]:
    """The lines of one change: what gained or lost what, what follows, and why."""
    resource = change.resource
    level = f"{change.severity.upper():<8} " if change.direction == "widens" else ""
    where = f" ({line(resource.region, 40)})" if resource.region else ""
    yield f"  {level}{line(resource.type, 60)} {line(_short(change), 300)}{where}: {line(change.what, 300)}"
    for sign, grants in (("+", change.gained), ("-", change.lost)):
        for grant in grants if every else grants[:_MOST_GRANTS]:
            yield from wrapped(f"{sign} {grant_text(grant)}", "      ")
        if not every and len(grants) > _MOST_GRANTS:
            yield f"      {sign} and {len(grants) - _MOST_GRANTS:,} more"
    told = [each for each in change.cause if each.kind != change.what]
    if not change.gained and not change.lost and not told and change.kind == "changed":
        yield from _values(change)
    for text in change.consequence:
        yield from wrapped(f"=> {line(text, 1_000)}", "      ")
    causes = told if every else told[:_MOST_CAUSES]
    for cause in causes:
        yield from wrapped(f"because {cause.kind}: {line(cause.text, 400)}", "      ")
    if len(causes) < len(told):
        yield f"      and {len(told) - len(causes):,} more causes"


def _short(change: Change) -> str:
    arn = change.resource.arn
    return arn if arn.startswith("arn:") else change.resource.name


def _values(change: Change) -> Iterator[str]:
    pairs = (("before", change.before), ("after", change.after))
    said = [f"{word}: {line(_json(value), _MOST_TEXT)}" for word, value in pairs if value not in (None, [], {})]
    if sum(map(len, said)) <= _MOST_IN_LINE:
        said = [", ".join(said)] if said else []
    for text in said:
        yield from wrapped(text, "      ")


def _json(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value, order="sorted").decode()
    except UnicodeEncodeError:
        return repr(value)


def grant_text(grant: Grant) -> str:
    """A grant in a sentence."""
    actions = "; ".join(_folded(grant.actions))
    text = f"{actions} on {_names(grant.resources)}"
    if grant.but_not:
        text += f" but not {_names(grant.but_not)}"
    if grant.after == "only_if":
        text += f", only if {line(' and '.join(grant.conditions[:_MOST_NAMES]), 600)}"
    if grant.before == "only_if" and grant.conditions_before:
        text += f" (before: only if {line(' and '.join(grant.conditions_before[:_MOST_NAMES]), 600)})"
    elif grant.before == "yes":
        text += " (before: always)" if grant.after == "only_if" else ""
    return text


def _folded(actions: Sequence[Actions]) -> Iterator[str]:
    """The actions; of many services of which nothing is missing no more than how many they are."""
    whole = [each.service for each in actions if each.level == "*" and each.service != "*"]
    rest = list(actions)
    if len(whole) > _MOST_NAMES:
        rest = [each for each in actions if each.level != "*" or each.service == "*"]
        yield f"every action of {len(whole):,} services ({_names(whole)})"
    yield from (_actions(each) for each in rest[:_MOST_NAMES])
    if len(rest) > _MOST_NAMES:
        yield f"and {len(rest) - _MOST_NAMES:,} more services and levels"


def _actions(found: Actions) -> str:
    level = f" ({found.level})" if found.level != "*" and not found.names[0].endswith(")") else ""
    return f"{_names(found.names)}{level}"


def wrapped(text: str, indent: str) -> list[str]:
    """The text in lines; names are never broken."""
    return textwrap.wrap(
        text,
        100,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(line(name, 200) for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES:,} more"
