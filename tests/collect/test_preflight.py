"""A preflight against the stand-in: exactly what is denied is said to be denied, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from moto import mock_aws

from scanner.actions import ACTIONS, BY_API, Action, all_but_options, permission_of
from scanner.collect.account import Scope
from scanner.collect.preflight import preflight
from scanner.collect.probes import PROBES
from scanner.errors import CollectError, UsageError
from scanner.preflight import Status
from tests.collect.answers_preflight import EMPTY, FULL, KEY, arn, refused
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.preflighting import places, probe, said, the
from tests.collect.stand_in import Asked, Refusal, StandIn

MANAGEMENT = "999988887777"
UNTOLD_OF_NOTHING = {
    "iam:GetAccessKeyLastUsed", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
    "sns:GetTopicAttributes", "sqs:GetQueueAttributes",
    *(api for api in PROBES if api.startswith("s3:") and api != "s3:ListBuckets"),
}  # fmt: skip
"""What cannot be told in an account that has none of it."""

NEVER_ASKED = {"sts:GetCallerIdentity", "account:ListRegions"}
"""The identity, without which there is nothing, and the second source of regions, while the first answers."""

DENIABLE = [action for action in ACTIONS if action.api not in NEVER_ASKED]


def test_nothing_secret_is_asked_for(session: Any, aws: StandIn) -> None:
    """User data and environments stay where they are."""
    aws.reset(FULL)

    probe(session)

    for asked in aws.asked:
        if asked.api.startswith("ec2:") and asked.api != "ec2:DescribeRegions":
            assert asked.parameters["DryRun"] is True
        if asked.api.startswith("lambda:"):
            assert asked.parameters["FunctionName"] == "guardrift-preflight"
        if asked.api == "autoscaling:DescribeLaunchConfigurations":
            assert asked.parameters["LaunchConfigurationNames"] == ["guardrift-preflight"]


@pytest.mark.parametrize("answers", [EMPTY, FULL], ids=["empty", "full"])
def test_each_action_is_asked_once_and_nothing_is_denied(session: Any, aws: StandIn, answers: dict[str, Any]) -> None:
    aws.reset(answers)

    found = probe(session)

    assert said(found, "denied", "throttled", "error") == set()
    assert {(answer.api, answer.region) for answer in found.answers} == places(set(PROBES) - {"account:ListRegions"})
    assert len(found.answers) == len({(answer.api, answer.region) for answer in found.answers})
    assert max(aws.requests.values()) == 1
    assert found.regions == (HOME, OTHER)


def test_a_full_account_is_asked_about_what_it_has(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)

    found = probe(session)

    assert said(found, "untold", "elsewhere", "not_applicable") == set()
    home = {asked.api: asked for asked in aws.asked if asked.region == HOME}
    everywhere = {asked.api: asked for asked in aws.asked}
    expected = {
        "guardduty:GetDetector": ("DetectorId", "d" * 32),
        "cloudtrail:GetTrailStatus": ("Name", arn("cloudtrail", HOME, "trail/main")),
        "cloudtrail:GetEventSelectors": ("TrailName", arn("cloudtrail", HOME, "trail/main")),
        "cloudtrail:GetEventDataStore": ("EventDataStore", arn("cloudtrail", HOME, f"eventdatastore/{KEY}")),
        "kms:GetKeyPolicy": ("KeyId", arn("kms", HOME, f"key/{KEY}")),
        "events:ListTargetsByRule": ("Rule", "alarm"),
        "sns:GetTopicAttributes": ("TopicArn", arn("sns", HOME, "alarms")),
        "sns:GetSubscriptionAttributes": ("SubscriptionArn", arn("sns", HOME, f"alarms:{KEY}")),
        "glue:GetTables": ("DatabaseName", "logs"),
        "elbv2:DescribeTargetHealth": (
            "TargetGroupArn",
            arn("elasticloadbalancing", HOME, "targetgroup/web/1"),
        ),
        # The bucket that a trail delivers to, at the endpoint of its region.
        "s3:GetBucketPolicy": ("Bucket", "logs"),
    }
    assert {api: (name, home[api].parameters[name]) for api, (name, _) in expected.items()} == expected
    assert everywhere["iam:GetAccessKeyLastUsed"].parameters["AccessKeyId"] == "AKIAANN0000000000001"
    assert everywhere["iam:ListAccessKeys"].parameters["UserName"] == "ann"
    assert everywhere["organizations:ListAccountsForParent"].parameters["ParentId"] == "r-real"
    # The trail is at home in the other region, where its key is, too.
    assert the(found, "kms:DescribeKey", OTHER).is_made_up
    assert not the(found, "kms:DescribeKey", HOME).is_made_up


def test_an_empty_account_is_asked_about_what_does_not_exist(session: Any, aws: StandIn) -> None:
    aws.reset(EMPTY)

    found = probe(session)

    assert said(found, "untold") == places(UNTOLD_OF_NOTHING)
    assert said(found, "elsewhere") == set()
    assert {api for api, _ in said(found, "not_applicable")} == {
        *(api for api in PROBES if api.startswith("organizations:") and api != "organizations:DescribeOrganization"),
        "iam:ListOrganizationsFeatures",
        "guardduty:ListOrganizationAdminAccounts",
        "guardduty:DescribeOrganizationConfiguration",
    }
    assert the(found, "guardduty:GetDetector", HOME).is_made_up
    assert not {asked.api for asked in aws.asked} & {api for api in UNTOLD_OF_NOTHING if api.startswith("s3:")}


@pytest.mark.parametrize("action", DENIABLE, ids=lambda action: action.api)
def test_an_action_that_is_denied(session: Any, aws: StandIn, action: Action) -> None:
    aws.reset(FULL)
    region = OTHER if action.is_regional else "global"
    aws.answer(action.api, refused(permission_of(action.api)), OTHER if action.is_regional else None)

    found = probe(session)

    assert said(found, "denied", "throttled", "error") == {(action.api, region)}
    answer = the(found, action.api, region)
    assert answer.permission == permission_of(action.api)
    assert "no identity-based policy allows" in answer.message


def test_everything_denied_but_the_identity(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    for action in (*DENIABLE, BY_API["account:ListRegions"]):
        aws.answer(action.api, refused(permission_of(action.api)))

    found = probe(session)

    # Without a key and a bucket nothing can be told of them, and without regions only the session's own is asked.
    assert {api for api, _ in said(found, "untold")} == {
        "iam:GetAccessKeyLastUsed",
        *(api for api in PROBES if api.startswith("s3:") and api != "s3:ListBuckets"),
    }
    assert {answer.status for answer in found.answers} == {"readable", "denied", "untold"}
    assert said(found, "readable") == {("sts:GetCallerIdentity", "global")}
    assert found.regions == (HOME,)


@pytest.mark.parametrize(
    "api",
    [
        action.api
        for action in DENIABLE
        # Denied to everybody where there is no key, not asked where there is no bucket and no organization.
        if action.api not in {"iam:GetAccessKeyLastUsed", "iam:ListOrganizationsFeatures"}
        and (not action.api.startswith("s3:") or action.api == "s3:ListBuckets")
        and (not action.api.startswith("organizations:") or action.api == "organizations:DescribeOrganization")
        and action.api not in {"guardduty:ListOrganizationAdminAccounts", "guardduty:DescribeOrganizationConfiguration"}
    ],
)
def test_an_action_that_is_denied_in_an_empty_account(session: Any, aws: StandIn, api: str) -> None:
    aws.reset(EMPTY)
    aws.answer(api, refused(permission_of(api)))

    assert said(probe(session), "denied", "throttled", "error") == places({api})


def test_a_key_of_nobody_is_denied_to_everybody(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    aws.answer("iam:ListAccessKeys", {"AccessKeyMetadata": []})
    aws.answer("iam:GetAccessKeyLastUsed", refused("iam:GetAccessKeyLastUsed"))

    assert the(probe(session), "iam:GetAccessKeyLastUsed").status == "untold"


@pytest.mark.parametrize(("region", "status"), [(HOME, "denied"), (OTHER, "untold")])
def test_a_refusal_for_one_of_several_reasons(session: Any, aws: StandIn, region: str, status: Status) -> None:
    """KMS does not say whether a key exists; of one that does the rest of its sentence must be true."""
    aws.reset(FULL)
    why = (
        "because the resource does not exist in this Region, no resource-based policies allow access, or one denies it"
    )
    aws.answer("kms:DescribeKey", refused("kms:DescribeKey", why), region)

    assert the(probe(session), "kms:DescribeKey", region).status == status


def test_a_bucket_that_trails_do_not_use(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    aws.answer("s3:ListBuckets", {"Buckets": [{"Name": "zzz"}, {"Name": "aaa"}]})

    found = probe(session)

    (asked,) = (asked for asked in aws.asked if asked.api == "s3:GetBucketAcl")
    assert (asked.parameters["Bucket"], asked.parameters["ExpectedBucketOwner"]) == ("aaa", ACCOUNT_ID)
    assert the(found, "s3:GetBucketAcl").status == "readable"


def test_buckets_that_may_not_be_listed(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    aws.answer("s3:ListBuckets", refused("s3:ListAllMyBuckets"))

    found = probe(session)

    assert said(found, "denied") == {("s3:ListBuckets", "global")}
    assert the(found, "s3:GetBucketAcl").status == "untold"
    assert the(found, "s3:GetBucketAcl").message


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Refusal("ThrottlingException"), "throttled"),
        (Refusal("InternalError", 500), "error"),
        (Refusal("ValidationException"), "error"),
        (Refusal("UnrecognizedClientException", 403), "error"),
        (EndpointConnectionError(endpoint_url="https://x"), "error"),
        (ConnectTimeoutError(endpoint_url="https://x"), "error"),
        (Refusal("OptInRequired", 401), "denied"),
    ],
    ids=lambda value: getattr(value, "code", type(value).__name__) if not isinstance(value, str) else "",
)
def test_what_failed_is_not_denied(session: Any, aws: StandIn, answer: Any, status: Status) -> None:
    aws.reset(FULL)
    aws.answer("guardduty:GetDetector", answer, HOME)

    found = probe(session)

    assert said(found, status) == {("guardduty:GetDetector", HOME)}
    assert the(found, "guardduty:GetDetector", HOME).message
    assert said(found, "denied", "throttled", "error") == {("guardduty:GetDetector", HOME)}


def test_a_service_that_a_region_does_not_have(session: Any, aws: StandIn) -> None:
    region = next(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition_name=partition)
        if region not in session.get_available_regions("guardduty", partition_name=partition)
    )
    aws.reset(FULL)
    aws.answer("ec2:DescribeRegions", {"Regions": [{"RegionName": region}]})
    missing = {api for api in PROBES if api.startswith("guardduty:")}
    for api in missing:
        aws.answer(api, EndpointConnectionError(endpoint_url="https://x"))

    found = probe(session)

    assert said(found, "not_applicable") == {(api, region) for api in missing}
    assert said(found, "denied", "throttled", "error") == set()


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
@pytest.mark.parametrize("api", ["sts:GetCallerIdentity", "guardduty:GetDetector", "organizations:ListRoots"])
def test_credentials_that_expire(session: Any, aws: StandIn, api: str, code: str) -> None:
    aws.reset(FULL)
    aws.answer(api, Refusal(code, 403, "the token is IQoJb3JpZ2luX2VjEXAMPLE"))

    with pytest.raises(CollectError, match="expired") as caught:
        probe(session)

    assert "IQoJ" not in caught.value.message + caught.value.hint


def test_the_wrong_account(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)

    with pytest.raises(UsageError, match="belong to account"):
        probe(session, account_id=MANAGEMENT)

    assert len(aws.asked) == 1


def test_regions_that_are_named(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)

    found = probe(session, regions=(OTHER,))

    assert found.regions == (OTHER,)
    assert {answer.region for answer in found.answers} == {"global", OTHER}
    with pytest.raises(UsageError):
        probe(session, regions=("eu-west-7",))


def test_the_second_source_of_regions(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    aws.answer("ec2:DescribeRegions", refused("ec2:DescribeRegions"))

    found = probe(session)

    assert found.regions == (HOME, OTHER)
    assert the(found, "account:ListRegions").status == "readable"
    assert said(found, "denied") == {("ec2:DescribeRegions", "global")}


def test_no_source_of_regions(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)
    aws.answer("ec2:DescribeRegions", refused("ec2:DescribeRegions"))
    aws.answer("account:ListRegions", refused("account:ListRegions"))

    found = probe(session)

    assert found.regions == (HOME,)
    assert said(found, "denied") == {("ec2:DescribeRegions", "global"), ("account:ListRegions", "global")}


def test_only_what_is_wanted(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)

    found = probe(session, wanted=frozenset({"guardduty:GetDetector"}))

    assert {answer.api for answer in found.answers} == {
        "sts:GetCallerIdentity", "ec2:DescribeRegions", "guardduty:ListDetectors", "guardduty:GetDetector",
    }  # fmt: skip
    global_only = probe(session, wanted=frozenset({"iam:GetAccountSummary"}))
    assert (global_only.regions, {answer.api for answer in global_only.answers}) == (
        (), {"sts:GetCallerIdentity", "iam:GetAccountSummary"},
    )  # fmt: skip


def test_options_are_not_asked_about_unless_wanted(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)

    found = preflight(session, Scope())

    assert {answer.api for answer in found.answers} == all_but_options() - {"account:ListRegions"}


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("guardduty:ListDetectors", {"DetectorIds": 7}),
        ("cloudtrail:DescribeTrails", {"trailList": None}),
        ("cloudtrail:DescribeTrails", {"trailList": [7]}),
        ("sns:ListSubscriptions", {"Subscriptions": [{"TopicArn": None}]}),
        ("s3:ListBuckets", {"Buckets": [{"BucketRegion": HOME}]}),
        ("iam:GetAccountAuthorizationDetails", {"UserDetailList": [{}]}),
        ("organizations:DescribeOrganization", {}),
    ],
)
def test_answers_of_a_strange_shape(session: Any, aws: StandIn, api: str, answer: dict[str, Any]) -> None:
    aws.reset(FULL)
    aws.answer(api, answer)

    found = probe(session)

    assert said(found, "denied", "throttled", "error", "not_applicable") == set()


def test_two_runs_say_the_same(session: Any, aws: StandIn) -> None:
    aws.reset(FULL)

    assert probe(session) == probe(session)


def test_real_names_that_are_denied(session: Any, aws: StandIn) -> None:
    """Only the policy of the one key refuses: that is what a scan will meet."""
    aws.reset(FULL)

    def answer(asked: Asked) -> Any:
        return refused("kms:GetKeyPolicy") if KEY in asked.parameters["KeyId"] else Refusal("NotFoundException")

    aws.answer("kms:GetKeyPolicy", answer)

    found = probe(session)

    assert said(found, "denied") == {("kms:GetKeyPolicy", HOME)}
    assert the(found, "kms:GetKeyPolicy", OTHER).status == "untold"


IN_MOTO = frozenset({
    "autoscaling:DescribeLaunchConfigurations", "cloudtrail:GetTrailStatus", "ec2:DescribeInstances",
    "events:ListTargetsByRule", "guardduty:GetDetector", "iam:GetAccountPasswordPolicy", "iam:GetCredentialReport",
    "iam:GetOpenIDConnectProvider", "kms:GetKeyPolicy", "lambda:GetPolicy", "organizations:ListRoots",
    "s3:GetBucketEncryption", "s3:GetBucketPolicy", "s3control:GetPublicAccessBlock", "sns:GetTopicAttributes",
    "sqs:GetQueueAttributes",
})  # fmt: skip


def test_real_requests_and_answers() -> None:
    """The SDK's own serializers and parsers, and error codes as an emulator sends them."""
    with mock_aws():
        session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
        location = {"LocationConstraint": HOME}
        session.client("s3").create_bucket(Bucket="preflight-logs", CreateBucketConfiguration=location)
        session.client("guardduty").create_detector(Enable=True)

        found = preflight(session, Scope(wanted=IN_MOTO, regions=(HOME,)))

    assert said(found, "denied", "throttled", "error") == set()
    assert {api for api, _ in said(found, "untold")} == {
        "kms:GetKeyPolicy", "kms:DescribeKey", "sns:GetTopicAttributes", "sqs:GetQueueAttributes",
    }  # fmt: skip
    assert said(found, "not_applicable") == {("organizations:ListRoots", "global")}
    assert the(found, "s3:GetBucketPolicy").message.startswith("NoSuchBucketPolicy")
    assert the(found, "cloudtrail:GetTrailStatus", HOME).message.startswith("TrailNotFoundException")
    assert not the(found, "guardduty:GetDetector", HOME).is_made_up
