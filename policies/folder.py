"""A folder of containment files: for each principal its policy, its commands and what to know, and an index."""

from __future__ import annotations

import json
from collections.abc import Iterable

from policies.cutoff import PLACEHOLDER
from policies.filenames import directory_names
from policies.markdown import code, text
from policies.rendered import Rendered
from policies.templates import template


def folder_files(rendered: Iterable[Rendered]) -> dict[str, str]:
    """The files, from relative path (with ``/``) to text; the same for the same principals in any order.

    No name of a principal can make a path that leaves the folder, is hidden or collides with another, not even where
    upper and lower case are not told apart.
    """
    ordered = sorted(rendered, key=repr)
    files: dict[str, str] = {}
    index: list[dict[str, object]] = []
    for each, directory in zip(ordered, directory_names(ordered), strict=True):
        own = {f"{directory}/{name}": content for name, content in _principal_files(each).items()}
        files.update(own)
        index.append(_index_entry(each, sorted(own)))
    # Escapes for everything outside ASCII: the file is read in terminals, too.
    files["index.json"] = json.dumps({"principals": index}, indent=2) + "\n"
    return dict(sorted(files.items()))


def _principal_files(rendered: Rendered) -> dict[str, str]:
    if not rendered.apply:
        return {"README.md": _refusal(rendered)}
    files = {"README.md": _readme(rendered), "apply.sh": script(rendered.apply), "undo.sh": script(rendered.undo)}
    if rendered.document is not None:
        files[template(rendered.template).file] = rendered.document + "\n"
    return files


def _index_entry(rendered: Rendered, files: list[str]) -> dict[str, object]:
    entry: dict[str, object] = {
        "principal": rendered.principal,
        "kind": rendered.kind,
        "template": rendered.template,
        "status": "ready" if rendered.apply else "not_containable",
        "files": files,
    }
    return entry if rendered.reason is None else entry | {"reason": rendered.reason}


def script(commands: tuple[str, ...]) -> str:
    """A script that runs every command, even after one has failed, and fails if any did."""
    # Containment must not stop half-way: where a policy is refused, the keys can still be made inactive.
    steps = "".join(f"{each} || failed=1\n" for each in commands)
    return (
        "#!/usr/bin/env bash\n"
        "# README.md in this folder says what this does, and what it breaks.\n"
        "set -eu\n"
        'export AWS_PAGER=""\n'
        "failed=0\n"
        f"{steps}"
        'exit "$failed"\n'
    )


def _readme(rendered: Rendered) -> str:
    of = template(rendered.template)
    notes = "\n".join(f"- {text(note)}" for note in rendered.notes)
    return (
        f"# {of.title}\n\n"
        f"{code(rendered.principal)}\n\n"
        f"{of.description}\n\n"
        f"Apply: `bash apply.sh`. Undo: `bash undo.sh`.\n{_placeholder(rendered)}\n"
        f"## Before you apply it\n\n{notes}\n"
    )


def _placeholder(rendered: Rendered) -> str:
    if rendered.document is None or PLACEHOLDER not in rendered.document:
        return ""
    file = template(rendered.template).file
    return f"\n`{file}` holds `{PLACEHOLDER}` in place of the time; `apply.sh` computes it when it is run.\n"


def _refusal(rendered: Rendered) -> str:
    return (
        f"# Not possible: {template(rendered.template).title.lower()}\n\n"
        f"{code(rendered.principal)}\n\n"
        f"{text(rendered.reason or '')}\n\n"
        f"## What to do instead\n\n{text(rendered.alternative or '')}\n"
    )
