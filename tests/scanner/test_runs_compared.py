"""Two runs compared: state by state, since when, and that nothing is resolved which was not looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from scanner.comparison import Comparison, ComparisonCounts, WhyNotNow, WhyNotThen
from scanner.findings import Accepted, Finding, State
from scanner.report import Report
from scanner.runs_compared import compared
from tests.reports import sample

THEN, NOW = datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 21, 6, tzinfo=UTC)
LONG_AGO = datetime(2026, 8, 2, 6, tzinfo=UTC)
REGION, OTHER = "eu-west-1", "us-east-1"
RULE = "imds-v1-allowed"
SUPPRESSED = Accepted(by="config", reason="r", owner="o", expires=date(2027, 1, 1))
OVER = msgspec.structs.replace(SUPPRESSED, expired=True)


def one(**changes: object) -> Finding:
    found = sample.finding(RULE, sample.instance(1), "seen", evidence={"material": ["a"]})
    return msgspec.structs.replace(found, **changes)


def unknown(api: str = "ec2:DescribeInstances", **changes: object) -> Finding:
    """The same verdict, where it could not be reached."""
    found = sample.unknown(RULE, sample.instance(1), api, "denied")
    return msgspec.structs.replace(found, **changes)


def uncounted(region: str | None = REGION) -> Finding:
    """The verdict of a rule that could not list what it is asked about."""
    place = sample.region(region) if region else msgspec.structs.replace(sample.region(REGION), region=None)
    found = sample.unknown(RULE, place, "ec2:DescribeInstances", "throttled")
    reason = f"ec2:DescribeInstances was throttled in {region or 'any region'}"
    return msgspec.structs.replace(found, evidence={**found.evidence, "reason": reason, "uncounted": True})


def run(
    *findings: Finding,
    at: datetime = NOW,
    without: str = "",
    regions: tuple[str, ...] = sample.REGIONS,
    parameters: dict[str, int] | None = None,
    declared: str | None = "d",
) -> Report:
    made = sample.assemble(findings, ())
    about = msgspec.structs.replace(
        made.run, judged_at=at, started_at=at, regions=regions, declared_sha256=declared or msgspec.UNSET
    )
    rules = tuple(
        msgspec.structs.replace(rule, parameters=(parameters or {}) if rule.rule_id == RULE else {})
        for rule in made.rules
        if rule.rule_id != without
    )
    return msgspec.structs.replace(made, run=about, rules=rules)


def then(*findings: Finding, without: str = "", regions: tuple[str, ...] = sample.REGIONS) -> Report:
    return run(*findings, at=THEN, without=without, regions=regions)


def told(report: Report) -> Comparison:
    assert isinstance(report.comparison, Comparison)
    return report.comparison


def counts(report: Report) -> dict[str, int]:
    """The counts that are not zero."""
    found: dict[str, int] = msgspec.to_builtins(told(report).counts)
    return {name: number for name, number in found.items() if number}


@pytest.mark.parametrize(
    ("before", "now", "state", "since", "counted"),
    [
        (None, one(), "new", NOW, {"new": 1}),
        (one(), one(), "unchanged", THEN, {"still_open": 1}),
        (one(since=LONG_AGO), one(), "unchanged", LONG_AGO, {"still_open": 1}),
        (one(), one(message="now 91 days old"), "unchanged", THEN, {"still_open": 1}),
        (one(), one(evidence={"material": []}), "unchanged", THEN, {"still_open": 1}),
        (one(), one(severity="medium"), "unchanged", THEN, {"still_open": 1}),
        (one(since=LONG_AGO), one(evidence={"material": ["a", "b"]}), "worse", LONG_AGO, {"worse": 1}),
        (one(), one(severity="critical"), "worse", THEN, {"worse": 1}),
        (unknown(), one(), "worse", NOW, {"worse": 1}),
        (None, unknown(), "new", NOW, {"newly_unknown": 1}),
        (unknown(), unknown(), "unchanged", THEN, {}),
        (unknown(since=LONG_AGO), unknown(), "unchanged", LONG_AGO, {}),
        (unknown(), unknown("ec2:DescribeImages"), "worse", THEN, {}),
        (one(since=LONG_AGO), unknown(), "unchanged", LONG_AGO, {"not_looked_at": 1}),
        (one(accepted=SUPPRESSED), one(), "unchanged", NOW, {"open_again": 1}),
        (one(accepted=SUPPRESSED), one(accepted=OVER), "unchanged", NOW, {"open_again": 1}),
        (one(accepted=SUPPRESSED), one(severity="critical"), "worse", NOW, {"open_again": 1}),
        (one(accepted=OVER, since=LONG_AGO), one(accepted=OVER), "unchanged", LONG_AGO, {"still_open": 1}),
        (one(since=LONG_AGO), one(accepted=SUPPRESSED), "unchanged", None, {}),
        (None, one(accepted=SUPPRESSED), "new", None, {}),
        (one(), unknown(accepted=SUPPRESSED), "unchanged", None, {}),
        (one(accepted=SUPPRESSED), unknown(), "unchanged", NOW, {"newly_unknown": 1}),
        (unknown(accepted=SUPPRESSED), unknown(), "unchanged", NOW, {}),
        (None, unknown(accepted=SUPPRESSED), "new", None, {}),
    ],
)
def test_what_became_of_a_finding(
    before: Finding | None, now: Finding, state: State, since: datetime | None, counted: dict[str, int]
) -> None:
    found = compared(run(now), then(*filter(None, [before])))

    (finding,) = found.findings
    assert finding.state == state
    assert finding.since == (since or msgspec.UNSET)
    assert counts(found) == counted
    assert not told(found).resolved
    assert msgspec.structs.replace(finding, state=msgspec.UNSET, since=msgspec.UNSET) == now


def test_a_finding_that_is_gone_is_resolved() -> None:
    found = told(compared(run(), then(one(since=LONG_AGO, state="worse"))))

    assert found.resolved == (one(since=LONG_AGO, state="resolved"),)
    assert found.counts == ComparisonCounts(resolved=1)


def test_what_was_accepted_and_is_gone_is_resolved_and_was_not_open() -> None:
    (gone,) = told(compared(run(), then(one(accepted=SUPPRESSED)))).resolved

    assert (gone.state, gone.since, gone.is_accepted) == ("resolved", msgspec.UNSET, True)


@pytest.mark.parametrize(
    ("now", "why", "reason"),
    [
        (run(without=RULE), "rule_not_asked", "imds-v1-allowed was not asked"),
        (run(regions=(OTHER,)), "region_not_scanned", "eu-west-1 was not scanned"),
        (run(regions=()), "region_not_scanned", "eu-west-1 was not scanned"),
        (run(uncounted()), "not_read", "ec2:DescribeInstances was throttled in eu-west-1"),
        (run(uncounted(None)), "not_read", "ec2:DescribeInstances was throttled in any region"),
        (run(unknown()), "unknown_now", "ec2:DescribeInstances was denied in eu-west-1"),
        (run(parameters={"days": 9}), "set_otherwise", "imds-v1-allowed has other parameters than then"),
    ],
)
def test_what_was_not_looked_at_is_never_resolved(now: Report, why: WhyNotNow, reason: str) -> None:
    found = told(compared(now, then(one(since=LONG_AGO))))

    assert not found.resolved
    assert found.counts.not_looked_at == 1
    (kept,) = found.not_looked_at
    assert (kept.why, kept.reason, kept.finding) == (why, reason, one(since=LONG_AGO))


def test_a_region_that_the_owner_does_not_watch_is_not_looked_at() -> None:
    asked: list[tuple[str, str]] = []

    def is_watched(rule_id: str, region: str) -> bool:
        asked.append((rule_id, region))
        return False

    found = told(compared(run(), then(one()), is_watched=is_watched))

    assert [each.why for each in found.not_looked_at] == ["region_not_watched"]
    assert asked == [(RULE, REGION)]


def test_a_list_that_failed_elsewhere_says_nothing_against_it() -> None:
    assert told(compared(run(uncounted(OTHER)), then(one()))).counts.resolved == 1


def test_what_was_accepted_is_not_kept_in_mind_where_nobody_looked() -> None:
    assert not told(compared(run(without=RULE), then(one(accepted=SUPPRESSED)))).not_looked_at


@pytest.mark.parametrize(
    ("before", "why", "counted"),
    [
        (then(without=RULE), "new_rule", "new_rule"),
        (then(regions=(OTHER,)), "region_not_scanned", "first_look"),
        (then(uncounted()), "not_read", "first_look"),
        (run(at=THEN, parameters={"days": 9}), "set_otherwise", "first_look"),
    ],
)
def test_what_could_not_be_found_then_is_no_change_of_the_account(
    before: Report, why: WhyNotThen, counted: str
) -> None:
    found = compared(run(one()), before)

    assert found.findings[0].state == "new"
    assert [(each.fingerprint, each.why) for each in told(found).first_looks] == [(one().fingerprint, why)]
    assert counts(found)[counted] == 1
    assert "new" not in counts(found)


@pytest.mark.parametrize("blind", [run(without=RULE), run(regions=(OTHER,)), run(uncounted()), run(unknown())])
def test_it_is_kept_in_mind_until_a_run_looks(blind: Report) -> None:
    """A region that could not be read for a day makes no finding new, and none resolved."""
    second = compared(blind, then(one()))
    third = compared(blind, second)

    assert [each.finding for each in told(third).not_looked_at] == [one(since=THEN)]
    back = compared(run(one()), third)
    assert (back.findings[0].state, back.findings[0].since) == ("unchanged", THEN)
    assert counts(back).get("still_open") == 1
    worse = compared(run(one(evidence={"material": ["a", "b"]})), third)
    assert worse.findings[0].state == "worse"
    assert told(compared(run(), third)).resolved == (one(since=THEN, state="resolved"),)


@pytest.mark.parametrize("kept", ["set_otherwise", "region_not_watched"])
def test_what_the_owner_decided_is_told_once(kept: WhyNotNow) -> None:
    def is_watched(_rule_id: str, _region: str) -> bool:
        return kept != "region_not_watched"

    parameters = {"days": 9} if kept == "set_otherwise" else None
    first = compared(run(parameters=parameters), then(one()), is_watched=is_watched)
    assert [each.why for each in told(first).not_looked_at] == [kept]

    again = told(compared(run(parameters=parameters), first, is_watched=is_watched))

    assert again.counts == ComparisonCounts()


def test_verdicts_that_were_unknown() -> None:
    assert counts(compared(run(), then(unknown()))) == {"no_longer_unknown": 1}
    assert counts(compared(run(without=RULE), then(unknown()))) == {}
    assert counts(compared(run(), then(unknown(accepted=SUPPRESSED)))) == {}


def test_a_report_without_its_settings_is_not_taken_for_another_setting() -> None:
    before = run(one(), at=THEN, declared=None, parameters={"days": 9})

    found = told(compared(run(), before))

    assert (found.counts.resolved, found.declared_otherwise) == (1, False)


def test_another_declaration_is_said() -> None:
    assert told(compared(run(), run(at=THEN, declared="e"))).declared_otherwise
    assert not told(compared(run(), then())).declared_otherwise


@pytest.mark.parametrize(
    "report",
    [
        sample.report(),
        sample.clean_report(),
        run(one(), one(evidence={"material": ["b"]})),
        run(one(), unknown()),
        run(one(accepted=SUPPRESSED)),
        compared(run(unknown()), then(one())),
        compared(run(uncounted()), then(one())),
        compared(run(one()), then(one(since=LONG_AGO))),
    ],
)
def test_a_report_compared_with_itself_is_unchanged(report: Report) -> None:
    found = compared(report, report)

    assert {finding.state for finding in found.findings} <= {"unchanged"}
    failed = [each for each in report.findings if each.status == "fail" and not each.is_accepted]
    kept = told(report).not_looked_at if isinstance(report.comparison, Comparison) else ()
    assert told(found).counts == ComparisonCounts(still_open=len(failed), not_looked_at=len(kept))
    assert not told(found).resolved


def test_the_counts_add_up_to_what_is_open() -> None:
    whole = sample.report()
    before = msgspec.structs.replace(whole, findings=whole.findings[::2])

    found = compared(whole, before)

    number = told(found).counts
    failed = [each for each in whole.findings if each.status == "fail"]
    sums = number.new + number.new_rule + number.first_look + number.worse + number.open_again + number.still_open
    assert sums == len(failed)


def test_facts_that_name_one_resource_twice() -> None:
    twice = (one(), one(evidence={"material": ["b"]}))

    assert counts(compared(run(*twice), then(*twice))) == {"still_open": 2}
    assert counts(compared(run(one()), then(*twice))) == {"still_open": 1}
    assert told(compared(run(), then(*twice))).counts.resolved == 1


def test_nothing_else_of_the_report_changes() -> None:
    report = sample.report()

    found = compared(report, sample.clean_report())

    plain = tuple(msgspec.structs.replace(each, state=msgspec.UNSET, since=msgspec.UNSET) for each in found.findings)
    assert msgspec.structs.replace(found, comparison=msgspec.UNSET, findings=plain) == report
