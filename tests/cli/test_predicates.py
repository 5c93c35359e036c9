from __future__ import annotations

import msgspec
import pytest

from guardrift.predicates import Predicate, PredicateFault, plain
from scanner.engine.documentation import example_account
from scanner.inventory import NotCollected, Undetermined

FACTS = plain(
    example_account(
        '{"users": [], "regions": [{"name": "eu-west-1", "instances": [{"id": "i-1", "arn": "a", "state": "running",'
        ' "metadata": {"tokens": "optional"}}]}], "roles": [{"name": "app", "arn": "r", "trust": {"Statement":'
        ' [{"Effect": "Allow"}]}}]}'
    )
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("length(users) == `0`", True),
        ("regions[0].instances[0].metadata.tokens == 'required'", False),
        ("regions[0].instances[0].metadata.endpoint == `null`", True),
        ("length(regions[].instances[?metadata.tokens != 'required'][]) > `0`", True),
        ("contains(roles[0].trust.Statement[].Effect, 'Allow')", True),
        ("roles[0].path == '/'", True),
    ],
)
def test_what_is_true_and_what_is_not(text: str, holds: bool) -> None:
    assert Predicate(text).holds(FACTS) is holds


@pytest.mark.parametrize(
    "text",
    [
        "length(groups) == `0`",
        "!groups",
        "groups == `[]`",
        "groups[?name == 'x'] == `null`",
        "regions[0].trails[*].name == `[]`",
        "length(regions[].trails[]) == `0`",
        "contacts.security == `null`",
        "[groups][0] == `null`",
        "{a: groups}.a == `null`",
        "not_null(groups, `true`) == `true`",
        "length(regions[*].detectors) == `1`",
        "length(values({name: groups})) == `1`",
    ],
)
def test_what_was_not_collected_is_not_read_as_absent(text: str) -> None:
    with pytest.raises(NotCollected):
        Predicate(text).holds(FACTS)


@pytest.mark.parametrize(
    "text", ["roles", "roles[0].last_used", "roles[0].name", "length(roles)", "length(account_id, `1`)"]
)
def test_what_is_neither_true_nor_false_is_undetermined(text: str) -> None:
    with pytest.raises(Undetermined):
        Predicate(text).holds(FACTS)


@pytest.mark.parametrize(
    "text", ["rolls == `1`", "roles[0].nmae == 'x'", "length(", "", "roles[?tag == 'x']", "name == null"]
)
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(PredicateFault):
        Predicate(text)


def test_every_field_is_there_even_if_it_is_the_default() -> None:
    account = example_account("{}")

    assert set(plain(account)) >= set(msgspec.structs.asdict(account))
    assert plain(account)["regions"] == []
