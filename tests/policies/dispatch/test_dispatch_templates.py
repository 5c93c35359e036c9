"""The names of templates that facts and decisions use are those of the catalogue."""

from __future__ import annotations

from typing import get_args

import pytest

from policies.dispatch import PlanKind
from policies.documents import DOCUMENTS
from policies.subjects import Subject
from scanner.containment.kind_facts import facts_of
from scanner.containment.kinds import KINDS, Kind
from tests.accounts import FOREIGN
from tests.policies.dispatch.suspects import (
    ALICE,
    INSTANCE,
    ROLE_ID,
    SESSION_KEY,
    USER_ID,
    facts,
    resolved,
    role_with,
    told,
)

NAMES = {each.name for each in DOCUMENTS}
LINKED = role_with({"name": "linked", "path": "/aws-service-role/x.amazonaws.com/"})
SUBJECTS: dict[PlanKind, Subject] = {
    "role-sessions": told("role", name="app", unique_id=ROLE_ID, session="deploy"),
    "one-instance": told("role", name="app", unique_id=ROLE_ID, session=INSTANCE),
    "identity-center": told("person", user_id="11112222-3333-4444-5555-666677778888"),
    "user-key": ALICE,
    "user-session": told("user", unique_id=USER_ID, access_key=SESSION_KEY),
    "federated-user": told("federated-user", name="bob"),
    "root": told("root"),
    "service": told("service"),
    "foreign-account": Subject(kind="foreign-account", account_id=FOREIGN),
}


@pytest.mark.parametrize("kind", KINDS)
def test_facts_name_templates_that_there_are(kind: Kind) -> None:
    assert set(facts_of(kind).stops) <= NAMES


@pytest.mark.parametrize("plan", get_args(PlanKind))
def test_every_row_of_the_table_names_templates_that_there_are(plan: PlanKind) -> None:
    decided = resolved(SUBJECTS[plan]).decided

    assert decided is not None
    assert decided.plan == plan
    assert {*decided.templates, *decided.instead} <= NAMES
    assert bool(decided.templates) is (plan != "service")
    assert decided.because


def test_service_linked_role_has_the_row_of_services() -> None:
    decided = resolved(told("role", name="linked", unique_id=ROLE_ID), facts(roles=[LINKED])).decided

    assert decided is not None
    assert decided.plan == "service"
