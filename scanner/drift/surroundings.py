"""What has to be known of an account to weigh one of its things: who belongs to it, and what else there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from scanner.baseline.shelf import ShelvedDocument
from scanner.inventory import Account, Gap, Organization, SecurityGroup


@dataclass(frozen=True, eq=False)
class Surroundings:
    """One side of a comparison, as far as it bears on how a thing weighs.

    Attributes:
        account: the whole account; normal forms of two snapshots lack what both share.
        documents: the documents that the entries of this side name.
    """

    account: Account
    documents: Mapping[str, ShelvedDocument]

    @property
    def account_id(self) -> str:
        """Whose things these are."""
        return self.account.account_id

    @cached_property
    def ours(self) -> frozenset[str]:
        """The own organization and the accounts in it, as far as they are known, without the account itself."""
        facts = self.account.organization
        found = set[str]()
        if isinstance(facts.membership, Organization):
            found |= {facts.membership.id, facts.membership.management_account}
            found |= set() if isinstance(facts.accounts, Gap) else {each.id for each in facts.accounts}
        return frozenset(found - {"", self.account_id})

    def is_own(self, owner: str | None) -> bool:
        """Whether a thing is of the account; one of which nobody knows the owner counts as its own."""
        return not owner or owner == self.account_id

    def groups(self, region: str, ids: Iterable[str]) -> tuple[tuple[SecurityGroup, ...], bool]:
        """The security groups of these ids, and whether all of them were read."""
        wanted = frozenset(ids)
        held = self._groups.get(region, {})
        return tuple(held[each] for each in sorted(wanted) if each in held), wanted <= held.keys()

    @cached_property
    def _groups(self) -> dict[str, dict[str, SecurityGroup]]:
        return {
            region.name: {} if isinstance(region.security_groups, Gap) else {g.id: g for g in region.security_groups}
            for region in self.account.regions
        }

    def key(self, region: str, name: str) -> str:
        """The ARN of the key that a name stands for; the name itself where that is not known."""
        return self._keys.get((region, name), name)

    @cached_property
    def _keys(self) -> dict[tuple[str, str], str]:
        keys = self.account.keys
        found = () if isinstance(keys, Gap) else keys
        return {(each.region, each.named): each.arn for each in found if each.arn}
