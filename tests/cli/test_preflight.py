"""The preflight from the command line: what is missing, what it costs, and what mends it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from jsonschema import Draft202012Validator

from guardrift.json_schema import json_schema
from rules import RULES
from scanner.actions import ACTIONS, permission_of
from scanner.preflight import Preflight
from tests.cli.conftest import SECRET, Run
from tests.collect.answers_preflight import EMPTY, FULL, refused
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import Refusal, StandIn

BY_SCP = "with an explicit deny in a service control policy: arn:aws:organizations::999988887777:policy/p-1"


@pytest.fixture
def account(aws: StandIn) -> StandIn:
    """The management account of an organization, with something of every kind."""
    aws.reset(FULL)
    return aws


def result(run: Run, *arguments: object) -> Any:
    return json.loads(run("preflight", "-q", "-o", "-", *arguments).out)


def unknown(found: Any) -> set[str]:
    return {rule["rule_id"] for rule in found["rules"] if rule["status"] == "unknown"}


@pytest.mark.parametrize("answers", [FULL, EMPTY], ids=["full", "empty"])
def test_nothing_denied(run: Run, aws: StandIn, answers: dict[str, Any]) -> None:
    aws.reset(answers)

    ended = run("preflight")

    assert (ended.code, ended.err) == (0, "")
    assert "nothing is refused" in ended.out
    assert ended.out.endswith("Next:\n  guardrift scan\n")


def test_the_text(run: Run, account: StandIn) -> None:
    account.answer("guardduty:ListDetectors", refused("guardduty:ListDetectors"))
    account.answer("ec2:DescribeInstances", refused("ec2:DescribeInstances", BY_SCP), OTHER)
    account.answer("iam:GetAccountSummary", Refusal("Throttling", 400, "Rate exceeded"))

    ended = run("preflight")

    assert ended.code == 3
    lines = ended.out.splitlines()
    assert lines[0] == (
        f"guardrift preflight: account {ACCOUNT_ID}, as arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night"
    )
    assert lines[1].endswith("in 2 regions; 3 cannot be used everywhere.")
    assert lines[3:7] == [
        "",
        "Denied",
        f"  ec2:DescribeInstances    in {OTHER}     a service control policy denies it",
        "  guardduty:ListDetectors  in every region  no identity-based policy allows it",
    ]
    assert "  iam:GetAccountSummary    throttled to the end: Throttling: Rate exceeded" in lines
    assert "  guardrift policies scanner-role -o guardrift-scanner.json" in ended.out
    assert (
        "    aws iam put-role-policy --role-name=scanner --policy-name=guardrift-scanner "
        "--policy-document=file://guardrift-scanner.json"
    ) in lines
    assert "What a service control policy refuses, no policy of the caller can allow" in ended.out
    assert "  Ask again: calls that were throttled or failed may succeed." in lines
    guardduty = next(line for line in lines if " guardduty-off " in line)
    assert guardduty.split() == [
        RULES["guardduty-off"].severity.upper(),
        "guardduty-off",
        "without",
        "guardduty:ListDetectors",
    ]
    imds = next(line for line in lines if " imds-v1-instance " in line)
    assert imds.endswith(f"without ec2:DescribeInstances, in {OTHER}")


def test_the_severest_rules_come_first(run: Run, account: StandIn) -> None:
    account.answer("iam:GetAccountAuthorizationDetails", refused("iam:GetAccountAuthorizationDetails"))

    lines = run("preflight").out.split("Will be unknown\n")[1].split("\n\n")[0].splitlines()

    order = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"]
    severities = [order.index(line.split()[0]) for line in lines]
    assert severities == sorted(severities)


def test_a_region_that_is_shut(run: Run, account: StandIn) -> None:
    for action in ACTIONS:
        if action.is_regional:
            account.answer(action.api, refused(permission_of(action.api), BY_SCP), OTHER)

    ended = run("preflight")

    denied = ended.out.split("Denied\n")[1].split("\n\n")[0]
    assert denied == f"  everything  in {OTHER}  a service control policy denies it"
    assert f"name the regions to scan by --region, without {OTHER}." in ended.out
    assert ended.code == 3
    assert run("preflight", "--region", HOME).code == 0


def test_everything_is_said_as_json(run: Run, account: StandIn, work: Path) -> None:
    account.answer("guardduty:ListDetectors", refused("guardduty:ListDetectors"), OTHER)

    ended = run("preflight", "-o", "found.json")

    found = json.loads((work / "found.json").read_text())
    schema = json_schema(Preflight, "preflight")
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(found)
    assert found["schema"] == "guardrift/preflight/1"
    assert (found["account_id"], found["regions"]) == (ACCOUNT_ID, [HOME, OTHER])
    assert found["summary"]["complete"] is False
    assert found["summary"]["answers"]["denied"] == 1
    assert sum(found["summary"]["answers"].values()) == len(found["answers"])
    assert sum(found["summary"]["rules"].values()) == len(found["rules"]) == len(RULES)
    (answer,) = (answer for answer in found["answers"] if answer["status"] == "denied")
    assert {key: answer[key] for key in ("api", "permission", "region")} == {
        "api": "guardduty:ListDetectors", "permission": "guardduty:ListDetectors", "region": OTHER,
    }  # fmt: skip
    (rule,) = (rule for rule in found["rules"] if rule["rule_id"] == "guardduty-off")
    assert (rule["status"], rule["regions"]) == ("unknown", [OTHER])
    assert rule["missing"] == ["guardduty:ListDetectors"]
    assert "Written: found.json" in ended.err
    assert (work / "found.json").stat().st_mode & 0o777 == 0o600


def test_json_on_stdout_leaves_the_text_to_stderr(run: Run, account: StandIn) -> None:
    ended = run("preflight", "-o", "-")

    assert json.loads(ended.out)["summary"]["complete"] is True
    assert ended.err.startswith("guardrift preflight: ")
    assert run("preflight", "-q").out == run("preflight", "-q").err == ""


def test_what_cannot_be_told(run: Run, aws: StandIn) -> None:
    aws.reset(EMPTY)

    ended = run("preflight", "-o", "found.json")

    told = ended.out.split("Cannot be told before the scan")[1].split("\n\n")[0]
    assert "sqs:GetQueueAttributes" in told
    assert "s3:GetBucketPolicy" in told
    found = json.loads(Path("found.json").read_text())
    assert unknown(found) == set()
    assert ended.code == 0


def test_chosen_rules(run: Run, account: StandIn) -> None:
    found = result(run, "--rule", "guardduty-off", "--region", HOME)

    assert [rule["rule_id"] for rule in found["rules"]] == ["guardduty-off"]
    assert {asked.api for asked in account.asked} == {
        "sts:GetCallerIdentity", "ec2:DescribeRegions", "guardduty:ListDetectors", "guardduty:GetDetector",
    }  # fmt: skip
    families = {rule["rule_id"] for rule in result(run, "--family", "imds")["rules"]}
    assert families == {rule.id for rule in RULES.values() if rule.family == "imds"}


def test_the_configuration_counts(run: Run, account: StandIn, work: Path) -> None:
    (work / "guardrift.toml").write_text(f'[scan]\nregions = ["{OTHER}"]\n[rules.guardduty-off]\nenabled = false\n')

    found = result(run)

    assert found["regions"] == [OTHER]
    assert "guardduty-off" not in {rule["rule_id"] for rule in found["rules"]}
    assert result(run, "--no-config")["regions"] == [HOME, OTHER]


def test_last_accessed(run: Run, account: StandIn) -> None:
    api = "iam:GenerateServiceLastAccessedDetails"
    account.answer(api, refused(api))

    assert run("preflight").code == 0
    ended = run("preflight", "--last-accessed")

    assert ended.code == 3
    assert "guardrift policies scanner-role --last-accessed -o" in ended.out


@pytest.mark.parametrize("api", ["sts:GetCallerIdentity", "iam:GetAccountSummary"])
def test_expired_credentials(run: Run, account: StandIn, api: str) -> None:
    account.answer(api, Refusal("ExpiredToken", 403, f"the token {SECRET} is expired"))

    ended = run("preflight")

    assert (ended.code, ended.out) == (4, "")
    assert "expired" in ended.err
    assert SECRET not in ended.err


@pytest.mark.parametrize("api", ["sts:GetCallerIdentity", "iam:GetAccountSummary"])
def test_no_credentials(run: Run, account: StandIn, api: str) -> None:
    account.answer(api, NoCredentialsError())

    ended = run("preflight")

    assert (ended.code, ended.out) == (4, "")
    assert "there are no AWS credentials" in ended.err


def test_regions_that_cannot_be_known(run: Run, account: StandIn) -> None:
    account.answer("ec2:DescribeRegions", refused("ec2:DescribeRegions"))
    account.answer("account:ListRegions", refused("account:ListRegions"))

    ended = run("preflight")

    assert f"Which regions are enabled is not known: only {HOME} was asked." in ended.out
    assert ended.code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "found.txt"], "Name a .json file"),
        (["-o", "nowhere/\0/found.json"], ""),
        (["--rule", "guardduty-of"], "guardduty-off"),
        (["--family", "nothing"], "There are:"),
        (["--account", "999988887777"], "belong to account"),
        (["--region", "eu-west-7"], "not enabled"),
        (["--account", "12"], "twelve digits"),
        (["--external-id", "x"], "--role-arn"),
    ],
)
def test_usage(run: Run, account: StandIn, arguments: list[str], words: str) -> None:
    if "\0" in arguments[-1]:
        (Path("nowhere")).touch()
        arguments = ["-o", "nowhere/found.json"]

    ended = run("preflight", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_two_runs_say_the_same(run: Run, account: StandIn) -> None:
    account.answer("guardduty:ListDetectors", refused("guardduty:ListDetectors"))

    first, second = result(run), result(run)

    for found in (first, second):
        del found["started_at"], found["finished_at"]
    assert first == second
    assert run("preflight").out == run("preflight").out


HOSTILE = "\x1b[2J::error::\u202e##[group]\n::add-mask::"


def test_hostile_text(run: Run, account: StandIn) -> None:
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{HOSTILE}; touch pwned/night"
    account.answer("sts:GetCallerIdentity", {"Account": ACCOUNT_ID, "Arn": arn, "UserId": "x"})
    account.answer("guardduty:ListDetectors", Refusal("AccessDenied", 403, HOSTILE))
    account.answer("iam:GetAccountSummary", Refusal(HOSTILE, 500, HOSTILE))

    ended = run("preflight", "-o", "found.json")

    for text in (ended.out, ended.err, Path("found.json").read_text()):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "##[" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    (line,) = (line for line in ended.out.splitlines() if "put-role-policy" in line)
    assert shlex.split(line.replace("$'", "'"))[3].startswith("--role-name=")


CALLERS = [
    (f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/audit/me", "put-role-policy --role-name=audit "),
    (f"arn:aws:iam::{ACCOUNT_ID}:user/staff/ann", "attach-user-policy --user-name=ann "),
    (f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/AWSReservedSSO_Audit_0123/me", "permission set"),
    (f"arn:aws:sts::{ACCOUNT_ID}:federated-user/me", ""),
    (f"arn:aws:iam::{ACCOUNT_ID}:root", ""),
]


@pytest.mark.parametrize(("arn", "words"), CALLERS)
def test_what_mends_depends_on_the_caller(run: Run, account: StandIn, arn: str, words: str) -> None:
    account.answer("sts:GetCallerIdentity", {"Account": ACCOUNT_ID, "Arn": arn, "UserId": "x"})
    account.answer("guardduty:ListDetectors", refused("guardduty:ListDetectors"))

    out = run("preflight").out

    assert "guardrift policies scanner-role" in out
    assert words in out
    assert ("aws iam" in out) == ("policy --" in words)
