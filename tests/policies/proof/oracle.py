"""A second opinion on containments: which requests do documents refuse, once they are in place?

Written from AWS's documentation alone and without a look at the evaluator: JSON is read as it is, patterns are turned
into regular expressions here, and a request has all of its keys. What it does not know it refuses to judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

RCP_SERVICES = ("kms", "s3", "secretsmanager", "sqs", "sts")
_ASSUMING = {"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession"}


@dataclass(frozen=True)
class Signer:
    """Who signs.

    ``holder`` is the ARN of the user or role whose policies bear on the request, ``account`` that of the signer;
    ``of_permission_set`` tells sessions that IAM Identity Center gave out.
    """

    account: str
    holder: str = ""
    is_service_linked: bool = False
    of_permission_set: bool = False


@dataclass(frozen=True)
class Asked:
    """One request; keys by their lower case, and what is not there is absent."""

    signer: Signer
    action: str
    resource: str
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InPlace:
    """A document in its place."""

    layer: str
    target: str
    text: str


def refuses(documents: Sequence[InPlace], asked: Asked, *, management: bool = False) -> bool:
    """Whether an explicit Deny of some document refuses the request."""
    return any(
        _applies(statement, asked, each)
        for each in documents
        if _bears(each, asked, management=management)
        for statement in _statements(each.text)
        if statement["Effect"] == "Deny"
    )


def limits(documents: Sequence[InPlace], asked: Asked) -> bool:
    """Whether a boundary among the documents leaves the request out, where nothing grants it by name."""
    bounding = [each for each in documents if each.layer == "boundary" and each.target == asked.signer.holder]
    return any(
        not any(s["Effect"] == "Allow" and _applies(s, asked, each) for s in _statements(each.text))
        for each in bounding
    )


def _bears(document: InPlace, asked: Asked, *, management: bool) -> bool:
    signer, layer = asked.signer, document.layer
    if layer in ("inline", "managed", "boundary"):
        return signer.holder == document.target
    if layer == "permission set":
        return signer.of_permission_set
    if layer == "trust":
        return asked.action.lower() in _ASSUMING and asked.resource == document.target
    if signer.is_service_linked or management:
        return False
    if layer == "scp":
        return signer.account == document.target
    return asked.action.partition(":")[0].lower() in RCP_SERVICES


def _statements(text: str) -> list[dict[str, Any]]:
    found = json.loads(text)["Statement"]
    return found if isinstance(found, list) else [found]


def _listed(value: Any) -> list[str]:
    return [_plain(each) for each in (value if isinstance(value, list) else [value])]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _applies(statement: dict[str, Any], asked: Asked, document: InPlace) -> bool:
    if not _speaks(statement, "Action", asked.action, ignore_case=True):
        return False
    if document.layer != "trust" and not _speaks(statement, "Resource", asked.resource, ignore_case=False):
        return False
    if document.layer in ("trust", "rcp") and not _is_principal(statement, asked):
        return False
    for operator, wanted in statement.get("Condition", {}).items():
        for key, values in wanted.items():
            if not _holds(operator, asked.keys.get(key.lower()), _listed(values)):
                return False
    return True


def _is_principal(statement: dict[str, Any], asked: Asked) -> bool:
    named = statement["Principal"]
    if named == "*" or named == {"AWS": "*"}:
        return True
    return asked.keys.get("aws:principalarn", "") in _listed(named.get("AWS", []) if isinstance(named, dict) else [])


def _speaks(statement: dict[str, Any], element: str, value: str, *, ignore_case: bool) -> bool:
    inverted = f"Not{element}" in statement
    patterns = _listed(statement[f"Not{element}" if inverted else element])
    return any(_glob(each, value, ignore_case=ignore_case) for each in patterns) != inverted


def _glob(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    text = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(text, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    base = operator.removesuffix("IfExists")
    if base == "Null":
        return (value is None) == (wanted[0] == "true")
    if value is None:
        return operator.endswith("IfExists") or "Not" in base
    return bool(_BASE[base](value, wanted))


def _date(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _arn(value: str, wanted: str) -> bool:
    parts, patterns = value.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) == 6 and all(_glob(p, v) for p, v in zip(patterns, parts, strict=True))


_BASE: dict[str, Any] = {
    "StringEquals": lambda value, wanted: value in wanted,
    "StringNotEquals": lambda value, wanted: value not in wanted,
    "StringLike": lambda value, wanted: any(_glob(each, value) for each in wanted),
    "StringNotLike": lambda value, wanted: not any(_glob(each, value) for each in wanted),
    "ArnEquals": lambda value, wanted: any(_arn(value, each) for each in wanted),
    "ArnLike": lambda value, wanted: any(_arn(value, each) for each in wanted),
    "ArnNotEquals": lambda value, wanted: not any(_arn(value, each) for each in wanted),
    "Bool": lambda value, wanted: value in wanted,
    "DateLessThan": lambda value, wanted: any(_date(value) < _date(each) for each in wanted),
    "DateLessThanEquals": lambda value, wanted: any(_date(value) <= _date(each) for each in wanted),
    "DateGreaterThan": lambda value, wanted: any(_date(value) > _date(each) for each in wanted),
    "DateGreaterThanEquals": lambda value, wanted: any(_date(value) >= _date(each) for each in wanted),
    "DateEquals": lambda value, wanted: any(_date(value) == _date(each) for each in wanted),
    "NumericLessThan": lambda value, wanted: any(float(value) < float(each) for each in wanted),
}
