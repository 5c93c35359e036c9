"""Principals, policies and credentials, as IAM describes them."""

from __future__ import annotations

from scanner.inventory.fact import Document, Fact, Instant
from scanner.inventory.gap import Gap


class AttachedPolicy(Fact, frozen=True):
    """A managed policy attached to a principal."""

    name: str
    arn: str


class InlinePolicy(Fact, frozen=True):
    """A policy embedded in a principal."""

    name: str
    document: Document


class Tag(Fact, frozen=True):
    """A tag of a principal; policies can refer to it as ``aws:PrincipalTag``."""

    key: str
    value: str


class User(Fact, frozen=True):
    """An IAM user."""

    name: str
    arn: str
    id: str = ""
    path: str = "/"
    created: Instant | None = None
    groups: tuple[str, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    boundary: str | None = None
    tags: tuple[Tag, ...] = ()


class Group(Fact, frozen=True):
    """An IAM group; it carries policies for the users in it."""

    name: str
    arn: str
    id: str = ""
    path: str = "/"
    created: Instant | None = None
    attached: tuple[AttachedPolicy, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()


class Role(Fact, frozen=True):
    """An IAM role.

    Attributes:
        instance_profiles: the names of the profiles that carry it.
        last_used: None where it was not used in the 400 days that AWS looks back on.
        tells_use: whether the answer spoke of the last use at all; emulators of AWS may not.
    """

    name: str
    arn: str
    trust: Document
    id: str = ""
    path: str = "/"
    created: Instant | None = None
    attached: tuple[AttachedPolicy, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    boundary: str | None = None
    instance_profiles: tuple[str, ...] = ()
    last_used: Instant | None = None
    last_used_region: str | None = None
    tags: tuple[Tag, ...] = ()
    tells_use: bool = True


class PolicyVersion(Fact, frozen=True):
    """One version of a managed policy."""

    id: str
    document: Document
    is_default: bool = False
    created: Instant | None = None


class ManagedPolicy(Fact, frozen=True):
    """A managed policy: every customer-managed one, and those of AWS that are attached or serve as a boundary."""

    arn: str
    name: str
    versions: tuple[PolicyVersion, ...]
    attachments: int = 0
    boundary_uses: int = 0


class InstanceProfile(Fact, frozen=True):
    """The container by which an EC2 instance gets a role; ``roles`` are role names, at most one on AWS."""

    name: str
    arn: str
    roles: tuple[str, ...] = ()


class AccessKey(Fact, frozen=True):
    """A long-term access key; ``last_used`` None means that it was never used."""

    id: str
    user: str
    status: str
    created: Instant
    last_used: Instant | Gap | None = None
    last_used_service: str | None = None
    last_used_region: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether requests signed with the key may be accepted: they are unless AWS says that it is off."""
        return self.status not in {"Inactive", "Expired"}


class UserKeys(Fact, frozen=True):
    """The access keys of one user."""

    user: str
    keys: tuple[AccessKey, ...] | Gap


class CredentialRow(Fact, frozen=True):
    """One row of the credential report; times are None where the report says ``N/A`` or ``no_information``.

    Attributes:
        key_1_active: None where the report says neither yes nor no; likewise of the second key.
    """

    user: str
    arn: str
    created: Instant | None = None
    password_enabled: bool | None = None
    password_last_used: Instant | None = None
    password_last_changed: Instant | None = None
    mfa_active: bool | None = None
    key_1_active: bool | None = False
    key_1_rotated: Instant | None = None
    key_1_last_used: Instant | None = None
    key_1_last_used_service: str | None = None
    key_1_last_used_region: str | None = None
    key_2_active: bool | None = False
    key_2_rotated: Instant | None = None
    key_2_last_used: Instant | None = None
    key_2_last_used_service: str | None = None
    key_2_last_used_region: str | None = None
    cert_1_active: bool = False
    cert_1_rotated: Instant | None = None
    cert_2_active: bool = False
    cert_2_rotated: Instant | None = None

    @property
    def is_root(self) -> bool:
        """Whether this is the row of the account's root user."""
        return self.user == "<root_account>"


class CredentialReport(Fact, frozen=True, tag_field="kind", tag="credential-report"):
    """The credential report; AWS makes it at most every four hours."""

    rows: tuple[CredentialRow, ...]
    generated: Instant | None = None


class AccountSummary(Fact, frozen=True, tag_field="kind", tag="account-summary"):
    """Counters of ``iam:GetAccountSummary``, among them the root user's credentials and the real quotas."""

    counters: dict[str, int]
