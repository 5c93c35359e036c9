"""Somebody works against the run, or beside it: nothing of others is overwritten, and nothing is given up unsaid."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from policies.execution.carrying_out import carry_out
from policies.execution.records import Outcome, Settled
from tests.policies.execution.incident import OWN, START, Incident, MotoApi, client
from tests.policies.execution.scenes import ALLOW, SCENES, role
from tests.policies.execution.test_two_runs import stored

pytestmark = pytest.mark.usefixtures("aws")

NAME = "AWSRevokeOlderSessions"
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def _after(operation: str, act: Callable[[MotoApi], Any], times: int) -> Callable[[MotoApi], Callable[..., None]]:
    """Somebody who acts after each of so many calls."""

    def hook(api: MotoApi) -> Callable[..., None]:
        left = times

        def after(_: int, name: str) -> None:
            nonlocal left
            if name.endswith(f":{operation}") and left:
                left -= 1
                act(api)

        return after

    return hook


def _deletes(api: MotoApi) -> None:
    named = api.calls[-1][1]
    client("iam").delete_role_policy(RoleName=named["RoleName"], PolicyName=named["PolicyName"])


@pytest.mark.parametrize("times", [1, 2, 3])
def test_the_policy_is_deleted_and_put_again(times: int) -> None:
    incident = SCENES["role"]()
    api, journal = incident.api(), incident.journal()
    api.after = _after("PutRolePolicy", _deletes, times)(api)

    ended = carry_out(journal, api)

    assert ended.state == "applied"
    assert api.writes.count("PutRolePolicy") == times + 1
    incident.freed(journal)


def test_the_policy_is_deleted_for_ever() -> None:
    incident = SCENES["role"]()
    api, journal = incident.api(), incident.journal()
    api.after = _after("PutRolePolicy", _deletes, 10**6)(api)

    ended = carry_out(journal, api)

    assert ended.state == "failed"
    assert "inline policy AWSRevokeOlderSessions of role/web: it was written, and was not seen to stay" in ended.said
    assert api.writes.count("PutRolePolicy") == 4
    incident.freed(journal)


def test_what_one_role_did_while_it_was_free_dies_in_the_others() -> None:
    """Its policy was away for some seconds: sessions that it handed out meanwhile are older than every cutoff."""
    incident = SCENES["circle"]()
    api, journal = incident.api(), incident.journal()
    put: list[datetime] = []

    def act(_: MotoApi) -> None:
        if api.calls[-1][1]["RoleName"] == "second" and len(put) < 3:
            _deletes(api)
            put.append(incident.clock.at)
            incident.clock.at += timedelta(seconds=40)

    api.after = _after("PutRolePolicy", act, 10**6)(api)
    ended = carry_out(journal, api)

    assert ended.state == "applied"
    answers = [line.at for line in journal.lines if isinstance(line, Outcome)]
    free_until = next(at for at in answers if at > put[-1] + timedelta(seconds=40))
    assert min(stored(incident)) >= free_until
    incident.freed(journal)


def test_keys_that_are_made_meanwhile_are_made_inactive() -> None:
    incident = SCENES["user"]()
    api, journal = incident.api(), incident.journal()

    def act(_: MotoApi) -> None:
        incident.lacking.services["ann"][f"ACCA{len(api.calls):016}"] = "Active"

    api.after = _after("PutUserPolicy", act, 1)(api)
    ended = carry_out(journal, api)

    assert ended.state == "applied"
    assert set(incident.lacking.services["ann"].values()) == {"Inactive"}


def test_keys_that_are_made_all_the_time_are_said() -> None:
    incident = SCENES["user"]()
    api, journal = incident.api(), incident.journal()

    def act(_: MotoApi) -> None:
        incident.lacking.services["ann"][f"ACCA{len(api.calls):016}"] = "Active"

    api.after = _after("UpdateServiceSpecificCredential", act, 10**6)(api)
    ended = carry_out(journal, api)

    assert ended.state == "failed"
    assert "service credential * of user/people/ann: somebody makes further ones all the time" in ended.said


def test_a_key_that_is_made_active_again_is_made_inactive_again() -> None:
    incident = SCENES["user"]()
    api, journal = incident.api(), incident.journal()

    def act(_: MotoApi) -> None:
        named = api.calls[-1][1]
        client("iam").update_access_key(**{**named, "Status": "Active"})

    api.after = _after("UpdateAccessKey", act, 2)(api)
    ended = carry_out(journal, api)

    assert ended.state == "applied"
    assert '"Active"' not in json.dumps(json.loads(incident.state())["users"]["ann"]["keys"])
    incident.freed(journal)


def test_the_role_is_made_anew_meanwhile() -> None:
    incident = SCENES["role"]()
    api = incident.api()
    iam = client("iam")

    def act(_: MotoApi) -> None:
        for name in iam.list_role_policies(RoleName="web")["PolicyNames"]:
            iam.delete_role_policy(RoleName="web", PolicyName=name)
        iam.delete_role(RoleName="web")
        role("web")

    api.after = _after("TagRole", act, 1)(api)
    ended = carry_out(incident.journal(), api)

    assert ended.state == "failed"
    assert "role/web is another one now" in ended.said


@pytest.mark.parametrize("taken", [[NAME], [NAME, f"{NAME}-guardrift"]])
@pytest.mark.parametrize("is_late", [False, True])
def test_a_policy_of_that_name_says_something_else(taken: list[str], is_late: bool) -> None:
    """Before the run, or in its midst: it stays, and ours is put beside it, under a name that nobody foresees."""
    incident = SCENES["role"]()
    iam = client("iam")

    def take(_: object = None) -> None:
        for name in taken:
            iam.put_role_policy(RoleName="web", PolicyName=name, PolicyDocument=ALLOW)

    api, journal = incident.api(), incident.journal()
    if is_late:
        api.after = _after("GetRolePolicy", take, 1)(api)
    else:
        take()
        incident.before = incident.state()
    ended = carry_out(journal, api)

    assert ended.state == "applied", ended
    names = iam.list_role_policies(RoleName="web")["PolicyNames"]
    (beside,) = set(names) - {*taken, "own"}
    assert beside == (f"{NAME}-guardrift" if len(taken) == 1 else f"{NAME}-guardrift-89abcdef")
    assert stored(incident)
    assert all(iam.get_role_policy(RoleName="web", PolicyName=name)["PolicyDocument"] for name in taken)
    left = [each for each in journal.lines if isinstance(each, Settled) and each.result == "left"]
    assert left
    assert "stays" in left[0].said
    # A run that goes on finds it.
    again = carry_out(journal, incident.api())
    assert again.state == "applied"
    assert set(iam.list_role_policies(RoleName="web")["PolicyNames"]) == set(names)
    if not is_late:
        incident.freed(journal)


def test_every_name_is_taken() -> None:
    """The others are contained all the same."""
    incident = SCENES["circle"]()
    for ending in ("", "-guardrift", "-guardrift-89abcdef"):
        client("iam").put_role_policy(RoleName="second", PolicyName=f"{NAME}{ending}", PolicyDocument=ALLOW)
    incident.before = incident.state()
    journal = incident.journal()

    ended = carry_out(journal, incident.api())

    assert ended.state == "failed"
    assert "inline policy AWSRevokeOlderSessions of role/second: a policy of somebody else has its name" in ended.said
    assert len(stored(incident)) == 2
    incident.freed(journal)


@pytest.mark.parametrize("is_late", [False, True])
def test_a_managed_policy_of_that_name_is_never_attached(is_late: bool) -> None:
    """What somebody prepared under our name would give him rights by our own hand."""
    incident = SCENES["full role"]()
    iam = client("iam")
    policy = next(each.name for each in incident.begun.changes if each.kind == "managed policy")
    api, journal = incident.api(), incident.journal()

    def take(_: object = None) -> None:
        iam.create_policy(PolicyName=policy.rpartition("/")[2], PolicyDocument=ANYTHING)

    if is_late:
        api.before = lambda number, name: take() if name == "iam:CreatePolicy" and not _exists(policy) else None
    else:
        take()
        incident.before = incident.state()
    ended = carry_out(journal, api)

    assert ended.state == "applied", ended
    attached = [each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName="web")["AttachedPolicies"]]
    assert attached == [f"{policy}-guardrift"]
    assert stored(incident)
    if not is_late:
        incident.freed(journal)


def test_a_policy_that_is_changed_before_it_is_attached_is_not_attached() -> None:
    incident = SCENES["full role"]()
    policy = next(each.name for each in incident.begun.changes if each.kind == "managed policy")
    api, journal = incident.api(), incident.journal()
    attached: list[str] = []

    def act(_: MotoApi) -> None:
        client("iam").create_policy_version(PolicyArn=policy, PolicyDocument=ANYTHING, SetAsDefault=True)

    api.after = _after("CreatePolicy", act, 1)(api)
    api.before = lambda _, name: attached.append(api.calls[-1][1]["PolicyArn"]) if "AttachRole" in name else None
    carry_out(journal, api)

    assert set(attached) == {f"{policy}-guardrift"}
    assert stored(incident)


def _exists(policy: str) -> bool:
    return policy in [each["Arn"] for each in client("iam").list_policies(Scope="Local")["Policies"]]


def test_an_scp_of_that_name_stays() -> None:
    incident = SCENES["SCP"]()
    organizations = client("organizations", "us-east-1")
    organizations.create_policy(
        Name="ir-scp", Type="SERVICE_CONTROL_POLICY", Description="", Content='{"Statement":[]}'
    )
    incident.before = incident.state()
    journal = incident.journal()

    ended = carry_out(journal, incident.api())

    assert ended.state == "applied"
    found = json.loads(incident.state())["organization"]
    assert found["ir-scp"][1:] == ['{"Statement":[]}', []]
    assert found["ir-scp-guardrift"][2] == [incident.begun.changes[0].target]
    incident.freed(journal)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("role", lambda: client("iam").put_role_policy(RoleName="web", PolicyName=NAME, PolicyDocument=ALLOW)),
        ("role", lambda: client("iam").tag_role(RoleName="web", Tags=[_tag("case 9")])),
        ("boundary of a role", lambda: client("iam").delete_role_permissions_boundary(RoleName="full")),
        (
            "boundary of a role",
            lambda: client("iam").put_role_permissions_boundary(
                RoleName="full", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"
            ),
        ),
        ("trust policy", lambda: client("iam").update_assume_role_policy(RoleName="web", PolicyDocument=_trust())),
        ("full role", lambda: _new_version()),
    ],
)
def test_what_somebody_changed_since_is_left_and_said(name: str, change: Callable[[], Any]) -> None:
    incident = SCENES[name]()
    journal = incident.contained()
    change()
    theirs = incident.state()

    ended = incident.undone(journal)

    assert ended.state == "partly rolled back"
    assert "somebody" in ended.said
    if name in ("trust policy", "full role"):
        assert incident.state() == theirs


def _tag(value: str) -> dict[str, str]:
    return {"Key": "guardrift-quarantine", "Value": value}


def _trust() -> str:
    found = json.loads(ALLOW)
    found["Statement"] = [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    return json.dumps(found)


def _new_version() -> None:
    arn = f"arn:aws:iam::{OWN}:policy/ir-revoke-sessions-web"
    client("iam").create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW, SetAsDefault=True)


def test_a_policy_with_five_versions_gets_another_one_and_keeps_the_rest() -> None:
    """Only the oldest goes, as AWS wants it."""
    incident = SCENES["full role"]()
    journals = []
    for minute in range(8):
        incident.clock.at = START + timedelta(minutes=minute)
        journals.append(incident.contained())
    (held,) = json.loads(incident.state())["policies"].values()

    assert len(held["versions"]) == 5
    assert sorted(int(each[0][1:]) for each in held["versions"]) == [4, 5, 6, 7, 8]
    for journal in reversed(journals):
        assert incident.undone(journal).state == "rolled back"
    assert incident.state() == incident.before


def test_the_tag_was_set_by_somebody() -> None:
    """That it says so already keeps nobody from being contained."""
    incident = SCENES["role"]()
    client("iam").tag_role(RoleName="web", Tags=[_tag("contained 2026-11-22T02:00:00Z")])
    incident.before = incident.state()
    journal = incident.contained()

    assert stored(incident)
    incident.freed(journal)


def test_a_policy_that_is_attached_elsewhere_too_is_not_deleted_and_that_is_said() -> None:
    incident = SCENES["full role"]()
    journal = incident.contained()
    arn = f"arn:aws:iam::{OWN}:policy/ir-revoke-sessions-web"
    role("other")
    client("iam").attach_role_policy(RoleName="other", PolicyArn=arn)

    ended = incident.undone(journal)

    assert (ended.state, "DeleteConflict" in ended.said) == ("failed", True)
    client("iam").detach_role_policy(RoleName="other", PolicyArn=arn)
    assert incident.undone(journal).state == "rolled back"
    assert '"policies": {}' in incident.state()


def test_names_of_every_letter() -> None:
    """As far as IAM has them."""
    role("we+b=,.@-_x", Path="/a:b/!~/")
    from tests.policies.execution.incident import incident_of

    incident: Incident = incident_of(kind="role", name="we+b=,.@-_x")
    incident.freed(incident.contained())
