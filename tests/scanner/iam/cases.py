"""Generated requests for the IAM evaluator, with everything that could answer them.

Condition keys come with a small pool of values for policies and with one request value for every way in which a request
can relate to that pool. So the completions of a request with undecided keys are exhaustive although they are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations, product
from math import prod
from typing import Any

from hypothesis import strategies as st

from tests.accounts import FOREIGN, OWN
from tests.scanner.iam.oracle import Case, Json

ABSENT: tuple[str, ...] = ()
MOST_COMPLETIONS = 150


@dataclass(frozen=True)
class Key:
    """A condition key: which operators are used with which policy values, and every kind of request value."""

    name: str
    written: dict[str, Sequence[object]] = field(hash=False)
    requests: tuple[tuple[str, ...], ...]
    many: bool = False


def _one(*values: str) -> tuple[tuple[str, ...], ...]:
    return ABSENT, *((value,) for value in values)


def _strings(equal: Sequence[str], like: Sequence[str]) -> dict[str, Sequence[object]]:
    names = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
    return {**dict.fromkeys(names, equal), "StringLike": like, "StringNotLike": like}


def _ordered(family: str, values: Sequence[object]) -> dict[str, Sequence[object]]:
    relations = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    return {family + relation: values for relation in relations}


_TAG_KEYS = ("team", "cost", "tier", "zone")

PREFIX = Key(
    "s3:prefix",
    _strings(("home/ann", "HOME/ANN", "home/*"), ("home/*", "*/ann", "home/ann")),
    _one("home/ann", "HOME/ANN", "Home/Ann", "home/x", "x/ann", "home/x/ann", "home/*", "HOME/*", "other"),
)
REQUEST_TAG = Key(
    "aws:RequestTag/team",
    _strings(("blue", "RED", "${aws:PrincipalTag/team}"), ("b*", "?ed", "${aws:PrincipalTag/team}*")),
    _one(
        "blue",
        "BLUE",
        "black",
        "bluest",
        "red",
        "RED",
        "Red",
        "redder",
        "bed",
        "ned",
        "ann",
        "${aws:PrincipalTag/team}",
    ),
)
TAG_KEYS = Key(
    "aws:TagKeys",
    {name: pool for name, pool in _strings(("team", "cost"), ("t*", "cost")).items() if "IgnoreCase" not in name},
    (ABSENT, *(chosen for size in range(1, 5) for chosen in combinations(_TAG_KEYS, size))),
    many=True,
)
MAX_KEYS = Key("s3:max-keys", _ordered("Numeric", (10, "100")), _one("9", "10", "11", "100", "101"))
RETAIN = Key(
    "s3:object-lock-retain-until-date",
    _ordered("Date", ("2026-11-20T23:00:00Z", 1795302000)),
    _one(
        "2026-11-20T22:59:59Z",
        "2026-11-20T23:00:00Z",
        "2026-11-20T23:00:01Z",
        "2026-11-21T23:00:00Z",
        "2026-11-21T23:00:01Z",
    ),
)
MFA = Key("aws:MultiFactorAuthPresent", {"Bool": ("true", "false", True, False)}, _one("true", "false"))
SOURCE_IP = Key(
    "aws:SourceIp",
    dict.fromkeys(
        ("IpAddress", "NotIpAddress"), ("203.0.113.0/24", "203.0.113.128/25", "2001:db8::/32", "198.51.100.7")
    ),
    _one("203.0.113.1", "203.0.113.200", "2001:db8::1", "198.51.100.7", "192.0.2.1"),
)
SOURCE_ARN = Key(
    "aws:SourceArn",
    dict.fromkeys(
        ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
        (f"arn:aws:sns:*:{OWN}:alerts", "arn:aws:sns:eu-west-1:*:a*", f"arn:aws:sns:eu-west-1:{OWN}:alerts"),
    ),
    _one(
        f"arn:aws:sns:eu-west-1:{OWN}:alerts",
        f"arn:aws:sns:us-east-1:{OWN}:alerts",
        f"arn:aws:sns:eu-west-1:{FOREIGN}:a",
        f"arn:aws:sns:eu-west-1:{OWN}:x:alerts",
        "arn:aws:s3:::alerts",
    ),
)
UNDECIDABLE = (PREFIX, REQUEST_TAG, TAG_KEYS, MAX_KEYS, RETAIN, MFA, SOURCE_IP, SOURCE_ARN)

ANN = f"arn:aws:iam::{OWN}:user/staff/ann"
APP = f"arn:aws:iam::{OWN}:role/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/s1"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
ROOT = f"arn:aws:iam::{OWN}:root"
SESSIONS = {APP: [SESSION, SESSION + "2"], LINKED: [SESSION.replace("app/", "AWSServiceRoleForAutoScaling/")]}
"""A role acts in sessions; what it may do can hang on their names."""
DEPLOY = f"arn:aws:iam::{OWN}:role/deploy"

WHO: dict[str, dict[str, tuple[str, ...]]] = {
    ANN: {"aws:PrincipalArn": (ANN,), "aws:username": ("ann",), "aws:PrincipalTag/team": ("blue",)},
    APP: {"aws:PrincipalArn": (APP,), "aws:username": ABSENT, "aws:PrincipalTag/team": ("red",)},
    SESSION: {"aws:PrincipalArn": (APP,), "aws:username": ABSENT, "aws:PrincipalTag/team": ("red",)},
    LINKED: {"aws:PrincipalArn": (LINKED,), "aws:username": ABSENT, "aws:PrincipalTag/team": ABSENT},
    ROOT: {"aws:PrincipalArn": (ROOT,), "aws:username": ABSENT, "aws:PrincipalTag/team": ABSENT},
}
"""The callers, and what a request of theirs says about them."""

PRINCIPAL_ARN = Key(
    "aws:PrincipalArn",
    dict.fromkeys(
        ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotLike"),
        (APP, ANN, f"arn:aws:iam::{OWN}:user/*", f"arn:aws:iam::{OWN}:role/*", f"arn:aws:iam::{FOREIGN}:*"),
    ),
    (),
)
PRINCIPAL_TAG = Key("aws:PrincipalTag/team", _strings(("blue", "red"), ("b*", "*")), ())
USERNAME = Key("aws:username", _strings(("ann", "ANN"), ("a*", "${aws:username}")), ())
KEYS = (*UNDECIDABLE, *UNDECIDABLE, PRINCIPAL_ARN, PRINCIPAL_TAG, USERNAME)


@dataclass(frozen=True)
class Asked:
    """An action on a resource."""

    action: str
    resource: str

    @property
    def account(self) -> str:
        """The account of the resource; buckets do not say it, and are of the caller's."""
        return self.resource.split(":")[4] or OWN if ":" in self.resource else OWN


def _asked(account: str) -> tuple[Asked, ...]:
    return (
        Asked("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{account}:blue/jobs"),
        Asked("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{account}:secret:blue/db-AbCdEf"),
        Asked("kms:Decrypt", f"arn:aws:kms:eu-west-1:{account}:key/blue"),
        Asked("sns:Publish", f"arn:aws:sns:eu-west-1:{account}:ann/alerts"),
    )


AT_HOME = (*_asked(OWN), Asked("s3:GetObject", "arn:aws:s3:::data/blue/ann.txt"), Asked("sts:AssumeRole", DEPLOY))
WITHOUT_POLICY = (
    Asked("iam:PassRole", DEPLOY),
    Asked("ec2:StopInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"),
)
ABROAD = _asked(FOREIGN)


@dataclass(frozen=True)
class Question:
    """A request of which some keys are undecided: the case does not hold them."""

    case: Case
    undecided: tuple[Key, ...]

    @property
    def absent(self) -> tuple[str, ...]:
        """The keys that the request certainly does not have."""
        return tuple(key for key, values in self.case.context.items() if not values)

    @property
    def is_exact(self) -> bool:
        """Whether ``only_if`` would be wrong where all completions agree.

        It is not where a set operator asks for a key that has one value here and could have more, nor where an
        undecided key is also a variable of a resource: the evaluator keeps the two apart, on the safe side.
        """
        single = {key.name.lower() for key in self.undecided if not key.many}
        asked = {
            name.lower()
            for document in documents(self.case)
            for statement in _listed(document["Statement"])
            for operator, block in statement.get("Condition", {}).items()
            if operator.startswith("For")
            for name in block
        }
        is_variable = REQUEST_TAG in self.undecided and "${aws:RequestTag" in str(documents(self.case))
        return single.isdisjoint(asked) and not is_variable

    def completions(self) -> Iterator[Case]:
        """The case with every kind of value for the undecided keys, and a role in every kind of its sessions."""
        case = self.case
        sessions = SESSIONS.get(case.principal, [case.principal])
        entity = case.principal if case.principal in SESSIONS else case.entity
        for session in sessions:
            for values in product(*(key.requests for key in self.undecided)):
                added = zip((key.name for key in self.undecided), values, strict=True)
                yield replace(case, principal=session, entity=entity, context={**case.context, **dict(added)})


def documents(case: Case) -> list[Json]:
    """Every policy document of a case."""
    single = [found for found in (case.boundary, case.session, case.resource_policy) if found is not None]
    levels = [*(case.scps or ()), *(case.rcps or ())]
    return [*case.identity, *case.groups, *single, *(found for level in levels for found in level)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


ALL_HOME = (*AT_HOME, *WITHOUT_POLICY)
EVERYTHING: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
ELSEWHERE: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*Group", "Resource": "*"}}
RCP_FULL: Json = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
TRUSTING: Json = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "*", "Resource": "*"}],
}


@st.composite
def questions(draw: st.DrawFn, layers: str) -> Question:
    """Questions about the layers named: of ``boundary session resource scp rcp abroad root linked``.

    With ``conditions``, every statement is about all actions; with ``principals``, policies of identities allow all or
    nothing, and all that matters of a resource policy is whom it names.
    """
    chosen = layers.split()
    focus = next((word for word in ("conditions", "principals") if word in chosen), "")
    callers = [ANN, APP, SESSION, *([LINKED] if "linked" in chosen else []), *([ROOT] if "root" in chosen else [])]
    caller = draw(st.sampled_from(callers))
    asked = draw(st.sampled_from(ABROAD if "abroad" in chosen else AT_HOME if "resource" in chosen else ALL_HOME))
    names = (caller, APP) if caller == SESSION else (caller,)
    case = Case(caller, asked.action, asked.resource, asked.account, WHO[caller], APP if caller == SESSION else "")
    own = st.sampled_from([EVERYTHING, ELSEWHERE]) if focus == "principals" else document(asked, focus)
    limit = own if focus else st.booleans().flatmap(lambda wide: st.just(EVERYTHING) if wide else own)
    facts: dict[str, Any] = {}
    if caller != ROOT:
        facts["identity"] = draw(st.lists(own, max_size=2))
        facts["groups"] = draw(st.lists(own, max_size=1)) if caller == ANN else []
    if "boundary" in chosen and caller in (ANN, APP, SESSION):
        facts["boundary"] = draw(st.none() | limit)
    if "session" in chosen and caller == SESSION:
        facts["session"] = draw(st.none() | limit)
    if asked not in WITHOUT_POLICY:
        facts["resource_policy"] = draw(document(asked, focus, names=names)) if "resource" in chosen else TRUSTING
    if "scp" in chosen:
        facts["scps"] = draw(st.lists(st.lists(limit, min_size=1, max_size=2), min_size=1, max_size=2))
    if "rcp" in chosen:
        denying = document(asked, focus, effects=("Deny",), names=("*",))
        facts["rcps"] = [[RCP_FULL, *draw(st.lists(denying, max_size=1))]]
    return draw(_with_context(replace(case, **facts)))


@st.composite
def _with_context(draw: st.DrawFn, case: Case) -> Question:
    """Some of the keys that the documents mention become undecided, the others get a value or are absent."""
    text = str(documents(case)).lower()
    undecided: list[Key] = []
    context = dict(case.context)
    for key in (key for key in UNDECIDABLE if key.name.lower() in text):
        if draw(st.integers(0, 3)) and prod(len(k.requests) for k in (*undecided, key)) <= MOST_COMPLETIONS:
            undecided.append(key)
        else:
            context[key.name] = draw(st.sampled_from(key.requests))
    return Question(replace(case, context=context), tuple(undecided))


@cache
def document(
    asked: Asked,
    focus: str,
    *,
    effects: tuple[str, ...] = ("Allow", "Allow", "Allow", "Deny"),
    names: tuple[str, ...] = (),
) -> st.SearchStrategy[Json]:
    """A policy document; with names, one that is attached to a resource and names principals."""
    versions = st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", ""])
    statements = st.lists(_statement(asked, focus, effects, names), min_size=1, max_size=2)
    return st.builds(_written, versions, statements, st.booleans())


def _written(version: str, statements: list[Json], single: bool) -> Json:
    body = statements[0] if len(statements) == 1 and single else statements
    return {**({"Version": version} if version else {}), "Statement": body}


@st.composite
def _statement(draw: st.DrawFn, asked: Asked, focus: str, effects: tuple[str, ...], names: tuple[str, ...]) -> Json:
    effect = draw(st.sampled_from(effects))
    statement: dict[str, Any] = {"Effect": effect}
    if names:
        statement |= draw(_principal(names, effect))
    statement |= (
        {"Action": "*", "Resource": "*"} if focus else draw(_action(asked.action)) | draw(_resource(asked.resource))
    )
    for operator, key, values in draw(CONDITIONS) if focus != "principals" else ():
        statement.setdefault("Condition", {}).setdefault(operator, {})[key] = values
    return statement


@cache
def _principal(caller: tuple[str, ...], effect: str) -> st.SearchStrategy[dict[str, Any]]:
    if caller == ("*",):
        return st.just({"Principal": "*"})
    others = [ROOT, OWN, DEPLOY, f"arn:aws:iam::{FOREIGN}:root", SESSION + "2", "*"]
    aws = st.lists(st.sampled_from([*caller, *caller, *others]), min_size=1, max_size=2, unique=True)
    listed = aws.map(lambda found: {"Principal": {"AWS": found}})
    rest: list[dict[str, Any]] = [{"Principal": {"AWS": name}} for name in (*caller, *others)]
    rest += [{"Principal": "*"}, {"Principal": {"Service": ["s3.amazonaws.com"], "AWS": [DEPLOY]}}]
    if effect == "Allow" or caller == (ROOT,):
        return listed | st.sampled_from(rest)
    lists = ([*caller, ROOT], [*caller, OWN], [*caller], [*caller, SESSION, ROOT], [DEPLOY, FOREIGN])
    spared: list[dict[str, Any]] = [{"NotPrincipal": {"AWS": names}} for names in lists]
    return listed | st.sampled_from(rest) | st.sampled_from(spared)


@cache
def _action(action: str) -> st.SearchStrategy[dict[str, Any]]:
    service, name = action.split(":")
    fits = [action, action.upper(), "*", f"{service}:*", f"{service}:{name[:3]}*", f"{service}:?{name[1:]}"]
    other = f"{service}:{name}s"
    lists = [[action, other], [other, f"{service}:x*"], fits[:1]]
    negated = [other, "iam:CreateUser", [other, "ec2:*"], f"{service}:x*", "*", action]
    return st.sampled_from(
        [{"Action": found} for found in (*fits, *fits, *lists)] + [{"NotAction": found} for found in negated]
    )


@cache
def _resource(resource: str) -> st.SearchStrategy[dict[str, Any]]:
    """Variables stand only where AWS has them: after the fifth colon; and alone in their list."""
    start, _, name = resource.rpartition(":")
    variables = ("aws:username", "aws:PrincipalTag/team", "aws:RequestTag/team", "aws:username, 'blue'")
    parts = [part for part in ("blue", "ann") if part in name]
    patterns = [f"{start}:{name.replace(part, '${' + key + '}')}" for part in parts for key in variables]
    special = [f"{start}:{name}${{*}}", f"{start}:*{name[-3:]}", f"{start}:{name[:-1]}?", f"{start}:${{?}}*"]
    fits = [resource, "*", "*", f"{start}:*", resource[:8] + "*" + resource[-2:]]
    wrong = [f"{start}:{name}x", f"{start}:{name[:-1]}", "arn:aws:s3:::other/*"]
    found: list[object] = [*fits, *fits, *fits, *patterns, *special, *wrong]
    found += [[one, other] for one in fits for other in wrong]
    return st.sampled_from(
        [{"Resource": one} for one in found] + [{"NotResource": one} for one in (*wrong, *wrong, "*", *patterns)]
    )


@cache
def _condition(key: Key) -> st.SearchStrategy[tuple[str, str, Any]]:
    sets = ("ForAllValues:", "ForAnyValue:") if key.many else ("", "", "", "ForAllValues:", "ForAnyValue:")
    names = st.sampled_from([key.name, key.name, key.name.upper()])
    found = [
        (quantifier + operator + suffix, values)
        for operator, pool in key.written.items()
        for quantifier in sets
        for suffix in ("", "", "IfExists")
        for values in (*pool, *([one] for one in pool), *(list(pair) for pair in combinations(pool, 2)))
    ]
    found += [("Null", one) for one in ("true", "false", True, ["false"])] * (1 + len(found) // 24)
    return st.builds(lambda row, name: (row[0], name, row[1]), st.sampled_from(found), names)


CONDITIONS = st.lists(
    st.sampled_from(KEYS).flatmap(_condition), max_size=2, unique_by=lambda found: (found[0], found[1].lower())
)
