"""Answers of a strange shape: an error in the ledger and a gap, never a crash and never an empty list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from rules import RULES
from scanner.actions import REGIONAL, Action
from scanner.collect.account import Scope, collect
from scanner.errors import CollectError
from scanner.inventory import Gap, known
from scanner.snapshot import decode, encode
from tests.collect.faulty import DETAILS, HOME, MAIN, NOW, READER, REPORT, iam_arn, report_of, trusts
from tests.collect.reading import not_ok, read, row, verdicts
from tests.collect.stand_in import Answer, Asked, Refusal, StandIn
from tests.collect.test_denied import COLLECTED
from tests.collect.whole import ANSWERS

USER = {"UserName": "eve", "Arn": iam_arn("user/eve")}
TEMPLATE = {"LaunchTemplateId": "lt-1", "VersionNumber": 1, "DefaultVersion": True}
RULE = {"Name": "r", "Arn": "arn:aws:events:eu-west-1:111122223333:rule/r"}


def details(**parts: object) -> dict[str, Any]:
    return {**DETAILS, **parts}


# A selector that records everything, and a key as it is listed.
SELECTOR: dict[str, Any] = {"ReadWriteType": "All", "IncludeManagementEvents": True}
LISTED: dict[str, Any] = {"AccessKeyId": "A" * 20, "CreateDate": NOW, "Status": "Active"}


def without(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name not in names}


# Places of answers with values that do not belong there.
STRANGE: list[tuple[str, dict[str, Any]]] = [
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=None)),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList="users")),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=[None])),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=["eve"])),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=[{"UserName": "eve"}])),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=[{**USER, "CreateDate": "yesterday"}])),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=[{**USER, "CreateDate": 1e30}])),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=[{**USER, "GroupList": {"a": 1}}])),
    ("iam:GetAccountAuthorizationDetails", details(RoleDetailList=[{"RoleName": "r", "Arn": "a"}])),
    ("iam:GetAccountAuthorizationDetails", details(Policies=[{"Arn": None}])),
    ("iam:GetAccountAuthorizationDetails", {"IsTruncated": False}),
    ("iam:GetAccountAuthorizationDetails", without(DETAILS, "GroupDetailList")),
    ("iam:GetAccountAuthorizationDetails", details(UserDetailList=[{**USER, "PermissionsBoundary": {}}])),
    (
        "iam:GetAccountAuthorizationDetails",
        details(UserDetailList=[{**USER, "PermissionsBoundary": {"PermissionsBoundaryArn": ""}}]),
    ),
    ("iam:GetAccountSummary", {}),
    ("iam:GetAccountSummary", {"SummaryMap": None}),
    ("iam:GetAccountSummary", {"SummaryMap": [1]}),
    ("iam:GetAccountSummary", {"SummaryMap": {"Users": "hunter2"}}),
    ("iam:ListInstanceProfiles", {}),
    ("iam:ListInstanceProfiles", {"InstanceProfiles": None}),
    ("iam:ListInstanceProfiles", {"InstanceProfiles": ["app"]}),
    ("iam:ListInstanceProfiles", {"InstanceProfiles": [{"InstanceProfileName": 1, "Arn": "a"}]}),
    ("iam:ListInstanceProfiles", {"InstanceProfiles": [{"InstanceProfileName": "p", "Arn": "a", "Roles": ["app"]}]}),
    ("iam:ListAccessKeys", {}),
    ("iam:ListAccessKeys", {"AccessKeyMetadata": [{}]}),
    ("iam:ListAccessKeys", {"AccessKeyMetadata": [{"AccessKeyId": "AKIA", "CreateDate": "hunter2"}]}),
    ("iam:ListAccessKeys", {"AccessKeyMetadata": [{"AccessKeyId": "A" * 20, "CreateDate": NOW, "Status": 5}]}),
    ("iam:ListAccessKeys", {"AccessKeyMetadata": [without(LISTED, "Status")]}),
    ("iam:ListServiceSpecificCredentials", {}),
    ("iam:ListSAMLProviders", {}),
    ("iam:ListOpenIDConnectProviders", {}),
    ("iam:GetAccessKeyLastUsed", {"AccessKeyLastUsed": "never"}),
    ("iam:GetAccessKeyLastUsed", {"AccessKeyLastUsed": {"LastUsedDate": "N/A"}}),
    ("iam:GetCredentialReport", {}),
    ("iam:GetCredentialReport", {"Content": None}),
    ("iam:GetCredentialReport", {"Content": b"user,arn\nann"}),
    ("iam:GetCredentialReport", {"Content": b"<html>hunter2</html>"}),
    ("iam:GetCredentialReport", {"Content": report_of("ann,arn:aws:iam::1:user/ann,hunter2")}),
    ("iam:GetCredentialReport", {"Content": b"user,arn\n" + b"x" * 200_000 + b",a"}),
    ("iam:GetCredentialReport", {"Content": REPORT.replace(b"mfa_active", b"mfa")}),
    ("iam:GetCredentialReport", {"Content": REPORT[:-20]}),
    ("iam:GetCredentialReport", {"Content": report_of(), "GeneratedTime": "now"}),
    ("ec2:DescribeInstances", {}),
    ("ec2:DescribeInstances", {"Reservations": None}),
    ("ec2:DescribeInstances", {"Reservations": ["r-1"]}),
    ("ec2:DescribeInstances", {"Reservations": [{"Instances": None}]}),
    ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"State": "running"}]}]}),
    ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": "i", "State": "running"}]}]}),
    ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": "i", "MetadataOptions": "v2"}]}]}),
    ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": "i", "ImageId": {"a": "b"}}]}]}),
    ("ec2:DescribeInstances", {"Reservations": [{"Instances": [{"InstanceId": "i", "LaunchTime": "hunter2"}]}]}),
    ("ec2:DescribeLaunchTemplateVersions", {}),
    ("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1"}]}),
    ("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [{**TEMPLATE, "VersionNumber": "1"}]}),
    ("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [{**TEMPLATE, "LaunchTemplateData": "x"}]}),
    ("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [without(TEMPLATE, "DefaultVersion")]}),
    ("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [{**TEMPLATE, "DefaultVersion": False}]}),
    ("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [{**TEMPLATE, "DefaultVersion": "false"}]}),
    ("ec2:GetInstanceMetadataDefaults", {"AccountLevel": "required"}),
    ("ec2:GetInstanceMetadataDefaults", {"AccountLevel": {"HttpTokens": ["required"]}}),
    ("ec2:DescribeImages", {}),
    ("ec2:DescribeImages", {"Images": [{}]}),
    ("ec2:DescribeImages", {"Images": [{"ImageId": "ami-2", "ImdsSupport": 2}]}),
    ("cloudtrail:DescribeTrails", {}),
    ("cloudtrail:DescribeTrails", {"trailList": None}),
    ("cloudtrail:DescribeTrails", {"trailList": ["main"]}),
    ("cloudtrail:DescribeTrails", {"trailList": [{"Name": "main"}]}),
    ("cloudtrail:DescribeTrails", {"trailList": [{"TrailARN": "main"}]}),
    ("cloudtrail:DescribeTrails", {"trailList": [{**MAIN, "S3BucketName": 5}]}),
    ("cloudtrail:DescribeTrails", {"trailList": [{**MAIN, "IsMultiRegionTrail": "yes"}]}),
    ("cloudtrail:GetTrailStatus", {}),
    ("cloudtrail:GetTrailStatus", {"IsLogging": True, "LatestDeliveryTime": "hunter2"}),
    ("cloudtrail:GetTrailStatus", {"IsLogging": True, "LatestDeliveryError": {"a": "b"}}),
    ("cloudtrail:GetTrailStatus", {"IsLogging": None}),
    ("cloudtrail:GetTrailStatus", {"IsLogging": "false"}),
    ("cloudtrail:GetEventSelectors", {}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": None}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": {}}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": "all"}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [{}]}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [without(SELECTOR, "ReadWriteType")]}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [{**SELECTOR, "ReadWriteType": "Some"}]}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [without(SELECTOR, "IncludeManagementEvents")]}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [{**SELECTOR, "IncludeManagementEvents": "false"}]}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [{**SELECTOR, "ExcludeManagementEventSources": "kms"}]}),
    ("cloudtrail:GetEventSelectors", {"EventSelectors": [{**SELECTOR, "DataResources": [{}]}]}),
    ("cloudtrail:GetEventSelectors", {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "a", "Equals": "b"}]}]}),
    ("cloudtrail:ListEventDataStores", {}),
    ("config:DescribeConfigurationRecorderStatus", {"ConfigurationRecordersStatus": [{"recording": "false"}]}),
    ("guardduty:DescribeOrganizationConfiguration", {}),
    ("athena:ListWorkGroups", {}),
    ("sns:GetTopicAttributes", {}),
    ("sns:GetSubscriptionAttributes", {}),
    ("sqs:GetQueueAttributes", {}),
    ("lambda:GetFunctionConfiguration", {}),
    ("lambda:GetPolicy", {}),
    ("cloudtrail:GetEventSelectors", {"AdvancedEventSelectors": [{}]}),
    ("cloudtrail:GetEventSelectors", {"AdvancedEventSelectors": [{"FieldSelectors": [{"Equals": ["x"]}]}]}),
    ("guardduty:ListDetectors", {}),
    ("guardduty:ListDetectors", {"DetectorIds": None}),
    ("guardduty:ListDetectors", {"DetectorIds": [None]}),
    ("guardduty:GetDetector", {}),
    ("guardduty:GetDetector", {"Status": {"a": "b"}}),
    ("guardduty:GetDetector", {"Status": "ENABLED", "Features": "all"}),
    ("events:ListRules", {}),
    ("events:ListRules", {"Rules": [{}]}),
    ("events:ListRules", {"Rules": [{**RULE, "EventPattern": {"source": []}}]}),
    ("events:ListRules", {"Rules": [{**RULE, "State": "\ud800"}]}),
    ("events:ListTargetsByRule", {}),
    ("events:ListTargetsByRule", {"Targets": [{"Id": "a"}]}),
    ("events:ListTargetsByRule", {"Targets": [{"Id": "a", "Arn": "b", "DeadLetterConfig": "c"}]}),
    ("sns:ListSubscriptions", {}),
    ("sns:ListSubscriptions", {"Subscriptions": [{}]}),
    ("sns:ListSubscriptions", {"Subscriptions": [{"TopicArn": "t", "Protocol": "email", "Endpoint": 5}]}),
]


@pytest.mark.parametrize(("api", "answer"), STRANGE, ids=lambda value: str(value)[:80])
def test_a_strange_answer(session: Any, aws: StandIn, api: str, answer: dict[str, Any]) -> None:
    region = HOME if REGIONAL[api] else "global"
    aws.answer(api, answer, HOME if REGIONAL[api] else None)

    account = read(session)

    assert not_ok(account) == {(api, region): "error"}
    found = row(account, api, region)
    assert found.calls == aws.requests[api, HOME if REGIONAL[api] else "aws-global"]
    assert "hunter2" not in found.message
    assert encode(decode(encode(account), now=NOW, actions=REGIONAL)) == encode(account)
    assert verdicts(account)


def _strangely(answer: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The usual answer, changed; error answers stay what they are."""

    def changed(asked: Asked) -> Any:
        usual = answer(asked) if callable(answer) else answer
        return change(dict(usual)) if isinstance(usual, Mapping) else usual

    return changed


CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "nothing": lambda _: {},
    "null": lambda usual: dict.fromkeys(usual),
    "a number": lambda usual: dict.fromkeys(usual, 7),
    "a text": lambda usual: dict.fromkeys(usual, "hunter2\ud800"),
    "a list of empty objects": lambda usual: {key: [{}] for key in usual},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("action", COLLECTED, ids=lambda action: action.api)
def test_whatever_an_answer_looks_like(session: Any, aws: StandIn, action: Action, change: str) -> None:
    """Such an answer may be taken for an empty one; but it does not end the scan, and makes nothing good."""
    if action.api == "ec2:DescribeRegions":
        pytest.skip("the list of regions has tests of its own")
    scope = Scope(wanted=frozenset({action.api, *_needed_with(action.api)}), pause=lambda _: None)
    before = verdicts(collect(session, scope, now=NOW))
    aws.answer(action.api, _strangely(ANSWERS[action.api], CHANGES[change]))

    account = collect(session, scope, now=NOW)

    assert encode(decode(encode(account), now=NOW, actions=REGIONAL)) == encode(account)
    after = verdicts(account)
    # A text is a list of letters to the SDK.
    if change != "a text":
        fails = {place for place, verdict in before.items() if verdict == "fail"}
        assert not {place for place in fails if after.get(place) == "pass"}


def _needed_with(api: str) -> set[str]:
    """What the rules need that need an action."""
    return {other for rule in RULES.values() if api in rule.apis for other in rule.apis}


@pytest.mark.parametrize(
    "regions", [None, [], "eu-west-1", [None], [{}], [{"RegionName": None}], [{"RegionName": 1}, {"RegionName": "x"}]]
)
def test_a_strange_list_of_regions(session: Any, aws: StandIn, regions: object) -> None:
    aws.answer("ec2:DescribeRegions", {"Regions": regions})

    account = read(session)

    assert not_ok(account) == {("ec2:DescribeRegions", "global"): "error"}
    assert [region.name for region in account.regions] == [HOME, "us-east-1"]
    assert account.other_regions is None


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Account": None},
        {"Account": "<html>", "Arn": "x"},
        Refusal("InvalidAction", 400),
        Refusal("InternalFailure", 500),
        Refusal("501", 501),
        Refusal("", 403),
    ],
    ids=str,
)
def test_a_strange_identity_ends_the_scan(session: Any, aws: StandIn, answer: Answer) -> None:
    aws.answer("sts:GetCallerIdentity", answer)

    with pytest.raises(CollectError) as caught:
        read(session)

    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize("answer", [{}, {"State": None}, {"State": "NEW"}, {"State": ["COMPLETE"]}])
def test_a_strange_answer_about_the_making_of_the_report(session: Any, aws: StandIn, answer: dict[str, Any]) -> None:
    aws.answer("iam:GenerateCredentialReport", answer)

    account = read(session)

    assert not_ok(account) == {("iam:GenerateCredentialReport", "global"): "error"}
    assert aws.requests["iam:GenerateCredentialReport", "aws-global"] == 1
    assert known(account.credential_report).rows


@pytest.mark.parametrize(
    "document",
    ["", "%", "hunter2", "%7B", "%5B%5D", "5", "null", "%7B%22a%22:1e400%7D", "%7B%22a%22:%22%5Cud800%22%7D", "%FF%FE"],
)
def test_a_strange_document_costs_nobody_else(session: Any, aws: StandIn, document: str) -> None:
    before = verdicts(read(session))
    roles = [
        *DETAILS["RoleDetailList"],
        {
            "RoleName": "odd",
            "Arn": iam_arn("role/odd"),
            "AssumeRolePolicyDocument": document,
            "RoleLastUsed": {},
        },
    ]
    aws.answer("iam:GetAccountAuthorizationDetails", details(RoleDetailList=roles))

    account = read(session)

    assert not_ok(account) == {}
    after = verdicts(account)
    otherwise = {place: verdict for place, verdict in after.items() if before.get(place) != verdict}
    of_others = {(rule, verdict) for (rule, resource), verdict in otherwise.items() if resource.name != "odd"}
    # It could name a provider that nobody else names.
    assert of_others <= {("iam-identity-provider-unused", "unknown")}
    assert before.keys() <= after.keys()
    assert {verdict for place, verdict in after.items() if place[1].name == "odd"} <= {"unknown", "pass"}
    assert encode(decode(encode(account), now=NOW, actions=REGIONAL)) == encode(account)


def test_one_strange_rule_leaves_the_other_lists(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        usual: Callable[[Asked], dict[str, Any]] = ANSWERS["events:ListRules"]
        return {"Rules": [*usual(asked)["Rules"], {"Name": None, "Arn": None}]}

    aws.answer("events:ListRules", answer, HOME)

    first = read(session).regions[0]

    assert isinstance(first.event_rules, Gap)
    assert known(first.subscriptions)


def test_documents_keep_the_order_of_their_elements(session: Any, aws: StandIn) -> None:
    role = {"RoleName": "r", "Arn": iam_arn("role/r"), "AssumeRolePolicyDocument": trusts("*")}
    inline = [{"PolicyName": "p", "PolicyDocument": READER}]
    aws.answer("iam:GetAccountAuthorizationDetails", details(RoleDetailList=[{**role, "RolePolicyList": inline}]))

    (found,) = known(read(session).roles)

    assert bytes(found.trust) == (
        b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
    )
    assert bytes(found.inline[0].document).startswith(b'{"Version"')
