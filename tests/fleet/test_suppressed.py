"""Suppressions over many accounts: each account is told its own, and the sums follow."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from guardrift.cli.fleet_scanning import exit_code
from guardrift.cli.options import Threshold
from guardrift.configuration import AcceptanceSection, Configuration
from guardrift.fleet.jobs import Judged
from guardrift.fleet.summing import FleetSum
from guardrift.selection import Selection
from reports import fleet_text, fleet_words
from scanner.errors import UsageError
from scanner.fleet_report import FleetReport
from scanner.inventory import Document, InlinePolicy
from scanner.suppression import Suppression
from tests.fleet.scenes import LAB, NOW, SHOP, member, user
from tests.fleet.test_fleet_scanning import plan
from tests.fleet.test_summing import CHOICE, ORGANIZATION, RUN
from tests.fleet.test_work import judge_job, judged

ADMIN = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
ONE_RULE = Selection(("iam-user-admin",))


def entry(account_id: str, **changes: Any) -> Suppression:
    found = Suppression(
        rule="iam-user-admin",
        resource=f"arn:aws:iam::{account_id}:user/*",
        account=account_id,
        reason="SEC-12",
        owner="platform",
        expires=NOW.date() + timedelta(days=90),
    )
    return msgspec.structs.replace(found, **changes)


def result(account_id: str, *entries: Suppression, at: datetime | None = None) -> Judged:
    root = msgspec.structs.replace(user(account_id), inline=(InlinePolicy("all", ADMIN),))
    configuration = Configuration(suppress=entries)
    found = member(account_id, users=(root,))
    return judged(judge_job(found, configuration=configuration, selection=ONE_RULE, at=at))


def fleet(*entries: Suppression) -> FleetReport:
    total = FleetSum()
    for account_id in (SHOP, LAB):
        found = result(account_id, *entries)
        total.add(found.result, found.rules)
    return total.report(RUN, ORGANIZATION, CHOICE, ())


def test_the_configuration_travels_with_the_job() -> None:
    found = result(SHOP, entry(SHOP))

    (finding,) = json.loads(bytes(found.report))["findings"]
    assert finding["accepted"]["owner"] == "platform"
    assert (found.result.by_status["fail"], found.result.accepted) == (0, {"fail": 1, "unknown": 0})
    assert sum(found.result.by_severity.values()) == 0
    assert (found.result.top, found.result.readiness) == ((), result(SHOP).result.readiness)


def test_a_suppression_is_of_one_account() -> None:
    found = fleet(entry(SHOP))

    assert [account.accepted for account in found.accounts] == [{"fail": 0, "unknown": 0}, {"fail": 1, "unknown": 0}]
    assert [account.account_id for account in found.accounts] == [LAB, SHOP]
    assert [notice for account in found.accounts for notice in account.suppression_notices] == []
    assert (found.summary.by_status["fail"], found.summary.accepted["fail"]) == (1, 1)
    (rule,) = found.rules
    assert (rule.failed, rule.accepted, rule.failing) == (2, 1, (LAB,))
    assert exit_code(found, Threshold.HIGH) == 1


def test_a_fleet_in_which_all_is_accepted() -> None:
    found = fleet(entry(SHOP), entry(LAB))

    assert exit_code(found, Threshold.INFO) == (0 if found.summary.complete else 3)
    assert fleet_words.sentence(found).startswith("No findings; 2 accepted")
    assert "Worst faults" not in fleet_text.render(found)


def test_unused_is_what_no_finding_of_its_own_account_fits() -> None:
    found = fleet(entry(SHOP, resource=f"arn:aws:iam::{SHOP}:user/gone"), entry(LAB), entry("999988887777"))

    said = [(notice.number, notice.kind) for account in found.accounts for notice in account.suppression_notices]
    assert said == [(0, "unused")]


@pytest.mark.parametrize(("at", "expired"), [(None, False), (datetime(2030, 1, 1, tzinfo=UTC), True)])
def test_expiries_are_judged_when_the_run_began_unless_a_time_is_given(at: datetime | None, expired: bool) -> None:
    found = result(SHOP, entry(SHOP), at=at)

    assert json.loads(bytes(found.report))["findings"][0]["accepted"]["expired"] is expired
    assert [notice.kind for notice in found.result.suppression_notices] == (["expired"] if expired else [])


def test_what_lasts_too_long_is_refused_here_and_not_in_every_account() -> None:
    with pytest.raises(UsageError, match=r"suppress\[0\]\.expires"):
        plan(Configuration(suppress=(entry(SHOP, expires=date(2099, 1, 1)),)))
    with pytest.raises(UsageError, match=r"suppress\[0\]\.rule"):
        plan(Configuration(suppress=(entry(SHOP, rule="iam-user-admn"),)))
    assert plan(Configuration(suppress=(entry(SHOP),), acceptance=AcceptanceSection(max_days=90)))


def test_a_fleet_report_without_the_new_keys_is_read() -> None:
    content = msgspec.to_builtins(fleet(entry(SHOP)))
    del content["summary"]["accepted"]
    for account in content["accounts"]:
        del account["accepted"], account["suppression_notices"]
    for rule in content["rules"]:
        del rule["accepted"]

    assert msgspec.convert(content, FleetReport).summary.accepted == {}
