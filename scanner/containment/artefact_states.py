"""Whether a containment is still needed, and from when on it is safe to take away.

Sources: "Permissions for GetSessionToken" and "Permissions for GetFederationToken" in the IAM User Guide, for the 36
hours; GetCredentialReport in the IAM API Reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from scanner.containment.artefact_shapes import Shape
from scanner.containment.lasting import longest_session
from scanner.inventory import Account, Gap, Group, Role, User, describe

State = Literal["needed", "removable", "by hand", "unknown"]


class Judged(msgspec.Struct, frozen=True):
    """A state, why, and the time that tells."""

    state: State
    why: str
    safe_to_remove: datetime | None = None


class CredentialsLeft(msgspec.Struct, frozen=True):
    """The credentials of a user that work, and what was not read of them."""

    active: tuple[str, ...]
    unread: tuple[str, ...]


def of_shape(
    shape: Shape | None, holder: Role | User | Group, account: Account, at: datetime, *, is_whole: bool
) -> Judged:
    """The state of a policy.

    Args:
        shape: how it contains; None where it has the name of a containment alone.
        holder: whose it is.
        account: its account.
        at: the present time.
        is_whole: whether all of the document was understood.
    """
    if shape is None:
        if not is_whole:
            return Judged("unknown", "It has the name of a containment, and what it says is not understood.")
        return Judged("by hand", "It has the name of a containment, and contains nothing: look who changed it.")
    if shape.form == "revocation":
        return _by_time(shape, holder, account, at)
    if shape.form == "one":
        return Judged(
            "by hand",
            "It denies everything to one session, instance or person, whenever it begins. It must stay until what "
            "bears the name is rebuilt or clean; nothing in the account tells when that is.",
        )
    if isinstance(holder, User):
        return judged_user(credentials_left(holder, account), "")
    return Judged("by hand", "It denies everything. Nothing in the account tells when the role is clean.")


def _by_time(shape: Shape, holder: Role | User | Group, account: Account, at: datetime) -> Judged:
    if shape.cutoff is None or not shape.has_time:
        return Judged("by hand", "It goes by a time that is not understood.")
    if isinstance(holder, Group):
        return Judged("by hand", "It is on a group, whose members come and go.", None)
    lasting = longest_session(holder, account)
    safe = shape.cutoff + lasting.longest
    hours = f"{lasting.longest.total_seconds() / 3600:g} hours"
    note = f" ({lasting.unknown.reason}: the longest that IAM allows is taken)" if lasting.unknown is not None else ""
    if at >= safe:
        return Judged("removable", f"Every session from before the cutoff has ended: none lasts {hours}{note}.", safe)
    return Judged("needed", f"Sessions from before the cutoff can last {hours}{note}.", safe)


def judged_user(left: CredentialsLeft | None, begun: str) -> Judged:
    """The state of what denies a user: by the credentials that still work."""
    if left is None:
        return Judged("by hand", f"{begun}It is not on a user.")
    if left.active:
        return Judged("needed", f"{begun}Still active: {', '.join(left.active)}.")
    if left.unread:
        return Judged("unknown", f"{begun}Whether a credential is still active was not read: {'; '.join(left.unread)}.")
    return Judged(
        "by hand",
        f"{begun}No active credential is left. It can go 36 hours after the last one ended, which is the longest "
        "session of GetSessionToken and GetFederationToken; AWS does not tell when a key was made inactive.",
    )


def credentials_left(user: User, account: Account) -> CredentialsLeft:
    """The keys, the password and the other credentials of a user that work."""
    active: list[str] = []
    unread: list[str] = []
    for said, is_known in (*_keys(user, account), *_services(user, account), *_reported(user, account)):
        (active if is_known else unread).append(said)
    return CredentialsLeft(tuple(active), tuple(unread))


_Said = Iterator[tuple[str, bool]]
"""A credential that works, or what is not known."""


def _keys(user: User, account: Account) -> _Said:
    listed = account.access_keys
    held = listed
    if not isinstance(listed, Gap):
        found = next((each.keys for each in listed if each.user == user.name), None)
        if found is None:
            yield "its access keys are not among those that were read", False
            return
        held = found  # type: ignore[assignment]  # keys of one in place of those of all
    if isinstance(held, Gap):
        yield describe(held), False
        return
    yield from ((f"access key {each.id}", True) for each in held if each.is_active)  # type: ignore[attr-defined]


def _services(user: User, account: Account) -> _Said:
    listed = account.service_credentials
    if isinstance(listed, Gap):
        yield describe(listed), False
        return
    for each in listed:
        if each.user == user.name and each.is_active:
            yield f"credential {each.id} for {each.service}", True


def _reported(user: User, account: Account) -> _Said:
    """The password and certificates, by the credential report, which may be four hours old."""
    report = account.credential_report
    if isinstance(report, Gap):
        yield describe(report), False
        return
    row = next((each for each in report.rows if each.user == user.name), None)
    if row is None or row.password_enabled is None:
        yield "the credential report does not tell whether it has a password", False
        return
    if row.password_enabled:
        yield "a console password", True
    if row.cert_1_active or row.cert_2_active:
        yield "a signing certificate", True
