"""Sets of actions as numbers: what the patterns of statements cover, split wherever two of them part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from scanner.drift.told import Actions
from scanner.iam.catalogue import catalogue
from scanner.iam.documents import Statement
from scanner.iam.matching import matches
from scanner.iam.pattern_sets import lower

_UNKNOWN = "Unknown"
OTHERS = "any other action"
"""Actions of which neither the catalogue nor a statement knows the name."""

_OTHER = "guardrift-probe:other"
_MANY = 1000


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


class Alike(NamedTuple):
    """A class of actions: one that stands for it, the known ones, and the unknown ones; it has one kind only."""

    action: str
    mask: int
    strange: tuple[str, ...]


class Split:
    """Actions in classes of which the same statements speak.

    Attributes:
        classes: each of them.
    """

    def __init__(self, affected: Iterable[Statement], every: Iterable[Statement]) -> None:
        changed, statements = list(affected), list(every)
        patterns = {pattern for each in (*changed, *statements) for pattern in each.actions}
        self._extras = sorted({_OTHER, *(lower(pattern) for pattern in patterns if not numbers().of(pattern))})
        self._covered: dict[str, frozenset[str]] = {}
        self._masks: dict[int, int] = {}
        known, strange = 0, set[str]()
        for each in changed:
            known |= self._mask(each)
            strange |= self._strange(each)
        self.classes = [*self._known(known, statements), *self._unknown(strange, statements)]

    def speaks(self, statement: Statement, alike: Alike) -> bool:
        """Whether one of the statements speaks of the actions of a class."""
        if alike.strange:
            return alike.action in self._strange(statement)
        return bool(self._mask(statement) & alike.mask)

    def _mask(self, statement: Statement) -> int:
        found = self._masks.get(id(statement))
        if found is None:
            found = 0
            for pattern in statement.actions:
                found |= numbers().of(pattern)
            found = numbers().everything & ~found if statement.not_actions else found
            self._masks[id(statement)] = found
        return found

    def _strange(self, statement: Statement) -> frozenset[str]:
        found = frozenset[str]().union(*map(self._matched, statement.actions))
        return frozenset(self._extras) - found if statement.not_actions else found

    def _matched(self, pattern: str) -> frozenset[str]:
        """The unknown actions that a pattern covers; each pattern is looked at once."""
        found = self._covered.get(pattern)
        if found is None:
            low = lower(pattern)
            if "*" in low or "?" in low:
                found = frozenset(name for name in self._extras if matches(low, name))
            else:
                found = frozenset({low}) if low in self._extras else frozenset()
            self._covered[pattern] = found
        return found

    def _known(self, affected: int, statements: list[Statement]) -> list[Alike]:
        blocks = [affected] if affected else []
        for mask in {self._mask(each) for each in statements}:
            split = []
            for block in blocks:
                inside = block & mask
                split += [part for part in (inside, block & ~mask) if part] if inside else [block]
            blocks = split
        return [Alike(numbers().names[(block & -block).bit_length() - 1], block, ()) for block in blocks]

    def _unknown(self, affected: set[str], statements: list[Statement]) -> list[Alike]:
        covered = [self._strange(each) for each in statements]
        alike: defaultdict[tuple[bool, ...], list[str]] = defaultdict(list)
        for name in sorted(affected):
            alike[tuple([name in each for each in covered])].append(name)
        return [Alike(names[0], 0, tuple(names)) for names in alike.values()]


def folded(mask: int, others: Iterable[str] = ()) -> tuple[Actions, ...]:
    """A set of actions by service and access level."""
    strange = set(others)
    has_others = _OTHER in strange
    if has_others:
        # Those that some statement names are among all others then.
        strange.clear()
    found = [
        Actions("*" if ":" not in name else name.partition(":")[0], _UNKNOWN, (name,), 0) for name in sorted(strange)
    ]
    if has_others and mask.bit_count() > _MANY and mask == numbers().everything:
        return (Actions("*", "*", ("*",), len(numbers().names)), *found)
    found += [Actions("*", _UNKNOWN, (OTHERS,), 0)] if has_others else []
    for service, names in _by_service(mask).items():
        found += _of_service(service, names)
    return tuple(sorted(found))


def _by_service(mask: int) -> dict[str, list[str] | None]:
    """The actions of a set by service; None where none of a service is missing."""
    found: dict[str, list[str] | None] = {}
    if mask.bit_count() > _MANY:
        for service, whole in _services():
            held = mask & whole
            if held:
                found[service] = None if held == whole else numbers().named(held)
        return found
    named: defaultdict[str, list[str]] = defaultdict(list)
    for name in numbers().named(mask):
        named[name.partition(":")[0]].append(name)
    return {
        service: None if len(names) == len(catalogue().actions_of(service)) else names
        for service, names in named.items()
    }


@cache
def _services() -> tuple[tuple[str, int], ...]:
    """The known actions of every service."""
    everything = numbers().everything
    return tuple((service, everything & numbers().of(f"{service}:*")) for service in catalogue().services())


def _of_service(service: str, held: list[str] | None) -> list[Actions]:
    if held is None:
        return [Actions(service, "*", (f"{service}:*",), len(catalogue().actions_of(service)))]
    names = set(held)
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
