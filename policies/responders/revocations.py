"""Policy documents that are to end sessions: whether they do is asked of the IAM engine.

Source: "Revoke IAM role temporary security credentials" and "IAM JSON policy elements: Condition operators" in the IAM
User Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from policies.cutoff import PLACEHOLDER, format_instant
from policies.responders.asking import Credential, answers
from policies.responders.faults import Fault, Says, told
from policies.responders.ours import is_cutoff, is_ours, statements
from scanner.iam.conditions import moment
from scanner.iam.documents import Statement, parse
from scanner.inventory import Document

AttachedTo = Literal["role", "user"]

ISSUED = "aws:tokenissuetime"
_MOST_STATEMENTS = 200
"""No policy that AWS takes has as many."""

_AT = "2026-01-15T10:00:00Z"
_BARE = re.compile(r'"aws:TokenIssueTime"\s*+:\s*+\[?\s*+(?!["\[\s])(?P<value>[^\s,}\]]{1,80})', re.IGNORECASE)
_FRACTION = re.compile(r"T\d{2}:\d{2}:\d{2}\.\d")
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")

_FORM = "Writes YYYY-MM-DDThh:mm:ssZ: UTC, whole seconds rounded up, 30 seconds ahead."
_SAYS = {
    "not-json": Says(
        "It is not JSON: {}.",
        "IAM refuses the policy, so that nothing is put on the role and every stolen session lives on.",
        "Renders a document as JSON and validates it before it is shown.",
    ),
    "unquoted-time": Says(
        "The time is no JSON text but the bare word {}.",
        "IAM refuses the policy, so that nothing is put on the role and every stolen session lives on.",
        "Writes the time as text, and leaves a marked placeholder where it is computed later.",
    ),
    "malformed": Says(
        "IAM would refuse it: {}.",
        "Nothing is put on the principal, and every stolen session lives on.",
        "Renders documents that the policy grammar takes, which its proof checks.",
    ),
    "cutoff-microseconds": Says(
        "The cutoff {} has a fraction of a second.",
        "Times of issue have whole seconds, and the linters of policies take no fraction; nobody has documented what "
        "IAM makes of it.",
        _FORM,
    ),
    "cutoff-no-zone": Says(
        "The cutoff {} has no time zone.",
        "It is not documented which zone IAM assumes: hours off, it spares stolen sessions or cuts off new ones.",
        _FORM,
    ),
    "cutoff-no-time": Says(
        "The cutoff {} is no time.",
        "The condition is refused, or holds for no session: nobody is cut off.",
        _FORM,
    ),
    "cutoff-past": Says(
        "The cutoff {} lies in the past.",
        "Sessions that were made since, with the stolen credentials too, stay valid.",
        "Computes the cutoff when the command is run, 30 seconds ahead.",
    ),
    "no-sid": Says(
        "The statement that denies has no Sid.",
        "Who cleans up, and who looks into CloudTrail, cannot tell this Deny from others: the wrong one is removed.",
        "Names its statements and policies, or takes the very form and name of AWS's console.",
    ),
    "old-session-lives": Says(
        "A session from before the cutoff is not denied everything: {}.",
        "The stolen session goes on with what is left.",
        "Denies every action on every resource, and proves it.",
    ),
    "new-session-denied": Says(
        "A session from after the cutoff is denied as well.",
        "Everybody who uses the role stays locked out, until somebody removes the policy and lets the thief in again.",
        "Denies old sessions only, or says that a document isolates.",
    ),
    "role-style-on-user": Says(
        "On a user, it denies only sessions: requests that are signed with an access key carry no time of issue.",
        "The leaked key of the user goes on working.",
        "Denies everything to the user, and makes the keys inactive.",
    ),
}


def judge_policy(
    text: str, at: datetime | None = None, attached_to: AttachedTo | None = None, place: str = ""
) -> Iterator[Fault]:
    """What is wrong with a policy document as a containment; nothing for statements that guardrift itself writes.

    Args:
        text: the document.
        at: the time of judgement; without one a cutoff is not compared with it.
        attached_to: on what it lies, where that is known.
        place: of the document in a larger one.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as fault:
        yield _unreadable(text, fault, place)
        return
    policy = parse(Document(text.encode("utf-8", "replace")))
    for problem in policy.problems:
        yield told(_SAYS, "malformed", place or problem.partition(":")[0], problem)
    written = statements(document)
    for statement in policy.statements[:_MOST_STATEMENTS]:
        where = f"{place}{'.' if place else ''}Statement[{statement.index}]"
        own = written[statement.index] if statement.index < len(written) else None
        if not statement.allows and not is_ours(own):
            yield from _of_deny(statement, own, where, at, attached_to)


def has_cutoff(text: str) -> bool:
    """Whether a policy document denies by the time of issue."""
    policy = parse(Document(text.encode("utf-8", "replace")))
    return any(condition.key == ISSUED for each in policy.statements for condition in each.conditions)


def _unreadable(text: str, fault: Exception, place: str) -> Fault:
    bare = _BARE.search(text)
    if bare:
        line = text.count("\n", 0, bare.start("value")) + 1
        return told(_SAYS, "unquoted-time", place or f"line {line}", bare["value"])
    where = f"line {fault.lineno}" if isinstance(fault, json.JSONDecodeError) else "the document"
    reason = fault.msg if isinstance(fault, json.JSONDecodeError) else "it cannot be read"
    return told(_SAYS, "not-json", place or where, reason)


def _of_deny(
    statement: Statement, written: object, where: str, at: datetime | None, attached_to: AttachedTo | None
) -> Iterator[Fault]:
    if not statement.sid:
        yield told(_SAYS, "no-sid", where)
    cutoffs = [value for each in statement.conditions if each.key == ISSUED for value in each.values]
    if not cutoffs:
        return
    for cutoff in cutoffs:
        yield from _of_cutoff(cutoff, f"{where}.Condition", at)
    times = [moment(_AT if cutoff == PLACEHOLDER else cutoff) for cutoff in cutoffs]
    known = [time for time in times if time is not None]
    if known:
        yield from _of_effect(written, max(known), where, attached_to)


def _of_cutoff(cutoff: str, where: str, at: datetime | None) -> Iterator[Fault]:
    if cutoff == PLACEHOLDER:
        return
    time = moment(cutoff)
    if time is None:
        yield told(_SAYS, "cutoff-no-time", where, cutoff)
        return
    if not is_cutoff(cutoff):
        if _FRACTION.search(cutoff):
            yield told(_SAYS, "cutoff-microseconds", where, cutoff)
        if not _ZONE.search(cutoff) and "T" in cutoff:
            yield told(_SAYS, "cutoff-no-zone", where, cutoff)
    if at is not None and time < at:
        yield told(_SAYS, "cutoff-past", where, cutoff)


def _of_effect(written: object, cutoff: datetime, where: str, attached_to: AttachedTo | None) -> Iterator[Fault]:
    """What the statement does to sessions on both sides of the cutoff, and to a key that has no time of issue."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [written]}).replace(PLACEHOLDER, _AT)
    hour = timedelta(hours=1)
    left = [ask.action for ask, denied in answers(text, _issued(cutoff - hour)) if not denied]
    if left:
        yield told(_SAYS, "old-session-lives", where, f"it may still do {', '.join(left)}")
    if not left and all(denied for _, denied in answers(text, _issued(cutoff + hour))):
        yield told(_SAYS, "new-session-denied", where)
    if attached_to == "user" and not all(denied for _, denied in answers(text, Credential("user", None))):
        yield told(_SAYS, "role-style-on-user", where)


def _issued(at: datetime) -> Credential:
    return Credential("role", format_instant(at.astimezone(UTC)))
