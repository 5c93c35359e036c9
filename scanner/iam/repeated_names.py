"""JSON in which a name that is said twice in one object is not lost."""

from __future__ import annotations

import json

import msgspec


class Repeating(dict[str, object]):
    """A JSON object in which a name occurs more than once; ``repeated`` is the first that does."""

    def __init__(self, members: dict[str, object], repeated: str) -> None:
        super().__init__(members)
        self.repeated = repeated


def decoded(text: bytes) -> object:
    """The JSON value; an object that has a name twice is a ``Repeating``.

    msgspec keeps the last of equal names without a word. Only a document that is not the same text once it is written
    again can have lost one, and of these, one without escapes has not if as many quotation marks are left.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    try:
        body: object = msgspec.json.decode(text)
        again = msgspec.json.encode(body)
    except msgspec.DecodeError as fault:
        raise ValueError(str(fault)) from None
    if again == text or (b"\\" not in text and again.count(b'"') == text.count(b'"')):
        return body
    return json.loads(text, object_pairs_hook=_paired)


def repeats(text: bytes) -> bool:
    """Whether some object in a JSON text has a name twice.

    Raises:
        msgspec.DecodeError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    again = msgspec.json.encode(msgspec.json.decode(text))
    if again == text or (b"\\" not in text and again.count(b'"') == text.count(b'"')):
        return False
    found = False

    def paired(pairs: list[tuple[str, object]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) != len(pairs)

    json.loads(text, object_pairs_hook=paired)
    return found


def _paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    repeated = None
    for name, value in pairs:
        if name in found and repeated is None:
            repeated = name
        found[name] = value
    return found if repeated is None else Repeating(found, repeated)
