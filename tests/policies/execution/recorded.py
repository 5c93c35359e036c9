"""AWS that gives answers which were written down; both sides of a call are held to the models of the SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

Answer = Callable[[dict[str, Any]], dict[str, Any]]

AT = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
ACCOUNT = "111122223333"


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


class Recorded:
    """Answers by service and operation; every call is noted with its region."""

    def __init__(self, answers: dict[str, Answer], now: datetime = AT) -> None:
        self.answers = answers
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.times: dict[str, list[datetime]] = {}
        self.slept = 0.0
        self._now = now

    def call(
        self, service: str, operation: str, *, region: str = "", organization: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """Answer by what was written down; a call that was not is refused as AWS refuses what nobody may do."""
        model = _service(service).operation_model(operation)
        validate_parameters(parameters, model.input_shape)
        self.calls.append((operation, region, parameters))
        self.times.setdefault(region, []).append(self.now())
        answer = self.answers.get(operation)
        if answer is None:
            raise denied(operation)
        found = answer({**parameters, "region": region})
        validate_parameters(found, model.output_shape)
        return found

    def now(self) -> datetime:
        """The time, which goes on while somebody sleeps."""
        return self._now + timedelta(seconds=self.slept)

    def sleep(self, seconds: float) -> None:
        """Note it."""
        self.slept += seconds

    def of(self, operation: str) -> list[tuple[str, dict[str, Any]]]:
        """The calls of one operation: region and parameters."""
        return [(region, parameters) for name, region, parameters in self.calls if name == operation]


def denied(operation: str, code: str = "AccessDenied") -> ClientError:
    """A refusal."""
    return ClientError({"Error": {"Code": code, "Message": "no identity-based policy allows it"}}, operation)


def refusing(code: str) -> Answer:
    """An answer that is a refusal."""

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise denied("Operation", code)

    return answer


def listed(*records: object) -> dict[str, Any]:
    """One page of events; each a record, or a text as it is."""
    return {
        "Events": [
            {
                "EventId": f"00000000-0000-4000-8000-{number:012}",
                "EventTime": AT,
                "CloudTrailEvent": each if isinstance(each, str) else json.dumps(each),
            }
            for number, each in enumerate(records)
        ]
    }


def record(name: str, identity: dict[str, Any], at: str = "2026-11-20T23:05:00Z", **more: Any) -> dict[str, Any]:
    """The record of one event, as CloudTrail writes it."""
    return {
        "eventVersion": "1.11",
        "eventTime": at,
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "userIdentity": identity,
        **more,
    }
