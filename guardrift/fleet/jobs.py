"""What crosses between the coordinator and its workers: JSON that holds names and facts, and never a credential."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from guardrift.configuration import Configuration
from guardrift.fleet.sharing import Gift, Shared
from guardrift.selection import Selection
from scanner.fleet_report import AccountResult
from scanner.inventory import Account, Instant
from scanner.report import RuleResult
from scanner.snapshot import encode


class CollectJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One account to read.

    Attributes:
        tool_version: of the coordinator; a worker of another version refuses.
        now: when the run began.
        role_arn: the role that the worker assumes with its own credentials; None where these are the account's.
        profile: a profile of the worker's own AWS configuration.
        wanted: the API actions whose answers matter; None means all but those of options.
        log_buckets: names of buckets to which accounts of the organization deliver logs.
        journal: a file of this machine that remembers answers; None where the worker may be on another one.
        journal_max_age: how many seconds old a remembered answer may be to be used again; None to begin anew.
    """

    tool_version: str
    account_id: str
    now: Instant
    role_arn: str | None = None
    external_id: str | None = None
    session_duration: int | None = None
    profile: str | None = None
    regions: tuple[str, ...] = ()
    wanted: tuple[str, ...] | None = None
    log_buckets: tuple[str, ...] = ()
    concurrency: int = 16
    max_rate: float | None = None
    journal: str | None = None
    journal_max_age: float | None = None


class JudgeJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One account to judge, with what others know of it.

    Attributes:
        name: of the account, as the organization has it.
        place: the names of the root and the units above it.
        tags: of the account, where the configuration asks for some.
        at: the time to judge at; None for the time when it was read.
        started_at: when the run began.
        selection: what the command line says of the rules to ask.
        rule_folders: folders of custom rules, which the worker reads itself.
        gifts: facts that other accounts read.
        snapshot: the account as it was collected.
    """

    tool_version: str
    account_id: str
    name: str
    started_at: Instant
    selection: Selection
    configuration: Configuration
    snapshot: Raw
    place: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    rule_folders: tuple[str, ...] = ()
    at: Instant | None = None
    gifts: tuple[Gift, ...] = ()


class Collected(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="collected"):
    """An account that was read.

    Attributes:
        is_complete: whether no call was denied, throttled or failed.
        wants: tokens of the facts that only other accounts can read.
        shared: facts that other accounts may want.
    """

    account_id: str
    taken_at: Instant
    is_complete: bool
    wants: tuple[str, ...]
    shared: Shared
    snapshot: Raw


class Judged(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="judged"):
    """An account that was judged: the snapshot with what was joined to it, the report in two forms, and its digest."""

    result: AccountResult
    rules: tuple[RuleResult, ...]
    snapshot: Raw
    report: Raw
    html: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="failed"):
    """An account whose work failed, and why; the message holds nothing that the SDK said."""

    message: str


Answer = Collected | Judged | Failed


def encoded(value: msgspec.Struct) -> str:
    """The value as JSON text."""
    return msgspec.json.encode(value).decode()


def snapshot_of(account: Account) -> Raw:
    """The canonical snapshot as part of a message: without the line feed at its end."""
    return Raw(encode(account)[:-1])


def answer(text: str) -> Answer:
    """The answer of a worker; raises ``msgspec.DecodeError`` for what is none."""
    found: Answer = msgspec.json.decode(text, type=Answer)
    return found
