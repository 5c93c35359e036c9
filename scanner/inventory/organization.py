"""The organization: its tree, its policies, and who acts for it."""

from __future__ import annotations

from scanner.inventory.fact import Document, Fact, Instant
from scanner.inventory.gap import Gap


class Organization(Fact, frozen=True, tag_field="kind", tag="organization"):
    """What every member may ask about its organization."""

    id: str
    management_account: str
    feature_set: str | None = None


class OrganizationRoot(Fact, frozen=True):
    """A root with the policy types that are switched on in it."""

    id: str
    name: str = ""
    enabled_policy_types: tuple[str, ...] = ()


class OrganizationalUnit(Fact, frozen=True):
    """An organizational unit below a root or another unit."""

    id: str
    name: str
    parent: str


class MemberAccount(Fact, frozen=True):
    """An account of the organization; ``state`` is ``ACTIVE`` for one in use.

    ``parent`` is a root or a unit; None where it could not be read, since every account has one.
    """

    id: str
    name: str
    state: str
    parent: str | None = None
    joined: Instant | None = None


class PolicyContent(Fact, frozen=True, tag_field="kind", tag="policy-content"):
    """The text of a policy."""

    document: Document


class OrganizationPolicy(Fact, frozen=True):
    """A policy of the organization with the ids of the roots, units and accounts that it is attached to."""

    id: str
    name: str
    type: str
    is_aws_managed: bool
    content: PolicyContent | Gap
    targets: tuple[str, ...] | Gap


class DelegatedAdministrator(Fact, frozen=True):
    """An account that administers services for the organization."""

    account_id: str
    services: tuple[str, ...] | Gap


class OrganizationTree(Fact, frozen=True, tag_field="kind", tag="organization-tree"):
    """Roots and units; the accounts name the place where each hangs."""

    roots: tuple[OrganizationRoot, ...]
    units: tuple[OrganizationalUnit, ...] | Gap


class EffectivePolicy(Fact, frozen=True, tag_field="kind", tag="effective-policy"):
    """What the management policies of one type come to for this account."""

    document: Document


class OrganizationFacts(Fact, frozen=True):
    """What the account can read of its organization, or what was joined from the account that can.

    A member may ask for ``membership`` and for effective policies only; the rest is then ``elsewhere``.

    Attributes:
        membership: None where the account is in no organization.
        declarative_ec2: the effective declarative policy for EC2; None where none is in force.
        features: the features of centralised root access that are on.
        trusted_services: services that the organization lets act in its accounts.
        read_in: the account in which the joined parts were read, where it was another one.
    """

    membership: Organization | Gap | None = Gap("organizations:DescribeOrganization", "skipped")
    tree: OrganizationTree | Gap | None = Gap("organizations:ListRoots", "skipped")
    accounts: tuple[MemberAccount, ...] | Gap = Gap("organizations:ListAccounts", "skipped")
    policies: tuple[OrganizationPolicy, ...] | Gap = Gap("organizations:ListPolicies", "skipped")
    delegates: tuple[DelegatedAdministrator, ...] | Gap = Gap("organizations:ListDelegatedAdministrators", "skipped")
    trusted_services: tuple[str, ...] | Gap = Gap("organizations:ListAWSServiceAccessForOrganization", "skipped")
    delegation_policy: PolicyContent | Gap | None = Gap("organizations:DescribeResourcePolicy", "skipped")
    declarative_ec2: EffectivePolicy | Gap | None = Gap("organizations:DescribeEffectivePolicy", "skipped")
    features: tuple[str, ...] | Gap = Gap("iam:ListOrganizationsFeatures", "skipped")
    read_in: str | None = None
