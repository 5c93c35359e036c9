"""Load balancers, and which targets the internet reaches through them."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collect.balancers import read_classic_balancers, read_load_balancers, read_target_groups
from scanner.inventory import Gap, Instance, LoadBalancer, TargetGroup, known
from tests.collect.answers_compute import ANSWERS, TARGETS, balancer_arn, group_arn
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME
from tests.collect.stand_in import DENIED, Answer, Asked, Refusal, StandIn

LIVE = (Instance("i-1", "arn", "running"),)
GROUPS, HEALTH = "elbv2:DescribeTargetGroups", "elbv2:DescribeTargetHealth"
FRONT, INNER, PRIVATE = balancer_arn("net", "front"), balancer_arn("app", "inner"), balancer_arn("app", "private")


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def groups(session: Any) -> dict[str, TargetGroup]:
    with asking(session) as desk:
        found = known(read_target_groups(desk, HOME, read_load_balancers(desk, HOME, LIVE)))
    assert [group.arn for group in found] == sorted(group.arn for group in found)
    return {group.arn.split("/")[1]: group for group in found}


def asked_about(aws: StandIn) -> set[str]:
    return {asked.parameters["TargetGroupArn"].split("/")[1] for asked in aws.asked if asked.api == HEALTH}


def test_load_balancers(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_load_balancers(desk, HOME, LIVE))

    assert found == (
        LoadBalancer("inner", INNER, "internal", "application", "vpc-1", ("sg-inner", "sg-lb")),
        LoadBalancer("private", PRIVATE, "internal", "application"),
        LoadBalancer("check", balancer_arn("gwy", "check"), "", "gateway"),
        LoadBalancer("front", FRONT, "internet-facing", "network", "vpc-1"),
    )
    assert [asked.parameters for asked in aws.asked] == [{"PageSize": 400}]


def test_classic_balancers(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_classic_balancers(desk, HOME, LIVE))

    arn = f"arn:aws:elasticloadbalancing:{HOME}:{ACCOUNT_ID}:loadbalancer/"
    assert found == (
        LoadBalancer("aged", f"{arn}aged", "internet-facing", "classic", "vpc-1", ("sg-lb",), ("i-bad", "i-z")),
        LoadBalancer("bare", f"{arn}bare", "", "classic"),
    )
    assert [asked.parameters for asked in aws.asked] == [{"PageSize": 400}]


def test_targets_of_what_the_internet_reaches(session: Any, aws: StandIn) -> None:
    found = groups(session)

    assert found == {
        "by-ip": TargetGroup(group_arn("by-ip"), "ip", (PRIVATE, FRONT), ("10.0.0.10", "10.0.1.10")),
        "to-inner": TargetGroup(group_arn("to-inner"), "alb", (FRONT,), (INNER,)),
        # The network load balancer sends to the inner one, so that the internet reaches what is behind that.
        "web": TargetGroup(group_arn("web"), "instance", (INNER,), ("i-bad",)),
        "hidden": TargetGroup(group_arn("hidden"), "instance", (PRIVATE,)),
        "code": TargetGroup(group_arn("code"), "lambda", (INNER,)),
        "loose": TargetGroup(group_arn("loose"), ""),
    }
    assert aws.requests == {
        ("elbv2:DescribeLoadBalancers", HOME): 1,
        (GROUPS, HOME): 1,
        (HEALTH, HOME): len(TARGETS),
    }
    (listing,) = (asked.parameters for asked in aws.asked if asked.api == GROUPS)
    assert listing == {"PageSize": 400}


@pytest.mark.parametrize(
    ("scheme", "kind", "faces"),
    [
        ("internal", "application", False),
        ("internet-facing", "application", True),
        ("", "gateway", False),
        # A scheme that AWS may add is rather asked about once too often.
        ("edge", "network", True),
    ],
)
def test_groups_are_listed_only_where_a_balancer_faces_the_internet(
    session: Any, aws: StandIn, scheme: str, kind: str, faces: bool
) -> None:
    with asking(session) as desk:
        found = known(read_target_groups(desk, HOME, (LoadBalancer("b", "arn", scheme, kind),)))

    assert bool(found) is faces
    assert aws.requests == ({(GROUPS, HOME): 1} if faces else {})


def test_a_classic_balancer_has_no_target_groups(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        assert known(read_target_groups(desk, HOME, ())) == ()
    assert not aws.asked


def test_one_group_that_cannot_be_read(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Answer:
        refused = asked.parameters["TargetGroupArn"] == group_arn("by-ip")
        return DENIED if refused else ANSWERS[HEALTH](asked)

    aws.answer(HEALTH, answer)

    found = groups(session)

    gap = found["by-ip"].targets
    assert isinstance(gap, Gap)
    assert (gap.api, gap.status, gap.region) == (HEALTH, "denied", HOME)
    assert found["web"].targets == ("i-bad",)


def test_what_may_be_reached_is_unknown_where_an_inner_balancer_may_be(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Answer:
        refused = asked.parameters["TargetGroupArn"] == group_arn("to-inner")
        return DENIED if refused else ANSWERS[HEALTH](asked)

    aws.answer(HEALTH, answer)

    found = groups(session)

    assert {name for name, group in found.items() if isinstance(group.targets, Gap)} == {"to-inner", "web", "hidden"}
    assert found["by-ip"].targets == ("10.0.0.10", "10.0.1.10")
    assert found["code"].targets == ()
    assert asked_about(aws) == {"by-ip", "to-inner"}


def test_a_group_that_was_deleted_meanwhile(session: Any, aws: StandIn) -> None:
    aws.answer(HEALTH, Refusal("TargetGroupNotFound"))

    assert {group.targets for group in groups(session).values()} == {()}


def test_targets_that_are_not_wanted(session: Any, aws: StandIn) -> None:
    with asking(session, unwanted=[HEALTH]) as desk:
        found = known(read_target_groups(desk, HOME, read_load_balancers(desk, HOME, LIVE)))

    unread = {group.arn.split("/")[1] for group in found if isinstance(group.targets, Gap)}
    assert unread == {"by-ip", "to-inner", "web", "hidden"}
    assert not asked_about(aws)


def test_a_gap_is_handed_on(session: Any, aws: StandIn) -> None:
    gap = Gap("elbv2:DescribeLoadBalancers", "denied", HOME)
    with asking(session) as desk:
        assert read_target_groups(desk, HOME, gap) is gap
    assert not aws.asked
