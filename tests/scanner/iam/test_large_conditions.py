"""Conditions with more values than fit into a policy of AWS: an answer, and soon."""

from __future__ import annotations

import json

import pytest

from scanner.iam.questions import Questions
from tests.accounts import account

USER = "arn:aws:iam::111122223333:user/ann"


def decision(allowed: list[str], denied: list[str]) -> str:
    statements = [
        {"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:RequestTag/x": values}}}
        for effect, values in (("Allow", allowed), ("Deny", denied))
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    user = {"name": "ann", "arn": USER, "inline": [{"name": "many", "document": json.loads(json.dumps(document))}]}
    return Questions(account({"users": [user]})).ask(USER, "s3:GetObject", "arn:aws:s3:::b/o").decision


@pytest.mark.parametrize("count", [3_000, 100_000])
def test_many_values_leave_the_answer_open(count: int) -> None:
    assert decision([f"*a{number}*" for number in range(count)], ["b*"]) == "only_if"


def test_few_values_are_decided_together() -> None:
    assert decision(["a*", "b*"], ["a*", "b*"]) == "no"
