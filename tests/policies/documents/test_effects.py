"""What a template says that it does, is what the evaluator says of its document."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from policies.documents import CONTAINING, Template, persons
from policies.documents.sessions import is_session_of_instance
from policies.placed import Session
from scanner.iam.caller import Caller, other_caller, role_caller, user_caller
from scanner.iam.evaluation import decide
from scanner.iam.questions import source
from scanner.iam.request import Policies, Request
from scanner.inventory import Document
from tests.accounts import FOREIGN
from tests.policies.documents.samples import AFTER, ALL, BEFORE, CUTOFF, INSTANCE, PERSON, ROLE, USER, text_of

SESSIONS: tuple[Session, ...] = ("old session", "new session", "long-term key")
ACTIONS = ("s3:GetObject", "iam:DeleteRolePolicy", "sts:AssumeRole")

_FULL = source("scp", "FullAWSAccess", Document(ALL.encode()))
_GRANT = source("identity", "all", Document(ALL.encode()))
_KEY = frozenset({"aws:tokenissuetime", "aws:multifactorauthpresent", "aws:sourceidentity", "ec2:sourceinstancearn"})

# What a session of the subject says of itself.
_SUBJECT: dict[str, tuple[str, ...]] = {
    "aws:userid": ("AROA1:i-0123456789abcdef0",),
    "ec2:sourceinstancearn": (INSTANCE,),
    "aws:sourceidentity": ("ann@example.com",),
    "identitystore:userid": (PERSON,),
    "aws:multifactorauthpresent": ("true",),
}


def _policies(template: Template, caller: Caller, document: str) -> Policies:
    text = Document(document.encode())
    full = _GRANT
    put: dict[str, Any] = {"identity": (full,), "resource_is_known": True}
    if template.layer in ("inline", "permission set"):
        put["identity"] = (full, source("identity", "ours", text))
    elif template.layer == "boundary":
        put["boundary"] = source("boundary", "ours", text)
    elif template.layer == "scp":
        put["scps"] = ((_FULL, source("scp", "ours", text)),)
    elif template.layer == "rcp":
        put["rcps"] = ((source("rcp", "ours", text),),)
        put["resource"] = source(
            "resource_policy", "bucket", Document(ALL.replace('"Resource"', '"Principal":"*","Resource"').encode())
        )
    return Policies(**put)


def _caller(template: Template, kind: str) -> Caller:
    if template.layer == "rcp":
        return other_caller(f"arn:aws:iam::{FOREIGN}:role/thief")
    return user_caller(USER) if kind == "user" else role_caller(ROLE)


def _decision(template: Template, session: Session, kind: str, action: str, said: dict[str, tuple[str, ...]]) -> str:
    caller = _caller(template, kind)
    if session == "long-term key":
        context = caller.context.with_request({}, _KEY)
    else:
        issued = BEFORE if session == "old session" else AFTER
        context = caller.context.with_request({**_SUBJECT, **said, "aws:tokenissuetime": (issued,)})
    request = Request(caller, action, "arn:aws:s3:::bucket/key" if action.startswith("s3") else "*", context)
    return decide(request, _policies(template, caller, text_of(template, cutoff=CUTOFF))).decision


def _kinds(template: Template) -> tuple[str, ...]:
    if template.applies_to in ("principals", "role or user"):
        return ("role", "user")
    return ("user",) if template.applies_to == "user" else ("role",)


CASES = [
    (template, kind, session)
    for template in CONTAINING
    if template.layer != "trust"
    for kind in _kinds(template)
    for session in SESSIONS
    if template.effects and template.effects.on(session) and not (kind == "role" and session == "long-term key")
]


@pytest.mark.parametrize(("template", "kind", "session"), CASES, ids=lambda each: getattr(each, "name", each))
def test_the_effect_is_what_is_said(template: Template, kind: str, session: Session) -> None:
    assert template.effects is not None
    expected = "no" if template.effects.on(session) == "denied" else "yes"
    actions = ["s3:GetObject"] if template.layer == "rcp" else ["s3:GetObject", "iam:DeleteRolePolicy"]

    for action in actions:
        assert _decision(template, session, kind, action, {}) == expected, action


# Somebody else, who must go on: another session, instance, person, identity, with the rest the same.
OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "revoke-session": {"aws:userid": ("AROA1:i-0123456789abcdef1",)},
    "isolate-session": {"aws:userid": ("AROA2:i-0123456789abcdef0",)},
    "revoke-instance": {"ec2:sourceinstancearn": (INSTANCE + "0",)},
    "scp-contain-source-identity": {"aws:sourceidentity": ("bob@example.com",)},
    "scp-contain-person": {"identitystore:userid": (PERSON.replace("a", "b"),)},
    "permission-set-revoke-person": {"identitystore:userid": (PERSON.upper(),)},
}


@pytest.mark.parametrize("name", OTHERS)
def test_others_go_on(name: str) -> None:
    template = next(each for each in CONTAINING if each.name == name)

    assert _decision(template, "old session", "role", "s3:GetObject", {}) == "no"
    assert _decision(template, "old session", "role", "s3:GetObject", OTHERS[name]) == "yes"


@pytest.mark.parametrize("name", ["scp-contain-principals", "scp-revoke-principals"])
def test_other_principals_go_on(name: str) -> None:
    template = next(each for each in CONTAINING if each.name == name)
    caller = role_caller(msgspec.structs.replace(ROLE, arn=ROLE.arn + "2"))
    context = caller.context.with_request({"aws:tokenissuetime": (BEFORE,)})
    policies = _policies(template, caller, text_of(template, cutoff=CUTOFF))

    assert decide(Request(caller, "s3:GetObject", "*", context), policies).decision == "yes"


def test_an_account_that_is_not_named_goes_on() -> None:
    template = next(each for each in CONTAINING if each.layer == "rcp")
    caller = other_caller("arn:aws:iam::555566667777:role/partner")
    request = Request(caller, "s3:GetObject", "arn:aws:s3:::bucket/key", caller.context)
    policies = msgspec.structs.replace(_policies(template, caller, text_of(template)), resource_account="111122223333")

    assert decide(request, policies).decision in ("yes", "only_if")
    assert "IrBlockForeign" not in str(decide(request, policies).statements)


def test_a_new_session_without_mfa_is_denied_where_mfa_is_required() -> None:
    template = next(each for each in CONTAINING if each.name == "require-user-mfa")

    values: list[tuple[str, ...]] = [("false",), ()]
    for value in values:
        said = {"aws:multifactorauthpresent": value}
        assert _decision(template, "new session", "user", "s3:GetObject", said) == "no"


def test_a_frozen_role_gives_no_session_to_anybody() -> None:
    template = next(each for each in CONTAINING if each.layer == "trust")
    for arn in ("arn:aws:iam::111122223333:role/x", f"arn:aws:iam::{FOREIGN}:user/x"):
        caller = other_caller(arn)
        for document, expected in ((ALL.replace('"Resource":"*"', '"Principal":"*"'), "yes"), (None, "no")):
            text = document or text_of(template, role=msgspec.structs.replace(
                ROLE, trust=Document(ALL.replace('"Resource":"*"', '"Principal":"*"').encode())))  # fmt: skip
            trust = source("resource_policy", "trust", Document(text.encode()))
            policies = Policies(identity=(_GRANT,), resource=trust, resource_is_known=True)
            request = Request(caller, "sts:AssumeRole", ROLE.arn, caller.context)
            assert (decide(request, policies).decision == "no") == (expected == "no")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("i-0123456789abcdef0", True), ("i-01234567", True), ("i-0123456789ABCDEF0", False), ("i-0123", False),
     ("ann@example.com", False), ("i", False), ("", False), ("i-", False), ("i-01234567\n", False)],
)  # fmt: skip
def test_sessions_of_instances(name: str, is_one: bool) -> None:
    assert is_session_of_instance(name) is is_one


def test_the_permission_set_without_a_policy_denies_the_person_alone() -> None:
    document = persons.permission_set_revoke_person(PERSON, None, CUTOFF)
    caller = role_caller(ROLE)
    policies = Policies(
        identity=(_GRANT, source("identity", "ours", Document(document.encode()))), resource_is_known=True
    )
    for issued, expected in ((BEFORE, "no"), (AFTER, "yes")):
        context = caller.context.with_request({**_SUBJECT, "aws:tokenissuetime": (issued,)})
        assert decide(Request(caller, "s3:GetObject", "*", context), policies).decision == expected
