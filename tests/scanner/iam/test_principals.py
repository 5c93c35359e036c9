"""The principals of trust policies."""

from __future__ import annotations

import pytest

from scanner.iam.documents import Statement
from scanner.iam.principals import TrustedPrincipal, account_of, trusted_principals
from tests.accounts import FOREIGN

KINDS = [
    ("AWS", "*", "anyone", ""),
    ("AWS", FOREIGN, "account", FOREIGN),
    ("AWS", f"arn:aws:iam::{FOREIGN}:root", "account", FOREIGN),
    ("AWS", f"arn:aws:iam::{FOREIGN}:role/a/b:c", "account", FOREIGN),
    ("AWS", f"arn:aws-us-gov:iam::{FOREIGN}:user/x", "account", FOREIGN),
    ("AWS", f"arn:aws-cn:sts::{FOREIGN}:assumed-role/x/y", "account", FOREIGN),
    ("AWS", f"arn:aws-iso-f:iam::{FOREIGN}:root", "account", FOREIGN),
    ("AWS", f"arn:aws:sts::{FOREIGN}:federated-user/x", "account", FOREIGN),
    ("AWS", "arn:aws:iam::*:root", "anyone", ""),
    ("AWS", "AIDAEXAMPLE", "deleted", ""),
    ("AWS", "AROAEXAMPLE", "deleted", ""),
    ("AWS", "99998888777", "other", ""),
    ("AWS", "9999888877777", "other", ""),
    ("AWS", "\u0669" * 12, "other", ""),
    ("AWS", "", "other", ""),
    ("Service", "ec2.amazonaws.com", "service", ""),
    ("Service", "*", "service", ""),
    ("Federated", "cognito-identity.amazonaws.com", "federated", ""),
    ("CanonicalUser", "79a5", "other", ""),
]


@pytest.mark.parametrize(("kind", "text", "expected", "account_id"), KINDS)
def test_kinds(kind: str, text: str, expected: str, account_id: str) -> None:
    (found,) = trusted_principals(Statement(0, True, principals=((kind, text),)))

    assert (found.kind, found.text, found.account_id) == (expected, text, account_id)


def test_everyone_but_some_is_everyone() -> None:
    statement = Statement(0, True, principals=(("AWS", FOREIGN),), not_principals=True)

    assert trusted_principals(statement) == (TrustedPrincipal("anyone", "NotPrincipal"),)


@pytest.mark.parametrize(
    "text", ["", "*", "arn:aws:iam::", "arn:aws:s3:::bucket", f"arn:aws:iam::{FOREIGN}", "x" * 9999]
)
def test_what_names_no_account(text: str) -> None:
    assert account_of(text) is None
