"""What accounts of an organization know of each other: facts that one can read, and another can only ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

import msgspec

from scanner.inventory import (
    REFUSED,
    Account,
    CoverageRow,
    DetectionAdmin,
    Function,
    Gap,
    KmsKey,
    LogBucket,
    OrganizationFacts,
    Queue,
    Topic,
    Trail,
)

Thing = LogBucket | KmsKey | Topic | Function | Queue | Trail
"""What is told apart by a token, and belongs to one account."""

_LISTS = ("buckets", "keys", "topics", "functions", "queues", "trails")
_READABLE_ELSEWHERE = REFUSED | {"elsewhere"}


class RegionAdmins(msgspec.Struct, frozen=True):
    """Whom the management account named for GuardDuty in a region."""

    region: str
    admins: tuple[DetectionAdmin, ...]


class Shared(msgspec.Struct, frozen=True, omit_defaults=True):
    """Facts of one account that others may want.

    Attributes:
        organization: None unless it can read the organization.
        refused: what it asked of the organization and got no answer to.
    """

    buckets: tuple[LogBucket, ...] = ()
    keys: tuple[KmsKey, ...] = ()
    topics: tuple[Topic, ...] = ()
    functions: tuple[Function, ...] = ()
    queues: tuple[Queue, ...] = ()
    trails: tuple[Trail, ...] = ()
    admins: tuple[RegionAdmins, ...] = ()
    organization: OrganizationFacts | None = None
    refused: tuple[CoverageRow, ...] = ()


class Gift(msgspec.Struct, frozen=True):
    """Facts for another account, and the account in which they were read."""

    account_id: str
    facts: Shared


def is_missing(fact: object) -> TypeGuard[Gap]:
    """Whether a fact was asked for and not read, so that another account's answer is as good."""
    return isinstance(fact, Gap) and fact.status in _READABLE_ELSEWHERE


def things(facts: Shared) -> Iterator[tuple[str, str, Thing]]:
    """The facts by every token under which they may be wanted: the field, the token and the fact."""
    for field in _LISTS:
        for thing in getattr(facts, field):
            for token in tokens_of(thing):
                yield field, token, thing


def token_of(thing: Thing) -> str | None:
    """What tells a thing apart in all accounts; None for a key whose own ARN is not known."""
    if isinstance(thing, LogBucket):
        return f"bucket {thing.name}"
    if isinstance(thing, KmsKey):
        arn = thing.arn or (thing.named if thing.named.startswith("arn:") else None)
        return f"key {arn}" if arn else None
    return f"{type(thing).__name__.lower()} {thing.arn}"


def tokens_of(thing: Thing) -> tuple[str, ...]:
    """Every token by which others may ask for a thing: a key may be named by an alias, too."""
    token = token_of(thing)
    own = (token,) if token else ()
    if isinstance(thing, KmsKey) and thing.named.startswith("arn:") and thing.named != thing.arn:
        return (*own, f"key {thing.named}")
    return own


def shared_by(account: Account) -> Shared:
    """What an account can tell others: of its own things those that were read, and the organization if it knows it."""
    facts = account.organization
    own: dict[str, Any] = {
        field: tuple(thing for thing in found if _is_own(thing, account.account_id) and not _is_unread(thing))
        for field, found in _things_of(account).items()
    }
    return Shared(
        **own,
        admins=tuple(
            RegionAdmins(region.name, region.detection_admins)
            for region in account.regions
            if not isinstance(region.detection_admins, Gap)
        ),
        organization=facts if _knows_organization(facts, account.account_id) else None,
        refused=tuple(row for row in account.coverage if row.is_refused and _is_of_organization(row.api)),
    )


def _is_of_organization(api: str) -> bool:
    return api.startswith("organizations:") or api == "iam:ListOrganizationsFeatures"


def wanted_by(account: Account) -> tuple[str, ...]:
    """The tokens of the facts that the account could not read itself."""
    found = (thing for things in _things_of(account).values() for thing in things if missing_in(thing))
    return tuple(sorted({token for thing in found if (token := token_of(thing)) is not None}))


def missing_in(thing: msgspec.Struct) -> tuple[str, ...]:
    """The fields of a fact that were not read."""
    return tuple(field for field in thing.__struct_fields__ if is_missing(getattr(thing, field)))


def _knows_organization(facts: OrganizationFacts, account_id: str) -> bool:
    """Whether the account may read the organization; one that does not find itself there may not."""
    if isinstance(facts.tree, Gap) or facts.tree is None or isinstance(facts.accounts, Gap):
        return False
    return any(account.id == account_id for account in facts.accounts)


def _things_of(account: Account) -> dict[str, tuple[Thing, ...]]:
    lists = {
        "buckets": account.log_buckets,
        "keys": account.keys,
        "topics": account.topics,
        "functions": account.functions,
        "queues": account.queues,
    }
    found: dict[str, tuple[Thing, ...]] = {
        field: () if isinstance(part, Gap) else part for field, part in lists.items()
    }
    trails = [trail for region in account.regions if not isinstance(region.trails, Gap) for trail in region.trails]
    return {**found, "trails": tuple(trails)}


def _is_own(thing: Thing, account_id: str) -> bool:
    if isinstance(thing, LogBucket):
        return thing.account_id == account_id
    if isinstance(thing, Trail) and not thing.is_organization:
        return False  # no other account has it in its list
    arn = (thing.arn or "").split(":")
    return len(arn) > 4 and arn[4] == account_id


def _is_unread(thing: Thing) -> bool:
    """Whether nothing but gaps is known of it."""
    parts = [getattr(thing, field) for field in thing.__struct_fields__]
    gaps = [part for part in parts if isinstance(part, Gap)]
    answers = [part for part in parts if isinstance(part, msgspec.Struct) and not isinstance(part, Gap)]
    return bool(gaps) and not answers
