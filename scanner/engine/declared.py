"""What the owner of an account declares of it: facts that AWS cannot tell, such as which foreign accounts are known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import msgspec

from scanner.iam.matching import matches

AccountId = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$", max_length=12)]
"""Twelve digits."""

OrganizationId = Annotated[str, msgspec.Meta(pattern="^o-[a-z0-9]{10,32}$")]
"""Such as ``o-a1b2c3d4e5``."""

RegionName = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,}(-[a-z]+)+-[0-9]+$")]
"""What the name of a region looks like; whether there is such a region only an account can tell."""

BucketName = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
"""The name alone; an ARN or a pattern would be the name of no bucket."""


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner of the account says; everything is empty where nobody said anything.

    Principals are named by patterns with ``*`` and ``?`` for a whole ARN, or for what follows the account id in it,
    such as ``role/break-glass`` or ``user/ops-*``.

    Attributes:
        accounts: ids of foreign accounts that may be trusted, such as vendors.
        organizations: ids of organizations that may be trusted.
        administrators: principals that are meant to be administrators.
        break_glass: principals for emergencies, which are meant to be powerful and to lie unused.
        response_roles: the roles with which credentials are contained.
        response_accounts: the accounts from which the response roles are meant to be assumed.
        log_archives: the accounts that keep the logs.
        siem: destinations that another system reads (ARNs, or patterns for them); what reaches one of them is seen.
        mail_domains: the domains to which alerts may be sent by mail.
        regions: the regions in which detection services have to be on; empty means every enabled one.
        sensitive_buckets: buckets whose object-level events matter; empty means all.
    """

    accounts: tuple[AccountId, ...] = ()
    organizations: tuple[OrganizationId, ...] = ()
    administrators: tuple[str, ...] = ()
    break_glass: tuple[str, ...] = ()
    response_roles: tuple[str, ...] = ()
    response_accounts: tuple[AccountId, ...] = ()
    log_archives: tuple[AccountId, ...] = ()
    siem: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()
    regions: tuple[RegionName, ...] = ()
    sensitive_buckets: tuple[BucketName, ...] = ()

    def watches(self, region: str) -> bool:
        """Whether detection services have to be on in a region."""
        return not self.regions or region in self.regions

    def may_administrate(self, arn: str) -> bool:
        """Whether a principal is meant to be an administrator."""
        return is_named(arn, self.administrators) or is_named(arn, self.break_glass)

    def may_respond(self, arn: str) -> bool:
        """Whether a role is one with which credentials are contained."""
        return is_named(arn, self.response_roles)


def is_named(arn: str, patterns: Collection[str]) -> bool:
    """Whether one of the patterns names an ARN, in full or by what follows the account id in it."""
    if not patterns:
        return False
    within = arn.split(":", 5)[-1]
    return any(matches(pattern, arn if pattern.startswith("arn:") else within) for pattern in patterns)
