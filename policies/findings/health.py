"""Events of AWS Health on credentials that were found in public or are suspected of it.

Source: "Reference: AWS Health events Amazon EventBridge schema" in the AWS Health User Guide. The affected entity is
the id of the access key, or the name or ARN of its user.
"""

from __future__ import annotations

import re

from policies.findings.fields import account, instant, is_key_id, items, member, region, text, title
from policies.findings.found import FoundFinding
from policies.findings.identities import Told, read_id, subjects_of
from policies.findings.joining import joined
from policies.subjects import Subject

_ABOUT_CREDENTIALS = re.compile(r"AWS_RISK_(?:CREDENTIALS_[A-Z_]+|IAM_QUARANTINE)")
_USER_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")


def is_health(node: object) -> bool:
    """Whether an object has the shape of the detail of a Health event."""
    return isinstance(member(node, "eventTypeCode"), str)


def read_health(node: object) -> FoundFinding:
    """The event, with one subject for each affected entity."""
    code = text(node, "eventTypeCode") or ""
    identifier = text(node, "eventArn") or text(node, "communicationId") or ""
    told_by = f"AWS Health event {code}"
    account_id = account(node, "affectedAccount")
    subjects: tuple[Subject, ...] = ()
    notes: tuple[str, ...] = ()
    if _ABOUT_CREDENTIALS.fullmatch(code):
        subjects, notes = _subjects(node, account_id, told_by)
        if not subjects:
            notes += ("The event names no key and no user: the console of AWS Health and the support case do.",)
    else:
        notes = (f"The event {code[:80]} is not about a credential.",)
    if account_id is None:
        notes += ("The affected account (affectedAccount) is not told, or is not twelve digits.",)
    description = next((each for each in items(node, "eventDescription") if isinstance(each, dict)), None)
    return FoundFinding(
        source_format="AWS Health",
        id=identifier,
        type=code,
        account_id=account_id,
        region=region(node, "eventRegion"),
        arn=text(node, "eventArn"),
        title=title(description, "latestDescription"),
        level="high" if subjects else None,
        first_seen=instant(node, "startTime"),
        updated_at=instant(node, "lastUpdatedTime"),
        is_archived=(text(node, "statusCode") or "").lower() == "closed",
        subjects=subjects,
        notes=notes,
    )


def _subjects(node: object, account_id: str | None, told_by: str) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    found: list[Subject] = []
    notes: tuple[str, ...] = ()
    for entity in items(node, "affectedEntities"):
        value = text(entity, "entityValue")
        told = _told(value.strip()) if value else Told()
        subjects, said = subjects_of(told, account_id, told_by)
        if value and not subjects:
            said += (f"The affected entity {value[:80]} is neither a key nor a user.",)
        found += subjects
        notes += said
    return joined(found), notes


def _told(value: str) -> Told:
    if is_key_id(value):
        return Told(access_key=value)
    if value.startswith("arn:"):
        return Told(arn=value)
    if read_id(value).unique_id or read_id(value).kind == "root":
        return Told(principal_id=value)
    # Keys are found in public that do not expire, and these are of users.
    return Told(user_type="IAMUser", name=value) if _USER_NAME.fullmatch(value) else Told()
