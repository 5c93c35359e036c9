"""Where findings are in the files of a committed baseline."""

from __future__ import annotations

from collections.abc import Mapping

from reports.places import Place, PlaceOf
from scanner.baseline import Baseline, Places, entry_lines
from scanner.findings import Finding


def in_baseline(baseline: Baseline, files: Mapping[str, bytes], folder: str) -> PlaceOf:
    """Finds the entry of a finding: what was accepted, else its resource, else the first line on the account.

    Args:
        baseline: what the files hold.
        files: the files as they are committed, by name.
        folder: their folder, from the root of the repository and with slashes.
    """
    places = Places(baseline.state, baseline.accepted)
    lines = {name: entry_lines(content.decode(errors="replace")) for name, content in files.items()}

    def place_of(finding: Finding) -> Place:
        name, entry = places.of(finding)
        return Place(f"{folder}/{name}", lines.get(name, {}).get(entry, 1))

    return place_of
