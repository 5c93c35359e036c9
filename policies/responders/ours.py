"""Documents of guardrift's own: those that one of its templates writes, whatever it was filled in with."""

from __future__ import annotations

import json
from functools import lru_cache

import msgspec

from policies.cutoff import PLACEHOLDER, parse_cutoff
from policies.documents import DOCUMENTS, NotWritable, Template, Values, write
from scanner.inventory import Role, User

_ACCOUNT = "111122223333"
_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)
_FILLED = Values(
    role=Role(
        name="r", arn=f"arn:aws:iam::{_ACCOUNT}:role/r", id="AROAEXAMPLEROLE00001", trust=msgspec.Raw(_TRUST.encode())
    ),
    user=User(name="u", arn=f"arn:aws:iam::{_ACCOUNT}:user/u", id="AIDAEXAMPLEUSER00001"),
    session="i-0123456789abcdef0",
    instance=f"arn:aws:ec2:eu-west-1:{_ACCOUNT}:instance/i-0123456789abcdef0",
    principals=(f"arn:aws:iam::{_ACCOUNT}:role/r",),
    account_id="444455556666",
    source_identity="anna",
    user_id="11111111-2222-3333-4444-555555555555",
    networks=("198.51.100.0/24",),
)
_CUTOFF = "aws:TokenIssueTime"
_FILLED_IN = frozenset({
    _CUTOFF, "aws:userid", "ec2:SourceInstanceARN", "aws:PrincipalArn", "aws:SourceIdentity", "identitystore:UserId",
    "aws:PrincipalAccount", "aws:SourceIp",
})  # fmt: skip
"""The keys whose values a template is filled in with; those of others are the template's own."""


def template_of(document: object) -> str | None:
    """The name of the template that a policy document is written from; None where there is none.

    A trust policy or permission set into which a Deny of ours was put counts, too.
    """
    shapes = [_shape(each) for each in statements(document)]
    known = _templates()
    return next((known[shape] for shape in shapes if shape in known), None)


def is_ours(statement: object) -> bool:
    """Whether one of the templates writes this statement."""
    return _shape(statement) in _templates()


def statements(document: object) -> list[object]:
    """The statements of a policy document, which may be a single object."""
    members = document.items() if isinstance(document, dict) else ()
    found = next((value for name, value in members if name.lower() == "statement"), None)
    if isinstance(found, list):
        return found
    return [] if found is None else [found]


@lru_cache(maxsize=1)
def _templates() -> dict[str, str]:
    """The statements that the templates write, by their shape."""
    found: dict[str, str] = {}
    for template in DOCUMENTS:
        for statement in _written(template):
            found.setdefault(_shape(statement), template.name)
    return found


def _written(template: Template) -> list[object]:
    if template.layer in {"declarative policy", "stack"}:
        return []
    try:
        written = write(template, _FILLED)
    except NotWritable:
        return []
    found = [each for document in written for each in statements(json.loads(document.document))]
    return [each for each in found if isinstance(each, dict) and each.get("Effect") == "Deny"]


def _shape(statement: object) -> str:
    """A statement without what a template is filled in with; a cutoff counts only if it has the form of ours."""
    if not isinstance(statement, dict):
        return ""
    condition = statement.get("Condition")
    if not isinstance(condition, dict):
        return _text(statement)
    plain = {
        operator: {key: _value(operator, key, value) for key, value in keys.items()} if isinstance(keys, dict) else keys
        for operator, keys in condition.items()
    }
    return _text({**statement, "Condition": plain})


def _text(statement: dict[str, object]) -> str:
    try:
        return json.dumps(statement, sort_keys=True)
    except RecursionError:
        return ""


def _value(operator: str, key: str, value: object) -> object:
    if operator.startswith(("Null", "Bool")) or key not in _FILLED_IN:
        return value
    if key != _CUTOFF:
        return "*"
    return "*" if isinstance(value, str) and is_cutoff(value) else value


def is_cutoff(value: str) -> bool:
    """Whether a text is a cutoff as guardrift writes it, or its placeholder."""
    if value == PLACEHOLDER:
        return True
    try:
        parse_cutoff(value)
    except ValueError:
        return False
    return True
