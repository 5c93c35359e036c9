"""Whether a policy document allows more than before, or denies less, and in which statements it is other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from scanner.baseline.shelf import ShelvedDocument
from scanner.drift.told import Cause
from scanner.iam.catalogue import catalogue
from scanner.iam.normal_form import normalise
from scanner.inventory import Document, Undetermined

Statement = dict[str, Any]
Statements = tuple[Statement, ...]


class Reworded(msgspec.Struct, frozen=True):
    """How two documents differ; the statements are those of their normal forms.

    Attributes:
        gone: statements of the old one that the new one does not have.
        come: statements of the new one that the old one does not have.
        widens: whether something is allowed that was not, or not denied that was.
        narrows: the reverse.
    """

    gone: Statements
    come: Statements
    widens: bool
    narrows: bool


def reworded(old: ShelvedDocument | None, new: ShelvedDocument | None) -> Reworded:
    """How a document changed; None where there is none, and nothing is said of what is no policy."""
    before, after = _statements(old), _statements(new)
    gone, come = _apart(before, after)
    if any(each is not None and each.form != "policy" for each in (old, new)):
        return Reworded(gone, come, widens=old != new, narrows=False)
    more, less = _grown(before, after, "Allow")
    more_denied, less_denied = _grown(before, after, "Deny")
    return Reworded(gone, come, widens=more or less_denied, narrows=less or more_denied)


def _apart(before: Statements, after: Statements) -> tuple[Statements, Statements]:
    """The statements that are other, of each only the principals of whom it says something else."""
    gone, come = _parts(before), _parts(after)
    return (
        tuple(map(_spelt, _joined(each for key, each in gone.items() if key not in come))),
        tuple(map(_spelt, _joined(each for key, each in come.items() if key not in gone))),
    )


def _parts(statements: Statements) -> dict[bytes, Statement]:
    return {_key(part): part for each in statements for part in _by_principal(each)}


def _key(statement: Statement) -> bytes:
    return msgspec.json.encode(statement, order="sorted")


def _spelt(statement: Statement) -> Statement:
    """The statement with its actions as AWS writes them; the normal form has them in lower case."""
    return {name: [_action(each) for each in value] if name in _ACTIONS else value for name, value in statement.items()}


def _action(name: str) -> str:
    known = () if "*" in name or "?" in name else catalogue().expand(name)
    return known[0] if len(known) == 1 else name


def _by_principal(statement: Statement) -> list[Statement]:
    principals = statement.get("Principal")
    if not isinstance(principals, dict):
        return [statement]
    return [{**statement, "Principal": {kind: [name]}} for kind in sorted(principals) for name in principals[kind]]


def _joined(statements: Iterable[Statement]) -> list[Statement]:
    """Statements that say the same of several principals as one again."""
    found: dict[bytes, Statement] = {}
    for each in statements:
        principals = each.get("Principal")
        key = msgspec.json.encode({**each, "Principal": None} if isinstance(principals, dict) else each, order="sorted")
        known = found.setdefault(key, {**each, "Principal": {}} if isinstance(principals, dict) else each)
        if isinstance(principals, dict):
            for kind, names in principals.items():
                known["Principal"].setdefault(kind, []).extend(names)
    return list(found.values())


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
            yield Cause("statement changed", f"{where}: {_altered(old, twin)}")
    for old in gone:
        yield Cause("Deny removed" if old["Effect"] == "Deny" else "statement removed", f"{where}: {brief(old)}")
    for new in come:
        yield Cause("Deny added" if new["Effect"] == "Deny" else "statement added", f"{where}: {brief(new)}")


def brief(statement: Statement) -> str:
    """A statement in a line of bounded length."""
    return _bounded(statement)


def _bounded(value: Any) -> str:
    text = ", ".join(value) if _is_of_texts(value) else msgspec.json.encode(value, order="sorted").decode()
    return text if len(text) <= 300 else f"{text[:299]}…"


def _is_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _altered(old: Statement, new: Statement) -> str:
    """By which elements a statement is another, and which one it is by the elements that stayed."""
    same = {name: value for name, value in new.items() if old.get(name) == value}
    names = [name for name in _ELEMENTS if old.get(name) != new.get(name)]
    return f"{'; '.join(_element(name, old.get(name), new.get(name)) for name in names)}, in {brief(same)}"


def _element(name: str, old: Any, new: Any) -> str:
    if not isinstance(old or [], list) or not isinstance(new or [], list):
        return f"{name} {_bounded(old)} is now {_bounded(new)}"
    signs = [("no longer with", [each for each in old or () if each not in (new or ())])]
    signs.append(("now with", [each for each in new or () if each not in (old or ())]))
    return f"{name} " + " and ".join(f"{word} {_bounded(found)}" for word, found in signs if found)


def _condition(old: Statement, new: Statement, where: str) -> Cause:
    before, after = old.get("Condition"), new.get("Condition")
    if before and not after:
        return Cause("condition dropped", f"{where}: {brief(old)}")
    if after and not before:
        return Cause("condition added", f"{where}: {brief(new)}")
    return Cause("statement changed", f"{where}: {_altered(old, new)}")


def _but_for_condition(statement: Statement) -> Statement:
    return {name: value for name, value in statement.items() if name != "Condition"}


def _shared(old: Statement, new: Statement) -> bool:
    """Whether a statement may be another one, changed: of the same actions, or of some of them in the same place."""
    if any(old.get(name) == new.get(name) for name in _ACTIONS if name in old):
        return True
    if any(old.get(name) != new.get(name) for name in _PLACES):
        return False
    return any(not set(old.get(name, ())).isdisjoint(new.get(name, ())) for name in _ACTIONS)


_ACTIONS = ("Action", "NotAction")
_PLACES = ("Principal", "NotPrincipal", "Resource", "NotResource")
_ELEMENTS = (*_ACTIONS, *_PLACES, "Condition")


def _statements(shelved: ShelvedDocument | None) -> Statements:
    if shelved is None or shelved.form != "policy":
        return ()
    return _decoded(bytes(shelved.document))


@lru_cache(maxsize=4096)
def _decoded(text: bytes) -> Statements:
    return tuple(msgspec.json.decode(text).get("Statement", ()))


def _grown(old: Statements, new: Statements, effect: str) -> tuple[bool, bool]:
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
