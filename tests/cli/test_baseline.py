"""guardrift baseline: written, read, extended and pruned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from guardrift.documents import schema
from scanner.inventory import Account, Gap
from scanner.snapshot import encode
from tests.cli.accounts import CLEAN, HOSTILE, renamed
from tests.cli.conftest import Ended, Run
from tests.collect.faulty import ACCOUNT_ID
from tests.collect.stand_in import StandIn

AT = ("--at", "2026-11-20")
TERMS = ("--reason", "TICKET-9", "--owner", "platform", "--expires", "2027-05-20")
FOLDER = Path("guardrift-baseline") / ACCOUNT_ID


def init(run: Run, snapshot: object, *more: object) -> Ended:
    return run("baseline", "init", "--snapshot", snapshot, *AT, *TERMS, *more)


def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.iterdir()}


def accepted() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "findings.json").read_text())["findings"]
    return found


def kept(work: Path, name: str, account: Account) -> Path:
    path = work / name
    path.write_bytes(encode(account))
    return path


def with_admins(*names: str) -> Account:
    found = CLEAN
    for name in names:
        found = renamed(found, name)
    return found


def test_a_first_baseline_of_a_clean_account(run: Run, clean: Path) -> None:
    ended = init(run, clean)

    assert (ended.code, ended.out) == (0, "")
    assert "Accepted until 2027-05-20: 0 findings." in ended.err
    assert "Review it, then commit it." in ended.err
    assert len(files()) == 17
    assert run("baseline", "list", "--check", *AT).code == 0


def test_the_files_fit_their_schema(run: Run, faulty: Path) -> None:
    init(run, faulty, "--allow-incomplete")
    check = Draft202012Validator(schema("baseline"), format_checker=Draft202012Validator.FORMAT_CHECKER)

    for name, content in files().items():
        assert check.is_valid(json.loads(content)), name
    findings = json.loads(files()["findings.json"])
    assert not check.is_valid({**findings, "account_id": int(ACCOUNT_ID)})
    assert not check.is_valid({**findings, "more": 1})
    assert not check.is_valid({**findings, "findings": [{**findings["findings"][0], "expires": "soon"}]})


def test_the_same_account_gives_the_same_files(run: Run, work: Path) -> None:
    one = with_admins("a", "b")
    assert isinstance(one.users, tuple)
    assert isinstance(one.roles, tuple)
    other = msgspec.structs.replace(one, users=one.users[::-1], roles=one.roles[::-1], regions=one.regions[::-1])
    init(run, kept(work, "one.json", one), "--allow-incomplete")
    before = files()

    init(run, kept(work, "other.json", other), "--allow-incomplete", "--replace")

    assert files() == before


def test_everything_of_that_moment_is_accepted(run: Run, work: Path) -> None:
    path = kept(work, "one.json", with_admins("a"))
    report = json.loads(run("scan", "--snapshot", path, *AT, "-q", "-o", "-").out)

    init(run, path, "--allow-incomplete")

    assert {each["fingerprint"] for each in accepted()} == {each["fingerprint"] for each in report["findings"]}
    assert {(each["reason"], each["owner"], each["accepted"]) for each in accepted()} == {
        ("TICKET-9", "platform", "2026-11-20")
    }
    assert "400 days" not in (FOLDER / "findings.json").read_text()


def test_what_the_configuration_suppresses_is_not_accepted_twice(run: Run, work: Path) -> None:
    path = kept(work, "one.json", with_admins("a"))
    first = json.loads(run("scan", "--snapshot", path, *AT, "-q", "-o", "-").out)["findings"][0]["rule_id"]
    (work / "guardrift.toml").write_text(
        f'[[suppress]]\nrule = "{first}"\nresource = "arn:aws:iam::{ACCOUNT_ID}:*"\n'
        f'account = "{ACCOUNT_ID}"\nreason = "r"\nowner = "o"\nexpires = 2027-01-01\n'
    )
    report = json.loads(run("scan", "--snapshot", path, *AT, "-q", "-o", "-").out)
    suppressed = {each["fingerprint"] for each in report["findings"] if each.get("accepted")}
    assert suppressed

    init(run, path, "--allow-incomplete")

    assert not suppressed & {each["fingerprint"] for each in accepted()}


def test_an_incomplete_scan_is_refused(run: Run, details: Path) -> None:
    ended = init(run, details)

    assert ended.code == 3
    assert "nothing is written" in ended.err
    assert not FOLDER.exists()
    assert init(run, details, "--allow-incomplete").code == 0


def test_an_existing_baseline_is_not_replaced_by_accident(run: Run, clean: Path) -> None:
    init(run, clean)

    ended = init(run, clean)

    assert ended.code == 2
    assert "holds a baseline" in ended.err
    assert init(run, clean, "--replace").code == 0


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        (("--reason", " ", "--owner", "o", "--expires", "2027-05-20"), "--reason needs a text"),
        (("--reason", "r", "--owner", "o", "--expires", "2026-11-19"), "in the past"),
        (("--reason", "r", "--owner", "o", "--expires", "2028-11-21"), "more than 365 days ahead"),
        (("--reason", "r", "--owner", "o", "--expires", "soon"), "not a day such as"),
        (("--reason", "r", "--owner", "o"), "--expires"),
    ],
)
@pytest.mark.parametrize("command", ["init", "accept"])
def test_terms_are_refused_before_anything_is_read(
    run: Run, command: str, terms: tuple[str, ...], fault: str, clean: Path
) -> None:
    more = ("--all",) if command == "accept" else ()

    ended = run("baseline", command, "--snapshot", clean, *AT, *terms, *more)

    assert ended.code == 2
    assert fault in ended.err
    assert not FOLDER.exists()


def test_the_configuration_says_how_long_an_acceptance_may_last(run: Run, work: Path, clean: Path) -> None:
    (work / "guardrift.toml").write_text("[acceptance]\nmax_days = 30\n")

    assert "more than 30 days ahead" in init(run, clean).err


@pytest.mark.parametrize("chosen", [(), ("--all", "--rule", "x"), ("0" * 32, "--all")])
def test_what_is_accepted_is_said_in_one_way(run: Run, clean: Path, chosen: tuple[str, ...]) -> None:
    ended = run("baseline", "accept", *chosen, "--snapshot", clean, *AT, *TERMS)

    assert ended.code == 2
    assert "give fingerprints, or --rule, or --all" in ended.err


def test_accept_adds_what_is_named_and_nothing_else(run: Run, work: Path, clean: Path) -> None:
    init(run, clean)
    path = kept(work, "more.json", with_admins("eve"))
    report = json.loads(run("scan", "--snapshot", path, *AT, "-q", "-o", "-").out)
    failed = [each for each in report["findings"] if each["status"] == "fail"]
    one = failed[0]

    ended = run("baseline", "accept", one["fingerprint"][:12], "--snapshot", path, *AT, *TERMS)

    assert ended.code == 0, ended.err
    assert ended.out.startswith("Accepted: 1\n  + ")
    (entry,) = accepted()
    assert (entry["fingerprint"], entry["severity"]) == (one["fingerprint"], one["severity"])
    assert entry["material"] == one["evidence"]["material"]
    rule = ("--rule", failed[-1]["rule_id"])
    assert run("baseline", "accept", *rule, "--with-drift", "--snapshot", path, *AT, *TERMS).code == 0
    assert {each["rule"] for each in accepted()} == {one["rule_id"], failed[-1]["rule_id"]}
    assert run("baseline", "accept", "--all", "--snapshot", path, *AT, *TERMS).code == 0
    assert {each["fingerprint"] for each in accepted()} == {each["fingerprint"] for each in failed}
    again = run("baseline", "accept", "--all", "--snapshot", path, *AT, *TERMS)
    assert "nothing to accept" in again.err
    assert again.out == ""


def test_accept_refuses_drift_that_no_accepted_finding_tells_of(run: Run, work: Path, clean: Path) -> None:
    init(run, clean)
    path = kept(work, "more.json", with_admins("eve"))
    report = json.loads(run("scan", "--snapshot", path, *AT, "-q", "-o", "-").out)
    user = [each for each in report["findings"] if each["status"] == "fail" and each["resource"]["name"] == "eve"]
    mildest = max(user, key=lambda each: ("critical", "high", "medium", "low").index(each["severity"]))
    assert mildest["severity"] in ("medium", "low")
    before = files()

    ended = run("baseline", "accept", mildest["fingerprint"], "--snapshot", path, *AT, *TERMS)

    assert (ended.code, ended.out) == (2, "")
    assert "nothing is written" in ended.err
    assert f"{mildest['resource']['arn']}: user created" in ended.err
    assert "help: Undo it, or accept the findings that tell of it; --with-drift" in ended.err
    assert files() == before
    ended = run("baseline", "accept", mildest["fingerprint"], "--with-drift", "--snapshot", path, *AT, *TERMS)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("Widens access")
    assert b"user/eve" in files()["identity-users.json"]


def test_update_says_what_widens_first(run: Run, work: Path, clean: Path) -> None:
    init(run, clean)
    path = kept(work, "more.json", with_admins("eve", HOSTILE))

    ended = run("baseline", "update", "--snapshot", path, "--allow-incomplete", *AT)

    assert ended.code == 0, ended.err
    head, _, rest = ended.out.partition("Added to the state")
    assert head.startswith("Widens access, or takes away from what protects: ")
    assert "  CRITICAL role arn:" in head
    assert "  HIGH     user arn:" in head
    assert "/eve" in head
    assert rest
    for hostile in ("\x1b", "\u202e", "\n::error"):
        assert hostile not in ended.out


def test_accept_leaves_out_what_is_unknown_unless_it_is_told(run: Run, faulty: Path) -> None:
    init(run, faulty, "--allow-incomplete")
    content = json.loads((FOLDER / "findings.json").read_text())
    (FOLDER / "findings.json").write_text(json.dumps({**content, "findings": []}, indent=2) + "\n")

    ended = run("baseline", "accept", "--all", "--snapshot", faulty, *AT, *TERMS)

    assert {each["status"] for each in accepted()} == {"fail"}
    unknown = [each for each in content["findings"] if each["status"] == "unknown"]
    if unknown:
        assert "unknown, and not accepted" in ended.err
        run("baseline", "accept", "--all", "--allow-incomplete", "--snapshot", faulty, *AT, *TERMS)
        assert accepted() == content["findings"]


@pytest.mark.parametrize("named", ["0" * 32, "abc", "zz" * 16])
def test_a_finding_that_is_not_there(run: Run, clean: Path, named: str) -> None:
    init(run, clean)

    ended = run("baseline", "accept", named, "--snapshot", clean, *AT, *TERMS)

    assert ended.code == 2
    assert f"there is no finding '{named}' now" in ended.err


def test_a_rule_that_is_not_there(run: Run, clean: Path) -> None:
    init(run, clean)

    assert "was not asked" in run("baseline", "accept", "--rule", "x", "--snapshot", clean, *AT, *TERMS).err


@pytest.mark.parametrize("command", [("accept", "--all", *TERMS), ("update",)])
def test_without_a_baseline(run: Run, clean: Path, command: tuple[str, ...]) -> None:
    ended = run("baseline", *command, "--snapshot", clean, *AT)

    assert ended.code == 2
    assert "guardrift-baseline holds no baseline" in ended.err


def test_update_takes_away_what_is_fixed_and_adds_nothing(run: Run, work: Path) -> None:
    init(run, kept(work, "before.json", with_admins("old")), "--allow-incomplete")
    before = accepted()
    assert before

    ended = run(
        "baseline", "update", "--snapshot", kept(work, "after.json", with_admins("eve")), "--allow-incomplete", *AT
    )

    assert ended.code == 0, ended.err
    role = f"arn:aws:iam::{ACCOUNT_ID}:role"
    assert f"  + role {role}/eve" in ended.out.partition("Removed from the state")[0]
    assert f"  - role {role}/old" in ended.out
    assert "Fixed, and no longer accepted: " in ended.out
    assert [each for each in accepted() if each["resource"].endswith("/old")] == []
    assert [each for each in accepted() if each["resource"].endswith("/eve")] == []
    assert "and not accepted" in ended.err
    assert b"role/eve" in files()["identity-roles.json"]
    assert run("baseline", "list", "--check", *AT).code == 0


def test_update_changes_nothing_where_nothing_changed(run: Run, clean: Path) -> None:
    init(run, clean)
    before = files()

    ended = run("baseline", "update", "--snapshot", clean, "--at", "2026-11-25")

    assert (ended.code, ended.out) == (0, "")
    assert files() == before


def test_update_puts_in_order_what_a_merge_did_not(run: Run, work: Path) -> None:
    path = kept(work, "one.json", with_admins("a", "b"))
    init(run, path, "--allow-incomplete")
    before = files()
    for name in ("findings.json", "identity-roles.json"):
        content = json.loads(before[name])
        key = "findings" if name == "findings.json" else "entries"
        (FOLDER / name).write_text(json.dumps({**content, key: content[key][::-1]}))
    assert run("baseline", "list").code == 2

    assert run("baseline", "update", "--snapshot", path, *AT).code == 0
    assert files() == before, "what was accepted as unknown makes the scan no less complete"


def test_update_of_an_incomplete_scan_is_refused_or_keeps_what_was_known(run: Run, clean: Path, work: Path) -> None:
    init(run, clean)
    before = files()
    denied = Gap("iam:GetAccountAuthorizationDetails", "denied")
    less = kept(work, "less.json", msgspec.structs.replace(CLEAN, roles=denied))

    assert run("baseline", "update", "--snapshot", less, *AT).code == 3
    assert files() == before
    assert run("baseline", "update", "--snapshot", less, "--allow-incomplete", *AT).code == 0
    assert files() == before


def test_the_list(run: Run, work: Path) -> None:
    init(run, kept(work, "one.json", with_admins(HOSTILE)), "--allow-incomplete")

    text = run("baseline", "list", *AT)
    rows = json.loads(run("baseline", "list", "--format", "json", *AT).out)

    assert text.code == 0
    assert text.out.startswith(f"Account {ACCOUNT_ID}: {len(accepted())} accepted findings\n")
    assert "181 days left" in text.out
    assert "platform: TICKET-9" in text.out
    for hostile in ("\x1b", "\u202e", "\n::error"):
        assert hostile not in text.out
    assert {row["fingerprint"] for row in rows} == {each["fingerprint"] for each in accepted()}
    assert {row["days_left"] for row in rows} == {181}


@pytest.mark.parametrize(
    ("day", "code", "said"),
    [("2027-05-01", 0, None), ("2027-05-06", 0, "expiring within 14 days"), ("2027-05-20", 0, "expiring"),
     ("2027-05-21", 1, "expired: these findings count again")],
)  # fmt: skip
def test_the_check(run: Run, work: Path, day: str, code: int, said: str | None) -> None:
    init(run, kept(work, "one.json", with_admins("a")), "--allow-incomplete")

    ended = run("baseline", "list", "--check", "--at", day)

    assert ended.code == code
    assert (said or "") in ended.err
    if said is None:
        assert ended.err == ""
    assert run("baseline", "list", "--at", day).code == 0


def test_an_expired_acceptance_is_accepted_anew(run: Run, work: Path) -> None:
    path = kept(work, "one.json", with_admins("a"))
    init(run, path, "--allow-incomplete")
    later = ("--reason", "again", "--owner", "o", "--expires", "2027-12-01", "--at", "2027-06-01")

    run("baseline", "accept", "--all", "--snapshot", path, "--allow-incomplete", *later)

    failing = [each for each in accepted() if each["status"] == "fail"]
    assert {each["reason"] for each in failing} == {"again"}


def test_a_broken_baseline(run: Run, clean: Path) -> None:
    init(run, clean)
    (FOLDER / "trails.json").write_text("<<<<<<< ours\n")

    for command in (("list", "--check"), ("update", "--snapshot", clean, *AT)):
        ended = run("baseline", *command)
        assert ended.code == 2
        assert f"{FOLDER}/trails.json:1: a merge left its conflict here" in ended.err
        assert "help: Resolve it" in ended.err


@pytest.mark.parametrize("command", [("accept", "--all", *TERMS), ("update",)])
def test_a_broken_baseline_is_said_before_aws_is_asked(
    run: Run, aws: StandIn, clean: Path, command: tuple[str, ...]
) -> None:
    init(run, clean)
    (FOLDER / "trails.json").write_text("{")

    ended = run("baseline", *command)

    assert ended.code == 2
    assert "trails.json:1: it is not JSON" in ended.err
    assert not aws.asked


def test_the_baseline_of_another_account(run: Run, clean: Path) -> None:
    init(run, clean)
    FOLDER.rename(FOLDER.parent / "999988887777")

    ended = run("baseline", "list")

    assert ended.code == 2
    assert f"it is of account {ACCOUNT_ID}, not of 999988887777" in ended.err


def test_a_folder_that_is_no_account(run: Run, clean: Path) -> None:
    init(run, clean)
    FOLDER.rename(FOLDER.parent / "prod")

    assert "not the id of an account" in run("baseline", "list").err


def test_no_folder(run: Run) -> None:
    assert "nowhere holds no baseline" in run("baseline", "list", "--dir", "nowhere").err


def test_of_an_account_of_aws(run: Run, aws: StandIn, work: Path) -> None:
    ended = run("baseline", "init", "--allow-incomplete", "--dir", "elsewhere", *AT, *TERMS)

    assert ended.code == 0, ended.err
    (place,) = (work / "elsewhere").iterdir()
    assert json.loads((place / "identity-roles.json").read_text())["entries"]


def test_a_wrong_account_is_refused(run: Run, clean: Path) -> None:
    assert init(run, clean, "--account", "999988887777").code == 2
    assert not FOLDER.exists()


@pytest.mark.parametrize("account_id", ["../../../x", "..", "prod", "1" * 13, "\u0661" * 12])
def test_a_snapshot_cannot_choose_where_it_is_written(run: Run, work: Path, account_id: str) -> None:
    path = kept(work, "other.json", msgspec.structs.replace(CLEAN, account_id=account_id))
    before = sorted(work.parent.rglob("*"))

    ended = init(run, path, "--allow-incomplete")

    assert ended.code == 2
    assert "is not the id of an account" in ended.err
    assert sorted(work.parent.rglob("*")) == before
