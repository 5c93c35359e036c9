"""The plan as a page to work from at night: commands as they are pasted, what they print, what breaks, how to undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from policies.cutoff import format_instant
from policies.markdown import code
from policies.markdown import text as escaped
from policies.planning.plan import PHASES, Phase, Plan, PlannedDocument, Step

# The same sentences are on nearly every page.
text = lru_cache(maxsize=4096)(escaped)


def runbook(plan: Plan) -> str:
    """The page as Markdown; no text of the account or of a finding becomes markup."""
    sections = [_head(plan), _guards(plan)]
    if plan.verdict == "ready":
        sections += [_documents(plan), *(_phase(plan, phase) for phase in PHASES)]
        sections += [
            _listed("What this does not stop", plan.cannot_stop),
            _listed("What legitimate users do next", plan.users),
            _listed("Who works with it", _workloads(plan)),
            _listed("Notes", plan.notes),
            _proof(plan),
        ]
    return "\n\n".join(text for text in ("\n".join(section) for section in sections) if text) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    yield f"# Containment of {code(plan.principal or _told(plan))}"
    yield ""
    if plan.verdict != "ready":
        yield f"**Not carried out: {text(plan.verdict)}.** {text(plan.reason)}"
        yield ""
        yield f"Instead: {text(plan.alternative)}" if plan.alternative else ""
        return
    yield text(plan.because)
    yield ""
    yield "Before the first command, so that none waits in a pager: `export AWS_PAGER=`"
    if plan.reason:
        yield ""
        yield f"**{text(plan.reason)}**"
    yield ""
    cutoff = format_instant(plan.cutoff) if plan.cutoff else "computed by the commands when they are run"
    yield f"- Account: {code(plan.account_id)}"
    if plan.unique_id:
        yield f"- Unique id: {code(plan.unique_id)}; a principal made anew under the name has another"
    yield f"- Cutoff: {text(cutoff)}"
    if plan.revocation_set is not None and plan.revocation_set.reached:
        number = len(plan.revocation_set.batch)
        yield f"- Revoked together: {number:,} roles, since sessions of one can become the next"


def _told(plan: Plan) -> str:
    subject = plan.subject
    return subject.arn or subject.name or subject.access_key or subject.unique_id or subject.instance or subject.kind


def _guards(plan: Plan) -> Iterator[str]:
    yield "## Checked before"
    yield ""
    for guard in plan.guards:
        more = f" {text(guard.alternative)}" if guard.verdict != "passed" and guard.alternative else ""
        yield f"- {guard.verdict}: {text(guard.name)}. {text(guard.reason)}{more}"


def _documents(plan: Plan) -> Iterator[str]:
    yield "## Documents"
    yield ""
    files: dict[str, list[PlannedDocument]] = {}
    for each in plan.documents:
        files.setdefault(each.file, []).append(each)
    for file, found in files.items():
        first = found[0]
        rooms = [each.room for each in found if each.room is not None]
        room = f", {min(rooms):,} characters left{' at least' if len(found) > 1 else ''}" if rooms else ""
        times = [each.safe_to_remove for each in found if each.safe_to_remove is not None]
        until = f" Safe to remove from {format_instant(max(times))} on." if times else ""
        where = ", ".join(f"{code(each.placed.target)} ({each.placed.layer})" for each in found)
        yield f"- {code(file)}: {first.size:,} characters{room}. Keep: {text(first.keep)}{until} On: {where}"


def _phase(plan: Plan, phase: Phase) -> Iterator[str]:
    steps = [step for step in plan.steps if step.phase == phase]
    if not steps:
        return
    yield f"## {PHASES[phase]}"
    for step in steps:
        yield ""
        yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    if not step.commands and not step.why:
        yield f"- {text(step.title)}"
        return
    yield f"### {text(step.title)}"
    if step.why:
        yield ""
        yield text(step.why)
    yield from _fenced(step.commands)
    for title, said in (("Expected", step.expected), ("Breaks", step.breaks)):
        if said:
            yield ""
            yield f"{title}: {text(said)}"
    if step.undo:
        yield ""
        yield "Undo:"
        yield from _fenced(step.undo)


def _fenced(commands: Iterable[str]) -> Iterator[str]:
    found = list(commands)
    if not found:
        return
    # No command holds a line of backticks alone: account text is quoted, and holds no line break.
    yield ""
    yield "```sh"
    yield from found
    yield "```"


def _listed(title: str, said: Iterable[str]) -> Iterator[str]:
    lines = [f"- {text(each)}" for each in said]
    if lines:
        yield f"## {title}"
        yield ""
        yield from lines


def _workloads(plan: Plan) -> Iterator[str]:
    found = plan.workloads
    if found is None:
        return
    for each in found.instances:
        yield f"Instance {each.id} in {each.region} ({each.state}; metadata service: {each.metadata})"
    yield from (f"{each.what} in {each.region}" for each in found.launches)
    yield from (f"Function {arn}" for arn in found.functions)
    if found.last_used is not None:
        yield f"Last used {format_instant(found.last_used)} in {found.last_used_region or 'a region that is not told'}"
    yield from (f"Not read: {each}" for each in found.unread)


def _proof(plan: Plan) -> Iterator[str]:
    yield "## Proof"
    for each in plan.proofs:
        yield ""
        yield f"{code(each.principal)}:"
        yield ""
        for claim in each.proof.claims:
            form = f" ({claim.form})" if claim.form else ""
            yield f"- {text(claim.who + form)}: {claim.expected}. {text(claim.why)}"
        for undo in each.proof.undoable:
            yield f"- It could take this off by {code(undo.action)}: a service control policy comes first."
