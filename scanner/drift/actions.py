"""Sets of actions as numbers: what the patterns of statements cover, split wherever two of them part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from scanner.drift.told import Actions
from scanner.iam.catalogue import catalogue
from scanner.iam.documents import Statement
from scanner.iam.matching import covers_action
from scanner.iam.pattern_sets import lower

_UNKNOWN = "Unknown"
OTHERS = "any other action"
"""Actions of which neither the catalogue nor a statement knows the name."""

_OTHER = "guardrift-probe:other"


class Numbers:
    """The actions of the catalogue, each with a bit; a pattern is looked at once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._bits: dict[str, int] = {}
        self._masks: dict[str, int] = {}

    @property
    def everything(self) -> int:
        """All actions that are known."""
        return self.of("*")

    def of(self, pattern: str) -> int:
        """The known actions that a pattern covers."""
        found = self._masks.get(pattern)
        if found is None:
            if len(self._masks) > 16384:
                self._masks.clear()
            found = self._masks[pattern] = self._of(pattern)
        return found

    def _of(self, pattern: str) -> int:
        names = catalogue().expand(pattern)
        places = [self._place(name) for name in names]
        if len(places) < 64:
            return sum(1 << place for place in set(places))
        text = bytearray(max(places) // 8 + 1)
        for place in places:
            text[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(text, "little")

    def _place(self, name: str) -> int:
        found = self._bits.get(name)
        if found is None:
            found = self._bits[name] = len(self.names)
            self.names.append(name)
        return found

    def named(self, mask: int) -> list[str]:
        """The actions of a set."""
        found = []
        while mask:
            low = mask & -mask
            found.append(self.names[low.bit_length() - 1])
            mask ^= low
        return found


@cache
def numbers() -> Numbers:
    """The numbers, shared by all that ask."""
    return Numbers()


class Split:
    """Actions in classes of which the same statements speak.

    Attributes:
        classes: for each class an action that stands for it, its known actions, and its unknown ones.
    """

    def __init__(self, affected: Iterable[Statement], every: Iterable[Statement]) -> None:
        changed, statements = list(affected), list(every)
        patterns = {pattern for each in (*changed, *statements) for pattern in each.actions}
        self._extras = sorted({_OTHER, *(lower(pattern) for pattern in patterns if catalogue().unknown(pattern))})
        known, strange = 0, set[str]()
        for each in changed:
            known |= self._mask(each)
            strange |= self._strange(each)
        self.classes = [*self._known(known, statements), *self._unknown(strange, statements)]

    def _mask(self, statement: Statement) -> int:
        found = 0
        for pattern in statement.actions:
            found |= numbers().of(pattern)
        return numbers().everything & ~found if statement.not_actions else found

    def _strange(self, statement: Statement) -> set[str]:
        return {name for name in self._extras if covers_action(statement, name)}

    def _known(self, affected: int, statements: list[Statement]) -> list[tuple[str, int, tuple[str, ...]]]:
        blocks = [affected] if affected else []
        for mask in {self._mask(each) for each in statements}:
            split = []
            for block in blocks:
                inside = block & mask
                split += [part for part in (inside, block & ~mask) if part] if inside else [block]
            blocks = split
        return [(numbers().names[(block & -block).bit_length() - 1], block, ()) for block in blocks]

    def _unknown(self, affected: set[str], statements: list[Statement]) -> list[tuple[str, int, tuple[str, ...]]]:
        covered = [self._strange(each) for each in statements]
        alike: defaultdict[tuple[bool, ...], list[str]] = defaultdict(list)
        for name in sorted(affected):
            alike[tuple(name in each for each in covered)].append(name)
        return [(names[0], 0, tuple(names)) for names in alike.values()]


def folded(mask: int, others: Iterable[str] = ()) -> tuple[Actions, ...]:
    """A set of actions by service and access level."""
    strange = set(others)
    has_others, is_every = _OTHER in strange, bool(mask) and mask == numbers().everything
    strange.discard(_OTHER)
    found = [
        Actions("*" if ":" not in name else name.partition(":")[0], _UNKNOWN, (name,), 0) for name in sorted(strange)
    ]
    if is_every and has_others:
        return (Actions("*", "*", ("*",), len(numbers().names)), *found)
    found += [Actions("*", _UNKNOWN, (OTHERS,), 0)] if has_others else []
    for service, whole in _services():
        held = mask & whole
        if held:
            found += _of_service(service, held, whole)
    return tuple(sorted(found))


@cache
def _services() -> tuple[tuple[str, int], ...]:
    """The known actions of every service."""
    everything = numbers().everything
    return tuple((service, everything & numbers().of(f"{service}:*")) for service in catalogue().services())


def _of_service(service: str, held: int, whole: int) -> list[Actions]:
    if held == whole:
        return [Actions(service, "*", (f"{service}:*",), whole.bit_count())]
    names = set(numbers().named(held))
    found = []
    for level, known in levels_of(service).items():
        mine = sorted(names & known)
        if mine:
            is_all = len(mine) == len(known) and len(mine) > 1
            shown = (f"{service}:* ({level})",) if is_all else tuple(mine)
            found.append(Actions(service, level, shown, len(mine)))
    return found


@cache
def levels_of(service: str) -> dict[str, frozenset[str]]:
    """The actions of a service by access level."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in catalogue().actions_of(service):
        facts = catalogue().action(name)
        found[facts.level.value if facts else _UNKNOWN].add(name)
    return {level: frozenset(found[level]) for level in sorted(found)}


def named_by(found: Iterable[Actions]) -> frozenset[str]:
    """The known actions that folded ones stand for; of unknown ones the names."""
    names: set[str] = set()
    for each in found:
        if each.service == "*" and each.level == "*":
            names.update(numbers().names[: numbers().everything.bit_count()], (OTHERS,))
        elif each.level == "*":
            names.update(catalogue().actions_of(each.service))
        elif each.count > 1 and len(each.names) == 1:
            names |= levels_of(each.service)[each.level]
        else:
            names.update(each.names)
    return frozenset(names)
