"""What a policy of others does to one credential: a few requests of every kind, asked of the IAM engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scanner.iam.caller import Caller, other_caller
from scanner.iam.documents import parse
from scanner.iam.evaluation import decide
from scanner.iam.request import Policies, Request
from scanner.iam.sources import Source
from scanner.inventory import Document

_ACCOUNT = "111122223333"
_ALLOWED = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')


class Ask(NamedTuple):
    """One request."""

    action: str
    resource: str


REQUESTS = (
    Ask("s3:GetObject", "arn:aws:s3:::somebodys-bucket/key"),
    Ask("s3:ListAllMyBuckets", "*"),
    Ask("iam:CreateAccessKey", f"arn:aws:iam::{_ACCOUNT}:user/somebody"),
    Ask("iam:PutRolePolicy", f"arn:aws:iam::{_ACCOUNT}:role/somebodys-role"),
    Ask("iam:DeleteRolePolicy", f"arn:aws:iam::{_ACCOUNT}:role/somebodys-role"),
    Ask("ec2:RunInstances", f"arn:aws:ec2:eu-west-1:{_ACCOUNT}:instance/*"),
    Ask("ec2:DescribeInstances", "*"),
    Ask("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{_ACCOUNT}:secret:somebodys-AbCdEf"),
    Ask("dynamodb:DeleteTable", f"arn:aws:dynamodb:eu-west-1:{_ACCOUNT}:table/somebodys"),
    Ask("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{_ACCOUNT}:function:somebodys"),
    Ask("organizations:LeaveOrganization", "*"),
    Ask("sts:GetFederationToken", f"arn:aws:sts::{_ACCOUNT}:federated-user/somebody"),
)
"""What thieves ask for, in services with and without resources."""


class Credential(NamedTuple):
    """By what a request is signed: a session of a role issued at a time, or the long-term key of a user."""

    kind: str
    issued: str | None


def answers(policy: str, credential: Credential) -> Iterator[tuple[Ask, bool]]:
    """For each request, whether the policy surely denies it to a principal that else may do everything."""
    sources = (
        Source("identity", "everything", parse(_ALLOWED)),
        Source("identity", "the policy", parse(Document(policy.encode("utf-8", "replace")))),
    )
    caller = _caller(credential)
    for ask in REQUESTS:
        request = Request(caller, ask.action, ask.resource, caller.context)
        decision = decide(request, Policies(identity=sources, resource_is_known=True, scps=(), rcps=()))
        yield ask, decision.decision == "no"


def _caller(credential: Credential) -> Caller:
    arn = f"arn:aws:iam::{_ACCOUNT}:{credential.kind}/somebodys-{credential.kind}"
    caller = other_caller(arn)
    unique = "AROAEXAMPLEROLE00001:somebody" if credential.kind == "role" else "AIDAEXAMPLEUSER00001"
    known = {"aws:userid": (unique,)}
    if credential.issued is None:
        context = caller.context.with_request(known, absent=frozenset({"aws:tokenissuetime"}))
    else:
        context = caller.context.with_request(known | {"aws:tokenissuetime": (credential.issued,)})
    return Caller(caller.arn, caller.kind, caller.account_id, caller.partition, None, context)
