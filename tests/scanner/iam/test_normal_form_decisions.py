"""A document and its normal form decide alike."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scanner.iam.catalogue import catalogue
from scanner.iam.documents import parse
from scanner.iam.globs import example
from scanner.iam.normal_form import normalise
from scanner.iam.questions import Questions
from scanner.inventory import Document
from tests.accounts import account

Json = dict[str, Any]

MANAGED = Path(__file__).parents[4] / "shared" / "data" / "managed-policies.json.gz"
USER = "arn:aws:iam::111122223333:user/ann"
PARTS = 8
PATTERNS_ASKED = 12


@cache
def managed() -> list[Json]:
    if not MANAGED.exists():
        pytest.skip("the managed policies are not beside the repository")
    found: list[Json] = json.loads(gzip.decompress(MANAGED.read_bytes()))
    return found


def holding(document: Document) -> Questions:
    inline = [{"name": "held", "document": json.loads(bytes(document))}]
    user = {"name": "ann", "arn": USER, "inline": inline}
    return Questions(account({"users": [user], "groups": [], "roles": [], "policies": []}))


def questions(document: Document) -> Iterator[tuple[str, str]]:
    """Actions and resources that the statements tell apart, and some that they do not speak of."""
    for statement in parse(document).statements:
        actions = [name for pattern in statement.actions[:PATTERNS_ASKED] for name in catalogue().expand(pattern)[:2]]
        resources = [text for pattern in statement.resources[:3] if (text := example(pattern)) is not None]
        for action in (*actions, "iam:CreateUser"):
            yield from ((action, resource) for resource in (*resources, "arn:aws:s3:::elsewhere/object", "*"))


@pytest.mark.parametrize("part", range(PARTS))
def test_managed_policies_decide_as_their_normal_form_does(part: int) -> None:
    asked = 0
    for policy in managed()[part::PARTS]:
        document = Document(json.dumps(policy["document"]).encode())
        before, after = holding(document), holding(normalise(document))
        for action, resource in dict.fromkeys(questions(document)):
            one, other = before.ask(USER, action, resource), after.ask(USER, action, resource)
            assert one.decision == other.decision, (policy["name"], action, resource)
            asked += 1
    assert asked > 1000
