"""Facts about credentials and their guards that authorization details do not carry."""

from __future__ import annotations

from scanner.inventory.fact import Fact, Instant
from scanner.inventory.gap import Gap


class RoleSettings(Fact, frozen=True):
    """What only ``iam:ListRoles`` tells of a role; ``max_session`` is in seconds."""

    arn: str
    max_session: int | None = None


class PasswordPolicy(Fact, frozen=True, tag_field="kind", tag="password-policy"):
    """The password policy that the account has set; ages in days, None where nothing is demanded."""

    minimum_length: int | None = None
    reuse_prevention: int | None = None
    max_age: int | None = None
    requires_symbols: bool = False
    requires_numbers: bool = False
    requires_uppercase: bool = False
    requires_lowercase: bool = False
    users_may_change: bool = False
    hard_expiry: bool = False


class VirtualMfaDevice(Fact, frozen=True):
    """An assigned virtual MFA device; a user with MFA who has none of these uses hardware or a passkey."""

    serial: str
    user: str | None = None
    enabled: Instant | None = None


class ServerCertificate(Fact, frozen=True):
    """A server certificate stored in IAM."""

    name: str
    arn: str
    expires: Instant | None = None


class ServiceCredential(Fact, frozen=True):
    """A credential for one service, such as a Bedrock API key; it outlives the deactivation of access keys."""

    id: str
    user: str
    service: str
    status: str
    created: Instant | None = None
    expires: Instant | None = None

    @property
    def is_active(self) -> bool:
        """Whether the service accepts it."""
        return self.status == "Active"


class SamlProvider(Fact, frozen=True):
    """A SAML identity provider; its metadata are not kept."""

    arn: str
    created: Instant | None = None
    valid_until: Instant | None = None


class OidcDetail(Fact, frozen=True, tag_field="kind", tag="oidc-detail"):
    """The settings of an OIDC provider: the issuer without its scheme, and the audiences that it is known to."""

    url: str
    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    created: Instant | None = None


class OidcProvider(Fact, frozen=True):
    """An OIDC identity provider."""

    arn: str
    detail: OidcDetail | Gap


class ServiceAccess(Fact, frozen=True):
    """When a principal last used a service; None where it did not in the tracked period."""

    service: str
    last_used: Instant | None = None
    last_used_region: str | None = None


class LastAccessed(Fact, frozen=True):
    """The services that a principal may use, with their last use, as ``iam:GetServiceLastAccessedDetails`` tells."""

    arn: str
    services: tuple[ServiceAccess, ...] | Gap


class AlternateContact(Fact, frozen=True, tag_field="kind", tag="alternate-contact"):
    """A contact of the account; of the address only its domain and a digest are kept, since people are behind it."""

    email_domain: str | None = None
    email_sha256: str | None = None
    has_phone: bool = False


class AlternateContacts(Fact, frozen=True):
    """The three alternate contacts; None means that AWS says that there is none."""

    security: AlternateContact | Gap | None = Gap("account:GetAlternateContact", "skipped")
    billing: AlternateContact | Gap | None = Gap("account:GetAlternateContact", "skipped")
    operations: AlternateContact | Gap | None = Gap("account:GetAlternateContact", "skipped")


class ContactInformation(Fact, frozen=True, tag_field="kind", tag="contact-information"):
    """Which parts of the account's own contact details are filled in; the details themselves are not kept."""

    has_name: bool = False
    has_phone: bool = False
    has_address: bool = False
