"""The report as JSON: the one document from which every other format can be made again."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from reports.visible import HIDDEN, visible
from scanner.report import Report

T = TypeVar("T")

_KIND = "report"
_VERSION = 1
_SCHEMA = re.compile(r"guardrift/(?P<kind>[a-z-]{1,30})/(?P<version>[0-9]{1,9})")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Head(msgspec.Struct):
    """What is read of a document before it is known to be a report."""

    schema: str


def render(report: Report) -> str:
    r"""The report as indented JSON with sorted keys and a final newline; equal reports give equal text.

    Hidden characters are written as JSON escapes, so that the text is safe to print and decodes to the same strings. A
    surrogate without its partner has no place in UTF-8: it becomes the six characters of its escape, such as
    ``\ud800``.
    """
    try:
        encoded = msgspec.json.encode(report, order="sorted")
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(report, order="sorted")), order="sorted")
    lines = msgspec.json.format(encoded, indent=2).decode().split("\n")
    return "".join(HIDDEN.sub(_json_escape, line) + "\n" for line in lines)


def parse(data: bytes) -> Report:
    """The report that a JSON text holds; keys that it has beyond ours are ignored.

    Raises:
        ValueError: the text is truncated, foreign, another kind of document, or of a newer major version.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        _check_schema(_decode(data, _Head).schema)
    except msgspec.ValidationError as error:
        raise ValueError("this is JSON, but not a guardrift report: it does not name its schema") from error
    try:
        return _decode(data, Report)
    except msgspec.ValidationError as error:
        raise ValueError(f"this is a damaged guardrift report: {visible(str(error))}") from error


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        said = visible(str(error))
        raise ValueError(f"this is not a guardrift report: it is truncated or not JSON ({said})") from error


def _check_schema(schema: str) -> None:
    named = _SCHEMA.fullmatch(schema)
    if named is None:
        raise ValueError(f"this is not a guardrift report: its schema is '{visible(schema[:80])}'")
    if named["kind"] != _KIND:
        raise ValueError(f"this is a guardrift {named['kind']}, not a report")
    if int(named["version"]) != _VERSION:
        raise ValueError(
            f"this report has schema version {named['version']}, and this guardrift reads version {_VERSION}: "
            "use the guardrift that wrote it, or a newer one"
        )


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub(lambda match: visible(match.group()), value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
