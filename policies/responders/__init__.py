"""Containment documents of others: what each of them is, and what in it would leave a thief in."""

from __future__ import annotations

from policies.responders.faults import Fault
from policies.responders.judging import judge_document
from policies.responders.recognising import MOST_BYTES, DocumentKind, Recognised, what_it_is

__all__ = ["MOST_BYTES", "DocumentKind", "Fault", "Recognised", "judge_document", "what_it_is"]
