"""A worker that has judged an account remembers nothing of it."""

from __future__ import annotations

import builtins
import gc
from collections import Counter
from contextlib import suppress

import msgspec

from guardrift.fleet import work
from guardrift.fleet.forgetting import remembering
from guardrift.selection import Selection
from rules import RULES
from scanner.iam.documents import Policy, parse
from scanner.inventory import Account, Document, InlinePolicy
from tests.fleet.scenes import SHOP, member, user
from tests.fleet.test_work import judge_job

ADMIN = b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def alive() -> Counter[str]:
    """How many accounts and policies exist."""
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, Account | Policy))


def busy_account() -> Account:
    """An account with a user of fifty policies."""
    policies = tuple(InlinePolicy(f"p{n}", Document(ADMIN.replace(b'"*"}', b'"arn:%d"}' % n))) for n in range(50))
    return member(SHOP, users=(msgspec.structs.replace(user(SHOP), inline=policies),))


def test_nothing_is_kept_of_a_judged_account() -> None:
    text = judge_job(busy_account(), selection=Selection())
    of_other_tests = alive()
    work.judge_account(text)
    before = alive()
    for _ in range(3):
        assert '"judged"' in work.judge_account(text)[:40]

    assert alive() == before
    assert before["Account"] <= of_other_tests["Account"]
    assert before["Policy"] < of_other_tests["Policy"] + 50


def test_what_is_judged_at_the_same_time_is_remembered_together() -> None:
    document = Document(ADMIN)
    with remembering():
        first = parse(document)
        with remembering():
            assert parse(document) is first
        assert parse(document) is first
    assert parse(document) is not first


def test_a_failure_is_forgotten_too() -> None:
    document, parsed = Document(ADMIN), []
    with suppress(ZeroDivisionError), remembering():
        parsed.append(parse(document))
        raise ZeroDivisionError
    assert parse(document) is not parsed[0]


def test_only_what_is_remembered_is_let_go() -> None:
    with remembering():
        names, rules = len(vars(builtins)), len(RULES)

    assert (len(vars(builtins)), len(RULES)) == (names, rules)
