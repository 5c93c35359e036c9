"""What CloudTrail is asked for of a suspected credential.

Source: LookupEvents in the AWS CloudTrail API Reference; of a role's session the user name is the session's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from policies.subjects import Subject
from scanner.inventory import Role, User
from scanner.shell import quote


def looked_up(subject: Subject, principal: Role | User | None) -> Iterator[str]:
    """The commands, without a time, a region or a form of the answer."""
    for name, value in attributes(subject, principal):
        # As JSON: in the short form a comma of the name would begin another attribute.
        asked = json.dumps([{"AttributeKey": name, "AttributeValue": value}], ensure_ascii=False)
        yield f"aws cloudtrail lookup-events {quote(f'--lookup-attributes={asked}')}"


def attributes(subject: Subject, principal: Role | User | None) -> Iterator[tuple[str, str]]:
    """By what the events are found."""
    if subject.access_key:
        yield "AccessKeyId", subject.access_key
    name = subject.session or (principal.name if isinstance(principal, User) else None)
    if subject.kind == "root":
        name = "root"
    elif subject.kind == "federated-user":
        name = subject.name
    if name:
        yield "Username", name
    if isinstance(principal, Role) and not name:
        # Who assumed it, and changed it; what its sessions did is found under their names.
        yield "ResourceName", principal.name
