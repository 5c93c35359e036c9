"""Instances, and what decides how future ones hand out credentials."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from scanner.collect.ec2 import any_live, read_defaults, read_images, read_instances, read_launch_templates
from scanner.collect.journal import FileJournal
from scanner.collect.scaling import read_groups, read_launch_configurations
from scanner.inventory import (
    AutoScalingGroup,
    Gap,
    Image,
    Instance,
    LaunchConfiguration,
    LaunchTemplateVersion,
    MetadataDefaults,
    MetadataOptions,
    TemplateUse,
    known,
)
from tests.collect.answers_compute import ANSWERS, INSTANCE, PINNED, SECRET, SWEPT
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, MADE, NOW, OTHER, iam_arn
from tests.collect.stand_in import DENIED, Answer, Asked, Refusal, StandIn

VERSIONS = "ec2:DescribeLaunchTemplateVersions"
DENIED_GROUPS = Gap("autoscaling:DescribeAutoScalingGroups", "denied", HOME)
NOTHING_SET = MetadataDefaults(MetadataOptions())


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def instance(session: Any, aws: StandIn, answer: dict[str, Any]) -> Instance:
    aws.answer("ec2:DescribeInstances", {"Reservations": [{"OwnerId": ACCOUNT_ID, "Instances": [answer]}]})
    with asking(session) as desk:
        (found,) = known(read_instances(desk, HOME))
    return found


def uses(*templates: TemplateUse) -> tuple[AutoScalingGroup, ...]:
    return tuple(AutoScalingGroup(str(number), "", (use,)) for number, use in enumerate(templates))


def versions(session: Any, groups: tuple[AutoScalingGroup, ...] | Gap) -> list[tuple[str, int]]:
    with asking(session) as desk:
        return [(found.template_id, found.version) for found in known(read_launch_templates(desk, HOME, groups))]


def test_an_instance_with_everything(session: Any) -> None:
    with asking(session) as desk:
        found = known(read_instances(desk, HOME))

    assert found == (
        Instance(
            "i-bad",
            f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:instance/i-bad",
            state="running",
            metadata=MetadataOptions("optional", "enabled", 2, "disabled", "disabled"),
            instance_profile=iam_arn("instance-profile/app"),
            image="ami-1",
            launched=MADE,
            vpc="vpc-1",
            placements=("subnet-closed", "subnet-open"),
            security_groups=("sg-inner", "sg-web"),
            addresses=("2001:db8::10", "203.0.113.10", "203.0.113.11"),
            private_addresses=("10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.1.10"),
            key_name="admin",
        ),
    )


def test_an_instance_with_next_to_nothing(session: Any) -> None:
    with asking(session) as desk:
        (found,) = known(read_instances(desk, OTHER))

    assert found == Instance(
        "i-good",
        f"arn:aws:ec2:{OTHER}:{ACCOUNT_ID}:instance/i-good",
        state="stopped",
        metadata=MetadataOptions(tokens="required"),
    )


def test_what_only_one_place_of_an_answer_tells(session: Any, aws: StandIn) -> None:
    bare = {"InstanceId": "i-1", "PublicIpAddress": "203.0.113.1", "Ipv6Address": "2001:db8::1", "SubnetId": "subnet-1"}
    assert instance(session, aws, {**bare, "SecurityGroups": [{"GroupId": "sg-1"}]}) == Instance(
        "i-1",
        f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:instance/i-1",
        placements=("subnet-1",),
        security_groups=("sg-1",),
        addresses=("2001:db8::1", "203.0.113.1"),
    )


def test_no_private_address_counts_as_one_of_the_internet(session: Any, aws: StandIn) -> None:
    interface = {
        "PrivateIpAddress": "10.0.0.1",
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.1"}],
        "Ipv6Addresses": [{"Ipv6Address": "FD00::1"}, {"Ipv6Address": "fc00::1"}],
        "Association": {"CarrierIp": "198.51.100.1"},
    }

    assert instance(session, aws, {"InstanceId": "i-1", "NetworkInterfaces": [interface]}).addresses == ()


def test_hidden_instances_are_asked_for(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        read_instances(desk, HOME)
        read_launch_templates(desk, HOME, ())

    assert [asked.parameters["IncludeManagedResources"] for asked in aws.asked] == [True, True]
    assert aws.asked[0].parameters["MaxResults"] == 1000


@pytest.mark.parametrize(
    ("states", "expected"),
    [((), False), (("terminated",), False), (("terminated", "stopped"), True), (("shutting-down",), True)],
)
def test_which_instances_are_there_still(states: tuple[str, ...], expected: bool) -> None:
    assert any_live(Instance("i", "arn", state) for state in states) is expected


def test_default_latest_and_pinned_versions(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_launch_templates(desk, HOME, known(read_groups(desk, HOME))))

    arn = f"arn:aws:ec2:{HOME}:{ACCOUNT_ID}:launch-template/"
    bad, image = ("lt-bad", f"{arn}lt-bad", "bad"), ("lt-image", f"{arn}lt-image", "by-image")
    assert found == (
        LaunchTemplateVersion(*bad, 1, is_default=True, metadata=MetadataOptions("optional")),
        LaunchTemplateVersion(*bad, 2, instance_profile=iam_arn("instance-profile/app"), image="ami-4"),
        LaunchTemplateVersion(*bad, 3, is_latest=True, metadata=MetadataOptions("required")),
        LaunchTemplateVersion(*image, 3, is_default=True, is_latest=True, instance_profile="app", image="ami-2"),
    )
    sweep, pinned = (asked.parameters for asked in aws.asked if asked.api == VERSIONS)
    assert (sweep["Versions"], sweep["MaxResults"]) == (["$Default", "$Latest"], 200)
    assert pinned == {"LaunchTemplateId": "lt-bad", "Versions": ["2"], "IncludeManagedResources": True}


@pytest.mark.parametrize(
    "use",
    [
        TemplateUse("lt-bad", "bad", "1"),
        TemplateUse("lt-bad", None, "3"),
        TemplateUse(None, "bad", "3"),
        TemplateUse("lt-bad", "bad", "$Latest"),
        TemplateUse("lt-bad", "bad"),
        TemplateUse("lt-gone", "gone"),
        TemplateUse(None, None, "1"),
    ],
)
def test_versions_that_are_there_already_are_not_asked_for(session: Any, aws: StandIn, use: TemplateUse) -> None:
    assert versions(session, uses(use)) == [("lt-bad", 1), ("lt-bad", 3), ("lt-image", 3)]
    assert aws.requests == {(VERSIONS, HOME): 1}


@pytest.mark.parametrize(
    ("use", "asked_for"),
    [
        (TemplateUse("lt-bad", "bad", "2"), {"LaunchTemplateId": "lt-bad"}),
        (TemplateUse(None, "bad", "2"), {"LaunchTemplateId": "lt-bad"}),
        # The id counts where a template has been deleted and another one was given its name.
        (TemplateUse("lt-first", "bad", "2"), {"LaunchTemplateId": "lt-first"}),
        (TemplateUse(None, "elsewhere", "2"), {"LaunchTemplateName": "elsewhere"}),
    ],
)
def test_how_a_template_is_named(session: Any, aws: StandIn, use: TemplateUse, asked_for: dict[str, str]) -> None:
    versions(session, uses(use, use))

    (_, pinned) = aws.asked
    assert pinned.parameters == {**asked_for, "Versions": ["2"], "IncludeManagedResources": True}


def test_each_template_is_asked_about_once(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Answer:
        template = asked.parameters.get("LaunchTemplateId")
        if template is None:
            return {"LaunchTemplateVersions": SWEPT}
        return {
            "LaunchTemplateVersions": [
                {"LaunchTemplateId": template, "VersionNumber": int(number), "DefaultVersion": False}
                for number in asked.parameters["Versions"]
            ]
        }

    aws.answer(VERSIONS, answer)
    pinned = [
        TemplateUse(template, None, number) for number in ("10", "2", "11") for template in ("lt-image", "lt-bad")
    ]

    found = versions(session, uses(*pinned, *pinned))

    assert found == [
        *(("lt-bad", number) for number in (1, 2, 3, 10, 11)),
        *(("lt-image", number) for number in (2, 3, 10, 11)),
    ]
    asked_for = [asked.parameters["Versions"] for asked in aws.asked]
    assert asked_for == [["$Default", "$Latest"], ["2", "10", "11"], ["2", "10", "11"]]


def test_what_another_version_was_remembered_of_is_asked_again(session: Any, aws: StandIn, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "partial", ACCOUNT_ID, lambda: NOW, None)
    with asking(session, journal=journal) as desk:
        read_launch_templates(desk, HOME, uses(TemplateUse("lt-bad", None, "2")))
    journal.close()

    again = FileJournal(tmp_path / "partial", ACCOUNT_ID, lambda: NOW, timedelta(hours=1))
    with asking(session, journal=again) as desk:
        for number in ("2", "9"):
            read_launch_templates(desk, HOME, uses(TemplateUse("lt-bad", None, number)))
    again.close()

    assert [asked.parameters["Versions"] for asked in aws.asked] == [["$Default", "$Latest"], ["2"], ["9"]]


@pytest.mark.parametrize(
    "code",
    [
        "InvalidLaunchTemplateId.NotFound",
        "InvalidLaunchTemplateId.VersionNotFound",
        "InvalidLaunchTemplateName.NotFoundException",
    ],
)
def test_a_version_that_does_not_exist_is_left_out(session: Any, aws: StandIn, code: str) -> None:
    aws.answer(VERSIONS, lambda asked: Refusal(code) if asked.number else {"LaunchTemplateVersions": SWEPT})

    with asking(session) as desk:
        found = read_launch_templates(desk, HOME, uses(TemplateUse("lt-gone", None, "9")))

    assert [version.version for version in known(found)] == [1, 3, 3]
    assert {row.status for row in desk.ledger.rows(ACCOUNT_ID)} == {"ok"}


def test_a_version_that_does_not_exist_beside_one_that_does(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Answer:
        if "LaunchTemplateId" not in asked.parameters:
            return {"LaunchTemplateVersions": SWEPT}
        if asked.parameters["Versions"] == ["2"]:
            return {"LaunchTemplateVersions": [PINNED]}
        return Refusal("InvalidLaunchTemplateId.VersionNotFound")

    aws.answer(VERSIONS, answer)

    found = versions(session, uses(TemplateUse("lt-bad", None, "2"), TemplateUse("lt-bad", None, "9")))

    assert found == [("lt-bad", 1), ("lt-bad", 2), ("lt-bad", 3), ("lt-image", 3)]
    assert [asked.parameters["Versions"] for asked in aws.asked[1:]] == [["2", "9"], ["2"], ["9"]]


def test_pinned_versions_on_several_pages(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Answer:
        if "LaunchTemplateId" not in asked.parameters:
            return {"LaunchTemplateVersions": SWEPT}
        if "NextToken" in asked.parameters:
            return {"LaunchTemplateVersions": [PINNED]}
        return {"LaunchTemplateVersions": [], "NextToken": "more"}

    aws.answer(VERSIONS, answer)

    assert ("lt-bad", 2) in versions(session, uses(TemplateUse("lt-bad", None, "2")))


def test_a_pinned_version_that_cannot_be_read_leaves_a_gap(session: Any, aws: StandIn) -> None:
    aws.answer(VERSIONS, lambda asked: DENIED if asked.number else {"LaunchTemplateVersions": SWEPT})

    with asking(session) as desk:
        found = read_launch_templates(desk, HOME, uses(TemplateUse("lt-bad", None, "2")))

    assert isinstance(found, Gap)
    assert (found.api, found.status) == (VERSIONS, "denied")


def test_without_groups_there_is_the_sweep_alone(session: Any, aws: StandIn) -> None:
    assert versions(session, DENIED_GROUPS) == [("lt-bad", 1), ("lt-bad", 3), ("lt-image", 3)]
    assert aws.requests == {(VERSIONS, HOME): 1}


def test_the_latest_version_on_a_later_page(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> Answer:
        page = int(asked.parameters.get("NextToken", 0))
        return {"LaunchTemplateVersions": [SWEPT[page]], **({"NextToken": str(page + 1)} if page < 2 else {})}

    aws.answer(VERSIONS, answer)

    with asking(session) as desk:
        found = known(read_launch_templates(desk, HOME, ()))
    assert [(version.template_id, version.version) for version in found if version.is_latest] == [
        ("lt-bad", 3),
        ("lt-image", 3),
    ]


def test_defaults(session: Any) -> None:
    with asking(session) as desk:
        assert known(read_defaults(desk, HOME)) == NOTHING_SET
        assert known(read_defaults(desk, OTHER)) == MetadataDefaults(
            MetadataOptions(tokens="required", hop_limit=1), tokens_enforced="enabled", managed_by="declarative-policy"
        )


def test_images_of_templates_and_configurations_that_leave_it_to_them(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        groups, configurations = read_groups(desk, HOME), read_launch_configurations(desk, HOME)
        templates, defaults = read_launch_templates(desk, HOME, groups), read_defaults(desk, HOME)
        found = read_images(desk, HOME, templates, configurations, groups, defaults)

    assert known(found) == (Image("ami-2", "v2.0"), Image("ami-3"))
    (request,) = (asked.parameters for asked in aws.asked if asked.api == "ec2:DescribeImages")
    assert request == {
        "Filters": [{"Name": "image-id", "Values": ["ami-2", "ami-3", "ami-4"]}],
        "IncludeDeprecated": True,
    }


TEMPLATE = LaunchTemplateVersion("lt-1", "arn", "t", 1, image="ami-2")
CONFIGURATION = LaunchConfiguration("c", "arn", image="ami-3")


@pytest.mark.parametrize(
    "defaults",
    [
        MetadataDefaults(MetadataOptions(tokens="required")),
        MetadataDefaults(MetadataOptions(tokens="optional")),
        MetadataDefaults(MetadataOptions(), tokens_enforced="enabled"),
        Gap("ec2:GetInstanceMetadataDefaults", "denied", HOME),
    ],
)
def test_no_image_is_asked_for_where_none_decides(session: Any, aws: StandIn, defaults: MetadataDefaults | Gap) -> None:
    with asking(session) as desk:
        assert known(read_images(desk, HOME, (TEMPLATE,), (CONFIGURATION,), (), defaults)) == ()
    assert not aws.asked


@pytest.mark.parametrize(
    ("templates", "configurations", "expected"),
    [
        (Gap(VERSIONS, "denied", HOME), (CONFIGURATION,), ["ami-3"]),
        ((TEMPLATE,), Gap("autoscaling:DescribeLaunchConfigurations", "denied", HOME), ["ami-2"]),
    ],
)
def test_images_of_what_is_known(
    session: Any,
    aws: StandIn,
    templates: tuple[LaunchTemplateVersion, ...] | Gap,
    configurations: tuple[LaunchConfiguration, ...] | Gap,
    expected: list[str],
) -> None:
    with asking(session) as desk:
        read_images(desk, HOME, templates, configurations, DENIED_GROUPS, NOTHING_SET)

    assert [asked.parameters["Filters"][0]["Values"] for asked in aws.asked] == [expected]


def test_at_most_200_images_in_one_question(session: Any, aws: StandIn) -> None:
    numbers = count()
    templates = tuple(LaunchTemplateVersion("lt", "arn", "t", n, image=f"ami-{n:04}") for n in range(401))
    aws.answer("ec2:DescribeImages", lambda _: {"Images": [{"ImageId": f"ami-{next(numbers)}"}]})

    with asking(session) as desk:
        found = known(read_images(desk, HOME, templates, (), (), NOTHING_SET))

    asked_for = [asked.parameters["Filters"][0]["Values"] for asked in aws.asked]
    assert [len(values) for values in asked_for] == [200, 200, 1]
    assert sorted(value for values in asked_for for value in values) == [version.image for version in templates]
    assert [image.id for image in found] == ["ami-0", "ami-1", "ami-2"]


def test_secrets_stay_in_aws(session: Any) -> None:
    with asking(session) as desk:
        groups = known(read_groups(desk, HOME))
        found = known(read_instances(desk, HOME)), known(read_launch_templates(desk, HOME, groups))

    assert SECRET in repr((INSTANCE, SWEPT))
    assert SECRET in repr(PINNED)
    assert SECRET not in repr(found)
