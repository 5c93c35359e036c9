"""The options that several commands share, and how their texts become values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scanner.errors import UsageError
from scanner.findings import SEVERITIES, Severity


class Threshold(StrEnum):
    """From which severity on findings make the exit code 1."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NONE = "none"

    @property
    def severity(self) -> Severity | None:
        """The severity, or None for ``none``."""
        return next((severity for severity in SEVERITIES if severity == self.value), None)


class Least(StrEnum):
    """The severity from which on rules are asked."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def severity(self) -> Severity:
        """The same as findings have it."""
        return self.value


Profile = Annotated[str | None, typer.Option("--profile", "-p", help="AWS profile.", rich_help_panel="AWS")]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", "-r", help="A region to scan; repeat it. Default: every enabled region of the account."),
]
RoleArn = Annotated[str | None, typer.Option("--role-arn", help="A role to assume for the scan.")]
ExternalId = Annotated[str | None, typer.Option("--external-id", help="The external id that the role demands.")]
SessionDuration = Annotated[
    int | None, typer.Option("--session-duration", min=900, max=43200, help="Seconds that the assumed session lasts.")
]
MfaSerial = Annotated[
    str | None, typer.Option("--mfa-serial", help="Serial or ARN of your MFA device; the code is asked for.")
]
AccountId = Annotated[
    str | None, typer.Option("--account", help="The account that it must be; any other is refused, before it is read.")
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="The configuration file. Default: guardrift.toml, upward to the repository root."),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")]
SnapshotFile = Annotated[
    Path | None,
    typer.Option(
        "--snapshot",
        help="Read this file instead of AWS: a snapshot, or the JSON of 'aws iam get-account-authorization-details'.",
    ),
]
Compare = Annotated[
    Path | None,
    typer.Option(
        "--compare",
        help="The JSON report of an earlier run over the account: tell what is new, worse, resolved and still open.",
    ),
]
MaxRate = Annotated[
    float | None,
    typer.Option(
        "--max-rate",
        min=0.1,
        help="Requests a second at most, retries included. Default: as many as 16 in flight make.",
        rich_help_panel="AWS",
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from where an interrupted run stopped, or left something unread.")
]
ResumeMaxAge = Annotated[
    float, typer.Option("--resume-max-age", min=0, help="With --resume: read again what is older than so many hours.")
]
LastAccessed = Annotated[
    bool,
    typer.Option("--last-accessed", help="Read which services each principal used last; takes a job for each of them."),
]
Stats = Annotated[
    bool, typer.Option("--stats", help="Say on stderr how many calls were made, how few would do, and what took time.")
]
_MANY = "Many accounts"
Organization = Annotated[
    bool,
    typer.Option("--organization", help="Scan every active account of the organization.", rich_help_panel=_MANY),
]
RoleName = Annotated[
    str | None,
    typer.Option("--role-name", help="The role to assume in each account, by name.", rich_help_panel=_MANY),
]
Units = Annotated[
    list[str] | None,
    typer.Option(
        "--ou", help="Only accounts below this unit: its id, name, or path; repeat it.", rich_help_panel=_MANY
    ),
]
OnlyAccounts = Annotated[
    list[str] | None, typer.Option("--only-account", help="Only this account; repeat it.", rich_help_panel=_MANY)
]
SkipAccounts = Annotated[
    list[str] | None, typer.Option("--skip-account", help="Not this account; repeat it.", rich_help_panel=_MANY)
]
AccountTags = Annotated[
    list[str] | None,
    typer.Option("--account-tag", help="Only accounts with this tag, KEY=VALUE; repeat it.", rich_help_panel=_MANY),
]
FleetFolder = Annotated[
    Path | None,
    typer.Option("--fleet-dir", help="Where everything is written. Default: guardrift-fleet.", rich_help_panel=_MANY),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Processes. Default: one for each processor.", rich_help_panel=_MANY),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Use the workers of this Dask scheduler, tcp://HOST:8786.", rich_help_panel=_MANY),
]
LogBuckets = Annotated[
    list[str] | None,
    typer.Option(
        "--log-bucket",
        help="A bucket that accounts deliver logs to, beside those of the organization's trails; repeat it.",
        rich_help_panel=_MANY,
    ),
]
Families = Annotated[list[str] | None, typer.Option("--family", help="Ask only the rules of this family; repeat it.")]
Phases = Annotated[
    list[str] | None,
    typer.Option("--phase", help="Only rules for detect, contain, investigate or eradicate; repeat it."),
]
Frameworks = Annotated[
    list[str] | None,
    typer.Option(
        "--framework", help="Only rules that decide a control of cis, nist-csf, well-architected or attack; repeat it."
    ),
]
Severities = Annotated[Least | None, typer.Option("--severity", help="Ask only the rules of this severity and above.")]
RuleFolders = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="A folder with rules of your own, whose Python code is run; repeat it."),
]
At = Annotated[
    str | None,
    typer.Option("--at", help="Judge as of this time (2026-11-20 or 2026-11-20T23:00:00Z). Default: when it was read."),
]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for the SDK's messages.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors, and what goes to files.")]


def instant(text: str | None) -> datetime | None:
    """A point in time; a date alone is its midnight, UTC. Raises ``typer.BadParameter`` for anything else."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-20"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is not a time such as 2026-11-20T23:00:00Z") from None
    raise typer.BadParameter(f"{text!r} has no time zone; write 2026-11-20T23:00:00Z")


def account_id(text: str | None) -> str | None:
    """An account id; raises ``typer.BadParameter`` unless it has twelve digits."""
    if text is not None and not (len(text) == 12 and text.isascii() and text.isdigit()):
        raise typer.BadParameter(f"{text!r} is not an account id: it has twelve digits")
    return text


def known_account_id(text: str) -> str:
    """An account id that is given; raises ``typer.BadParameter`` unless it has twelve digits."""
    return account_id(text) or ""


def key_and_value(text: str) -> tuple[str, str]:
    """The two sides of ``KEY=VALUE``; raises ``typer.BadParameter`` without an equals sign or a key."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE")
    return key, value


def check_kind(*, organization: bool, of_one: Mapping[str, object], of_many: Mapping[str, object]) -> None:
    """Raise ``UsageError`` for options of one account beside --organization, and for its own ones without it."""
    if organization and of_many["--role-name"] is None:
        raise UsageError(
            "--organization needs --role-name", "Name the role that 'guardrift policies scanner-role' describes."
        )
    wrong = [name for name, value in (of_one if organization else of_many).items() if value]
    if wrong and organization:
        raise UsageError(f"{wrong[0]} is for one account, and has no meaning with --organization", "Leave it out.")
    if wrong:
        raise UsageError(f"{wrong[0]} goes with --organization", "Add --organization, or leave it out.")
