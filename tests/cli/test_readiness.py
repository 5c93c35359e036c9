"""The scorecard: what it says, and that nothing unread makes it better."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec import Struct, structs

from guardrift.configuration import parse
from guardrift.demo.account import open_account
from guardrift.documents import schema
from guardrift.narrowing import narrowing
from guardrift.selection import Selection
from reports import readiness_text
from reports.narrowed import in_short
from reports.terminal import render
from rules import RULES
from scanner.actions import REGIONAL
from scanner.collect.account import Scope, collect
from scanner.engine import Hit, Met, Rule, Scene
from scanner.engine.assemble import exact_score, report_on, uncounted_rules
from scanner.engine.judge import Settings
from scanner.inventory import Account, Gap, Outcome, Region
from scanner.narrowing import Narrowing
from scanner.readiness import scorecard
from scanner.report import Report
from scanner.snapshot import decode, encode
from tests.accounts import NOW, OWN, gap, region, regions
from tests.accounts import account as example
from tests.cli.conftest import Run
from tests.collect.stand_in import DENIED, StandIn
from tests.rules.missing import without


def card(run: Run, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("readiness", "--format", "json", *arguments).out)
    Draft202012Validator(schema("readiness")).validate(found)
    return found


def test_the_scorecard_of_a_snapshot(run: Run, faulty: Path) -> None:
    found = card(run, "--snapshot", faulty)

    assert [phase["phase"] for phase in found["phases"]] == ["detect", "contain", "investigate", "eradicate"]
    assert all(phase["score"] <= phase["at_best"] for phase in found["phases"])
    gains = [step["gain"] for step in found["next_steps"]]
    assert len(gains) == 3
    assert gains == sorted(gains, reverse=True)
    assert all(step["fix"] and step["places"] for step in found["next_steps"])


def test_the_same_as_a_text(run: Run, faulty: Path) -> None:
    ended = run("readiness", "--snapshot", faulty)

    assert ended.code == 1
    for words in ("detect", "Would you notice a leaked credential?", "What would help most", "1. ", "2. ", "3. "):
        assert words in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100


def test_a_clean_account_is_ready(run: Run, clean: Path) -> None:
    ended = run("readiness", "--snapshot", clean)

    assert ended.code == 0, ended.out
    assert "Nothing is unknown." in ended.out
    assert "Nothing that was read would raise a score." in ended.out


def test_what_could_not_be_read_raises_no_score_and_is_told(run: Run, aws: StandIn) -> None:
    before = {phase["phase"]: phase["score"] or 0 for phase in card(run)["phases"]}
    aws.answer("guardduty:ListDetectors", DENIED)

    denied = card(run)

    assert all((phase["score"] or 0) <= before[phase["phase"]] for phase in denied["phases"])
    assert any(part["reason"] == "guardduty:ListDetectors denied" for part in denied["unknown"])
    assert not denied["complete"]


def test_the_exit_code_is_that_of_a_scan(run: Run, faulty: Path, clean: Path, work: Path) -> None:
    assert run("readiness", "--snapshot", faulty, "--fail-on", "none").code in {0, 3}
    assert run("readiness", "--snapshot", work / "gone.json").code == 2
    assert run("readiness", "--snapshot", clean, "--rules", work / "gone").code == 2


def test_the_snapshot_is_kept(run: Run, aws: StandIn, work: Path) -> None:
    run("readiness", "--save-snapshot", "kept.json")

    assert json.loads((work / "kept.json").read_bytes())["schema"] == "guardrift/snapshot/1"
    assert [path.name for path in work.iterdir() if path.suffix == ".partial"] == []


def decoded(path: Path) -> Account:
    return decode(path.read_bytes(), now=NOW, actions=REGIONAL)


def judged(account: Account, rules: Mapping[str, Rule] = RULES) -> Report:
    return report_on(
        account,
        list(rules.values()),
        at=NOW,
        settings=Settings(),
        source="snapshot",
        tool_version="0",
        started_at=NOW,
        finished_at=NOW,
    )


def mended(rule: Rule) -> Rule:
    """The rule, had everything been put right that it finds."""

    def check(item: object, scene: Scene[Any]) -> Hit | Met | None:
        said = rule.check(item, scene)
        return None if isinstance(said, Hit) else said

    return replace(rule, check=check)


def exact(report: Report, phase: str) -> float:
    results = [result for result in report.rules if result.phase == phase]
    return exact_score(results, uncounted_rules(report.findings)) or 0.0


LISTS = (
    "ec2:DescribeInstances",
    "guardduty:ListDetectors",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "accessanalyzer:ListAnalyzers",
    "events:ListRules",
    "iam:ListAccessKeys",
    "iam:GetCredentialReport",
    "iam:GetAccountAuthorizationDetails",
)


@pytest.mark.parametrize("denied", ["", *LISTS])
def test_what_is_promised_for_mending_is_what_comes(faulty: Path, denied: str) -> None:
    whole = decoded(faulty)
    accounts = [whole]
    if denied:
        last = without(structs.replace(whole, regions=whole.regions[-1:]), denied)
        accounts = [without(whole, denied), structs.replace(last, regions=(*whole.regions[:-1], *last.regions))]
    for account in accounts:
        before = judged(account)
        steps = scorecard(before, Narrowing()).next_steps
        assert steps
        for step in steps:
            after = judged(account, {**RULES, step.rule_id: mended(RULES[step.rule_id])})
            assert step.score == after.summary.readiness[step.phase], step
            assert step.gain == pytest.approx(exact(after, step.phase) - exact(before, step.phase), abs=0.005), step


def test_nothing_is_promised_where_the_subjects_could_not_be_counted() -> None:
    instance = {"state": "running", "metadata": {"tokens": "optional", "endpoint": "enabled"}}
    seen = region("eu-west-1", instances=[instance | {"id": "i-1", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"}])
    rules = {"imds-v1-instance": RULES["imds-v1-instance"]}

    (step,) = scorecard(judged(example(regions(seen)), rules), Narrowing()).next_steps
    assert (step.gain, step.score) == (100, 100)
    denied = judged(example(regions(seen, region("eu-west-3"))), rules)
    assert [result.failed for result in denied.rules] == [1]
    assert scorecard(denied, Narrowing()).next_steps == ()


@pytest.fixture(scope="module")
def demo() -> Account:
    with open_account(NOW) as session:
        return collect(session, Scope(), now=NOW)


def parts(kind: type[Struct]) -> dict[str, Gap]:
    """The parts of a type that can be gaps, with the gap that stands there where nothing was read."""
    return {field.name: field.default for field in structs.fields(kind) if isinstance(field.default, Gap)}


def poorer(account: Account, status: Outcome) -> Iterator[tuple[str, Account]]:
    """The account without one of its parts, or of those of its regions, each in turn."""
    for name, empty in parts(Account).items():
        yield name, structs.replace(account, **{name: Gap(empty.api, status)})
    for holder in ("contacts", "organization"):
        held = getattr(account, holder)
        for name, empty in parts(type(held)).items():
            changed = structs.replace(held, **{name: Gap(empty.api, status)})
            yield f"{holder}.{name}", structs.replace(account, **{holder: changed})
    yield "other_regions", structs.replace(account, other_regions=Gap("ec2:DescribeRegions", status))
    for name, empty in parts(Region).items():
        poor = tuple(structs.replace(each, **{name: Gap(empty.api, status, each.name)}) for each in account.regions)
        yield f"regions.{name}", structs.replace(account, regions=poor)
        for place, each in enumerate(account.regions):
            if each.name in {"eu-west-1", "us-east-1"}:
                some = (*account.regions[:place], poor[place], *account.regions[place + 1 :])
                yield f"{name} of {each.name}", structs.replace(account, regions=some)


@pytest.mark.parametrize("status", ["denied", "skipped"])
def test_no_part_that_goes_missing_raises_a_score(demo: Account, status: Outcome) -> None:
    before = {phase: score or 0 for phase, score in judged(demo).summary.readiness.items()}
    assert min(before.values()) > 50

    names, risen = [], []
    for name, account in poorer(demo, status):
        names.append(name)
        after = judged(account).summary.readiness
        risen += [(name, phase, before[phase], after[phase]) for phase in before if (after[phase] or 0) > before[phase]]

    assert len(names) > 100
    assert risen == []


def test_regions_that_are_cut_out_of_a_snapshot_raise_no_score(demo: Account) -> None:
    before = judged(demo).summary.readiness
    facts = json.loads(encode(demo))
    cuts: tuple[list[object], ...] = (facts["regions"][:2], facts["regions"][1:], [])
    for kept in cuts:
        account = decode(json.dumps(facts | {"regions": kept}).encode(), now=NOW, actions=REGIONAL)
        after = judged(account).summary
        assert [phase for phase in before if (after.readiness[phase] or 0) > (before[phase] or 0)] == []
        assert not after.complete


NARROWER = """
[rules.guardduty-off]
enabled = false
[rules.security-hub-off]
severity = "low"
[rules.trail-stopped]
severity = "critical"
[rules.iam-access-key-age]
params.max_age_days = 1000
[rules.iam-access-key-unused]
params.max_idle_days = 45
[[account]]
ids = ["{account}"]
[account.rules.imds-v1-instance]
enabled = false
"""


def test_what_the_configuration_leaves_out_is_told_beside_the_scores(run: Run, faulty: Path, work: Path) -> None:
    account_id = decoded(faulty).account_id
    nothing = card(run, "--snapshot", faulty)["narrowed"]
    (work / "guardrift.toml").write_text(NARROWER.replace("{account}", account_id))

    found = card(run, "--snapshot", faulty)
    text = run("readiness", "--snapshot", faulty).out

    assert not any(held for name, held in nothing.items() if name != "configuration")
    assert found["narrowed"]["configuration"] == "guardrift.toml"
    assert found["narrowed"]["left_out"] == ["guardduty-off", "imds-v1-instance"]
    assert found["narrowed"]["parameters"] == ["iam-access-key-age"]
    severities = {change["rule_id"]: (change["own"], change["set_to"]) for change in found["narrowed"]["severities"]}
    assert severities == {"security-hub-off": ("medium", "low")} | (
        {} if RULES["trail-stopped"].severity == "critical" else {"trail-stopped": ("high", "critical")}
    )
    narrowed = {phase["phase"] for phase in found["phases"] if phase["is_narrowed"]}
    assert narrowed == set(found["narrowed"]["phases"])
    assert {RULES[rule].phase for rule in ("guardduty-off", "imds-v1-instance", "iam-access-key-age")} <= narrowed
    assert "2 rules left out by guardrift.toml: guardduty-off, imds-v1-instance" in text
    assert "security-hub-off medium -> low" in text
    assert "1 rule with parameters of guardrift.toml: iam-access-key-age" in text
    assert max(map(len, text.splitlines())) <= 100


def test_that_the_owner_watches_some_regions_only_is_told(run: Run, faulty: Path, work: Path) -> None:
    name = decoded(faulty).regions[0].name
    (work / "guardrift.toml").write_text(f"[declared]\nregions = ['{name}']\n")

    found = card(run, "--snapshot", faulty)

    assert found["narrowed"]["regions"] == [name]
    assert "detect" in found["narrowed"]["phases"]
    assert f"detection services have to be on in {name} only" in run("readiness", "--snapshot", faulty).out


def test_what_options_leave_out_is_told_apart_from_what_the_configuration_does() -> None:
    configuration = parse("[rules.guardduty-off]\nenabled = false\n", "guardrift.toml")
    guardduty = sorted(rule.id for rule in RULES.values() if rule.family == "guardduty" and rule.id != "guardduty-off")

    found = narrowing(RULES, guardduty, Selection(families=("guardduty",)), configuration, "/x/guardrift.toml")

    assert found.left_out == ("guardduty-off",)
    assert found.not_selected == tuple(sorted(set(RULES) - set(guardduty) - {"guardduty-off"}))
    assert in_short(found) == f"{len(RULES) - len(guardduty)} rules left out"
    assert in_short(Narrowing()) == ""


def test_the_summary_of_a_scan_says_it_in_a_line(faulty: Path) -> None:
    report = judged(decoded(faulty))
    told = Narrowing(configuration="guardrift.toml", left_out=("a", "b"), parameters=("c",), regions=("eu-west-1",))

    assert "Narrowed" not in render(report, Narrowing())
    line = "Narrowed   2 rules left out, 1 rule with other parameters, detection in 1 region only; "
    assert line in render(report, told)


def test_what_only_another_account_can_tell_is_said_as_a_scan_says_it() -> None:
    trail = {
        "arn": "arn:aws:cloudtrail:us-east-1:999988887777:trail/organization",
        "name": "organization",
        "home_region": "us-east-1",
        "is_multi_region": True,
        "status": {"kind": "trail-status", "is_logging": True},
        "selectors": gap("cloudtrail:GetEventSelectors", "elsewhere", "us-east-1"),
    }
    report = judged(example(regions(region("us-east-1", trails=[trail]))), {"x": RULES["trail-no-multi-region"]})

    text = readiness_text.render(scorecard(report, Narrowing()))

    assert "cloudtrail:GetEventSelectors readable only from another account: 1 verdict" in text
    assert "readable only from another account" in render(report)
