"""Containments of every kind of principal, their documents written by hand, and what the proof has to say of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from policies.placed import Effect, Layer, Placed
from policies.proof import Proof, Who, prove
from policies.subjects import Subject
from scanner.inventory import Account, Gap, Role, User
from tests.accounts import FOREIGN, OWN, Json, account, allow, policy

APP = f"arn:aws:iam::{OWN}:role/team/app"
OPEN = f"arn:aws:iam::{OWN}:role/open"
CHAIN = f"arn:aws:iam::{OWN}:role/chain"
SSO_PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
SSO = f"arn:aws:iam::{OWN}:role{SSO_PATH}AWSReservedSSO_Dev_0123456789abcdef"
LINKED_PATH = "/aws-service-role/support.amazonaws.com/"
LINKED = f"arn:aws:iam::{OWN}:role{LINKED_PATH}AWSServiceRoleForSupport"
ANN = f"arn:aws:iam::{OWN}:user/ann"
BOB = f"arn:aws:iam::{OWN}:user/bob"
ROOT = f"arn:aws:iam::{OWN}:root"
SET = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef"
INSTANCE = f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-0123456789abcdef0"
NAME = "i-0123456789abcdef0"
PERSON = "90676e1ab0-11112222-3333-4444-5555-666677778888"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
WHO = "ann@example.com"

BOTH: Mapping[Who, Effect] = {"old session": "denied", "new session": "denied"}
OLD: Mapping[Who, Effect] = {"old session": "denied", "new session": "as before"}
ALL: Mapping[Who, Effect] = {**BOTH, "long-term key": "denied"}
FREE: Mapping[Who, Effect] = {"old session": "as before", "new session": "as before"}


def trust(principal: object, actions: object = "sts:AssumeRole", **elements: object) -> Json:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, **elements}


EC2_TRUST = policy(trust({"Service": "ec2.amazonaws.com"}))
_IDENTIFIED = {"StringEquals": {"sts:SourceIdentity": "${aws:username}"}}


def role(arn: str, identifier: str, trusts: Json, *statements: Json, path: str = "/", **more: object) -> Json:
    name = arn.rpartition("/")[2]
    own = [{"name": "own", "document": policy(*(statements or (allow("s3:*"),)))}]
    return {"name": name, "arn": arn, "path": path, "id": identifier, "trust": trusts, "inline": own, **more}


def facts(**organization: object) -> Json:
    users = [
        {"name": name, "arn": f"arn:aws:iam::{OWN}:user/{name}", "id": f"AIDA{name.upper()}", "inline": [
            {"name": "own", "document": policy(allow("dynamodb:*"))}]}
        for name in ("ann", "bob")
    ]  # fmt: skip
    return {
        "users": users, "groups": [], "policies": [], "organization": organization or MEMBER,
        "roles": [
            role(APP, "AROAAPP", EC2_TRUST, path="/team/"),
            role(OPEN, "AROAOPEN", policy(trust({"AWS": ROOT}))),
            role(CHAIN, "AROACHAIN", policy(trust({"AWS": ANN}, ["sts:AssumeRole", "sts:SetSourceIdentity"],
                                                  Condition=_IDENTIFIED))),
            role(SSO, "AROASSO", policy(trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/AWSSSO"},
                                              "sts:AssumeRoleWithSAML")), path=SSO_PATH),
            role(LINKED, "AROALINKED", policy(trust({"Service": "support.amazonaws.com"})), path=LINKED_PATH),
        ],
    }  # fmt: skip


_MANAGER = "444455556666"


def organization(manager: str = _MANAGER, *types: str) -> Json:
    enabled = list(types or ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"))
    full = {"id": "p-FullAWSAccess", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY", "is_aws_managed": True,
            "content": {"kind": "policy-content", "document": policy(allow())}, "targets": ["r-1", OWN]}  # fmt: skip
    return {
        "membership": {"kind": "organization", "id": "o-1", "management_account": manager, "feature_set": "ALL"},
        "tree": {"kind": "organization-tree", "units": [], "roots": [{"id": "r-1", "enabled_policy_types": enabled}]},
        "accounts": [{"id": OWN, "name": "own", "state": "ACTIVE", "parent": "r-1"}],
        "policies": [full],
    }


MEMBER = organization()
MANAGEMENT = organization(OWN)


@dataclass(frozen=True)
class Scenario:
    """One containment, and whether it is proven."""

    name: str
    placed: tuple[Placed, ...]
    subject: Subject
    principal: str | None
    expects: Mapping[Who, Effect]
    proven: bool = True
    reason: str = ""
    organization: Json = field(default_factory=lambda: MEMBER)
    cutoff: datetime | None = None
    spared: tuple[str, ...] = ()
    contained: tuple[str, ...] = ()

    @property
    def account(self) -> Account:
        return _account(json.dumps(self.organization))

    def principal_of(self, found: Account) -> Role | User | None:
        if isinstance(found.roles, Gap) or isinstance(found.users, Gap):
            raise TypeError
        people: list[Role | User] = [*found.roles, *found.users]
        return next((each for each in people if each.arn == self.principal), None)

    def prove(self) -> Proof:
        return prove(
            self.placed,
            self.subject,
            self.principal_of(self.account),
            self.account,
            expects=self.expects,
            cutoff=self.cutoff,
            spared=self.spared,
            contained=self.contained,
        )

    def with_documents(self, *placed: Placed) -> Scenario:
        return replace(self, placed=placed)


@cache
def _account(organization_text: str) -> Account:
    return account(facts(**json.loads(organization_text)))


def put(layer: Layer, target: str, document: Json | str, name: str = "ir", previous: str | None = None) -> Placed:
    text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
    return Placed(template="by hand", layer=layer, target=target, name=name, document=text, previous=previous)


def denying(sid: str, **conditions: object) -> Json:
    statement: Json = {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}
    return policy({**statement, "Condition": conditions} if conditions else statement)


BEFORE = {"DateLessThan": {"aws:TokenIssueTime": "${CUTOFF}"}}
R1 = denying("IrRevokeSessions", **BEFORE)
R2 = denying("IrRevokeOneSession", StringEquals={"aws:userid": f"AROAAPP:{NAME}"}, **BEFORE)
R2B = denying("IrIsolate", StringEquals={"aws:userid": f"AROAAPP:{NAME}"})
R2_OPEN = denying("IrRevokeOneSession", StringEquals={"aws:userid": "AROAOPEN:ann"}, **BEFORE)
R3 = denying("IrRevokeInstance", ArnEquals={"ec2:SourceInstanceARN": INSTANCE}, **BEFORE)
R4 = denying("IrQuarantineUser")
R4B = policy(
    {"Sid": "IrRequireMfa", "Effect": "Deny", "Action": "*", "Resource": "*",
     "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
    {"Sid": "IrRevokeOld", "Effect": "Deny", "Action": "*", "Resource": "*",
     "Condition": {"DateLessThanIfExists": {"aws:TokenIssueTime": "${CUTOFF}"}}},
)  # fmt: skip
R7 = denying("IrContainChain", StringEquals={"aws:SourceIdentity": "ann"})
R8 = denying("IrContainPerson", StringEquals={"identitystore:UserId": PERSON})
R9 = denying("IrRevokePerson", StringEquals={"identitystore:UserId": PERSON}, **BEFORE)
R10 = policy({"Effect": "Deny", "Action": ["*"], "Resource": "*"})
FREEZE: Json = {
    "Sid": "IrFreezeTrust", "Effect": "Deny", "Principal": "*",
    "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
}  # fmt: skip
R11 = policy(*EC2_TRUST["Statement"], FREEZE)  # type: ignore[misc]  # a list of statements
R12 = policy({
    "Sid": "IrBlockForeign", "Effect": "Deny", "Principal": "*", "Resource": "*",
    "Action": ["s3:*", "sts:*", "kms:*", "sqs:*", "secretsmanager:*"],
    "Condition": {"StringEquals": {"aws:PrincipalAccount": [FOREIGN]}},
})  # fmt: skip


def r5(*arns: str) -> Json:
    return denying("IrContain", ArnEquals={"aws:PrincipalArn": list(arns)})


def r6(*arns: str) -> Json:
    return denying("IrContainOld", ArnEquals={"aws:PrincipalArn": list(arns)}, **BEFORE)


OF_APP = Subject(kind="role", account_id=OWN, name="app")
OF_INSTANCE = Subject(
    kind="role", account_id=OWN, name="app", unique_id="AROAAPP", session=NAME, instance=NAME, region="eu-west-1"
)
OF_ANN = Subject(kind="user", account_id=OWN, name="ann", unique_id="AIDAANN")
OF_OPEN = Subject(kind="role", account_id=OWN, name="open", session="ann", instance=NAME, region="eu-west-1")
OF_CHAIN = Subject(kind="role", account_id=OWN, name="chain", source_identity="ann")
OF_PERSON = Subject(kind="person", account_id=OWN, user_id=PERSON)
OF_SSO = Subject(kind="role", account_id=OWN, name="dev", user_id=PERSON, session="ann@example.com")
OF_ROOT = Subject(kind="root", account_id=OWN)
OF_FOREIGN = Subject(kind="foreign-account", account_id=FOREIGN)
OTHERS: Mapping[Who, Effect] = {"another session": "as before"}

PROVEN = (
    Scenario("role: sessions by time", (put("inline", APP, R1),), OF_APP, APP, OLD),
    Scenario("role: sessions by time, managed", (put("managed", APP, R1),), OF_APP, APP, OLD),
    Scenario("role that anybody may assume: by time", (put("inline", OPEN, R1),), OF_OPEN, OPEN, OLD),
    Scenario("role: one session", (put("inline", APP, R2),), OF_INSTANCE, APP, {**OLD, **OTHERS}),
    Scenario("role: isolate one session", (put("inline", APP, R2B),), OF_INSTANCE, APP, {**BOTH, **OTHERS}),
    Scenario("role: one instance", (put("inline", APP, R3),), OF_INSTANCE, APP, {**OLD, **OTHERS}),
    Scenario("role: boundary", (put("boundary", APP, R10, DENY_ALL),), OF_APP, APP, BOTH),
    Scenario("role: trust frozen", (put("trust", APP, R11, ""),), OF_APP, APP, FREE),
    Scenario(
        "role: trust frozen and sessions revoked",
        (put("trust", APP, R11, ""), put("inline", APP, R1)),
        OF_APP, APP, {"old session": "denied", "new session": "denied"},
    ),
    Scenario("role: by the organization", (put("scp", OWN, r5(APP)),), OF_APP, APP, BOTH),
    Scenario("role: by the organization and time", (put("scp", OWN, r6(APP)),), OF_APP, APP, OLD),
    Scenario("roles together", (put("scp", OWN, r5(APP, OPEN)),), OF_APP, APP, BOTH, contained=(OPEN,)),
    Scenario("chain: by source identity", (put("scp", OWN, R7),), OF_CHAIN, CHAIN, {**BOTH, **OTHERS}),
    Scenario("person: by the organization", (put("scp", OWN, R8),), OF_PERSON, None, {**BOTH, **OTHERS}),
    Scenario("person: one permission set", (put("scp", OWN, R8),), OF_SSO, SSO, {**BOTH, **OTHERS}),
    Scenario("person: by permission set", (put("permission set", SET, R9, ""),), OF_PERSON, None, {**OLD, **OTHERS}),
    Scenario("permission set role: by time", (put("scp", OWN, r6(SSO)),), OF_SSO, SSO, OLD),
    Scenario("user: quarantine", (put("inline", ANN, R4),), OF_ANN, ANN, ALL),
    Scenario("user: attached quarantine", (put("managed", ANN, R10, DENY_ALL),), OF_ANN, ANN, ALL),
    Scenario("user: boundary", (put("boundary", ANN, R10, DENY_ALL),), OF_ANN, ANN, ALL),
    Scenario("user: sessions", (put("inline", ANN, R1),), OF_ANN, ANN, {**OLD, "long-term key": "as before"}),
    Scenario(
        "user: new sessions with MFA alone", (put("inline", ANN, R4B),), OF_ANN, ANN,
        {"old session": "denied", "new session with MFA": "as before", "new session without MFA": "denied",
         "long-term key": "denied"},
    ),
    Scenario("user: both", (put("scp", OWN, r5(ANN)), put("inline", ANN, R4)), OF_ANN, ANN, ALL),
    Scenario("root: by the organization", (put("scp", OWN, r5(ROOT)),), OF_ROOT, None, ALL),
    Scenario("outsider: by the organization", (put("rcp", OWN, R12),), OF_FOREIGN, None, ALL),
)  # fmt: skip

_REFUSED = (
    Scenario("one session where callers choose the name", (put("inline", OPEN, R2_OPEN),), OF_OPEN, OPEN, OLD,
             reason="callers choose the name of the session"),
    Scenario("one instance where others assume the role", (put("inline", OPEN, R3),), OF_OPEN, OPEN, OLD,
             reason="not issued to that instance"),
    Scenario("source identity that nobody enforces", (put("scp", OWN, R7),),
             Subject(kind="role", account_id=OWN, name="open", source_identity="ann"), OPEN, BOTH,
             reason="admits sessions without it"),
    Scenario("user by the organization alone", (put("scp", OWN, r5(ANN)),), OF_ANN, ANN, ALL,
             reason="aws:PrincipalArn"),
    Scenario("sessions of the user, and the key as well", (put("inline", ANN, R1),), OF_ANN, ANN,
             {**OLD, "long-term key": "denied"}, reason="is false"),
    Scenario("service-linked role", (put("inline", LINKED, R1),), Subject(kind="role", name="x"), LINKED, OLD,
             reason="service-linked role cannot be edited"),
    Scenario("service-linked role by the organization", (put("scp", OWN, r6(LINKED)),), Subject(kind="role", name="x"),
             LINKED, OLD, reason="does not reach"),
    Scenario("role of Identity Center", (put("inline", SSO, R1),), OF_SSO, SSO, OLD, reason="UnmodifiableEntity"),
    Scenario("management account", (put("scp", OWN, r5(APP)),), OF_APP, APP, BOTH, organization=MANAGEMENT,
             reason="management account"),
    Scenario("policies of the organization switched off", (put("scp", OWN, r5(APP)),), OF_APP, APP, BOTH,
             organization=organization(_MANAGER, "TAG_POLICY"), reason="not switched on"),
    Scenario("organization that was not read", (put("scp", OWN, r5(APP)),), OF_APP, APP, BOTH,
             organization={"membership": {"kind": "gap", "api": "organizations:DescribeOrganization",
                                          "status": "denied"}}, reason="not known"),
    Scenario("resources of the management account", (put("rcp", OWN, R12),), OF_FOREIGN, None, ALL,
             organization=MANAGEMENT, reason="management account"),
    Scenario("trust is no revocation", (put("trust", APP, R11, ""),), OF_APP, APP, OLD, reason="does not reach"),
    Scenario("another account", (put("scp", FOREIGN, r5(APP)),), OF_APP, APP, BOTH, reason="not the account"),
    Scenario("somebody else", (put("inline", OPEN, R1),), OF_APP, APP, OLD, reason="not the principal"),
    Scenario("made anew", (put("inline", APP, R1),), Subject(kind="role", name="app", unique_id="AROAOLD"), APP, OLD,
             reason="unique id"),
    Scenario("nobody", (put("inline", APP, R1),), OF_APP, None, OLD, reason="holds no user or role"),
    Scenario("nothing", (), OF_APP, APP, OLD, reason="no document"),
    Scenario("root by time", (put("scp", OWN, r6(ROOT)),), OF_ROOT, None, {"old session": "denied"},
             reason="aws:TokenIssueTime"),
    Scenario("many roles by a wildcard", (put("scp", OWN, r5(f"arn:aws:iam::{OWN}:role/*")),), OF_APP, APP, BOTH,
             reason="may apply to this signer"),
    Scenario("another role that the plan does not contain", (put("scp", OWN, r5(APP, OPEN)),), OF_APP, APP, BOTH,
             reason="may apply to this signer"),
)  # fmt: skip
REFUSED: tuple[Scenario, ...] = tuple(replace(each, proven=False) for each in _REFUSED)
