"""Users that were made for Bedrock API keys."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, allow, deny, gap, only_finding, policy, verdict
from tests.rules.identity.people import DETAILS_DENIED, REPORT_DENIED, iam, keys, report, row, user

RULE = "bedrock-user-with-keys"
NAME = "BedrockAPIKey-ab12"
OF_AWS = "arn:aws:iam::aws:policy/"
LIMITED = f"{OF_AWS}AmazonBedrockLimitedAccess"
KEYS_DENIED = gap("iam:ListAccessKeys")


def holding(*arns: str, password: bool | None = False, statements: tuple[Json, ...] = (), **parts: object) -> Json:
    attached = [{"name": arn.rpartition("/")[2], "arn": arn} for arn in arns]
    made = user(NAME, *statements, attached=attached, groups=parts.pop("of", []))
    return iam(made, **{"access_keys": [], **parts}) | report(row(NAME, password=password))


def group(*statements: Json) -> Json:
    return {
        "name": "team",
        "arn": f"arn:aws:iam::{OWN}:group/team",
        "inline": [{"name": "own", "document": policy(*statements)}],
    }


INVOKING = allow(["bedrock:InvokeModel", "bedrock-mantle:*"])

CASES: list[Case] = [
    ("as the console made it", holding(LIMITED), "pass"),
    ("an active key", holding(LIMITED) | keys(NAME, {}), "fail"),
    ("an inactive key", holding(LIMITED) | keys(NAME, {"status": "Inactive"}), "fail"),
    ("a password", holding(LIMITED, password=True), "fail"),
    ("a narrower policy of one's own", holding(statements=(INVOKING,)), "pass"),
    ("another service", holding(LIMITED, statements=(allow("s3:GetObject"),)), "fail"),
    ("everything", holding(LIMITED, statements=(allow(),)), "fail"),
    ("a pattern that takes in other services", holding(statements=(allow("b*:*"),)), "fail"),
    ("everything but IAM", holding(statements=({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},)), "fail"),
    ("a policy that restricts", holding(LIMITED, statements=(deny("s3:*"),)), "pass"),
    ("a quarantine", holding(LIMITED, f"{OF_AWS}AWSCompromisedKeyQuarantineV3"), "pass"),
    ("more by a group", holding(LIMITED, of=["team"], groups=[group(allow("s3:*"))]), "fail"),
    ("a group for Bedrock", holding(LIMITED, of=["team"], groups=[group(INVOKING)]), "pass"),
    ("the group was not read", holding(LIMITED, of=["team"], groups=DETAILS_DENIED), "unknown"),
    ("a policy of one's own was not read", holding(f"arn:aws:iam::{OWN}:policy/AmazonBedrockMore"), "unknown"),
    ("another policy of AWS was not read", holding(LIMITED, f"{OF_AWS}PowerUserAccess"), "unknown"),
    ("another user with a key", iam(user("ci"), access_keys=[]) | report(row("ci")) | keys("ci", {}), ""),
    ("the keys were denied", holding(LIMITED, access_keys=KEYS_DENIED), "unknown"),
    ("the keys were denied, and there is a password", holding(LIMITED, password=True, access_keys=KEYS_DENIED), "fail"),
    ("the report was denied", holding(LIMITED) | {"credential_report": REPORT_DENIED}, "unknown"),
    ("the report was denied, a key", holding(LIMITED) | keys(NAME, {}) | {"credential_report": REPORT_DENIED}, "fail"),
    ("the users were denied", {"users": DETAILS_DENIED}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_bedrock_users(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_all_that_it_has_beyond_bedrock_is_told() -> None:
    facts = holding(LIMITED, password=True, statements=(allow("s3:*"),)) | keys(NAME, {})
    found = only_finding(RULE, facts)

    assert (found.severity, found.message) == (
        "high",
        "It has the active access key AKIA1, a console password, inline policy own.",
    )
    assert only_finding(RULE, holding(LIMITED, statements=(allow(),))).severity == "critical"


TABLES = {RULE: CASES}
