"""What weighs in credentials, metadata services and the network: by kind of entry and field."""

from __future__ import annotations

from typing import Any

from scanner.drift.fields import Difference
from scanner.drift.weighing import (
    Weigh,
    Weighed,
    each_widens,
    endangers,
    more_is_worse,
    other,
    protects,
)
from scanner.findings import Severity


def _keys(found: Difference) -> Weighed | None:
    """A key that is there, and may be used."""
    before, after = _can_be_used(found.before), _can_be_used(found.after)
    if before == after:
        return Weighed("neutral", "info", "inactive key created" if found.before is None else "inactive key deleted")
    return Weighed("widens", "high", "key created") if after else Weighed("narrows", "high", "key deleted")


def _can_be_used(found: Any) -> bool:
    keys = found if isinstance(found, tuple) else (found,)
    return any(key is not None and key.status not in ("Inactive", "Expired") for key in keys)


def _tokens(severity: Severity) -> Weigh:
    """Whether the second version of the metadata service is demanded; what is not set leaves the first open."""
    return protects("required", severity, "IMDS loosened: version 1 answers", "IMDS tightened: tokens required")


def _metadata(found: Difference) -> Weighed | None:
    """All options of the metadata service, where one side has none."""
    before, after = (getattr(each, "tokens", None) for each in (found.before, found.after))
    return _tokens("high")(Difference(found.path, found.key, before, after))


FIELDS: dict[tuple[str, str], Weigh] = {
    ("access-keys", "keys"): _keys,
    ("access-keys", "keys.status"): protects("Inactive", "high", "key re-activated", "key deactivated"),
    ("credential-row", "password_enabled"): endangers(True, "medium", "password enabled", "password disabled"),
    ("credential-row", "mfa_active"): protects(True, "high", "MFA off", "MFA on"),
    ("credential-row", "cert_1_active"): endangers(True, "medium", "certificate active", "certificate inactive"),
    ("credential-row", "cert_2_active"): endangers(True, "medium", "certificate active", "certificate inactive"),
    # Of other users than root the lists of keys say the same, where they were read.
    ("credential-row", "key_1_active"): endangers(True, "high", "key active", "key inactive"),
    ("credential-row", "key_2_active"): endangers(True, "high", "key active", "key inactive"),
    ("service-credential", "status"): endangers("Active", "medium", "credential active", "credential inactive"),
    ("oidc-provider", "detail.client_ids"): each_widens("high", "audience added", "audience removed"),
    ("oidc-provider", "detail.url"): other("high", "provider has another address"),
    ("oidc-provider", "detail.thumbprints"): each_widens("high", "thumbprint added", "thumbprint removed"),
    ("oidc-provider", "detail.created"): other("high", "identity provider made anew"),
    ("saml-provider", "created"): other("high", "identity provider made anew"),
    ("saml-provider", "valid_until"): other("high", "identity provider has other metadata"),
    ("instance-profile", "roles"): other("medium", "instance profile has another role"),
    ("instance", "instance_profile"): other("low", "instance has another role"),
    ("imds-defaults", "tokens_enforced"): protects(
        "enabled", "medium", "IMDS tokens no longer enforced", "IMDS tokens enforced"
    ),
    ("image", "imds_support"): protects(
        "v2.0", "medium", "image allows IMDS version 1", "image demands IMDS version 2"
    ),
    ("security-group", "ingress"): each_widens("medium", "ingress opened", "ingress closed"),
    ("security-group", "allows_egress"): endangers(True, "low", "egress opened", "egress closed"),
    ("route-table", "internet_gateways"): each_widens(
        "medium", "route to the internet added", "route to the internet removed"
    ),
    ("load-balancer", "scheme"): endangers(
        "internet-facing", "medium", "faces the internet", "no longer faces the internet"
    ),
    ("host-management", "value"): other("low", "default host management changed"),
}
"""What weighs; every other field is neutral."""

_PLACES = (
    ("instance", "metadata", "high"),
    ("launch-template", "metadata", "high"),
    ("imds-defaults", "options", "high"),
    ("launch-configuration", "metadata", "high"),
)

for _kind, _field, _severity in _PLACES:
    FIELDS |= {
        (_kind, _field): _metadata,
        (_kind, f"{_field}.tokens"): _tokens("high"),
        (_kind, f"{_field}.endpoint"): protects(
            "disabled", "medium", "IMDS loosened: endpoint on", "IMDS endpoint off"
        ),
        (_kind, f"{_field}.hop_limit"): more_is_worse(
            "medium", "IMDS loosened: hop limit raised", "IMDS hop limit lowered", 1
        ),
        (_kind, f"{_field}.ipv6"): endangers("enabled", "low", "IMDS loosened: IPv6 on", "IMDS IPv6 off"),
        (_kind, f"{_field}.tags"): endangers("enabled", "low", "IMDS loosened: tags on", "IMDS tags off"),
    }


def of_root(found: Difference) -> Weighed | None:
    """What weighs in the row of the root user, whose keys no other list holds."""
    if found.path in ("key_1_active", "key_2_active"):
        return endangers(True, "critical", "root key active", "root key gone")(found)
    if found.path == "mfa_active":
        return protects(True, "critical", "root MFA off", "root MFA on")(found)
    return None
