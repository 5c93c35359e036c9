"""The Makefile: a variable that is set nowhere is empty, and a command with an empty argument does something else."""

from __future__ import annotations

import re
from pathlib import Path

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text()


def test_every_variable_that_is_used_is_set() -> None:
    used = set(re.findall(r"\$\(([A-Z_]+)\)", MAKEFILE))
    is_set = set(re.findall(r"^([A-Z_]+) *[?:]?=", MAKEFILE, re.MULTILINE))

    assert used
    assert used <= is_set


def test_what_is_compiled_ahead_is_there() -> None:
    (code,) = re.findall(r"^CODE := (.+)$", MAKEFILE, re.MULTILINE)

    assert all((Path(__file__).parents[2] / folder / "__init__.py").is_file() for folder in code.split())
