"""guardrift demo: the main job, end to end, on an account that needs no AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli import options as o
from guardrift.cli.app import command_app

app = command_app()


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path("guardrift-demo"),
    verbose: o.Verbose = 0,
    quiet: o.Quiet = False,
) -> None:
    """Scan the embedded demo account, end to end; needs no AWS, no credentials and no network.

    The account lives in this process (moto). It holds the faults that let leaked credentials do harm, each beside a
    good twin. Written are report.json, report.html, snapshot.json and the revocation of every role and user.
    """
    from guardrift.cli.demonstration import run_demo
    from guardrift.cli.output import set_up_logging

    set_up_logging(verbose, quiet=quiet)
    run_demo(output, quiet=quiet)
