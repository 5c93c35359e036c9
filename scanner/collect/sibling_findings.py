"""Findings of GuardDuty about the same credential: whoever stole it rarely raises one alone.

Source: ListFindings and GetFindings in the Amazon GuardDuty API Reference, for the fields by which findings are
listed, and for how many values and findings one request takes. Values are compared whole: there are no wildcards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from scanner.collect.clients import Clients
from scanner.collect.ledger import Ledger
from scanner.collect.pace import Pace
from scanner.collect.reader import Reader
from scanner.collect.session import client_config
from scanner.collect.tasks import Task, Tasks, threads
from scanner.inventory import Account, Gap, NotCollected, describe

_FIELDS = {
    "keys": "resource.accessKeyDetails.accessKeyId",
    "unique_ids": "resource.accessKeyDetails.principalId",
    "instances": "resource.instanceDetails.instanceId",
    "findings": "id",
}
_PER_REQUEST = 50
"""So many values a criterion takes, and so many findings are got at once."""

_CALLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot:
    """What a finding has to name to be a sibling.

    Attributes:
        keys: ids of access keys.
        unique_ids: as GuardDuty has them, those of roles with the name of the session: ``AROA...:i-0123456789abcdef0``.
        instances: ids of instances.
        findings: ids of findings themselves, such as those of attack sequences, which name their actors elsewhere.
    """

    keys: Collection[str] = ()
    unique_ids: Collection[str] = ()
    instances: Collection[str] = ()
    findings: Collection[str] = ()

    def criteria(self) -> Iterator[dict[str, Any]]:
        """What is asked for, one field at a time: several in one request would have to hold together."""
        for name, field in _FIELDS.items():
            values = sorted(getattr(self, name))
            for start in range(0, len(values), _PER_REQUEST):
                yield {"Criterion": {field: {"Equals": values[start : start + _PER_REQUEST]}}}


@dataclass(frozen=True, slots=True)
class Siblings:
    """The findings as AWS gives them, archived ones among them, and as sentences where there may be more."""

    findings: tuple[dict[str, Any], ...]
    missed: tuple[str, ...]


def sibling_findings(
    session: Any, account: Account, pivot: Pivot, *, max_rate: float | None = None, user_agent: str = "guardrift"
) -> Siblings:
    """The findings of the detectors that were collected which name one of these keys, unique ids or instances.

    Args:
        session: with the affected account, or with the administrator of its GuardDuty.
        account: as it was collected just now; only its detectors are asked.
        pivot: what they have to name.
        max_rate: requests a second at most, retries included; None for no limit.
        user_agent: how CloudTrail shall name us.
    """
    criteria = list(pivot.criteria())
    if not criteria:
        return Siblings((), ("nothing is told by which GuardDuty lists findings (a key, a session, an instance)",))
    clients = Clients(session, client_config(_CALLS, user_agent), _CALLS, Pace(max_rate) if max_rate else None)
    missed = list(_not_asked(account))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    with threads(_CALLS) as pool:
        tasks = Tasks(pool, lambda _done, _begun: None)
        begun = [(region, _start(tasks, clients, region, name, criteria)) for region, name in _detectors(account)]
        for region, task in begun:
            answer = task.result()
            missed += answer.missed
            found.update({(region, str(each.get("Id"))): each for each in answer.findings})
    return Siblings(tuple(found.values()), tuple(dict.fromkeys(missed)))


def _detectors(account: Account) -> Iterator[tuple[str, str]]:
    for region in account.regions:
        if not isinstance(region.detectors, Gap):
            yield from ((region.name, detector.id) for detector in region.detectors)


def _not_asked(account: Account) -> Iterator[str]:
    """Where there may be findings that nobody looked for; a region without a detector has none."""
    left_out = [region.name for region in account.regions if not region.was_asked]
    if left_out:
        yield f"nobody asked in {', '.join(left_out)}"
    if account.other_regions is not None:
        yield f"which other regions there are is not known: {describe(account.other_regions)}"
    for region in account.regions:
        if region.was_asked and isinstance(region.detectors, Gap) and region.detectors.status != "not_applicable":
            yield describe(region.detectors)


def _start(
    tasks: Tasks, clients: Clients, region: str, detector: str, criteria: list[dict[str, Any]]
) -> Task[Siblings]:
    reader = Reader(clients, Ledger(), "guardduty", region, region)
    return tasks.start(lambda: _of_detector(reader, detector, criteria))


def _of_detector(reader: Reader, detector: str, criteria: list[dict[str, Any]]) -> Siblings:
    """What one detector tells; a failure of one request leaves what the others told."""
    ids: set[str] = set()
    found: list[dict[str, Any]] = []
    missed: list[str] = []
    for wanted in criteria:
        try:
            ids.update(_ids(reader, detector, wanted))
        except NotCollected as missing:
            missed.append(describe(missing.gap))
    ordered = sorted(ids)
    for start in range(0, len(ordered), _PER_REQUEST):
        try:
            answer = reader.call("GetFindings", DetectorId=detector, FindingIds=ordered[start : start + _PER_REQUEST])
            found += _listed(reader, "GetFindings", answer, "Findings", dict)
        except NotCollected as missing:
            missed.append(describe(missing.gap))
    return Siblings(tuple(found), tuple(missed))


def _ids(reader: Reader, detector: str, criteria: dict[str, Any]) -> list[str]:
    pages = reader.pages(
        "ListFindings", DetectorId=detector, FindingCriteria=criteria, PaginationConfig={"PageSize": _PER_REQUEST}
    )
    return [each for page in pages for each in _listed(reader, "ListFindings", page, "FindingIds", str)]


def _listed(reader: Reader, operation: str, answer: dict[str, Any], member: str, kind: type) -> list[Any]:
    """The list in an answer; one of another shape is a failure, and never an empty list."""
    found = answer.get(member)
    if isinstance(found, list) and all(isinstance(each, kind) for each in found):
        return found
    reason = f"malformed answer: {member}"
    raise NotCollected(Gap(f"guardduty:{operation}", "error", reader.region, reason))
