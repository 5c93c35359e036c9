"""One decision, explained to a person: the verdict first, then what decides, what each layer says, what is assumed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from reports.visible import inert, visible
from scanner.iam.catalogue import Catalogue
from scanner.iam.decision import Deciding, Decision, LayerVerdict, Provision
from scanner.iam.layers import NAMES

_COLUMNS = 100
_MOST_STATEMENTS = 12
_MOST_DOCUMENTS = 3


def render(decision: Decision, catalogue: Catalogue | None = None) -> str:
    """The decision as lines of text that neither a terminal nor a CI runner obeys.

    Args:
        decision: what the evaluator answered.
        catalogue: the actions that AWS has published, for remarks on the question itself.
    """
    sections = (
        _answer(decision),
        _conditions(decision.conditions),
        _statements(decision.statements),
        _layers(decision.layers),
        _assumed(decision),
        _notes(decision, catalogue),
    )
    blocks = ["\n".join(inert(visible(line)).rstrip() for line in section) for section in sections]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _answer(decision: Decision) -> Iterator[str]:
    word = decision.decision.replace("_", " ")
    verb = "cannot" if decision.decision == "no" else "can"
    proviso = ", if conditions hold" if decision.decision == "only_if" else ""
    yield f"{word}: {decision.principal} {verb} do {decision.action} on {decision.resource}{proviso}"
    yield decision.reason


def _conditions(provisions: Sequence[Provision]) -> Iterator[str]:
    """The conditions by statement; those of the Allow statements of one layer are alternatives."""
    if not provisions:
        return
    yield "What it hangs on"
    for layer, name in NAMES.items():
        allows = _by_statement(provisions, "Allow", layer)
        if allows:
            yield f"  an Allow in {name}" + (", by any one of these:" if len(allows) > 1 else ":")
            yield from _alternatives(allows, "and")
    denies = _by_statement(provisions, "Deny")
    if denies:
        yield "  no Deny" + (", for which all of these are needed:" if len(denies) > 1 else ":")
        yield from _alternatives(denies, "or")


def _by_statement(provisions: Sequence[Provision], effect: str, layer: str | None = None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in provisions:
        if each.effect == effect and layer in {None, each.layer}:
            where = "" if each.statement is None else f"{effect}, statement {each.statement} of {each.document}"
            found.setdefault(where, []).append(each.text)
    return found


def _alternatives(by_statement: dict[str, list[str]], conjunction: str) -> Iterator[str]:
    for where, (first, *others) in by_statement.items():
        yield f"    {first}"
        yield from (f"    {conjunction} {other}" for other in others)
        if where:
            yield f"      ({where})"


def _statements(statements: Sequence[Deciding]) -> Iterator[str]:
    if not statements:
        return
    yield "What decides"
    width = max(len(NAMES[each.layer].removeprefix("the ")) for each in statements)
    for each in statements[:_MOST_STATEMENTS]:
        name = f" ({each.sid})" if each.sid else ""
        doubt = "" if each.certain else ", if its conditions hold"
        layer = NAMES[each.layer].removeprefix("the ")
        yield f"  {each.effect:<5}  {layer:<{width}}  {each.document}, statement {each.statement}{name}{doubt}"
    if len(statements) > _MOST_STATEMENTS:
        yield f"  and {len(statements) - _MOST_STATEMENTS:,} more"


def _layers(layers: Sequence[LayerVerdict]) -> Iterator[str]:
    yield "Layers"
    names = [NAMES[each.layer].removeprefix("the ") for each in layers]
    width = max(map(len, names))
    for name, each in zip(names, layers, strict=True):
        listed = ", ".join(each.documents[:_MOST_DOCUMENTS])
        if len(each.documents) > _MOST_DOCUMENTS:
            listed += f" and {len(each.documents) - _MOST_DOCUMENTS:,} more"
        yield f"  {name:<{width}}  {each.result:<14}  {listed}"


def _assumed(decision: Decision) -> Iterator[str]:
    if not decision.not_collected:
        return
    yield "Not collected, and assumed to change nothing"
    by_consequence: dict[str, list[str]] = {}
    for what in decision.not_collected:
        by_consequence.setdefault(_consequence(what, decision), []).append(what)
    for consequence, names in by_consequence.items():
        yield from (f"  {name}" for name in names)
        yield f"    ({consequence})"


def _consequence(what: str, decision: Decision) -> str:
    """What the answer would be, were the assumption wrong."""
    if decision.decision == "yes":
        return "a refusal there makes this a no"
    if decision.decision == "only_if":
        return "a refusal there makes this a no; conditions there come on top"
    if what == NAMES["resource_policy"]:
        return "an Allow there for this principal may make this a yes"
    return "nothing there makes this a yes"


def _notes(decision: Decision, catalogue: Catalogue | None) -> Iterator[str]:
    for remark in remarks(decision, catalogue) if catalogue else ():
        yield from textwrap.wrap(
            f"Note: {visible(remark)}", _COLUMNS, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
        )


def remarks(decision: Decision, catalogue: Catalogue) -> Iterator[str]:
    """What is worth knowing about the question itself."""
    if decision.resource != "*" and not decision.resource.startswith("arn:"):
        yield f"{decision.resource} is neither * nor an ARN: no statement that is bound to ARNs matches it"
    facts = catalogue.action(decision.action)
    if facts is None:
        service = decision.action.partition(":")[0]
        names = {name.lower(): name for name in catalogue.actions_of(service)}
        near = [names[found] for found in get_close_matches(decision.action.lower(), names, 3)]
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        yield f"{decision.action} is no action that this version of guardrift knows{hint}"
        return
    types = list(dict.fromkeys(use.type for use in facts.resources))
    if decision.resource == "*" and types:
        yield (
            f"{facts.name} is about a resource ({', '.join(types[:5])}), and none was named: statements that are bound "
            "to ARNs do not match *; name the ARN for an answer about one resource"
        )
    if decision.resource != "*" and not types:
        yield f"{facts.name} takes no resource: AWS asks about *, so a statement bound to an ARN never allows it"
