"""Accounts as values, for what the command line makes of them."""

from __future__ import annotations

import msgspec

from scanner.inventory import Account, CoverageRow, Document, Role, User
from tests.collect.faulty import ACCOUNT_ID, HOME, document, iam_arn
from tests.ready_account import READY

CLEAN: Account = msgspec.structs.replace(
    READY,
    caller=iam_arn("role/scanner"),
    coverage=(CoverageRow(account_id=ACCOUNT_ID, region="global", api="sts:GetCallerIdentity", status="ok", calls=1),),
)

RESPONDER: dict[str, object] = {
    "RoleName": "incident-response",
    "RoleId": "AROA1",
    "Path": "/",
    "Arn": iam_arn("role/incident-response"),
    "CreateDate": "2026-10-01T00:00:00Z",
    "RoleLastUsed": {"LastUsedDate": "2026-11-01T00:00:00Z", "Region": HOME},
    "AssumeRolePolicyDocument": document(
        Principal={"AWS": iam_arn("root")},
        Action="sts:AssumeRole",
        Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    ),
    "RolePolicyList": [
        {
            "PolicyName": "contain",
            "PolicyDocument": document(
                {"Effect": "Deny", "Action": "iam:*", "Resource": iam_arn("role/incident-response")},
                Action=["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"],
                Resource="*",
            ),
        }
    ],
}
"""A role with which credentials are contained, as IAM describes it."""

HOSTILE = "\x1b[31mred\x1b]0;title\x07\n::error::owned\r\n##vso[task.setvariable]x [/red][bold] \u202eevil \U0001f600"
"""A name that a terminal, a CI runner or a markup language would obey."""


def renamed(account: Account, name: str) -> Account:
    """The account with one more user and role of that name, each of which is a finding."""
    admin = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
    anyone = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}')
    user = msgspec.convert({"name": name, "arn": iam_arn(f"user/{name}")}, User)
    role = Role(name, iam_arn(f"role/{name}"), anyone)
    assert isinstance(account.users, tuple)
    assert isinstance(account.roles, tuple)
    user = msgspec.structs.replace(user, inline=msgspec.convert([{"name": name, "document": admin}], type(user.inline)))
    return msgspec.structs.replace(account, users=(*account.users, user), roles=(*account.roles, role))
