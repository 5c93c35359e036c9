"""Escalation paths as sentences, for a terminal: plain text of at most about 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.paths_blast import blast
from reports.paths_groups import Group, groups, left_out, unknown
from reports.paths_words import ASSUMED, CONFIDENCE, Names, clauses, listed, state, wrapped
from reports.verdict import counted, moment
from reports.visible import inert, visible
from scanner.iam.escalation.told import Chain, Survey, Totals, Traced

_MOST_NAMES = 5
_MOST_ADMINISTRATORS = 20
_MOST_SENTENCES = 10


def render(survey: Survey, *, every: bool = False, limit: int | None = 50) -> str:
    """The survey in sentences.

    The text holds no control character but the line feed, and no line that a CI runner takes for a command.

    Args:
        survey: the answer.
        every: whether each principal stands alone, with all its paths, and lists are whole.
        limit: how many groups of principals are shown at most.
    """
    names = Names(survey)
    if survey.totals is not None:
        sections = [summary(survey, names), *_ways(survey, names, every=every, limit=limit)]
        sections += [_unknown(survey, names, every=every), _administrators(survey, names, every=every)]
    else:
        traced = survey.principals[0]
        sections = [summary(survey, names), _numbered(traced, names, survey), _state(traced, survey)]
        if traced.blast_radius is not None:
            sections.append(blast(traced, traced.blast_radius, names, every=every))
    blocks = ["\n".join(section) for section in (*sections, [ASSUMED])]
    return finished("\n\n".join(block for block in blocks if block))


def finished(text: str) -> str:
    """Lines that are safe to print, without white space at their ends."""
    return "".join(inert(visible(line)).rstrip() + "\n" for line in text.split("\n"))


def summary(survey: Survey, names: Names) -> Iterator[str]:
    """What the account is, the answer in a sentence, and what was not read."""
    yield f"guardrift: AWS account {visible(survey.account_id)}, as it was read {moment(survey.taken_at)}"
    answer = _of_all(survey, survey.totals, names) if survey.totals else _of_one(survey, survey.principals[0], names)
    yield from wrapped(answer, "")
    missing = survey.missing if survey.totals else (*survey.principals[0].unread, *survey.missing)
    if missing:
        yield "Not read, and so perhaps not told:" if survey.complete else "This may be wrong. What was not read:"
        for text in missing[:_MOST_SENTENCES]:
            yield from wrapped(visible(text), "  ")
        if len(missing) > _MOST_SENTENCES:
            yield f"  and {len(missing) - _MOST_SENTENCES:,} more"


def _of_all(survey: Survey, totals: Totals, names: Names) -> str:
    if survey.to is not None:
        name = names.of(survey.to.arn)
        found = f"{totals.able:,} of {counted(totals.principals, 'principal')} can become {name}"
        others = sum(arn != survey.to.arn for arn in survey.administrators)
        also = f" So can {counted(others, 'administrator')}, and whoever becomes one."
        return f"{found}{_of_unread(totals)}.{also if survey.to.by_administrators and others else ''}"
    admins = "1 is an administrator" if totals.administrators == 1 else f"{totals.administrators:,} are administrators"
    if totals.able == 1:
        found = f"1 of {counted(totals.principals, 'principal')} is no administrator but can become one"
    elif totals.able:
        found = f"{totals.able:,} of {counted(totals.principals, 'principal')} are no administrators but can become one"
    else:
        found = f"No way was found by which one of {counted(totals.principals, 'principal')} becomes an administrator"
    return f"{found}; {admins}{_of_unread(totals)}."


def _of_unread(totals: Totals) -> str:
    return f"; of {totals.unread:,} it is not known, since policies were not read" if totals.unread else ""


def _of_one(survey: Survey, traced: Traced, names: Names) -> str:
    name = names.of(traced.arn)
    if survey.to is not None:
        goal = names.of(survey.to.arn)
        return f"{name} can become {goal}." if traced.paths else f"No way was found by which {name} becomes {goal}."
    if traced.administrator is not None:
        sources = ", ".join(traced.administrator.sources)
        conditions = " and ".join(traced.administrator.conditions)
        return visible(f"{name} is an administrator already, by {sources}{f', if {conditions}' if conditions else ''}.")
    if not traced.paths:
        return f"No way was found by which {name} becomes an administrator."
    others = f" and {traced.others:,} more" if traced.others else ""
    ways = counted(len(traced.paths), "way")
    return f"{name} is no administrator, but can become one, in {ways}{others}."


def _ways(survey: Survey, names: Names, *, every: bool, limit: int | None) -> Iterator[Iterator[str]]:
    found = groups(survey, every=every)
    shown = found[:limit]
    for confidence, heading in CONFIDENCE.items():
        members = [group for group in shown if group.confidence == confidence]
        if members:
            yield _section(heading, members, names, survey, every=every)
    if len(shown) < len(found):
        yield iter([rest(found, limit)])


def rest(found: list[Group], limit: int | None) -> str:
    """What is not shown."""
    number, principals = left_out(found, limit)
    ways = counted(number, "more group", "more groups")
    return f"Not shown: {ways}, {counted(principals, 'principal')}. --limit {len(found)} shows all."


def _section(heading: str, found: Sequence[Group], names: Names, survey: Survey, *, every: bool) -> Iterator[str]:
    yield f"{heading}: {counted(sum(len(group.members) for group in found), 'principal')}"
    for group in found:
        members = listed([_marked(each, names) for each in group.members], None if every else _MOST_NAMES)
        yield from wrapped(members, "  ")
        for path in group.paths:
            yield from _sentence(path, names, survey, "    ")
        if group.more:
            yield "    " + more(group)


def more(group: Group) -> str:
    """How many further ways the members have."""
    ways = counted(group.more, "more way")
    return f"and {ways}" if len(group.members) == 1 else f"and up to {ways} each"


def _marked(traced: Traced, names: Names) -> str:
    """The name, with a remark where something of an incident holds the principal back."""
    return names.of(traced.arn) + (" (contained)" if traced.artefacts else "")


def _sentence(path: Chain, names: Names, survey: Survey, indent: str) -> Iterator[str]:
    steps = list(clauses(path, names, survey))
    for place, clause in enumerate(steps):
        text = f"{'then ' if place else ''}{clause}{';' if place < len(steps) - 1 else '.'}"
        yield from wrapped(text, indent + ("  " if place else ""), hanging=4)


def _numbered(traced: Traced, names: Names, survey: Survey) -> Iterator[str]:
    for place, path in enumerate(traced.paths, start=1):
        yield f"{place:>3}. {CONFIDENCE[path.confidence]}"
        yield from _sentence(path, names, survey, "     ")


def _state(traced: Traced, survey: Survey) -> Iterator[str]:
    if not traced.artefacts:
        return
    yield "Contained at present; what is told here is without these, since they are there to be removed"
    for artefact in traced.artefacts:
        yield from wrapped(state(artefact, survey), "  ")


def _unknown(survey: Survey, names: Names, *, every: bool) -> Iterator[str]:
    found = list(unknown(survey))
    if not found:
        return
    yield f"Not known, since policies were not read: {counted(len(found), 'principal')}"
    for traced in found if every else found[:_MOST_SENTENCES]:
        yield from wrapped(visible(f"{names.of(traced.arn)}: {'; '.join(traced.unread)}"), "  ")
    if not every and len(found) > _MOST_SENTENCES:
        yield f"  and {len(found) - _MOST_SENTENCES:,} more"


def _administrators(survey: Survey, names: Names, *, every: bool) -> Iterator[str]:
    if not survey.administrators or survey.to is not None:
        return
    yield f"Administrators: {len(survey.administrators):,}"
    shown = [names.of(arn) for arn in survey.administrators]
    yield from wrapped(listed(sorted(shown), None if every else _MOST_ADMINISTRATORS), "  ")
