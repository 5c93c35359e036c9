"""A filled server behind a proxy, for the tests of one process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.stand import BENCH, Stand, seed, stand_in


@pytest.fixture(scope="session")
def filled() -> Iterator[Stand]:
    """A server with a small account in three regions; calls are answered from memory the second time."""
    if not BENCH.is_dir():
        pytest.skip("the proxy and the account generator are not beside this repository")
    with stand_in(proxy=["--cache"]) as found:
        seed(found, "--roles", "20", "--users", "12", "--policies", "8", "--instances-per-region", "3")
        yield found


@pytest.fixture
def stand(filled: Stand) -> Iterator[Stand]:
    """The server without faults, with the counters at zero."""
    filled.calm()
    filled.reset()
    yield filled
    filled.calm()


@pytest.fixture(scope="session")
def undisturbed(filled: Stand, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report and the snapshot of a scan that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    done = filled.guardrift(
        "scan", "-q", "-o", str(folder / "report.json"), "--save-snapshot", str(folder / "snapshot.json")
    )
    assert done.returncode == 1, done.stderr
    return folder
