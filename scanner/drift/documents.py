"""Whether a policy document allows more than before, or denies less, and in which statements it is other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from scanner.baseline.shelf import ShelvedDocument
from scanner.drift.told import Cause
from scanner.iam.normal_form import normalise
from scanner.inventory import Document, Undetermined

Statement = dict[str, Any]


class Reworded(msgspec.Struct, frozen=True):
    """How two documents differ; the statements are those of their normal forms.

    Attributes:
        gone: statements of the old one that the new one does not have.
        come: statements of the new one that the old one does not have.
        widens: whether something is allowed that was not, or not denied that was.
        narrows: the reverse.
    """

    gone: tuple[Statement, ...]
    come: tuple[Statement, ...]
    widens: bool
    narrows: bool


def reworded(old: ShelvedDocument | None, new: ShelvedDocument | None) -> Reworded:
    """How a document changed; None where there is none, and nothing is said of what is no policy."""
    before, after = _statements(old), _statements(new)
    gone = tuple(each for each in before if each not in after)
    come = tuple(each for each in after if each not in before)
    if any(each is not None and each.form != "policy" for each in (old, new)):
        return Reworded(gone, come, widens=old != new, narrows=False)
    more, less = _grown(before, after, "Allow")
    more_denied, less_denied = _grown(before, after, "Deny")
    return Reworded(gone, come, widens=more or less_denied, narrows=less or more_denied)


def causes(changed: Reworded, where: str) -> Iterable[Cause]:
    """What happened to the statements of a document, as far as it can be told from what is gone and what came."""
    gone, come = list(changed.gone), list(changed.come)
    for old in list(gone):
        twin = next((new for new in come if _but_for_condition(old) == _but_for_condition(new)), None)
        if twin is not None:
            gone.remove(old)
            come.remove(twin)
            yield _condition(old, twin, where)
    for old in list(gone):
        twin = next((new for new in come if new["Effect"] == old["Effect"] and _shared(old, new)), None)
        if twin is not None:
            gone.remove(old)
            come.remove(twin)
            yield Cause("statement changed", f"{where}: {brief(old)} is now {brief(twin)}")
    for old in gone:
        yield Cause("Deny removed" if old["Effect"] == "Deny" else "statement removed", f"{where}: {brief(old)}")
    for new in come:
        yield Cause("Deny added" if new["Effect"] == "Deny" else "statement added", f"{where}: {brief(new)}")


def brief(statement: Statement) -> str:
    """A statement in a line of bounded length."""
    text = msgspec.json.encode(statement, order="sorted").decode()
    return text if len(text) <= 300 else f"{text[:299]}…"


def _condition(old: Statement, new: Statement, where: str) -> Cause:
    before, after = old.get("Condition"), new.get("Condition")
    if before and not after:
        return Cause("condition dropped", f"{where}: {brief(old)}")
    if after and not before:
        return Cause("condition added", f"{where}: {brief(new)}")
    return Cause("statement changed", f"{where}: {brief(old)} is now {brief(new)}")


def _but_for_condition(statement: Statement) -> Statement:
    return {name: value for name, value in statement.items() if name != "Condition"}


def _shared(old: Statement, new: Statement) -> bool:
    return any(old.get(name) == new.get(name) for name in ("Action", "NotAction") if name in old)


def _statements(shelved: ShelvedDocument | None) -> tuple[Statement, ...]:
    if shelved is None or shelved.form != "policy":
        return ()
    return _decoded(bytes(shelved.document))


@lru_cache(maxsize=4096)
def _decoded(text: bytes) -> tuple[Statement, ...]:
    return tuple(msgspec.json.decode(text).get("Statement", ()))


def _grown(old: tuple[Statement, ...], new: tuple[Statement, ...], effect: str) -> tuple[bool, bool]:
    """Whether there is more of an effect than before, and whether there is less."""
    before = [each for each in old if each["Effect"] == effect]
    after = [each for each in new if each["Effect"] == effect]
    if before == after:
        return False, False
    try:
        both = _normal([*before, *after])
        return both != _normal(before), both != _normal(after)
    except Undetermined:
        return True, True


def _normal(statements: list[Statement]) -> bytes:
    # Variables are written in place of what they stand for only in documents of the newer version.
    document: Mapping[str, Any] = {"Version": "2012-10-17", "Statement": statements}
    return bytes(normalise(Document(msgspec.json.encode(document))))
