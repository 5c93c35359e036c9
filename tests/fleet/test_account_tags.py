from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest

from guardrift.fleet.discovery import tags_of
from scanner.collect.account_tags import account_tags
from scanner.errors import CollectError
from scanner.inventory import Gap
from tests.collect.stand_in import DENIED, Answer, Asked, StandIn, ThriftySession

FIRST, SECOND = "111122223333", "444455556666"


def tags(asked: Asked) -> Answer:
    if asked.parameters["ResourceId"] == SECOND:
        return {"Tags": []}
    if "NextToken" in asked.parameters:
        return {"Tags": [{"Key": "team", "Value": "shop"}]}
    return {"Tags": [{"Key": "stage", "Value": "production"}], "NextToken": "more"}


ANSWERS: dict[str, Any] = {
    "sts:GetCallerIdentity": {"Account": FIRST, "Arn": f"arn:aws:iam::{FIRST}:user/ann"},
    "organizations:ListTagsForResource": tags,
}


@pytest.fixture
def aws() -> StandIn:
    return StandIn(ANSWERS)


@pytest.fixture
def session(aws: StandIn) -> ThriftySession:
    found = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name="eu-west-1")
    for event, handler in aws.handlers:
        found.events.register_first(event, handler)
    return ThriftySession(found)


def test_the_tags_of_every_page(session: Any, aws: StandIn) -> None:
    found = account_tags(session, [FIRST, SECOND], concurrency=2, max_rate=None, user_agent="tests")

    assert found == {FIRST: {"stage": "production", "team": "shop"}, SECOND: {}}
    assert Counter(asked.api for asked in aws.asked) == {
        "sts:GetCallerIdentity": 1,
        "organizations:ListTagsForResource": 3,
    }


def test_tags_that_cannot_be_read_are_a_gap_and_nothing_is_chosen(session: Any, aws: StandIn) -> None:
    aws.answer("organizations:ListTagsForResource", DENIED)
    found = account_tags(session, [FIRST], concurrency=2, max_rate=None, user_agent="tests")

    gap = found[FIRST]
    assert isinstance(gap, Gap)
    assert (gap.api, gap.status) == ("organizations:ListTagsForResource", "denied")
    with pytest.raises(CollectError, match=f"the tags of account {FIRST} cannot be read"):
        tags_of(session, [FIRST], concurrency=2, max_rate=None)
