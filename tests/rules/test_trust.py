"""Trust policies that admit everyone, and conditions that really narrow them."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict
from tests.rules.trusting import FOREIGN_ROOT, IN_ORGANIZATION, ORGANIZATION, OWN_ROOT, admit, refuse, trusting

ANYONE = "iam-role-trust-anyone"


def set_prefix(prefix: str, operator: str, *statements: Json) -> Json:
    """An Allow for everyone whose operator carries a prefix, which no Python name could hold."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    condition = {f"{prefix}:{operator}": {"aws:PrincipalOrgID": ORGANIZATION}}
    return trusting(statement | {"Condition": condition}, *statements)


EVERYONE: list[Case] = [
    ("star", trusting(admit("*")), "fail"),
    ("star in a list", trusting(admit({"AWS": ["*"]})), "fail"),
    ("star among others", trusting(admit({"AWS": [OWN_ROOT, "*"]})), "fail"),
    ("star of the type AWS", trusting(admit({"AWS": "*"})), "fail"),
    ("type in lower case", trusting(admit({"aws": "*"})), "fail"),
    ("a star for the account", trusting(admit({"AWS": "arn:aws:iam::*:root"})), "fail"),
    (
        "NotPrincipal",
        trusting({"Effect": "Allow", "NotPrincipal": {"AWS": OWN_ROOT}, "Action": "sts:AssumeRole"}),
        "fail",
    ),
    ("every action of sts", trusting(admit(action="sts:*")), "fail"),
    ("every action", trusting(admit(action="*")), "fail"),
    ("a list of actions", trusting(admit(action=["sts:TagSession", "sts:AssumeRole"])), "fail"),
    ("in capitals", trusting(admit(action="STS:ASSUMEROLE")), "fail"),
    ("all but TagSession", trusting({"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"}), "fail"),
    ("TagSession only", trusting(admit(action="sts:TagSession")), "pass"),
    ("SetSourceIdentity only", trusting(admit(action=["sts:SetSourceIdentity", "sts:TagSession"])), "pass"),
    ("all but sts", trusting({"Effect": "Allow", "Principal": "*", "NotAction": "sts:*"}), "pass"),
    ("web identities of everyone", trusting(admit(action="sts:AssumeRoleWithWebIdentity")), "fail"),
    (
        "web identities of one pool",
        trusting(
            admit(
                action="sts:AssumeRoleWithWebIdentity",
                StringEquals={"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"},
            )
        ),
        "pass",
    ),
    ("organization", trusting(admit(StringEquals=IN_ORGANIZATION)), "pass"),
    ("organization, key in capitals", trusting(admit(StringEquals={"AWS:PRINCIPALORGID": ORGANIZATION})), "pass"),
    ("organization, operator in lower case", trusting(admit(stringequals=IN_ORGANIZATION)), "pass"),
    ("organization of the role", trusting(admit(StringEquals={"aws:PrincipalOrgID": "${aws:ResourceOrgID}"})), "pass"),
    (
        "organization of the caller",
        trusting(admit(StringEquals={"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"})),
        "fail",
    ),
    ("any organization", trusting(admit(StringLike={"aws:PrincipalOrgID": "o-*"})), "fail"),
    ("any organization with a", trusting(admit(StringLike={"aws:PrincipalOrgID": "o-a*"})), "fail"),
    ("an organization or any", trusting(admit(StringLike={"aws:PrincipalOrgID": [ORGANIZATION, "*"]})), "fail"),
    ("exact organization by StringLike", trusting(admit(StringLike=IN_ORGANIZATION)), "pass"),
    ("any other organization", trusting(admit(StringNotEquals=IN_ORGANIZATION)), "fail"),
    ("organization if there is one", trusting(admit(StringEqualsIfExists=IN_ORGANIZATION)), "fail"),
    (
        "organization if there is one, and there must be",
        trusting(admit(StringEqualsIfExists=IN_ORGANIZATION, Null={"aws:PrincipalOrgID": "false"})),
        "pass",
    ),
    (
        "organization if there is one, and there must be none",
        trusting(admit(StringEqualsIfExists=IN_ORGANIZATION, Null={"aws:PrincipalOrgID": "true"})),
        "fail",
    ),
    ("all values of the organization", set_prefix("ForAllValues", "StringEquals"), "fail"),
    ("any value of the organization", set_prefix("ForAnyValue", "StringEquals"), "pass"),
    ("path in the organization", trusting(admit(StringLike={"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"})), "pass"),
    ("path in any organization", trusting(admit(StringLike={"aws:PrincipalOrgPaths": "o-*/r-ab12/*"})), "fail"),
    ("Deny unless of the organization", trusting(admit(), refuse(StringNotEquals=IN_ORGANIZATION)), "pass"),
    ("Deny unless, if there is one", trusting(admit(), refuse(StringNotEqualsIfExists=IN_ORGANIZATION)), "pass"),
    ("Deny if of the organization", trusting(admit(), refuse(StringEquals=IN_ORGANIZATION)), "fail"),
    (
        "Deny unless of the organization or AWS itself",
        trusting(admit(), refuse(StringNotEquals=IN_ORGANIZATION, Bool={"aws:PrincipalIsAWSService": "false"})),
        "pass",
    ),
    (
        "Deny only AWS itself",
        trusting(admit(), refuse(StringNotEquals=IN_ORGANIZATION, Bool={"aws:PrincipalIsAWSService": "true"})),
        "fail",
    ),
    (
        "Deny unless of the organization or over TLS",
        trusting(admit(), refuse(StringNotEquals=IN_ORGANIZATION, Bool={"aws:SecureTransport": "false"})),
        "fail",
    ),
    (
        "Deny of another action",
        trusting(admit(), refuse(action="sts:TagSession", StringNotEquals=IN_ORGANIZATION)),
        "fail",
    ),
    ("Deny of others", trusting(admit(), refuse({"AWS": FOREIGN_ROOT}, StringNotEquals=IN_ORGANIZATION)), "fail"),
    ("Deny of everyone", trusting(admit(), refuse()), "pass"),
    ("Deny of everyone, all of sts", trusting(admit(action="sts:*"), refuse(action="sts:*")), "pass"),
    ("Deny of one account", trusting(admit(), refuse({"AWS": FOREIGN_ROOT})), "fail"),
    ("own account by key", trusting(admit(StringEquals={"aws:PrincipalAccount": OWN})), "pass"),
    (
        "own account by variable",
        trusting(admit(StringEquals={"aws:PrincipalAccount": "${aws:ResourceAccount}"})),
        "pass",
    ),
    ("half an account", trusting(admit(StringLike={"aws:PrincipalAccount": "11112222*"})), "fail"),
    ("own role by ARN", trusting(admit(ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"})), "pass"),
    ("a role of any account", trusting(admit(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"})), "fail"),
    (
        "a star that runs across the account",
        trusting(admit(StringLike={"aws:PrincipalArn": f"arn:aws:iam::*:{OWN}:role/deploy"})),
        "fail",
    ),
    (
        "own account after a star that stays in its part",
        trusting(admit(ArnLike={"aws:PrincipalArn": f"arn:aws:*:*:{OWN}:role/deploy"})),
        "pass",
    ),
    (
        "own account after a star that may leave its part",
        trusting(admit(StringLike={"aws:PrincipalArn": f"arn:aws:*:*:{OWN}:role/deploy"})),
        "fail",
    ),
    ("unique id", trusting(admit(StringLike={"aws:userid": "AROAEXAMPLE:*"})), "pass"),
    ("session name", trusting(admit(StringLike={"aws:userid": "*:deploy"})), "fail"),
    ("external id", trusting(admit(StringEquals={"sts:ExternalId": "b7c1"})), "fail"),
    ("MFA", trusting(admit(Bool={"aws:MultiFactorAuthPresent": "true"})), "fail"),
    ("a tag, which strangers set themselves", trusting(admit(StringEquals={"aws:PrincipalTag/team": "a"})), "fail"),
    ("addresses", trusting(admit(IpAddress={"aws:SourceIp": "192.0.2.0/24"})), "pass"),
    ("addresses by one of them", trusting(admit(IpAddress={"aws:SourceIp": "192.0.2.7/24"})), "pass"),
    ("one address", trusting(admit(IpAddress={"aws:SourceIp": "192.0.2.7"})), "pass"),
    ("every address", trusting(admit(IpAddress={"aws:SourceIp": "0.0.0.0/0"})), "fail"),
    ("an address or every one", trusting(admit(IpAddress={"aws:SourceIp": ["192.0.2.0/24", "::/0"]})), "fail"),
    ("every address in halves", trusting(admit(IpAddress={"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]})), "fail"),
    (
        "every address in eighths",
        trusting(admit(IpAddress={"aws:SourceIp": [f"{first}.0.0.0/3" for first in range(0, 256, 32)]})),
        "fail",
    ),
    ("every machine at a provider", trusting(admit(IpAddress={"aws:SourceIp": "3.0.0.0/8"})), "fail"),
    ("a range of a provider", trusting(admit(IpAddress={"aws:SourceIp": "52.94.0.0/15"})), "fail"),
    ("a range of a provider, IPv6", trusting(admit(IpAddress={"aws:SourceIp": "2600:1f00::/24"})), "fail"),
    ("a range of one organization", trusting(admit(IpAddress={"aws:SourceIp": "198.18.0.0/16"})), "pass"),
    ("private addresses, which nobody comes from", trusting(admit(IpAddress={"aws:SourceIp": "10.0.0.0/8"})), "pass"),
    ("no address", trusting(admit(IpAddress={"aws:SourceIp": "office"})), "fail"),
    ("all but some addresses", trusting(admit(NotIpAddress={"aws:SourceIp": "192.0.2.0/24"})), "fail"),
    ("an endpoint", trusting(admit(StringEquals={"aws:SourceVpce": "vpce-0a1b"})), "pass"),
    ("a network", trusting(admit(StringEquals={"aws:SourceVpc": "vpc-0a1b"})), "pass"),
    ("organization of the source", trusting(admit(StringEquals={"aws:SourceOrgID": ORGANIZATION})), "pass"),
    ("path of the source", trusting(admit(StringLike={"aws:SourceOrgPaths": f"{ORGANIZATION}/*"})), "pass"),
    ("resource of the source", trusting(admit(ArnLike={"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"})), "pass"),
    ("resource of any source", trusting(admit(ArnLike={"aws:SourceArn": "arn:aws:sns:*:*:alerts"})), "fail"),
    ("any endpoint", trusting(admit(StringLike={"aws:SourceVpce": "vpce-*"})), "fail"),
    ("TLS", trusting(admit(Bool={"aws:SecureTransport": "true"})), "fail"),
    ("a session name of its own choice", trusting(admit(StringEquals={"sts:RoleSessionName": "deploy"})), "fail"),
    ("no values", trusting(admit(StringEquals={"aws:PrincipalOrgID": []})), "fail"),
    ("an empty operator", trusting(admit(StringEquals={})), "fail"),
    ("services", trusting(admit({"Service": "ec2.amazonaws.com"})), "pass"),
    ("own account", trusting(admit({"AWS": OWN_ROOT})), "pass"),
    ("a deleted principal", trusting(admit({"AWS": "AROAEXAMPLEID"})), "pass"),
    ("one statement open, one closed", trusting(admit(StringEquals=IN_ORGANIZATION), admit()), "fail"),
    ("no statements", trusting(), "pass"),
    ("malformed", trusting(admit(), {"Effect": "Allow"}), "unknown"),
    ("of no known type", trusting(admit({"Anyone": "*"})), "unknown"),
    ("denied", {"roles": gap("iam:GetAccountAuthorizationDetails")}, "unknown"),
    ("there are no roles", {"roles": []}, ""),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in EVERYONE])
def test_anyone(facts: Json, expected: str) -> None:
    assert verdict(ANYONE, facts) == expected


SEVERITIES = [
    ("nothing", admit(), "critical"),
    ("an external id", admit(StringEquals={"sts:ExternalId": "b7c1"}), "high"),
    ("MFA", admit(Bool={"aws:MultiFactorAuthPresent": "true"}), "high"),
    ("recent MFA", admit(NumericLessThan={"aws:MultiFactorAuthAge": "3600"}), "high"),
    ("a source identity", admit(StringEquals={"aws:SourceIdentity": "ann"}), "high"),
    ("a tag", admit(StringEquals={"aws:PrincipalTag/team": "a"}), "high"),
    ("an external id, any", admit(StringLike={"sts:ExternalId": "*"}), "critical"),
]


@pytest.mark.parametrize(("statement", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SEVERITIES])
def test_what_strangers_must_bring_softens(statement: Json, expected: str) -> None:
    assert only_finding(ANYONE, trusting(statement)).severity == expected


def test_one_open_statement_decides_the_severity() -> None:
    facts = trusting(admit(StringEquals={"sts:ExternalId": "b7c1"}), admit())

    assert only_finding(ANYONE, facts).severity == "critical"


TABLES = {ANYONE: EVERYONE}
