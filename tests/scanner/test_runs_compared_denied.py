"""Whatever of an account is denied to a later run, nothing is taken for resolved by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, get_type_hints

import msgspec
import pytest

from rules import RULES
from scanner.comparison import Comparison
from scanner.engine.assemble import report_on
from scanner.engine.judge import Settings
from scanner.inventory import Account, Gap
from scanner.report import Report
from scanner.runs_compared import compared
from tests.collect.faulty import HOME, NOW
from tests.scanner.baseline.samples import faulty

Rebuilt = Callable[[Any], Account]


@cache
def original() -> Account:
    return faulty()


@cache
def before() -> Report:
    return judged(original())


def judged(account: Account) -> Report:
    return report_on(
        account,
        list(RULES.values()),
        at=NOW,
        settings=Settings(),
        source="snapshot",
        tool_version="1.0.0",
        started_at=NOW,
        finished_at=NOW,
    )


def denials(value: object, rebuilt: Rebuilt, name: str) -> Iterator[tuple[str, Account]]:
    """The account once for each answer in it that could have been denied, with a gap in its place."""
    if not isinstance(value, msgspec.Struct):
        return
    hints = get_type_hints(type(value))
    for field in value.__struct_fields__:
        held, place = getattr(value, field), f"{name}.{field}"
        # Of a bucket as a whole only another account's is not known, and what trails say of it decides then.
        if isinstance(held, Gap) or place.endswith("].bucket"):
            continue
        if "Gap" in str(hints[field]):
            yield place, rebuilt(msgspec.structs.replace(value, **{field: Gap(f"test:{field}", "denied")}))
        if isinstance(held, tuple):
            for index, item in enumerate(held):
                yield from denials(item, _within(value, field, held, index, rebuilt), f"{place}[{index}]")
        else:
            yield from denials(held, _in(value, field, rebuilt), place)


def _in(value: msgspec.Struct, field: str, rebuilt: Rebuilt) -> Rebuilt:
    return lambda part: rebuilt(msgspec.structs.replace(value, **{field: part}))


def _within(value: msgspec.Struct, field: str, held: tuple[Any, ...], index: int, rebuilt: Rebuilt) -> Rebuilt:
    return lambda part: rebuilt(msgspec.structs.replace(value, **{field: (*held[:index], part, *held[index + 1 :])}))


def answers_to_deny() -> list[tuple[str, Account]]:
    """All of the account, and all of one region."""
    found = [index for index, region in enumerate(original().regions) if region.name == HOME]
    return [
        (name, account)
        for name, account in denials(original(), lambda account: account, "account")
        if ".regions[" not in name or any(f".regions[{index}]" in name for index in found)
    ]


DENIED = dict(answers_to_deny())


@pytest.mark.parametrize("name", DENIED)
def test_a_denied_answer_resolves_nothing(name: str) -> None:
    found = compared(judged(DENIED[name]), before()).comparison

    assert isinstance(found, Comparison)
    gone = [f"{each.rule_id} on {each.resource.arn}" for each in found.resolved]
    assert not gone, f"without {name}"
    assert not found.counts.no_longer_unknown


def test_what_is_denied_is_enough_to_tell() -> None:
    assert len(DENIED) > 100
    assert any(finding.status == "fail" for finding in before().findings)
