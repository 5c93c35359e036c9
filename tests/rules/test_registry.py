"""What holds of every rule, whatever it checks."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace

import msgspec
import pytest

import rules as families
from rules import RULES, registry
from scanner.actions import ACTIONS, with_what_they_need
from scanner.engine import Hit, NoParameters, Rule, Scene
from scanner.engine.documentation import example_account, read_documentation
from scanner.engine.judge import Settings, judge
from scanner.inventory import Account
from scanner.report import RuleResult
from tests.accounts import NOW, Case, account
from tests.rules.missing import APIS, without
from tests.rules.tables import also_looked_at, tables

EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))

TABLES: dict[str, list[Case]] = tables()


def counts(rule: Rule, found: Account) -> RuleResult:
    (result,), _ = judge(found, [rule], NOW, Settings())
    return result


def example_faults(rule: Rule) -> list[str]:
    """What is wrong with the examples of a rule: bad ones must fail, good ones must be silent, and neither unknown."""
    faults = []
    for example in rule.documentation.bad:
        result = counts(rule, example_account(example))
        if not result.failed or result.unknown:
            faults.append(f"the bad example gives {result}: {example}")
    for example in rule.documentation.good:
        result = counts(rule, example_account(example))
        if result.failed or result.unknown or not result.passed:
            faults.append(f"the good example gives {result}: {example}")
    return faults


@EVERY_RULE
def test_examples_hold(rule: Rule) -> None:
    assert example_faults(rule) == []


def test_a_spoilt_example_is_noticed() -> None:
    rule = RULES["guardduty-off"]
    documentation = rule.documentation
    spoilt = [
        msgspec.structs.replace(documentation, good=documentation.bad),
        msgspec.structs.replace(documentation, bad=documentation.good),
        msgspec.structs.replace(documentation, good=("{}",)),
        msgspec.structs.replace(documentation, good=('{"regions": [{"name": "eu-west-1"}]}',)),
        msgspec.structs.replace(documentation, good=(documentation.good[0].replace("ENABLED", "DISABLED"),)),
    ]

    assert [bool(example_faults(replace(rule, documentation=other))) for other in spoilt] == [True] * len(spoilt)


def test_ids_and_titles_are_unique() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule_id) for rule_id in RULES)
    assert {rule_id: rule.id for rule_id, rule in RULES.items()} == {rule_id: rule_id for rule_id in RULES}
    assert [title for title, count in Counter(rule.title for rule in RULES.values()).items() if count > 1] == []


def test_the_same_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two rules are called"):
        registry((*families.trails.MODULES, *families.trails.MODULES))


@EVERY_RULE
def test_documentation_is_complete(rule: Rule) -> None:
    documentation = rule.documentation
    assert documentation.title
    assert not documentation.title.endswith(".")
    assert "\n" not in documentation.title
    assert min(map(len, (documentation.why, documentation.fix, documentation.breaks))) > 5
    assert documentation.bad
    assert documentation.good


@pytest.mark.parametrize("section", ["Why", "Fix", "Breaks", "Bad", "Good"])
def test_a_missing_section_is_refused(section: str) -> None:
    whole = "Title.\n\n" + "\n\n".join(
        f"## {name}\n```json\n{{}}\n```" for name in ("Why", "Fix", "Breaks", "Bad", "Good")
    )
    read_documentation("some-rule", whole)

    with pytest.raises(ValueError, match=section):
        read_documentation("some-rule", whole.replace(f"## {section}\n", f"## Not{section}\n"))


def test_an_example_section_without_example_is_refused() -> None:
    text = "Title.\n\n## Why\na\n\n## Fix\na\n\n## Breaks\na\n\n## Bad\nnone\n\n## Good\n```json\n{}\n```"

    with pytest.raises(ValueError, match="Bad"):
        read_documentation("some-rule", text)


@EVERY_RULE
def test_actions_are_declared_by_collectors(rule: Rule) -> None:
    assert rule.apis
    assert set(rule.apis) <= {action.api for action in ACTIONS}
    assert set(rule.apis) <= set(APIS)


@EVERY_RULE
def test_parameters_have_defaults_and_are_documented(rule: Rule) -> None:
    rule.parameters()
    description = rule.parameters.__doc__ or ""

    assert [name for name in rule.parameters.__struct_fields__ if f"``{name}``" not in description] == []


@EVERY_RULE
def test_references_and_controls(rule: Rule) -> None:
    assert rule.references
    assert all(re.fullmatch(r"https://docs\.aws\.amazon\.com/\S+\.html", address) for address in rule.references)
    assert rule.controls == tuple(sorted(set(rule.controls)))
    assert {control.framework for control in rule.controls} >= {"NIST CSF", "MITRE ATT&CK"}


@EVERY_RULE
def test_there_is_a_table_of_cases(rule: Rule) -> None:
    expected = " ".join(words for _, _, words in TABLES[rule.id]).split()

    assert set(expected) == {"fail", "pass", "unknown"}


@EVERY_RULE
def test_an_account_of_which_nothing_is_known_is_unknown(rule: Rule) -> None:
    result = counts(rule, example_account("{}"))

    assert (result.failed, result.passed, result.unknown) == (0, 0, 1)


@EVERY_RULE
def test_some_missing_answer_makes_it_unknown(rule: Rule) -> None:
    examples = [example_account(example) for example in (*rule.documentation.bad, *rule.documentation.good)]

    assert any(counts(rule, without(example, api)).unknown for example in examples for api in rule.apis)


@EVERY_RULE
def test_a_missing_answer_never_makes_it_better(rule: Rule) -> None:
    examples = [json.loads(example) for example in (*rule.documentation.bad, *rule.documentation.good)]
    for facts in (*examples, *(facts for _, facts, _ in TABLES[rule.id])):
        found = account(facts)
        before = counts(rule, found)
        for api in rule.apis:
            after = counts(rule, without(found, api))
            assert after.passed <= before.passed, (api, facts)
            assert not before.failed or after.failed or after.unknown, (api, facts)


@EVERY_RULE
def test_an_action_that_is_not_named_does_not_matter(rule: Rule) -> None:
    for _, facts, _ in TABLES[rule.id]:
        found = account(facts)
        before = counts(rule, found)
        for api in set(APIS) - with_what_they_need(rule.apis) - also_looked_at(rule.id):
            assert counts(rule, without(found, api)) == before, (api, facts)


@EVERY_RULE
def test_a_rule_that_crashes_is_unknown(rule: Rule) -> None:
    def crash(_subject: object, _scene: Scene[NoParameters]) -> Hit | None:
        raise ZeroDivisionError

    for example in rule.documentation.good:
        before = counts(rule, example_account(example))
        after = counts(replace(rule, check=crash), example_account(example))
        assert (after.failed, after.passed, after.unknown) == (0, 0, before.evaluated)
