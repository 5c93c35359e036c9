"""What a fact sheet of a kind of credential holds, and the words that several of them share."""

from __future__ import annotations

from datetime import timedelta

import msgspec

HOUR = timedelta(hours=1)


class KindFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one kind.

    Attributes:
        title: what it is, in a few words.
        longest: how long a credential can live; None where it does not expire, or where nobody but its issuer knows.
        lasting: the same in words, with what decides it.
        stops: the names of the templates that stop it now, the first choice first; none where no policy does.
        must: what else must happen, in this order.
        pitfalls: what such a containment is known to miss or to break.
        users: what legitimate users must do before they work again.
    """

    title: str
    longest: timedelta | None
    lasting: str
    stops: tuple[str, ...]
    must: tuple[str, ...]
    pitfalls: tuple[str, ...]
    users: tuple[str, ...]


REVOKE, REVOKE_ONE, REVOKE_INSTANCE = "revoke-sessions", "revoke-session", "revoke-instance"
QUARANTINE, REVOKE_USER = "quarantine-user", "revoke-user-sessions"
BOUNDARY, FREEZE = "deny-all-boundary", "freeze-trust"
SCP_PRINCIPALS, SCP_TIME = "scp-contain-principals", "scp-revoke-principals"
SCP_IDENTITY, SCP_PERSON = "scp-contain-source-identity", "scp-contain-person"
PERMISSION_SET, RCP = "permission-set-revoke-person", "rcp-contain-account"

CLI_CACHES = (
    "Clear what the AWS CLI keeps, which it uses until it expires: ~/.aws/cli/cache, ~/.aws/sso/cache and "
    "~/.aws/login/cache."
)
PROCESSES = "Restart programs that keep credentials in memory, and whatever a credential_process of theirs caches."
ASSUME_AGAIN = "Assume the role again: sessions from after the cutoff work as before."
NEW_DEPLOYMENT = "Deploy anew or restart what runs with the role, so that it fetches new credentials."

ROLE_USERS = (ASSUME_AGAIN, CLI_CACHES, PROCESSES)
CLOSE_FIRST = "The way by which the credentials were stolen gives the thief new ones until it is closed."
