"""Each mistake of a foreign document is named, and its twin without the mistake is not blamed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from policies.documents import DOCUMENTS, NotWritable, Values, write
from policies.responders import judge_document, what_it_is
from policies.responders.ours import _FILLED
from policies.responders.sql_searches import REFUSALS
from policies.templates import quarantine_user, revoke_sessions, serialise
from scanner.events.samples import PERSISTENCE
from tests.policies.responders.documents import (
    CUTOFF,
    FAMILIES,
    GOOD_KEY_RESPONDER,
    GOOD_PATTERN,
    GOOD_RESPONDER,
    GOOD_TABLE,
    INLINE_RESPONDER,
    KEY_RESPONDER,
    MANAGED_RESPONDER,
    OLD_TYPE,
    ONE_TYPE,
    TABLE,
    UNQUOTED,
    policy,
    template,
)

NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


def ids(document: Any, **said: Any) -> list[str]:
    text = document if isinstance(document, str) else json.dumps(document)
    return [fault.id for fault in judge_document(text.encode(), **said)]


POLICIES: dict[str, tuple[Any, list[str]]] = {
    "a good one": (policy(), []),
    "microseconds without a zone": (
        policy(cutoff="2026-11-20T23:00:31.123456"),
        ["cutoff-microseconds", "cutoff-no-zone"],
    ),
    "microseconds with a zone": (policy(cutoff="2026-11-20T23:00:31.123456Z"), ["cutoff-microseconds"]),
    "no zone": (policy(cutoff="2026-11-20T23:00:31"), ["cutoff-no-zone"]),
    "no time": (policy(cutoff="yesterday"), ["cutoff-no-time"]),
    "a placeholder of others": (policy(cutoff="%s"), ["cutoff-no-time"]),
    "a statement that is no list, without a Sid": (
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": CUTOFF}},
            },
        },
        ["no-sid"],
    ),
    "an unquoted time": (UNQUOTED, ["unquoted-time"]),
    "no JSON": ('{"Version": "2012-10-17", "Statement": [}', ["not-json"]),
    "one service only": (policy(Action="s3:*"), ["old-session-lives"]),
    "all but one service": (policy(NotAction="iam:*", Action=None), ["malformed"]),
    "one bucket only": (policy(Resource="arn:aws:s3:::bucket/*"), ["old-session-lives"]),
    "the wrong way round": (
        policy(Condition={"DateGreaterThan": {"aws:TokenIssueTime": CUTOFF}}),
        ["old-session-lives"],
    ),
    "an operator that does not exist": (
        policy(Condition={"DateBefore": {"aws:TokenIssueTime": CUTOFF}}),
        ["malformed", "old-session-lives"],
    ),
    "only some sessions": (
        policy(
            Condition={
                "DateLessThan": {"aws:TokenIssueTime": CUTOFF},
                "StringEquals": {"aws:userid": "AROAEXAMPLEROLE00009:x"},
            }
        ),
        ["old-session-lives"],
    ),
    "an Allow": (policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}), []),
    "a quarantine of others": (policy({"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"}), []),
}


@pytest.mark.parametrize("what", POLICIES)
def test_policies(what: str) -> None:
    document, expected = POLICIES[what]

    assert ids(document) == expected


def test_a_cutoff_on_both_sides_locks_out_everybody() -> None:
    both = {"DateNotEquals": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}

    assert "new-session-denied" in ids(policy(Condition=both))


def test_a_cutoff_is_compared_with_the_time_of_judgement_only_if_it_is_given() -> None:
    assert ids(policy(cutoff="2026-11-20T22:45:00Z")) == []
    assert ids(policy(cutoff="2026-11-20T22:45:00Z"), at=NOW) == ["cutoff-past"]
    assert ids(policy(), at=NOW) == []


def test_a_revocation_of_a_role_spares_the_key_of_a_user() -> None:
    assert ids(policy(), attached_to="user") == ["role-style-on-user"]
    assert ids(policy(), attached_to="role") == []
    if_exists = {"DateLessThanIfExists": {"aws:TokenIssueTime": CUTOFF}}
    assert ids(policy(Condition=if_exists), attached_to="user") == []


@pytest.mark.parametrize("cutoff", ["${CUTOFF}", CUTOFF])
def test_ours_are_known_and_not_blamed(cutoff: str) -> None:
    written = serialise(revoke_sessions(cutoff))

    assert what_it_is(written.encode()).ours == "revoke-sessions"
    assert ids(written) == []
    assert what_it_is(serialise(quarantine_user()).encode()).ours == "quarantine-user"


def test_every_template_is_known() -> None:
    known = 0
    for each in DOCUMENTS:
        if each.layer in {"declarative policy", "stack"}:
            continue
        try:
            written = write(each, _FILLED)
        except NotWritable:
            continue
        for document in written:
            known += 1
            assert what_it_is(document.document.encode()).ours is not None
            assert ids(document.document) == []
    assert known > 15


def test_ours_with_another_value_is_ours_and_with_another_condition_is_not() -> None:
    session = serialise(revoke_sessions("2031-01-01T00:00:00Z"))

    assert what_it_is(session.encode()).ours == "revoke-sessions"
    assert what_it_is(session.replace("00:00Z", "00:00.5Z").encode()).ours is None
    assert what_it_is(session.replace("DateLessThan", "DateGreaterThan").encode()).ours is None
    assert ids(session.replace("DateLessThan", "DateGreaterThan")) == ["no-sid", "old-session-lives"]
    assert Values().cutoff in serialise(revoke_sessions())


PATTERNS: dict[str, tuple[Any, list[str]]] = {
    "a good one": (GOOD_PATTERN, []),
    "one type": (ONE_TYPE, ["pattern-archived", "pattern-misses-types", "pattern-no-detail-type"]),
    "the old type": (OLD_TYPE, ["pattern-matches-nothing", "pattern-old-type"]),
    "no detail type": (
        {"source": ["aws.guardduty"], "detail": GOOD_PATTERN["detail"]},
        ["pattern-no-detail-type"],
    ),
    "archived ones too": (
        {**GOOD_PATTERN, "detail": {"type": FAMILIES}},
        ["pattern-archived"],
    ),
    "one family less": (
        {**GOOD_PATTERN, "detail": {**GOOD_PATTERN["detail"], "type": FAMILIES[1:]}},
        ["pattern-misses-types"],
    ),
    "a star": (
        {**GOOD_PATTERN, "detail": {"type": ["UnauthorizedAccess:IAMUser/*"], "service": {"archived": [False]}}},
        ["pattern-matches-nothing", "pattern-misspelt"],
    ),
    "refused": ({**GOOD_PATTERN, "detail": {"type": "x"}}, ["pattern-refused"]),
    "on other events": (
        {
            "source": ["aws.iam"],
            "detail-type": ["AWS API Call via CloudTrail"],
            "detail": {"eventName": ["CreateUser"]},
        },
        [],
    ),
}


@pytest.mark.parametrize("what", PATTERNS)
def test_patterns(what: str) -> None:
    pattern, expected = PATTERNS[what]

    assert ids(pattern) == expected


def test_the_twin_of_the_one_type_is_named() -> None:
    (fault,) = [each for each in judge_document(json.dumps(ONE_TYPE).encode()) if each.id == "pattern-misses-types"]

    assert "InstanceCredentialExfiltration.InsideAWS" in fault.what


RESPONDERS: dict[str, tuple[str, list[str]]] = {
    "a good one": (GOOD_RESPONDER, []),
    "an inline policy by hand": (
        INLINE_RESPONDER,
        [
            "cutoff-can-go-back", "cutoff-microseconds", "cutoff-no-margin", "cutoff-no-zone", "hides-errors",
            "no-sample-guard", "no-sid", "no-unique-id", "no-user-type", "second-policy", "spaces-removed",
        ],
    ),
    "a managed policy": (
        MANAGED_RESPONDER,
        [
            "cutoff-from-finding", "cutoff-no-zone", "no-sample-guard", "no-unique-id", "no-user-type", "policy-exists",
            "returns-nothing", "strptime-fraction",
        ],
    ),
    "a key alone": (KEY_RESPONDER, ["key-only", "temporary-key"]),
    "a key and a quarantine": (GOOD_KEY_RESPONDER, []),
    "not a responder": ("import json\nprint(json.dumps({'a': 1}))\n", []),
}  # fmt: skip


@pytest.mark.parametrize("what", RESPONDERS)
def test_responders(what: str) -> None:
    source, expected = RESPONDERS[what]

    assert ids(source) == expected


MUTATIONS: dict[str, tuple[str, str, str]] = {
    "microseconds": ('.strftime("%Y-%m-%dT%H:%M:%SZ")', ".isoformat()", "cutoff-microseconds"),
    "a fraction in the form": ("%SZ", "%S.%fZ", "cutoff-microseconds"),
    "no zone": ("%SZ", "%S", "cutoff-no-zone"),
    "no margin": (" + timedelta(seconds=31)", "", "cutoff-no-margin"),
    "the time of the finding": (
        '(datetime.now(timezone.utc) + timedelta(seconds=31)).strftime("%Y-%m-%dT%H:%M:%SZ")',
        'finding["updatedAt"]',
        "cutoff-from-finding",
    ),
    "the time of the finding by get": (
        '(datetime.now(timezone.utc) + timedelta(seconds=31)).strftime("%Y-%m-%dT%H:%M:%SZ")',
        'finding["service"].get("eventLastSeen")',
        "cutoff-from-finding",
    ),
    "no user type": ('details["userType"] != "AssumedRole"', "False", "no-user-type"),
    "no unique id": ('["RoleId"] != details["principalId"].split(":")[0]', "", "no-unique-id"),
    "no samples": ('.get("sample")', "", "no-sample-guard"),
    "no look before": ('iam.get_role_policy(RoleName=name, PolicyName="ir-revoke-case-1")', "{}", "cutoff-can-go-back"),
    "a name of its own": ('PolicyName="ir-revoke-case-1", P', 'PolicyName="Revoke", P', "second-policy"),
    "no Sid": ('"Sid": "EndOldSessions", ', "", "no-sid"),
    "a narrow Deny": ('"Action": "*"', '"Action": "s3:*"', "old-session-lives"),
    "no answer": ('    return "revoked"\n', "", "returns-nothing"),
    "spaces": ("json.dumps(document))", 'json.dumps(document).replace(" ", ""))', "spaces-removed"),
    "the account of the event": (
        '    finding = event["detail"]',
        '    finding = event["detail"]\n    role = "arn:aws:iam::" + event["account"] + ":role/ir"',
        "envelope-account",
    ),
    "deleting": (
        '    return "revoked"',
        '    iam.delete_role(RoleName=name)\n    return "revoked"',
        "evidence-deleted",
    ),
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_each_mistake_of_a_responder_is_found_alone(what: str) -> None:
    before, after, expected = MUTATIONS[what]
    assert before in GOOD_RESPONDER

    assert ids(GOOD_RESPONDER.replace(before, after)) == [expected]


def test_a_handler_that_raises_hides_nothing() -> None:
    hiding = INLINE_RESPONDER.replace("        print(error)\n", "        print(error)\n        raise\n")

    assert "hides-errors" not in ids(hiding)


def test_a_revocation_on_a_user_in_a_responder() -> None:
    on_user = GOOD_RESPONDER.replace("put_role_policy(RoleName", "put_user_policy(UserName")

    assert "role-style-on-user" in ids(on_user)


_DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":'
_TEXT = _DENY + '{"DateLessThan":{"aws:TokenIssueTime":"TIME"}}}]}'
_DOUBLED = _TEXT.replace("{", "{{").replace("}", "}}")
FILLED = (
    f"f'{_DOUBLED}'".replace("TIME", "{moment}"),
    f"'{_DOUBLED}'.format(moment)".replace("TIME", "{}"),
    f"'{_TEXT}' % {{'at': moment}}".replace("TIME", "%(at)s"),
    f"'{_TEXT}'.replace('$TIME', moment)".replace("TIME", "$TIME", 1),
)


def test_policies_in_texts_that_are_filled_in_are_found() -> None:
    for filled in FILLED:
        source = (
            "import boto3\nfrom datetime import datetime\nmoment = datetime.utcnow().isoformat()\n"
            f"boto3.client('iam').put_role_policy(RoleName='r', PolicyName='ir-x', PolicyDocument={filled})\n"
        )
        found = ids(source)

        assert {"cutoff-microseconds", "cutoff-no-zone", "no-sid"} <= set(found), filled


def test_a_template_with_every_mistake_and_one_with_none() -> None:
    assert ids(template(good=True)) == []

    found = set(ids(template(good=False)))
    assert {
        "pattern-misses-types", "pattern-no-detail-type", "rule-one-region", "target-no-dead-letters", "runtime-ended",
        "permission-no-source", "topic-no-source", "responder-one-role", "no-user-type", "cutoff-microseconds",
    } <= found  # fmt: skip


def test_places_in_a_template_are_named() -> None:
    found = judge_document(json.dumps(template(good=False)).encode())
    places = {fault.id: fault.where for fault in found}

    assert places["pattern-misses-types"] == "Resources.Rule.Properties.EventPattern.detail.type"
    assert places["runtime-ended"] == "Resources.Responder.Properties.Runtime"
    assert places["no-user-type"].startswith("Resources.Responder.Properties.Code.ZipFile, line ")


def test_a_responder_that_may_do_all_to_all_roles() -> None:
    unbounded = template(good=True)
    statements = unbounded["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    del statements[1]

    assert ids(unbounded) == ["responder-unbounded"]


IN_TIME = "eventtime > '2026-11-20'"
FOUR = [f"eventname = '{name}'" for name in ("CreateRole", "CreateUser", "CreateAccessKey", "GetFederationToken")]
QUERIES: dict[str, tuple[str, list[str]]] = {
    "a good one": (f"SELECT eventtime, eventname, COUNT(*) AS n FROM calls WHERE {IN_TIME} GROUP BY 1, 2", []),
    "everything": ("SELECT * FROM calls LIMIT 50", ["sql-unbounded"]),
    "ordered by time is not bounded": ("SELECT eventname FROM calls ORDER BY eventtime", ["sql-unbounded"]),
    "no comma": (
        f"SELECT useridentity.accesskeyid\n eventname, errorcode FROM calls WHERE {IN_TIME}",
        ["sql-missing-comma"],
    ),
    "a comma": (f"SELECT useridentity.accesskeyid,\n eventname, errorcode FROM calls WHERE {IN_TIME}", []),
    "a name on purpose": (f"SELECT useridentity.arn AS useridentity FROM calls WHERE {IN_TIME}", []),
    "stray escapes": ("SELECT eventname FROM calls WHERE from\\_iso(eventtime) > 1 ", ["sql-stray-escape"]),
    "a backslash in a text": (f"SELECT eventname FROM calls WHERE useragent = 'a\\b' AND {IN_TIME}", []),
    "cut off": (f"SELECT eventname FROM calls WHERE {IN_TIME};\nORDER BY eventtime", ["sql-cut-off"]),
    "two statements": (f"SELECT eventname FROM calls WHERE {IN_TIME};\nSELECT 1;", []),
    "counting what may be absent": (
        f"SELECT COUNT(useridentity.arn) AS n FROM calls WHERE {IN_TIME}",
        ["sql-count-skips"],
    ),
    "counting what is there": (f"SELECT COUNT (eventname) AS n FROM calls WHERE {IN_TIME}", []),
    "codes that nobody gives": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND (errorcode = 'Unauthorized' OR errorcode = 'Denied')",
        ["sql-no-such-code"],
    ),
    "one code": (f"SELECT * FROM calls WHERE {IN_TIME} AND errorcode = 'AccessDenied'", ["sql-misses-refusals"]),
    "both codes": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND errorcode IN ('AccessDenied', 'Client.UnauthorizedOperation')",
        [],
    ),
    "parts of codes": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND (errorcode LIKE '%Denied%' OR errorcode LIKE '%Unauthorized%')",
        [],
    ),
    "an expression": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND regexp_like(errorcode, '(?i)denied|unauthorized')",
        [],
    ),
    "another error": (f"SELECT * FROM calls WHERE {IN_TIME} AND errorcode = 'ThrottlingException'", []),
    "four calls": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND {' OR '.join(FOUR)}",
        ["sql-misses-persistence"],
    ),
    "every call": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND eventname IN ("
        + ", ".join(f"'{name}'" for _, name in PERSISTENCE)
        + ", 'GetSessionToken', 'GetFederationToken')",
        [],
    ),
    "one key": (f"SELECT * FROM calls WHERE {IN_TIME} AND useridentity.accesskeyid = 'AKIAX'", ["sql-key-only"]),
    "a key and who stands behind": (
        f"SELECT * FROM calls WHERE {IN_TIME} AND (useridentity.accesskeyid = 'AKIAX' OR useridentity.arn LIKE '%x%')",
        [],
    ),
    "a table": (
        TABLE,
        ["table-lacks-columns", "table-old-serde", "table-reads-digests", "table-unpartitioned"],
    ),
    "a good table": (GOOD_TABLE, []),
    "a table of something else": ("CREATE EXTERNAL TABLE t (a STRING) LOCATION 's3://b/'", []),
    "a comment": (f"-- errorcode = 'Denied'\nSELECT eventname FROM calls WHERE {IN_TIME}", []),
}  # fmt: skip


@pytest.mark.parametrize("what", QUERIES)
def test_queries(what: str) -> None:
    query, expected = QUERIES[what]

    assert ids(query) == expected


def test_the_most_frequent_refusals_are_among_the_known() -> None:
    assert {"AccessDenied", "Client.UnauthorizedOperation"} <= set(REFUSALS)


@pytest.mark.parametrize(
    "document", [INLINE_RESPONDER, MANAGED_RESPONDER, TABLE, json.dumps(ONE_TYPE), json.dumps(template(good=False))]
)
def test_faults_say_where_why_and_what_instead(document: str) -> None:
    found = judge_document(document.encode())

    assert found == tuple(sorted(found))
    for fault in found:
        assert fault.where
        for sentence in (fault.what, fault.why, fault.instead):
            assert sentence.endswith(".")
            assert "{}" not in sentence
