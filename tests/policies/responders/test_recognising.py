"""What a document is, told by its content; whatever it is, it is judged or refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.responders import MOST_BYTES, Fault, judge_document, what_it_is
from scanner.errors import UsageError
from tests.policies.findings.samples import event, finding
from tests.policies.responders.documents import (
    ALL,
    GOOD_PATTERN,
    GOOD_RESPONDER,
    TABLE,
    UNQUOTED,
    policy,
    template,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps(policy()), "policy document"),
        (UNQUOTED, "policy document"),
        (json.dumps(GOOD_PATTERN), "event pattern"),
        (json.dumps(template(good=True)), "CloudFormation template"),
        (GOOD_RESPONDER, "Python"),
        (GOOD_RESPONDER.replace("    ", "\xa0\xa0\xa0\xa0"), "Python"),
        (TABLE, "SQL"),
        ("-- a comment\n/* another */ select 1", "SQL"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "SQL"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert what_it_is(text.encode()).kind == kind
    assert what_it_is(b"\xef\xbb\xbf" + text.encode()).kind == kind


REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "white space": b"\n ",
    "a list": b"[]",
    "a number": b"1",
    "another object": b'{"a": 1}',
    "an event": json.dumps(event(finding())).encode(),
    "YAML": b"AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  R:\n    Type: AWS::Events::Rule\n",
    "prose": b"Revoke the sessions, then rotate the credentials.",
    "HTML": b"<html></html>",
    "Python 2": b"import boto3\nprint 'x'\n",
    "Latin-1": "import x  # é".encode("latin-1"),
    "too large": b" " * (MOST_BYTES + 1),
    "too deep": b"[" * 100_000,
    "too deep Python": b"import x\nx = " + b"(" * 5_000,
    "deep signs": b"import x\nx = " + b"-" * 100_000 + b"1",
    "a zero byte": b"import x\n\0",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_none_of_these_is_refused_with_a_remedy(what: str) -> None:
    with pytest.raises(UsageError) as refused:
        judge_document(REFUSED[what])

    assert refused.value.hint


def test_source_is_never_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    source = f"import boto3\nopen({str(made)!r}, 'w')\nboto3.client('iam').put_role_policy(RoleName='r')\n"

    judge_document(source.encode())

    assert not made.exists()


def is_judged_or_refused(content: bytes) -> None:
    found: tuple[Fault, ...] = ()
    said: tuple[str, str] | None = None
    try:
        found = judge_document(content)
    except UsageError as error:
        said = error.message, error.hint
    assert said is None or all(said)
    assert all(fault.where and fault.what for fault in found)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 4000), st.integers(0, 60), st.binary(max_size=8))
def test_damaged_documents(text: str, at: int, cut: int, put: bytes) -> None:
    content = text.encode()
    at %= len(content)

    is_judged_or_refused(content[:at] + put + content[at + cut :])


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "Statement",
                        "statement",
                        "Effect",
                        "Action",
                        "Condition",
                        "Resources",
                        "Type",
                        "Properties",
                        "source",
                        "detail",
                        "EventPattern",
                        "Targets",
                        "PolicyDocument",
                        "Fn::Sub",
                        "Fn::Join",
                        "Ref",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json(value: object) -> None:
    is_judged_or_refused(json.dumps(value).encode())
    is_judged_or_refused(json.dumps({"Statement": value}).encode())
    is_judged_or_refused(json.dumps({"source": ["aws.guardduty"], "detail": value}).encode())
    kinds = ("Events::Rule", "Lambda::Function", "Lambda::Permission", "SNS::TopicPolicy", "IAM::Role")
    resources = {kind: {"Type": f"AWS::{kind}", "Properties": value} for kind in kinds}
    is_judged_or_refused(json.dumps({"Resources": resources}).encode())
