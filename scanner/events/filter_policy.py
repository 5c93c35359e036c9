"""Whether the filter policy of an SNS subscription lets through what EventBridge or CloudWatch publishes.

Neither of them sends message attributes. A policy on attributes, which is the default scope, then lets nothing through:
even ``exists: false`` matches only if the message has at least one attribute.

Sources: sns/latest/dg/sns-message-filtering.html, sns-message-filtering-scope.html, attribute-key-matching.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scanner.events.pattern import BadPattern, read_pattern
from scanner.inventory import Undetermined

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"


def passes(document: bytes, scope: str | None, message: Mapping[str, Any]) -> bool:
    """Whether a message without attributes reaches the subscriber.

    Args:
        document: the filter policy; an empty object is no filter.
        scope: ``MessageAttributes``, ``MessageBody``, or None for the default, which is the first.
        message: the body of the message, as JSON.

    Raises:
        Undetermined: the policy cannot be read, or its meaning for this message is not known.
    """
    if _is_empty(document):
        return True
    if scope in {None, ATTRIBUTES}:
        return False
    if scope != BODY:
        raise Undetermined(f"the scope {scope} of a filter policy is not known")
    try:
        pattern = read_pattern(document)
    except BadPattern as error:
        raise Undetermined(f"a filter policy cannot be read: {error}") from error
    found = pattern.matches(message)
    if found != pattern.matches(_without_nothing(message)):
        # Unlike EventBridge, SNS wants a value from a field that exists, and says no more about null and "".
        raise Undetermined("a filter policy asks for fields that are null or empty")
    return found


def _without_nothing(node: Any) -> Any:
    """The same without fields that are null or empty."""
    if isinstance(node, Mapping):
        return {name: _without_nothing(value) for name, value in node.items() if value is not None and value != ""}
    if isinstance(node, list | tuple):
        return [_without_nothing(value) for value in node]
    return node


def _is_empty(document: bytes) -> bool:
    try:
        return json.loads(document) in ({}, None)
    except (ValueError, RecursionError):
        return False
