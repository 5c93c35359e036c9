"""Templates filled in with ordinary values."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from policies.documents import Template, Values, Written, write
from scanner.inventory import Document, Role, User
from tests.accounts import FOREIGN, OWN

CUTOFF = "2026-11-20T23:00:00Z"
BEFORE, AFTER = "2026-11-20T22:59:59Z", "2026-11-20T23:00:01Z"
INSTANCE = f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0123456789abcdef0"
PERSON = "906751796e-2d4bf78f-1f11-44b1-8c5d-1f2f6a3b4c5d"
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, '
    '"Action": "sts:AssumeRole"}]}'
)
EXISTING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

ROLE = Role(
    name="web", arn=f"arn:aws:iam::{OWN}:role/app/web", trust=Document(TRUST.encode()), id="AROA1", path="/app/"
)
USER = User(name="ann", arn=f"arn:aws:iam::{OWN}:user/ann", id="AIDA1")

VALUES = Values(
    role=ROLE,
    user=USER,
    session="i-0123456789abcdef0",
    instance=INSTANCE,
    principals=(ROLE.arn, USER.arn),
    account_id=FOREIGN,
    source_identity="ann@example.com",
    user_id=PERSON,
    existing=EXISTING,
    networks=("203.0.113.0/24", "198.51.100.7/32"),
    deployer="arn:aws:iam::*:role/deployment",
)


def filled(template: Template, **others: Any) -> tuple[Written, ...]:
    """The documents of a template, with some of the values exchanged."""
    return write(template, msgspec.structs.replace(VALUES, **others))


def text_of(template: Template, **others: Any) -> str:
    """The one document of a template."""
    (written,) = filled(template, **others)
    return written.document


def statements(document: str) -> list[dict[str, Any]]:
    """The statements of a document."""
    found: list[dict[str, Any]] = json.loads(document)["Statement"]
    return found
