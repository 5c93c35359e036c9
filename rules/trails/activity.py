"""What goes beyond the calls themselves: the endpoints they go through, and unusual numbers of calls."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, csf, well_architected
from rules.trails.subjects import GUIDE, unread_trails
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, the_account, unlisted_regions
from scanner.inventory import Account, Gap, NotCollected, Region, Trail, VpcEndpoint, known
from scanner.log_buckets import listed_trails, records
from scanner.trail_selectors import network_activity_sources


def _to_services(region: Region) -> list[VpcEndpoint]:
    """The endpoints of a region through which AWS itself is called, and not a partner's service."""
    prefixes = tuple(f"{start}.{region.name}." for start in ("com.amazonaws", "cn.com.amazonaws"))
    return [
        endpoint
        for endpoint in known(region.vpc_endpoints)
        if endpoint.type == "Interface" and endpoint.state == "available" and endpoint.service.startswith(prefixes)
    ]


def _with_endpoints(account: Account) -> Iterator[Subject[Region] | Unread]:
    for region in account.regions:
        if isinstance(region.vpc_endpoints, Gap):
            yield Unread(account_resource(account, region.name), region.vpc_endpoints)
        elif _to_services(region):
            yield Subject(account_resource(account, region.name), region)
    yield from unlisted_regions(account)


@rule(
    "trail-network-events",
    severity="low",
    phase="detect",
    subjects=_with_endpoints,
    apis=(
        "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
        "ec2:DescribeVpcEndpoints",
    ),
    controls=(*csf("DE.CM-01"), *well_architected("SEC04-BP01"), *attack(v18="T1090")),
    references=(f"{GUIDE}logging-network-events-with-cloudtrail.html",),
)  # fmt: skip
def trail_network_events(region: Region, scene: Scene[NoParameters]) -> Hit | None:
    """Calls that go through the interface endpoints of a region are not recorded as network activity.

    ## Why
    A thief with stolen credentials of another account can carry data out through your endpoint, and is recorded in that
    other account only. Network activity events tell the owner of the endpoint who called through it, also when the
    policy of the endpoint refused, and show stolen credentials of an instance that are used from another network.

    ## Fix
    Add an advanced event selector with eventCategory NetworkActivity for the services that have endpoints, at first
    with errorCode VpceAccessDenied alone.

    ## Breaks
    Nothing; the events cost money by their number. A trail has to use advanced selectors for it.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "vpc_endpoints": [
      {"id": "vpce-0a", "service": "com.amazonaws.us-east-1.kms", "type": "Interface", "state": "available",
       "vpc": "vpc-0a"}], "trails": []}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "vpc_endpoints": [
      {"id": "vpce-0a", "service": "com.amazonaws.us-east-1.kms", "type": "Interface", "state": "available",
       "vpc": "vpc-0a"}], "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "selectors": {"kind": "event-selectors", "advanced": [[
         {"field": "eventCategory", "operators": {"Equals": ["NetworkActivity"]}},
         {"field": "eventSource", "operators": {"Equals": ["kms.amazonaws.com"]}}]]}}]}]}
    ```
    """
    doubts = [*unread_trails(scene.account)]
    for trail in listed_trails(scene.account):
        if records(trail) is False or not (trail.is_multi_region or trail.home_region == region.name):
            continue
        if isinstance(trail.selectors, Gap):
            doubts.append(trail.selectors)
        elif network_activity_sources(trail.selectors):
            if not isinstance(trail.status, Gap):
                return None
            doubts.append(trail.status)
    if doubts:
        raise NotCollected(min(doubts, key=lambda gap: (gap.api, gap.region)))
    endpoints = _to_services(region)
    services = sorted({endpoint.service.partition(f".{region.name}.")[2] for endpoint in endpoints})
    return Hit(
        f"No trail records network activity, and there are interface endpoints of {', '.join(services)}.",
        material=("trail:no-network-activity",),
        details={"services": services, "endpoints": sorted(endpoint.id for endpoint in endpoints)},
    )


@rule(
    "trail-insights-off",
    severity="low",
    phase="detect",
    subjects=the_account,
    apis=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetInsightSelectors"),
    controls=(*csf("DE.AE-02"), *well_architected("SEC04-BP03"), *attack(v18="T1580")),
    references=(f"{GUIDE}logging-insights-events-with-cloudtrail.html",),
)
def trail_insights_off(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """Nobody looks for unusual numbers of calls or of refused calls.

    ## Why
    A thief who does not know the account tries what works: hundreds of refused calls within minutes, or a burst of
    launches. Insights of CloudTrail tell when that departs from the usual. GuardDuty finds most of it too, so that this
    is a second pair of eyes.

    ## Fix
    Switch on both kinds of Insights on the multi-region trail.

    ## Breaks
    Nothing; it costs money by the number of events that are looked at.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true}, "insights": [],
       "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "is_multi_region": true, "status": {"kind": "trail-status", "is_logging": true},
       "insights": [{"type": "ApiCallRateInsight"}, {"type": "ApiErrorRateInsight"}],
       "selectors": {"kind": "event-selectors"}}]}]}
    ```
    """
    doubts = [*unread_trails(account)]
    for trail in listed_trails(account):
        found = _insights(trail)
        if isinstance(found, Gap):
            doubts.append(found)
        elif found:
            return None
    if doubts:
        raise NotCollected(min(doubts, key=lambda gap: (gap.api, gap.region)))
    return Hit("No multi-region trail that records has Insights.", material=("trail:no-insights",))


def _insights(trail: Trail) -> bool | Gap:
    """Whether a multi-region trail that records looks for unusual activity."""
    if records(trail) is False or not trail.is_multi_region:
        return False
    if isinstance(trail.insights, Gap):
        return trail.insights
    return trail.status if isinstance(trail.status, Gap) and trail.insights else bool(trail.insights)
