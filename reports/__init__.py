"""How a report is told: one writer per format, each a pure function from a report to text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.report import Report

__all__ = ["WRITERS", "encoded"]


# Writers are imported when they write: the command line starts for other things, too.
def _json(report: Report) -> str:
    from reports import json_report

    return json_report.render(report)


def _html(report: Report) -> str:
    from reports import html_report

    return html_report.render(report, hashlib.sha256(_json(report).encode()).hexdigest())


def encoded(suffix: str, report: Report) -> tuple[bytes, ...]:
    """A report in one of the formats as the parts of a file; a long JSON text is not copied to be put together."""
    if suffix == ".json":
        from reports.json_text import formatted

        return formatted(report), b"\n"
    return (WRITERS[suffix](report).encode(),)


WRITERS: Mapping[str, Callable[[Report], str]] = MappingProxyType({".html": _html, ".json": _json})
"""The writer of each format, by the suffix of the file."""
