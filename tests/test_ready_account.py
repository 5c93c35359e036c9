"""What the rules say of accounts in which everything is in order."""

from __future__ import annotations

import pytest

from rules import RULES
from scanner.engine.judge import Settings, judge
from scanner.inventory import Account
from tests.accounts import NOW
from tests.collect.reading import only_towards_unknown, verdicts
from tests.ready_account import ADMINISTERED, DECLARED, MANAGING, READY
from tests.rules.missing import APIS, without

OF_MANAGEMENT_ACCOUNTS = {
    "management-account-workloads",
    "organization-delegate-unexpected",
    "organization-root-not-central",
    "organization-service-not-delegated",
}
OF_ADMINISTRATORS = {
    "containment-not-in-iam",
    "iam-local-sign-in",
    "iam-user-unused",
    "response-role-cannot-contain",
    "role-session-too-long",
}
OF_FAULTS = {"guardduty-finding-open"}
"""What they are asked about is a fault in itself."""


def said(account: Account, settings: Settings) -> tuple[list[tuple[str, str, str]], set[str]]:
    """What does not pass, and the rules that have nothing to look at."""
    results, findings = judge(account, list(RULES.values()), NOW, settings)
    silent = {result.rule_id for result in results if not result.evaluated}
    return [(finding.rule_id, finding.status, finding.message) for finding in findings], silent


def test_everything_passes_and_next_to_every_rule_has_something_to_look_at() -> None:
    assert said(READY, Settings()) == ([], OF_MANAGEMENT_ACCOUNTS | OF_ADMINISTRATORS | OF_FAULTS)


def test_declared_administrators_are_in_order() -> None:
    findings, silent = said(ADMINISTERED, Settings(declared=DECLARED))

    assert findings == []
    # The administrators are roles.
    assert silent == OF_MANAGEMENT_ACCOUNTS | OF_FAULTS | {"iam-user-unused"}


def test_administrators_that_nobody_declared_are_not() -> None:
    findings, _ = said(ADMINISTERED, Settings())

    assert {rule for rule, _, _ in findings} >= {"iam-role-admin"}


def test_a_management_account_is_at_fault_only_for_being_one() -> None:
    findings, silent = said(MANAGING, Settings())

    assert [(rule, status) for rule, status, _ in findings] == [("account-cannot-receive-scp", "fail")]
    assert not silent & OF_MANAGEMENT_ACCOUNTS


ACCOUNTS = ((READY, Settings()), (ADMINISTERED, Settings(declared=DECLARED)), (MANAGING, Settings()))
BEFORE = tuple(verdicts(account, settings) for account, settings in ACCOUNTS)
NAMED = {api for rule in RULES.values() for api in rule.apis}


@pytest.mark.parametrize("api", APIS)
def test_without_an_answer_nothing_becomes_better_or_is_left_out(api: str) -> None:
    became: list[object] = []
    for (account, settings), before in zip(ACCOUNTS, BEFORE, strict=True):
        after = verdicts(without(account, api), settings)
        only_towards_unknown(before, after)
        became += [place for place, verdict in after.items() if verdict == "unknown"]

    assert api in NAMED or not became
