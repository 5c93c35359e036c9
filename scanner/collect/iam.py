"""Collect principals, policies and access keys: few calls for the whole account, and one for each user with keys."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from scanner.authorization_details import LISTS, Details, Page, merge
from scanner.collect.desk import UNWANTED, Desk
from scanner.collect.reader import Reader
from scanner.inventory import (
    AccessKey,
    AccountSummary,
    CredentialReport,
    CredentialRow,
    Gap,
    Group,
    InstanceProfile,
    Instant,
    ManagedPolicy,
    NotCollected,
    Role,
    User,
    UserKeys,
)

_PAGE = {"PageSize": 1000}
_POLLS = (0.2, 0.5, 1.0, *(2.0,) * 28)
"""Seconds between questions whether the credential report is ready: about a minute in all."""
_UNDER_WAY = ("STARTED", "INPROGRESS")


class _Details(msgspec.Struct, frozen=True):
    """Authorization details in a form that can be remembered."""

    users: tuple[User, ...] | Gap
    groups: tuple[Group, ...] | Gap
    roles: tuple[Role, ...] | Gap
    policies: tuple[ManagedPolicy, ...] | Gap


class _Use(msgspec.Struct, frozen=True):
    """When and where a key was last used."""

    at: Instant | None = None
    service: str | None = None
    region: str | None = None


def read_details(desk: Desk) -> Details:
    """Users, groups, roles and policies in pages of 1,000; all four are gaps if one page fails."""

    def read(reader: Reader) -> _Details:
        pages = reader.pages("GetAccountAuthorizationDetails", PaginationConfig=_PAGE)
        found = merge([_page(page) for page in pages])
        for name, part in zip(LISTS, found, strict=True):
            if isinstance(part, Gap):
                raise KeyError(name)
        return _Details(*found)

    found = desk.ask("iam", "global", "GetAccountAuthorizationDetails", read, _Details)
    if isinstance(found, Gap):
        return Details(found, found, found, found)
    return Details(found.users, found.groups, found.roles, found.policies)


def _page(page: dict[str, Any]) -> Page:
    """The SDK's answer as the JSON that the file reader knows, so that one code reads files and live answers."""
    text = json.dumps(page, default=lambda value: value.isoformat())
    return msgspec.json.decode(text, type=Page)


def read_summary(desk: Desk) -> AccountSummary | Gap:
    """The counters of the account."""

    def read(reader: Reader) -> AccountSummary:
        counters = reader.call("GetAccountSummary")["SummaryMap"]
        return AccountSummary({str(name): int(value) for name, value in sorted(counters.items())})

    return desk.ask("iam", "global", "GetAccountSummary", read, AccountSummary)


def read_instance_profiles(desk: Desk) -> tuple[InstanceProfile, ...] | Gap:
    """Every instance profile, those without a role too."""

    def read(reader: Reader) -> tuple[InstanceProfile, ...]:
        profiles = [
            InstanceProfile(
                profile["InstanceProfileName"],
                profile["Arn"],
                tuple(sorted(role["RoleName"] for role in profile.get("Roles") or ())),
            )
            for page in reader.pages("ListInstanceProfiles", PaginationConfig=_PAGE)
            for profile in page["InstanceProfiles"]
        ]
        return tuple(sorted(profiles, key=lambda profile: profile.arn))

    return desk.ask("iam", "global", "ListInstanceProfiles", read, tuple[InstanceProfile, ...])


def read_credential_report(desk: Desk, pause: Callable[[float], None]) -> CredentialReport | Gap:
    """The credential report, made anew unless AWS has one of the last four hours; ``pause`` waits between questions."""

    def make(reader: Reader) -> bool:
        for seconds in _POLLS:
            state = reader.call("GenerateCredentialReport")["State"]
            if state == "COMPLETE":
                return True
            if state not in _UNDER_WAY:
                raise ValueError("an unknown state")
            pause(seconds)
        reason = "the report was not ready in time"
        reader.ledger.record("iam:GenerateCredentialReport", reader.region, "error", reason, calls=0)
        raise NotCollected(Gap("iam:GenerateCredentialReport", "error", reader.region, reason))

    def read(reader: Reader) -> CredentialReport:
        answer = reader.call("GetCredentialReport")
        rows = sorted(_rows(answer["Content"].decode("utf-8", "replace")), key=lambda row: row.arn)
        generated = answer.get("GeneratedTime")
        return CredentialReport(tuple(rows), generated.astimezone(UTC) if generated else None)

    # Whether one could be made does not matter: another caller may have made one that can still be read.
    desk.ask("iam", "global", "GenerateCredentialReport", make, bool, is_lasting=False)
    return desk.ask("iam", "global", "GetCredentialReport", read, CredentialReport)


def _rows(text: str) -> Iterator[CredentialRow]:
    """The rows of a report; raises KeyError or ValueError where a column is missing, but for those of certificates."""
    table = csv.DictReader(io.StringIO(text))
    if "user" not in (table.fieldnames or ()):
        raise KeyError("user")
    for row in table:
        if None in row.values():
            raise ValueError("the row is too short")
        yield CredentialRow(
            user=row["user"],
            arn=row["arn"],
            created=_instant(row["user_creation_time"]),
            password_enabled=_flag(row["password_enabled"]),
            password_last_used=_instant(row["password_last_used"]),
            password_last_changed=_instant(row["password_last_changed"]),
            mfa_active=_flag(row["mfa_active"]),
            key_1_active=_key_flag(row["access_key_1_active"]),
            key_1_rotated=_instant(row["access_key_1_last_rotated"]),
            key_1_last_used=_instant(row["access_key_1_last_used_date"]),
            key_1_last_used_service=_word(row["access_key_1_last_used_service"]),
            key_1_last_used_region=_word(row["access_key_1_last_used_region"]),
            key_2_active=_key_flag(row["access_key_2_active"]),
            key_2_rotated=_instant(row["access_key_2_last_rotated"]),
            key_2_last_used=_instant(row["access_key_2_last_used_date"]),
            key_2_last_used_service=_word(row["access_key_2_last_used_service"]),
            key_2_last_used_region=_word(row["access_key_2_last_used_region"]),
            cert_1_active=_flag(row.get("cert_1_active")) or False,
            cert_1_rotated=_instant(row.get("cert_1_last_rotated")),
            cert_2_active=_flag(row.get("cert_2_active")) or False,
            cert_2_rotated=_instant(row.get("cert_2_last_rotated")),
        )


def _word(value: str | None) -> str | None:
    return None if value in {None, "", "N/A", "no_information", "not_supported"} else value


def _flag(value: str | None) -> bool | None:
    return {"true": True, "false": False}.get((value or "").lower())


def _key_flag(value: str) -> bool | None:
    """Whether a key is active; None for what is no answer to that, so that nobody takes it for a no."""
    return False if value in {"N/A", "not_supported"} else _flag(value)


def _instant(value: str | None) -> datetime | None:
    word = _word(value)
    if word is None:
        return None
    instant = datetime.fromisoformat(word)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_access_keys(
    desk: Desk, users: tuple[User, ...] | Gap, report: CredentialReport | Gap, keys_of: str | None
) -> tuple[UserKeys, ...] | Gap:
    """The access keys of every user who has any, with their ids and last uses.

    Args:
        desk: where to ask.
        users: the users of the account.
        report: tells who has keys, and when these were last used.
        keys_of: the name or ARN of the one user whose keys matter. They are asked for, and so is their last use,
            whatever the report says, since it may be four hours old.
    """
    if "iam:ListAccessKeys" not in desk.wanted:
        return Gap("iam:ListAccessKeys", "skipped", "global", UNWANTED)
    if isinstance(users, Gap):
        return users
    rows: dict[str, CredentialRow] = {}
    if keys_of is not None:
        wanted = {keys_of, keys_of.lower()}
        names = [user.name for user in users if {user.arn, user.name.lower()} & wanted]
    elif isinstance(report, Gap):
        return report
    else:
        rows = {row.user: row for row in report.rows}
        names = [user.name for user in users if _may_have_keys(rows.get(user.name))]
    return tuple(desk.each(lambda name: _keys_of(desk, name, rows.get(name)), sorted(names)))


def _may_have_keys(row: CredentialRow | None) -> bool:
    """Whether the report may show a key, active or not; a user whom it does not know is newer than it."""
    if row is None or row.key_1_rotated is not None or row.key_2_rotated is not None:
        return True
    return row.key_1_active is not False or row.key_2_active is not False


def _keys_of(desk: Desk, user: str, row: CredentialRow | None) -> UserKeys:
    """The keys of one user; when each was last used comes from the user's row in the report, where it can."""
    listed = desk.ask(
        "iam", "global", "ListAccessKeys", partial(_listed, user=user), tuple[AccessKey, ...], subject=user
    )
    if isinstance(listed, Gap):
        return UserKeys(user, listed)
    return UserKeys(user, tuple(desk.each(lambda key: _with_use(desk, key, row), listed)))


def _listed(reader: Reader, user: str) -> tuple[AccessKey, ...]:
    keys = [
        AccessKey(key["AccessKeyId"], user, key["Status"], key["CreateDate"].astimezone(UTC))
        for page in reader.pages("ListAccessKeys", UserName=user, PaginationConfig=_PAGE)
        for key in page["AccessKeyMetadata"]
    ]
    return tuple(sorted(keys, key=lambda key: key.id))


def _with_use(desk: Desk, key: AccessKey, row: CredentialRow | None) -> AccessKey:
    slots = [use for made, use in _slots(row) if made and abs(made - key.created).total_seconds() < 1]
    use = slots[0] if len(slots) == 1 else _asked_use(desk, key.id)
    if isinstance(use, Gap):
        return msgspec.structs.replace(key, last_used=use)
    return msgspec.structs.replace(key, last_used=use.at, last_used_service=use.service, last_used_region=use.region)


def _slots(row: CredentialRow | None) -> Iterable[tuple[datetime | None, _Use]]:
    """The two keys of a report row. The report names no ids, so a key is known by the time at which it was made."""
    if row is None:
        return ()
    return (
        (row.key_1_rotated, _Use(row.key_1_last_used, row.key_1_last_used_service, row.key_1_last_used_region)),
        (row.key_2_rotated, _Use(row.key_2_last_used, row.key_2_last_used_service, row.key_2_last_used_region)),
    )


def _asked_use(desk: Desk, key_id: str) -> _Use | Gap:
    def read(reader: Reader) -> _Use:
        used = reader.call("GetAccessKeyLastUsed", AccessKeyId=key_id).get("AccessKeyLastUsed") or {}
        when = used.get("LastUsedDate")
        return _Use(when.astimezone(UTC) if when else None, _word(used.get("ServiceName")), _word(used.get("Region")))

    return desk.ask("iam", "global", "GetAccessKeyLastUsed", read, _Use, subject=key_id)
