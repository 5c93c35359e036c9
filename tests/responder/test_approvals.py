"""Approvals: the command of the notification is what is sent, and what changed meanwhile is not carried out."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from guardrift.responder.handling import ResponderError
from tests.responder.conftest import Handle
from tests.responder.stage import ACCOUNT, FUNCTION, REGION, ROLE, USER, Json, Scene


def asked(scene: Scene) -> Json:
    """The payload of the command in the one message that was published."""
    ((_, message),) = scene.messages()
    (line,) = (each for each in message.splitlines() if each.strip().startswith("aws lambda invoke"))
    words = shlex.split(line)
    assert words[:3] == ["aws", "lambda", "invoke"]
    assert f"--function-name={FUNCTION}" in words
    assert f"--region={REGION}" in words
    assert words[words.index("--cli-binary-format") + 1] == "raw-in-base64-out"
    (payload,) = (each.removeprefix("--payload=") for each in words if each.startswith("--payload="))
    found: Json = json.loads(payload)
    return found


def did(answer: Json) -> str:
    (plan,) = answer["plans"]
    return str(plan["did"])


def test_what_is_approved_is_carried_out(invoke: Handle, scene: Scene) -> None:
    assert did(invoke(scene.exfiltrated(), "approve")) == "asked"
    assert set(scene.inline()) == {"own"}
    payload = asked(scene)
    scene.stage.calls.clear()

    answer = invoke(payload, "approve")

    assert did(answer) == "applied"
    assert set(scene.inline()) > {"own"}
    assert f"POST /detector/{scene.detector}/findings/get" in scene.stage.calls
    assert "contained" in scene.messages()[0][0]


def test_an_exposed_key_is_approved_by_what_the_event_said(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exposed(), "approve")

    assert did(invoke(asked(scene), "approve")) == "applied"
    (key,) = scene.stage.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert key["Status"] == "Inactive"


def test_it_may_be_approved_twice(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")
    payload = asked(scene)

    assert [did(invoke(payload, "approve")) for _ in range(2)] == ["applied", "applied"]


def test_a_plan_that_changed_is_asked_about_again(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")
    payload = asked(scene)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"}, "Action": "sts:AssumeRole"}
    scene.stage.client("iam").create_role(
        RoleName="next", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )

    answer = invoke(payload, "approve")

    assert did(answer) == "asked"
    assert "no longer what would be done" in answer["plans"][0]["why"]
    assert set(scene.inline()) == {"own"}
    again = asked(scene)
    assert again["approve"]["digest"] != payload["approve"]["digest"]
    assert did(invoke(again, "approve")) == "applied"
    assert set(scene.inline("role", "next"))


def test_a_finding_that_was_archived_meanwhile_is_told_only(invoke: Handle, scene: Scene) -> None:
    found = scene.exfiltrated()
    invoke(found, "approve")
    payload = asked(scene)
    found["detail"]["service"]["archived"] = True

    assert did(invoke(payload, "approve")) in {"refused", "notified"}
    assert set(scene.inline()) == {"own"}


def test_a_re_created_role_is_not_what_was_approved(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")
    payload = asked(scene)
    iam = scene.stage.client("iam")
    document = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="own")
    iam.delete_role(RoleName=ROLE)
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(document))

    assert did(invoke(payload, "approve")) == "refused"
    assert scene.inline() == {}


def test_approvals_hold_to_the_rate_limit(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")
    payload = asked(scene)
    invoke(scene.exposed(), "auto")

    assert did(invoke(payload, "approve", GUARDRIFT_MAX_PER_HOUR="1")) == "asked"
    assert set(scene.inline()) == {"own"}


def changed(payload: Json, **said: Any) -> Json:
    return {"approve": {**payload["approve"], **said}}


@pytest.mark.parametrize(
    "said",
    [
        {"account": "999988887777"}, {"digest": "0"}, {"digest": "g" * 64}, {"region": "eu-west-1/x"},
        {"finding": "../x"}, {"detector": ""}, {"more": 1},
    ],
)  # fmt: skip
def test_an_approval_that_is_not_understood_fails(invoke: Handle, scene: Scene, said: Json) -> None:
    invoke(scene.exfiltrated(), "approve")
    payload = asked(scene)

    with pytest.raises(ResponderError):
        invoke(changed(payload, **said), "approve")
    assert set(scene.inline()) == {"own"}
    assert "FAILED" in scene.messages()[0][0]


@pytest.mark.parametrize("payload", [{"approve": None}, {"approve": []}, {"approve": {}}, {"approve": "yes"}])
def test_what_is_no_approval_fails(invoke: Handle, payload: Json) -> None:
    with pytest.raises(ResponderError, match="not understood"):
        invoke(payload, "approve")


def test_another_digest_carries_nothing_out(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")

    assert did(invoke(changed(asked(scene), digest="0" * 64), "approve")) == "asked"
    assert set(scene.inline()) == {"own"}


def test_a_finding_that_is_gone_fails(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")
    payload = asked(scene)
    scene.stage.findings.clear()

    with pytest.raises(ResponderError, match="no such finding"):
        invoke(payload, "approve")


def test_nothing_is_approved_in_mode_notify(invoke: Handle, scene: Scene) -> None:
    invoke(scene.exfiltrated(), "approve")

    with pytest.raises(ResponderError, match="mode notify"):
        invoke(asked(scene), "notify")
    assert set(scene.inline()) == {"own"}
