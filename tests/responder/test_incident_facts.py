"""Plans from what is asked in an incident are those from the whole account; what is not read stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

import msgspec
import pytest

from guardrift.demo.account import open_account
from guardrift.incident_facts import INCIDENT_FACTS, permissions_to_plan
from policies.dispatch import Circumstances
from policies.execution.planned import changes_of
from policies.planning import Plan, make_plan
from policies.subjects import Subject
from scanner.actions import BY_API, all_but_options, with_what_they_need
from scanner.collect.account import Scope, collect
from scanner.inventory import Account, Gap
from tests import ready_account
from tests.accounts import allow, policy
from tests.demo.collected import collect_demo
from tests.demo.reading import AT
from tests.policies.planning_cases import INSTANCE, PERSON, ROLES, SUBJECTS, everything, role, service
from tests.policies.seed_cases import scenario

S = TypeVar("S", bound=msgspec.Struct)
READY = {name: found for name, found in vars(ready_account).items() if isinstance(found, Account)}


def without(struct: S, asked: Iterable[str]) -> S:
    """The same, where only these actions were asked."""
    gaps = {each.name: each.default for each in msgspec.structs.fields(struct) if isinstance(each.default, Gap)}
    return msgspec.structs.replace(struct, **{name: gap for name, gap in gaps.items() if gap.api not in asked})


def narrowed(account: Account, asked: frozenset[str]) -> Account:
    parts: dict[str, Any] = {
        "organization": without(account.organization, asked),
        "regions": tuple(without(each, asked) for each in account.regions),
    }
    return without(msgspec.structs.replace(account, **parts), asked)


def subjects(account: Account) -> list[Subject]:
    """Everybody whose credentials may be suspected."""
    own = account.account_id
    assert not isinstance(account.roles, Gap)
    assert not isinstance(account.users, Gap)
    found = [Subject(kind="root", account_id=own, arn=f"arn:aws:iam::{own}:root")]
    for each in account.roles:
        found.append(Subject(kind="role", account_id=own, name=each.name, unique_id=each.id or None))
        found.append(Subject(kind="role", account_id=own, name=each.name, session=INSTANCE, instance=INSTANCE))
        found.append(Subject(kind="role", account_id=own, name=each.name, user_id=PERSON))
    found += [Subject(kind="user", account_id=own, name=each.name) for each in account.users]
    keys = () if isinstance(account.access_keys, Gap) else account.access_keys
    held = [key for each in keys if not isinstance(each.keys, Gap) for key in each.keys]
    return found + [Subject(kind="unknown", account_id=own, access_key=key.id) for key in held]


def plans(account: Account, whom: Iterable[Subject]) -> list[Plan]:
    return [make_plan(each, account, Circumstances(at=account.taken_at)) for each in whom]


def told(plan: Plan, account: Account) -> bytes:
    """A plan with what carrying it out sets."""
    changes = list(changes_of(plan, account)) if plan.verdict == "ready" else []
    return msgspec.json.encode((plan, changes))


def all_told(account: Account, whom: Iterable[Subject]) -> list[bytes]:
    return [told(each, account) for each in plans(account, whom)]


def crowded() -> Account:
    """A role in which a managed policy has room by the quota of the account alone; sessions of another live long."""
    attached = [{"name": f"p{n}", "arn": f"arn:aws:iam::aws:policy/p{n}"} for n in range(10)]
    full = role("full", service("ec2"), inline=[{"name": "own", "document": FILLER}], attached=attached)
    summary = {"kind": "account-summary", "counters": {"AttachedPoliciesPerRoleQuota": 20}}
    settings = [{"arn": str(each["arn"]), "max_session": 43_200} for each in (*ROLES, full)]
    return everything(roles=[*ROLES, full], summary=summary, role_settings=settings)


FILLER = policy(allow("s3:GetObject", "arn:aws:s3:::" + "x" * 10_100))
ASKED = with_what_they_need(INCIDENT_FACTS)
ACCOUNTS = {
    "a crowded role": (crowded(), []),
    "every kind": (everything(), list(SUBJECTS.values())),
    "the known scenarios": (scenario(), []),
    **{name: (found, []) for name, found in READY.items()},
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_plans_are_the_same_from_less(name: str) -> None:
    account, more = ACCOUNTS[name]
    whom = [*subjects(account), *more]
    full, less = plans(account, whom), plans(narrowed(account, ASKED), whom)
    assert "ready" in {each.verdict for each in full}
    assert [each.verdict for each in less] == [each.verdict for each in full]
    assert [each.documents for each in less] == [each.documents for each in full]
    assert [each.steps for each in less] == [each.steps for each in full]
    assert all_told(narrowed(account, ASKED), whom) == all_told(account, whom)


def test_plans_of_the_demo_are_the_same_from_less() -> None:
    """The account is really read twice, so that what is asked is enough for what is asked with it, too."""
    full = collect_demo().account
    with open_account(AT) as session:
        less = collect(session, Scope(wanted=INCIDENT_FACTS), now=AT)
    whom = subjects(full)
    assert all_told(less, whom) == all_told(full, whom)
    asked = {each.api for each in less.coverage if each.status != "skipped"}
    assert asked <= ASKED | {"iam:GetAccessKeyLastUsed"}
    assert sum(each.calls for each in less.coverage) < sum(each.calls for each in full.coverage) / 2


def test_what_is_not_asked_is_unknown() -> None:
    with open_account(AT) as session:
        found = collect(session, Scope(wanted=INCIDENT_FACTS), now=AT)
    assert isinstance(found.saml_providers, Gap)
    assert isinstance(found.log_buckets, Gap)
    assert all(isinstance(each.trails, Gap) for each in found.regions)
    assert not isinstance(found.roles, Gap)


LEFT_OUT = {
    # By these alone nothing changes in a plan of these accounts: what a launch answers hangs on them where it is open.
    "ec2:DescribeImages", "ec2:GetInstanceMetadataDefaults",
    # Alerts that lead to functions, which are asked for by them.
    "cloudwatch:DescribeAlarms", "sns:ListSubscriptions",
    # Asked for the findings beside the one that came.
    "guardduty:ListDetectors",
    # What another of these cannot be without.
    "organizations:ListAccountsForParent", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy",
}  # fmt: skip


@pytest.mark.parametrize("api", sorted(INCIDENT_FACTS - LEFT_OUT))
def test_nothing_is_asked_in_vain(api: str) -> None:
    """Without it some plan is another one."""
    demo = collect_demo_once()
    for account in (demo, *(found for found, _ in ACCOUNTS.values())):
        whom = subjects(account)
        if all_told(account, whom) != all_told(narrowed(account, ASKED - {api}), whom):
            return
    pytest.fail(f"{api} changes nothing")


@cache
def collect_demo_once() -> Account:
    return collect_demo().account


def test_permissions_to_plan_read_only() -> None:
    found = permissions_to_plan()
    assert {"iam:GetAccountAuthorizationDetails", "guardduty:GetFindings", "guardduty:ListFindings"} <= set(found)
    assert set(found) - {"guardduty:GetFindings"} <= {each.permission or api for api, each in BY_API.items()} | set(
        all_but_options()
    )
    verbs = {each.partition(":")[2] for each in found}
    assert all(verb.startswith(("Get", "List", "Describe", "Generate")) for verb in verbs)
