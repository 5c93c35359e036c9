"""Accounts in which rules fail, as AWS answers about them: between them, every rule fails somewhere."""

from __future__ import annotations

from typing import Any

from tests.collect import neglected_identity, neglected_services, whole

NEGLECTED: dict[str, Any] = {**whole.ANSWERS, **neglected_identity.ANSWERS, **neglected_services.ANSWERS}
"""A management account with as many faults as one account can have."""
