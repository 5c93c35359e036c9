"""Every test has an account of moto of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict


@pytest.fixture(scope="module")
def mocked() -> Iterator[None]:
    # To begin takes longer than to empty the accounts.
    with mock_aws():
        yield


@pytest.fixture
def aws(mocked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # Thousands of images for every account take longer than the tests.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    BackendDict.reset()
