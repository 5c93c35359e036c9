from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import pytest

from guardrift.fleet.accounts import Choice, Filters, choose
from scanner.errors import CollectError, UsageError
from scanner.inventory import Gap, MemberAccount, OrganizationalUnit, OrganizationFacts, OrganizationTree, known
from tests.fleet.scenes import (
    ARCHIVE,
    CLOSED,
    LAB,
    MANAGEMENT,
    ORGANIZATION,
    PRODUCTION,
    ROOT,
    SANDBOX,
    SHOP,
    WORKLOADS,
    elsewhere,
    seen_by_member,
)

TAGS = {SHOP: {"stage": "production", "team": "shop"}, LAB: {"stage": "test"}}


def tags_of(account_ids: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    return {account_id: TAGS.get(account_id, {}) for account_id in account_ids}


def no_tags(account_ids: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    raise AssertionError(f"the tags of {account_ids} are not needed")


def chosen(choice: Choice) -> list[str]:
    return [account.id for account in choice.chosen]


def test_every_account_in_use_is_chosen() -> None:
    choice = choose(ORGANIZATION, Filters(), no_tags)

    assert chosen(choice) == [MANAGEMENT, ARCHIVE, SHOP, LAB]
    assert [(account.account_id, account.state) for account in choice.skipped] == [(CLOSED, "SUSPENDED")]
    assert choice.left_out == 0


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (("Workloads",), [SHOP]),
        ((WORKLOADS,), [SHOP]),
        (("Production",), [SHOP]),
        (("Workloads/Production",), [SHOP]),
        (("Root/Workloads/Production",), [SHOP]),
        (("Sandbox", PRODUCTION), [SHOP, LAB]),
        ((ROOT,), [MANAGEMENT, ARCHIVE, SHOP, LAB]),
    ],
)
def test_units_by_id_name_and_path_with_all_below_them(units: tuple[str, ...], expected: list[str]) -> None:
    assert chosen(choose(ORGANIZATION, Filters(units=units), no_tags)) == expected


def test_filters_are_taken_together() -> None:
    choice = choose(
        ORGANIZATION,
        Filters(units=("Root",), only=(SHOP, LAB, CLOSED), skip=(SHOP,), tags=(("stage", "test"),)),
        tags_of,
    )

    assert chosen(choice) == [LAB]
    assert (choice.skipped, choice.left_out) == ((), 4)


def test_all_tags_must_be_there() -> None:
    assert chosen(choose(ORGANIZATION, Filters(tags=(("stage", "production"),)), tags_of)) == [SHOP]
    with pytest.raises(UsageError, match="no account is left"):
        choose(ORGANIZATION, Filters(tags=(("stage", "test"), ("team", "shop"))), tags_of)


def test_tags_that_the_configuration_asks_for_leave_no_account_out() -> None:
    choice = choose(ORGANIZATION, Filters(only=(SHOP, LAB)), tags_of, wants_tags=True)

    assert chosen(choice) == sorted((SHOP, LAB))
    assert choice.tags == {account: TAGS[account] for account in (SHOP, LAB)}


def test_a_name_that_two_units_have() -> None:
    tree = known(ORGANIZATION.tree)
    assert isinstance(tree, OrganizationTree)
    twin = OrganizationalUnit("ou-1-zzzzzzzz", "Production", SANDBOX)
    facts = msgspec.structs.replace(ORGANIZATION, tree=msgspec.structs.replace(tree, units=(*known(tree.units), twin)))

    with pytest.raises(UsageError, match="several units are named 'Production'") as caught:
        choose(facts, Filters(units=("Production",)), no_tags)
    assert PRODUCTION in caught.value.hint
    assert chosen(choose(facts, Filters(units=("Workloads/Production",)), no_tags)) == [SHOP]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (Filters(units=("Prodution",)), "no unit 'Prodution'"),
        (Filters(only=("999999999999",)), "--only-account: the organization has no account 999999999999"),
        (Filters(skip=("999999999999",)), "--skip-account: the organization has no account 999999999999"),
        (Filters(only=(CLOSED,)), "no account is left"),
    ],
)
def test_what_does_not_exist_is_refused(filters: Filters, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choose(ORGANIZATION, filters, no_tags)


def test_a_name_that_is_nearly_right_gets_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        choose(ORGANIZATION, Filters(units=("Prodution",)), no_tags)
    assert "Production" in caught.value.hint


def facts_with(**changes: object) -> OrganizationFacts:
    return msgspec.structs.replace(ORGANIZATION, **changes)


@pytest.mark.parametrize(
    ("facts", "filters", "said"),
    [
        (seen_by_member(), Filters(), "cannot be listed: organizations:ListAccounts can be read only from another"),
        (facts_with(accounts=Gap("organizations:ListAccounts", "denied")), Filters(), "ListAccounts was denied"),
        (facts_with(tree=elsewhere("organizations:ListRoots")), Filters(units=("Root",)), "units of the organization"),
        (
            facts_with(accounts=(MemberAccount(SHOP, "shop", "ACTIVE"),)),
            Filters(units=("Root",)),
            "to which unit account 333333333333 belongs",
        ),
    ],
)
def test_an_organization_that_is_not_wholly_known_is_not_scanned_in_part(
    facts: OrganizationFacts, filters: Filters, said: str
) -> None:
    with pytest.raises(CollectError, match=said):
        choose(facts, filters, no_tags)


def test_an_account_in_no_organization() -> None:
    facts = OrganizationFacts(membership=None, tree=None, accounts=())

    with pytest.raises(UsageError, match="in no organization"):
        choose(facts, Filters(), no_tags)
