"""What the demo answers in the emulator's place has the shape that AWS's own answers have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from guardrift.demo.account import open_account
from guardrift.demo.gaps import ANSWERS
from guardrift.demo.setting import HOME
from scanner.actions import ACTIONS, LAST_ACCESSED
from scanner.collect.outcome import error_code
from tests.demo.collected import Answered, Collected
from tests.demo.reading import AT

NOT_ASKED = {
    # The first answer of the organization tells that it tells a member nothing.
    "organizations:ListAccounts", "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccountsForParent", "organizations:ListPolicies", "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy", "organizations:ListDelegatedAdministrators",
    "organizations:ListDelegatedServicesForAccount", "organizations:ListAWSServiceAccessForOrganization",
    "organizations:DescribeResourcePolicy", "iam:ListOrganizationsFeatures",
    "guardduty:ListOrganizationAdminAccounts",
    # Only where the regions cannot be described.
    "account:ListRegions",
}  # fmt: skip


@pytest.fixture(scope="module")
def given(collected: Collected) -> list[Answered]:
    return [answer for answer in collected.answers if answer.is_of_the_demo]


def test_everything_that_is_answered_is_asked(given: list[Answered]) -> None:
    assert {answer.api for answer in given} | NOT_ASKED == set(ANSWERS)


def test_only_what_a_scan_may_ask_is_answered() -> None:
    assert set(ANSWERS) <= {action.api for action in ACTIONS}


def test_answers_have_the_members_of_the_service_models(given: list[Answered]) -> None:
    wrong = {
        (answer.api, report.generate_report())
        for answer in given
        if answer.status < 300
        for report in [ParamValidator().validate(answer.body, answer.model.output_shape)]
        if report.has_errors()
    }
    assert not wrong


def test_refusals_are_errors_that_the_service_knows(given: list[Answered]) -> None:
    refused = [answer for answer in given if answer.status >= 300]
    assert {answer.api for answer in refused} == {
        "account:GetAlternateContact",
        "guardduty:DescribeOrganizationConfiguration",
        "organizations:DescribeEffectivePolicy",
        "organizations:ListRoots",
        "securityhub:DescribeHub",
        "securityhub:DescribeSecurityHubV2",
    }
    for answer in refused:
        (shape,) = (s for s in answer.model.error_shapes if s.name == answer.body["Error"]["Code"])
        assert answer.status == shape.metadata.get("error", {}).get("httpStatusCode", 400), answer.api


def test_every_action_of_a_scan_was_asked_for_or_says_why_not(collected: Collected) -> None:
    rows = {row.api for row in collected.account.coverage}
    # Asked for only where something is there that the demo account lacks, or where another answer is missing.
    unneeded = {
        "account:ListRegions", "cloudtrail:GetEventDataStore",
        "guardduty:GetIPSet", "guardduty:GetTrustedEntitySet", "guardduty:GetThreatEntitySet",
        "iam:GetAccessKeyLastUsed", "iam:GetOpenIDConnectProvider", "s3:GetBucketLocation", "s3:GetBucketAcl",
    }  # fmt: skip
    assert {action.api for action in ACTIONS if action.option != LAST_ACCESSED} - rows == unneeded


def test_another_region_and_another_resource_get_other_answers() -> None:
    with open_account(AT) as session:
        lambdas = session.client("lambda", region_name=HOME)
        with pytest.raises(ClientError) as nobody:
            lambdas.get_policy(FunctionName="nobody")
        sqs = session.client("sqs", region_name=HOME)
        with pytest.raises(ClientError) as nowhere:
            sqs.get_queue_attributes(QueueUrl="https://sqs.eu-west-1.amazonaws.com/111122223333/nowhere")
        kms = session.client("kms", region_name="us-east-1")
        with pytest.raises(ClientError) as unknown:
            kms.describe_key(KeyId="4e0b5a8e-52c7-4d1f-9d55-0c7a3f1b2d01")
        findings = session.client("guardduty", region_name=HOME).list_findings(DetectorId="any")["FindingIds"]
    assert error_code(nobody.value) == "ResourceNotFoundException"
    assert error_code(nowhere.value) == "AWS.SimpleQueueService.NonExistentQueue"
    assert error_code(unknown.value) == "NotFoundException"
    assert len(findings) == 3


def test_what_the_emulator_forgets_is_told_as_aws_tells_it() -> None:
    with open_account(AT) as session:
        iam, s3 = session.client("iam"), session.client("s3", region_name=HOME)
        sns = session.client("sns", region_name=HOME)
        policy = iam.get_account_password_policy()["PasswordPolicy"]
        devices = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
        users = {user["Arn"]: user for user in iam.list_users()["Users"]}
        buckets = s3.list_buckets(MaxBuckets=1000)["Buckets"]
        topics: dict[str, Any] = {
            topic["TopicArn"].rpartition(":")[2]: sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
            for topic in sns.list_topics()["Topics"]
        }
    assert (policy["ExpirePasswords"], "MaxPasswordAge" in policy) == (False, False)
    for device in devices:
        user = users[device["User"]["Arn"]]
        assert (device["User"]["UserId"], device["EnableDate"]) == (user["UserId"], user["CreateDate"])
    assert len(devices) == 4
    assert {bucket["BucketRegion"] for bucket in buckets} == {HOME, "us-east-1"}
    assert {AT - bucket["CreationDate"] for bucket in buckets} == {timedelta(days=900)}
    counts = {name: (found["SubscriptionsConfirmed"], found["SubscriptionsPending"]) for name, found in topics.items()}
    assert counts == {"security-alerts": ("2", "0"), "on-call-alerts": ("0", "1")}
