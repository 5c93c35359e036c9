"""What is contained in tests: an incident for every kind of change, in an account of moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from policies.documents.holding import deny_all_arn
from policies.documents.persons import permission_set_revoke_person
from policies.documents.rcps import rcp_contain_account
from policies.documents.scps import scp_revoke_principals
from policies.documents.sessions import isolate_session
from policies.documents.writing import serialise
from policies.execution.changes import Change
from policies.execution.planned import EVERY
from policies.execution.slots.identity import ATTACHED
from tests.policies.execution.incident import OWN, REGION, Incident, begun_of, client, incident_of
from tests.policies.execution.lacking import Lacking

PERSON = "90677b8a2c-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
HALF_DAY = 43_200
IMAGE = "ami-0123456789abcdef0"


def trust_for(*principals: str, service: str = "") -> str:
    """A trust policy, written as no program of ours would."""
    whom: dict[str, Any] = {"AWS": list(principals)} if principals else {"Service": f"{service}.amazonaws.com"}
    statement = {"Sid": "Ünïcode ☃", "Effect": "Allow", "Principal": whom, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=3, ensure_ascii=False)


def role(name: str, *trusted: str, service: str = "ec2", **more: Any) -> str:
    """Make a role; returns its unique id."""
    trust = trust_for(*trusted, service=service)
    made = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)["Role"]
    client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=ALLOW)
    return str(made["RoleId"])


def arn(name: str, kind: str = "role") -> str:
    return f"arn:aws:iam::{OWN}:{kind}/{name}"


ALLOW = """{ "Version": "2012-10-17",
  "Statement": [ { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*" } ] }"""


def filler(characters: int) -> str:
    """A policy of this size."""
    start = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::'
    end = '"}}'
    return start + "x" * (characters - len(start) - len(end)) + end


def one_role() -> Incident:
    role("web")
    return incident_of(kind="role", name="web")


def circle() -> Incident:
    """Three roles that can become one another."""
    role("first", arn("third"), f"arn:aws:iam::{OWN}:root", Path="/team/")
    role("second", arn("team/first"))
    role("third", arn("second"))
    client("iam").update_assume_role_policy(
        RoleName="first", PolicyDocument=trust_for(arn("third"), f"arn:aws:iam::{OWN}:root")
    )
    return incident_of(kind="role", name="first")


def _instance(name: str) -> str:
    iam, ec2 = client("iam"), client("ec2")
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    made = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": name})
    found = str(made["Instances"][0]["InstanceId"])
    ec2.modify_instance_metadata_options(InstanceId=found, HttpTokens="optional", HttpPutResponseHopLimit=2)
    return found


def session_of_instance() -> Incident:
    """The sessions of one of two instances, whose metadata service is closed."""
    role("web")
    first = _instance("web")
    ec2 = client("ec2")
    ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "web"})
    return incident_of(kind="role", name="web", session=first, instance=first, region=REGION, close=True)


def isolated_session() -> Incident:
    id_ = role("web")
    document = serialise(isolate_session(id_, "i-0123456789abcdef0"))
    return Incident(begun_of([_inline("web", id_, "ir-revoke-session", document, template="isolate-session")]))


def _inline(name: str, id_: str, policy: str, document: str, **more: Any) -> Change:
    return Change(
        kind="inline policy", principal=arn(name), unique_id=id_, name=policy, document=document, keep="Long.", **more
    )


def user() -> Incident:
    """Two active keys, an inactive one of a service and an active one."""
    iam = client("iam")
    iam.create_user(UserName="ann", Path="/people/")
    for _ in range(2):
        iam.create_access_key(UserName="ann")
    lacking = Lacking()
    lacking.services["ann"] = {"ACCA1AAAAAAAAAAAAAAAA": "Active", "ACCA2AAAAAAAAAAAAAAAA": "Inactive"}
    return incident_of(lacking, kind="user", name="ann")


def full_user() -> Incident:
    """No room for an inline policy: a managed one and its attachment."""
    iam = client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=filler(2_040))
    return incident_of(kind="user", name="ann")


def full_role() -> Incident:
    role("web")
    client("iam").put_role_policy(RoleName="web", PolicyName="big", PolicyDocument=filler(10_000))
    return incident_of(kind="role", name="web")


def _full_of_both(kind: str) -> None:
    iam = client("iam")
    named = {f"{kind.title()}Name": "full"}
    if kind == "role":
        role("full")
        iam.put_role_policy(RoleName="full", PolicyName="big", PolicyDocument=filler(10_000))
    else:
        iam.create_user(UserName="full")
        iam.put_user_policy(UserName="full", PolicyName="big", PolicyDocument=filler(2_040))
    for number in range(10):
        made = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=ALLOW)["Policy"]["Arn"]
        getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=made)


def bounded_role() -> Incident:
    _full_of_both("role")
    client("iam").put_role_permissions_boundary(RoleName="full", PermissionsBoundary=BOUNDARY)
    return incident_of(kind="role", name="full")


def unbounded_role() -> Incident:
    _full_of_both("role")
    return incident_of(kind="role", name="full")


def bounded_user() -> Incident:
    _full_of_both("user")
    return _boundary_of_user(Lacking(boundaries={"full": BOUNDARY}))


def unbounded_user() -> Incident:
    _full_of_both("user")
    return _boundary_of_user(Lacking())


def _boundary_of_user(lacking: Lacking) -> Incident:
    id_ = client("iam").get_user(UserName="full")["User"]["UserId"]
    change = Change(
        kind="boundary", principal=arn("full", "user"), unique_id=id_, document=deny_all_arn(), keep="Long."
    )
    return Incident(begun_of([change]), lacking)


def frozen_trust() -> Incident:
    id_ = role("web")
    change = Change(kind="trust policy", principal=arn("web"), unique_id=id_, template="freeze-trust", keep="Long.")
    return Incident(begun_of([change]))


def tagged() -> Incident:
    """A role that bears the tag already, with a case."""
    role("web", Tags=[{"Key": "team", "Value": "a"}, {"Key": "Guardrift-Quarantine", "Value": "case 7"}])
    return incident_of(kind="role", name="web")


def scp() -> Incident:
    return Incident(
        begun_of(_by_organization("ir-scp", scp_revoke_principals([arn("web")])[0], "scp-revoke-principals"))
    )


def rcp() -> Incident:
    document = serialise(rcp_contain_account("999988887777"))
    return Incident(begun_of(_by_organization("ir-rcp", document, "rcp-contain-account")))


def _by_organization(name: str, document: str, template: str) -> list[Change]:
    organizations = client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    kind = "RESOURCE_CONTROL_POLICY" if template.startswith("rcp") else "SERVICE_CONTROL_POLICY"
    organizations.enable_policy_type(RootId=root, PolicyType=kind)
    made = organizations.create_account(Email="a@example.com", AccountName="own")["CreateAccountStatus"]["AccountId"]
    common: dict[str, Any] = {"target": made, "template": template, "lasts": HALF_DAY, "name": name}
    return [
        Change(kind="organization policy", document=document, **common),
        Change(kind="organization attachment", document=ATTACHED, **common),
    ]


def permission_set(policy: str = ALLOW) -> Incident:
    """A permission set with an inline policy, and one without."""
    sso = client("sso-admin")
    at = sso.list_instances()["Instances"][0]["InstanceArn"]
    for name in ("Admins", "Readers"):
        made = sso.create_permission_set(Name=name, InstanceArn=at)["PermissionSet"]["PermissionSetArn"]
        if name == "Admins":
            sso.put_inline_policy_to_permission_set(InstanceArn=at, PermissionSetArn=made, InlinePolicy=policy)
        sso.provision_permission_set(InstanceArn=at, PermissionSetArn=made, TargetType="ALL_PROVISIONED_ACCOUNTS")
    change = Change(
        kind="permission set policy", name=EVERY, target=OWN, region=REGION, lasts=HALF_DAY,
        document=permission_set_revoke_person(PERSON, None), template="permission-set-revoke-person",
    )  # fmt: skip
    return Incident(begun_of([change]))


SCENES: dict[str, Callable[[], Incident]] = {
    "role": one_role,
    "circle": circle,
    "session of an instance": session_of_instance,
    "isolated session": isolated_session,
    "user": user,
    "full user": full_user,
    "full role": full_role,
    "boundary of a role": bounded_role,
    "first boundary of a role": unbounded_role,
    "boundary of a user": bounded_user,
    "first boundary of a user": unbounded_user,
    "trust policy": frozen_trust,
    "tag": tagged,
    "SCP": scp,
    "RCP": rcp,
    "permission sets": permission_set,
}
