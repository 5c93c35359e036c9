"""A detection finding in the Open Cybersecurity Schema Framework, as Security Hub writes it.

Sources: the OCSF schema, class Detection Finding (2004); "OCSF findings in Security Hub" in the Security Hub User
Guide, by which a finding whose activity is Close is closed; OcsfStringField in the Security Hub API Reference for the
fields that AWS fills. For a finding of GuardDuty on a key, the first resource has the type ``AWS::IAM::AccessKey``, the
bare key id as ``uid`` and the name as ``user.name``, with the account under ``owner``.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime

from policies.findings.fields import (
    account,
    folded,
    instant,
    is_instance_id,
    items,
    member,
    number,
    region,
    text,
    title,
    whole,
)
from policies.findings.found import FoundFinding, Level
from policies.findings.guardduty import is_generated
from policies.findings.identities import Told, key_in, subjects_of, with_instance
from policies.findings.joining import joined
from policies.findings.securityhub import INSTANCE_TYPES, KEY_TYPES, plain_type
from policies.findings.sequences import actor_told
from policies.subjects import Subject

_DETECTION = 2004
_CLOSE = 3
_LEVELS: dict[int, Level] = {1: "informational", 2: "low", 3: "medium", 4: "high", 5: "critical", 6: "critical"}


def is_ocsf(node: object) -> bool:
    """Whether an object has the shape of a finding or event of this schema."""
    return member(node, "class_uid") is not None or isinstance(member(node, "finding_info"), dict)


def read_ocsf(node: object) -> FoundFinding:
    """The finding, with one subject for each access key and each actor of its evidence."""
    info = member(node, "finding_info")
    identifier = text(info, "uid") or text(node, "metadata", "uid") or ""
    told_by = f"Security Hub finding {identifier}".strip()
    account_id = account(node, "cloud", "account", "uid") or next(iter(_owners(node)), None)
    class_uid = whole(node, "class_uid")
    subjects: tuple[Subject, ...] = ()
    notes: tuple[str, ...] = ()
    if class_uid in {_DETECTION, None}:
        subjects, notes = _subjects(node, account_id, told_by)
        if not subjects:
            notes += ("The finding names no access key and no actor, so that there is no credential to contain.",)
    else:
        notes = (f"It is of the OCSF class {class_uid}, no detection: only class {_DETECTION} tells of theft.",)
    if account_id is None:
        notes += ("The affected account (cloud.account.uid) is not told, or is not twelve digits.",)
    level = _LEVELS.get(whole(node, "vendor_attributes", "severity_id") or whole(node, "severity_id") or 0)
    return FoundFinding(
        source_format="OCSF",
        id=identifier,
        type=plain_type(next((each for each in items(info, "types") if isinstance(each, str)), "")),
        account_id=account_id,
        region=region(node, "cloud", "region"),
        arn=identifier if identifier.startswith("arn:") else None,
        title=title(info, "title"),
        level=level,
        count=whole(node, "count"),
        first_seen=_time(info, "first_seen_time") or _time(info, "created_time"),
        last_seen=_time(info, "last_seen_time"),
        updated_at=_time(info, "modified_time") or _time(node, "time"),
        is_sample=_is_sample(node) or any(map(is_generated, subjects)),
        is_archived=number(node, "activity_id") == _CLOSE or (text(node, "activity_name") or "").lower() == "close",
        subjects=subjects,
        signals=tuple(filter(None, (text(each, "uid") for each in items(info, "related_events")))),
        notes=notes,
    )


def _time(node: object, name: str) -> datetime | None:
    return instant(node, f"{name}_dt") or instant(node, name)


def _owners(node: object) -> list[str]:
    """The accounts of the resources, where the finding as a whole names none."""
    found = []
    for resource in items(node, "resources"):
        owner = account(resource, "owner", "account", "uid") or account(resource, "account", "uid")
        found += [owner] if owner else []
    return found


def _subjects(node: object, account_id: str | None, told_by: str) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    told = [_resource_told(each) for each in items(node, "resources") if text(each, "type") in KEY_TYPES]
    actors = [member(each, "actor") for each in items(node, "evidences")] + [member(node, "actor")]
    told += [actor_told(actor) for actor in actors if isinstance(actor, dict)]
    found: list[Subject] = []
    notes: list[str] = []
    for each in told:
        subjects, said = subjects_of(each, account_id, told_by)
        found += subjects
        notes += said
    instances = _instances(node)
    together = joined(found)
    if len(instances) == 1:
        together = tuple(with_instance(each, *instances[0])[0] for each in together)
    # What one place leaves open another may tell: only what is still unknown in the end is worth a note.
    return together, tuple(dict.fromkeys(notes)) if any(each.kind == "unknown" for each in together) else ()


def _resource_told(resource: object) -> Told:
    user = member(resource, "user")
    details = member(_data(resource), "awsIamAccessKey")
    uid = text(resource, "uid")
    is_arn = bool(uid and uid.startswith("arn:"))
    key = key_in(uid) or key_in(text(user, "credential_uid"))
    return Told(
        user_type=text(user, "type") or text(details, "principalType"),
        name=text(user, "name") or text(details, "principalName"),
        principal_id=text(user, "uid") or text(details, "principalId"),
        access_key=key or (uid if uid and uid.startswith("GeneratedFinding") else None),
        arn=uid if is_arn and key is None else None,
    )


def _data(resource: object) -> object:
    """Further details, which some writers give as a text of JSON."""
    data = member(resource, "data")
    if isinstance(data, str):
        with suppress(ValueError, RecursionError):
            return json.loads(data, object_pairs_hook=folded)
    return data


def _instances(node: object) -> list[tuple[str, str | None]]:
    found = []
    for resource in items(node, "resources"):
        uid = text(resource, "uid") or ""
        instance = uid.rpartition("/")[2]
        if text(resource, "type") in INSTANCE_TYPES and is_instance_id(instance):
            found.append((instance, region(resource, "region")))
    return found


def _is_sample(node: object) -> bool:
    words = [each for each in items(node, "metadata", "labels") if isinstance(each, str)]
    return any(word.strip().lower() == "sample" for word in words)
