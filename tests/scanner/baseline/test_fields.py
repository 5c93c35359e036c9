"""Of every field of the inventory it is decided whether it belongs to a baseline."""

from __future__ import annotations

from collections import Counter
from typing import get_type_hints

import msgspec
import pytest

from scanner import inventory
from scanner.baseline.converting import _DOCUMENTS
from scanner.baseline.fields import FIELDS, kept
from scanner.baseline.parts import OWNERS, by_kind, families, parts
from scanner.baseline.restoring import unkept
from scanner.inventory import Account, Fact, OrganizationFacts, Region


def every_type() -> list[type[msgspec.Struct]]:
    found = [getattr(inventory, name) for name in inventory.__all__]
    # Also what a module of the inventory holds and does not show.
    found += Fact.__subclasses__()
    return sorted(
        {each for each in found if isinstance(each, type) and issubclass(each, msgspec.Struct) and each is not Fact},
        key=lambda each: each.__name__,
    )


@pytest.mark.parametrize("kind", every_type(), ids=lambda kind: kind.__name__)
def test_every_field_is_classified_once(kind: type[msgspec.Struct]) -> None:
    assert kind.__name__ in FIELDS, f"say in scanner/baseline/fields.py which fields of {kind.__name__} are kept"
    said = FIELDS[kind.__name__]
    named = [*said.kept.split(), *said.volatile.split(), *said.derived.split()]

    assert Counter(named) == Counter(kind.__struct_fields__)


def test_nothing_else_is_classified() -> None:
    assert FIELDS.keys() == {kind.__name__ for kind in every_type()}


def test_every_document_has_a_language() -> None:
    held = {
        (kind.__name__, name)
        for kind in every_type()
        for name, hint in get_type_hints(kind).items()
        if name in kind.__struct_fields__ and hint is msgspec.Raw
    }

    assert held == set(_DOCUMENTS)


def test_what_a_fact_must_have_and_a_baseline_leaves_out_is_text() -> None:
    for kind in every_type():
        hints = get_type_hints(kind)
        if kind.__name__ not in {"Account", "CoverageRow", "ServiceAccess", "OpenFinding", "LastAccessed"}:
            assert {hints[name] for name in unkept(kind)} <= {str}


def test_every_kept_part_has_a_file() -> None:
    own = {"account": {"account_id", "partition", "organization", "regions", "other_regions"}, "region": {"name"}}
    for owner, kind in OWNERS.items():
        named = [part.name for part in parts() if part.owner == owner]
        assert Counter(named) == Counter(set(kept(kind)) - own.get(owner, set()))


def test_kinds_are_told_apart() -> None:
    assert len(by_kind()) == len(parts())
    assert len(families()) == 14
    for part in parts():
        assert part.entry.__struct_fields__.count("region") <= 1
    assert {Account, OrganizationFacts, Region} == set(OWNERS.values())
