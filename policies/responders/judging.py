"""Any containment document, judged by what it is."""

from __future__ import annotations

from datetime import datetime

from policies.responders.faults import Fault
from policies.responders.patterns import judge_pattern
from policies.responders.python_judging import judge_python
from policies.responders.recognising import opened_document
from policies.responders.revocations import AttachedTo, judge_policy
from policies.responders.sql import judge_sql
from policies.responders.stacks import judge_stack


def judge_document(
    content: bytes, *, at: datetime | None = None, attached_to: AttachedTo | None = None
) -> tuple[Fault, ...]:
    """What is wrong with a document as a containment, sorted; nothing for guardrift's own.

    It may be a policy document, the event pattern of a rule, a CloudFormation template in JSON, the Python source of a
    responder, or SQL. Nothing of it is run.

    Args:
        content: the document.
        at: the time of judgement, with which cutoffs are compared where it is given.
        attached_to: on what a policy lies, where that is known.

    Raises:
        UsageError: it is too large, no text, or none of these.
    """
    opened = opened_document(content)
    if opened.kind == "policy document":
        found = judge_policy(opened.text, at, attached_to)
    elif opened.kind == "event pattern":
        found = judge_pattern(opened.text)
    elif opened.kind == "CloudFormation template":
        found = judge_stack(opened.value, at)
    elif opened.tree is not None:
        found = judge_python(opened.tree)
    else:
        found = judge_sql(opened.text)
    return tuple(sorted(set(found)))
