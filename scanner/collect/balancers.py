"""Collect the load balancers through which the internet reaches instances without a public address."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from msgspec.structs import replace

from scanner.collect.desk import Desk
from scanner.collect.ec2 import any_live
from scanner.collect.reader import Reader
from scanner.inventory import Gap, Instance, LoadBalancer, TargetGroup

_PAGE = {"PageSize": 400}


def read_load_balancers(
    desk: Desk, region: str, instances: tuple[Instance, ...] | Gap
) -> tuple[LoadBalancer, ...] | Gap:
    """Every load balancer but the classic ones, if the region has an instance that one could lead to."""
    if isinstance(instances, Gap):
        return instances
    if not any_live(instances):
        return ()

    def read(reader: Reader) -> tuple[LoadBalancer, ...]:
        pages = reader.pages("DescribeLoadBalancers", PaginationConfig=_PAGE)
        found = [_balancer(balancer) for page in pages for balancer in page["LoadBalancers"]]
        return tuple(sorted(found, key=lambda balancer: balancer.arn))

    return desk.ask("elbv2", region, "DescribeLoadBalancers", read, tuple[LoadBalancer, ...])


def _balancer(answer: dict[str, Any]) -> LoadBalancer:
    return LoadBalancer(
        name=answer.get("LoadBalancerName", ""),
        arn=answer["LoadBalancerArn"],
        scheme=answer.get("Scheme", ""),
        type=answer.get("Type", ""),
        vpc=answer.get("VpcId"),
        security_groups=tuple(sorted(answer.get("SecurityGroups") or ())),
    )


def read_classic_balancers(
    desk: Desk, region: str, instances: tuple[Instance, ...] | Gap
) -> tuple[LoadBalancer, ...] | Gap:
    """Every classic load balancer with its instances, if the region has an instance that one could lead to."""
    if isinstance(instances, Gap):
        return instances
    if not any_live(instances):
        return ()

    def read(reader: Reader) -> tuple[LoadBalancer, ...]:
        pages = reader.pages("DescribeLoadBalancers", PaginationConfig=_PAGE)
        found = [_classic(desk, region, each) for page in pages for each in page["LoadBalancerDescriptions"]]
        return tuple(sorted(found, key=lambda balancer: balancer.name))

    return desk.ask("elb", region, "DescribeLoadBalancers", read, tuple[LoadBalancer, ...])


def _classic(desk: Desk, region: str, answer: dict[str, Any]) -> LoadBalancer:
    name = answer["LoadBalancerName"]
    return LoadBalancer(
        name=name,
        arn=desk.arn("elasticloadbalancing", region, f"loadbalancer/{name}"),
        scheme=answer.get("Scheme", ""),
        type="classic",
        vpc=answer.get("VPCId"),
        security_groups=tuple(sorted(answer.get("SecurityGroups") or ())),
        instances=tuple(sorted(each["InstanceId"] for each in answer.get("Instances") or ())),
    )


def read_target_groups(
    desk: Desk, region: str, load_balancers: tuple[LoadBalancer, ...] | Gap
) -> tuple[TargetGroup, ...] | Gap:
    """Every target group, if a load balancer faces the internet; its targets only if the internet can reach them.

    A group is reached through a load balancer that faces the internet, or through an application load balancer that
    is itself a target of such a one. The targets of other groups are not asked for and are left empty; where it could
    not be found out whether a group is reached, they are a gap.
    """
    if isinstance(load_balancers, Gap):
        return load_balancers
    reached = {balancer.arn for balancer in load_balancers if _faces_internet(balancer)}
    if not reached:
        return ()
    groups = desk.ask("elbv2", region, "DescribeTargetGroups", _list_groups, tuple[TargetGroup, ...])
    if isinstance(groups, Gap):
        return groups
    targets = _targets(desk, region, (each for each in groups if each.target_type == "alb"), reached)
    unread = next((found for found in targets.values() if isinstance(found, Gap)), None)
    reached |= {arn for found in targets.values() if not isinstance(found, Gap) for arn in found}
    direct = [each for each in groups if each.target_type in {"instance", "ip"}]
    targets |= _targets(desk, region, direct, reached)
    if unread is not None:
        perhaps_reached = {balancer.arn for balancer in load_balancers if balancer.type == "application"}
        for each in direct:
            if perhaps_reached.intersection(each.load_balancers):
                targets.setdefault(each.arn, unread)
    return tuple(replace(each, targets=targets.get(each.arn, ())) for each in groups)


def _faces_internet(balancer: LoadBalancer) -> bool:
    """Whether it takes requests from the internet; gateway load balancers have no scheme, and none of their own."""
    return balancer.scheme != "internal" and balancer.type != "gateway"


def _list_groups(reader: Reader) -> tuple[TargetGroup, ...]:
    found = [
        TargetGroup(
            arn=group["TargetGroupArn"],
            target_type=group.get("TargetType", ""),
            load_balancers=tuple(sorted(group.get("LoadBalancerArns") or ())),
        )
        for page in reader.pages("DescribeTargetGroups", PaginationConfig=_PAGE)
        for group in page["TargetGroups"]
    ]
    return tuple(sorted(found, key=lambda group: group.arn))


def _targets(
    desk: Desk, region: str, groups: Iterable[TargetGroup], reached: Collection[str]
) -> dict[str, tuple[str, ...] | Gap]:
    """The targets, by group, of those groups that one of the load balancers sends to."""
    asked = [group.arn for group in groups if any(balancer in reached for balancer in group.load_balancers)]
    return dict(zip(asked, desk.each(partial(_targets_of, desk, region), asked), strict=True))


def _targets_of(desk: Desk, region: str, group: str) -> tuple[str, ...] | Gap:
    def read(reader: Reader) -> tuple[str, ...]:
        answer = reader.find("DescribeTargetHealth", TargetGroupArn=group)
        # A group that has been deleted since it was listed has no targets.
        described = answer["TargetHealthDescriptions"] if answer is not None else ()
        return tuple(sorted({each["Target"]["Id"] for each in described}))

    return desk.ask("elbv2", region, "DescribeTargetHealth", read, tuple[str, ...], subject=group)
