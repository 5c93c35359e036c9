"""The documents of a template, for people, for programs, and as files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from guardrift.cli.output import data, note, write_folder
from guardrift.cli.rules_command import Form
from policies.documents import Template, Written
from reports.visible import visible
from scanner.containment import NotRevocable


def print_refusal(template: Template, refused: NotRevocable, form: Form) -> None:
    """Say why a principal cannot be contained by a template, and what to do instead."""
    if form is Form.JSON:
        told = {"template": template.name, "documents": [], **msgspec.to_builtins(refused)}
        data(json.dumps(told, indent=2))
    else:
        data(f"# {template.title}\n\nNot possible. {refused.reason}\n\nInstead: {refused.alternative}")


def print_documents(template: Template, written: tuple[Written, ...], form: Form, folder: Path | None) -> None:
    """Print the documents of a template, or write them below a folder with what they take the place of."""
    if folder is not None:
        files = dict(_files(template, written))
        write_folder(folder, files)
        note(f"Written below {folder}: {', '.join(files)}")
    elif form is Form.JSON:
        about = {name: getattr(template, name) for name in ("place", "keep", "breaks")}
        documents = [msgspec.to_builtins(each) for each in written]
        effects = msgspec.to_builtins(template.effects)
        told = {"template": template.name, "documents": documents, "effects": effects, **about}
        data(json.dumps(told, indent=2))
    else:
        data("\n".join(_lines(template, written)))


def _files(template: Template, written: tuple[Written, ...]) -> Iterator[tuple[str, str]]:
    for number, each in enumerate(written, start=1):
        stem, _, suffix = template.file.rpartition(".")
        yield (f"{stem}-{number}.{suffix}" if len(written) > 1 else template.file), each.document + "\n"
    if written[0].previous is not None:
        # As it was, to the byte: it is put back.
        yield f"saved-{template.layer.replace(' ', '-')}.json", written[0].previous


def _lines(template: Template, written: tuple[Written, ...]) -> Iterator[str]:
    yield f"# {template.title}"
    if written[0].target:
        yield f"# {visible(written[0].target)}"
    for each in written:
        yield from ("", *((f"# {visible(each.name)}",) if each.name else ()), each.document)
    if written[0].previous is not None:
        yield from ("", "# Saved, to be put back", visible(written[0].previous) or "(there was none)")
    yield from ("", "# Before you apply it")
    yield f"# - {template.place}"
    yield f"# - It breaks: {template.breaks}"
    if template.effects is not None:
        yield f"# - {template.effects.others}"
    yield f"# - Keep it: {template.keep}"
