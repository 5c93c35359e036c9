"""Whether a containment holds: what was stored, what the simulator says, and what all comes to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from policies.execution.changes import Change
from policies.execution.records import Begun, Checked, Found, Line, Settled
from policies.execution.verifying import overall, verify
from policies.subjects import Subject
from tests.policies.execution.recorded import ACCOUNT, AT, Recorded, denied, refusing

ROLE = f"arn:aws:iam::{ACCOUNT}:role/web/server"
USER = f"arn:aws:iam::{ACCOUNT}:user/anna"
CUTOFF = AT - timedelta(minutes=30)
CUTOFF_TEXT = "2026-11-20T22:30:00Z"


def deny(condition: dict[str, Any] | None = None, **more: object) -> str:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", **more}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}
    )


def revoking(cutoff: str = CUTOFF_TEXT) -> str:
    return deny({"DateLessThan": {"aws:TokenIssueTime": cutoff}}, Action=["*"], Resource=["*"])


def inline(principal: str = ROLE, name: str = "AWSRevokeOlderSessions") -> Change:
    return Change(kind="inline policy", principal=principal, name=name)


def journal(*held: tuple[Change, str | None], subject: Subject | None = None, principal: str = ROLE) -> list[Line]:
    begun = Begun(
        run="1",
        at=AT,
        version="0",
        account_id=ACCOUNT,
        partition="aws",
        principal=principal,
        subject=subject or Subject(kind="role", session="i-0123456789abcdef0"),
        changes=tuple(change for change, _ in held),
    )
    cutoff = datetime.fromisoformat(CUTOFF_TEXT)
    return [
        begun,
        *(
            Settled(at=CUTOFF, change=place, direction="contain", result="set", stored=text, cutoff=cutoff)
            for place, (_, text) in enumerate(held)
        ),
    ]


def looked(
    lines: list[Line], read: Callable[[Change], str | None], name: str, api: Recorded | None = None
) -> list[Checked]:
    return [each for each in verify(lines, api or Recorded({}), read) if each.name == name]


ONE = '{"DateLessThan":{"aws:TokenIssueTime":"2026-11-20T22:30:00Z"},"StringEquals":{"aws:userid":"AROAX:i-1"}}'


@pytest.mark.parametrize(
    ("present", "verdict"),
    [
        (revoking(), "holds"),
        ("  " + revoking().replace('["*"]', '"*"') + "\n", "holds"),
        (revoking("2026-11-20T23:59:59Z"), "holds"),
        (revoking("2026-11-20T22:30:00.000Z"), "holds"),
        (revoking("1795559999"), "holds"),
        (revoking("2026-11-20T22:29:59Z"), "fails"),
        (revoking("sometime"), "fails"),
        (None, "fails"),
        (deny(), "holds"),
        (deny({"DateLessThan": {"aws:TokenIssueTime": CUTOFF_TEXT}}, Action="s3:*"), "fails"),
        (deny({"DateLessThan": {"aws:TokenIssueTime": CUTOFF_TEXT}}, Effect="Allow"), "fails"),
        (deny({"DateGreaterThan": {"aws:TokenIssueTime": CUTOFF_TEXT}}), "fails"),
        (deny(json.loads(ONE)), "fails"),
        (deny({"DateLessThan": {"aws:TokenIssueTime": [CUTOFF_TEXT, "2026-11-21T00:00:00Z"]}}), "holds"),
        ("{", "unknown"),
        ("\ud800", "unknown"),
    ],
)
def test_what_is_stored_is_compared_by_what_it_denies(present: str | None, verdict: str) -> None:
    (found,) = looked(journal((inline(), revoking())), lambda _: present, "stored")
    assert found.verdict == verdict


def test_a_statement_beside_a_deny_takes_nothing_back_and_a_lost_one_does() -> None:
    wanted = json.loads(revoking())
    both = json.dumps({**wanted, "Statement": [*wanted["Statement"], json.loads(deny())["Statement"][0]]})
    more = json.dumps(
        {**wanted, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, *wanted["Statement"]]}
    )
    assert looked(journal((inline(), revoking())), lambda _: more, "stored")[0].verdict == "holds"
    assert looked(journal((inline(), both)), lambda _: revoking(), "stored")[0].verdict == "fails"


@pytest.mark.parametrize(
    ("kind", "wanted", "present", "verdict"),
    [
        ("boundary", "arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::aws:policy/AdministratorAccess", "fails"),
        ("boundary", "arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::aws:policy/AWSDenyAll", "holds"),
        ("attachment", "attached", None, "fails"),
        ("tag", "case 7", "case 8", "fails"),
        ("access key", "Inactive", "Active", "fails"),
        ("access key", "Inactive", None, "holds"),
        (
            "metadata options",
            '{"HttpTokens":"required","HttpPutResponseHopLimit":1}',
            '{"HttpTokens":"optional"}',
            "fails",
        ),
        ("inline policy", None, revoking(), "unknown"),
    ],
)
def test_every_kind_of_change_is_read_back(kind: Any, wanted: str | None, present: str | None, verdict: str) -> None:
    (found,) = looked(journal((Change(kind=kind, principal=USER, name="x"), wanted)), lambda _: present, "stored")
    assert found.verdict == verdict


def test_a_frozen_trust_policy_holds_as_long_as_its_deny_is_there() -> None:
    freeze = {
        "Sid": "IrFreezeTrust",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    own = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def trust(*statements: object) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": statements})

    lines = journal((Change(kind="trust policy", principal=ROLE), trust(own, freeze)))
    assert looked(lines, lambda _: trust(freeze), "stored")[0].verdict == "holds"
    assert looked(lines, lambda _: trust(own), "stored")[0].verdict == "fails"
    for_one = {**freeze, "Principal": {"AWS": ROLE}}
    assert looked(lines, lambda _: trust(own, for_one), "stored")[0].verdict == "fails"


def test_what_cannot_be_read_is_unknown() -> None:
    def refused(_: Change) -> str:
        raise denied("GetRolePolicy")

    def shapeless(_: Change) -> str:
        answer: dict[str, str] = {}
        return answer["PolicyDocument"]

    for read in (refused, shapeless):
        (found,) = looked(journal((inline(), revoking())), read, "stored")
        assert found.verdict == "unknown"
    assert "AccessDenied" in looked(journal((inline(), revoking())), refused, "stored")[0].said


def test_what_was_left_or_is_still_open_is_unknown_and_what_was_undone_is_not_asked_for() -> None:
    lines = journal((inline(), revoking()), (Change(kind="tag", principal=ROLE, name="t"), "x"))
    left = Settled(at=AT, change=1, direction="contain", result="left", said="made anew")
    opened = Found(at=AT, change=Change(kind="access key", principal=USER, name="AKIA1"))
    read = {"AWSRevokeOlderSessions": revoking()}
    found = looked([*lines, left, opened], lambda change: read.get(change.name), "stored")
    assert [each.verdict for each in found] == ["holds", "unknown", "unknown"]
    assert "made anew" in found[1].said
    undone = [Settled(at=AT, change=place, direction="undo", result="restored") for place in (0, 1)]
    checks = verify([*lines, *undone], Recorded({}), lambda _: None)
    assert [(each.name, each.verdict) for each in checks] == [("stored", "unknown")]
    kept = Settled(at=AT, change=0, direction="undo", result="left", said="not yet safe")
    assert looked([*lines, kept], lambda _: None, "stored")[0].verdict == "fails"


@pytest.mark.parametrize(("status", "verdict"), [("Inactive", "holds"), ("Active", "fails")])
def test_a_key_that_came_since_is_seen(status: str, verdict: str) -> None:
    every = Change(kind="access key", principal=USER, name="*", document="Inactive")
    lines = journal((inline(USER, "ir-quarantine-user"), deny()), principal=USER)
    begun = lines[0]
    assert isinstance(begun, Begun)
    lines[0] = msgspec.structs.replace(begun, changes=(*begun.changes, every))
    listed = {"AccessKeyMetadata": [{"UserName": "anna", "AccessKeyId": "AKIANEW0000000000001", "Status": status}]}
    api = Recorded({"ListAccessKeys": lambda _: listed})
    found = looked(lines, lambda _: deny(), "stored", api)
    assert [each.verdict for each in found] == ["holds", verdict]
    assert ("AKIANEW0000000000001" in found[1].said) == (status == "Active")
    assert looked(lines, lambda _: deny(), "stored", Recorded({}))[1].verdict == "unknown"


def test_what_was_put_beside_the_policy_of_somebody_else_is_looked_at_instead() -> None:
    lines = journal((inline(), None), (inline(name="AWSRevokeOlderSessions-guardrift"), revoking()))
    left = Settled(at=AT, change=0, direction="contain", result="left", said="somebody else's")
    assert [each.verdict for each in looked([*lines, left], lambda _: revoking(), "stored")] == ["holds"]


def test_a_later_run_may_name_further_principals() -> None:
    def of(*arns: str) -> str:
        return deny({"ArnEquals": {"aws:PrincipalArn": list(arns)}})

    lines = journal((Change(kind="organization policy", name="ir-contain-principals", target=ACCOUNT), of(ROLE)))
    assert looked(lines, lambda _: of(USER, ROLE), "stored")[0].verdict == "holds"
    assert looked(lines, lambda _: of(USER), "stored")[0].verdict == "fails"


def test_a_journal_without_its_beginning_is_unverified() -> None:
    checks = verify(journal((inline(), revoking()))[1:], Recorded({}), lambda _: revoking())
    assert overall(checks) == "unverified"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["holds", "holds"], "verified"),
        (["holds", "unknown"], "unverified"),
        (["unknown", "fails", "holds"], "does not hold"),
        ([], "unverified"),
    ],
)
def test_one_failure_decides_and_nothing_is_verified_by_silence(verdicts: list[Any], expected: str) -> None:
    assert overall(Checked(at=AT, name="logs", verdict=each, said="") for each in verdicts) == expected


def simulator(decide: Callable[[dict[str, str]], dict[str, Any]]) -> Recorded:
    """The simulator, by the values of the context."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        context = {each["ContextKeyName"]: each["ContextKeyValues"][0] for each in asked.get("ContextEntries", ())}
        result = decide(context)
        return {"EvaluationResults": [{"EvalActionName": each, **result} for each in asked["ActionNames"]]}

    return Recorded({"SimulatePrincipalPolicy": answer})


OURS = [{"SourcePolicyId": "role_server_AWSRevokeOlderSessions", "SourcePolicyType": "IAM Policy"}]
DENIED = {"EvalDecision": "explicitDeny", "MatchedStatements": OURS, "MissingContextValues": []}
ALLOWED = {"EvalDecision": "allowed", "MatchedStatements": [], "MissingContextValues": []}


def by_time(before: dict[str, Any], after: dict[str, Any]) -> Callable[[dict[str, str]], dict[str, Any]]:
    def decide(context: dict[str, str]) -> dict[str, Any]:
        at = context.get("aws:TokenIssueTime", "")
        return {"2026-11-20T22:29:00Z": before, "2026-11-20T22:31:00Z": after}[at]

    return decide


OTHERS = {**DENIED, "MatchedStatements": [{"SourcePolicyId": "own"}]}
BY_ORGANIZATION = {**DENIED, "MatchedStatements": [], "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (DENIED, ALLOWED, "holds"),
        (DENIED, {**ALLOWED, "EvalDecision": "implicitDeny"}, "holds"),
        (DENIED, OTHERS, "holds"),
        (DENIED, BY_ORGANIZATION, "holds"),
        (DENIED, {**DENIED, "MatchedStatements": []}, "unknown"),
        (DENIED, DENIED, "fails"),
        (ALLOWED, ALLOWED, "fails"),
        ({**ALLOWED, "EvalDecision": "implicitDeny"}, ALLOWED, "fails"),
        ({**ALLOWED, "MissingContextValues": ["aws:TokenIssueTime"]}, ALLOWED, "unknown"),
        (DENIED, {**DENIED, "MatchedStatements": [{"SourcePolicyId": "AWSRevokeOlderSessions"}]}, "fails"),
    ],
)
def test_both_sides_of_the_cutoff_are_asked(before: dict[str, Any], after: dict[str, Any], verdict: str) -> None:
    api = simulator(by_time(before, after))
    (found,) = looked(journal((inline(), revoking())), lambda _: revoking(), "simulated", api)
    assert found.verdict == verdict
    assert {parameters["PolicySourceArn"] for _, parameters in api.of("SimulatePrincipalPolicy")} == {ROLE}
    assert bool(found.todo) == (verdict != "holds")


def test_what_else_a_document_goes_by_is_told_to_the_simulator() -> None:
    seen: list[dict[str, str]] = []

    def decide(context: dict[str, str]) -> dict[str, Any]:
        seen.append(context)
        return ALLOWED if context["aws:TokenIssueTime"] > CUTOFF_TEXT else DENIED

    text = deny(json.loads(ONE))
    found = looked(journal((inline(name="ir-revoke-session"), text)), lambda _: text, "simulated", simulator(decide))
    assert found[0].verdict == "holds"
    assert [each["aws:userid"] for each in seen] == ["AROAX:i-1", "AROAX:i-1"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (inline(USER, "ir-quarantine-user"), deny()),
        (Change(kind="attachment", principal=USER, name="arn:aws:iam::aws:policy/AWSDenyAll"), "attached"),
        (Change(kind="boundary", principal=USER), "arn:aws:iam::aws:policy/AWSDenyAll"),
    ],
)
def test_without_a_time_everything_has_to_be_denied(change: Change, text: str) -> None:
    for result, verdict in ((DENIED, "holds"), (ALLOWED, "fails")):
        api = simulator(lambda _, result=result: result)  # type: ignore[misc]
        found = looked(journal((change, text), principal=USER), lambda _: text, "simulated", api)
        assert [each.verdict for each in found] == [verdict]
        assert len(api.of("SimulatePrincipalPolicy")) == 1
        assert "ContextEntries" not in api.of("SimulatePrincipalPolicy")[0][1]


def test_a_managed_policy_of_ones_own_is_asked_about_where_it_is_attached() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/ir-revoke"
    held = (
        (Change(kind="managed policy", name=arn), revoking()),
        (Change(kind="attachment", principal=ROLE, name=arn), "attached"),
    )
    by_us = {**DENIED, "MatchedStatements": [{"SourcePolicyId": "ir-revoke"}]}
    assert looked(journal(*held), lambda _: "", "simulated", simulator(by_time(DENIED, ALLOWED)))[0].verdict == "holds"
    assert looked(journal(*held), lambda _: "", "simulated", simulator(by_time(by_us, by_us)))[0].verdict == "fails"
    assert looked(journal(held[1]), lambda _: "", "simulated", Recorded({}))[0].verdict == "unknown"


def test_mfa_is_demanded_of_new_sessions_and_old_ones_are_denied() -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                },
                {
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"DateLessThanIfExists": {"aws:TokenIssueTime": CUTOFF_TEXT}},
                },
            ],
        }
    )

    def decide(context: dict[str, str]) -> dict[str, Any]:
        has_mfa = context.get("aws:MultiFactorAuthPresent", "false") == "true"
        is_new = context.get("aws:TokenIssueTime", "") >= CUTOFF_TEXT
        return ALLOWED if has_mfa and is_new else DENIED

    change = inline(USER, "ir-revoke-user-sessions")
    found = looked(journal((change, text), principal=USER), lambda _: text, "simulated", simulator(decide))
    assert [each.verdict for each in found] == ["holds"]


@pytest.mark.parametrize("code", ["AccessDenied", "NotImplemented", "InternalFailure", "Throttling"])
def test_a_simulator_that_does_not_answer_leaves_the_command(code: str) -> None:
    api = Recorded({"SimulatePrincipalPolicy": refusing(code)})
    (found,) = looked(journal((inline(), revoking())), lambda _: revoking(), "simulated", api)
    assert found.verdict == "unknown"
    assert code in found.said
    assert len(found.todo) == 2
    for command in found.todo:
        words = subprocess.run(["bash", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
        assert f"--policy-source-arn={ROLE}" in words.stdout.split("\n")


@pytest.mark.parametrize("results", [[], [{"EvalActionName": "s3:ListAllMyBuckets", "EvalDecision": "explicitDeny"}]])
def test_an_action_of_which_nothing_is_said_is_unknown(results: list[Any]) -> None:
    api = Recorded({"SimulatePrincipalPolicy": lambda _: {"EvaluationResults": results}})
    assert looked(journal((inline(), revoking())), lambda _: revoking(), "simulated", api)[0].verdict == "unknown"


def test_the_pages_of_the_simulator_are_joined() -> None:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        place = int(asked.get("Marker", "0"))
        one = {"EvalActionName": asked["ActionNames"][place], "EvalDecision": "explicitDeny"}
        return {"EvaluationResults": [one], **({"IsTruncated": True, "Marker": str(place + 1)} if place < 2 else {})}

    api = Recorded({"SimulatePrincipalPolicy": answer})
    assert looked(journal((inline(), deny())), lambda _: deny(), "simulated", api)[0].verdict == "holds"


def test_policies_of_the_organization_are_not_proven_this_way() -> None:
    change = Change(kind="organization policy", name="ir-contain", target=ACCOUNT)
    (found,) = looked(journal((change, deny())), lambda _: deny(), "simulated")
    assert found.verdict == "unknown"
    both = looked(
        journal((change, deny()), (inline(), revoking())),
        lambda _: "",
        "simulated",
        simulator(by_time(DENIED, ALLOWED)),
    )
    assert both[0].verdict == "holds"
    assert "cannot be proven" in both[0].said
