"""The templates of containment, listed and described."""

from __future__ import annotations

import json

import msgspec

from guardrift.cli.rules_command import Form
from policies.automation import STACKS, forms_of
from policies.documents import DOCUMENTS, Template, example
from policies.documents.template import Effects
from scanner.errors import UsageError

ALL: tuple[Template, ...] = (*DOCUMENTS, *STACKS)
"""Every template, in the order in which they are listed."""

_HEADINGS = {"contain now": "To contain now", "to have before": "To have before"}


def find(name: str) -> Template:
    """The template of this name; raises ``UsageError`` if there is none."""
    for each in ALL:
        if each.name == name:
            return each
    raise UsageError(f"there is no template {name!r}", f"There are: {', '.join(each.name for each in ALL)}.")


def listing(form: Form) -> str:
    """Every template in one line, those that contain first."""
    if form is Form.JSON:
        return json.dumps([_brief(each) for each in ALL], indent=2)
    width = max(len(each.name) for each in ALL)
    lines: list[str] = []
    for when, heading in _HEADINGS.items():
        found = [each for each in ALL if each.when == when]
        kinds = max(len(each.applies_to) for each in ALL)
        lines += [heading, *(f"  {each.name:<{width}}  {each.applies_to:<{kinds}}  {each.title}" for each in found), ""]
    return "\n".join(lines[:-1])


def _brief(each: Template) -> dict[str, object]:
    return {
        "name": each.name,
        "title": each.title,
        "when": each.when,
        "applies_to": each.applies_to,
        "layer": each.layer,
        "needs": [f"--{option}" for option in each.needs],
        "takes": [f"--{option}" for option in each.may],
    }


def description(name: str, form: Form) -> str:
    """All that is known of a template."""
    found = find(name)
    is_stack = found.layer == "stack"
    document = None if is_stack else example(found)
    if form is Form.JSON:
        return json.dumps({**msgspec.to_builtins(found), "document": document}, indent=2)
    lines = [f"{found.name} ({found.applies_to}, {found.layer})", "", f"{found.title}.", found.description, ""]
    if found.effects is not None:
        lines += [*_effects(found.effects), ""]
    lines += [f"Breaks: {found.breaks}", f"Keep it: {found.keep}", f"Put it in place: {found.place}"]
    if found.quota is not None:
        lines.append(f"Room: {found.quota.characters:,} characters for {found.quota.of}.")
    options = [f"--{each}" for each in found.needs]
    options += [f"[--{each}]" for each in found.may]
    options += ["--cloudformation or --terraform"] if is_stack and "json" not in forms_of(name) else []
    lines += [f"Render it: guardrift policies render {' '.join((found.name, *options))}"]
    lines += ["", "Sources:", *(f"  {each}" for each in found.sources)] if found.sources else []
    return "\n".join([*lines, "", document] if document else lines)


def _effects(effects: Effects) -> list[str]:
    key = f"a long-term key: {effects.long_term_key}" if effects.long_term_key else "there are no long-term keys"
    told = f"an old session: {effects.old_session}; a new session: {effects.new_session}; {key}."
    return [f"What it does to {told}", effects.others]
