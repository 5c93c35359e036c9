"""Assert what a wheel puts into site-packages: ``guardrift`` and its dist-info alone, with all that it needs."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

NEEDED = (
    "guardrift/__init__.py",
    "guardrift/_app/rules/__init__.py",
    "guardrift/_app/scanner/inventory/__init__.py",
    "guardrift/_app/policies/__init__.py",
    "guardrift/_app/reports/templates/report.html.j2",
)


def faults(wheel: Path) -> list[str]:
    """What is wrong with the wheel, in sentences; empty if nothing is."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    strangers = sorted(top for top in tops if top != "guardrift" and not top.endswith(".dist-info"))
    found = [f"{top} would lie beside guardrift in site-packages" for top in strangers]
    found += [f"{name} is missing" for name in NEEDED if name not in names]
    return found + [
        f"{name} does not belong into a wheel" for name in names if "/tests/" in name or "__pycache__" in name
    ]


if __name__ == "__main__":
    wrong = [fault for argument in sys.argv[1:] for fault in faults(Path(argument))]
    sys.exit("\n".join(wrong) or 0)
