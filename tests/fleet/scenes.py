"""An organization as values: a management account, a log archive, and two members."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from scanner.inventory import (
    Account,
    Bucket,
    CoverageRow,
    DelegatedAdministrator,
    DetectionAdmin,
    Document,
    EventSelectors,
    Gap,
    KeyDetail,
    KeyRotation,
    KmsKey,
    LogBucket,
    MemberAccount,
    Organization,
    OrganizationalUnit,
    OrganizationFacts,
    OrganizationPolicy,
    OrganizationRoot,
    OrganizationTree,
    PolicyContent,
    Region,
    Trail,
    TrailStatus,
    User,
    Versioning,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME, OTHER = "eu-west-1", "us-east-1"
MANAGEMENT, ARCHIVE, SHOP, LAB, CLOSED = (digit * 12 for digit in "12345")
BUCKET, KEY = "org-trail-files", f"arn:aws:kms:{HOME}:{ARCHIVE}:key/k-1"
TRAIL = f"arn:aws:cloudtrail:{HOME}:{MANAGEMENT}:trail/all"
MEMBERSHIP = Organization("o-1", MANAGEMENT, "ALL")
ROOT, WORKLOADS, PRODUCTION, SANDBOX = "r-1", "ou-1-workload", "ou-1-producti", "ou-1-sandbox0"


def policy(name: str, *targets: str) -> OrganizationPolicy:
    """A service control policy."""
    content = PolicyContent(Document(b'{"Version":"2012-10-17","Statement":[]}'))
    return OrganizationPolicy(f"p-{name}", name, "SERVICE_CONTROL_POLICY", False, content, targets)


ORGANIZATION = OrganizationFacts(
    membership=MEMBERSHIP,
    tree=OrganizationTree(
        (OrganizationRoot(ROOT, "Root", ("SERVICE_CONTROL_POLICY",)),),
        (
            OrganizationalUnit(PRODUCTION, "Production", WORKLOADS),
            OrganizationalUnit(SANDBOX, "Sandbox", ROOT),
            OrganizationalUnit(WORKLOADS, "Workloads", ROOT),
        ),
    ),
    accounts=(
        MemberAccount(MANAGEMENT, "management", "ACTIVE", ROOT),
        MemberAccount(ARCHIVE, "log-archive", "ACTIVE", ROOT),
        MemberAccount(SHOP, "shop", "ACTIVE", PRODUCTION),
        MemberAccount(LAB, "lab", "ACTIVE", SANDBOX),
        MemberAccount(CLOSED, "old", "SUSPENDED", SANDBOX),
    ),
    policies=(
        policy("full", ROOT, WORKLOADS, PRODUCTION, SANDBOX, SHOP),
        policy("no-leaving", ROOT),
        policy("production", PRODUCTION, SANDBOX),
        policy("sandbox", SANDBOX),
    ),
    delegates=(DelegatedAdministrator(ARCHIVE, ("guardduty.amazonaws.com",)),),
    trusted_services=("guardduty.amazonaws.com",),
    delegation_policy=None,
    declarative_ec2=None,
    features=("RootCredentialsManagement",),
)

_FOR_THE_FEW = {
    "tree": "ListRoots",
    "accounts": "ListAccounts",
    "policies": "ListPolicies",
    "delegates": "ListDelegatedAdministrators",
    "trusted_services": "ListAWSServiceAccessForOrganization",
    "delegation_policy": "DescribeResourcePolicy",
}
FEATURES = "iam:ListOrganizationsFeatures"


def elsewhere(api: str, region: str = "global") -> Gap:
    """What only another account may read."""
    return Gap(api, "elsewhere", region, f"readable only in account {MANAGEMENT}")


def row(account_id: str, api: str, status: str = "ok", region: str = "global") -> CoverageRow:
    """A row of coverage."""
    return msgspec.convert(
        {"account_id": account_id, "region": region, "api": api, "status": status, "calls": 1}, CoverageRow
    )


def seen_by_member() -> OrganizationFacts:
    """What a member may read of the organization."""
    gaps: dict[str, Any] = {part: elsewhere(f"organizations:{operation}") for part, operation in _FOR_THE_FEW.items()}
    return OrganizationFacts(membership=MEMBERSHIP, declarative_ec2=None, features=elsewhere(FEATURES), **gaps)


def member_rows(account_id: str) -> tuple[CoverageRow, ...]:
    """The coverage of a member."""
    refused = [
        *(f"organizations:{operation}" for operation in _FOR_THE_FEW.values()),
        "organizations:DescribePolicy",
        "organizations:ListTargetsForPolicy",
        FEATURES,
        "s3:GetBucketPolicy",
    ]
    regional = ("cloudtrail:GetTrailStatus", "kms:DescribeKey", "guardduty:ListOrganizationAdminAccounts")
    rows = [row(account_id, "sts:GetCallerIdentity"), *(row(account_id, api, "elsewhere") for api in refused)]
    rows += [row(account_id, api, "elsewhere", HOME) for api in regional]
    return tuple(sorted(rows, key=lambda one: (one.region, one.api)))


def trail(status: TrailStatus | Gap, selectors: EventSelectors | Gap) -> Trail:
    """The trail of the organization."""
    return Trail(
        TRAIL, "all", HOME, status, selectors, bucket=BUCKET, is_multi_region=True, is_organization=True, kms_key=KEY,
        insights=(),
    )  # fmt: skip


def user(account_id: str) -> User:
    """The user by whom an account is known."""
    return User(f"only-in-{account_id}", f"arn:aws:iam::{account_id}:user/only-in-{account_id}")


def account(account_id: str, **parts: Any) -> Account:
    """An account that was read, with a user named after it."""
    return Account(
        **{
            "account_id": account_id,
            "partition": "aws",
            "taken_at": NOW,
            "users": (user(account_id),),
            "groups": (),
            "roles": (),
            "policies": (),
            "coverage": (row(account_id, "sts:GetCallerIdentity"),),
            **parts,
        }
    )


def management() -> Account:
    """The management account: it knows the organization, and has the trail."""
    found = trail(TrailStatus(is_logging=True, latest_delivery=NOW), EventSelectors())
    return account(
        MANAGEMENT,
        organization=ORGANIZATION,
        regions=(Region(HOME, trails=(found,), detection_admins=(DetectionAdmin(ARCHIVE, "ENABLED"),)),),
        log_buckets=(LogBucket(BUCKET, elsewhere("s3:GetBucketPolicy")),),
        keys=(KmsKey(KEY, HOME, None, *_no_key()),),
    )


def archive() -> Account:
    """The log archive: it has the bucket and the key, and is a member like any other."""
    bucket = Bucket(
        BUCKET, HOME, policy=None, versioning=Versioning("Enabled"), lifecycle=Gap("s3:GetBucketLifecycle", "denied")
    )
    return member(
        ARCHIVE,
        log_buckets=(LogBucket(BUCKET, bucket, ARCHIVE),),
        keys=(KmsKey(KEY, HOME, KEY, KeyDetail("CUSTOMER", "Enabled"), None, KeyRotation(enabled=True)),),
    )


def member(account_id: str, **parts: Any) -> Account:
    """A member: what is the organization's, the trail's and the archive's, it can only ask for."""
    shadow = trail(elsewhere("cloudtrail:GetTrailStatus", HOME), elsewhere("cloudtrail:GetTrailStatus", HOME))
    return account(
        account_id,
        **{
            "organization": seen_by_member(),
            "log_buckets": (LogBucket(BUCKET, elsewhere("s3:GetBucketPolicy")),),
            "keys": (KmsKey(KEY, HOME, None, *_no_key()),),
            "regions": (
                Region(
                    HOME,
                    trails=(shadow,),
                    detection_admins=elsewhere("guardduty:ListOrganizationAdminAccounts", HOME),
                ),
            ),
            "coverage": member_rows(account_id),
            **parts,
        },
    )


def _no_key() -> tuple[Gap, Gap, Gap]:
    gap = elsewhere("kms:DescribeKey", HOME)
    return gap, gap, gap


def everyone() -> dict[str, Account]:
    """The accounts in use."""
    return {MANAGEMENT: management(), ARCHIVE: archive(), SHOP: member(SHOP), LAB: member(LAB)}
