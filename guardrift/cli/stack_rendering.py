"""Render a stack: roles and other resources that one has before an incident, with the commands that deploy them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from guardrift.cli.output import data, note, write_folder
from guardrift.cli.run import OK
from policies.automation import deploying, forms_of, render_stack
from policies.documents import NotWritable, Option, Template
from policies.preparation import Form, Wish
from scanner.errors import UsageError

_OF_WISH: tuple[Option, ...] = ("response-role", "mode", "runtime", "architecture")
_OF_FUNCTION: tuple[Option, ...] = ("runtime", "architecture")


def run_stack(
    template: Template,
    form: Form,
    options: Mapping[Option, str | None],
    principals: Sequence[str],
    folder: Path | None,
) -> int:
    """Print a stack, or write it below a folder and say how it is deployed.

    Args:
        template: of a stack.
        form: in which it is wanted.
        options: as they were given.
        principals: who may assume the response role, one at most.
        folder: None to print it.

    Raises:
        UsageError: it is not written in that form, or not with these options.
    """
    if form not in forms_of(template.name):
        raise UsageError(f"{template.name} is made by a stack", "Add --cloudformation or --terraform.")
    if len(principals) > 1:
        raise UsageError("one principal is trusted", "Give --principal once.")
    wish = _wish(options, next(iter(principals), None))
    try:
        text = render_stack(template.name, form, wish)
    except NotWritable as fault:
        raise UsageError(f"{template.name}: {fault}", "Nothing was written.") from None
    if folder is None:
        data(text)
        return OK
    name = template.file.replace(".json", ".tf.json") if form == "terraform" else template.file
    write_folder(folder, {name: text})
    note(f"Written below {folder}: {name}")
    commands = deploying(template.name, form, wish)
    if commands:
        note("Deploy it, in that folder:")
        for command in commands:
            note(f"  {command}")
    return OK


def _wish(options: Mapping[Option, str | None], principal: str | None) -> Wish:
    """What the stack shall be like; raises ``UsageError`` for a function's options where there is none."""
    given: dict[str, str] = {name: value for name in _OF_WISH if (value := options.get(name))}
    unused = [name for name in _OF_FUNCTION if name in given]
    if unused and given.get("mode", "notify") == "notify":
        raise UsageError(f"--{unused[0]} has no meaning without a function", "Add --mode approve or --mode auto.")
    fields = {name.replace("-", "_"): value for name, value in given.items()}
    return msgspec.structs.replace(Wish(principal=principal), **fields)
