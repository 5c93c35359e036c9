"""Synthetic events: what the services of AWS would send if a credential were stolen and used.

They have the fields that real ones always have, with values of nobody: addresses of documentation networks, keys and
principals of examples. Whether a rule takes such an event is asked of the evaluators, so that patterns are never
compared as text.

Sources: awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html and
cloudtrail-event-reference-aws-console-sign-in-events.html, health/latest/ug/aws-health-events-eventbridge-schema.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from scanner.events.envelope import ADDRESS, DETECTOR, ID, KEY, SESSION_KEY, TIME, USER, Json, envelope
from scanner.events.envelope import Sample as Sample
from scanner.events.finding_samples import CREDENTIAL_FINDINGS as CREDENTIAL_FINDINGS
from scanner.events.finding_samples import credential_findings as credential_findings
from scanner.events.finding_samples import finding_event as finding_event

Caller = Literal["user", "role", "root"]

_AGENT = "aws-cli/2.22.0"

PERSISTENCE: tuple[tuple[str, str], ...] = tuple(
    ("iam.amazonaws.com", name)
    for name in (
        "AddUserToGroup",
        "AttachGroupPolicy",
        "AttachRolePolicy",
        "AttachUserPolicy",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreateOpenIDConnectProvider",
        "CreatePolicyVersion",
        "CreateSAMLProvider",
        "CreateServiceSpecificCredential",
        "CreateUser",
        "DeactivateMFADevice",
        "DeleteRolePermissionsBoundary",
        "DeleteUserPermissionsBoundary",
        "PutGroupPolicy",
        "PutRolePolicy",
        "PutUserPolicy",
        "SetDefaultPolicyVersion",
        "UpdateAssumeRolePolicy",
        "UpdateLoginProfile",
        "UpdateSAMLProvider",
    )
)
"""Calls that by themselves give somebody a lasting way in, or lasting power, whatever their parameters.

Chosen from the persistence events that an investigation looks for: those of IAM, since a key, a password, a provider or
a trust that was made there outlives every session; without those that need a second step (``CreateRole``) or are daily
work of many services (``RunInstances``, ``PutTargets``). All of them change something, so that every rule sees them.
"""

EVASION: tuple[tuple[str, str], ...] = (
    ("access-analyzer.amazonaws.com", "DeleteAnalyzer"),
    ("cloudtrail.amazonaws.com", "DeleteTrail"),
    ("cloudtrail.amazonaws.com", "PutEventSelectors"),
    ("cloudtrail.amazonaws.com", "StopLogging"),
    ("cloudtrail.amazonaws.com", "UpdateTrail"),
    ("config.amazonaws.com", "DeleteConfigurationRecorder"),
    ("config.amazonaws.com", "DeleteDeliveryChannel"),
    ("config.amazonaws.com", "StopConfigurationRecorder"),
    ("events.amazonaws.com", "DeleteRule"),
    ("events.amazonaws.com", "DisableRule"),
    ("events.amazonaws.com", "RemoveTargets"),
    ("guardduty.amazonaws.com", "CreateFilter"),
    ("guardduty.amazonaws.com", "DeleteDetector"),
    ("guardduty.amazonaws.com", "DisassociateFromAdministratorAccount"),
    ("guardduty.amazonaws.com", "StopMonitoringMembers"),
    ("guardduty.amazonaws.com", "UpdateDetector"),
    ("securityhub.amazonaws.com", "DisableSecurityHub"),
)
"""Calls that switch off or blind what would tell of an intruder, in the region in which they are made.

Chosen from the evasion events that an investigation looks for: those on services whose only purpose is to watch, where
one call suffices; without those that depend on which bucket, key, topic, function or log group is meant.
"""


PARAMETERS: Mapping[tuple[str, str], Json] = {
    ("guardduty.amazonaws.com", "CreateFilter"): {"detectorId": DETECTOR, "name": USER, "action": "ARCHIVE"},
    ("guardduty.amazonaws.com", "UpdateDetector"): {"detectorId": DETECTOR, "enable": False},
}
"""The parameters without which a call does no harm, so that a rule may ask for them."""


def api_call(
    partition: str,
    account_id: str,
    region: str,
    source: str,
    name: str,
    read_only: bool = False,
    error: str | None = None,
    identity: Caller = "user",
    **extra: object,
) -> Json:
    """The CloudTrail record of a management event.

    Args:
        partition: of the account.
        account_id: of the caller and of the account called.
        region: in which the event is recorded.
        source: the service, such as ``iam.amazonaws.com``.
        name: the call, such as ``CreateUser``.
        read_only: whether the call changes nothing.
        error: the error code with which it was refused.
        identity: who calls: an IAM user with a key, a session of a role, or the root user.
        extra: further fields of the record, or other values for them.
    """
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": _identity(partition, account_id, identity),
        "eventTime": TIME,
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": ADDRESS,
        "userAgent": _AGENT,
        "requestParameters": None,
        "responseElements": None,
        "requestID": ID,
        "eventID": ID,
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account_id,
        "eventCategory": "Management",
    }
    if error is not None:
        record |= {
            "errorCode": error,
            "errorMessage": f"User is not authorized to perform {source.split('.')[0]}:{name}",
        }
    return record | extra


def console_sign_in(
    partition: str, account_id: str, region: str, identity: Caller = "user", mfa: bool = True, succeeds: bool = True
) -> Json:
    """The CloudTrail record of a sign-in to the console with a password."""
    record = api_call(partition, account_id, region, "signin.amazonaws.com", "ConsoleLogin", identity=identity)
    caller = {name: value for name, value in record["userIdentity"].items() if name != "accessKeyId"}
    record |= {
        "userIdentity": caller,
        "eventType": "AwsConsoleSignIn",
        "userAgent": "Mozilla/5.0",
        "responseElements": {"ConsoleLogin": "Success" if succeeds else "Failure"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes" if mfa else "No",
        },
    }
    return record if succeeds else record | {"errorMessage": "Failed authentication"}


def _identity(partition: str, account_id: str, identity: Caller) -> Json:
    if identity == "root":
        return {
            "type": "Root",
            "principalId": account_id,
            "arn": f"arn:{partition}:iam::{account_id}:root",
            "accountId": account_id,
            "accessKeyId": SESSION_KEY,
        }
    if identity == "user":
        return {
            "type": "IAMUser",
            "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "arn": f"arn:{partition}:iam::{account_id}:user/{USER}",
            "accountId": account_id,
            "accessKeyId": KEY,
            "userName": USER,
        }
    issuer = {
        "type": "Role",
        "principalId": "AROACKCEVSQ6C2EXAMPLE",
        "arn": f"arn:{partition}:iam::{account_id}:role/{USER}",
        "accountId": account_id,
        "userName": USER,
    }
    session = {"sessionIssuer": issuer, "attributes": {"creationDate": TIME, "mfaAuthenticated": "false"}}
    return {
        "type": "AssumedRole",
        "principalId": "AROACKCEVSQ6C2EXAMPLE:session",
        "arn": f"arn:{partition}:sts::{account_id}:assumed-role/{USER}/session",
        "accountId": account_id,
        "accessKeyId": SESSION_KEY,
        "sessionContext": session,
    }


_DETAIL_TYPES = {
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
}


def as_event(record: Json) -> Json:
    """The event that EventBridge makes of a CloudTrail record."""
    kind = _DETAIL_TYPES.get(record["eventType"], "AWS API Call via CloudTrail")
    source = "aws." + record["eventSource"].removesuffix(".amazonaws.com")
    return envelope(source, kind, record["recipientAccountId"], record["awsRegion"], record)


HEALTH_EXPOSURES = ("AWS_RISK_CREDENTIALS_EXPOSED", "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED")
"""The codes with which AWS Health tells that a key of the account was found in public."""


def health_exposed(partition: str, account_id: str, region: str) -> tuple[Sample, ...]:
    """The events by which AWS Health tells of keys that were found in public."""
    return tuple(Sample(code, _health_event(partition, account_id, region, code)) for code in HEALTH_EXPOSURES)


def _health_event(partition: str, account_id: str, region: str, code: str) -> Json:
    detail = {
        "eventArn": f"arn:{partition}:health:{region}::event/RISK/{code}/{code}_EXAMPLE",
        "service": "RISK",
        "eventTypeCode": code,
        "eventTypeCategory": "issue",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "communicationId": "1234abc01232a4012345678-1",
        "startTime": "Thu, 15 Jan 2026 10:15:00 GMT",
        "lastUpdatedTime": "Thu, 15 Jan 2026 10:15:00 GMT",
        "statusCode": "open",
        "eventRegion": region,
        "eventDescription": [{"language": "en_US", "latestDescription": "An access key was found in public."}],
        "affectedEntities": [{"entityValue": KEY, "status": "PENDING"}],
        "affectedAccount": account_id,
        "page": "1",
        "totalPages": "1",
    }
    return envelope("aws.health", "AWS Health Event", account_id, region, detail)
