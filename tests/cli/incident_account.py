"""An account of moto in which something happens, for the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudtrail.responses import CloudTrailResponse
from moto.iam.exceptions import ReportNotPresentException
from moto.iam.responses import IamResponse

from scanner.collect.account import Scope, collect
from scanner.inventory import Account
from scanner.snapshot import encode
from tests.policies.execution.incident import REGION, START, session

SECRET = "not-a-secret-of-anybody"

_WANTED = frozenset({
    "iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys", "iam:ListRoles", "iam:ListInstanceProfiles",
    "iam:GetAccountSummary", "organizations:DescribeOrganization", "ec2:DescribeInstances",
    "iam:ListSAMLProviders", "iam:ListOpenIDConnectProviders", "iam:ListVirtualMFADevices", "iam:GetCredentialReport",
})  # fmt: skip


@dataclass
class Logs:
    """What CloudTrail tells, which nothing in moto makes."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def looked_up(self, response: CloudTrailResponse) -> str:
        (asked,) = json.loads(response.body)["LookupAttributes"]
        told = [each["event"] for each in self.events if each["by"] == (asked["AttributeKey"], asked["AttributeValue"])]
        listed = [
            {"EventId": str(at), "EventName": each["eventName"], "CloudTrailEvent": json.dumps(each)}
            for at, each in enumerate(told)
        ]
        return json.dumps({"Events": listed})


@contextmanager
def in_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Logs]:
    """AWS is moto, and nobody waits."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with mock_aws():
        yield complete_moto(monkeypatch)


def complete_moto(monkeypatch: pytest.MonkeyPatch) -> Logs:
    """What moto does not implement, and raises about where AWS would answer."""
    logs = Logs()
    name = "ListServiceSpecificCredentials"
    none = f"<{name}Response><{name}Result><ServiceSpecificCredentials/></{name}Result></{name}Response>"
    monkeypatch.setattr(IamResponse, "list_service_specific_credentials", lambda _: none, raising=False)
    monkeypatch.setattr(IamResponse, "simulate_principal_policy", _denied, raising=False)
    monkeypatch.setattr(CloudTrailResponse, "lookup_events", lambda response: logs.looked_up(response), raising=False)
    return logs


def _denied(_: object) -> None:
    raise ReportNotPresentException("the simulator is not for you")


def facts() -> Account:
    """What a plan is made from, read of moto."""
    return collect(session(), Scope(regions=(REGION,), wanted=_WANTED), now=START)


def write_facts(path: Path) -> Path:
    """The same as a snapshot."""
    path.write_bytes(encode(facts()))
    return path


def client(service: str) -> Any:
    """A client of moto."""
    return boto3.client(service, region_name=REGION)
