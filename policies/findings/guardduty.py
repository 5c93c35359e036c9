"""A finding of GuardDuty, as its API and its events have it.

Sources: Finding, Resource, AccessKeyDetails, InstanceDetails and Service in the GuardDuty API Reference; "Processing
GuardDuty findings with Amazon EventBridge" in the GuardDuty User Guide; "Sample findings" for what samples hold.
"""

from __future__ import annotations

import json
from contextlib import suppress

from policies.findings.fields import account, flag, folded, instant, member, number, region, region_of_zone, text, title
from policies.findings.fields import whole as count_of
from policies.findings.found import FoundFinding, Level
from policies.findings.identities import Told, subjects_of, with_instance
from policies.findings.joining import joined
from policies.findings.sequences import Sequence, read_sequence
from policies.subjects import Subject

_GENERATED = "GeneratedFinding"
_ABOUT_INSTANCE_CREDENTIALS = ("UnauthorizedAccess:EC2/MetadataDNSRebind",)
"""Findings on an instance whose subject is what the instance's metadata hands out: the credentials of its role."""

_LEVELS: tuple[tuple[float, Level], ...] = ((9, "critical"), (7, "high"), (4, "medium"), (1, "low"))


def is_guardduty(node: object) -> bool:
    """Whether an object has the shape of a finding of GuardDuty."""
    parts = [name for name in ("resource", "service") if isinstance(member(node, name), dict)]
    return len(parts) == 2 or (len(parts) == 1 and isinstance(member(node, "type"), str))


def read_guardduty(node: object) -> FoundFinding:
    """The finding, with one subject for the key that was used, or one for each actor of an attack sequence."""
    identifier = text(node, "id") or ""
    kind = text(node, "type") or ""
    told_by = f"GuardDuty finding {identifier}".strip()
    account_id = account(node, "accountId")
    sequence = read_sequence(member(node, "service", "detection", "sequence"), account_id, told_by)
    subjects, notes = _everybody(node, kind, sequence, account_id, told_by)
    severity = number(node, "severity")
    profile = text(node, *_INSTANCE, "iamInstanceProfile", "arn")
    return FoundFinding(
        source_format="GuardDuty",
        id=identifier,
        type=kind,
        account_id=account_id,
        region=region(node, "region"),
        arn=text(node, "arn"),
        title=title(node, "title"),
        severity=severity,
        level=level_of(severity),
        count=count_of(node, "service", "count"),
        first_seen=instant(node, "service", "eventFirstSeen") or instant(node, "createdAt"),
        last_seen=instant(node, "service", "eventLastSeen"),
        updated_at=instant(node, "updatedAt"),
        is_sample=says_sample(member(node, "service", "additionalInfo")) or _has_generated_ids(node, subjects),
        is_archived=bool(flag(node, "service", "archived")),
        subjects=subjects,
        instance_profiles=(profile,) if profile else (),
        remote_account=account(node, *_REMOTE, "accountId"),
        remote_is_affiliated=flag(node, *_REMOTE, "affiliated"),
        attack_sequence=text(node, "associatedAttackSequenceArn"),
        signals=sequence.signals,
        notes=notes,
    )


def _everybody(
    node: object, kind: str, sequence: Sequence, account_id: str | None, told_by: str
) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    subjects, notes = _subjects(node, account_id, told_by)
    subjects = joined((*subjects, *sequence.subjects))
    notes += sequence.notes
    instance = text(node, *_INSTANCE, "instanceId")
    if not subjects and instance and kind in _ABOUT_INSTANCE_CREDENTIALS:
        unknown = Subject(kind="unknown", account_id=account_id, told_by=told_by)
        subjects = (with_instance(unknown, instance, _place(node))[0],)
        notes += (f"The credentials of the role of the instance {instance} may be read by others; it has to be found.",)
    if account_id is None:
        notes += ("The affected account (accountId) is not told, or is not twelve digits.",)
    if not subjects:
        notes += (_why_nobody(node, kind, instance),)
    return subjects, notes


_INSTANCE = ("resource", "instanceDetails")
_REMOTE = ("service", "action", "awsApiCallAction", "remoteAccountDetails")


def level_of(severity: float | None) -> Level | None:
    """The severity in the words of the GuardDuty console."""
    return next((level for least, level in _LEVELS if severity is not None and severity >= least), None)


def says_sample(info: object) -> bool:
    """Whether the additional information says that the finding is a sample.

    Events have it as an object, the API as one with a text of JSON in ``value``, Security Hub as such a text alone.
    """
    if isinstance(info, str):
        with suppress(ValueError, RecursionError):
            info = json.loads(info, object_pairs_hook=folded)
    if not isinstance(info, dict):
        return False
    if flag(info, "sample"):
        return True
    value = member(info, "value")
    return isinstance(value, str) and says_sample(value)


def is_generated(subject: Subject) -> bool:
    """Whether the key or the unique id is one that GuardDuty makes up for samples.

    Names do not count: whoever may create a role or name a session could hide behind them.
    """
    return any(value is not None and value.startswith(_GENERATED) for value in (subject.access_key, subject.unique_id))


def _has_generated_ids(node: object, subjects: tuple[Subject, ...]) -> bool:
    details = member(node, "resource", "accessKeyDetails")
    ids = (text(details, "accessKeyId"), text(details, "principalId"))
    return any(value is not None and value.startswith(_GENERATED) for value in ids) or any(map(is_generated, subjects))


def _subjects(node: object, account_id: str | None, told_by: str) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    details = member(node, "resource", "accessKeyDetails")
    told = Told(
        user_type=text(details, "userType"),
        name=text(details, "userName"),
        principal_id=text(details, "principalId"),
        access_key=text(details, "accessKeyId"),
    )
    subjects, notes = subjects_of(told, account_id, told_by)
    instance = text(node, *_INSTANCE, "instanceId")
    if instance is None:
        return subjects, notes
    found = []
    for subject in subjects:
        merged, said = with_instance(subject, instance, _place(node))
        found.append(merged)
        notes += said
    return tuple(found), notes


def _place(node: object) -> str | None:
    """The region of the instance; that of the finding may be another, where the call was made."""
    return region_of_zone(text(node, *_INSTANCE, "availabilityZone"))


def _why_nobody(node: object, kind: str, instance: str | None) -> str:
    about = f"{kind or 'The finding'} names no principal and no access key"
    if instance:
        return f"{about}, only the instance {instance}: contain that, if the role that it carries is in doubt."
    resource = text(node, "resource", "resourceType")
    return f"{about}, so that there is no credential to contain{f' (it is about {resource[:80]})' if resource else ''}."
