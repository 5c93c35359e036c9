"""Principals by all their names, and the policies that bear on what they ask."""

from __future__ import annotations

import msgspec
import pytest

from scanner.iam.questions import NoSuchPrincipal, Questions, WhatIf, source
from scanner.inventory import Account, Document, Gap, Role, User
from tests.accounts import FOREIGN, NOW, OWN, allow, policy
from tests.scanner.iam.asking import ANN, APP, DEPLOY, LINKED, ROOT, SESSION, account, document

KNOWN = Questions(account([policy(allow())]))


@pytest.mark.parametrize(
    ("text", "arn", "kind"),
    [
        (ANN, ANN, "user"),
        (APP, APP, "role"),
        (SESSION, SESSION, "session"),
        (ROOT, ROOT, "root"),
        ("root", ROOT, "root"),
        ("ann", ANN, "user"),
        ("ANN", ANN, "user"),
        ("user/ann", ANN, "user"),
        ("user/staff/ann", ANN, "user"),
        ("app", APP, "role"),
        ("role/app", APP, "role"),
        ("role/apps/App", APP, "role"),
        (f"arn:aws:sts::{OWN}:assumed-role/APP/x", f"arn:aws:sts::{OWN}:assumed-role/app/x", "session"),
        (f"arn:aws:sts::{OWN}:federated-user/bob", f"arn:aws:sts::{OWN}:federated-user/bob", "federated"),
        (f"arn:aws:iam::{FOREIGN}:user/eve", f"arn:aws:iam::{FOREIGN}:user/eve", "user"),
        (f"arn:aws:iam::{FOREIGN}:role/x/eve", f"arn:aws:iam::{FOREIGN}:role/x/eve", "role"),
        (f"arn:aws:iam::{FOREIGN}:root", f"arn:aws:iam::{FOREIGN}:root", "root"),
        (f"arn:aws:sts::{FOREIGN}:assumed-role/r/s", f"arn:aws:sts::{FOREIGN}:assumed-role/r/s", "session"),
    ],
)
def test_the_forms_of_a_principal(text: str, arn: str, kind: str) -> None:
    found = KNOWN.caller(text)

    assert (found.arn, found.kind) == (arn, kind)
    assert KNOWN.caller(text) is found


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("anna", ("user/ann",)),
        ("user/app", ("role/app",)),
        ("role/ann", ("user/ann",)),
        ("deplo", ("role/deploy",)),
        (f"{DEPLOY}2", ("role/deploy",)),
        (f"arn:aws:iam::{OWN}:user/ann", ("user/ann",)),
        (f"arn:aws:sts::{OWN}:assumed-role/deploi/s", ("role/deploy",)),
        (f"arn:aws:sts::{OWN}:assumed-role/app", ("role/app",)),
        ("", ()),
        ("zzzz", ()),
        ("group/ann", ("user/ann",)),
        ("*", ()),
        (f"arn:aws:iam::{OWN}:group/staff", ()),
    ],
)
def test_a_principal_that_does_not_exist(text: str, near: tuple[str, ...]) -> None:
    with pytest.raises(NoSuchPrincipal) as fault:
        KNOWN.caller(text)

    assert str(fault.value) == f"account {OWN} has no user or role {text!r}"
    assert fault.value.near == near


@pytest.mark.parametrize(
    "text",
    ["arn:aws:s3:::bucket", f"arn:aws:iam::{FOREIGN}:policy/p", "arn:aws:iam::1:root", "arn:", "arn:aws:iam::aws:root"],
)
def test_an_arn_of_something_else(text: str) -> None:
    with pytest.raises(NoSuchPrincipal, match="is not the ARN of a principal"):
        KNOWN.caller(text)


def test_at_most_three_names_are_suggested() -> None:
    names = [f"build-{place}" for place in range(6)]
    crowd = Account(
        account_id=OWN,
        partition="aws",
        taken_at=NOW,
        users=tuple(User(name, f"arn:aws:iam::{OWN}:user/{name}") for name in names),
        roles=(),
    )

    with pytest.raises(NoSuchPrincipal) as fault:
        Questions(crowd).caller("build")

    assert len(fault.value.near) == 3


def test_a_name_that_two_have() -> None:
    trust = document(policy())
    twins = Account(
        account_id=OWN,
        partition="aws",
        taken_at=NOW,
        users=(User("ci", f"arn:aws:iam::{OWN}:user/ci"), User("root", f"arn:aws:iam::{OWN}:user/root")),
        roles=(Role("CI", f"arn:aws:iam::{OWN}:role/CI", trust),),
    )

    for text in ("ci", "root"):
        with pytest.raises(NoSuchPrincipal, match=f"'{text}' names more than one principal: write the ARN"):
            Questions(twins).caller(text)
    assert Questions(twins).caller("user/ci").kind == "user"
    assert Questions(twins).caller("role/ci").kind == "role"
    assert Questions(twins).caller("user/root").kind == "user"


def test_principals_that_were_not_collected() -> None:
    denied = Gap("iam:GetAccountAuthorizationDetails", "denied")
    unread = Account(account_id=OWN, partition="aws", taken_at=NOW, users=denied, roles=denied)

    with pytest.raises(NoSuchPrincipal, match="'ann' is not known: iam:GetAccountAuthorizationDetails was denied"):
        Questions(unread).caller("ann")
    assert Questions(unread).ask("root", "s3:GetObject").decision == "yes"


def test_a_what_if_takes_the_place_of_what_the_account_holds() -> None:
    limited = Questions(account([policy(allow())], boundary=policy(allow("iam:*"))))
    wide = source("boundary", "wide", document(policy(allow())))

    assert limited.ask("ann", "sqs:SendMessage").decision == "no"
    assert limited.ask("ann", "sqs:SendMessage", what_if=WhatIf(boundary=wide)).decision == "yes"
    assert limited.ask("ann", "sqs:SendMessage", what_if=WhatIf(has_no_boundary=True)).decision == "yes"
    assert KNOWN.ask("ann", "sqs:SendMessage", what_if=WhatIf(boundary=wide)).decision == "yes"


def test_a_trust_policy_can_be_tried_out() -> None:
    nobody = source("resource_policy", "new trust", document(policy()))

    assert KNOWN.ask("ann", "sts:AssumeRole", DEPLOY).decision == "yes"
    assert KNOWN.ask("ann", "sts:AssumeRole", DEPLOY, what_if=WhatIf(resource=nobody)).decision == "no"


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":7,"Action":"sts:AssumeRole"}]}',
            "only_if",
        ),
        ('{"Version":"2012-10-17","Statement":[]}', "no"),
    ],
)
def test_a_malformed_trust_policy_may_admit_anybody(trust: str, expected: str) -> None:
    role = Role(name="r", arn=f"arn:aws:iam::{OWN}:role/r", trust=Document(trust.encode()))
    found = msgspec.structs.replace(account([policy(allow())]), roles=(role,))
    decision = Questions(found).ask("user/ann", "sts:AssumeRole", role.arn)

    assert decision.decision == expected
    assert any("malformed" in each for each in decision.not_collected) == (expected == "only_if")


def test_a_role_that_was_not_collected_may_trust() -> None:
    unread = Account(
        account_id=OWN,
        partition="aws",
        taken_at=NOW,
        users=account([policy(allow())]).users,
        groups=(),
        roles=Gap("iam:GetAccountAuthorizationDetails", "error"),
    )
    decision = Questions(unread).ask("user/ann", "sts:AssumeRole", DEPLOY)

    assert (decision.decision, "the resource policy" in decision.not_collected) == ("yes", True)


def test_the_ends_of_the_earth_need_no_organization() -> None:
    assert KNOWN.ask(LINKED, "sqs:SendMessage").not_collected == ("the resource policy",)
