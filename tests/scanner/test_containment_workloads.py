"""Who uses a role, and how its credentials are handed out."""

from __future__ import annotations

import pytest

from scanner.containment.instances import locate, role_carried
from scanner.containment.workloads import InstanceUse, LaunchUse, Metadata, Workloads, workloads_of
from scanner.inventory import NotCollected, Undetermined, known
from tests.accounts import OWN, Json, account, gap, policy, region

ARN = f"arn:aws:iam::{OWN}:role/app"
PROFILE = f"arn:aws:iam::{OWN}:instance-profile/web"
EC2: Json = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
ROLE: Json = {"name": "app", "arn": ARN, "trust": EC2}
PROFILES: Json = {"instance_profiles": [{"name": "web", "arn": PROFILE, "roles": ["app"]}]}
REQUIRED: Json = {"tokens": "required", "endpoint": "enabled", "hop_limit": 1}
OPTIONAL: Json = {"tokens": "optional", "endpoint": "enabled", "hop_limit": 2}
READ: Json = {
    "instances": [],
    "launch_templates": [],
    "launch_configurations": [],
    "scaling_groups": [],
    "managed_instances": [],
    "images": [],
}


def instance(name: str = "i-0123456789abcdef0", state: str = "running", **parts: object) -> Json:
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:instance/{name}"
    return {"id": name, "arn": arn, "state": state, "instance_profile": PROFILE, "metadata": REQUIRED, **parts}


def of(*regions: Json, **facts: object) -> Workloads:
    parts = {"roles": [ROLE], "users": [], "functions": [], "regions": list(regions), **PROFILES, **facts}
    found = account(parts)
    return workloads_of(known(found.roles)[0], found)


def read(**parts: object) -> Json:
    return {**region(), **READ, **parts}


def test_instance_is_found_by_its_profile() -> None:
    managed = [{"id": "i-0123456789abcdef0", "ping": "Online"}]
    found = of(read(instances=[instance()], managed_instances=managed))

    assert found.profiles == ("web",)
    assert found.instances == (
        InstanceUse(
            id="i-0123456789abcdef0",
            arn=f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0123456789abcdef0",
            region="eu-west-1",
            state="running",
            metadata="v2 required",
            hop_limit=1,
            ssm="Online",
        ),
    )
    assert found.open_instances == ()


def test_instances_of_other_profiles_and_without_one_are_not_its_own() -> None:
    other = instance(instance_profile=f"arn:aws:iam::{OWN}:instance-profile/other")

    assert of(read(instances=[other, instance(instance_profile=None)])).instances == ()


@pytest.mark.parametrize(("state", "is_there"), [("stopped", True), ("pending", True), ("terminated", False)])
def test_stopped_instances_count_and_terminated_ones_do_not(state: str, *, is_there: bool) -> None:
    assert bool(of(read(instances=[instance(state=state)])).instances) is is_there


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (REQUIRED, "v2 required"),
        (OPTIONAL, "v1 allowed"),
        (OPTIONAL | {"endpoint": "disabled"}, "off"),
        ({"endpoint": "enabled"}, "unknown"),
        (None, "unknown"),
    ],
)
def test_metadata_service(metadata: Json | None, expected: Metadata) -> None:
    found = of(read(instances=[instance(metadata=metadata)]))

    assert found.instances[0].metadata == expected
    assert bool(found.open_instances) is (expected in ("v1 allowed", "unknown"))


def test_instance_that_systems_manager_does_not_know_is_told_from_one_that_nobody_asked_about() -> None:
    assert of(read(instances=[instance()])).instances[0].ssm is None
    unread = read(instances=[instance()], managed_instances=gap("ssm:DescribeInstanceInformation"))
    assert of(unread).instances[0].ssm == "unknown"


def version(number: int = 1, **parts: object) -> Json:
    arn = f"arn:aws:ec2:eu-west-1:{OWN}:launch-template/lt-1"
    return {"template_id": "lt-1", "arn": arn, "name": "web", "version": number, "instance_profile": PROFILE, **parts}


def group(name: str, **parts: object) -> Json:
    return {"name": name, "arn": f"arn:aws:autoscaling:eu-west-1:{OWN}:autoScalingGroup:x:{name}", **parts}


def test_groups_launch_from_the_version_that_they_name() -> None:
    templates = [version(1, metadata=OPTIONAL), version(2, is_default=True, metadata=REQUIRED)]
    groups = [group("old", templates=[{"template_id": "lt-1", "version": "1"}]), group("none")]
    found = of(read(launch_templates=templates, scaling_groups=groups))

    assert set(found.launches) == {
        LaunchUse(what="version 1 of launch template web", region="eu-west-1", groups=("old",), metadata="v1 allowed"),
        LaunchUse(what="version 2 of launch template web", region="eu-west-1", metadata="v2 required"),
    }
    assert found.groups == ("old",)


def test_launch_configurations_count_with_their_groups() -> None:
    arn = f"arn:aws:autoscaling:eu-west-1:{OWN}:launchConfiguration:x:launchConfigurationName/lc"
    configuration = {"name": "lc", "arn": arn, "instance_profile": "web", "metadata": REQUIRED}
    found = of(read(launch_configurations=[configuration], scaling_groups=[group("g", launch_configuration="lc")]))

    assert [(each.what, each.groups) for each in found.launches] == [("launch configuration lc", ("g",))]


def test_what_a_launch_gets_is_unknown_where_what_decides_was_not_read() -> None:
    found = of(read(launch_templates=[version(is_default=True)], imds_defaults=gap("ec2:GetInstanceMetadataDefaults")))

    assert found.launches[0].metadata == "unknown"


def function(name: str, role: str) -> Json:
    arn = f"arn:aws:lambda:eu-west-1:{OWN}:function:{name}"
    return {"arn": arn, "detail": {"kind": "function", "role": role}, "policy": None, "concurrency": gap("x")}


def test_functions_are_found_by_the_role_and_others_are_said_to_be_unknown() -> None:
    found = of(read(), functions=[function("f", ARN), function("g", ARN + "2")])

    assert found.functions == (f"arn:aws:lambda:eu-west-1:{OWN}:function:f",)
    assert any("Lambda functions are collected only" in each for each in found.unread)


def test_last_use_is_told() -> None:
    used = ROLE | {"last_used": "2026-11-19T00:00:00Z", "last_used_region": "us-east-1"}
    found = of(read(), roles=[used])

    assert found.last_used is not None
    assert found.last_used_region == "us-east-1"
    assert of(read(), roles=[ROLE | {"tells_use": False}]).unread[-1].startswith("when the role was last used")


@pytest.mark.parametrize("part", ["instances", "launch_templates", "launch_configurations", "scaling_groups"])
def test_what_was_not_read_is_said(part: str) -> None:
    usual = set(of(read()).unread)
    api = f"ec2:Ask-{part}"

    assert any(api in each for each in set(of(read(**{part: gap(api)})).unread) - usual)
    # A service that a region does not have uses nothing.
    assert set(of(read(**{part: gap(api, "not_applicable")})).unread) == usual


def test_regions_that_nobody_asked_are_said() -> None:
    assert any("no region" in each for each in of().unread)
    assert any("further regions" in each for each in of(read(), other_regions=gap("ec2:DescribeRegions")).unread)


def test_profiles_that_were_not_read_are_said_and_the_role_still_tells_its_own() -> None:
    named = ROLE | {"instance_profiles": ["web"]}
    found = of(read(instances=[instance()]), roles=[named], instance_profiles=gap("iam:ListInstanceProfiles"))

    assert len(found.instances) == 1
    assert any("ListInstanceProfiles" in each for each in found.unread)


def test_instance_is_located_over_regions() -> None:
    found = account({"regions": [read(), {**read(instances=[instance()]), "name": "us-east-1"}]})
    located = locate("i-0123456789abcdef0", found)

    assert located is not None
    assert located.region == "us-east-1"
    assert locate("i-00000000", found) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"regions": [read(instances=gap("ec2:DescribeInstances"))]},
        {"regions": [read()], "other_regions": gap("ec2:DescribeRegions")},
        {"regions": []},
    ],
)
def test_instance_is_not_absent_where_not_all_were_read(facts: Json) -> None:
    with pytest.raises(Undetermined):
        locate("i-0123456789abcdef0", account(facts))


def test_role_of_an_instance() -> None:
    facts: Json = {"roles": [ROLE], "regions": [read(instances=[instance(), instance("i-00000001")])], **PROFILES}
    found = account(facts)
    located = locate("i-0123456789abcdef0", found)
    assert located is not None
    role = role_carried(located.instance, found)
    assert role is not None
    assert role.name == "app"


@pytest.mark.parametrize(
    ("profiles", "roles", "expected"),
    [
        ([{"name": "web", "arn": PROFILE, "roles": []}], [ROLE], None),
        ([], [ROLE], Undetermined),
        ([{"name": "web", "arn": PROFILE, "roles": ["gone"]}], [ROLE], Undetermined),
        (gap("iam:ListInstanceProfiles"), [ROLE], Undetermined),
        ([{"name": "web", "arn": PROFILE, "roles": ["app"]}], gap("iam:GetAccountAuthorizationDetails"), NotCollected),
    ],
)
def test_role_of_an_instance_is_unknown_rather_than_absent(
    profiles: object, roles: object, expected: type[Exception] | None
) -> None:
    found = account({"roles": roles, "regions": [read(instances=[instance()])], "instance_profiles": profiles})
    located = locate("i-0123456789abcdef0", found)
    assert located is not None
    if expected is None:
        assert role_carried(located.instance, found) is None
    else:
        with pytest.raises(expected):
            role_carried(located.instance, found)


def test_instance_without_profile_carries_no_role() -> None:
    found = account({"roles": [ROLE], "regions": [read(instances=[instance(instance_profile=None)])]})
    located = locate("i-0123456789abcdef0", found)
    assert located is not None
    assert role_carried(located.instance, found) is None
