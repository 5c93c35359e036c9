"""What the rules about unwatched events share: which calls are asked about, where, and what a finding says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rules.alert_path.places import DELIVERY
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, Met, Scene
from scanner.events.delivery import Route, Routes
from scanner.events.samples import PARAMETERS, Caller, api_call
from scanner.events.watching import watched
from scanner.findings import Severity
from scanner.inventory import Account, NotCollected, Undetermined

APIS = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:GetEventSelectors",
    "logs:DescribeMetricFilters",
    "cloudwatch:DescribeAlarms",
    *DELIVERY,
)
"""What tells whether somebody is told of a call."""

CONTROLS = (*csf("DE.CM-03"), *well_architected("SEC04-BP04"))
CIS_CONTROLS = (*CONTROLS, *attack(v18="T1078.004"))
BENCHMARK = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html"
CALLS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html"

_GLOBAL_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-f": "us-isof-south-1",
}
"""Where the events of services without regions are, such as IAM's, by partition."""

_MOST_TEXTS = 10
_CALLERS: tuple[Caller, ...] = ("user", "role")


class Event(NamedTuple):
    """A call that somebody should be told of, as CloudTrail would record it."""

    name: str
    record: Mapping[str, Any]


def global_region(account: Account) -> str:
    """The region in which the events of services without regions are; raises ``Undetermined`` if it was not listed."""
    name = _GLOBAL_REGIONS.get(account.partition)
    if name is None:
        raise Undetermined(f"where the partition {account.partition} has the events of IAM is not known")
    if all(region.name != name for region in account.regions):
        raise Undetermined(f"{name}, where the events of services without regions are, was not listed")
    return name


def watched_regions(account: Account, scene: Scene[Any]) -> tuple[str, ...]:
    """The regions in which somebody has to watch; raises ``Undetermined`` if none was listed."""
    if not account.regions:
        raise Undetermined("the list of enabled regions is not known")
    return tuple(region.name for region in account.regions if scene.declared.watches(region.name))


def calls(account: Account, region: str, source: str, names: Iterable[str]) -> Iterator[Event]:
    """Calls of one service that change something, made by a user with a key and by a session of a role."""
    for name in names:
        called = f"{source}.amazonaws.com", name
        for identity in _CALLERS:
            record = api_call(account.partition, account.account_id, region, *called, identity=identity)
            yield Event(name, record | {"requestParameters": PARAMETERS.get(called)})


def unwatched(
    account: Account,
    scene: Scene[Any],
    events: Iterable[Event],
    *,
    everywhere: bool = False,
    severity: Severity | None = None,
) -> Hit | Met | None:
    """The finding about those events of which surely nobody is told.

    Args:
        account: the account in which they may happen.
        scene: what the owner declares.
        events: calls with the regions in which they are made.
        everywhere: whether a region that was not listed would have such events too.
        severity: where it differs from the rule's.

    Returns:
        A finding, or by what somebody is told of all of them: a metric filter with its alarm, a rule, a SIEM.

    Raises:
        Undetermined: somebody is told of all the others, or may be.
    """
    lost: list[tuple[Event, Routes]] = []
    doubts: list[str] = []
    seen = 0
    met: dict[str, None] = {}
    for event in events:
        found = watched(account, event.record, scene.declared)
        if found.is_lost:
            lost.append((event, found))
        elif found.is_reached:
            seen += 1
            met[_way(found.reached[0])] = None
        else:
            doubts += found.open
    if not lost:
        if doubts:
            raise Undetermined(doubts[0])
        if everywhere and account.other_regions is not None:
            raise NotCollected(account.other_regions)
        return Met(tuple(met)) if met else None
    return _hit(lost, seen, severity)


def _way(route: Route) -> str:
    """A way to a receiver in a few words, such as "events rule/root-use -> sns alerts -> email at example.com"."""
    links = (route.rule, *route.by, route.target, route.receiver)
    return " -> ".join(dict.fromkeys(_short(link) for link in links if link))


def _short(arn: str) -> str:
    """What an ARN names, with its service."""
    parts = arn.split(":", 5)
    return f"{parts[2]} {parts[5]}" if len(parts) == 6 else arn


def _hit(lost: list[tuple[Event, Routes]], seen: int, severity: Severity | None) -> Hit:
    names = list(dict.fromkeys(event.name for event, _ in lost))
    regions = list(dict.fromkeys(event.record["awsRegion"] for event, _ in lost))
    texts = list(dict.fromkeys(way.text for _, found in lost for way in found.broken))
    where = regions[0] if len(regions) == 1 else f"{len(regions)} regions"
    return Hit(
        f"Nobody is told of {_some(names)} in {where}. {' '.join(texts[:2])}",
        material=(*(f"event:{name}" for name in names), *(f"region:{region}" for region in regions)),
        details={
            "unwatched": names,
            "regions": regions,
            "watched": seen,
            "broken": texts[:_MOST_TEXTS],
            "broken_links": sorted({way.token for _, found in lost for way in found.broken}),
        },
        severity=severity,
    )


def _some(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    first, rest = names[:3], len(names) - 3
    return f"{', '.join(first)} and {rest} more" if rest > 0 else f"{', '.join(first[:-1])} and {first[-1]}"
