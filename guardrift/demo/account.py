"""The demo account, opened and closed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3

from guardrift.demo import gaps
from guardrift.demo.emulator import DemoUnavailableError, emulated
from guardrift.demo.environment import undisturbed
from guardrift.demo.seal import sealed
from guardrift.demo.seed_compute import seed_compute
from guardrift.demo.seed_detection import seed_detection
from guardrift.demo.seed_iam import seed_iam
from guardrift.demo.seed_identity import seed_identity
from guardrift.demo.seed_network import seed_network
from guardrift.demo.seed_storage import seed_storage
from guardrift.demo.seed_trails import seed_trails
from guardrift.demo.setting import HOME

__all__ = ["DemoUnavailableError", "open_account"]


@contextlib.contextmanager
def open_account(at: datetime) -> Iterator[boto3.Session]:
    """The demo account as it stands at the given time, read through clients of the session that is handed out.

    Two accounts opened with the same time give the same answers, ids included. While it is open the whole process is
    cut off from the network, and the ``AWS_`` variables of its environment are hidden. A client must not outlive it.

    Args:
        at: the demo's time, aware; fractions of a second are dropped, as AWS's own times have none.

    Raises:
        ValueError: the time has no time zone.
        DemoUnavailableError: moto is not installed.
        NetworkSealedError: from a call that the emulator does not answer.
    """
    if at.tzinfo is None:
        raise ValueError("the demo's time needs a time zone")
    at = at.astimezone(UTC).replace(microsecond=0)
    with sealed(), undisturbed(), emulated():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        gaps.install(session, at)
        seed_iam(session, at)
        seed_compute(session, at)
        seed_trails(session, at)
        seed_detection(session, at)
        seed_storage(session, at)
        seed_network(session, at)
        seed_identity(session, at)
        yield session
