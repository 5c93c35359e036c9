"""Credentials that are new, or work again: keys, passwords, MFA devices, credentials for single services.

Sources: UpdateAccessKey, DeleteAccessKey, DeleteLoginProfile, DeactivateMFADevice and UpdateServiceSpecificCredential
in the IAM API Reference; "Get credential reports" in the IAM User Guide: it is up to four hours old.
"""

from __future__ import annotations

from datetime import datetime

from policies.commands import iam
from policies.eradication.comparison import Comparison
from policies.eradication.told import Remnant
from scanner.inventory import AccessKey, CredentialReport, CredentialRow, Gap, describe

_EVIDENCE = "Deleted, it takes the trace of its last use along: make it inactive, delete it when the case is closed."
_REPORT = "By the credential report, which may be four hours old."


def credentials(found: Comparison) -> None:
    """Note every credential that is new or works again."""
    _keys(found)
    _services(found)
    _devices(found)
    _reported(found)


def _keys(found: Comparison) -> None:
    both = found.both(found.old.access_keys, found.new.access_keys, "access keys")
    if both is None:
        return
    before: dict[str, AccessKey] = {}
    unread = {}
    for holder in both[0]:
        if isinstance(holder.keys, Gap):
            unread[holder.user] = describe(holder.keys)
        else:
            before |= {key.id: key for key in holder.keys}
    for holder in both[1]:
        if isinstance(holder.keys, Gap):
            found.unknown.append(f"access keys of {holder.user} now: {describe(holder.keys)}")
            continue
        if holder.user in unread:
            found.unknown.append(f"access keys of {holder.user} before: {unread[holder.user]}")
            continue
        for key in holder.keys:
            _key(found, key, before.get(key.id))


def _key(found: Comparison, key: AccessKey, old: AccessKey | None) -> None:
    if old is not None and (old.is_active or not key.is_active):
        return
    named = {"user_name": key.user, "access_key_id": key.id}
    words = "access key active again" if old is not None else "access key created"
    found.add(
        Remnant(
            urgency="credential",
            what=words if key.is_active else f"{words}, inactive by now",
            resource=found.resource(key.id, "access-key", f"{key.id} of {key.user}"),
            created=key.created,
            hold=(iam("update-access-key", **named, status="Inactive"),) if key.is_active else (),
            remove=(iam("delete-access-key", **named),),
            breaks="Everything that signs with the key.",
            note=f"{_EVIDENCE} Sessions made with it live on for up to 36 hours.",
        )
    )


def _services(found: Comparison) -> None:
    both = found.both(found.old.service_credentials, found.new.service_credentials, "credentials for single services")
    if both is None:
        return
    before = {each.id: each for each in both[0]}
    for each in both[1]:
        old = before.get(each.id)
        if old is not None and (old.is_active or not each.is_active):
            continue
        named = {"user_name": each.user, "service_specific_credential_id": each.id}
        off = iam("update-service-specific-credential", **named, status="Inactive")
        found.add(
            Remnant(
                urgency="credential",
                what="credential active again" if old is not None else "credential created",
                resource=found.resource(each.id, "service-credential", f"{each.id} of {each.user} for {each.service}"),
                created=each.created,
                hold=(off,) if each.is_active else (),
                remove=(iam("delete-service-specific-credential", **named),),
                breaks="Whatever signs in with it.",
                note=_EVIDENCE,
            )
        )


def _devices(found: Comparison) -> None:
    both = found.both(found.old.virtual_mfa_devices, found.new.virtual_mfa_devices, "virtual MFA devices")
    if both is None:
        return
    before = {each.serial: each for each in both[0]}
    for each in both[1]:
        old = before.get(each.serial)
        if old is not None and not _is_later(old.enabled, each.enabled) and old.user == each.user:
            continue
        hold = (iam("deactivate-mfa-device", user_name=each.user, serial_number=each.serial),) if each.user else ()
        found.add(
            Remnant(
                urgency="credential",
                what="MFA device added" if old is None else "MFA device enabled anew",
                resource=found.resource(each.serial, "mfa-device", each.serial),
                created=each.enabled,
                hold=hold,
                remove=(*hold, iam("delete-virtual-mfa-device", serial_number=each.serial)),
                breaks="Its owner, if that is no thief, has to enrol another one.",
                note="" if each.user else "It may be the root user's, which only the root user removes.",
            )
        )


def _reported(found: Comparison) -> None:
    old, new = found.old.credential_report, found.new.credential_report
    both = found.both(
        old if isinstance(old, Gap) else _rows(old), new if isinstance(new, Gap) else _rows(new), "credential report"
    )
    if both is None:
        return
    before = {row.arn: row for row in both[0]}
    for row in both[1]:
        if row.is_root:
            _root(found, row, before.get(row.arn))
        else:
            _password(found, row, before.get(row.arn))
            _certificates(found, row, before.get(row.arn))


def _is_later(old: datetime | None, new: datetime | None) -> bool:
    """Whether a time is another one; a baseline keeps no times that change by themselves."""
    return old is not None and new is not None and old != new


def _rows(report: CredentialReport) -> tuple[CredentialRow, ...]:
    return report.rows


def _password(found: Comparison, row: CredentialRow, old: CredentialRow | None) -> None:
    if not row.password_enabled:
        return
    is_new = old is None or not old.password_enabled
    is_other = old is not None and _is_later(old.password_last_changed, row.password_last_changed)
    if not is_new and not is_other:
        return
    found.add(
        Remnant(
            urgency="credential",
            what="console password created" if is_new else "console password changed",
            resource=found.resource(row.arn, "login-profile", row.user),
            created=row.password_last_changed,
            remove=(iam("delete-login-profile", user_name=row.user),),
            breaks="The user cannot sign in to the console until there is another password.",
            note=f"{_REPORT} Whoever is signed in stays so for up to 12 hours: quarantine the user.",
        )
    )


def _certificates(found: Comparison, row: CredentialRow, old: CredentialRow | None) -> None:
    for number in (1, 2):
        is_active = getattr(row, f"cert_{number}_active")
        rotated = getattr(row, f"cert_{number}_rotated")
        is_known = old is not None and getattr(old, f"cert_{number}_active")
        if not is_active or (is_known and not _is_later(getattr(old, f"cert_{number}_rotated"), rotated)):
            continue
        found.add(
            Remnant(
                urgency="credential",
                what="signing certificate added",
                resource=found.resource(row.arn, "signing-certificate", row.user),
                created=rotated,
                hold=(iam("list-signing-certificates", user_name=row.user),),
                note=f"{_REPORT} It tells no id: list them, and make it inactive (update-signing-certificate).",
            )
        )


def _root(found: Comparison, row: CredentialRow, old: CredentialRow | None) -> None:
    told = []
    for number in (1, 2):
        rotated = f"key_{number}_rotated"
        is_other = old is None or _is_later(getattr(old, rotated), getattr(row, rotated))
        was_active = old is not None and getattr(old, f"key_{number}_active")
        if getattr(row, f"key_{number}_active") and (is_other or not was_active):
            told.append("root access key created")
    if old is not None and old.mfa_active and not row.mfa_active:
        told.append("root MFA off")
    if old is not None and _is_later(old.password_last_changed, row.password_last_changed):
        told.append("root password changed")
    for what in dict.fromkeys(told):
        found.add(
            Remnant(
                urgency="credential",
                what=what,
                resource=found.resource(row.arn, "root", "root user"),
                note=(
                    f"{_REPORT} Only the root user changes it: sign in as root, delete keys, renew password and MFA, "
                    "and check the address of the mailbox; in an organization with central root access, from there."
                ),
            )
        )
