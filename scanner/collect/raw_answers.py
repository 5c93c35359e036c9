"""Refuse answers that the SDK would take for empty ones: another page, a cut text, an error under a good status.

What the SDK cannot read as JSON, and every XML element that it does not expect, it leaves out without a word. An empty
answer often means that nothing is set, so that a broken one would pass for a good one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree


class NoAnswerError(ValueError):
    """What was answered under a good status is no answer to the call; its text quotes none of it."""


_ERRORS = {"error", "errorresponse", "response"}
"""The roots of error answers in XML. Good ones of EC2 and of the query protocol end in ``Response``, too."""
_CHUNK = 4096


def refuse_what_is_no_answer(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:
    """A handler of the SDK's event ``before-parse``.

    Args:
        operation_model: the operation that was called.
        response_dict: the answer as it came.

    Raises:
        NoAnswerError: the answer has a good status, but is none to this call.
    """
    if response_dict["status_code"] > 300 or not (members := _members_of_body(operation_model.output_shape)):
        return
    protocol = getattr(operation_model.service_model, "resolved_protocol", operation_model.metadata.get("protocol"))
    body = bytes(response_dict["body"])
    if protocol in {"json", "rest-json"}:
        _check_json(body, members)
    elif protocol in {"query", "ec2", "rest-xml"}:
        _check_xml(body, strict=protocol != "rest-xml")


def _members_of_body(shape: Any) -> set[str]:
    """The members that the body has, as it names them; none where the body is one text, which its reader judges."""
    if shape is None:
        return set()
    payload = shape.serialization.get("payload")
    if payload is not None:
        shape = shape.members[payload]
        if shape.type_name != "structure":
            return set()
    return {
        member.serialization.get("name", name)
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }


def _check_json(body: bytes, members: set[str]) -> None:
    if not body.strip():
        raise NoAnswerError("it is empty")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswerError("it is not JSON") from None
    if not isinstance(found, dict):
        raise NoAnswerError("it is no JSON object")
    if found and not members & found.keys():
        raise NoAnswerError("it has nothing of what was asked for")


def _check_xml(body: bytes, *, strict: bool) -> None:
    if not body.strip():
        raise NoAnswerError("it is empty")
    root = _root(body)
    if root.lower() in _ERRORS | {"html"} or (strict and not root.endswith("Response")):
        raise NoAnswerError(f"it is <{root[:40]}>")


def _root(body: bytes) -> str:
    """The name of the first element, without its namespace; what comes after it the SDK reads, and complains about."""
    parser: Any = ElementTree.XMLPullParser(["start"])
    try:
        for start in range(0, len(body), _CHUNK):
            parser.feed(body[start : start + _CHUNK])
            for _, element in parser.read_events():
                return str(element.tag).rpartition("}")[2]
    except ElementTree.ParseError:
        pass
    raise NoAnswerError("it is not XML")
