"""What appeared since a clean state: it is found, its commands take it away, and containment is not taken for it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from policies.eradication import Eradication, Remnant, eradication
from scanner.collect.account import Scope, collect
from scanner.drift import compare, sides
from scanner.inventory import Account
from tests.accounts import NOW, OWN, Json, account, allow, deny, gap, policy, region
from tests.policies.planning.shells import Shells

ROLE, USER = f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OWN}:user/anna"
POLICY = f"arn:aws:iam::{OWN}:policy/own"
TRUST: dict[str, Any] = policy(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
OPEN: dict[str, Any] = policy(
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}
)
ADMIN = {"name": "AdministratorAccess", "arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
DENY_ALL = {"name": "AWSDenyAll", "arn": "arn:aws:iam::aws:policy/AWSDenyAll"}
GUARD = {"name": "guard", "arn": f"arn:aws:iam::{OWN}:policy/guard"}
FREEZE: Json = {
    "Sid": "IrFreezeTrust",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
}


def key(name: str = "AKIA1", status: str = "Active") -> Json:
    return {"id": name, "user": "anna", "status": status, "created": "2026-01-01T00:00:00Z"}


def row(**facts: object) -> Json:
    return {"user": "anna", "arn": USER, "password_enabled": False, **facts}


def version(*statements: Json, name: str = "v1", default: bool = True) -> Json:
    return {"id": name, "document": policy(*statements), "is_default": default}


def role(**facts: object) -> Json:
    return {"name": "app", "arn": ROLE, "id": "AROA1", "trust": TRUST, **facts}


def user(**facts: object) -> Json:
    return {"name": "anna", "arn": USER, "id": "AIDA1", **facts}


def state(**parts: object) -> Account:
    whole: Json = {
        "users": [user()],
        "groups": [],
        "roles": [role()],
        "instance_profiles": [],
        "service_credentials": [],
        "policies": [{"arn": POLICY, "name": "own", "versions": [version(allow("s3:Get*"))]}],
        "access_keys": [{"user": "anna", "keys": [key()]}],
        "virtual_mfa_devices": [],
        "credential_report": {"kind": "credential-report", "rows": [row()]},
        "saml_providers": [],
        "oidc_providers": [],
        "role_settings": [{"arn": ROLE, "max_session": 3600}],
        "organization": {"membership": None},
        **parts,
    }
    return account(whole)


def found(old: Account, new: Account) -> Eradication:
    before, after = sides(("old", old), ("new", new), NOW)
    return eradication(compare(before, after, consequences=False), before.account, after.account, NOW)


def report(**facts: object) -> Json:
    return {"kind": "credential-report", "rows": [row(**facts)]}


def inline(name: str, *statements: Json) -> Json:
    return {"inline": [{"name": name, "document": policy(*statements)}]}


def oidc(*audiences: str, thumbprints: tuple[str, ...] = ("aa",)) -> Json:
    detail = {"kind": "oidc-detail", "url": "x.example", "client_ids": audiences, "thumbprints": thumbprints}
    return {"arn": f"arn:aws:iam::{OWN}:oidc-provider/x.example", "detail": detail}


GUARDS = [{**GUARD, "versions": [version(deny("iam:*"))]}]
CREDENTIAL = {"id": "ACCA1", "user": "anna", "service": "bedrock.amazonaws.com", "status": "Active"}
DEVICE = {"serial": f"arn:aws:iam::{OWN}:mfa/new", "user": "anna"}
GROUP = {"name": "admins", "arn": f"arn:aws:iam::{OWN}:group/admins", "attached": [ADMIN]}
PROFILE = {"name": "p", "arn": f"arn:aws:iam::{OWN}:instance-profile/p", "roles": ["app"]}

Parts = dict[str, Any]


@pytest.mark.parametrize(
    ("old", "new", "what", "says"),
    [
        (
            {},
            {"access_keys": [{"user": "anna", "keys": [key(), key("AKIA2")]}]},
            "access key created",
            "update-access-key --user-name=anna --access-key-id=AKIA2 --status=Inactive",
        ),
        (
            {"access_keys": [{"user": "anna", "keys": [key(status="Inactive")]}]},
            {},
            "access key active again",
            "--status=Inactive",
        ),
        (
            {},
            {"access_keys": [{"user": "anna", "keys": [key(), key("AKIA2", "Inactive")]}]},
            "access key created, inactive by now",
            "delete-access-key",
        ),
        ({}, {"service_credentials": [CREDENTIAL]}, "credential created", "update-service-specific-credential"),
        ({}, {"virtual_mfa_devices": [DEVICE]}, "MFA device added", "deactivate-mfa-device"),
        (
            {},
            {"credential_report": report(password_enabled=True)},
            "console password created",
            "delete-login-profile --user-name=anna",
        ),
        (
            {"credential_report": report(password_enabled=True, password_last_changed="2026-01-01T00:00:00Z")},
            {"credential_report": report(password_enabled=True, password_last_changed="2026-11-01T00:00:00Z")},
            "console password changed",
            "delete-login-profile",
        ),
        (
            {},
            {"credential_report": report(cert_1_active=True)},
            "signing certificate added",
            "list-signing-certificates",
        ),
        (
            {"credential_report": report(user="<root_account>", key_1_active=False)},
            {"credential_report": report(user="<root_account>", key_1_active=True)},
            "root access key created",
            "",
        ),
        ({"users": []}, {}, "user created", "put-user-policy --user-name=anna"),
        ({"users": [user(id="AIDA0")]}, {}, "user made anew under its name", "delete-user --user-name=anna"),
        ({"roles": []}, {}, "role created", "update-assume-role-policy --role-name=app"),
        ({}, {"groups": [GROUP]}, "group created", "delete-group"),
        (
            {},
            {"roles": [role(attached=[ADMIN])]},
            f"policy attached: {ADMIN['arn']}",
            "detach-role-policy --role-name=app",
        ),
        (
            {"groups": [{**GROUP, "attached": []}]},
            {"groups": [GROUP]},
            f"policy attached: {ADMIN['arn']}",
            "detach-group-policy",
        ),
        (
            {"policies": GUARDS, "roles": [role(attached=[GUARD])]},
            {"policies": GUARDS},
            f"policy detached: {GUARD['arn']}",
            "attach-role-policy",
        ),
        ({}, {"users": [user(**inline("x", allow()))]}, "inline policy added: x", "delete-user-policy"),
        (
            {"users": [user(**inline("x", allow("s3:Get*")))]},
            {"users": [user(**inline("x", allow()))]},
            "inline policy changed: x",
            '"s3:Get*"',
        ),
        ({"users": [user(**inline("x", deny("iam:*")))]}, {}, "inline policy removed: x", "put-user-policy"),
        (
            {"users": [user(boundary=POLICY)]},
            {},
            "permissions boundary removed",
            f"put-user-permissions-boundary --user-name=anna --permissions-boundary={POLICY}",
        ),
        (
            {"groups": [GROUP]},
            {"groups": [GROUP], "users": [user(groups=["admins"])]},
            "joined group admins",
            "remove-user-from-group",
        ),
        (
            {"users": [user(tags=[{"key": "team", "value": "x"}])]},
            {"users": [user(tags=[{"key": "team", "value": "root"}, {"key": "a", "value": ""}])]},
            "tags changed",
            '[{"Key":"team","Value":"x"}]',
        ),
        ({}, {"roles": [role(trust=OPEN)]}, "trust policy changed", "lambda.amazonaws.com"),
        (
            {},
            {"role_settings": [{"arn": ROLE, "max_session": 43200}]},
            "longest session raised to 43,200 seconds",
            "--max-session-duration=3600",
        ),
        ({"policies": []}, {}, "policy created", "delete-policy"),
        (
            {},
            {
                "policies": [
                    {
                        "arn": POLICY,
                        "name": "own",
                        "versions": [version(allow("s3:Get*"), default=False), version(allow(), name="v2")],
                    }
                ]
            },
            "policy in force in another version (v1 to v2)",
            "set-default-policy-version",
        ),
        (
            {},
            {"policies": [{"arn": POLICY, "name": "own", "versions": [version(allow(), name="v2")]}]},
            "policy in force in another version (v1 to v2)",
            "create-policy-version",
        ),
        (
            {},
            {
                "policies": [
                    {
                        "arn": POLICY,
                        "name": "own",
                        "versions": [version(allow("s3:Get*")), version(allow(), name="v2", default=False)],
                    }
                ]
            },
            "policy has new versions: v2",
            "delete-policy-version",
        ),
        (
            {},
            {"saml_providers": [{"arn": f"arn:aws:iam::{OWN}:saml-provider/x"}]},
            "identity provider added",
            "delete-saml-provider",
        ),
        (
            {},
            {"oidc_providers": [oidc("sts.amazonaws.com")]},
            "identity provider added",
            "delete-open-id-connect-provider",
        ),
        ({"oidc_providers": [oidc("a")]}, {"oidc_providers": [oidc("a", "b")]}, "audience added", "--client-id=b"),
        (
            {"oidc_providers": [oidc("a")]},
            {"oidc_providers": [oidc("a", thumbprints=("bb",))]},
            "thumbprints changed",
            '["aa"]',
        ),
        ({}, {"instance_profiles": [PROFILE]}, "instance profile created", "remove-role-from-instance-profile"),
    ],
)
def test_what_appeared_or_widened_has_its_commands(old: Parts, new: Parts, what: str, says: str) -> None:
    told = found(state(**old), state(**new))
    assert [each.what for each in told.remnants] == [what]
    assert says in "\n".join((*told.remnants[0].hold, *told.remnants[0].remove))
    assert told.complete
    assert "contact information" in told.not_asked
    assert not told.unknown
    assert not found(state(**new), state(**new)).remnants


REVOKE = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T06:00:00Z"}})


@pytest.mark.parametrize(
    "new",
    [
        {"roles": [role(**inline("AWSRevokeOlderSessions", REVOKE))]},
        {"users": [user(**inline("ir-quarantine-user", deny()))]},
        {"users": [user(attached=[DENY_ALL])]},
        {"roles": [role(boundary=DENY_ALL["arn"])]},
        {"roles": [role(trust=policy(*TRUST["Statement"], FREEZE))]},
        {"users": [user(tags=[{"key": "guardrift-quarantine", "value": "case 7"}])]},
        {"users": [user(**inline("own", deny("s3:*")))]},
        {"access_keys": [{"user": "anna", "keys": [key(status="Inactive")]}]},
        {
            "users": [
                user(
                    attached=[
                        {
                            "name": "AWSCompromisedKeyQuarantineV3",
                            "arn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
                        }
                    ]
                )
            ]
        },
    ],
)
def test_containment_is_not_taken_for_persistence(new: Parts) -> None:
    assert not found(state(), state(**new)).remnants


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (
            {"roles": [role(**inline("AWSRevokeOlderSessions", REVOKE, allow()))]},
            "inline policy added: AWSRevokeOlderSessions",
        ),
        ({"roles": [role(**inline("ir-revoke-session", allow()))]}, "inline policy added: ir-revoke-session"),
        (
            {"users": [user(attached=[ADMIN], **inline("ir-quarantine-user", deny()))]},
            f"policy attached: {ADMIN['arn']}",
        ),
    ],
)
def test_what_hides_behind_a_containment_is_found(new: Parts, what: str) -> None:
    assert [each.what for each in found(state(), state(**new)).remnants] == [what]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (role(attached=[DENY_ALL]), role()),
        (role(boundary=DENY_ALL["arn"]), role()),
        (role(**inline("AWSRevokeOlderSessions", REVOKE)), role()),
        (role(**inline("ir-revoke-session", REVOKE)), role(**inline("ir-revoke-session", allow()))),
        (role(trust=policy(*TRUST["Statement"], FREEZE)), role()),
    ],
)
def test_an_earlier_containment_is_never_what_is_put_back(old: Json, new: Json) -> None:
    told = found(state(roles=[old]), state(roles=[new]))
    commands = "\n".join(command for each in told.remnants for command in each.remove)
    assert not any(word in commands for word in ("put-", "attach-role", "IrFreezeTrust"))
    assert told.left_out or told.remnants[0].what == "trust policy changed"


def test_a_trust_policy_that_is_frozen_stays_so_when_the_former_one_is_put_back() -> None:
    statements: Any = OPEN["Statement"]
    (remnant,) = found(state(), state(roles=[role(trust=policy(*statements, FREEZE))])).remnants
    assert "IrFreezeTrust" in remnant.remove[0]
    assert "999988887777" not in remnant.remove[0]
    assert "lambda.amazonaws.com" in remnant.remove[0]


@pytest.mark.parametrize(
    "part",
    [
        "users",
        "groups",
        "roles",
        "policies",
        "access_keys",
        "service_credentials",
        "virtual_mfa_devices",
        "saml_providers",
        "oidc_providers",
        "instance_profiles",
        "credential_report",
    ],
)
@pytest.mark.parametrize("side", ["old", "new", "both"])
def test_what_was_not_read_is_unknown(part: str, side: str) -> None:
    hole = {part: gap("iam:Something")}
    told = found(state(**(hole if side != "new" else {})), state(**(hole if side != "old" else {})))
    assert any("iam:Something was denied" in each for each in told.unknown)
    assert not told.complete


def test_keys_of_one_user_that_were_not_read_are_unknown() -> None:
    unread = [{"user": "anna", "keys": gap("iam:ListAccessKeys")}]
    assert any("anna before" in each for each in found(state(access_keys=unread), state()).unknown)
    assert any("anna now" in each for each in found(state(), state(access_keys=unread)).unknown)


def event_rule(*targets: Json, name: str = "r", pattern: str = '{"source":["aws.ec2"]}') -> Json:
    return {
        "name": name,
        "arn": f"arn:aws:events:eu-west-1:{OWN}:rule/{name}",
        "state": "ENABLED",
        "targets": targets,
        "pattern": pattern,
    }


TARGET: Json = {"id": "1", "arn": f"arn:aws:lambda:eu-west-1:{OWN}:function:f"}
TRAIL = {
    "name": "t",
    "arn": f"arn:aws:cloudtrail:eu-west-1:{OWN}:trail/t",
    "home_region": "eu-west-1",
    "selectors": gap("cloudtrail:GetEventSelectors", "skipped"),
}


def trail(*, logging: bool) -> Json:
    return {**TRAIL, "status": {"kind": "trail-status", "is_logging": logging}}


@pytest.mark.parametrize(
    ("before", "after", "what", "says"),
    [
        (
            {"event_rules": []},
            {"event_rules": [event_rule(TARGET)]},
            "rule added",
            "aws events disable-rule --region=eu-west-1 --name=r --event-bus-name=default",
        ),
        ({"event_rules": [event_rule()]}, {"event_rules": [event_rule(TARGET)]}, "target added", "--ids 1"),
        (
            {"event_rules": [event_rule()]},
            {"event_rules": [event_rule(pattern="{}")]},
            "pattern",
            '{"source":["aws.ec2"]}',
        ),
        (
            {"trails": [trail(logging=True)]},
            {"trails": [trail(logging=False)]},
            "trail stopped",
            "aws cloudtrail start-logging --region=eu-west-1",
        ),
        (
            {"security_groups": [{"id": "sg-1", "name": "web"}]},
            {
                "security_groups": [
                    {
                        "id": "sg-1",
                        "name": "web",
                        "ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22, "ranges": ["0.0.0.0/0"]}],
                    }
                ]
            },
            "ingress",
            "describe-security-group-rules",
        ),
        (
            {"instances": []},
            {
                "instances": [
                    {"id": "i-0123456789abcdef0", "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0123456789abcdef0"}
                ]
            },
            "instance added",
            "aws ec2 stop-instances --region=eu-west-1 --instance-ids i-0123456789abcdef0",
        ),
    ],
)
def test_what_else_the_comparison_tells(before: Parts, after: Parts, what: str, says: str) -> None:
    told = found(state(regions=[region(**before)]), state(regions=[region(**after)]))
    assert len(told.remnants) == 1, told
    assert what in told.remnants[0].what
    assert says in "\n".join((*told.remnants[0].hold, *told.remnants[0].remove))


def topic(*more: Json) -> Json:
    own: Json = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sns:Publish", "Resource": "*"}
    return {
        "arn": f"arn:aws:sns:eu-west-1:{OWN}:t",
        "detail": {"kind": "topic", "policy": {"kind": "policy", "document": policy(own, *more)}},
    }


def test_policies_of_resources_are_put_back() -> None:
    everyone: Json = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    (remnant,) = found(state(topics=[topic()]), state(topics=[topic(everyone)])).remnants
    assert remnant.urgency == "trust"
    assert "--attribute-name=Policy" in remnant.remove[0]
    assert OWN in remnant.remove[0].partition("--attribute-value=")[2]


def test_credentials_go_first_and_elsewhere_is_said() -> None:
    new = state(
        roles=[role(trust=OPEN, attached=[ADMIN])],
        access_keys=[{"user": "anna", "keys": [key(), key("AKIA2")]}],
        regions=[region(event_rules=[event_rule(TARGET)])],
    )
    told = found(state(regions=[region(event_rules=[])]), new)
    assert [each.urgency for each in told.remnants] == ["credential", "trust", "permission", "code"]
    assert any("rolesanywhere" in command for look in told.elsewhere for command in look.commands)


@pytest.fixture
def shells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shells]:
    if os.name != "posix":
        pytest.skip("the commands are for POSIX shells")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "MOTO_ACCOUNT_ID": OWN,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield Shells(tmp_path)


WANTED = frozenset(
    {
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccessKeys",
        "iam:ListInstanceProfiles",
        "iam:ListOpenIDConnectProviders",
        "iam:GetOpenIDConnectProvider",
        "iam:ListVirtualMFADevices",
        "iam:ListRoles",
        "iam:GetCredentialReport",
    }
)


def read() -> Account:
    return collect(boto3.Session(region_name="eu-west-1"), Scope(regions=("eu-west-1",), wanted=WANTED), now=NOW)


POWER = f"arn:aws:iam::{OWN}:policy/power"


def clean(iam: Any) -> None:
    text = json.dumps(policy(allow("s3:Get*")))
    iam.create_policy(PolicyName="power", PolicyDocument=json.dumps(policy(allow())))
    iam.create_policy(PolicyName="limit", PolicyDocument=text)
    limit = f"arn:aws:iam::{OWN}:policy/limit"
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=limit)
    iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=text)
    iam.create_policy(PolicyName="own", PolicyDocument=text)
    iam.create_user(
        UserName="anna",
        Tags=[{"Key": "team", "Value": "it's $HOME"}],
    )
    iam.attach_user_policy(UserName="anna", PolicyArn=POLICY)
    iam.create_access_key(UserName="anna")
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn=POWER)
    iam.create_open_id_connect_provider(Url="https://ci.example", ClientIDList=["a"], ThumbprintList=["a" * 40])


def persist(iam: Any) -> None:
    everything = json.dumps(policy(allow()))
    iam.create_user(UserName="backdoor")
    iam.create_access_key(UserName="backdoor")
    iam.create_login_profile(UserName="backdoor", Password="Correct-Horse-1")
    iam.attach_user_policy(UserName="backdoor", PolicyArn=POWER)
    iam.put_user_policy(UserName="backdoor", PolicyName="p", PolicyDocument=everything)
    iam.add_user_to_group(UserName="backdoor", GroupName="admins")
    iam.create_access_key(UserName="anna")
    iam.add_user_to_group(UserName="anna", GroupName="admins")
    iam.delete_role_permissions_boundary(RoleName="app")
    iam.tag_user(UserName="anna", Tags=[{"Key": "team", "Value": "root"}, {"Key": "extra", "Value": "x"}])
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(OPEN))
    iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=everything)
    iam.attach_role_policy(RoleName="app", PolicyArn=POWER)
    iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=everything, SetAsDefault=True)
    iam.create_role(RoleName="back", AssumeRolePolicyDocument=json.dumps(OPEN))
    iam.create_instance_profile(InstanceProfileName="back")
    iam.add_role_to_instance_profile(InstanceProfileName="back", RoleName="back")
    iam.create_open_id_connect_provider(Url="https://thief.example", ClientIDList=["a"], ThumbprintList=["b" * 40])


def contain(iam: Any) -> None:
    iam.put_user_policy(UserName="anna", PolicyName="ir-quarantine-user", PolicyDocument=json.dumps(policy(deny())))
    iam.put_role_policy(RoleName="app", PolicyName="AWSRevokeOlderSessions", PolicyDocument=json.dumps(policy(REVOKE)))


def test_the_commands_bring_the_clean_state_back_and_leave_the_containment(shells: Shells) -> None:
    iam = boto3.client("iam")
    clean(iam)
    old = read()
    persist(iam)
    contain(iam)
    told = found(old, read())
    assert {each.resource.name for each in told.remnants} >= {"backdoor", "back", "app", "own", "anna"}
    for remnant in told.remnants:
        _run(shells, remnant)
    # What is in force is as before; a version that was put out of force is told in a second look, and goes then.
    for remnant in found(old, read()).remnants:
        _run(shells, remnant)
    left = found(old, read())
    assert left.remnants == ()
    assert sum("contains the incident" in each for each in left.left_out) == 2
    assert not shells.line.faults
    assert not shells.strays


def _run(shells: Shells, remnant: Remnant) -> None:
    for command in (*remnant.hold, *remnant.remove):
        done = shells.run(command)
        assert done.status == 0 or "NoSuchEntity" in done.errors, (command, done.errors)
