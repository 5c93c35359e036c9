"""An account with a path of every sort, and what is told of it."""

from __future__ import annotations

from scanner.iam.escalation.survey import Surveyor
from scanner.iam.escalation.told import Survey
from scanner.inventory import Account
from tests.accounts import OWN, allow, deny
from tests.scanner.iam.escalation.building import (
    ADMINISTRATOR,
    account,
    arn,
    group,
    managed_policy,
    role,
    trusting,
    user,
)

BUILD = role(
    "build",
    allow("sts:AssumeRole", arn("role", "release")),
    trust=[trusting("lambda.amazonaws.com")],
)
RELEASE = role("release", managed=[ADMINISTRATOR], trust=[trusting(arn("role", "build"))])
DEPLOYING = allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])
REVOKED = {
    "PolicyName": "AWSRevokeOlderSessions",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T09:30:00Z"}}),
        ],
    },
}
FROM_OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


def sample() -> Account:
    """Users and roles of which some become administrators, some are, one is contained and one is not fully known."""
    return account(
        user("ann", DEPLOYING),
        user("bob", DEPLOYING, allow("s3:GetObject")),
        user("cem", allow("iam:AttachUserPolicy", arn("user", "cem"), Condition=FROM_OFFICE)),
        user("dora", groups=["staff"]),
        user("eve", managed=[arn("policy", "lost")]),
        user("fay", allow("sqs:*")),
        user("gus", allow("ssm:SendCommand")),
        role("web", managed=[arn("policy", "web")], more=[REVOKED]),
        role("box", allow(), trust=[trusting("ec2.amazonaws.com")], profile=True),
        group("staff", allow("iam:CreatePolicyVersion", arn("policy", "web")), managed=[arn("policy", "web")]),
        managed_policy("web", {"Version": "2012-10-17", "Statement": [allow("cloudtrail:StopLogging")]}),
        BUILD,
        RELEASE,
    )


def surveys() -> dict[str, Survey]:
    """The four questions, and single principals of each sort."""
    surveyor = Surveyor(sample())
    found = {
        "everyone": surveyor.everyone(counts=True),
        "to build": surveyor.everyone_to(arn("role", "build")),
        "ann to release": surveyor.one_to(arn("user", "ann"), arn("role", "release")),
        "ann to fay": surveyor.one_to(arn("user", "ann"), arn("user", "fay")),
        "fay to ann": surveyor.one_to(arn("user", "fay"), arn("user", "ann")),
    }
    for kind, name in (("user", "ann"), ("user", "eve"), ("user", "fay"), ("role", "web"), ("role", "release")):
        found[name] = surveyor.one(arn(kind, name))
    return found


SURVEYS = surveys()
EVERYONE = SURVEYS["everyone"]

__all__ = ["EVERYONE", "OWN", "SURVEYS", "sample"]
