"""Filter policies of subscriptions, for messages that have no attributes."""

from __future__ import annotations

import json

import pytest

from scanner.events.filter_policy import passes
from scanner.events.samples import credential_findings
from scanner.inventory import Undetermined

FINDING = credential_findings("aws", "111122223333", "eu-west-1")[0].event
SEVERE: object = {"detail": {"severity": [{"numeric": [">=", 7]}]}}
MILD: object = {"detail": {"severity": [{"numeric": ["<", 7]}]}}

CASES: list[tuple[str, object, str | None, bool]] = [
    ("nothing demanded", {}, None, True),
    ("null", None, "MessageBody", True),
    ("an attribute, by default", {"severity": ["high"]}, None, False),
    ("an attribute", {"severity": ["high"]}, "MessageAttributes", False),
    ("the absence of an attribute, of which the message has none", {"x": [{"exists": False}]}, None, False),
    ("a body that fits, taken for attributes", SEVERE, None, False),
    ("a body that fits", SEVERE, "MessageBody", True),
    ("another body", MILD, "MessageBody", False),
    ("a field that the body lacks", {"x": [{"exists": False}]}, "MessageBody", True),
    ("one of two", {"$or": [MILD, SEVERE]}, "MessageBody", True),
]


@pytest.mark.parametrize(("policy", "scope", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_passes(policy: object, scope: str | None, expected: bool) -> None:
    assert passes(json.dumps(policy).encode(), scope, FINDING) is expected


@pytest.mark.parametrize(("document", "scope"), [(b"{", "MessageBody"), (b'{"a": ["b"]}', "Elsewhere")])
def test_what_cannot_be_read_is_not_known(document: bytes, scope: str) -> None:
    with pytest.raises(Undetermined):
        passes(document, scope, FINDING)


@pytest.mark.parametrize("demand", [{"exists": True}, {"exists": False}, None])
def test_fields_that_are_null_count_in_one_way_only(demand: object) -> None:
    policy = json.dumps({"a": [demand]}).encode()

    with pytest.raises(Undetermined):
        passes(policy, "MessageBody", {"a": None, "b": [1]})
    assert passes(policy, "MessageBody", {"b": [1]}) is (demand == {"exists": False})
