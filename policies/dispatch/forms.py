"""What the parts of a subject look like; text of another form never gets into a document.

A wildcard or a policy variable in a session name, a federated name or the id of a person would widen a Deny to others.
Source: AssumeRole and GetFederationToken in the AWS STS API Reference, "IAM identifiers" in the IAM User Guide,
DescribeUser in the Identity Store API Reference.
"""

from __future__ import annotations

import re

from policies.dispatch.resolved import shown
from policies.subjects import Subject

INSTANCE = re.compile(r"i-[0-9a-f]{8,32}")
PERSON = re.compile(r"(?:[0-9a-f]{10}-)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
SESSION = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
FEDERATED = re.compile(r"[A-Za-z0-9_+=,.@-]{2,32}")
UNIQUE_ID = re.compile(r"(?:AROA|AIDA)[A-Z0-9]{12,124}")
_REGION = re.compile(r"[a-z]{2,6}(?:-[a-z]+){1,3}-[0-9]{1,2}")
_ACCOUNT = re.compile(r"[0-9]{12}")

_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "account_id": (_ACCOUNT, "the id of an account"),
    "session": (SESSION, "the name of a session"),
    "instance": (INSTANCE, "the id of an instance"),
    "region": (_REGION, "the name of a region"),
    "source_identity": (SESSION, "a source identity"),
    "user_id": (PERSON, "the id of a person in the identity store"),
}


def malformed(subject: Subject) -> str | None:
    """What of a subject AWS cannot have sent, as a sentence; names of users and roles are compared, and not checked."""
    for part, (form, what) in _FORMS.items():
        told = getattr(subject, part)
        if told is not None and not form.fullmatch(told):
            return f"{shown(told)} is not {what}."
    if subject.kind == "federated-user" and subject.name is not None and not FEDERATED.fullmatch(subject.name):
        return f"{shown(subject.name)} is not the name of a federated user."
    return None
