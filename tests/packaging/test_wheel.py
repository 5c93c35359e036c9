from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.packaging.wheel_contents import faults

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.mark.packaging
def test_only_guardrift_is_at_the_top_of_the_wheel(wheel: Path) -> None:
    assert faults(wheel) == []


@pytest.mark.packaging
def test_the_installed_program_finds_its_packages_beside_a_foreign_one_called_rules(
    wheel: Path, tmp_path: Path
) -> None:
    """A package named rules exists; both must work in one environment."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python*/site-packages"))
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True, timeout=60)
    (site / "rules").mkdir()
    (site / "rules" / "__init__.py").write_text("RULES = 'of somebody else'\n")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *ours])}
    command = [str(home / "bin" / "python"), "-m", "guardrift", "rules", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert "iam-user-admin" in done.stdout, done.stderr
