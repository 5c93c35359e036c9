"""Instance profiles: empty, unused, shared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import OWN, Case, Json, allow, gap, only_finding, region, regions, verdict
from tests.rules.holding import administrator, role
from tests.rules.imds.hosts import account_of, host, profile, profile_arn

EMPTY, UNUSED, SHARED = "instance-profile-without-role", "instance-profile-unused", "instance-profile-shared"
DENIED_PROFILES = gap("iam:ListInstanceProfiles")
DENIED_ROLES = gap("iam:GetAccountAuthorizationDetails")

EMPTIES: list[Case] = [
    ("with a role", {"instance_profiles": [profile("app", "app")]}, "pass"),
    ("without a role", {"instance_profiles": [profile("app")]}, "fail"),
    ("one of each", {"instance_profiles": [profile("app"), profile("web", "web")]}, "fail pass"),
    ("no profiles", {"instance_profiles": []}, ""),
    ("denied", {"instance_profiles": DENIED_PROFILES}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in EMPTIES])
def test_empty_profiles(facts: Json, expected: str) -> None:
    assert verdict(EMPTY, facts) == expected


def place(name: str = "eu-west-1", **parts: object) -> Json:
    """A region in which nothing uses a profile, unless ``parts`` say."""
    usual: Json = {"instances": [], "launch_templates": [], "launch_configurations": [], "scaling_groups": []}
    return region(name, **(usual | parts))


def template(**facts: object) -> Json:
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:launch-template/lt-0a"
    return {"template_id": "lt-0a", "arn": arn, "name": "web", "version": 1, "is_default": True, **facts}


PLAIN = role("app", "ec2", allow("s3:GetObject", "arn:aws:s3:::assets/*"))
USED_YESTERDAY = PLAIN | {"last_used": "2026-11-19T00:00:00Z"}
USED_IN_SUMMER = PLAIN | {"last_used": "2026-07-19T00:00:00Z"}
CARRIER = host(instance_profile=profile_arn("app"))


def used(*places: Json, found: Json = PLAIN, **parts: Any) -> Json:
    return account_of(regions(*places), found, **parts)


UNUSED_CASES: list[Case] = [
    ("nothing uses it", used(place()), "fail"),
    ("an instance carries it", used(place(instances=[CARRIER])), "pass"),
    ("a stopped instance carries it", used(place(instances=[CARRIER | {"state": "stopped"}])), "pass"),
    ("only a terminated instance carries it", used(place(instances=[CARRIER | {"state": "terminated"}])), "fail"),
    ("an instance in another region carries it", used(place(), place("eu-west-3", instances=[CARRIER])), "pass"),
    ("another profile is carried", used(place(instances=[host(instance_profile=profile_arn("web"))])), "fail"),
    ("a template names it", used(place(launch_templates=[template(instance_profile="app")])), "pass"),
    ("a template names its ARN", used(place(launch_templates=[template(instance_profile=profile_arn("app"))])), "pass"),
    (
        "a launch configuration names it",
        used(place(launch_configurations=[{"name": "old", "arn": "arn:c", "instance_profile": "app"}])),
        "pass",
    ),
    ("its role was used yesterday", used(place(), found=USED_YESTERDAY), "pass"),
    ("its role was used months ago", used(place(), found=USED_IN_SUMMER), "fail"),
    ("its role was made an hour ago", used(place(), found=PLAIN | {"created": "2026-11-20T11:00:00Z"}), "pass"),
    ("its role was made months ago", used(place(), found=PLAIN | {"created": "2026-07-19T00:00:00Z"}), "fail"),
    ("nobody tells when its role was used", used(place(), found=PLAIN | {"tells_use": False}), "unknown"),
    ("it has no role", used(place(), profiles=[profile("app")]), "pass"),
    (
        "it has no role, instances denied",
        used(place(instances=gap("ec2:DescribeInstances")), profiles=[profile("app")]),
        "pass",
    ),
    (
        "instances denied in one region",
        used(place(), place("eu-west-3", instances=gap("ec2:DescribeInstances"))),
        "unknown",
    ),
    (
        "instances denied in one region, carried in the other",
        used(place(instances=[CARRIER]), place("eu-west-3", instances=gap("ec2:DescribeInstances"))),
        "pass",
    ),
    ("templates denied", used(place(launch_templates=gap("ec2:DescribeLaunchTemplateVersions"))), "unknown"),
    (
        "configurations denied",
        used(place(launch_configurations=gap("autoscaling:DescribeLaunchConfigurations"))),
        "unknown",
    ),
    ("groups denied", used(place(scaling_groups=gap("autoscaling:DescribeAutoScalingGroups"))), "unknown"),
    (
        "no Auto Scaling in the region",
        used(place(launch_configurations=gap("autoscaling:DescribeLaunchConfigurations", "not_applicable"))),
        "fail",
    ),
    ("a region was not scanned", used(place(), region("eu-west-3")), "unknown"),
    ("other regions not known", used(place(), other_regions=gap("ec2:DescribeRegions")), "unknown"),
    ("no region was listed", used(), "unknown"),
    ("roles denied", used(place(), profiles=[profile("app", "app")], roles=DENIED_ROLES), "unknown"),
    ("denied", {"instance_profiles": DENIED_PROFILES}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in UNUSED_CASES])
def test_unused_profiles(facts: Json, expected: str) -> None:
    assert verdict(UNUSED, facts) == expected


def test_an_unused_profile_of_an_administrator_is_worse() -> None:
    plain, admin = (
        only_finding(UNUSED, used(place())),
        only_finding(UNUSED, used(place(), found=administrator("app", "ec2"))),
    )

    assert [found.severity for found in (plain, admin)] == ["low", "medium"]
    assert admin.evidence["material"] == ["instance-profile:unused", "role:administrator"]


def test_how_long_ago_is_a_parameter() -> None:
    assert verdict(UNUSED, used(place(), found=USED_IN_SUMMER), days=365) == "pass"


def test_the_commands_know_the_path() -> None:
    arn = f"arn:aws:iam::{OWN}:instance-profile/apps/web/app"
    found = only_finding(UNUSED, used(place(), profiles=[{"name": "app", "arn": arn, "roles": ["app"]}]))

    assert found.remediation.commands == (
        "aws iam remove-role-from-instance-profile --instance-profile-name=app --role-name=app",
        "aws iam delete-instance-profile --instance-profile-name=app",
    )
    assert found.remediation.undo[0] == (
        "aws iam create-instance-profile --instance-profile-name=app --path=/apps/web/"
    )


def carrier(name: str, image: str | None, *groups: str, vpc: str = "vpc-1", **facts: object) -> Json:
    named: Json = {"image": image, "security_groups": list(groups), "vpc": vpc}
    return host(name) | named | {"instance_profile": profile_arn("app")} | facts


WEB, WEB_NEXT = carrier("i-1", "ami-1", "sg-web"), carrier("i-2", "ami-2", "sg-web")
DB, DB_SAME_IMAGE = carrier("i-3", "ami-3", "sg-db"), carrier("i-4", "ami-1", "sg-db")


def shared(*carriers: Json, found: Json = PLAIN, **parts: Any) -> Json:
    return used(place(instances=list(carriers)), found=found, **parts)


SHARED_CASES: list[Case] = [
    ("neither image nor group in common", shared(WEB, DB), "fail"),
    ("a group in common", shared(WEB, WEB_NEXT), "pass"),
    ("an image in common", shared(WEB, DB_SAME_IMAGE), "pass"),
    ("in common by way of a third one", shared(WEB, WEB_NEXT, carrier("i-5", "ami-2", "sg-new")), "pass"),
    ("one instance", shared(WEB), "pass"),
    ("no instance", shared(), "pass"),
    ("the other one is terminated", shared(WEB, DB | {"state": "terminated"}), "pass"),
    ("the other one carries another profile", shared(WEB, DB | {"instance_profile": profile_arn("db")}), "pass"),
    (
        "the same workload in two regions",
        used(place(instances=[WEB]), place("eu-west-3", instances=[carrier("i-9", "ami-9", "sg-9")])),
        "pass",
    ),
    (
        "a role that only lets hosts be managed",
        shared(WEB, DB, found=role("app", "ec2", attached=("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",))),
        "pass",
    ),
    (
        "a role that lets hosts be managed, and reads objects",
        shared(
            WEB,
            DB,
            found=PLAIN
            | {
                "attached": [
                    {
                        "name": "AmazonSSMManagedInstanceCore",
                        "arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                    }
                ]
            },
        ),
        "fail",
    ),
    (
        "hosts of containers",
        shared(WEB, DB, found=role("app", "ec2", attached=("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",))),
        "pass",
    ),
    ("instances denied", used(place(instances=gap("ec2:DescribeInstances"))), "unknown"),
    (
        "instances denied in another region",
        used(place(instances=[WEB, DB]), place("eu-west-3", instances=gap("ec2:DescribeInstances"))),
        "fail",
    ),
    ("roles denied", shared(WEB, DB, profiles=[profile("app", "app")], roles=DENIED_ROLES), "unknown"),
    ("denied", {"instance_profiles": DENIED_PROFILES}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SHARED_CASES])
def test_shared_profiles(facts: Json, expected: str) -> None:
    assert verdict(SHARED, facts) == expected


def test_workloads_are_told() -> None:
    found = only_finding(SHARED, shared(WEB, WEB_NEXT, DB, found=administrator("app", "ec2")))

    assert found.severity == "medium"
    assert found.message == (
        "2 workloads in eu-west-1 carry it, with the role app: i-1, i-3 have neither image nor security group "
        "in common."
    )
    assert [workload["instances"] for workload in found.evidence["workloads"]] == [2, 1]


TABLES = {EMPTY: EMPTIES, UNUSED: UNUSED_CASES, SHARED: SHARED_CASES}
