r"""JSON that is safe to print: what a reader cannot see and what a CI runner obeys are escapes, and decode to the same.

A surrogate without its partner has no place in UTF-8: it becomes the six characters of its escape, such as ``\ud800``.
"""

from __future__ import annotations

import re

import msgspec

from reports.visible import HIDDEN, visible

_SURROGATE = re.compile("[\ud800-\udfff]")


def indented(value: object) -> str:
    """The value as indented JSON with sorted keys and a final newline; equal values give equal text."""
    return f"{formatted(value).decode()}\n"


def formatted(value: object) -> bytes:
    """The same in UTF-8 and without the newline, for which a text of many megabytes would be copied."""
    try:
        encoded = msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_without_surrogates(value), order="sorted")
    text = msgspec.json.format(encoded, indent=2)
    # One character is looked for much faster than two.
    is_inert = text.isascii() and b"\x7f" not in text and not (b"#" in text and b"##" in text)
    return text if is_inert else _inert(text.decode()).encode()


def one_line(value: object) -> str:
    """The value as compact JSON with its keys in the order of its type and a final newline."""
    try:
        encoded = _ENCODER.encode(value)
    except UnicodeEncodeError:
        encoded = _ENCODER.encode(_without_surrogates(value))
    return f"{_inert(encoded.decode())}\n"


_ENCODER = msgspec.json.Encoder()


def _inert(text: str) -> str:
    """The text with escapes for hidden characters, and for what a CI runner obeys wherever it stands.

    Line breaks are those between values: within a string JSON has them, and every other control character but DEL,
    as escapes already.
    """
    if not text.isascii() or "\x7f" in text:
        text = "\n".join(map(_line, text.split("\n")))
    return text.replace("##", "#\\u0023") if "##" in text else text


def _line(line: str) -> str:
    return line if line.isascii() and "\x7f" not in line else HIDDEN.sub(_json_escape, line)


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _without_surrogates(value: object) -> object:
    """The value as plain lists and dictionaries, every lone surrogate in it written out."""
    if isinstance(value, str):
        return _SURROGATE.sub(lambda match: visible(match.group()), value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return _without_surrogates(msgspec.to_builtins(value, order="sorted"))
    return value
