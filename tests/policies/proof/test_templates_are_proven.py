"""Every template that contains does what it says of itself."""

from __future__ import annotations

from typing import get_args

import pytest

from policies.documents.catalogue import CONTAINING
from policies.documents.template import Template
from policies.documents.written import Values, write
from policies.placed import Effect, Layer, Placed, Session
from policies.proof import Who, prove
from policies.subjects import Subject
from policies.templates import TEMPLATES, quarantine_user, revoke_sessions, serialise
from scanner.inventory import Gap, Role, User
from tests.accounts import FOREIGN, OWN
from tests.policies.proof import scenarios as s
from tests.policies.proof.scenarios import PROVEN, Scenario, put

ACCOUNT = PROVEN[0].account


def principal(arn: str | None) -> Role | User | None:
    assert not isinstance(ACCOUNT.roles, Gap)
    assert not isinstance(ACCOUNT.users, Gap)
    people: list[Role | User] = [*ACCOUNT.roles, *ACCOUNT.users]
    return next((each for each in people if each.arn == arn), None)


def about(template: Template) -> tuple[Subject, str | None]:
    """Whom a template is for."""
    if template.applies_to == "foreign account":
        return s.OF_FOREIGN, None
    if template.name == "scp-contain-source-identity":
        return s.OF_CHAIN, s.CHAIN
    if template.applies_to == "person":
        return s.OF_PERSON, None
    return (s.OF_ANN, s.ANN) if template.applies_to == "user" else (s.OF_INSTANCE, s.APP)


def filled(arn: str | None) -> Values:
    found = principal(arn)
    return Values(
        role=found if isinstance(found, Role) else None,
        user=found if isinstance(found, User) else None,
        session=s.NAME,
        instance=s.INSTANCE,
        principals=(arn,) if arn else (),
        account_id=FOREIGN,
        source_identity="ann",
        user_id=s.PERSON,
        existing="",
    )


def promised(template: Template) -> dict[Who, Effect]:
    assert template.effects is not None
    found: dict[Who, Effect] = {}
    for session in get_args(Session):
        effect = template.effects.on(session)
        if effect is not None:
            found[session] = effect
    if template.name == "require-user-mfa":
        # Of a new session it says "as before" for those with MFA alone.
        del found["new session"]
        found |= {"new session with MFA": "as before", "new session without MFA": "denied"}
    return found


@pytest.mark.parametrize("template", CONTAINING, ids=[each.name for each in CONTAINING])
def test_template_does_what_it_says(template: Template) -> None:
    subject, arn = about(template)
    for each in write(template, filled(arn)):
        layer = _layer(template)
        target = {"scp": OWN, "rcp": OWN, "permission set": s.SET}.get(layer, arn or "")
        placed = Placed(
            template=each.template, layer=layer, target=target, name=each.name, document=each.document,
            previous=each.previous,
        )  # fmt: skip
        proof = prove((placed,), subject, principal(arn), ACCOUNT, expects=promised(template))

        assert proof.is_proven, [claim.why for claim in proof.claims if not claim.holds]


def _layer(template: Template) -> Layer:
    for layer in get_args(Layer):
        if layer == template.layer:
            found: Layer = layer
            return found
    raise AssertionError(template.layer)


def test_templates_with_commands_are_proven() -> None:
    documents = {"revoke-sessions": serialise(revoke_sessions()), "quarantine-user": serialise(quarantine_user())}

    assert documents.keys() == {each.name for each in TEMPLATES if each.name in documents}
    of_role = Scenario("role", (put("inline", s.APP, documents["revoke-sessions"]),), s.OF_APP, s.APP, s.OLD)
    of_user = Scenario("user", (put("inline", s.ANN, documents["quarantine-user"]),), s.OF_ANN, s.ANN, s.ALL)
    assert of_role.prove().is_proven
    assert of_user.prove().is_proven
