"""Containment from the command line: the right principal, the right form, nothing changed."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policies import PLACEHOLDER, TEMPLATES, Template
from tests.cli.conftest import Run
from tests.collect.faulty import ACCOUNT_ID, NOW, iam_arn
from tests.collect.stand_in import DENIED, StandIn

SERVICE_LINKED = "AWSServiceRoleForConfig"


@pytest.mark.parametrize("name", [template.name for template in TEMPLATES])
def test_show(run: Run, name: str) -> None:
    ended = run("policies", "show", name)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(name)


def test_show_of_a_template_that_does_not_exist(run: Run) -> None:
    ended = run("policies", "show", "revoke")

    assert ended.code == 2
    assert all(template.name in ended.err for template in TEMPLATES)


@pytest.mark.parametrize("name", ["web-server", "WEB-SERVER", iam_arn("role/web-server")])
def test_revoke_a_role(run: Run, clean: Path, name: str) -> None:
    ended = run("policies", "revoke", "--role", name, "--snapshot", clean)

    assert (ended.code, ended.err) == (0, "")
    assert iam_arn("role/web-server") in ended.out
    assert PLACEHOLDER in ended.out
    assert "put-role-policy" in ended.out
    assert "delete-role-policy" in ended.out


def test_revoke_a_user(run: Run, faulty: Path) -> None:
    ended = run("policies", "revoke", "--user", "ci", "--snapshot", faulty)

    assert (ended.code, ended.err) == (0, "")
    assert "AKIACI00000000000001" in ended.out
    assert "put-user-policy" in ended.out


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_render_is_what_revoke_is(run: Run, faulty: Path, template: Template) -> None:
    name, kind = template.name, template.applies_to
    principal = {"role": "open", "user": "ci"}[kind]

    rendered = run("policies", "render", name, f"--{kind}", principal, "--snapshot", faulty)

    assert rendered == run("policies", "revoke", f"--{kind}", principal, "--snapshot", faulty)
    other = "user" if kind == "role" else "role"
    assert run("policies", "render", name, f"--{other}", principal, "--snapshot", faulty).code == 2


def test_a_service_linked_role(run: Run, clean: Path) -> None:
    ended = run("policies", "revoke", "--role", SERVICE_LINKED, "--snapshot", clean)

    assert ended.code == 1
    assert "Cannot be contained in this way" in ended.out
    assert "Instead:" in ended.out
    assert "aws iam" not in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--role", "web-sever"], ["no role 'web-sever'", "Did you mean web-server?"]),
        (["--role", "qqq"], ["no role 'qqq'", "The account has 9 roles."]),
        (["--user", "anm"], ["no user 'anm'", "Did you mean ann?"]),
        (["--user", "web-server"], ["no user 'web-server'"]),
        (["--role", ""], ["no role ''"]),
        (["--role", iam_arn("role/other/web-server")], ["no role"]),
    ],
)
def test_a_principal_that_does_not_exist(run: Run, clean: Path, arguments: list[str], words: list[str]) -> None:
    ended = run("policies", "revoke", *arguments, "--snapshot", clean)

    assert (ended.code, ended.out) == (2, "")
    assert all(word in ended.err for word in words)


def test_principals_that_were_not_read(run: Run, aws: StandIn) -> None:
    aws.answer("iam:GetAccountAuthorizationDetails", DENIED)

    ended = run("policies", "revoke", "--role", "open")

    assert ended.code == 2
    assert "the roles are not known: iam:GetAccountAuthorizationDetails was denied" in ended.err


def test_a_cutoff_that_is_given(run: Run, clean: Path) -> None:
    arguments = ("policies", "revoke", "--role", "web-server", "--snapshot", clean)

    ended = run(*arguments, "--cutoff", "2026-11-20T23:00:00Z")

    assert ended.code == 0
    assert '"2026-11-20T23:00:00Z"' in ended.out
    assert PLACEHOLDER not in ended.out


def test_the_cutoff_now(run: Run, clean: Path) -> None:
    ended = run("policies", "revoke", "--role", "web-server", "--snapshot", clean, "--cutoff", "now")

    (text,) = set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ended.out.split("# Apply")[0]))
    ahead = datetime.fromisoformat(text) - datetime.now(UTC)
    assert timedelta(seconds=15) < ahead < timedelta(seconds=32)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-11-20", "2026-11-20T23:00:00", "2026-11-20T23:00:00+01:00", "", "2026-06-31T00:00:00Z"]
)
def test_a_cutoff_that_is_no_time(run: Run, clean: Path, text: str) -> None:
    ended = run("policies", "revoke", "--role", "web-server", "--snapshot", clean, "--cutoff", text)

    assert (ended.code, ended.out) == (2, "")
    assert "--cutoff now" in ended.err


def test_json(run: Run, faulty: Path) -> None:
    ended = run("policies", "revoke", "--user", "ci", "--snapshot", faulty, "--format", "json")

    found = json.loads(ended.out)
    assert (found["principal"], found["kind"]) == (iam_arn("user/ci"), "user")
    assert found["apply"]
    assert found["undo"]
    assert json.loads(found["document"])["Statement"]


def test_json_of_what_cannot_be_contained(run: Run, clean: Path) -> None:
    ended = run("policies", "revoke", "--role", SERVICE_LINKED, "--snapshot", clean, "--format", "json")

    found = json.loads(ended.out)
    assert ended.code == 1
    assert found["apply"] == []
    assert found["reason"]


def test_a_folder(run: Run, clean: Path, work: Path) -> None:
    ended = run("policies", "revoke", "--role", "web-server", "--snapshot", clean, "-o", "out")

    assert (ended.code, ended.out) == (0, "")
    assert "Written below out" in ended.err
    script = work / "out" / "role" / "web-server" / "apply.sh"
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert (work / "out" / "index.json").exists()


def test_a_folder_that_cannot_be_written(run: Run, aws: StandIn, work: Path) -> None:
    (work / "file").touch()

    ended = run("policies", "revoke", "--role", "open", "-o", "file/out")

    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert aws.asked == []


def test_a_live_account_is_asked_about_identity_only(run: Run, aws: StandIn) -> None:
    ended = run("policies", "revoke", "--role", "open", "--account", ACCOUNT_ID)

    assert (ended.code, ended.err) == (0, "")
    assert {asked.api.partition(":")[0] for asked in aws.asked} == {"iam", "sts"}


def test_a_key_that_is_newer_than_the_credential_report(run: Run, aws: StandIn) -> None:
    """The intruder's own key must end, too."""
    fresh = {"UserName": "ann", "AccessKeyId": "AKIAANN0000000000001", "Status": "Active", "CreateDate": NOW}
    aws.answer("iam:ListAccessKeys", {"AccessKeyMetadata": [fresh], "IsTruncated": False})

    ended = run("policies", "revoke", "--user", "ann")

    assert ended.code == 0
    assert "AKIAANN0000000000001" in ended.out


def test_the_raw_answer_of_aws(run: Run, details: Path) -> None:
    ended = run("policies", "revoke", "--user", "ci", "--snapshot", details)

    assert ended.code == 0
    assert "list-access-keys" in ended.out


REVOKED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T10:00:00.123456"}},
        },
    }
)


def test_the_documents_of_others_are_judged(run: Run, work: Path) -> None:
    """A cutoff with microseconds and without a zone, as a responder writes it that takes the time as it comes."""
    (work / "revoke.json").write_text(REVOKED)
    (work / "responder.py").write_text("open('ran', 'w').write('x')\n")

    ended = run("policies", "judge", "revoke.json", "--attached-to", "role")
    found = json.loads(run("policies", "judge", "revoke.json", "--format", "json").out)

    assert ended.code == 1
    assert "policy document, of somebody else" in ended.out
    assert "Instead: " in ended.out
    assert found["faults"]
    run("policies", "judge", "responder.py")
    assert not (work / "ran").exists()


def test_our_own_documents_have_no_fault(run: Run, work: Path, faulty: Path) -> None:
    run("policies", "revoke", "--role", "open", "--snapshot", faulty, "-o", "out")

    ended = run("policies", "judge", "out/role/open/revoke.json")

    assert (ended.code, ended.err) == (0, "")
    assert "as guardrift writes it (revoke-sessions)" in ended.out


def test_what_is_no_such_document(run: Run, work: Path) -> None:
    (work / "page.html").write_text("<html></html>")

    assert run("policies", "judge", "page.html").code == 2
    assert run("policies", "judge", "nowhere").code == 2
