"""What every place has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from botocore.exceptions import ClientError, HTTPClientError

from policies.execution.api import Api


class Slot(Protocol):
    """A place in AWS that holds one text, or nothing."""

    def read(self) -> str | None:
        """What is there; None where nothing is. Raises what the SDK does."""
        ...

    def write(self, text: str) -> None:
        """Put a text there, in place of what is there."""
        ...

    def remove(self) -> None:
        """Take away what is there; nothing happens where nothing is."""
        ...


class NotRemovable(Exception):
    """A place that cannot be empty."""


def code_of(fault: ClientError) -> str:
    """The error code of a refusal."""
    return str(fault.response.get("Error", {}).get("Code", ""))


_BUSY = frozenset({
    "ConcurrentModification", "ConcurrentModificationException", "ConflictException", "DuplicatePolicyException",
    "EntityAlreadyExists", "EntityTemporarilyUnmodifiable", "PolicyChangesInProgressException",
})  # fmt: skip
_OVERLOADED = frozenset({
    "InternalFailure", "InternalServerException", "RequestLimitExceeded", "ServiceException", "ServiceFailure",
    "ServiceUnavailable", "Throttling", "ThrottlingException", "TooManyRequestsException",
})  # fmt: skip


def is_race(fault: ClientError) -> bool:
    """Whether somebody else changed the same thing at the same moment, so that it is read and written again."""
    return code_of(fault) in _BUSY


def is_overload(fault: Exception) -> bool:
    """Whether AWS was not reached or had too much to do, even for the patience of the SDK."""
    return isinstance(fault, HTTPClientError) or (isinstance(fault, ClientError) and code_of(fault) in _OVERLOADED)


def if_there(ask: Callable[[], Any], *absent: str) -> Any:
    """The answer, or None where the error code says that there is none."""
    try:
        return ask()
    except ClientError as fault:
        if code_of(fault) in absent:
            return None
        raise


def pages(
    api: Api, service: str, operation: str, *, takes: str, gives: str, organization: bool = False, **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Every page of a list.

    Args:
        api: AWS.
        service: as boto3 names it.
        operation: of the list.
        takes: the parameter for the token of a page.
        gives: the member of an answer that holds the token of the next one.
        organization: see ``Api.call``.
        parameters: the other parameters.
    """
    token: dict[str, str] = {}
    while True:
        page = api.call(service, operation, organization=organization, **parameters, **token)
        yield page
        following = page.get(gives)
        if not following or {takes: following} == token:
            return
        token = {takes: following}


def of_iam(api: Api, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every page of a list of IAM."""
    return pages(api, "iam", operation, takes="Marker", gives="Marker", **parameters)
