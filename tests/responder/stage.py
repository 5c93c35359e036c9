"""AWS for the responder: a moto server in this process, with the findings of GuardDuty that moto does not have."""

from __future__ import annotations

import io
import json
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from tests.policies.findings.samples import event, finding, health, instance_details, key_details

Json = dict[str, Any]

ACCOUNT, REGION, OTHER_REGION = "123456789012", "eu-west-1", "us-east-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:guardrift-responder"
ROLE, USER, BUCKET = "web", "deployer", "guardrift-journals"
SESSION_KEY = "ASIAEXAMPLESESSION01"
_IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
_EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
_LISTED = "ListServiceSpecificCredentials"
_REGIONS = f"""<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo>{
    "".join(
        f"<item><regionName>{name}</regionName><optInStatus>opt-in-not-required</optInStatus></item>"
        for name in (REGION, OTHER_REGION)
    )
}</regionInfo></DescribeRegionsResponse>"""
_ANSWERS = {
    _LISTED: f'<{_LISTED}Response xmlns="{_IAM}"><{_LISTED}Result><ServiceSpecificCredentials/></{_LISTED}Result>'
    f"</{_LISTED}Response>",
    "GetInstanceMetadataDefaults": f'<GetInstanceMetadataDefaultsResponse xmlns="{_EC2}"><accountLevel/>'
    "</GetInstanceMetadataDefaultsResponse>",
    "DescribeInstanceInformation": '{"InstanceInformationList": []}',
    "DescribeRegions": _REGIONS,
    "LookupEvents": '{"Events": []}',
}
"""What moto does not answer, and a client would ask for eight times."""


@dataclass
class Stage:
    """The stand-in, and what it was asked.

    Attributes:
        findings: of GuardDuty, as its events have them; they are listed and given out again.
        refused: API actions, as ``service:Operation`` or the last part of a path, that are denied from now on.
    """

    endpoint: str = ""
    findings: list[Json] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    moto: Any = None

    def answer(self, environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = _action(environ, body)
        self.calls.append(action)
        if action == "SimulatePrincipalPolicy" or any(each in action for each in self.refused):
            return Response(_denied(action), 403, mimetype="text/xml")(environ, start_response)
        if path.startswith("/detector/") and "/findings" in path:
            found = [each for each in self.findings if _is_asked(each, json.loads(body or b"{}"))]
            ids = {"findingIds": [each["id"] for each in found]}
            answer = {"findings": found} if path.endswith("/get") else ids
            return Response(json.dumps(answer), mimetype="application/json")(environ, start_response)
        if action in _ANSWERS:
            return Response(_ANSWERS[action], mimetype="text/xml")(environ, start_response)
        answered: Iterable[bytes] = self.moto(environ, start_response)
        return answered

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=self.endpoint,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )  # fmt: skip

    def reset(self) -> None:
        self.findings, self.refused, self.calls = [], set(), []
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).close()


def _action(environ: Json, body: bytes) -> str:
    """The API action; of services without one in the request its method and path."""
    if body.startswith(b"Action="):
        return body[7:].split(b"&", 1)[0].decode()
    target = environ.get("HTTP_X_AMZ_TARGET")
    return str(target).rpartition(".")[2] if target else f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _denied(action: str) -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform "
        f"{action}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    )


def _is_asked(each: Json, content: Json) -> bool:
    if "findingIds" in content:
        return each["id"] in content["findingIds"]
    for path, condition in content.get("findingCriteria", {}).get("criterion", {}).items():
        node: Any = each
        for name in path.split("."):
            node = (node or {}).get(name)
        if node not in (condition.get("equals") or condition.get("eq") or ()):
            return False
    return True


class _Quiet(MotoRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[Stage]:
    stage = Stage()
    stage.moto = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, stage.answer, True, request_handler=_Quiet)
    stage.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Scene:
    """The account: a role of an instance, a user with a key, a topic with a queue behind it, a bucket."""

    stage: Stage
    role_id: str
    user_id: str
    key: str
    instance: str
    detector: str
    topic: str
    queue: str

    def environment(self, mode: str = "notify", **more: str) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.stage.endpoint,
            "GUARDRIFT_MODE": mode,
            "GUARDRIFT_TOPIC": self.topic,
            "GUARDRIFT_JOURNAL_BUCKET": BUCKET,
            **more,
        }

    def exfiltrated(self, identifier: str = "f0f0f0f0a1a1", **said: Any) -> Json:
        """The credentials of the instance were used elsewhere; GuardDuty has the finding, too."""
        details = key_details(principalId=f"{self.role_id}:{self.instance}", userName=ROLE, accessKeyId=SESSION_KEY)
        resource = {
            "resourceType": "AccessKey",
            "accessKeyDetails": details,
            "instanceDetails": instance_details(instanceId=self.instance),
        }
        return self.told(finding(resource, **{**self.places(identifier), **said}))

    def of_user(self, identifier: str = "e0e0e0e0b1b1", **said: Any) -> Json:
        details = key_details(accessKeyId=self.key, principalId=self.user_id, userName=USER, userType="IAMUser")
        resource = {"resourceType": "AccessKey", "accessKeyDetails": details}
        return self.told(finding(resource, **{**self.places(identifier), **said}))

    def exposed(self) -> Json:
        return health(self.key, affectedAccount=ACCOUNT)

    def places(self, identifier: str) -> Json:
        arn = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{self.detector}/finding/{identifier}"
        return {"id": identifier, "arn": arn, "accountId": ACCOUNT, "region": REGION}

    def told(self, detail: Json) -> Json:
        self.stage.findings.append(detail)
        return event(detail, account=ACCOUNT)

    def messages(self) -> list[tuple[str, str]]:
        """Subject and text of what was published since the last time."""
        sqs = self.stage.client("sqs")
        found: list[tuple[str, str]] = []
        while True:
            answer = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return found
            for each in answer["Messages"]:
                body = json.loads(each["Body"])
                found.append((body["Subject"], body["Message"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])

    def inline(self, kind: str = "role", name: str = ROLE) -> dict[str, Json]:
        iam = self.stage.client("iam")
        named = {f"{kind.title()}Name": name}
        names = getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"]
        read = getattr(iam, f"get_{kind}_policy")
        return {each: read(**named, PolicyName=each)["PolicyDocument"] for each in names}

    def journal(self, run: str) -> bytes:
        s3 = self.stage.client("s3")
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"journal/{run}/").get("Contents", ())
        return b"".join(
            s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
            for each in sorted(listed, key=lambda each: str(each["Key"]))
        )


def build(stage: Stage) -> Scene:
    iam, ec2 = stage.client("iam"), stage.client("ec2")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)["Role"]
    grant = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    own = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    iam.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=own)
    profile = iam.create_instance_profile(InstanceProfileName=ROLE)["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    run = ec2.run_instances(ImageId="ami-03cf127a", MinCount=1, MaxCount=1, IamInstanceProfile={"Arn": profile["Arn"]})
    user = iam.create_user(UserName=USER)["User"]
    iam.put_user_policy(UserName=USER, PolicyName="own", PolicyDocument=own)
    key = iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    stage.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    topic = stage.client("sns").create_topic(Name="alerts")["TopicArn"]
    sqs = stage.client("sqs")
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:alerts"
    stage.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Scene(
        stage=stage, role_id=role["RoleId"], user_id=user["UserId"], key=key,
        instance=run["Instances"][0]["InstanceId"],
        detector=stage.client("guardduty").create_detector(Enable=True)["DetectorId"],
        topic=topic, queue=queue,
    )  # fmt: skip
