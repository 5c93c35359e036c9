"""Collect principals, policies and credentials: few calls for the whole account, and one for each user with keys."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from scanner.authorization_details import Details, Page, merge
from scanner.collect.reader import Reader, answered, typed
from scanner.inventory import (
    AccessKey,
    AccountSummary,
    CredentialReport,
    CredentialRow,
    Gap,
    InstanceProfile,
    NotCollected,
    User,
    UserKeys,
)

_PAGE = {"PageSize": 1000}
_POLLS = (0.2, 0.5, 1.0, *(2.0,) * 28)
"""Seconds between questions whether the credential report is ready: about a minute in all."""


def read_details(reader: Reader) -> Details:
    """Users, groups, roles and policies in pages of 1,000; all four are gaps if one page fails."""

    def read() -> Details:
        pages = reader.pages("GetAccountAuthorizationDetails", PaginationConfig=_PAGE)
        return merge([_page(page) for page in pages])

    found = answered(reader, "GetAccountAuthorizationDetails", read)
    return Details(found, found, found, found) if isinstance(found, Gap) else found


def _page(page: dict[str, Any]) -> Page:
    """The SDK's answer as the JSON that the file reader knows, so that one code reads files and live answers."""
    text = json.dumps(page, default=lambda value: value.isoformat())
    return msgspec.json.decode(text, type=Page)


def read_summary(reader: Reader) -> AccountSummary | Gap:
    """The counters of the account."""

    def read() -> AccountSummary:
        counters = reader.call("GetAccountSummary")["SummaryMap"]
        return AccountSummary({str(name): int(value) for name, value in counters.items()})

    return answered(reader, "GetAccountSummary", read)


def read_instance_profiles(reader: Reader) -> tuple[InstanceProfile, ...] | Gap:
    """Every instance profile, those without a role too."""

    def read() -> tuple[InstanceProfile, ...]:
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

    return answered(reader, "ListInstanceProfiles", read)


def read_credential_report(reader: Reader, pause: Callable[[float], None]) -> CredentialReport | Gap:
    """The credential report, made anew unless AWS has one of the last four hours; ``pause`` waits between questions."""
    try:
        for seconds in _POLLS:
            if reader.call("GenerateCredentialReport").get("State") == "COMPLETE":
                break
            pause(seconds)
    except NotCollected:
        # Another caller may have made one that can still be read.
        pass

    def read() -> CredentialReport:
        answer = reader.call("GetCredentialReport")
        rows = sorted(_rows(answer["Content"].decode("utf-8", "replace")), key=lambda row: row.arn)
        generated = answer.get("GeneratedTime")
        return CredentialReport(tuple(rows), generated.astimezone(UTC) if generated else None)

    return answered(reader, "GetCredentialReport", read)


def _rows(text: str) -> Iterator[CredentialRow]:
    """The rows of a report; raises KeyError or ValueError where one of their columns is missing."""
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
            key_1_active=_flag(row["access_key_1_active"]) or False,
            key_1_rotated=_instant(row["access_key_1_last_rotated"]),
            key_1_last_used=_instant(row["access_key_1_last_used_date"]),
            key_1_last_used_service=_word(row["access_key_1_last_used_service"]),
            key_1_last_used_region=_word(row["access_key_1_last_used_region"]),
            key_2_active=_flag(row["access_key_2_active"]) or False,
            key_2_rotated=_instant(row["access_key_2_last_rotated"]),
            key_2_last_used=_instant(row["access_key_2_last_used_date"]),
            key_2_last_used_service=_word(row["access_key_2_last_used_service"]),
            key_2_last_used_region=_word(row["access_key_2_last_used_region"]),
        )


def _word(value: str | None) -> str | None:
    return None if value in {None, "", "N/A", "no_information", "not_supported"} else value


def _flag(value: str | None) -> bool | None:
    return {"true": True, "false": False}.get((value or "").lower())


def _instant(value: str | None) -> datetime | None:
    word = _word(value)
    if word is None:
        return None
    instant = datetime.fromisoformat(word)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def users_with_keys(users: tuple[User, ...], report: CredentialReport) -> tuple[str, ...]:
    """Users that the report shows with a key, active or not, and users whom the report does not know yet."""
    rows = {row.user: row for row in report.rows}
    return tuple(
        user.name
        for user in users
        if (row := rows.get(user.name)) is None
        or row.key_1_active
        or row.key_2_active
        or row.key_1_rotated
        or row.key_2_rotated
    )


def read_keys(reader: Reader, user: str, row: CredentialRow | None) -> UserKeys:
    """The keys of one user with their ids; when each was last used comes from the user's row in the report."""

    def read() -> tuple[AccessKey, ...]:
        found = [
            key
            for page in reader.pages("ListAccessKeys", UserName=user, PaginationConfig=_PAGE)
            for key in page["AccessKeyMetadata"]
        ]
        keys = [_key(reader, user, key, row) for key in found]
        return tuple(sorted(keys, key=lambda key: key.id))

    return UserKeys(user, answered(reader, "ListAccessKeys", read))


def _key(reader: Reader, user: str, key: dict[str, Any], row: CredentialRow | None) -> AccessKey:
    created = key["CreateDate"].astimezone(UTC)
    bare = typed(AccessKey(key["AccessKeyId"], user, key.get("Status", ""), created))
    slots = [slot for slot in _slots(row) if slot[0] is not None and abs(slot[0] - created).total_seconds() < 1]
    if len(slots) == 1:
        _, last_used, service, region = slots[0]
        return msgspec.structs.replace(bare, last_used=last_used, last_used_service=service, last_used_region=region)
    return _ask_last_used(reader, bare)


def _slots(row: CredentialRow | None) -> list[tuple[datetime | None, datetime | None, str | None, str | None]]:
    """The two keys of a report row. The report names no ids, so a key is known by the time at which it was made."""
    if row is None:
        return []
    return [
        (row.key_1_rotated, row.key_1_last_used, row.key_1_last_used_service, row.key_1_last_used_region),
        (row.key_2_rotated, row.key_2_last_used, row.key_2_last_used_service, row.key_2_last_used_region),
    ]


def _ask_last_used(reader: Reader, key: AccessKey) -> AccessKey:
    def read() -> AccessKey:
        used = reader.call("GetAccessKeyLastUsed", AccessKeyId=key.id).get("AccessKeyLastUsed") or {}
        when = used.get("LastUsedDate")
        return msgspec.structs.replace(
            key,
            last_used=when.astimezone(UTC) if when else None,
            last_used_service=_word(used.get("ServiceName")),
            last_used_region=_word(used.get("Region")),
        )

    found = answered(reader, "GetAccessKeyLastUsed", read)
    return msgspec.structs.replace(key, last_used=found) if isinstance(found, Gap) else found
