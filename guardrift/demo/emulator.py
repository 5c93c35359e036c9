"""The way to moto, which is optional: loaded when the demo opens, and reached behind its API where need be."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from guardrift.demo.setting import ACCOUNT_ID, PARTITION
from scanner.errors import GuardriftError

_SERVICES = ("cloudtrail", "ec2", "events", "guardduty", "iam", "s3", "sns", "sts")
_DEFAULT_ACCOUNT_ID = "123456789012"
_SEED = "the night when credentials leak"


class DemoUnavailableError(GuardriftError):
    """The demo needs a package that is not installed."""


@contextlib.contextmanager
def emulated() -> Iterator[None]:
    """AWS answered in process by moto, with the same ids in every run.

    The caller's environment and boto3's default session are left as they are.

    Raises:
        DemoUnavailableError: moto is not installed.
    """
    try:
        mock_aws = importlib.import_module("moto").mock_aws
    except ImportError as error:
        raise DemoUnavailableError("the demo account needs moto", "pip install 'guardrift[demo]'") from error
    with mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": False}}), _fixed_ids():
        yield


def backend(service: str, region: str = PARTITION) -> Any:
    """The state of one service in the demo account; global services are kept under the partition's name."""
    return importlib.import_module("moto.backends").get_backend(service)[ACCOUNT_ID][region]


def model(service: str, name: str) -> Any:
    """A class of moto by which one service keeps its resources."""
    return getattr(importlib.import_module(f"moto.{service}.models"), name)


@contextlib.contextmanager
def _fixed_ids() -> Iterator[None]:
    _forget()
    random = importlib.import_module("moto.moto_api._internal").mock_random
    before = random.getstate()
    random.seed(_SEED)
    try:
        yield
    finally:
        random.setstate(before)


def _forget() -> None:
    """Bring the emulator where it stands in a fresh process, so that making the account draws the same ids again."""
    backends = importlib.import_module("moto.backends")
    for service in _SERVICES:
        # A reset empties what an earlier demo left, but keeps it, with ids drawn at that time.
        backends.get_backend(service)[ACCOUNT_ID].clear()
    # moto makes this one in the first call to any account.
    _ = backends.get_backend("ec2")[_DEFAULT_ACCOUNT_ID]["us-east-1"]
