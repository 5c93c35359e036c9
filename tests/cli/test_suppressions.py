"""Suppressions of guardrift.toml: strict, told of, and never a way to look better than one is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.accounts import HOSTILE
from tests.cli.conftest import Run
from tests.cli.custom_rules import python
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, StandIn

KEY_AGE = "iam-access-key-age"
WITHIN_A_YEAR = 200

Write = Callable[..., None]


def ahead(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def entry(**changes: str | None) -> str:
    """One suppression; a value is TOML, and None leaves the key out."""
    fields: dict[str, str | None] = {
        "rule": f'"{KEY_AGE}"',
        "resource": f'"arn:aws:iam::{ACCOUNT_ID}:user/*"',
        "account": f'"{ACCOUNT_ID}"',
        "reason": '"Rotated by the vendor; SEC-12"',
        "owner": '"platform"',
        "expires": ahead(WITHIN_A_YEAR),
        **changes,
    }
    return "[[suppress]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items() if value is not None)


@pytest.fixture
def write(work: Path) -> Write:
    def call(*parts: str) -> None:
        (work / "guardrift.toml").write_text("\n".join(parts))

    return call


def scan(run: Run, snapshot: Path, *arguments: object) -> tuple[int, dict[str, Any], str]:
    ended = run("scan", "--snapshot", snapshot, "-o", "report.json", *arguments)
    return ended.code, json.loads(Path("report.json").read_bytes()), ended.err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rule": None}, ["suppress[0]", "'rule' is a required property"]),
        ({"resource": None}, ["'resource' is a required property"]),
        ({"account": None}, ["'account' is a required property"]),
        ({"reason": None}, ["'reason' is a required property"]),
        ({"owner": None}, ["'owner' is a required property"]),
        ({"expires": None}, ["'expires' is a required property"]),
        ({"reason": '""'}, ["suppress[0].reason"]),
        ({"reason": '" \\t "'}, ["suppress[0].reason"]),
        ({"owner": '""'}, ["suppress[0].owner"]),
        ({"resource": '""'}, ["suppress[0].resource"]),
        ({"rule": '"iam-access-key-agee"'}, ["suppress[0].rule", "Did you mean iam-access-key-age"]),
        ({"rule": '"*"'}, ["suppress[0].rule"]),
        ({"account": "111122223333"}, ["suppress[0].account", "not of type 'string'"]),
        ({"account": '"11112222333"'}, ["suppress[0].account"]),
        ({"account": '"*"'}, ["suppress[0].account"]),
        ({"resource": '"user/ci"'}, ["suppress[0].resource", "whole ARN"]),
        ({"region": '"eu west"'}, ["suppress[0].region"]),
        ({"expire": "2027-01-01"}, ["suppress[0].expire", "Did you mean expires?"]),
        ({"expires": '"next year"'}, ["suppress[0].expires: this is no date"]),
        ({"expires": '"2027-02-30"'}, ["suppress[0].expires: this is no date"]),
        ({"expires": "2027-01-01T10:00:00Z"}, ["suppress[0].expires: this is no date", "2027-02-28"]),
        ({"expires": "10:00:00"}, ["suppress[0].expires"]),
        ({"expires": "20270101"}, ["suppress[0].expires"]),
        ({"expires": '"never"'}, ["suppress[0].expires"]),
        ({"expires": ahead(366)}, ["suppress[0].expires", "366 days ahead", "at most 365"]),
        ({"expires": "9999-12-31"}, ["days ahead"]),
        ({"expires": "2027-02-30"}, ["not TOML"]),
    ],
)
@pytest.mark.parametrize("command", ["check", "scan"])
def test_a_broken_entry_is_never_nothing_suppressed(
    run: Run, faulty: Path, write: Write, command: str, changes: dict[str, str | None], words: list[str]
) -> None:
    write(entry(**changes))

    ended = run("config", "check") if command == "check" else run("scan", "--snapshot", faulty)

    assert (ended.code, ended.out) == (2, "")
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize("expires", [ahead(365), f'"{ahead(30)}"'])
def test_a_date_with_quotes_or_without(run: Run, write: Write, expires: str) -> None:
    write(entry(expires=expires))

    assert run("config", "check").code == 0


@pytest.mark.parametrize(("most", "days", "code"), [(30, 30, 0), (30, 31, 2), (3650, 3000, 0)])
def test_how_long_a_suppression_may_last(run: Run, write: Write, most: int, days: int, code: int) -> None:
    write(f"[acceptance]\nmax_days = {most}", entry(expires=ahead(days)))

    assert run("config", "check").code == code


def test_that_one_lasts_too_long_is_measured_by_the_clock(run: Run, faulty: Path, write: Write) -> None:
    write(entry(expires=ahead(300)))

    assert run("scan", "--snapshot", faulty, "--at", "2020-01-01").code != 2


@pytest.mark.parametrize("most", ["0", "36501", "1.5", '"30"', "-1"])
def test_a_number_of_days_that_is_none(run: Run, write: Write, most: str) -> None:
    write(f"[acceptance]\nmax_days = {most}")

    assert run("config", "check").code == 2


def test_a_rule_of_ones_own(run: Run, work: Path, write: Write) -> None:
    (work / "ours").mkdir()
    (work / "ours" / "one.py").write_text(python())
    write(entry(rule='"acme-one"'))

    assert run("config", "check").code == 2
    assert run("config", "check", "--rules", "ours").code == 0


def test_a_suppressed_finding_stays_and_does_not_count(run: Run, faulty: Path, write: Write) -> None:
    arguments = ("--rule", KEY_AGE, "--fail-on", "medium")
    code, before, _ = scan(run, faulty, *arguments)
    assert code == 1
    write(entry())

    code, after, said = scan(run, faulty, *arguments)

    assert code == 0
    assert said == "Written: report.json\n"
    accepted = [finding.pop("accepted") for finding in after["findings"]]
    assert accepted == [
        {
            "by": "config",
            "reason": "Rotated by the vendor; SEC-12",
            "owner": "platform",
            "expires": ahead(WITHIN_A_YEAR),
            "expired": False,
        }
    ] * len(before["findings"])
    assert after["findings"] == before["findings"]
    assert after["summary"]["readiness"] == before["summary"]["readiness"]
    assert after["summary"]["by_status"] == {**before["summary"]["by_status"], "fail": 0}
    assert after["summary"]["by_severity"] == dict.fromkeys(before["summary"]["by_severity"], 0)
    assert after["summary"]["accepted"] == {"fail": len(before["findings"]), "unknown": 0}


YESTERDAY, TODAY = ahead(-1), ahead(0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"expires": TODAY}, 0),
        ({"expires": YESTERDAY}, 1),
        ({"account": '"999988887777"'}, 1),
        ({"resource": f'"arn:aws:iam::{ACCOUNT_ID}:role/*"'}, 1),
        ({"resource": f'"arn:aws:iam::{ACCOUNT_ID}:user/[a-z]*"'}, 1),
        ({"resource": '"*"'}, 0),
        ({"rule": '"guardduty-off"'}, 1),
        ({"region": f'"{HOME}"'}, 1),
    ],
)
def test_exit_codes_of_a_finding(run: Run, faulty: Path, write: Write, changes: dict[str, str], code: int) -> None:
    write(entry(**changes))

    assert run("scan", "--snapshot", faulty, "--rule", KEY_AGE, "--fail-on", "medium").code == code


@pytest.mark.parametrize(("days", "code"), [(-1, 3), (30, 0)])
def test_exit_codes_of_an_unknown_verdict(run: Run, aws: StandIn, write: Write, days: int, code: int) -> None:
    aws.answer("guardduty:ListDetectors", DENIED)
    write(entry(rule='"guardduty-off"', resource=f'"arn:aws:iam::{ACCOUNT_ID}:root"', expires=ahead(days)))

    ended = run("scan", "--rule", "guardduty-off")

    assert ended.code == code
    assert ("incomplete" in ended.out) is (code == 3)
    assert ("No verdict is unknown but what is accepted." in ended.out) is (code == 0)


def test_the_unknown_verdict_of_one_region_does_not_excuse_another(run: Run, aws: StandIn, write: Write) -> None:
    aws.answer("guardduty:ListDetectors", DENIED)
    write(entry(rule='"guardduty-off"', resource=f'"arn:aws:iam::{ACCOUNT_ID}:root"', region=f'"{HOME}"'))

    ended = run("scan", "--rule", "guardduty-off", "-o", "report.json")

    assert ended.code == 3
    found = json.loads(Path("report.json").read_bytes())["findings"]
    assert {finding["resource"]["region"] for finding in found if "accepted" in finding} == {HOME}
    assert len(found) > 1


def test_at_sets_the_day_on_which_suppressions_are_judged(run: Run, faulty: Path, write: Write) -> None:
    write(entry(expires=ahead(30)))
    arguments = ("scan", "--snapshot", faulty, "--rule", KEY_AGE, "--fail-on", "medium")

    assert run(*arguments).code == 0
    assert run(*arguments, "--at", ahead(30)).code == 0
    assert run(*arguments, "--at", ahead(31)).code == 1


def test_warnings(run: Run, faulty: Path, write: Write) -> None:
    write(
        entry(expires=YESTERDAY),
        entry(expires=ahead(9), resource='"*"'),
        entry(resource=f'"arn:aws:iam::{ACCOUNT_ID}:user/gone"'),
        entry(account='"999988887777"', expires=YESTERDAY),
    )

    code, report, said = scan(run, faulty, "--rule", KEY_AGE, "--fail-on", "medium")

    lines = [line.partition("guardrift.toml: ")[2] for line in said.splitlines()[:-1]]
    number = len(report["findings"])
    counted = "1 finding counts" if number == 1 else f"{number} findings count"
    users = f"arn:aws:iam::{ACCOUNT_ID}:user/"
    wide = "suppress[1] names no resource: whatever its rule finds in the account is accepted"
    assert code == 0
    assert lines == [
        f"suppress[0] expired on {YESTERDAY}; {counted} again ({KEY_AGE} on {users}* in {ACCOUNT_ID}, owner platform)",
        f"suppress[1] expires in 9 days, on {ahead(9)} ({KEY_AGE} on * in {ACCOUNT_ID}, owner platform)",
        f"{wide} ({KEY_AGE} on * in {ACCOUNT_ID}, owner platform)",
        f"suppress[2] is unused: no finding fits it ({KEY_AGE} on {users}gone in {ACCOUNT_ID}, owner platform)",
    ]
    assert [notice["kind"] for notice in report["summary"]["suppression_notices"]] == [
        "expired",
        "expiring",
        "too-wide",
        "unused",
    ]


def test_quiet_still_says_what_has_expired(run: Run, faulty: Path, write: Write) -> None:
    write(entry(expires=YESTERDAY), entry(expires=ahead(9)))

    ended = run("scan", "--snapshot", faulty, "--rule", KEY_AGE, "-q")

    assert len(ended.err.splitlines()) == 1
    assert f"suppress[0] expired on {YESTERDAY}" in ended.err


def test_of_many_warnings_some_are_shown(run: Run, write: Write) -> None:
    write(*[entry(expires=YESTERDAY) for _ in range(25)])

    ended = run("config", "check")

    assert len(ended.err.splitlines()) == 22
    assert "5 more warnings about suppressions" in ended.err


@pytest.mark.parametrize(
    ("changes", "strict", "word"),
    [
        ({}, 0, "in order"),
        ({"expires": ahead(15)}, 0, "in order"),
        ({"expires": YESTERDAY}, 2, f"expired on {YESTERDAY}"),
        ({"expires": TODAY}, 2, "expires today"),
        ({"expires": ahead(1)}, 2, "expires in 1 day,"),
        ({"expires": ahead(14)}, 2, "expires in 14 days"),
        ({"resource": '"arn:aws:iam::*"'}, 2, "names no resource"),
    ],
)
def test_config_check(run: Run, write: Write, changes: dict[str, str], strict: int, word: str) -> None:
    write(entry(**changes))

    ended = run("config", "check")

    assert (ended.code, ended.out) == (0, "")
    assert word in ended.err
    assert ("warning: " in ended.err) is (strict == 2)
    assert run("config", "check", "--strict").code == strict


def test_config_check_of_another_day(run: Run, write: Write) -> None:
    write(entry(expires=ahead(30)))

    assert run("config", "check", "--strict", "--at", ahead(15)).code == 0
    assert run("config", "check", "--strict", "--at", ahead(16)).code == 2
    assert "expired" in run("config", "check", "--at", ahead(31)).err


def test_hostile_text_is_inert_everywhere(run: Run, faulty: Path, write: Write) -> None:
    hostile = json.dumps(HOSTILE, ensure_ascii=False)
    write(
        entry(reason=hostile, owner=hostile),
        entry(resource=json.dumps(f"arn:{HOSTILE}", ensure_ascii=False), expires=YESTERDAY),
    )

    ended = run("scan", "--snapshot", faulty, "-o", "report.html", "--fail-on", "none")

    page = Path("report.html").read_text()
    for text in (ended.out, ended.err, page):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\n::error" not in text
    assert "##vso[" not in ended.out + ended.err
    assert "\\u202eevil" in page


def test_readiness_has_the_exit_code_and_no_higher_score(run: Run, faulty: Path, write: Write) -> None:
    arguments = ("readiness", "--snapshot", faulty, "--format", "json", "--fail-on", "critical")
    before = run(*arguments)
    reached = {finding["rule_id"] for finding in scan(run, faulty)[1]["findings"] if finding["severity"] == "critical"}
    write(*[entry(rule=f'"{rule}"', resource='"*"') for rule in sorted(reached)])

    after = run(*arguments)

    assert before.code == 1
    assert after.code != 1
    assert json.loads(after.out)["phases"] == json.loads(before.out)["phases"]


def test_the_configuration_is_shown_with_its_suppressions(run: Run, write: Write) -> None:
    write(entry(region=f'"{HOME}"'))

    (shown,) = json.loads(run("config", "show").out)["configuration"]["suppress"]

    assert shown["expires"] == ahead(WITHIN_A_YEAR)
    assert shown["region"] == HOME
