"""The table of runtimes without support."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import botocore.session
import pytest

from scanner.events import runtimes
from scanner.events.runtimes import deprecated_since


@pytest.mark.parametrize(("runtime", "day"), [("python3.9", "2025-12-15"), ("nodejs20.x", "2026-04-30")])
def test_support_ends_with_a_day(runtime: str, day: str) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)

    assert deprecated_since(runtime, start) == day
    assert deprecated_since(runtime, start + timedelta(days=365)) == day
    assert deprecated_since(runtime, start - timedelta(seconds=1)) is None


def test_of_what_is_not_known_nothing_is_said() -> None:
    assert deprecated_since("python9.9", datetime(2040, 1, 1, tzinfo=UTC)) is None
    assert deprecated_since("", datetime(2040, 1, 1, tzinfo=UTC)) is None


def test_the_names_are_those_of_lambda() -> None:
    model = botocore.session.get_session().get_service_model("lambda")
    names = set(model.shape_for("Runtime").enum)

    assert set(runtimes._DEPRECATED) <= names
    assert {name for name in names if name.startswith(("python2", "python3.6", "python3.7", "nodejs1"))} <= set(
        runtimes._DEPRECATED
    )
