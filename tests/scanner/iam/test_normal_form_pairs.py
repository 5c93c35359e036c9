"""Pairs of documents that mean the same, pairs that only seem to, and documents that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.iam.documents import parse
from scanner.iam.normal_form import normalise, same_meaning
from scanner.inventory import Document, Undetermined

Json = dict[str, Any]

B = "arn:aws:s3:::b"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{B}/*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}


def document(*statements: Json, version: str = "2012-10-17") -> Document:
    return Document(json.dumps({"Version": version, "Statement": list(statements)}).encode())


def when(**operators: object) -> Json:
    return READ | {"Condition": {name.replace("__", ":"): keys for name, keys in operators.items()}}


def all_but(actions: object, **more: object) -> Json:
    return {"Effect": "Allow", "NotAction": actions, "Resource": "*"} | more


def on(*resources: str) -> Json:
    return READ | {"Resource": list(resources)}


def doing(*actions: str) -> Json:
    return READ | {"Action": list(actions)}


DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
OLD = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T23:00:00Z"}}

SAME: dict[str, tuple[list[Json], list[Json]]] = {
    "a list of one": ([READ], [doing("s3:GetObject")]),
    "case of an action": ([READ], [doing("S3:getOBJECT")]),
    "an action twice": ([READ], [doing("s3:GetObject", "s3:getobject")]),
    "everything": ([doing("*")], [doing("**:**")]),
    "everything and more": ([doing("*:*")], [doing("*:*", "**", "*", "s3:*")]),
    "stars in a row": ([doing("s3:Get*")], [doing("s3:Get***")]),
    "question marks beside a star": ([doing("s3:?*?")], [doing("s3:??*", "s3:*??")]),
    "a narrower action": ([doing("s3:*")], [doing("s3:*", "s3:Get*", "S3:GetObject")]),
    "a narrower resource": ([on(f"{B}/*")], [on(f"{B}/*", f"{B}/x", f"{B}/a/*/b", f"{B}/?")]),
    "a narrower statement": ([doing("s3:*")], [READ, doing("s3:*")]),
    "a narrower statement under a condition": ([READ], [READ, when(Bool={"x": "true"})]),
    "a statement under one more condition": (
        [when(Bool={"x": "true"})],
        [when(Bool={"x": "true"}), when(Bool={"x": "true"}, Null={"y": "true"})],
    ),
    "a statement under a narrower condition": (
        [when(StringEquals={"x": ["a", "b"]})],
        [when(StringEquals={"x": ["a", "b"]}), when(StringEquals={"x": "b"})],
    ),
    "a statement under a condition on a key that may be absent": (
        [when(BoolIfExists={"x": "true"})],
        [when(BoolIfExists={"x": "true"}), when(Bool={"x": "true"})],
    ),
    "a statement under a wider negation": (
        [when(StringNotEquals={"x": "b"})],
        [when(StringNotEquals={"x": ["a", "b"]}), when(StringNotEquals={"x": "b"})],
    ),
    "a condition that another implies": (
        [when(StringEquals={"x": "a"})],
        [when(StringEquals={"x": "a"}, StringEqualsIfExists={"x": ["a", "b"]})],
    ),
    "split by action": ([doing("s3:Get*", "s3:Put*")], [doing("s3:Put*"), doing("s3:Get*")]),
    "split by resource": ([on(f"{B}/x", f"{B}/y")], [on(f"{B}/y"), on(f"{B}/x")]),
    "split into overlapping parts": (
        [READ | {"Action": ["a:A", "a:B", "a:C"], "Resource": ["x", "y"]}],
        [
            READ | {"Action": ["a:A", "a:B"], "Resource": ["x", "y"]},
            READ | {"Action": ["a:B", "a:C"], "Resource": "y"},
            READ | {"Action": "a:C", "Resource": ["x", "y"]},
        ],
    ),
    "an L cut in two ways": (
        [READ | {"Action": ["a:A", "a:B"], "Resource": "x"}, READ | {"Action": "a:A", "Resource": "y"}],
        [READ | {"Action": "a:A", "Resource": ["x", "y"]}, READ | {"Action": "a:B", "Resource": "x"}],
    ),
    "split by principal": (
        [TRUST | {"Principal": {"AWS": ["111122223333", "444455556666"], "Service": "ec2.amazonaws.com"}}],
        [TRUST | {"Principal": {"Service": "ec2.amazonaws.com", "AWS": "444455556666"}}, TRUST],
    ),
    "everyone": ([TRUST | {"Principal": "*"}], [TRUST | {"Principal": {"aws": ["*", "*"]}}]),
    "an account": ([TRUST], [TRUST | {"Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}}]),
    "case of a condition": (
        [when(ForAnyValue__StringLikeIfExists={"aws:PrincipalTag/Team": "a"})],
        [when(FORANYVALUE__stringlikeifexists={"AWS:principaltag/TEAM": ["a"]})],
    ),
    "order and repetition of values": (
        [when(StringEquals={"x": ["a", "b"]})],
        [when(StringEquals={"x": ["b", "a", "b"]})],
    ),
    "a narrower value": ([when(StringLike={"x": "a*"})], [when(StringLike={"x": ["a*", "ab", "a?c*"]})]),
    "a narrower value of a negation": ([when(StringNotLike={"x": "a*"})], [when(StringNotLike={"x": ["ab", "a*"]})]),
    "a truth value": ([when(Bool={"x": True})], [when(Bool={"x": "TRUE"})]),
    "presence": ([when(Null={"x": False})], [when(Null={"x": ["False"]})]),
    "numbers": ([when(NumericEquals={"x": [5, "1.50", 0]})], [when(NumericEquals={"x": ["5", 1.5, 5.0, "-0"]})]),
    "a moment in other zones": (
        [when(DateLessThan={"x": "2026-11-20T23:00:00Z"})],
        [when(DateLessThan={"x": ["2026-11-21T00:00:00.000+01:00", "1795215600", 1795215600]})],
    ),
    "a fraction of a second": (
        [when(DateLessThan={"x": "2026-11-20T23:00:00.50Z"})],
        [when(DateLessThan={"x": "2026-11-20T22:00:00.500-01:00"})],
    ),
    "an address as a network": (
        [when(IpAddress={"aws:SourceIp": ["192.0.2.1", "2001:db8::1"]})],
        [when(IpAddress={"aws:SourceIp": ["192.0.2.1/32", "2001:DB8:0::1/128"]})],
    ),
    "two names of an operator": (
        [when(ArnLike={"x": f"{B}*"}, ArnNotEquals={"x": "y"})],
        [when(ArnEquals={"x": f"{B}**"}, ArnNotLike={"x": "y"})],
    ),
    "both names of an operator": (
        [when(ArnLike={"x": "a:b:c:d:e:*"}, ArnEquals={"x": "a:b:c:d:*:f"})],
        [when(ArnEquals={"x": "a:b:c:d:e:*"}, ArnLike={"x": "a:b:c:d:*:f"})],
    ),
    "case where the operator ignores it": (
        [when(StringEqualsIgnoreCase={"x": "ANN"})],
        [when(StringEqualsIgnoreCase={"x": ["ann", "Ann"]})],
    ),
    "an empty condition": ([READ], [READ | {"Condition": {}}, READ | {"Condition": {"StringEquals": {}}}]),
    "a narrower exception": ([all_but(["s3:*", "iam:*"])], [all_but(["IAM:*", "s3:*", "s3:Get*", "iam:PassRole"])]),
    "an exception that another has too": ([all_but("iam:*")], [all_but(["iam:*", "s3:*"]), all_but("IAM:*")]),
    "an action that an exception leaves": ([all_but("iam:*")], [all_but("iam:*"), doing("s3:GetObject", "s3:Get*")]),
    "an exception from everything": ([all_but([])], [all_but([]), all_but("iam:*")]),
    "all but nothing": ([doing("*")], [all_but([], Resource=f"{B}/*")]),
    "all but everything is nothing": ([READ], [READ, all_but(["*", "s3:*"]), READ | {"Action": []}]),
    "an unconditional Deny above others": (
        [DENY],
        [DENY | {"Condition": OLD}, DENY, DENY | {"Action": "s3:*", "Resource": f"{B}/*"}],
    ),
    "a variable under a star of another statement": ([on(f"{B}/*")], [on(f"{B}/${{aws:username}}/*"), on(f"{B}/*")]),
    "case of a variable": ([on("${aws:username}")], [on("${AWS:UserName}", "${ aws:username }")]),
    "resources with the same variable, split": (
        [on(f"{B}/${{aws:username}}", f"{B}/${{aws:username}}/*")],
        [on(f"{B}/${{aws:username}}"), on(f"{B}/${{aws:username}}/*")],
    ),
}  # fmt: skip

OTHER: dict[str, tuple[list[Json], list[Json]]] = {
    "effect": ([READ], [READ | {"Effect": "Deny"}]),
    "nothing": ([READ], []),
    "case of a resource": ([on(f"{B}/x")], [on(f"{B}/X")]),
    "case of a value": ([when(StringEquals={"x": "a"})], [when(StringEquals={"x": "A"})]),
    "an object and its bucket": ([on(f"{B}/*")], [on(f"{B}*")]),
    "one character and any": ([doing("s3:Get?")], [doing("s3:Get*")]),
    "one character and at least one": ([doing("s3:Get?*")], [doing("s3:Get*")]),
    "a service and what begins like it": ([doing("s3:*")], [doing("s3*")]),
    "every ARN and everything": ([on("*")], [on("*:*")]),
    "a complement": ([doing("s3:GetObject")], [all_but("s3:GetObject", Resource=f"{B}/*")]),
    "a longer exception": ([all_but("iam:*")], [all_but(["iam:*", "s3:*"])]),
    "an exception for resources": ([on("*")], [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "x"}]),
    "two exceptions and one of both": ([all_but("a:*"), all_but("b:*")], [all_but(["a:*", "b:*"])]),
    "crossed actions and resources": (
        [READ | {"Action": "a:A", "Resource": "x"}, READ | {"Action": "a:B", "Resource": "y"}],
        [READ | {"Action": ["a:A", "a:B"], "Resource": ["x", "y"]}],
    ),
    "a condition": ([READ], [when(Bool={"x": "true"})]),
    "and, or": (
        [when(StringEquals={"x": "a", "y": "b"})],
        [when(StringEquals={"x": "a"}), when(StringEquals={"y": "b"})],
    ),
    "a narrower Deny under a condition": ([DENY | {"Condition": OLD}], [DENY]),
    "one more value": ([when(StringEquals={"x": "a"})], [when(StringEquals={"x": ["a", "b"]})]),
    "one more value of a negation": ([when(StringNotEquals={"x": "a"})], [when(StringNotEquals={"x": ["a", "b"]})]),
    "a negation": ([when(StringEquals={"x": "a"})], [when(StringNotEquals={"x": "a"})]),
    "a wildcard in an operator without": ([when(StringEquals={"x": "a*"})], [when(StringLike={"x": "a*"})]),
    "a wildcard that is a letter": ([when(StringEquals={"x": ["a*", "ab"]})], [when(StringEquals={"x": "a*"})]),
    "an absent key": ([when(Bool={"x": "true"})], [when(BoolIfExists={"x": "true"})]),
    "absence": ([when(Null={"x": "true"})], [when(Null={"x": "false"})]),
    "all of and any of": (
        [when(ForAllValues__StringEquals={"x": "a"})],
        [when(ForAnyValue__StringEquals={"x": "a"})],
    ),
    "all of and plain": ([when(ForAllValues__StringEquals={"x": "a"})], [when(StringEquals={"x": "a"})]),
    "any of and plain": ([when(ForAnyValue__StringEquals={"x": "a"})], [when(StringEquals={"x": "a"})]),
    "any of, if it exists": (
        [when(ForAnyValue__StringEquals={"x": "a"})],
        [when(ForAnyValue__StringEqualsIfExists={"x": "a"})],
    ),
    "a number with a zero before it": ([when(NumericEquals={"x": "8"})], [when(NumericEquals={"x": "08"})]),
    "a number as text": ([when(StringEquals={"x": "5"})], [when(StringEquals={"x": "5.0"})]),
    "the moment before": (
        [when(DateLessThan={"x": "2026-11-20T23:00:00Z"})],
        [when(DateLessThan={"x": "2026-11-20T23:00:00.001Z"})],
    ),
    "a moment without a zone": (
        [when(DateLessThan={"x": "2026-11-20T23:00:00Z"})],
        [when(DateLessThan={"x": "2026-11-20T23:00:00"})],
    ),
    "a day that does not exist": (
        [when(DateLessThan={"x": "2026-02-29T00:00:00Z"})],
        [when(DateLessThan={"x": "2026-03-01T00:00:00Z"})],
    ),
    "a network with an address in it": (
        [when(IpAddress={"x": "10.0.0.1/8"})],
        [when(IpAddress={"x": "10.0.0.0/8"})],
    ),
    "a year and an epoch": (
        [when(DateLessThan={"x": "2026"})],
        [when(DateLessThan={"x": "1970-01-01T00:33:46Z"})],
    ),
    "a network and an address in it": (
        [when(IpAddress={"x": "192.0.2.0/24"})],
        [when(IpAddress={"x": "192.0.2.0"})],
    ),
    "a star across the parts of an ARN": (
        [when(ArnLike={"x": "arn:aws:s3:::*"})],
        [when(ArnLike={"x": ["arn:aws:s3:::*", "arn:aws:*:::*"]})],
    ),
    "a star that would reach across colons": (
        [when(ArnLike={"x": "arn:aws:*:1:*:b"})],
        [when(ArnLike={"x": ["arn:aws:*:1:*:b", "arn:aws:s3:1:2:c:1:x:b"]})],
    ),
    "no value beside some that would hold": (
        [when(StringEquals={"x": []})],
        [when(StringEquals={"x": []}, StringEqualsIfExists={"x": "a"})],
    ),
    "a value that is none": (
        [when(StringEquals={"x": "a"})],
        [when(StringEquals={"x": "a"}), when(StringEquals={"x": []})],
    ),
    "an account and a role in it": ([TRUST], [TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}}]),
    "an account and everyone": (
        [TRUST | {"Principal": {"AWS": ["*", "arn:aws:iam::111122223333:role/r"]}}],
        [TRUST | {"Principal": "*"}],
    ),
    "an account of another partition": (
        [TRUST | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
        [TRUST | {"Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}}],
    ),
    "a service and an account": (
        [TRUST | {"Principal": {"AWS": "x"}}],
        [TRUST | {"Principal": {"Service": "x"}}],
    ),
    "all principals but one": (
        [TRUST],
        [{"Effect": "Allow", "NotPrincipal": TRUST["Principal"], "Action": "sts:AssumeRole"}],
    ),
    "no principal": ([TRUST | {"Principal": "*"}], [{"Effect": "Allow", "Action": "sts:AssumeRole"}]),
    "no resource": ([TRUST], [TRUST | {"Resource": "*"}]),
    "two exceptions from principals": (
        [{"Effect": "Deny", "NotPrincipal": {"AWS": ["1", "2"]}, "Action": "*", "Resource": "*"}],
        [
            {"Effect": "Deny", "NotPrincipal": {"AWS": "1"}, "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "NotPrincipal": {"AWS": "2"}, "Action": "*", "Resource": "*"},
        ],
    ),
    "a variable and what it may be": ([on(f"{B}/${{aws:username}}")], [on(f"{B}/*")]),
    "two variables": ([on("${aws:username}")], [on("${aws:userid}")]),
    "a variable under question marks": (
        [on(f"{B}/?????")],
        [on(f"{B}/?????"), on(f"{B}/${{aws:username}}")],
    ),
    "a variable under its own name": ([on("${aws:*}")], [on("${aws:*}"), on("${aws:username}")]),
    "a default value": ([on("${aws:username, 'a'}")], [on("${aws:username, 'b'}")]),
    "a star that is a letter": ([on(f"{B}/${{*}}")], [on(f"{B}/*")]),
    "a variable that must have a value": ([on(f"{B}/*")], [on(f"{B}/*", f"{B}/${{aws:username}}")]),
    "a variable that only one of two needs": (
        [on("x", "${aws:username}")],
        [on("x"), on("${aws:username}")],
    ),
    "a variable of the wider statement": (
        [on("*", "${aws:username}")],
        [on("*", "${aws:username}"), on(f"{B}/x")],
    ),
    "a variable of a condition that another implies": (
        [when(StringEquals={"x": "a"})],
        [when(StringEquals={"x": "a"}, StringEqualsIfExists={"x": ["a", "${aws:username}"]})],
    ),
    "a variable among values": (
        [when(StringLike={"x": "*"})],
        [when(StringLike={"x": ["*", "${aws:username}"]})],
    ),
    "a variable among exceptions": (
        [{"Effect": "Allow", "Action": "*", "NotResource": "a*"}],
        [{"Effect": "Allow", "Action": "*", "NotResource": ["a*", "a${aws:username}"]}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=list(SAME))
def test_same_meaning(one: list[Json], other: list[Json]) -> None:
    assert same_meaning(document(*one), document(*other))
    assert bytes(normalise(document(*one))) == bytes(normalise(document(*other)))


@pytest.mark.parametrize("one", [one for pair in (*SAME.values(), *OTHER.values()) for one in pair])
def test_the_normal_form_is_its_own(one: list[Json]) -> None:
    found = normalise(document(*one))

    assert bytes(normalise(found)) == bytes(found)
    assert not parse(found).problems


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=list(OTHER))
def test_another_meaning(one: list[Json], other: list[Json]) -> None:
    assert not same_meaning(document(*one), document(*other))


def test_the_normal_form_itself() -> None:
    found = normalise(
        document(
            DENY | {"Sid": "last", "Condition": {"bool": {"aws:ViaAWSService": False}}},
            {"Sid": "first", "Effect": "Allow", "Action": ["s3:PutObject", "s3:Get*"], "Resource": f"{B}/*"},
            version="2008-10-17",
        )
    )

    assert bytes(found) == (
        b'{"Version":"2012-10-17","Statement":['
        b'{"Effect":"Allow","Action":["s3:get*","s3:putobject"],"Resource":["arn:aws:s3:::b/*"]},'
        b'{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"Bool":{"aws:viaawsservice":["false"]}}}]}'
    )


def test_the_version_matters_only_to_variables() -> None:
    plain, with_variable = [READ], [on(f"{B}/${{aws:username}}")]
    in_condition = [when(StringEquals={"x": "${aws:username}"})]

    assert same_meaning(document(*plain, version="2008-10-17"), document(*plain))
    assert same_meaning(document(*plain), Document(json.dumps({"Statement": plain}).encode()))
    assert not same_meaning(document(*with_variable, version="2008-10-17"), document(*with_variable))
    assert not same_meaning(document(*in_condition, version="2008-10-17"), document(*in_condition))


def test_a_brace_is_literal_text_in_the_old_version() -> None:
    old = "2008-10-17"
    narrow, wide = on("${aws:username}"), on("${aws:*}")

    assert same_meaning(document(narrow, wide, version=old), document(wide, version=old))
    assert same_meaning(document(on("${**}"), version=old), document(on("${*}"), version=old))
    assert not same_meaning(document(on("${aws:username}"), version=old), document(on("${AWS:username}"), version=old))


MALFORMED = {
    "no JSON": (b"{", "it is not JSON"),
    "no Effect": (b'{"Statement":[{"Action":"*"}]}', r"Statement\[0\]\.Effect"),
    "no operator": (
        b'{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Is":{"a":"b"}}}}',
        r"Statement\[0\]\.Condition\.Is: no such operator",
    ),
    "said twice": (b'{"Statement":[],"Statement":[]}', "Statement: it occurs twice"),
}


@pytest.mark.parametrize(("text", "place"), MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_malformed_has_no_meaning(text: bytes, place: str) -> None:
    with pytest.raises(Undetermined, match=f"the document is malformed: {place}"):
        normalise(Document(text))
    with pytest.raises(Undetermined, match=place):
        same_meaning(Document(text), document(READ))


def test_one_text_means_the_same_even_if_nobody_knows_what() -> None:
    assert same_meaning(Document(b"{"), Document(b"{"))
