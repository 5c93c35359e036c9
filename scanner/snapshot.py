"""Snapshots as bytes: one canonical encoding, and a reader for every form in which an account may come."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET, Raw, UnsetType

from scanner.actions import BY_API
from scanner.authorization_details import API, accounts_of, decode_pages, merge, once_each
from scanner.errors import UsageError
from scanner.iam.principals import is_account_id
from scanner.inventory import Account, CoverageRow, Gap

_KIND = re.compile(r"guardrift/([a-z-]+)/(\d+)")
_BEGINNING = re.compile(rb'\s*\{\s*"(?:UserDetailList|GroupDetailList|RoleDetailList|Policies)"\s*:')
"""How an answer of GetAccountAuthorizationDetails begins, and no document of ours."""

_MOST_NAMED = 5

_NOT_IN_FILE = "the file holds IAM authorization details only"


class _ForeignError(ValueError):
    """JSON of some other program."""


class _Head(msgspec.Struct):
    """What tells the kinds of documents apart; everything else is skipped without being decoded."""

    schema: str | UnsetType = UNSET
    UserDetailList: Raw | UnsetType = UNSET
    GroupDetailList: Raw | UnsetType = UNSET
    RoleDetailList: Raw | UnsetType = UNSET
    Policies: Raw | UnsetType = UNSET


def encode(account: Account) -> bytes:
    """The canonical snapshot: the same facts always give the same bytes."""
    return msgspec.json.encode(account, order="deterministic") + b"\n"


def digest(account: Account) -> str:
    """The SHA-256 of the canonical snapshot, in hexadecimal."""
    found = hashlib.sha256(msgspec.json.encode(account, order="deterministic"))
    found.update(b"\n")
    return found.hexdigest()


def decode(data: bytes, *, now: datetime, actions: Mapping[str, bool], account_id: str | None = None) -> Account:
    """Read a snapshot, or the raw JSON of ``aws iam get-account-authorization-details``, recognised by content.

    Args:
        data: the file; gzip and a byte order mark are understood.
        now: the time that stands in where the file does not say when it was taken.
        actions: every API action that a scan makes, and whether it is asked in each region; those that a raw file does
            not answer become coverage rows.
        account_id: the account of a raw file that holds no ARN, and an assertion otherwise.

    Raises:
        UsageError: the file is truncated, foreign, of a newer version, or of more than one account.
    """
    text = _unpacked(data)
    try:
        kind = _recognise(text)
        if kind == "snapshot":
            # Without the white space of a pretty-printer, so that equal facts have one encoding.
            account = _with_unheld_regions(msgspec.json.decode(msgspec.json.format(text, indent=-1), type=Account))
            for part in (account.users, account.groups, account.roles, account.policies):
                once_each(() if isinstance(part, Gap) else part)
        else:
            account = _from_details(text, now, actions, account_id)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise UsageError(
            f"the file cannot be read as a snapshot: {fault}",
            "Give a snapshot of guardrift, or the JSON of 'aws iam get-account-authorization-details'.",
        ) from None
    if account_id is not None and account.account_id != account_id:
        raise UsageError(
            f"the file is of account {account.account_id}, not of {account_id}", "Check --account and the file."
        )
    return account


def _with_unheld_regions(account: Account) -> Account:
    """The account, saying that it has more regions than it holds where its coverage names some that are missing.

    A file from which regions were cut would otherwise be of an account in which nothing is wrong there. Only what is
    asked in every region tells: keys, topics and the like are read wherever a trail or a rule leads.
    """
    held = {region.name for region in account.regions}
    named = {row.region for row in account.coverage if row.account_id == account.account_id and _is_everywhere(row.api)}
    missing = sorted(named - held - {"global", "*"})
    if not missing or account.other_regions is not None:
        return account
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    names = ", ".join(missing[:_MOST_NAMED]) + more
    reason = f"the snapshot says that regions were asked of which it holds nothing: {names}"
    gap = Gap("ec2:DescribeRegions", "error", reason=reason)
    return msgspec.structs.replace(account, other_regions=gap)


def _is_everywhere(api: str) -> bool:
    action = BY_API.get(api)
    return action is not None and action.is_regional and not action.after


def _unpacked(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as fault:
            raise UsageError(f"the file is not complete gzip: {fault}", "Copy it again; it may be truncated.") from None
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(encoding).encode()
            except UnicodeError as fault:
                raise UsageError(f"the file is not valid {encoding}: {fault}", "Save it as UTF-8.") from None
    return data


def _recognise(text: bytes) -> str:
    if _BEGINNING.match(text) and b'"schema"' not in text and b"\\u00" not in text:
        return "details"  # without reading all of a large file once more
    if not text.strip():
        raise UsageError("the file is empty", "Take the snapshot again.")
    if text.lstrip()[:1] == b"[":
        heads = msgspec.json.decode(text, type=list[_Head])
    else:
        heads = [msgspec.json.decode(text, type=_Head)]
    if heads and all(_is_details(head) for head in heads):
        return "details"
    schema = heads[0].schema if len(heads) == 1 else UNSET
    if isinstance(schema, UnsetType):
        raise _ForeignError(
            "it is JSON, but neither a guardrift document nor an answer of GetAccountAuthorizationDetails"
        )
    check_schema(schema, "snapshot", 1)
    return "snapshot"


def _is_details(head: _Head) -> bool:
    lists = (head.UserDetailList, head.GroupDetailList, head.RoleDetailList, head.Policies)
    return isinstance(head.schema, UnsetType) and any(not isinstance(part, UnsetType) for part in lists)


def check_schema(schema: str, kind: str, version: int) -> None:
    """Raise ``UsageError`` unless the schema is of this kind and major version."""
    match = _KIND.fullmatch(schema)
    if match is None or match[1] != kind:
        raise UsageError(
            f"the file is a {schema!r} document, not a {kind}", f"Give a file of schema guardrift/{kind}/{version}."
        )
    if int(match[2]) > version:
        raise UsageError(
            f"the {kind} was written by a newer guardrift (schema {schema}; this one knows version {version})",
            "Upgrade guardrift: pip install --upgrade guardrift",
        )


def _from_details(text: bytes, now: datetime, actions: Mapping[str, bool], account_id: str | None) -> Account:
    pages = decode_pages(text)
    if all(page.has_more for page in pages):
        raise UsageError(
            "the file holds only the first part of the answer (IsTruncated or NextToken)",
            "Run 'aws iam get-account-authorization-details' without --max-items and --no-paginate.",
        )
    details = merge(pages)
    found = accounts_of(details)
    if len(found) > 1:
        names = ", ".join(sorted(account for _, account in found)[:5])
        raise UsageError(f"the file holds {len(found)} accounts ({names})", "Give one file for each account.")
    if not found and account_id is None:
        raise UsageError("the file names no account: it holds no user, role, group or policy", "Give --account ID.")
    partition, owner = next(iter(found)) if found else ("aws", account_id or "")
    if not is_account_id(owner):
        raise UsageError(f"{owner!r} is not an account id", "An account id is twelve digits.")
    rows = [CoverageRow(account_id=owner, region="global", api=API, status="ok", calls=0)]
    rows += [
        CoverageRow(
            account_id=owner, region="*" if regional else "global", api=api, status="skipped", message=_NOT_IN_FILE
        )
        for api, regional in actions.items()
        if api != API
    ]
    return Account(
        account_id=owner,
        partition=partition,
        taken_at=now,
        users=details.users,
        groups=details.groups,
        roles=details.roles,
        policies=details.policies,
        other_regions=Gap("ec2:DescribeRegions", "skipped", reason=_NOT_IN_FILE),
        coverage=tuple(sorted(rows, key=lambda row: (row.region, row.api))),
    )
