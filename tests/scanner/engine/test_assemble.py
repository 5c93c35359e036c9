"""Reports: the same facts give the same bytes, and less knowledge never looks like more readiness."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rules import RULES
from scanner.engine import Rule
from scanner.engine.assemble import is_complete, reaches, report_on
from scanner.engine.judge import Settings
from scanner.inventory import Account, CoverageRow, Gap, Outcome, Region
from scanner.report import Report
from tests.accounts import NOW, OWN, account, report
from tests.rules.missing import APIS, without


def merged() -> Account:
    """One account with the bad and the good examples of every rule, the principals of each with names of their own."""
    facts: dict[str, list[dict[str, object]]] = {}
    single: dict[str, object] = {}
    examples = [each for rule in RULES.values() for each in (*rule.documentation.bad, *rule.documentation.good)]
    for place, example in enumerate(examples):
        for part, found in json.loads(_apart(example, place)).items():
            if isinstance(found, list):
                facts.setdefault(part, []).extend(found)
            else:
                single[part] = found
    numbered = [dict(region, name=f"eu-west-{number:03}") for number, region in enumerate(facts.pop("regions"))]
    return account({**facts, **single, "regions": numbered})


def _apart(example: str, place: int) -> str:
    """The example with a number in the name of every principal, trail and detector."""
    facts = json.loads(example)
    rows = (facts.get("credential_report") or {}).get("rows", ())
    held = [*facts.get("access_keys", ()), *facts.get("service_credentials", ()), *rows]
    names = {each["name"] for part in ("users", "groups", "roles") for each in facts.get(part) or ()}
    names |= {each["user"] for each in held} - {"<root_account>"}
    found = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    apart = re.sub(rf'(?<=["/])({found})(?=["#])', rf"\g<1>-{place}", example) if names else example
    return re.sub(r":(trail|detector)/([\w-]+)", rf":\g<1>/\g<2>-{place}", apart)


MERGED = merged()


def body(found: Report) -> bytes:
    return msgspec.json.encode(found, order="deterministic")


def test_the_same_account_gives_the_same_bytes() -> None:
    copied = msgspec.json.decode(msgspec.json.encode(MERGED), type=Account)

    assert body(report(MERGED)) == body(report(copied))
    assert report(MERGED).findings


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rules_does_not_matter(seed: int) -> None:
    mixed = list(RULES.values())
    Random(seed).shuffle(mixed)

    assert body(judged(MERGED, mixed)) == body(report(MERGED))


def judged(found: Account, rules: Sequence[Rule] = (), hours: int = 0) -> Report:
    return report_on(
        found,
        rules or list(RULES.values()),
        at=NOW,
        settings=Settings(),
        source="snapshot",
        tool_version="0",
        started_at=NOW + timedelta(hours=hours),
        finished_at=NOW + timedelta(hours=hours),
    )


def test_the_clock_shows_in_run_alone() -> None:
    one, later = report(MERGED), judged(MERGED, hours=5)

    assert body(one) != body(later)
    assert body(replace(later, run=one.run)) == body(one)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_facts_does_not_matter(seed: int) -> None:
    random = Random(seed)
    facts = json.loads(msgspec.json.encode(MERGED))
    for part in ("users", "groups", "roles", "policies", "access_keys", "regions"):
        random.shuffle(facts[part])
    mixed = msgspec.json.decode(json.dumps(facts), type=Account)
    one = report(MERGED)

    assert body(replace(report(mixed), run=one.run)) == body(one)


def test_findings_are_counted_and_sorted() -> None:
    found = report(MERGED)

    assert found.summary.by_status["fail"] == sum(finding.status == "fail" for finding in found.findings)
    assert found.summary.by_status["unknown"] == sum(finding.status == "unknown" for finding in found.findings)
    assert sum(found.summary.by_severity.values()) == found.summary.by_status["fail"]
    assert [result.rule_id for result in found.rules] == sorted(RULES)
    assert all(result.evaluated == result.failed + result.passed + result.unknown for result in found.rules)
    assert found.run.regions == tuple(region.name for region in MERGED.regions if is_asked(region))


def is_asked(region: Region) -> bool:
    """Whether anything was collected in a region; an example may need no more of it than its name."""
    return any(not isinstance(getattr(region, part), Gap) for part in Region.__struct_fields__ if part != "name")


def test_each_rule_and_resource_has_a_fingerprint_of_its_own() -> None:
    found = report(MERGED).findings

    identities = {(finding.rule_id, finding.resource) for finding in found}
    assert len({finding.fingerprint for finding in found}) == len(identities)


@cache
def all_scores() -> dict[str, int]:
    return scores(MERGED)


def scores(found: Account) -> dict[str, int]:
    return {phase: score or 0 for phase, score in report(found).summary.readiness.items()}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(APIS), max_size=4), st.sampled_from(APIS))
def test_readiness_never_rises_when_an_answer_goes_missing(before: list[str], api: str) -> None:
    known = MERGED
    for earlier in before:
        known = without(known, earlier)

    more, less = scores(known), scores(without(known, api))

    assert [phase for phase in more if less[phase] > more[phase]] == []


@settings(max_examples=20, deadline=None)
@given(st.integers(0, len(MERGED.regions) - 1), st.sampled_from([api for api in APIS if not api.startswith("iam:")]))
def test_readiness_never_rises_when_an_answer_of_one_region_goes_missing(index: int, api: str) -> None:
    stripped = without(replace(MERGED, regions=(MERGED.regions[index],)), api).regions
    poorer = replace(MERGED, regions=(*MERGED.regions[:index], *stripped, *MERGED.regions[index + 1 :]))

    more, less = all_scores(), scores(poorer)

    assert [phase for phase in more if less[phase] > more[phase]] == []


def test_readiness_does_not_rise_when_the_bad_region_is_denied() -> None:
    def instance(region: str, tokens: str) -> dict[str, object]:
        arn = f"arn:aws:ec2:{region}:{OWN}:instance/i-0a"
        return {"id": "i-0a", "arn": arn, "state": "running", "metadata": {"tokens": tokens, "endpoint": "enabled"}}

    good = {"name": "eu-west-1", "instances": [instance("eu-west-1", "required")]}
    bad = {"name": "eu-west-3", "instances": [instance("eu-west-3", "optional")] * 9}
    denied = {"name": "eu-west-3"}
    rule = [RULES["imds-v1-instance"]]

    seen, hidden = (
        judged(account({"regions": [good, other]}), rule).summary.readiness["contain"] for other in (bad, denied)
    )

    assert (seen, hidden) == (10, 0)


def test_everything_good_is_a_hundred_and_nothing_known_is_zero() -> None:
    rule = RULES["guardduty-off"]
    good = msgspec.json.decode(rule.documentation.good[0])

    assert judged(account(good), [rule]).summary.readiness["detect"] == 100
    assert judged(account({}), [rule]).summary.readiness["detect"] == 0
    assert judged(account(good), [rule]).summary.readiness["eradicate"] is None


@pytest.mark.parametrize(
    ("status", "complete"),
    [
        ("ok", True),
        ("not_applicable", True),
        ("elsewhere", True),
        ("denied", False),
        ("throttled", False),
        ("error", False),
        ("skipped", True),
    ],
)
def test_completeness_follows_coverage(status: Outcome, complete: bool) -> None:
    row = CoverageRow(account_id=OWN, region="global", api="iam:X", status=status)

    assert is_complete((row,), ()) is complete


def test_an_unknown_verdict_is_not_complete() -> None:
    nothing = judged(account({}), [RULES["guardduty-off"]])

    assert not nothing.summary.complete
    assert not is_complete((), nothing.findings)


def test_only_failures_reach_a_threshold() -> None:
    unknown = judged(account({}), [RULES["guardduty-off"]]).findings
    failed = judged(account({"regions": [{"name": "eu-west-1", "detectors": []}]}), [RULES["guardduty-off"]]).findings

    assert [found.severity for found in (*unknown, *failed)] == ["critical", "critical"]
    assert not reaches(unknown, "info")
    assert reaches(failed, "critical")
    assert reaches((*unknown, *failed), "high")
    assert not reaches((), "info")
    assert not reaches((replace(failed[0], severity="low"),), "medium")


@pytest.mark.parametrize(("status", "complete"), [("elsewhere", True), ("denied", False), ("error", False)])
def test_what_only_another_account_can_tell_is_unknown_but_not_incomplete(status: str, complete: bool) -> None:
    trail = {
        "arn": "arn:aws:cloudtrail:us-east-1:999988887777:trail/organization",
        "name": "organization",
        "home_region": "us-east-1",
        "is_multi_region": True,
        "status": {"kind": "trail-status", "is_logging": True},
        "selectors": {"kind": "gap", "api": "cloudtrail:GetEventSelectors", "status": status},
    }
    found = judged(account({"regions": [{"name": "us-east-1", "trails": [trail]}]}), [RULES["trail-no-multi-region"]])

    assert [finding.status for finding in found.findings] == ["unknown"]
    assert found.summary.complete is complete
