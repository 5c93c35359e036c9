"""Values that a thief chose: refused where AWS cannot have them, and else no more than the characters they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policies.documents import NotWritable, instances, protecting, rcps, scps, sessions, values
from policies.documents.writing import serialise
from scanner.iam.conditions import truth
from scanner.iam.context import Context
from scanner.iam.documents import parse
from scanner.inventory import Document
from tests.accounts import OWN
from tests.policies.conftest import HOSTILE_NAMES

_ROLE = f"arn:aws:iam::{OWN}:role/"

BUILDERS: dict[str, Callable[[str], object]] = {
    "session": lambda text: sessions.revoke_session("AROA1", text),
    "isolated session": lambda text: sessions.isolate_session("AROA1", text),
    "role id": lambda text: sessions.revoke_session(text, "i-0123456789abcdef0"),
    "instance": sessions.revoke_instance,
    "principal": lambda text: scps.scp_contain_principals([text]),
    "role name": lambda text: scps.scp_contain_principals([_ROLE + text]),
    "user name": lambda text: scps.scp_revoke_principals([f"arn:aws:iam::{OWN}:user/{text}"]),
    "source identity": scps.scp_contain_source_identity,
    "person": scps.scp_contain_person,
    "account": rcps.rcp_contain_account,
    "service": lambda text: rcps.rcp_contain_account(OWN, [text]),
    "network": lambda text: instances.bind_instance_credentials([text]),
    "partition": lambda text: instances.imdsv2("responder", text),
    "response role": lambda text: protecting.protect_quarantine(text),
    "deployer": lambda text: protecting.protect_quarantine(deployer=text),
    "cutoff": sessions.revoke_sessions,
}

_SESSIONS = {"session", "isolated session", "source identity"}
_NAMES = {"role name", "user name", "response role"}

# Of the hostile names, those that AWS does take somewhere, as they stand there.
_TAKEN = {
    ".": _NAMES,
    **dict.fromkeys(("..", ".hidden", "-rf", "--profile=evil", "CON", "nul.txt", "=touch"), _SESSIONS | _NAMES),
    "a/b": {"role name", "user name"},
    "../../etc": {"role name", "user name"},
    "file:/x": {"role name", "user name"},
    "afile://x": {"role name", "user name"},
    "${CUTOFF}": {"cutoff"},
}


@pytest.mark.parametrize("what", BUILDERS)
@pytest.mark.parametrize("text", [*HOSTILE_NAMES, "", "?", "a*", "${aws:username}", "a\n", "\n", "é" * 12], ids=ascii)
def test_hostile_text(what: str, text: str) -> None:
    if what in _TAKEN.get(text, ()):
        assert BUILDERS[what](text)
        return
    with pytest.raises(NotWritable):
        BUILDERS[what](text)


@pytest.mark.parametrize(
    "arn",
    [
        f"{_ROLE}web*", f"{_ROLE}we?", f"{_ROLE}${{aws:username}}", f"{_ROLE}*", "*", "arn:aws:iam::*:role/web",
        f"arn:*:iam::{OWN}:role/web", f"{_ROLE}", f"{_ROLE}web ", f"{_ROLE}web\n", f"{_ROLE}é", f"{_ROLE}a/b/",
        f"{_ROLE}//", f"arn:aws:iam::{OWN}:group/web", f"arn:aws:iam::{OWN}:policy/web", f"arn:aws:iam::{OWN}:root/x",
        f"arn:aws:sts::{OWN}:assumed-role/web/s", f"{_ROLE}aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        f"arn:aws:iam::{OWN[:-1]}:role/web", f"{_ROLE}{'a' * 65}", f"{_ROLE}{'p' * 2048}/a",
    ],
)  # fmt: skip
def test_arns_that_are_none(arn: str) -> None:
    with pytest.raises(NotWritable):
        values.principal_arn(arn)


def test_a_session_is_told_from_its_role() -> None:
    with pytest.raises(NotWritable, match="the ARN of its role"):
        values.principal_arn(f"arn:aws:sts::{OWN}:assumed-role/web/i-1")


@pytest.mark.parametrize(
    "path", ["*", "?", "a*b?c", "$", "${aws:username}", "${*}", "${CUTOFF}", "a:b", '"', "\\", "'"]
)
def test_a_path_is_no_pattern(path: str) -> None:
    """IAM takes nearly everything in a path; in a document it stands for itself alone."""
    arn = f"{_ROLE}{path}/web"

    (text,) = scps.scp_contain_principals([arn])

    (condition,) = parse(Document(text.encode())).statements[0].conditions

    def holds(principal: str) -> object:
        return truth(condition, Context(known={"aws:principalarn": (principal,)}), has_variables=True)

    assert "${CUTOFF}" not in text
    assert holds(arn) is True
    for other in (f"{_ROLE}x/web", f"{_ROLE}axbyc/web", f"{_ROLE}web", f"{_ROLE}ann/web", f"{_ROLE}x/{path}/web"):
        assert holds(other) is False


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.0/8", "192.168.1.0/24", "198.51.100.7/24"]
)
def test_networks_that_bind_nothing(text: str) -> None:
    with pytest.raises(NotWritable):
        instances.bind_instance_credentials([text])
    with pytest.raises(NotWritable, match="no address"):
        instances.bind_instance_credentials([])


@pytest.mark.parametrize("text", ["aws:x", "AWS:x", "a", "a" * 65, "a b"])
def test_source_identities_that_are_none(text: str) -> None:
    with pytest.raises(NotWritable):
        scps.scp_contain_source_identity(text)


def test_string_operators_know_no_wildcards() -> None:
    """Where a value stands in StringEquals, nothing of it is a pattern."""
    for document in (
        sessions.revoke_session("AROA1", "ann@example.com"),
        scps.scp_contain_source_identity("ann@example.com"),
        scps.scp_contain_person("00000000-0000-4000-8000-000000000000"),
        rcps.rcp_contain_account(OWN),
    ):
        assert "StringEquals" in serialise(document)
        assert "Like" not in serialise(document)
