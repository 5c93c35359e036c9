"""The functions that workers call: an account in, an account out, and every failure as an answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guardrift.configuration import AccountSection, Configuration, RuleSection
from guardrift.fleet import collecting, work
from guardrift.fleet.collecting import collected
from guardrift.fleet.jobs import Collected, CollectJob, Failed, Judged, JudgeJob, answer, encoded, snapshot_of
from guardrift.fleet.sharing import Gift, shared_by
from guardrift.selection import Selection
from guardrift.version import __version__
from rules import RULES
from scanner.collect.session import Access
from scanner.inventory import Account, Document, InlinePolicy
from scanner.snapshot import encode
from tests.collect.faulty import ACCOUNT_ID, ANSWERS, HOME
from tests.collect.stand_in import DENIED, Asked, StandIn, stand_behind_new_sessions
from tests.fleet.scenes import MANAGEMENT, NOW, SHOP, account, management, member, user

ROOT = Path(__file__).parents[2]
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
WANTED = ("iam:GetAccountAuthorizationDetails", "cloudtrail:DescribeTrails")
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/audit"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """AWS with the faulty account in it, behind every session that is opened."""
    found = StandIn(ANSWERS)
    found.answer("sts:AssumeRole", _credentials)
    stand_behind_new_sessions(found, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    return found


def _credentials(_: Asked) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "SecretAccessKey": "of-the-role",
            "SessionToken": "token-of-the-role",
            "Expiration": datetime(2100, 1, 1, tzinfo=UTC),
        }
    }


def job(**changes: Any) -> str:
    fields: dict[str, Any] = {
        "tool_version": __version__,
        "account_id": ACCOUNT_ID,
        "now": NOW,
        "role_arn": ROLE,
        "wanted": WANTED,
        **changes,
    }
    return encoded(CollectJob(**fields))


def judge_job(found: Account, **changes: Any) -> str:
    fields: dict[str, Any] = {
        "tool_version": __version__,
        "account_id": found.account_id,
        "name": "shop",
        "started_at": NOW,
        "selection": Selection(("iam-user-admin", "iam-root-access-key")),
        "configuration": Configuration(),
        "snapshot": snapshot_of(found),
        **changes,
    }
    return encoded(JudgeJob(**fields))


def judged(text: str) -> Judged:
    found = answer(work.judge_account(text))
    assert isinstance(found, Judged), found
    return found


def failed(text: str) -> str:
    found = answer(text)
    assert isinstance(found, Failed)
    return found.message


def test_an_account_is_read_with_the_role(aws: StandIn) -> None:
    found = answer(work.collect_account(job(external_id="x-1", session_duration=900)))

    assert isinstance(found, Collected)
    snapshot = msgspec.json.decode(found.snapshot, type=Account)
    assert (found.account_id, snapshot.account_id, snapshot.taken_at) == (ACCOUNT_ID, ACCOUNT_ID, NOW)
    (assumed,) = [asked.parameters for asked in aws.asked if asked.api == "sts:AssumeRole"]
    assert (assumed["RoleArn"], assumed["ExternalId"], assumed["DurationSeconds"]) == (ROLE, "x-1", 900)


def test_without_a_role_our_own_credentials_are_used(aws: StandIn) -> None:
    found = answer(work.collect_account(job(role_arn=None)))

    assert isinstance(found, Collected)
    assert "sts:AssumeRole" not in {asked.api for asked in aws.asked}


def test_credentials_of_another_account_are_refused_before_it_is_read(aws: StandIn) -> None:
    said = failed(work.collect_account(job(account_id=SHOP)))

    assert f"the credentials belong to account {ACCOUNT_ID}, not to {SHOP}" in said
    assert {asked.api for asked in aws.asked} == {"sts:AssumeRole", "sts:GetCallerIdentity"}


def test_a_role_that_cannot_be_assumed(aws: StandIn) -> None:
    aws.answer("sts:AssumeRole", DENIED)

    said = failed(work.collect_account(job()))

    assert said.startswith(f"the role {ROLE} cannot be assumed: AccessDenied")
    assert SECRET not in said


@pytest.mark.parametrize("function", [work.collect_account, work.judge_account])
def test_another_version_refuses(function: Any) -> None:
    text = job(tool_version="0.0.1") if function is work.collect_account else judge_job(member(SHOP), tool_version="0")

    assert "the run was started with" in failed(function(text))


def test_a_defect_is_told_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_: Access) -> None:
        raise RuntimeError(f"signed with {SECRET}")

    monkeypatch.setattr(collecting, "open_session", break_down)

    said = failed(work.collect_account(job()))

    assert said.startswith("a defect of guardrift: RuntimeError in test_work:")
    assert SECRET not in said


@pytest.mark.parametrize("text", ["", "{", "[]", '{"account_id": 7}'])
def test_what_is_no_job_is_a_failure_too(text: str) -> None:
    assert "defect" in failed(work.collect_account(text))
    assert "defect" in failed(work.judge_account(text))


def test_a_journal_keeps_what_was_read(aws: StandIn, tmp_path: Path) -> None:
    journal = tmp_path / "partial.jsonl"
    first = answer(work.collect_account(job(journal=str(journal))))
    asked = len(aws.asked)
    second = answer(work.collect_account(job(journal=str(journal), journal_max_age=3600)))

    assert isinstance(first, Collected)
    assert isinstance(second, Collected)
    assert bytes(first.snapshot) == bytes(second.snapshot)
    assert {one.api for one in aws.asked[asked:]} == {"sts:AssumeRole", "sts:GetCallerIdentity"}
    assert SECRET not in journal.read_text()


def test_the_answer_says_what_is_shared_and_what_is_missing() -> None:
    found = collected(management())

    assert (found.account_id, found.taken_at, found.is_complete) == (MANAGEMENT, NOW, True)
    assert encoded(found) == encoded(collected(management()))
    assert "organization" in encoded(found)


def test_an_account_is_joined_and_judged() -> None:
    admin = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
    root = msgspec.structs.replace(user(SHOP), inline=(InlinePolicy("all", admin),))
    gifts = (Gift(MANAGEMENT, shared_by(management())),)
    found = judged(judge_job(member(SHOP, users=(root,)), place=("Root", "Workloads"), gifts=gifts))

    report = json.loads(bytes(found.report))
    snapshot = msgspec.json.decode(found.snapshot, type=Account)
    assert snapshot.organization.read_in == MANAGEMENT
    assert report["run"]["accounts"] == [SHOP]
    assert report["run"]["source"] == "live"
    assert [finding["rule_id"] for finding in report["findings"] if finding["status"] == "fail"] == ["iam-user-admin"]
    result = found.result
    assert (result.account_id, result.name, result.place) == (SHOP, "shop", ("Root", "Workloads"))
    assert [(top.rule_id, top.resource, top.count) for top in result.top] == [("iam-user-admin", f"only-in-{SHOP}", 1)]
    assert sum(result.by_severity.values()) == 1
    assert result.unread == ("iam:GetAccountSummary not asked for",)
    assert {rule.rule_id: rule.failed for rule in found.rules} == {"iam-root-access-key": 0, "iam-user-admin": 1}
    assert f"AWS account {SHOP}" in found.html


def test_the_configuration_comes_with_the_job() -> None:
    configuration = Configuration(rules={"iam-root-access-key": RuleSection(severity="low")})
    found = judged(judge_job(member(SHOP), configuration=configuration))

    assert {one["severity"] for one in json.loads(bytes(found.report))["findings"]} == {"low"}


def test_what_is_said_of_accounts_with_a_tag() -> None:
    section = AccountSection(tags={"stage": "test"}, rules={"iam-root-access-key": RuleSection(enabled=False)})
    configuration = Configuration(account=(section,))

    def job(tags: dict[str, str]) -> str:
        return judge_job(member(SHOP), configuration=configuration, selection=Selection(), tags=tags)

    asked = {
        stage: {rule.rule_id for rule in judged(job(tags)).rules}
        for stage, tags in (("test", {"stage": "test"}), ("other", {"stage": "production"}), ("none", {}))
    }

    assert asked["test"] == set(RULES) - {"iam-root-access-key"}
    assert asked["other"] == asked["none"] == set(RULES)


@pytest.mark.parametrize(
    ("at", "judged_at"),
    [(datetime(2027, 1, 1, tzinfo=UTC), "2027-01-01T00:00:00Z"), (None, "2026-11-20T12:00:00Z")],
    ids=["given", "when it was read"],
)
def test_the_time_to_judge_at(at: datetime | None, judged_at: str) -> None:
    assert json.loads(bytes(judged(judge_job(member(SHOP), at=at)).report))["run"]["judged_at"] == judged_at


def test_the_snapshot_of_another_account_is_not_judged() -> None:
    assert "the snapshot is of account" in failed(work.judge_account(judge_job(member(SHOP), account_id=MANAGEMENT)))


def test_the_same_account_gives_the_same_bytes() -> None:
    found = judged(judge_job(account(SHOP)))

    assert bytes(found.snapshot) + b"\n" == encode(account(SHOP))


def run_program(program: str, *path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=path[0],
        env={"PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_worker_finds_the_packages_by_itself(tmp_path: Path) -> None:
    """Only the program's own package is on the path of a worker, as where it is installed."""
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "guardrift", tmp_path / "guardrift", ignore=no_caches)
    for name in ("scanner", "rules", "policies", "reports"):
        shutil.copytree(ROOT / name, tmp_path / "guardrift" / "_app" / name, ignore=no_caches)

    done = run_program("from guardrift.fleet import work; print(work.judge_account('{'), work.__file__)", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "a defect of guardrift: DecodeError" in done.stdout
    assert str(tmp_path) in done.stdout


def test_a_worker_with_other_modules_of_these_names_refuses(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "__init__.py").write_text("")

    done = run_program("import rules; from guardrift.fleet import work; print(work.judge_account('{'))", tmp_path, ROOT)

    assert "this worker has a module 'rules' that is not guardrift's" in failed(done.stdout)
