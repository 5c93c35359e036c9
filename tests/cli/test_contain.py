"""`guardrift contain` on a snapshot: whom it takes, what it prints and writes, and how it ends."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from guardrift.documents import schema
from policies.planning import Plan
from tests.accounts import OWN, gap
from tests.cli.conftest import Ended, Run
from tests.policies.findings.samples import USER_KEY, asff, event, finding, network_finding, pascal
from tests.policies.planning_cases import INSTANCE, PERSON, everything
from tests.policies.seed_cases import AT, of_role, scenario, write, write_snapshot

Contain = Callable[..., Ended]
KEY, SESSION_KEY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
WEB, ANN = f"arn:aws:iam::{OWN}:role/web", f"arn:aws:iam::{OWN}:user/ann"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/web/{INSTANCE}"


@pytest.fixture
def snapshot(work: Path) -> Path:
    return write_snapshot(work / "snapshot.json", everything())


@pytest.fixture
def contain(run: Run, snapshot: Path) -> Contain:
    """The command on the snapshot, at the time at which that was made."""

    def call(*arguments: object) -> Ended:
        return run("contain", *arguments, "--snapshot", snapshot, "--at", AT.isoformat())

    return call


def plan_in(ended: Ended) -> Plan:
    return msgspec.json.decode(ended.out, type=Plan)


@pytest.mark.parametrize(
    ("named", "principal", "template"),
    [
        (["--role", "web"], WEB, "revoke-sessions"),
        (["--role", "WEB"], WEB, "revoke-sessions"),
        (["--role", WEB], WEB, "revoke-sessions"),
        (["--role", SESSION], WEB, "revoke-sessions"),
        (["--user", "ann"], ANN, "quarantine-user"),
        (["--user", ANN], ANN, "quarantine-user"),
        (["--access-key", KEY], ANN, "quarantine-user"),
        (["--session", SESSION], WEB, "revoke-sessions"),
        (["--session", f"AROAWEBXXXXXXXXXXXXXX:{INSTANCE}"], WEB, "revoke-sessions"),
        (["--session", f"arn:aws:iam::{OWN}:root"], f"arn:aws:iam::{OWN}:root", "scp-contain-principals"),
        (["--instance", INSTANCE], WEB, "revoke-sessions"),
        (["--person", PERSON], "", "scp-contain-person"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_each_way_to_name_a_suspect(contain: Contain, named: list[str], principal: str, template: str) -> None:
    ended = contain(*named, "--format", "json")
    found = plan_in(ended)

    assert (ended.code, ended.err) == (0, "")
    assert (found.verdict, found.principal) == ("ready", principal)
    assert {each.placed.template for each in found.documents} == {template}
    assert found.documents[0].placed.target == (principal or OWN) or found.documents[0].placed.layer == "scp"
    assert all(each.proof.is_proven for each in found.proofs)


def test_a_temporary_key_alone_tells_nobody(contain: Contain) -> None:
    ended = contain("--access-key", SESSION_KEY)

    assert ended.code == 3
    assert "facts missing" in ended.out
    assert "CloudTrail" in ended.out


def test_a_finding_from_a_file_and_from_standard_input(
    contain: Contain, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = event(finding({"resourceType": "AccessKey", "accessKeyDetails": details()}))
    of_file = contain("--finding", write(work / "finding.json", told), "--format", "json")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(told).encode())))
    of_input = contain("--finding", "-", "--format", "json")

    assert of_file.code == 0
    assert of_file == of_input
    assert plan_in(of_file).subject.told_by.startswith("GuardDuty finding")


def details(**more: str) -> dict[str, str]:
    return {
        "accessKeyId": SESSION_KEY, "principalId": f"AROAWEBXXXXXXXXXXXXXX:{INSTANCE}", "userName": "web",
        "userType": "AssumedRole", **more,
    }  # fmt: skip


@pytest.mark.parametrize("form", [event, pascal, lambda told: {"Findings": [pascal(told)]}, lambda told: [told]])
def test_the_forms_of_a_finding_lead_to_one_plan(contain: Contain, work: Path, form: Callable[[Any], Any]) -> None:
    told = finding({"resourceType": "AccessKey", "accessKeyDetails": details()})

    found = plan_in(contain("--finding", write(work / "finding.json", form(told)), "--format", "json"))

    assert (found.principal, found.verdict) == (WEB, "ready")


def test_a_finding_of_security_hub(contain: Contain, work: Path) -> None:
    found = plan_in(contain("--finding", write(work / "finding.json", asff()), "--format", "json"))

    # It tells of a role that this account does not have.
    assert found.verdict == "refused"
    assert found.account_id == OWN


def test_a_plan_is_a_document_of_its_schema(contain: Contain) -> None:
    valid = Draft202012Validator(schema("plan"))

    told = [json.loads(contain(*named, "--format", "json").out) for named in (["--role", "web"], ["--role", "nobody"])]

    assert [each["schema"] for each in told] == ["guardrift/plan/1"] * 2
    for each in told:
        assert not list(valid.iter_errors(each))


def test_several_plans_are_an_array_of_such_documents(contain: Contain, work: Path) -> None:
    other = details(accessKeyId=KEY, principalId="AIDAANNXXXXXXXXXXXXXX", userName="ann", userType="IAMUser")
    told = [finding({"accessKeyDetails": each}) for each in (details(), other)]

    ended = contain("--finding", write(work / "findings.json", told), "--format", "json")

    found = json.loads(ended.out)
    assert ended.code == 0
    assert [each["principal"] for each in found] == [WEB, ANN]
    for each in found:
        Draft202012Validator(schema("plan")).validate(each)


def test_a_finding_without_a_credential(contain: Contain, work: Path) -> None:
    path = write(work / "finding.json", network_finding())

    ended = contain("--finding", path, "--format", "json", "-o", "out")

    assert (ended.code, json.loads(ended.out)) == (1, [])
    assert "nothing to contain" in ended.err
    assert not (work / "out").exists()
    assert contain("--finding", path).out == ""


def test_the_worst_of_several_plans_decides(contain: Contain, work: Path) -> None:
    gone = details(principalId=f"AROAGONEXXXXXXXXXXXXX:{INSTANCE}", userName="gone", accessKeyId="ASIAEXAMPLEGONE00001")
    findings = [finding({"accessKeyDetails": each}) for each in (details(), gone)]

    ended = contain("--finding", write(work / "findings.json", findings), "-o", "out")

    assert ended.code == 1
    assert [line.split(":")[0] for line in ended.out.splitlines()] == ["ready", "refused"]


def test_text_is_the_runbook(contain: Contain) -> None:
    out = contain("--role", "web").out

    headings = [line[3:] for line in out.splitlines() if line.startswith("## ")]
    assert out.startswith(f"# Containment of `{WEB}`\n")
    assert headings[:2] == ["Checked before", "Documents"]
    assert headings.index("Save evidence") < headings.index("Contain") < headings.index("Verify")


def test_the_folder(contain: Contain, work: Path) -> None:
    before = set(work.rglob("*"))

    ended = contain("--user", "ann", "-o", "case/17")

    written = {path.relative_to(work).as_posix(): path for path in work.rglob("*") if path not in before}
    files = {name: path for name, path in written.items() if path.is_file()}
    assert set(files) == {
        "case/17/index.json",
        *(f"case/17/user/ann/{name}" for name in ("apply.sh", "undo.sh", "plan.json", "quarantine.json", "runbook.md")),
    }
    assert {stat.S_IMODE(path.stat().st_mode) for name, path in files.items() if name.endswith(".sh")} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for name, path in files.items() if not name.endswith(".sh")} == {0o600}
    assert ended.out == f"ready: {ANN}\n"
    assert ended.err == "Written below case/17: 6 files\n"
    (entry,) = json.loads(files["case/17/index.json"].read_text())["principals"]
    assert (entry["principal"], entry["verdict"], len(entry["files"])) == (ANN, "ready", 5)
    assert {path.name for path in work.parent.iterdir()} <= {"work", "home"}


def test_the_folder_and_json_are_the_same_plan(contain: Contain, work: Path) -> None:
    ended = contain("--user", "ann", "-o", "case", "--format", "json")

    assert json.loads(ended.out) == json.loads((work / "case/user/ann/plan.json").read_text())
    (document,) = plan_in(ended).documents
    assert (work / "case/user/ann" / document.file).read_text() == document.placed.document + "\n"


def test_scripts_of_an_earlier_plan_are_told(contain: Contain, work: Path) -> None:
    """Whoever comes upon the folder would run them, although the plan is refused by now."""
    assert contain("--user", "ann", "-o", "case").err.count("Not of this plan") == 0

    ended = contain("--user", "ann", "-o", "case", "--protect", "user/ann")

    assert ended.code == 1
    assert "Not of this plan, and left where it was: user/ann/apply.sh" in ended.err
    assert (work / "case/user/ann/apply.sh").exists()


def test_a_folder_that_cannot_be_written_is_told_first(contain: Contain, work: Path) -> None:
    (work / "file").write_text("")

    ended = contain("--role", "web", "-o", "file/below")

    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_the_cutoff_is_computed_by_the_commands(contain: Contain) -> None:
    ended = contain("--role", "resize", "--format", "json")

    assert plan_in(ended).cutoff is None
    assert "${CUTOFF}" in plan_in(ended).documents[0].placed.document


def test_the_cutoff_now(run: Run, snapshot: Path) -> None:
    before = datetime.now(UTC)

    ended = run("contain", "--role", "resize", "--snapshot", snapshot, "--cutoff", "now", "--max-age", "999999",
                "--format", "json")  # fmt: skip

    cutoff = plan_in(ended).cutoff
    assert cutoff is not None
    assert timedelta(seconds=29) < cutoff - before < timedelta(seconds=90)
    assert cutoff.isoformat()[:19] in plan_in(ended).documents[0].placed.document


def test_a_cutoff_that_is_given(contain: Contain) -> None:
    ended = contain("--role", "resize", "--cutoff", "2026-11-20T12:00:31Z", "--format", "json")

    assert (ended.code, plan_in(ended).cutoff) == (0, AT + timedelta(seconds=31))
    assert '"2026-11-20T12:00:31Z"' in plan_in(ended).documents[0].placed.document
    assert plan_in(ended).documents[0].safe_to_remove is not None


@pytest.mark.parametrize(
    ("cutoff", "why"),
    [
        ("yesterday", "not a time"),
        ("2026-11-31T00:00:00Z", "not a time"),
        ("2026-11-20T12:00:00.000Z", "not a time"),
        ("2026-11-20T12:00:00", "not a time"),
        ("2026-11-20T11:59:59Z", "would live on"),
        ("2099-01-01T00:00:00Z", "nobody could work"),
        ("", "not a time"),
    ],
)
def test_a_cutoff_that_is_wrong(contain: Contain, cutoff: str, why: str) -> None:
    ended = contain("--role", "resize", "--cutoff", cutoff)

    assert (ended.code, ended.out) == (2, "")
    assert why in ended.err


@pytest.mark.parametrize("pattern", ["role/web", "role/w*", WEB, "*"])
def test_whoever_is_protected_is_not_contained(contain: Contain, pattern: str) -> None:
    ended = contain("--role", "web", "--protect", "user/x", "--protect", pattern)

    assert ended.code == 1
    assert "never contained: it is protected" in ended.out


@pytest.mark.parametrize("pattern", ["web", "", "Role/web", "111122223333"])
def test_a_protection_that_would_protect_nobody(contain: Contain, pattern: str) -> None:
    ended = contain("--role", "web", "--protect", pattern)

    assert ended.code == 2
    assert "role/NAME" in ended.err


@pytest.mark.parametrize(
    ("declared", "why"),
    [('break_glass = ["role/web"]', "break-glass"), ('response_roles = ["role/w*"]', "credentials are contained")],
)
def test_whoever_is_declared_is_not_contained(contain: Contain, work: Path, declared: str, why: str) -> None:
    (work / "guardrift.toml").write_text(f"[declared]\n{declared}\n")

    assert contain("--role", "web", "--no-config").code == 0
    ended = contain("--role", "web")
    assert ended.code == 1
    assert why in ended.out
    assert contain("--role", "resize").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--role", "web", "--user", "ann"],
        ["--role", "web", "--finding", "finding.json"],
        ["--finding", "nothing.json"],
        ["--finding", "text.json"],
        ["--finding", "object.json"],
        ["--finding", "empty.json"],
        ["--finding", "."],
        ["--role", "a b"],
        ["--user", WEB],
        ["--access-key", "AKIA"],
        ["--session", "web"],
        ["--instance", "i-xyz"],
        ["--person", "somebody"],
        ["--role", ""],
    ],
    ids=lambda arguments: " ".join(arguments) or "nobody",
)
def test_what_is_wrong_with_the_request(contain: Contain, work: Path, arguments: list[str]) -> None:
    write(work / "finding.json", of_role("f1"))
    (work / "text.json").write_text("no JSON")
    (work / "object.json").write_text('{"a": 1}')
    (work / "empty.json").write_text("")

    ended = contain(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert "help: " in ended.err


def test_a_snapshot_that_is_none(run: Run, work: Path) -> None:
    (work / "snapshot.json").write_text("{}")

    assert run("contain", "--role", "web", "--snapshot", "snapshot.json").code == 2
    assert run("contain", "--role", "web", "--snapshot", "missing.json").code == 2


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        (["--role", "web"], {"roles": gap("iam:GetAccountAuthorizationDetails")}),
        (["--user", "ann"], {"users": gap("iam:GetAccountAuthorizationDetails")}),
        (["--access-key", KEY], {"access_keys": gap("iam:ListAccessKeys")}),
    ],
    ids=["roles", "users", "keys"],
)
def test_facts_that_were_not_read(contain: Contain, snapshot: Path, named: list[str], missing: dict[str, Any]) -> None:
    write_snapshot(snapshot, everything(**missing))

    ended = contain(*named, "-o", "out")

    assert ended.code == 3
    assert ended.out.startswith("facts missing: ")
    assert not list(Path("out").rglob("*.sh"))


def test_facts_that_are_old(run: Run, snapshot: Path) -> None:
    arguments = ("contain", "--role", "web", "--snapshot", snapshot, "--at", "2026-11-22T12:00:00Z")

    ended = run(*arguments)

    assert ended.code == 3
    assert "48 hours old" in ended.out
    assert run(*arguments, "--max-age", "48").code == 0
    assert run(*arguments, "--max-age", "47").code == 3
    assert run(*arguments, "--max-age", "0").code == 2


def test_an_attack_sequence_that_was_not_given_is_told(contain: Contain, work: Path) -> None:
    arn = f"arn:aws:guardduty:us-east-1:{OWN}:detector/12abc34d/finding/sequence"
    told = finding({"accessKeyDetails": details()}, associatedAttackSequenceArn=arn)

    assert f"{arn} is an attack sequence" in contain("--finding", write(work / "finding.json", told)).err


def test_a_namesake_in_another_account_is_not_touched(contain: Contain, work: Path) -> None:
    told = finding({"accessKeyDetails": details()}, accountId="999988887777")

    ended = contain("--finding", write(work / "finding.json", told), "-o", "out")

    assert ended.code == 1
    assert "999988887777" in ended.out
    assert not list(Path("out").rglob("*.sh"))


def test_a_key_that_is_nobodys(contain: Contain) -> None:
    ended = contain("--access-key", USER_KEY)

    assert ended.code in {1, 3}
    assert "ready" not in ended.out


def test_a_plan_is_the_same_every_time(contain: Contain, work: Path) -> None:
    findings = write(work / "findings.json", [of_role("f1"), of_role("f2")])
    write_snapshot(work / "snapshot.json", scenario())

    assert contain("--finding", findings, "--format", "json") == contain("--finding", findings, "--format", "json")
