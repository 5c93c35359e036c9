"""AWS refuses, is busy, tells what was there before, or answers slowly."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from policies.execution.carrying_out import carry_out, told_of
from policies.execution.journal import Journal
from policies.execution.records import Ended, Intent, Outcome, Settled
from policies.execution.rolling_back import roll_back
from policies.execution.texts import latest_cutoff
from tests.policies.execution.incident import START, Incident, MotoApi, client
from tests.policies.execution.lacking import refusal
from tests.policies.execution.scenes import SCENES
from tests.policies.execution.test_killed import timeless
from tests.policies.execution.test_two_runs import stored, whole, written

pytestmark = pytest.mark.usefixtures("aws")


def _refusing(number: int, code: str, times: int = 1) -> Callable[[int, str], None]:
    def refuse(found: int, name: str) -> None:
        if number <= found < number + times:
            raise refusal(code, name.partition(":")[2])

    return refuse


def _is_settled(journal: Journal, index: int) -> bool:
    settled = journal.settled(index)
    return isinstance(settled, Settled) and settled.result in ("set", "already")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tag", "AccessDenied"),
        ("user", "AccessDenied"),
        ("full role", "LimitExceeded"),
        ("SCP", "AccessDeniedException"),
        ("permission sets", "AccessDeniedException"),
        ("trust policy", "LimitExceeded"),
    ],
)
def test_each_call_is_refused_in_turn(name: str, code: str) -> None:
    """Nothing is written where a guard cannot look; else everything but what was refused is in place, and that is said.

    After the last write, a refusal means that it could not be read back: it may be in place, and is not claimed.
    """
    incident = SCENES[name]()
    planned, count = whole(incident)
    seen: set[tuple[str, ...]] = set()
    for number in range(count):
        incident.clock.at = START
        api, journal = incident.api(before=_refusing(number, code)), incident.journal()

        ended = carry_out(journal, api)

        seen.add((ended.state,))
        named = [index for index, each in enumerate(journal.changes) if told_of(each) in ended.said]
        is_guard = "could not be" in ended.said and not any(isinstance(line, Intent) for line in journal.lines)
        if is_guard:
            assert ended.state == "failed"
            assert incident.state() == incident.before
        elif ended.state == "applied":
            assert timeless(incident.state()) == planned
        else:
            assert named, ended
            assert "by AWS" in ended.said
        others = [index for index, each in enumerate(journal.changes) if index not in named and each.name != "*"]
        if not is_guard:
            assert all(_is_settled(journal, index) for index in others)
        if ended.state == "failed" and not is_guard and "could not be looked at" not in ended.said:
            assert not all(_is_settled(journal, index) for index in named)
        incident.freed(journal)
    assert ("failed",) in seen


def test_service_linked_roles_refuse() -> None:
    """UnmodifiableEntity of one role of the set: the others are revoked, and it is said."""
    incident = SCENES["circle"]()
    journal, api = incident.journal(), incident.api()

    def refuse(_: int, name: str) -> None:
        if name == "iam:PutRolePolicy" and api.calls[-1][1]["RoleName"] == "second":
            raise refusal("UnmodifiableEntity", "PutRolePolicy")

    api.before = refuse
    ended = carry_out(journal, api)

    assert ended.state == "failed"
    assert re.fullmatch(r"inline policy AWSRevokeOlderSessions of role/second: .*UnmodifiableEntity.*", ended.said)
    assert len(stored(incident)) == 2
    incident.freed(journal)


def test_no_room_is_left_by_now() -> None:
    """Somebody filled it since the plan was made."""
    incident = SCENES["role"]()
    iam = client("iam")
    from tests.policies.execution.scenes import filler

    iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=filler(10_150))
    incident.before = incident.state()
    journal = incident.journal()

    ended = carry_out(journal, incident.api())

    assert ended.state == "failed"
    assert "inline policy AWSRevokeOlderSessions of role/web" in ended.said
    assert "LimitExceeded" in ended.said
    incident.freed(journal)


@pytest.mark.parametrize("name", ["full user", "SCP"])
def test_aws_is_too_busy_once(name: str) -> None:
    """Each call in turn is throttled for longer than the SDK is patient: it is tried again."""
    incident = SCENES[name]()
    planned, count = whole(incident)
    for number in range(count):
        incident.clock.at = START
        journal = incident.journal()
        ended = carry_out(journal, incident.api(before=_refusing(number, "Throttling")))
        if not any(isinstance(line, Intent) for line in journal.lines):
            assert (ended.state, "could not be" in ended.said) == ("failed", True)
            assert incident.state() == incident.before
        else:
            assert ended.state == "applied" or "cannot be read back" in ended.said, (number, ended)
            assert timeless(incident.state()) == planned
        incident.freed(journal)


@pytest.mark.parametrize("name", ["role", "full role", "SCP", "permission sets"])
def test_an_answer_is_lost(name: str) -> None:
    """AWS did it, and nobody knows: the call is not repeated blindly, and nothing is claimed that is not so."""
    incident = SCENES[name]()
    planned, _ = whole(incident)
    for number in range(9):
        incident.clock.at = START
        journal = incident.journal()
        left = [number]

        def lose(_: int, name: str, left: list[int] = left) -> None:
            left[0] -= not re.search(r":(Get|List|Describe)", name)
            if left[0] == -1:
                left.clear()
                left.append(99)
                raise ReadTimeoutError(endpoint_url="https://iam.amazonaws.com/")

        ended = carry_out(journal, incident.api(after=lose))
        assert ended.state == "applied", (number, ended)
        assert all(line.is_done for line in journal.lines if isinstance(line, Outcome))
        assert timeless(incident.state()) == planned
        incident.freed(journal)
        if left[0] >= 0 and left[0] < 90:
            break
    assert number > 1


@pytest.mark.parametrize("reads", [1, 3, 7, 8, 20])
@pytest.mark.parametrize("name", ["role", "isolated session"])
def test_reads_are_late(name: str, reads: int) -> None:
    incident = SCENES[name]()
    incident.lacking.stale = reads
    journal = incident.journal()

    ended = carry_out(journal, incident.api())
    assert ended.state == "applied", ended
    incident.lacking.stale = 0
    incident.lacking.forget()
    assert incident.state() != incident.before
    incident.lacking.stale = reads
    undone = incident.undone(journal)
    incident.lacking.stale = 0
    incident.lacking.forget()

    assert undone.state == "rolled back", undone
    assert incident.state() == incident.before


@pytest.mark.parametrize("name", ["role", "circle", "full role", "SCP", "permission sets"])
@pytest.mark.parametrize("seconds", [0.4, 3, 25])
def test_aws_is_slow(name: str, seconds: float) -> None:
    """Every cutoff lies ahead when the write is answered, and after what closed the last way to a session."""
    incident = SCENES[name]()
    api, journal = incident.api(), incident.journal()
    answered = START

    def wait(_: int, name: str) -> None:
        nonlocal answered
        incident.clock.at += timedelta(seconds=seconds)
        if re.search(r":(Put|Create|Update|Attach|Provision)", name):
            answered = incident.clock.at

    api.after = wait
    ended = carry_out(journal, api)

    assert ended.state == "applied", ended
    assert min(stored(incident)) >= _first_answers(journal) + timedelta(seconds=29)
    assert max(stored(incident)) <= answered + timedelta(seconds=60 + 60 * seconds)
    incident.freed(journal)


@pytest.mark.parametrize("late", [1, 2])
def test_right_after_a_run_reads_tell_that_nothing_is_there(late: int) -> None:
    """That nothing is to be undone is believed when it was read several times."""
    incident = SCENES["isolated session"]()
    journal = incident.contained()
    left = late

    def tell(_: int, name: str) -> None:
        nonlocal left
        if name == "iam:GetRolePolicy" and left:
            left -= 1
            raise refusal("NoSuchEntity", "GetRolePolicy")

    ended = roll_back(journal, incident.api(before=tell), force=True)

    assert (ended.state, left, incident.state() == incident.before) == ("rolled back", 0, True)


def _first_answers(journal: Journal) -> datetime:
    """When the last place was closed for the first time: until then, sessions that are to be denied could be had."""
    answers: dict[int, datetime] = {}
    changes: dict[int, int] = {}
    for line in journal.lines:
        if isinstance(line, Intent):
            changes[line.number] = line.change
        if isinstance(line, Outcome) and line.is_done:
            index = changes[line.number]
            if journal.changes[index].kind != "tag":
                answers.setdefault(index, line.at)
    return max(answers.values())


def test_a_session_that_one_role_handed_to_another_dies() -> None:
    """In whatever time each call takes, no cutoff is earlier than the moment at which the last role was revoked."""
    incident = SCENES["circle"]()
    for seed in range(6):
        incident.clock.at = START
        chance = random.Random(seed)
        longest = [1, 12, 60][seed % 3]
        journal = incident.journal()

        def wait(*_: object, chance: random.Random = chance, longest: int = longest) -> None:
            incident.clock.at += timedelta(seconds=chance.random() ** 4 * longest)

        ended = carry_out(journal, incident.api(after=wait, before=wait))

        if ended.state == "applied":
            assert min(stored(incident)) >= _first_answers(journal), seed
        else:
            assert "answers too slowly" in ended.said or "repeat it" in ended.said
        incident.freed(journal)


def test_many_roles_take_longer_than_the_cutoff_lies_ahead() -> None:
    """Of a set, the first cutoff is over before the last role is revoked: all are raised above that."""
    from policies.execution.changes import Change
    from tests.policies.execution.incident import begun_of
    from tests.policies.execution.scenes import arn, role

    document = SCENES["circle"]().begun.changes[0].document
    roles = [(f"r{number}", role(f"r{number}", arn(f"r{number - 1}") if number else "*")) for number in range(30)]
    incident = Incident(
        begun_of([
            Change(kind="inline policy", principal=arn(name), unique_id=id_, name="X", document=document, lasts=1)
            for name, id_ in roles
        ])
    )  # fmt: skip
    journal = incident.journal()

    def wait(*_: object) -> None:
        incident.clock.at += timedelta(seconds=1)

    ended = carry_out(journal, incident.api(after=wait))

    assert ended.state == "applied", ended
    last = max(line.at for line in journal.lines if isinstance(line, Outcome))
    assert min(stored(incident)) >= _first_answers(journal) + timedelta(seconds=29)
    assert min(stored(incident)) >= last
    incident.freed(journal)


def test_a_far_cutoff_of_somebody_else_is_kept_said_and_not_spread() -> None:
    """A thief could have everybody locked out by one planted revocation."""
    incident = SCENES["circle"]()
    planted = incident.begun.changes[1].document.replace("${CUTOFF}", "2099-01-01T00:00:00.000Z")
    client("iam").put_role_policy(RoleName="second", PolicyName="AWSRevokeOlderSessions", PolicyDocument=planted)
    journal = incident.journal()

    assert carry_out(journal, incident.api()).state == "applied"

    assert sorted(each.year for each in stored(incident)) == [2026, 2026, 2099]
    (said,) = [each.said for each in journal.lines if isinstance(each, Settled) and each.said]
    assert said.startswith("its cutoff was 2099-01-01T00:00:00Z before, and is not lowered")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_times_that_are_none_keep_nobody_from_being_contained(text: str) -> None:
    incident = SCENES["role"]()
    planted = incident.begun.changes[0].document.replace("${CUTOFF}", text)
    client("iam").put_role_policy(RoleName="web", PolicyName="AWSRevokeOlderSessions", PolicyDocument=planted)

    journal = incident.journal()
    ended = carry_out(journal, incident.api())

    assert ended.state == "applied"
    (cutoff,) = stored(incident)
    assert cutoff >= START + timedelta(seconds=30)
    assert incident.undone(journal, force=False).state in ("partly rolled back", "rolled back")


def test_an_interrupted_provisioning_is_made_up_for() -> None:
    """The policy of a permission set is there, and its accounts may not have it."""
    incident = SCENES["permission sets"]()
    journal = incident.contained()
    incident.lacking.refused["ProvisionPermissionSet"] = "AccessDeniedException"
    first = incident.undone(journal)
    incident.lacking.refused.clear()
    api = incident.api()

    second = roll_back(journal, api, force=True)

    assert (first.state, second.state) == ("failed", "rolled back")
    assert "ProvisionPermissionSet" in api.writes
    assert incident.state() == incident.before


def test_no_permission_set_is_no_containment() -> None:
    incident = SCENES["permission sets"]()
    sso = client("sso-admin", "us-east-1")
    assert sso.list_instances()["Instances"]
    from msgspec.structs import replace

    incident.begun = replace(
        incident.begun, changes=tuple(replace(each, region="us-east-1") for each in incident.begun.changes)
    )

    ended = carry_out(incident.journal(), incident.api())

    assert (ended.state, "no permission set is provisioned" in ended.said) == ("failed", True)


def test_failures_name_what_failed_and_nothing_is_lost_in_the_journal() -> None:
    incident = SCENES["role"]()
    incident.lacking.refused["PutRolePolicy"] = "AccessDenied"
    journal = incident.journal()

    ended = carry_out(journal, incident.api())

    assert isinstance(ended, Ended)
    assert ended.said.startswith("inline policy AWSRevokeOlderSessions of role/web: ")
    (failed,) = [line for line in journal.lines if isinstance(line, Outcome) and not line.is_done]
    assert "AccessDenied" in failed.said
    assert json.loads(incident.state())["roles"]["web"]["tags"]


def test_written_and_stored_agree() -> None:
    incident = SCENES["role"]()
    api = MotoApi(incident.api().session, clock=incident.clock)
    carry_out(incident.journal(), api)

    assert [max(each) for each in written(api).values()] == stored(incident)
    assert latest_cutoff(None) is None
