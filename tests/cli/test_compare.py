"""guardrift scan --compare: what it refuses, what it changes, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from guardrift.documents import schema
from scanner.inventory import Account, Gap, Region
from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, HOSTILE, renamed
from tests.cli.conftest import Ended, Run
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, StandIn

AT, LATER = "2026-11-20", "2026-11-21"
ADMIN = "iam-user-admin"


def kept(name: str, account: Account) -> Path:
    path = Path(name)
    path.write_bytes(encode(account))
    return path


def scan(run: Run, snapshot: object, *arguments: object) -> tuple[Ended, dict[str, Any]]:
    """A scan, and the JSON report that it wrote."""
    ended = run("scan", "--snapshot", snapshot, "-o", "now.json", *arguments)
    return ended, json.loads(Path("now.json").read_bytes())


def first(run: Run, snapshot: object, *arguments: object) -> Path:
    """An earlier report."""
    run("scan", "--snapshot", snapshot, "--at", AT, "-q", "-o", "then.json", *arguments)
    return Path("then.json")


def of(report: dict[str, Any], name: str) -> dict[str, Any]:
    """The one finding on a user of that name, which is that he is an administrator."""
    found = [each for each in report["findings"] if each["resource"]["name"] == name and each["rule_id"] == ADMIN]
    assert len(found) == 1
    return dict(found[0])


def test_what_is_new_and_what_is_resolved(run: Run) -> None:
    before = first(run, kept("a.json", renamed(CLEAN, "anna")))

    ended, report = scan(run, kept("b.json", renamed(CLEAN, "ben")), "--at", LATER, "--compare", before)

    assert (of(report, "ben")["state"], of(report, "ben")["since"]) == ("new", "2026-11-21T00:00:00Z")
    resolved = report["comparison"]["resolved"]
    assert {each["state"] for each in resolved} == {"resolved"}
    assert {each["resource"]["name"] for each in resolved} == {"anna"}
    assert report["comparison"]["previous"]["judged_at"] == "2026-11-20T00:00:00Z"
    assert ended.out.splitlines()[2].startswith("Since 2026-11-20 00:00 UTC: ")
    assert f"{report['comparison']['counts']['new']} new (" in ended.out
    assert f"{len(resolved)} resolved" in " ".join(ended.out.split())


def test_it_is_told_since_when_a_finding_is_open(run: Run) -> None:
    snapshot = kept("a.json", renamed(CLEAN, "anna"))
    first(run, snapshot, "--rule", ADMIN)
    scan(run, snapshot, "--at", LATER, "--compare", "then.json", "--rule", ADMIN)

    ended, report = scan(run, snapshot, "--at", "2026-11-22", "--compare", "now.json", "--rule", ADMIN)

    assert (of(report, "anna")["state"], of(report, "anna")["since"]) == ("unchanged", "2026-11-20T00:00:00Z")
    assert "nothing new or worse found" in ended.out
    assert "(the oldest since 2026-11-20)" in " ".join(ended.out.split())


def test_a_fact_more_is_worse(run: Run) -> None:
    snapshot = kept("a.json", renamed(CLEAN, "anna"))
    before = first(run, snapshot)
    damaged(lambda found: of(found, "anna")["evidence"].update(material=[]))(before)

    _, report = scan(run, snapshot, "--at", LATER, "--compare", before)

    assert of(report, "anna")["state"] == "worse"


def without_trails(region: Region) -> Region:
    gap = Gap("cloudtrail:DescribeTrails", "denied", region.name, "AccessDenied")
    return msgspec.structs.replace(region, trails=gap)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [((), "not_read"), (("--rule", ADMIN), "rule_not_asked")],
)
def test_what_is_not_looked_at_is_not_resolved(run: Run, faulty: Path, arguments: tuple[str, ...], why: str) -> None:
    before = first(run, faulty)
    account = msgspec.json.decode(faulty.read_bytes(), type=Account)
    blind = msgspec.structs.replace(account, regions=tuple(map(without_trails, account.regions)))

    ended, report = scan(run, kept("b.json", blind), "--at", AT, "--compare", before, *arguments)

    comparison = report["comparison"]
    assert not comparison["resolved"]
    assert why in {each["why"] for each in comparison["not_looked_at"]}
    assert f"{len(comparison['not_looked_at'])} not looked at" in " ".join(ended.out.split())
    assert "Open when last seen, and not looked at now" in ended.out


def test_a_rule_of_its_own_selection_is_a_new_rule(run: Run, faulty: Path) -> None:
    before = first(run, faulty, "--rule", ADMIN)

    _, report = scan(run, faulty, "--at", AT, "--compare", before)

    counts = report["comparison"]["counts"]
    assert counts["new_rule"] > 10
    assert (counts["new"], counts["worse"], counts["resolved"]) == (0, 0, 0)
    assert {each["why"] for each in report["comparison"]["first_looks"]} == {"new_rule"}


def test_another_parameter_is_no_change_of_the_account(run: Run, faulty: Path, work: Path) -> None:
    before = first(run, faulty)
    (work / "guardrift.toml").write_text("[rules.iam-access-key-age]\nparams = { max_age_days = 3000 }\n")

    _, report = scan(run, faulty, "--at", AT, "--compare", before)

    comparison = report["comparison"]
    assert {each["why"] for each in comparison["not_looked_at"]} == {"set_otherwise"}
    assert not comparison["resolved"]
    assert [each["parameters"] for each in report["rules"] if "parameters" in each] == [{"max_age_days": 3000}]


def test_a_region_that_is_no_longer_watched(run: Run, faulty: Path, work: Path) -> None:
    before = first(run, faulty)
    (work / "guardrift.toml").write_text('[declared]\nregions = ["us-east-1"]\n')

    ended, report = scan(run, faulty, "--at", AT, "--compare", before)

    found = report["comparison"]["not_looked_at"]
    assert {(each["why"], each["finding"]["resource"]["region"]) for each in found} == {("region_not_watched", HOME)}
    assert report["comparison"]["declared_otherwise"] is True
    assert "declares something else of the account than then" in " ".join(ended.out.split())


def test_a_suppression_that_is_over(run: Run, work: Path) -> None:
    snapshot = kept("a.json", renamed(CLEAN, "anna"))
    (work / "guardrift.toml").write_text(
        f'[[suppress]]\nrule = "{ADMIN}"\nresource = "arn:aws:iam::{ACCOUNT_ID}:user/anna"\n'
        f'account = "{ACCOUNT_ID}"\nreason = "r"\nowner = "o"\nexpires = 2026-12-01\n'
    )
    before = first(run, snapshot)

    ended, report = scan(run, snapshot, "--at", "2026-12-02", "--compare", before)

    assert (of(report, "anna")["state"], of(report, "anna")["since"]) == ("unchanged", "2026-12-02T00:00:00Z")
    assert report["comparison"]["open_again"] == [of(report, "anna")["fingerprint"]]
    assert "1 open again (1 critical)" in ended.out


@pytest.mark.parametrize("arguments", [(), ("--fail-on", "critical"), ("--fail-on", "none")])
def test_the_exit_code_is_that_of_the_scan(run: Run, faulty: Path, clean: Path, arguments: tuple[str, ...]) -> None:
    for snapshot in (faulty, clean):
        alone = run("scan", "--snapshot", snapshot, "-q", "-o", "r.json", *arguments).code
        compared = run("scan", "--snapshot", snapshot, "-q", "--compare", "r.json", "-o", "s.json", *arguments).code
        assert compared == alone


def test_the_report_may_take_the_place_of_the_earlier_one(run: Run, faulty: Path) -> None:
    for _ in range(2):
        run("scan", "--snapshot", faulty, "-q", "-o", "report.json")
    run("scan", "--snapshot", faulty, "-q", "--compare", "report.json", "-o", "report.json")

    assert "comparison" in json.loads(Path("report.json").read_bytes())


def test_every_format_is_made_again_from_the_report(run: Run, faulty: Path) -> None:
    before = first(run, faulty, "--rule", ADMIN)
    formats = ("html", "md", "csv", "sarif", "xml")
    outputs = [part for suffix in formats for part in ("-o", f"a.{suffix}")]
    again = [part for suffix in formats for part in ("-o", f"b.{suffix}")]
    _, report = scan(run, faulty, "--compare", before, "--at", LATER, *outputs)
    Draft202012Validator(schema("report"), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(report)

    assert run("report", "now.json", *again).code == 0

    for suffix in ("html", "md", "csv", "xml"):
        assert Path(f"a.{suffix}").read_bytes() == Path(f"b.{suffix}").read_bytes(), suffix
    assert run("report", "now.json").out.splitlines()[2].startswith("Since 2026-11-20 00:00 UTC: ")


def test_hostile_names_of_an_earlier_run(run: Run) -> None:
    before = first(run, kept("a.json", renamed(CLEAN, HOSTILE)))

    ended, _ = scan(run, kept("b.json", CLEAN), "--at", LATER, "--compare", before, "-o", "r.md", "-o", "r.html")

    assert "Resolved" in ended.out
    for text in (ended.out, Path("r.md").read_text(), Path("r.html").read_text()):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not any(line.lstrip().startswith(("::", "##")) and "owned" in line for line in text.splitlines())


def damaged(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        content = json.loads(path.read_bytes())
        change(content)
        path.write_text(json.dumps(content))

    return spoil


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (truncated, ["--compare then.json", "truncated or not JSON"]),
        (lambda path: path.write_bytes(b""), ["truncated or not JSON"]),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), ["truncated or not JSON"]),
        (lambda path: path.write_bytes(b"[" * 100_000), ["not a guardrift report"]),
        (lambda path: path.write_text("[]"), ["does not name its schema"]),
        (lambda path: path.write_text('{"UserDetailList": []}'), ["does not name its schema", "scan -o report.json"]),
        (lambda path: path.unlink(), ["then.json cannot be read", "No such file"]),
        (damaged(lambda found: found.update(schema="guardrift/report/2")), ["schema version 2", "reads version 1"]),
        (
            damaged(lambda found: found.update(schema="guardrift/fleet/1")),
            ["guardrift fleet", "report of each account"],
        ),
        (damaged(lambda found: found["findings"][0].update(severity="bad")), ["damaged", "$.findings[0].severity"]),
        (damaged(lambda found: found["run"].update(judged_at="2026-11-20T06:00:00")), ["$.run.judged_at"]),
        (damaged(lambda found: found.pop("rules")), ["damaged", "rules"]),
        (damaged(lambda found: found["run"].update(accounts=[])), ["run.accounts"]),
        (damaged(lambda found: found["run"].update(accounts=["999999999999"])), ["account 999999999999", ACCOUNT_ID]),
    ],
)
def test_what_is_no_report_of_the_account_is_refused(
    run: Run, faulty: Path, spoil: Callable[[Path], None], words: list[str]
) -> None:
    before = first(run, faulty)
    spoil(before)

    ended = run("scan", "--snapshot", faulty, "--compare", before, "-o", "now.json")

    assert ended.code == 2
    assert "help: " in ended.err
    assert not Path("now.json").exists()
    for word in words:
        assert word in ended.err


def test_a_snapshot_in_place_of_a_report(run: Run, faulty: Path) -> None:
    ended = run("scan", "--snapshot", faulty, "--compare", faulty)

    assert ended.code == 2
    assert "this is a guardrift snapshot, not a report" in ended.err
    assert "guardrift diff" in ended.err


def test_aws_is_not_asked_where_the_report_is_broken(run: Run, aws: StandIn, faulty: Path) -> None:
    before = first(run, faulty)
    truncated(before)

    assert run("scan", "--compare", before).code == 2
    assert not aws.asked


def test_an_account_that_is_named_is_checked_before_aws_is_asked(run: Run, aws: StandIn, faulty: Path) -> None:
    ended = run("scan", "--compare", first(run, faulty), "--account", "999999999999")

    assert ended.code == 2
    assert "not on 999999999999" in ended.err
    assert not aws.asked


def test_another_account_is_not_read(run: Run, aws: StandIn, faulty: Path) -> None:
    before = first(run, faulty)
    damaged(lambda found: found["run"].update(accounts=["999999999999"]))(before)

    ended = run("scan", "--compare", before)

    assert ended.code == 2
    assert "999999999999" in ended.err
    assert {asked.api for asked in aws.asked} == {"sts:GetCallerIdentity"}


def test_a_live_scan_is_compared(run: Run, aws: StandIn, faulty: Path) -> None:
    before = first(run, faulty)
    aws.answer("cloudtrail:DescribeTrails", DENIED)

    ended = run("scan", "--compare", before, "-o", "now.json")

    report = json.loads(Path("now.json").read_bytes())
    assert ended.code == 1
    assert not [each for each in report["comparison"]["resolved"] if "trail" in each["rule_id"]]


def test_it_is_for_one_account(run: Run, faulty: Path) -> None:
    ended = run("scan", "--organization", "--role-name", "r", "--compare", first(run, faulty))

    assert ended.code == 2
    assert "--compare is for one account" in ended.err


def test_a_later_report_is_said_to_be_one(run: Run, faulty: Path) -> None:
    before = first(run, faulty)

    ended, _ = scan(run, faulty, "--at", "2026-11-01", "--compare", before)

    assert "later than this one" in ended.err
    assert run("scan", "--snapshot", faulty, "--at", "2026-11-01", "--compare", before, "-q").err == ""
    assert ended.out.splitlines()[2].startswith("Compared with the later run of 2026-11-20 00:00 UTC: ")
