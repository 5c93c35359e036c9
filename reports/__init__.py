"""How a report is told: one writer per format, each a pure function from a report to text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from reports import json_report
from scanner.report import Report

__all__ = ["WRITERS"]


def _html(report: Report) -> str:
    # Jinja2 is imported only by those who want a page: the command line also starts for other things.
    from reports import html_report

    return html_report.render(report, hashlib.sha256(json_report.render(report).encode()).hexdigest())


WRITERS: Mapping[str, Callable[[Report], str]] = MappingProxyType({".html": _html, ".json": json_report.render})
"""The writer of each format, by the suffix of the file."""
