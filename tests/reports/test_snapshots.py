"""The reports as a whole, byte for byte; accept a change with ``pytest --snapshot-update`` after looking at it."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from reports import WRITERS, terminal
from scanner.report import Report
from tests.reports import sample

REPORTS = {"trouble": sample.report(), "clean": sample.clean_report(), "empty": sample.empty_report()}
FORMATS = {suffix.removeprefix("."): writer for suffix, writer in (*WRITERS.items(), (".txt", terminal.render))}


def whole_file(suffix: str) -> type[SingleFileSnapshotExtension]:
    """A snapshot that is a readable file of its own."""

    class WholeFile(SingleFileSnapshotExtension):
        _write_mode = WriteMode.TEXT
        file_extension = suffix

    return WholeFile


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_whole_report(report: Report, suffix: str, snapshot: SnapshotAssertion) -> None:
    # Snapshots are read with line feeds only; test_ci_formats and test_csv_report look at the line breaks of CSV.
    assert FORMATS[suffix](report).replace("\r\n", "\n") == snapshot(extension_class=whole_file(suffix))
