"""At which line of a file something stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

_NAMED = re.compile(r'^\s*"(?:entry|fingerprint|digest)": ("(?:[^"\\]|\\.)*")', re.MULTILINE)
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_COLON = re.compile(r"\s*:")
_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[\]]+)|\[(\.\.\.)\]")


def entry_lines(text: str) -> dict[str, int]:
    """The line of each entry of a file by its name: of a thing, of a finding by its fingerprint, of a document."""
    found: dict[str, int] = {}
    line, at = 1, 0
    for match in _NAMED.finditer(text):
        line += text.count("\n", at, match.start(1))
        at = match.start(1)
        found.setdefault(json.loads(match[1]), line)
    return found


def entry_line(text: str, entry: str) -> int:
    """The line of one entry; the first line where there is none of that name. For many of them, ``entry_lines``."""
    return entry_lines(text).get(entry, 1)


def conflict_line(text: str) -> int | None:
    """The first line at which a merge left its markers."""
    found = _CONFLICT.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def line_at(text: str, position: int) -> int:
    """The line of a position."""
    return text.count("\n", 0, position) + 1


def first_difference(one: str, other: str) -> int:
    """The first line in which two texts differ."""
    pairs = zip(one.split("\n"), other.split("\n"), strict=False)
    return next((number for number, (here, there) in enumerate(pairs, 1) if here != there), one.count("\n") + 1)


def line_of(text: str, path: str) -> int:
    """The line of a value by its path, such as ``$.entries[3].arn``; as far as the path can be followed."""
    wanted = tuple(int(number) if number else name or dots for number, name, dots in _STEP.findall(path))
    best, line = 0, 1
    for reached, position in _places(text):
        shared = _shared(reached, wanted)
        if shared > best and shared == len(reached):
            best, line = shared, line_at(text, position)
        if best == len(wanted):
            break
    return line


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    return next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )


def _places(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """The path of every value of a JSON text, with its position; of a broken text as far as it goes."""
    path: list[str | int] = []
    names: list[bool] = []
    key = ""
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece in "}]":
            if path:
                path.pop()
                names.pop()
        elif piece == ",":
            if path and not names[-1] and isinstance(path[-1], int):
                path[-1] += 1
        elif piece == ":":
            if path and names[-1]:
                path[-1] = key
        else:
            if piece[0] == '"' and names and names[-1] and _COLON.match(text, match.end()):
                key = json.loads(piece)
                yield (*path[:-1], key), match.start()
                continue
            yield tuple(path), match.start()
            if piece in "{[":
                path.append("" if piece == "{" else 0)
                names.append(piece == "{")
