"""The account as it was collected: what a snapshot file holds and what rules are asked about."""

from __future__ import annotations

import msgspec

from scanner.inventory.fact import Fact, Instant
from scanner.inventory.gap import Gap, Outcome
from scanner.inventory.iam import (
    AccountSummary,
    CredentialReport,
    Group,
    InstanceProfile,
    ManagedPolicy,
    Role,
    User,
    UserKeys,
)
from scanner.inventory.regional import Region

_DETAILS = Gap("iam:GetAccountAuthorizationDetails", "skipped")


class CoverageRow(msgspec.Struct, frozen=True, kw_only=True):
    """How the calls of one API action in one region ended.

    Attributes:
        account_id: the account asked.
        region: the region asked, ``global`` for global services, ``*`` for every region.
        api: the action, such as ``ec2:DescribeInstances``.
        status: the worst outcome among the calls.
        calls: how many requests were made; retries are not counted.
        message: what was said where the status is not ``ok``.
    """

    account_id: str
    region: str
    api: str
    status: Outcome
    calls: int = 0
    message: str = ""


class Account(Fact, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/snapshot/1"):
    """One AWS account at one time.

    Attributes:
        account_id: twelve digits.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov`` or another that AWS adds.
        taken_at: when the collection began; the time at which facts are judged unless another is given.
        caller: the ARN that asked, or None where the facts come from a file that does not say.
        regions: every enabled region; those that were not asked for hold gaps.
        other_regions: None where ``regions`` is complete; a gap where the list of enabled regions is not known.
        coverage: one row for each API action and region.
    """

    account_id: str
    partition: str
    taken_at: Instant
    caller: str | None = None
    users: tuple[User, ...] | Gap = _DETAILS
    groups: tuple[Group, ...] | Gap = _DETAILS
    roles: tuple[Role, ...] | Gap = _DETAILS
    policies: tuple[ManagedPolicy, ...] | Gap = _DETAILS
    instance_profiles: tuple[InstanceProfile, ...] | Gap = Gap("iam:ListInstanceProfiles", "skipped")
    credential_report: CredentialReport | Gap = Gap("iam:GetCredentialReport", "skipped")
    summary: AccountSummary | Gap = Gap("iam:GetAccountSummary", "skipped")
    access_keys: tuple[UserKeys, ...] | Gap = Gap("iam:ListAccessKeys", "skipped")
    regions: tuple[Region, ...] = ()
    other_regions: Gap | None = None
    coverage: tuple[CoverageRow, ...] = ()
