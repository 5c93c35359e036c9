"""The normal form: equal for equal meaning, told by a matcher that is plainly right, and different for near twins."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.iam.normal_form import normalise, same_meaning
from scanner.inventory import Document

Json = dict[str, Any]

B = "arn:aws:s3:::b"
ANN = f"{B}/${{aws:username}}"

ACTIONS = st.lists(
    st.sampled_from(
        ["*", "*:*", "s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:?etObject", "s3:Put*", "iam:PassRole", "i*"]
    ),
    max_size=3,
)
RESOURCES = st.lists(
    st.sampled_from(["*", "**", B, f"{B}/*", f"{B}/?", f"{B}/x", f"{B}*", ANN, f"{ANN}/*", f"{B}/${{*}}", "*/x"]),
    max_size=3,
)
PRINCIPALS = st.sampled_from(
    ["*", {"AWS": "*"}, {"AWS": ["111122223333", "*"]}, {"AWS": "arn:aws:iam::111122223333:root"},
     {"AWS": "arn:aws:iam::111122223333:role/r"}, {"Service": "ec2.amazonaws.com", "AWS": ["111122223333"]}]
)  # fmt: skip
BLOCKS = st.sampled_from(
    [
        {},
        {"Bool": {"mfa": "true"}},
        {"Bool": {"mfa": ["true", "false"]}},
        {"BoolIfExists": {"MFA": True}},
        {"StringEquals": {"tag": "a"}},
        {"StringEquals": {"tag": ["a", "b"]}},
        {"StringEqualsIfExists": {"tag": ["a", "b"]}},
        {"StringNotEquals": {"tag": ["a", "b"]}},
        {"StringNotEquals": {"tag": "b"}},
        {"StringLike": {"tag": ["a*", "ab", "${aws:username}"]}},
        {"StringLike": {"tag": ["*"]}},
        {"ForAllValues:StringEquals": {"tag": "a"}},
        {"ForAnyValue:StringEquals": {"tag": ["a"]}},
        {"ForAnyValue:StringNotEquals": {"tag": ["a"]}},
        {"Null": {"tag": "true"}},
        {"Null": {"tag": "false"}, "Bool": {"mfa": "true"}},
        {"StringEquals": {"tag": "a"}, "Bool": {"mfa": "true"}},
    ]
)


@st.composite
def statements(draw: st.DrawFn) -> Json:
    statement: Json = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    statement |= {draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(ACTIONS)}
    statement |= {draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(RESOURCES)}
    statement |= {draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"])): draw(PRINCIPALS)}
    if draw(st.booleans()):
        statement["Condition"] = draw(BLOCKS)
    return statement


POLICIES = st.builds(
    lambda version, found: {"Version": version, "Statement": found},
    st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
    st.lists(statements(), max_size=4),
)


def encoded(policy: Json) -> Document:
    return Document(json.dumps(policy).encode())


def normal(policy: Json) -> Json:
    found: Json = json.loads(bytes(normalise(encoded(policy))))
    return found


@settings(max_examples=100, deadline=None)
@given(POLICIES)
def test_the_normal_form_of_a_normal_form_is_itself(policy: Json) -> None:
    once = normalise(encoded(policy))

    assert bytes(normalise(once)) == bytes(once)


@settings(max_examples=150, deadline=None)
@given(POLICIES, st.randoms(use_true_random=False))
def test_every_spelling_has_the_same_normal_form(policy: Json, chance: random.Random) -> None:
    assert normal(respelt(policy, chance)) == normal(policy)
    assert same_meaning(encoded(policy), encoded(respelt(policy, chance)))


@settings(max_examples=100, deadline=None)
@given(POLICIES)
def test_the_normal_form_allows_and_denies_the_same(policy: Json) -> None:
    assert answers(normal(policy)) == answers(policy)


@settings(max_examples=100, deadline=None)
@given(POLICIES, st.integers(0, 3))
def test_without_a_statement_that_was_needed_it_is_another(policy: Json, place: int) -> None:
    shorter = policy | {"Statement": [*policy["Statement"][:place], *policy["Statement"][place + 1 :]]}

    assert same_meaning(encoded(shorter), encoded(policy)) <= (answers(shorter) == answers(policy))


@settings(max_examples=100, deadline=None)
@given(POLICIES, POLICIES)
def test_two_policies_of_one_normal_form_answer_the_same(one: Json, other: Json) -> None:
    mixed = one | {"Statement": [*one["Statement"], *other["Statement"]]}

    for policy in (one, other):
        if same_meaning(encoded(policy), encoded(mixed)):
            assert answers(policy) == answers(mixed)


def respelt(policy: Json, chance: random.Random) -> Json:
    """The policy in other words: split, repeated, turned around, in other case."""
    found: list[Json] = []
    for statement in policy["Statement"]:
        found += split(statement, chance)
    found += [chance.choice(found) for _ in range(chance.randrange(2)) if found]
    chance.shuffle(found)
    spelt: list[Json] = [in_other_case(statement, chance) for statement in found]
    body: Json = {"Statement": spelt[0] if len(spelt) == 1 and chance.random() < 0.5 else spelt}
    body |= {"Version": policy["Version"], "Id": f"{chance.random()}"}
    return dict(sorted(body.items(), key=lambda _: chance.random()))


def split(statement: Json, chance: random.Random) -> Iterator[Json]:
    """A statement as several; a list of resources only if none has a variable, which must be known for all of them."""
    for name in ("Action", "Resource"):
        values = statement.get(name, [])
        if len(values) > 1 and not any("${aws" in value for value in values) and chance.random() < 0.5:
            at = chance.randrange(1, len(values))
            overlap = chance.randrange(2)
            yield from split(statement | {name: values[:at]}, chance)
            yield from split(statement | {name: values[at - overlap :]}, chance)
            return
    principal = statement.get("Principal")
    if isinstance(principal, dict) and len(principal) > 1 and chance.random() < 0.5:
        for kind, names in principal.items():
            yield from split(statement | {"Principal": {kind: names}}, chance)
        return
    yield statement


def in_other_case(statement: Json, chance: random.Random) -> Json:
    found: Json = {"Sid": f"s{chance.random()}", "Effect": recased(statement["Effect"], chance)}
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            values = [*statement[name], *chance.sample(statement[name], chance.randrange(len(statement[name]) + 1))]
            if name.endswith("Action"):
                values = [recased(value, chance) for value in values]
            values = [
                value.replace("*", "**") if chance.random() < 0.3 and "$" not in value else value for value in values
            ]
            found[recased(name, chance)] = spelt_list(values, chance)
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            found[name] = other_principal(statement[name], chance)
    found["Condition"] = {
        recased(operator, chance): {
            recased(key, chance): spelt_list(values if isinstance(values, list) else [values], chance)
            for key, values in keys.items()
        }
        for operator, keys in statement.get("Condition", {}).items()
    }
    return dict(sorted(found.items(), key=lambda _: chance.random()))


def recased(text: str, chance: random.Random) -> str:
    return "".join(letter.swapcase() if chance.random() < 0.3 else letter for letter in text)


def spelt_list(values: list[Any], chance: random.Random) -> Any:
    turned = sorted(values, key=lambda _: chance.random())
    return turned[0] if len(turned) == 1 and chance.random() < 0.5 else turned


def other_principal(principal: Any, chance: random.Random) -> Any:
    if principal in ("*", {"AWS": "*"}):
        return chance.choice(["*", {"AWS": "*"}, {"aws": ["*", "*"]}])
    other = {"111122223333": "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root": "111122223333"}
    spelt = {}
    for kind, names in principal.items():
        listed = [other.get(name, name) for name in (names if isinstance(names, list) else [names])]
        spelt[recased(kind, chance)] = spelt_list(listed, chance)
    return spelt


ASKED_ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:PassRole", "sts:AssumeRole"]
ASKED_RESOURCES = [B, f"{B}/x", f"{B}/ann", f"{B}/ann/x", f"{B}/*", f"{B}/${{aws:username}}", "arn:aws:iam::1:role/x"]
ASKED_CONTEXTS: list[dict[str, list[str]]] = [
    {},
    {"aws:username": ["ann"]},
    {"aws:username": ["ann"], "tag": ["a"], "mfa": ["true"]},
    {"mfa": ["true"], "tag": ["b"]},
    {"mfa": ["false"], "tag": ["ab"], "aws:username": ["x"]},
    {"tag": ["a", "c"], "aws:username": ["c"]},
]


def answers(policy: Json) -> list[tuple[bool, ...]]:
    """For each request: which names the Allow and the Deny statements that apply to it speak of."""
    names = ["*", "111122223333", "arn:aws:iam::111122223333:role/r", "ec2.amazonaws.com", "another"]
    found = []
    for action, resource, context in itertools.product(ASKED_ACTIONS, ASKED_RESOURCES, ASKED_CONTEXTS):
        applying = [each for each in policy["Statement"] if applies(each, policy["Version"], action, resource, context)]
        found.append(
            tuple(
                any(each["Effect"] == effect and speaks_of(each, name) for each in applying)
                for effect in ("Allow", "Deny")
                for name in names
            )
        )
    return found


def speaks_of(statement: Json, name: str) -> bool:
    value = either(statement, "Principal")
    everyone = {"AWS": "*"} if value == "*" else value
    named = {each for names in everyone.values() for each in (names if isinstance(names, list) else [names])}
    return (name in {re.sub(r"^arn:aws:iam::(\d+):root$", r"\1", each) for each in named}) == ("Principal" in statement)


def applies(statement: Json, version: str, action: str, resource: str, context: dict[str, list[str]]) -> bool:
    def filled(text: Any) -> str:
        def value(match: re.Match[str]) -> str:
            inner = match[1]
            return {"*": "\0", "?": "\1"}.get(inner) or "".join(context[inner.lower()])

        text = str(text).lower() if isinstance(text, bool) else text
        return re.sub(r"\$\{([^}]*)\}", value, text) if version == "2012-10-17" else text

    try:
        resources = [filled(each) for each in either(statement, "Resource")]
        conditions = [
            (operator, context.get(key.lower(), []), [filled(each) for each in listed(values)])
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        ]
    except KeyError:
        return False
    actions = either(statement, "Action")
    return (
        any(glob(each.lower(), action.lower()) for each in actions) == ("Action" in statement)
        and any(glob(each, resource) for each in resources) == ("Resource" in statement)
        and all(holds(operator, given, wanted) for operator, given, wanted in conditions)
    )


def either(statement: Json, name: str) -> Any:
    return statement[name] if name in statement else statement[f"Not{name}"]


def listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


@cache
def glob(pattern: str, text: str) -> bool:
    letters = {"*": ".*", "?": ".", "\0": r"\*", "\1": r"\?"}
    return re.fullmatch("".join(letters.get(each) or re.escape(each) for each in pattern), text, re.DOTALL) is not None


def holds(operator: str, given: list[str], wanted: list[str]) -> bool:
    if operator == "Null":
        return any((each == "true") == (not given) for each in wanted)
    quantifier, _, name = operator.rpartition(":")
    if not given:
        negation = "Not" in name and quantifier != "ForAnyValue"
        return name.endswith("IfExists") or quantifier == "ForAllValues" or negation
    like = "Like" in name
    hits = [any(glob(each, value) if like else each == value for each in wanted) for value in given]
    fitting = [hit != ("Not" in name) for hit in hits]
    return any(fitting) if quantifier == "ForAnyValue" or (not quantifier and "Not" not in name) else all(fitting)
