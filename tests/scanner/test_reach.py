"""Whether the internet reaches an instance: by its address, by load balancers, and what is said of what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.inventory import known
from scanner.reach import Reach, public_reach
from tests.accounts import Json, account, gap, region, regions

VPC = "vpc-1"
ANYBODY, OFFICE, PRIVATE = "0.0.0.0/0", "203.0.113.0/24", "10.0.0.0/8"
TO_INTERNET = [["igw-1", ANYBODY]]
ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer"
APPLICATION, NETWORK, INNER = f"{ARN}/app/web/1", f"{ARN}/net/front/1", f"{ARN}/app/inner/1"


def instance(**facts: object) -> Json:
    arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a"
    usual: dict[str, Any] = {"id": "i-0a", "arn": arn, "state": "running", "vpc": VPC, "placements": ["subnet-1"]}
    return usual | {"security_groups": ["sg-web"], "private_addresses": ["10.0.0.5"]} | facts


def group(name: str, *sources: str, protocol: str = "tcp", port: int | None = 443) -> Json:
    ingress = {"protocol": protocol, "from_port": port, "to_port": port, "sources": list(sources)}
    return {"id": name, "name": name, "vpc": VPC, "ingress": [ingress] if sources else []}


def table(*ways: list[str], subnets: tuple[str, ...] = ("subnet-1",), name: str = "rtb-1", main: bool = False) -> Json:
    return {"id": name, "vpc": VPC, "is_main": main, "subnets": list(subnets), "internet_gateways": list(ways)}


def balancer(arn: str = APPLICATION, scheme: str = "internet-facing", groups: tuple[str, ...] = ("sg-lb",)) -> Json:
    kind = "network" if "/net/" in arn else "application"
    name = arn.split("/")[2]
    return {"name": name, "arn": arn, "scheme": scheme, "type": kind, "vpc": VPC, "security_groups": list(groups)}


def targets(*found: str, of: str = APPLICATION, kind: str = "instance") -> Json:
    return {"arn": f"{of}/targets/{kind}", "target_type": kind, "load_balancers": [of], "targets": list(found)}


def reach(machine: Json, others: tuple[Json, ...] = (), **parts: Any) -> Reach:
    """What is said of the first instance, in a region of which everything else is known and empty."""
    usual: dict[str, Any] = {
        "security_groups": [group("sg-web", ANYBODY)],
        "route_tables": [table(*TO_INTERNET)],
        "load_balancers": [],
        "classic_balancers": [],
        "target_groups": [],
    }
    machines = [machine, *others]
    (found,) = account(regions({**region(), **usual, **parts, "instances": machines})).regions
    return public_reach(known(found.instances)[0], found)


PUBLIC = instance(addresses=["198.51.100.7"])
PUBLIC_IPV6 = instance(addresses=["2001:db8::7"])


@pytest.mark.parametrize(
    ("machine", "parts", "expected"),
    [
        pytest.param(PUBLIC, {}, "reached", id="address, route and group"),
        pytest.param(instance(), {}, "hidden", id="no public address"),
        pytest.param(PUBLIC, {"route_tables": [table()]}, "hidden", id="no route to an internet gateway"),
        pytest.param(
            PUBLIC, {"route_tables": [table(["igw-1", PRIVATE])]}, "hidden", id="a route to private addresses"
        ),
        pytest.param(
            PUBLIC, {"route_tables": [table(["igw-1", "0.0.0.0/1"], ["igw-1", "128.0.0.0/1"])]}, "reached", id="halves"
        ),
        pytest.param(PUBLIC, {"route_tables": [table(["igw-1", OFFICE])]}, "limited", id="a route to an office only"),
        pytest.param(PUBLIC, {"route_tables": [table(["igw-1", "pl-1"])]}, "open", id="a route to a prefix list"),
        pytest.param(PUBLIC, {"route_tables": [table(["igw-1", "::/0"])]}, "hidden", id="a route for the other family"),
        pytest.param(
            PUBLIC,
            {"route_tables": [table(subnets=("subnet-1",)), table(*TO_INTERNET, subnets=(), name="rtb-0", main=True)]},
            "hidden",
            id="the subnet's own table counts, not the main one",
        ),
        pytest.param(
            PUBLIC,
            {"route_tables": [table(subnets=("subnet-2",)), table(*TO_INTERNET, subnets=(), name="rtb-0", main=True)]},
            "reached",
            id="the main table where the subnet has none",
        ),
        pytest.param(PUBLIC, {"route_tables": []}, "open", id="no table of the subnet was read"),
        pytest.param(instance(addresses=["198.51.100.7"], placements=[]), {}, "open", id="no subnet is told"),
        pytest.param(PUBLIC, {"security_groups": [group("sg-web")]}, "hidden", id="nothing comes in"),
        pytest.param(PUBLIC, {"security_groups": [group("sg-web", PRIVATE)]}, "hidden", id="private networks come in"),
        pytest.param(PUBLIC, {"security_groups": [group("sg-web", OFFICE)]}, "limited", id="an office comes in"),
        pytest.param(
            PUBLIC, {"security_groups": [group("sg-web", "54.0.0.0/8")]}, "reached", id="a wide range comes in"
        ),
        pytest.param(
            PUBLIC, {"security_groups": [group("sg-web", "52.94.0.0/15")]}, "reached", id="a provider's range comes in"
        ),
        pytest.param(
            PUBLIC, {"security_groups": [group("sg-web", "198.18.0.0/16")]}, "limited", id="an organization comes in"
        ),
        pytest.param(PUBLIC, {"security_groups": [group("sg-web", "sg-other")]}, "hidden", id="only another group"),
        pytest.param(PUBLIC, {"security_groups": [group("sg-web", "pl-1")]}, "open", id="a prefix list"),
        pytest.param(
            PUBLIC, {"security_groups": [group("sg-web", "pl-1", ANYBODY)]}, "reached", id="a prefix list, and anybody"
        ),
        pytest.param(
            PUBLIC,
            {"security_groups": [group("sg-web", ANYBODY, protocol="icmp", port=None)]},
            "hidden",
            id="ping only",
        ),
        pytest.param(
            PUBLIC,
            {"security_groups": [group("sg-web", ANYBODY, protocol="-1", port=None)]},
            "reached",
            id="everything",
        ),
        pytest.param(
            PUBLIC, {"security_groups": [group("sg-web", "::/0")]}, "hidden", id="a group for the other family"
        ),
        pytest.param(PUBLIC, {"security_groups": [group("sg-other", ANYBODY)]}, "open", id="its group was not read"),
        pytest.param(
            PUBLIC | {"security_groups": ["sg-other", "sg-web"]},
            {},
            "reached",
            id="one group was not read, one is open",
        ),
        pytest.param(PUBLIC | {"security_groups": []}, {}, "open", id="no group is told"),
        pytest.param(PUBLIC_IPV6, {}, "hidden", id="IPv6, routes and groups for IPv4"),
        pytest.param(
            PUBLIC_IPV6,
            {"security_groups": [group("sg-web", "::/0")], "route_tables": [table(["igw-1", "::/0"])]},
            "reached",
            id="IPv6",
        ),
        pytest.param(
            PUBLIC_IPV6,
            {"security_groups": [group("sg-web", "fd00::/8")], "route_tables": [table(["igw-1", "::/0"])]},
            "hidden",
            id="IPv6, unique local addresses come in",
        ),
    ],
)
def test_by_address(machine: Json, parts: dict[str, Any], expected: str) -> None:
    assert reach(machine, **parts).kind == expected


LB_OPEN = [group("sg-lb", ANYBODY), group("sg-web", "sg-lb")]


@pytest.mark.parametrize(
    ("parts", "expected", "confidence"),
    [
        pytest.param({}, "reached", "high", id="the instance as target"),
        pytest.param(
            {"target_groups": [targets("10.0.0.5", kind="ip")]}, "reached", "high", id="its address as target"
        ),
        pytest.param({"target_groups": [targets("i-0b")]}, "hidden", "high", id="another instance as target"),
        pytest.param({"target_groups": [targets()]}, "hidden", "high", id="no target"),
        pytest.param({"load_balancers": [balancer(scheme="internal")]}, "hidden", "high", id="an internal one"),
        pytest.param(
            {"load_balancers": [{**balancer(), "scheme": "", "type": "gateway"}]}, "hidden", "high", id="a gateway one"
        ),
        pytest.param(
            {"security_groups": [group("sg-lb"), group("sg-web", "sg-lb")]}, "hidden", "high", id="its groups are shut"
        ),
        pytest.param(
            {"security_groups": [group("sg-lb", OFFICE), group("sg-web", "sg-lb")]},
            "limited",
            "high",
            id="its groups let in an office",
        ),
        pytest.param(
            {"security_groups": [group("sg-lb", "pl-1"), group("sg-web", "sg-lb")]},
            "open",
            "high",
            id="its groups let in a prefix list",
        ),
        pytest.param({"security_groups": [group("sg-web", "sg-lb")]}, "open", "high", id="its groups were not read"),
        pytest.param(
            {"security_groups": [group("sg-lb", ANYBODY), group("sg-web", "sg-else")]},
            "hidden",
            "high",
            id="the instance lets in another group",
        ),
        pytest.param(
            {"security_groups": [group("sg-lb", ANYBODY), group("sg-web", PRIVATE)]},
            "reached",
            "medium",
            id="the instance lets in private networks",
        ),
        pytest.param(
            {"security_groups": [group("sg-lb", ANYBODY), group("sg-web", OFFICE)]},
            "hidden",
            "high",
            id="the instance lets in an office, which an application load balancer is not",
        ),
        pytest.param(
            {"security_groups": [group("sg-lb", ANYBODY), group("sg-web", ANYBODY)]},
            "reached",
            "high",
            id="the instance lets in anybody",
        ),
        pytest.param({"target_groups": gap("elbv2:DescribeTargetGroups")}, "open", "high", id="target groups denied"),
        pytest.param(
            {"target_groups": [targets() | {"targets": gap("elbv2:DescribeTargetHealth")}]},
            "open",
            "high",
            id="targets denied",
        ),
    ],
)
def test_by_load_balancer(parts: dict[str, Any], expected: str, confidence: str) -> None:
    usual: dict[str, Any] = {
        "security_groups": LB_OPEN,
        "route_tables": [table()],
        "load_balancers": [balancer()],
        "target_groups": [targets("i-0a")],
    }
    found = reach(instance(), **{**usual, **parts})

    assert (found.kind, found.confidence) == (expected, confidence)


@pytest.mark.parametrize(
    ("groups", "expected", "confidence"),
    [
        pytest.param([group("sg-web", ANYBODY)], "reached", "high", id="anybody"),
        pytest.param([group("sg-web", OFFICE)], "limited", "high", id="an office, whose addresses it keeps"),
        pytest.param([group("sg-web", PRIVATE)], "reached", "medium", id="private networks"),
        pytest.param([group("sg-web", "sg-else")], "hidden", "high", id="another group"),
        pytest.param([group("sg-web")], "hidden", "high", id="nobody"),
    ],
)
def test_behind_a_network_load_balancer_the_groups_of_the_instance_decide(
    groups: list[Json], expected: str, confidence: str
) -> None:
    found = reach(
        instance(),
        security_groups=groups,
        load_balancers=[balancer(NETWORK, groups=())],
        target_groups=[targets("i-0a", of=NETWORK)],
    )

    assert (found.kind, found.confidence) == (expected, confidence)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param(group("sg-inner", ANYBODY), "reached", id="it lets in anybody"),
        pytest.param(group("sg-inner", "sg-front"), "reached", id="it lets in the network load balancer"),
        pytest.param(group("sg-inner", "sg-else"), "hidden", id="it lets in another group"),
    ],
)
def test_an_internal_load_balancer_behind_a_network_one(inner: Json, expected: str) -> None:
    found = reach(
        instance(),
        security_groups=[group("sg-front", ANYBODY), inner, group("sg-web", "sg-inner")],
        load_balancers=[balancer(NETWORK, groups=("sg-front",)), balancer(INNER, "internal", ("sg-inner",))],
        target_groups=[targets(INNER, of=NETWORK, kind="alb"), targets("i-0a", of=INNER)],
    )

    assert found.kind == expected


def classic(scheme: str = "internet-facing", machine: str = "i-0a", groups: tuple[str, ...] = ("sg-lb",)) -> Json:
    found = {"name": "old", "arn": f"{ARN}/old", "scheme": scheme, "type": "classic", "vpc": VPC}
    return found | {"security_groups": list(groups), "instances": [machine]}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (classic(), "reached"),
        (classic("internal"), "hidden"),
        (classic(machine="i-0b"), "hidden"),
        (classic(groups=("sg-else",)), "hidden"),
    ],
)
def test_by_a_classic_load_balancer(found: Json, expected: str) -> None:
    assert reach(instance(), security_groups=LB_OPEN, classic_balancers=[found]).kind == expected


def test_an_address_means_the_instance_in_the_vpc_of_the_load_balancer() -> None:
    here = instance(id="i-0b", arn="arn:aws:ec2:eu-west-1:111122223333:instance/i-0b")
    parts: dict[str, Any] = {
        "security_groups": LB_OPEN,
        "load_balancers": [balancer()],
        "target_groups": [targets("10.0.0.5", kind="ip")],
    }
    there = instance(vpc="vpc-2")

    assert reach(there, others=(here,), **parts).kind == "hidden"
    assert reach(here, others=(there,), **parts) == reach(instance(), **parts)
    assert reach(there, **parts).confidence == "medium"


MISSING = {
    "security_groups": "ec2:DescribeSecurityGroups",
    "route_tables": "ec2:DescribeRouteTables",
    "load_balancers": "elbv2:DescribeLoadBalancers",
    "classic_balancers": "elb:DescribeLoadBalancers",
}


@pytest.mark.parametrize("part", MISSING)
def test_what_was_not_read_leaves_it_open(part: str) -> None:
    parts: dict[str, Any] = {part: gap(MISSING[part], region="eu-west-1")}
    found = reach(PUBLIC, **{"security_groups": [group("sg-web", OFFICE)], **parts})

    assert found.kind == "open"
    assert found.words == f"{MISSING[part]} was denied in eu-west-1"


@pytest.mark.parametrize("part", ["load_balancers", "classic_balancers", "target_groups"])
def test_that_it_is_reached_needs_no_more_than_one_way(part: str) -> None:
    parts: dict[str, Any] = {part: gap("any:Thing")}

    assert reach(PUBLIC, **parts).kind == "reached"


def test_a_load_balancer_is_enough_where_the_route_is_not_known() -> None:
    parts: dict[str, Any] = {
        "load_balancers": [balancer()],
        "target_groups": [targets("i-0a")],
        "security_groups": LB_OPEN,
    }

    assert reach(PUBLIC, route_tables=gap("ec2:DescribeRouteTables"), **parts).kind == "reached"


@pytest.mark.parametrize("part", ["route_tables", "load_balancers", "classic_balancers"])
def test_groups_that_let_nothing_in_hide_it_whatever_is_missing(part: str) -> None:
    parts: dict[str, Any] = {part: gap("any:Thing")}
    found = reach(PUBLIC, security_groups=[group("sg-web")], **parts)

    assert found == Reach("hidden", "its security groups let nothing in")


@pytest.mark.parametrize("part", ["security_groups", "route_tables"])
def test_without_address_and_load_balancer_nothing_else_matters(part: str) -> None:
    parts: dict[str, Any] = {part: gap("any:Thing")}

    assert reach(instance(), **parts).kind == "hidden"


def test_a_shut_door_is_enough_where_another_is_not_known() -> None:
    assert reach(PUBLIC, route_tables=[table()], security_groups=gap("any:Thing")).kind == "hidden"
    assert reach(PUBLIC, security_groups=gap("any:Thing")).kind == "open"


def test_a_group_of_the_instance_that_was_not_read_may_let_the_load_balancer_in() -> None:
    parts: dict[str, Any] = {"load_balancers": [balancer()], "target_groups": [targets("i-0a")]}

    found = reach(instance(), security_groups=[group("sg-lb", ANYBODY)], **parts)

    assert found == Reach("open", "the security group sg-web was not among those that were read")


def test_interfaces_in_unlike_subnets_are_told_with_less_confidence() -> None:
    machine = PUBLIC | {"placements": ["subnet-1", "subnet-2"]}
    tables = [table(*TO_INTERNET), table(subnets=("subnet-2",), name="rtb-2")]

    found = reach(machine, route_tables=tables)

    assert (found.kind, found.confidence) == ("reached", "medium")


def test_the_way_is_told() -> None:
    by_balancer = reach(
        instance(), security_groups=LB_OPEN, load_balancers=[balancer()], target_groups=[targets("i-0a")]
    )

    assert reach(PUBLIC).words == (
        "198.51.100.7 is public, rtb-1 routes 0.0.0.0/0 to igw-1, sg-web lets in 0.0.0.0/0 on tcp 443"
    )
    assert by_balancer.words == (
        "the internet-facing application load balancer web leads to it, sg-lb lets in 0.0.0.0/0 on tcp 443"
    )
    assert reach(instance()).words == "no public address or internet-facing load balancer leads to it"
