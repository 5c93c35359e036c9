"""Whether what is looked at is what was contained: the same account, and the same principals under their names."""

from __future__ import annotations

from collections.abc import Sequence

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.guarding import Stop, check_caller, check_identity, principals
from policies.execution.records import Begun, Checked


def whose(begun: Begun, changes: Sequence[Change], api: Api) -> tuple[Checked, ...]:
    """What keeps anything from being known; nothing where account and principals are those of the journal.

    Names are all that IAM is asked by: in another account the same name may be contained, too, which proves nothing.

    Args:
        begun: the first line of the journal.
        changes: everything that was set.
        api: AWS.
    """
    try:
        check_caller(begun, api, may_be_contained=True)
    except Stop as stop:
        return (_unknown("account", stop, api),)
    found = []
    for arn, unique_id in principals(changes):
        try:
            check_identity(arn, unique_id, api)
        except Stop as stop:
            found.append(_unknown("identity", stop, api))
    return tuple(found)


def _unknown(name: str, stop: Stop, api: Api) -> Checked:
    said = str(stop)
    return Checked(at=api.now(), name=name, verdict="unknown", said=f"{said[:1].upper()}{said[1:]}.")
