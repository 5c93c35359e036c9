"""The scorecard of readiness for a terminal: plain text, at most about 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from reports.narrowed import sentences
from reports.readiness import QUESTIONS
from reports.unknowns import FAILURES
from reports.verdict import counted, moment
from reports.visible import inert, visible
from scanner.readiness import NextStep, PhaseScore, Scorecard

_COLUMNS = 100
_BAR = 20
_MOST_RULES = 4
_MOST_REASONS = 6


def render(card: Scorecard) -> str:
    """The score of each phase, what would help most, and what is unknown."""
    sections = (_heading(card), _phases(card), _narrowed(card), _steps(card), _unknown(card))
    lines = [line for section in map(list, sections) if section for line in (*section, "")]
    return "\n".join(inert(visible(line)).rstrip() for line in lines[:-1]) + "\n"


def _wrapped(text: str, *, first: int, then: int) -> list[str]:
    """Lines with their indents; names of rules stay whole."""
    return textwrap.wrap(
        text, _COLUMNS, initial_indent=" " * first, subsequent_indent=" " * then, break_on_hyphens=False
    )


def _heading(card: Scorecard) -> Iterator[str]:
    yield f"guardrift: readiness of account {card.account_id}, as of {moment(card.judged_at)}"
    yield "If credentials leaked tonight:"


def _phases(card: Scorecard) -> Iterator[str]:
    for phase in card.phases:
        yield f"  {phase.phase:<12} {_bar(phase.score)} {_score(phase)}  {QUESTIONS[phase.phase]}"
        for told in (_named("fails", phase.failed_rules), _named("unknown", phase.unknown_rules)):
            yield from told


def _bar(score: int | None) -> str:
    full = 0 if score is None else score * _BAR // 100
    return "[" + "#" * full + "." * (_BAR - full) + "]"


def _score(phase: PhaseScore) -> str:
    if phase.score is None:
        return "not judged"
    best = f" to {phase.at_best}" if phase.at_best not in {None, phase.score} else ""
    return f"{phase.score:>3}{best}{'*' if phase.is_narrowed else ''}"


def _named(word: str, rules: tuple[str, ...]) -> Iterator[str]:
    if rules:
        more = f" and {len(rules) - _MOST_RULES} more" if len(rules) > _MOST_RULES else ""
        text = f"{word}: {', '.join(rules[:_MOST_RULES])}{more}"
        yield from _wrapped(text, first=15, then=17)


def _narrowed(card: Scorecard) -> Iterator[str]:
    told = [line for text in sentences(card.narrowed) for line in _wrapped(text, first=2, then=4)]
    if told:
        yield "* Narrowed: the score is not of all that guardrift asks, as it asks it"
        yield from told


def _steps(card: Scorecard) -> Iterator[str]:
    if not card.next_steps:
        yield "Nothing that was read would raise a score."
        return
    yield "What would help most"
    for number, step in enumerate(card.next_steps, 1):
        rise = f"{step.phase} +{step.gain:g} to {step.score}"
        yield from _wrapped(f"{number}. {step.title} ({step.severity}; {rise})", first=2, then=5)
        yield from _detail(step)


def _detail(step: NextStep) -> Iterator[str]:
    places = ", ".join(step.places) + (" and more" if step.failed > len(step.places) else "")
    yield from _wrapped(f"{counted(step.failed, 'finding')}: {places}", first=5, then=5)
    first = step.fix.split("\n\n")[0]
    yield from _wrapped(first, first=5, then=5)
    yield f"     guardrift rules show {step.rule_id}"


def _unknown(card: Scorecard) -> Iterator[str]:
    if not card.unknown:
        yield "Nothing is unknown."
        return
    total = sum(part.verdicts for part in card.unknown)
    yield f"Unknown ({counted(total, 'verdict')}; they count as not passed)"
    for part in card.unknown[:_MOST_REASONS]:
        reason = f"{part.api} {FAILURES.get(part.status, part.status)}" if part.api else part.reason
        text = f"{reason}: {counted(part.verdicts, 'verdict')} of {', '.join(part.rules[:_MOST_RULES])}"
        more = f" and {len(part.rules) - _MOST_RULES} more" if len(part.rules) > _MOST_RULES else ""
        yield from _wrapped(text + more, first=2, then=4)
    if len(card.unknown) > _MOST_REASONS:
        yield f"  and {counted(len(card.unknown) - _MOST_REASONS, 'further reason')}"
