"""At which line of a file something stands, or is wrong, whatever is in the file."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence

_NAMED = re.compile(r'^\s*"(?:entry|fingerprint|digest)": ("(?:[^"\\]|\\.)*")', re.MULTILINE)
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_COLON = re.compile(r"\s*:")
_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
_BYTE = re.compile(r"\(byte (\d+)\)")
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


def fault_of_text(content: bytes) -> tuple[int, str] | None:
    """Why bytes are no text that could be a file of a baseline, with the line; None where they may be one."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return 1, "it is UTF-16, and has to be UTF-8"
    if content.startswith(codecs.BOM_UTF8):
        return 1, "it begins with a byte order mark, which an editor may have put there"
    if b"\0" in content:
        return content.count(b"\n", 0, content.index(b"\0")) + 1, "it holds a NUL byte, so it is damaged or no UTF-8"
    try:
        content.decode()
    except UnicodeDecodeError as fault:
        return content.count(b"\n", 0, fault.start) + 1, "it is not UTF-8"
    return None if content.strip() else (1, "it is empty, and so not JSON")


def repeated_key(text: str) -> tuple[str, int, int] | None:
    """The first key that an object of a JSON text says twice, and at which lines."""
    within: list[dict[str, int]] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece == "{":
            within.append({})
        elif piece == "}":
            within.pop()
        elif piece[0] == '"' and _COLON.match(text, match.end()):
            key = json.loads(piece)
            if key in within[-1]:
                return key, line_at(text, within[-1][key]), line_at(text, match.start())
            within[-1][key] = match.start()
    return None


def line_at(text: str, position: int) -> int:
    """The line of a position."""
    return text.count("\n", 0, position) + 1


def line_of_fault(text: str, fault: str) -> int:
    """The line that msgspec names by a byte where a text is no JSON; the last one where it ends too early."""
    byte = _BYTE.search(fault)
    return line_at(text, len(text.encode()[: int(byte[1])].decode(errors="replace")) if byte else len(text.rstrip()))


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
