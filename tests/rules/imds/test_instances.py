"""Instances that answer IMDSv1, by what it is worth to a thief, and those whose tokens travel."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import Case, Json, allow, gap, only_finding, region, regions, verdict
from tests.rules.holding import administrator, managed, role
from tests.rules.imds.hosts import OFFICE, account_of, host, hosts, network, profile, profile_arn

INSTANCE, HOP = "imds-v1-instance", "imds-hop-limit"
DENIED = gap("ec2:DescribeInstances", region="eu-west-1")

INSTANCES: list[Case] = [
    ("tokens optional", hosts(host()), "fail"),
    ("tokens required", hosts(host(tokens="required")), "pass"),
    ("tokens optional, endpoint disabled", hosts(host(endpoint="disabled")), "pass"),
    ("tokens optional, endpoint not said", hosts(host(endpoint=None)), "fail"),
    ("tokens not said", hosts(host(tokens=None)), "unknown"),
    ("tokens not said, endpoint disabled", hosts(host(tokens=None, endpoint="disabled")), "pass"),
    ("no metadata options at all", hosts(host(metadata=None)), "unknown"),
    ("stopped", hosts(host(state="stopped")), "fail"),
    ("stopping", hosts(host(state="stopping")), "fail"),
    ("pending", hosts(host(state="pending")), "fail"),
    ("in a state that is not said", hosts(host(state="")), "fail"),
    ("terminated", hosts(host(state="terminated")), ""),
    ("shutting down", hosts(host(state="shutting-down")), ""),
    ("no instances", hosts(), ""),
    ("denied", regions(region(instances=DENIED)), "unknown"),
    ("denied in one of two regions", regions(region(instances=[host()]), region("eu-west-2")), "fail unknown"),
    (
        "other regions not known",
        hosts(host(tokens="required")) | {"other_regions": gap("ec2:DescribeRegions")},
        "pass unknown",
    ),
    ("no region was listed", regions(), "unknown"),
    ("nothing else was read", regions(region(instances=[host(instance_profile=profile_arn("app"))])), "fail"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in INSTANCES])
def test_instances(facts: Json, expected: str) -> None:
    assert verdict(INSTANCE, facts) == expected


ADDRESS: dict[str, Any] = {"addresses": ["198.51.100.7"]}
APP: dict[str, Any] = {"instance_profile": profile_arn("app")}
ADMIN = administrator("app", "ec2")
PLAIN = role("app", "ec2", allow("s3:GetObject", "arn:aws:s3:::assets/*"))
ESCALATES = role("app", "ec2", allow("iam:PutRolePolicy"))
NETWORK_DENIED: dict[str, Any] = {part: gap("any:Thing") for part in network()}


@pytest.mark.parametrize(
    ("where", "roles", "severity"),
    [
        pytest.param(hosts(host(**APP, **ADDRESS)), [ADMIN], "critical", id="reached, administrator"),
        pytest.param(hosts(host(**APP, **ADDRESS)), [ESCALATES], "critical", id="reached, escalates"),
        pytest.param(hosts(host(**APP, **ADDRESS, state="stopped")), [ADMIN], "high", id="stopped, administrator"),
        pytest.param(hosts(host(**APP, **ADDRESS, state="stopped")), [PLAIN], "medium", id="stopped, plain role"),
        pytest.param(hosts(host(**APP)), [ADMIN], "high", id="hidden, administrator"),
        pytest.param(hosts(host(**APP)), [ESCALATES], "high", id="hidden, escalates"),
        pytest.param(hosts(host(**APP, **ADDRESS)), [PLAIN], "high", id="reached, plain role"),
        pytest.param(hosts(host(**APP)), [PLAIN], "medium", id="hidden, plain role"),
        pytest.param(hosts(host(**APP, **ADDRESS), source=OFFICE), [PLAIN], "medium", id="an office reaches it, plain"),
        pytest.param(hosts(host(**APP, **ADDRESS), source=OFFICE), [ADMIN], "high", id="an office reaches it, admin"),
        pytest.param(hosts(host(**APP), **NETWORK_DENIED), [ADMIN], "high", id="reach not known, administrator"),
        pytest.param(hosts(host(**APP), **NETWORK_DENIED), [PLAIN], "medium", id="reach not known, plain role"),
        pytest.param(hosts(host(**ADDRESS)), [ADMIN], "low", id="reached, no profile"),
        pytest.param(hosts(host()), [ADMIN], "low", id="hidden, no profile"),
    ],
)
def test_severity_follows_reach_and_role(where: Json, roles: list[Json], severity: str) -> None:
    assert only_finding(INSTANCE, account_of(where, *roles)).severity == severity


def test_names_of_profile_and_role_may_differ() -> None:
    """The profile decides by the role that it carries, whatever either is called."""
    where = hosts(host(instance_profile=profile_arn("web"), **ADDRESS))
    roles = [administrator("ops", "ec2"), role("web", "ec2", allow("s3:ListAllMyBuckets"))]

    carrying_ops, carrying_web = (
        only_finding(INSTANCE, account_of(where, *roles, profiles=[profile("web", carried)]))
        for carried in ("ops", "web")
    )

    assert [found.severity for found in (carrying_ops, carrying_web)] == ["critical", "high"]


def test_an_empty_profile_hands_out_nothing() -> None:
    found = only_finding(INSTANCE, account_of(hosts(host(**APP, **ADDRESS)), ADMIN, profiles=[profile("app")]))

    assert found.severity == "low"
    assert found.evidence["material"] == ["imds:tokens-optional", "reached-from-internet"]
    assert "carries no role at present" in found.message


def test_every_factor_is_told() -> None:
    settings = [{"arn": ADMIN["arn"], "max_session": 43200}]
    found = only_finding(INSTANCE, account_of(hosts(host(**APP, **ADDRESS)), ADMIN, role_settings=settings))

    assert found.message == (
        "It answers IMDSv1. It hands out the credentials of the role app, which may do everything, by policy "
        "arn:aws:iam::aws:policy/AdministratorAccess. The internet reaches it: 198.51.100.7 is public, rtb-1 routes "
        "0.0.0.0/0 to igw-1, sg-1 lets in 0.0.0.0/0 on tcp 443."
    )
    assert found.evidence["material"] == [
        "imds:tokens-optional",
        "instance-profile",
        "reached-from-internet",
        "role:administrator",
    ]
    assert found.evidence["factors"]["reach"]["kind"] == "reached"
    assert found.evidence["factors"]["role"] == {
        "arn": ADMIN["arn"],
        "privilege": "administrator",
        "not_known": None,
    }
    assert found.evidence["sessions"] == {"instance_hours": 6, "chained_hours": 1, "role_max_seconds": 43200}


def test_what_is_not_known_of_the_factors_is_told() -> None:
    denied = gap("iam:GetAccountAuthorizationDetails")
    where = hosts(host(**APP, **ADDRESS))
    found = only_finding(INSTANCE, account_of(where, roles=denied, profiles=[profile("app", "app")]))
    hidden = only_finding(
        INSTANCE, account_of(hosts(host(**APP), load_balancers=gap("elbv2:DescribeLoadBalancers")), PLAIN)
    )

    assert found.severity == "high"
    assert "what these may do is not known: iam:GetAccountAuthorizationDetails was denied" in found.message
    assert "Whether the internet reaches it is not known: elbv2:DescribeLoadBalancers was denied" in hidden.message


def test_an_attached_policy_that_was_not_read_leaves_the_role_unclear() -> None:
    """Twin: the same policy, read, says that the role is plain."""
    attached = role("app", "ec2", attached=("arn:aws:iam::111122223333:policy/extra",))
    where = hosts(host(**APP))
    unread = only_finding(INSTANCE, account_of(where, attached, policies=gap("iam:GetAccountAuthorizationDetails")))
    plain = only_finding(
        INSTANCE, account_of(where, attached, policies=[managed("extra", allow("s3:ListAllMyBuckets"))])
    )

    assert unread.evidence["factors"]["role"]["privilege"] is None
    assert plain.evidence["factors"]["role"]["privilege"] == "plain"


def test_a_role_is_found_by_the_profiles_that_it_names_itself() -> None:
    """The list of profiles was denied, and the role tells the names of its own."""
    found = only_finding(
        INSTANCE,
        account_of(
            hosts(host(**APP, **ADDRESS)),
            administrator("boss", "ec2", instance_profiles=["app"]),
            instance_profiles=gap("iam:ListInstanceProfiles"),
        ),
    )

    assert found.severity == "critical"


def test_a_likely_way_lowers_the_confidence() -> None:
    """The load balancer is let in as one of a private network, whose addresses are not collected."""
    arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/front/1"
    front = {"name": "front", "arn": arn, "scheme": "internet-facing", "type": "network", "vpc": "vpc-1"}
    behind = {"arn": "arn:t", "target_type": "instance", "load_balancers": [arn], "targets": ["i-0a"]}
    where = hosts(host(**APP), source="10.0.0.0/8", load_balancers=[front], target_groups=[behind])

    found = only_finding(INSTANCE, account_of(where, ADMIN))

    assert (found.severity, found.confidence) == ("critical", "medium")


def host_with(hop_limit: int, **facts: Any) -> Json:
    return hosts(host(tokens="required", hop_limit=hop_limit, **facts))


WORKER = role("app", "ec2", attached=("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",))
NAMESAKE = role("app", "ec2", attached=("arn:aws:iam::111122223333:policy/AmazonEKSWorkerNodePolicy",))

HOPS: list[Case] = [
    ("one hop", account_of(host_with(1, **APP), PLAIN), "pass"),
    ("two hops", account_of(host_with(2, **APP), PLAIN), "fail"),
    ("two hops, no profile", account_of(host_with(2)), "fail"),
    ("two hops, host of containers", account_of(host_with(2, **APP), WORKER), "fail"),
    ("two hops, IMDSv1 answered", account_of(hosts(host(hop_limit=2, **APP)), PLAIN), "pass"),
    ("two hops, endpoint disabled", account_of(hosts(host(endpoint="disabled", hop_limit=2)), PLAIN), "pass"),
    ("hop limit not said", hosts(host(metadata={"tokens": "required", "endpoint": "enabled"})), "unknown"),
    ("metadata options not said", hosts(host(metadata=None)), "unknown"),
    ("terminated", account_of(host_with(2, state="terminated"), PLAIN), ""),
    (
        "two hops, roles denied",
        account_of(
            host_with(2, **APP), profiles=[profile("app", "app")], roles=gap("iam:GetAccountAuthorizationDetails")
        ),
        "unknown",
    ),
    ("instances denied", regions(region(instances=DENIED)), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in HOPS])
def test_hop_limits(facts: Json, expected: str) -> None:
    assert verdict(HOP, facts) == expected


@pytest.mark.parametrize(
    ("hop_limit", "facts", "found", "severity"),
    [
        (2, APP, PLAIN, "medium"),
        (2, {}, PLAIN, "low"),
        (2, APP, WORKER, "info"),
        (3, APP, WORKER, "low"),
        (2, APP, NAMESAKE, "medium"),
        (2, APP, role("app", "ec2", allow(["ecs:Poll", "ecs:RegisterContainerInstance"])), "info"),
        (2, APP, role("app", "ec2", allow(["ec2:DescribeInstances", "eks:DescribeCluster"])), "info"),
        (2, APP, role("app", "ec2", allow("ecs:RunTask")), "medium"),
        (2, APP, role("app", "ec2", allow(["ecs:*", "eks:*"])), "medium"),
    ],
)
def test_containers_may_need_a_second_hop(hop_limit: int, facts: Json, found: Json, severity: str) -> None:
    namesake = managed("AmazonEKSWorkerNodePolicy", allow("s3:ListAllMyBuckets"))
    hit = only_finding(HOP, account_of(host_with(hop_limit, **facts), found, policies=[namesake]))

    assert hit.severity == severity
    assert bool(hit.remediation.commands) == (severity == "medium" or not facts)


TABLES = {INSTANCE: INSTANCES, HOP: HOPS}
