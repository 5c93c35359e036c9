"""Policies of the organization that contain: by their names and Sids, since a guardrail may deny as much.

Source: "Service control policies" and "Resource control policies" in the AWS Organizations User Guide.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scanner.containment.artefact_shapes import OWN_PREFIX, Shape, author_of, shape_of
from scanner.containment.lasting import LONGEST_ROLE_SESSION, LONGEST_USER_SESSION
from scanner.iam.documents import parse
from scanner.inventory import Account, Gap, OrganizationPolicy, describe

_TYPES = frozenset({"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"})


def of_organization(account: Account, at: datetime) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """What each containment says of itself, what was not read, and what only another account can read."""
    facts = account.organization
    if facts.membership is None:
        return [], [], []
    if isinstance(facts.policies, Gap):
        said = [f"policies of the organization: {describe(facts.policies)}"]
        return ([], [], said) if facts.policies.status == "elsewhere" else ([], said, [])
    found, unread = [], []
    for policy in facts.policies:
        if policy.type not in _TYPES or policy.is_aws_managed:
            continue
        if isinstance(policy.content, Gap):
            unread.append(f"policy {policy.name} of the organization: {describe(policy.content)}")
        shape = None if isinstance(policy.content, Gap) else shape_of(parse(policy.content.document), policy.name)
        if policy.name.startswith(OWN_PREFIX) or author_of("", shape) == "guardrift":
            found.append(_told(policy, shape, at))
    return found, unread, []


def _told(policy: OrganizationPolicy, shape: Shape | None, at: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {"name": policy.name, "by": author_of(policy.name, shape)}
    if isinstance(policy.targets, Gap):
        why = f"To what it is attached was not read: {describe(policy.targets)}."
        return {**told, "whose": "the organization", "state": "unknown", "why": why}
    whose = ", ".join(sorted(policy.targets)) or "nothing"
    if not policy.targets:
        return {**told, "whose": whose, "state": "removable", "why": "It is attached to nothing."}
    if shape is None and isinstance(policy.content, Gap):
        return {**told, "whose": whose, "state": "unknown", "why": "What it says was not read."}
    if shape is None or shape.cutoff is None or not shape.has_time:
        why = "No time tells when whom it denies is clean: detach it last, when all else is settled."
        return {**told, "whose": whose, "state": "by hand", "why": why}
    longest = LONGEST_USER_SESSION if _means_users(policy) else LONGEST_ROLE_SESSION
    safe = shape.cutoff + longest
    hours = f"{longest.total_seconds() / 3600:g} hours"
    state, why = ("removable", "have ended") if at >= safe else ("needed", "can still be there")
    said = f"Sessions from before the cutoff {why}: the longest last {hours}."
    return {**told, "whose": whose, "state": state, "why": said, "cutoff": shape.cutoff, "safe_to_remove": safe}


def _means_users(policy: OrganizationPolicy) -> bool:
    """Whether the document may be about users or the root user, whose sessions last longest."""
    if isinstance(policy.content, Gap):
        return True
    conditions = [
        each for statement in parse(policy.content.document).statements for each in statement.conditions
        if each.key == "aws:principalarn"
    ]  # fmt: skip
    return not conditions or any(":role/" not in value for each in conditions for value in each.values)
