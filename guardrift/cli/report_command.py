"""guardrift report: render a JSON report in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli.app import command_app

app = command_app()


@app.command()
def report(
    source: Annotated[Path, typer.Argument(metavar="REPORT.json", help="A JSON report; - is stdin.")],
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output", "-o", help="Write it again; the suffix (.json, .html) says how. Repeat it; - is stdout, JSON."
        ),
    ] = None,
) -> None:
    """Render a JSON report in another format; without -o, print its summary."""
    from guardrift.cli.output import colour, data, read_file, write_file
    from guardrift.cli.scanning import writer_of
    from reports.json_report import parse
    from reports.terminal import render
    from scanner.errors import UsageError

    writers = [(name, writer_of(name)) for name in output or ()]
    try:
        found = parse(read_file(source))
    except ValueError as fault:
        raise UsageError(f"{source}: {fault}", "Give a report that 'guardrift scan -o report.json' wrote.") from None
    for name, parts in [(name, writer(found)) for name, writer in writers]:
        if name == "-":
            data(b"".join(parts).decode())
        else:
            write_file(Path(name), *parts)
    if not writers:
        colour(render(found))
