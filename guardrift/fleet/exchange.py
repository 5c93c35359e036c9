"""Who knows what: the facts that accounts share, kept until those that want them are judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from guardrift.fleet.membership import OF_EACH_ACCOUNT, as_seen_by
from guardrift.fleet.sharing import Gift, RegionAdmins, Shared, Thing, things
from scanner.fleet_report import UnreadBucket
from scanner.inventory import CoverageRow, Gap, OrganizationFacts


class Exchange:
    """Takes what each account shares and wants, and gives each what others know.

    Args:
        management_account: its word on the organization counts first.
    """

    def __init__(self, management_account: str) -> None:
        self._management_account = management_account
        self._known: dict[str, tuple[str, str, Thing]] = {}
        self._wants: dict[str, tuple[str, ...]] = {}
        self._organizations: dict[str, tuple[OrganizationFacts, tuple[RegionAdmins, ...]]] = {}
        self._refused: dict[str, tuple[CoverageRow, ...]] = {}

    def add(self, account_id: str, wants: tuple[str, ...], shared: Shared) -> None:
        """Take over what an account knows; what it said before is replaced."""
        self._wants[account_id] = wants
        self._known |= {token: (account_id, field, thing) for field, token, thing in things(shared)}
        if shared.organization is not None:
            self._organizations[account_id] = shared.organization, shared.admins
        if shared.organization is not None or account_id == self._management_account:
            self._refused[account_id] = shared.refused

    def keep_what_is_wanted(self) -> None:
        """Forget what nobody wants; called when every account has said what it wants."""
        wanted = {token for tokens in self._wants.values() for token in tokens}
        self._known = {token: found for token, found in self._known.items() if token in wanted}

    def gifts_for(self, account_id: str) -> tuple[Gift, ...]:
        """What others know that an account wants, sorted by the account that knows it."""
        facts: defaultdict[str, defaultdict[str, list[Thing]]] = defaultdict(lambda: defaultdict(list))
        for token in self._wants.get(account_id, ()):
            giver, field, thing = self._known.get(token, (account_id, "", None))
            # Things are told apart by identity, since gaps in them refuse to be compared.
            if thing is not None and giver != account_id and all(thing is not one for one in facts[giver][field]):
                facts[giver][field].append(thing)
        gifts = [Gift(giver, _shared(fields)) for giver, fields in sorted(facts.items())]
        return (*self._organization_for(account_id), *gifts)

    def unread_buckets(self) -> tuple[UnreadBucket, ...]:
        """The buckets to which accounts deliver logs, and which none of the accounts has."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for account_id, tokens in self._wants.items():
            for token in tokens:
                kind, _, name = token.partition(" ")
                if kind == "bucket" and token not in self._known:
                    found[name].add(account_id)
        return tuple(UnreadBucket(name=name, accounts=tuple(sorted(found[name]))) for name in sorted(found))

    def _organization_for(self, account_id: str) -> list[Gift]:
        """What is known of the organization, by as many accounts as it takes, the management account first."""
        gifts: list[Gift] = []
        open_parts = set(OrganizationFacts.__struct_fields__) - OF_EACH_ACCOUNT
        admins: set[str] = set()
        for giver in sorted(self._organizations, key=lambda one: (one != self._management_account, one)):
            if giver == account_id:
                continue
            facts, named = self._organizations[giver]
            known = {part for part in open_parts if not isinstance(getattr(facts, part), Gap)}
            regions = {one.region for one in named}
            if known or regions - admins:
                gifts.append(Gift(giver, Shared(admins=named, organization=as_seen_by(facts, account_id))))
            open_parts -= known
            admins |= regions
        refused = sorted((giver, rows) for giver, rows in self._refused.items() if rows and giver != account_id)
        return gifts + [Gift(giver, Shared(refused=rows)) for giver, rows in refused]


def _shared(fields: Mapping[str, Iterable[Thing]]) -> Shared:
    facts: dict[str, Any] = {field: tuple(found) for field, found in fields.items()}
    return Shared(**facts)
