"""The verdict of a gate as Markdown for a pull request: bounded, whatever the account and the change hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.diff_text import grant_text
from reports.gate_words import WORDS, after_change, expiring, facts, headline, proposed, remedies, standing
from reports.markdown_text import code, plain
from reports.visible import inert
from scanner.drift.told import Change
from scanner.gate import Gate, GatedFinding

LARGEST = 60_000
"""Bytes; GitHub takes comments of 65,536 characters, and step summaries of 1 MiB."""

_ROOM = {"proposed": 9_000, "blocking": 18_000, "drift": 16_000, "missing": 4_000, "others": 4_000, "rest": 4_000}
_MOST_GRANTS = 4


def render(found: Gate) -> str:
    """What the change under review brings along, then what blocks and why, then how to mend or accept it."""
    blocking = [each for each in found.findings if each.blocks]
    others = [each for each in found.findings if not each.blocks]
    sections = (
        _head(found),
        _proposed(found),
        _findings("Blocking findings", blocking, "blocking"),
        _drift(found),
        _todo(found),
        _missing(found),
        _findings("Findings that do not block", others, "others"),
        _rest("Accepted, and fixed since", [f"{each.rule} {each.resource}" for each in found.fixed]),
        _rest("Accepted, and expiring within two weeks", map(expiring, found.expiring)),
    )
    texts = ["\n".join(map(inert, section)) for section in sections]
    return "\n\n".join(text for text in texts if text) + "\n"


def beside_findings(found: Gate) -> Iterator[str]:
    """What a gate tells beside findings, as the lines of sections: what the change brings, drift, what is missing."""
    sections = [list(each) for each in (_proposed(found), _drift(found), _missing(found))]
    for number, section in enumerate(each for each in sections if each):
        yield from ("",) if number else ()
        yield from section


def _head(found: Gate) -> Iterator[str]:
    yield f"# guardrift gate: AWS account {plain(found.account_id, 20)}"
    yield ""
    yield f"**{plain(headline(found), 500)}**"
    yield ""
    yield f"{plain(facts(found), 300)}, against {code(found.baseline, 200)}. {plain(standing(found), 500)}"


def _proposed(found: Gate) -> Iterator[str]:
    if not found.proposed and found.after_change is None:
        return
    yield "## The change under review brings along"
    yield ""
    lines = [f"- {_proposal(each)}" for each in map(proposed, found.proposed)]
    yield from _fitting(lines, "proposed")
    said = after_change(found)
    if said:
        yield ""
        yield said


def _proposal(text: str) -> str:
    verb, _, rest = text.partition(" ")
    return f"{verb} {code(rest, 500)}"


def _findings(title: str, findings: Sequence[GatedFinding], room: str) -> Iterator[str]:
    if not findings:
        return
    yield f"## {title}: {len(findings):,}"
    yield ""
    yield "| Severity | Why | Rule | Resource | Seen | Id |"
    yield "|---|---|---|---|---|---|"
    yield from _fitting([_finding(each) for each in findings], room)


def _finding(each: GatedFinding) -> str:
    seen = code(each.message, 240)
    if each.grew:
        seen += f", more than was accepted: {code(', '.join(each.grew), 300)}"
    if each.accepted_by_change:
        seen += f"; the change itself: {plain(each.accepted_by_change, 240)}"
    where = f" in {code(each.resource.region, 30)}" if each.resource.region else ""
    place = f", {code(each.place, 160)}" if each.place else ""
    status = "unknown, " if each.status == "unknown" else ""
    cells = (
        each.severity, f"{status}{WORDS[each.why]}", code(each.rule_id, 80),
        code(each.resource.name or each.resource.arn, 120) + where + place, seen, code(each.fingerprint[:16], 16),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _drift(found: Gate) -> Iterator[str]:
    if not found.drift:
        return
    blocking = sum(each.blocks for each in found.drift)
    yield f"## Drift that widens access, or takes away from what protects: {len(found.drift):,}, {blocking:,} blocking"
    yield ""
    yield from _fitting([_change(each.change, blocks=each.blocks) for each in found.drift], "drift")


def _change(change: Change, *, blocks: bool) -> str:
    """One change as an item, with what it gains, what follows from it and why below it."""
    where = f" in {code(change.resource.region, 30)}" if change.resource.region else ""
    mark = "" if blocks else " (does not block)"
    what = f"{plain(change.resource.type, 60)} {code(change.resource.arn, 200)}{where}: {code(change.what, 160)}"
    lines = [f"- **{change.severity}** {what}{mark}"]
    lines += [f"  - gained {code(grant_text(grant), 400)}" for grant in change.gained[:_MOST_GRANTS]]
    if len(change.gained) > _MOST_GRANTS:
        lines.append(f"  - and {len(change.gained) - _MOST_GRANTS:,} more gains")
    lines += [f"  - so that {code(text, 400)}" for text in change.consequence[:_MOST_GRANTS]]
    lines += [f"  - because {plain(cause.kind, 60)} {code(cause.text, 200)}" for cause in change.cause[:_MOST_GRANTS]]
    return "\n".join(map(inert, lines))


def _missing(found: Gate) -> Iterator[str]:
    said = [*found.missing, *(f"{each.resource.arn}: {each.what}" for each in found.not_comparable)]
    if said:
        yield f"## Not read, or not comparable with the baseline: {len(said):,}"
        yield ""
        yield from _fitting([f"- {code(each, 300)}" for each in said], "missing")


def _rest(title: str, said: Iterable[str]) -> Iterator[str]:
    lines = [f"- {code(each, 300)}" for each in said]
    if lines:
        yield f"## {title}: {len(lines):,}"
        yield ""
        yield from _fitting(lines, "rest")


def _todo(found: Gate) -> Iterator[str]:
    for number, (what, command) in enumerate(remedies(found)):
        yield from ("",) if number else ()
        yield f"{plain(what, 300)}:"
        yield ""
        yield code(command, 2_000)


def _fitting(lines: Sequence[str], section: str) -> Iterator[str]:
    """As many of the lines as there is room for in a section, and how many are left."""
    room = _ROOM[section]
    for number, text in enumerate(lines):
        room -= len(text.encode()) + 1
        if room < 0:
            yield ""
            yield f"And {len(lines) - number:,} more, which the log and the report list."
            return
        yield text
