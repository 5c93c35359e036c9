"""Decisions from the command line: every option, every exit code, and text that nobody obeys."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scanner.snapshot import encode
from tests.accounts import OWN, Json, allow, deny, policy
from tests.cli.accounts import CLEAN, HOSTILE, renamed
from tests.cli.conftest import Ended, Run
from tests.cli.test_hostile import check
from tests.collect.faulty import DETAILS, iam_arn
from tests.collect.stand_in import DENIED, StandIn
from tests.scanner.iam.asking import account

QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:jobs"
ROOT = Path(__file__).parents[2]
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ON_QUEUES, GUARDED = policy(allow("sqs:*", Sid="Queues")), policy(allow("iam:*", Condition=MFA))
OTHER = policy(allow("ec2:*"))


@pytest.fixture(autouse=True)
def snapshot(work: Path) -> Path:
    """An account in which ann may use queues, and IAM with MFA."""
    path = work / "snapshot.json"
    path.write_bytes(encode(account([ON_QUEUES, GUARDED])))
    return path


@pytest.fixture
def can(run: Run) -> Run:
    """Run ``guardrift can`` on that account."""

    def call(*arguments: object) -> Ended:
        return run("can", *arguments, "--snapshot", "snapshot.json")

    return call


def written(work: Path, name: str, content: object) -> str:
    """A file in the working directory."""
    (work / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return name


def answered(ended: Ended) -> Any:
    """The decision of a command that was asked for JSON."""
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def test_yes(can: Run) -> None:
    ended = can("ann", "sqs:SendMessage", QUEUE)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"yes: {iam_arn('user/staff/ann')} can do sqs:SendMessage on {QUEUE}\n")
    assert "inline policy p0, statement 0 (Queues)" in ended.out


def test_no(can: Run) -> None:
    ended = can("ann", "s3:GetObject", "arn:aws:s3:::data/x")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"no: {iam_arn('user/staff/ann')} cannot do s3:GetObject on arn:aws:s3:::data/x\n")
    assert "an Allow there for this principal may make this a yes" in ended.out


def test_only_if(can: Run) -> None:
    ended = can("ann", "iam:CreateUser", iam_arn("user/x"))

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("only if: ")
    assert "aws:MultiFactorAuthPresent is true\n      (Allow, statement 0 of inline policy p1)" in ended.out


@pytest.mark.parametrize(
    ("action", "resource", "verdict"),
    [
        ("sqs:SendMessage", QUEUE, "yes"),
        ("s3:GetObject", "arn:aws:s3:::x", "no"),
        ("iam:CreateUser", "*", "only_if"),
    ],
)
@pytest.mark.parametrize("expected", ["yes", "no", "only_if"])
def test_expect(can: Run, action: str, resource: str, verdict: str, expected: str) -> None:
    ended = can("ann", action, resource, "--expect", expected)

    assert ended.code == (0 if verdict == expected else 1)
    assert ended.out == can("ann", action, resource).out
    assert ended.err == ("" if verdict == expected else f"expected {expected}, but the answer is {verdict}\n")


def test_json_is_of_its_schema(can: Run, run: Run) -> None:
    schema = Draft202012Validator(json.loads(run("schema", "decision").out))

    for action in ("sqs:SendMessage", "s3:GetObject", "iam:CreateUser"):
        decision = answered(can("ann", action, QUEUE, "--format", "json"))
        schema.validate(decision)
        assert decision["schema"] == "guardrift/decision/1"
        assert set(decision) >= {"decision", "conditions", "statements", "layers", "not_collected"}
        assert not schema.is_valid({**decision, "decision": "maybe"})


def test_json_is_the_same_alone_and_in_a_batch(can: Run, work: Path) -> None:
    requests = written(work, "q.jsonl", {"principal": "ann", "action": "sqs:SendMessage", "resource": QUEUE})

    alone = answered(can("ann", "sqs:SendMessage", QUEUE, "--format", "json"))

    assert answered(can("--requests", requests)) == alone


@pytest.mark.parametrize("principal", ["ann", "user/ann", iam_arn("user/staff/ann")])
def test_the_names_of_a_principal(can: Run, principal: str) -> None:
    assert answered(can(principal, "sqs:SendMessage", QUEUE, "--format", "json"))["principal"] == iam_arn(
        "user/staff/ann"
    )


def test_a_session(can: Run) -> None:
    session = f"arn:aws:sts::{OWN}:assumed-role/app/s1"

    assert can(session, "sqs:SendMessage", QUEUE, "--expect", "yes").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["a principal and an action are needed", "guardrift can role/deploy"]),
        (("ann",), ["a principal and an action are needed"]),
        (("anm", "sqs:SendMessage"), ["has no user or role 'anm'", "Did you mean user/ann?"]),
        (("ann", "SendMessage"), ["'SendMessage' is not an action: write SERVICE:NAME"]),
        (("ann", "sqs:SendMessage", QUEUE, "--context", "aws:SourceIp"), ["is not KEY=VALUE"]),
        (("ann", "sqs:SendMessage", QUEUE, "--context", "=x"), ["is not KEY=VALUE"]),
        (("ann", "sqs:X", "--context", "a:b=1", "--absent", "A:B"), ["a:b is given by --context and by --absent"]),
        (("ann", "sqs:X", "--scp", "missing.json"), ["missing.json cannot be read"]),
        (("ann", "sqs:X", "--requests", "q.jsonl"), ["--requests holds the questions"]),
        (("--requests", "missing.jsonl"), ["missing.jsonl cannot be read"]),
        (("--requests", "q.jsonl", "--format", "text"), ["--requests is answered in JSON lines"]),
        (("ann", "sqs:X", "--expect", "maybe"), ["--expect"]),
        (("ann", "sqs:X", "--profile", "p"), ["--snapshot reads a file"]),
        (("ann", "sqs:X", "--account", "999988887777"), [f"the file is of account {OWN}"]),
        (("ann", "sqs:X", "--account", "1"), ["is not an account id"]),
    ],
)
def test_what_is_wrong_is_said(can: Run, arguments: tuple[str, ...], words: list[str]) -> None:
    ended = can(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert all(word in ended.err for word in words), ended.err


def test_context(can: Run) -> None:
    asked = ("ann", "iam:CreateUser", "*")

    assert can(*asked, "--context", "aws:MultiFactorAuthPresent=true", "--expect", "yes").code == 0
    assert can(*asked, "-c", "AWS:multifactorauthpresent=false", "--expect", "no").code == 0
    assert can(*asked, "--absent", "aws:multiFactorAuthPresent", "--expect", "no").code == 0


def test_several_values_of_a_key(can: Run, work: Path) -> None:
    tags = policy(allow("sqs:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b=c"]}}))
    session = ("--session-policy", written(work, "session.json", tags))
    asked = ("role/app", "sqs:TagQueue", QUEUE, *session)

    assert can(*asked, "-c", "aws:TagKeys=a", "-c", "aws:tagkeys=b=c", "--expect", "yes").code == 0
    assert can(*asked, "-c", "aws:TagKeys=a", "-c", "aws:TagKeys=d", "--expect", "no").code == 0


FULL, SHUT = policy(allow()), policy(deny(Principal="*"))


@pytest.mark.parametrize(
    ("option", "contents", "verdict", "layer", "result"),
    [
        ("--scp", [FULL], "yes", "scp", "allows"),
        ("--scp", [OTHER], "no", "scp", "does not allow"),
        ("--scp", [FULL, OTHER], "no", "scp", "does not allow"),
        ("--scp", [[[FULL], [OTHER, FULL]]], "yes", "scp", "allows"),
        ("--scp", [[[FULL], [OTHER]], FULL], "no", "scp", "does not allow"),
        ("--scp", [policy(allow(), deny("sqs:*"))], "no", "scp", "denies"),
        ("--rcp", [SHUT], "no", "rcp", "denies"),
        ("--rcp", [[[policy(allow(Principal="*"))], [SHUT]]], "no", "rcp", "denies"),
        ("--resource-policy", [SHUT], "no", "resource_policy", "denies"),
        ("--resource-policy", [policy(allow(Principal="*"))], "yes", "resource_policy", "allows"),
        ("--session-policy", [OTHER], "no", "session_policy", "does not allow"),
        ("--session-policy", [FULL], "yes", "session_policy", "allows"),
        ("--boundary", [OTHER], "no", "boundary", "does not allow"),
        ("--boundary", [FULL], "yes", "boundary", "allows"),
    ],
)
def test_layers_given_as_files(
    can: Run, work: Path, option: str, contents: list[object], verdict: str, layer: str, result: str
) -> None:
    files = [written(work, f"{place}.json", content) for place, content in enumerate(contents)]
    given = [word for file in files for word in (option, file)]

    decision = answered(can("role/app", "sqs:SendMessage", QUEUE, *given, "--format", "json"))

    assert decision["decision"] == verdict
    (found,) = [each for each in decision["layers"] if each["layer"] == layer]
    assert found["result"] == result
    assert found["documents"][0].startswith("0.json")
    assert layer.replace("_", " ") not in " ".join(decision["not_collected"])


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--scp", "{", ["f.json is not a policy of its kind: it is not JSON"]),
        ("--scp", "", ["it is not JSON"]),
        ("--scp", {"Statement": [{"Effect": "Allow"}]}, ["f.json", "Statement[0]", "neither Action nor NotAction"]),
        ("--scp", policy(allow(Principal="*")), ["Statement[0].Principal: only resource policies have one"]),
        ("--scp", [[policy(allow()), policy(allow(Principal="*"))]], ["f.json[0][1]", "Statement[0].Principal"]),
        ("--scp", [policy(allow())], ["f.json is no list of levels", "a list of lists is expected"]),
        ("--rcp", policy(deny()), ["Statement[0].Principal"]),
        ("--rcp", "[[", ["f.json is no list of levels"]),
        ("--resource-policy", policy(allow()), ["Statement[0].Principal: it is missing"]),
        ("--session-policy", policy(allow(Resources="*")), ["Statement[0].Resources: no such element"]),
        ("--boundary", policy(allow(Condition={"StringIs": {"k": "v"}})), ["Statement[0].Condition.StringIs"]),
    ],
)
def test_a_file_that_is_no_policy(can: Run, work: Path, option: str, content: object, words: list[str]) -> None:
    ended = can("ann", "sqs:SendMessage", QUEUE, option, written(work, "f.json", content))

    assert (ended.code, ended.out) == (2, "")
    assert all(word in ended.err for word in words), ended.err


def lines(*questions: Json) -> str:
    """Questions as JSON lines."""
    return "".join(json.dumps(question) + "\n" for question in questions)


YES: Json = {"principal": "ann", "action": "sqs:SendMessage", "resource": QUEUE}
NO: Json = {**YES, "action": "s3:GetObject"}
MAYBE: Json = {**YES, "action": "iam:CreateUser"}


def test_many(can: Run, work: Path) -> None:
    ended = can("--requests", written(work, "q.jsonl", lines(YES, NO, MAYBE, NO)))

    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line)["decision"] for line in ended.out.splitlines()] == ["yes", "no", "only_if", "no"]


def test_many_are_of_the_schema(can: Run, run: Run, work: Path) -> None:
    schema = Draft202012Validator(json.loads(run("schema", "decision").out))

    for line in can("--requests", written(work, "q.jsonl", lines(YES, NO, MAYBE))).out.splitlines():
        schema.validate(json.loads(line))
        assert line == json.dumps(json.loads(line), separators=(",", ":"))


def test_no_question_has_no_answer(can: Run, work: Path) -> None:
    assert can("--requests", written(work, "q.jsonl", "\n"), "--expect", "yes") == Ended(0, "", "")


@pytest.mark.parametrize(
    ("questions", "expected", "code", "said"),
    [
        ((YES, YES), "yes", 0, ""),
        ((YES, NO, MAYBE), "yes", 1, "expected yes, but the answer is no or only_if\n"),
        ((NO, NO), "no", 0, ""),
        ((NO, MAYBE), "no", 1, "expected no, but the answer is only_if\n"),
    ],
)
def test_expect_of_many(can: Run, work: Path, questions: tuple[Json, ...], expected: str, code: int, said: str) -> None:
    ended = can("--requests", written(work, "q.jsonl", lines(*questions)), "--expect", expected)

    assert (ended.code, ended.err) == (code, said)
    assert len(ended.out.splitlines()) == len(questions)


def test_files_hold_for_every_line_that_says_nothing_else(can: Run, work: Path) -> None:
    scp = written(work, "scp.json", OTHER)
    requests = written(work, "q.jsonl", lines(YES, {**YES, "scps": [[policy(allow())]]}, {**YES, "scps": None}))

    ended = can("--requests", requests, "--scp", scp)

    assert [json.loads(line)["decision"] for line in ended.out.splitlines()] == ["no", "yes", "yes"]


def test_a_line_that_cannot_be_read_ends_it_after_the_answers_before(can: Run, work: Path) -> None:
    text = lines(YES, NO) + '{"principal": "ann"}\n' + lines(YES)

    ended = can("--requests", written(work, "q.jsonl", text))

    assert ended.code == 2
    assert len(ended.out.splitlines()) == 2
    assert "q.jsonl, line 3: Object missing required field `action`" in ended.err


def test_an_unknown_principal_in_a_line(can: Run, work: Path) -> None:
    ended = can("--requests", written(work, "q.jsonl", lines({**YES, "principal": "anm"})))

    assert (ended.code, ended.out) == (2, "")
    assert "line 1: " in ended.err
    assert "Did you mean user/ann?" in ended.err


def test_questions_from_stdin(can: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines(YES, NO).encode())))

    assert len(can("--requests", "-").out.splitlines()) == 2


def test_an_answer_does_not_wait_for_the_next_question(work: Path) -> None:
    """Another program may ask, read the answer, and ask again."""
    command = [sys.executable, "-m", "guardrift", "can", "--requests", "-", "--snapshot", "snapshot.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=work, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        giving_up = threading.Timer(60, process.kill)
        giving_up.start()
        for question, verdict in ((YES, b'"yes"'), (NO, b'"no"')):
            process.stdin.write(lines(question).encode())
            process.stdin.flush()
            assert b'"decision":' + verdict in process.stdout.readline()
        process.stdin.close()
        assert process.wait(60) == 0
        giving_up.cancel()


def test_a_reader_that_leaves(work: Path) -> None:
    requests = written(work, "q.jsonl", lines(*[YES] * 5000))
    program = f"{sys.executable} -m guardrift can --requests {requests} --snapshot snapshot.json | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", program], cwd=work, env=environment, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 1


def test_hostile_names(run: Run, work: Path) -> None:
    (work / "hostile.json").write_bytes(encode(renamed(CLEAN, HOSTILE)))
    arn = iam_arn(f"user/{HOSTILE}")

    ended = run("can", arn, "s3:GetObject", f"arn:aws:s3:::{HOSTILE}", "--snapshot", "hostile.json")

    check(ended)
    assert ended.code == 0
    assert "\\u001b[31mred" in ended.out
    for wanted in (HOSTILE[:-1], f"user/{HOSTILE}x"):
        ended = run("can", wanted, "s3:GetObject", "--snapshot", "hostile.json")
        check(ended)
        assert ended.code == 2


@pytest.mark.parametrize("single", [True, False])
def test_hostile_names_as_json(run: Run, work: Path, single: bool) -> None:
    (work / "hostile.json").write_bytes(encode(renamed(CLEAN, HOSTILE)))
    arn = iam_arn(f"user/{HOSTILE}")
    requests = written(work, "q.jsonl", lines({"principal": arn, "action": "s3:GetObject", "resource": HOSTILE}))
    asked = (arn, "s3:GetObject", HOSTILE, "--format", "json") if single else ("--requests", requests)

    ended = run("can", *asked, "--snapshot", "hostile.json")

    check(ended)
    assert json.loads(ended.out)["resource"] == HOSTILE


def test_hostile_policies(can: Run, work: Path) -> None:
    hostile = policy(deny("sqs:*", Sid=HOSTILE, Condition={"StringEquals": {HOSTILE: [HOSTILE, "x"]}}))
    path = written(work, "s.json", hostile)

    check(ended := can("ann", "sqs:SendMessage", QUEUE, "--session-policy", path, "--boundary", path))
    assert ended.code == 0
    check(can("ann", "sqs:SendMessage", QUEUE, "--scp", written(work, "bad.json", {HOSTILE: 1})))


def test_a_live_account_is_asked_for_principals_and_policies_alone(run: Run, aws: StandIn) -> None:
    ended = run("can", "root-like", "s3:GetObject", "arn:aws:s3:::x", "--account", OWN, "--expect", "yes")

    assert (ended.code, ended.err) == (0, "")
    asked = {asked.api for asked in aws.asked if not asked.api.startswith("organizations:")}
    assert asked == {"sts:GetCallerIdentity", "iam:GetAccountAuthorizationDetails"}


def test_a_live_account_that_may_not_be_read(run: Run, aws: StandIn) -> None:
    aws.answer("iam:GetAccountAuthorizationDetails", DENIED)

    ended = run("can", "ann", "s3:GetObject")

    assert (ended.code, ended.out) == (2, "")
    assert "'ann' is not known: iam:GetAccountAuthorizationDetails was denied" in ended.err


def test_what_is_wrong_is_said_before_aws_is_asked(run: Run, aws: StandIn, work: Path) -> None:
    bad = written(work, "bad.json", "{")

    assert run("can", "ann", "s3:GetObject", "--scp", bad).code == 2
    assert run("can", "ann", "GetObject").code == 2
    assert run("can", "--requests", "missing").code == 2
    assert aws.asked == []


def test_the_raw_answer_of_aws(run: Run, work: Path) -> None:
    text = json.dumps(DETAILS, default=str)
    (work / "details.json").write_text(text)

    assert run("can", "user/root-like", "s3:GetObject", "--snapshot", "details.json", "--expect", "yes").code == 0
    assert run("can", "role/app", "s3:GetObject", "--snapshot", "details.json", "--expect", "no").code == 0


@pytest.mark.parametrize(
    ("action", "resource", "note"),
    [
        ("sqs:SendMessage", "*", "Note: sqs:SendMessage is about a resource (queue), and none was named"),
        ("sqs:SendMesage", QUEUE, "is no action that this version of guardrift knows; did you mean sqs:SendMessage"),
        ("nosuch:Thing", QUEUE, "Note: nosuch:Thing is no action that this version of guardrift knows\n"),
        ("iam:ListUsers", iam_arn("user/x"), "Note: iam:ListUsers takes no resource"),
        ("s3:GetObject", "data/x", "Note: data/x is neither * nor an ARN"),
    ],
)
def test_notes_on_the_question(can: Run, action: str, resource: str, note: str) -> None:
    ended = can("ann", action, resource)

    assert ended.code == 0
    assert note in ended.out.replace("\n  ", " ")


def test_no_note_where_there_is_nothing_to_note(can: Run) -> None:
    assert "Note" not in can("ann", "sqs:SendMessage", QUEUE).out
    assert "Note" not in can("ann", "sqs:ListQueues").out
