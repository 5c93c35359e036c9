"""The account that most tests read."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.collect.faulty import HOME
from tests.collect.neglected import ACCOUNTS
from tests.collect.reading import Read, read, verdicts
from tests.collect.stand_in import StandIn, ThriftySession
from tests.collect.whole import ANSWERS


@pytest.fixture(scope="session")
def stand_in() -> StandIn:
    return StandIn(ANSWERS)


@pytest.fixture(scope="session")
def session(stand_in: StandIn) -> Any:
    found = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
    for event, handler in stand_in.handlers:
        found.events.register_first(event, handler)
    return ThriftySession(found)


@pytest.fixture(scope="session")
def undisturbed(session: Any, stand_in: StandIn) -> dict[str, Read]:
    """The accounts, with nothing denied; an account is what tells them apart, not what is asked."""
    found: dict[str, Read] = {}
    for name, answers in ACCOUNTS.items():
        stand_in.reset(answers)
        account = read(session)
        found[name] = Read(account, verdicts(account))
    return found


@pytest.fixture
def aws(stand_in: StandIn) -> StandIn:
    """AWS with the faulty account in it, behind the session."""
    stand_in.reset(ANSWERS)
    return stand_in
