"""Requests as AWS would see them, of every kind of signer in the scenarios: all keys have a value or are absent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from hypothesis import strategies as st

from policies.cutoff import format_instant
from policies.proof import Who
from tests.accounts import FOREIGN, OWN
from tests.policies.proof import scenarios as s
from tests.policies.proof.oracle import Asked, Signer
from tests.policies.proof.scenarios import Scenario

Keys = dict[str, str]

_ACTIONS = (
    ("s3:GetObject", "arn:aws:s3:::payroll/march.csv"),
    ("S3:ListAllMyBuckets", "*"),
    ("iam:DeleteRolePolicy", s.APP),
    ("iam:DeleteUserPolicy", s.ANN),
    ("iam:ListUsers", "*"),
    ("ec2:DescribeInstances", "*"),
    ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/0f1e"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OWN}:jobs"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{OWN}:secret:db-Ab12"),
    ("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/deploy"),
    ("dynamodb:PutItem", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/orders"),
    ("brandnew:Thing", "arn:aws:brandnew:eu-west-1::thing/1"),
)
_OF_RCP = tuple(
    each for each in _ACTIONS if each[0].split(":")[0].lower() in ("kms", "s3", "secretsmanager", "sqs", "sts")
)

_BEFORE = (timedelta(seconds=1), timedelta(seconds=2), timedelta(hours=1), timedelta(hours=12), timedelta(hours=36))
_AFTER = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=12))

_ARNS = {
    "app": (s.APP, "AROAAPP"), "open": (s.OPEN, "AROAOPEN"), "chain": (s.CHAIN, "AROACHAIN"), "sso": (s.SSO, "AROASSO"),
}  # fmt: skip


def times(who: Who) -> tuple[timedelta, ...]:
    """How far before or after the cutoff a session of a signer was issued."""
    old = tuple(-each for each in _BEFORE)
    if who == "old session":
        return old
    return _AFTER if who.startswith("new session") else (*old, *_AFTER)


def _around(draw: st.DrawFn, *, is_long_term: bool) -> Keys:
    """Keys that have nothing to do with who signs."""
    keys: Keys = {"aws:securetransport": "true", "aws:currenttime": "2026-11-21T00:00:00Z"}
    if draw(st.booleans()):
        keys |= {"aws:viaawsservice": "true"}
    if draw(st.booleans()):
        keys |= {"aws:sourceip": "198.51.100.7"}
    if not is_long_term and draw(st.booleans()):
        present = draw(st.sampled_from(("true", "false")))
        keys |= {
            "aws:multifactorauthpresent": present,
            "aws:multifactorauthage": draw(st.sampled_from(("10", "90000"))),
        }
    return keys


def _of_role(draw: st.DrawFn, name: str, *, is_suspect: bool, is_other: bool) -> Keys:
    arn, identifier = _ARNS[name]
    keys = {"aws:principalarn": arn, "aws:principalaccount": OWN}
    if name == "app":
        instance = s.NAME if is_suspect else "i-0aaaaaaaaaaaaaaa9"
        if not is_suspect and not is_other:
            instance = draw(st.sampled_from((s.NAME, "i-0aaaaaaaaaaaaaaa9")))
        place = s.INSTANCE.rpartition("/")[0]
        return keys | {"aws:userid": f"{identifier}:{instance}", "ec2:sourceinstancearn": f"{place}/{instance}"}
    if name == "chain":
        session, who = ("ann", "ann") if not is_other else ("bob", "bob")
        return keys | {"aws:userid": f"{identifier}:{session}", "aws:sourceidentity": who}
    if name == "sso":
        person = s.PERSON if not is_other else "another-person"
        return keys | {"aws:userid": f"{identifier}:{person[:8]}", "identitystore:userid": person}
    session = draw(st.sampled_from(("ann", "bob", s.NAME)))
    keys["aws:userid"] = f"{identifier}:{session}"
    if draw(st.booleans()):
        keys["aws:sourceidentity"] = draw(st.sampled_from(("ann", "eve")))
    return keys


def _of_user(form: str, name: str = "ann") -> Keys:
    keys = {"aws:principalaccount": OWN}
    if "GetFederationToken" in form:
        return keys | {"aws:principalarn": f"arn:aws:sts::{OWN}:federated-user/eve", "aws:userid": f"{OWN}:eve"}
    own = {"aws:principalarn": f"arn:aws:iam::{OWN}:user/{name}", "aws:userid": f"AIDA{name.upper()}"}
    return keys | own | {"aws:username": name}


def _subject(draw: st.DrawFn, scenario: Scenario, form: str, *, is_other: bool) -> tuple[Signer, Keys]:
    subject, principal = scenario.subject, scenario.principal
    if "another role, chained" in form:
        keys = {"aws:principalarn": s.OPEN, "aws:userid": "AROAOPEN:x", "aws:sourceidentity": "ann"}
        return Signer(OWN, s.OPEN), keys | {"aws:principalaccount": OWN}
    if principal == s.ANN:
        return Signer(OWN, s.ANN), _of_user(form)
    if subject.kind == "root":
        return Signer(OWN), {"aws:principalarn": s.ROOT, "aws:userid": OWN, "aws:principalaccount": OWN}
    if subject.kind == "foreign-account":
        arn = draw(st.sampled_from((f"arn:aws:iam::{FOREIGN}:role/x", f"arn:aws:iam::{FOREIGN}:root")))
        return Signer(FOREIGN), {"aws:principalarn": arn, "aws:principalaccount": FOREIGN, "aws:userid": "x"}
    name = "sso" if subject.kind == "person" else next(each for each, (arn, _) in _ARNS.items() if arn == principal)
    keys = _of_role(draw, name, is_suspect=bool(subject.session) and not is_other, is_other=is_other)
    return Signer(OWN, _ARNS[name][0], of_permission_set=name == "sso"), keys


def _other(draw: st.DrawFn, scenario: Scenario, form: str) -> tuple[Signer, Keys]:
    """Somebody else, with nothing of the suspected session."""
    if scenario.subject.kind == "foreign-account" and draw(st.booleans()):
        account = "123123123123"
        return Signer(account), {"aws:principalarn": f"arn:aws:iam::{account}:role/x", "aws:principalaccount": account}
    left = [name for name, (arn, _) in _ARNS.items() if arn not in (scenario.principal, *scenario.contained)]
    others = ("bob",) if "key" in form else ("bob", "federated", *left)
    chosen = draw(st.sampled_from((*others, *(() if scenario.subject.kind == "root" else ("root",)))))
    if chosen == "bob":
        return Signer(OWN, s.BOB), _of_user("", "bob")
    if chosen == "federated":
        return Signer(OWN, s.BOB), _of_user("GetFederationToken", "bob")
    if chosen == "root":
        return Signer(OWN), {"aws:principalarn": s.ROOT, "aws:userid": OWN, "aws:principalaccount": OWN}
    keys = _of_role(draw, chosen, is_suspect=False, is_other=True)
    if keys.get("aws:sourceidentity") == scenario.subject.source_identity:
        keys.pop("aws:sourceidentity", None)
    return Signer(OWN, _ARNS[chosen][0], of_permission_set=chosen == "sso"), keys


@st.composite
def requests(draw: st.DrawFn, scenario: Scenario, who: Who, form: str, cutoff: datetime) -> Asked:
    """A request of one kind of signer."""
    if who == "service-linked role" or (scenario.principal == s.LINKED and who != "another principal"):
        signer = Signer(OWN, s.LINKED, is_service_linked=True)
        keys = {"aws:principalarn": s.LINKED, "aws:userid": "AROALINKED:support", "aws:principalaccount": OWN}
    elif who == "another principal":
        signer, keys = _other(draw, scenario, form)
    else:
        signer, keys = _subject(draw, scenario, form, is_other=who == "another session")
    is_long_term = "long-term key" in (who, form.removeprefix("by a "))
    keys = {**_around(draw, is_long_term=is_long_term or "GetFederationToken" in form), **keys}
    if who == "new session without MFA":
        keys.pop("aws:multifactorauthage", None)
        keys.pop("aws:multifactorauthpresent", None)
        keys |= {} if "nothing" in form else {"aws:multifactorauthpresent": "false"}
    if who == "new session with MFA":
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "10"}
    if not is_long_term:
        keys["aws:tokenissuetime"] = format_instant(cutoff + draw(st.sampled_from(times(who))))
    action, resource = draw(st.sampled_from(_OF_RCP if scenario.subject.kind == "foreign-account" else _ACTIONS))
    return Asked(signer, action, resource, keys)


def signers(scenario: Scenario) -> Iterator[tuple[Who, str]]:
    """Every kind of signer of whom the proof of a scenario says something."""
    for claim in scenario.prove().claims:
        if claim.who != "whoever assumes the role" and "no such credential" not in claim.why:
            yield claim.who, claim.form
