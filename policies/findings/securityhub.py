"""A finding in the AWS Security Finding Format, as Security Hub CSPM has it.

Sources: AwsSecurityFinding, AwsIamAccessKeyDetails and Detection in the Security Hub API Reference. Resources of
findings that GuardDuty sent also come with the type ``AWS::IAM::AccessKey`` and an id such as
``AWS::IAM::AccessKey:ASIA...``, and what has no field of its own lies in ``ProductFields`` under paths of GuardDuty.
"""

from __future__ import annotations

import re

from policies.findings.fields import account, flag, instant, is_instance_id, items, member, number, region, text, title
from policies.findings.found import FoundFinding, Level
from policies.findings.guardduty import is_generated, level_of, says_sample
from policies.findings.identities import Told, key_in, subjects_of, with_instance
from policies.findings.joining import joined
from policies.findings.sequences import Sequence, read_sequence
from policies.subjects import Subject

KEY_TYPES = frozenset({"AwsIamAccessKey", "AWS::IAM::AccessKey"})
INSTANCE_TYPES = frozenset({"AwsEc2Instance", "AWS::EC2::Instance"})
_TYPE = re.compile(r"(?:[^/]+/)*?(?P<purpose>[A-Za-z]+:[A-Za-z0-9]+)[-/](?P<name>[A-Za-z0-9.!&]+)")
_LABELS: dict[str, Level] = {
    "CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low", "INFORMATIONAL": "informational",
}  # fmt: skip


def is_asff(node: object) -> bool:
    """Whether an object has the shape of a finding in this format."""
    return isinstance(member(node, "awsAccountId"), str) and isinstance(member(node, "resources"), list)


def read_asff(node: object) -> FoundFinding:
    """The finding, with one subject for each access key and each actor that it names."""
    identifier = text(node, "id") or ""
    told_by = f"Security Hub finding {identifier}".strip()
    account_id = account(node, "awsAccountId")
    subjects, notes = _subjects(node, account_id, told_by)
    sequence = read_sequence(member(node, "detection", "sequence"), account_id, told_by)
    subjects = joined((*subjects, *sequence.subjects))
    severity = number(node, "severity", "product") or number(node, "findingProviderFields", "severity", "original")
    label = (text(node, "severity", "label") or "").upper()
    if account_id is None:
        notes += ("The affected account (AwsAccountId) is not twelve digits.",)
    if not _is_of_guardduty(node):
        notes += ("Another product than GuardDuty told this: it may be about a setting, not about a theft.",)
    if not subjects:
        notes += ("The finding names no access key and no actor, so that there is no credential to contain.",)
    return FoundFinding(
        source_format="Security Hub ASFF",
        id=identifier,
        type=plain_type(next((each for each in items(node, "types") if isinstance(each, str)), "")),
        account_id=account_id,
        region=region(node, "region"),
        arn=identifier if identifier.startswith("arn:") else None,
        title=title(node, "title"),
        severity=severity,
        level=_LABELS.get(label) or level_of(severity),
        count=_count(node),
        first_seen=instant(node, "firstObservedAt") or instant(node, "createdAt"),
        last_seen=instant(node, "lastObservedAt"),
        updated_at=instant(node, "updatedAt"),
        is_sample=_is_sample(node) or any(map(is_generated, subjects)),
        is_archived=_is_archived(node),
        subjects=subjects,
        instance_profiles=tuple(_profiles(node)),
        signals=sequence.signals,
        notes=(*notes, *_of_sequence(sequence)),
    )


def plain_type(text_of_type: str) -> str:
    """GuardDuty's own type in that of Security Hub: ``TTPs/Initial Access/UnauthorizedAccess:IAMUser-TorIPCaller``."""
    if len(text_of_type) > 200:
        return ""
    found = _TYPE.fullmatch(text_of_type)
    return f"{found['purpose']}/{found['name']}" if found else text_of_type


def _subjects(node: object, account_id: str | None, told_by: str) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    found: list[Subject] = []
    notes: tuple[str, ...] = ()
    places = dict(_instances(node))
    for resource in items(node, "resources"):
        if text(resource, "type") not in KEY_TYPES:
            continue
        subjects, said = subjects_of(_told(resource), account_id, told_by)
        notes += said
        for subject in subjects:
            merged = subject
            # With several instances only the session tells which of them is meant.
            if len(places) == 1:
                merged, said = with_instance(subject, *next(iter(places.items())))
                notes += said
            elif subject.instance:
                merged, _ = with_instance(subject, subject.instance, places.get(subject.instance))
            found.append(merged)
    return tuple(found), notes


def _told(resource: object) -> Told:
    details = member(resource, "details", "awsIamAccessKey")
    resource_id = text(resource, "id")
    is_arn = bool(resource_id and resource_id.startswith("arn:"))
    issuer = text(details, "sessionContext", "sessionIssuer", "arn")
    key = key_in(resource_id)
    return Told(
        user_type=text(details, "principalType"),
        name=text(details, "principalName") or text(details, "userName"),
        principal_id=text(details, "principalId") or text(details, "sessionContext", "sessionIssuer", "principalId"),
        access_key=text(details, "accessKeyId") or key or _generated(resource_id),
        arn=resource_id if is_arn and key is None else None,
        issuer=issuer,
        account_id=account(details, "accountId"),
    )


def _generated(resource_id: str | None) -> str | None:
    last = (resource_id or "").rpartition(":")[2]
    return last if last.startswith("GeneratedFinding") else None


def _instances(node: object) -> list[tuple[str, str | None]]:
    """The instances of the resources, each with its region: that of the resource, not of the finding."""
    found = []
    for resource in items(node, "resources"):
        instance = (text(resource, "id") or "").rpartition("/")[2]
        if text(resource, "type") in INSTANCE_TYPES and is_instance_id(instance):
            parts = (text(resource, "id") or "").split(":")
            found.append((instance, parts[3] if len(parts) == 6 and parts[3] else region(resource, "region")))
    return found


def _profiles(node: object) -> list[str]:
    arns = (text(each, "details", "awsEc2Instance", "iamInstanceProfileArn") for each in items(node, "resources"))
    return [arn for arn in arns if arn]


def _field(node: object, name: str) -> list[object]:
    """Values of ``ProductFields`` whose path ends in a name: the path before it has changed over the years."""
    fields = member(node, "productFields")
    if not isinstance(fields, dict):
        return []
    names = [key for key in fields if key == name or key.endswith(f"/{name}")]
    return [member(fields, key) for key in names]


def _count(node: object) -> int | None:
    counts = (number({"count": value}, "count") for value in _field(node, "count"))
    return next((int(count) for count in counts if count is not None and 0 <= count < 2**53), None)


def _is_sample(node: object) -> bool:
    if flag(node, "sample"):
        return True
    said = (*_field(node, "additionalinfo"), *_field(node, "additionalinfo/value"))
    return any(map(says_sample, said)) or any(
        flag({"sample": value}, "sample") is True for value in _field(node, "additionalinfo/sample")
    )


def _is_archived(node: object) -> bool:
    state = (text(node, "recordState") or "").upper()
    return state == "ARCHIVED" or any(flag({"it": value}, "it") is True for value in _field(node, "archived"))


def _is_of_guardduty(node: object) -> bool:
    product = f"{text(node, 'productArn') or ''} {text(node, 'productName') or ''}".lower()
    return "guardduty" in product


def _of_sequence(sequence: Sequence) -> tuple[str, ...]:
    return sequence.notes
