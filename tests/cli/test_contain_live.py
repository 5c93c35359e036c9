"""`guardrift contain` on AWS: the account is read, and the findings that name the same credential are, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from scanner.collect.sibling_findings import Pivot, sibling_findings
from scanner.inventory import Account
from tests.accounts import account, gap, region, regions
from tests.cli.conftest import Ended, Run
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn
from tests.policies.findings.samples import finding, key_details, pascal
from tests.policies.seed_cases import write

Json = dict[str, Any]
ROLE, ROLE_ID = "web-server", "AROAWEBSERVER00000001"
INSTANCE = "i-0a1b2c3d4e5f60718"
KEY, NEXT_KEY = "ASIAEXAMPLESESSION01", "ASIAEXAMPLESESSION02"
FIELDS = {
    "key": "resource.accessKeyDetails.accessKeyId",
    "principal": "resource.accessKeyDetails.principalId",
    "instance": "resource.instanceDetails.instanceId",
}


def told(identifier: str, key: str = KEY, session: str = INSTANCE, **said: Any) -> Json:
    """A finding of GuardDuty about a session of the role."""
    details = key_details(accessKeyId=key, principalId=f"{ROLE_ID}:{session}", userName=ROLE)
    return finding(
        {"resourceType": "AccessKey", "accessKeyDetails": details}, id=identifier, accountId=ACCOUNT_ID, **said
    )


class Findings:
    """GuardDuty with some findings in one region, listed one on a page."""

    def __init__(self, found: dict[str, tuple[set[str], Json]], region: str = HOME) -> None:
        self.found = found
        self.region = region
        self.criteria: list[tuple[str, Json]] = []

    def list(self, asked: Asked) -> Json:
        criterion = asked.parameters["FindingCriteria"]["Criterion"]
        if "severity" in criterion:
            return {"FindingIds": []}
        self.criteria.append((asked.region, criterion))
        ((field, condition),) = criterion.items()
        ids = [
            name
            for name, (_, each) in self.found.items()
            if asked.region == self.region and self._value(each, field) in condition["Equals"]
        ]
        at = int(asked.parameters.get("NextToken", "0"))
        more = {"NextToken": str(at + 1)} if at + 1 < len(ids) else {}
        return {"FindingIds": ids[at : at + 1], **more}

    def get(self, asked: Asked) -> Json:
        return {"Findings": [pascal(self.found[each][1]) for each in asked.parameters["FindingIds"]]}

    @staticmethod
    def _value(node: Any, path: str) -> Any:
        for name in path.split("."):
            node = (node or {}).get(name)
        return node


def holding(*found: Json, region: str = HOME) -> Findings:
    return Findings({each["id"]: (set(), each) for each in found}, region)


@pytest.fixture
def contain(run: Run, aws: StandIn) -> Callable[..., Ended]:
    """The command on an account with the role in it."""
    details = aws.plain("iam:GetAccountAuthorizationDetails")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                     "Action": "sts:AssumeRole"}]}  # fmt: skip
    details["RoleDetailList"] = [{
        "RoleName": ROLE, "RoleId": ROLE_ID, "Path": "/", "Arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE}",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC), "AssumeRolePolicyDocument": json.dumps(trust),
        "RolePolicyList": [], "AttachedManagedPolicies": [], "InstanceProfileList": [], "Tags": [],
    }]  # fmt: skip
    aws.answer("iam:GetAccountAuthorizationDetails", details)

    def call(guardduty: Findings, *arguments: object) -> Ended:
        aws.answer("guardduty:ListFindings", guardduty.list)
        aws.answer("guardduty:GetFindings", guardduty.get)
        return run("contain", *arguments, "--format", "json")

    return call


def siblings_asked(aws: StandIn) -> list[Asked]:
    return [
        asked
        for asked in aws.asked
        if asked.api == "guardduty:ListFindings" and "severity" not in asked.parameters["FindingCriteria"]["Criterion"]
    ]


def test_sibling_findings_are_merged(contain: Callable[..., Ended], work: Any) -> None:
    guardduty = holding(told("f1"), told("f2"), told("f3", NEXT_KEY), told("f4", "ASIAANOTHERSESSION01", "i-0ffffffff"))

    ended = contain(guardduty, "--finding", write(work / "finding.json", told("f1")))

    plan = json.loads(ended.out)
    assert ended.code == 0, ended.err
    assert plan["principal"].endswith(f":role/{ROLE}")
    assert plan["subject"]["told_by"] == "GuardDuty finding f1, GuardDuty finding f2"
    assert any(NEXT_KEY in note and "f3" in note for note in plan["notes"])
    assert "ASIAANOTHERSESSION01" not in ended.out


def test_what_is_asked_for(contain: Callable[..., Ended], work: Any, aws: StandIn) -> None:
    guardduty = holding(told("f1"))

    contain(guardduty, "--finding", write(work / "finding.json", told("f1")))

    asked = {
        field: set(condition["Equals"]) for _, criterion in guardduty.criteria for field, condition in criterion.items()
    }
    assert asked == {
        FIELDS["key"]: {KEY}, FIELDS["principal"]: {f"{ROLE_ID}:{INSTANCE}"}, FIELDS["instance"]: {INSTANCE},
    }  # fmt: skip
    assert all(len(criterion) == 1 for _, criterion in guardduty.criteria)
    got = [each for each in aws.asked if each.api == "guardduty:GetFindings" and "f1" in each.parameters["FindingIds"]]
    assert len(got) == 1
    # The detectors were collected with the account, and are not listed again.
    assert max(count for (api, _), count in aws.requests.items() if api == "guardduty:ListDetectors") == 1


def test_every_region_is_asked(contain: Callable[..., Ended], work: Any, aws: StandIn) -> None:
    """A stolen key is used wherever the thief likes, and GuardDuty tells it there."""
    aws.answer("guardduty:ListDetectors", {"DetectorIds": ["d1"]})
    guardduty = holding(told("f9", NEXT_KEY), region=OTHER)

    ended = contain(guardduty, "--finding", write(work / "finding.json", told("f1")))

    assert {region for region, _ in guardduty.criteria} == {HOME, OTHER}
    assert any(NEXT_KEY in note for note in json.loads(ended.out)["notes"])


def test_a_temporary_key_is_explained_by_a_sibling(contain: Callable[..., Ended]) -> None:
    ended = contain(holding(told("f1")), "--access-key", KEY)

    plan = json.loads(ended.out)
    assert (ended.code, plan["verdict"]) == (0, "ready")
    assert plan["principal"].endswith(f":role/{ROLE}")


@pytest.mark.parametrize("said", [{"service": {"archived": True}}, {"service": {"additionalInfo": {"sample": True}}}])
def test_siblings_on_which_nobody_acts(contain: Callable[..., Ended], work: Any, said: Json) -> None:
    """They explain the suspect, but suspect nobody further."""
    service = {**told("f")["service"], **said["service"]}
    # What joins this one is the instance alone: it is about another session.
    other = told("f3", NEXT_KEY, "somebody", service=service)
    other["resource"]["instanceDetails"] = {"instanceId": INSTANCE}
    guardduty = holding(told("f1", service=service), other)

    ended = contain(guardduty, "--finding", write(work / "finding.json", told("f0")))

    assert (ended.code, json.loads(ended.out)["verdict"]) == (0, "ready")
    assert NEXT_KEY not in ended.out
    assert "suspect nobody further" in ended.err
    assert json.loads(contain(guardduty, "--access-key", KEY).out)["verdict"] == "ready"


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("guardduty:ListFindings", DENIED),
        ("guardduty:ListDetectors", DENIED),
        ("guardduty:GetFindings", DENIED),
        ("guardduty:ListFindings", {}),
        ("guardduty:ListFindings", {"FindingIds": "f1"}),
        ("guardduty:GetFindings", {"Findings": ["f1"]}),
        ("guardduty:GetFindings", {}),
        ("guardduty:ListFindings", Refusal("InternalServerErrorException", 500)),
        ("guardduty:ListFindings", OSError("no network")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_siblings_that_cannot_be_read_keep_nobody_from_a_plan(
    contain: Callable[..., Ended], run: Run, work: Any, aws: StandIn, api: str, answer: Any
) -> None:
    path = write(work / "finding.json", told("f0"))
    contain(holding(told("f1")), "--finding", path)
    aws.answer(api, answer)

    ended = run("contain", "--finding", path, "--format", "json")

    plan = json.loads(ended.out)
    assert (ended.code, plan["verdict"]) == (0, "ready")
    assert "Sibling findings are unknown" in ended.err
    assert any("Sibling findings are unknown" in note and api in note for note in plan["notes"])


def test_a_finding_that_is_none_costs_only_itself(contain: Callable[..., Ended], work: Any) -> None:
    guardduty = holding(told("f1"), told("f3", NEXT_KEY))
    guardduty.get = lambda asked: {"Findings": [{"Id": "?"}, pascal(told("f3", NEXT_KEY))]}  # type: ignore[method-assign]

    ended = contain(guardduty, "--finding", write(work / "finding.json", told("f0")))

    assert ended.code == 0
    assert "was not understood" in ended.err
    assert NEXT_KEY in ended.out


def test_times_of_the_sdk_are_read(contain: Callable[..., Ended], work: Any) -> None:
    """The SDK makes times of some members, such as the creation of a bucket; JSON has none."""
    found = told("f3", NEXT_KEY)
    found["resource"]["s3BucketDetails"] = [{"name": "data", "createdAt": datetime(2026, 1, 1, tzinfo=UTC)}]

    ended = contain(holding(found), "--finding", write(work / "finding.json", told("f0")))

    assert ended.code == 0, ended.err
    assert NEXT_KEY in ended.out


def test_regions_that_were_left_out_are_told(contain: Callable[..., Ended], work: Any) -> None:
    guardduty = holding(told("f9", NEXT_KEY), region=OTHER)

    ended = contain(guardduty, "--finding", write(work / "finding.json", told("f1")), "--region", HOME)

    assert {region for region, _ in guardduty.criteria} == {HOME}
    assert "nobody asked in" in ended.err
    assert OTHER in next(note for note in json.loads(ended.out)["notes"] if "nobody asked" in note)


def test_the_attack_sequence_of_a_finding_is_read(contain: Callable[..., Ended], work: Any, aws: StandIn) -> None:
    arn = f"arn:aws:guardduty:{HOME}:{ACCOUNT_ID}:detector/12abc34d/finding/sequence1"
    guardduty = holding(told("f1"))

    contain(guardduty, "--finding", write(work / "finding.json", told("f1", associatedAttackSequenceArn=arn)))

    assert {"id": {"Equals": ["sequence1"]}} in [criterion for _, criterion in guardduty.criteria]


def test_by_name_nothing_is_asked_that_names_no_session(contain: Callable[..., Ended], aws: StandIn) -> None:
    ended = contain(holding(told("f1")), "--role", ROLE)

    assert ended.code == 0
    assert siblings_asked(aws) == []
    assert "nothing is told by which GuardDuty lists findings" in ended.err


def test_the_guards_hold_live(contain: Callable[..., Ended], work: Any, aws: StandIn) -> None:
    aws.answer("iam:GetAccountAuthorizationDetails", DENIED)

    ended = contain(holding(), "--role", ROLE)

    assert ended.code == 3
    assert json.loads(ended.out)["verdict"] == "facts missing"


def test_of_whom_collects_nobody_is_shut_out(contain: Callable[..., Ended], aws: StandIn) -> None:
    caller = {"Account": ACCOUNT_ID, "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{ROLE}/me", "UserId": "A:me"}
    aws.answer("sts:GetCallerIdentity", caller)

    ended = contain(holding(), "--role", ROLE)

    assert ended.code == 1
    assert "collected the account" in json.loads(ended.out)["reason"]


def test_what_is_wrong_is_said_before_aws_is_asked(run: Run, aws: StandIn) -> None:
    for arguments in (["--cutoff", "soon"], ["--protect", "x"], ["-o", "/dev/null/x"], ["--user", "x"]):
        assert run("contain", "--role", ROLE, *arguments).code == 2

    assert aws.asked == []


def _detecting(**more: object) -> Account:
    detector = {"id": "12abc34d", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d",
                "detail": gap("guardduty:GetDetector")}  # fmt: skip
    return account(regions(region("eu-west-1", detectors=[detector]), region("eu-north-1", detectors=[]), **more))


def test_many_values_and_findings_are_asked_for_in_parts() -> None:
    """As the service model has it, 50 values in a criterion and 50 findings at once."""
    client = boto3.client("guardduty", "eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x")
    keys = [f"ASIAEXAMPLE{number:09}" for number in range(60)]
    ids = [f"f{number:03}" for number in range(70)]
    with Stubber(client) as stub:
        for part, answer in ((keys[:50], ids), (keys[50:], [])):
            criteria = {"Criterion": {FIELDS["key"]: {"Equals": part}}}
            wanted = {"DetectorId": "12abc34d", "FindingCriteria": criteria, "MaxResults": 50}
            pages = [answer[:50], answer[50:]] if answer else [[]]
            for at, page in enumerate(pages):
                token = {"NextToken": "t"} if at + 1 < len(pages) else {}
                before = {"NextToken": "t"} if at else {}
                stub.add_response("list_findings", {"FindingIds": page, **token}, {**wanted, **before})
        for part in (ids[:50], ids[50:]):
            answer_of = {"Findings": [_whole(each) for each in part]}
            stub.add_response("get_findings", answer_of, {"DetectorId": "12abc34d", "FindingIds": part})

        found = sibling_findings(_Session(client), _detecting(), Pivot(keys=set(keys)))

        stub.assert_no_pending_responses()
    assert sorted(each["Id"] for each in found.findings) == ids
    assert found.missed == ()


def _whole(identifier: str) -> Json:
    return {
        "AccountId": "111122223333", "Arn": "a", "CreatedAt": "c", "Id": identifier, "Region": "eu-west-1",
        "Resource": {}, "SchemaVersion": "2.0", "Severity": 8.0, "Type": "t", "UpdatedAt": "u",
    }  # fmt: skip


class _Session:
    """A session whose one client is stubbed."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        assert (service, region_name) == ("guardduty", "eu-west-1")
        assert config.retries["total_max_attempts"] > 1
        return self._client


@pytest.mark.parametrize("field", FIELDS.values())
def test_the_fields_are_those_that_the_service_lists(field: str) -> None:
    model = boto3.client("guardduty", "eu-west-1", aws_access_key_id="A", aws_secret_access_key="x").meta.service_model
    listed = model.operation_model("ListFindings").input_shape.members["FindingCriteria"]

    assert f">{field}<" in listed.documentation
    assert "Equals" in model.shape_for("Condition").members


def test_on_moto(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account as moto has it, with a detector; moto knows no findings, so that there is something unknown."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        iam = boto3.client("iam")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
        boto3.client("guardduty", "eu-west-1").create_detector(Enable=True)

        ended = run("contain", "--access-key", key, "--region", "eu-west-1", "--format", "json")

    plan = json.loads(ended.out)
    assert (ended.code, plan["verdict"]) == (0, "ready")
    assert plan["principal"].endswith(":user/ann")
    assert any("Sibling findings are unknown" in note for note in plan["notes"])
