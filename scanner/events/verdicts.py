"""Yes, no, or None for "not known", as Kleene combined them: an answer that does not matter leaves no doubt."""

from __future__ import annotations

from collections.abc import Iterable

Verdict = bool | None


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Yes if one of them is yes, not known if one of them may be."""
    doubt = False
    for verdict in verdicts:
        if verdict:
            return True
        doubt = doubt or verdict is None
    return None if doubt else False


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """No if one of them is no, not known if one of them may be."""
    doubt = False
    for verdict in verdicts:
        if verdict is None:
            doubt = True
        elif not verdict:
            return False
    return None if doubt else True


def opposite(verdict: Verdict) -> Verdict:
    """The negation; what is not known stays so."""
    return None if verdict is None else not verdict
