"""Dispatch: from a suspected credential to its principal, the kind, what to do, and the guards against it."""

from policies.dispatch.merging import Incident, merged
from policies.dispatch.naming import Named, named_subject
from policies.dispatch.protecting import never_listed
from policies.dispatch.resolved import Circumstances, Decided, Guard, GuardName, PlanKind, Resolved, Verdict
from policies.dispatch.resolving import resolve

__all__ = [
    "Circumstances", "Decided", "Guard", "GuardName", "Incident", "Named", "PlanKind", "Resolved", "Verdict", "merged",
    "named_subject", "never_listed", "resolve",
]  # fmt: skip
