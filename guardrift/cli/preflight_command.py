"""guardrift preflight: what the present credentials cannot read, and which rules will be unknown."""

from __future__ import annotations

from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app()


@app.command()
def preflight(
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Write the result as JSON to this file; - is stdout.")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only for this rule; repeat it.")] = None,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Only for the rules of this family; repeat it.")
    ] = None,
    phase: o.Phases = None,
    framework: o.Frameworks = None,
    rules: o.RuleFolders = None,
    profile: o.Profile = None,
    region: o.Regions = None,
    role_arn: o.RoleArn = None,
    external_id: o.ExternalId = None,
    session_duration: o.SessionDuration = None,
    mfa_serial: o.MfaSerial = None,
    account: o.AccountId = None,
    last_accessed: Annotated[
        bool, typer.Option("--last-accessed", help="Ask about what 'scan --last-accessed' needs, too.")
    ] = False,
    max_rate: o.MaxRate = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Say before a scan what the present credentials cannot read, and which rules will be unknown for that.

    Every action that a scan calls is tried once in each region, with the smallest question that AWS answers: nothing
    is changed, and no data is read. The credential report is made anew if AWS has none of the last four hours.
    Exit code 3 means that something cannot be read. A resource's own policy may refuse even what is readable here.

    \b
    Examples:
      guardrift preflight --profile audit
      guardrift preflight --rule guardduty-off --region eu-west-1 -o preflight.json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.live import Source
    from guardrift.cli.output import set_up_logging
    from guardrift.cli.preflighting import Request, run_preflight
    from guardrift.selection import Selection

    set_up_logging(verbose, quiet=quiet)
    source = Source(
        profile=profile, regions=tuple(region or ()), role_arn=role_arn, external_id=external_id,
        session_duration=session_duration, mfa_serial=mfa_serial, account_id=o.account_id(account), max_rate=max_rate,
        quiet=quiet,
    )  # fmt: skip
    selection = Selection(tuple(rule or ()), tuple(family or ()), tuple(framework or ()), tuple(phase or ()))
    request = Request(source, selection, output, config, no_config, last_accessed, tuple(rules or ()))
    raise typer.Exit(run_preflight(request))
