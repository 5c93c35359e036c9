"""The browser for tests that need a real one."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without one the test is skipped, or fails where GUARDRIFT_REQUIRE_ALL is set."""
    found = shutil.which("chromium")
    if found:
        return found
    reason = "there is no chromium on the PATH"
    if os.environ.get("GUARDRIFT_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)
