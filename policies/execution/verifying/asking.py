"""Questions to AWS whose refusal is an answer: that something is not known, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from policies.execution.api import Api
from scanner.errors import UsageError

T = TypeVar("T")

_MOST = 300


class Unanswered(Exception):
    """AWS gave no answer that can be used; ``reason`` says why, and may hold account text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason if len(reason) <= _MOST else f"{reason[: _MOST - 3]}..."


def answer(ask: Callable[[], T]) -> T:
    """What a question gives; raises ``Unanswered`` where it was refused or its answer has another shape."""
    try:
        return ask()
    except ClientError as fault:
        said = fault.response.get("Error", {})
        raise Unanswered(f"{said.get('Code', 'refused')}: {said.get('Message', '')}".rstrip(": ")) from None
    except UsageError as fault:
        raise Unanswered(str(fault)) from None
    except BotoCoreError as fault:
        raise Unanswered(f"AWS was not reached: {fault}") from None
    except NotImplementedError as fault:
        # Emulators of AWS within the process say so.
        raise Unanswered(f"not implemented: {fault}") from None
    except (LookupError, TypeError, ValueError, AttributeError) as fault:
        raise Unanswered(f"the answer is not of the shape that AWS documents ({type(fault).__name__})") from None


def called(api: Api, service: str, operation: str, *, region: str = "", **parameters: Any) -> dict[str, Any]:
    """One call; raises ``Unanswered``."""
    found = answer(lambda: api.call(service, operation, region=region, **parameters))
    if not isinstance(found, dict):
        raise Unanswered("the answer is not of the shape that AWS documents")
    return found
