"""Where a finding is said to be: its line in a committed file, else a path that stands for the resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from reports.lines import clipped
from reports.visible import visible
from scanner.findings import Finding, Resource

_LONGEST = 200


class Place(NamedTuple):
    """A line of a committed file; the path is from the root of the repository, with slashes."""

    file: str
    line: int


PlaceOf = Callable[[Finding], Place | None]
"""Finds the place of a finding in the committed files, or None."""


def nowhere(_: Finding) -> Place | None:
    """The answer where no files are committed."""
    return None


def uri_of(place: Place) -> str:
    """The file of a place as a relative URI."""
    return "/".join(_segment(part) for part in place.file.split("/") if part not in {"", "."})


def stand_in(resource: Resource) -> str:
    """A relative URI for a resource that no file describes, such as ``aws/111122223333/iam/role/deploy``."""
    kinds = resource.type.split("::")
    service, kind = (kinds[-2], kinds[-1]) if len(kinds) > 1 else ("resource", resource.type)
    parts = (resource.account_id, service.lower(), kind.lower(), resource.name or resource.arn)
    return "/".join(("aws", *map(_segment, parts)))


def _segment(text: str) -> str:
    """The text as one segment of a path, which is neither empty nor a way upward."""
    shown = clipped(visible(text[: _LONGEST + 1]), _LONGEST)
    return quote(shown if shown.strip(".") else f"_{shown}", safe="")
