"""A small account, and questions about it in the notation of the tests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.iam.context import Values
from scanner.iam.decision import Decision, Layer
from scanner.iam.questions import Levels, Questions, WhatIf, source
from scanner.iam.sources import Source
from scanner.inventory import (
    Account,
    AttachedPolicy,
    Document,
    Group,
    InlinePolicy,
    ManagedPolicy,
    PolicyVersion,
    Role,
    Tag,
    User,
)
from tests.accounts import NOW, OWN, Json, policy

ANN = f"arn:aws:iam::{OWN}:user/staff/ann"
APP = f"arn:aws:iam::{OWN}:role/apps/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/s1"
ROOT = f"arn:aws:iam::{OWN}:root"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
DEPLOY = f"arn:aws:iam::{OWN}:role/deploy"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:jobs"
LIMIT = f"arn:aws:iam::{OWN}:policy/limit"
MISSING = f"arn:aws:iam::{OWN}:policy/missing"

TRUST_IN_ACCOUNT = policy({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})


def document(content: object) -> Document:
    """A policy document, or a list of some, as it is collected."""
    return Document(json.dumps(content).encode())


def account(
    identity: Sequence[Json] = (),
    *,
    group: Sequence[Json] = (),
    boundary: Json | None = None,
    trust: Json = TRUST_IN_ACCOUNT,
    unread: bool = False,
) -> Account:
    """An account in which every principal has the same policies, and ann those of her group as well.

    Args:
        identity: the inline policies ``p0``, ``p1`` and so on.
        group: the inline policies ``g0`` and so on of the group ``staff``.
        boundary: the permissions boundary of all.
        trust: the trust policy of all roles.
        unread: whether they also have a managed policy that was not collected.
    """
    facts: dict[str, Any] = {
        "inline": _inline("p", identity),
        "boundary": LIMIT if boundary is not None else None,
        "attached": (AttachedPolicy("missing", MISSING),) if unread else (),
        "tags": (Tag("Team", "blue"),),
    }
    limit = ManagedPolicy(LIMIT, "limit", (PolicyVersion("v1", document(boundary or policy()), is_default=True),))
    roles = {APP: "/apps/", DEPLOY: "/", LINKED: "/aws-service-role/autoscaling.amazonaws.com/"}
    return Account(
        account_id=OWN,
        partition="aws",
        taken_at=NOW,
        users=(User("ann", ANN, "AIDAANN", "/staff/", groups=("staff",), **facts),),
        groups=(Group("staff", f"arn:aws:iam::{OWN}:group/staff", inline=_inline("g", group)),),
        roles=tuple(
            Role(arn.rpartition("/")[2], arn, document(trust), f"AROA{arn.rpartition('/')[2].upper()}", path, **facts)
            for arn, path in roles.items()
        ),
        policies=(limit,),
    )


def _inline(prefix: str, documents: Sequence[Json]) -> tuple[InlinePolicy, ...]:
    return tuple(InlinePolicy(f"{prefix}{place}", document(found)) for place, found in enumerate(documents))


UNKNOWN: Json = {}
"""In place of a policy: it was not collected."""


def ask(
    principal: str,
    action: str = "sqs:SendMessage",
    resource: str = QUEUE,
    *,
    context: Mapping[str, str | Values] | None = None,
    absent: Sequence[str] = (),
    session: Json | None = None,
    resource_policy: Json | None = None,
    scps: Sequence[Sequence[Json]] | None = (),
    rcps: Sequence[Sequence[Json]] | None = (),
    **facts: Any,
) -> Decision:
    """One decision; layers that are not given are known not to exist, and the other facts are those of ``account``."""
    known = {key.lower(): (value,) if isinstance(value, str) else value for key, value in (context or {}).items()}
    return Questions(account(**facts)).ask(
        principal,
        action,
        resource,
        context=known,
        absent=frozenset(key.lower() for key in absent),
        what_if=WhatIf(
            session=_source("session_policy", session),
            resource=_source("resource_policy", resource_policy or None),
            has_no_resource_policy=resource_policy is None and not action.startswith("sts:Assume"),
            scps=_levels("scp", scps),
            rcps=_levels("rcp", rcps),
        ),
    )


def _source(layer: Layer, content: Json | None, name: str = "") -> Source | None:
    return None if content is None else source(layer, name or layer, document(content))


def _levels(layer: Layer, levels: Sequence[Sequence[Json]] | None) -> Levels | None:
    if levels is None:
        return None
    return tuple(
        tuple(source(layer, f"{layer}[{depth}][{place}]", document(found)) for place, found in enumerate(level))
        for depth, level in enumerate(levels)
    )


def layers(decision: Decision) -> dict[str, str]:
    """What the layers say, but for those that do not exist."""
    return {each.layer: each.result for each in decision.layers if each.result != "none"}


def deciding(decision: Decision) -> list[str]:
    """The deciding statements, such as ``Allow p0[1]``; a question mark follows what is uncertain."""
    return [
        f"{each.effect} {re.split('[ /]', each.document)[-1]}[{each.statement}]{'' if each.certain else '?'}"
        for each in decision.statements
    ]


def conditions(decision: Decision) -> list[str]:
    """What the decision hangs on."""
    return [each.text for each in decision.conditions]
