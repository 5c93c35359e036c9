"""The parameters of rules: none can be set so that its rule finds nothing unseen, or fails itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from guardrift.configuration import parse, settings
from guardrift.rule_pages import page
from rules import RULES
from scanner.engine import Rule
from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings, judge
from scanner.errors import UsageError
from tests.accounts import NOW

FREE = {
    ("guardduty-trusted-list", "accepted"): "names that people give to lists; one that is mistyped accepts nothing",
}
"""Lists of texts of which nothing can be known beforehand, with the reason why that hides no finding."""

NAMED = {
    ("guardduty-features-off", "features"),
    ("organization-guardrails-missing", "guardrails"),
    ("organization-service-not-delegated", "services"),
}
"""Lists of what has to be there: an empty one would ask for nothing."""

Schema = dict[str, Any]


def parameters() -> Iterator[tuple[str, str, Schema]]:
    """Every parameter of every rule: the rule, its name, and its JSON Schema."""
    for rule in RULES.values():
        kind = rule.parameters
        for name, schema in msgspec.json.schema(kind)["$defs"][kind.__name__].get("properties", {}).items():
            yield rule.id, name, schema


LISTS = [(*each[:2], each[2]) for each in parameters() if each[2].get("type") == "array"]
NUMBERS = [each for each in parameters() if each[2].get("type") in {"integer", "number"}]


def ids(found: list[tuple[str, str, Schema]]) -> list[str]:
    return [f"{rule_id}.{name}" for rule_id, name, _ in found]


@pytest.mark.parametrize(("rule_id", "name", "schema"), LISTS, ids=ids(LISTS))
def test_a_list_of_texts_says_which_texts_it_takes(rule_id: str, name: str, schema: Schema) -> None:
    is_constrained = bool(schema["items"].keys() & {"enum", "pattern"})

    assert is_constrained is ((rule_id, name) not in FREE)
    assert ((rule_id, name) in NAMED) is (schema.get("minItems") == 1)


def test_the_lists_that_are_named_here_exist() -> None:
    assert {*FREE, *NAMED} <= {(rule_id, name) for rule_id, name, _ in LISTS}


@pytest.mark.parametrize(
    ("rule_id", "setting"),
    [
        ("organization-service-not-delegated", 'services = ["guardduty"]'),
        ("organization-service-not-delegated", "services = []"),
        ("organization-delegate-unexpected", 'delegates = ["guardduty.amazonaws.com"]'),
        ("organization-guardrails-missing", "guardrails = []"),
        ("iam-access-key-age", "max_age_days = 1000000000"),
        ("iam-access-key-age", "max_age_days = 90.5"),
        ("trail-delivery-failing", "max_delay_hours = 36501"),
        ("guardduty-finding-open", "min_severity = nan"),
        ("guardduty-finding-open", "min_severity = inf"),
        ("guardduty-finding-open", "min_severity = 70"),
    ],
)
def test_what_would_silence_or_break_a_rule_is_refused(rule_id: str, setting: str) -> None:
    with pytest.raises(UsageError, match=rf"rules.{rule_id}.params: "):
        settings(parse(f"[rules.{rule_id}.params]\n{setting}\n", "here"), RULES, "here")


@pytest.mark.parametrize(("rule_id", "name", "schema"), NUMBERS, ids=ids(NUMBERS))
def test_no_number_that_is_allowed_breaks_a_rule(rule_id: str, name: str, schema: Schema) -> None:
    rule = RULES[rule_id]
    for number in (schema["minimum"], schema["maximum"]):
        for example in (*rule.documentation.bad, *rule.documentation.good):
            assert broken(rule, example, {name: number}) == []


def broken(rule: Rule, example: str, given: dict[str, float]) -> list[str]:
    """What a rule says of itself where it fails."""
    chosen = Settings({rule.id: msgspec.convert(given, rule.parameters)})
    _, findings = judge(example_account(example), [rule], NOW, chosen)
    return [finding.message for finding in findings if "the rule itself failed" in finding.message]


def test_the_page_of_a_rule_says_what_a_parameter_may_be() -> None:
    assert "| at least 1 of: `AI_ANALYST`," in page(RULES["guardduty-features-off"])
    assert "| `max_age_days` | `90` | 0 to 36500 |" in page(RULES["iam-access-key-age"])
    assert "| `accepted` | `[]` | any number of: texts |" in page(RULES["guardduty-trusted-list"])
    assert "any number of: texts like `^[0-9]{12}$`" in page(RULES["organization-delegate-unexpected"])
