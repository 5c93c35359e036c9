"""An account of moto in which something is contained: AWS with a clock of its own, and what can be seen in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.handlers import json_decode_policies

from policies.dispatch import Circumstances
from policies.execution.api import AwsApi
from policies.execution.carrying_out import carry_out
from policies.execution.changes import Change
from policies.execution.journal import Journal
from policies.execution.planned import changes_of, suspected_instances
from policies.execution.records import Begun, Ended, Line
from policies.execution.rolling_back import roll_back
from policies.planning import Plan, make_plan
from policies.subjects import Subject
from scanner.collect.account import Scope, collect
from scanner.inventory import Account
from tests.policies.execution.lacking import Lacking

OWN = "123456789012"
START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = START + timedelta(days=3)
"""By then no session from before is left, of a user neither."""
REGION = "eu-west-1"
_WANTED = frozenset({
    "iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys",
    "organizations:DescribeOrganization", "iam:GetAccountSummary",
    "ec2:DescribeInstances", "iam:ListInstanceProfiles",
})  # fmt: skip


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Clock:
    """A clock that goes on by itself only a little."""

    at: datetime = START

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=10)
        return self.at


@dataclass
class MotoApi(AwsApi):
    """AWS in moto.

    Attributes:
        clock: what time it is.
        calls: what was asked, with its parameters.
        before: is told each call before it is made, with its number from 0; may raise in its place.
        after: is told each call after it was made.
    """

    clock: Clock = field(default_factory=Clock)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    before: Callable[[int, str], None] = lambda *_: None
    after: Callable[[int, str], None] = lambda *_: None

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        number, name = len(self.calls), f"{service}:{operation}"
        self.calls.append((name, parameters))
        self.before(number, name)
        try:
            return AwsApi.call(self, service, operation, **parameters)
        finally:
            self.after(number, name)

    def now(self) -> datetime:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    @property
    def writes(self) -> list[str]:
        """The calls that change something, without their services."""
        names = (name.partition(":")[2] for name, _ in self.calls)
        return [name for name in names if not name.startswith(("Get", "List", "Describe"))]


@dataclass
class Lines:
    """A journal in memory, which may end the process before or after a line is kept."""

    kept: list[Line] = field(default_factory=list)
    before: Callable[[int], None] = lambda _: None
    after: Callable[[int], None] = lambda _: None

    def append(self, line: Line) -> None:
        self.before(len(self.kept))
        self.kept.append(line)
        self.after(len(self.kept) - 1)

    def close(self) -> None:
        """There is nothing to close."""


@dataclass
class Incident:
    """Something that is contained.

    Attributes:
        begun: the first line of every journal of it.
        lacking: what moto lacks.
        clock: of everybody.
        before: what was there before.
    """

    begun: Begun
    lacking: Lacking = field(default_factory=Lacking)
    clock: Clock = field(default_factory=Clock)
    before: str = ""
    _clients: dict[tuple[str, str, bool], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = self.state()

    def state(self) -> str:
        return state(self.lacking)

    def api(self, **hooks: Any) -> MotoApi:
        return MotoApi(session(), session(), on_client=self.lacking, clock=self.clock, _clients=self._clients, **hooks)

    def journal(self, lines: Lines | None = None) -> Journal:
        """A journal that has begun."""
        found = Journal(lines if lines is not None else Lines())
        found.append(self.begun)
        return found

    def contained(self) -> Journal:
        """The journal of a run that was carried out."""
        journal = self.journal()
        ended = carry_out(journal, self.api())
        assert ended.state == "applied", ended.said
        return journal

    def undone(self, journal: Journal, *, force: bool = True) -> Ended:
        return roll_back(journal, self.api(), force=force)

    def freed(self, journal: Journal) -> None:
        """Undo a run, and see that everything is as it was."""
        ended = self.undone(journal)
        assert ended.state == "rolled back", ended.said
        assert self.state() == self.before


@cache
def session() -> Any:
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)


@cache
def client(service: str, region: str = REGION) -> Any:
    """A client that tells documents as AWS sent them."""
    made = session().client(service, region_name=region)
    made.meta.events.unregister("after-call.iam", json_decode_policies)
    return made


def state(lacking: Lacking) -> str:
    """Everything that a containment touches, byte for byte, apart from when it was made."""
    iam = client("iam")
    details = iam.get_account_authorization_details(Filter=["Role", "User", "LocalManagedPolicy"])
    found: dict[str, Any] = {
        "roles": {each["RoleName"]: _of_principal("role", each) for each in details["RoleDetailList"]},
        "users": {each["UserName"]: _of_principal("user", each) for each in details["UserDetailList"]},
        "policies": {each["Arn"]: _of_policy(each) for each in details["Policies"]},
        "boundaries of users": dict(lacking.boundaries),
        "service credentials": {user: held for user, held in lacking.services.items() if held},
        "instances": {
            each["InstanceId"]: each.get("MetadataOptions")
            for held in client("ec2").describe_instances()["Reservations"]
            for each in held["Instances"]
        },
        "organization": _of_organization(),
        "permission sets": _of_permission_sets(),
    }
    return json.dumps(found, default=str, sort_keys=True, indent=1)


def _of_principal(kind: str, details: dict[str, Any]) -> dict[str, Any]:
    iam, title = client("iam"), kind.title()
    named = {f"{title}Name": details[f"{title}Name"]}
    described = getattr(iam, f"get_{kind}")(**named)[title]
    keys = iam.list_access_keys(**named)["AccessKeyMetadata"] if kind == "user" else []
    return {
        "id": details[f"{title}Id"],
        "inline": sorted(details.get(f"{title}PolicyList", []), key=lambda each: str(each["PolicyName"])),
        "attached": sorted(each["PolicyArn"] for each in details["AttachedManagedPolicies"]),
        "trust": described.get("AssumeRolePolicyDocument"),
        "boundary": described.get("PermissionsBoundary"),
        "tags": getattr(iam, f"list_{kind}_tags")(**named)["Tags"],
        "keys": sorted((each["AccessKeyId"], each["Status"]) for each in keys),
    }


def _of_policy(details: dict[str, Any]) -> dict[str, Any]:
    versions = [
        (each["VersionId"], each["IsDefaultVersion"], each["Document"]) for each in details["PolicyVersionList"]
    ]
    return {"versions": sorted(versions)}


def _of_organization() -> dict[str, Any]:
    organizations = client("organizations", "us-east-1")
    try:
        organizations.describe_organization()
    except ClientError:
        return {}
    found = {}
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        for each in organizations.list_policies(Filter=kind)["Policies"]:
            targets = organizations.list_targets_for_policy(PolicyId=each["Id"])["Targets"]
            content = organizations.describe_policy(PolicyId=each["Id"])["Policy"]["Content"]
            found[each["Name"]] = (kind, content, sorted(target["TargetId"] for target in targets))
    return found


def _of_permission_sets() -> dict[str, str]:
    sso = client("sso-admin")
    return {
        arn: sso.get_inline_policy_for_permission_set(InstanceArn=at["InstanceArn"], PermissionSetArn=arn)[
            "InlinePolicy"
        ]
        for at in sso.list_instances()["Instances"]
        for arn in sso.list_permission_sets(InstanceArn=at["InstanceArn"])["PermissionSets"]
    }


def collected() -> Account:
    """The account as it is in moto."""
    return collect(session(), Scope(regions=(REGION,), wanted=_WANTED), now=START)


def plan_for(account: Account, **subject: Any) -> Plan:
    plan = make_plan(Subject(account_id=OWN, **subject), account, Circumstances(at=START))
    assert plan.verdict == "ready", plan.reason
    return plan


def begun(plan: Plan, account: Account, **options: bool) -> Begun:
    return Begun(
        run="0123456789abcdef",
        at=START,
        version="0",
        account_id=account.account_id,
        partition=account.partition,
        principal=plan.principal,
        unique_id=plan.unique_id,
        kinds=plan.kinds,
        subject=plan.subject,
        changes=tuple(changes_of(plan, account, **options)),
        instances=tuple((each.id, each.region) for each in suspected_instances(plan)),
    )


def begun_of(changes: Sequence[Change]) -> Begun:
    """A journal of these changes, by whatever plan."""
    return Begun(
        run="0123456789abcdef",
        at=START,
        version="0",
        account_id=OWN,
        partition="aws",
        subject=Subject(kind="unknown", account_id=OWN),
        changes=tuple(changes),
    )


def incident_of(lacking: Lacking | None = None, *, close: bool = False, **subject: Any) -> Incident:
    """The incident of a plan that guardrift makes of the account as it is."""
    account = collected()
    made = begun(plan_for(account, **subject), account, organization=False, close=close)
    return Incident(made, lacking if lacking is not None else Lacking())


def journal_of(plan: Plan, account: Account, lines: Lines | None = None, **options: bool) -> Journal:
    found = Journal(lines if lines is not None else Lines())
    found.append(begun(plan, account, **options))
    return found
