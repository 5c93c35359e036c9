from __future__ import annotations

import msgspec
import pytest

from guardrift.fleet.membership import as_seen_by, path_to, place_of
from scanner.inventory import Gap, OrganizationFacts, OrganizationTree, known
from tests.fleet.scenes import (
    ARCHIVE,
    LAB,
    MANAGEMENT,
    ORGANIZATION,
    PRODUCTION,
    ROOT,
    SHOP,
    WORKLOADS,
)

DENIED = Gap("organizations:ListOrganizationalUnitsForParent", "denied")


def without_units() -> OrganizationFacts:
    tree = known(ORGANIZATION.tree)
    assert isinstance(tree, OrganizationTree)
    return msgspec.structs.replace(ORGANIZATION, tree=msgspec.structs.replace(tree, units=DENIED))


@pytest.mark.parametrize(
    ("account_id", "path", "place"),
    [
        (SHOP, (ROOT, WORKLOADS, PRODUCTION), ("Root", "Workloads", "Production")),
        (MANAGEMENT, (ROOT,), ("Root",)),
        ("9" * 12, None, ()),
    ],
)
def test_the_way_from_the_root_to_an_account(
    account_id: str, path: tuple[str, ...] | None, place: tuple[str, ...]
) -> None:
    assert path_to(ORGANIZATION, account_id) == path
    assert place_of(ORGANIZATION, account_id) == place


def test_a_tree_that_runs_in_a_circle_leads_nowhere() -> None:
    tree = known(ORGANIZATION.tree)
    assert isinstance(tree, OrganizationTree)
    units = tuple(
        msgspec.structs.replace(unit, parent=PRODUCTION) if unit.id == WORKLOADS else unit for unit in known(tree.units)
    )
    facts = msgspec.structs.replace(ORGANIZATION, tree=msgspec.structs.replace(tree, units=units))

    assert path_to(facts, SHOP) is None


def test_an_account_sees_the_policies_that_reach_it() -> None:
    seen = as_seen_by(ORGANIZATION, SHOP)

    assert {policy.name: policy.targets for policy in known(seen.policies)} == {
        "full": (ROOT, WORKLOADS, PRODUCTION, SHOP),
        "no-leaving": (ROOT,),
        "production": (PRODUCTION,),
    }
    tree = known(seen.tree)
    assert isinstance(tree, OrganizationTree)
    assert [unit.id for unit in known(tree.units)] == [PRODUCTION, WORKLOADS]
    assert path_to(seen, SHOP) == path_to(ORGANIZATION, SHOP)
    assert {account.id for account in known(seen.accounts)} >= {MANAGEMENT, ARCHIVE, LAB}


def test_a_policy_whose_targets_are_not_known_may_reach_every_account() -> None:
    first, *others = known(ORGANIZATION.policies)
    hidden = msgspec.structs.replace(first, targets=Gap("organizations:ListTargetsForPolicy", "denied"))
    seen = as_seen_by(msgspec.structs.replace(ORGANIZATION, policies=(hidden, *others)), LAB)

    assert [policy.name for policy in known(seen.policies)] == ["full", "no-leaving", "production", "sandbox"]
    assert isinstance(known(seen.policies)[0].targets, Gap)


def test_where_units_are_not_known_no_policy_is_left_out() -> None:
    facts = without_units()

    assert path_to(facts, SHOP) is None
    assert len(known(as_seen_by(facts, SHOP).policies)) == 4
    assert path_to(facts, MANAGEMENT) == (ROOT,)
    assert [policy.name for policy in known(as_seen_by(facts, MANAGEMENT).policies)] == ["full", "no-leaving"]


def test_what_is_seen_is_seen_the_same_again() -> None:
    seen = as_seen_by(ORGANIZATION, SHOP)

    assert msgspec.json.encode(as_seen_by(seen, SHOP)) == msgspec.json.encode(seen)
