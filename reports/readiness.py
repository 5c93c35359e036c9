"""Readiness for an incident, phase by phase, in words."""

from __future__ import annotations

from typing import NamedTuple

from scanner.findings import PHASES, Phase
from scanner.report import Report

QUESTIONS: dict[Phase, str] = {
    "detect": "Would you notice a leaked credential?",
    "contain": "Could you stop whoever uses it?",
    "investigate": "Could you find out what was done with it?",
    "eradicate": "Could you remove every foothold that was left?",
}
"""The question that each phase answers."""

_WORDS = ((100, "ready"), (80, "nearly ready"), (50, "partly ready"), (0, "not ready"))


class Readiness(NamedTuple):
    """One phase: its name, the question it answers, the score (0 to 100) and the same in a word, and the verdicts."""

    phase: Phase
    question: str
    word: str
    score: int | None
    passed: int
    failed: int
    unknown: int


def readiness(report: Report) -> tuple[Readiness, ...]:
    """The phases in the order of an incident; phases that the report does not mention are left out."""
    return tuple(_phase(report, phase) for phase in PHASES if phase in report.summary.readiness)


def _phase(report: Report, phase: Phase) -> Readiness:
    rules = [rule for rule in report.rules if rule.phase == phase]
    score, unknown = report.summary.readiness[phase], sum(rule.unknown for rule in rules)
    return Readiness(
        phase=phase,
        question=QUESTIONS[phase],
        word=_word(score, unknown),
        score=score,
        passed=sum(rule.passed for rule in rules),
        failed=sum(rule.failed for rule in rules),
        unknown=unknown,
    )


def _word(score: int | None, unknown: int) -> str:
    if score is None:
        return "not judged"
    word = next(word for least, word in _WORDS if score >= least)
    return f"{word}, as far as known" if unknown else word
