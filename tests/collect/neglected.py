"""Accounts in which rules fail, as AWS answers about them: between them, every rule fails somewhere."""

from __future__ import annotations

from typing import Any

from tests.collect.stand_in import Refusal
from tests.collect import neglected_identity, neglected_services, ungoverned, whole

NEGLECTED: dict[str, Any] = {**whole.ANSWERS, **neglected_identity.ANSWERS, **neglected_services.ANSWERS}
"""A management account with as many faults as one account can have."""

UNGOVERNED: dict[str, Any] = ungoverned.UNGOVERNED

ALONE: dict[str, Any] = {
    **UNGOVERNED,
    "organizations:DescribeOrganization": Refusal("AWSOrganizationsNotInUseException", 400, "no organization"),
}
"""An account that belongs to no organization."""
