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

from guardrift.api_stub import stub  # noqa: E402
from guardrift.cli.app import COMMANDS  # noqa: E402
from guardrift.demo.page import table  # noqa: E402
from guardrift.documents import NAMES, schema  # noqa: E402
from guardrift.rule_pages import controls, index, page  # noqa: E402
from policies.scanner_role import DATA_READS, permission_policy  # noqa: E402
from rules import RULES  # noqa: E402

SUBCOMMANDS = {
    "baseline": ("init", "accept", "list", "update"),
    "policies": ("list", "show", "render", "revoke", "judge", "lambda-bundle", "scanner-role"),
    "rules": ("list", "show", "new", "test"),
    "config": ("check", "show"),
}


def pages() -> Iterator[tuple[str, str]]:
    """The generated pages: path below the repository, and text."""
    yield "docs/rules.md", index(RULES.values())
    yield "docs/compliance.md", controls(RULES.values())
    for rule in RULES.values():
        yield f"docs/rules/{rule.id}.md", page(rule)
    yield "guardrift/api.pyi", stub()
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
    """The policy of the scanning role, with what each part of it is for."""
    document = json.dumps(permission_policy(), indent=2)
    about = (
        "Generated from what the collectors declare; do not edit. `guardrift policies scanner-role` prints it, also as "
        "CloudFormation or Terraform with the role and its trust policy; `--last-accessed` and `--organization` add "
        "what these options of a scan need. `sts:GetCallerIdentity` needs no permission."
    )
    parts = (
        "# What the scanning role must be allowed",
        about,
        "The denials keep the role from reading data, whatever else is attached to it:",
        "\n".join(f"- `{read.sid}`: {read.why}" for read in DATA_READS),
        f"```json\n{document}\n```\n",
    )
    return "\n\n".join(parts)


def main() -> int:
    """Write or check; returns the exit code."""
    stale = []
    written = dict(pages())
    for path in sorted((ROOT / "docs" / "rules").glob("*.md")):
        # The page of a rule that is gone would look as if there still were such a rule.
        if f"docs/rules/{path.name}" not in written:
            if "--check" in sys.argv:
                stale.append(f"docs/rules/{path.name}")
            else:
                path.unlink()
    for name, text in written.items():
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
