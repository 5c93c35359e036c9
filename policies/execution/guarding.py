"""What is looked at right before anything is written: what was true when the plan was made may not be true any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.records import Begun
from policies.execution.slots.identity import kind_and_name
from policies.execution.slots.slot import code_of, is_overload
from policies.execution.texts import principals_of

REFUSALS = (ClientError, BotoCoreError)
"""What the SDK raises where AWS refuses, or is not reached."""


_BREATH = 5.0


class Stop(Exception):
    """A guard failed, so that nothing further is written; the text says which and why."""


class Unasked(Stop):
    """A guard of which AWS did not tell whether it holds: asked again, it may."""


def check_caller(begun: Begun, api: Api, changes: Iterable[Change] = (), *, may_be_contained: bool = False) -> None:
    """Whether the credentials are of the affected account, and, unless they may be, not those that are contained.

    Args:
        begun: the first line of the journal.
        api: AWS.
        changes: everything that is set, on other principals, too.
        may_be_contained: whether it does not matter.

    Raises:
        Stop: they are not, or nobody can tell.
    """
    try:
        told = _asked(api, "sts", "GetCallerIdentity")
    except REFUSALS as fault:
        raise Unasked(f"who calls could not be asked: {fault}") from None
    if told.get("Account") != begun.account_id:
        raise Stop(f"the credentials are of account {told.get('Account')}, and the plan is for {begun.account_id}")
    if may_be_contained:
        return
    caller = _principal(str(told.get("Arn", "")))
    if begun.principal and caller == kind_and_name(begun.principal):
        raise Stop("the credentials are of the principal that is to be contained: use others")
    for arn in _denied(changes):
        if caller == kind_and_name(arn):
            raise Stop(f"the credentials are of {arn}, which is contained, too: use others")


def _asked(api: Api, service: str, operation: str, **parameters: str) -> dict[str, Any]:
    """An answer, for which AWS is asked once more where it was too busy."""
    try:
        return api.call(service, operation, **parameters)  # type: ignore[arg-type]  # names
    except REFUSALS as fault:
        if not is_overload(fault):
            raise
    api.sleep(_BREATH)
    return api.call(service, operation, **parameters)  # type: ignore[arg-type]  # names


def _denied(changes: Iterable[Change]) -> Iterator[str]:
    """The principals that are changed, and those that policies of the organization deny by their names."""
    for each in changes:
        if each.principal:
            yield each.principal
        elif each.kind == "organization policy":
            yield from sorted(principals_of(each.document))


def _principal(caller: str) -> tuple[str, str]:
    """The kind and name of a caller; a session is of its role."""
    kind, _, rest = caller.split(":", 5)[-1].partition("/")
    return ("Role", rest.partition("/")[0]) if kind == "assumed-role" else (kind.title(), rest.rpartition("/")[2])


def principals(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """ARN and unique id of each principal that is changed."""
    yield from dict.fromkeys((each.principal, each.unique_id) for each in changes if each.principal)


def check_identity(arn: str, unique_id: str, api: Api) -> None:
    """Whether a principal is still the one that the plan is for.

    Raises:
        Stop: it is gone, or was made anew under its name, or nobody can tell.
    """
    kind, name = kind_and_name(arn)
    try:
        found = _asked(api, "iam", f"Get{kind}", **{f"{kind}Name": name})[kind]
    except ClientError as fault:
        if code_of(fault) == "NoSuchEntity":
            raise Stop(f"{arn} is no longer there") from None
        raise Unasked(f"{arn} could not be looked at: {fault}") from None
    except BotoCoreError as fault:
        raise Unasked(f"{arn} could not be looked at: {fault}") from None
    if found["Arn"] != arn or not unique_id or found[f"{kind}Id"] != unique_id:
        raise Stop(f"{arn} is another one now ({found['Arn']}, {found[f'{kind}Id']} in place of {unique_id or 'none'})")
