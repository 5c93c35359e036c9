"""Subjects: the things that rules are asked about, and the places that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from scanner.findings import Resource
from scanner.iam.remembered import Remembered
from scanner.inventory import AccessKey, Account, Gap, Region, Role, User, known

T = TypeVar("T")


class Subject(msgspec.Struct, Generic[T], frozen=True):
    """Something that a rule is asked about, and how findings name it."""

    resource: Resource
    item: T


class Unread(msgspec.Struct, frozen=True):
    """A place where subjects may be that could not be read; it becomes a verdict ``unknown``."""

    resource: Resource
    gap: Gap


def account_resource(account: Account, region: str | None = None) -> Resource:
    """The account itself, or the account in one region."""
    arn = f"arn:{account.partition}:iam::{account.account_id}:root"
    kind = "AWS::Account" if region is None else "AWS::Account::Region"
    return Resource(arn, kind, region or account.account_id, account.account_id, region)


def the_account(account: Account) -> Iterator[Subject[Account] | Unread]:
    """The account as the only subject."""
    yield Subject(account_resource(account), account)


def users(account: Account) -> Iterator[Subject[User] | Unread]:
    """Every IAM user."""
    yield from _users.of(account)


def _list_users(account: Account) -> list[Subject[User]]:
    owner = account.account_id
    return [Subject(Resource(user.arn, "AWS::IAM::User", user.name, owner), user) for user in known(account.users)]


def roles(account: Account) -> Iterator[Subject[Role] | Unread]:
    """Every role."""
    yield from _roles.of(account)


def _list_roles(account: Account) -> list[Subject[Role]]:
    owner = account.account_id
    return [Subject(Resource(role.arn, "AWS::IAM::Role", role.name, owner), role) for role in known(account.roles)]


# The subjects of many rules are chosen among them.
_users = Remembered(_list_users, most=2)
_roles = Remembered(_list_roles, most=2)


def active_access_keys(account: Account) -> Iterator[Subject[AccessKey] | Unread]:
    """Every active access key of a user; the key is the resource, since it is what one deactivates."""
    for holder in known(account.access_keys):
        if isinstance(holder.keys, Gap):
            arn = f"arn:{account.partition}:iam::{account.account_id}:user/{holder.user}"
            yield Unread(Resource(arn, "AWS::IAM::User", holder.user, account.account_id), holder.keys)
            continue
        for key in holder.keys:
            if key.is_active:
                yield Subject(access_key_resource(account, key), key)


def access_key_resource(account: Account, key: AccessKey) -> Resource:
    """A key in the notation of its user's ARN, since AWS gives keys no ARN of their own."""
    arn = f"arn:{account.partition}:iam::{account.account_id}:user/{key.user}#{key.id}"
    return Resource(arn, "AWS::IAM::AccessKey", key.id, account.account_id)


def regions(account: Account) -> Iterator[Subject[Region] | Unread]:
    """Every enabled region."""
    for region in account.regions:
        yield Subject(account_resource(account, region.name), region)
    yield from unlisted_regions(account)


def unlisted_regions(account: Account) -> Iterator[Unread]:
    """The account's other regions, where it is not known which there are; every account has some."""
    if account.other_regions is not None:
        yield Unread(account_resource(account), account.other_regions)
    elif not account.regions:
        yield Unread(account_resource(account), Gap("ec2:DescribeRegions", "skipped"))


def in_regions(
    part: Callable[[Region], tuple[T, ...] | Gap], resource: Callable[[Account, Region, T], Resource]
) -> Callable[[Account], Iterator[Subject[T] | Unread]]:
    """Subjects that lie in regions: each item of a part of every region; a region whose part is a gap is unread."""

    def subjects(account: Account) -> Iterator[Subject[T] | Unread]:
        for region in account.regions:
            items = part(region)
            if isinstance(items, Gap):
                yield Unread(account_resource(account, region.name), items)
            else:
                yield from (Subject(resource(account, region, item), item) for item in items)
        yield from unlisted_regions(account)

    return subjects


def unless_unread(
    part: Callable[[Account], object], subjects: Callable[[Account], Iterator[Subject[T] | Unread]]
) -> Callable[[Account], Iterator[Subject[T] | Unread]]:
    """The subjects, unless the part of the account without which none of them can be judged was not read.

    That is said once then, and not of each of thousands; an account without subjects has nothing to say it of.
    """

    def chosen(account: Account) -> Iterator[Subject[T] | Unread]:
        found, held = subjects(account), part(account)
        if not isinstance(held, Gap):
            yield from found
            return
        missing = False
        for each in found:
            if isinstance(each, Unread):
                yield each
            missing = missing or not isinstance(each, Unread)
        if missing:
            yield Unread(account_resource(account), held)

    return chosen


def only(
    subjects: Callable[[Account], Iterator[Subject[T] | Unread]], wanted: Callable[[T], bool]
) -> Callable[[Account], Iterator[Subject[T] | Unread]]:
    """The subjects that fulfil a predicate; what could not be read stays."""

    def chosen(account: Account) -> Iterator[Subject[T] | Unread]:
        found: Iterable[Subject[T] | Unread] = subjects(account)
        return (subject for subject in found if isinstance(subject, Unread) or wanted(subject.item))

    return chosen
