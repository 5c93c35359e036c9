"""Findings of GuardDuty about the same credential: whoever stole it rarely raises one alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_FIELDS = {
    "keys": "resource.accessKeyDetails.accessKeyId",
    "unique": "resource.accessKeyDetails.principalId",
    "instances": "resource.instanceDetails.instanceId",
}
_MOST = 50


def sibling_findings(
    session: Any,
    regions: Iterable[str],
    keys: Collection[str | None],
    unique: Collection[str | None],
    instances: Collection[str | None],
) -> tuple[list[dict[str, Any]], list[str]]:
    """The findings that name one of these keys, unique ids or instances, and what could not be read, as sentences.

    Findings that are archived are among them, and say so. At most 50 are read for each region and field.

    Args:
        session: with the affected account.
        regions: those to ask.
        keys: ids of access keys.
        unique: as GuardDuty has them, those of roles with the name of the session: ``AROA...:i-0123456789abcdef0``.
        instances: ids of instances.
    """
    found: dict[str, dict[str, Any]] = {}
    missed: list[str] = []
    wanted = [
        (_FIELDS[name], sorted(each for each in values if each))
        for name, values in (("keys", keys), ("unique", unique), ("instances", instances))
        if any(values)
    ]
    for region in regions:
        client = session.client("guardduty", region_name=region)
        try:
            for finding in _of_region(client, wanted):
                found[str(finding.get("Arn") or finding.get("Id"))] = finding
        except (BotoCoreError, ClientError) as fault:
            missed.append(f"{region}: {type(fault).__name__}, {fault}")
    return list(found.values()), missed


def _of_region(client: Any, wanted: list[tuple[str, list[str]]]) -> Iterator[dict[str, Any]]:
    for detector in client.list_detectors().get("DetectorIds", []):
        for field, values in wanted:
            criteria = {"Criterion": {field: {"Equals": values}}}
            listed = client.list_findings(DetectorId=detector, FindingCriteria=criteria, MaxResults=_MOST)
            ids = listed.get("FindingIds", [])
            if ids:
                yield from client.get_findings(DetectorId=detector, FindingIds=ids).get("Findings", [])
