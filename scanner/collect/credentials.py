"""Collect what guards credentials, the credentials that are no access keys, and what principals make use of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.reader import Reader
from scanner.collect.values import as_list
from scanner.inventory import (
    Gap,
    LastAccessed,
    NotCollected,
    OidcDetail,
    OidcProvider,
    PasswordPolicy,
    Role,
    RoleSettings,
    SamlProvider,
    ServerCertificate,
    ServiceAccess,
    ServiceCredential,
    User,
    VirtualMfaDevice,
)

_GENERATE, _GET = "GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"
_PAGE = {"PageSize": 1000}
_POLLS = (0.5, 1.0, *(2.0,) * 28)
"""Seconds between questions whether a job has ended: about a minute in all."""
_JOBS = 5
"""Jobs under way at once: AWS asks callers to spread these requests out."""


def read_role_settings(desk: Desk) -> tuple[RoleSettings, ...] | Gap:
    """How long a session of each role may last, which authorization details leave out."""

    def read(reader: Reader) -> tuple[RoleSettings, ...]:
        settings = [
            RoleSettings(role["Arn"], role.get("MaxSessionDuration"))
            for page in reader.pages("ListRoles", PaginationConfig=_PAGE)
            for role in page["Roles"]
        ]
        return tuple(sorted(settings, key=lambda role: role.arn))

    return desk.ask("iam", "global", "ListRoles", read, tuple[RoleSettings, ...])


def read_password_policy(desk: Desk) -> PasswordPolicy | Gap | None:
    """The password policy of the account; None where it has set none, so that AWS's own applies."""

    def read(reader: Reader) -> PasswordPolicy | None:
        found = reader.find("GetAccountPasswordPolicy")
        if found is None:
            return None
        policy = found["PasswordPolicy"]
        return PasswordPolicy(
            minimum_length=policy.get("MinimumPasswordLength"),
            reuse_prevention=policy.get("PasswordReusePrevention"),
            # Where passwords do not expire, an age means nothing.
            max_age=policy.get("MaxPasswordAge") if policy.get("ExpirePasswords", True) else None,
            requires_symbols=policy.get("RequireSymbols", False),
            requires_numbers=policy.get("RequireNumbers", False),
            requires_uppercase=policy.get("RequireUppercaseCharacters", False),
            requires_lowercase=policy.get("RequireLowercaseCharacters", False),
            users_may_change=policy.get("AllowUsersToChangePassword", False),
            hard_expiry=policy.get("HardExpiry", False),
        )

    return desk.ask("iam", "global", "GetAccountPasswordPolicy", read, PasswordPolicy | None)


def read_virtual_mfa_devices(desk: Desk) -> tuple[VirtualMfaDevice, ...] | Gap:
    """The virtual MFA devices that somebody uses."""

    def read(reader: Reader) -> tuple[VirtualMfaDevice, ...]:
        devices = [
            VirtualMfaDevice(
                device["SerialNumber"], (device.get("User") or {}).get("Arn"), _instant(device.get("EnableDate"))
            )
            for page in reader.pages("ListVirtualMFADevices", AssignmentStatus="Assigned", PaginationConfig=_PAGE)
            for device in page["VirtualMFADevices"]
        ]
        return tuple(sorted(devices, key=lambda device: device.serial))

    return desk.ask("iam", "global", "ListVirtualMFADevices", read, tuple[VirtualMfaDevice, ...])


def read_server_certificates(desk: Desk) -> tuple[ServerCertificate, ...] | Gap:
    """The server certificates that IAM stores, with the ends of their lives."""

    def read(reader: Reader) -> tuple[ServerCertificate, ...]:
        certificates = [
            ServerCertificate(found["ServerCertificateName"], found["Arn"], _instant(found.get("Expiration")))
            for page in reader.pages("ListServerCertificates", PaginationConfig=_PAGE)
            for found in page["ServerCertificateMetadataList"]
        ]
        return tuple(sorted(certificates, key=lambda certificate: certificate.arn))

    return desk.ask("iam", "global", "ListServerCertificates", read, tuple[ServerCertificate, ...])


def read_service_credentials(desk: Desk) -> tuple[ServiceCredential, ...] | Gap:
    """The credentials for single services of all users, in one sweep."""

    def read(reader: Reader) -> tuple[ServiceCredential, ...]:
        pages = reader.linked(
            "ListServiceSpecificCredentials", takes="Marker", gives="Marker", AllUsers=True, MaxItems=1000
        )
        credentials = [
            ServiceCredential(
                id=found["ServiceSpecificCredentialId"],
                user=found["UserName"],
                service=found["ServiceName"],
                status=found["Status"],
                created=_instant(found.get("CreateDate")),
                expires=_instant(found.get("ExpirationDate")),
            )
            for page in _whole(pages)
            for found in as_list(page["ServiceSpecificCredentials"])
        ]
        return tuple(sorted(credentials, key=lambda credential: credential.id))

    return desk.ask("iam", "global", "ListServiceSpecificCredentials", read, tuple[ServiceCredential, ...])


def read_saml_providers(desk: Desk) -> tuple[SamlProvider, ...] | Gap:
    """The SAML providers of the account."""

    def read(reader: Reader) -> tuple[SamlProvider, ...]:
        providers = [
            SamlProvider(found["Arn"], _instant(found.get("CreateDate")), _instant(found.get("ValidUntil")))
            for found in as_list(reader.call("ListSAMLProviders")["SAMLProviderList"])
        ]
        return tuple(sorted(providers, key=lambda provider: provider.arn))

    return desk.ask("iam", "global", "ListSAMLProviders", read, tuple[SamlProvider, ...])


def read_oidc_providers(desk: Desk) -> tuple[OidcProvider, ...] | Gap:
    """The OIDC providers of the account, each with its settings."""

    def read(reader: Reader) -> tuple[str, ...]:
        providers = as_list(reader.call("ListOpenIDConnectProviders")["OpenIDConnectProviderList"])
        return tuple(sorted(found["Arn"] for found in providers))

    arns = desk.ask("iam", "global", "ListOpenIDConnectProviders", read, tuple[str, ...])
    if isinstance(arns, Gap):
        return arns
    return tuple(desk.each(lambda arn: OidcProvider(arn, _oidc_detail(desk, arn)), arns))


def _oidc_detail(desk: Desk, arn: str) -> OidcDetail | Gap:
    def read(reader: Reader) -> OidcDetail:
        found = reader.call("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
        return OidcDetail(
            # The ARN ends in the same address.
            url=(found.get("Url") or arn.partition("/")[2]).removeprefix("https://"),
            client_ids=tuple(sorted(found.get("ClientIDList") or ())),
            thumbprints=tuple(sorted(found.get("ThumbprintList") or ())),
            created=_instant(found.get("CreateDate")),
        )

    return desk.ask("iam", "global", "GetOpenIDConnectProvider", read, OidcDetail, subject=arn)


def read_last_accessed(
    desk: Desk,
    users: tuple[User, ...] | Gap,
    roles: tuple[Role, ...] | Gap,
    pause: Callable[[float], None],
) -> tuple[LastAccessed, ...] | Gap:
    """What each user and role made use of, by one job for each; ``pause`` waits for them.

    Service-linked roles are left out: nobody can take anything from their policies.
    """
    if not {f"iam:{_GENERATE}", f"iam:{_GET}"} <= desk.wanted:
        return Gap(f"iam:{_GET}", "skipped", "global", UNWANTED)
    if isinstance(users, Gap):
        return users
    if isinstance(roles, Gap):
        return roles
    arns = [
        *(user.arn for user in users),
        *(role.arn for role in roles if not role.path.startswith("/aws-service-role/")),
    ]

    patience = _Patience()

    def one_after_another(lane: list[str]) -> list[LastAccessed]:
        return [LastAccessed(arn, _services(desk, arn, pause, patience)) for arn in lane]

    lanes = [arns[first::_JOBS] for first in range(_JOBS)]
    found = [accessed for lane in desk.each(one_after_another, lanes) for accessed in lane]
    return tuple(sorted(found, key=lambda accessed: accessed.arn))


class _Patience:
    """Counts the jobs in a row that did not end: to wait a minute for each of many more would take hours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unended = 0

    @property
    def is_gone(self) -> bool:
        """Whether no further job is worth its wait."""
        return self._unended >= _JOBS

    def count(self, *, ended: bool) -> None:
        """Note how a job went."""
        with self._lock:
            self._unended = 0 if ended else self._unended + 1


def _services(
    desk: Desk, arn: str, pause: Callable[[float], None], patience: _Patience
) -> tuple[ServiceAccess, ...] | Gap:
    def read(reader: Reader) -> tuple[ServiceAccess, ...]:
        if patience.is_gone:
            raise _failure(reader, "not asked, since other jobs did not end in time")
        job = reader.call(_GENERATE, Arn=arn)["JobId"]
        for seconds in _POLLS:
            pause(seconds)
            pages = reader.linked(_GET, takes="Marker", gives="Marker", JobId=job, MaxItems=1000)
            status = pages[0]["JobStatus"]
            if status == "IN_PROGRESS":
                continue
            patience.count(ended=True)
            return _accesses(reader, pages)
        patience.count(ended=False)
        raise _failure(reader, "the job did not end in time")

    return desk.ask("iam", "global", _GET, read, tuple[ServiceAccess, ...], subject=arn)


def _accesses(reader: Reader, pages: Sequence[dict[str, Any]]) -> tuple[ServiceAccess, ...]:
    """What a job that ended has found; raises where it failed, or ended in a way that is not known."""
    status = pages[0]["JobStatus"]
    if status == "FAILED":
        raise _failure(reader, f"the job failed: {(pages[0].get('Error') or {}).get('Code', 'no reason given')}")
    if status != "COMPLETED":
        raise ValueError("an unknown status")
    services = [
        ServiceAccess(
            found["ServiceNamespace"], _instant(found.get("LastAuthenticated")), found.get("LastAuthenticatedRegion")
        )
        for page in _whole(pages)
        for found in page["ServicesLastAccessed"]
    ]
    return tuple(sorted(services, key=lambda access: access.service))


def _failure(reader: Reader, reason: str) -> NotCollected:
    """What a job leaves that ended badly, though every call was answered."""
    gap = Gap(f"iam:{_GET}", "error", reader.region, reason)
    reader.ledger.record(gap.api, gap.region, gap.status, reason, calls=0)
    return NotCollected(gap)


def _whole(pages: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The pages of a list without paginator; raises ``ValueError`` where the last one is not the end."""
    if pages[-1].get("IsTruncated"):
        raise ValueError("the list goes on, but the answer does not say where")
    return pages


def _instant(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None
