"""How long sessions last, and so how long a revocation has to stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from scanner.containment.revocable import NotRevocable, revocability
from scanner.iam.documents import parse
from scanner.iam.principals import trusted_principals
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, Role, Undetermined, User, known

LONGEST_ROLE_SESSION = timedelta(hours=12)
"""The highest ``MaxSessionDuration`` that IAM allows a role; chained and service-issued sessions are shorter."""

LONGEST_USER_SESSION = timedelta(hours=36)
"""The longest session of ``sts:GetSessionToken`` and ``sts:GetFederationToken``."""

LONGEST_SERVICE_SESSION = timedelta(hours=6)
"""How long credentials live that services such as EC2 give to a workload, whatever the settings of the role say."""

# The lowest MaxSessionDuration that a role can have.
_SHORTEST_MAXIMUM = timedelta(hours=1)


class Lasting(msgspec.Struct, frozen=True):
    """How long a session of a principal can last.

    Attributes:
        longest: never less than the truth; where the settings were not read, the most that IAM allows.
        shortest: never more than the truth; where the settings were not read, the least that IAM allows.
        unknown: what was not read, where the two differ.
    """

    longest: timedelta
    shortest: timedelta
    unknown: Undetermined | None = None


def longest_session(principal: User | Role, account: Account) -> Lasting:
    """How long a session of a principal can last: a user's by STS, a role's by its settings and by who hands it out."""
    if isinstance(principal, User):
        return Lasting(LONGEST_USER_SESSION, LONGEST_USER_SESSION)
    if isinstance(revocability(principal), NotRevocable):
        # The duration lies in the permission set, or with the service.
        return Lasting(LONGEST_ROLE_SESSION, LONGEST_ROLE_SESSION)
    least = LONGEST_SERVICE_SESSION if is_run_by_services(principal) else _SHORTEST_MAXIMUM
    try:
        longest = max(maximum_session(principal, account), least)
    except Undetermined as unknown:
        return Lasting(LONGEST_ROLE_SESSION, least, unknown)
    return Lasting(longest, longest)


def maximum_session(role: Role, account: Account) -> timedelta:
    """The longest session that callers may ask a role for.

    Raises:
        Undetermined: the settings of the role were not read.
    """
    known(account.role_settings)
    seconds = _settings.of(account).get(role.arn)
    if seconds is None:
        raise Undetermined(f"the longest session of {role.name} is not among the settings that were collected")
    return timedelta(seconds=seconds)


def safe_to_remove(principal: User | Role, cutoff: datetime, account: Account) -> datetime:
    """When every session from before the cutoff of a revocation has ended; late rather than early."""
    return cutoff + longest_session(principal, account).longest


def is_run_by_services(role: Role) -> bool:
    """Whether a service of AWS may hand out credentials of the role to a workload."""
    if role.instance_profiles:
        return True
    allowing = (statement for statement in parse(role.trust).statements if statement.allows)
    return any(found.kind == "service" for statement in allowing for found in trusted_principals(statement))


def _read_settings(account: Account) -> dict[str, int | None]:
    listed = account.role_settings
    return {} if isinstance(listed, Gap) else {each.arn: each.max_session for each in listed}


_settings = Remembered(_read_settings, most=4)
