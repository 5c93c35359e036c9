"""What stops a run before it writes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from policies.execution.carrying_out import carry_out
from policies.execution.changes import Change
from policies.execution.guarding import Stop, check_caller
from tests.policies.execution.incident import REGION, Incident, client, session
from tests.policies.execution.lacking import refusal
from tests.policies.execution.scenes import SCENES, arn, role, trust_for

pytestmark = pytest.mark.usefixtures("aws")


def _stops(incident: Incident, *, because: str, state: str = "stopped", **options: Any) -> None:
    before = incident.state()
    api, journal = incident.api(), incident.journal()

    ended = carry_out(journal, api, **options)

    assert (ended.state, because in ended.said) == (state, True), ended
    assert set(api.writes) <= {"GetCallerIdentity"}
    assert incident.state() == before
    assert incident.undone(journal).state in ("rolled back", state)


def _again() -> None:
    iam = client("iam")
    iam.delete_role_policy(RoleName="web", PolicyName="own")
    iam.delete_role(RoleName="web")


def test_the_role_was_made_anew() -> None:
    incident = SCENES["role"]()
    _again()
    role("web")
    _stops(incident, because="role/web is another one now")


def test_the_role_has_another_path() -> None:
    incident = SCENES["role"]()
    _again()
    role("web", Path="/team/")
    _stops(incident, because="is another one now")


def test_the_role_is_gone() -> None:
    incident = SCENES["role"]()
    _again()
    _stops(incident, because="role/web is no longer there")


def test_a_further_role_of_the_set_was_made_anew() -> None:
    incident = SCENES["circle"]()
    iam = client("iam")
    iam.delete_role_policy(RoleName="third", PolicyName="own")
    iam.delete_role(RoleName="third")
    role("third", arn("second"))
    _stops(incident, because="role/third is another one now")


def test_the_credentials_are_of_another_account() -> None:
    incident = SCENES["role"]()
    incident.begun = replace(incident.begun, account_id="999988887777")
    _stops(incident, because="the credentials are of account 123456789012, and the plan is for 999988887777")


def test_a_role_that_is_never_contained() -> None:
    incident = SCENES["circle"]()

    def refuses(change: Change) -> str | None:
        return "it is the break-glass role" if change.principal.endswith("/third") else None

    _stops(incident, because="it is the break-glass role", refuses=refuses)


def test_what_is_found_on_the_way_is_refused_too() -> None:
    """The keys of a user are looked up when the guards are behind: each is asked for again."""
    incident = SCENES["user"]()
    named = {each.name for each in incident.begun.changes}

    ended = carry_out(incident.journal(), incident.api(), refuses=lambda each: None if each.name in named else "never")

    assert ended.state == "failed"
    assert "it is never changed: never" in ended.said
    assert '"Inactive"' not in incident.state().split('"users"')[1]


@pytest.mark.parametrize("operation", ["GetCallerIdentity", "GetRole"])
@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "ServiceUnavailable"])
def test_a_guard_that_cannot_look(operation: str, code: str) -> None:
    incident = SCENES["role"]()
    incident.lacking.refused[operation] = code
    # AWS may tell the next time.
    _stops(incident, because="could not be", state="failed")


def _session_of(name: str) -> Any:
    credentials = client("sts").assume_role(RoleArn=arn(name), RoleSessionName="i-0123456789abcdef0")["Credentials"]
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=REGION,
    )


@pytest.mark.parametrize("name", ["team/first", "third"])
def test_the_caller_is_contained_itself(name: str) -> None:
    """By a session of the role, or of another role of the set."""
    incident = SCENES["circle"]()
    api = incident.api()
    api._clients, api.session = {}, _session_of(name)

    ended = carry_out(incident.journal(), api)

    assert (ended.state, "use others" in ended.said) == ("stopped", True)
    assert incident.state() == incident.before


def test_the_caller_is_denied_by_the_organization() -> None:
    role("web")
    incident = SCENES["SCP"]()
    api = incident.api()
    api._clients, api.session = {}, _session_of("web")

    ended = carry_out(incident.journal(), api)

    assert (ended.state, "role/web, which is contained, too: use others" in ended.said) == ("stopped", True)


@pytest.mark.parametrize(
    ("caller", "is_contained"),
    [
        ("arn:aws:iam::123456789012:user/people/ann", True),
        ("arn:aws:iam::123456789012:user/ann", True),
        ("arn:aws:iam::123456789012:user/anna", False),
        ("arn:aws:sts::123456789012:assumed-role/ann/ann", False),
        ("arn:aws:iam::123456789012:root", False),
    ],
)
def test_who_is_who(caller: str, is_contained: bool) -> None:
    incident = SCENES["user"]()
    told = {"Account": "123456789012", "Arn": caller}

    class Told:
        def call(self, *_: Any, **__: Any) -> dict[str, Any]:
            return told

        now = sleep = None

    def check() -> None:
        check_caller(incident.begun, Told(), incident.begun.changes)  # type: ignore[arg-type]  # no more is asked

    if is_contained:
        with pytest.raises(Stop):
            check()
    else:
        check()


def test_undoing_may_be_done_by_whom_it_contains() -> None:
    """Whoever locked himself out by mistake gets out, as far as AWS lets him."""
    incident = SCENES["role"]()
    journal = incident.contained()
    api = incident.api()
    api._clients, api.session = {}, _session_of("web")

    from policies.execution.rolling_back import roll_back

    assert roll_back(journal, api, force=True).state == "rolled back"
    assert incident.state() == incident.before


def test_undoing_in_another_account_stops() -> None:
    incident = SCENES["role"]()
    journal = incident.contained()
    during = incident.state()
    journal.lines[0] = replace(incident.begun, account_id="999988887777")

    ended = incident.undone(journal)

    assert (ended.state, incident.state() == during) == ("stopped", True)


def _made_anew() -> None:
    _again()
    role("web")


@pytest.mark.parametrize("change", [_again, _made_anew])
def test_undoing_leaves_a_role_that_was_made_anew(change: Callable[[], object]) -> None:
    incident = SCENES["role"]()
    journal = incident.contained()
    client("iam").delete_role_policy(RoleName="web", PolicyName="AWSRevokeOlderSessions")
    change()
    during = incident.state()

    ended = incident.undone(journal)

    assert ended.state == "partly rolled back"
    assert "role/web is " in ended.said
    assert incident.state() == during


def test_refusals_are_those_of_aws() -> None:
    assert "AccessDenied" in str(refusal("AccessDenied", "GetRole"))
    assert session() is session()
    assert trust_for(service="ec2")
