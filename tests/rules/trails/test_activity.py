"""Calls through endpoints, unusual numbers of calls, and traffic."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict
from tests.rules.trails.building import (
    LIST_DENIED,
    NOT_LOGGING,
    SELECTORS_DENIED,
    STATUS_DENIED,
    Fields,
    advanced,
    recorded,
    trail,
)

NETWORK, INSIGHTS, FLOWS = "trail-network-events", "trail-insights-off", "vpc-flow-logs-off"


def endpoint(service: str = "com.amazonaws.eu-west-1.kms", **facts: object) -> Json:
    return {"id": "vpce-0a", "service": service, "type": "Interface", "state": "available", "vpc": "vpc-0a", **facts}


def network(source: str = "kms.amazonaws.com", **more: dict[str, list[str]]) -> Fields:
    return {"eventCategory": {"Equals": ["NetworkActivity"]}, "eventSource": {"Equals": [source]}, **more}


def through(*trails: Json, endpoints: object = None) -> Json:
    found = [endpoint()] if endpoints is None else endpoints
    return regions(region(trails=list(trails), vpc_endpoints=found))


SEEING = trail(selectors=advanced(network()))
ENDPOINTS: list[Case] = [
    ("no selector", through(trail()), "fail"),
    ("a selector", through(SEEING), "pass"),
    ("of refusals alone", through(trail(
        selectors=advanced(network(errorCode={"Equals": ["VpceAccessDenied"]})))), "pass"),
    ("stopped", through({**SEEING, "status": NOT_LOGGING}), "fail"),
    ("for this region", through({**SEEING, "is_multi_region": False}), "pass"),
    ("for another region", through({**SEEING, "is_multi_region": False, "home_region": "eu-west-3"}), "fail"),
    ("no endpoint", through(trail(), endpoints=[]), ""),
    ("a gateway", through(trail(), endpoints=[endpoint(type="Gateway")]), ""),
    ("of a partner", through(trail(), endpoints=[endpoint("com.amazonaws.vpce.eu-west-1.vpce-svc-0a")]), ""),
    ("to be deleted", through(trail(), endpoints=[endpoint(state="deleting")]), ""),
    ("endpoints denied", through(trail(), endpoints=gap("ec2:DescribeVpcEndpoints")), "unknown"),
    ("selectors denied", through(trail(selectors=SELECTORS_DENIED)), "unknown"),
    ("status denied", through({**SEEING, "status": STATUS_DENIED}), "unknown"),
    ("another region denied", regions(
        region(trails=[trail()], vpc_endpoints=[endpoint()]),
        region("eu-west-3", trails=LIST_DENIED, vpc_endpoints=[])), "unknown"),
]  # fmt: skip

RATES = [{"type": "ApiCallRateInsight"}]
INSIGHT_CASES: list[Case] = [
    ("none", recorded(trail(insights=[])), "fail"),
    ("on", recorded(trail(insights=RATES)), "pass"),
    ("on, stopped", recorded(trail(insights=RATES, status=NOT_LOGGING)), "fail"),
    ("on, one region", recorded(trail(insights=RATES, is_multi_region=False)), "fail"),
    ("on by the second", recorded(trail(insights=[]), trail("second", insights=RATES)), "pass"),
    ("denied", recorded(trail(insights=gap("cloudtrail:GetInsightSelectors"))), "unknown"),
    ("status denied", recorded(trail(insights=RATES, status=STATUS_DENIED)), "unknown"),
    ("off, status denied", recorded(trail(insights=[], status=STATUS_DENIED)), "fail"),
    ("no trail", recorded(), "fail"),
    ("list denied", regions(region(trails=LIST_DENIED)), "unknown"),
]


def instance(vpc: str | None = "vpc-0a", name: str = "i-0a", **facts: object) -> Json:
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:instance/{name}"
    return {"id": name, "arn": arn, "state": "running", "vpc": vpc, "placements": ["subnet-0a"], **facts}


def flow_log(resource: str = "vpc-0a", traffic: str = "ALL", **facts: object) -> Json:
    usual = {"id": f"fl-{resource}-{traffic}", "status": "ACTIVE", "delivery": "SUCCESS"}
    return {**usual, "resource": resource, "traffic": traffic, **facts}


def group(vpc: str = "vpc-0a", name: str = "default") -> Json:
    return {"id": f"sg-{vpc}-{name}", "name": name, "vpc": vpc}


OWN_GROUPS = [group(), group("vpc-0b"), group(name="web")]


def flowing(*logs: Json, instances: tuple[Json, ...] = (instance(),), groups: object = None) -> Json:
    found = OWN_GROUPS if groups is None else groups
    return regions(region(instances=list(instances), flow_logs=list(logs), security_groups=found))


TRAFFIC: list[Case] = [
    ("none", flowing(), "fail"),
    ("of the VPC", flowing(flow_log()), "pass"),
    ("of another VPC", flowing(flow_log("vpc-0b")), "fail"),
    ("not active", flowing(flow_log(status="INACTIVE")), "fail"),
    ("does not deliver", flowing(flow_log(delivery="FAILED")), "fail"),
    ("refused traffic alone", flowing(flow_log(traffic="REJECT")), "fail"),
    ("accepted and refused apart", flowing(flow_log(traffic="REJECT"), flow_log(traffic="ACCEPT")), "pass"),
    ("of the subnet", flowing(flow_log("subnet-0a")), "pass"),
    ("of one of two subnets", flowing(flow_log("subnet-0a"), instances=(
        instance(), instance(name="i-0b", placements=["subnet-0b"]))), "fail"),
    ("of a subnet, place not known", flowing(flow_log("subnet-0a"), instances=(instance(placements=[]),)), "unknown"),
    ("of a subnet, one place not known", flowing(flow_log("subnet-0a"), instances=(
        instance(), instance(name="i-0b", placements=[]))), "unknown"),
    ("of interfaces", flowing(flow_log("eni-0a")), "unknown"),
    ("nothing runs there", flowing(instances=()), ""),
    ("terminated", flowing(instances=(instance(state="terminated"),)), ""),
    ("stopped", flowing(instances=(instance(state="stopped"),)), "fail"),
    ("two VPCs", flowing(flow_log(), instances=(instance(), instance("vpc-0b", "i-0b"))), "fail pass"),
    ("flow logs denied", regions(region(instances=[instance()], flow_logs=gap("ec2:DescribeFlowLogs"))), "unknown"),
    ("instances denied", regions(region(instances=gap("ec2:DescribeInstances"), flow_logs=[])), "unknown"),
    ("shared by another account", flowing(groups=[group(name="web"), group("vpc-0b")]), "unknown"),
    ("shared by another account, with a flow log that is seen", flowing(flow_log(), groups=[group(name="web")]),
     "pass"),
    ("whose it is was denied", flowing(groups=gap("ec2:DescribeSecurityGroups")), "unknown"),
    ("whose it is was denied, with a flow log", flowing(flow_log(), groups=gap("ec2:DescribeSecurityGroups")), "pass"),
    ("whose it is was denied, refused traffic alone", flowing(
        flow_log(traffic="REJECT"), groups=gap("ec2:DescribeSecurityGroups")), "fail"),
    ("nothing runs, flow logs denied", regions(region(instances=[], flow_logs=gap("ec2:DescribeFlowLogs"))), ""),
]  # fmt: skip

TABLES = {NETWORK: ENDPOINTS, INSIGHTS: INSIGHT_CASES, FLOWS: TRAFFIC}


@pytest.mark.parametrize(
    ("rule_id", "facts", "expected"),
    [pytest.param(rule, *case[1:], id=f"{rule}: {case[0]}") for rule, cases in TABLES.items() for case in cases],
)
def test_verdict(rule_id: str, facts: Json, expected: str) -> None:
    assert verdict(rule_id, facts) == expected


def test_the_services_of_the_endpoints_are_named() -> None:
    found = only_finding(NETWORK, through(trail(), endpoints=[endpoint(), endpoint("com.amazonaws.eu-west-1.s3")]))

    assert found.message.endswith("interface endpoints of kms, s3.")


def test_refused_traffic_alone_is_milder() -> None:
    assert only_finding(FLOWS, flowing(flow_log(traffic="REJECT"))).severity == "low"
    assert only_finding(FLOWS, flowing()).severity == "medium"
    assert only_finding(FLOWS, flowing()).message == "1 instance is in it, and it has no flow log."
    assert only_finding(FLOWS, flowing()).resource.arn == f"arn:aws:ec2:eu-west-1:{OWN}:vpc/vpc-0a"
