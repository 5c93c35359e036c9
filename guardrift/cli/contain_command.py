"""guardrift contain: from a finding, a key, a role or a user to the plan that contains it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from guardrift.cli import options as o
from guardrift.cli.app import command_app
from guardrift.cli.rules_command import Form

app = command_app()

_CARRYING = "Carry out and undo"


class _Once(TyperCommand):
    """A command that takes each option once: of two suspects the first would be passed over, and stay free."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        repeatable = {each.name for each in self.params if getattr(each, "multiple", False)}
        repeatable |= {each.name for each in self.params if getattr(each, "count", False)}
        for param, times in Counter(order).items():
            if times > 1 and param.name not in repeatable:
                raise typer.BadParameter(
                    "it was given more than once; contain one at a time", ctx=ctx, param_hint=repr(param.opts[0])
                )
        return super().parse_args(ctx, args)


@app.command(cls=_Once)
def contain(
    role: Annotated[str | None, typer.Option("--role", help="The name or ARN of a role.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="The name or ARN of a user.")] = None,
    access_key: Annotated[str | None, typer.Option("--access-key", help="The id of an access key.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="The ARN of a session, or AROA...:NAME.")] = None,
    instance: Annotated[str | None, typer.Option("--instance", help="The id of an instance.")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="The id of a person in the identity store of Identity Center.")
    ] = None,
    finding: Annotated[
        Path | None,
        typer.Option(
            "--finding",
            help="A file: GuardDuty (event, get-findings), Security Hub (ASFF, OCSF) or Health; - is stdin.",
        ),
    ] = None,
    snapshot: o.SnapshotFile = None,
    cutoff: Annotated[
        str | None,
        typer.Option(
            "--cutoff",
            help="'now', or a time (2026-11-20T23:00:00Z) within the next hour. Default: the commands compute it.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write plan, documents and runbook below this folder.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="text (the runbook) or json (the plan).")] = Form.TEXT,
    protect: Annotated[
        list[str] | None,
        typer.Option("--protect", help="Never contain these: role/NAME, user/NAME, an ARN, with * and ?; repeat it."),
    ] = None,
    max_age: Annotated[
        int, typer.Option("--max-age", min=1, help="Hours that the facts of a snapshot may be old.")
    ] = 24,
    execute: Annotated[
        bool, typer.Option("--execute", help="Carry the plan out, after a confirmation.", rich_help_panel=_CARRYING)
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", help="Go on with the run of this journal.", rich_help_panel=_CARRYING),
    ] = None,
    rollback: Annotated[
        Path | None,
        typer.Option(
            "--rollback", help="Undo the run of this journal, as far as it is safe.", rich_help_panel=_CARRYING
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option("--verify", help="Look whether the run of this journal holds.", rich_help_panel=_CARRYING),
    ] = None,
    status: Annotated[
        bool,
        typer.Option(
            "--status", help="Tell what contains whom, and until when it is needed.", rich_help_panel=_CARRYING
        ),
    ] = False,
    since: Annotated[
        Path | None,
        typer.Option(
            "--since",
            help="With --status: the last clean snapshot; what appeared since is told, and how it is removed.",
            rich_help_panel=_CARRYING,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask for no confirmation.", rich_help_panel=_CARRYING)] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="With --rollback: undo also what is needed still.", rich_help_panel=_CARRYING),
    ] = False,
    journal: Annotated[
        Path, typer.Option("--journal", help="The folder of the journals.", rich_help_panel=_CARRYING)
    ] = Path("guardrift-journal"),
    organization_profile: Annotated[
        str | None,
        typer.Option(
            "--organization-profile", help="The AWS profile of the management account.", rich_help_panel=_CARRYING
        ),
    ] = None,
    organization_role_arn: Annotated[
        str | None,
        typer.Option(
            "--organization-role-arn", help="A role in the management account to assume.", rich_help_panel=_CARRYING
        ),
    ] = None,
    without_organization: Annotated[
        bool,
        typer.Option(
            "--without-organization",
            help="Leave out what only the organization puts in place.",
            rich_help_panel=_CARRYING,
        ),
    ] = False,
    close_path: Annotated[
        bool,
        typer.Option("--close-path", help="Require IMDSv2 of the suspected instances, too.", rich_help_panel=_CARRYING),
    ] = False,
    max_per_hour: Annotated[
        int,
        typer.Option(
            "--max-per-hour", min=1, help="Contain no more principals within an hour.", rich_help_panel=_CARRYING
        ),
    ] = 10,
    at: o.At = None,
    profile: o.Profile = None,
    region: o.Regions = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    max_rate: o.MaxRate = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Plan how a suspected credential is contained; the plan is proven before it is shown.

    Nothing is changed, unless with --execute or --rollback. On AWS the GuardDuty findings that name the same key,
    session or instance are read, too.

    Exit code 0: every plan is proven, or carried out. 1: a guard refused, nothing contains it, or it does not hold.
    3: facts are missing. 4: carrying it out failed; the journal is named.

    \b
    Examples:
      guardrift contain --role web-server --snapshot snapshot.json
      guardrift contain --finding finding.json -o case-17/
      guardrift contain --access-key AKIAIOSFODNN7EXAMPLE --format json
      guardrift contain --role web-server --execute
      guardrift contain --rollback guardrift-journal/20261122T030000Z-role-web-server-1a2b3c.jsonl
      guardrift contain --status --since clean.json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from datetime import UTC, datetime, timedelta

    from guardrift.cli.carrying_options import Carrying
    from guardrift.cli.containing import Contained, run_contain
    from guardrift.cli.containing_modes import run_mode
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging

    set_up_logging(verbose, quiet=quiet)
    named = {
        "role": role,
        "user": user,
        "access-key": access_key,
        "session": session,
        "instance": instance,
        "person": person,
    }
    source = Source(
        snapshot=snapshot,
        profile=profile,
        regions=tuple(region or ()),
        role_arn=role_arn,
        external_id=external_id,
        session_duration=session_duration,
        mfa_serial=mfa_serial,
        account_id=o.account_id(account),
        max_rate=max_rate,
        quiet=quiet,
    )
    carrying = Carrying(
        yes=yes,
        folder=journal,
        profile=organization_profile,
        role_arn=organization_role_arn,
        without_organization=without_organization,
        close=close_path,
        most=max_per_hour,
        quiet=quiet,
    )
    wanted = Contained(
        named={by: text for by, text in named.items() if text is not None},
        finding=finding,
        source=source,
        cutoff=cutoff,
        folder=output,
        as_json=form is Form.JSON,
        protected=tuple(protect or ()),
        max_age=timedelta(hours=max_age),
        at=o.instant(at),
        config=config,
        no_config=no_config,
        organization=(
            Source(profile=organization_profile, role_arn=organization_role_arn, quiet=quiet)
            if organization_profile is not None or organization_role_arn is not None
            else None
        ),
        carrying=carrying if execute else None,
    )
    now = datetime.now(UTC)
    modes = {"resume": resume, "rollback": rollback, "verify": verify}
    code = run_mode(wanted, carrying, modes, status=status, since=since, force=force, now=now)
    raise typer.Exit(run_contain(wanted, now=now) if code is None else code)
