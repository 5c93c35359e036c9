"""How a report is told: one writer per format, each a pure function from a report to text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reports.places import PlaceOf
    from reports.sarif_rules import RuleText
    from scanner.gate import Gate
    from scanner.report import Report

__all__ = ["ALONE", "WRITERS", "Beside", "encoded"]


class Beside(NamedTuple):
    """What a format may tell beside the report.

    Attributes:
        place_of: finds the line of a finding in the committed files; None where there are none.
        texts: gives the documentation of the rules, by id; asked only by a format that tells it.
        exit_code: with what the process ends; None where that is not known.
        include_accepted: whether what was accepted is told as a result also where it would be shown as open.
        gate: the verdict of a gate on the report, with the drift; None where nothing was weighed.
    """

    place_of: PlaceOf | None = None
    texts: Callable[[], Mapping[str, RuleText]] | None = None
    exit_code: int | None = None
    include_accepted: bool = False
    gate: Gate | None = None


ALONE = Beside()
"""Nothing beside the report."""


# Writers are imported when they write: the command line starts for other things, too.
def _json(report: Report) -> str:
    from reports import json_report

    return json_report.render(report)


def _html(report: Report, beside: Beside = ALONE) -> str:
    from reports import html_report

    return html_report.render(report, hashlib.sha256(_json(report).encode()).hexdigest(), beside.gate)


def _sarif(report: Report, beside: Beside = ALONE) -> str:
    from reports import sarif_report
    from reports.places import nowhere
    from reports.sarif_rules import NO_TEXTS

    return sarif_report.render(
        report,
        place_of=beside.place_of or nowhere,
        texts=beside.texts() if beside.texts else NO_TEXTS,
        exit_code=beside.exit_code,
        include_accepted=beside.include_accepted,
        gate=beside.gate,
    )


def _annotations(report: Report, beside: Beside = ALONE) -> str:
    from reports import github_annotations
    from reports.places import nowhere

    return github_annotations.render(report, place_of=beside.place_of or nowhere, gate=beside.gate)


def _junit(report: Report, beside: Beside = ALONE) -> str:
    from reports import junit_report

    return junit_report.render(report, beside.gate)


def _markdown(report: Report, beside: Beside = ALONE) -> str:
    from reports import markdown_report

    return markdown_report.render(report, beside.gate)


def _csv(report: Report, beside: Beside = ALONE) -> str:
    from reports import csv_report

    return csv_report.render(report, beside.gate)


def encoded(suffix: str, report: Report, beside: Beside = ALONE) -> tuple[bytes, ...]:
    """A report in one of the formats as the parts of a file; a long JSON text is not copied to be put together."""
    if suffix == ".json":
        from reports.json_text import formatted

        return formatted(report), b"\n"
    told_more = _TOLD_MORE.get(suffix)
    text = told_more(report, beside) if told_more else WRITERS[suffix](report)
    return (text.encode(),)


_TOLD_MORE: Mapping[str, Callable[[Report, Beside], str]] = MappingProxyType(
    {
        ".csv": _csv,
        ".github": _annotations,
        ".html": _html,
        ".md": _markdown,
        ".sarif": _sarif,
        ".xml": _junit,
    }
)

WRITERS: Mapping[str, Callable[[Report], str]] = MappingProxyType(
    {
        ".csv": _csv,
        ".github": _annotations,
        ".html": _html,
        ".json": _json,
        ".md": _markdown,
        ".sarif": _sarif,
        ".xml": _junit,
    }
)
"""The writer of each format, by the suffix of the file; ``.github`` are annotations, which belong on stdout."""
