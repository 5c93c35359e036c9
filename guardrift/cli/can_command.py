"""guardrift can: whether a principal may do something, and what decides it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app
from guardrift.cli.rules_command import Form

app = command_app()


class Expected(StrEnum):
    """An answer that a decision is compared with."""

    YES = "yes"
    NO = "no"
    ONLY_IF = "only_if"


@app.command()
def can(
    principal: Annotated[
        str | None,
        typer.Argument(
            metavar="PRINCIPAL",
            help="Who: the ARN of a user, a role, an assumed-role session or a root user; user/NAME, role/NAME, root; "
            "or a name that only one principal has.",
        ),
    ] = None,
    action: Annotated[
        str | None, typer.Argument(metavar="ACTION", help="What, such as s3:GetObject, in any case.")
    ] = None,
    resource: Annotated[
        str,
        typer.Argument(
            metavar="RESOURCE",
            help="On what: an ARN. * stands for actions that take no resource; for others it asks about the action as "
            "such, and statements that are bound to ARNs do not match.",
        ),
    ] = "*",
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            "-c",
            metavar="KEY=VALUE",
            help="A key of the request, such as aws:SourceIp=203.0.113.7; repeat it, also for a key of several values. "
            "What is neither given nor settled by the principal is undecided.",
        ),
    ] = None,
    absent: Annotated[
        list[str] | None,
        typer.Option("--absent", metavar="KEY", help="A key that the request does not have; repeat it."),
    ] = None,
    scp: Annotated[
        list[Path] | None,
        typer.Option(
            "--scp",
            metavar="FILE",
            help="Service control policies: a document is one level, so repeat it, the root of the organization first; "
            "or one JSON list of levels, each a list of documents.",
        ),
    ] = None,
    rcp: Annotated[
        list[Path] | None, typer.Option("--rcp", metavar="FILE", help="Resource control policies, alike.")
    ] = None,
    resource_policy: Annotated[
        Path | None, typer.Option("--resource-policy", metavar="FILE", help="The policy of the resource.")
    ] = None,
    session_policy: Annotated[
        Path | None, typer.Option("--session-policy", metavar="FILE", help="The session policy.")
    ] = None,
    boundary: Annotated[
        Path | None,
        typer.Option("--boundary", metavar="FILE", help="A permissions boundary in place of the principal's own."),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(
            "--requests",
            metavar="FILE",
            help="Answer many: JSON lines with principal, action, and as wanted resource, context, absent, "
            "session_policy, resource_policy, boundary, scps, rcps; - is stdin. One JSON decision a line, in order.",
        ),
    ] = None,
    expect: Annotated[
        Expected | None, typer.Option("--expect", help="Exit with 1 unless this is the answer, to every line.")
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", help="text or json.")] = None,
    snapshot: o.SnapshotFile = None,
    profile: o.Profile = None,
    region: Annotated[
        str | None,
        typer.Option("--region", "-r", help="The region of the session; it says which partition is meant."),
    ] = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Whether a principal may do something: yes, no, or only if, with what decides and what was not known.

    All kinds of policies are evaluated in AWS's order. What AWS cannot be asked for here (organization, resource and
    session policies) can be given as files. Nothing is changed in AWS.

    \b
    Examples:
      guardrift can role/deploy iam:PassRole arn:aws:iam::111122223333:role/admin
      guardrift can user/ann s3:GetObject arn:aws:s3:::logs/x -c aws:SourceIp=203.0.113.7 --snapshot snapshot.json
      guardrift can role/deploy s3:DeleteBucket --scp root.json --scp unit.json --expect no
      guardrift can --requests questions.jsonl --expect no
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.deciding import Asked, Files, run_can
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging

    set_up_logging(verbose, quiet=quiet)
    asked = Asked(
        principal=principal,
        action=action,
        resource=resource,
        context=tuple(context or ()),
        absent=tuple(absent or ()),
        files=Files(tuple(scp or ()), tuple(rcp or ()), resource_policy, session_policy, boundary),
        requests=requests,
        expected=expect.value if expect else None,
        form=form,
    )
    source = Source(
        snapshot=snapshot, profile=profile, regions=(region,) if region else (), role_arn=role_arn,
        external_id=external_id, session_duration=session_duration, mfa_serial=mfa_serial,
        account_id=o.account_id(account), quiet=quiet,
    )  # fmt: skip
    raise typer.Exit(run_can(asked, source))
