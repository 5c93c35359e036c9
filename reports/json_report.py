"""The report as JSON: the one document from which every other format can be made again."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from reports.json_text import indented
from reports.visible import visible
from scanner.report import Report

T = TypeVar("T")

_KIND = "report"
_VERSION = 1
_SCHEMA = re.compile(r"guardrift/(?P<kind>[a-z-]{1,30})/(?P<version>[0-9]{1,9})")


class _Head(msgspec.Struct):
    """What is read of a document before it is known to be a report."""

    schema: str


def render(report: Report) -> str:
    """The report as indented JSON; equal reports give equal text."""
    return indented(report)


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
