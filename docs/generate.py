"""Write the generated pages of the documentation, or with --check say which of them are out of date."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from guardrift.cli.app import COMMANDS  # noqa: E402
from guardrift.demo.page import table  # noqa: E402
from guardrift.documents import NAMES, schema  # noqa: E402
from guardrift.rule_pages import index  # noqa: E402
from rules import RULES  # noqa: E402
from scanner.collect.actions import ACTIONS  # noqa: E402

SUBCOMMANDS = {"policies": ("list", "show", "render", "revoke"), "rules": ("list", "show"), "config": ("check", "show")}


def pages() -> Iterator[tuple[str, str]]:
    """The generated pages: path below the repository, and text."""
    yield "docs/rules.md", index(RULES.values())
    yield "docs/cli.md", command_line()
    yield "docs/demo.md", table()
    yield "docs/permissions.md", permissions()
    for name in NAMES:
        yield f"docs/schemas/{name}.json", json.dumps(schema(name), indent=2, sort_keys=True) + "\n"


def command_line() -> str:
    """The help of every command."""
    calls: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        calls += [(name,), *((name, sub) for sub in SUBCOMMANDS.get(name, ()))]
    parts = ["# The command line", "Generated from the program; do not edit."]
    for call in calls:
        words = " ".join(("guardrift", *call))
        parts += [f"## {words}", f"```text\n{help_of(call)}\n```"]
    return "\n\n".join(parts) + "\n"


def help_of(call: tuple[str, ...]) -> str:
    """The help text of one command, at 100 columns and without colours."""
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "guardrift", *call, "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def permissions() -> str:
    """The API actions that a scan makes, as the policy of the scanning role."""
    actions = sorted({action.api for action in ACTIONS})
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    return (
        "\n\n".join(
            (
                "# What the scanning role must be allowed",
                "Generated from what the collectors declare; do not edit. sts:GetCallerIdentity needs no permission.",
                f"```json\n{json.dumps(document, indent=2)}\n```",
            )
        )
        + "\n"
    )


def main() -> int:
    """Write or check; returns the exit code."""
    stale = []
    for name, text in pages():
        path = ROOT / name
        if "--check" in sys.argv:
            stale += [] if path.is_file() and path.read_text() == text else [name]
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        print(f"out of date: {', '.join(stale)}; run 'make docs'", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
