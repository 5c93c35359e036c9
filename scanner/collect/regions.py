"""Which regions an account has, which of them are asked, and what stands for the others."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from scanner.actions import ACTIONS
from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.errors import UsageError
from scanner.inventory import Gap, Region


def enabled_regions(desk: Desk, region: str) -> tuple[str, ...] | Gap:
    """The regions that are enabled for the account, from either of the two services that know them."""

    def described(reader: Reader) -> tuple[str, ...]:
        answer = reader.call("DescribeRegions")["Regions"]
        return _names(item["RegionName"] for item in answer if item.get("OptInStatus") != "not-opted-in")

    def listed(reader: Reader) -> tuple[str, ...]:
        pages = reader.pages("ListRegions", RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])
        return _names(item["RegionName"] for page in pages for item in page["Regions"])

    found = desk.ask("ec2", "global", "DescribeRegions", described, tuple[str, ...], endpoint=region)
    if not isinstance(found, Gap):
        return found
    second = desk.ask("account", "global", "ListRegions", listed, tuple[str, ...])
    return found if isinstance(second, Gap) else second


def _names(found: Iterable[object]) -> tuple[str, ...]:
    names = set(msgspec.convert(list(found), list[str]))
    if not names:
        raise ValueError("an account without a region does not exist")
    return tuple(sorted(names))


def chosen_regions(enabled: tuple[str, ...] | Gap, wanted: tuple[str, ...], session_region: str) -> tuple[str, ...]:
    """The regions to ask: those wanted, or every enabled one; the session's own where the enabled ones are not known.

    Raises:
        UsageError: a wanted region is not enabled.
    """
    if isinstance(enabled, Gap):
        return tuple(sorted(set(wanted))) or (session_region,)
    for region in wanted:
        if region not in enabled:
            close = get_close_matches(region, enabled, 3) or enabled[:3]
            raise UsageError(
                f"the region {region!r} does not exist, or is not enabled for this account",
                f"Enabled are, among others: {', '.join(close)}",
            )
    return tuple(sorted(set(wanted))) or enabled


def unasked(name: str) -> Region:
    """A region that is enabled but was not asked for."""
    defaults = zip(Region.__struct_fields__[1:], Region.__struct_defaults__, strict=True)
    return Region(name, **{field: Gap(gap.api, "skipped", name) for field, gap in defaults})


def record_unasked(desk: Desk, region: str) -> None:
    """The coverage of such a region: one row for each action."""
    for action in ACTIONS:
        if action.is_regional and action.api in desk.wanted:
            desk.ledger.skip(action.api, region, "the region was not asked for")
