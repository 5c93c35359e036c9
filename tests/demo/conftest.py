from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from guardrift.demo.account import open_account
from tests.demo.collected import Collected, collect_demo
from tests.demo.reading import AT, read_account


@pytest.fixture(scope="session")
def account() -> dict[str, Any]:
    with open_account(AT) as opened:
        return read_account(opened)


@pytest.fixture(scope="session")
def collected() -> Collected:
    return collect_demo()


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with open_account(AT) as opened:
        yield opened
