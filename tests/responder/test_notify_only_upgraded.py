"""The rule of the known scenario, which only tells of a caller on a list of threats, upgraded to one that asks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.responders import judge_document
from tests.policies.automation.deployed import HOME
from tests.policies.automation.test_delivery import STACKS, ends
from tests.policies.seed_cases import CALLER
from tests.responder.conftest import Handle
from tests.responder.stage import USER, Scene
from tests.responder.test_approvals import asked, did

THEIRS: dict[str, Any] = {"source": ["aws.guardduty"], "detail": {"type": [CALLER]}}


@pytest.mark.parametrize(
    ("mode", "where"), [("notify", "people"), ("approve", "people and function"), ("auto", "people and function")]
)
def test_the_finding_reaches_more_than_a_mailbox(scene: Scene, mode: Any, where: str) -> None:
    found = {**scene.of_user(type=CALLER), "version": "0", "region": HOME}

    assert judge_document(json.dumps(THEIRS).encode()) != ()
    assert ends(STACKS[mode], HOME, found) == where


def test_a_person_approves_and_every_credential_of_the_user_ends(invoke: Handle, scene: Scene) -> None:
    iam = scene.stage.client("iam")
    iam.create_access_key(UserName=USER)

    # Somebody on a list of addresses is no proof, so that nothing is done without a person, whatever the mode.
    assert did(invoke(scene.of_user(type=CALLER), "auto")) == "asked"
    assert set(scene.inline("user", USER)) == {"own"}
    payload = asked(scene)
    assert did(invoke(payload, "auto")) == "applied"

    keys = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
    assert [each["Status"] for each in keys] == ["Inactive", "Inactive"]
    (added,) = (each for name, each in scene.inline("user", USER).items() if name != "own")
    assert added["Statement"][0]["Effect"] == "Deny"
