"""Lists in pages: all of them count, and a list of which one page is missing is not collected."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from scanner.inventory import Gap, known
from tests.collect.faulty import DETAILS, HOME
from tests.collect.reading import not_ok, read, row
from tests.collect.stand_in import DENIED, Asked, StandIn
from tests.collect.whole import ANSWERS

EMPTY_DETAILS: dict[str, Any] = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [],
}

# Action, region, the list, the name of the token in requests and in answers.
LISTS = [
    ("account:ListRegions", None, "Regions", "NextToken", "NextToken"),
    ("iam:ListInstanceProfiles", None, "InstanceProfiles", "Marker", "Marker"),
    ("iam:ListAccessKeys", None, "AccessKeyMetadata", "Marker", "Marker"),
    ("ec2:DescribeInstances", HOME, "Reservations", "NextToken", "NextToken"),
    ("ec2:DescribeLaunchTemplateVersions", HOME, "LaunchTemplateVersions", "NextToken", "NextToken"),
    ("ec2:DescribeImages", HOME, "Images", "NextToken", "NextToken"),
    ("guardduty:ListDetectors", HOME, "DetectorIds", "NextToken", "NextToken"),
    ("events:ListRules", HOME, "Rules", "NextToken", "NextToken"),
    ("events:ListTargetsByRule", HOME, "Targets", "NextToken", "NextToken"),
    ("sns:ListSubscriptions", HOME, "Subscriptions", "NextToken", "NextToken"),
]


def in_pages(api: str, name: str, token: str, next_token: str) -> Any:
    """The usual answer with an empty page in front of it, and one item on each page after that."""

    def answer(asked: Asked) -> dict[str, Any]:
        usual = ANSWERS[api]
        body: dict[str, Any] = usual(asked) if callable(usual) else usual
        pages = [[], *([item] for item in body[name])]
        number = int(asked.parameters.get(token, 0))
        found = {**body, name: pages[number]}
        if number + 1 < len(pages):
            found |= {next_token: str(number + 1), "IsTruncated": True}
        return found

    return answer


def one_page_fails(usual: Any, token: str) -> Any:
    """The answers of ``usual``, but its second page is denied."""
    return lambda asked: DENIED if str(asked.parameters.get(token)) == "1" else usual(asked)


def details_in_pages(asked: Asked) -> dict[str, Any]:
    pages = [
        {**EMPTY_DETAILS, "UserDetailList": DETAILS["UserDetailList"][:2]},
        EMPTY_DETAILS,
        {**EMPTY_DETAILS, "UserDetailList": DETAILS["UserDetailList"][2:], "Policies": DETAILS["Policies"][1:]},
        {
            "RoleDetailList": DETAILS["RoleDetailList"],
            "GroupDetailList": DETAILS["GroupDetailList"],
            "Policies": DETAILS["Policies"][:1],
        },
    ]
    number = int(asked.parameters.get("Marker", 0))
    is_last = number + 1 == len(pages)
    return {**pages[number], "IsTruncated": not is_last} | ({} if is_last else {"Marker": str(number + 1)})


def test_authorization_details_in_pages_of_which_one_is_empty(session: Any, aws: StandIn) -> None:
    whole = read(session)
    aws.answer("iam:GetAccountAuthorizationDetails", details_in_pages)

    account = read(session)

    assert [user.name for user in known(account.users)] == [user.name for user in known(whole.users)]
    assert [role.name for role in known(account.roles)] == [role.name for role in known(whole.roles)]
    assert [policy.arn for policy in known(account.policies)] == [policy.arn for policy in known(whole.policies)]
    assert [group.name for group in known(account.groups)] == ["staff"]
    assert row(account, "iam:GetAccountAuthorizationDetails").calls == 4


def test_authorization_details_of_which_one_page_fails(session: Any, aws: StandIn) -> None:
    aws.answer(
        "iam:GetAccountAuthorizationDetails",
        lambda asked: DENIED if asked.parameters.get("Marker") == "2" else details_in_pages(asked),
    )

    account = read(session)

    parts = (account.users, account.groups, account.roles, account.policies, account.access_keys)
    assert all(isinstance(part, Gap) and part.status == "denied" for part in parts)
    assert row(account, "iam:GetAccountAuthorizationDetails").calls == 3


@pytest.mark.parametrize(("api", "region", "name", "token", "next_token"), LISTS, ids=lambda value: str(value))
def test_every_page_counts(
    session: Any, aws: StandIn, api: str, region: str | None, name: str, token: str, next_token: str
) -> None:
    if api == "account:ListRegions":
        aws.answer("ec2:DescribeRegions", DENIED)
    whole = read(session)
    usual = len(aws.asked)
    aws.answer(api, in_pages(api, name, token, next_token), region)

    account = read(session)

    assert [msgspec.json.encode(region) for region in account.regions] == list(map(msgspec.json.encode, whole.regions))
    assert str(account.access_keys) == str(whole.access_keys)
    assert str(account.instance_profiles) == str(whole.instance_profiles)
    assert len(aws.asked) > 2 * usual
    assert sum(entry.calls for entry in account.coverage) == len(aws.asked) - usual


@pytest.mark.parametrize(("api", "region", "name", "token", "next_token"), LISTS, ids=lambda value: str(value))
def test_a_failing_second_page_leaves_nothing_of_the_list(
    session: Any, aws: StandIn, api: str, region: str | None, name: str, token: str, next_token: str
) -> None:
    if api == "account:ListRegions":
        aws.answer("ec2:DescribeRegions", DENIED)
    aws.answer(api, one_page_fails(in_pages(api, name, token, next_token), token), region)

    account = read(session)

    place = (api, region or "global")
    assert not_ok(account)[place] == "denied"
    assert sum(entry.calls for entry in account.coverage) == len(aws.asked)
    first = account.regions[0]
    rules = () if isinstance(first.event_rules, Gap) else first.event_rules
    keys = () if isinstance(account.access_keys, Gap) else account.access_keys
    left: dict[str, object] = {
        "account:ListRegions": account.other_regions,
        "iam:ListInstanceProfiles": account.instance_profiles,
        "iam:ListAccessKeys": keys[0].keys,
        "ec2:DescribeInstances": first.instances,
        "ec2:DescribeLaunchTemplateVersions": first.launch_templates,
        "ec2:DescribeImages": first.images,
        "guardduty:ListDetectors": first.detectors,
        "events:ListRules": first.event_rules,
        "events:ListTargetsByRule": rules[0].targets if rules else None,
        "sns:ListSubscriptions": first.subscriptions,
    }
    assert isinstance(left[api], Gap)


def test_a_list_that_goes_on_without_a_token_is_not_complete(session: Any, aws: StandIn) -> None:
    aws.answer("iam:GetAccountAuthorizationDetails", {**DETAILS, "IsTruncated": True})

    account = read(session)

    assert isinstance(account.users, Gap)
    assert not_ok(account) == {("iam:GetAccountAuthorizationDetails", "global"): "error"}


def test_a_list_that_turns_in_a_circle_ends(session: Any, aws: StandIn) -> None:
    aws.answer("sns:ListSubscriptions", {"Subscriptions": [], "NextToken": "again"}, HOME)

    account = read(session)

    assert isinstance(account.regions[0].subscriptions, Gap)
    assert not_ok(account) == {("sns:ListSubscriptions", HOME): "error"}


def test_a_list_that_turns_in_a_longer_circle_ends(session: Any, aws: StandIn) -> None:
    aws.answer("sns:ListSubscriptions", lambda asked: {"Subscriptions": [], "NextToken": "ab"[asked.number % 2]}, HOME)

    account = read(session)

    assert isinstance(account.regions[0].subscriptions, Gap)
    assert not_ok(account) == {("sns:ListSubscriptions", HOME): "error"}
    assert row(account, "sns:ListSubscriptions", HOME).calls == aws.requests["sns:ListSubscriptions", HOME] == 3


def test_more_images_than_one_filter_takes(session: Any, aws: StandIn) -> None:
    names = [f"ami-{number}" for number in range(450)]
    templates = [
        {
            "LaunchTemplateId": f"lt-{name}",
            "LaunchTemplateName": name,
            "VersionNumber": 1,
            "DefaultVersion": True,
            "LaunchTemplateData": {"ImageId": name},
        }
        for name in names
    ]
    aws.answer("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": templates}, HOME)
    aws.answer(
        "ec2:DescribeImages",
        lambda asked: {"Images": [{"ImageId": name} for name in asked.parameters["Filters"][0]["Values"]]},
    )

    account = read(session)

    assert sorted(image.id for image in known(account.regions[0].images)) == sorted(names)
    assert row(account, "ec2:DescribeImages", HOME).calls == 3
