"""Findings as AWS would tell them, each built anew: the fields are AWS's, the values nobody's."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ACCOUNT = "111122223333"
ADMINISTRATOR = "444455556666"
OTHER = "999988887777"
ROLE_ID = "AROAEXAMPLEROLE00001"
USER_ID = "AIDAEXAMPLEUSER00001"
INSTANCE = "i-0a1b2c3d4e5f60718"
SESSION_KEY = "ASIAEXAMPLESESSION01"
USER_KEY = "AKIAEXAMPLEUSERKEY01"
OUTSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"


def key_details(**said: Any) -> Json:
    return {
        "accessKeyId": SESSION_KEY,
        "principalId": f"{ROLE_ID}:{INSTANCE}",
        "userName": "web-tier",
        "userType": "AssumedRole",
        **said,
    }


def user_details(**said: Any) -> Json:
    return key_details(
        **{"accessKeyId": USER_KEY, "principalId": USER_ID, "userName": "deployer", "userType": "IAMUser", **said}
    )


def instance_details(**said: Any) -> Json:
    return {
        "instanceId": INSTANCE,
        "availabilityZone": "eu-west-1b",
        "iamInstanceProfile": {"arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/web", "id": "AIPAEXAMPLEPROFILE01"},
        "tags": [{"key": "Name", "value": "web"}, {"key": "name", "value": "web"}],
        **said,
    }


def finding(resource: Json | None = None, service: Json | None = None, **said: Any) -> Json:
    """A finding of GuardDuty: the credentials of an instance are used outside AWS."""
    if resource is None:
        resource = {
            "resourceType": "AccessKey",
            "accessKeyDetails": key_details(),
            "instanceDetails": instance_details(),
        }
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": "us-east-1",
        "partition": "aws",
        "id": "f0f0f0f0a1a1b2b2c3c3d4d4e5e5f6f6",
        "arn": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d/finding/f0f0f0f0a1a1b2b2c3c3d4d4e5e5f6f6",
        "type": OUTSIDE,
        "resource": resource,
        "service": {
            "serviceName": "guardduty",
            "detectorId": "12abc34d",
            "archived": False,
            "count": 3,
            "eventFirstSeen": "2026-11-20T22:01:02Z",
            "eventLastSeen": "2026-11-20T22:41:02.125Z",
            "resourceRole": "TARGET",
            "additionalInfo": {"value": "{}", "type": "default"},
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "ListBuckets",
                    "serviceName": "s3.amazonaws.com",
                    "callerType": "Remote IP",
                    "remoteIpDetails": {"ipAddressV4": "198.51.100.7"},
                },
            },
            **(service or {}),
        },
        "severity": 8,
        "createdAt": "2026-11-20T22:05:00.000Z",
        "updatedAt": "2026-11-20T22:45:00.250Z",
        "title": "Credentials of an instance were used from outside.",
        "description": "As the title says.",
        **said,
    }


def of_key(details: Json, **said: Any) -> Json:
    return finding({"resourceType": "AccessKey", "accessKeyDetails": details}, **said)


def event(detail: Json, **said: Any) -> Json:
    """As EventBridge hands it to the administrator's account."""
    return {
        "version": "0",
        "id": "11112222-3333-4444-5555-666677778888",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": ADMINISTRATOR,
        "time": "2026-11-20T22:46:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
        **said,
    }


def pascal(value: Any) -> Any:
    """The same as the API gives it: every key begins with a capital."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(inner) for key, inner in value.items()}
    return [pascal(each) for each in value] if isinstance(value, list) else value


def network_finding() -> Json:
    return finding(
        {"resourceType": "Instance", "instanceDetails": instance_details()},
        type="Recon:EC2/PortProbeUnprotectedPort",
        severity=2,
    )


def sequence_finding(**said: Any) -> Json:
    """Two actors, one of them a session of an instance, and a key that no actor names."""
    sequence = {
        "uid": "sequence-1",
        "description": "Several steps.",
        "actors": [
            {
                "id": "1",
                "user": {
                    "name": "web-tier",
                    "uid": f"{ROLE_ID}:{INSTANCE}",
                    "type": "AssumedRole",
                    "credentialUid": SESSION_KEY,
                    "account": {"uid": OTHER, "account": "somewhere"},
                },
                "session": {
                    "uid": "not-a-name",
                    "mfaStatus": "DISABLED",
                    "createdTime": 1795212000,
                    "issuer": f"arn:aws:iam::{ACCOUNT}:role/service/web-tier",
                },
            },
            {"id": "2", "user": {"name": "deployer", "uid": USER_ID, "type": "IAMUser", "credentialUid": USER_KEY}},
            {"id": "3", "process": {"name": "miner", "path": "/tmp/miner"}},
        ],
        "resources": [
            {
                "uid": USER_KEY,
                "name": USER_KEY,
                "accountId": ACCOUNT,
                "resourceType": "ACCESS_KEY",
                "data": {"accessKey": {"principalId": USER_ID, "userName": "deployer", "userType": "IAMUser"}},
            },
            {
                "uid": "AKIAEXAMPLEOTHERKEY1",
                "accountId": ACCOUNT,
                "resourceType": "ACCESS_KEY",
                "data": {
                    "accessKey": {"principalId": "AIDAEXAMPLEUSER00002", "userName": "second", "userType": "IAMUser"}
                },
            },
            {
                "uid": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{INSTANCE}",
                "accountId": ACCOUNT,
                "resourceType": "EC2_INSTANCE",
                "region": "eu-west-1",
                "data": {"ec2Instance": {"instanceType": "t3.micro"}},
            },
        ],
        "endpoints": [{"id": "e1", "ip": "198.51.100.7"}],
        "signals": [
            {"uid": "finding-1", "type": "FINDING", "name": "Discovery:IAMUser/AnomalousBehavior"},
            {"uid": "event-1", "type": "CLOUD_TRAIL", "name": "ListBuckets"},
        ],
        **said,
    }
    return finding(
        {"resourceType": "AttackSequence"},
        {"detection": {"sequence": sequence}},
        type="AttackSequence:IAM/CompromisedCredentials",
        severity=9.5,
    )


def asff(**said: Any) -> Json:
    """The exfiltration as Security Hub CSPM tells it."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d/finding/f0f0",
        "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "GeneratorId": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d",
        "AwsAccountId": ACCOUNT,
        "Region": "us-east-1",
        "Types": [
            "TTPs/Initial Access/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS",
        ],
        "FirstObservedAt": "2026-11-20T22:01:02.000Z",
        "LastObservedAt": "2026-11-20T22:41:02.000Z",
        "CreatedAt": "2026-11-20T22:05:00.000Z",
        "UpdatedAt": "2026-11-20T22:45:00.250Z",
        "Severity": {"Product": 8, "Label": "HIGH", "Normalized": 70},
        "Title": "Credentials of an instance were used from outside.",
        "ProductFields": {
            "aws/guardduty/service/archived": "false",
            "aws/guardduty/service/count": "3",
            "aws/guardduty/service/additionalInfo/value": "{}",
        },
        "Resources": [
            {
                "Type": "AwsIamAccessKey",
                "Id": f"AWS::IAM::AccessKey:{SESSION_KEY}",
                "Region": "us-east-1",
                "Details": {
                    "AwsIamAccessKey": {
                        "PrincipalId": f"{ROLE_ID}:{INSTANCE}",
                        "PrincipalName": "web-tier",
                        "PrincipalType": "AssumedRole",
                    }
                },
            },
            {
                "Type": "AwsEc2Instance",
                "Id": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{INSTANCE}",
                "Region": "eu-west-1",
                "Details": {
                    "AwsEc2Instance": {"IamInstanceProfileArn": f"arn:aws:iam::{ACCOUNT}:instance-profile/web"}
                },
            },
        ],
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
        **said,
    }


def ocsf(**said: Any) -> Json:
    """The exfiltration as the new Security Hub tells it."""
    return {
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "activity_id": 1,
        "activity_name": "Create",
        "cloud": {"provider": "AWS", "region": "us-east-1", "account": {"uid": ACCOUNT}},
        "metadata": {
            "uid": "m-1",
            "product": {"name": "GuardDuty", "uid": "arn:aws:securityhub:us-east-1::productv2/aws/guardduty"},
        },
        "finding_info": {
            "uid": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d/finding/f0f0",
            "title": "Credentials of an instance were used from outside.",
            "types": ["TTPs/Initial Access/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS"],
            "first_seen_time_dt": "2026-11-20T22:01:02.000Z",
            "last_seen_time": 1795214462000,
            "modified_time_dt": "2026-11-20T22:45:00.250Z",
        },
        "severity_id": 4,
        "severity": "High",
        "resources": [
            {
                "type": "AWS::IAM::AccessKey",
                "uid": SESSION_KEY,
                "region": "us-east-1",
                "owner": {"account": {"uid": ACCOUNT}},
                "user": {"name": "web-tier"},
            },
            {
                "type": "AWS::EC2::Instance",
                "uid": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{INSTANCE}",
                "region": "eu-west-1",
            },
        ],
        "evidences": [
            {
                "actor": {
                    "user": {
                        "type": "AssumedRole",
                        "uid": f"{ROLE_ID}:{INSTANCE}",
                        "credential_uid": SESSION_KEY,
                        "account": {"uid": ACCOUNT},
                    }
                },
                "api": {"operation": "ListBuckets"},
            }
        ],
        **said,
    }


def health(*entities: str, **said: Any) -> Json:
    return event(
        {
            "eventArn": "arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/1",
            "service": "RISK",
            "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
            "eventTypeCategory": "issue",
            "startTime": "Thu, 15 Jan 2026 10:15:00 GMT",
            "lastUpdatedTime": "Thu, 15 Jan 2026 10:20:00 GMT",
            "statusCode": "open",
            "eventRegion": "us-east-1",
            "eventDescription": [{"language": "en_US", "latestDescription": "A key was found in public."}],
            "affectedEntities": [{"entityValue": each, "status": "PENDING"} for each in entities],
            "affectedAccount": ACCOUNT,
            **said,
        },
        **{"source": "aws.health", "detail-type": "AWS Health Event"},
    )


ALL = (
    finding(), event(finding()), pascal({"findings": [finding()]}), sequence_finding(), asff(), ocsf(),
    health(USER_KEY, "deployer"), network_finding(), of_key(user_details()),
)  # fmt: skip
