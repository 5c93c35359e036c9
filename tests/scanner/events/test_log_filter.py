"""Filter patterns of CloudWatch Logs: the documented examples, what is not documented, what is hostile."""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.events.log_filter import BadFilter, read_filter
from scanner.events.log_regex import BadRegex, read_regex
from scanner.events.samples import api_call, console_sign_in
from scanner.inventory import Undetermined

Json = dict[str, Any]

UPDATE: Json = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "recipientAccountId": "123456789012",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "latency": 500,
    "bare": "Ev*ent",
    "dash-key_1": "x",
}
USERS: Json = {
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}
YES, NO, UNKNOWN = True, False, None

CASES: list[tuple[str, Json, bool | None]] = [
    ('{ $.eventType = "UpdateTrail" }', UPDATE, YES),
    ("{ $.eventType = UpdateTrail }", UPDATE, YES),
    ('{ $.eventType = "updatetrail" }', UPDATE, NO),
    ("{$.eventType=UpdateTrail}", UPDATE, YES),
    ("{ $.eventType = Update* }", UPDATE, YES),
    ('{ $.eventType = "*Trail" }', UPDATE, YES),
    ("{ $.eventType = *dateT* }", UPDATE, YES),
    ("{ $.eventType = Up*il }", UPDATE, NO),
    ("{ $.bare = Ev*ent }", UPDATE, YES),
    ("{ $.eventType = * }", UPDATE, YES),
    ("{ $.sourceIPAddress != 123.123.* }", UPDATE, YES),
    ("{ $.sourceIPAddress != 111.111.* }", UPDATE, NO),
    ("{ $.recipientAccountId = 123456789012 }", UPDATE, YES),
    ("{ $.recipientAccountId = 999999999999 }", UPDATE, NO),
    ('{ $.arrayKey[0] = "value" }', UPDATE, YES),
    ('{ $.arrayKey[2] = "value" }', UPDATE, NO),
    ('{ $.eventType[0] = "U" }', UPDATE, NO),
    ("{ $.objectList[1].id = 2 }", UPDATE, YES),
    ("{ $.objectList[0].id = 2 }", UPDATE, NO),
    ("{ $.objectList[*].id = 2 }", UPDATE, YES),
    ("{ $.objectList[*].id = 3 }", UPDATE, NO),
    ("{ $.objectList[*].id != 3 }", UPDATE, UNKNOWN),
    ("{ $.objectList[*][*] = x }", UPDATE, NO),
    ("{ $.user.* = 1 }", USERS, YES),
    ("{ $.users[*].* = 3 }", USERS, YES),
    ("{ $.users[*].* = 4 }", USERS, NO),
    ("{ $.SomeObject IS NULL }", UPDATE, YES),
    ("{ $.missing IS NULL }", UPDATE, NO),
    ("{ $.eventType IS NULL }", UPDATE, NO),
    ("{ $.SomeOtherObject NOT EXISTS }", UPDATE, YES),
    ("{ $.SomeObject NOT EXISTS }", UPDATE, NO),
    ("{ $.eventType EXISTS }", UPDATE, YES),
    ("{ $.missing EXISTS }", UPDATE, NO),
    ("{ $.ThisFlag IS TRUE }", UPDATE, YES),
    ("{ $.ThisFlag IS FALSE }", UPDATE, NO),
    ("{ $.text IS TRUE }", {"text": "true"}, UNKNOWN),
    ("{ $.text > 1 }", {"text": "2"}, UNKNOWN),
    ("{ $.text = 2.0 }", {"text": "2"}, UNKNOWN),
    ("{ $.eventType IS TRUE }", UPDATE, NO),
    ("{ $.latency >= 500 }", UPDATE, YES),
    ("{ $.latency > 500 }", UPDATE, NO),
    ("{ $.latency < 10e3 }", UPDATE, YES),
    ("{ $.latency <= 55.5 }", UPDATE, NO),
    ("{ $.latency = 500 }", UPDATE, YES),
    ("{ $.latency != 500 }", UPDATE, NO),
    ("{ $.latency > +400 }", UPDATE, YES),
    ("{ $.eventType > 1 }", UPDATE, NO),
    ("{ $.missing > 1 }", UPDATE, NO),
    ("{ $.dash-key_1 = x }", UPDATE, YES),
    ("{ $.users = 1 }", {"users": [1, 2, 3]}, NO),
    ("{ $.users != 1 }", {"users": [1, 2, 3]}, NO),
    ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS, YES),
    ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', USERS, NO),
    (
        '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }',
        USERS,
        YES,
    ),
    (
        '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }',
        USERS,
        NO,
    ),
    ("{ $.coordinates[1][2] = 6 }", USERS, YES),
    ("{ $.eventType = %Update|Delete% }", UPDATE, YES),
    ("{ $.eventType = %^Trail% }", UPDATE, NO),
    ("{ $.eventType != %Delete% }", UPDATE, YES),
    # Not documented: != of what is missing, null or a truth value; texts against numbers and truth values.
    ("{ $.missing = x }", UPDATE, NO),
    ("{ $.missing != x }", UPDATE, UNKNOWN),
    ("{ $.SomeObject != x }", UPDATE, UNKNOWN),
    ("{ $.ThisFlag = true }", UPDATE, UNKNOWN),
    ("{ $.ThisFlag = other }", UPDATE, NO),
    ("{ $.ThisFlag != true }", UPDATE, UNKNOWN),
    ('{ $.latency = "500" }', UPDATE, UNKNOWN),
    ('{ $.latency = "x" }', UPDATE, NO),
    ("{ $.eventType = UpdateTrail || $.missing != x }", UPDATE, YES),
    ("{ $.eventType = DeleteTrail && $.missing != x }", UPDATE, NO),
    ("{ $.eventType = UpdateTrail && $.missing != x }", UPDATE, UNKNOWN),
    ("", UPDATE, YES),
    ("UpdateTrail", UPDATE, YES),
    ("Update", UPDATE, YES),
    ("updatetrail", UPDATE, NO),
    ('"another value"', UPDATE, YES),
    ('"another  value"', UPDATE, UNKNOWN),
    ("UpdateTrail value", UPDATE, YES),
    ("UpdateTrail DeleteTrail", UPDATE, NO),
    ("UpdateTrail -DeleteTrail", UPDATE, YES),
    ('UpdateTrail - "value"', UPDATE, NO),
    ("?UpdateTrail ?DeleteTrail", UPDATE, YES),
    ("?DeleteTrail ?StopLogging", UPDATE, NO),
    ("UpdateTrail ?DeleteTrail", UPDATE, UNKNOWN),
    ("StopLogging ?DeleteTrail", UPDATE, NO),
    ("%Update[A-Z]rail%", UPDATE, YES),
    ("[ip, user, ...]", UPDATE, UNKNOWN),
]


@pytest.mark.parametrize(("text", "record", "expected"), CASES, ids=[case[0] or "empty" for case in CASES])
def test_cases(text: str, record: Json, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(Undetermined):
            read_filter(text).matches(record)
    else:
        assert read_filter(text).matches(record) is expected


ROOT = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
NO_MFA = (
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
)


def test_the_usual_filters_of_benchmarks() -> None:
    place = ("aws", "111122223333", "us-east-1")
    by_root = api_call(*place, "iam.amazonaws.com", "CreateUser", identity="root")
    by_service = by_root | {"userIdentity": by_root["userIdentity"] | {"invokedBy": "support.amazonaws.com"}}

    assert read_filter(ROOT).matches(by_root)
    assert read_filter(ROOT).matches(console_sign_in(*place, identity="root"))
    assert not read_filter(ROOT).matches(by_service)
    assert not read_filter(ROOT).matches(by_root | {"eventType": "AwsServiceEvent"})
    assert read_filter(NO_MFA).matches(console_sign_in(*place, mfa=False))
    assert not read_filter(NO_MFA).matches(console_sign_in(*place))
    assert not read_filter(NO_MFA).matches(console_sign_in(*place, mfa=False, succeeds=False))


BAD = [
    "{ $.a = 1",
    "[a, b",
    "{}",
    "{ $.a }",
    "{ $.a = }",
    "{ a = 1 }",
    "{ $.a == 1 }",
    "{ $.a < x }",
    '{ $.a < "1" }',
    "{ ($.a = 1 }",
    "{ $.a = 1) }",
    "{ $.a = 1 & $.b = 2 }",
    "{ $.a IS MAYBE }",
    "{ $.a NOT NULL }",
    "{ $.a = %(x)% }",
    "{ $.a = $.b }",
    "{ $.a = 1 $.b = 2 }",
    '"not closed',
    "%(x)%",
    "{ $.a = % }",
    "{ " + "(" * 400 + "$.a = 1" + ")" * 400 + " }",
]


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(BadFilter, match=r"."):
        read_filter(text)


REGEXES = [
    ("AUTHORIZED", "UNAUTHORIZED REQUEST", True),
    ("^[hc]at", "hat trick", True),
    ("^[hc]at", "a hat", False),
    ("[hc]at$", "a hat", True),
    ("[hc]at$", "hats", False),
    ("colou?r", "the color", True),
    ("[abcx-z]", "y", True),
    ("[^abc]$", "c", False),
    ("a{3,5}b", "aab", False),
    ("a{3,5}b", "aaaab", True),
    ("^a{2}$", "aaa", False),
    ("^a{2,}$", "aaaa", True),
    ("gr[ae]y|blue", "dark blue", True),
    (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", "from 10.0.0.1 on", True),
    (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", "from 10x0x0x1 on", False),
    (r"^\w+\s\W$", "word !", True),
    (r"^\S\D$", "a1", False),
    (r"\x41", "A", True),
    (r"a\|b", "a|b", True),
    (r"[|]", "|", True),
    (r"^[\d_]+$", "1_2", True),
    (r"^[\d_]+$", "1a2", False),
    (r"^[^\W]$", "a", True),
    ("a.c", "abc", True),
    ("", "anything", True),
]


@pytest.mark.parametrize(("text", "value", "expected"), REGEXES)
def test_regular_expressions(text: str, value: str, expected: bool) -> None:
    assert read_regex(text).found_in(value) is expected


@pytest.mark.parametrize(
    "text", ["(a)", "a(?=b)", "*a", "a**", "a{3,1}", "a^b", "a$b", "[abc", "a\\", "a{9999}b{9999}", "a{600}|b{600}"]
)
def test_regular_expressions_that_are_not_supported(text: str) -> None:
    with pytest.raises(BadRegex, match=r"."):
        read_regex(text)


atoms = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\."])
pieces = st.builds("{}{}".format, atoms, st.sampled_from(["", "?", "*", "+", "{2}", "{1,2}", "{0,}"]))
expressions = st.builds(
    "{}{}{}".format, st.sampled_from(["", "^"]), st.lists(pieces, max_size=4).map("".join), st.sampled_from(["", "$"])
)


@given(st.lists(expressions, min_size=1, max_size=3).map("|".join), st.text(alphabet="abc1.", max_size=8))
def test_regular_expressions_agree_with_those_of_the_library(text: str, value: str) -> None:
    assert read_regex(text).found_in(value) is bool(re.search(text.replace("$", r"\Z"), value))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for each in (text, "{" + text + "}", "{ $.a = " + text + " }"):
        with contextlib.suppress(BadFilter, Undetermined):
            read_filter(each).matches({"a": "b"})


HOSTILE = {
    "stars": "{ $.a = %" + "a*" * 300 + "b% }",
    "repeats": "{ $.a = %" + "[a]{0,60}" * 16 + "b% }",
    "many conditions": "{ " + " || ".join(f"$.a = v{number}" for number in range(5000)) + " }",
    "deep selector": "{ $" + ".a" * 5000 + " = 1 }",
    "wildcards": "{ $" + "[*]" * 50 + " = 1 }",
    "parentheses": "{ " + "(" * 100_000,
    "a large number": "{ $.a = 1e9999 || $.b > " + "9" * 5000 + " }",
    "terms": " ".join(f"-t{number}" for number in range(5000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_filters_neither_crash_nor_last(name: str) -> None:
    start = time.process_time()
    with contextlib.suppress(BadFilter, Undetermined):
        read_filter(HOSTILE[name]).matches({"a": "a" * 500, "b": 1})

    assert time.process_time() - start < 2
