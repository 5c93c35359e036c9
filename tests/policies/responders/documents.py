"""Responders with the mistakes of published ones, written anew, each with a twin that does not make them."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

CUTOFF = "2026-11-20T23:00:31Z"


def policy(statement: Any = None, cutoff: Any = CUTOFF, **said: Any) -> Json:
    """A revocation of somebody else's, with a Sid of its own."""
    if statement is None:
        statement = {
            "Sid": "EndOldSessions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": cutoff}},
            **said,
        }
    return {"Version": "2012-10-17", "Statement": [statement]}


UNQUOTED = """{
  "Version": "2012-10-17",
  "Statement": [{
    "Sid": "EndOldSessions", "Effect": "Deny", "Action": "*", "Resource": "*",
    "Condition": {"DateLessThan": {
      "aws:TokenIssueTime": the_time_of_the_event
    }}
  }]
}
"""

FAMILIES = [
    {"prefix": f"{family}"}
    for family in (
        "UnauthorizedAccess:IAMUser/",
        "UnauthorizedAccess:EC2/MetadataDNSRebind",
        "Recon:IAMUser/",
        "InitialAccess:IAMUser/",
        "Discovery:IAMUser/",
        "CredentialAccess:IAMUser/",
        "Persistence:IAMUser/",
        "PrivilegeEscalation:IAMUser/",
        "DefenseEvasion:IAMUser/",
        "Exfiltration:IAMUser/",
        "Impact:IAMUser/",
        "PenTest:IAMUser/",
        "AttackSequence:",
    )
]

GOOD_PATTERN: Json = {
    "source": ["aws.guardduty"],
    "detail-type": ["GuardDuty Finding"],
    "detail": {"type": FAMILIES, "service": {"archived": [False]}},
}

ONE_TYPE: Json = {
    "source": ["aws.guardduty"],
    "detail": {"type": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]},
}

OLD_TYPE: Json = {
    "source": ["aws.guardduty"],
    "detail-type": ["GuardDuty Finding"],
    "detail": {
        "type": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"],
        "service": {"archived": [False]},
    },
}

INLINE_RESPONDER = '''
import boto3
import datetime
from botocore.exceptions import ClientError

def respond(event, context):
    said = "It did not work."
    try:
        iam = boto3.client("iam")
        name = event["detail"]["resource"]["accessKeyDetails"]["userName"]
        moment = datetime.datetime.utcnow().isoformat()
        document = """
          {
            "Version": "2012-10-17",
            "Statement": {
              "Effect": "Deny", "Action": "*", "Resource": "*",
              "Condition": {"DateLessThan": {"aws:TokenIssueTime": "%s"}}
            }
          }
        """ % moment
        iam.put_role_policy(
            RoleName=name, PolicyName="OldSessionsEnd", PolicyDocument=document.replace("\\n", "").replace(" ", "")
        )
        said = "All sessions are revoked."
    except ClientError as error:
        print(error)
    return said
'''

MANAGED_RESPONDER = """
import json
from datetime import datetime
import boto3

def respond(event, context):
    name = event["detail"]["resource"]["accessKeyDetails"]["userName"]
    told = event["detail"]["updatedAt"]
    cutoff = datetime.strptime(told, "%Y-%m-%dT%H:%M:%S.%fZ").strftime("%Y-%m-%dT%H:%M:%S")
    iam = boto3.client("iam")
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "EndOldSessions", "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": cutoff}},
            }
        ],
    }
    made = iam.create_policy(PolicyName="EndOldSessions", PolicyDocument=json.dumps(document))
    if made["ResponseMetadata"]["HTTPStatusCode"] == 200:
        iam.attach_role_policy(RoleName=name, PolicyArn=made["Policy"]["Arn"])
        return {"statusCode": 200}
"""

GOOD_RESPONDER = """
import json
from datetime import datetime, timedelta, timezone
import boto3

iam = boto3.client("iam")

def respond(event, context):
    finding = event["detail"]
    details = finding["resource"]["accessKeyDetails"]
    if finding["service"]["additionalInfo"].get("sample") or finding["service"]["archived"]:
        return "nothing to do"
    if details["userType"] != "AssumedRole":
        raise ValueError("not a role")
    name = details["userName"]
    if iam.get_role(RoleName=name)["Role"]["RoleId"] != details["principalId"].split(":")[0]:
        raise ValueError("another role")
    cutoff = (datetime.now(timezone.utc) + timedelta(seconds=31)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = iam.get_role_policy(RoleName=name, PolicyName="ir-revoke-case-1")
    if before["PolicyDocument"]["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"] > cutoff:
        return "revoked already"
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "EndOldSessions", "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": cutoff}},
            }
        ],
    }
    iam.put_role_policy(RoleName=name, PolicyName="ir-revoke-case-1", PolicyDocument=json.dumps(document))
    return "revoked"
"""

KEY_RESPONDER = """
import boto3

def respond(event, context):
    details = event["detail"]["resource"]["accessKeyDetails"]
    if event["detail"]["service"]["additionalInfo"].get("sample"):
        return "a sample"
    boto3.client("iam").update_access_key(
        UserName=details["userName"], AccessKeyId=details["accessKeyId"], Status="Inactive"
    )
    return "done"
"""

GOOD_KEY_RESPONDER = KEY_RESPONDER.replace(
    "    boto3",
    '    if not details["accessKeyId"].startswith("AKIA"):\n        raise ValueError("a session")\n    boto3',
).replace(
    '    return "done"',
    "    boto3.client('iam').put_user_policy(UserName=details['userName'], PolicyName='ir-quarantine-user',\n"
    '        PolicyDocument=\'{"Version":"2012-10-17","Statement":[{"Sid":"Quarantine","Effect":"Deny",'
    '"Action":"*","Resource":"*"}]}\')\n    return "done"',
)

TABLE = """
CREATE EXTERNAL TABLE calls (
  eventversion STRING, useridentity STRUCT<type:STRING, principalid:STRING, accesskeyid:STRING>,
  eventtime STRING, eventsource STRING, eventname STRING, errorcode STRING)
ROW FORMAT SERDE 'com.amazon.emr.hive.serde.CloudTrailSerde'
LOCATION 's3://somebodys-trail/'
"""

GOOD_TABLE = """
CREATE EXTERNAL TABLE calls (
  eventversion STRING, eventtime STRING, eventsource STRING, eventname STRING, eventcategory STRING,
  useridentity STRUCT<type:STRING, onbehalfof:STRUCT<userid:STRING>,
    sessioncontext:STRUCT<ec2roledelivery:STRING, sourceidentity:STRING,
      webidfederationdata:STRUCT<federatedprovider:STRING>>>)
PARTITIONED BY (day STRING)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
LOCATION 's3://somebodys-trail/AWSLogs/'
TBLPROPERTIES ('projection.enabled'='true',
  'storage.location.template'='s3://somebodys-trail/AWSLogs/111122223333/CloudTrail/eu-west-1/${day}')
"""


def template(*, good: bool) -> Json:
    """Rule, function, permission, topic and role of a responder."""
    target: Json = {"Id": "respond", "Arn": {"Fn::GetAtt": ["Responder", "Arn"]}}
    granted = {"Effect": "Allow", "Action": ["iam:PutRolePolicy", "iam:PassRole"]}
    never = {"Sid": "Never", "Effect": "Deny", "Action": "iam:*", "Resource": {"Fn::GetAtt": ["Role", "Arn"]}}
    here = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/the-lab"}
    document = {
        "Version": "2012-10-17",
        "Statement": [granted | {"Resource": "arn:aws:iam::*:role/*"}, never] if good else granted | {"Resource": here},
    }
    source = {"Fn::GetAtt": ["Rule", "Arn"]}
    publish: Json = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*",
    }  # fmt: skip
    if good:
        target["DeadLetterConfig"] = {"Arn": {"Fn::GetAtt": ["Letters", "Arn"]}}
        publish["Condition"] = {"ArnEquals": {"aws:SourceArn": source}}
    bus = {"Id": "bus", "Arn": {"Fn::Sub": "arn:aws:events:eu-west-1:${AWS::AccountId}:event-bus/central"}}
    bus |= {"DeadLetterConfig": {"Arn": "x"}}
    code = GOOD_RESPONDER if good else INLINE_RESPONDER
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": GOOD_PATTERN if good else ONE_TYPE,
                    "Targets": [target, bus] if good else [target],
                },
            },
            "Responder": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Runtime": "python3.13" if good else "python3.8", "Code": {"ZipFile": code}},
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "Principal": "events.amazonaws.com",
                    **({"SourceArn": source} if good else {}),
                },
            },
            "Topic": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [publish]}},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"Policies": [{"PolicyName": "respond", "PolicyDocument": document}]},
            },
        },
    }


ALL = (
    json.dumps(policy()), json.dumps(policy(cutoff="2026-11-20T23:00:31.123456")), UNQUOTED, json.dumps(GOOD_PATTERN),
    json.dumps(ONE_TYPE), INLINE_RESPONDER, MANAGED_RESPONDER, GOOD_RESPONDER, KEY_RESPONDER, TABLE, GOOD_TABLE,
    json.dumps(template(good=True)), json.dumps(template(good=False)),
)  # fmt: skip
