"""Questions as JSON lines: what a line may hold, and what is said of one that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scanner.iam.batch import Defaults, UnfitPolicy, UnreadableLine, answers, fitting, levels_of
from scanner.iam.decision import Decision
from scanner.iam.questions import Questions, WhatIf, source
from tests.accounts import OWN, Json, allow, deny, policy
from tests.scanner.iam.asking import ANN, APP, QUEUE, account, document, layers

ALLOW, OTHER = policy(allow()), policy(allow("iam:*"))
MFA = allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
ANSWERING = Questions(account([ALLOW], boundary=policy(allow("sqs:*"))))
GUARDED = Questions(account([policy(MFA)]))


def line(**elements: Any) -> bytes:
    """One line, about ann's queue unless it says otherwise."""
    return json.dumps({"principal": ANN, "action": "sqs:SendMessage", "resource": QUEUE, **elements}).encode() + b"\n"


def answer(questions: Questions = ANSWERING, defaults: Defaults | None = None, **elements: Any) -> Decision:
    """The answer to one line."""
    (found,) = answers([line(**elements)], questions, defaults or Defaults())
    return found


def test_each_line_has_its_answer_in_order() -> None:
    names = ["ann", "role/app", "root", ANN, APP]

    found = list(answers([line(principal=name) for name in names], ANSWERING))

    assert [each.principal for each in found] == [ANN, APP, f"arn:aws:iam::{OWN}:root", ANN, APP]
    assert found[0] == found[3] == ANSWERING.ask(ANN, "sqs:SendMessage", QUEUE)


def test_answers_come_before_the_next_line_is_read() -> None:
    asked = []

    def lines() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield line()

    found = answers(lines(), ANSWERING)
    next(found)

    assert asked == [0]


def test_empty_lines_and_a_byte_order_mark_are_passed_over() -> None:
    lines = [b"\xef\xbb\xbf" + line(), b"\n", b"  \r\n", b"", line().replace(b"\n", b"\r\n"), line().rstrip()]

    assert len(list(answers(lines, ANSWERING))) == 3


def test_the_resource_is_a_star_unless_given() -> None:
    (found,) = answers([b'{"principal":"ann","action":"sqs:ListQueues"}'], ANSWERING)

    assert found.resource == "*"


@pytest.mark.parametrize(
    ("context", "verdict"),
    [
        ({}, "only_if"),
        ({"aws:MultiFactorAuthPresent": "true"}, "yes"),
        ({"aws:MultiFactorAuthPresent": True}, "yes"),
        ({"AWS:multifactorauthpresent": False}, "no"),
        ({"aws:MultiFactorAuthPresent": ["true"]}, "yes"),
        ({"aws:MultiFactorAuthPresent": []}, "no"),
        ({"aws:SourceIp": "203.0.113.7"}, "only_if"),
    ],
)
def test_context(context: Json, verdict: str) -> None:
    assert answer(GUARDED, context=context).decision == verdict


@pytest.mark.parametrize(("value", "verdict"), [(10, "yes"), ("10", "yes"), (10.0, "yes"), ([9, 10], "no"), (11, "no")])
def test_numbers(value: object, verdict: str) -> None:
    questions = Questions(account([policy(allow(Condition={"ForAllValues:NumericEquals": {"s3:max-keys": 10}}))]))

    assert answer(questions, context={"s3:max-keys": value}).decision == verdict


def test_absent_keys() -> None:
    assert answer(GUARDED, absent=["aws:multiFactorAuthPresent"]).decision == "no"


@pytest.mark.parametrize(
    ("elements", "verdict", "said"),
    [
        ({}, "yes", {"boundary": "allows"}),
        ({"boundary": OTHER}, "no", {"boundary": "does not allow"}),
        ({"boundary": ALLOW}, "yes", {"boundary": "allows"}),
        ({"boundary": None}, "yes", {}),
        ({"session_policy": OTHER}, "no", {"session_policy": "does not allow"}),
        ({"session_policy": None}, "yes", {"boundary": "allows"}),
        ({"resource_policy": None}, "yes", {"boundary": "allows"}),
        ({"resource_policy": policy(deny(Principal="*"))}, "no", {"resource_policy": "denies"}),
        ({"scps": [[ALLOW], [OTHER]]}, "no", {"scp": "does not allow"}),
        ({"scps": [[ALLOW], [OTHER, ALLOW]]}, "yes", {"scp": "allows"}),
        ({"scps": [[ALLOW], []]}, "no", {"scp": "does not allow"}),
        ({"scps": []}, "yes", {}),
        ({"scps": None}, "yes", {}),
        ({"rcps": [[policy(deny(Principal="*"))]]}, "no", {"rcp": "denies"}),
        ({"rcps": None}, "yes", {}),
        ({"scps": [[json.dumps(OTHER)]]}, "no", {"scp": "does not allow"}),
        ({"session_policy": json.dumps(OTHER)}, "no", {"session_policy": "does not allow"}),
    ],
)
def test_layers(elements: dict[str, Any], verdict: str, said: dict[str, str]) -> None:
    decision = answer(**elements)

    assert decision.decision == verdict
    assert said.items() <= layers(decision).items()
    known = {"scps": "service control policies", "rcps": "resource control policies"}
    known["resource_policy"] = "the resource policy"
    assert set(decision.not_collected) == {what for element, what in known.items() if element not in elements}


def test_documents_are_named_by_their_place() -> None:
    decision = answer(scps=[[ALLOW], [ALLOW, policy(deny())]])

    assert [each.document for each in decision.statements] == ["scps[1][1]"]


def test_defaults_hold_unless_a_line_says_otherwise() -> None:
    shut = source("session_policy", "given", document(OTHER))
    defaults = Defaults(
        context={"aws:multifactorauthpresent": ("true",)}, what_if=WhatIf(session=shut, has_no_resource_policy=True)
    )

    assert answer(GUARDED, defaults).decision == "no"
    assert answer(GUARDED, defaults, session_policy=ALLOW).decision == "yes"
    assert answer(GUARDED, defaults, session_policy=None).decision == "yes"
    assert answer(GUARDED, defaults, session_policy=None, absent=["aws:MultiFactorAuthPresent"]).decision == "no"
    assert (
        answer(GUARDED, defaults, session_policy=None, context={"aws:MultiFactorAuthPresent": False}).decision == "no"
    )
    without = Defaults(absent=frozenset({"aws:multifactorauthpresent"}))
    assert answer(GUARDED, without).decision == "no"
    assert answer(GUARDED, without, context={"aws:MultiFactorAuthPresent": True}).decision == "yes"


def test_a_default_that_there_is_none_survives_other_layers() -> None:
    defaults = Defaults(what_if=WhatIf(has_no_resource_policy=True, has_no_boundary=True))

    assert layers(answer(defaults=defaults, session_policy=ALLOW)).keys().isdisjoint({"resource_policy", "boundary"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"x", "JSON is malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `principal`"),
        (b'{"principal": "ann"}', "missing required field `action`"),
        (b'{"principal": 1, "action": "s3:GetObject"}', "Expected `str`, got `int` - at `$.principal`"),
        (b"\xff", "malformed"),
        (b"[" * 5000, ""),
        (line(principals="ann"), "unknown field `principals`"),
        (line(action="SendMessage"), "'SendMessage' is not an action: write SERVICE:NAME"),
        (line(action=""), "is not an action"),
        (line(action="sqs:"), "is not an action"),
        (line(action=":x"), "is not an action"),
        (line(principal="an"), f"account {OWN} has no user or role 'an'"),
        (line(context={"k": None}), "at `$.context[...]`"),
        (line(context={"k": {}}), "at `$.context[...]`"),
        (line(context={"k": "a", "K": "b"}), "a key of context occurs twice, in different case"),
        (line(context={"k": "a"}, absent=["K"]), "k is in context and in absent"),
        (line(absent="k"), "at `$.absent`"),
        (
            line(resource_policy=ALLOW),
            "resource_policy is not a policy of its kind: Statement[0].Principal: it is missing",
        ),
        (
            line(session_policy=policy(allow(Principal="*"))),
            "session_policy is not a policy of its kind: Statement[0].",
        ),
        (line(boundary={"Statement": [{}]}), "boundary is not a policy of its kind: Statement[0]: it is empty"),
        (line(boundary=1), "boundary is not a policy of its kind: it is not a JSON object"),
        (line(boundary="x"), "boundary is not a policy of its kind: it is not JSON"),
        (line(scps=ALLOW), "Expected `array | null`, got `object`"),
        (line(scps=[ALLOW]), "Expected `array`, got `object` - at `$[0]`"),
        (line(scps=[[ALLOW, policy(allow(Principal="*"))]]), "scps[0][1] is not a policy of its kind: Statement[0]."),
        (line(rcps=[[policy(deny())]]), 'Statement[0].Principal: in a resource control policy it is "*"'),
    ],
)
def test_a_line_that_cannot_be_answered(text: bytes, said: str) -> None:
    found = answers([line(), b"\n", text, line()], ANSWERING)

    assert next(found).decision == "yes"
    with pytest.raises(UnreadableLine) as fault:
        next(found)
    assert str(fault.value).startswith("line 3: ")
    assert said in str(fault.value)
    assert fault.value.number == 3


def test_names_that_look_alike_are_suggested() -> None:
    with pytest.raises(UnreadableLine) as fault:
        answer(principal="appp")

    assert fault.value.hint == "Did you mean role/app?"


@pytest.mark.parametrize(
    ("layer", "content", "said"),
    [
        ("scp", policy(allow(Principal="*")), "Principal: only resource policies have one"),
        ("scp", policy(deny(NotPrincipal={"AWS": OWN})), "NotPrincipal: only resource policies have one"),
        ("rcp", policy(allow("s3:*", Principal="*")), "Effect: a resource control policy can only deny"),
        ("rcp", policy({"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}), "NotAction"),
        ("rcp", policy(deny(Principal={"AWS": OWN})), 'Principal: in a resource control policy it is "*"'),
        ("resource_policy", policy(allow()), "Principal: it is missing"),
        ("boundary", policy(allow("s3:*", "*", Condition={"StringEqualz": {"k": "x"}})), "no such operator"),
    ],
)
def test_what_is_no_policy_of_its_kind(layer: Any, content: Json, said: str) -> None:
    with pytest.raises(UnfitPolicy, match="given is not a policy of its kind: Statement"):
        fitting(layer, "given", document(content))
    with pytest.raises(UnfitPolicy) as fault:
        fitting(layer, "given", document(content))
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("layer", "content"),
    [
        ("rcp", policy(allow(Principal="*"))),
        ("rcp", policy(deny("s3:*", Principal={"AWS": "*"}))),
        ("scp", policy(deny(Condition={"Null": {"k": "true"}}))),
        ("resource_policy", policy(deny(Principal="*"))),
        ("resource_policy", policy({"Effect": "Deny", "NotPrincipal": {"AWS": OWN}, "Action": "*", "Resource": "*"})),
        ("session_policy", policy()),
    ],
)
def test_what_is_a_policy_of_its_kind(layer: Any, content: Json) -> None:
    assert fitting(layer, "given", document(content)).policy.problems == ()


def test_levels() -> None:
    levels = levels_of("scp", "file", document([[ALLOW], [OTHER, ALLOW], []]))

    assert [[each.name for each in level] for level in levels] == [["file[0][0]"], ["file[1][0]", "file[1][1]"], []]
