"""A folder of plans: for each principal its plan, its documents, its scripts and its runbook; and an index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import msgspec

from policies.filenames import directory_names
from policies.folder import script
from policies.planning.plan import Plan
from policies.planning.runbook import runbook
from policies.rendered import Rendered

_SCRIPTED = ("organization", "contain")


def plan_files(plans: Iterable[Plan]) -> dict[str, str]:
    """The files, from relative path (with ``/``) to text; the same for the same plans in any order.

    No name of a principal can make a path that leaves the folder, is hidden or collides with another, not even where
    upper and lower case are not told apart.
    """
    ordered = sorted(plans, key=lambda plan: (plan.principal, msgspec.json.encode(plan.subject, order="sorted")))
    files: dict[str, str] = {}
    index: list[dict[str, object]] = []
    for plan, directory in zip(ordered, directory_names([_named(plan) for plan in ordered]), strict=True):
        own = {f"{directory}/{name}": content for name, content in _files(plan)}
        files.update(own)
        index.append(_entry(plan, sorted(own)))
    # Escapes for everything outside ASCII: the file is read in terminals, too.
    files["index.json"] = json.dumps({"principals": index}, indent=2) + "\n"
    return dict(sorted(files.items()))


def _files(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "plan.json", msgspec.json.encode(plan).decode() + "\n"
    yield "runbook.md", runbook(plan)
    if plan.verdict != "ready":
        return
    yield from {each.file: each.placed.document + "\n" for each in plan.documents}.items()
    steps = [step for step in plan.steps if step.phase in _SCRIPTED]
    yield "apply.sh", script(tuple(command for step in steps for command in step.commands))
    back = (command for step in plan.steps if step.phase == "remove" for command in step.commands)
    yield "undo.sh", script(tuple(back))


def _entry(plan: Plan, files: list[str]) -> dict[str, object]:
    entry: dict[str, object] = {
        "principal": plan.principal,
        "unique_id": plan.unique_id,
        "kinds": list(plan.kinds),
        "verdict": plan.verdict,
        "templates": list(dict.fromkeys(each.placed.template for each in plan.documents)),
        "files": files,
    }
    return entry | {"reason": plan.reason} if plan.reason else entry


def _named(plan: Plan) -> Rendered:
    """What names the folder of a plan."""
    subject = plan.subject
    kind = "user" if ":user/" in plan.principal or subject.kind == "user" else "role"
    name = plan.principal.rpartition("/")[2] or subject.name or subject.kind
    return Rendered(principal=plan.principal or name, kind=kind, name=name, template="")  # type: ignore[arg-type]
