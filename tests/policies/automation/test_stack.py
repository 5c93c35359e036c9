"""The stack in both languages: whole, the same in both, without a reference to nothing, and what moto makes of it."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from moto import mock_aws
from syrupy.assertion import SnapshotAssertion

from policies.automation import MODES, STACKS, Mode, forms_of, render_stack
from policies.automation.printing import MOST_BYTES, compact
from policies.automation.rules import rules_of
from policies.documents import NotWritable
from policies.preparation import Wish
from policies.preparation.language import TERRAFORM
from policies.preparation.wish import ARCHITECTURES, RUNTIMES
from scanner.events.runtimes import deprecated_since
from scanner.iam.documents import parse
from scanner.inventory import Document
from tests.policies.automation.deployed import AWAY, GLOBAL, HOME, Json, Stack, stacks, template

FORMS = forms_of("alerting")


def terraform(mode: Mode) -> Json:
    found: Json = json.loads(render_stack("alerting", "terraform", Wish(mode=mode)))
    return found


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        yield from texts(member)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("form", FORMS)
def test_whole_output(mode: Mode, form: Any, snapshot: SnapshotAssertion) -> None:
    text = render_stack("alerting", form, Wish(mode=mode))
    assert text == render_stack("alerting", form, Wish(mode=mode))
    assert text.isascii()
    assert text == snapshot


@pytest.mark.parametrize("mode", MODES)
def test_it_fits_into_one_request(mode: Mode) -> None:
    assert len(render_stack("alerting", "cloudformation", Wish(mode=mode))) < MOST_BYTES


def test_lines_are_short_and_the_same_json() -> None:
    values: list[Any] = [{}, [], {"a": []}, {"a": ["b" * 130, {"c": 1}]}, template("auto")]
    for value in values:
        assert json.loads(compact(value)) == value
    assert compact({"a": [1, 2]}) == '{"a": [1, 2]}\n'


@pytest.mark.parametrize("mode", MODES)
def test_cfn_lint_has_nothing_to_say(mode: Mode, tmp_path: Path) -> None:
    program = shutil.which("cfn-lint")
    if program is None:
        pytest.skip("cfn-lint is not installed")
    path = tmp_path / "template.json"
    path.write_text(render_stack("alerting", "cloudformation", Wish(mode=mode)))
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_notify_makes_nothing_that_could_change_anything() -> None:
    for stack in stacks("notify"):
        kinds = {each["Type"] for each in stack.resources.values()}
        assert not {kind for kind in kinds if kind.startswith(("AWS::Lambda", "AWS::S3"))}
        for role in stack.of_type("AWS::IAM::Role"):
            (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
            assert statement["Action"] == "events:PutEvents"
            assert statement["Resource"].endswith(f":{HOME}:111122223333:event-bus/default")
    found = terraform("notify")["resource"]
    assert not {kind for kind in found if kind.startswith(("aws_lambda", "aws_s3", "aws_iam_policy"))}
    assert set(found["aws_iam_role"]) == {"guardrift_alerting_forward"}


@pytest.mark.parametrize("mode", ["approve", "auto"])
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_function(mode: Mode, runtime: str, architecture: Any) -> None:
    wish = Wish(mode=mode, runtime=runtime, architecture=architecture)
    made = json.loads(render_stack("alerting", "cloudformation", wish))
    at_home = Stack(made, HOME, CodeVersion="v1", Protect="role/a,user/b", MaxPerHour="5")
    function = at_home.resources["Function"]
    other = json.loads(render_stack("alerting", "terraform", wish))["resource"]["aws_lambda_function"]

    assert (function["Runtime"], function["Architectures"]) == (runtime, [architecture])
    assert (function["Timeout"], function["ReservedConcurrentExecutions"]) == (900, 1)
    assert function["Code"] == {
        "S3Bucket": "code-of-guardrift", "S3Key": "guardrift-responder.zip", "S3ObjectVersion": "v1",
    }  # fmt: skip
    assert function["Environment"]["Variables"] == {
        "GUARDRIFT_MODE": mode, "GUARDRIFT_TOPIC": at_home.arn("Topic"), "GUARDRIFT_JOURNAL_BUCKET": "stack-journal",
        "GUARDRIFT_PROTECT": "role/a,user/b", "GUARDRIFT_MAX_PER_HOUR": "5",
    }  # fmt: skip
    (same,) = other.values()
    for name, also in (
        ("Handler", "handler"), ("Timeout", "timeout"), ("MemorySize", "memory_size"), ("Runtime", "runtime"),
        ("Architectures", "architectures"), ("ReservedConcurrentExecutions", "reserved_concurrent_executions"),
    ):  # fmt: skip
        assert function[name] == same[also]
    assert set(function["Environment"]["Variables"]) == set(same["environment"]["variables"])
    assert not [each for each in Stack(made, AWAY).resources.values() if each["Type"].startswith("AWS::Lambda")]


def test_runtimes_that_aws_supports() -> None:
    model = botocore.session.get_session().get_service_model("lambda")
    assert set(RUNTIMES) <= set(model.shape_for("Runtime").enum)
    assert set(ARCHITECTURES) == set(model.shape_for("Architecture").enum)
    assert not [each for each in RUNTIMES if deprecated_since(each, datetime(2027, 6, 1, tzinfo=UTC))]


@pytest.mark.parametrize(
    "wish",
    [Wish(mode="never"), Wish(runtime="python3.9"), Wish(architecture="riscv")],  # type: ignore[arg-type]
)
def test_wishes_that_aws_does_not_take(wish: Wish) -> None:
    for form in FORMS:
        with pytest.raises(NotWritable, match="it is one of"):
            render_stack("alerting", form, wish)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_other_partitions(partition: str) -> None:
    home = {"aws": GLOBAL, "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
    made = template("auto")
    for region in (home, "xx-else-1"):
        found = Stack(made, region, partition, home="xx-else-1")
        assert ("RuleForwardQuarantines" in found.resources) is (region == home)
        for text in texts(found.resources):
            assert "arn:aws:" not in text or partition == "aws"


@pytest.mark.parametrize("mode", MODES)
def test_terraform_refers_to_what_is_there(mode: Mode) -> None:
    found = terraform(mode)
    there = {f"var.{each}" for each in found["variable"]}
    there |= {f"local.{each}" for each in found["locals"]}
    there |= {f"data.{kind}.{label}" for kind, labels in found["data"].items() for label in labels}
    there |= {f"{kind}.{label}" for kind, labels in found["resource"].items() for label in labels}
    expressions = " ".join(text for text in texts(found) if "${" in text or re.fullmatch(r"aws_\w+\.\w+", text))
    named = set(re.findall(r"\b(?:var|local)\.\w+|data\.\w+\.\w+|(?<!data\.)\baws_\w+\.guardrift\w*", expressions))

    assert named <= there
    assert not {each for each in there if each.startswith(("var.", "local.", "data."))} - named
    assert found["terraform"]["required_providers"]["aws"]["version"] == ">= 6.0"
    for kind, labels in found["resource"].items():
        # Those of IAM belong to no region; every other says in which it is.
        assert all(("region" in each) is not kind.startswith("aws_iam") for each in labels.values()), kind
        for each in labels.values():
            assert ("for_each" in each) is (each.get("region") == "${each.value}") or kind.endswith("_subscription")


def _reached(found: Json, label: str) -> str:
    """In which regions a resource is."""
    return "elsewhere" if found[label]["region"] == "${each.value}" else "home"


@pytest.mark.parametrize("mode", MODES)
def test_terraform_has_the_same_rules(mode: Mode) -> None:
    found = terraform(mode)
    made = {
        each["Name"]: (stack.region == HOME, each)
        for stack in stacks(mode)
        for each in stack.of_type("AWS::Events::Rule")
    }
    rules, targets = (found["resource"][f"aws_cloudwatch_event_{each}"] for each in ("rule", "target"))
    assert {each["name"] for each in rules.values()} == set(made) == {each.name for each in rules_of(mode, TERRAFORM)}
    for label, rule in rules.items():
        is_home, same = made[rule["name"]]
        target, (same_target,) = targets[label], same["Targets"]
        assert _reached(rules, label) == _reached(targets, label) == ("home" if is_home else "elsewhere")
        pattern = json.dumps(found["locals"][label]).replace("${data.aws_partition.guardrift.partition}", "aws")
        assert json.loads(pattern) == same["EventPattern"]
        assert rule["event_pattern"] == f"${{jsonencode(local.{label})}}"
        assert f"aws_cloudwatch_event_rule.{label}" in target["rule"]
        assert target["retry_policy"] == {"maximum_event_age_in_seconds": 3_600, "maximum_retry_attempts": 185}
        assert "aws_sqs_queue" in target["dead_letter_config"]["arn"]
        template_of = same_target.get("InputTransformer", {}).get("InputTemplate")
        assert target.get("input_transformer", {}).get("input_template") == template_of


def _policy(document: Any) -> Any:
    """A policy with everything that is filled in cut down to one mark."""
    text = re.sub(r'\{"Fn::Split": .*?"Protect"\}\]\}\]\]\}\]\}', '"LIST"', json.dumps(document))
    text = re.sub(r'\{"Fn::Sub": ("(?:[^"\\]|\\.)*")\}', r"\1", text)
    text = re.sub(r'\{"(?:Ref|Fn::GetAtt)": (?:"\w+"|\["\w+", "\w+"\])\}', '"X"', text)
    text = re.sub(r'"\$\{\[for [^]]*\]\}"', '"LIST"', text)
    return json.loads(re.sub(r"\$\{[^}]*\}|@region@", "X", text))


@pytest.mark.parametrize(
    ("local", "place"),
    [
        ("key_policy", ("Key", "KeyPolicy")),
        ("topic_policy", ("TopicPolicy", "PolicyDocument")),
        ("queue_policy", ("QueuePolicy", "PolicyDocument")),
        ("forward_policy", ("ForwardRole", "Policies", 0, "PolicyDocument")),
        ("bucket_policy", ("JournalPolicy", "PolicyDocument")),
        ("function_trust", ("FunctionRole", "AssumeRolePolicyDocument")),
        ("function_policy", ("FunctionRole", "Policies", 0, "PolicyDocument")),
        ("approver_policy", ("ApproverPolicy", "PolicyDocument")),
    ],
)
def test_both_languages_say_the_same(local: str, place: tuple[Any, ...]) -> None:
    found = template("auto")["Resources"][place[0]]["Properties"]
    for step in place[1:]:
        found = found[step]
    assert _policy(found) == _policy(terraform("auto")["locals"][f"guardrift_alerting_{local}"])


def test_every_policy_is_well_formed() -> None:
    found = 0
    for stack in stacks("auto"):
        for resource in stack.resources.values():
            for value in _documents(resource):
                found += 1
                assert parse(Document(json.dumps(value).encode())).problems == ()
    assert found == 13


def _documents(value: Any) -> Iterator[Json]:
    if isinstance(value, dict) and "Statement" in value:
        yield value
        return
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _documents(member)


@pytest.mark.parametrize("mode", MODES)
def test_terraform_takes_the_syntax(mode: Mode, tmp_path: Path) -> None:
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed")
    (tmp_path / "main.tf.json").write_text(render_stack("alerting", "terraform", Wish(mode=mode)))
    done = subprocess.run(
        [program, "providers", "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "hashicorp/aws" in done.stdout


# What moto leaves out of a stack, with a warning; the policies among them are judged in test_delivery.
_UNKNOWN_TO_MOTO = {
    "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::SQS::QueuePolicy", "AWS::CloudWatch::Alarm",
    "AWS::S3::BucketPolicy", "AWS::Lambda::EventInvokeConfig",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
@pytest.mark.parametrize("mode", MODES)
def test_moto_deploys_it(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    body = render_stack("alerting", "cloudformation", Wish(mode=mode))
    made = template(mode)
    with mock_aws():
        _upload()
        for region in (HOME, GLOBAL):
            given = {"HomeRegion": HOME, "Email": "a@example.com", "CodeBucket": "code"}
            parameters = [
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in given.items()
                if name in made["Parameters"]
            ]
            client = boto3.client("cloudformation", region_name=region)
            client.create_stack(
                StackName="alerting", TemplateBody=body, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"]
            )
            (stack,) = client.describe_stacks(StackName="alerting")["Stacks"]
            assert stack["StackStatus"] == "CREATE_COMPLETE"
            listed = client.list_stack_resources(StackName="alerting")["StackResourceSummaries"]
            there = {each["LogicalResourceId"] for each in listed} - {""}
            wanted = {
                name for name, each in Stack(made, region).resources.items() if each["Type"] not in _UNKNOWN_TO_MOTO
            }
            assert there == wanted
        assert _rules(HOME) == {each.name for each in rules_of(mode, TERRAFORM) if each.place == "home"}
        assert _rules(GLOBAL) == {each.name for each in rules_of(mode, TERRAFORM) if each.place != "home"}


def _upload() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", "")
    client = boto3.client("s3", region_name=HOME)
    client.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": HOME})
    client.put_object(Bucket="code", Key="guardrift-responder.zip", Body=content.getvalue())


def _rules(region: str) -> set[str]:
    client = boto3.client("events", region_name=region)
    found = client.list_rules()["Rules"]
    for rule in found:
        (target,) = client.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["DeadLetterConfig"]["Arn"] == f"arn:aws:sqs:{region}:123456789012:guardrift-alerting"
    return {rule["Name"] for rule in found}


def test_it_is_among_the_templates() -> None:
    (found,) = [each for each in STACKS if each.name == "alerting"]
    assert all((found.description, found.breaks, found.place, found.keep, found.sources))
    assert found.may == ("mode", "runtime", "architecture", "response-role")
