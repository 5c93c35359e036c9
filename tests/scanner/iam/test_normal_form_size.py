"""Many documents, large ones, and such as were made to take long."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from scanner.iam.documents import parse
from scanner.iam.normal_form import normalise
from scanner.inventory import Document, Undetermined

Json = dict[str, Any]

MANAGED = Path(__file__).parents[4] / "shared" / "data" / "managed-policies.json.gz"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def document(*statements: Json) -> Document:
    return Document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).encode())


def on(*resources: str) -> Json:
    return READ | {"Resource": list(resources)}


def test_managed_policies_are_understood_and_their_normal_form_is_its_own() -> None:
    if not MANAGED.exists():
        pytest.skip("the managed policies are not beside the repository")
    found = [
        Document(json.dumps(each["document"]).encode()) for each in json.loads(gzip.decompress(MANAGED.read_bytes()))
    ]
    started = time.process_time()

    normal = [normalise(each) for each in found]

    assert time.process_time() - started < 120
    assert not [each for each in found if parse(each).problems]
    assert [bytes(each) for each in normal] == [bytes(normalise(each)) for each in normal]
    assert len(found) > 1500


LARGE = {
    "many actions": [READ | {"Action": [f"s3:Get{number}*" for number in range(20_000)]}],
    "many statements": [READ | {"Action": f"s3:Get{number}", "Resource": f"x{number}"} for number in range(3_000)],
    "many statements on one list": [
        READ | {"Action": f"a:{number}", "Resource": [f"x{each}" for each in range(99)]} for number in range(1_000)
    ],
    "many conditions": [
        READ | {"Condition": {"StringEquals": {"x": f"{number}", "y": "z"}}} for number in range(1_000)
    ],
    "many exceptions": [
        {"Effect": "Allow", "NotAction": f"s3:Get{number}", "Resource": "*"} for number in range(300)
    ],
    "many principals": [
        TRUST | {"Principal": {"AWS": [f"{account:012}" for account in range(number, number + 50)]}}
        for number in range(200)
    ],
    "one long pattern": [on("*a" * 50_000, "?*" * 50_000, "${" * 50_000, "${x}" * 20_000)],
}  # fmt: skip


@pytest.mark.parametrize("statements", LARGE.values(), ids=list(LARGE))
def test_large_documents_take_little_time(statements: list[Json]) -> None:
    started = time.process_time()

    once = normalise(document(*statements))

    assert time.process_time() - started < 60
    assert bytes(normalise(once)) == bytes(once)


HOSTILE = {
    "floating patterns": [on(*(f"*a{number}*" for number in range(20_000)))],
    "question marks": [on(*("?a" * 100 + f"*{number}" for number in range(1_000)))],
    "every action in other statements": [
        READ
        | {
            "Action": [f"a:{number * step % 997}" for number in range(300)],
            "Resource": [f"x{number * step % 9973}" for number in range(300)],
        }
        for step in range(1, 300)
    ],
    "nested conditions": [
        READ | {"Condition": {"StringEquals": {"x": [f"{each}" for each in range(number)]}}}
        for number in range(1, 600)
    ],
}  # fmt: skip


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=list(HOSTILE))
def test_what_would_take_too_long_is_undetermined(statements: list[Json]) -> None:
    started = time.process_time()

    with pytest.raises(Undetermined, match="too many patterns"):
        normalise(document(*statements))
    assert time.process_time() - started < 20
