"""AWS as a table of answers, asked through the SDK's own events: real requests are built, and none is sent."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import botocore.handlers
import pytest
from botocore.loaders import create_loader


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; ``number`` counts the earlier ones of the same action in the same region."""

    api: str
    region: str
    parameters: Mapping[str, Any]
    number: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer of AWS."""

    code: str
    status: int = 400
    message: str = "no"


DENIED = Refusal("AccessDenied", 403, "User: arn:aws:iam::111122223333:user/scanner is not authorized")

Answer = Mapping[str, Any] | Refusal | Exception
Answers = Mapping[str, "Answer | Callable[[Asked], Answer]"]
Handler = tuple[str, Callable[..., Any]]


class StandIn:
    """Answers every call of the clients whose events it is registered on; a call without an answer is a bug."""

    def __init__(self, answers: Answers) -> None:
        self._lock = threading.Lock()
        self.reset(answers)

    def reset(self, answers: Answers) -> None:
        """Forget what was asked, and answer anew."""
        self._answers: dict[tuple[str, str | None], Answer | Callable[[Asked], Answer]] = {
            (api, None): answer for api, answer in answers.items()
        }
        self.asked: list[Asked] = []

    def answer(self, api: str, answer: Answer | Callable[[Asked], Answer], region: str | None = None) -> None:
        """Answer an action differently from now on, everywhere or in one region."""
        self._answers[api, region] = answer

    def plain(self, api: str) -> dict[str, Any]:
        """A copy of the answer that is the same in every region."""
        answer = self._answers[api, None]
        assert isinstance(answer, Mapping)
        return copy.deepcopy(dict(answer))

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """What is to be registered on a session, by event."""
        return ("provide-client-params.*.*", self._remember), ("before-call.*.*", self._respond)

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How often each action was asked at the endpoint of each region."""
        return Counter((asked.api, asked.region) for asked in self.asked)

    def _remember(self, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context["as_asked"] = copy.deepcopy(dict(params))

    def _respond(self, model: Any, context: Mapping[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        api, region = f"{model.service_model.service_name}:{model.name}", str(context["client_region"])
        with self._lock:
            asked = Asked(api, region, context["as_asked"], self.requests[api, region])
            self.asked.append(asked)
        place = (api, region) if (api, region) in self._answers else (api, None)
        assert place in self._answers, f"nothing answers {api}"
        found = self._answers[place]
        answer = found(asked) if callable(found) else found
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Refusal):
            body: dict[str, Any] = {"Error": {"Code": answer.code, "Message": answer.message}}
            status = answer.status
        else:
            body, status = copy.deepcopy(dict(answer)), 200
        return SimpleNamespace(status_code=status, raw=None), {**body, "ResponseMetadata": {"HTTPStatusCode": status}}


class ThriftySession:
    """A session that makes each client once: to make them anew in every test would take most of the time."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        """The client of a service in a region."""
        if (service, region_name) not in self._clients:
            made = self._session.client(service, region_name=region_name, config=config)
            self._clients[service, region_name] = made
        return self._clients[service, region_name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


_LOADER = create_loader()


def stand_behind_new_sessions(found: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stand-in answer every session that is opened from now on; they share the service models that they load."""
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, *found.handlers])
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: _LOADER)
