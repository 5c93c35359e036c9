"""The account as it was collected: what a snapshot file holds and what rules are asked about."""

from __future__ import annotations

import msgspec

from scanner.inventory.credentials import (
    AlternateContacts,
    ContactInformation,
    LastAccessed,
    OidcProvider,
    PasswordPolicy,
    RoleSettings,
    SamlProvider,
    ServerCertificate,
    ServiceCredential,
    VirtualMfaDevice,
)
from scanner.inventory.fact import Fact, Instant
from scanner.inventory.gap import REFUSED, Gap, Outcome
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
from scanner.inventory.organization import OrganizationFacts
from scanner.inventory.region import Region
from scanner.inventory.routing import Function, Queue, Topic
from scanner.inventory.storage import KmsKey, LogBucket, PublicAccessBlock, QueryTools

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

    @property
    def is_refused(self) -> bool:
        """Whether a call was made that got no answer, which another scan may get."""
        return self.status in REFUSED


class Account(Fact, frozen=True, kw_only=True, tag_field="schema", tag="guardrift/snapshot/1"):
    """One AWS account at one time.

    Attributes:
        account_id: twelve digits.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov`` or another that AWS adds.
        taken_at: when the collection began; the time at which facts are judged unless another is given.
        caller: the ARN that asked, or None where the facts come from a file that does not say.
        log_buckets, keys, topics, functions, queues, query_tools: what trails, rules and detectors lead to, as far as
            these could be read.
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
    role_settings: tuple[RoleSettings, ...] | Gap = Gap("iam:ListRoles", "skipped")
    password_policy: PasswordPolicy | Gap | None = Gap("iam:GetAccountPasswordPolicy", "skipped")
    virtual_mfa_devices: tuple[VirtualMfaDevice, ...] | Gap = Gap("iam:ListVirtualMFADevices", "skipped")
    server_certificates: tuple[ServerCertificate, ...] | Gap = Gap("iam:ListServerCertificates", "skipped")
    service_credentials: tuple[ServiceCredential, ...] | Gap = Gap("iam:ListServiceSpecificCredentials", "skipped")
    saml_providers: tuple[SamlProvider, ...] | Gap = Gap("iam:ListSAMLProviders", "skipped")
    oidc_providers: tuple[OidcProvider, ...] | Gap = Gap("iam:ListOpenIDConnectProviders", "skipped")
    last_accessed: tuple[LastAccessed, ...] | Gap = Gap("iam:GetServiceLastAccessedDetails", "skipped")
    contacts: AlternateContacts = AlternateContacts()
    contact_information: ContactInformation | Gap | None = Gap("account:GetContactInformation", "skipped")
    public_access_block: PublicAccessBlock | Gap | None = Gap("s3control:GetPublicAccessBlock", "skipped")
    organization: OrganizationFacts = OrganizationFacts()
    log_buckets: tuple[LogBucket, ...] | Gap = Gap("s3:ListBuckets", "skipped")
    keys: tuple[KmsKey, ...] | Gap = Gap("kms:DescribeKey", "skipped")
    topics: tuple[Topic, ...] | Gap = Gap("sns:GetTopicAttributes", "skipped")
    functions: tuple[Function, ...] | Gap = Gap("lambda:GetFunctionConfiguration", "skipped")
    queues: tuple[Queue, ...] | Gap = Gap("sqs:GetQueueAttributes", "skipped")
    query_tools: tuple[QueryTools, ...] | Gap = Gap("athena:ListWorkGroups", "skipped")
    regions: tuple[Region, ...] = ()
    other_regions: Gap | None = None
    coverage: tuple[CoverageRow, ...] = ()
