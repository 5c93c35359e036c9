"""guardrift report: render a JSON report in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guardrift.cli.app import command_app

app = command_app()


@app.command()
def report(
    source: Annotated[
        Path, typer.Argument(metavar="REPORT.json", help="A JSON report, of one account or of a fleet; - is stdin.")
    ],
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            help="Write it again; the suffix (.json, .html, .sarif, .xml, .csv, .md) says how. Repeat it; - is stdout, "
            "JSON, and -.github or another suffix that format there.",
        ),
    ] = None,
) -> None:
    """Render a JSON report in another format; without -o, print its summary."""
    from guardrift.cli.output import colour, data, read_file, write_file
    from guardrift.cli.scanning import is_stdout, writer_of
    from reports.json_report import parse
    from reports.terminal import render
    from scanner.errors import UsageError

    content = read_file(source)
    if is_of_fleet(content):
        from guardrift.cli.fleet_scanning import render_again

        render_again(content, str(source), output or ())
        return
    writers = [(name, writer_of(name)) for name in output or ()]
    try:
        found = parse(content)
    except ValueError as fault:
        raise UsageError(f"{source}: {fault}", "Give a report that 'guardrift scan -o report.json' wrote.") from None
    for name, parts in [(name, writer(found)) for name, writer in writers]:
        if is_stdout(name):
            data(b"".join(parts).decode())
        else:
            write_file(Path(name), *parts)
    if not writers:
        colour(render(found))


def is_of_fleet(content: bytes) -> bool:
    """Whether a JSON document says that it is the report on many accounts."""
    import msgspec

    class Head(msgspec.Struct):
        schema: str = ""

    try:
        return msgspec.json.decode(content, type=Head).schema.startswith("guardrift/fleet/")
    except msgspec.DecodeError:
        return False
