"""Read the JSON of ``iam:GetAccountAuthorizationDetails``, from a file or from live pages, into the inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple, TypeVar
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, Raw, UnsetType

from scanner.iam.repeated_names import repeats
from scanner.inventory import (
    AttachedPolicy,
    Document,
    Gap,
    Group,
    InlinePolicy,
    ManagedPolicy,
    PolicyVersion,
    Role,
    Tag,
    User,
)

API = "iam:GetAccountAuthorizationDetails"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
"""The lists of an answer, in the order of ``Details``."""

W = TypeVar("W")
F = TypeVar("F", User, Group, Role, ManagedPolicy)
N = TypeVar("N", bound=User | Group | Role | ManagedPolicy)


class _Wire(msgspec.Struct, rename="pascal"):
    """AWS's own field names; fields that are not named here are never read."""


class _WireTag(_Wire):
    key: str = ""
    value: str = ""


class _WireAttached(_Wire):
    policy_arn: str
    policy_name: str = ""


class _WireInline(_Wire):
    policy_document: Raw
    policy_name: str = ""


class _WireBoundary(_Wire):
    permissions_boundary_arn: Annotated[str, msgspec.Meta(min_length=1)]


class _WireLastUsed(_Wire):
    last_used_date: str | float | None = None
    region: str | None = None


class _WireProfile(_Wire):
    arn: str = ""
    instance_profile_name: str = ""


class _WireUser(_Wire):
    user_name: str
    arn: str
    user_id: str = ""
    path: str = "/"
    create_date: str | float | None = None
    group_list: list[str] | None = None
    user_policy_list: list[_WireInline] | None = None
    attached_managed_policies: list[_WireAttached] | None = None
    permissions_boundary: _WireBoundary | None = None
    tags: list[_WireTag] | None = None


class _WireGroup(_Wire):
    group_name: str
    arn: str
    group_id: str = ""
    path: str = "/"
    create_date: str | float | None = None
    group_policy_list: list[_WireInline] | None = None
    attached_managed_policies: list[_WireAttached] | None = None


class _WireRole(_Wire):
    role_name: str
    arn: str
    assume_role_policy_document: Raw
    role_id: str = ""
    path: str = "/"
    create_date: str | float | None = None
    instance_profile_list: list[_WireProfile] | None = None
    role_policy_list: list[_WireInline] | None = None
    attached_managed_policies: list[_WireAttached] | None = None
    permissions_boundary: _WireBoundary | None = None
    role_last_used: _WireLastUsed | None = None
    tags: list[_WireTag] | None = None


class _WireVersion(_Wire):
    document: Raw
    version_id: str = ""
    is_default_version: bool = False
    create_date: str | float | None = None


class _WirePolicy(_Wire):
    arn: str
    policy_version_list: list[_WireVersion] | None = None
    default_version_id: str = ""
    attachment_count: int = 0
    permissions_boundary_usage_count: int = 0


class Page(_Wire):
    """One page of the answer; a list that is not in it is unset."""

    user_detail_list: list[_WireUser] | UnsetType = UNSET
    group_detail_list: list[_WireGroup] | UnsetType = UNSET
    role_detail_list: list[_WireRole] | UnsetType = UNSET
    policies: list[_WirePolicy] | UnsetType = UNSET
    is_truncated: bool | None = None
    next_token: str | None = None

    @property
    def has_more(self) -> bool:
        """Whether another page follows: as the API says it, or as the AWS CLI does where it was told to stop early."""
        return bool(self.is_truncated) or self.next_token is not None


class Details(NamedTuple):
    """What the pages hold together; a list that no page has is a gap."""

    users: tuple[User, ...] | Gap
    groups: tuple[Group, ...] | Gap
    roles: tuple[Role, ...] | Gap
    policies: tuple[ManagedPolicy, ...] | Gap


def merge(pages: Sequence[Page]) -> Details:
    """The inventory of some pages, sorted by ARN; AWS-managed policies that nothing refers to are left out.

    Raises:
        ValueError: a time is not a time.
    """
    users = _merged([page.user_detail_list for page in pages], _user, "UserDetailList")
    groups = _merged([page.group_detail_list for page in pages], _group, "GroupDetailList")
    roles = _merged([page.role_detail_list for page in pages], _role, "RoleDetailList")
    policies = _merged([page.policies for page in pages], _policy, "Policies")
    if not isinstance(policies, Gap):
        referred = {arn for holders in (users, groups, roles) for arn in _references(holders)}
        policies = tuple(policy for policy in policies if policy.arn in referred or not _is_of_aws(policy.arn))
    return Details(users, groups, roles, policies)


def decode_pages(data: bytes) -> list[Page]:
    """The pages of a JSON text: one answer, or a list of them.

    Raises:
        msgspec.DecodeError: it is not JSON, or not of the shape of the answer (the message names the place).
    """
    if data.lstrip()[:1] == b"[":
        return msgspec.json.decode(data, type=list[Page])
    return [msgspec.json.decode(data, type=Page)]


def _is_of_aws(arn: str) -> bool:
    """Whether AWS manages the policy; the path of a customer's policy may imitate any text."""
    return arn.split(":")[4:5] == ["aws"]


def accounts_of(details: Details) -> set[tuple[str, str]]:
    """The (partition, account id) pairs of everything that belongs to an account."""
    arns: list[str] = []
    for items in details:
        if not isinstance(items, Gap):
            arns += [item.arn for item in items]
    parts = [arn.split(":") for arn in arns]
    return {(part[1], part[4]) for part in parts if len(part) > 5 and part[4] != "aws"}


def _merged(lists: Iterable[list[W] | UnsetType], convert: Callable[[W], F], name: str) -> tuple[F, ...] | Gap:
    present = [items for items in lists if not isinstance(items, UnsetType)]
    if not present:
        return Gap(API, "skipped", reason=f"the answer has no {name}")
    return once_each(sorted((convert(item) for items in present for item in items), key=lambda fact: fact.arn))


def once_each(facts: Iterable[N]) -> tuple[N, ...]:
    """The facts without repetitions.

    Raises:
        ValueError: there are two that differ under one ARN, of which nobody knows the right one.
    """
    found: dict[str, N] = {}
    for fact in facts:
        if found.setdefault(fact.arn, fact) is not fact and found[fact.arn] != fact:
            raise ValueError(f"{fact.arn} occurs twice, and differs")
    return tuple(found.values())


def _references(holders: tuple[User, ...] | tuple[Group, ...] | tuple[Role, ...] | Gap) -> Iterator[str]:
    if isinstance(holders, Gap):
        return
    for holder in holders:
        yield from (policy.arn for policy in holder.attached)
        if not isinstance(holder, Group) and holder.boundary is not None:
            yield holder.boundary


def _user(wire: _WireUser) -> User:
    return User(
        name=wire.user_name,
        arn=wire.arn,
        id=wire.user_id,
        path=wire.path,
        created=_instant(wire.create_date),
        groups=tuple(sorted(wire.group_list or ())),
        attached=_attached(wire.attached_managed_policies),
        inline=_inline(wire.user_policy_list),
        boundary=_boundary(wire.permissions_boundary),
        tags=_tags(wire.tags),
    )


def _group(wire: _WireGroup) -> Group:
    return Group(
        name=wire.group_name,
        arn=wire.arn,
        id=wire.group_id,
        path=wire.path,
        created=_instant(wire.create_date),
        attached=_attached(wire.attached_managed_policies),
        inline=_inline(wire.group_policy_list),
    )


def _role(wire: _WireRole) -> Role:
    used = wire.role_last_used or _WireLastUsed()
    return Role(
        name=wire.role_name,
        arn=wire.arn,
        trust=document(wire.assume_role_policy_document),
        id=wire.role_id,
        path=wire.path,
        created=_instant(wire.create_date),
        attached=_attached(wire.attached_managed_policies),
        inline=_inline(wire.role_policy_list),
        boundary=_boundary(wire.permissions_boundary),
        instance_profiles=tuple(sorted(profile.instance_profile_name for profile in wire.instance_profile_list or ())),
        last_used=_instant(used.last_used_date),
        last_used_region=used.region,
        tags=_tags(wire.tags),
        tells_use=wire.role_last_used is not None,
    )


def _policy(wire: _WirePolicy) -> ManagedPolicy:
    versions = [
        PolicyVersion(
            id=version.version_id,
            document=document(version.document),
            is_default=version.is_default_version or version.version_id == wire.default_version_id != "",
            created=_instant(version.create_date),
        )
        for version in wire.policy_version_list or ()
    ]
    return ManagedPolicy(
        arn=wire.arn,
        # An emulator may leave the name out; the last part of the ARN is the same.
        name=wire.arn.rpartition("/")[2],
        versions=tuple(sorted(versions, key=lambda version: version.id)),
        attachments=wire.attachment_count,
        boundary_uses=wire.permissions_boundary_usage_count,
    )


def _attached(wires: list[_WireAttached] | None) -> tuple[AttachedPolicy, ...]:
    found = (
        AttachedPolicy(wire.policy_name or wire.policy_arn.rpartition("/")[2], wire.policy_arn) for wire in wires or ()
    )
    return tuple(sorted(found, key=lambda policy: policy.arn))


def _inline(wires: list[_WireInline] | None) -> tuple[InlinePolicy, ...]:
    found = (InlinePolicy(wire.policy_name, document(wire.policy_document)) for wire in wires or ())
    return tuple(sorted(found, key=lambda policy: policy.name))


def _boundary(wire: _WireBoundary | None) -> str | None:
    return wire.permissions_boundary_arn if wire else None


def _tags(wires: list[_WireTag] | None) -> tuple[Tag, ...]:
    return tuple(sorted((Tag(wire.key, wire.value) for wire in wires or ()), key=lambda tag: tag.key))


def document(raw: Raw) -> Document:
    """A policy document as compact JSON; URL-encoded text, as the API itself returns it, is decoded.

    White space and escapes are normalized and the order is kept, so that a document is the same text whether it comes
    from the API or from a file. Text that is not JSON is kept as a JSON string, for the policy parser to report.
    """
    text = bytes(raw)
    content = text
    if text.startswith(b'"'):
        quoted = msgspec.json.decode(text, type=str)
        content = (quoted if quoted.lstrip().startswith("{") else unquote(quoted)).encode("utf-8", "replace")
    try:
        compact = msgspec.json.format(content, indent=-1)
        if b"\\" not in compact and compact.isascii():
            return Document(compact)
        # A name that is said twice would be lost without a word; the policy parser reports it if it sees it.
        return Document(compact if repeats(compact) else msgspec.json.encode(msgspec.json.decode(content)))
    except (msgspec.DecodeError, OverflowError, RecursionError):
        return Document(text)


def _instant(value: str | float | None) -> datetime | None:
    """A time as AWS (ISO 8601) or an SDK (seconds of the epoch) writes it; one without a zone is UTC."""
    if value is None or value == "":
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (OverflowError, OSError) as fault:
        raise ValueError(f"{value} is not a time") from fault
