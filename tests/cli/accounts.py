"""Accounts as values, for what the command line makes of them."""

from __future__ import annotations

import msgspec

from scanner.inventory import (
    Account,
    AccountSummary,
    CoverageRow,
    CredentialReport,
    CredentialRow,
    Detector,
    DetectorDetail,
    Document,
    EventSelectors,
    MetadataDefaults,
    MetadataOptions,
    Region,
    Role,
    Trail,
    TrailStatus,
    User,
)
from tests.collect.faulty import ACCOUNT_ID, HOME, NOW, iam_arn

TRUST = Document(
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    b'"Action":"sts:AssumeRole"}]}'
)

CLEAN = Account(
    account_id=ACCOUNT_ID,
    partition="aws",
    taken_at=NOW,
    caller=iam_arn("role/scanner"),
    users=(User("ann", iam_arn("user/ann")),),
    groups=(),
    roles=(
        Role("web-server", iam_arn("role/web-server"), TRUST, created=NOW),
        Role(
            "AWSServiceRoleForTrustedAdvisor",
            iam_arn("role/aws-service-role/trustedadvisor.amazonaws.com/AWSServiceRoleForTrustedAdvisor"),
            TRUST,
            path="/aws-service-role/trustedadvisor.amazonaws.com/",
        ),
    ),
    policies=(),
    instance_profiles=(),
    credential_report=CredentialReport(
        (CredentialRow("ann", iam_arn("user/ann"), password_enabled=False, mfa_active=False),), NOW
    ),
    summary=AccountSummary({"AccountAccessKeysPresent": 0}),
    access_keys=(),
    regions=(
        Region(
            HOME,
            instances=(),
            launch_templates=(),
            images=(),
            imds_defaults=MetadataDefaults(MetadataOptions(tokens="required")),
            trails=(
                Trail(
                    f"arn:aws:cloudtrail:{HOME}:{ACCOUNT_ID}:trail/main",
                    "main",
                    HOME,
                    TrailStatus(is_logging=True, latest_delivery=NOW),
                    EventSelectors(),
                    is_multi_region=True,
                ),
            ),
            detectors=(
                Detector("d1", f"arn:aws:guardduty:{HOME}:{ACCOUNT_ID}:detector/d1", DetectorDetail("ENABLED")),
            ),
            event_rules=(),
            subscriptions=(),
        ),
    ),
    coverage=(CoverageRow(account_id=ACCOUNT_ID, region="global", api="sts:GetCallerIdentity", status="ok", calls=1),),
)

HOSTILE = "\x1b[31mred\x1b]0;title\x07\n::error::owned\r\n##vso[task.setvariable]x [/red][bold] \u202eevil \U0001f600"
"""A name that a terminal, a CI runner or a markup language would obey."""


def renamed(account: Account, name: str) -> Account:
    """The account with one more user and role of that name, each of which is a finding."""
    admin = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
    anyone = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}')
    user = msgspec.convert({"name": name, "arn": iam_arn(f"user/{name}")}, User)
    role = Role(name, iam_arn(f"role/{name}"), anyone)
    assert isinstance(account.users, tuple)
    assert isinstance(account.roles, tuple)
    user = msgspec.structs.replace(user, inline=msgspec.convert([{"name": name, "document": admin}], type(user.inline)))
    return msgspec.structs.replace(account, users=(*account.users, user), roles=(*account.roles, role))
