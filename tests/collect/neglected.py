"""Accounts in which rules fail, as AWS answers about them: between them, every rule fails somewhere."""

from __future__ import annotations

from typing import Any

from tests.collect import neglected_identity, neglected_services, whole
from tests.collect.answers_logs import absent
from tests.collect.stand_in import Refusal
from tests.collect.ungoverned import UNGOVERNED

NEGLECTED: dict[str, Any] = {**whole.ANSWERS, **neglected_identity.ANSWERS, **neglected_services.ANSWERS}
"""A management account with as many faults as one account can have."""

ALONE: dict[str, Any] = {
    **UNGOVERNED,
    "organizations:DescribeOrganization": Refusal("AWSOrganizationsNotInUseException", 400, "no organization"),
    "s3:ListBuckets": whole.ANSWERS["s3:ListBuckets"],
    "s3:GetBucketEncryption": absent("ServerSideEncryptionConfigurationNotFoundError"),
}
"""An account that belongs to no organization, and has the buckets of its logs."""

ACCOUNTS = {"whole": whole.ANSWERS, "neglected": NEGLECTED, "ungoverned": UNGOVERNED, "alone": ALONE}
