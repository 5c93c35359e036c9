"""What the rules of composite alarms make of one alarm that goes off."""

from __future__ import annotations

import pytest

from scanner.events.composites import by_name, goes_off
from scanner.inventory import Alarm

ARN = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root"


def alarm(name: str = "root", rule: str | None = None) -> Alarm:
    return Alarm(name=name, arn=f"{ARN.removesuffix('root')}{name}", actions_enabled=True, rule=rule)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(root)", True),
        ('ALARM("root")', True),
        ("ALARM('root')", True),
        (f"ALARM( {ARN} )", True),
        (f'ALARM("{ARN}")', True),
        (f'ALARM("{ARN}-2")', False),
        ('ALARM("a root")', False),
        ('OK("root")', False),
        ('INSUFFICIENT_DATA("root")', False),
        ('NOT OK("root")', True),
        ('NOT NOT ALARM("root")', True),
        ('ALARM("other")', False),
        ('ALARM("other") OR OK("root")', False),
        ('ALARM("other") AND NOT ALARM("root")', False),
        ('ALARM("root") AND ALARM("other")', None),
        ('ALARM("root") AND TRUE', True),
        ('ALARM("root") AND FALSE', False),
        ('ALARM("root") OR ALARM("other")', True),
        ('ALARM("other") AND ALARM("third") OR ALARM("root")', True),
        ('ALARM("root") AND (ALARM("other") OR NOT OK("root"))', True),
        ('ALARM("root") AND (ALARM("other") OR NOT ALARM("root"))', None),
        ('NOT (ALARM("root") OR ALARM("other"))', False),
        ('ALARM("root")\n  OR\n  ALARM("b")\n', True),
        ("", False),
        ('ALARM("root") ALARM("root")', None),
        ('(ALARM("root")', None),
        ('ALARM("root") XOR ALARM("b")', None),
        ('AT_LEAST(2, ALARM, ("a", "root"))', None),
        ('AT_LEAST(2, ALARM, ("a", "b"))', False),
        ("NOT " * 5_000 + 'ALARM("root")', None),
        ("(" * 5_000 + 'ALARM("root")' + ")" * 5_000, None),
    ],
)
def test_one_alarm_goes_off(rule: str, expected: bool | None) -> None:
    assert goes_off(rule, alarm()) is expected


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Root use", 'ALARM("Root use")'),
        ("Root use", "ALARM(Root use)"),
        ("a AND b (c)", 'ALARM("a AND b (c)")'),
        ('say "x"', 'ALARM("say \\"x\\"")'),
        ("NOT root", 'ALARM("NOT root")'),
    ],
)
def test_names_are_read_whole(name: str, rule: str) -> None:
    assert goes_off(rule, alarm(name)) is True
    assert list(by_name([alarm("all", rule)])) == [name]
    assert not goes_off(rule, alarm("root"))


def test_composites_are_found_by_every_name_they_mention() -> None:
    both, other = alarm("both", f'OK("a") AND ALARM("{ARN}")'), alarm("other", 'AT_LEAST(1, ALARM, ("a", b))')
    found = by_name([alarm("a"), both, other])

    assert found["a"] == (both, other)
    assert found[ARN] == (both,)
    assert "b" in found
