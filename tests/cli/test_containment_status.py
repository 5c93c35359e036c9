"""`guardrift contain --status`: what contains, until when, and what appeared since a clean state."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guardrift.cli.containment_status import run_status
from guardrift.cli.live import Source
from guardrift.json_schema import json_schema
from policies.status import ContainmentStatus
from scanner.errors import UsageError
from scanner.snapshot import encode
from tests.accounts import FOREIGN, OWN, Json, account, allow, deny, gap, policy
from tests.cli.conftest import Run
from tests.collect.faulty import ACCOUNT_ID
from tests.collect.stand_in import StandIn

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
HOSTILE = "x\x1b[2J\n::error::##[command]\u202eevil"
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})


def role(*inline: tuple[str, Json], **facts: object) -> Json:
    held = [{"name": name, "document": document} for name, document in inline]
    return {
        "name": "app",
        "arn": f"arn:aws:iam::{OWN}:role/app",
        "id": "AROA1",
        "trust": TRUST,
        "inline": held,
        **facts,
    }


def revoking(cutoff: str) -> Json:
    return policy(deny(Condition={"DateLessThan": {"aws:TokenIssueTime": cutoff}}))


def whole(**parts: object) -> Json:
    return {
        "users": [],
        "groups": [],
        "policies": [],
        "roles": [role()],
        "role_settings": [],
        "access_keys": [],
        "instance_profiles": [],
        "service_credentials": [],
        "virtual_mfa_devices": [],
        "saml_providers": [],
        "oidc_providers": [],
        "credential_report": {"kind": "credential-report", "rows": []},
        "organization": {"membership": None},
        **parts,
    }


def snapshot(path: Path, facts: Json) -> Path:
    path.write_bytes(encode(account(facts)))
    return path


def told(
    capsys: pytest.CaptureFixture[str], path: Path, since: Path | None = None, *, as_json: bool = False
) -> tuple[int, str]:
    code = run_status(source=Source(snapshot=path), since=since, as_json=as_json, now=NOW)
    return code, capsys.readouterr().out


def test_a_text_says_what_is_needed_and_until_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = role(
        ("AWSRevokeOlderSessions", revoking("2026-11-20T12:30:00.000Z")),
        ("ir-revoke-session", revoking("2026-11-20T11:00:00Z")),
    )
    settings = [{"arn": f"arn:aws:iam::{OWN}:role/app", "max_session": 3600}]
    code, out = told(capsys, snapshot(tmp_path / "now.json", whole(roles=[held], role_settings=settings)))
    assert code == 0
    assert "2 things (1 needed, 1 removable)" in out
    needed, removable = (next(line for line in out.split("\n") if word in line) for word in ("NEEDED", "REMOVABLE"))
    assert "AWSRevokeOlderSessions" in needed
    assert "ir-revoke-session" in removable
    assert "2026-11-20T18:30:00Z" in out
    assert "AWS console" in out


def test_none_is_said_only_of_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No containment.\n" in told(capsys, snapshot(tmp_path / "now.json", whole()))[1]
    code, out = told(capsys, snapshot(tmp_path / "part.json", whole(users=gap("iam:GetAccountAuthorizationDetails"))))
    assert code == 3
    assert "No containment in what was read." in out
    assert "iam:GetAccountAuthorizationDetails was denied" in out
    member = {"kind": "organization", "id": "o-1", "management_account": "777788889999"}
    hidden = {"membership": member, "policies": gap("organizations:ListPolicies", "elsewhere")}
    code, out = told(capsys, snapshot(tmp_path / "member.json", whole(organization=hidden)))
    assert code == 0
    assert "organizations:ListPolicies" in out


def test_a_state_that_is_not_known_is_not_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = [{"name": "ir-quarantine-user", "document": policy(deny())}]
    ann = {"name": "ann", "arn": f"arn:aws:iam::{OWN}:user/ann", "id": "AIDA1", "inline": held}
    row = {"user": "ann", "arn": ann["arn"], "password_enabled": False}
    report = {"kind": "credential-report", "rows": [row]}
    facts = whole(users=[ann], access_keys=[{"user": "ann", "keys": []}], credential_report=report)
    code, out = told(capsys, snapshot(tmp_path / "now.json", facts))
    assert code == 0, out

    unread = {**facts, "service_credentials": gap("iam:ListServiceSpecificCredentials")}
    code, out = told(capsys, snapshot(tmp_path / "unread.json", unread))

    assert (code, "1 unknown" in out) == (3, True), out


def test_what_appeared_since_is_told_with_its_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = snapshot(tmp_path / "clean.json", whole())
    power = {"name": "AdministratorAccess", "arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    new = snapshot(
        tmp_path / "now.json",
        whole(roles=[role(("AWSRevokeOlderSessions", revoking("2026-11-20T12:30:00Z")), attached=[power])]),
    )
    code, out = told(capsys, new, old)
    assert code == 0
    assert "aws iam detach-role-policy --role-name=app --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess" in out
    assert "it contains the incident" in " ".join(out.split())
    assert "rolesanywhere" in out
    assert "Nothing appeared." in told(capsys, old, old)[1]
    unread = snapshot(tmp_path / "unread.json", whole(access_keys=gap("iam:ListAccessKeys")))
    code, out = told(capsys, unread, old)
    assert code == 3
    assert "Nothing appeared in what could be compared." in out


@pytest.mark.parametrize("with_clean", [False, True])
def test_the_document_is_of_its_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str], *, with_clean: bool) -> None:
    import jsonschema

    old = snapshot(tmp_path / "clean.json", whole())
    new = snapshot(
        tmp_path / "now.json", whole(roles=[role(("x", policy(allow())), ("ir-revoke-session", policy(deny())))])
    )
    _, out = told(capsys, new, old if with_clean else None, as_json=True)
    document: Any = json.loads(out)
    assert document["schema"] == "guardrift/containment/1"
    jsonschema.Draft202012Validator(json_schema(ContainmentStatus, "containment")).validate(document)
    assert msgspec.convert(document, ContainmentStatus).artefacts[0].name == "ir-revoke-session"
    assert ("eradication" in document) == with_clean
    assert told(capsys, new, old if with_clean else None, as_json=True)[1] == out


def test_hostile_names_are_shown_and_not_obeyed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = snapshot(tmp_path / "clean.json", whole())
    hostile = role(
        (f"ir-{HOSTILE}", policy(deny())), (HOSTILE, policy(allow())), tags=[{"key": HOSTILE, "value": HOSTILE}]
    )
    new = snapshot(tmp_path / "now.json", whole(roles=[hostile]))
    for as_json in (False, True):
        _, out = told(capsys, new, old, as_json=as_json)
        assert not {"\x1b", "\u202e"} & set(out)
        assert "##[" not in out
        assert not any(line.lstrip().startswith("::") for line in out.split("\n"))


def test_very_many_are_cut_and_the_cut_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = [
        {
            **role((f"x{number}", policy(allow())), ("ir-x", policy(deny()))),
            "name": f"r{number}",
            "arn": f"arn:aws:iam::{OWN}:role/r{number}",
        }
        for number in range(300)
    ]
    old = snapshot(tmp_path / "clean.json", whole(roles=[{**each, "inline": []} for each in many]))
    new = snapshot(tmp_path / "now.json", whole(roles=many))
    _, out = told(capsys, new, old)
    assert out.count("and 100 more; --format json shows them") == 2
    document = json.loads(told(capsys, new, old, as_json=True)[1])
    assert len(document["artefacts"]) == 300
    assert len(document["eradication"]["remnants"]) == 300


def test_of_an_account_that_is_as_it_was_nothing_appeared(
    run: Run, faulty: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = ("--reason", "as it is", "--owner", "ann", "--expires", "2027-01-01", "--allow-incomplete")
    assert run("baseline", "init", "--snapshot", faulty, *terms).code == 0
    for clean in (faulty, work / "guardrift-baseline", work / "guardrift-baseline" / ACCOUNT_ID):
        document = json.loads(told(capsys, faulty, clean, as_json=True)[1])
        assert document["eradication"]["remnants"] == []


def test_live_no_more_is_read_than_tells_containment(aws: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_status(source=Source(quiet=True), since=None, as_json=True, now=NOW)
    assert code in (0, 3)
    assert json.loads(capsys.readouterr().out)["account_id"] == ACCOUNT_ID
    asked = {each.api for each in aws.asked}
    assert "iam:GetAccountAuthorizationDetails" in asked
    assert not {each for each in asked if each.startswith(("guardduty:", "cloudtrail:", "lambda:", "ec2:DescribeI"))}


def test_what_has_no_meaning_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = snapshot(tmp_path / "now.json", whole())
    foreign = snapshot(tmp_path / "foreign.json", {**whole(), "account_id": FOREIGN})
    with pytest.raises(UsageError):
        told(capsys, now, tmp_path / "absent.json")
    with pytest.raises(UsageError):
        told(capsys, now, foreign)
    with pytest.raises(UsageError, match="stdin"):
        told(capsys, Path("-"), Path("-"))
