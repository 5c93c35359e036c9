"""The status of containment as text for people: bounded, in lines that hold no control character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from policies.cutoff import format_instant
from policies.eradication import Eradication, Remnant
from policies.status import ContainmentStatus
from reports.diff_text import wrapped
from reports.lines import line
from reports.verdict import counted
from reports.visible import inert, visible
from scanner.containment.artefacts import ContainmentArtefact

_MOST, _MOST_SAID = 200, 20
_SENTENCE = 1_000
_ORDER = ("needed", "unknown", "by hand", "removable")
_ALL = "--format json shows them"


def status_text(status: ContainmentStatus) -> str:
    """The status in lines; commands are whole, and of very many things the first are told."""
    blocks = [list(_head(status)), list(_artefacts(status.artefacts))]
    blocks.append(list(_sentences("Not read, so that more may be there", (*status.unknown, *status.elsewhere))))
    if status.eradication is not None:
        blocks += [list(each) for each in _eradication(status.eradication)]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return "".join(inert(visible(each)).rstrip() + "\n" for each in text.split("\n"))


def _head(status: ContainmentStatus) -> Iterator[str]:
    yield f"guardrift: AWS account {line(status.account_id, 40)}, read at {format_instant(status.taken_at)}"
    counts = Counter[str](each.state for each in status.artefacts)
    if counts:
        said = ", ".join(f"{counts[state]:,} {state}" for state in _ORDER if counts[state])
        yield f"Containment: {counted(len(status.artefacts), 'thing')} ({said})."
    else:
        yield "No containment." if status.complete else "No containment in what was read."


def _artefacts(found: Sequence[ContainmentArtefact]) -> Iterator[str]:
    ordered = sorted(found, key=lambda each: _ORDER.index(each.state))
    for each in ordered[:_MOST]:
        name = f" {line(each.name, 200)}" if each.name else ""
        yield f"  {each.state.upper():<10} {each.kind}{name} of {line(each.whose, 300)}"
        times = [
            *([f"cutoff {format_instant(each.cutoff)}"] if each.cutoff is not None else []),
            *([f"safe to remove from {format_instant(each.safe_to_remove)} on"] if each.safe_to_remove else []),
            f"put there, it seems, by {each.by}",
        ]
        yield from wrapped(f"{line(each.why, _SENTENCE)} ({'; '.join(times)})", "      ")
    if len(ordered) > _MOST:
        yield f"  and {len(ordered) - _MOST:,} more; {_ALL}"
    if ordered:
        yield "  What guardrift put there is taken away with: guardrift contain --rollback JOURNAL"


def _sentences(title: str, said: Sequence[str]) -> Iterator[str]:
    if said:
        yield f"{title}: {len(said):,}"
        for each in said[:_MOST_SAID]:
            yield from wrapped(f"- {line(each, _SENTENCE)}", "  ")
        if len(said) > _MOST_SAID:
            yield f"  and {len(said) - _MOST_SAID:,} more; {_ALL}"


def _eradication(found: Eradication) -> Iterator[Iterator[str]]:
    yield _remnants(found)
    yield _sentences("Left out", found.left_out)
    yield _sentences("Cannot be compared", found.unknown)
    if found.not_asked:
        yield iter(wrapped(f"Neither side was asked for: {line(', '.join(found.not_asked), _SENTENCE)}", ""))
    yield _elsewhere(found)
    yield _sentences("To know", found.notes)


def _remnants(found: Eradication) -> Iterator[str]:
    taken = f" of {line(found.since.taken_at, 40)}" if found.since.taken_at else ""
    yield f"Since {line(found.since.source, 200)}{taken}, in this order: {len(found.remnants):,}"
    if not found.remnants:
        yield "  Nothing appeared." if found.complete else "  Nothing appeared in what could be compared."
    for number, each in enumerate(found.remnants[:_MOST], start=1):
        yield from _remnant(number, each)
    if len(found.remnants) > _MOST:
        yield f"  and {len(found.remnants) - _MOST:,} more; {_ALL}"


def _remnant(number: int, each: Remnant) -> Iterator[str]:
    where = f" in {line(each.resource.region, 40)}" if each.resource.region else ""
    when = f", {format_instant(each.created)}" if each.created is not None else ""
    yield f"  {number}. {line(each.what, 300)}: {each.resource.type} {line(each.resource.name, 200)}{where}{when}"
    for word, commands in (("disable", each.hold), ("remove or put back", each.remove)):
        if commands:
            yield f"      {word}:"
            yield from (f"        {command}" for command in commands)
    if each.breaks:
        yield from wrapped(f"breaks: {line(each.breaks, _SENTENCE)}", "      ")
    if each.note:
        yield from wrapped(line(each.note, _SENTENCE), "      ")


def _elsewhere(found: Eradication) -> Iterator[str]:
    yield "Not collected: look there yourself, in every region"
    for look in found.elsewhere:
        yield f"  {look.what}"
        yield from (f"    {command}" for command in look.commands)
