"""What moto lacks or answers differently from AWS, supplied through botocore's events; for the demo's session only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from guardrift.demo import (
    answers,
    gaps_account,
    gaps_alerting,
    gaps_compute,
    gaps_detection,
    gaps_guardduty,
    gaps_keys,
    gaps_logs,
)
from guardrift.demo.answers import Answers, Asked
from guardrift.demo.credential_report import credential_report
from guardrift.demo.emulator import backend
from guardrift.demo.roles import AUDIT_ROLE
from guardrift.demo.seed_compute import IMDSV2_IMAGE
from guardrift.demo.seed_iam import ACCOUNT_AGE
from guardrift.demo.setting import ACCOUNT_ID, PARTITION, REGIONS
from guardrift.demo.users import USERS

BOUNDARIES = {person.name: person.boundary for person in USERS if person.boundary is not None}
"""The permissions boundary of each user that has one; moto takes them and forgets them."""


def install(session: Any, at: datetime) -> None:
    """Make every client of the session see the demo account; to be done before the first client is made.

    Args:
        session: a ``boto3.Session``.
        at: the demo's time, which is when the credential report was generated.
    """
    events = session.events
    events.register("before-call", _name_account)
    answers.install(events, ANSWERS, at)
    events.register("after-call.cloudtrail.DescribeTrails", _correct(_trails))
    events.register("after-call.ec2.DescribeImages", _correct(_images))
    events.register("after-call.iam.GetAccountAuthorizationDetails", _correct(_authorization_details))
    events.register("after-call.iam.GetAccountPasswordPolicy", _correct(_password_policy))
    events.register("after-call.iam.GetAccountSummary", _correct(_account_summary))
    events.register("after-call.iam.GetCredentialReport", _correct(lambda parsed: _credential_report(parsed, at)))
    events.register("after-call.s3.ListBuckets", _correct(_buckets))
    events.register("after-call.sns.GetTopicAttributes", _correct(_topic))


def _correct(correct: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    def handler(http_response: Any, parsed: dict[str, Any], **_: object) -> None:
        if http_response.status_code == 200:
            correct(parsed)

    return handler


def _name_account(params: Mapping[str, Any], **_: object) -> None:
    params["headers"]["x-moto-account-id"] = ACCOUNT_ID


def _regions(_asked: Asked) -> dict[str, Any]:
    return {
        "Regions": [
            {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": "opt-in-not-required"}
            for name in REGIONS
        ]
    }


def _listed_regions(_asked: Asked) -> dict[str, Any]:
    return {"Regions": [{"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for name in REGIONS]}


def _caller_identity(_asked: Asked) -> dict[str, Any]:
    session_name = "demo"
    return {
        "UserId": f"{backend('iam').get_role(AUDIT_ROLE).id}:{session_name}",
        "Account": ACCOUNT_ID,
        "Arn": f"arn:{PARTITION}:sts::{ACCOUNT_ID}:assumed-role/{AUDIT_ROLE}/{session_name}",
    }


ANSWERS: Answers = {
    "ec2:DescribeRegions": _regions,
    "account:ListRegions": _listed_regions,
    "sts:GetCallerIdentity": _caller_identity,
    **gaps_account.ANSWERS,
    **gaps_alerting.ANSWERS,
    **gaps_compute.ANSWERS,
    **gaps_detection.ANSWERS,
    **gaps_guardduty.ANSWERS,
    **gaps_keys.ANSWERS,
    **gaps_logs.ANSWERS,
}
"""What is answered in the emulator's place."""


def _trails(parsed: dict[str, Any]) -> None:
    for trail in parsed["trailList"]:
        state = backend("cloudtrail", trail["HomeRegion"]).trails[trail["Name"]]
        # moto says of each that it has none.
        trail["HasInsightSelectors"] = bool(state.get_insight_selectors())


def _images(parsed: dict[str, Any]) -> None:
    for image in parsed["Images"]:
        if image.get("Name") == IMDSV2_IMAGE:
            image["ImdsSupport"] = "v2.0"


def _authorization_details(parsed: dict[str, Any]) -> None:
    for user in parsed["UserDetailList"]:
        if user["UserName"] in BOUNDARIES:
            user["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": BOUNDARIES[user["UserName"]],
            }
    known = backend("iam").managed_policies
    # moto keeps the customer's policies in a set, whose order is not the same in every run.
    parsed["Policies"].sort(key=lambda policy: str(policy["Arn"]))
    for policy in parsed["Policies"]:
        policy["PolicyName"] = known[policy["Arn"]].name
        policy["PolicyId"] = known[policy["Arn"]].id
        policy["PermissionsBoundaryUsageCount"] = sum(arn == policy["Arn"] for arn in BOUNDARIES.values())


def _password_policy(parsed: dict[str, Any]) -> None:
    # moto writes no limit as an age of 0, where AWS leaves it out.
    if not parsed["PasswordPolicy"]["ExpirePasswords"]:
        parsed["PasswordPolicy"].pop("MaxPasswordAge", None)


def _account_summary(parsed: dict[str, Any]) -> None:
    parsed["SummaryMap"].update(AccountMFAEnabled=1, AccountPasswordPresent=1, AccountAccessKeysPresent=0)


def _credential_report(parsed: dict[str, Any], at: datetime) -> None:
    parsed["Content"] = credential_report(backend("iam").users.values(), at - ACCOUNT_AGE)
    parsed["GeneratedTime"] = at


def _buckets(parsed: dict[str, Any]) -> None:
    known = backend("s3").buckets
    for bucket in parsed["Buckets"]:
        bucket["BucketRegion"] = known[bucket["Name"]].region_name


def _topic(parsed: dict[str, Any]) -> None:
    arn = parsed["Attributes"]["TopicArn"]
    known = backend("sns", arn.split(":")[3]).subscriptions.values()
    confirmed = [found.arn.startswith("arn:") for found in known if found.topic.arn == arn]
    parsed["Attributes"].update(
        SubscriptionsConfirmed=str(confirmed.count(True)), SubscriptionsPending=str(confirmed.count(False))
    )
