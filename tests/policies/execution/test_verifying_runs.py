"""Runs that were really carried out, in moto: they are verified by what is there, and their containment is found."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote

import pytest

from policies.execution.journal import Journal
from policies.execution.records import Checked
from policies.execution.slots import slot_of
from policies.execution.verifying import overall, verify
from scanner.collect.account import Scope, collect
from scanner.containment.artefacts import containment_artefacts
from scanner.inventory import Account
from tests.policies.execution.incident import REGION, START, Incident, client, session
from tests.policies.execution.scenes import SCENES, full_role, one_role, user

pytestmark = pytest.mark.usefixtures("aws")

_WANTED = frozenset({"iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys", "iam:ListRoles"})


def looked(incident: Incident, journal: Journal) -> dict[str, list[Checked]]:
    api = incident.api()
    found: dict[str, list[Checked]] = {}
    for each in verify(journal.lines, api, lambda change: slot_of(change, api).read(), regions=(REGION,)):
        found.setdefault(each.name, []).append(each)
    return found


@pytest.mark.parametrize("scene", SCENES)
def test_what_was_carried_out_is_stored_and_what_was_undone_is_not_verified(scene: str) -> None:
    incident = SCENES[scene]()
    journal = incident.contained()
    checks = looked(incident, journal)
    assert [each.said for each in checks["stored"] if each.verdict != "holds"] == []
    # moto knows neither the simulator nor events.
    assert overall(each for found in checks.values() for each in found) == "unverified"
    incident.undone(journal)
    assert overall(each for found in looked(incident, journal).values() for each in found) == "unverified"


@pytest.mark.parametrize("scene", [each for each in SCENES if each not in ("SCP", "RCP", "permission sets")])
def test_the_containment_of_a_run_is_found_and_gone_when_it_is_undone(scene: str) -> None:
    incident = SCENES[scene]()
    before = containment_artefacts(read(), START).found
    journal = incident.contained()
    changed = {each.principal for each in journal.changes if each.principal}
    during = containment_artefacts(read(), START).found
    # Boundaries of users are not of moto.
    assert "of a user" in scene or changed <= {each.whose for each in during}
    incident.freed(journal)
    assert containment_artefacts(read(), START).found == before


def read() -> Account:
    return collect(session(), Scope(regions=(REGION,), wanted=_WANTED), now=START)


def test_a_revocation_that_somebody_lowered_or_took_away_does_not_hold() -> None:
    incident = one_role()
    journal = incident.contained()
    iam = client("iam")
    text = iam.get_role_policy(RoleName="web", PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    iam.put_role_policy(
        RoleName="web", PolicyName="AWSRevokeOlderSessions", PolicyDocument=unquote(text).replace("2026-", "2025-")
    )
    assert overall(looked(incident, journal)["stored"]) == "does not hold"
    iam.delete_role_policy(RoleName="web", PolicyName="AWSRevokeOlderSessions")
    assert overall(looked(incident, journal)["stored"]) == "does not hold"


def test_a_key_that_is_made_after_a_run_does_not_hold() -> None:
    incident = user()
    journal = incident.contained()
    iam = client("iam")
    old = iam.list_access_keys(UserName="ann")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.delete_access_key(UserName="ann", AccessKeyId=old)
    assert overall(looked(incident, journal)["stored"]) == "verified"
    iam.create_access_key(UserName="ann")
    assert overall(looked(incident, journal)["stored"]) == "does not hold"


def test_a_second_run_later_does_not_undo_the_verification_of_the_first() -> None:
    incident = full_role()
    first = incident.contained()
    incident.clock.at += timedelta(hours=1)
    second = incident.contained()
    assert overall(looked(incident, first)["stored"]) == overall(looked(incident, second)["stored"]) == "verified"
