"""Accounts of which baselines are made, and the same accounts in other words."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import boto3
import msgspec

from scanner.baseline import Baseline, normal_form, versions
from scanner.collect.account import Scope, collect
from scanner.inventory import Account
from scanner.snapshot import encode
from tests.accounts import OWN
from tests.collect.faulty import HOME
from tests.collect.faulty import NOW as FAULTY_NOW
from tests.collect.stand_in import StandIn
from tests.collect.whole import ANSWERS

_PAIRS = frozenset({"metrics", "dimensions", "standards", "internet_gateways"})
_POLICIES = frozenset({"document", "trust"})
_IN_ORDER = frozenset({"templates"})


@cache
def faulty() -> Account:
    """An account with something of every kind in it."""
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name=HOME)
    for event, handler in StandIn(ANSWERS).handlers:
        session.events.register_first(event, handler)
    return collect(session, Scope(), now=FAULTY_NOW)


def baseline(account: Account) -> Baseline:
    """Its baseline, in which nothing is accepted."""
    return Baseline(state=normal_form(account), accepted=(), versions=versions(("some-rule",)))


def in_other_words(account: Account, chance: random.Random) -> Account:
    """The account with every list in another order, and its policies spelt otherwise."""
    facts = _turned(json.loads(encode(account)), "", chance)
    return msgspec.json.decode(json.dumps(facts), type=Account)


def respelt(policy: Any, chance: random.Random) -> Any:
    """The policy in other words: other order, other Sids, other case, scalars for lists, statements said twice."""
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if statements is None:
        return policy
    found = [_statement(each, chance) for each in (statements if isinstance(statements, list) else [statements])]
    found += [_statement(chance.choice(found), chance) for _ in range(chance.randrange(2)) if found]
    chance.shuffle(found)
    body = {**policy, "Statement": found[0] if len(found) == 1 and chance.random() < 0.5 else found}
    body["Id"] = f"{chance.random()}"
    return _mixed(body, chance)


def _statement(statement: Any, chance: random.Random) -> Any:
    found = dict(statement)
    found["Sid"] = f"s{chance.randrange(10**6)}"
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in found:
            values = found[name] if isinstance(found[name], list) else [found[name]]
            if name.endswith("Action"):
                values = ["".join(c.swapcase() if chance.random() < 0.3 else c for c in value) for value in values]
            found[name] = _listed(values, chance)
    principal = found.get("Principal")
    if isinstance(principal, dict) and "AWS" in principal:
        names = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
        other = {OWN: f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:root": OWN}
        found["Principal"] = {**principal, "AWS": _listed([other.get(name, name) for name in names], chance)}
    return _mixed(found, chance)


def _listed(values: list[Any], chance: random.Random) -> Any:
    turned = sorted([*values, *values[:1]], key=lambda _: chance.random())
    return values[0] if len(values) == 1 and chance.random() < 0.5 else turned


def _mixed(value: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return dict(sorted(value.items(), key=lambda _: chance.random()))


def _turned(value: Any, name: str, chance: random.Random) -> Any:
    if name in _POLICIES:
        return respelt(value, chance)
    if name == "pattern" and isinstance(value, str) and value.startswith('{"'):
        return json.dumps(_mixed(json.loads(value), chance), indent=chance.randrange(3))
    if isinstance(value, dict):
        return _mixed({key: _turned(item, key, chance) for key, item in value.items()}, chance)
    if not isinstance(value, list):
        return value
    if name in _PAIRS:
        return sorted(value, key=lambda _: chance.random())
    found = [_turned(item, "", chance) for item in value]
    return found if name in _IN_ORDER else sorted(found, key=lambda _: chance.random())
