"""The function in each mode, with AWS behind it: what is said, what is changed, and what is not."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policies.execution.api import AwsApi
from policies.execution.journal import open_journal, read_lines
from policies.execution.records import Begun, Checked, Ended
from policies.execution.rolling_back import roll_back
from scanner.collect.session import Access, open_session
from tests.policies.findings.samples import asff, event, key_details
from tests.responder.conftest import Handle
from tests.responder.stage import ACCOUNT, ROLE, USER, Json, Scene

PATTERNS = [f"role/{ROLE}", f"user/x, role/{ROLE[0]}*", "*"]
SMALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}'
TOR = {"type": "UnauthorizedAccess:IAMUser/TorIPCaller"}


def only_plan(answer: Json) -> Json:
    (plan,) = answer["plans"]
    found: Json = plan
    return found


def cutoff(scene: Scene) -> datetime:
    text = json.dumps({name: each for name, each in scene.inline().items() if name != "own"})
    at = text.index("20", text.index("TokenIssueTime"))
    return datetime.strptime(text[at : at + 20], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def until_cutoffs_lie_apart(before: datetime) -> None:
    """Wait until a cutoff that is computed now is later than one that was written."""
    time.sleep(max(0.0, (before - datetime.now(UTC)).total_seconds() - 30) + 0.1)


def test_notify_tells_the_plan_and_changes_nothing(invoke: Handle, scene: Scene) -> None:
    before = scene.inline()

    plan = only_plan(invoke(scene.exfiltrated()))

    ((subject, message),) = scene.messages()
    assert (plan["verdict"], plan["did"]) == ("ready", "notified")
    assert f"role/{ROLE}" in subject
    assert "inline policy" in message
    assert "aws lambda invoke" not in message
    assert scene.inline() == before


def test_notify_is_the_default(invoke: Handle, scene: Scene) -> None:
    assert invoke(scene.exfiltrated(), "")["mode"] == "notify"


def test_auto_revokes_the_sessions_and_keeps_a_journal(invoke: Handle, scene: Scene) -> None:
    plan = only_plan(invoke(scene.exfiltrated(), "auto"))

    assert plan["did"] == "applied"
    assert cutoff(scene) > datetime.now(UTC)
    ((subject, message),) = scene.messages()
    assert "contained" in subject
    assert f"guardrift contain --rollback {plan['run']}.jsonl" in message
    first, *others = read_lines(scene.journal(plan["run"]), plan["run"])
    assert isinstance(first, Begun)
    assert (first.run, first.account_id, first.unique_id) == (plan["run"], ACCOUNT, scene.role_id)
    assert first.instances == ((scene.instance, "eu-west-1"),)
    assert [each.state for each in others if isinstance(each, Ended)] == ["applied"]
    assert [each.verdict for each in others if isinstance(each, Checked) and each.name == "stored"] == ["holds"] * 2


def test_the_journal_undoes_it(invoke: Handle, scene: Scene, tmp_path: Path) -> None:
    before = scene.inline("user", USER)
    plan = only_plan(invoke(scene.exposed(), "auto"))
    assert scene.inline("user", USER) != before
    file = tmp_path / "run.jsonl"
    file.write_bytes(scene.journal(plan["run"]))

    with closing(open_journal(file)) as journal:
        ended = roll_back(journal, AwsApi(open_session(Access())), force=True)

    assert ended.state == "rolled back", ended.said
    assert scene.inline("user", USER) == before
    (key,) = scene.stage.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert key["Status"] == "Active"


def test_a_repeat_raises_the_cutoff_and_never_lowers_it(invoke: Handle, scene: Scene) -> None:
    found = scene.exfiltrated()
    invoke(found, "auto")
    before = cutoff(scene)
    until_cutoffs_lie_apart(before)
    found["detail"] |= {"updatedAt": "2020-01-01T00:00:00Z", "service": {**found["detail"]["service"], "count": 9}}

    plan = only_plan(invoke(found, "auto"))

    assert plan["did"] == "applied"
    assert cutoff(scene) > before


def test_what_shuts_everybody_out_is_asked_about(invoke: Handle, scene: Scene) -> None:
    """Where no revocation fits, nothing but a boundary stops the thief, and with him every workload."""
    iam = scene.stage.client("iam")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + "x" * 10_100}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=document)
    for number in range(10):
        arn = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=SMALL)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)

    plan = only_plan(invoke(scene.exfiltrated(), "auto"))

    assert plan["did"] == "asked"
    assert "deny-all-boundary" in plan["why"]
    assert "PermissionsBoundary" not in iam.get_role(RoleName=ROLE)["Role"]


def test_auto_on_a_key_that_was_found_in_public(invoke: Handle, scene: Scene) -> None:
    plan = only_plan(invoke(scene.exposed(), "auto"))

    assert plan["did"] == "applied"
    (key,) = scene.stage.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert key["Status"] == "Inactive"
    assert set(scene.inline("user", USER)) > {"own"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (TOR, "Findings of the type UnauthorizedAccess:IAMUser/TorIPCaller"),
        ({"severity": 5}, "The severity is 5"),
        ({"severity": None}, "The severity is not told"),
    ],
)
def test_auto_asks_about_what_is_not_trusted(invoke: Handle, scene: Scene, said: Json, why: str) -> None:
    before = scene.inline()

    plan = only_plan(invoke(scene.exfiltrated(**said), "auto"))

    ((subject, message),) = scene.messages()
    assert plan["did"] == "asked"
    assert why in plan["why"]
    assert "approval needed" in subject
    assert "aws lambda invoke" in message
    assert scene.inline() == before


def test_what_only_a_sibling_names_is_not_acted_on_unless_that_is_trusted(invoke: Handle, scene: Scene) -> None:
    """A finding that is not trusted is of the same instance as one that is; the plan is one, and is carried out."""
    scene.exfiltrated("0123")

    assert only_plan(invoke(scene.exfiltrated(**TOR), "auto"))["did"] == "applied"


@pytest.mark.parametrize("mode", ["notify", "approve", "auto"])
@pytest.mark.parametrize(
    ("service", "said"),
    [({"additionalInfo": {"sample": True}}, "is a sample"), ({"archived": True}, "is archived")],
)
def test_samples_and_archived_findings_are_told_only(
    invoke: Handle, scene: Scene, mode: str, service: Json, said: str
) -> None:
    before = scene.inline()
    found = scene.exfiltrated()
    found["detail"]["service"] |= service

    answer = invoke(found, mode)

    ((_, message),) = scene.messages()
    assert said in message
    assert "aws lambda invoke" not in message
    assert {each["did"] for each in answer["plans"]} <= {"refused", "notified"}
    assert scene.inline() == before


def test_an_archived_finding_beside_an_open_one_is_told_only(invoke: Handle, scene: Scene) -> None:
    scene.exfiltrated("0123")
    found = scene.exfiltrated()
    found["detail"]["service"]["archived"] = True

    assert only_plan(invoke(found, "auto"))["did"] == "notified"


@pytest.mark.parametrize("told", ["999988887777", None])
def test_a_finding_of_another_account_is_told_only(invoke: Handle, scene: Scene, told: str | None) -> None:
    found = scene.exfiltrated(accountId=told)
    scene.stage.calls.clear()

    answer = invoke(found, "auto")

    ((_, message),) = scene.messages()
    assert f"this function acts in {ACCOUNT} alone" in message
    assert answer["plans"] == []
    assert "GetAccountAuthorizationDetails" not in scene.stage.calls


def test_findings_of_other_senders_are_told_only(invoke: Handle, scene: Scene) -> None:
    details = key_details(principalId=f"{scene.role_id}:{scene.instance}", userName=ROLE)
    found = asff(AwsAccountId=ACCOUNT)
    found["Resources"][0]["Details"]["AwsIamAccessKey"]["PrincipalId"] = details["principalId"]
    found["Resources"][0]["Details"]["AwsIamAccessKey"]["PrincipalName"] = ROLE
    sent = event({"findings": [found]}, source="aws.securityhub", **{"detail-type": "Security Hub Findings - Imported"})

    assert {each["did"] for each in invoke(sent, "auto")["plans"]} == {"notified"}
    assert "nothing is done about them" in scene.messages()[0][1]


def test_a_finding_without_a_credential_is_told(invoke: Handle, scene: Scene) -> None:
    detail = scene.exfiltrated()["detail"]
    del detail["resource"]["accessKeyDetails"]
    detail["type"] = "Recon:EC2/PortProbeUnprotectedPort"

    answer = invoke(event(detail), "auto")

    assert answer["plans"] == []
    assert "nothing to contain" in scene.messages()[0][1]


def test_an_event_that_guardduty_does_not_know_is_asked_about(invoke: Handle, scene: Scene) -> None:
    """Whoever may run the function could make one up."""
    found = scene.exfiltrated()
    scene.stage.findings.clear()

    plan = only_plan(invoke(found, "auto"))

    assert plan["did"] == "asked"
    assert "GuardDuty does not know" in plan["why"]
    assert set(scene.inline()) == {"own"}


def test_what_guardduty_says_counts_and_not_the_event(invoke: Handle, scene: Scene) -> None:
    scene.exfiltrated(**TOR)

    found = json.loads(json.dumps(scene.exfiltrated()))
    scene.stage.findings.pop()

    assert only_plan(invoke(found, "auto"))["did"] == "asked"


def test_several_findings_in_one_event_are_told_only(invoke: Handle, scene: Scene) -> None:
    both = {"findings": [scene.exfiltrated()["detail"], scene.of_user()["detail"]]}

    assert {each["did"] for each in invoke(both, "auto")["plans"]} == {"notified"}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_who_is_protected_is_never_contained(invoke: Handle, scene: Scene, pattern: str) -> None:
    before = scene.inline()

    plan = only_plan(invoke(scene.exfiltrated(), "auto", GUARDRIFT_PROTECT=pattern))

    assert (plan["verdict"], plan["did"]) == ("refused", "refused")
    assert "never contained" in scene.messages()[0][1]
    assert scene.inline() == before


def test_a_re_created_role_is_not_touched(invoke: Handle, scene: Scene) -> None:
    found = scene.exfiltrated()
    details: Any = found["detail"]["resource"]["accessKeyDetails"]
    details["principalId"] = f"AROAGONEGONEGONEGONE:{scene.instance}"

    plan = only_plan(invoke(found, "auto"))

    assert plan["verdict"] == "refused"
    assert set(scene.inline()) == {"own"}


def test_no_more_than_so_many_within_an_hour(invoke: Handle, scene: Scene) -> None:
    assert only_plan(invoke(scene.exposed(), "auto", GUARDRIFT_MAX_PER_HOUR="1"))["did"] == "applied"

    other = only_plan(invoke(scene.exfiltrated(), "auto", GUARDRIFT_MAX_PER_HOUR="1"))
    again = only_plan(invoke(scene.exposed(), "auto", GUARDRIFT_MAX_PER_HOUR="1"))

    assert other["did"] == "asked"
    assert "1 principals were contained within the hour" in other["why"]
    assert set(scene.inline()) == {"own"}
    # Who is contained already hits nobody further.
    assert again["did"] == "applied"
