"""What an exception of the SDK means for coverage."""

from __future__ import annotations

import csv
import re

import msgspec
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError

from scanner.collect.raw_answers import NoAnswerError
from scanner.inventory import Outcome

_DENIED = {
    "AccessDenied", "AccessDeniedException", "AuthFailure", "AuthorizationError", "AuthorizationErrorException",
    "Client.UnauthorizedOperation", "Forbidden", "NotAuthorized", "OptInRequired", "SubscriptionRequiredException",
    "UnauthorizedAccess", "UnauthorizedOperation",
}  # fmt: skip

_THROTTLED = {
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
    "SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionInProgressException",
}  # fmt: skip

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
INVALID = {
    "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException",
    "MissingAuthenticationToken", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip

ONLY_OWNER = {"CloudTrailARNInvalidException", "OperationNotPermittedException", "TrailNotFoundException"}
"""Answers to a question about a resource of another account that only its owner may ask."""

ABSENT: dict[str, frozenset[str]] = {
    "account:GetAlternateContact": frozenset({"ResourceNotFoundException"}),
    "account:GetContactInformation": frozenset({"ResourceNotFoundException"}),
    "cloudtrail:GetInsightSelectors": frozenset({"InsightNotEnabledException"}),
    "ec2:DescribeLaunchTemplateVersions": frozenset({
        "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound",
        "InvalidLaunchTemplateName.NotFoundException",
    }),
    "elbv2:DescribeTargetHealth": frozenset({"TargetGroupNotFound"}),
    "guardduty:DescribeOrganizationConfiguration": frozenset({"BadRequestException"}),
    "iam:GetAccountPasswordPolicy": frozenset({"NoSuchEntity"}),
    "iam:ListOrganizationsFeatures": frozenset({
        "OrganizationNotInAllFeaturesModeException", "ServiceAccessNotEnabledException",
    }),
    "kms:DescribeKey": frozenset({"NotFoundException"}),
    "lambda:GetFunctionConfiguration": frozenset({"ResourceNotFoundException"}),
    "lambda:GetPolicy": frozenset({"ResourceNotFoundException"}),
    "organizations:DescribeEffectivePolicy": frozenset({"EffectivePolicyNotFoundException"}),
    "organizations:DescribeOrganization": frozenset({"AWSOrganizationsNotInUseException"}),
    "organizations:DescribeResourcePolicy": frozenset({"ResourcePolicyNotFoundException"}),
    "s3:GetBucketEncryption": frozenset({"ServerSideEncryptionConfigurationNotFoundError"}),
    "s3:GetBucketLifecycleConfiguration": frozenset({"NoSuchLifecycleConfiguration"}),
    "s3:GetBucketOwnershipControls": frozenset({"OwnershipControlsNotFoundError"}),
    "s3:GetBucketPolicy": frozenset({"NoSuchBucketPolicy"}),
    "s3:GetBucketPolicyStatus": frozenset({"NoSuchBucketPolicy"}),
    "s3:GetObjectLockConfiguration": frozenset({"ObjectLockConfigurationNotFoundError"}),
    "s3:GetPublicAccessBlock": frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    "s3control:GetPublicAccessBlock": frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    "securityhub:DescribeHub": frozenset({"InvalidAccessException"}),
    "securityhub:DescribeSecurityHubV2": frozenset({"ResourceNotFoundException"}),
    "sns:GetTopicAttributes": frozenset({"NotFound", "NotFoundException"}),
    "sqs:GetQueueAttributes": frozenset({
        "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "AWS.SimpleQueueService.QueueDoesNotExist",
    }),
    "ssm:GetServiceSetting": frozenset({"ServiceSettingNotFound"}),
}  # fmt: skip
"""The error codes by which AWS says that there is none of what was asked for: answers, and no failures."""

NOT_THERE: frozenset[tuple[str, str]] = frozenset({
    ("cloudtrail:ListEventDataStores", "UnsupportedOperationException"),
})  # fmt: skip
"""Actions with the error codes by which AWS says that the region does not have what was asked for."""

ABSENT_SAYS: dict[str, str] = {"securityhub:DescribeHub": "not subscribed"}
"""What the message says where a code means absence; AWS uses the code for missing permissions, too."""

BROKEN = (OSError, RuntimeError)
"""What else the SDK lets through, such as renewed credentials that have expired already."""

MALFORMED = (
    ResponseParserError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError,
    csv.Error,
)  # fmt: skip
"""What an answer of a strange shape raises, in the SDK or where a collector reads it."""

_NOT_VALIDATED = "not able to validate the provided access credentials"
_ENCODED_MESSAGE = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_MAX_MESSAGE = 300


def outcome_of(fault: ClientError | BotoCoreError, *, service_exists: bool = True) -> Outcome:
    """The coverage status of a failed call.

    Args:
        fault: what the SDK raised, after its retries.
        service_exists: whether the SDK knows the service to exist in the region; an endpoint that cannot be reached
            then is a failure, and otherwise the service is not there.
    """
    if isinstance(fault, EndpointConnectionError) and not service_exists:
        return "not_applicable"
    if isinstance(fault, ClientError):
        code, status = error_code(fault), fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _THROTTLED or status == 429:
            return "throttled"
        if code in EXPIRED or is_refused(fault) or not is_of_aws(fault):
            return "error"
        if code in _DENIED or status == 403:
            return "denied"
    return "error"


def says_absent(api: str, fault: ClientError) -> bool:
    """Whether an error answer says that there is none of what was asked for."""
    said = str(fault.response.get("Error", {}).get("Message", ""))
    return error_code(fault) in ABSENT.get(api, ()) and ABSENT_SAYS.get(api, "") in said


def error_code(fault: ClientError) -> str:
    """The error code of an answer, or an empty string."""
    return str(fault.response.get("Error", {}).get("Code", ""))


def is_refused(fault: ClientError) -> bool:
    """Whether AWS does not accept the credentials; EC2 has one code for that and for missing permissions."""
    said = str(fault.response.get("Error", {}).get("Message", ""))
    return error_code(fault) in INVALID or (error_code(fault) == "AuthFailure" and _NOT_VALIDATED in said)


def is_of_aws(fault: ClientError) -> bool:
    """Whether an error has a code: each of AWS has, while a page of a proxy has the status alone."""
    return bool(error_code(fault)) and not error_code(fault).isdigit()


def message_of(fault: Exception) -> str:
    """One bounded line about a failure.

    Left out are the encoded authorization messages that EC2 appends, credentials in addresses, and what is said about
    a refused signature, since that quotes the request with its session token.
    """
    if isinstance(fault, ClientError):
        code, said = error_code(fault), str(fault.response.get("Error", {}).get("Message", ""))
        if not is_of_aws(fault):
            status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", code)
            text = f"HTTP {status} without an error of AWS: check the network, the proxy and AWS_ENDPOINT_URL"
        else:
            text = code if code in EXPIRED or is_refused(fault) else f"{code}: {said}"
    elif isinstance(fault, HTTPClientError):
        text = f"{type(fault).__name__}: the service could not be reached"
    else:
        text = f"{type(fault).__name__}: {fault}"
    bare = _URL_CREDENTIALS.sub("", _ENCODED_MESSAGE.sub("", text)).encode("utf-8", "replace").decode()
    line = " ".join(bare.split())
    return line if len(line) <= _MAX_MESSAGE else line[: _MAX_MESSAGE - 1] + "…"


def malformed(fault: Exception) -> str:
    """What is wrong with an answer, by names and types alone, since its values may be secrets."""
    if isinstance(fault, NoAnswerError):
        return f"malformed answer: {fault}"
    place = f" {fault}" if isinstance(fault, KeyError | msgspec.DecodeError) else ""
    return f"malformed answer: {type(fault).__name__}{place}"
