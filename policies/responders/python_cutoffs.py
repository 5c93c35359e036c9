"""How Python source computes a cutoff: what of the form and of the time is wrong.

Source: ``datetime`` in the Python library reference; "Revoke IAM role temporary security credentials" in the IAM User
Guide.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policies.responders.faults import Fault, Says, told
from policies.responders.python_source import Code, argument, called, subscripts, text_of

_OF_FINDING = frozenset({"updatedat", "createdat", "eventlastseen", "eventfirstseen", "time"})
_FORM = "Writes YYYY-MM-DDThh:mm:ssZ: UTC, whole seconds rounded up."

SAYS = {
    "cutoff-microseconds": Says(
        "The cutoff is written with microseconds, by {}.",
        "Times of issue have whole seconds, and the linters of policies take no fraction; nobody has documented what "
        "IAM makes of it.",
        _FORM,
    ),
    "cutoff-no-zone": Says(
        "The cutoff is written without a time zone, by {}.",
        "It is not documented which zone IAM assumes: hours off, it spares stolen sessions or cuts off new ones.",
        _FORM,
    ),
    "cutoff-from-finding": Says(
        "The cutoff is taken from the finding ({}), so it lies in the past.",
        "Findings come minutes to hours late: every session that the thief made since then goes on.",
        "Computes the cutoff when it acts, and keeps the times of the finding for the search of the logs.",
    ),
    "cutoff-no-margin": Says(
        "The cutoff is the present moment.",
        "A policy takes seconds to spread: a loop that fetches new sessions meanwhile keeps one that is not cut off.",
        "Sets the cutoff 30 seconds ahead, as AWS's console does, and revokes once more when the way in is closed.",
    ),
    "strptime-fraction": Says(
        "The time is read with the form {}, which demands a fraction of a second.",
        "Findings also have times without one: then the code fails, and nothing is contained.",
        "Reads times with and without a fraction, and takes no cutoff from them.",
    ),
}


def judge_cutoff(code: Code, cutoff: ast.expr) -> Iterator[Fault]:
    """What is wrong with the expression that gives a cutoff; nothing where it comes from elsewhere."""
    where = f"line {cutoff.lineno}"
    nodes = code.flow(cutoff)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    forms = [form for node in calls if called(node) == "strftime" and (form := _form(node))]
    yield from _of_form(where, calls, forms, has_zone=_adds_zone(nodes) or any(map(_tells_zone, forms)))
    taken = sorted(subscripts(nodes) & _OF_FINDING)
    if taken:
        yield told(SAYS, "cutoff-from-finding", where, ", ".join(taken))
    elif _is_now(calls) and not any(called(node) == "timedelta" for node in calls):
        yield told(SAYS, "cutoff-no-margin", where)
    for node in calls:
        form = text_of(node.args[1]) if called(node) == "strptime" and len(node.args) > 1 else None
        if form and "%f" in form:
            yield told(SAYS, "strptime-fraction", f"line {node.lineno}", form)


def _of_form(where: str, calls: list[ast.Call], forms: list[str], *, has_zone: bool) -> Iterator[Fault]:
    iso = [node for node in calls if called(node) == "isoformat"]
    exact = [node for node in iso if argument(node, "timespec") is None and not node.args]
    if exact and not _drops_fraction(calls):
        yield told(SAYS, "cutoff-microseconds", where, "isoformat()")
    with_fraction = [form for form in forms if "%f" in form]
    if with_fraction:
        yield told(SAYS, "cutoff-microseconds", where, f"strftime({with_fraction[0]!r})")
    if has_zone:
        return
    if forms:
        yield told(SAYS, "cutoff-no-zone", where, f"strftime({forms[0]!r})")
    elif iso and not _is_aware(calls):
        yield told(SAYS, "cutoff-no-zone", where, "isoformat() of a time without one")


def _form(node: ast.Call) -> str | None:
    """The form of ``moment.strftime(form)`` or ``time.strftime(form, moment)``."""
    return next((form for each in node.args if (form := text_of(each)) and "%" in form), None)


def _tells_zone(form: str) -> bool:
    return form.endswith(("Z", "%z", "%Z"))


def _drops_fraction(calls: list[ast.Call]) -> bool:
    return any(called(node) == "replace" and argument(node, "microsecond") is not None for node in calls)


def _adds_zone(nodes: tuple[ast.AST, ...]) -> bool:
    """Whether a Z is put behind the time."""
    for node in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and text_of(node.right) == "Z":
            return True
        if isinstance(node, ast.JoinedStr) and node.values and (text_of(node.values[-1]) or "").startswith("Z"):
            return True
    return False


def _is_aware(calls: list[ast.Call]) -> bool:
    return any(
        (called(node) in {"now", "fromtimestamp"} and (node.args or node.keywords))
        or called(node) == "astimezone"
        or (called(node) == "replace" and argument(node, "tzinfo") is not None)
        for node in calls
    )


def _is_now(calls: list[ast.Call]) -> bool:
    return any(called(node) in {"now", "utcnow", "gmtime", "today"} or called(node) == "time" for node in calls)
