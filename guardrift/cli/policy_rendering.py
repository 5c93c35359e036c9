"""Render containment templates for one principal of an account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import msgspec

from guardrift.cli.live import Source, read_identity
from guardrift.cli.output import check_writable, data, note, write_folder
from guardrift.cli.rules_command import Form
from guardrift.cli.run import FINDINGS, OK
from policies import (
    Rendered,
    folder_files,
    format_cutoff,
    parse_cutoff,
    render_role,
    render_user,
    template,
)
from policies.planning.credentials import keys_of
from reports.visible import visible
from scanner.errors import UsageError
from scanner.inventory import Account, Gap, Role, User, describe

P = TypeVar("P", Role, User)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arguments of a rendering; the template None follows from the kind of principal."""

    template: str | None
    role: str | None
    user: str | None
    cutoff: str | None
    folder: Path | None
    form: Form


def run_render(wanted: Wanted, source: Source) -> int:
    """Render and print, or write below a folder; returns 1 where the principal cannot be contained in this way."""
    _check(wanted)
    now = datetime.now(UTC)
    cutoff = cutoff_of(wanted.cutoff, now)
    account = read_identity(source, now, user=wanted.user)
    rendered = _rendered(wanted, account, cutoff)
    if wanted.folder is not None:
        files = folder_files([rendered])
        write_folder(wanted.folder, files)
        note(f"Written below {wanted.folder}: {', '.join(files)}")
    elif wanted.form is Form.JSON:
        data(json.dumps(msgspec.to_builtins(rendered), indent=2))
    else:
        data(_text(rendered))
    return OK if rendered.apply else FINDINGS


def _check(wanted: Wanted) -> None:
    if (wanted.role is None) == (wanted.user is None):
        raise UsageError("one principal is needed", "Give either --role NAME or --user NAME.")
    if wanted.template is not None:
        kind = "role" if wanted.role is not None else "user"
        applies_to = template(wanted.template).applies_to
        if applies_to != kind:
            raise UsageError(f"the template {wanted.template} is for a {applies_to}", f"Give --{applies_to} NAME.")
    if wanted.folder is not None:
        check_writable(wanted.folder / "index.json")


def cutoff_of(text: str | None, now: datetime) -> str | None:
    """The cutoff that was given, as it stands in a document; raises ``UsageError`` for what is no time."""
    if text is None:
        return None
    if text == "now":
        return format_cutoff(now)
    try:
        parse_cutoff(text)
    except ValueError as fault:
        raise UsageError(f"--cutoff: {fault}", "Or write --cutoff now.") from None
    return text


def _rendered(wanted: Wanted, account: Account, cutoff: str | None) -> Rendered:
    if wanted.role is not None:
        return render_role(find_principal(account.roles, wanted.role, "role"), cutoff)
    user = find_principal(account.users, wanted.user or "", "user")
    return render_user(user, keys_of(account, user), cutoff)


def find_principal(principals: tuple[P, ...] | Gap, wanted: str, kind: str) -> P:
    """The principal of this name or ARN; raises ``UsageError`` where there is none, or none was read."""
    if isinstance(principals, Gap):
        raise UsageError(f"the {kind}s are not known: {describe(principals)}", "Read the account with rights to IAM.")
    # IAM compares names without case, and no two principals of a kind differ in case alone.
    for principal in principals:
        if principal.arn == wanted or principal.name.lower() == wanted.lower():
            return principal
    close = get_close_matches(wanted, [principal.name for principal in principals], 3)
    hint = f"Did you mean {', '.join(close)}?" if close else f"The account has {len(principals)} {kind}s."
    raise UsageError(f"there is no {kind} {wanted!r}", hint)


def _text(rendered: Rendered) -> str:
    lines = [f"# {visible(rendered.principal)}", ""]
    if rendered.reason is not None:
        return "\n".join(
            (*lines, f"Cannot be contained in this way. {rendered.reason}", "", f"Instead: {rendered.alternative}")
        )
    if rendered.document is not None:
        lines += [rendered.document, ""]
    lines += ["# Apply", *rendered.apply, "", "# Undo", *rendered.undo, "", "# Before you apply it"]
    return "\n".join((*lines, *(f"# - {visible(text)}" for text in rendered.notes)))
