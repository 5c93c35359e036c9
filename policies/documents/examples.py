"""What a template writes, with placeholders for what it is filled in with, to be looked at."""

from __future__ import annotations

from policies.documents.template import Template
from policies.documents.written import Values, write
from scanner.inventory import Document, Role

_ACCOUNT = "111122223333"
_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)
_PLACEHOLDERS = {
    "AROAEXAMPLEID": "${ROLE_ID}",
    "SESSION-EXAMPLE": "${SESSION_NAME}",
    f"arn:aws:ec2:eu-west-1:{_ACCOUNT}:instance/i-0123456789abcdef0": "${INSTANCE_ARN}",
    f"arn:aws:iam::{_ACCOUNT}:role/EXAMPLE": "${PRINCIPAL_ARN}",
    "999988887777": "${ACCOUNT_ID}",
    "WHO-EXAMPLE": "${SOURCE_IDENTITY}",
    "00000000-0000-4000-8000-000000000000": "${USER_ID}",
    "198.51.100.0/24": "${EGRESS_CIDR}",
}
_EXAMPLE = Values(
    role=Role(
        name="EXAMPLE",
        arn=f"arn:aws:iam::{_ACCOUNT}:role/EXAMPLE",
        trust=Document(_TRUST.encode()),
        id="AROAEXAMPLEID",
    ),
    session="SESSION-EXAMPLE",
    instance=f"arn:aws:ec2:eu-west-1:{_ACCOUNT}:instance/i-0123456789abcdef0",
    principals=(f"arn:aws:iam::{_ACCOUNT}:role/EXAMPLE",),
    account_id="999988887777",
    source_identity="WHO-EXAMPLE",
    user_id="00000000-0000-4000-8000-000000000000",
    networks=("198.51.100.0/24",),
)


def example(template: Template) -> str:
    """The document of a template with placeholders such as ``${ROLE_ID}``; those of AWS itself have a colon."""
    (written,) = write(template, _EXAMPLE)
    text = written.document
    for value, placeholder in _PLACEHOLDERS.items():
        text = text.replace(value, placeholder)
    return text
