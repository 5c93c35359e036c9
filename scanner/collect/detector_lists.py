"""Collect the lists of a GuardDuty detector: filters, addresses and entities that it knows, open findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import msgspec

from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.collect.tasks import Task
from scanner.inventory import (
    Administrator,
    Document,
    FilterDetail,
    FindingFilter,
    FindingSet,
    Gap,
    OpenFinding,
    SetDetail,
)

T = TypeVar("T")

PAGE = {"PageSize": 50}
_FINDINGS_PER_CALL = 50
_OPEN = {"Criterion": {"severity": {"GreaterThanOrEqual": 7}, "service.archived": {"Equals": ["false"]}}}


class SetApi(NamedTuple):
    """How one kind of list is listed and read: the two operations, and the members that hold its ids."""

    listing: str
    ids: str
    getting: str
    id: str


SETS = {
    "trusted_ips": SetApi("ListIPSets", "IpSetIds", "GetIPSet", "IpSetId"),
    "trusted_entities": SetApi(
        "ListTrustedEntitySets", "TrustedEntitySetIds", "GetTrustedEntitySet", "TrustedEntitySetId"
    ),
    "threat_ips": SetApi("ListThreatIntelSets", "ThreatIntelSetIds", "GetThreatIntelSet", "ThreatIntelSetId"),
    "threat_entities": SetApi("ListThreatEntitySets", "ThreatEntitySetIds", "GetThreatEntitySet", "ThreatEntitySetId"),
}
"""The kinds of lists, by the part of a detector that holds them."""

_NAMED_IN = {
    "AccessKey": ("AccessKeyDetails", "AccessKeyId"),
    "Instance": ("InstanceDetails", "InstanceId"),
    "S3Bucket": ("S3BucketDetails", "Name"),
    "EKSCluster": ("EksClusterDetails", "Name"),
    "ECSCluster": ("EcsClusterDetails", "Name"),
    "Lambda": ("LambdaDetails", "FunctionName"),
    "RDSDBInstance": ("RdsDbInstanceDetails", "DbInstanceIdentifier"),
}
"""Where a finding names its resource, by the type of the resource."""


@dataclass(frozen=True, slots=True)
class Place:
    """A detector that is asked about."""

    desk: Desk
    region: str
    detector: str

    def ask(
        self,
        operation: str,
        read: Callable[[Reader], T],
        kind: Any,
        of: str = "",
        owner: str | None = None,
        elsewhere: Iterable[str] = (),
    ) -> T | Gap:
        """One unit about the detector, or about something ``of`` it."""
        subject = f"{self.detector}/{of}" if of else self.detector
        return self.desk.ask(
            "guardduty", self.region, operation, read, kind, subject=subject, owner=owner, elsewhere=elsewhere
        )

    def ids(self, operation: str, member: str, **parameters: object) -> tuple[str, ...] | Gap:
        """The ids or names that an operation lists."""

        def read(reader: Reader) -> tuple[str, ...]:
            pages = reader.pages(operation, DetectorId=self.detector, PaginationConfig=PAGE, **parameters)
            return tuple(sorted(name for page in pages for name in page[member]))

        return self.ask(operation, read, tuple[str, ...])


def read_filters(place: Place) -> tuple[FindingFilter, ...] | Gap:
    """The filters of the detector with what they hide."""

    def detail(name: str) -> FilterDetail | Gap:
        def read(reader: Reader) -> FilterDetail:
            answer = reader.call("GetFilter", DetectorId=place.detector, FilterName=name)
            criteria = msgspec.json.encode(answer["FindingCriteria"], order="sorted")
            return FilterDetail(answer["Action"], Document(criteria), answer.get("Rank"))

        return place.ask("GetFilter", read, FilterDetail, name)

    names = place.ids("ListFilters", "FilterNames")
    if isinstance(names, Gap):
        return names
    return tuple(map(FindingFilter, names, place.desk.each(detail, names)))


def read_sets(
    place: Place, api: SetApi, administrator: Task[Administrator | Gap | None]
) -> tuple[FindingSet, ...] | Gap:
    """The lists of one kind with where they lie."""
    ids = place.ids(api.listing, api.ids)
    if isinstance(ids, Gap):
        return ids
    # A member is shown the lists of its administrator, who alone may have to be asked what they are.
    above = administrator.result() if ids else None
    owner = above.account_id if isinstance(above, Administrator) else None

    def detail(of: str) -> SetDetail | Gap:
        def read(reader: Reader) -> SetDetail:
            answer = reader.call(api.getting, **{"DetectorId": place.detector, api.id: of})
            return SetDetail(answer["Name"], answer["Status"], answer.get("Format"), answer.get("Location"))

        return place.ask(api.getting, read, SetDetail, of, owner, ("BadRequestException",))

    return tuple(map(FindingSet, ids, place.desk.each(detail, ids)))


def read_open_findings(place: Place) -> tuple[OpenFinding, ...] | Gap:
    """The findings of high and critical severity that nobody archived."""
    ids = place.ids("ListFindings", "FindingIds", FindingCriteria=_OPEN)
    if isinstance(ids, Gap):
        return ids
    if not ids:
        return ()

    def read(reader: Reader) -> tuple[OpenFinding, ...]:
        found = (
            _finding(finding)
            for start in range(0, len(ids), _FINDINGS_PER_CALL)
            for finding in reader.call(
                "GetFindings", DetectorId=place.detector, FindingIds=ids[start : start + _FINDINGS_PER_CALL]
            )["Findings"]
        )
        return tuple(sorted(found, key=lambda finding: finding.id))

    named = sha256(" ".join(sorted(ids)).encode()).hexdigest()
    return place.ask("GetFindings", read, tuple[OpenFinding, ...], named)


def _finding(answer: dict[str, Any]) -> OpenFinding:
    resource = answer.get("Resource") or {}
    kind = resource.get("ResourceType")
    details, name = _NAMED_IN.get(kind or "", ("", ""))
    named = resource.get(details) or {}
    if isinstance(named, list):
        named = named[0]
    updated = answer.get("UpdatedAt")
    return OpenFinding(
        id=answer["Id"],
        type=answer["Type"],
        severity=answer["Severity"],
        resource_type=kind,
        resource_id=named.get(name),
        account_id=answer.get("AccountId"),
        updated=datetime.fromisoformat(updated) if updated else None,
    )
