"""The credential report as AWS writes it; moto's lacks the root user, and where keys were used."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from guardrift.demo.setting import ACCOUNT_ID, PARTITION

_COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active",
    "access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
    "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service",
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip
_NO_KEY = ("false", "N/A", "N/A", "N/A", "N/A")
_NO_CERTIFICATES = ("false", "N/A", "false", "N/A")


def credential_report(users: Iterable[Any], created: datetime) -> bytes:
    """The CSV of the report: the root user with MFA and without keys, then moto's users.

    Args:
        users: users as moto keeps them.
        created: when the account was made.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerow(_root_row(created))
    writer.writerows(_user_row(user) for user in users)
    return text.getvalue().encode()


def _root_row(created: datetime) -> tuple[str, ...]:
    arn = f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root"
    password = ("not_supported", _time(created), "not_supported", "not_supported")
    return ("<root_account>", arn, _time(created), *password, "true", *_NO_KEY, *_NO_KEY, *_NO_CERTIFICATES)


def _user_row(user: Any) -> tuple[str, ...]:
    created = _time(user.create_date)
    password = ("true", _time(user.password_last_used), created, "N/A") if user.password else ("false", *["N/A"] * 3)
    keys = [_key(key) for key in user.access_keys] + [_NO_KEY, _NO_KEY]
    return (user.name, user.arn, created, *password, _flag(user.mfa_devices), *keys[0], *keys[1], *_NO_CERTIFICATES)


def _key(key: Any) -> tuple[str, ...]:
    used = ("N/A", "N/A", "N/A")
    if key.last_used is not None:
        used = (_time(key.last_used.timestamp), key.last_used.region, key.last_used.service)
    return (_flag(key.status == "Active"), _time(key.create_date), *used)


def _flag(value: object) -> str:
    return "true" if value else "false"


def _time(moment: datetime | None) -> str:
    return "no_information" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
