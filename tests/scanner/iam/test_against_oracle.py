"""The evaluator against other opinions: the oracle, for every completion of what is undecided; policyuniverse; moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_network
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from policyuniverse.expander_minimizer import all_permissions
from policyuniverse.statement import Statement

from scanner.iam.questions import Questions, WhatIf, source
from scanner.inventory import Document
from scanner.snapshot import decode
from tests.accounts import FOREIGN, NOW, OWN, allow, policy
from tests.scanner.iam.cases import (
    ANN,
    APP,
    DEPLOY,
    LINKED,
    PRINCIPAL_ARN,
    REQUEST_TAG,
    UNDECIDABLE,
    WHO,
    Key,
    Question,
    questions,
)
from tests.scanner.iam.oracle import Case, Json, allowed

THOROUGH = settings(
    max_examples=250,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
LAYERS = [
    "",
    "conditions",
    "conditions boundary",
    "principals resource boundary session",
    "principals resource root linked boundary",
    "boundary session",
    "resource",
    "resource boundary session",
    "resource root linked scp rcp",
    "scp rcp boundary session",
    "abroad resource boundary session",
    "abroad resource root linked scp rcp",
    "resource boundary session scp rcp root linked",
]


def verdict(question: Question) -> str:
    """What the evaluator says: ``yes``, ``no`` or ``only_if``."""
    case = question.case
    said = {key.lower(): tuple(values) for key, values in case.context.items() if values}
    return (
        Questions(decode(json.dumps(account(case)).encode(), now=NOW, actions={}))
        .ask(
            case.principal,
            case.action,
            case.resource,
            context={**said, "aws:resourceaccount": (case.resource_account,)},
            absent=frozenset(key.lower() for key in question.absent),
            what_if=WhatIf(
                session=_source("session_policy", case.session),
                resource=_source("resource_policy", case.resource_policy),
                has_no_resource_policy=case.resource_policy is None,
                scps=_levels("scp", case.scps),
                rcps=_levels("rcp", case.rcps),
            ),
        )
        .decision
    )


def _source(layer: Any, document: Json | None) -> Any:
    return None if document is None else source(layer, layer, Document(json.dumps(document).encode()))


def _levels(layer: Any, levels: Any) -> Any:
    return None if levels is None else tuple(tuple(_source(layer, found) for found in level) for level in levels)


def account(case: Case) -> dict[str, Any]:
    """An account in which the caller has the identity policies and the boundary of the case."""
    inline = [{"PolicyName": f"p{i}", "PolicyDocument": found} for i, found in enumerate(case.identity)]
    groups = [{"PolicyName": f"g{i}", "PolicyDocument": found} for i, found in enumerate(case.groups)]
    boundary = f"arn:aws:iam::{OWN}:policy/limit"
    users, roles = [], []
    for arn in (ANN, APP, DEPLOY, LINKED):
        path, _, name = arn.split(":")[5].partition("/")[2].rpartition("/")
        is_caller = arn == (case.entity or case.principal)
        facts: dict[str, Any] = {
            "Arn": arn,
            "Path": f"/{path}/" if path else "/",
            "Tags": [{"Key": "team", "Value": tag} for tag in WHO.get(arn, {}).get("aws:PrincipalTag/team", ())],
        }
        if is_caller and case.boundary is not None:
            facts["PermissionsBoundary"] = {"PermissionsBoundaryArn": boundary, "PermissionsBoundaryType": "Policy"}
        own = inline if is_caller else []
        if arn == ANN:
            users.append({**facts, "UserName": name, "UserId": "AIDA1", "UserPolicyList": own, "GroupList": ["all"]})
        else:
            trust = {"Version": "2012-10-17", "Statement": []}
            roles.append(
                {**facts, "RoleName": name, "RoleId": "AROA1", "RolePolicyList": own, "AssumeRolePolicyDocument": trust}
            )
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": case.boundary}
    managed = {"PolicyName": "limit", "Arn": boundary, "PolicyVersionList": [version], "DefaultVersionId": "v1"}
    return {
        "UserDetailList": users,
        "RoleDetailList": roles,
        "GroupDetailList": [{"GroupName": "all", "Arn": f"arn:aws:iam::{OWN}:group/all", "GroupPolicyList": groups}],
        "Policies": [managed] if case.boundary is not None else [],
    }


@pytest.mark.parametrize("layers", LAYERS)
@THOROUGH
@given(data=st.data())
def test_the_verdict_is_that_of_all_completions(layers: str, data: st.DataObject) -> None:
    question = data.draw(questions(layers))
    answers = {allowed(case) for case in question.completions()}
    expected = "only_if" if len(answers) == 2 else "yes" if True in answers else "no"

    assert verdict(question) in ({expected} if question.is_exact else {expected, "only_if"})


@pytest.mark.parametrize("key", [*UNDECIDABLE, PRINCIPAL_ARN], ids=lambda key: key.name)
def test_every_operator_agrees_on_every_kind_of_value(key: Key) -> None:
    requests = key.requests or [who[key.name] for who in WHO.values()]
    for operator, pool in key.written.items():
        plain = (
            []
            if key.many
            else [(operator + suffix, value) for suffix in ("", "IfExists") for value in (*pool, [*pool])]
        )
        sets = [
            f"{quantifier}:{operator}{suffix}"
            for quantifier in ("ForAllValues", "ForAnyValue")
            for suffix in ("", "IfExists")
        ]
        for written, values in (*plain, *((name, [*pool[:2]]) for name in sets)):
            statement = allow(Condition={written: {key.name: values}})
            for request in requests:
                context = {**WHO[ANN], key.name: request}
                case = Case(ANN, "sqs:SendMessage", "*", OWN, context, identity=[policy(statement)])

                assert verdict(Question(case, ())) == ("yes" if allowed(case) else "no"), (statement, request)


def _like(texts: list[str]) -> st.SearchStrategy[str]:
    """Texts that fit a pattern, or nearly do."""
    filled = st.builds(lambda text, some: text.replace("*", some), st.sampled_from(texts), st.text("aAn/*", max_size=3))
    whole = st.builds(lambda text, one: text.replace("?", one), filled, st.sampled_from("bnrx"))
    changed = st.sampled_from(
        [str, str, str.upper, str.lower, str.title, lambda text: text + "x", lambda text: text[1:]]
    )
    return st.builds(lambda text, change: change(text), whole, changed)


def _value(key: Key) -> st.SearchStrategy[str]:
    texts = sorted({str(value) for pool in key.written.values() for value in pool})
    if "NumericEquals" in key.written:
        return st.decimals(0, 200, places=1).map(str)
    if "DateEquals" in key.written:
        moments = st.integers(1795215598, 1795302002)
        return st.one_of(moments.map(str), moments.map(lambda at: datetime.fromtimestamp(at, UTC).isoformat()))
    if "Bool" in key.written:
        return st.sampled_from(["true", "false"])
    if "IpAddress" in key.written:
        networks = st.sampled_from([*texts, "203.0.112.0/22", "198.51.100.0/28", "2001:db7::/30"])
        return networks.flatmap(lambda network: st.ip_addresses(network=ip_network(network, strict=False))).map(str)
    return _like([text.replace("${aws:PrincipalTag/team}", team) for text in texts for team in ("blue", "red", "$&")])


def _relations(key: Key, values: tuple[str, ...]) -> tuple[bool, ...]:
    """How a request with these values relates to all that policies say of the key, as a value and in a resource."""
    sets = ("ForAllValues:", "ForAnyValue:") if key.many else ("",)
    statements = [
        allow(Condition={quantifier + operator: {key.name: value}})
        for quantifier in sets
        for operator, pool in key.written.items()
        for value in pool
    ]
    statements += [
        allow("*", f"{part}/${{aws:RequestTag/team}}") for part in ("blue", "ann") if key.name in REQUEST_TAG.name
    ]
    cases = [
        Case(
            ANN,
            "x:Y",
            f"{name}/{name}",
            OWN,
            {key.name: values, "aws:PrincipalTag/team": (team,)},
            identity=[policy(statement)],
        )
        for statement in statements
        for team in ("blue", "red")
        for name in ("blue", "ann")
    ]
    return tuple(allowed(case) for case in cases)


@pytest.mark.parametrize("key", UNDECIDABLE, ids=lambda key: key.name)
@settings(THOROUGH, max_examples=60)
@given(data=st.data())
def test_no_request_value_is_of_a_kind_that_completions_lack(key: Key, data: st.DataObject) -> None:
    values = tuple(data.draw(st.lists(_value(key), max_size=5 if key.many else 1)))
    kinds = _kinds(key)

    assert _relations(key, values) in kinds


@cache
def _kinds(key: Key) -> frozenset[tuple[bool, ...]]:
    return frozenset(_relations(key, values) for values in key.requests)


PATTERNS = [
    "iam:*",
    "iam:Get*",
    "iam:*Policy",
    "s3:GetObject",
    "S3:put*",
    "*",
    "sqs:*Message*",
    "ec2:RunInstances",
    "kms:x*",
]


@pytest.mark.parametrize("element", ["Action", "NotAction"])
@settings(THOROUGH, max_examples=40)
@given(data=st.data())
def test_policyuniverse_expands_actions_alike(element: str, data: st.DataObject) -> None:
    patterns = data.draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3, unique=True))
    actions = data.draw(st.lists(st.sampled_from(sorted(all_permissions)), min_size=5, max_size=5))
    statement: dict[str, object] = {"Effect": "Allow", element: patterns, "Resource": "*"}
    expanded = Statement(statement).actions_expanded
    for action in [*actions, "iam:getrolepolicy", "s3:putobject", "sqs:sendmessage", "ec2:runinstances"]:
        case = Case(ANN, action, "*", OWN, identity=[policy(statement)])

        assert verdict(Question(case, ())) == ("yes" if action in expanded else "no")


ACCESSIBLE: list[tuple[object, Json]] = [
    ("*", {}),
    ({"AWS": "*"}, {}),
    ({"AWS": ["*", ANN]}, {}),
    ({"AWS": ANN}, {}),
    ({"AWS": OWN}, {}),
    ({"Service": "s3.amazonaws.com"}, {}),
    ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}),
    ("*", {"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
    ("*", {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
    ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-ours/r-1/*"}}),
    ("*", {"StringEquals": {"aws:SourceAccount": OWN}}),
    ("*", {"StringEquals": {"aws:PrincipalArn": ANN}}),
]


@pytest.mark.parametrize(("principal", "condition"), ACCESSIBLE)
def test_policyuniverse_agrees_on_who_comes_from_the_internet(principal: object, condition: Json) -> None:
    """Only where its answer is right: it takes blocks of conditions for alternatives, and knows no absent keys."""
    statement = allow("s3:*", Principal=principal, **({"Condition": condition} if condition else {}))
    stranger = f"arn:aws:iam::{FOREIGN}:user/eve"
    context = {"aws:PrincipalOrgID": ["o-1"], "aws:PrincipalOrgPaths": ["o-1/r-1/"]}
    context |= {"aws:SourceVpc": [], "aws:SourceAccount": []}
    case = Case(stranger, "s3:GetObject", "arn:aws:s3:::b/k", OWN, context, resource_policy=policy(statement))

    assert (verdict(Question(case, ())) != "no") is Statement(statement).is_internet_accessible()


CALLS = {
    "iam:ListUsers": ("iam", "list_users"),
    "iam:ListRoles": ("iam", "list_roles"),
    "sqs:ListQueues": ("sqs", "list_queues"),
    "sns:ListTopics": ("sns", "list_topics"),
}
ACTIONS = ["*", "iam:*", "iam:List*", "iam:ListUsers", "iam:*Roles", "sqs:*", "sqs:List*", "sns:ListTopics", "ec2:*"]


@mock_aws
@set_initial_no_auth_action_count(5)
def test_moto_enforces_alike() -> None:
    """Only by statements without conditions on every resource: elsewhere moto is wrong."""
    random = Random(20261120)
    unsigned = boto3.client("iam", aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    for name in ("admin", "ann"):
        unsigned.create_user(UserName=name)
    unsigned.put_user_policy(UserName="admin", PolicyName="p", PolicyDocument=json.dumps(policy(allow())))
    admin, ann = (_session(unsigned.create_access_key(UserName=name)["AccessKey"]) for name in ("admin", "ann"))
    manager = admin.client("iam")
    clients = {service: ann.client(service) for service, _ in CALLS.values()}
    for _ in range(30):
        document = policy(*(_unconditional(random) for _ in range(random.randint(1, 3))))
        manager.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document))
        for action, (service, method) in CALLS.items():
            case = Case(ANN, action, "*", OWN, identity=[document])

            assert verdict(Question(case, ())) == _enforced(getattr(clients[service], method)), (action, document)


def _session(key: dict[str, str]) -> boto3.Session:
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-west-1")


def _unconditional(random: Random) -> dict[str, Any]:
    effect = random.choice(["Allow", "Allow", "Allow", "Deny"])
    element = random.choice(["Action", "Action", "Action", "NotAction"])
    return {"Effect": effect, element: random.sample(ACTIONS, random.randint(1, 2)), "Resource": "*"}


def _enforced(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        if "AccessDenied" not in str(error):
            raise
        return "no"
    return "yes"
