"""The verdict of a gate as text for a terminal or a log: what the change itself brings, then what blocks and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.diff_text import change_lines, wrapped
from reports.gate_words import WORDS, after_change, expiring, facts, headline, proposed, remedies, standing
from reports.lines import line, prose
from reports.verdict import counted
from reports.visible import inert, visible
from scanner.gate import Gate, GatedFinding

_MOST = 50
_MOST_GREW = 8


def render(found: Gate, *, every: bool = False) -> str:
    """The verdict in lines that hold no control character and nothing that a CI runner obeys.

    Args:
        found: the verdict.
        every: whether nothing is left out, however much there is.
    """
    most = None if every else _MOST
    blocks = [
        _head(found),
        _proposed(found, most),
        _findings("Blocking findings", [each for each in found.findings if each.blocks], most),
        _drift(found, most, blocks=True, every=every),
        _missing(found, most),
        _findings("Findings that do not block", _others(found), most),
        _drift(found, most, blocks=False, every=every),
        _list("Accepted, and fixed since", [f"{each.rule} {each.resource}" for each in found.fixed], most),
        _list("Accepted, and expiring within two weeks", map(expiring, found.expiring), most),
        _todo(found),
    ]
    texts = ["\n".join(block) for block in map(list, blocks) if block]
    return "".join(inert(visible(each)).rstrip() + "\n" for each in "\n\n".join(texts).split("\n"))


def _head(found: Gate) -> Iterator[str]:
    yield f"guardrift gate: AWS account {line(found.account_id, 20)} against {line(found.baseline, 200)}"
    yield line(facts(found), 300)
    yield headline(found)
    yield standing(found)


def _proposed(found: Gate, most: int | None) -> Iterator[str]:
    yield from _list("The change under review brings along", map(proposed, found.proposed), most)
    said = after_change(found)
    if said:
        yield f"  {said}"


def _others(found: Gate) -> Sequence[GatedFinding]:
    return [each for each in found.findings if not each.blocks]


def _findings(title: str, findings: Sequence[GatedFinding], most: int | None) -> Iterator[str]:
    if not findings:
        return
    yield f"{title}: {len(findings):,}"
    for each in findings[:most]:
        yield from _finding(each)
    yield from _left(len(findings), most)


def _finding(each: GatedFinding) -> Iterator[str]:
    where = f" ({line(each.resource.region, 40)})" if each.resource.region else ""
    status = "unknown, " if each.status == "unknown" else ""
    head = f"{each.severity.upper():<8} {status}{WORDS[each.why]}"
    yield f"  {head}: {line(each.rule_id, 100)}  [{each.fingerprint[:16]}]"
    yield f"      {line(each.resource.arn or each.resource.name, 300)}{where}"
    yield from wrapped(prose(each.message, 1_000), "      ")
    for fact in each.grew[:_MOST_GREW]:
        yield from wrapped(f"+ not accepted: {line(fact, 400)}", "      ")
    if len(each.grew) > _MOST_GREW:
        yield f"      + and {len(each.grew) - _MOST_GREW:,} more"
    if each.accepted_by_change:
        yield from wrapped(f"the change itself: {prose(each.accepted_by_change, 600)}", "      ")
    if each.place:
        yield f"      at {line(each.place, 300)}"


def _drift(found: Gate, most: int | None, *, blocks: bool, every: bool) -> Iterator[str]:
    changes = [each.change for each in found.drift if each.blocks is blocks]
    if not changes:
        return
    yield f"{'Blocking drift' if blocks else 'Drift that widens and does not block'}: {len(changes):,}"
    for change in changes[:most]:
        yield from change_lines(change, every=every)
    yield from _left(len(changes), most)


def _missing(found: Gate, most: int | None) -> Iterator[str]:
    said = [*found.missing, *(f"{each.resource.arn}: {each.what}" for each in found.not_comparable)]
    yield from _list("Not read, or not comparable with the baseline", said, most)


def _list(title: str, lines: Iterable[str], most: int | None) -> Iterator[str]:
    found = list(lines)
    if not found:
        return
    yield f"{title}: {len(found):,}"
    for each in found[:most]:
        yield from wrapped(f"- {line(each, 600)}", "  ")
    yield from _left(len(found), most)


def _left(number: int, most: int | None) -> Iterator[str]:
    if most is not None and number > most:
        yield f"  and {counted(number - most, 'more', 'more')}; --all shows them"


def _todo(found: Gate) -> Iterator[str]:
    for what, command in remedies(found):
        yield from wrapped(f"{what}:", "")
        yield f"  {line(command, 2_000)}"
