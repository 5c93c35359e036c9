"""After execution the stored state is as planned; undone, it is what it was, byte for byte."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from policies.execution.carrying_out import carry_out
from policies.execution.changes import Change
from policies.execution.rolling_back import roll_back, safe_from
from policies.execution.texts import latest_cutoff
from tests.policies.execution.incident import LATER, START, Incident, client
from tests.policies.execution.scenes import BOUNDARY, SCENES, arn, role

pytestmark = pytest.mark.usefixtures("aws")

AS_PLANNED: dict[str, list[str]] = {
    "role": ['"PolicyName": "AWSRevokeOlderSessions"', "DateLessThan", '"Value": "contained 2026-11-22T03:00:0'],
    "circle": ["AWSRevokeOlderSessions"] * 3 + ["contained 2026"] * 3,
    "session of an instance": ["ir-revoke-instance", "ir-revoke-session", "contained", '"HttpTokens": "required"'],
    "isolated session": ["ir-revoke-session", "aws%3Auserid"],
    "user": ["ir-quarantine-user", '"Inactive"', '"Inactive"', '"Inactive"', '"Inactive"', "contained 2026"],
    "full user": ["policy/ir-quarantine-user-ann", "IrQuarantineUser"],
    "full role": ["policy/ir-revoke-sessions-web", "TokenIssueTime"],
    "boundary of a role": ["policy/AWSDenyAll"],
    "first boundary of a role": ["policy/AWSDenyAll"],
    "boundary of a user": ["policy/AWSDenyAll"],
    "first boundary of a user": ["policy/AWSDenyAll"],
    "trust policy": ["IrFreezeTrust", "sts%3ATagSession"],
    "tag": ["AWSRevokeOlderSessions", "contained 2026", '"Key": "Guardrift-Quarantine"'],
    "SCP": ['"ir-scp"', "IrContainOld"],
    "RCP": ['"ir-rcp"', "IrBlockForeign"],
    "permission sets": ["IrRevokePerson", "IrRevokePerson"],
}


@pytest.mark.parametrize("name", SCENES)
def test_as_planned_and_as_before(name: str) -> None:
    incident = SCENES[name]()

    journal = incident.contained()
    during = incident.state()

    for text in set(AS_PLANNED[name]):
        assert during.count(text) >= AS_PLANNED[name].count(text), text
        assert during.count(text) > incident.before.count(text) or text.startswith('"Key"')
    assert incident.state() != incident.before
    incident.freed(journal)
    assert all(index in _settled(journal.lines) for index in range(len(journal.changes)) if journal.intents(index))


def _settled(lines: list[Any]) -> set[int]:
    return {each.change for each in lines if getattr(each, "result", "") == "restored"}


@pytest.mark.parametrize("name", ["role", "circle", "tag", "full role", "SCP", "permission sets"])
def test_what_goes_by_time_is_undone_when_it_is_safe(name: str) -> None:
    incident = SCENES[name]()
    journal = incident.contained()
    during = incident.state()

    early = incident.undone(journal, force=False)
    assert early.state == "partly rolled back"
    assert "it is needed until 2026-11-22T15:00:40Z" in early.said
    assert incident.state() == during

    incident.clock.at = START + timedelta(hours=12, seconds=39)
    assert incident.undone(journal, force=False).state == "partly rolled back"
    assert incident.state() == during
    incident.clock.at = START + timedelta(hours=12, seconds=40)
    assert incident.undone(journal, force=False).state == "rolled back"
    assert incident.state() == incident.before


@pytest.mark.parametrize("name", ["user", "full user", "trust policy", "boundary of a role", "isolated session"])
def test_what_no_time_tells_of_is_undone_by_force_alone(name: str) -> None:
    incident = SCENES[name]()
    journal = incident.contained()
    during = incident.state()
    incident.clock.at = LATER

    ended = incident.undone(journal, force=False)

    assert (ended.state, incident.state() == during) == ("partly rolled back", True)
    assert "no time tells when it is safe" in ended.said
    incident.freed(journal)


def test_an_instance_keeps_what_is_for_good() -> None:
    """The sessions are freed when they are over; that IMDSv2 is required stays, and is said."""
    incident = SCENES["session of an instance"]()
    journal = incident.contained()
    incident.clock.at = LATER

    ended = incident.undone(journal, force=False)

    assert ended.state == "partly rolled back"
    assert ended.said.startswith("metadata options i-")
    assert '"HttpTokens": "required"' in incident.state()
    assert "ir-revoke" not in incident.state()
    incident.freed(journal)


def test_a_cutoff_lies_ahead_and_is_told() -> None:
    incident = SCENES["circle"]()

    journal = incident.contained()

    told = [latest_cutoff(text) for text in _revocations(incident)]
    assert len(told) == 3
    assert all(each is not None and START + timedelta(seconds=30) <= each for each in told)
    assert [safe_from(journal, index) for index in range(3)] == [_later(each) for each in told]


def _later(cutoff: datetime | None) -> datetime:
    assert cutoff is not None
    return cutoff + timedelta(hours=12)


def _revocations(incident: Incident) -> list[str]:
    iam = client("iam")
    names = [each.principal.rpartition("/")[2] for each in incident.begun.changes if each.kind == "inline policy"]
    found = [iam.get_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions") for name in names]
    return [unquote(each["PolicyDocument"]) for each in found]


@pytest.mark.parametrize("name", SCENES)
def test_a_second_run_writes_nothing_that_is_there(name: str) -> None:
    """What has a cutoff gets a later one, and the previous state of the first run is not taken for this one's."""
    incident = SCENES[name]()
    first = incident.contained()
    api = incident.api()
    second = incident.journal()

    # The same ten seconds, so that not even the cutoff is another one.
    incident.clock.at = START + timedelta(seconds=3)
    ended = carry_out(second, api)

    assert ended.state == "applied"
    writes = [each for each in api.writes if each != "GetCallerIdentity"]
    is_of_sets = name == "permission sets"
    assert writes == ([each for each in writes if "InlinePolicy" in each or "Provision" in each] if is_of_sets else [])
    assert roll_back(second, incident.api(), force=True).state == "rolled back"
    if is_of_sets:
        assert "IrRevokePerson" not in incident.state()
    incident.freed(first)


def test_the_documents_are_put_as_they_are() -> None:
    incident = SCENES["full role"]()
    incident.contained()
    (policy,) = [each for each in incident.begun.changes if each.kind == "managed policy"]
    iam = client("iam")

    default = iam.get_policy(PolicyArn=policy.name)["Policy"]["DefaultVersionId"]
    stored = iam.get_policy_version(PolicyArn=policy.name, VersionId=default)["PolicyVersion"]["Document"]
    assert re.sub(r"20..-..-..T..:..:..Z", "${CUTOFF}", unquote(stored)) == policy.document
    assert json.loads(unquote(stored))["Statement"][0]["Effect"] == "Deny"


def test_a_boundary_that_was_there_is_put_back() -> None:
    incident = SCENES["boundary of a role"]()
    journal = incident.contained()
    assert BOUNDARY not in incident.state()
    incident.freed(journal)
    assert BOUNDARY in incident.state()


def test_a_run_that_was_undone_is_made_again() -> None:
    """What somebody set between is what is put back the second time."""
    incident = SCENES["boundary of a role"]()
    journal = incident.contained()
    incident.freed(journal)
    theirs = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    client("iam").put_role_permissions_boundary(RoleName="full", PermissionsBoundary=theirs)
    incident.before = incident.state()

    assert carry_out(journal, incident.api()).state == "applied"
    assert "AWSDenyAll" in incident.state()
    incident.freed(journal)
    assert theirs in incident.state()


def test_nothing_is_done_for_a_principal_that_is_not_named() -> None:
    """Another role of the same account is as it was."""
    role("other")
    incident = SCENES["role"]()
    other = json.loads(incident.before)["roles"]["other"]

    incident.contained()

    assert json.loads(incident.state())["roles"]["other"] == other


def test_what_is_told_names_changes_for_people() -> None:
    incident = SCENES["role"]()
    told: list[str] = []

    carry_out(incident.journal(), incident.api(), on_progress=told.append)

    assert told == ["inline policy AWSRevokeOlderSessions of role/web", "tag guardrift-quarantine of role/web"]
    assert arn("web").endswith("role/web")
    assert isinstance(incident.begun.changes[0], Change)
