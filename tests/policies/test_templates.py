"""The documents: their exact text and size, and the catalogue around them."""

from __future__ import annotations

import json

import pytest

from policies import PLACEHOLDER, TEMPLATES, template
from policies.templates import PolicyDocument, quarantine_user, revoke_sessions, serialise
from scanner.containment import policy_size


def test_revocation_has_the_form_of_the_console() -> None:
    assert serialise(revoke_sessions()) == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],'
        '"Condition":{"DateLessThan":{"aws:TokenIssueTime":"${CUTOFF}"}}}]}'
    )


def test_quarantine_denies_everything_without_a_condition() -> None:
    assert serialise(quarantine_user()) == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"IrQuarantineUser","Effect":"Deny","Action":"*","Resource":"*"}]}'
    )


@pytest.mark.parametrize(
    ("document", "size"), [(revoke_sessions("2026-11-20T23:00:00Z"), 163), (quarantine_user(), 109)]
)
def test_documents_are_minified_and_of_the_size_expected(document: PolicyDocument, size: int) -> None:
    text = serialise(document)

    assert json.loads(text) == document
    assert size == len(text) == policy_size(text)


def test_placeholder_stands_once_where_the_time_goes() -> None:
    text = serialise(revoke_sessions())

    assert text.count(PLACEHOLDER) == 1
    assert text.replace(PLACEHOLDER, "2026-11-20T23:00:00Z") == serialise(revoke_sessions("2026-11-20T23:00:00Z"))


def test_templates_are_found_by_name() -> None:
    assert tuple(each.name for each in TEMPLATES) == ("revoke-sessions", "quarantine-user")
    assert tuple(template(each.name).applies_to for each in TEMPLATES) == ("role", "user")
    assert len({each.file for each in TEMPLATES}) == len(TEMPLATES)
    with pytest.raises(KeyError):
        template("no-such-template")
