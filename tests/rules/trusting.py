"""Accounts with one role, by the statements of its trust policy."""

from __future__ import annotations

from tests.accounts import FOREIGN, OWN, Json, policy

ORGANIZATION = "o-a1b2c3d4e5"
IN_ORGANIZATION = {"aws:PrincipalOrgID": ORGANIZATION}
FOREIGN_ROOT, OWN_ROOT = f"arn:aws:iam::{FOREIGN}:root", f"arn:aws:iam::{OWN}:root"


def trusting(*statements: Json, partition: str = "aws") -> Json:
    arn = f"arn:{partition}:iam::{OWN}:role/app"
    return {"roles": [{"name": "app", "arn": arn, "trust": policy(*statements)}], "partition": partition}


def admit(principal: object = "*", action: object = "sts:AssumeRole", **conditions: object) -> Json:
    statement: Json = {"Effect": "Allow", "Principal": principal, "Action": action}
    return statement | ({"Condition": conditions} if conditions else {})


def refuse(principal: object = "*", action: object = "sts:AssumeRole", **conditions: object) -> Json:
    return admit(principal, action, **conditions) | {"Effect": "Deny"}
