"""A blast radius in compact lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.paths_words import Names, listed, wrapped
from reports.verdict import counted
from scanner.iam.escalation.blast import BlastRadius
from scanner.iam.escalation.told import Traced
from scanner.iam.methods import Notable, escalation_catalogue

_MOST_NAMES = 10
_HANGING = 9


def blast(traced: Traced, radius: BlastRadius, names: Names, *, every: bool) -> Iterator[str]:
    """What a thief with the principal's credentials has in the end.

    Args:
        traced: the principal.
        radius: its blast radius.
        names: short names.
        every: whether lists are whole; otherwise long ones are cut, and all that is known is only counted.
    """
    catalogue = escalation_catalogue()
    most = None if every else _MOST_NAMES
    yield "Blast radius"
    yield from _line("becomes", _becomes(traced, radius, names, most))
    yield from _line("changes", _changes(traced, radius, names, most))
    kinds = {each.id: each.name for each in catalogue.yields}
    known = [kinds.get(secret.id, secret.id) for secret in radius.secrets]
    number = counted(len(known), "kind of secret", "kinds of secrets")
    yield from _line("reads", _whole_or(number, known, len(kinds), "; ", every=every))
    for word, found, every_one in (
        ("blinds", radius.blinding, catalogue.blinding),
        ("stays", radius.persistence, catalogue.persistence),
    ):
        said = list(_by_service(found))
        text = f"{counted(len(found), 'action')} {_PURPOSE[word]}"
        yield from _line(word, _whole_or(text, said, _different(every_one), "; ", every=every, number=len(found)))


_PURPOSE = {"blinds": "blinding logging or detection", "stays": "by which it can stay"}


def _line(word: str, text: str) -> list[str]:
    return wrapped(f"{word:<9}{text}", "  ", hanging=_HANGING)


def _becomes(traced: Traced, radius: BlastRadius, names: Names, most: int | None) -> str:
    found = [names.of(each.arn) + (" (administrator)" if each.administrator else "") for each in radius.principals]
    if traced.administrator is not None:
        return "as an administrator, every principal but the roles that AWS keeps"
    text = f"{counted(len(found), 'principal')}: {listed(found, most)}" if found else "no principal"
    return f"{text}; then, as an administrator, every other but the roles that AWS keeps" if traced.escalates else text


def _changes(traced: Traced, radius: BlastRadius, names: Names, most: int | None) -> str:
    if traced.administrator is not None or traced.escalates:
        return "as an administrator, the rights of everyone"
    changed = [names.of(arn) for arn in radius.changes]
    if not changed:
        return "nobody's rights beside those"
    number = counted(len(changed), "principal or group", "principals and groups")
    return f"the rights of {number} beside those: {listed(changed, most)}"


def _whole_or(
    head: str, texts: Sequence[str], known: int, joint: str, *, every: bool, number: int | None = None
) -> str:
    """The number and the texts; without the texts where they are all that is known."""
    size = len(texts) if number is None else number
    if not size:
        return "nothing was found"
    if size == known and not every:
        return f"{head}: all that are known"
    return f"{head}: {joint.join(texts)}"


def _different(notables: Iterable[Notable]) -> int:
    return len({each.action for each in notables})


def _by_service(actions: Sequence[str]) -> Iterator[str]:
    """Actions without repeating their service, such as ``cloudtrail:DeleteTrail, StopLogging``."""
    found: dict[str, list[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        found.setdefault(service, []).append(name)
    for service, names in found.items():
        yield f"{service}:{', '.join(dict.fromkeys(names))}"
