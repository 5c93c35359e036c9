"""guardrift schema: print the JSON Schema of a document."""

from __future__ import annotations

from typing import Annotated

import typer

from guardrift.cli.app import command_app
from guardrift.documents import NAMES

app = command_app()


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(NAMES)}.")],
) -> None:
    """Print the JSON Schema (2020-12) of a document that guardrift reads or writes."""
    import json

    from guardrift.cli.output import data
    from guardrift.documents import schema as schema_of

    data(json.dumps(schema_of(name), indent=2, sort_keys=True))
