"""The stacks in both languages: whole, the same in both, and without a reference to nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from policies.preparation import STACKS, Wish, forms_of, render_stack
from policies.preparation.table import COLUMNS
from scanner.iam.documents import parse
from scanner.inventory import Document
from tests.accounts import FOREIGN

WISH = Wish(principal=FOREIGN)
NAMES = [each.name for each in STACKS]


def cloudformation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_stack(name, "cloudformation", WISH))
    return found


def terraform(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_stack(name, "terraform", WISH))
    return found


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)


def calls(value: Any) -> Iterator[tuple[str, Any]]:
    """The functions of CloudFormation that occur, with what they are given."""
    if isinstance(value, dict):
        yield from ((name, member) for name, member in value.items() if name == "Ref" or name.startswith("Fn::"))
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        yield from calls(member)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_each_time_and_plain(name: str) -> None:
    for form in forms_of(name):
        text = render_stack(name, form, WISH)
        assert text == render_stack(name, form, WISH)
        assert text.isascii()
        assert text.endswith("}\n")


@pytest.mark.parametrize("name", NAMES)
def test_cloudformation_refers_to_what_is_there(name: str) -> None:
    template = cloudformation(name)
    parameters, resources = template.get("Parameters", {}), template["Resources"]
    known = {*parameters, *resources}
    for function, value in calls(template):
        if function == "Fn::GetAtt":
            assert value[0] in resources
        elif function == "Fn::If":
            assert value[0] in template["Conditions"]
        elif function in ("Ref", "Fn::Sub"):
            named = [value] if function == "Ref" else re.findall(r"\$\{([^!}][^}]*)\}", value)
            assert all(each in known or each.startswith("AWS::") for each in named), named
        else:
            assert function in ("Fn::Equals", "Fn::Not")
    used = set(re.findall(r'"(?:Ref|Condition)": "(\w+)"|\$\{(\w+)\}', json.dumps(template)))
    assert set(parameters) <= {one or other for one, other in used}


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    program = shutil.which("cfn-lint")
    if program is None:
        pytest.skip("cfn-lint is not installed")
    path = tmp_path / "template.json"
    path.write_text(render_stack(name, "cloudformation", WISH))

    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_terraform_refers_to_what_is_there(name: str) -> None:
    found = terraform(name)
    there = {f"var.{each}" for each in found.get("variable", {})}
    there |= {f"local.{each}" for each in found.get("locals", {})}
    there |= {f"data.{kind}.{label}" for kind, labels in found.get("data", {}).items() for label in labels}
    there |= {f"{kind}.{label}" for kind, labels in found["resource"].items() for label in labels}
    expressions = " ".join(text for text in texts(found) if "${" in text or re.fullmatch(r"aws_\w+\.\w+", text))
    named = set(re.findall(r"\b(?:var|local)\.\w+|data\.\w+\.\w+|(?<!data\.)\baws_\w+\.guardrift\w*", expressions))

    assert named <= there
    unused = {each for each in there if each.startswith(("var.", "local.", "data."))} - named
    assert not unused
    assert found["terraform"]["required_providers"]["aws"]["version"] == ">= 6.0"


@pytest.mark.parametrize("name", NAMES)
def test_terraform_takes_the_syntax(name: str, tmp_path: Path) -> None:
    """As far as can be told without the provider: the file is read, and what is missing is the provider alone."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed")
    (tmp_path / "main.tf.json").write_text(render_stack(name, "terraform", WISH))

    done = subprocess.run(
        [program, "providers", "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert "hashicorp/aws" in done.stdout


def _policy(document: Any) -> Any:
    """A policy as it is once it is deployed, with everything that is filled in cut down to one mark."""
    text = json.dumps(document)
    text = re.sub(r'\{"Fn::Sub": ("(?:[^"\\]|\\.)*")\}', r"\1", text)
    text = re.sub(r'\{"Ref": "\w+"\}', '"X"', text)
    return json.loads(re.sub(r"\$\{[^}]*\}", "X", text))


@pytest.mark.parametrize(
    ("name", "local", "place"),
    [
        ("response-role", "guardrift_response_permissions", ("Role", "Policies", 0, "PolicyDocument")),
        ("response-role", "guardrift_response_trust", ("Role", "AssumeRolePolicyDocument")),
        ("isolation-role", "guardrift_isolation_trust", ("Role", "AssumeRolePolicyDocument")),
        ("preparation-logs", "guardrift_bucket_policy", ("BucketPolicy", "PolicyDocument")),
        ("preparation-logs", "guardrift_key_policy", ("Key", "KeyPolicy")),
        ("preparation-detectors", "guardrift_use", ("Alarm", "EventPattern")),
    ],
)
def test_both_languages_say_the_same(name: str, local: str, place: tuple[Any, ...]) -> None:
    found = cloudformation(name)["Resources"][place[0]]["Properties"]
    for step in place[1:]:
        found = found[step]

    assert _policy(found) == _policy(terraform(name)["locals"][local])
    if "Statement" in found:
        assert parse(Document(json.dumps(_policy(found)).encode())).problems == ()


def _bucket_policy() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloudformation("preparation-logs")["Resources"]["BucketPolicy"]["Properties"][
        "PolicyDocument"
    ]["Statement"]
    return found


def test_cloudtrail_writes_for_this_trail_alone() -> None:
    allowing = [each for each in _bucket_policy() if each["Effect"] == "Allow"]

    trail = {"Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/guardrift"}
    assert [each["Action"] for each in allowing] == ["s3:GetBucketAcl", "s3:PutObject"]
    assert all(each["Condition"]["StringEquals"]["aws:SourceArn"] == trail for each in allowing)
    assert all(each["Principal"] == {"Service": "cloudtrail.amazonaws.com"} for each in allowing)
    assert cloudformation("preparation-logs")["Resources"]["Trail"]["Properties"]["TrailName"] == "guardrift"


def test_nobody_deletes() -> None:
    (denying,) = [each for each in _bucket_policy() if each["Sid"] == "NobodyDeletes"]

    assert (denying["Principal"], "Condition" in denying) == ("*", False)
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"} <= set(denying["Action"])
    bucket = cloudformation("preparation-logs")["Resources"]["Bucket"]
    assert bucket["DeletionPolicy"] == "Retain"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["Properties"]["ObjectLockEnabled"] is True


def test_the_trail_is_whole() -> None:
    made = cloudformation("preparation-logs")["Resources"]["Trail"]
    other = terraform("preparation-logs")["resource"]["aws_cloudtrail"]["guardrift"]

    for name, same in (
        ("IsMultiRegionTrail", "is_multi_region_trail"),
        ("EnableLogFileValidation", "enable_log_file_validation"),
        ("IncludeGlobalServiceEvents", "include_global_service_events"),
    ):
        assert made["Properties"][name] is other[same] is True
    assert made["DependsOn"] == "BucketPolicy"


def test_the_table_is_of_the_folders_of_the_trail() -> None:
    made = cloudformation("preparation-logs")["Resources"]["Table"]["Properties"]["TableInput"]
    other = terraform("preparation-logs")["resource"]["aws_glue_catalog_table"]["guardrift"]

    location = made["Parameters"]["storage.location.template"]["Fn::Sub"]
    assert location.replace("${!", "${").endswith("/CloudTrail/${region}/${day}")
    assert other["parameters"]["storage.location.template"].endswith("/CloudTrail/$${region}/$${day}")
    assert len({name for name, _ in COLUMNS}) == len(COLUMNS)
    assert all(name == name.lower() and kind.count("<") == kind.count(">") for name, kind in COLUMNS)
    assert [each["Name"] for each in made["PartitionKeys"]] == ["region", "day"]


def test_features_and_regions() -> None:
    model = botocore.session.get_session().get_service_model("guardduty")
    shape = model.operation_model("CreateDetector").input_shape
    assert shape is not None
    feature = shape.members["Features"].member
    made = cloudformation("preparation-detectors")["Resources"]["GuardDuty"]["Properties"]
    other = terraform("preparation-detectors")

    names = [each["Name"] for each in made["Features"]]
    assert set(names) <= set(feature.members["Name"].enum)
    assert {each["Name"] for each in made["Features"][-1]["AdditionalConfiguration"]} <= set(
        feature.members["AdditionalConfiguration"].member.members["Name"].enum
    )
    assert [*other["locals"]["guardrift_features"], "RUNTIME_MONITORING"] == names
    for kind in ("aws_guardduty_detector", "aws_guardduty_detector_feature"):
        assert all("region" in each and "for_each" in each for each in other["resource"][kind].values())


def test_reads_reach_the_alarm() -> None:
    """AssumeRole is a read to CloudTrail, which a rule that is merely enabled never gets."""
    rule = cloudformation("preparation-detectors")["Resources"]["Alarm"]["Properties"]
    other = terraform("preparation-detectors")["resource"]["aws_cloudwatch_event_rule"]["guardrift"]

    assert rule["State"] == other["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert rule["EventPattern"]["detail"]["requestParameters"]["roleArn"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${ResponseRole}"}
    ]
