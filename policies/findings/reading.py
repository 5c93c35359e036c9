"""Findings from a file, in any of the forms in which AWS gives them out, told apart by their shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import msgspec

from policies.findings.fields import member, text
from policies.findings.found import FoundFinding
from policies.findings.guardduty import is_guardduty, read_guardduty
from policies.findings.health import is_health, read_health
from policies.findings.ocsf import is_ocsf, read_ocsf
from policies.findings.securityhub import is_asff, read_asff
from policies.findings.unpacking import MOST_BYTES as MOST_BYTES
from policies.findings.unpacking import documents
from scanner.errors import UsageError

_DEEPEST = 4
_SENDERS = {"GuardDuty": "aws.guardduty", "AWS Health": "aws.health"}
_HINT = (
    "Give a finding of GuardDuty or Security Hub, or an event of AWS Health on exposed credentials: as EventBridge "
    "sends it, as the API lists it, or as it is exported."
)


def as_json(answer: object) -> bytes:
    """What the SDK made of an answer, as the JSON that it was: it makes times of some members.

    Half a surrogate pair, which JSON may spell and no encoding knows, stays spelled out.
    """
    return json.dumps(answer, default=lambda time: time.isoformat()).encode()


def read_findings(content: bytes) -> tuple[FoundFinding, ...]:
    """Every finding of a file.

    It may hold an event of EventBridge, the answer of ``GetFindings`` of GuardDuty or Security Hub, a bare finding, a
    list of these, or one of them in each line; gzip is understood. Fields are found without regard to case.

    Raises:
        UsageError: it is larger than ``MOST_BYTES``, no JSON, holds no finding, or something that is none.
    """
    found = [finding for place, document in documents(content) for finding in _findings(document, place, 0)]
    if not found:
        raise UsageError("There is no finding in the file.", _HINT)
    return tuple(found)


def _findings(document: object, place: str, depth: int) -> Iterator[FoundFinding]:
    if depth > _DEEPEST:
        raise UsageError(f"{_sentence(place)}: lists lie in lists, and no finding was met.", _HINT)
    if isinstance(document, list):
        for at, each in enumerate(document, 1):
            yield from _findings(each, f"item {at} of {place}", depth + 1)
        return
    if not isinstance(document, dict):
        raise UsageError(f"{_sentence(place)} is {_named(document)}, not a finding.", _HINT)
    held = member(document, "findings")
    if isinstance(held, list):
        yield from _findings(held, place, depth + 1)
    elif isinstance(member(document, "detail"), dict):
        yield from _of_event(document, place, depth)
    else:
        yield _one(document, place)


def _of_event(event: dict[str, object], place: str, depth: int) -> Iterator[FoundFinding]:
    """What an event of EventBridge carries; its own ``account`` may be that of an administrator, and is not read."""
    detail = member(event, "detail")
    if isinstance(member(detail, "findings"), list):
        yield from _findings(member(detail, "findings"), place, depth + 1)
        return
    sender = text(event, "source") or "nobody"
    if _reader(detail) is None:
        kind = text(event, "detail-type") or "no detail type"
        raise UsageError(f"{_sentence(place)} is an event of {sender[:80]} ({kind[:80]}), not a finding.", _HINT)
    finding = _one(detail, place)
    expected = _SENDERS.get(finding.source_format)
    if expected and sender != expected:
        said = f"The event comes from {sender[:80]}, not from {expected}: make sure that the finding is genuine."
        finding = msgspec.structs.replace(finding, notes=(*finding.notes, said))
    yield finding


def _one(node: object, place: str) -> FoundFinding:
    reader = _reader(node)
    if reader is None:
        raise UsageError(f"{_sentence(place)} is an object, but no finding: it has not the fields of one.", _HINT)
    return reader(node)


def _reader(node: object) -> Callable[[object], FoundFinding] | None:
    readers = ((is_asff, read_asff), (is_ocsf, read_ocsf), (is_health, read_health), (is_guardduty, read_guardduty))
    return next((reader for is_one, reader in readers if is_one(node)), None)


def _sentence(place: str) -> str:
    return place[:1].upper() + place[1:]


def _named(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "a truth value", str: "a text"}.get(type(value), "a number")
