"""guardrift policies judge: what in somebody else's containment would leave a thief in."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from guardrift.cli.rules_command import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policies.responders import Fault, Recognised


class Holder(StrEnum):
    """On what a policy is put."""

    ROLE = "role"
    USER = "user"


_HOLDERS: dict[Holder, Literal["role", "user"]] = {Holder.ROLE: "role", Holder.USER: "user"}


def judge(
    file: Annotated[
        Path,
        typer.Argument(help="A policy, an event pattern, a CloudFormation template (JSON), Python or SQL; - is stdin."),
    ],
    attached_to: Annotated[
        Holder | None, typer.Option("--attached-to", help="On what the policy is put: role or user.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="When it was rendered, to judge its cutoff by.")] = None,
    form: Annotated[Form, typer.Option("--format", help="text or json.")] = Form.TEXT,
) -> None:
    """Judge a containment document or a responder of others: what of it would leave a thief in, and why.

    Nothing of it is ever run. Exit code 1 where something is wrong, 0 where nothing was found.
    """
    from guardrift.cli import options as o
    from guardrift.cli.output import data, read_file
    from guardrift.cli.run import FINDINGS, OK
    from policies.responders import judge_document, what_it_is

    content = read_file(file)
    when: datetime | None = o.instant(at)
    found = what_it_is(content)
    faults = judge_document(content, at=when, attached_to=None if attached_to is None else _HOLDERS[attached_to])
    if form is Form.JSON:
        import msgspec

        data(json.dumps({"document": msgspec.to_builtins(found), "faults": msgspec.to_builtins(faults)}, indent=2))
    else:
        data("\n".join(_lines(str(file), found, faults)))
    raise typer.Exit(FINDINGS if faults else OK)


def _lines(name: str, found: Recognised, faults: Sequence[Fault]) -> Iterator[str]:
    from reports.diff_text import wrapped
    from reports.lines import line, prose

    whose = f"as guardrift writes it ({found.ours})" if found.ours else "of somebody else"
    yield f"{line(name, 200)}: {found.kind}, {whose}"
    if not faults:
        yield "  nothing that would leave a thief in was found"
    for each in faults:
        yield f"  {line(each.where, 200)}: {each.id}"
        for said in (each.what, each.why, f"Instead: {each.instead}"):
            yield from wrapped(prose(said, 1_000), "      ")
