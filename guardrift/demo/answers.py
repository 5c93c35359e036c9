"""Answers in the emulator's place: given where the SDK is about to send a request, from what the caller asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias


class Asked(NamedTuple):
    """A question to AWS: the region of the client, the parameters as the caller gave them, and the demo's time."""

    region: str
    parameters: Mapping[str, Any]
    at: datetime

    def ago(self, **span: float) -> datetime:
        """A time that lies so long before the demo's; takes what ``timedelta`` takes."""
        return self.at - timedelta(**span)


Answer: TypeAlias = Callable[[Asked], dict[str, Any]]
Answers: TypeAlias = Mapping[str, Answer]
"""What is answered to each API action, by names like ``ec2:DescribeRegions``."""


class RefusedError(Exception):
    """An error that the demo account answers with.

    Args:
        code: as the service spells it.
        message: what it says.
        status: of HTTP.
    """

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True, slots=True)
class Response:
    """What takes the place of the answer over HTTP."""

    status_code: int


def install(events: Any, answers: Answers, at: datetime) -> None:
    """Answer these actions instead of the emulator; to be done before the first client of the session is made.

    Args:
        events: of a ``boto3.Session``.
        answers: by API action.
        at: the demo's time.
    """

    def answer(model: Any, context: Mapping[str, Any], **_: object) -> tuple[Response, dict[str, Any]] | None:
        found = answers.get(f"{model.service_model.service_name}:{model.name}")
        if found is None:
            return None
        return _answered(found, Asked(context["client_region"], context[_PARAMETERS], at))

    events.register("before-parameter-build", _remember)
    events.register("before-call", answer)


_PARAMETERS = "guardrift:parameters"


def _remember(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
    # What goes over the wire would have to be taken apart again, by the protocol of each service.
    context[_PARAMETERS] = params


def _answered(answer: Answer, asked: Asked) -> tuple[Response, dict[str, Any]]:
    try:
        body, status = answer(asked), int(HTTPStatus.OK)
    except RefusedError as refusal:
        body, status = {"Error": {"Code": refusal.code, "Message": refusal.message}}, refusal.status
    return Response(status), {**body, "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0}}
