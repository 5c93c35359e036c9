from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from guardrift.responder import handle
from tests.responder.stage import FUNCTION, Scene, Stage, build, served

Handle = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with served() as found:
        yield found


@pytest.fixture
def scene(stage: Stage) -> Scene:
    stage.reset()
    return build(stage)


@pytest.fixture
def invoke(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Handle:
    """The function in a mode, with an event."""

    def call(event: Any, mode: str = "notify", **more: str) -> dict[str, Any]:
        for name, value in scene.environment(mode, **more).items():
            monkeypatch.setenv(name, value)
        return handle(event, SimpleNamespace(invoked_function_arn=FUNCTION))

    return call
