"""The demo account as the scanner reads it, with everything that it was answered on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

from guardrift.demo.account import open_account
from guardrift.demo.answers import Response
from scanner.collect.account import Scope, collect
from scanner.inventory import Account, Bucket, Gap, Region, ResourcePolicy, known
from tests.demo.reading import AT

T = TypeVar("T")


@dataclass(frozen=True)
class Answered:
    """An answer, and whether the demo gave it in the emulator's place."""

    api: str
    model: Any
    status: int
    body: dict[str, Any]
    is_of_the_demo: bool


@dataclass
class Collected:
    account: Account
    answers: list[Answered] = field(default_factory=list)


def collect_demo() -> Collected:
    answers: list[Answered] = []

    def remember(http_response: Any, parsed: dict[str, Any], model: Any, **_: object) -> None:
        body = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        api = f"{model.service_model.service_name}:{model.name}"
        is_of_the_demo = isinstance(http_response, Response)
        answers.append(Answered(api, model, http_response.status_code, body, is_of_the_demo))

    with open_account(AT) as session:
        session.events.register_last("after-call", remember)
        return Collected(collect(session, Scope(), now=AT), answers)


def region(account: Account, name: str) -> Region:
    return next(found for found in account.regions if found.name == name)


def there(answer: T | Gap | None) -> T:
    """What AWS answered, where it must not be that there is none."""
    found = known(answer)
    assert found is not None
    return found


def name_of(arn: str) -> str:
    return arn.rpartition(":")[2].rpartition("/")[2]


def buckets(account: Account) -> list[Bucket]:
    return [log.bucket for log in known(account.log_buckets) if isinstance(log.bucket, Bucket)]


def statements(policy: ResourcePolicy | Gap | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bytes(there(policy).document))["Statement"]
    return found
