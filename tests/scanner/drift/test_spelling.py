"""A baseline, or an account in other words, is no drift: also where what was restored is spelt otherwise."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec
import pytest

from scanner.drift.comparing import compare
from scanner.drift.sides import sides
from scanner.drift.told import Diff
from scanner.inventory import Account, Document
from tests.ready_account import READY
from tests.scanner.baseline.samples import baseline, faulty, in_other_words
from tests.scanner.drift.samples import with_scp

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ACCOUNTS = {"ready": READY, "faulty": faulty(), "governed": with_scp("full", "no-trails")}


def drift(old: Account, new: Account) -> Diff:
    return compare(*sides(("old", baseline(old)), ("new", new), NOW))


@pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)
@pytest.mark.parametrize("seed", range(4))
def test_a_baseline_against_the_account_in_other_words(account: Account, seed: int) -> None:
    assert drift(account, account).changes == ()
    assert drift(account, in_other_words(account, random.Random(seed))).changes == ()


@pytest.mark.parametrize("seed", range(4))
def test_beside_a_real_change_nothing_else_is_told(seed: int) -> None:
    """The role is asked about anew, and guardrails with conditions that are spelt otherwise bear on it."""
    assert isinstance(READY.roles, tuple)
    allow = b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}'
    role = next(each for each in READY.roles if each.name == "web-server")
    own = msgspec.structs.replace(role.inline[0], name="more", document=Document(allow))
    wider = msgspec.structs.replace(role, inline=(*role.inline, own))
    roles = tuple(wider if each is role else each for each in READY.roles)
    changed = in_other_words(msgspec.structs.replace(READY, roles=roles), random.Random(seed))

    (found,) = drift(READY, changed).changes

    assert (found.resource.arn, found.direction) == (role.arn, "widens")
    assert {name for grant in found.gained for each in grant.actions for name in each.names} == {"s3:PutObject"}
    assert found.lost == ()
