"""Policy documents of the demo account, in the few shapes it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Statement: TypeAlias = Mapping[str, object]
Conditions: TypeAlias = Mapping[str, Mapping[str, object]]


def document(*statements: Statement) -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(
    actions: str | Sequence[str], resources: str | Sequence[str], conditions: Conditions | None = None
) -> Statement:
    """A statement that allows."""
    return _conditional({"Effect": "Allow", "Action": actions, "Resource": resources}, conditions)


def deny(actions: str | Sequence[str], resources: str | Sequence[str]) -> Statement:
    """A statement that denies."""
    return {"Effect": "Deny", "Action": actions, "Resource": resources}


def trust(
    principal: str | Mapping[str, str], action: str = "sts:AssumeRole", conditions: Conditions | None = None
) -> str:
    """A trust policy of one statement."""
    return document(_conditional({"Effect": "Allow", "Principal": principal, "Action": action}, conditions))


def trust_service(name: str) -> str:
    """A trust policy for one AWS service, named without its domain."""
    return trust({"Service": f"{name}.amazonaws.com"})


def _conditional(statement: dict[str, object], conditions: Conditions | None) -> Statement:
    return statement if conditions is None else {**statement, "Condition": conditions}
