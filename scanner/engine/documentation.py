"""The documentation of a rule, read from its docstring, with the examples that are its first tests."""

from __future__ import annotations

import inspect
import re

import msgspec

from scanner.inventory import Account

_REQUIRED = ("Why", "Fix", "Breaks", "Bad", "Good")
_EXAMPLE = re.compile(r"```json\n(.*?)```", re.DOTALL)
_EXAMPLE_ACCOUNT = {"account_id": "111122223333", "partition": "aws", "taken_at": "2026-11-20T12:00:00Z"}


class Documentation(msgspec.Struct, frozen=True):
    """The sections of a rule's docstring.

    Attributes:
        title: one line, the smell that the rule finds.
        why: what an attacker makes of it.
        fix: what to do.
        breaks: what doing it may break.
        bad: accounts, as JSON, in which the rule must fail.
        good: accounts, as JSON, in which it must stay silent.
    """

    title: str
    why: str
    fix: str
    breaks: str
    bad: tuple[str, ...]
    good: tuple[str, ...]


def read_documentation(rule_id: str, docstring: str) -> Documentation:
    """Split a docstring at its ``##`` headings; raises ValueError if a section is missing or has no example."""
    head, *parts = re.split(r"^## +(\w+)\s*$", inspect.cleandoc(docstring), flags=re.MULTILINE)
    sections = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    for name in _REQUIRED:
        if not sections.get(name):
            raise ValueError(f"rule {rule_id}: the docstring has no section '## {name}'")
    examples = {name: tuple(found.strip() for found in _EXAMPLE.findall(sections[name])) for name in ("Bad", "Good")}
    for name, found in examples.items():
        if not found:
            raise ValueError(f"rule {rule_id}: '## {name}' has no ```json example")
    return Documentation(
        title=head.strip().rstrip("."),
        why=_folded(sections["Why"]),
        fix=_folded(sections["Fix"]),
        breaks=_folded(sections["Breaks"]),
        bad=examples["Bad"],
        good=examples["Good"],
    )


def example_account(example: str) -> Account:
    """The account of an example: what it does not name was not collected.

    Raises:
        msgspec.ValidationError: the example is not a part of an account.
    """
    facts = {**_EXAMPLE_ACCOUNT, **msgspec.json.decode(example)}
    return msgspec.json.decode(msgspec.json.encode(facts), type=Account)


def _folded(text: str) -> str:
    """Paragraphs of one line each."""
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
