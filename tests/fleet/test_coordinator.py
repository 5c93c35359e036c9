from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guardrift.configuration import Configuration
from guardrift.fleet import work
from guardrift.fleet.accounts import Filters, choose
from guardrift.fleet.collecting import collected
from guardrift.fleet.coordinator import Coordinator, Plan
from guardrift.fleet.engines import Done, Task, Work
from guardrift.fleet.jobs import Judged, JudgeJob, encoded
from guardrift.fleet.store import Store
from guardrift.fleet.summing import without_run
from guardrift.selection import Selection
from rules import RULES as RULES_BY_ID
from scanner.engine.assemble import report_on
from scanner.engine.judge import Settings
from scanner.fleet_report import FleetReport
from scanner.inventory import Account, MemberAccount, User
from scanner.snapshot import decode
from tests.fleet.hiring import Hired
from tests.fleet.scenes import (
    ARCHIVE,
    BUCKET,
    CLOSED,
    LAB,
    MANAGEMENT,
    NOW,
    ORGANIZATION,
    ROOT,
    SHOP,
    archive,
    everyone,
    management,
    member,
    row,
)
from tests.fleet.test_summing import result

RULES = ("iam-root-access-key", "iam-user-admin", "trail-no-multi-region")
PLAN = Plan(
    role_name="/audit/reader/", now=NOW, selection=Selection(RULES), configuration=Configuration(), external_id="x-1"
)


def scan(folder: Path, workers: Hired, plan: Plan = PLAN, found: Account | None = None, **more: Any) -> FleetReport:
    found = found or management()
    store = Store(folder)
    store.open()
    choice = choose(found.organization, Filters(), lambda ids: {one: {} for one in ids})
    return Coordinator(plan, store, workers=workers, here=workers, found=found, choice=choice, **more).run()


def answers(**changes: Account | str) -> dict[str, Account | str]:
    return {**everyone(), **changes}


def snapshot(folder: Path, account_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "accounts" / account_id / "snapshot.json").read_bytes())
    return found


def test_one_snapshot_and_one_report_for_each_account(tmp_path: Path) -> None:
    report = scan(tmp_path, Hired(answers()))

    assert {account.account_id for account in report.accounts} == {MANAGEMENT, ARCHIVE, SHOP, LAB}
    for account in report.accounts:
        place = tmp_path / account.folder
        assert [user["name"] for user in snapshot(tmp_path, account.account_id)["users"]] == [
            f"only-in-{account.account_id}"
        ]
        told = json.loads((place / "report.json").read_bytes())
        assert told["run"]["accounts"] == [account.account_id]
        assert f"AWS account {account.account_id}" in (place / "report.html").read_text()
    assert [(account.account_id, account.state) for account in report.skipped] == [(CLOSED, "SUSPENDED")]
    assert (report.organization.id, report.organization.listed_in) == ("o-1", MANAGEMENT)
    assert {account.account_id: account.place for account in report.accounts}[SHOP] == (
        "Root",
        "Workloads",
        "Production",
    )


def test_what_is_only_readable_elsewhere_is_joined(tmp_path: Path) -> None:
    scan(tmp_path, Hired(answers()))
    shop = snapshot(tmp_path, SHOP)

    assert shop["organization"]["read_in"] == MANAGEMENT
    assert shop["log_buckets"][0]["account_id"] == ARCHIVE
    assert "elsewhere" not in {one["status"] for one in shop["coverage"]}


def test_what_nobody_could_read_of_the_organization_makes_the_run_incomplete(tmp_path: Path) -> None:
    found = msgspec.structs.replace(management(), coverage=(row(MANAGEMENT, "organizations:ListRoots", "denied"),))

    report = scan(tmp_path, Hired(answers()), found=found)

    assert report.organization.unread == ("organizations:ListRoots denied",)
    assert scan(tmp_path / "again", Hired(answers())).organization.unread == ()


def test_an_account_says_what_it_was_refused_though_no_verdict_waits_for_it(tmp_path: Path) -> None:
    refused = member(LAB, coverage=(row(LAB, "s3:GetBucketLogging", "denied"),))

    report = scan(tmp_path, Hired(answers(**{LAB: refused})))

    told = {account.account_id: account.unread for account in report.accounts}
    assert "s3:GetBucketLogging denied" in told[LAB]


def test_the_order_of_the_answers_does_not_matter(tmp_path: Path) -> None:
    forwards = scan(tmp_path / "a", Hired(answers()))
    backwards = scan(tmp_path / "b", Hired(answers(), backwards=True))

    assert without_run(forwards) == without_run(backwards)
    for name in ("snapshot.json", "collected.json"):
        for account_id in everyone():
            first, second = (tmp_path / side / "accounts" / account_id / name for side in "ab")
            assert first.read_bytes() == second.read_bytes()


def test_the_job_names_the_role_and_our_own_account_needs_none(tmp_path: Path) -> None:
    workers = Hired(answers())
    scan(tmp_path, workers)
    jobs = {job.account_id: job for job in workers.collected}

    assert workers.collected[0].account_id == MANAGEMENT
    assert (jobs[MANAGEMENT].role_arn, jobs[MANAGEMENT].external_id) == (None, None)
    assert (jobs[SHOP].role_arn, jobs[SHOP].external_id) == (f"arn:aws:iam::{SHOP}:role/audit/reader", "x-1")
    assert jobs[SHOP].log_buckets == (BUCKET,)
    assert jobs[SHOP].journal == str((tmp_path / "accounts" / SHOP / "partial.jsonl").resolve())


def test_workers_elsewhere_get_no_file_of_ours_and_never_our_own_account(tmp_path: Path) -> None:
    here, far = Hired(answers()), Hired(answers())
    far.are_here, far.engine = False, "dask"
    store = Store(tmp_path)
    store.open()
    choice = choose(management().organization, Filters(), lambda _ids: {})
    report = Coordinator(PLAN, store, workers=far, here=here, found=management(), choice=choice).run()

    assert [job.account_id for job in here.collected] == [MANAGEMENT]
    assert {job.account_id for job in far.collected} == {ARCHIVE, SHOP, LAB}
    assert {job.journal for job in far.collected} == {None}
    assert {job.account_id for job in far.judged} == {MANAGEMENT, ARCHIVE, SHOP, LAB}
    assert report.run.engine == "dask"


def test_the_failure_of_one_account_is_its_own(tmp_path: Path) -> None:
    report = scan(tmp_path, Hired(answers(**{SHOP: "the role cannot be assumed: AccessDenied"})))

    assert [(one.account_id, one.name, one.stage, one.message) for one in report.failed] == [
        (SHOP, "shop", "collect", "the role cannot be assumed: AccessDenied")
    ]
    assert {account.account_id for account in report.accounts} == {MANAGEMENT, ARCHIVE, LAB}
    assert not report.summary.complete
    assert not (tmp_path / "accounts" / SHOP / "report.json").exists()


def test_the_management_account_is_not_reached_by_a_stack_set(tmp_path: Path) -> None:
    found = msgspec.structs.replace(archive(), organization=management().organization)
    report = scan(tmp_path, Hired({**everyone(), ARCHIVE: found, MANAGEMENT: "no such role"}), found=found)

    ((failed),) = report.failed
    assert failed.account_id == MANAGEMENT
    assert failed.message.startswith("no such role This is the management account")
    assert "--skip-account" in failed.message
    assert snapshot(tmp_path, SHOP)["organization"]["read_in"] == ARCHIVE


def test_a_snapshot_gives_its_report_again(tmp_path: Path) -> None:
    scan(tmp_path, Hired(answers()))
    place = tmp_path / "accounts" / SHOP
    account = decode((place / "snapshot.json").read_bytes(), now=NOW, actions={})
    again = report_on(
        account,
        [RULES_BY_ID[rule_id] for rule_id in RULES],
        at=NOW,
        settings=Settings(),
        source="live",
        tool_version="0",
        started_at=NOW,
        finished_at=NOW,
    )
    told = json.loads((place / "report.json").read_bytes())

    assert json.loads(msgspec.json.encode(again.findings)) == told["findings"]
    assert again.run.snapshot_sha256 == told["run"]["snapshot_sha256"]


def test_a_failed_account_leaves_no_report_of_yesterday(tmp_path: Path) -> None:
    scan(tmp_path, Hired(answers()))
    scan(tmp_path, Hired(answers(**{SHOP: "no"})))

    assert [path.name for path in (tmp_path / "accounts" / SHOP).iterdir() if "report" in path.name] == []
    assert not (tmp_path / "accounts" / SHOP / "snapshot.json").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (encoded(collected(member(LAB))), "answered about another account"),
        ("{", "cannot be read"),
        ("null", "cannot be read"),
    ],
)
def test_an_answer_about_another_account_is_no_answer(tmp_path: Path, answer: str, said: str) -> None:
    workers = Hired(answers())
    workers.on_collect = lambda account_id: answer if account_id == SHOP else None
    report = scan(tmp_path, workers)

    ((failed),) = report.failed
    assert failed.account_id == SHOP
    assert said in failed.message
    assert snapshot(tmp_path, LAB)["users"][0]["name"] == f"only-in-{LAB}"


def test_an_account_that_cannot_be_judged(tmp_path: Path) -> None:
    report = scan(tmp_path, Hired(answers()), replace(PLAN, rule_folders=("no-such-folder",)))

    assert {one.stage for one in report.failed} == {"judge"}
    assert all("no-such-folder" in one.message for one in report.failed)
    assert (tmp_path / "accounts" / SHOP / "collected.json").exists()


RESUME = timedelta(hours=6)


def resuming(**changes: Any) -> Plan:
    return replace(PLAN, max_age=RESUME, **changes)


def test_resuming_reads_only_what_is_missing(tmp_path: Path) -> None:
    denied = member(LAB, coverage=(row(LAB, "iam:ListRoles", "denied"),))
    first = scan(tmp_path, Hired({**everyone(), SHOP: "interrupted", LAB: denied}))
    workers = Hired(answers())
    second = scan(tmp_path, workers, resuming())
    anew = scan(tmp_path / "anew", Hired(answers()))

    assert {one.account_id for one in first.failed} == {SHOP}
    assert {job.account_id for job in workers.collected} == {SHOP, LAB}
    assert second.run.resumed == (MANAGEMENT, ARCHIVE)
    assert without_run(second) == without_run(anew)
    assert {job.journal_max_age for job in workers.collected} == {RESUME.total_seconds()}


@pytest.mark.parametrize("change", [{"regions": ("eu-west-1",)}, {"wanted": frozenset({"iam:ListRoles"})}])
def test_resuming_what_was_collected_otherwise_reads_anew(tmp_path: Path, change: dict[str, Any]) -> None:
    scan(tmp_path, Hired(answers()))
    workers = Hired(answers())
    scan(tmp_path, workers, resuming(**change))

    assert len(workers.collected) == 4


def test_without_resuming_nothing_old_is_used(tmp_path: Path) -> None:
    scan(tmp_path, Hired(answers()))
    workers = Hired(answers())
    report = scan(tmp_path, workers)

    assert len(workers.collected) == 4
    assert report.run.resumed == ()
    assert {job.account_id: job.journal_max_age for job in workers.collected} == {
        MANAGEMENT: 86_400.0,
        ARCHIVE: None,
        SHOP: None,
        LAB: None,
    }


def test_progress_is_told_for_both_rounds(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    scan(tmp_path, Hired(answers()), on_progress=lambda *one: told.append(one))

    assert told == [(stage, done, 4) for stage in ("collect", "judge") for done in (1, 2, 3, 4)]


def test_jobs_hold_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_SESSION_TOKEN": "token",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    workers = Hired(answers())
    scan(tmp_path, workers)
    texts = [encoded(job) for job in (*workers.collected, *workers.judged)]

    assert len(texts) == 8
    assert not [value for value in secrets.values() for text in texts if value in text]


class Streaming(Hired):
    """Makes large accounts one by one, and forgets them."""

    def run(self, work_of: Work, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do the work of every task."""
        for task in tasks:
            if work_of is work.judge_account:
                snapshot = msgspec.json.decode(task.text(), type=JudgeJob).snapshot
                told = Judged(
                    result=result(task.account_id, "x"),
                    rules=(),
                    snapshot=snapshot,
                    report=snapshot,
                    html="x" * 100_000,
                )
                yield Done(task.account_id, encoded(told))
            else:
                users = tuple(User(f"user-{n}", f"arn:aws:iam::{task.account_id}:user/u-{n}") for n in range(5_000))
                yield Done(task.account_id, encoded(collected(member(task.account_id, users=users))))


def peak_with(accounts: int, folder: Path) -> int:
    ids = [f"{700_000_000_000 + number}" for number in range(accounts)]
    facts = msgspec.structs.replace(
        ORGANIZATION, accounts=tuple(MemberAccount(one, f"member {one}", "ACTIVE", ROOT) for one in ids)
    )
    found = msgspec.structs.replace(management(), organization=facts)
    tracemalloc.start()
    report = scan(folder, Streaming({}), replace(PLAN, selection=Selection(("iam-user-admin",))), found)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(report.accounts) == accounts
    return peak


def test_memory_does_not_grow_with_the_number_of_accounts(tmp_path: Path) -> None:
    peak_with(1, tmp_path / "first")  # what is loaded once
    few, many = peak_with(2, tmp_path / "few"), peak_with(12, tmp_path / "many")
    size = (tmp_path / "many" / "accounts" / "700000000000" / "snapshot.json").stat().st_size

    assert many - few < size / 2, (few, many, size)
