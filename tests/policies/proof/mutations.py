"""Containment documents that are spoilt, one way at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from policies.placed import Placed
from tests.accounts import OWN
from tests.policies.proof.scenarios import Scenario

Statement = dict[str, Any]
Change = Callable[[Statement], bool]
"""Spoils a statement in place, and says whether there was anything to spoil."""


class Mutant(NamedTuple):
    """A containment of which one document is spoilt."""

    name: str
    scenario: Scenario


def mutants(scenario: Scenario) -> Iterator[Mutant]:
    """Every way to spoil every document of a containment."""
    for place, placed in enumerate(scenario.placed):
        for name, changed in _changed(placed):
            documents = (*scenario.placed[:place], changed, *scenario.placed[place + 1 :])
            yield Mutant(f"{place}: {name}", scenario.with_documents(*documents))


def _changed(placed: Placed) -> Iterator[tuple[str, Placed]]:
    document = json.loads(placed.document)
    for index, statement in enumerate(document["Statement"]):
        if statement["Effect"] == "Allow":
            continue
        for name, change in _CHANGES.items():
            spoilt = copy.deepcopy(document)
            if change(spoilt["Statement"][index]):
                yield f"{name} [{index}]", _with(placed, json.dumps(spoilt))
    for name, text in _texts(placed.document, document):
        yield name, _with(placed, text)
    for name, text in _without_version(placed.document, document) if placed.layer in ("scp", "rcp") else ():
        yield name, _with(placed, text)
    for name, target in _targets(placed):
        yield (
            name,
            Placed(
                template=placed.template, layer=placed.layer, target=target, name=placed.name, document=placed.document
            ),
        )


def _with(placed: Placed, text: str) -> Placed:
    return Placed(
        template=placed.template, layer=placed.layer, target=placed.target, name=placed.name, document=text,
        previous=placed.previous,
    )  # fmt: skip


def _texts(text: str, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    extra = {"Sid": "Extra", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    yield (
        "second statement that is broken",
        json.dumps({**document, "Statement": [*document["Statement"], {**extra, "Effect": "Refuse"}]}),
    )
    yield (
        "second statement without Action",
        json.dumps({**document, "Statement": [*document["Statement"], {"Effect": "Deny", "Resource": "*"}]}),
    )
    yield (
        "second statement with an unknown operator",
        json.dumps(
            {
                **document,
                "Statement": [
                    *document["Statement"],
                    {**extra, "Condition": {"DateBefore": {"aws:TokenIssueTime": "x"}}},
                ],
            }
        ),
    )
    yield (
        "statement twice",
        json.dumps({**document, "Statement": [*document["Statement"], document["Statement"][-1], extra, extra]}),
    )
    yield "no statement", json.dumps({**document, "Statement": []})
    yield "cut off", text[:-1]
    yield "other quotes", text.replace('"', "'")
    yield "unknown version", text.replace("2012-10-17", "2026-11-20")
    if "${CUTOFF}" in text:
        yield "quote in the date", text.replace("${CUTOFF}", "'${CUTOFF}'")
        yield "unquoted date", text.replace('"${CUTOFF}"', "${CUTOFF}")
        yield "date without its braces", text.replace("${CUTOFF}", "$CUTOFF")
        yield "past date", text.replace("${CUTOFF}", "2026-11-20T11:59:59Z")
        yield "old date", text.replace("${CUTOFF}", "2020-01-01T00:00:00Z")
        yield "microseconds", text.replace("${CUTOFF}", "2026-11-20T23:00:00.123456Z")
        yield "no Z", text.replace("${CUTOFF}", "2026-11-20T23:00:00")
        yield "no date", text.replace("${CUTOFF}", "")
        yield "only a day", text.replace("${CUTOFF}", "2026-11-20")


def _without_version(text: str, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What organizations refuse, and IAM takes for the older version."""
    yield "no version", json.dumps({"Statement": document["Statement"]})
    yield "older version", text.replace("2012-10-17", "2008-10-17")


def _targets(placed: Placed) -> Iterator[tuple[str, str]]:
    if placed.layer in ("scp", "rcp"):
        yield "another account", "123123123123"
    elif placed.layer != "permission set":
        yield "another principal", f"{placed.target}x"
        yield "another account", placed.target.replace(OWN, "123123123123")


def _set(element: str, value: object) -> Change:
    def change(statement: Statement) -> bool:
        if element not in statement or statement[element] == value:
            return False
        statement[element] = value
        return True

    return change


def _renamed(element: str, other: str, value: object | None = None) -> Change:
    def change(statement: Statement) -> bool:
        if element not in statement:
            return False
        kept = statement.pop(element)
        statement[other] = kept if value is None else value
        return True

    return change


def _plus(element: str, value: object) -> Change:
    def change(statement: Statement) -> bool:
        statement[element] = value
        return True

    return change


def _without_an_action(statement: Statement) -> bool:
    if not isinstance(statement["Action"], list) or len(statement["Action"]) < 2:
        return False
    statement["Action"] = statement["Action"][1:]
    return True


def _operators(statement: Statement, wanted: str, other: str) -> bool:
    conditions = statement.get("Condition", {})
    if wanted not in conditions:
        return False
    conditions[other] = conditions.pop(wanted)
    return True


def _operator(wanted: str, other: str) -> Change:
    return lambda statement: _operators(statement, wanted, other)


def _key(wanted: str, other: str) -> Change:
    def change(statement: Statement) -> bool:
        for keys in statement.get("Condition", {}).values():
            if wanted in keys:
                keys[other] = keys.pop(wanted)
                return True
        return False

    return change


def _value(key: str, change_value: Callable[[str], str]) -> Change:
    def change(statement: Statement) -> bool:
        for keys in statement.get("Condition", {}).values():
            if key in keys:
                values = keys[key] if isinstance(keys[key], list) else [keys[key]]
                found = [change_value(each) for each in values]
                keys[key] = found
                return found != values
        return False

    return change


def _without(operator: str) -> Change:
    def change(statement: Statement) -> bool:
        conditions = statement.get("Condition", {})
        if operator not in conditions:
            return False
        conditions.pop(operator)
        if not conditions:
            statement.pop("Condition")
        return True

    return change


def _and(operator: str, key: str, value: str) -> Change:
    def change(statement: Statement) -> bool:
        statement.setdefault("Condition", {}).setdefault(operator, {})[key] = value
        return True

    return change


def _session_arn(arn: str) -> str:
    return arn.replace(":iam:", ":sts:").replace(":role", ":assumed-role")


_ARN = "arn:aws:iam::111122223333:role/somebody-else"
_CHANGES: dict[str, Change] = {
    "no condition": _renamed("Condition", "Sid", "Changed"),
    "Allow for Deny": _set("Effect", "Allow"),
    "one service": _set("Action", "s3:*"),
    "two services": _set("Action", ["s3:*", "ec2:*"]),
    "one action": _set("Action", ["s3:GetObject"]),
    "no action": _set("Action", []),
    "every action of some letter": _set("Action", "s*"),
    "an action less": _without_an_action,
    "NotAction of everything": _renamed("Action", "NotAction"),
    "NotAction of one": _renamed("Action", "NotAction", ["iam:GetRole"]),
    "Action and NotAction": _plus("NotAction", "s3:*"),
    "one resource": _set("Resource", "arn:aws:s3:::bucket/*"),
    "ARNs alone": _set("Resource", "arn:*"),
    "no resource": _set("Resource", []),
    "NotResource": _renamed("Resource", "NotResource"),
    "NotResource of one": _renamed("Resource", "NotResource", "arn:aws:s3:::bucket/*"),
    "no Resource": _renamed("Resource", "Sid", "Changed"),
    "one Principal": _set("Principal", {"AWS": _ARN}),
    "NotPrincipal": _renamed("Principal", "NotPrincipal", {"AWS": _ARN}),
    "unknown element": _plus("Comment", "x"),
    "Sid with a space": _set("Sid", "Ir revoke"),
    "after the date": _operator("DateLessThan", "DateGreaterThan"),
    "not before the date": _operator("DateLessThan", "DateGreaterThanEquals"),
    "at the date": _operator("DateLessThan", "DateEquals"),
    "before the date, if there is one": _operator("DateLessThan", "DateLessThanIfExists"),
    "after the date, if there is one": _operator("DateLessThanIfExists", "DateGreaterThanIfExists"),
    "before the date, where there is one": _operator("DateLessThanIfExists", "DateLessThan"),
    "the date as a text": _operator("DateLessThan", "StringEquals"),
    "the date as a number": _operator("DateLessThan", "NumericLessThan"),
    "an operator that does not exist": _operator("DateLessThan", "DateLess"),
    "no date": _without("DateLessThan"),
    "current time": _key("aws:TokenIssueTime", "aws:CurrentTime"),
    "a Kelvin sign": _key("aws:TokenIssueTime", "aws:To\u212aenIssueTime"),
    "age of MFA": _key("aws:TokenIssueTime", "aws:MultiFactorAuthAge"),
    "a key that does not exist": _key("aws:TokenIssueTime", "aws:TokenIssuedTime"),
    "lower-cased role id": _value("aws:userid", lambda value: value.lower()),
    "role id alone": _value("aws:userid", lambda value: value.partition(":")[0]),
    "session name alone": _value("aws:userid", lambda value: value.partition(":")[2]),
    "name in place of an id": _value("aws:userid", lambda value: f"app:{value.partition(':')[2]}"),
    "every session, compared as a text": _value("aws:userid", lambda value: f"{value.partition(':')[0]}:*"),
    "not that session": _operator("StringEquals", "StringNotEquals"),
    "that value, if there is one": _operator("StringEquals", "StringEqualsIfExists"),
    "another session": _value("aws:userid", lambda value: f"{value}0"),
    "no path": _value("aws:PrincipalArn", lambda value: value.replace("/team/", "/").replace("sso.amazonaws.com/", "")),
    "another ARN": _value("aws:PrincipalArn", lambda _: _ARN),
    "session ARN": _value("aws:PrincipalArn", _session_arn),
    "every role": _value("aws:PrincipalArn", lambda _: f"arn:aws:iam::{OWN}:*"),
    "another partition": _value("aws:PrincipalArn", lambda value: value.replace("arn:aws:", "arn:aws-cn:")),
    "not these": _operator("ArnEquals", "ArnNotEquals"),
    "these, if there is one": _operator("ArnEquals", "ArnEqualsIfExists"),
    "no ARN": _without("ArnEquals"),
    "no name": _without("StringEquals"),
    "another instance": _value("ec2:SourceInstanceARN", lambda value: f"{value}0"),
    "another region": _value("ec2:SourceInstanceARN", lambda value: value.replace("eu-west-1", "eu-west-2")),
    "another identity": _value("aws:SourceIdentity", str.upper),
    "another person": _value("identitystore:UserId", str.upper),
    "another outsider": _value("aws:PrincipalAccount", lambda _: "123123123123"),
    "with MFA": _operator("BoolIfExists", "Bool"),
    "MFA the other way": _value("aws:MultiFactorAuthPresent", lambda _: "true"),
    "only with MFA": _and("Bool", "aws:MultiFactorAuthPresent", "true"),
    "only from an address": _and("IpAddress", "aws:SourceIp", "198.51.100.0/24"),
    "only by a service": _and("Bool", "aws:ViaAWSService", "true"),
    "only in a region": _and("StringEquals", "aws:RequestedRegion", "eu-west-1"),
    "only with a tag": _and("StringEquals", "aws:PrincipalTag/team", "a"),
    "only of a variable": _and("StringEquals", "aws:userid", "${aws:userid}x"),
}  # fmt: skip
