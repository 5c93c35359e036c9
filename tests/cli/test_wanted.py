"""Nothing is asked for rules that are switched off."""

from __future__ import annotations

from guardrift.wanted import wanted_actions
from rules import RULES
from scanner.actions import IDENTITY, all_but_options, with_what_they_need

STS = "sts:GetCallerIdentity"


def wanted(
    chosen: set[str], off: set[str] | None = None, *, narrowed: bool = False, plans: bool = False, last: bool = False
) -> frozenset[str]:
    return wanted_actions(
        [RULES[rule_id] for rule_id in chosen],
        [RULES[rule_id] for rule_id in off or ()],
        is_narrowed=narrowed,
        plans=plans,
        last_accessed=last,
    )


def test_a_whole_scan_takes_in_the_whole_account() -> None:
    assert wanted(set(RULES)) == all_but_options()


def test_rules_named_on_the_command_line_ask_for_their_own_facts_alone() -> None:
    assert wanted({"iam-root-access-key"}, narrowed=True) == {STS, "iam:GetAccountSummary"}


def test_plans_need_principals_and_their_keys() -> None:
    assert wanted({"iam-root-access-key"}, narrowed=True, plans=True) == with_what_they_need(IDENTITY)


def test_a_rule_that_is_switched_off_takes_its_facts_along_and_what_follows_from_them() -> None:
    off = {"guardduty-trusted-list"}

    assert all_but_options() - wanted(set(RULES) - off, off) == {
        "guardduty:GetIPSet",
        "guardduty:GetTrustedEntitySet",
        "guardduty:ListIPSets",
        "guardduty:ListTrustedEntitySets",
    }


def test_what_no_rule_asks_for_falls_with_what_it_follows_from() -> None:
    off = {rule.id for rule in RULES.values() if any(api.startswith("guardduty:") for api in rule.apis)}
    without = all_but_options() - wanted(set(RULES) - off, off)

    assert {api.partition(":")[0] for api in without} == {"guardduty"}
    lists = {"guardduty:ListThreatIntelSets", "guardduty:GetThreatIntelSet"}
    assert not lists & {api for rule in RULES.values() for api in rule.apis}
    assert lists <= without


def test_what_another_rule_needs_stays() -> None:
    off = {"iam-access-key-age"}

    assert wanted(set(RULES) - off, off) == all_but_options()


def test_last_access_is_read_only_where_it_is_asked_for() -> None:
    jobs = {"iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"}

    assert not wanted(set(RULES)) & jobs
    assert wanted(set(RULES), last=True) == all_but_options() | jobs
    assert wanted({"iam-root-access-key"}, narrowed=True, last=True) >= jobs
