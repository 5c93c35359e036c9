"""Readiness for an incident, phase by phase, in words."""

from __future__ import annotations

from typing import NamedTuple

from scanner.findings import PHASES, Phase
from scanner.report import PhaseScore, Report

_QUESTIONS: dict[Phase, str] = {
    "detect": "Would you notice a leaked credential?",
    "contain": "Could you stop whoever uses it?",
    "investigate": "Could you find out what was done with it?",
    "eradicate": "Could you remove every foothold that was left?",
}

_WORDS = ((100, "ready"), (80, "nearly ready"), (50, "partly ready"), (0, "not ready"))


class Readiness(NamedTuple):
    """One phase: its name, the question it answers, the score in words, and the numbers."""

    phase: Phase
    question: str
    word: str
    numbers: PhaseScore


def readiness(report: Report) -> tuple[Readiness, ...]:
    """The phases in the order of an incident; phases that the report does not mention are left out."""
    scores = report.summary.readiness
    return tuple(
        Readiness(phase, _QUESTIONS[phase], _word(scores[phase]), scores[phase]) for phase in PHASES if phase in scores
    )


def _word(numbers: PhaseScore) -> str:
    if numbers.score is None:
        return "not judged"
    word = next(word for least, word in _WORDS if numbers.score >= least)
    return f"{word}, as far as known" if numbers.unknown else word
