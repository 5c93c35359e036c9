"""Pairs of small accounts, each with one thing by which the second one is wider than the first."""

from __future__ import annotations

from typing import NamedTuple

from scanner.inventory import Account
from tests.accounts import FOREIGN, OWN, Json, account, allow, deny, policy
from tests.scanner.drift.samples import LAMBDA, arn, attached, identity, managed, role, user, with_scp
from tests.scanner.drift.things import TOPIC, detector, instance, key, keys, rule, subscriptions, trail


class Pair(NamedTuple):
    """Two states of an account.

    Attributes:
        name: what happened.
        old: the narrower state.
        new: the wider one.
        kind: of what is other, such as ``role``.
        said: what is told of it: a cause, the words for the change, or the beginning of a consequence.
    """

    name: str
    old: Account
    new: Account
    kind: str
    said: str


READS = policy(allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]))
WRITES = policy(
    allow(["s3:GetObject", "s3:ListBucket", "s3:PutObject"], ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"])
)
ONLY_OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
ADMIN = role("admin", policy(allow()))
TEAM: Json = {"name": "team", "arn": f"arn:aws:iam::{OWN}:group/team", "inline": [{"name": "own", "document": WRITES}]}


def _reports(*statements: Json) -> Account:
    return identity(roles=[role("reports", policy(*statements))])


def _trusting(*more: Json) -> Account:
    trust: Json = {**LAMBDA, "Statement": [*LAMBDA["Statement"], *more]}  # type: ignore[misc]
    users = [user("ann", policy(allow("sts:AssumeRole")))]
    return identity(roles=[role("reports", READS, trust=trust)], users=users)


def _ann(*statements: Json) -> Account:
    document = policy(*statements) if statements else None
    return identity(roles=[ADMIN], users=[user("ann", document)])


_VERSIONS = [managed("reports", READS, WRITES)], [managed("reports", READS, WRITES, default=2)]
_HELD = attached("reports")
_ADMITTING = policy({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})

PAIRS = [
    Pair(
        "policy attached",
        identity(roles=[role("app")], policies=[managed("reports", READS)]),
        identity(roles=[role("app", attached=_HELD)], policies=[managed("reports", READS)]),
        "role",
        "policy attached",
    ),
    Pair(
        "new default version",
        identity(roles=[role("app", attached=_HELD)], policies=_VERSIONS[0]),
        identity(roles=[role("app", attached=_HELD)], policies=_VERSIONS[1]),
        "role",
        "new default version",
    ),
    Pair(
        "statement changed",
        identity(roles=[role("reports", READS)]),
        identity(roles=[role("reports", WRITES)]),
        "role",
        "statement changed",
    ),
    Pair(
        "boundary removed",
        identity(roles=[role("reports", WRITES, boundary=arn("policy", "cap"))], policies=[managed("cap", READS)]),
        identity(roles=[role("reports", WRITES)], policies=[managed("cap", READS)]),
        "role",
        "boundary removed",
    ),
    Pair(
        "another boundary",
        identity(
            roles=[role("reports", WRITES, boundary=arn("policy", "cap"))],
            policies=[managed("cap", READS), managed("wide", policy(allow("s3:*")))],
        ),
        identity(
            roles=[role("reports", WRITES, boundary=arn("policy", "wide"))],
            policies=[managed("cap", READS), managed("wide", policy(allow("s3:*")))],
        ),
        "role",
        "boundary changed",
    ),
    Pair(
        "group joined",
        identity(users=[user("ann")], groups=[TEAM]),
        identity(users=[user("ann", groups=["team"])], groups=[TEAM]),
        "user",
        "group joined",
    ),
    Pair(
        "Deny removed",
        _reports(allow("s3:*"), deny("s3:DeleteBucket")),
        _reports(allow("s3:*")),
        "role",
        "Deny removed",
    ),
    Pair(
        "condition dropped",
        _reports(allow("s3:GetObject", Condition=ONLY_OFFICE)),
        _reports(allow("s3:GetObject")),
        "role",
        "condition dropped",
    ),
    Pair(
        "trust widened",
        _trusting(),
        _trusting({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"}),
        "role",
        "trust widened",
    ),
    Pair(
        "trust without its condition",
        _trusting(
            {
                "Effect": "Allow",
                "Principal": {"AWS": FOREIGN},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "reports"}},
            }
        ),
        _trusting({"Effect": "Allow", "Principal": {"AWS": FOREIGN}, "Action": "sts:AssumeRole"}),
        "role",
        "condition dropped",
    ),
    Pair("SCP detached", with_scp("full", "no-trails"), with_scp("full"), "role", "SCP detached"),
    Pair("principal created", identity(), identity(roles=[role("reports", WRITES)]), "role", "created"),
    Pair("trail stopped", account(trail()), account(trail(logging=False)), "trail", "trail stopped"),
    Pair(
        "selector narrowed",
        account(trail()),
        account(trail(selectors={"basic": [{"read_write": "WriteOnly"}]})),
        "trail",
        "event selector narrowed",
    ),
    Pair(
        "detector feature off",
        account(detector()),
        account(detector(feature="DISABLED")),
        "detector",
        "detector feature off (S3_DATA_EVENTS)",
    ),
    Pair(
        "IMDS loosened",
        account(instance()),
        account(instance("optional")),
        "instance",
        "IMDS loosened: version 1 answers",
    ),
    Pair("key created", account(keys()), account(keys(key())), "access-keys", "key created (AKIAONE)"),
    Pair(
        "key re-activated",
        account(keys(key(status="Inactive"))),
        account(keys(key())),
        "access-keys",
        "key re-activated (AKIAONE)",
    ),
    Pair("rule disabled", account(rule()), account(rule("DISABLED")), "event-rule", "rule disabled"),
    Pair(
        "subscription gone",
        account(subscriptions(TOPIC + ":1")),
        account(subscriptions()),
        "subscription",
        "subscription gone",
    ),
    Pair(
        "a way to administrator",
        _ann(),
        _ann(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])),
        "user",
        "can now reach administrator by ",
    ),
    Pair(
        "others reach administrator by it",
        identity(
            roles=[role("reports", trust=_ADMITTING)],
            users=[user("ann", policy(allow("sts:AssumeRole", arn("role", "reports"))))],
        ),
        identity(
            roles=[role("reports", policy(allow()), trust=_ADMITTING)],
            users=[user("ann", policy(allow("sts:AssumeRole", arn("role", "reports"))))],
        ),
        "role",
        "1 other principal can now reach administrator through it",
    ),
    Pair(
        "the trail can be stopped",
        _reports(allow("s3:ListBucket")),
        _reports(allow("s3:ListBucket"), allow("cloudtrail:StopLogging")),
        "role",
        "can now stop CloudTrail",
    ),
    Pair(
        "the plan does not contain it",
        _reports(allow("s3:ListBucket")),
        _reports(allow("s3:ListBucket"), allow("iam:DeleteRolePolicy", arn("role", "reports"))),
        "role",
        "the revocation plan no longer contains it",
    ),
]
"""Every cause and every consequence, once."""
